package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/siderolabs/talos/pkg/machinery/extensions/services"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sys/unix"
)

// All of Linux 6.1's but CAP_SYS_BOOT and CAP_SYS_MODULE.
const capabilities = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE " +
	"NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
	"SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG " +
	"WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"

// service runs one spec to its end and returns its exit status. machined is what restarts it.
func service(path string) (int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}

	spec := services.Spec{}
	if err = yaml.Unmarshal(data, &spec); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}

	if err = spec.Validate(); err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}

	if err = wait(&spec); err != nil {
		return 0, err
	}

	bundle := filepath.Join("/run/containers", spec.Name)

	err = try(
		func() error { return sources(&spec) },
		func() error { return root(&spec, bundle) },
		func() error { return describe(&spec, bundle) },
	)
	if err != nil {
		return 0, err
	}

	return contain(&spec, bundle)
}

// wait is for `depends`. The network is there before this runs.
func wait(spec *services.Spec) error {
	for _, dependency := range spec.Depends {
		switch {
		case dependency.Path != "":
			for {
				if _, err := os.Stat(dependency.Path); err == nil {
					break
				}

				time.Sleep(20 * time.Millisecond)
			}
		case dependency.Service != "" || dependency.Configuration || dependency.Time:
			return fmt.Errorf("%s: a dependency that never comes true in maintenance mode", spec.Name)
		}
	}

	return nil
}

// sources are made when they are missing, as Talos does: on the read-only root that fails.
func sources(spec *services.Spec) error {
	for _, mount := range spec.Container.Mounts {
		if _, err := os.Stat(mount.Source); errors.Is(err, os.ErrNotExist) {
			if err = os.MkdirAll(mount.Source, 0o700); err != nil {
				return err
			}
		}
	}

	return nil
}

// root is the service's directory below a writable overlay, for the mount points.
func root(spec *services.Spec, bundle string) error {
	upper := "/system/overlays/" + spec.Name
	target := bundle + "/rootfs"

	unix.Unmount(target, unix.MNT_DETACH) //nolint:errcheck
	os.RemoveAll(upper)                   //nolint:errcheck

	return try(
		func() error { return os.MkdirAll(upper+"/diff", 0o755) },
		func() error { return os.MkdirAll(upper+"/work", 0o755) },
		func() error {
			return mount("overlay", target, "overlay", 0, "lowerdir=/usr/local/lib/containers/"+spec.Name+",upperdir="+upper+
				"/diff,workdir="+upper+"/work")
		},
	)
}

// describe writes config.json: containerd's defaults with what Talos's runner changes.
func describe(spec *services.Spec, bundle string) error {
	names := []string{}
	for _, name := range strings.Fields(capabilities) {
		names = append(names, "CAP_"+name)
	}

	sysfs := []string{"nosuid", "noexec", "nodev", "ro"}
	if spec.Container.Security.WriteableSysfs {
		sysfs[3] = "rw"
	}

	masked := spec.Container.Security.MaskedPaths
	if masked == nil {
		masked = []string{
			"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
			"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
		}
	}

	readonly := spec.Container.Security.ReadonlyPaths
	if readonly == nil {
		readonly = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
	}

	oom := -600
	config := specs.Spec{
		Version: "1.0.2",
		Process: &specs.Process{
			Args: append([]string{spec.Container.Entrypoint}, spec.Container.Args...), Env: spec.Container.Environment, Cwd: "/",
			NoNewPrivileges: true, OOMScoreAdj: &oom,
			Capabilities: &specs.LinuxCapabilities{Bounding: names, Effective: names, Permitted: names},
		},
		Root:     &specs.Root{Path: "rootfs", Readonly: !spec.Container.Security.WriteableRootfs},
		Hostname: spec.Name,
		Mounts: append([]specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666"}},
			{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "size=65536k"}},
			{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: sysfs},
			{Destination: "/run", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
			{Destination: "/etc/hosts", Type: "bind", Source: "/etc/hosts", Options: []string{"rbind", "ro"}},
			{Destination: "/etc/resolv.conf", Type: "bind", Source: "/etc/resolv.conf", Options: []string{"rbind", "ro"}},
		}, spec.Container.Mounts...),
		Linux: &specs.Linux{
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
			},
			MaskedPaths: masked, ReadonlyPaths: readonly, CgroupsPath: "/system/extensions/" + spec.Name,
			// oci.WithAllDevicesAllowed, as Talos has it.
			Resources: &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}},
		},
	}

	data, err := json.MarshalIndent(config, "", " ")
	if err != nil {
		return err
	}

	return os.WriteFile(bundle+"/config.json", data, 0o600)
}

// contain creates the container, tells machined its process, starts it and waits for its end.
func contain(spec *services.Spec, bundle string) (int, error) {
	// What runc leaves behind is ours to wait for.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}

	number := bundle + "/pid"
	runc := func(args ...string) error {
		command := exec.Command("runc", append([]string{"--root", "/run/runc"}, args...)...)
		command.Stdout, command.Stderr = os.Stdout, os.Stderr

		return command.Run()
	}

	runc("delete", "--force", spec.Name) //nolint:errcheck

	if err := runc("create", "--bundle", bundle, "--pid-file", number, spec.Name); err != nil {
		return 0, fmt.Errorf("runc create: %w", err)
	}

	pid, err := strconv.Atoi(text(number))
	if err != nil {
		return 0, err
	}

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGTERM)

	go func() {
		for range stop {
			unix.Kill(pid, unix.SIGTERM) //nolint:errcheck
		}
	}()

	if err = register(pid, "ext-"+spec.Name); err != nil {
		return 0, err
	}

	if err = runc("start", spec.Name); err != nil {
		return 0, fmt.Errorf("runc start: %w", err)
	}

	status := unix.WaitStatus(0)

	for {
		if _, err = unix.Wait4(pid, &status, 0, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}

	runc("delete", "--force", spec.Name) //nolint:errcheck

	if err != nil || status.Signaled() {
		return 128 + int(status.Signal()), err
	}

	return status.ExitStatus(), nil
}

func register(pid int, id string) error {
	data, err := json.Marshal(map[string]any{"register": map[string]any{"pid": pid, "id": id}})
	if err != nil {
		return err
	}

	answer, err := machinedHTTP.Post("http://control/command", "application/json", bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck

	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("machined would not: %s", answer.Status)
	}

	return nil
}
