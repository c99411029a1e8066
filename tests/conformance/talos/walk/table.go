package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// join is the newer schema with what only the older one has; Since marks what the older one lacks. Types go by the
// place where they stand, not by their Go name: one that was renamed is still one.
type joiner struct {
	older, newer map[string]*Type
	made         map[string]*Type // by "older|newer"
	list         []*Type
}

func index(s *Schema) map[string]*Type {
	types := map[string]*Type{}
	for _, t := range s.Types {
		types[t.Name] = t
	}
	return types
}

func (j *joiner) use(older, newer *Use) Use {
	pick := newer
	if newer == nil {
		pick = older
	}
	u := *pick
	o, n := "", ""
	if older != nil {
		o = older.Type
	}
	if newer != nil {
		n = newer.Type
	}
	u.Type = j.join(o, n)
	return u
}

func (j *joiner) join(older, newer string) string {
	key := older + "|" + newer
	if t, ok := j.made[key]; ok {
		return t.Name
	}
	o, n := j.older[older], j.newer[newer]
	base := n
	if n == nil {
		base = o
	}
	t := *base
	t.Fields, t.Elem = nil, nil
	j.made[key] = &t
	for again := 2; slices.ContainsFunc(j.list, func(x *Type) bool { return x.Name == t.Name }); again++ {
		t.Name = fmt.Sprintf("%s %d", base.Name, again)
	}
	j.list = append(j.list, &t)
	if o != nil && n != nil && o.Node != n.Node {
		o = nil // the field changed its shape: the newer one counts
	}
	if o != nil && n != nil {
		for _, word := range o.Words {
			if !slices.Contains(t.Words, word) {
				t.Words = append(slices.Clone(t.Words), word)
			}
		}
	}
	pick := func(t *Type, key string) *Field {
		if t != nil {
			for i := range t.Fields {
				if t.Fields[i].Key == key {
					return &t.Fields[i]
				}
			}
		}
		return nil
	}
	part := func(f *Field) *Use {
		if f == nil {
			return nil
		}
		return &f.Use
	}
	var keys []string
	for _, source := range []*Type{n, o} {
		if source != nil {
			for _, field := range source.Fields {
				if !slices.Contains(keys, field.Key) {
					keys = append(keys, field.Key)
				}
			}
		}
	}
	for _, key := range keys {
		of, nf := pick(o, key), pick(n, key)
		field := Field{Key: key, Use: j.use(part(of), part(nf))}
		if of == nil {
			field.Since = "1.14"
		}
		t.Fields = append(t.Fields, field)
	}
	elem := func(t *Type) *Use {
		if t == nil {
			return nil
		}
		return t.Elem
	}
	if elem(o) != nil || elem(n) != nil {
		u := j.use(elem(o), elem(n))
		t.Elem = &u
	}
	return t.Name
}

