package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A render is what one run of hearth left: DIR/out/machine-config.yaml, the site it was made from in DIR/site, and what
// the vault held in DIR/vault.json ({name: value}).
type render struct {
	names   []string // the manifests, in the order of the config
	objects []*unstructured.Unstructured
	vault   map[string]string
	site    string
}

func readRender(directory string) (*render, error) {
	v := &render{site: filepath.Join(directory, "site")}
	text, err := os.ReadFile(filepath.Join(directory, "vault.json"))
	if err != nil {
		return nil, err
	}
	if err = json.Unmarshal(text, &v.vault); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(directory, "out", "machine-config.yaml"))
	if err != nil {
		return nil, err
	}
	v.names, v.objects, err = manifests(data)
	return v, err
}

// manifests are the inlined ones of a machine config: their names as they stand, and their objects as Talos takes them.
func manifests(data []byte) (names []string, objects []*unstructured.Unstructured, err error) {
	config, err := documents(data)
	if err != nil {
		return nil, nil, err
	}
	contents := map[string]string{}
	for _, document := range config {
		list, _, _ := unstructured.NestedSlice(document.Object, "cluster", "inlineManifests")
		for _, item := range list {
			entry, _ := item.(map[string]any)
			name, _ := entry["name"].(string)
			contents[name], _ = entry["contents"].(string)
			names = append(names, name)
		}
	}
	objects, err = talosOrder(contents)
	return names, objects, err
}

// talosOrder is what Talos's ManifestApplyController makes of manifests: by name, then Namespaces before CRDs before
// everything else; objects of one manifest keep their order.
func talosOrder(contents map[string]string) (objects []*unstructured.Unstructured, err error) {
	for _, name := range sorted(contents) {
		found, err := documents([]byte(contents[name]))
		if err != nil {
			return nil, fmt.Errorf("inline manifest %s: %w", name, err)
		}
		objects = append(objects, found...)
	}
	class := func(object *unstructured.Unstructured) int {
		switch kindOf(object) {
		case "Namespace":
			return 0
		case "CustomResourceDefinition.apiextensions.k8s.io":
			return 1
		}
		return 2
	}
	sort.SliceStable(objects, func(i, j int) bool {
		left, right := class(objects[i]), class(objects[j])
		if left != right || left == 2 {
			return left < right
		}
		return objects[i].GetName() < objects[j].GetName()
	})
	return objects, nil
}

var manifestName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)

func (v *render) check(role, which string, k *kinds, r *report) {
	title := "inlined: " + role + ", " + which
	var why []string
	for _, name := range v.names {
		if !manifestName.MatchString(name) {
			why = append(why, name)
		}
	}
	if !sort.StringsAreSorted(v.names) || len(v.names) == 0 {
		why = append(why, fmt.Sprintf("%q do not sort as they stand", v.names))
	}
	r.expect(title+": names", why...)

	why = nil
	known := *k
	known.crds = map[schema.GroupKind]*definition{}
	for kind, definition := range k.crds {
		known.crds[kind] = definition
	}
	for _, object := range v.objects {
		if err := known.define(object); err != nil {
			why = append(why, err.Error())
		}
	}
	for _, object := range v.objects {
		for _, each := range known.judge(object) {
			why = append(why, identity(object)+": "+each)
		}
	}
	r.expect(fmt.Sprintf("%s: %d objects decode strictly", title, len(v.objects)), why...)
	r.expect(title+": every namespace comes first", v.namespaceFaults(&known)...)
	r.expect(title+": kinds, secrets and sync in order", v.orderFaults()...)
	r.expect(title+": secrets hold the vault's values", v.secretFaults()...)
	r.expect(title+": Flux is what Git holds", v.gitFaults(role)...)
}

func (v *render) namespaceFaults(k *kinds) (why []string) {
	there := map[string]bool{"default": true, "kube-system": true, "kube-public": true}
	for _, object := range v.objects {
		if kindOf(object) == "Namespace" {
			there[object.GetName()] = true
		} else if k.namespaced(object.GroupVersionKind().GroupKind()) && !there[object.GetNamespace()] {
			why = append(why, fmt.Sprintf("%s comes before its namespace", identity(object)))
		}
	}
	return why
}

func (v *render) orderFaults() (why []string) {
	groups, secrets, seen := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, object := range v.objects {
		key := kindOf(object) + " " + identity(object)
		if seen[key] {
			why = append(why, identity(object)+" is there twice")
		}
		seen[key] = true
		group := object.GroupVersionKind().Group
		switch {
		case kindOf(object) == "CustomResourceDefinition.apiextensions.k8s.io":
			name, _, _ := unstructured.NestedString(object.Object, "spec", "group")
			groups[name] = true
		case object.GetKind() == "Secret":
			secrets[object.GetNamespace()+"/"+object.GetName()] = true
		case strings.HasSuffix(group, ".toolkit.fluxcd.io"):
			if !groups[group] {
				why = append(why, identity(object)+" comes before its CRD")
			}
			name, found, _ := unstructured.NestedString(object.Object, "spec", "secretRef", "name")
			if found && !secrets[object.GetNamespace()+"/"+name] {
				why = append(why, identity(object)+" comes before its secret "+name)
			}
		}
	}
	if !seen["Kustomization.kustomize.toolkit.fluxcd.io Kustomization flux-system/flux-system"] {
		why = append(why, "there is no Kustomization flux-system")
	}
	return why
}

