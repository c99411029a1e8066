package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
)

// Command is what the driver may ask for. One of the members is set.
type Command struct {
	Fault     *Fault    `json:"fault"`     // add one
	Clear     bool      `json:"clear"`     // drop the faults that are left
	Stage     string    `json:"stage"`     // publish this stage
	Time      bool      `json:"time"`      // the clock is synchronized now
	Udev      bool      `json:"udev"`      // devices have settled now
	Address   bool      `json:"address"`   // the node has its addresses now
	Register  *Client   `json:"register"`  // a process is a service from now on
	Signal    int       `json:"signal"`    // to the running extension
	Reboot    bool      `json:"reboot"`    // boots anew
	Reset     *Reset    `json:"reset"`     // wipes and boots anew
	Disks     []Disk    `json:"disks"`     // other disks, and boots anew
	See       string    `json:"see"`       // this disk is seen now
	BootDisk  *bool     `json:"boot_disk"` // as in the scenario
	Medium    []string  `json:"medium"`    // as in the scenario
	Installed *[]string `json:"installed"` // as in the scenario
	Partial   *string   `json:"partial"`   // as in the scenario
	Times     *Times    `json:"times"`     // as in the scenario
}

// Client is a process that the driver runs beside the extension.
type Client struct {
	PID int32  `json:"pid"`
	ID  string `json:"id"`
}

// Reset is `talosctl reset`.
type Reset struct {
	Labels []string `json:"labels"` // none: the whole system disk
}

func (n *Node) serveControl(ctx context.Context, path string) error {
	os.Remove(path) //nolint:errcheck

	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /journal", n.getJournal)
	mux.HandleFunc("GET /config", n.getConfig)
	mux.HandleFunc("POST /command", n.postCommand)

	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}

	context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck

	if err = server.Serve(listener); errors.Is(err, http.ErrServerClosed) {
		return nil
	}

	return err
}

// getJournal: ?since=N&wait=MS answers the entries from N on, and waits for one at most that long.
func (n *Node) getJournal(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.Atoi(r.URL.Query().Get("since")) //nolint:errcheck
	wait, _ := strconv.Atoi(r.URL.Query().Get("wait"))   //nolint:errcheck

	entries, changed := n.journal.Since(since)
	if len(entries) == 0 && wait > 0 {
		select {
		case <-changed:
		case <-r.Context().Done():
		case <-time.After(time.Duration(wait) * time.Millisecond):
		}

		entries, _ = n.journal.Since(since)
	}

	json.NewEncoder(w).Encode(entries) //nolint:errcheck
}

// getConfig: the active config, as it was sent.
func (n *Node) getConfig(w http.ResponseWriter, _ *http.Request) {
	boot := n.current()
	if boot == nil || boot.active() == nil {
		http.Error(w, "no active config", http.StatusNotFound)

		return
	}

	text, err := boot.active().Bytes()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)

		return
	}

	w.Write(text) //nolint:errcheck
}

func (n *Node) postCommand(w http.ResponseWriter, r *http.Request) {
	command := Command{}

	if times := n.scenario.Times; true {
		command.Times = &times // what is not named stays
	}

	if err := json.NewDecoder(r.Body).Decode(&command); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)

		return
	}

	if err := n.command(&command); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)

		return
	}

	fmt.Fprintln(w, "{}")
}

//nolint:gocyclo,cyclop
func (n *Node) command(c *Command) error {
	boot := n.current()
	if boot == nil {
		return errors.New("there is no boot yet")
	}

	n.scenario.Times = *c.Times

	if c.BootDisk != nil {
		n.scenario.BootDisk = *c.BootDisk
	}

	if c.Medium != nil {
		n.scenario.Medium = c.Medium
	}

	if c.Installed != nil {
		n.scenario.Installed = *c.Installed
	}

	if c.Partial != nil {
		n.scenario.Partial = *c.Partial
	}

	if c.Clear {
		n.faults.clear()
	}

	if c.Fault != nil {
		n.faults.add(c.Fault)
	}

	if c.Stage != "" {
		stage, err := runtime.MachineStageString(c.Stage)
		if err != nil {
			return err
		}

		boot.setStage(stage)
	}

	if c.Time {
		boot.putTime()
	}

	if c.Udev {
		boot.putDevices()
	}

	if c.Address {
		boot.putAddresses()
	}

	if c.See != "" {
		boot.putDisk(c.See)
	}

	if c.Signal != 0 {
		boot.service.kill(syscall.Signal(c.Signal))
	}

	if c.Register != nil {
		n.mu.Lock()
		n.clients[c.Register.PID] = c.Register.ID
		n.mu.Unlock()

		if err := boot.putServicePID(c.Register.ID, c.Register.PID); err != nil {
			return err
		}
	}

	return n.commandReboot(c, boot)
}

func (n *Node) commandReboot(c *Command, boot *Boot) error {
	if c.Reset != nil {
		disk := n.hardware.system()
		if disk == nil {
			return errors.New("there is no system disk")
		}

		boot.setStage(runtime.MachineStageResetting)

		if err := n.hardware.wipe(disk, c.Reset.Labels); err != nil {
			return err
		}

		n.journal.Say("reset", "labels", c.Reset.Labels)
	}

	if c.Disks != nil {
		n.hardware.disks = c.Disks

		if err := n.hardware.save(); err != nil {
			return err
		}
	}

	if c.Reset != nil || c.Disks != nil || c.Reboot {
		boot.setStage(runtime.MachineStageRebooting)
		boot.reboot(errReboot)
	}

	return nil
}
