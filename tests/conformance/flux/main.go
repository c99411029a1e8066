// Decodes what Flux begins with strictly, as the types of Flux and of flux-operator have it: FILE. A JSON object a
// document, {"kind","name","problem"}; the problem is "" where every field is known and fits.
//
// With URL, BRANCH and PATH: the gotk-sync.yaml that `flux bootstrap git` commits, by the package that it calls.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	fluxcdv1 "github.com/controlplaneio-fluxcd/flux-operator/api/v1"
	"github.com/fluxcd/flux2/v2/pkg/manifestgen/sync"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"sigs.k8s.io/yaml"
)

var types = map[string]func() any{
	fluxcdv1.GroupVersion.String() + " FluxInstance":     func() any { return &fluxcdv1.FluxInstance{} },
	kustomizev1.GroupVersion.String() + " Kustomization": func() any { return &kustomizev1.Kustomization{} },
	sourcev1.GroupVersion.String() + " GitRepository":    func() any { return &sourcev1.GitRepository{} },
	sourcev1.GroupVersion.String() + " OCIRepository":    func() any { return &sourcev1.OCIRepository{} },
	sourcev1.GroupVersion.String() + " Bucket":           func() any { return &sourcev1.Bucket{} },
}

type verdict struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Problem string `json:"problem"`
}

func judge(text []byte) verdict {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return verdict{Problem: err.Error()}
	}
	found := verdict{Kind: head.Kind, Name: head.Metadata.Name}
	make, known := types[head.APIVersion+" "+head.Kind]
	if !known {
		found.Problem = "no type of Flux: " + head.APIVersion + " " + head.Kind
	} else if err := yaml.UnmarshalStrict(text, make()); err != nil {
		found.Problem = err.Error()
	}
	return found
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, document := range strings.Split("\n"+string(text), "\n---") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		if err := out.Encode(judge([]byte(document))); err != nil {
			return err
		}
	}
	return nil
}

func bootstrapped(url, branch, path string) error {
	options := sync.MakeDefaultOptions()
	options.URL, options.Branch, options.TargetPath = url, branch, path
	manifest, err := sync.Generate(options)
	if err == nil {
		fmt.Print(manifest.Content)
	}
	return err
}

func main() {
	var err error
	switch len(os.Args) {
	case 2:
		err = run(os.Args[1])
	case 4:
		err = bootstrapped(os.Args[1], os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("FILE, or URL, BRANCH and PATH")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
