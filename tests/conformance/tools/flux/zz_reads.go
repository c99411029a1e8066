// flux's commands, for ../../reads: laid into a copy of its own sources, behind the files that put them together.
package main

import "github.com/spf13/cobra"

func init() {
	reads(func() *cobra.Command { return rootCmd })
}
