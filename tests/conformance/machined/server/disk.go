// What a scenario says of a disk. tests/vm/node is built with this file too (tests/vm/assets.py).

package main

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
	Label      string   `json:"label"`    // of that file system
	Volumes    []Volume `json:"volumes"`
	After      int      `json:"after"`    // ms from the start of a boot until the disk is seen
	Unread     int      `json:"unread"`   // ms from then on until it is known what is on it
	Bootable   bool     `json:"bootable"` // the installer has ended: the firmware can start it

	starts []uint64 // of the volumes, in bytes; for who reads a real disk
}

// Volume is a partition.
type Volume struct {
	PartitionLabel string `json:"partition_label"`
	Name           string `json:"name"`
	Label          string `json:"label"`
	Size           uint64 `json:"size"`
}
