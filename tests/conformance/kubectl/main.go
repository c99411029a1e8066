// Reads command lines as kubectl does, up to where it would need a cluster: command, flags, the count of arguments.
// Standard input is JSON, [[word, ...], ...]; each line that kubectl would not take goes to standard output with the
// reason.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd"
)

func judge(line []string) error {
	root := cmd.NewKubectlCommand(cmd.KubectlOptions{
		ConfigFlags: genericclioptions.NewConfigFlags(true),
		IOStreams:   genericiooptions.NewTestIOStreamsDiscard(),
	})
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

func main() {
	var lines [][]string
	if err := json.NewDecoder(os.Stdin).Decode(&lines); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range lines {
		if err := judge(line); err != nil {
			fmt.Printf("kubectl %s: %v\n", strings.Join(line, " "), err)
		}
	}
}
