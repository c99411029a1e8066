package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/sys/unix"
)

const (
	sector = 512
	head   = 36 << 10 // enough to tell an ISO
	// How META begins that has been written (go-blockdevice blkid, talosmeta).
	metaMagic = "\x5a\x4b\x3c\x2d"
	state     = "STATE"
	// What machined keeps lies behind where a file system says what it is.
	keptAt   = 64 << 10
	keptSign = "hearthvm"
	keptMax  = 32 << 20
)

func text(path string) string {
	data, _ := os.ReadFile(path) //nolint:errcheck

	return strings.TrimSpace(strings.Trim(string(data), "\x00\n "))
}

// disks reads what is really there: sysfs, the partition table, the first bytes of each partition.
func disks() ([]Disk, error) {
	entries, err := os.ReadDir("/sys/block")
	if err != nil {
		return nil, err
	}

	found := []Disk{}

	for _, entry := range entries {
		if _, err = os.Stat(filepath.Join("/sys/block", entry.Name(), "device")); err == nil {
			found = append(found, look(entry.Name()))
		}
	}

	return found, nil
}

func look(id string) Disk {
	path := filepath.Join("/sys/block", id)
	sectors, _ := strconv.ParseUint(text(path+"/size"), 10, 64) //nolint:errcheck
	bus, _ := filepath.EvalSymlinks(path + "/device")           //nolint:errcheck
	disk := Disk{
		ID: id, Size: sectors * sector, Model: text(path + "/device/model"), WWID: text(path + "/device/wwid"),
		BusPath: strings.TrimPrefix(bus, "/sys/devices"), Rotational: text(path+"/queue/rotational") == "1",
		Readonly: text(path+"/ro") == "1", CDROM: strings.HasPrefix(id, "sr"), Serial: text(path + "/device/serial"),
	}

	switch {
	case strings.Contains(bus, "/nvme"):
		disk.Transport, disk.WWID = "nvme", text(path+"/wwid")
	case strings.Contains(bus, "/usb"):
		disk.Transport = "usb"
	case strings.Contains(bus, "/ata"):
		disk.Transport = "sata"
	}

	// SPC-4, unit serial number: four bytes, then the text.
	if page, err := os.ReadFile(path + "/device/vpd_pg80"); err == nil && len(page) > 4 && disk.Serial == "" {
		disk.Serial = strings.TrimSpace(string(page[4:]))
	}

	if device, err := os.Open("/dev/" + id); err == nil {
		defer device.Close() //nolint:errcheck

		disk.Contents, _ = probe(device, 0)
		readTable(device, &disk)
	}

	return disk
}

// probe says which file system begins there, and its label.
func probe(device *os.File, at uint64) (name, label string) {
	data := make([]byte, head)
	if n, _ := device.ReadAt(data, int64(at)); n < head { //nolint:errcheck
		return "", ""
	}

	switch {
	case bytes.HasPrefix(data, []byte(metaMagic)):
		return "talosmeta", ""
	case bytes.HasPrefix(data, []byte("XFSB")):
		return "xfs", strings.TrimRight(string(data[108:120]), "\x00 ")
	case string(data[82:87]) == "FAT32":
		return "vfat", strings.TrimSpace(string(data[71:82]))
	case string(data[54:57]) == "FAT":
		return "vfat", strings.TrimSpace(string(data[43:54]))
	case string(data[32769:32774]) == "CD001":
		return "iso9660", strings.TrimSpace(string(data[32808:32840]))
	case data[1080] == 0x53 && data[1081] == 0xEF:
		return "extfs", strings.TrimRight(string(data[1144:1160]), "\x00")
	}

	return "", ""
}

