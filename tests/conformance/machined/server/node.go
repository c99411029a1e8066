package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	talosconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/types/block/blockhelpers"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"google.golang.org/grpc"
)

// Node is the machine: what outlives a boot.
type Node struct {
	scenario *Scenario
	journal  *Journal
	hardware *Hardware
	faults   Faults

	mu      sync.Mutex
	boot    *Boot
	count   int
	kexec   bool             // the next boot is the disk's
	clients map[int32]string // PIDs that the driver registered as a service, such as apid
}

// Boot is one run of machined. Everything in it is gone with a reboot.
type Boot struct {
	node   *Node
	number int
	state  state.State
	ctx    context.Context //nolint:containedctx
	reboot context.CancelCauseFunc

	fromDisk bool
	metaKept bool // META was seen when this boot began to look, whatever has become of it since

	mu       sync.Mutex // guards stage, complete, dryRuns, applied, events
	stage    runtime.MachineStage
	complete chan struct{} // closed when the active config has a v1alpha1 document
	dryRuns  map[string]bool
	applied  map[string]bool
	events   map[string][]*machine.ServiceEvent

	apply      sync.Mutex // one ApplyConfiguration at a time
	rebooted   atomic.Bool
	founded    atomic.Bool
	configured sync.Once
	derive     sync.Mutex
	seeing     sync.Mutex      // one disk after the other: they share the system disk's resource
	read       map[string]bool // disks whose contents discovery knows; guarded by seeing once the boot runs
	service    *Service
}

var errReboot = errors.New("reboot")

// Run boots again and again.
func (n *Node) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := n.bootOnce(ctx); err != nil {
			return err
		}

		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(n.scenario.Times.Reboot) * time.Millisecond):
		}
	}

	return nil
}

func (n *Node) current() *Boot {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.boot
}

func (n *Node) socket() string {
	return filepath.Join(n.scenario.Root, constants.MachineSocketPath)
}

func (n *Node) bootOnce(parent context.Context) error {
	st, err := newState(parent)
	if err != nil {
		return err
	}

	ctx, reboot := context.WithCancelCause(parent)
	defer reboot(nil)

	b := &Boot{
		node: n, state: st, ctx: ctx, reboot: reboot, complete: make(chan struct{}),
		dryRuns: map[string]bool{}, applied: map[string]bool{}, read: map[string]bool{}, events: map[string][]*machine.ServiceEvent{},
		fromDisk: n.bootsFromDisk(),
	}

	n.mu.Lock()
	n.count++
	b.number = n.count
	n.boot = b
	n.mu.Unlock()

	n.journal.Say("boot", "boot", b.number, "from_disk", b.fromDisk)

	// The mount of hearth's service spec that is Talos's to make, in a tmpfs.
	marks := filepath.Join(n.scenario.Root, "system/run/hearth")
	os.RemoveAll(marks) //nolint:errcheck

	if err := os.MkdirAll(marks, 0o700); err != nil {
		return err
	}

	argv := n.scenario.Medium
	if b.fromDisk {
		argv = n.scenario.Installed
	}

	b.service = newService(b, argv)
	b.setStage(runtime.MachineStageUnknown)

	for _, err := range []error{b.putMachineType(0), b.putServicePIDs(), b.putConstants()} {
		if err != nil {
			return err
		}
	}

	server := b.newServer()
	times := n.scenario.Times

	b.after(times.Socket, func() { b.listen(server) })
	b.after(times.Service, b.service.run)
	b.after(times.Hardware, b.putSystem)
	b.after(times.Udev, b.putDevices)
	b.seeDisks()

	for _, name := range initialServices {
		b.putInitial(name)
	}

	go b.sequence()

	<-ctx.Done()
	n.journal.Say("down", "boot", b.number, "reason", fmt.Sprint(context.Cause(ctx)))
	b.service.beginStop()
	// machined's own service goes first, and the extension's process has to do without it until its end.
	time.Sleep(time.Duration(times.Silence) * time.Millisecond)
	server.Stop()
	os.Remove(n.socket()) //nolint:errcheck
	b.service.stop()

	return nil
}

// byKexec: whether Talos starts its own disk next, and asks no firmware.
func (n *Node) byKexec(next bool) {
	n.mu.Lock()
	defer n.mu.Unlock()

	n.kexec = next
}

