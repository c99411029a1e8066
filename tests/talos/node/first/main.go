// The first program of the initramfs: loads what Talos's kernel has built in and Debian's has as modules, then becomes
// Talos's own init. /order names the files, one a line.
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func load(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()

	switch err := unix.FinitModule(int(file.Fd()), "", 0); err {
	case unix.EEXIST, unix.ENODEV: // there already, or no such device in this box
		return nil
	default:
		return err
	}
}

func main() {
	order, err := os.ReadFile("/order")
	if err != nil {
		fmt.Println("first:", err)
	}

	for _, name := range strings.Fields(string(order)) {
		if err := load("/" + name); err != nil {
			fmt.Printf("first: %s: %s\n", name, err)
		}

		os.Remove("/" + name)
	}

	fmt.Println("first: /talos-init:", unix.Exec("/talos-init", []string{"/init"}, os.Environ()))
}
