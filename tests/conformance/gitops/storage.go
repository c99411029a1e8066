package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// checkStorage: a claim finds its class, and a class somebody who answers to its name. A chart's provisioner has the
// name that its values give it, and a name of its own when they give none.
func (c *cluster) checkStorage(r *report) {
	var why []string
	classes, provisioners := map[string]bool{}, map[string]bool{}
	each := func(work func(object *unstructured.Unstructured)) {
		for _, name := range sorted(c.units) {
			for _, object := range c.units[name].objects {
				work(object)
			}
		}
	}
	each(func(object *unstructured.Unstructured) {
		switch object.GetKind() {
		case "StorageClass":
			classes[object.GetName()] = true
		case "HelmRelease":
			for _, name := range valuesOf(object.Object, map[string]bool{"provisionerName": true}, 0) {
				provisioners[name] = true
			}
		}
	})
	each(func(object *unstructured.Unstructured) {
		provisioner, _, _ := unstructured.NestedString(object.Object, "provisioner")
		if object.GetKind() == "StorageClass" && !provisioners[provisioner] {
			why = append(why, fmt.Sprintf("%s: no chart's provisioner has the name %s", identity(object), provisioner))
		}
		if object.GetKind() == "HelmRelease" {
			return
		}
		for _, name := range valuesOf(object.Object["spec"], map[string]bool{"storageClass": true, "storageClassName": true}, 0) {
			if !classes[name] {
				why = append(why, fmt.Sprintf("%s: there is no class %s", identity(object), name))
			}
		}
	})
	r.expect("graph: "+c.name+": storage is provisioned", why...)
}

// valuesOf is every text that stands under one of these keys.
func valuesOf(value any, keys map[string]bool, depth int) (found []string) {
	if depth > 64 {
		return nil
	}
	switch each := value.(type) {
	case []any:
		for _, item := range each {
			found = append(found, valuesOf(item, keys, depth+1)...)
		}
	case map[string]any:
		for _, key := range sorted(each) {
			if text, is := each[key].(string); is && keys[key] {
				found = append(found, text)
			}
			found = append(found, valuesOf(each[key], keys, depth+1)...)
		}
	}
	return found
}
