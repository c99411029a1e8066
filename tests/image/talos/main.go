// Talos's own packages over hearth's outputs. Each verb prints what it found, or says why not and leaves with 1.
//
//	untar TAR DIR          the archiver that imager unpacks tarballPath with
//	oci LAYOUT DIR         the asset reader that imager unpacks ociPath with
//	validate DIR VERSION   an unpacked extension: its manifest, its constraints, where its files lie
//	service FILE           a service spec
//	list FILE              an extensions.yaml, as init reads it
//	build INITRAMFS DIR VERSION   imager's rebuild of an initramfs, in place, with the extensions below DIR
//	args VERSION           the kernel's arguments for metal
//	profile FILE           an imager profile
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/siderolabs/talos/pkg/archiver"
	builder "github.com/siderolabs/talos/pkg/imager/extensions"
	"github.com/siderolabs/talos/pkg/imager/profile"
	"github.com/siderolabs/talos/pkg/machinery/extensions"
	"github.com/siderolabs/talos/pkg/machinery/extensions/services"
	"github.com/siderolabs/talos/pkg/machinery/imager/quirks"
	"github.com/siderolabs/talos/pkg/machinery/kernel"
	"go.yaml.in/yaml/v4"
)

func quiet(string, ...any) {}

func untar(args []string) (any, error) {
	in, err := os.Open(args[0])
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return nil, archiver.Untar(context.Background(), in, args[1], nil)
}

func oci(args []string) (any, error) {
	asset := profile.ContainerAsset{OCIPath: args[0]}
	return nil, asset.Extract(context.Background(), args[1], "amd64", quiet, nil)
}

func validate(args []string) (any, error) {
	extension, err := extensions.Load(args[0])
	if err != nil {
		return nil, err
	}
	err = extension.Validate(extensions.WithValidateContents(), extensions.WithValidateConstraints(),
		extensions.WithTalosVersion(quirks.New(args[1]).Version()))
	return extension.Manifest, err
}

// strict reads one YAML document in which no key is unknown.
func strict(path string, into any) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	decoder := yaml.NewDecoder(in)
	decoder.KnownFields(true)
	return decoder.Decode(into)
}

func service(args []string) (any, error) {
	var spec services.Spec
	if err := strict(args[0], &spec); err != nil {
		return nil, err
	}
	return spec, spec.Validate()
}

func list(args []string) (any, error) {
	var config extensions.Config
	if err := config.Read(args[0]); err != nil {
		return nil, err
	}
	return config, nil
}

func build(args []string) (any, error) {
	b := builder.Builder{InitramfsPath: args[0], Arch: "amd64", ExtensionTreePath: args[1], ExtensionValidateContents: true,
		Printf: quiet, Quirks: quirks.New(args[2]), XAttrsMap: map[string]string{}}
	return nil, b.Build(context.Background())
}

func args(args []string) (any, error) {
	return kernel.DefaultArgs(quirks.New(args[0])), nil
}

// image reads a profile as imager does, to its last default.
func image(args []string) (any, error) {
	var p profile.Profile
	if err := strict(args[0], &p); err != nil {
		return nil, err
	}
	p.Input.FillDefaults(p.Arch, p.Version, p.SecureBootEnabled())
	p.Output.FillDefaults(p.Arch, p.Version, p.SecureBootEnabled())
	if err := p.Validate(); err != nil {
		return nil, err
	}
	found := map[string]any{"version": p.Version, "output": p.OutputPath(), "arguments": p.Customization.ExtraKernelArgs}
	var extensions, keys []string
	for _, one := range p.Input.SystemExtensions {
		extensions = append(extensions, one.ImageRef+one.TarballPath)
	}
	if s := p.Input.SecureBoot; s != nil {
		keys = []string{s.SecureBootSigner.KeyPath, s.SecureBootSigner.CertPath, s.PCRSigner.KeyPath}
	}
	found["extensions"], found["keys"] = extensions, keys
	return found, nil
}

func main() {
	verbs := map[string]struct {
		words int
		run   func([]string) (any, error)
	}{
		"untar": {2, untar}, "oci": {2, oci}, "validate": {2, validate}, "service": {1, service}, "list": {1, list},
		"build": {3, build}, "args": {1, args}, "profile": {1, image},
	}
	if len(os.Args) < 2 || len(os.Args)-2 != verbs[os.Args[1]].words || verbs[os.Args[1]].run == nil {
		fmt.Fprintln(os.Stderr, "usage: see the top of main.go")
		os.Exit(2)
	}
	found, err := verbs[os.Args[1]].run(os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if found != nil {
		text, err := json.Marshal(found)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = io.WriteString(os.Stdout, string(text)+"\n")
	}
}
