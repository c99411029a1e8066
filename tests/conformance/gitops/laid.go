package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A reference as it is written, in a place for one value; in quotes it is text.
var written = regexp.MustCompile(`([\s\[{,])!(?:secret|base64|base64decode|format|file|node|fact) +(?:\{[^}]*\}|"[^"]*"|'[^']*'|[^\s,}\]]+)`)

// checkLaid judges what renders have laid, each in a directory of its own below `root`: machine-config.yaml and, as
// the site had it, bootstrap/. Talos's own readers get each inlined manifest; hearth's own tree of it must be the
// same object by object, and so must the tree of the file that it was made of, references apart. Of these files the
// same must come by Git: plan has found no fault with them.
func checkLaid(driver, root string, talos []string, r *report) error {
	all, err := startReaders(driver, talos, nil)
	if err != nil {
		return err
	}
	defer all.stop()
	renders, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	manifests, objects := 0, 0
	for _, entry := range renders {
		directory := filepath.Join(root, entry.Name())
		data, err := os.ReadFile(filepath.Join(directory, "machine-config.yaml"))
		if err != nil {
			return err
		}
		names, contents, err := inlinedTexts(data)
		if err != nil {
			return err
		}
		var made []map[string]any
		for i, name := range names {
			why, found, err := all.manifest([]byte(contents[i]))
			if err != nil {
				return err
			}
			// Flux's own two files are in Git as they are; what comes of bootstrap/ holds values that are not.
			if text := contents[i]; (strings.HasPrefix(name, "20-") || strings.HasPrefix(name, "40-")) && !seen[text] {
				seen[text] = true
				trees, err := all.trees([]byte(text))
				if err != nil {
					return err
				}
				why = append(why, byGit([]byte(text), trees)...)
			}
			manifests, objects, made = manifests+1, objects+len(found), append(made, found...)
			r.expect(fmt.Sprintf("laid: %s of render %s", name, entry.Name()), why...)
		}
		why, err := all.sources(filepath.Join(directory, "bootstrap"), made, seen)
		if err != nil {
			return err
		}
		r.expect("laid: bootstrap/ of render "+entry.Name(), why...)
	}
	fmt.Fprintf(os.Stderr, "%d renders, %d manifests, %d objects\n", len(renders), manifests, objects)
	return nil
}

// inlinedTexts are the manifests of a machine config as texts, in their order. The config itself need be no JSON.
func inlinedTexts(data []byte) (names, contents []string, err error) {
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var config struct {
			Cluster struct {
				Manifests []struct{ Name, Contents string } `yaml:"inlineManifests"`
			}
		}
		if err = decoder.Decode(&config); err == io.EOF {
			return names, contents, nil
		} else if err != nil {
			return nil, nil, err
		}
		for _, each := range config.Cluster.Manifests {
			names, contents = append(names, each.Name), append(contents, each.Contents)
		}
	}
}

// trees are what hearth reads in a manifest.
func (r *readers) trees(text []byte) ([]node, error) {
	good, answer, err := r.hearth.ask('t', text)
	if err == nil && !good {
		err = fmt.Errorf("hearth cannot read it: %s", answer)
	}
	var said hearthSaid
	if err == nil {
		err = json.Unmarshal(answer, &said)
	}
	return said.Docs, err
}

// manifest compares one that is inlined, and gives its objects as Talos reads them.
func (r *readers) manifest(text []byte) (why []string, objects []map[string]any, err error) {
	trees, err := r.trees(text)
	for i := 0; err == nil && i < len(r.talos); i++ {
		var refusal error
		if objects, refusal, err = r.talos[i].talosReads(text); refusal != nil {
			why = append(why, fmt.Sprintf("reader %d: %v", i+1, refusal))
		} else if found := treesDiffer(trees, objects); err == nil && found != "" {
			why = append(why, fmt.Sprintf("reader %d: %s", i+1, found))
		}
	}
	return why, objects, err
}

// byGit is what is otherwise when the file comes out of Git.
func byGit(text []byte, trees []node) (why []string) {
	for name, reads := range map[string]func([]byte) ([]map[string]any, error){"Flux": fluxReads, "kustomize": kustomizeReads} {
		objects, err := reads(text)
		if err != nil {
			why = append(why, name+": "+err.Error())
		} else if found := treesDiffer(trees, objects); found != "" {
			why = append(why, name+": "+found)
		}
	}
	return why
}

// sources compares the files of bootstrap/ with the objects that were laid of them.
func (r *readers) sources(directory string, laid []map[string]any, seen map[string]bool) (why []string, err error) {
	byName := map[string]map[string]any{}
	for _, each := range laid {
		object := &unstructured.Unstructured{Object: each}
		byName[object.GetAPIVersion()+" "+identity(object)] = each
	}
	if _, err = os.Stat(directory); os.IsNotExist(err) {
		return nil, nil
	}
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") || strings.Contains(path, ".sops.") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		trees, err := r.trees(text)
		if err != nil {
			why = append(why, path+": "+err.Error())
			return nil
		}
		for _, tree := range objectsOf(trees) {
			object := byName[tree.identity()]
			// A folder of another role is not laid.
			if object != nil {
				if found := tree.differs(map[string]any(object), filepath.Base(path)+": "+tree.identity()); found != "" {
					why = append(why, found)
				}
			} else if filepath.Dir(path) == directory {
				why = append(why, fmt.Sprintf("%s: %s was not laid", path, tree.identity()))
			}
		}
		text = written.ReplaceAll(text, []byte("${1}cmVm"))
		if seen[string(text)] {
			return nil
		}
		seen[string(text)] = true
		if trees, err = r.trees(text); err != nil {
			return fmt.Errorf("%s, references apart: %w", path, err)
		}
		why = append(why, byGit(text, trees)...)
		return nil
	})
	return why, err
}

func (n node) identity() string {
	text := func(keys ...string) string {
		at := &n
		for _, key := range keys {
			if at = at.get(key); at == nil {
				return ""
			}
		}
		return at.key()
	}
	name := text("metadata", "name")
	if namespace := text("metadata", "namespace"); namespace != "" {
		name = namespace + "/" + name
	}
	return text("apiVersion") + " " + text("kind") + " " + name
}
