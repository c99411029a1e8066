package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Keys under which a custom kind or a pod names a secret, as {name, key}.
var references = map[string]bool{
	"secretKeyRef": true, "secretRef": true, "authSecretRef": true, "superuserSecret": true, "secret": true,
	"clientId": true, "clientSecret": true, "clientCertificate": true, "tenantId": true, "apiTokenSecretRef": true,
	"connectionString": true, "storageKey": true, "storageAccount": true, "storageSasToken": true,
	"caBundleSecretRef": true, "passwordSecret": true,
}

// keysOf is what an object puts into secrets: "namespace/name" to keys; nil keys: unknown, so any.
func (c *cluster) keysOf() map[string]map[string]bool {
	made := map[string]map[string]bool{}
	all := append([]*unstructured.Unstructured{}, c.inlined...)
	for _, name := range sorted(c.units) {
		all = append(all, c.units[name].objects...)
	}
	add := func(key string, found map[string]any) {
		if made[key] == nil {
			made[key] = map[string]bool{}
		}
		for each := range found {
			made[key][each] = true
		}
	}
	for _, object := range all {
		space := object.GetNamespace() + "/"
		switch kindOf(object) {
		case "Secret":
			data, _, _ := unstructured.NestedMap(object.Object, "data")
			text, _, _ := unstructured.NestedMap(object.Object, "stringData")
			add(space+object.GetName(), data)
			add(space+object.GetName(), text)
		case "ExternalSecret.external-secrets.io":
			target, _, _ := unstructured.NestedString(object.Object, "spec", "target", "name")
			if target == "" {
				target = object.GetName()
			}
			template, templated, _ := unstructured.NestedMap(object.Object, "spec", "target", "template", "data")
			if !templated {
				list, _, _ := unstructured.NestedSlice(object.Object, "spec", "data")
				template = map[string]any{}
				for _, item := range list {
					if entry, is := item.(map[string]any); is {
						template[fmt.Sprint(entry["secretKey"])] = true
					}
				}
			}
			add(space+target, template)
			if _, from, _ := unstructured.NestedSlice(object.Object, "spec", "dataFrom"); from {
				made[space+target] = nil
			}
		case "Certificate.cert-manager.io":
			name, _, _ := unstructured.NestedString(object.Object, "spec", "secretName")
			add(space+name, map[string]any{"tls.crt": 1, "tls.key": 1, "ca.crt": 1})
		case "Cluster.postgresql.cnpg.io":
			made[space+object.GetName()+"-app"] = nil
			made[space+object.GetName()+"-ca"] = nil
			made[space+object.GetName()+"-superuser"] = nil
		}
	}
	return made
}

type secretUse struct{ namespace, name, key string }

func uses(value any, namespace string, depth int) (found []secretUse) {
	if depth > 64 {
		return nil
	}
	switch each := value.(type) {
	case []any:
		for _, item := range each {
			found = append(found, uses(item, namespace, depth+1)...)
		}
	case map[string]any:
		for key, item := range each {
			found = append(found, uses(item, namespace, depth+1)...)
			inner, is := item.(map[string]any)
			if !is || !references[key] {
				continue
			}
			use := secretUse{namespace: namespace}
			use.name, _ = inner["name"].(string)
			if use.name == "" {
				use.name, _ = inner["secretName"].(string)
			}
			use.key, _ = inner["key"].(string)
			if other, has := inner["namespace"].(string); has {
				use.namespace = other
			}
			if optional, _ := inner["optional"].(bool); use.name != "" && !optional {
				found = append(found, use)
			}
		}
	}
	return found
}

// checkSecrets: what a pod, a database or a store names is made by somebody, with that key.
func (c *cluster) checkSecrets(r *report) {
	made := c.keysOf()
	var why []string
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			switch object.GetKind() {
			case "ExternalSecret", "CustomResourceDefinition":
				continue
			}
			for _, use := range uses(object.Object, object.GetNamespace(), 0) {
				keys, is := made[use.namespace+"/"+use.name]
				if !is {
					why = append(why, fmt.Sprintf("%s: %s: nothing makes secret %s/%s", name, identity(object), use.namespace, use.name))
				} else if keys != nil && use.key != "" && !keys[use.key] {
					why = append(why, fmt.Sprintf("%s: %s: secret %s/%s has no key %s",
						name, identity(object), use.namespace, use.name, use.key))
				}
			}
		}
	}
	r.expect("graph: "+c.name+": every secret that is used is made", why...)
}
