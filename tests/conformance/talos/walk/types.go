package main

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/api/resource/definitions/block"
	"github.com/siderolabs/talos/pkg/machinery/api/resource/definitions/network"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
	"go.yaml.in/yaml/v4"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A Type is what hearth has to know of a Go type: which keys a mapping has, what a list holds, how a scalar is spelt,
// and how Talos merges two of them.
type Type struct {
	Name   string   `json:"name"`
	Node   string   `json:"node"`             // STRUCT, MAP, LIST, SCALAR, ANY
	Form   string   `json:"form,omitempty"`   // of a scalar
	Words  []string `json:"words,omitempty"`  // of an enumeration; the first is its zero when Zero
	Empty  bool     `json:"empty,omitempty"`  // and so is ""
	Exact  bool     `json:"exact,omitempty"`  // the case of letters matters
	Zero   bool     `json:"zero,omitempty"`   // the first word is the zero of the type: "not given" where held by value
	Bits   int      `json:"bits,omitempty"`   // of a number; negative: signed
	Merge  string   `json:"merge,omitempty"`  // what its Merge method, or the want of one, makes of it
	Key    string   `json:"key,omitempty"`    // of a keyed list
	Elem   *Use     `json:"elem,omitempty"`   // of a map and a list
	Fields []Field  `json:"fields,omitempty"` // of a struct
}

// A Use is a type at a place.
type Use struct {
	Type    string `json:"type"`
	Pointer bool   `json:"pointer,omitempty"` // held by pointer: its zero is a value
	Replace bool   `json:"replace,omitempty"` // merge:"replace"
}

type Field struct {
	Key string `json:"key"`
	Use
	Since string `json:"since,omitempty"` // "1.14": a version that is walked does not know it; filled by join
}

// How the types with a Merge method, an unmarshaller of their own, or fields that reflection cannot set are merged and
// spelt. A type that has one of these and no row here stops the walk: somebody has to look at it.
var custom = map[string]Type{
	"netip.Addr":                         {Form: "ADDR", Merge: "FIXED"},
	"netip.Prefix":                       {Form: "PREFIX", Merge: "FIXED"},
	"netip.AddrPort":                     {Form: "ADDRPORT", Merge: "FIXED"},
	"network.Addr":                       {Form: "ADDR"},
	"network.Prefix":                     {Form: "PREFIX"},
	"network.AddrPort":                   {Form: "ADDRPORT"},
	"nethelpers.RoutingTable":            {Form: "TABLE"},
	"nethelpers.Protocol":                {Form: "ENUM"},
	"v1alpha1.Args":                      {Node: "MAP", Merge: "ARGUMENTS"},
	"meta.Addr":                          {Form: "ADDR"},
	"meta.Prefix":                        {Form: "PREFIX"},
	"meta.AddrPort":                      {Form: "ADDRPORT"},
	"meta.URL":                           {Form: "URL", Merge: "URL"},
	"v1alpha1.Endpoint":                  {Form: "URL", Merge: "URL"},
	"cel.Expression":                     {Form: "CEL", Merge: "COPY"},
	"block.ByteSize":                     {Form: "BYTES", Merge: "COPY"},
	"block.PercentageSize":               {Form: "PERCENT", Merge: "COPY"},
	"block.Size":                         {Form: "SIZE", Merge: "SIZE"},
	"v1alpha1.ArgValue":                  {Node: "ANY", Form: "ARGUMENT"},
	"meta.ArgValue":                      {Node: "ANY", Form: "ARGUMENT"},
	"network.PortRange":                  {Form: "PORTS"},
	"nethelpers.HardwareAddr":            {Form: "MAC"},
	"v1alpha1.DiskSize":                  {Form: "DISK_SIZE"},
	"v1alpha1.InstallDiskSizeMatcher":    {Form: "DISK_MATCH", Merge: "FIXED"},
	"v1alpha1.Base64Bytes":               {Form: "BASE64"},
	"time.Duration":                      {Form: "DURATION"},
	"v1alpha1.FileMode":                  {Form: "MODE"},
	"runtime.EtcFileMode":                {Form: "MODE"},
	"x509.PEMEncodedCertificateAndKey":   {Node: "STRUCT", Merge: "WHOLE"},
	"x509.PEMEncodedCertificate":         {Node: "STRUCT", Merge: "WHOLE"},
	"x509.PEMEncodedKey":                 {Node: "STRUCT", Merge: "WHOLE"},
	"v1alpha1.NetworkDeviceList":         {Node: "LIST", Merge: "KEYED", Key: "interface"},
	"v1alpha1.VlanList":                  {Node: "LIST", Merge: "KEYED", Key: "vlanId"},
	"v1alpha1.AdmissionPluginConfigList": {Node: "LIST", Merge: "KEYED", Key: "name"},
	"extensions.ConfigFileList":          {Node: "LIST", Merge: "KEYED", Key: "mountPath"},
	"security.ImageVerificationRules":    {Node: "LIST", Merge: "KEYED_WHOLE", Key: "image"},
	"v1alpha1.ClusterInlineManifests":    {Node: "LIST"},
	"meta.Args":                          {Node: "MAP", Merge: "ARGUMENTS"},
}

