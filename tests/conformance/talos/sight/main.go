// Prints what a machine config says to Talos's own code: sight FILE. Every method without arguments of the interfaces
// of Talos's config package is called (and ByName), from config.Config on, whatever form the documents have. A JSON
// object a line, {"path","value"}: a path is method names with dots, indices and keys in brackets. An interface that is
// not given, an empty list or map and an optional without a value have no line.
package main

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
)

const deepest = 24

// volumes have no list: they are asked for by name.
var volumes = []string{"STATE", "EPHEMERAL", "IMAGECACHE"}

var out = json.NewEncoder(os.Stdout)

func say(path string, value any) {
	_ = out.Encode(map[string]any{"path": path, "value": value})
}

// call: a method that panics for what is not given says so.
func call(path string, method reflect.Value) (results []reflect.Value) {
	defer func() {
		if recover() != nil {
			say(path, "panics")
		}
	}()

	return method.Call(nil)
}

func methods(path string, value reflect.Value, of reflect.Type, depth int) {
	for i := range of.NumMethod() {
		method := of.Method(i)
		bound := value.MethodByName(method.Name)
		at := method.Name
		if path != "" {
			at = path + "." + at
		}
		if !bound.IsValid() || (bound.Type().NumIn() != 0 && method.Name != "ByName") {
			continue
		}
		if method.Name == "ByName" {
			for _, name := range volumes {
				show(path+"["+name+"]", bound.Call([]reflect.Value{reflect.ValueOf(name)})[0], depth+1)
			}
			continue
		}
		for i, result := range call(at, bound) {
			if i > 0 {
				at = fmt.Sprintf("%s#%d", at, i)
			}
			show(at, result, depth+1)
		}
	}
}

// optional: siderolabs/gen's Optional.
func optional(value reflect.Value) (reflect.Value, bool) {
	get := value.MethodByName("Get")
	if !get.IsValid() || get.Type().NumIn() != 0 || get.Type().NumOut() != 2 || get.Type().Out(1).Kind() != reflect.Bool {
		return value, false
	}
	return get, true
}

func show(path string, value reflect.Value, depth int) {
	if depth > deepest {
		say(path, "deeper")
		return
	}
	switch value.Kind() {
	case reflect.Interface:
		if value.IsNil() || (value.Elem().Kind() == reflect.Pointer && value.Elem().IsNil()) {
			return
		}
		if value.Type().NumMethod() == 0 {
			show(path, value.Elem(), depth+1)
			return
		}
		if err, ok := value.Interface().(error); ok {
			say(path, err.Error())
			return
		}
		say(path, "given")
		methods(path, value, value.Type(), depth)
		return
	case reflect.Pointer:
		if !value.IsNil() {
			show(path, value.Elem(), depth+1)
		}
		return
	case reflect.Slice, reflect.Array:
		if bytes, ok := value.Interface().([]byte); ok {
			say(path, base64.StdEncoding.EncodeToString(bytes))
			return
		}
	}
	if get, ok := optional(value); ok {
		if results := get.Call(nil); results[1].Bool() {
			show(path, results[0], depth+1)
		}
		return
	}
	if value.CanInterface() {
		if text, ok := value.Interface().(encoding.TextMarshaler); ok {
			if bytes, err := text.MarshalText(); err == nil {
				say(path, string(bytes))
				return
			}
		}
		if text, ok := value.Interface().(fmt.Stringer); ok {
			say(path, text.String())
			return
		}
	}
	switch value.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			show(fmt.Sprintf("%s[%d]", path, i), value.Index(i), depth+1)
		}
	case reflect.Map:
		keys := value.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
		for _, key := range keys {
			show(fmt.Sprintf("%s[%v]", path, key), value.MapIndex(key), depth+1)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				show(path+"."+field.Name, value.Field(i), depth+1)
			}
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Invalid:
	default:
		say(path, value.Interface())
	}
}

func run(path string) error {
	provider, err := configloader.NewFromFile(path)
	if err != nil {
		return err
	}
	var all config.Config = provider
	methods("", reflect.ValueOf(&all).Elem(), reflect.TypeFor[config.Config](), 0)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: sight FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
