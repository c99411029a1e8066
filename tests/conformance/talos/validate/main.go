// Loads a machine config the way Talos does (unknown keys are errors) and validates it for metal: validate FILE.
// Prints the warnings; a refusal goes to stderr with status 1.
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
)

type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }

func run(path string) error {
	config, err := configloader.NewFromFile(path)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	warnings, err := config.Validate(metal{}, validation.WithLocal())
	for _, warning := range warnings {
		fmt.Println(warning)
	}
	if err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	if !config.CompleteForBoot() {
		return fmt.Errorf("validate: a partial config, Talos would stay in maintenance")
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: validate FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
