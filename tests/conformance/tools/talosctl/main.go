// talosctl's commands, for ../../reads.
package main

import (
	"github.com/siderolabs/talos/cmd/talosctl/cmd/mgmt"
	_ "github.com/siderolabs/talos/cmd/talosctl/cmd/mgmt/cluster/create"
	"github.com/siderolabs/talos/cmd/talosctl/cmd/talos"
	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{Use: "talosctl"}
	root.AddCommand(mgmt.Commands...)
	root.AddCommand(talos.Commands...)
	reads(func() *cobra.Command { return root })
}
