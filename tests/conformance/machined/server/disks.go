package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

// Disk is a whole disk and what is on it.
type Disk struct {
	ID         string   `json:"id"`
	Size       uint64   `json:"size"`
	Model      string   `json:"model"`
	Serial     string   `json:"serial"`
	WWID       string   `json:"wwid"`
	BusPath    string   `json:"bus_path"`
	Transport  string   `json:"transport"`
	Rotational bool     `json:"rotational"`
	Readonly   bool     `json:"readonly"`
	CDROM      bool     `json:"cdrom"`
	Contents   string   `json:"contents"` // "" nothing known, "gpt", or a file system on the whole disk
	Volumes    []Volume `json:"volumes"`
	After      int      `json:"after"`  // ms from the start of a boot until the disk is seen
	Unread     int      `json:"unread"` // ms from then on until it is known what is on it
}

// Volume is a partition.
type Volume struct {
	PartitionLabel string `json:"partition_label"`
	Name           string `json:"name"`
	Label          string `json:"label"`
	Size           uint64 `json:"size"`
}

const mib = uint64(1) << 20

// What the installer writes, and what the first boot of the installed system adds.
var (
	installed = []Volume{
		{"EFI", "vfat", "EFI", 2200 * mib},
		{"META", "", "", mib},
	}
	provisioned = []Volume{
		{"STATE", "xfs", "STATE", 100 * mib},
		{"EPHEMERAL", "xfs", "EPHEMERAL", 0},
	}
)

// Hardware is the set of disks, kept in a directory so that it outlives a boot and a run.
type Hardware struct {
	dir   string
	disks []Disk
}

func openHardware(dir string, disks []Disk) (*Hardware, error) {
	h := &Hardware{dir: dir, disks: disks}

	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}

	text, err := os.ReadFile(filepath.Join(dir, "disks.json"))
	if errors.Is(err, os.ErrNotExist) {
		return h, h.save()
	}

	if err != nil {
		return nil, err
	}

	h.disks = nil

	return h, json.Unmarshal(text, &h.disks)
}

func (h *Hardware) save() error {
	text, err := json.MarshalIndent(h.disks, "", "  ")
	if err != nil {
		return err
	}

	return replaceFile(filepath.Join(h.dir, "disks.json"), text)
}

// replaceFile is how Talos writes a config: aside, then renamed.
func replaceFile(path string, data []byte) error {
	if err := os.WriteFile(path+".tmp", data, 0o600); err != nil {
		return err
	}

	return os.Rename(path+".tmp", path)
}

func (h *Hardware) disk(id string) *Disk {
	for i := range h.disks {
		if h.disks[i].ID == id {
			return &h.disks[i]
		}
	}

	return nil
}

// system is the disk with a META partition, the first in the order in which Talos lists them.
func (h *Hardware) system() *Disk {
	for i := range h.disks {
		if h.disks[i].has(constants.MetaPartitionLabel) {
			return &h.disks[i]
		}
	}

	return nil
}

func (d *Disk) has(label string) bool {
	for _, volume := range d.Volumes {
		if volume.PartitionLabel == label {
			return true
		}
	}

	return false
}

// volume is the directory that stands for a partition of the system disk.
func (h *Hardware) volume(label string) string {
	disk := h.system()
	if disk == nil || !disk.has(label) {
		return ""
	}

	return filepath.Join(h.dir, disk.ID+"-"+disk.Serial, label)
}

func (h *Hardware) add(disk *Disk, volumes []Volume) error {
	disk.Contents = "gpt"

	for _, volume := range volumes {
		if disk.has(volume.PartitionLabel) {
			continue
		}

		if volume.Size == 0 {
			volume.Size = disk.Size / 2
		}

		disk.Volumes = append(disk.Volumes, volume)

		if err := os.MkdirAll(filepath.Join(h.dir, disk.ID+"-"+disk.Serial, volume.PartitionLabel), 0o700); err != nil {
			return err
		}
	}

	return h.save()
}

// wipe removes partitions by label, or everything when labels is empty.
func (h *Hardware) wipe(disk *Disk, labels []string) error {
	if len(labels) == 0 {
		disk.Contents, disk.Volumes = "", nil

		if err := os.RemoveAll(filepath.Join(h.dir, disk.ID+"-"+disk.Serial)); err != nil {
			return err
		}

		return h.save()
	}

	kept := disk.Volumes[:0]

	for _, volume := range disk.Volumes {
		gone := false

		for _, label := range labels {
			gone = gone || volume.PartitionLabel == label
		}

		if !gone {
			kept = append(kept, volume)

			continue
		}

		if err := os.RemoveAll(filepath.Join(h.dir, disk.ID+"-"+disk.Serial, volume.PartitionLabel)); err != nil {
			return err
		}
	}

	disk.Volumes = kept

	return h.save()
}

// storedConfig is config.yaml of the STATE partition; nil when there is none.
func (h *Hardware) storedConfig() ([]byte, error) {
	state := h.volume(constants.StatePartitionLabel)
	if state == "" {
		return nil, nil
	}

	text, err := os.ReadFile(filepath.Join(state, constants.ConfigFilename))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}

	return text, err
}

func (h *Hardware) storeConfig(text []byte) error {
	state := h.volume(constants.StatePartitionLabel)
	if state == "" {
		return nil
	}

	return replaceFile(filepath.Join(state, constants.ConfigFilename), text)
}

// etcdData says whether /var/lib/etcd holds anything.
func (h *Hardware) etcdData() bool {
	ephemeral := h.volume(constants.EphemeralPartitionLabel)
	if ephemeral == "" {
		return false
	}

	entries, err := os.ReadDir(filepath.Join(ephemeral, "etcd"))

	return err == nil && len(entries) > 0
}

func (h *Hardware) makeEtcdData() error {
	ephemeral := h.volume(constants.EphemeralPartitionLabel)
	if ephemeral == "" {
		return errors.New("no EPHEMERAL partition")
	}

	if err := os.MkdirAll(filepath.Join(ephemeral, "etcd"), 0o700); err != nil {
		return err
	}

	return os.WriteFile(filepath.Join(ephemeral, "etcd", "member"), []byte("1"), 0o600)
}

// byPath is for machine.install.disk, which the installer resolves as a path.
func (h *Hardware) byPath(path string) (*Disk, error) {
	if disk := h.disk(strings.TrimPrefix(path, "/dev/")); disk != nil {
		return disk, nil
	}

	return nil, fmt.Errorf("failed to open %s: no such file or directory", path)
}

func installSection(cfg *v1alpha1.Config) *v1alpha1.InstallConfig {
	if cfg == nil || cfg.MachineConfig == nil {
		return nil
	}

	return cfg.MachineConfig.MachineInstall
}
