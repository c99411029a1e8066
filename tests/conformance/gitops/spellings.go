package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Texts that some reader of YAML is known to take for something else, or to change.
var odd = []string{
	"yes", "no", "on", "off", "y", "n", "Y", "N", "Yes", "NO", "On", "OFF", "true", "false", "True", "FALSE", "null", "Null", "NULL",
	"~", "", "123", "-5", "+7", "0", "-0", "007", "010", "0o17", "0x1F", "0b101", "1_000", "1.5", ".5", "5.", "1e3", "1E-2", "+.5",
	".inf", "-.Inf", ".NaN", "99999999999999999999", "12:30", "12:30:45", "190:20:30", "1:60", "2026-11-28",
	"2026-11-28T10:00:00Z", "2026-11-28 10:00:00", "2001-1-1", "2026-13-40", "=", "<<", "-", "--", "---", "...", "--- x", "- x", ": x", ":x", "x:", "a: b", "a #b", "#x", "a#b", "'q'", `"d"`, `back\slash`, "tab\tx", " lead", "trail ", "línea", "日本",
	"x\u2028y", "\ufeffx", "emoji 😀", "\u00a0", "%x", "@x", "`x", "&a", "*a", "!t", "!!str x", "|x", ">x", "[x", "{x", "}", "]", ",",
	"1.2.3", "10.0.0.1", "::1", "1Gi", "100m", "0.1", "1.0", "0.0.0.0/0", "true ", "x\n", "x\ny", "x\ny\n", "x\n\n", "x\n\n\n", "\nx", "\n", "x \ny",
	"x\ty\n", "  x\ny\n", "x\n  y\nz\n", "x\n---\ny\n", "x\n...\ny\n", "key: |\n  y\n", "x\r\ny\r\n", "a\n\n\nb\n", "# x\ny\n", "-----BEGIN X-----\nQUJD\n-----END X-----\n",
	strings.Repeat("a long line of words ", 40), strings.Repeat("another line of a long text\n", 20), strings.Repeat("é", 300),
}

// What nobody changes.
var even = []string{"alpha", "beta", "gamma-delta", "x.example", "v1.2", "a b", "with/slash"}

type maker struct {
	*rand.Rand
	oddly int // of a hundred values
}

func (m *maker) text() string {
	if m.IntN(100) < m.oddly {
		return odd[m.IntN(len(odd))]
	}
	return even[m.IntN(len(even))]
}

func printable(text string) bool {
	for _, c := range text {
		if c < 0x20 && c != '\n' && c != '\t' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '\u2028' || c == '\ufeff' {
			return false
		}
	}
	return true
}

func double(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteRune(c)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\t':
			out.WriteString(`\t`)
		case c < 0x20 || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '\u2028' || c == '\ufeff':
			fmt.Fprintf(&out, `\u%04X`, c)
		default:
			out.WriteRune(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// block is a text in a literal or folded block below a key of this depth.
func (m *maker) block(text string, depth int) string {
	sign := []string{"|", "|", ">"}[m.IntN(3)] + []string{"", "", "-", "+"}[m.IntN(4)]
	if strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\n") {
		sign = sign[:1] + "2" + sign[1:]
	}
	out := sign
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		out += "\n"
		if line != "" {
			out += strings.Repeat(" ", depth+2) + line
		}
	}
	return out
}

