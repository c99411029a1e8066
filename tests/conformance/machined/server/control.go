package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	talosconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
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
	Hide      string    `json:"hide"`      // this disk is gone now
	Activate  string    `json:"activate"`  // file: becomes the active config, as if a reader on the LAN had applied it
	Append    string    `json:"append"`    // this document is added to the active config, as by an admin
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

// Reset is `talosctl reset`, with --reboot unless the machine is switched off.
type Reset struct {
	Labels []string `json:"labels"` // none: the whole system disk
	Off    bool     `json:"off"`
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
	mux.HandleFunc("GET /summary", n.getSummary)
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

// Summary is what Talos makes of the active config.
type Summary struct {
	Type      string                      `json:"type"`
	Hostname  string                      `json:"hostname"`
	Cluster   string                      `json:"cluster"`
	Endpoint  string                      `json:"endpoint"`
	Image     string                      `json:"image"`
	Keys      []string                    `json:"keys"` // private keys that it holds, by path
	Manifests []string                    `json:"manifests"`
	Documents []string                    `json:"documents"`
	Services  map[string]ExtensionSummary `json:"services"`
}

// ExtensionSummary is one ExtensionServiceConfig.
type ExtensionSummary struct {
	Environment []string          `json:"environment"`
	Files       map[string]string `json:"files"`
}

func summarize(provider talosconfig.Provider) *Summary {
	summary := &Summary{Services: map[string]ExtensionSummary{}}

	for _, document := range provider.Documents() {
		summary.Documents = append(summary.Documents, documentName(document))
	}

	if hostname := provider.NetworkHostnameConfig(); hostname != nil {
		summary.Hostname = hostname.Hostname()
	}

	for _, document := range provider.ExtensionServiceConfigs() {
		service := ExtensionSummary{Environment: document.Environment(), Files: map[string]string{}}

		for _, file := range document.ConfigFiles() {
			service.Files[file.MountPath()] = file.Content()
		}

		summary.Services[document.Name()] = service
	}

	if v1alpha1 := provider.RawV1Alpha1(); v1alpha1 != nil {
		summarizeMain(summary, provider, v1alpha1)
	}

	return summary
}

func summarizeMain(summary *Summary, provider talosconfig.Provider, main *v1alpha1.Config) {
	summary.Type = main.MachineConfig.MachineType

	if section := installSection(main); section != nil {
		summary.Image = section.InstallImage
	}

	if ca := main.MachineConfig.MachineCA; ca != nil && len(ca.Key) > 0 {
		summary.Keys = append(summary.Keys, "machine.ca.key")
	}

	cluster := main.ClusterConfig
	summary.Cluster, summary.Endpoint = cluster.ClusterName, cluster.ControlPlane.Endpoint.String()

	for path, held := range map[string]bool{
		"cluster.ca.key":                    cluster.ClusterCA != nil && len(cluster.ClusterCA.Key) > 0,
		"cluster.aggregatorCA.key":          cluster.ClusterAggregatorCA != nil && len(cluster.ClusterAggregatorCA.Key) > 0,
		"cluster.serviceAccount.key":        cluster.ClusterServiceAccount != nil,
		"cluster.etcd.ca.key":               cluster.EtcdConfig != nil && cluster.EtcdConfig.RootCA != nil,
		"cluster.secretboxEncryptionSecret": cluster.ClusterSecretboxEncryptionSecret != "",
	} {
		if held {
			summary.Keys = append(summary.Keys, path)
		}
	}

	slices.Sort(summary.Keys)

	for _, manifest := range inlineManifests(provider) {
		summary.Manifests = append(summary.Manifests, manifest.Name())
	}
}

func (n *Node) getSummary(w http.ResponseWriter, _ *http.Request) {
	boot := n.current()
	if boot == nil || boot.active() == nil {
		http.Error(w, "no active config", http.StatusNotFound)

		return
	}

	json.NewEncoder(w).Encode(summarize(boot.active())) //nolint:errcheck
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

	if c.Times != nil {
		n.scenario.Times = *c.Times
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

	if c.Hide != "" {
		boot.hideDisk(c.Hide)
	}

	if c.Activate != "" {
		if err := boot.activate(c.Activate); err != nil {
			return err
		}
	}

	if c.Append != "" {
		if err := boot.appendDocument(c.Append); err != nil {
			return err
		}
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

		// Of the labels none is the boot loader's.
		n.byKexec(len(c.Reset.Labels) > 0 && !c.Reset.Off && !n.scenario.NoKexec)
		n.journal.Say("reset", "labels", c.Reset.Labels)
	}

	if c.Disks != nil {
		n.hardware.disks = given(c.Disks)

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
