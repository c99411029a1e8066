// What a machine config inlines, as machined reads it: manifests FILE. An object a line: MANIFEST KIND NAMESPACE/NAME.
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos/internal/app/machined/pkg/adapters/k8s"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	resource "github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func run(path string) error {
	config, err := configloader.NewFromFile(path)
	if err != nil {
		return err
	}
	for _, inlined := range config.RawV1Alpha1().ClusterConfig.ClusterInlineManifests {
		manifest := resource.NewManifest(resource.ControlPlaneNamespaceName, inlined.InlineManifestName)
		if err := k8s.Manifest(manifest).SetYAML([]byte(inlined.InlineManifestContents)); err != nil {
			return fmt.Errorf("%s: %w", inlined.InlineManifestName, err)
		}
		for _, item := range manifest.TypedSpec().Items {
			object := unstructured.Unstructured{Object: item.Object}
			fmt.Println(inlined.InlineManifestName, object.GetKind(), object.GetNamespace()+"/"+object.GetName())
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: manifests FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
