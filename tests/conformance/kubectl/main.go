// kubectl's commands, for ../reads.
package main

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/cmd"
)

func main() {
	reads(func() *cobra.Command {
		return cmd.NewKubectlCommand(cmd.KubectlOptions{
			ConfigFlags: genericclioptions.NewConfigFlags(true),
			IOStreams:   genericiooptions.NewTestIOStreamsDiscard(),
		})
	})
}
