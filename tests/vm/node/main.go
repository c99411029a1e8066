// The small init of the virtual machines. One program, by the name and the arguments it was started with:
//
//	/init               in the initramfs: mounts the layers as Talos's init does, and goes on in them; where it holds
//	                    hearth and no layers, that is a plain Linux in which a login is born
//	/sbin/init          the node: devices, network, disks, a machined, what is said on the console
//	/sbin/init service  an extension service from its spec, in a container of Talos's shape
package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	switch {
	case os.Getpid() == 1 && os.Args[0] == "/init":
		last(early())
	case os.Getpid() == 1:
		last(node())
	case len(os.Args) == 3 && os.Args[1] == "service":
		status, err := service(os.Args[2])
		if err != nil {
			fmt.Println("service:", err)

			status = 1
		}

		os.Exit(status)
	default:
		fmt.Fprintln(os.Stderr, "usage: init service SPEC")
		os.Exit(2)
	}
}

// last is the end of PID 1: an error is said, and the machine goes off.
func last(err error) {
	if err != nil {
		fmt.Println("vm: early boot failed:", err)
	}

	unix.Sync()
	time.Sleep(200 * time.Millisecond)
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF) //nolint:errcheck
}

// try runs steps until one fails, and says which.
func try(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}

	return nil
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}

	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s on %s: %w", source, target, err)
	}

	return nil
}