// readTable reads a GUID partition table (UEFI 2.10, 5.3).
func readTable(device *os.File, disk *Disk) {
	header := make([]byte, sector)
	if _, err := device.ReadAt(header, sector); err != nil || string(header[:8]) != "EFI PART" {
		return
	}

	if disk.Contents == "" {
		disk.Contents = "gpt"
	}

	count, size := binary.LittleEndian.Uint32(header[80:]), binary.LittleEndian.Uint32(header[84:])
	if count > 128 || size != 128 {
		return
	}

	table := make([]byte, count*size)
	if _, err := device.ReadAt(table, int64(binary.LittleEndian.Uint64(header[72:])*sector)); err != nil {
		return
	}

	for ; len(table) >= 128; table = table[128:] {
		first, end := binary.LittleEndian.Uint64(table[32:]), binary.LittleEndian.Uint64(table[40:])
		if first == 0 || end < first {
			continue
		}

		units := make([]uint16, 36)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(table[56+2*i:])
		}

		volume := Volume{PartitionLabel: strings.TrimRight(string(utf16.Decode(units)), "\x00"), Size: (end - first + 1) * sector}
		volume.Name, volume.Label = probe(device, first*sector)
		disk.Volumes, disk.starts = append(disk.Volumes, volume), append(disk.starts, first*sector)
	}
}

// writeTable puts the volumes behind each other, and a byte of the file system that each is said to hold.
func writeTable(disk *Disk) error {
	device, err := os.OpenFile("/dev/"+disk.ID, os.O_RDWR|unix.O_SYNC, 0)
	if err != nil {
		return err
	}
	defer device.Close() //nolint:errcheck

	table, at := make([]byte, 128*128), uint64(2048)
	disk.starts = nil

	for i, volume := range disk.Volumes {
		entry, sectors := table[128*i:128*(i+1)], volume.Size/sector
		copy(entry, "hearth vm type  ")
		copy(entry[16:], fmt.Sprintf("hearth vm part%02d", i))
		binary.LittleEndian.PutUint64(entry[32:], at)
		binary.LittleEndian.PutUint64(entry[40:], at+sectors-1)

		for j, unit := range utf16.Encode([]rune(volume.PartitionLabel)) {
			binary.LittleEndian.PutUint16(entry[56+2*j:], unit)
		}

		if _, err = device.WriteAt(superblock(volume), int64(at*sector)); err != nil {
			return err
		}

		disk.starts = append(disk.starts, at*sector)
		at += (sectors + 2047) / 2048 * 2048
	}

	if _, err = device.WriteAt(append(tableHeader(disk, table), table...), sector); err != nil {
		return err
	}

	return unix.IoctlSetInt(int(device.Fd()), unix.BLKRRPART, 0)
}

func superblock(volume Volume) []byte {
	data := make([]byte, sector)

	switch volume.Name {
	case "talosmeta":
		copy(data, metaMagic)
	case "xfs":
		copy(data, "XFSB")
		copy(data[108:120], volume.Label)
	case "vfat":
		copy(data[71:82], volume.Label+"           ")
		copy(data[82:], "FAT32   ")
	}

	return data
}

func tableHeader(disk *Disk, table []byte) []byte {
	header, last := make([]byte, sector), disk.Size/sector-1
	copy(header, "EFI PART\x00\x00\x01\x00")
	binary.LittleEndian.PutUint32(header[12:], 92)
	binary.LittleEndian.PutUint64(header[24:], 1)
	binary.LittleEndian.PutUint64(header[32:], last)
	binary.LittleEndian.PutUint64(header[40:], 34)
	binary.LittleEndian.PutUint64(header[48:], last-33)
	copy(header[56:], "hearth vm disk  ")
	binary.LittleEndian.PutUint64(header[72:], 2)
	binary.LittleEndian.PutUint32(header[80:], 128)
	binary.LittleEndian.PutUint32(header[84:], 128)
	binary.LittleEndian.PutUint32(header[88:], crc32.ChecksumIEEE(table))
	binary.LittleEndian.PutUint32(header[16:], crc32.ChecksumIEEE(header[:92]))

	return header
}

