package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// A fault is a change to a good tree, and the check that has to fail of it.
type fault struct {
	Name  string `json:"name"`
	File  string `json:"file"`
	Find  string `json:"find"` // empty: Put is the whole file
	Put   string `json:"put"`
	Fails string `json:"fails"` // the beginning of a verdict's name
	Why   string `json:"why"`   // a part of its reasons
}

func checkBroken(k *kinds, tree, table string, r *report) error {
	data, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	var faults []fault
	if err := yaml.UnmarshalStrict(data, &faults); err != nil {
		return err
	}
	good := &report{}
	if err := withCopy(tree, nil, func(root string) { checkTree(k, root, good) }); err != nil {
		return err
	}
	var why []string
	for _, v := range good.red() {
		why = append(why, v.Name+": "+strings.Join(v.Why, "; "))
	}
	r.expect("broken: the tree is good without a change", why...)
	for i := range faults {
		made := &report{}
		if err := withCopy(tree, &faults[i], func(root string) { checkTree(k, root, made) }); err != nil {
			return err
		}
		r.expect("broken: "+faults[i].Name+" is found", faults[i].missed(made)...)
	}
	return nil
}

func (f *fault) missed(r *report) []string {
	var others []string
	for _, v := range r.red() {
		if strings.HasPrefix(v.Name, f.Fails) && strings.Contains(strings.Join(v.Why, "\n"), f.Why) {
			return nil
		}
		others = append(others, v.Name+": "+strings.Join(v.Why, "; "))
	}
	return append([]string{fmt.Sprintf("%q did not fail with %q", f.Fails, f.Why)}, others...)
}

// withCopy runs work on a copy of a tree with the fault in it. The program's own temporary directory is the caller's.
func withCopy(tree string, f *fault, work func(root string)) error {
	root, err := os.MkdirTemp("", "gitops-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	if err := os.CopyFS(root, os.DirFS(tree)); err != nil {
		return err
	}
	if f != nil {
		path := filepath.Join(root, f.File)
		text := []byte(f.Put)
		if f.Find != "" {
			was, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Count(was, []byte(f.Find)) != 1 {
				return fmt.Errorf("%s: %q is in %s %d times, and has to be once", f.Name, f.Find, f.File, bytes.Count(was, []byte(f.Find)))
			}
			text = bytes.Replace(was, []byte(f.Find), text, 1)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	work(root)
	return nil
}
