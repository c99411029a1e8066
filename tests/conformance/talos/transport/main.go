// What Talos calls the transport of disks, by the package that it asks: transport NAME... A JSON object {NAME:
// transport}. It looks into this machine's /sys, in whose place disks.py mounts another.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	_ "unsafe" // for the link to a method that is not exported

	"github.com/siderolabs/go-blockdevice/v2/block"
)

// The part of Device.GetProperties that needs no device node.
//
//go:linkname transport github.com/siderolabs/go-blockdevice/v2/block.(*Device).getTransport
func transport(d *block.Device, sysFsPath, deviceName string) string

func main() {
	found := map[string]string{}
	for _, name := range os.Args[1:] {
		found[name] = transport(&block.Device{}, filepath.Join("/sys/block", name), name)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
