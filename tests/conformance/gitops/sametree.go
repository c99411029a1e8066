package main

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// A node of hearth's own tree, as driver.c says it. Type is what YAML 1.1 makes of a plain scalar.
type node struct {
	Text  *string    `json:"s"`
	Plain *string    `json:"p"`
	Type  int        `json:"t"`
	Ref   int        `json:"r"`
	List  *[]node    `json:"l"`
	Map   *[][2]node `json:"m"`
}

// Of enum scalar_type.
const typeText, typeTime = 0, 5

func (n node) key() string {
	if n.Text != nil {
		return *n.Text
	}
	if n.Plain != nil {
		return *n.Plain
	}
	return ""
}

func (n node) get(key string) *node {
	if n.Map != nil {
		for i := range *n.Map {
			if (*n.Map)[i][0].key() == key {
				return &(*n.Map)[i][1]
			}
		}
	}
	return nil
}

// objectsOf takes lists apart, as every reader does.
func objectsOf(documents []node) (objects []node) {
	for _, document := range documents {
		kind, items := document.get("kind"), document.get("items")
		if kind != nil && strings.HasSuffix(kind.key(), "List") && items != nil && items.List != nil {
			objects = append(objects, *items.List...)
		} else {
			objects = append(objects, document)
		}
	}
	return objects
}

// differs is where hearth's tree and what a reader made of it part; "" where they do not.
func (n node) differs(value any, path string) string {
	wrong := func(have any) string { return fmt.Sprintf("%s: %#v to hearth, %#v to the reader", path, have, value) }
	switch {
	case n.Ref != 0:
		// What it becomes is the resolver's.
	case n.Text != nil:
		if text, is := value.(string); !is || text != *n.Text {
			return wrong(*n.Text)
		}
	case n.Plain != nil && (n.Type == typeText || n.Type == typeTime):
		if text, is := value.(string); !is || text != *n.Plain {
			return wrong(*n.Plain)
		}
	case n.Plain != nil:
		var want any
		if err := yaml.Unmarshal([]byte(*n.Plain), &want); err != nil || want != value {
			return wrong(want)
		}
		if _, is := value.(string); is {
			return wrong("no text: " + *n.Plain)
		}
	case n.List != nil:
		list, is := value.([]any)
		if !is || len(list) != len(*n.List) {
			return wrong(fmt.Sprintf("a list of %d", len(*n.List)))
		}
		for i := range list {
			if found := (*n.List)[i].differs(list[i], fmt.Sprintf("%s[%d]", path, i)); found != "" {
				return found
			}
		}
	case n.Map != nil:
		entries, is := value.(map[string]any)
		if !is || len(entries) != len(*n.Map) {
			return wrong(fmt.Sprintf("a mapping of %d", len(*n.Map)))
		}
		for _, pair := range *n.Map {
			child, there := entries[pair[0].key()]
			if !there {
				return fmt.Sprintf("%s: the key %s is none to the reader: %#v", path, pair[0].key(), value)
			}
			if found := pair[1].differs(child, path+"."+pair[0].key()); found != "" {
				return found
			}
		}
	default:
		return wrong("nothing at all")
	}
	return ""
}

// treesDiffer compares documents with what a reader made of them, object by object.
func treesDiffer(documents []node, objects []map[string]any) string {
	wanted := objectsOf(documents)
	if len(wanted) != len(objects) {
		return fmt.Sprintf("%d objects to hearth, %d to the reader", len(wanted), len(objects))
	}
	for i := range wanted {
		if found := wanted[i].differs(map[string]any(objects[i]), fmt.Sprintf("object %d", i+1)); found != "" {
			return found
		}
	}
	return ""
}

// roadsDiffer compares what two readers made of a file.
func roadsDiffer(one, other any, path string) string {
	wrong := func() string { return fmt.Sprintf("%s: %#v and %#v", path, one, other) }
	switch left := one.(type) {
	case []map[string]any:
		right, is := other.([]map[string]any)
		if !is || len(left) != len(right) {
			return fmt.Sprintf("%d objects and %d", len(left), len(right))
		}
		for i := range left {
			if found := roadsDiffer(left[i], right[i], fmt.Sprintf("object %d", i+1)); found != "" {
				return found
			}
		}
	case map[string]any:
		right, is := other.(map[string]any)
		if !is || len(left) != len(right) {
			return wrong()
		}
		for key := range left {
			value, there := right[key]
			if !there {
				return wrong()
			}
			if found := roadsDiffer(left[key], value, path+"."+key); found != "" {
				return found
			}
		}
	case []any:
		right, is := other.([]any)
		if !is || len(left) != len(right) {
			return wrong()
		}
		for i := range left {
			if found := roadsDiffer(left[i], right[i], fmt.Sprintf("%s[%d]", path, i)); found != "" {
				return found
			}
		}
	default:
		if one != other {
			return wrong()
		}
	}
	return ""
}
