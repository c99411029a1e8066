// Reads command lines as a tool does, up to where it would need a cluster: command, flags, the count of arguments.
// Standard input is JSON, [[word, ...], ...]; each line that the tool would not take goes to standard output with the
// reason. guide.py lays this file beside the one that has the tool's commands.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func judge(root *cobra.Command, line []string) error {
	found, rest, err := root.Find(line)
	if err != nil {
		return err
	}
	if !found.HasParent() || !found.Runnable() {
		return fmt.Errorf("there is no such command")
	}
	if err := found.ParseFlags(rest); err != nil {
		return err
	}
	return found.ValidateArgs(found.Flags().Args())
}

// reads does all of it, and ends the program: flux's commands are put together behind its own main.
func reads(root func() *cobra.Command) {
	var lines [][]string
	if err := json.NewDecoder(os.Stdin).Decode(&lines); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range lines {
		if err := judge(root(), line); err != nil {
			fmt.Printf("%s: %v\n", strings.Join(line, " "), err)
		}
	}
	os.Exit(0)
}
