package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// What is written for a field of a form: two values that are good and differ, then the zero in its spellings.
var samples = map[string][]string{
	"TEXT":       {`alpha`, `beta`, `"0"`, `""`},
	"BOOL":       {`true`, `false`, `false`, `yes`},
	"INT":        {`7`, `9`, `0`, `0x0`},
	"FLOAT":      {`1.5`, `2.5`, `0`, `0.0`},
	"DURATION":   {`30s`, `1h5m`, `0s`, `0h`},
	"ADDR":       {`192.0.2.1`, `2001:db8::1`, `0.0.0.0`, `""`},
	"PREFIX":     {`192.0.2.0/24`, `2001:db8::/64`, `0.0.0.0/0`, `""`},
	"ADDRPORT":   {`192.0.2.1:80`, `"[2001:db8::1]:443"`, `0.0.0.0:0`, `""`},
	"URL":        {`https://user@a.example:5000/path?query=1#part`, `tcp://b.example`, `/only`, `""`},
	"CEL":        {`disk.size > 100u * GB`, `system_disk`, `"false"`, `""`},
	"BYTES":      {`10GiB`, `20GB`, `0`, `""`},
	"PERCENT":    {`10%`, `20%`, `0%`, `""`},
	"SIZE":       {`10GiB`, `20%`, `0`, `""`},
	"ARGUMENT":   {`alpha`, `[beta, gamma]`, `""`, `[]`},
	"PORTS":      {`80`, `8000-8010`, `0`, `0-0`},
	"MAC":        {`aa:bb:cc:dd:ee:ff`, `02:00:00:00:00:01`, `00:00:00:00:00:00`, `""`},
	"DISK_SIZE":  {`10GiB`, `1000000`, `0`, `0B`},
	"DISK_MATCH": {`">= 200GB"`, `4GB`, `">0"`, `"== 0"`},
	"BASE64":     {`YWxwaGE=`, `YmV0YQ==`, `""`, `AAAA`},
	"MODE":       {`0o644`, `0o600`, `0`, `0o0`},
	"TABLE":      {`main`, `"17"`, `unspec`, `"0"`},
}

// Values of a place that holds anything.
var anything = []string{`alpha`, `beta`, `1`, `2`, `0`, `""`, `true`, `false`, `1.5`, `{a: 1, b: x}`, `{a: 0, c: y}`, `[1, x]`,
	`[]`, `{}`}

// A place is a way from a document to a field: keys, and "[]" for an element of a list, "*" for a key of a map.
type place struct {
	kind string
	path []string
	use  Use
	of   *Type
}

func (p place) String() string {
	return p.kind + "." + strings.Join(p.path, ".")
}

const depthMax = 9

type forest struct {
	bare   bool // what stands around a spelling counts too
	types  map[string]*Type
	schema *Schema
	places map[string][]place // by kind
}

func plant(s *Schema) *forest {
	f := &forest{types: map[string]*Type{}, schema: s, places: map[string][]place{}}
	for _, t := range s.Types {
		f.types[t.Name] = t
	}
	for kind, name := range s.Documents {
		f.grow(kind, nil, Use{Type: name})
	}
	return f
}

func (f *forest) grow(kind string, path []string, use Use) {
	t := f.types[use.Type]
	if len(path) > 0 {
		f.places[kind] = append(f.places[kind], place{kind, slices.Clone(path), use, t})
	}
	if len(path) > depthMax {
		return
	}
	for _, field := range t.Fields {
		if len(path) == 0 && (field.Key == "apiVersion" || field.Key == "kind" || field.Key == "name" || field.Key == "version" || field.Key == "persist") {
			continue
		}
		f.grow(kind, append(path, field.Key), field.Use)
	}
	switch t.Node {
	case "MAP":
		f.grow(kind, append(path, "*"), *t.Elem)
	case "LIST":
		f.grow(kind, append(path, "[]"), *t.Elem)
	}
}

func (f *forest) named(kind string) bool {
	for _, field := range f.types[f.schema.Documents[kind]].Fields {
		if field.Key == "name" {
			return true
		}
	}
	return false
}

// A setting is one field of one layer of a case.
type setting struct {
	layer int // 0 base, 1 role, 2 node
	path  []string
	text  string // YAML of one line; "$patch" for a delete
	key   string // of a keyed list's element: which; "" for none
}

type testCase struct {
	kind     string
	name     string
	settings []setting
	f        *forest
}

func (f *forest) document(kind, name string) *value {
	d := mapping()
	if kind == "v1alpha1" {
		// Without one of the four keys that only it has Talos does not take it for the main document.
		return d.set("version", scalar("v1alpha1")).set("persist", scalar("true"))
	}
	d.set("apiVersion", scalar("v1alpha1")).set("kind", scalar(kind))
	if f.named(kind) {
		d.set("name", scalar(name))
	}
	if kind == "NetworkRuleConfig" {
		// Talos writes a protocol that it does not read when none is given.
		d.set("portSelector", mapping().set("protocol", scalar("tcp")))
	}
	return d
}