// scalar is a text in one of the ways to write it, behind a key of this depth or inside brackets (depth -1). Plain it
// may be no text at all, and even no YAML.
func (m *maker) scalar(text string, depth int) string {
	switch m.IntN(6) {
	case 0, 1, 2:
		if !strings.ContainsAny(text, "\n\r") && printable(text) && (depth >= 0 || !strings.ContainsAny(text, ",[]{}#:")) {
			return text
		}
	case 3:
		if !strings.ContainsAny(text, "\n\r") && printable(text) {
			return "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
	case 4:
		if depth >= 0 && printable(text) && !strings.Contains(text, "\r") && text != "" {
			return m.block(text, depth)
		}
	}
	return double(text)
}

func (m *maker) value(depth int) string { return m.scalar(m.text(), depth) }

func (m *maker) key() string {
	if m.IntN(100) < m.oddly/2 {
		text := odd[m.IntN(len(odd))]
		if strings.ContainsAny(text, "\n\r") || len(text) > 100 {
			text = "on"
		}
		if m.IntN(2) == 0 && printable(text) && !strings.ContainsAny(text, ":#?-&*!|>[]{},%@`\"'<= \t") && text != "" {
			return text
		}
		return double(text)
	}
	return "k" + strconv.Itoa(m.IntN(1000))
}

// pairs are entries of a mapping of texts, this deep.
func (m *maker) pairs(depth int) string {
	out, seen := "", map[string]bool{}
	for range 1 + m.IntN(4) {
		key := m.key()
		if seen[key] {
			continue
		}
		seen[key] = true
		out += strings.Repeat(" ", depth) + key + ": " + m.value(depth) + "\n"
	}
	return out
}

// anything is the value of a field of a kind that nobody knows.
func (m *maker) anything(depth, left int) string {
	switch n := m.IntN(8); {
	case n == 0 && left > 0:
		return "\n" + strings.TrimSuffix(m.pairs(depth+2), "\n")
	case n == 1 && left > 0:
		out := ""
		for range 1 + m.IntN(3) {
			out += "\n" + strings.Repeat(" ", depth+2) + "- " + m.value(depth+2)
		}
		return out
	case n == 2:
		return "[" + m.value(-1) + ", " + m.value(-1) + "]"
	case n == 3:
		return "{" + m.key() + ": " + m.value(-1) + "}"
	case n == 4:
		return []string{"[]", "{}", "5", "true", "null", "1.5"}[m.IntN(6)]
	}
	return m.value(depth)
}

func (m *maker) metadata(namespaced bool) string {
	out := "metadata:\n  name: "
	if m.IntN(100) < m.oddly/4 {
		out += m.value(2)
	} else {
		out += "n" + strconv.Itoa(m.IntN(1000000))
	}
	if namespaced {
		out += "\n  namespace: default"
	}
	out += "\n"
	for _, field := range []string{"labels", "annotations"} {
		switch m.IntN(5) {
		case 0, 1:
			out += "  " + field + ":\n" + m.pairs(4)
		case 2:
			out += "  " + field + ": {" + m.key() + ": " + m.value(-1) + "}\n"
		}
	}
	if m.IntN(40) == 0 {
		out += []string{"  managedFields: [{manager: x}]\n", "  uid: 0-0\n", "  creationTimestamp: null\n", "  generation: 2\n"}[m.IntN(4)]
	}
	return out
}

// object is one in block style, each with the fields that its type has.
func (m *maker) object() string {
	switch m.IntN(8) {
	case 0:
		return "apiVersion: v1\nkind: Namespace\n" + m.metadata(false)
	case 1:
		return "apiVersion: v1\nkind: Secret\n" + m.metadata(true) + "type: Opaque\ndata:\n  a: " +
			m.scalar([]string{"YWxwaGE=", "YQo=", "YWxw\naGE=\n", "MTIz", "1234", "eWVz", "null"}[m.IntN(7)], 2) + "\n"
	case 2:
		return "apiVersion: v1\nkind: Pod\n" + m.metadata(true) + "spec:\n  nodeSelector:\n" + m.pairs(4) +
			"  containers:\n    - name: c\n      image: x.example/y:1\n      args: [" + m.value(-1) + ", " + m.value(-1) + "]\n" +
			"      command:\n        - " + m.value(8) + "\n      env:\n        - name: A\n          value: " + m.value(10) + "\n" +
			"        - name: " + []string{"A", "B", "B", "B"}[m.IntN(4)] + "\n          value: " + m.value(10) + "\n"
	case 3:
		return "apiVersion: v1\nkind: Service\n" + m.metadata(true) + "spec:\n  selector:\n" + m.pairs(4) +
			"  clusterIP: " + []string{"None", "10.0.0.1", "10.96.0.7", `""`}[m.IntN(4)] + "\n  ports:\n    - port: 80\n      name: " + m.value(6) + "\n"
	case 4:
		return "apiVersion: apps/v1\nkind: Deployment\n" + m.metadata(true) + "spec:\n  replicas: 1\n  selector:\n    matchLabels:\n" +
			m.pairs(6) + "  template:\n    metadata:\n      labels:\n" + m.pairs(8) + "    spec:\n      containers:\n        - name: c\n" +
			"          image: " + m.scalar("x.example/y:1", 10) + "\n"
	case 5:
		return "apiVersion: x.example/v1\nkind: Thing\n" + m.metadata(true) + "spec:\n  " + m.key() + ": " + m.anything(2, 2) + "\n  also: " + m.anything(2, 2) + "\n"
	}
	return "apiVersion: v1\nkind: ConfigMap\n" + m.metadata(true) + "data:\n" + m.pairs(2)
}

func indented(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "    " + line
		}
	}
	return "  -" + strings.TrimPrefix(strings.Join(lines, "\n"), "   ") + "\n"
}

// file is what somebody may keep in bootstrap/.
func (m *maker) file() string {
	out := []string{"", "", "", "---\n", "# what it is\n", "# what it is\n---\n", "\n\n", "\ufeff"}[m.IntN(8)]
	twin := ""
	for i := range 1 + m.IntN(3) {
		if i > 0 {
			out += []string{"---\n", "---\n", "--- # another\n", "\n---\n\n", "---\n# another\n"}[m.IntN(5)]
		}
		one := m.object()
		switch m.IntN(20) {
		case 0:
			one = "apiVersion: v1\nkind: List\nitems:\n" + indented(one)
		case 1:
			if twin != "" {
				one = twin
			}
		}
		twin = one
		out += one
		out += []string{"", "", "", "", "# a word\n", "\n", "\n\n"}[m.IntN(7)]
	}
	if m.IntN(10) == 0 {
		out = strings.TrimSuffix(out, "\n")
	}
	if m.IntN(25) == 0 {
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	return out
}