// Whose fields are keys although an unmarshaller of their own reads them.
var halves = map[string][]string{
	"x509.PEMEncodedCertificateAndKey": {"crt", "key"},
	"x509.PEMEncodedCertificate":       {"crt"},
	"x509.PEMEncodedKey":               {"key"},
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	yamlUnmarshaler = reflect.TypeFor[yaml.Unmarshaler]()
	oldUnmarshaler  = reflect.TypeFor[interface{ UnmarshalYAML(func(any) error) error }]()
	merger          = reflect.TypeFor[interface{ Merge(any) error }]()
)

// peculiar says whether reflection over fields and kinds is not all that there is to know of a type.
func peculiar(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	for _, i := range []reflect.Type{textUnmarshaler, yamlUnmarshaler, oldUnmarshaler, merger} {
		if p.Implements(i) {
			return true
		}
	}
	return false
}

type walker struct {
	types    map[string]*Type
	problems []string
}

// enumerate finds an enumeration's names in order of value, asked of the type itself.
func (one *Type) enumerate(t reflect.Type) {
	one.Empty = reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText(nil) == nil
	for i := range 1 << 16 {
		if t.Bits() == 8 && i > 255 {
			break
		}
		v := reflect.New(t)
		if v.Elem().CanInt() {
			v.Elem().SetInt(int64(i))
		} else {
			v.Elem().SetUint(uint64(i))
		}
		text, err := v.Elem().Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			continue
		}
		back := reflect.New(t)
		if back.Interface().(encoding.TextUnmarshaler).UnmarshalText(text) != nil || !back.Elem().Equal(v.Elem()) {
			continue
		}
		if upper := bytes.ToUpper(text); !bytes.Equal(upper, text) {
			one.Exact = back.Interface().(encoding.TextUnmarshaler).UnmarshalText(upper) != nil
		}
		one.Zero = one.Zero || i == 0
		one.Words = append(one.Words, string(text))
	}
}

func (w *walker) scalar(t reflect.Type) Type {
	switch t.Kind() {
	case reflect.String:
		return Type{Form: "TEXT"}
	case reflect.Bool:
		return Type{Form: "BOOL"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Type{Form: "INT", Bits: -t.Bits()}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Type{Form: "INT", Bits: t.Bits()}
	case reflect.Float32, reflect.Float64:
		return Type{Form: "FLOAT"}
	case reflect.Interface:
		return Type{Node: "ANY"}
	}
	w.problems = append(w.problems, fmt.Sprintf("%v: a kind that the walk does not know: %v", t, t.Kind()))
	return Type{Form: "TEXT"}
}

// use is the type at a field or an element, pointers taken off.
func (w *walker) use(t reflect.Type, tag string) Use {
	u := Use{Replace: slices.Contains(strings.Split(tag, ","), "replace")}
	for t.Kind() == reflect.Pointer {
		u.Pointer, t = true, t.Elem()
	}
	u.Type = w.add(t)
	return u
}

func (w *walker) fields(t reflect.Type, pointer bool) (list []Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" || (!f.IsExported() && !f.Anonymous) {
			continue
		}
		if slices.Contains(strings.Split(options, ","), "inline") {
			inner := f.Type
			for inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Map { // meta.Unstructured: the caller sees to it
				continue
			}
			list = append(list, w.fields(inner, pointer)...)
			continue
		}
		if key == "" {
			w.problems = append(w.problems, fmt.Sprintf("%v.%s: a field without a yaml key", t, f.Name))
			continue
		}
		list = append(list, Field{Key: key, Use: w.use(f.Type, f.Tag.Get("merge"))})
	}
	return list
}

