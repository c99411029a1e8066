package main

import (
	"encoding/json"
	"os"
)

// Scenario is what the driver decides before the first boot. Every time is in milliseconds; negative: never.
type Scenario struct {
	Talos     string   `json:"talos"`     // version that is reported; empty: the library's own
	Dir       string   `json:"dir"`       // what the disks hold, kept between boots and between runs
	Root      string   `json:"root"`      // root directory of the client; the socket is made under it
	Disks     []Disk   `json:"disks"`     // for a Dir that is new
	System    System   `json:"system"`    // SMBIOS as machined reports it
	Addresses []string `json:"addresses"` // of the node, with prefix length
	Partial   string   `json:"partial"`   // file: a config embedded in the image that boots
	Medium    []string `json:"medium"`    // the extension's command line when booted from the medium
	Installed []string `json:"installed"` // when booted from the disk; empty: the installed image has no hearth
	Stick     bool     `json:"stick"`     // the medium is always first in the firmware's order
	NoKexec   bool     `json:"no_kexec"`  // the kernel has sysctl.kernel.kexec_load_disabled=1
	Canaries  []string `json:"canaries"`  // texts that no reader may see; counted in the journal
	Times     Times    `json:"times"`
	Faults    []*Fault `json:"faults"` // there before the first boot
}

// System is the part of SMBIOS that machined publishes.
type System struct {
	Manufacturer string `json:"manufacturer"`
	Product      string `json:"product"`
	Serial       string `json:"serial"`
	UUID         string `json:"uuid"`
}

// Times are the delays from the start of a boot, or from the cause that is named.
type Times struct {
	Socket    int `json:"socket"`    // machined listens
	Service   int `json:"service"`   // containerd is up: the extension starts
	PID       int `json:"pid"`       // from the start of the process until its PID is registered
	Booting   int `json:"booting"`   // stage unknown becomes booting
	Acquire   int `json:"acquire"`   // the config is looked for on the disk; before that there is none
	Hardware  int `json:"hardware"`  // SMBIOS appears
	Udev      int `json:"udev"`      // devices have settled
	Address   int `json:"address"`   // from when the disk has been looked at for a config
	Time      int `json:"time"`      // from then on: the clock is synchronized
	Install   int `json:"install"`   // duration of the installer
	Running   int `json:"running"`   // from configured and installed until the services start
	CRI       int `json:"cri"`       // from then on until CRI is healthy
	Etcd      int `json:"etcd"`      // from Bootstrap until this node is a member
	Derive    int `json:"derive"`    // from an active config until what controllers make of it is there
	Reboot    int `json:"reboot"`    // machine is off
	Restart   int `json:"restart"`   // between two runs of the extension (Talos: 5000)
	Stop      int `json:"stop"`      // between SIGTERM and SIGKILL
	Silence   int `json:"silence"`   // between SIGTERM and the end of machined's socket
	Transient int `json:"transient"` // the stage is booting, between maintenance and installing
}

func defaultTimes() Times {
	return Times{
		Socket: 0, Service: 20, PID: 60, Booting: 40, Acquire: 250, Hardware: 60, Udev: 100, Address: 80, Time: 150,
		Install: 300, Running: 100, CRI: 400, Etcd: 300, Reboot: 150, Restart: 500, Stop: 10000,
		Silence: 100, Transient: 30,
	}
}

func readScenario(path string) (*Scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}

	scenario := &Scenario{Times: defaultTimes()}

	return scenario, json.Unmarshal(text, scenario)
}
