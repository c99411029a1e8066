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

const mib = uint64(1) << 20

// What the installer writes on a BIOS, and what machined adds as soon as there is a META, in the boot that installs
// too. The installer fills META as its last step; until then, or until machined writes it after an apply, it has no
// name.
const metaName = "talosmeta"

var (
	installed = []Volume{
		{"EFI", "vfat", "EFI", 100 * mib},
		{"BIOS", "", "", mib},
		{"BOOT", "xfs", "BOOT", 2000 * mib},
		{"META", metaName, "", mib},
	}
	provisioned = []Volume{
		{"STATE", "xfs", "STATE", 100 * mib},
		{"EPHEMERAL", "xfs", "EPHEMERAL", 0},
	}
	// What it has added when it cannot format STATE, and waits for it without end.
	unformatted = []Volume{{"STATE", "", "", 100 * mib}}
	// What an installer leaves that was cut behind the partitions, and the STATE that machined adds and does not get to
	// format.
	cut = []Volume{
		{"EFI", "vfat", "EFI", 100 * mib},
		{"BIOS", "", "", mib},
		{"BOOT", "", "", 2000 * mib},
		{"META", "", "", mib},
		{"STATE", "", "", 100 * mib},
	}
)

// Hardware is the set of disks, kept in a directory so that it outlives a boot and a run.
type Hardware struct {
	dir   string
	disks []Disk
}

func openHardware(dir string, disks []Disk) (*Hardware, error) {
	h := &Hardware{dir: dir, disks: given(disks)}

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

// given are disks as a driver describes them: one with a META that is filled was installed to its end.
func given(disks []Disk) []Disk {
	for i := range disks {
		for _, volume := range disks[i].Volumes {
			if volume.PartitionLabel == constants.MetaPartitionLabel && volume.Name == metaName {
				disks[i].Bootable = true
			}
		}
	}

	return disks
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
		disk.Contents, disk.Volumes, disk.Bootable = "", nil, false

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

// writeMeta: machined has something to keep in META, which has a name from then on.
func (h *Hardware) writeMeta() error {
	disk := h.system()

	for i := range disk.Volumes {
		if disk.Volumes[i].PartitionLabel == constants.MetaPartitionLabel {
			disk.Volumes[i].Name = metaName
		}
	}

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
