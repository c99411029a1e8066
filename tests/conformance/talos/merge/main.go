// Prints what Talos's own patcher makes of a config: merge CONFIG PATCH...
// A patch or a result that Talos refuses goes to stderr with status 1.
package main

import (
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
)

func run(path string, names []string) error {
	config, err := configloader.NewFromFile(path)
	if err != nil {
		return err
	}
	var patches []configpatcher.Patch
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		patch, err := configpatcher.LoadPatch(text)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		patches = append(patches, patch)
	}
	made, err := configpatcher.Apply(configpatcher.WithConfig(config), patches)
	if err != nil {
		return err
	}
	result, err := made.Config()
	if err != nil {
		return err
	}
	out, err := result.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	if err != nil {
		return err
	}
	// What was encoded must be a config again: 1.13 can append a document that it then cannot read.
	if _, err = configloader.NewFromBytes(out); err != nil {
		return fmt.Errorf("the result: %w", err)
	}
	_, err = os.Stdout.Write(out)
	return err
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: merge CONFIG PATCH...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
