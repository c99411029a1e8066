// Compares two multi-document files as parsed values: diff [-talos] LEFT RIGHT.
// With -talos both are first read and written by Talos, so that only what Talos sees can differ.
// Prints a JSON object a line, {"path","left","right"}: a path is the document's kind and name in brackets (none for
// v1alpha1), then keys and indices with dots; a side that lacks the path lacks the member.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"go.yaml.in/yaml/v4"
)

type difference struct {
	Path  string `json:"path"`
	Left  any    `json:"left,omitempty"`
	Right any    `json:"right,omitempty"`
}

// absent is a value no YAML yields.
type absent struct{}

func read(path string, talos bool) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if talos {
		config, err := configloader.NewFromBytes(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		// A read-only container hands back its own bytes: clone it, so that Talos writes it anew.
		if text, err = config.Clone().EncodeBytes(encoder.WithComments(encoder.CommentsDisabled)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	documents := map[string]any{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document map[string]any
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return documents, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if document == nil {
			continue
		}
		id := ""
		if kind, ok := document["kind"]; ok {
			id = fmt.Sprintf("[%v", kind)
			if name, ok := document["name"]; ok {
				id += fmt.Sprintf(" %v", name)
			}
			id += "]"
		}
		if _, twice := documents[id]; twice {
			return nil, fmt.Errorf("%s: the document %q stands twice", path, id)
		}
		documents[id] = document
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func walk(path string, left, right any, report func(difference)) {
	switch l := left.(type) {
	case map[string]any:
		if r, ok := right.(map[string]any); ok {
			keys := maps.Clone(l)
			maps.Copy(keys, r)
			for _, key := range slices.Sorted(maps.Keys(keys)) {
				lv, lok := l[key]
				rv, rok := r[key]
				if !lok {
					lv = absent{}
				}
				if !rok {
					rv = absent{}
				}
				walk(join(path, key), lv, rv, report)
			}
			return
		}
	case []any:
		if r, ok := right.([]any); ok {
			for i := range max(len(l), len(r)) {
				lv, rv := any(absent{}), any(absent{})
				if i < len(l) {
					lv = l[i]
				}
				if i < len(r) {
					rv = r[i]
				}
				walk(join(path, fmt.Sprint(i)), lv, rv, report)
			}
			return
		}
	}
	if reflect.DeepEqual(left, right) {
		return
	}
	d := difference{Path: path, Left: left, Right: right}
	if (left == absent{}) {
		d.Left = nil
	}
	if (right == absent{}) {
		d.Right = nil
	}
	report(d)
}

func run(talos bool, left, right string) error {
	l, err := read(left, talos)
	if err != nil {
		return err
	}
	r, err := read(right, talos)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, id := range slices.Sorted(maps.Keys(l)) {
		if _, both := r[id]; !both {
			r[id] = absent{}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r)) {
		lv, ok := l[id]
		if !ok {
			lv = absent{}
		}
		walk(id, lv, r[id], func(d difference) { err = errors.Join(err, out.Encode(d)) })
	}
	return err
}

func main() {
	args := os.Args[1:]
	talos := len(args) > 0 && args[0] == "-talos"
	if talos {
		args = args[1:]
	}
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: diff [-talos] LEFT RIGHT")
		os.Exit(2)
	}
	if err := run(talos, args[0], args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