// bootsFromDisk is the firmware's order: an installed disk, unless it was reset and the medium is still plugged in.
func (n *Node) bootsFromDisk() bool {
	n.mu.Lock()
	kexec := n.kexec
	n.kexec = false
	n.mu.Unlock()

	system := n.hardware.system()
	if system == nil || !system.Bootable {
		return false
	}

	text, err := n.hardware.storedConfig()

	return kexec || (!n.scenario.Stick && err == nil && text != nil)
}

// after runs a step of this boot later; never when ms is negative.
func (b *Boot) after(ms int, step func()) {
	if ms < 0 {
		return
	}

	go func() {
		if b.sleep(ms) {
			step()
		}
	}()
}

// sleep says whether the boot still runs.
func (b *Boot) sleep(ms int) bool {
	select {
	case <-b.ctx.Done():
		return false
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return b.ctx.Err() == nil
	}
}

func (b *Boot) setStage(stage runtime.MachineStage) {
	b.mu.Lock()
	b.stage = stage
	b.mu.Unlock()

	err := safe.StateModify(b.ctx, b.state, runtime.NewMachineStatus(), func(status *runtime.MachineStatus) error {
		status.TypedSpec().Stage = stage
		status.TypedSpec().Status.Ready = stage == runtime.MachineStageMaintenance || stage == runtime.MachineStageRunning

		return nil
	})
	b.node.journal.Say("stage", "boot", b.number, "stage", stage.String())
	b.report(err)
}

func (b *Boot) currentStage() runtime.MachineStage {
	b.mu.Lock()
	defer b.mu.Unlock()

	return b.stage
}

// report: what must not fail here has failed; the driver goes red on it.
func (b *Boot) report(err error) {
	if err != nil && b.ctx.Err() == nil {
		b.node.journal.Say("broken", "boot", b.number, "why", err.Error())
	}
}

func (b *Boot) listen(server *grpc.Server) {
	path := b.node.socket()

	if err := os.MkdirAll(filepath.Dir(path), 0o771); err != nil {
		b.report(err)

		return
	}

	os.Remove(path) //nolint:errcheck

	listener, err := net.Listen("unix", path)
	if err != nil {
		b.report(err)

		return
	}

	b.node.journal.Say("listening", "boot", b.number)

	err = server.Serve(&faultyListener{Listener: listener, node: b.node})
	if !errors.Is(err, grpc.ErrServerStopped) {
		b.report(err)
	}
}

// sequence is the order of Talos's Initialize, Install and Boot sequences as a client can tell them apart.
func (b *Boot) sequence() {
	times := b.node.scenario.Times

	if !b.sleep(times.Booting) {
		return
	}

	b.setStage(runtime.MachineStageBooting)

	if !b.sleep(times.Acquire) {
		return
	}

	if err := b.acquire(); err != nil {
		b.report(err)

		return
	}

	// Nothing of the network is there before devices have settled, and hearth's process is.
	b.after(times.Address, b.putAddresses)
	b.after(times.Time, b.putTime)

	select {
	case <-b.complete:
	default:
		b.setStage(runtime.MachineStageMaintenance)

		select {
		case <-b.ctx.Done():
			return
		case <-b.complete:
		}

		// A moment of it is seen before an install too.
		b.setStage(runtime.MachineStageBooting)

		if !b.sleep(times.Transient) {
			return
		}
	}

	if b.node.hardware.system() == nil && b.metaKept {
		b.node.journal.Say("no install", "boot", b.number, "why", "META was wiped in this boot")
		<-b.ctx.Done()

		return
	}

	if b.node.hardware.system() == nil {
		b.install()

		return
	}

	b.node.journal.Say("no install", "boot", b.number)
	b.report(b.node.hardware.writeMeta())

	b.bootInstalled()
}

// acquire looks for a config on the disk, then in the image, as config.AcquireController does.
func (b *Boot) acquire() error {
	text, err := b.node.hardware.storedConfig()
	if err != nil {
		return err
	}

	if text == nil && b.node.scenario.Partial != "" {
		if text, err = os.ReadFile(b.node.scenario.Partial); err != nil {
			return err
		}
	}

	if text == nil {
		return nil
	}

	provider, err := configloader.NewFromBytes(text)
	if err != nil {
		return err
	}

	return b.setActive(provider)
}

// setConfig replaces a config whole: nothing is merged.
func (b *Boot) setConfig(id string, provider talosconfig.Provider) error {
	resource := config.NewMachineConfigWithID(provider, id)

	old, err := b.state.Get(b.ctx, resource.Metadata())
	if state.IsNotFoundError(err) {
		return b.state.Create(b.ctx, resource)
	}

	if err != nil {
		return err
	}

	resource.Metadata().SetVersion(old.Metadata().Version())

	return b.state.Update(b.ctx, resource)
}

