package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/extensions"
	"golang.org/x/sys/unix"
)

const (
	kept     = "/run/disks"
	work     = "/run/machined"
	journal  = "/dev/ttyS1" // the test reads it; without a second port nobody does
	specDir  = "/usr/local/etc/containers"
	machined = "/usr/bin/machined"
	registry = work + "/control"
)

// node is machined's part: what Talos does before extension services run, then the service, until the machine reboots.
func node() error {
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"mounts", mounts}, {"modules", func() error { return loadModules("/usr/lib/modules") }},
	} {
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}

	whose := "Talos's own init"
	if slices.Contains(os.Environ(), ownInit) {
		whose = "the test's init"
	}

	fmt.Println("vm: the layers were mounted by", whose)
	fmt.Println("vm: they are", layers())

	lease, err := network()
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}

	fmt.Printf("[talos] assigned address %s, from DHCP\n", lease.prefix())

	list, err := settled()
	if err != nil {
		return fmt.Errorf("disks: %w", err)
	}

	for i := range list {
		fmt.Printf("[talos] disk %s: %s, %d MB, %s\n", list[i].ID, list[i].Model, list[i].Size/1e6, list[i].Transport)

		// As udev's events come: one after the other.
		list[i].After = 400 * i

		if err = restore(kept, &list[i]); err != nil {
			return fmt.Errorf("%s: %w", list[i].ID, err)
		}
	}

	if err = scenario(lease, list); err != nil {
		return err
	}

	return run(list)
}

// layers names the system extensions that init was told of, and a file of one that a test adds.
func layers() string {
	config, names := extensions.Config{}, []string{}
	if err := config.Read("/etc/" + layerList); err != nil {
		return err.Error()
	}

	for _, layer := range config.Layers {
		names = append(names, layer.Metadata.Name)
	}

	return strings.Join(append(names, text("/usr/local/share/theirs")), " ")
}

func mounts() error {
	return try(
		func() error { return mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") },
		func() error { return mount("tmpfs", "/system", "tmpfs", 0, "mode=0755") },
		func() error { return mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777") },
		func() error { return mount("tmpfs", "/var", "tmpfs", 0, "mode=0755") },
		func() error { return mount("tmpfs", "/dev/shm", "tmpfs", 0, "") },
		func() error { return mount("devpts", "/dev/pts", "devpts", 0, "") },
		func() error { return mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "") },
		func() error { return os.Setenv("PATH", "/usr/local/sbin:/usr/bin:/sbin") },
		func() error {
			// Absent on BIOS.
			unix.Mount("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", unix.MS_RDONLY, "") //nolint:errcheck

			return nil
		},
		func() error { return os.MkdirAll(work, 0o755) },
	)
}

// settled waits until the box's own disk is there, each stick has become a disk, and no other has appeared for a while.
// On a busy machine all of it may be slow.
func settled() ([]Disk, error) {
	list, since := []Disk(nil), time.Now()

	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		now, err := disks()
		if err != nil {
			return nil, err
		}

		if len(now) != len(list) {
			list, since = now, time.Now()
		}

		own := slices.ContainsFunc(list, func(disk Disk) bool { return disk.Transport != "usb" })
		if own && !stickPending() && time.Since(since) > 2500*time.Millisecond {
			break
		}
	}

	return disks()
}

// stickPending is whether a USB mass storage interface (class 08) has no disk yet: the driver waits a second before it
// looks.
func stickPending() bool {
	interfaces, _ := filepath.Glob("/sys/bus/usb/devices/*/bInterfaceClass") //nolint:errcheck
	for _, path := range interfaces {
		found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "host*", "target*", "*", "block", "*")) //nolint:errcheck
		if text(path) == "08" && len(found) == 0 {
			return true
		}
	}

	return false
}

// scenario is how the machined of tests/conformance is told what machine it is on.
func scenario(lease *Lease, list []Disk) error {
	file, err := firstSpec()
	if err != nil {
		return err
	}

	argv := []string{}
	if file != "" {
		argv = []string{"/sbin/init", "service", file}
	}

	dmi := func(name string) string { return text("/sys/class/dmi/id/" + name) }
	data, err := json.Marshal(map[string]any{
		"dir": kept, "root": "/", "disks": list, "addresses": []string{lease.prefix()}, "stick": true,
		"medium": argv, "installed": argv,
		"system": map[string]string{
			"manufacturer": dmi("sys_vendor"), "product": dmi("product_name"), "serial": dmi("product_serial"),
			"uuid": dmi("product_uuid"),
		},
		// The service's process is registered by whoever starts its container. A reboot is a real one.
		"times": map[string]int{"pid": -1, "reboot": 3600000, "restart": 5000},
	})
	if err != nil {
		return err
	}

	return os.WriteFile(work+"/scenario.json", data, 0o600)
}

