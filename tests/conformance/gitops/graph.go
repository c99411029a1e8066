package main

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const canaryName = "hearth-canary"

// What installs a group of custom resources: a chart by name, or CRDs that lie in the tree.
var installers = map[string]string{
	"external-secrets.io":            "external-secrets",
	"generators.external-secrets.io": "external-secrets",
	"postgresql.cnpg.io":             "cloudnative-pg",
	"barmancloud.cnpg.io":            "plugin-barman-cloud",
	"cert-manager.io":                "cert-manager",
	"acme.cert-manager.io":           "cert-manager",
	"gateway.envoyproxy.io":          "gateway-helm",
	"gateway.networking.k8s.io":      "gateway-helm",
	"traefik.io":                     "traefik",
}

// Kinds that name a secret and may be there before it: their controllers ask again by themselves, and what needs
// them waits for their readiness.
var patient = map[string]string{
	"ClusterSecretStore.external-secrets.io": "its credential is inlined; the canary shows that it works",
	"SecretStore.external-secrets.io":        "its credential is inlined; the canary shows that it works",
	"ExternalSecret.external-secrets.io":     "it makes the secret",
	"ClusterIssuer.cert-manager.io":          "cert-manager retries",
	"Issuer.cert-manager.io":                 "cert-manager retries",
	"Namespace":                              "a name that is alike",
}

func (u *unit) dependencies() (names []string) {
	for _, dependency := range u.flux.Spec.DependsOn {
		names = append(names, dependency.Name)
	}
	return names
}

// needed are the Kustomizations that others depend on.
func (c *cluster) needed() map[string]bool {
	needed := map[string]bool{}
	for _, u := range c.units {
		for _, name := range u.dependencies() {
			needed[name] = true
		}
	}
	return needed
}

// before is every Kustomization that is ready before this one starts. A cycle does not hang it.
func (c *cluster) before(name string) map[string]bool {
	seen := map[string]bool{}
	todo := []string{name}
	for len(todo) > 0 {
		u := c.units[todo[0]]
		todo = todo[1:]
		if u == nil {
			continue
		}
		for _, each := range u.dependencies() {
			if !seen[each] {
				seen[each] = true
				todo = append(todo, each)
			}
		}
	}
	return seen
}

// waves orders the Kustomizations as Flux can start them; what is left over is in a cycle or waits for nothing that
// exists.
func (c *cluster) waves() (waves [][]string, left []string) {
	done := map[string]bool{}
	for len(done) < len(c.units) {
		var wave []string
		for _, name := range sorted(c.units) {
			ready := !done[name]
			for _, dependency := range c.units[name].dependencies() {
				ready = ready && done[dependency]
			}
			if ready {
				wave = append(wave, name)
			}
		}
		if len(wave) == 0 {
			break
		}
		for _, name := range wave {
			done[name] = true
		}
		waves = append(waves, wave)
	}
	for _, name := range sorted(c.units) {
		if !done[name] {
			left = append(left, name)
		}
	}
	return waves, left
}

// gate is the Kustomization that holds the canary; "" when there is none.
func (c *cluster) gate() string {
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			if kindOf(object) == "ExternalSecret.external-secrets.io" && object.GetName() == canaryName {
				return name
			}
		}
	}
	return ""
}

func (c *cluster) checkGraph(r *report) {
	title := "graph: " + c.name
	var missing, settings, waits []string
	needed := c.needed()
	for _, name := range sorted(c.units) {
		spec := c.units[name].flux.Spec
		for _, dependency := range spec.DependsOn {
			if c.units[dependency.Name] == nil || (dependency.Namespace != "" && dependency.Namespace != rootName) {
				missing = append(missing, fmt.Sprintf("%s depends on %s, which is nowhere", name, dependency.Name))
			}
		}
		if spec.SourceRef.Kind != "GitRepository" || spec.SourceRef.Name != rootName {
			missing = append(missing, fmt.Sprintf("%s comes from %s, which is nowhere", name, spec.SourceRef.String()))
		}
		if name != rootName {
			settings = append(settings, settingFaults(name, c.units[name])...)
		}
		if needed[name] && !spec.Wait {
			waits = append(waits, name+" is depended on and has no wait: true, so it is ready as soon as it is applied")
		}
		if needed[name] && spec.Suspend {
			waits = append(waits, name+" is depended on and suspended")
		}
	}
	r.expect(title+": every dependency exists", missing...)
	r.expect(title+": timeout, retryInterval and prune everywhere", settings...)
	r.expect(title+": what others depend on waits", waits...)
	_, left := c.waves()
	for i := range left {
		left[i] += " can never start: a cycle, or a dependency that is not there"
	}
	r.expect(title+": no cycle", left...)
	c.checkGate(r)
	c.checkInstallers(r)
	c.checkTwice(r)
}

