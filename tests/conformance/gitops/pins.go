package main

import (
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	exact = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$`)
	image = regexp.MustCompile(`(:[^:/]*[0-9][^:/]*|@sha256:[0-9a-f]{64})$`)
)

// checkPins: what runs is what Git says.
func (c *cluster) checkPins(r *report) {
	var why []string
	for _, name := range sorted(c.units) {
		for _, object := range c.units[name].objects {
			spec, _, _ := unstructured.NestedMap(object.Object, "spec")
			switch object.GetKind() {
			case "HelmRelease":
				chart, inline, _ := unstructured.NestedString(spec, "chart", "spec", "version")
				_, reference, _ := unstructured.NestedString(spec, "chartRef", "name")
				source, _, _ := unstructured.NestedString(spec, "chart", "spec", "sourceRef", "kind")
				reference = reference || source == "GitRepository" // pinned where it comes from
				if !reference && (!inline || !exact.MatchString(chart)) {
					why = append(why, fmt.Sprintf("%s: version %q", identity(object), chart))
				}
				for _, key := range nameless(spec["values"], 0) {
					why = append(why, fmt.Sprintf("%s: %s has a tag and no repository, so Renovate does not see it", identity(object), key))
				}
			case "OCIRepository":
				tag, _, _ := unstructured.NestedString(spec, "ref", "tag")
				digest, _, _ := unstructured.NestedString(spec, "ref", "digest")
				if !exact.MatchString(tag) && digest == "" {
					why = append(why, fmt.Sprintf("%s: tag %q", identity(object), tag))
				}
			case "GitRepository":
				tag, _, _ := unstructured.NestedString(spec, "ref", "tag")
				commit, _, _ := unstructured.NestedString(spec, "ref", "commit")
				if object.GetName() != rootName && !exact.MatchString(tag) && commit == "" {
					why = append(why, fmt.Sprintf("%s: tag %q", identity(object), tag))
				}
			case "HelmRepository", "Kustomization":
			default:
				for _, found := range images(spec, 0) {
					if !image.MatchString(found) {
						why = append(why, fmt.Sprintf("%s: image %s", identity(object), found))
					}
				}
			}
		}
	}
	sort.Strings(why)
	r.expect("graph: "+c.name+": versions are pinned", why...)
}

func images(value any, depth int) (found []string) {
	if depth > 64 {
		return nil
	}
	switch each := value.(type) {
	case []any:
		for _, item := range each {
			found = append(found, images(item, depth+1)...)
		}
	case map[string]any:
		for key, item := range each {
			if text, is := item.(string); is && (key == "image" || key == "imageName") {
				found = append(found, text)
			} else {
				found = append(found, images(item, depth+1)...)
			}
		}
	}
	return found
}

// nameless: images of a chart's values as Renovate looks for them, `...image: {repository, tag}`, with half of it.
func nameless(value any, depth int) (found []string) {
	values, is := value.(map[string]any)
	if !is || depth > 64 {
		return nil
	}
	for _, key := range sorted(values) {
		each, is := values[key].(map[string]any)
		if is && strings.HasSuffix(strings.ToLower(key), "image") && each["tag"] != nil && each["repository"] == nil {
			found = append(found, key)
		}
		found = append(found, nameless(values[key], depth+1)...)
	}
	return found
}

// print draws the order of a cluster, for a person.
func (c *cluster) print(out io.Writer) {
	waves, left := c.waves()
	gate := c.gate()
	fmt.Fprintf(out, "cluster %s\n", c.name)
	for i, wave := range waves {
		fmt.Fprintf(out, "  %d\n", i)
		for _, name := range wave {
			u := c.units[name]
			fmt.Fprintf(out, "    %-24s %s", name, u.flux.Spec.Path)
			if names := u.dependencies(); len(names) > 0 {
				fmt.Fprintf(out, "  after %s", strings.Join(names, ", "))
			}
			if u.flux.Spec.Wait {
				fmt.Fprintf(out, "  waits")
			}
			if name == gate {
				fmt.Fprintf(out, "  <- the canary")
			}
			fmt.Fprintf(out, "\n")
			fmt.Fprintf(out, "      %s\n", summary(u.objects))
		}
	}
	if len(left) > 0 {
		fmt.Fprintf(out, "  never: %s\n", strings.Join(left, ", "))
	}
	var early []string
	for _, name := range sorted(c.units) {
		if name != gate && !c.before(name)[gate] {
			early = append(early, name)
		}
	}
	fmt.Fprintf(out, "  may start before the canary is synced: %s\n", strings.Join(early, ", "))
}

func summary(objects []*unstructured.Unstructured) string {
	count := map[string]int{}
	for _, object := range objects {
		count[object.GetKind()]++
	}
	var words []string
	for _, kind := range sorted(count) {
		if count[kind] > 1 {
			words = append(words, fmt.Sprintf("%d %s", count[kind], kind))
		} else {
			words = append(words, kind)
		}
	}
	return strings.Join(words, ", ")
}

// checkObjects: every object is one that the API server takes whole.
func (c *cluster) checkObjects(k *kinds, r *report) {
	groups := map[schema.GroupKind]bool{}
	for _, name := range sorted(c.units) {
		var why []string
		for _, object := range c.units[name].objects {
			groups[object.GroupVersionKind().GroupKind()] = true
			for _, each := range k.judge(object) {
				why = append(why, identity(object)+": "+each)
			}
		}
		r.expect(fmt.Sprintf("objects: %s/%s: %d decode strictly", c.name, name, len(c.units[name].objects)), why...)
	}
}