func (b *Boot) setActive(provider talosconfig.Provider) error {
	if err := b.setConfig(config.ActiveID, provider); err != nil {
		return err
	}

	// The controllers that watch the active config.
	b.after(b.node.scenario.Times.Derive, func() { b.deriveFrom(provider) })

	if provider.CompleteForBoot() {
		b.configured.Do(func() { close(b.complete) })
	}

	return nil
}

func (b *Boot) setPersistent(provider talosconfig.Provider) error {
	if err := b.setConfig(config.PersistentID, provider); err != nil {
		return err
	}

	text, err := provider.Bytes()
	if err != nil {
		return err
	}

	return b.node.hardware.storeConfig(text)
}

// active is the provider of the active config, or nil.
func (b *Boot) active() talosconfig.Provider {
	resource, err := safe.StateGetByID[*config.MachineConfig](b.ctx, b.state, config.ActiveID)
	if err != nil {
		return nil
	}

	return resource.Provider()
}

func (b *Boot) inMaintenance() bool {
	provider := b.active()

	return provider == nil || !provider.CompleteForBoot()
}

// installDisk is the choice of the installer: the first disk in Talos's list that the selector fits.
func (b *Boot) installDisk() (*Disk, error) {
	section := installSection(b.active().RawV1Alpha1())
	if section == nil {
		return nil, errors.New("no install section")
	}

	expression, err := section.DiskMatchExpression()
	if err != nil {
		return nil, err
	}

	if expression == nil {
		return b.node.hardware.byPath(section.Disk())
	}

	disks, err := blockhelpers.MatchDisks(b.ctx, b.state, expression)
	if err != nil {
		return nil, err
	}

	if len(disks) == 0 {
		return nil, fmt.Errorf("no disks matched the expression: %s", expression)
	}

	return b.node.hardware.disk(disks[0].Metadata().ID()), nil
}

func (b *Boot) install() {
	b.setStage(runtime.MachineStageInstalling)

	disk, err := b.installDisk()
	if err == nil && disk == nil {
		err = errors.New("the disk is gone")
	}

	if err == nil {
		err = b.writeDisk(disk)
	}

	if err != nil {
		b.node.journal.Say("install failed", "boot", b.number, "why", err.Error())
		b.setStage(runtime.MachineStageRebooting)
		b.reboot(errReboot)

		return
	}

	b.node.journal.Say("installed", "boot", b.number, "disk", disk.ID, "serial", disk.Serial,
		"image", installSection(b.active().RawV1Alpha1()).Image())
	b.node.byKexec(!b.node.scenario.NoKexec)
	b.setStage(runtime.MachineStageRebooting)
	b.reboot(errReboot)
}

// writeDisk wipes and partitions. A fault may end it, before anything is written or with some partitions made.
func (b *Boot) writeDisk(disk *Disk) error {
	hardware := b.node.hardware

	if partial := b.node.faults.failInstall(); partial != nil {
		return b.failInstall(disk, partial)
	}

	if err := hardware.wipe(disk, nil); err != nil {
		return err
	}

	if !b.sleep(b.node.scenario.Times.Install) {
		return errReboot
	}

	stuck := b.node.faults.hangInstall()

	added := provisioned
	if stuck {
		added = unformatted
	}

	disk.Bootable = true

	if err := hardware.add(disk, append(append([]Volume{}, installed...), added...)); err != nil {
		return err
	}

	b.refreshDisks()

	if stuck {
		b.node.journal.Say("install hangs", "boot", b.number)
		<-b.ctx.Done()

		return errReboot
	}

	return b.persistActive()
}

// failInstall: nothing was written, or these partitions ("cut": all that there are before the boot loader).
func (b *Boot) failInstall(disk *Disk, labels []string) error {
	if len(labels) == 0 {
		return errors.New("failed to pull installer image")
	}

	volumes := []Volume{}

	for _, label := range labels {
		if label == "cut" {
			volumes = append(volumes, cut...)
		} else {
			volumes = append(volumes, Volume{PartitionLabel: label, Name: "vfat", Size: mib})
		}
	}

	if err := b.node.hardware.wipe(disk, nil); err != nil {
		return err
	}

	if err := b.node.hardware.add(disk, volumes); err != nil {
		return err
	}

	b.refreshDisks()

	return errors.New("installer exited with status 1")
}

func (b *Boot) persistActive() error {
	text, err := b.active().Bytes()
	if err != nil {
		return err
	}

	return b.node.hardware.storeConfig(text)
}
