// Reads back scalars with the readers that will read them in earnest and prints them with their types:
//
//	scalars config FILE     a machine config: machine.sysctls as Talos types it, the configuration of the admission
//	                        plugin "Scalars" as Talos keeps it, and the objects of every inlined manifest
//	scalars manifest FILE   the objects of a Kubernetes manifest
//
// Kubernetes is read twice: with sigs.k8s.io/yaml, as kubectl does, and with apimachinery's stream decoder, as Talos
// does. Only objects of kind Scalars count; their `values` are the scalars. One JSON object: {reader: {key: {type,
// value}}}.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type scalar struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type readings map[string]map[string]scalar

func (r readings) add(reader string, values map[string]any) {
	if r[reader] == nil {
		r[reader] = map[string]scalar{}
	}
	for key, value := range values {
		r[reader][key] = scalar{fmt.Sprintf("%T", value), fmt.Sprintf("%v", value)}
	}
}

func (r readings) object(reader string, object map[string]any) {
	if object["kind"] == "Scalars" {
		values, _ := object["values"].(map[string]any)
		r.add(reader, values)
	}
}

func (r readings) manifest(text []byte) error {
	documents := k8syaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("splitting: %w", err)
		}
		var object map[string]any
		if err = yaml.Unmarshal(document, &object); err != nil {
			return fmt.Errorf("sigs.k8s.io/yaml: %w", err)
		}
		r.object("kubernetes yaml", object)
	}
	stream := k8syaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var object unstructured.Unstructured
		if err := stream.Decode(&object.Object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("apimachinery: %w", err)
		}
		r.object("kubernetes stream", object.Object)
	}
}

func (r readings) config(text []byte) error {
	config, err := configloader.NewFromBytes(text)
	if err != nil {
		return err
	}
	// Not RawV1Alpha1(): it copies, and Talos cannot copy an unquoted date ("cannot deep copy time.Time").
	var main *v1alpha1.Config
	for _, document := range config.Documents() {
		if d, ok := document.(*v1alpha1.Config); ok {
			main = d
		}
	}
	if main == nil {
		return errors.New("no v1alpha1 document")
	}
	if main.MachineConfig != nil {
		typed := map[string]any{}
		for key, value := range main.MachineConfig.MachineSysctls {
			typed[key] = value
		}
		r.add("talos text", typed)
	}
	if main.ClusterConfig == nil {
		return nil
	}
	if server := main.ClusterConfig.APIServerConfig; server != nil {
		for _, plugin := range server.AdmissionControlConfig {
			if plugin.PluginName == "Scalars" {
				values, _ := plugin.PluginConfiguration.Object["values"].(map[string]any)
				r.add("talos any", values)
			}
		}
	}
	for _, manifest := range main.ClusterConfig.ClusterInlineManifests {
		if err = r.manifest([]byte(manifest.InlineManifestContents)); err != nil {
			return fmt.Errorf("%s: %w", manifest.InlineManifestName, err)
		}
	}
	return nil
}

func run(mode, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r := readings{}
	if mode == "config" {
		err = r.config(text)
	} else {
		err = r.manifest(text)
	}
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return out.Encode(r)
}

func main() {
	if len(os.Args) != 3 || (os.Args[1] != "config" && os.Args[1] != "manifest") {
		fmt.Fprintln(os.Stderr, "usage: scalars config|manifest FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