// firstSpec: there may be other extensions; this machined runs one service.
func firstSpec() (string, error) {
	entries, err := os.ReadDir(specDir)
	if err != nil {
		fmt.Println("[talos] no extension services")

		return "", nil //nolint:nilerr
	}

	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".yaml") {
			return filepath.Join(specDir, entry.Name()), nil
		}
	}

	return "", nil
}

var machinedHTTP = http.Client{Transport: &http.Transport{
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", registry)
	},
}}

// run starts machined, tells on the console what it says, and follows it into a reboot.
func run(list []Disk) error {
	output := journal
	if err := raw(output); err != nil {
		output = work + "/journal"
	}

	command := exec.Command(machined, work+"/scenario.json", output, "control")
	command.Dir = work
	command.Stdout, command.Stderr = os.Stdout, os.Stderr

	// It ends when this closes, and a pipe that nothing holds is closed by the garbage collector.
	hold, err := command.StdinPipe()
	if err != nil {
		return err
	}
	defer hold.Close() //nolint:errcheck

	if err = command.Start(); err != nil {
		return err
	}

	at := 0

	for {
		entries := []map[string]any{}

		answer, err := machinedHTTP.Get(fmt.Sprintf("http://control/journal?since=%d&wait=500", at))
		if err != nil {
			time.Sleep(100 * time.Millisecond)

			continue
		}

		err = json.NewDecoder(answer.Body).Decode(&entries)
		answer.Body.Close() //nolint:errcheck

		if err != nil {
			return err
		}

		for _, entry := range entries {
			at++

			switch said := tell(entry); said {
			case "applied", "installed", "member":
				if said == "applied" {
					summarize(output)
				}

				if err = persist(kept, list); err != nil {
					fmt.Println("vm: the disk could not be written:", err)
				}
			case "down":
				if err = persist(kept, list); err != nil {
					fmt.Println("vm: the disk could not be written:", err)
				}

				fmt.Println("[talos] rebooting")
				unix.Sync()
				time.Sleep(300 * time.Millisecond)

				return unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
			}
		}
	}
}

// tell says an entry of the journal as a person at the machine would read it, and returns its event.
func tell(entry map[string]any) string {
	event, _ := entry["event"].(string) //nolint:errcheck

	switch event {
	case "console":
		fmt.Println(entry["line"])
	case "stage":
		fmt.Println("[talos] machine is", entry["stage"])
	case "installed":
		fmt.Printf("[talos] installed on %v (serial %v)\n", entry["disk"], entry["serial"])
	case "finished":
		fmt.Println("[talos] service ext-hearth finished")
	case "exited":
		if entry["status"] != float64(0) {
			fmt.Println("[talos] service ext-hearth exited with", entry["status"], entry["signal"])
		}
	case "violation", "broken", "install failed":
		data, _ := json.Marshal(entry) //nolint:errcheck,errchkjson
		fmt.Println("vm:", string(data))
	}

	return event
}

// summarize adds to the journal what Talos makes of the active config.
func summarize(output string) {
	for range 20 {
		answer, err := machinedHTTP.Get("http://control/summary")
		if err != nil {
			return
		}

		data, _ := io.ReadAll(answer.Body) //nolint:errcheck
		answer.Body.Close()                //nolint:errcheck

		if answer.StatusCode == http.StatusOK {
			if file, err := os.OpenFile(output, os.O_WRONLY|os.O_APPEND|unix.O_NOCTTY, 0); err == nil {
				fmt.Fprintf(file, "{\"event\":\"summary\",\"summary\":%s}\n", bytes.TrimSpace(data))
				file.Close() //nolint:errcheck
			}

			return
		}

		time.Sleep(100 * time.Millisecond)
	}
}

// raw makes a serial port carry bytes as they are.
func raw(path string) error {
	port, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer port.Close() //nolint:errcheck

	settings, err := unix.IoctlGetTermios(int(port.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}

	settings.Oflag &^= unix.OPOST
	settings.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG

	return unix.IoctlSetTermios(int(port.Fd()), unix.TCSETS, settings)
}
