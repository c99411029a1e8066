package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const pruneKey = "kustomize.toolkit.fluxcd.io/prune"

// checkKept: what leaves clusters/ in Git, by a mistake, is not collected. Flux would delete itself, and with a
// Kustomization all that it has made.
func (c *cluster) checkKept(r *report) {
	root := c.units[rootName]
	if root == nil {
		return
	}
	var why []string
	for _, object := range root.objects {
		if object.GetAnnotations()[pruneKey] != "disabled" && object.GetLabels()[pruneKey] != "disabled" {
			why = append(why, identity(object)+" has no "+pruneKey+": disabled")
		}
	}
	r.expect(fmt.Sprintf("graph: %s: none of %d objects of clusters/ is pruned", c.name, len(root.objects)), why...)
}

// checkDrain: a node can be drained. CloudNativePG makes a budget of one for the primary, unless it is told not to.
func (c *cluster) checkDrain(r *report) {
	var why []string
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			instances, _, _ := unstructured.NestedInt64(object.Object, "spec", "instances")
			budget, set, _ := unstructured.NestedBool(object.Object, "spec", "enablePDB")
			if kindOf(object) == "Cluster.postgresql.cnpg.io" && instances == 1 && (budget || !set) {
				why = append(why, identity(object)+": one instance, and enablePDB is not false")
			}
		}
	}
	r.expect("graph: "+c.name+": no budget stops a drain", why...)
}

// checkOperator: the store uses the SDK that says what is wrong, and one secret does not hold up all others.
func (c *cluster) checkOperator(r *report) {
	var why []string
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			azure, is, _ := unstructured.NestedMap(object.Object, "spec", "provider", "azurekv")
			if is && azure["useAzureSDK"] != true {
				why = append(why, identity(object)+": useAzureSDK is not true")
			}
			if object.GetKind() == "HelmRelease" && object.GetName() == "external-secrets" {
				if count, _, _ := unstructured.NestedInt64(object.Object, "spec", "values", "concurrent"); count < 2 {
					why = append(why, fmt.Sprintf("%s: concurrent is %d", identity(object), count))
				}
			}
		}
	}
	r.expect("graph: "+c.name+": the operator shows a fault, and serves others meanwhile", why...)
}
