// What Talos's own reader of manifests makes of them:
//
//	manifests FILE      those that a machine config inlines, an object a line: MANIFEST KIND NAMESPACE/NAME
//	manifests -         manifests of standard input, asked and answered as tests/conformance/driver.c does: a letter and
//	                    three texts, the first of which is one; "+" and its objects as JSON, or "-" and why
//	                    there are none
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/siderolabs/talos/internal/app/machined/pkg/adapters/k8s"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	resource "github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func read(name string, text []byte) ([]*unstructured.Unstructured, error) {
	manifest := resource.NewManifest(resource.ControlPlaneNamespaceName, name)
	if err := k8s.Manifest(manifest).SetYAML(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	objects := make([]*unstructured.Unstructured, 0, len(manifest.TypedSpec().Items))
	for _, item := range manifest.TypedSpec().Items {
		objects = append(objects, &unstructured.Unstructured{Object: item.Object})
	}
	return objects, nil
}

func list(path string) error {
	config, err := configloader.NewFromFile(path)
	if err != nil {
		return err
	}
	for _, inlined := range config.RawV1Alpha1().ClusterConfig.ClusterInlineManifests {
		objects, err := read(inlined.InlineManifestName, []byte(inlined.InlineManifestContents))
		if err != nil {
			return err
		}
		for _, object := range objects {
			fmt.Println(inlined.InlineManifestName, object.GetKind(), object.GetNamespace()+"/"+object.GetName())
		}
	}
	return nil
}

// asked reads one question; io.EOF where there is none any more.
func asked(in *bufio.Reader) (first []byte, err error) {
	if _, err = in.ReadByte(); err != nil {
		return nil, err
	}
	for i := range 3 {
		var size uint32
		if err = binary.Read(in, binary.LittleEndian, &size); err != nil {
			return nil, err
		}
		text := make([]byte, size)
		if _, err = io.ReadFull(in, text); err != nil {
			return nil, err
		}
		if i == 0 {
			first = text
		}
	}
	return first, nil
}

func serve(in *bufio.Reader, out io.Writer) error {
	for {
		text, err := asked(in)
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		answer := []byte{'+'}
		objects, err := read("it", text)
		values := make([]map[string]any, 0, len(objects))
		for _, object := range objects {
			values = append(values, object.Object)
		}
		body, broken := json.Marshal(values)
		if err == nil {
			err = broken
		}
		if err != nil {
			answer[0], body = '-', []byte(err.Error())
		}
		answer = append(binary.LittleEndian.AppendUint32(answer, uint32(len(body))), body...)
		if _, err = out.Write(answer); err != nil {
			return err
		}
	}
}

func main() {
	var err error
	switch {
	case len(os.Args) != 2:
		err = errors.New("usage: manifests FILE | -")
	case os.Args[1] == "-":
		err = serve(bufio.NewReader(os.Stdin), os.Stdout)
	default:
		err = list(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