// C writes the table that boot/site/schema.h describes.
func writeTable(out io.Writer, older, newer *Schema, versions [2]string) error {
	j := &joiner{index(older), index(newer), map[string]*Type{}, nil}
	kinds := maps.Clone(newer.Documents)
	maps.Copy(kinds, older.Documents)
	documents := slices.Sorted(maps.Keys(kinds))
	roots := map[string]string{}
	for _, kind := range documents {
		roots[kind] = j.join(older.Documents[kind], newer.Documents[kind])
	}
	t := &table{types: index(&Schema{Types: j.list})}
	for _, kind := range documents {
		t.visit(roots[kind])
	}
	keys := map[string]int{}
	for _, name := range t.order {
		for _, field := range t.types[name].Fields {
			keys[field.Key] = 0
		}
	}
	fmt.Fprintf(out, "/*\n * What Talos's config documents are made of. Written by tests/conformance/talos/walk from the types of Talos machinery\n"+
		" * %s and %s; `tests/conformance/run walk` says when it no longer is what the walk finds. schema.h has the\n * shapes.\n */\n"+
		"/* clang-format off */\n#include \"embed/tables/source.h\"\n\n", versions[0], versions[1])
	offset := 0
	var places, names, types []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		places = append(places, fmt.Sprintf("%s = %d,", constant("K", key), offset))
		names = append(names, fmt.Sprintf("\"%s\\0\"", key))
		offset += len(key) + 1
	}
	for _, name := range t.order {
		types = append(types, constant("T", name)+",")
	}
	fmt.Fprintf(out, "/* Where each key begins in source_keys. */\nenum {\n%s};\n\nconst char source_keys[] =\n%s    ;\n\nenum {\n%s",
		packed(places), packed(names), packed(types))
	fmt.Fprint(out, "};\n\n/* One struct behind the other, in the order of the types. */\nconst struct schema_field source_fields[] = {\n")
	first := map[string]int{}
	count := 0
	for _, name := range t.order {
		first[name] = count
		var rows []string
		for i, field := range t.types[name].Fields {
			if i == 0 {
				fmt.Fprintf(out, "    /* %s */\n", name)
			}
			rows = append(rows, fmt.Sprintf("{%s, %s, %s},", constant("K", field.Key), constant("T", t.merged(field.Type)),
				flags(field.Use, field.Since)))
			count++
		}
		fmt.Fprint(out, packed(rows))
	}
	fmt.Fprint(out, "};\n\nconst struct source_type source_types[] = {\n")
	for _, name := range t.order {
		one := t.types[name]
		fmt.Fprintf(out, "    [%s] = {.node = SCHEMA_%s", constant("T", name), one.Node)
		if one.Form != "" {
			fmt.Fprintf(out, ", .form = FORM_%s", one.Form)
		}
		if one.Bits != 0 {
			fmt.Fprintf(out, ", .bits = %d", one.Bits)
		}
		if one.Zero {
			fmt.Fprint(out, ", .zero = true")
		}
		if one.Exact {
			fmt.Fprint(out, ", .exact = true")
		}
		if one.Empty {
			fmt.Fprint(out, ", .empty = true")
		}
		if len(one.Words) > 0 {
			fmt.Fprintf(out, ", .words = \"%s\"", strings.Join(one.Words, ","))
		}
		if one.Merge != "" {
			fmt.Fprintf(out, ", .merge = MERGE_%s", one.Merge)
		}
		if one.Key != "" {
			fmt.Fprintf(out, ", .key = \"%s\"", one.Key)
		}
		if one.Elem != nil {
			fmt.Fprintf(out, ", .elem = {0, %s, %s}", constant("T", t.merged(one.Elem.Type)), flags(*one.Elem, ""))
		}
		if len(one.Fields) > 0 {
			fmt.Fprintf(out, ", .first = %d, .count = %d", first[name], len(one.Fields))
		}
		fmt.Fprint(out, "},\n")
	}
	fmt.Fprint(out, "};\n\n/* Sorted by kind. */\nconst struct source_document source_documents[] = {\n")
	for _, kind := range documents {
		since := "false"
		if older.Documents[kind] == "" {
			since = "true"
		}
		fmt.Fprintf(out, "    {\"%s\", %s, %s, %v},\n", kind, constant("T", roots[kind]), since,
			slices.Contains(append(newer.Control, older.Control...), kind))
	}
	fmt.Fprint(out, "};\n\n")
	conflicts := slices.Clone(newer.Conflicts)
	for _, row := range older.Conflicts {
		if !slices.Contains(conflicts, row) {
			conflicts = append(conflicts, row)
		}
	}
	fmt.Fprint(out, "/* What V1Alpha1ConflictValidate() of each kind refuses. */\nconst struct source_conflict source_conflicts[] = {\n")
	for _, row := range conflicts {
		fmt.Fprintf(out, "    {\"%s\", %s, %s, \"%s\", %v},\n", row.Kind, text(row.Name), text(row.Field),
			strings.NewReplacer(".[]", "", ".*", "").Replace(row.Main), row.Value || strings.ContainsAny(row.Main, "[*"))
	}
	fmt.Fprint(out, "};\n\n")
	for _, subject := range slices.Sorted(maps.Keys(newer.CEL)) {
		fmt.Fprintf(out, "const char source_cel_%s[] = \"%s\";\n", subject, newer.CEL[subject])
	}
	return nil
}

// A table is the types that are reached, scalars of one shape as one.
type table struct {
	types map[string]*Type
	order []string
}

func (t *table) shape(one *Type) string {
	switch one.Node {
	case "SCALAR", "ANY":
		return fmt.Sprint(one.Node, one.Form, one.Words, one.Zero, one.Empty, one.Exact, one.Bits, one.Merge)
	case "LIST", "MAP":
		if elem := t.types[one.Elem.Type]; elem.Node != "SCALAR" && elem.Node != "ANY" {
			return ""
		}
		return fmt.Sprint(one.Node, t.shape(t.types[one.Elem.Type]), one.Elem.Pointer, one.Merge, one.Key)
	}
	return ""
}

// merged is the first type of the same shape.
func (t *table) merged(name string) string {
	if own := t.shape(t.types[name]); own != "" {
		for _, other := range t.order {
			if t.shape(t.types[other]) == own {
				return other
			}
		}
	}
	return name
}

func (t *table) visit(name string) {
	if t.merged(name) != name || slices.Contains(t.order, name) {
		return
	}
	t.order = append(t.order, name)
	one := t.types[name]
	for _, field := range one.Fields {
		t.visit(field.Type)
	}
	if one.Elem != nil {
		t.visit(one.Elem.Type)
	}
}

// packed is the words in lines of at most 120 columns.
func packed(words []string) string {
	var out strings.Builder
	width := 0
	for _, word := range words {
		if width > 0 && width+1+len(word) > 120 {
			out.WriteString("\n")
			width = 0
		}
		if width == 0 {
			out.WriteString("   ")
			width = 3
		}
		out.WriteString(" " + word)
		width += 1 + len(word)
	}
	if width > 0 {
		out.WriteString("\n")
	}
	return out.String()
}

var odd = regexp.MustCompile(`[^A-Za-z0-9]+`)

func constant(prefix, name string) string {
	name = strings.NewReplacer("[]", "list of ", "map[string]", "map of ").Replace(name)
	return prefix + "_" + strings.Trim(odd.ReplaceAllString(name, "_"), "_")
}

func flags(u Use, since string) string {
	var list []string
	if u.Pointer {
		list = append(list, "SCHEMA_POINTER")
	}
	if u.Replace {
		list = append(list, "SCHEMA_REPLACE")
	}
	if since != "" {
		list = append(list, "SCHEMA_NEW")
	}
	if len(list) == 0 {
		return "0"
	}
	return strings.Join(list, " | ")
}

func text(s string) string {
	if s == "" {
		return "NULL"
	}
	return `"` + s + `"`
}
