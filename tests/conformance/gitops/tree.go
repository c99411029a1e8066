package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

const rootName = "flux-system"

// A unit is one Flux Kustomization and what its path builds to.
type unit struct {
	flux    kustomizev1.Kustomization
	objects []*unstructured.Unstructured
}

func (u *unit) name() string { return u.flux.Name }

// A cluster is everything that Flux reaches from clusters/<name>/flux-system/gotk-sync.yaml.
type cluster struct {
	name    string
	units   map[string]*unit
	inlined []*unstructured.Unstructured // bootstrap/: there before Flux
}

func isFlux(object *unstructured.Unstructured) bool {
	return object.GetKind() == "Kustomization" && object.GroupVersionKind().Group == kustomizev1.GroupVersion.Group
}

func asFlux(object *unstructured.Unstructured) (k kustomizev1.Kustomization, err error) {
	err = runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &k)
	return k, err
}

// loadTree builds a tree with the library that kustomize-controller uses, which writes into it: it has to be a copy.
func loadTree(root string, r *report) (clusters []*cluster) {
	entries, err := os.ReadDir(filepath.Join(root, "clusters"))
	if err != nil {
		r.expect("tree: it has clusters", err.Error())
		return nil
	}
	used := map[string]bool{}
	for _, entry := range entries {
		c := &cluster{name: entry.Name(), units: map[string]*unit{}}
		c.start(root, used, r)
		c.readInlined(root, r)
		clusters = append(clusters, c)
	}
	remoteBases(root, r)
	unusedDirectories(root, used, r)
	return clusters
}

func (c *cluster) start(root string, used map[string]bool, r *report) {
	name := "build: " + c.name
	file := filepath.Join(root, "clusters", c.name, rootName, "gotk-sync.yaml")
	data, err := os.ReadFile(file)
	if err != nil {
		r.expect(name+" has a sync", err.Error())
		return
	}
	objects, err := documents(data)
	r.expect(name+" has a sync", errorText(err)...)
	for _, object := range objects {
		if !isFlux(object) {
			continue
		}
		flux, err := asFlux(object)
		if err == nil && filepath.Clean(flux.Spec.Path) != "clusters/"+c.name {
			err = fmt.Errorf("its path is %s", flux.Spec.Path)
		}
		r.expect(name+" starts at its own directory", errorText(err)...)
		c.units[flux.Name] = &unit{flux: flux}
		c.build(root, object, used, r)
	}
}

// build builds one Kustomization and those that it holds. Each name is built once, so a cycle of paths ends.
func (c *cluster) build(root string, object *unstructured.Unstructured, used map[string]bool, r *report) {
	u := c.units[object.GetName()]
	path := filepath.Clean(u.flux.Spec.Path)
	name := fmt.Sprintf("build: %s/%s", c.name, u.name())
	r.expect(name+": path", c.pathFaults(path)...)
	objects, err := buildPath(root, object)
	r.expect(name+": builds", errorText(err)...)
	if err != nil {
		return
	}
	markUsed(root, path, used, 0)
	u.objects = objects
	var why []string
	var inner []*unstructured.Unstructured
	for _, object := range objects {
		if !isFlux(object) || object.GetName() == u.name() {
			continue
		}
		flux, err := asFlux(object)
		if err != nil {
			why = append(why, fmt.Sprintf("%s: %s", object.GetName(), err))
			continue
		}
		if c.units[flux.Name] != nil {
			why = append(why, flux.Name+" is in two Kustomizations")
			continue
		}
		c.units[flux.Name] = &unit{flux: flux}
		inner = append(inner, object)
	}
	r.expect(name+": holds readable Kustomizations", why...)
	for _, object := range inner {
		c.build(root, object, used, r)
	}
}

func (c *cluster) pathFaults(path string) (why []string) {
	parts := strings.Split(path, "/")
	for _, part := range parts {
		if part == "base" {
			why = append(why, path+" is a base, and bases are never reconciled directly")
		}
	}
	others := map[string]string{"databases": "data", "apps": "production"}
	switch first := parts[0]; {
	case first == "bootstrap" || first == "talos" || first == ".." || first == ".hearth":
		why = append(why, path+" is not for Flux")
	case first == "infrastructure" && parts[len(parts)-1] != c.name && len(parts) < 4:
		why = append(why, path+" is not this cluster's")
	case others[first] != "" && others[first] != c.name:
		why = append(why, path+" belongs to cluster "+others[first])
	case first == "clusters" && (len(parts) < 2 || parts[1] != c.name):
		why = append(why, path+" is not this cluster's")
	}
	return why
}