// What bootstrap/ asks for, in the words of its references.
var wanted = regexp.MustCompile(`(?m)^\s+([A-Za-z_.]+): !base64 \{ ?secret: ([a-z0-9-]+) ?\}`)

func (v *render) secretFaults() (why []string) {
	fromVault := map[string]string{}
	files, _ := filepath.Glob(filepath.Join(v.site, "bootstrap", "*.yaml"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return []string{err.Error()}
		}
		for _, match := range wanted.FindAllStringSubmatch(string(text), -1) {
			fromVault[match[1]] = match[2]
		}
	}
	found := 0
	for _, object := range v.objects {
		if object.GetKind() != "Secret" {
			continue
		}
		if _, has := object.Object["stringData"]; has {
			why = append(why, identity(object)+" has stringData, which server-side apply cannot compare")
		}
		data, _, _ := unstructured.NestedStringMap(object.Object, "data")
		for _, key := range sorted(data) {
			value, err := base64.StdEncoding.DecodeString(data[key])
			name := fromVault[key]
			found++
			// No value is printed: a report is read by people.
			if err != nil || name == "" || string(value) != v.vault[name] {
				why = append(why, fmt.Sprintf("%s: %s is not the vault's %q", identity(object), key, name))
			}
			if strings.HasPrefix(key, "Client") && strings.TrimSpace(string(value)) != string(value) {
				why = append(why, fmt.Sprintf("%s: %s has white space around it", identity(object), key))
			}
		}
	}
	if found == 0 || found != len(fromVault) {
		why = append(why, fmt.Sprintf("%d values, and bootstrap/ asks for %d", found, len(fromVault)))
	}
	return why
}

// gitFaults: what is inlined is, object for object, what Flux will find in Git, or it would rewrite its own source.
func (v *render) gitFaults(role string) (why []string) {
	for _, name := range []string{"gotk-components.yaml", "gotk-sync.yaml"} {
		data, err := os.ReadFile(filepath.Join(v.site, "clusters", role, rootName, name))
		if err != nil {
			return []string{err.Error()}
		}
		objects, err := documents(data)
		if err != nil {
			return []string{err.Error()}
		}
		for _, inGit := range objects {
			equal := false
			for _, object := range v.objects {
				equal = equal || reflect.DeepEqual(object.Object, inGit.Object)
			}
			if !equal {
				why = append(why, fmt.Sprintf("%s: %s is inlined otherwise, or not", name, identity(inGit)))
			}
		}
	}
	return why
}

// checkSenses shows that the checks above can fail: each is given a set that is wrong in its way.
func (v *render) checkSenses(k *kinds, role string, r *report) {
	wrong := func(change func(objects []*unstructured.Unstructured) []*unstructured.Unstructured) *render {
		other := *v
		other.objects = change(copies(v.objects))
		return &other
	}
	without := func(kind, name string) *render {
		return wrong(func(objects []*unstructured.Unstructured) (left []*unstructured.Unstructured) {
			for _, each := range objects {
				if each.GetKind() != kind || each.GetName() != name {
					left = append(left, each)
				}
			}
			return left
		})
	}
	backwards := wrong(func(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
		slices.Reverse(objects)
		return objects
	})
	otherVault := *v
	otherVault.vault = map[string]string{}
	for _, each := range []struct {
		name  string
		found []string
	}{
		{"a namespace that is missing", without("Namespace", "external-secrets").namespaceFaults(k)},
		{"namespaces that come last", backwards.namespaceFaults(k)},
		{"kinds and secrets that come last", backwards.orderFaults()},
		{"a set without Flux's Kustomization", without("Kustomization", rootName).orderFaults()},
		{"a secret that is missing", without("Secret", "azure-creds").secretFaults()},
		{"a vault that holds something else", otherVault.secretFaults()},
		{"a Flux that is not the one in Git", without("Deployment", "helm-controller").gitFaults(role)},
	} {
		var why []string
		if len(each.found) == 0 {
			why = []string{"it was not"}
		}
		r.expect("inlined: "+role+": "+each.name+" is found", why...)
	}
}

func (v *render) print(out io.Writer, role string) {
	fmt.Fprintf(out, "inlined for %s, as Talos applies it\n", role)
	for i, object := range v.objects {
		fmt.Fprintf(out, "  %2d %s\n", i+1, identity(object))
	}
}
