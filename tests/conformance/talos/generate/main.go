// Prints what Talos itself generates for a cluster: generate BUNDLE TYPE CLUSTER ENDPOINT KUBERNETES-VERSION
// [CONTRACT]. TYPE is controlplane or worker. Without CONTRACT it is 1.13, whatever the version of the package.
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
	if len(args) > 5 {
		if contract, err = config.ParseContractFromVersion(args[5]); err != nil {
			return err
		}
	}
	input, err := generate.NewInput(args[2], args[3], args[4],
		generate.WithVersionContract(contract),
		generate.WithSecretsBundle(bundle))
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
