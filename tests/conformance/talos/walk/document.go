package main

import (
	"encoding/json"
	"strings"
)

// A value is a piece of YAML under construction.
type value struct {
	text  string   // of a scalar, as it is written
	keys  []string // of a mapping
	items []*value // of a mapping and a list
	list  bool
	leaf  bool
}

func scalar(text string) *value { return &value{text: text, leaf: true} }
func quoted(text string) *value {
	out, _ := json.Marshal(text)
	return scalar(string(out))
}
func mapping() *value              { return &value{} }
func sequence(of ...*value) *value { return &value{list: true, items: of} }

func (v *value) get(key string) *value {
	for i, k := range v.keys {
		if k == key {
			return v.items[i]
		}
	}
	return nil
}

func (v *value) set(key string, to *value) *value {
	for i, k := range v.keys {
		if k == key {
			v.items[i] = to
			return v
		}
	}
	v.keys, v.items = append(v.keys, key), append(v.items, to)
	return v
}

func writeKey(key string) string {
	if strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" && key != "n" && key != "y" {
		return key
	}
	out, _ := json.Marshal(key)
	return string(out)
}

func (v *value) write(out *strings.Builder, indent string) {
	switch {
	case v.leaf:
		out.WriteString(" " + v.text + "\n")
	case len(v.items) == 0 && v.list:
		out.WriteString(" []\n")
	case len(v.items) == 0:
		out.WriteString(" {}\n")
	default:
		out.WriteString("\n")
		for i, item := range v.items {
			if v.list {
				out.WriteString(indent + "-")
			} else {
				out.WriteString(indent + writeKey(v.keys[i]) + ":")
			}
			item.write(out, indent+"  ")
		}
	}
}

// String is the value as a YAML document.
func (v *value) String() string {
	var out strings.Builder
	v.write(&out, "")
	return strings.TrimPrefix(out.String(), "\n")
}