func (d *Disk) start(label string) (uint64, bool) {
	for i, volume := range d.Volumes {
		if volume.PartitionLabel == label && i < len(d.starts) {
			return d.starts[i], true
		}
	}

	return 0, false
}

// restore lays out what machined keeps of a disk: a directory a partition, filled from the STATE partition.
func restore(dir string, disk *Disk) error {
	base := filepath.Join(dir, disk.ID+"-"+disk.Serial)

	for _, volume := range disk.Volumes {
		if volume.PartitionLabel == "" || strings.ContainsAny(volume.PartitionLabel, "/\x00") {
			continue
		}

		if err := os.MkdirAll(filepath.Join(base, volume.PartitionLabel), 0o700); err != nil {
			return err
		}
	}

	at, ok := disk.start(state)
	if !ok {
		return nil
	}

	device, err := os.Open("/dev/" + disk.ID)
	if err != nil {
		return err
	}
	defer device.Close() //nolint:errcheck

	prefix := make([]byte, 16)
	if _, err = device.ReadAt(prefix, int64(at)+keptAt); err != nil || string(prefix[:8]) != keptSign {
		return err
	}

	data := make([]byte, min(binary.LittleEndian.Uint64(prefix[8:]), keptMax))
	if _, err = device.ReadAt(data, int64(at)+keptAt+16); err != nil {
		return err
	}

	files := map[string][]byte{}
	if err = json.Unmarshal(data, &files); err != nil {
		return err
	}

	for name, data := range files {
		path := filepath.Join(base, filepath.FromSlash(filepath.Clean("/"+name)))
		// A partition that was removed took its files with it.
		if _, err = os.Stat(filepath.Join(base, strings.SplitN(name, "/", 2)[0])); err != nil {
			continue
		}

		err = try(
			func() error { return os.MkdirAll(filepath.Dir(path), 0o700) },
			func() error { return os.WriteFile(path, data, 0o600) },
		)
		if err != nil {
			return err
		}
	}

	return nil
}

// persist writes to the real disks what machined says has become of them.
func persist(dir string, before []Disk) error {
	data, err := os.ReadFile(filepath.Join(dir, "disks.json"))
	if err != nil {
		return err
	}

	now := []Disk{}
	if err = json.Unmarshal(data, &now); err != nil {
		return err
	}

	for i := range now {
		disk := &now[i]

		for _, old := range before {
			if old.ID == disk.ID {
				disk.starts = old.starts

				if fmt.Sprint(old.Volumes) != fmt.Sprint(disk.Volumes) {
					if err = writeTable(disk); err != nil {
						return err
					}
				}
			}
		}

		if err = keep(filepath.Join(dir, disk.ID+"-"+disk.Serial), disk); err != nil {
			return err
		}
	}

	copy(before, now)

	return nil
}

// filesOf are the regular files below a directory, by their path in it.
func filesOf(base string) (map[string][]byte, error) {
	files := map[string][]byte{}

	return files, filepath.WalkDir(base, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}

		name, _ := filepath.Rel(base, path) //nolint:errcheck
		files[name], err = os.ReadFile(path)

		return err
	})
}

func keep(base string, disk *Disk) error {
	at, ok := disk.start(state)
	if !ok {
		return nil
	}

	files, err := filesOf(base)
	if err != nil {
		return err
	}

	data, err := json.Marshal(files)
	if err != nil || len(data) > keptMax {
		return fmt.Errorf("%d bytes to keep: %w", len(data), err)
	}

	prefix := binary.LittleEndian.AppendUint64([]byte(keptSign), uint64(len(data)))

	device, err := os.OpenFile("/dev/"+disk.ID, os.O_RDWR|unix.O_SYNC, 0)
	if err != nil {
		return err
	}
	defer device.Close() //nolint:errcheck

	_, err = device.WriteAt(append(prefix, data...), int64(at)+keptAt)

	return err
}
