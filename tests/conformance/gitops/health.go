package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A case is a status that a controller writes, or an early one, and what a health check has to make of it.
type statusCase struct {
	name   string
	status string // JSON; empty: the field is absent
	ready  bool
}

// What every kind with a Ready condition goes through. A check that says "failed" of any of these would end Flux's wait
// at once, though each of them passes by itself while a cluster starts.
var readyCases = []statusCase{
	{"no status", ``, false},
	{"an empty status", `{}`, false},
	{"no conditions", `{"conditions":[]}`, false},
	{"another condition only", `{"conditions":[{"type":"Deleted","status":"True","reason":"x"}]}`, false},
	{"unknown", `{"conditions":[{"type":"Ready","status":"Unknown","reason":"x"}]}`, false},
	{"not ready", `{"conditions":[{"type":"Ready","status":"False","reason":"x"}]}`, false},
	{"ready", `{"conditions":[{"type":"Ready","status":"True","reason":"x"}]}`, true},
}

var gatewayCases = []statusCase{
	{"no status", ``, false},
	{"waiting", `{"conditions":[{"type":"Accepted","status":"Unknown","reason":"Pending"},` +
		`{"type":"Programmed","status":"Unknown","reason":"Pending"}]}`, false},
	{"not programmed", `{"conditions":[{"type":"Accepted","status":"True","reason":"x"},` +
		`{"type":"Programmed","status":"False","reason":"x"}]}`, false},
	{"ready", `{"conditions":[{"type":"Accepted","status":"True","reason":"x"},` +
		`{"type":"Programmed","status":"True","reason":"x"}]}`, true},
}

var gatewayClassCases = []statusCase{
	{"no status", ``, false},
	{"waiting", `{"conditions":[{"type":"Accepted","status":"Unknown","reason":"Pending"}]}`, false},
	{"refused", `{"conditions":[{"type":"Accepted","status":"False","reason":"x"}]}`, false},
	{"ready", `{"conditions":[{"type":"Accepted","status":"True","reason":"x"}]}`, true},
}

// A database that is Ready and archives nothing keeps nothing.
var databaseCases = append([]statusCase{
	{"ready, nothing archived yet", `{"conditions":[{"type":"Ready","status":"True","reason":"x"},` +
		`{"type":"ConsistentSystemID","status":"True","reason":"x"}]}`, true},
	{"ready, archiving", `{"conditions":[{"type":"ContinuousArchiving","status":"True","reason":"x"},` +
		`{"type":"Ready","status":"True","reason":"x"}]}`, true},
	{"ready, archiving fails", `{"conditions":[{"type":"Ready","status":"True","reason":"x"},` +
		`{"type":"ContinuousArchiving","status":"False","reason":"x"}]}`, false},
	{"archiving, not ready", `{"conditions":[{"type":"Ready","status":"False","reason":"x"},` +
		`{"type":"ContinuousArchiving","status":"True","reason":"x"}]}`, false},
}, readyCases...)

var casesOf = map[string][]statusCase{"Gateway": gatewayCases, "GatewayClass": gatewayClassCases, "Cluster": databaseCases}

// Custom kinds that have no readiness of their own, so that waiting for them means nothing. Each with its reason.
var passive = map[string]string{
	"ObjectStore.barmancloud.cnpg.io":           "a description that the backup plugin reads; it has no condition",
	"ScheduledBackup.postgresql.cnpg.io":        "a schedule; its backups are watched for themselves",
	"ImageCatalog.postgresql.cnpg.io":           "a list of images",
	"ClusterImageCatalog.postgresql.cnpg.io":    "a list of images",
	"ReferenceGrant.gateway.networking.k8s.io":  "a permission",
	"ClientTrafficPolicy.gateway.envoyproxy.io": "read by the gateway",
	"EnvoyProxy.gateway.envoyproxy.io":          "read by the gateway",
}

func withStatus(object *unstructured.Unstructured, text string) (*unstructured.Unstructured, error) {
	made := object.DeepCopy()
	made.SetGeneration(1)
	unstructured.RemoveNestedField(made.Object, "status")
	if text != "" {
		value := map[string]any{}
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return nil, err
		}
		made.Object["status"] = value
	}
	return made, nil
}

// kindOf is how a health check names a kind: group and kind; the version is not compared.
func kindOf(object *unstructured.Unstructured) string {
	gk := object.GroupVersionKind().GroupKind()
	if gk.Group == "" {
		return gk.Kind
	}
	return gk.Kind + "." + gk.Group
}

func kindOfCheck(apiVersion, kind string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return kind
	}
	return kind + "." + group
}

// checkExpressions compiles every health check with Flux's own evaluator and lets it judge the cases.
func (c *cluster) checkExpressions(r *report) {
	for _, name := range sorted(c.units) {
		u := c.units[name]
		for _, check := range u.flux.Spec.HealthCheckExprs {
			kind := kindOfCheck(check.APIVersion, check.Kind)
			title := fmt.Sprintf("cel: %s/%s: %s", c.name, name, kind)
			expressions := check.HealthCheckExpressions
			evaluator, err := cel.NewStatusEvaluator(&expressions)
			r.expect(title+" compiles", errorText(err)...)
			if err != nil {
				continue
			}
			var why []string
			if check.Kind == "" {
				why = append(why, "without a kind: Flux before 2.9 refuses that")
			}
			judged := 0
			for _, object := range u.objects {
				if kindOf(object) == kind {
					judged++
					why = append(why, judgeCases(evaluator, object)...)
				}
			}
			if judged == 0 {
				why = append(why, "it judges no object of its Kustomization")
			}
			r.expect(title+" judges rightly", why...)
		}
	}
}

func judgeCases(evaluator *cel.StatusEvaluator, object *unstructured.Unstructured) (why []string) {
	cases := casesOf[object.GetKind()]
	if cases == nil {
		cases = readyCases
	}
	for _, each := range cases {
		made, err := withStatus(object, each.status)
		if err != nil {
			return append(why, err.Error())
		}
		// An error is an unknown health: Flux asks again until the timeout.
		got := status.UnknownStatus
		if result, err := evaluator.Evaluate(context.Background(), made); err == nil {
			got = result.Status
		}
		switch {
		case each.ready != (got == status.CurrentStatus):
			why = append(why, fmt.Sprintf("%s with %s: %s", identity(object), each.name, got))
		case got == status.FailedStatus:
			why = append(why, fmt.Sprintf("%s with %s: %s, which ends the wait of a cluster that starts",
				identity(object), each.name, got))
		}
	}
	return why
}

// checkStatusless: what others wait for must not look ready before its controller has seen it. kstatus takes an object
// without a status for a ready one.
func (c *cluster) checkStatusless(k *kinds, r *report) {
	needed := c.needed()
	for _, name := range sorted(c.units) {
		u := c.units[name]
		if !needed[name] || !u.flux.Spec.Wait {
			continue
		}
		covered := map[string]bool{}
		for _, check := range u.flux.Spec.HealthCheckExprs {
			covered[kindOfCheck(check.APIVersion, check.Kind)] = true
		}
		var why []string
		for _, object := range u.objects {
			kind := kindOf(object)
			if k.crds[object.GroupVersionKind().GroupKind()] == nil || covered[kind] || passive[kind] != "" {
				continue
			}
			result, err := status.Compute(k.created(object))
			if err != nil || result.Status == status.CurrentStatus {
				why = append(why, identity(object)+" counts as ready before its controller has seen it: it needs a health check")
			}
		}
		r.expect(fmt.Sprintf("health: %s/%s: nothing is ready too early", c.name, name), why...)
	}
}
