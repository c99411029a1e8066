package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/extensions"
	"golang.org/x/sys/unix"
)

const (
	layerList = "extensions.yaml"
	newRoot   = "/root"
	talosInit = "/talos-init"
	// Tells the node whose init it was; Talos's gives an environment of its own.
	ownInit = "HEARTH_VM_INIT=own"
)

var pseudo = []string{"/dev", "/proc", "/sys"}

// early hands over to Talos's own init where it is there, and else goes its way: pseudo file systems, the layers under
// one overlay, the new root.
func early() error {
	// Talos's kernel has these built in; Debian's does not.
	if err := loadModules("/"); err != nil {
		return err
	}

	if _, err := os.Stat(talosInit); err == nil {
		return unix.Exec(talosInit, []string{"/init"}, os.Environ())
	}

	if err := mountPseudo(); err != nil {
		return err
	}

	if _, err := os.Stat(program); err == nil {
		return birth()
	}

	if err := mountLayers(); err != nil {
		return err
	}

	if _, err := os.Stat(layerList); err == nil {
		if err = mount("/"+layerList, newRoot+"/etc/"+layerList, "", unix.MS_BIND, ""); err != nil && !errors.Is(err, unix.ENOTDIR) {
			return err
		}
	}

	return switchRoot()
}

func mountPseudo() error {
	for _, path := range pseudo {
		kind := map[string]string{"/dev": "devtmpfs", "/proc": "proc", "/sys": "sysfs"}[path]
		if err := mount("none", path, kind, 0, ""); err != nil {
			return err
		}
	}

	return nil
}

func mountLayers() error {
	if _, err := os.Stat(layerList); errors.Is(err, os.ErrNotExist) {
		return squash("/rootfs.sqsh", newRoot)
	}

	config := extensions.Config{}
	if err := config.Read(layerList); err != nil {
		return fmt.Errorf("%s: %w", layerList, err)
	}

	lower := []string{}

	for i, layer := range config.Layers {
		fmt.Printf("[talos] [initramfs] enabling system extension %s %s\n", layer.Metadata.Name, layer.Metadata.Version)

		target := fmt.Sprintf("/layers/layer%d", i)
		if err := squash(layer.Image, target); err != nil {
			return err
		}

		// The first of overlayfs is the highest; the last of the list wins.
		lower = append([]string{target}, lower...)
	}

	if err := squash("/rootfs.sqsh", "/layers/root"); err != nil {
		return err
	}

	return mount("overlay", newRoot, "overlay", unix.MS_RDONLY, "lowerdir="+strings.Join(append(lower, "/layers/root"), ":"))
}

// squash mounts an image through a loop device that goes with its mount.
func squash(image, target string) error {
	file, err := os.Open(image)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck

	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer control.Close() //nolint:errcheck

	number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return err
	}

	path := fmt.Sprintf("/dev/loop%d", number)

	loop, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer loop.Close() //nolint:errcheck

	config := unix.LoopConfig{Fd: uint32(file.Fd())}
	config.Info.Flags = unix.LO_FLAGS_READ_ONLY | unix.LO_FLAGS_AUTOCLEAR

	if err = unix.IoctlLoopConfigure(int(loop.Fd()), &config); err != nil {
		return fmt.Errorf("%s: %w", image, err)
	}

	return mount(path, target, "squashfs", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV, "")
}

// switchRoot moves the mounts, frees what the initramfs holds and starts the init of the layers.
func switchRoot() error {
	for _, path := range pseudo {
		if err := unix.Mount(path, newRoot+path, "", unix.MS_MOVE, ""); err != nil {
			return fmt.Errorf("move %s: %w", path, err)
		}
	}

	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}

	for _, entry := range entries {
		if entry.Type().IsRegular() && entry.Name() != layerList {
			os.Remove(filepath.Join("/", entry.Name())) //nolint:errcheck
		}
	}

	return try(
		func() error { return unix.Chdir(newRoot) },
		func() error { return unix.Mount(".", "/", "", unix.MS_MOVE, "") },
		func() error { return unix.Chroot(".") },
		func() error { return unix.Chdir("/") },
		func() error { return unix.Exec("/sbin/init", []string{"/sbin/init"}, append(os.Environ(), ownInit)) },
	)
}

// loadModules loads DIR/order: a file name a line.
func loadModules(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "order"))
	if err != nil {
		return err
	}

	for _, name := range strings.Fields(string(text)) {
		file, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return err
		}

		err = unix.FinitModule(int(file.Fd()), "", 0)
		file.Close() //nolint:errcheck

		// efivarfs says on BIOS that there is no such device.
		if err != nil && !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENODEV) {
			return fmt.Errorf("%s: %w", name, err)
		}
	}

	return nil
}