// add enters a type and what it is made of, and returns its name.
func (w *walker) add(t reflect.Type) string {
	name := t.String()
	if _, known := w.types[name]; known {
		return name
	}
	made := &Type{Name: name}
	w.types[name] = made
	row, known := custom[name]
	switch {
	case known:
		*made = row
		made.Name = name
		if made.Node == "" {
			made.Node = "SCALAR"
		}
		switch {
		case made.Form == "ENUM":
			made.enumerate(t)
		case len(halves[name]) > 0:
			for _, key := range halves[name] {
				made.Fields = append(made.Fields, Field{Key: key, Use: w.use(reflect.TypeFor[v1alpha1.Base64Bytes](), "")})
			}
		case made.Node == "LIST" || made.Node == "MAP":
			elem := w.use(t.Elem(), "")
			made.Elem = &elem
		}
	case peculiar(t):
		if t.Kind() == reflect.Int || t.Kind() > reflect.Int && t.Kind() <= reflect.Uint64 {
			made.Node, made.Form = "SCALAR", "ENUM"
			made.enumerate(t)
		} else {
			w.problems = append(w.problems, fmt.Sprintf("%v has methods of its own for reading or merging, and no row in the "+
				"walk's table", t))
			made.Node, made.Form = "SCALAR", "TEXT"
		}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		made.Node, made.Form = "SCALAR", "TEXT"
	case t.Kind() == reflect.Slice:
		made.Node = "LIST"
		elem := w.use(t.Elem(), "")
		made.Elem = &elem
	case t.Kind() == reflect.Map:
		made.Node = "MAP"
		elem := w.use(t.Elem(), "")
		made.Elem = &elem
	case t.Kind() == reflect.Struct:
		made.Node = "STRUCT"
		made.Fields = w.fields(t, false)
		if len(made.Fields) == 0 && t.NumField() == 1 && t.Field(0).Type.Kind() == reflect.Map {
			made.Node = "MAP"
			elem := w.use(t.Field(0).Type.Elem(), "")
			made.Elem = &elem
		}
	default:
		s := w.scalar(t)
		made.Form, made.Bits, made.Node = s.Form, s.Bits, s.Node
		if made.Node == "" {
			made.Node = "SCALAR"
		}
	}
	return name
}

// A Schema is the whole of one version.
type Schema struct {
	Version   string            `json:"version"` // of Talos's machinery package
	Types     []*Type           `json:"types"`
	Documents map[string]string `json:"documents"` // kind: type; "v1alpha1" is the main document
	Conflicts []Conflict        `json:"conflicts,omitempty"`
	Control   []string          `json:"control"` // kinds for control planes only
	CEL       map[string]string `json:"cel"`     // what an expression may speak of: its fields
}

func machineryVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if strings.HasSuffix(module.Path, "/talos/pkg/machinery") {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

func fieldsOf(message protoreflect.MessageDescriptor) string {
	var names []string
	for i := range message.Fields().Len() {
		names = append(names, string(message.Fields().Get(i).Name()))
	}
	return strings.Join(names, ",")
}

func walkTypes() (*Schema, []string) {
	w := &walker{types: map[string]*Type{}}
	s := &Schema{Version: machineryVersion(), Documents: map[string]string{}}
	for _, kind := range kinds() {
		document := newDocument(kind)
		if document == nil {
			w.problems = append(w.problems, kind+": there is no v1alpha1 of it")
			continue
		}
		t := reflect.TypeOf(document)
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		s.Documents[kind] = w.add(t)
		if _, only := document.(interface{ ControlplaneOnlyDocument() }); only {
			s.Control = append(s.Control, kind)
		}
	}
	s.CEL = map[string]string{
		"disk":   fieldsOf((&block.DiskSpec{}).ProtoReflect().Descriptor()),
		"volume": fieldsOf((&block.DiscoveredVolumeSpec{}).ProtoReflect().Descriptor()),
		"link":   fieldsOf((&network.LinkStatusSpec{}).ProtoReflect().Descriptor()),
	}
	for _, t := range w.types {
		s.Types = append(s.Types, t)
	}
	slices.SortFunc(s.Types, func(a, b *Type) int { return strings.Compare(a.Name, b.Name) })
	return s, w.problems
}
