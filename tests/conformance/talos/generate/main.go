// Prints what Talos itself generates for a cluster: generate BUNDLE TYPE CLUSTER ENDPOINT KUBERNETES-VERSION
// [CONTRACT]. TYPE is controlplane or worker. Without CONTRACT it is 1.13, whatever the version of the package; with
// one (v1.10) it is what `talosctl gen config` writes, with a disk and an installer image.
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
)

func run(args []string) error {
	bundle, err := secrets.LoadBundle(args[0])
	if err != nil {
		return err
	}
	kind, err := machine.ParseType(args[1])
	if err != nil {
		return err
	}
	contract := config.TalosVersion1_13
	options := []generate.Option{generate.WithSecretsBundle(bundle)}
	if len(args) > 5 {
		if contract, err = config.ParseContractFromVersion(args[5]); err != nil {
			return err
		}
		image := "ghcr.io/siderolabs/installer:v1.13.9"
		if contract.Greater(config.TalosVersion1_13) {
			image = "registry.example/hearth/installer:v1.14.1"
		}
		options = append(options, generate.WithInstallDisk("/dev/sda"), generate.WithInstallImage(image))
	}
	input, err := generate.NewInput(args[2], args[3], args[4], append(options, generate.WithVersionContract(contract))...)
	if err != nil {
		return err
	}
	made, err := input.Config(kind)
	if err != nil {
		return err
	}
	out, err := made.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(out)
	return err
}

func main() {
	if len(os.Args) != 6 && len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "usage: generate BUNDLE TYPE CLUSTER ENDPOINT KUBERNETES-VERSION [CONTRACT]")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