func settingFaults(name string, u *unit) (why []string) {
	spec := u.flux.Spec
	if spec.Timeout == nil {
		why = append(why, name+" has no timeout")
	} else if spec.Timeout.Seconds() < 60 {
		why = append(why, name+" has a timeout under a minute")
	}
	if spec.RetryInterval == nil {
		why = append(why, name+" has no retryInterval")
	} else if spec.RetryInterval.Minutes() > 5 {
		why = append(why, name+" has a retryInterval over five minutes")
	}
	if !spec.Prune {
		why = append(why, name+" does not prune")
	}
	if u.flux.Namespace != rootName {
		why = append(why, name+" is not in "+rootName)
	}
	return why
}

// Secrets that ExternalSecrets make, but for those that are inlined and so there before Flux.
func (c *cluster) made() map[string]string {
	inlined := map[string]bool{}
	for _, object := range c.inlined {
		if object.GetKind() == "Secret" {
			inlined[object.GetNamespace()+"/"+object.GetName()] = true
		}
	}
	made := map[string]string{}
	for name, u := range c.units {
		for _, object := range u.objects {
			if kindOf(object) != "ExternalSecret.external-secrets.io" {
				continue
			}
			target, _, _ := unstructured.NestedString(object.Object, "spec", "target", "name")
			if target == "" {
				target = object.GetName()
			}
			if key := object.GetNamespace() + "/" + target; !inlined[key] {
				made[key] = name
			}
		}
	}
	return made
}

// names says whether a string is a value anywhere in an object, but for its metadata.
func mentions(value any, text string, depth int) bool {
	if depth > 64 {
		return false
	}
	switch each := value.(type) {
	case string:
		return each == text
	case []any:
		for _, item := range each {
			if mentions(item, text, depth+1) {
				return true
			}
		}
	case map[string]any:
		for key, item := range each {
			if !(depth == 0 && (key == "metadata" || key == "kind" || key == "apiVersion")) && mentions(item, text, depth+1) {
				return true
			}
		}
	}
	return false
}

// checkGate: nothing that needs a secret starts before the canary has come from the vault.
func (c *cluster) checkGate(r *report) {
	title, gate := "graph: "+c.name+": the canary", c.gate()
	if gate == "" {
		r.expect(title+" exists", "no ExternalSecret "+canaryName)
		return
	}
	r.expect(title + " exists")
	spec := c.units[gate].flux.Spec
	var why []string
	if !spec.Wait {
		why = append(why, gate+" does not wait for it")
	}
	checked := false
	for _, check := range spec.HealthCheckExprs {
		checked = checked || kindOfCheck(check.APIVersion, check.Kind) == "ExternalSecret.external-secrets.io"
	}
	if !checked {
		why = append(why, gate+" has no health check for ExternalSecret: without a status it counts as ready")
	}
	r.expect(title+" is waited for", why...)

	why = nil
	made := c.made()
	for _, name := range sorted(c.units) {
		u := c.units[name]
		after := c.before(name)[gate]
		first := strings.Split(strings.TrimPrefix(u.flux.Spec.Path, "./"), "/")[0]
		if (first == "databases" || first == "apps") && !after {
			why = append(why, name+" may start before it")
		}
		if after {
			continue
		}
		for _, object := range u.objects {
			if kindOf(object) == "ExternalSecret.external-secrets.io" && name != gate {
				why = append(why, fmt.Sprintf("%s: %s may be applied before it", name, identity(object)))
			}
			for _, key := range sorted(made) {
				namespace, secret, _ := strings.Cut(key, "/")
				if patient[kindOf(object)] == "" && (object.GetNamespace() == namespace || object.GetNamespace() == "") &&
					mentions(object.Object, secret, 0) {
					why = append(why, fmt.Sprintf("%s: %s needs secret %s and may start before it", name, identity(object), key))
				}
			}
		}
		if u.flux.Spec.PostBuild != nil {
			for _, from := range u.flux.Spec.PostBuild.SubstituteFrom {
				if made[rootName+"/"+from.Name] != "" {
					why = append(why, fmt.Sprintf("%s takes variables from %s, which the vault makes: a deadlock", name, from.Name))
				}
			}
		}
	}
	r.expect(title+" comes before all that needs a secret", why...)
}