// place puts a setting into a document. Settings of one layer share the mappings above them; in a list they share the
// element unless its key differs.
func put(f *forest, d *value, t *Type, s setting, path []string) {
	step, rest := path[0], path[1:]
	var use Use
	at := d
	switch step {
	case "*":
		step, use = "some.key/name", *t.Elem
	case "[]":
		use = *t.Elem
	default:
		for _, field := range t.Fields {
			if field.Key == step {
				use = field.Use
			}
		}
	}
	next := f.types[use.Type]
	var child *value
	if len(rest) == 0 {
		if child = scalar(s.text); s.text == "$patch" {
			child = mapping().set("$patch", scalar("delete"))
		}
	}
	if step == "[]" {
		if child == nil {
			keyText := ""
			if t.Key != "" {
				keyText = s.key
			}
			for _, item := range at.items {
				if !item.leaf && (t.Key == "" || item.get(t.Key) == nil || item.get(t.Key).text == keyText) {
					child = item
				}
			}
			if child == nil {
				child = mapping()
				child.list = next.Node == "LIST"
				if t.Key != "" && keyText != "" {
					child.set(t.Key, scalar(keyText))
				}
				at.items = append(at.items, child)
			}
		} else {
			if s.text == "$patch" && t.Key != "" && s.key != "" {
				child.set(t.Key, scalar(s.key))
			}
			at.items = append(at.items, child)
			return
		}
	} else if child != nil {
		at.set(step, child)
		return
	} else if child = at.get(step); child == nil || child.leaf || child.list != (next.Node == "LIST") {
		child = mapping()
		child.list = next.Node == "LIST"
		at.set(step, child)
	}
	put(f, child, next, s, rest)
}

// plain takes what no overlay of a person has out of a document: settings inside an element of a list that is deleted.
func (v *value) plain(inside bool) {
	deleted := inside && !v.leaf && !v.list && v.get("$patch") != nil
	for i := len(v.items) - 1; i >= 0; i-- {
		if deleted && !v.items[i].leaf {
			v.items = slices.Delete(v.items, i, i+1)
			v.keys = slices.Delete(v.keys, i, i+1)
			continue
		}
		v.items[i].plain(v.list)
	}
}

// texts are the three files; "" where a layer says nothing.
func (c *testCase) texts() [3]string {
	var out [3]string
	for layer := range out {
		d := c.f.document(c.kind, c.name)
		said := false
		for _, s := range c.settings {
			if s.layer == layer {
				put(c.f, d, c.f.types[c.f.schema.Documents[c.kind]], s, s.path)
				said = true
			}
		}
		if said || layer == 0 {
			d.plain(false)
			out[layer] = d.String()
		}
	}
	return out
}

// text is something to write at a place. Kinds: 0 one value, 1 another, 2 the zero, 3 the first of an enumeration or
// another spelling of the zero, 4 empty, 5 null, 6 delete, 7 nothing at all.
func (p place) text(r *rand.Rand, kind int) string {
	switch kind {
	case 5:
		return []string{"null", "~", ""}[r.IntN(3)]
	case 6:
		return "$patch"
	}
	switch p.of.Node {
	case "ANY":
		if p.of.Form == "ARGUMENT" {
			return samples["ARGUMENT"][min(kind, 3)]
		}
		return anything[r.IntN(len(anything))]
	case "STRUCT", "MAP":
		return "{}"
	case "LIST":
		return "[]"
	}
	if kind == 4 {
		return `""`
	}
	if strings.Join(p.path, ".") == "portSelector.protocol" && kind >= 2 {
		kind = 0
	}
	if p.of.Form == "ENUM" {
		words := p.of.Words
		switch kind {
		case 0:
			return words[len(words)-1]
		case 1:
			return words[r.IntN(len(words))]
		}
		return words[0]
	}
	list := samples[p.of.Form]
	if kind == 0 && p.of.Form == "TEXT" && p.path[len(p.path)-1] == "[]" {
		return fmt.Sprintf("alpha%d", r.IntN(3))
	}
	return list[min(kind, len(list)-1)]
}

// A case of one field: each layer says one of the eight.
func (f *forest) one(r *rand.Rand, p place) *testCase {
	c := &testCase{kind: p.kind, name: "some", f: f}
	if p.kind == "VolumeConfig" {
		c.name = "EPHEMERAL"
	}
	for layer := range 3 {
		kind := r.IntN(8)
		if kind == 7 || kind == 6 && layer == 0 || kind == 5 && layer == 0 && r.IntN(2) == 0 {
			continue
		}
		c.settings = append(c.settings, setting{layer, p.path, p.text(r, kind), f.key(r, p)})
	}
	return c
}

// key is the key of the element that a path through a keyed list means.
func (f *forest) key(r *rand.Rand, p place) string {
	t := f.types[f.schema.Documents[p.kind]]
	for _, step := range p.path {
		var use Use
		switch step {
		case "*", "[]":
			if t.Key != "" {
				form := ""
				for _, field := range f.types[t.Elem.Type].Fields {
					if field.Key == t.Key {
						form = f.types[field.Type].Form
					}
				}
				if form == "INT" {
					return []string{"5", "6", "0"}[r.IntN(3)]
				}
				return []string{"one", "two", ""}[r.IntN(3)]
			}
			use = *t.Elem
		default:
			for _, field := range t.Fields {
				if field.Key == step {
					use = field.Use
				}
			}
		}
		t = f.types[use.Type]
	}
	return ""
}

// A case of several fields, near each other more often than not.
func (f *forest) several(r *rand.Rand, places []place) *testCase {
	first := places[r.IntN(len(places))]
	c := f.one(r, first)
	for range 1 + r.IntN(3) {
		p := places[r.IntN(len(places))]
		for try := 0; try < 8 && p.path[0] != first.path[0]; try++ {
			p = places[r.IntN(len(places))]
		}
		c.settings = append(c.settings, f.one(r, p).settings...)
	}
	slices.SortStableFunc(c.settings, func(a, b setting) int { return a.layer - b.layer })
	return c
}