func buildPath(root string, flux *unstructured.Unstructured) (objects []*unstructured.Unstructured, err error) {
	path, _, _ := unstructured.NestedString(flux.Object, "spec", "path")
	directory := filepath.Join(root, filepath.Clean("/"+path))
	if _, err := os.Stat(directory); err != nil {
		return nil, fmt.Errorf("spec.path %s: no such directory", path)
	}
	action, err := kustomize.NewGenerator(root, *flux).WriteFile(directory, kustomize.WithSaveOriginalKustomization())
	defer func() {
		if broken := kustomize.CleanDirectory(directory, action); err == nil {
			err = broken
		}
	}()
	if err != nil {
		return nil, err
	}
	built, err := kustomize.SecureBuild(root, directory, false)
	if err != nil {
		return nil, err
	}
	// As Flux does, variables are looked up only where some are given; a missing one is an error (Flux 2.9).
	_, post, _ := unstructured.NestedMap(flux.Object, "spec", "postBuild")
	for _, resource := range built.Resources() {
		if post {
			done, err := kustomize.SubstituteVariables(context.Background(), nil, *flux, resource,
				kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(true))
			if err != nil {
				return nil, err
			}
			if done != nil {
				resource = done
			}
		}
		text, err := resource.AsYAML()
		if err != nil {
			return nil, err
		}
		found, err := documents(text)
		if err != nil {
			return nil, err
		}
		objects = append(objects, found...)
	}
	return objects, nil
}

func (c *cluster) readInlined(root string, r *report) {
	var why []string
	for _, pattern := range []string{"bootstrap/*.yaml", "bootstrap/" + c.name + "/*.yaml"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err == nil {
				var objects []*unstructured.Unstructured
				// The values are hearth's references; only who is there matters here.
				objects, err = documents(reference.ReplaceAll(data, []byte(`"reference"`)))
				c.inlined = append(c.inlined, objects...)
			}
			if err != nil {
				why = append(why, fmt.Sprintf("%s: %s", file, err))
			}
		}
	}
	r.expect("build: "+c.name+": bootstrap/ is readable", why...)
}

var reference = regexp.MustCompile(`!(secret|base64|format|file|node|fact) [^\n]*`)

// Files that kustomize takes as its own.
func isKustomizationFile(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

func kustomizationFile(directory string) (entries map[string]any, found bool) {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if data, err := os.ReadFile(filepath.Join(directory, name)); err == nil {
			entries = map[string]any{}
			if yaml.Unmarshal(data, &entries) == nil {
				return entries, true
			}
		}
	}
	return nil, false
}

func resourcesOf(entries map[string]any) (names []string) {
	for _, key := range []string{"resources", "components", "bases", "crds", "generators", "transformers"} {
		list, _ := entries[key].([]any)
		for _, item := range list {
			if text, is := item.(string); is {
				names = append(names, text)
			}
		}
	}
	return names
}

// markUsed follows the directories that a build reads.
func markUsed(root, path string, used map[string]bool, depth int) {
	if used[path] || depth > 16 {
		return
	}
	used[path] = true
	entries, found := kustomizationFile(filepath.Join(root, path))
	if found {
		for _, name := range resourcesOf(entries) {
			inner := filepath.Join(path, name)
			if info, err := os.Stat(filepath.Join(root, inner)); err == nil && info.IsDir() {
				markUsed(root, inner, used, depth+1)
			}
		}
		return
	}
	below, _ := os.ReadDir(filepath.Join(root, path))
	for _, entry := range below {
		if entry.IsDir() {
			markUsed(root, filepath.Join(path, entry.Name()), used, depth+1)
		}
	}
}

var remote = regexp.MustCompile(`^[a-z+]+://|^git@|github\.com|\?ref=|^[^./][^/]*\.[a-z]{2,}/`)

func remoteBases(root string, r *report) {
	var why []string
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && isKustomizationFile(entry.Name()) {
			entries, _ := kustomizationFile(filepath.Dir(path))
			for _, name := range resourcesOf(entries) {
				if remote.MatchString(name) {
					relative, _ := filepath.Rel(root, path)
					why = append(why, fmt.Sprintf("%s: %s", relative, name))
				}
			}
		}
		return err
	})
	r.expect("build: no remote base", why...)
}

func unusedDirectories(root string, used map[string]bool, r *report) {
	var why []string
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && isKustomizationFile(entry.Name()) {
			if relative, _ := filepath.Rel(root, filepath.Dir(path)); !used[relative] {
				why = append(why, relative+" is built by no cluster")
			}
		}
		return err
	})
	r.expect("build: every kustomization is used", why...)
}