// chartOf is the name of the chart of a HelmRelease, also of one that comes from an OCIRepository.
func (c *cluster) chartOf(release *unstructured.Unstructured) string {
	if name, found, _ := unstructured.NestedString(release.Object, "spec", "chart", "spec", "chart"); found {
		return name[strings.LastIndex(name, "/")+1:]
	}
	reference, _, _ := unstructured.NestedString(release.Object, "spec", "chartRef", "name")
	for _, u := range c.units {
		for _, object := range u.objects {
			if object.GetKind() == "OCIRepository" && object.GetName() == reference {
				url, _, _ := unstructured.NestedString(object.Object, "spec", "url")
				return url[strings.LastIndex(url, "/")+1:]
			}
		}
	}
	return ""
}

// checkInstallers: a custom resource and what installs its kind are two Kustomizations, because Flux tries a whole
// set against the API server before it applies any of it.
func (c *cluster) checkInstallers(r *report) {
	installedBy := map[string][]string{} // group to Kustomizations
	together := map[string]map[string]bool{}
	for _, name := range sorted(c.units) {
		together[name] = map[string]bool{}
		for _, object := range c.units[name].objects {
			switch kindOf(object) {
			case "CustomResourceDefinition.apiextensions.k8s.io":
				group, _, _ := unstructured.NestedString(object.Object, "spec", "group")
				installedBy[group] = append(installedBy[group], name)
				together[name][group] = true // CRDs and what is of their kind may lie together: they are applied in stages
			case "HelmRelease.helm.toolkit.fluxcd.io":
				chart := c.chartOf(object)
				for group, installer := range installers {
					if installer == chart {
						installedBy[group] = append(installedBy[group], name)
					}
				}
			}
		}
	}
	var why []string
	for _, name := range sorted(c.units) {
		before := c.before(name)
		for _, object := range c.units[name].objects {
			group := object.GroupVersionKind().Group
			if strings.HasSuffix(group, ".toolkit.fluxcd.io") || together[name][group] || !strings.Contains(group, ".") ||
				(strings.HasSuffix(group, ".k8s.io") && group != "gateway.networking.k8s.io") {
				continue
			}
			found := false
			for _, by := range installedBy[group] {
				found = found || before[by]
			}
			if !found {
				why = append(why, fmt.Sprintf("%s: %s: its kind is installed by %q, none of which is ready before it",
					name, identity(object), installedBy[group]))
			}
		}
	}
	r.expect("graph: "+c.name+": kinds are installed before they are used", why...)
}

func (c *cluster) checkTwice(r *report) {
	owner, why := map[string]string{}, []string{}
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			key := kindOf(object) + " " + object.GetNamespace() + "/" + object.GetName()
			if owner[key] != "" {
				why = append(why, fmt.Sprintf("%s is in %s and in %s, which would fight", identity(object), owner[key], name))
			}
			owner[key] = name
		}
	}
	r.expect("graph: "+c.name+": every object has one owner", why...)
}

// checkNamespaces: a namespace is there before what lives in it.
func (c *cluster) checkNamespaces(k *kinds, r *report) {
	from := map[string][]string{}
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			if kindOf(object) == "Namespace" {
				from[object.GetName()] = append(from[object.GetName()], name)
			}
		}
	}
	always := map[string]bool{"default": true, "kube-system": true, "kube-public": true, "kube-node-lease": true, rootName: true}
	for _, object := range c.inlined {
		if kindOf(object) == "Namespace" {
			always[object.GetName()] = true
		}
	}
	var why []string
	for _, name := range sorted(c.units) {
		before := c.before(name)
		for _, object := range c.units[name].objects {
			spaces := []string{object.GetNamespace()}
			if !k.namespaced(object.GroupVersionKind().GroupKind()) {
				continue
			}
			target, found, _ := unstructured.NestedString(object.Object, "spec", "targetNamespace")
			if found && object.GetKind() == "HelmRelease" {
				if creates, _, _ := unstructured.NestedBool(object.Object, "spec", "install", "createNamespace"); !creates {
					spaces = append(spaces, target)
				}
			}
			for _, space := range spaces {
				found := always[space]
				for _, by := range from[space] {
					found = found || by == name || before[by]
				}
				if !found {
					why = append(why, fmt.Sprintf("%s: %s: namespace %q is not made before it",
						name, identity(object), space))
				}
			}
		}
	}
	r.expect("graph: "+c.name+": every namespace is there first", why...)
}
