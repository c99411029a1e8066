package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
)

// A Conflict is a document that Talos refuses beside a field of the main document, because both say the same thing.
type Conflict struct {
	Kind  string `json:"kind"`
	Name  string `json:"name,omitempty"`  // the document's name that it takes
	Field string `json:"field,omitempty"` // the document's field that it takes; none: the document itself
	Main  string `json:"main"`            // the field of the main document
	Value bool   `json:"value,omitempty"` // only when something is in it
}

type conflicting interface {
	V1Alpha1ConflictValidate(*v1alpha1.Config) error
}

func loaded(text string) config.Document {
	provider, err := configloader.NewFromBytes([]byte(text))
	if err != nil {
		return nil
	}
	// Decoded documents are handed out as they are; a clone would write them out and read them again.
	for _, document := range provider.Documents() {
		return document
	}
	return nil
}

// one value at one place, as a document
func (f *forest) with(kind, name string, path []string, text string) string {
	c := testCase{kind: kind, name: name, f: f}
	if path != nil {
		c.settings = []setting{{0, path, text, "one"}}
	}
	return c.texts()[0]
}

// The texts to try at a place: nothing in it, and something.
func (p place) tries() (empty, full []string) {
	r := rand.New(rand.NewPCG(1, 1))
	switch p.of.Node {
	case "STRUCT", "MAP":
		return []string{"{}"}, nil
	case "LIST":
		return []string{"[]"}, nil
	case "ANY":
		return []string{"{}"}, []string{"{a: b}"}
	}
	if p.of.Form == "BOOL" {
		return []string{"false"}, []string{"true"}
	}
	if p.of.Form == "TEXT" {
		full = append(full, "192.0.2.1") // a text that is read as an address
	}
	for kind := range 4 {
		full = append(full, p.text(r, kind))
	}
	return []string{`""`}, full
}

// A written is one field of the main document with something or nothing in it.
type written struct {
	path string
	full bool
	main *v1alpha1.Config
}

func (f *forest) mains() (list []written) {
	for _, p := range f.places["v1alpha1"] {
		empty, full := p.tries()
		for i, text := range append(slices.Clone(empty), full...) {
			if main, ok := loaded(f.with("v1alpha1", "", p.path, text)).(*v1alpha1.Config); ok {
				list = append(list, written{strings.Join(p.path, "."), i >= len(empty), main})
			}
		}
	}
	return list
}

// withEach is every document of a kind with at most one field.
func (f *forest) withEach(kind, name string) map[string]conflicting {
	documents := map[string]conflicting{}
	add := func(field, text string) bool {
		d, ok := loaded(text).(conflicting)
		if ok {
			documents[field] = d
		}
		return ok
	}
	add("", f.with(kind, name, nil, ""))
	for _, p := range f.places[kind] {
		empty, full := p.tries()
		for _, text := range append(full, empty...) {
			if add(strings.Join(p.path, "."), f.with(kind, name, p.path, text)) {
				break
			}
		}
	}
	return documents
}

// walkConflicts finds them by asking: every document alone and with one field, beside every field of the main document.
func walkConflicts(f *forest) []Conflict {
	var list []Conflict
	mains := f.mains()
	for kind := range f.schema.Documents {
		if _, ok := newDocument(kind).(conflicting); !ok || kind == "v1alpha1" {
			continue
		}
		names := []string{""}
		if kind == "VolumeConfig" {
			names = []string{"STATE", "EPHEMERAL", "IMAGECACHE"}
		}
		for _, name := range names {
			var rows []Conflict
			for field, document := range f.withEach(kind, cmp.Or(name, "some")) {
				for _, m := range mains {
					row := Conflict{kind, name, field, m.path, m.full}
					if !slices.Contains(rows, row) && document.V1Alpha1ConflictValidate(m.main) != nil {
						rows = append(rows, row)
					}
				}
			}
			list = append(list, shortest(rows)...)
		}
	}
	slices.SortFunc(list, func(a, b Conflict) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return list
}

func above(path, other string) bool {
	return path == "" || path == other || strings.HasPrefix(other, path+".")
}

// shortest drops what a row with shorter paths says already.
func shortest(rows []Conflict) (list []Conflict) {
	for i, row := range rows {
		said := false
		for k, other := range rows {
			if k != i && above(other.Field, row.Field) && above(other.Main, row.Main) && (!other.Value || row.Value) &&
				(other != row || k < i) {
				said = true
			}
		}
		if !said {
			list = append(list, row)
		}
	}
	return list
}
