package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"strings"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	k8sadapter "github.com/siderolabs/talos/internal/app/machined/pkg/adapters/k8s"
	talosconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/time"
	"github.com/siderolabs/talos/pkg/machinery/version"
)

func (b *Boot) putMachineType(kind machine.Type) error {
	return safe.StateModify(b.ctx, b.state, config.NewMachineType(), func(res *config.MachineType) error {
		res.SetMachineType(kind)

		return nil
	})
}

func (n *Node) version() string {
	if n.scenario.Talos != "" {
		return n.scenario.Talos
	}

	return version.Tag
}

func (b *Boot) putConstants() error {
	return safe.StateModify(b.ctx, b.state, runtime.NewVersion(), func(res *runtime.Version) error {
		res.TypedSpec().Name, res.TypedSpec().Version = "Talos", b.node.version()

		return nil
	})
}

// putServicePIDs registers the processes that the driver calls a service.
func (b *Boot) putServicePIDs() error {
	b.node.mu.Lock()
	defer b.node.mu.Unlock()

	for pid, id := range b.node.clients {
		if err := b.putServicePID(id, pid); err != nil {
			return err
		}
	}

	return nil
}

func (b *Boot) putServicePID(id string, pid int32) error {
	// Gone already: there is nothing to register.
	namespace, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid)) //nolint:errcheck

	return safe.StateModify(b.ctx, b.state, runtime.NewServicePID(id), func(res *runtime.ServicePID) error {
		res.TypedSpec().PID, res.TypedSpec().MountNamespace = pid, namespace

		return nil
	})
}

func (b *Boot) removeServicePID(id string) {
	err := b.state.Destroy(b.ctx, runtime.NewServicePID(id).Metadata())
	if err != nil && !state.IsNotFoundError(err) {
		b.report(err)
	}
}

func (b *Boot) putSystem() {
	system := b.node.scenario.System

	b.report(safe.StateModify(b.ctx, b.state, hardware.NewSystemInformation(hardware.SystemInformationID),
		func(res *hardware.SystemInformation) error {
			spec := res.TypedSpec()
			spec.Manufacturer, spec.ProductName = system.Manufacturer, system.Product
			spec.SerialNumber, spec.UUID = system.Serial, system.UUID

			return nil
		}))
}

func (b *Boot) putDevices() {
	b.report(safe.StateModify(b.ctx, b.state, runtime.NewDevicesStatus(runtime.NamespaceName, runtime.DevicesID),
		func(res *runtime.DevicesStatus) error {
			res.TypedSpec().Ready = true

			return nil
		}))
}

func (b *Boot) putAddresses() {
	for _, id := range []string{
		network.NodeAddressAccumulativeID, network.NodeAddressCurrentID, network.NodeAddressDefaultID, network.NodeAddressRoutedID,
	} {
		b.report(safe.StateModify(b.ctx, b.state, network.NewNodeAddress(network.NamespaceName, id),
			func(res *network.NodeAddress) error {
				addresses := []netip.Prefix{}

				for _, text := range b.node.scenario.Addresses {
					addresses = append(addresses, netip.MustParsePrefix(text))
				}

				res.TypedSpec().Addresses = addresses

				return nil
			}))
	}

	b.report(safe.StateModify(b.ctx, b.state, network.NewStatus(network.NamespaceName, network.StatusID),
		func(res *network.Status) error {
			*res.TypedSpec() = network.StatusSpec{AddressReady: true, ConnectivityReady: true, EtcFilesReady: true}

			return nil
		}))

	if provider := b.active(); provider != nil {
		b.deriveFrom(provider)
	}
}

func (b *Boot) putTime() {
	b.report(safe.StateModify(b.ctx, b.state, time.NewStatus(), func(res *time.Status) error {
		res.TypedSpec().Synced = true

		return nil
	}))
}

// seeDisks publishes each disk when its time has come, and what is on it when it has been read.
func (b *Boot) seeDisks() {
	b.seeing.Lock()
	defer b.seeing.Unlock()

	for _, disk := range b.node.hardware.disks {
		if disk.Unread == 0 {
			b.read[disk.ID] = true
		} else {
			b.after(disk.After+disk.Unread, func() { b.readDisk(disk.ID) })
		}
	}

	for _, disk := range b.node.hardware.disks {
		b.after(disk.After, func() { b.putDisk(disk.ID) })
	}

	b.seeLoops()
}

// seeLoops: Talos lists the loops of its layers as disks, from a medium the site, hearth, the rootfs; a tiny one has no
// contents to it.
func (b *Boot) seeLoops() {
	sizes := []uint64{mib, 60 * mib}
	if !b.fromDisk {
		sizes = append([]uint64{4096}, sizes...)
	}

	for i, size := range sizes {
		id := fmt.Sprintf("loop%d", i)

		b.report(safe.StateModify(b.ctx, b.state, block.NewDisk(block.NamespaceName, id), func(res *block.Disk) error {
			spec := res.TypedSpec()
			spec.DevPath, spec.BusPath, spec.Readonly, spec.SectorSize, spec.IOSize = "/dev/"+id, "/virtual", true, 512, 512
			spec.SetSize(size)

			return nil
		}))

		if size > 4096 {
			b.putVolume(id, func(spec *block.DiscoveredVolumeSpec) {
				spec.Type, spec.Name = "disk", "squashfs"
				spec.SetSize(size)
			})
		}
	}
}

func (b *Boot) readDisk(id string) {
	b.seeing.Lock()
	b.read[id] = true
	b.seeing.Unlock()
	b.putDisk(id)
}

// refreshDisks publishes what has changed on the disks that are seen.
func (b *Boot) refreshDisks() {
	for _, disk := range b.node.hardware.disks {
		if _, err := b.state.Get(b.ctx, block.NewDisk(block.NamespaceName, disk.ID).Metadata()); err == nil {
			b.putDisk(disk.ID)
		}
	}
}

func (b *Boot) putDisk(id string) {
	disk := b.node.hardware.disk(id)
	if disk == nil {
		return
	}

	b.seeing.Lock()
	defer b.seeing.Unlock()

	if b.read[id] {
		b.putContents(disk)
	}

	b.report(safe.StateModify(b.ctx, b.state, block.NewDisk(block.NamespaceName, id), func(res *block.Disk) error {
		spec := res.TypedSpec()
		spec.DevPath, spec.Model, spec.Serial, spec.WWID = "/dev/"+id, disk.Model, disk.Serial, disk.WWID
		spec.BusPath, spec.Transport, spec.Rotational = disk.BusPath, disk.Transport, disk.Rotational
		spec.Readonly, spec.CDROM, spec.SectorSize, spec.IOSize = disk.Readonly, disk.CDROM, 512, 512
		spec.SetSize(disk.Size)

		return nil
	}))
	b.putSystemDisk()
}

// putContents: what discovery found on a disk, which says of a blank one too that it has been read.
func (b *Boot) putContents(disk *Disk) {
	id := disk.ID

	b.putVolume(id, func(spec *block.DiscoveredVolumeSpec) {
		spec.Type, spec.Name, spec.Label = "disk", disk.Contents, disk.Label
		spec.SetSize(disk.Size)
	})

	for i, volume := range disk.Volumes {
		b.putVolume(partitionName(id, i+1), func(spec *block.DiscoveredVolumeSpec) {
			spec.Type, spec.Parent, spec.ParentDevPath = "partition", id, "/dev/"+id
			spec.Name, spec.Label, spec.PartitionLabel = volume.Name, volume.Label, volume.PartitionLabel
			spec.PartitionIndex = uint(i + 1)
			spec.SetSize(volume.Size)
		})
	}

	b.removeVolumes(id, len(disk.Volumes))
}

// hideDisk takes back a disk that was pulled out.
func (b *Boot) hideDisk(id string) {
	b.seeing.Lock()
	defer b.seeing.Unlock()

	b.removeVolumes(id, 0)

	for _, metadata := range []resource.Metadata{
		*block.NewDisk(block.NamespaceName, id).Metadata(), *block.NewDiscoveredVolume(block.NamespaceName, id).Metadata(),
	} {
		err := b.state.Destroy(b.ctx, &metadata)
		if err != nil && !state.IsNotFoundError(err) {
			b.report(err)
		}
	}

	b.putSystemDisk()
}

// activate makes a file the active config.
func (b *Boot) activate(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}

	provider, err := configloader.NewFromBytes(text)
	if err != nil {
		return err
	}

	return b.setActive(provider)
}

// appendDocument is what an admin's `talosctl patch` of one more document comes to.
func (b *Boot) appendDocument(document string) error {
	active := b.active()
	if active == nil {
		return errors.New("there is no active config")
	}

	text, err := active.Bytes()
	if err != nil {
		return err
	}

	provider, err := configloader.NewFromBytes([]byte(string(text) + "\n---\n" + document))
	if err != nil {
		return err
	}

	if err = b.setPersistent(provider); err != nil {
		return err
	}

	return b.setActive(provider)
}

func partitionName(disk string, index int) string {
	if last := disk[len(disk)-1]; last >= '0' && last <= '9' {
		return fmt.Sprintf("%sp%d", disk, index)
	}

	return fmt.Sprintf("%s%d", disk, index)
}

func (b *Boot) putVolume(id string, fill func(*block.DiscoveredVolumeSpec)) {
	b.report(safe.StateModify(b.ctx, b.state, block.NewDiscoveredVolume(block.NamespaceName, id),
		func(res *block.DiscoveredVolume) error {
			*res.TypedSpec() = block.DiscoveredVolumeSpec{DevPath: "/dev/" + id, SectorSize: 512}
			fill(res.TypedSpec())

			return nil
		}))
}

// removeVolumes takes back partitions that are no more.
func (b *Boot) removeVolumes(disk string, left int) {
	volumes, err := safe.StateListAll[*block.DiscoveredVolume](b.ctx, b.state)
	b.report(err)

	for volume := range volumes.All() {
		if volume.TypedSpec().Parent == disk && volume.TypedSpec().PartitionIndex > uint(left) {
			b.report(b.state.Destroy(b.ctx, volume.Metadata()))
		}
	}
}

// putSystemDisk: there is one when a partition of a disk that is seen is labelled META.
func (b *Boot) putSystemDisk() {
	volumes, err := safe.StateListAll[*block.DiscoveredVolume](b.ctx, b.state)
	b.report(err)

	for volume := range volumes.All() {
		if volume.TypedSpec().PartitionLabel != constants.MetaPartitionLabel {
			continue
		}

		b.report(safe.StateModify(b.ctx, b.state, block.NewSystemDisk(block.NamespaceName, block.SystemDiskID),
			func(res *block.SystemDisk) error {
				res.TypedSpec().DiskID, res.TypedSpec().DevPath = volume.TypedSpec().Parent, volume.TypedSpec().ParentDevPath

				return nil
			}))

		return
	}

	err = b.state.Destroy(b.ctx, block.NewSystemDisk(block.NamespaceName, block.SystemDiskID).Metadata())
	if err != nil && !state.IsNotFoundError(err) {
		b.report(err)
	}
}

// deriveFrom does what the controllers do that watch the active config.
func (b *Boot) deriveFrom(provider talosconfig.Provider) {
	b.derive.Lock()
	defer b.derive.Unlock()

	kind := machine.TypeUnknown
	if provider.Machine() != nil {
		kind = provider.Machine().Type()
	}

	b.report(b.putMachineType(kind))
	b.extensionConfigs(provider)
	b.manifests(provider, kind)
}

// extensionConfigs: as runtime.ExtensionServiceConfigController, and the restart as runtime.ExtensionServiceController
// has it.
func (b *Boot) extensionConfigs(provider talosconfig.Provider) {
	present := map[resource.ID]bool{}

	for _, document := range provider.ExtensionServiceConfigs() {
		present[document.Name()] = true

		b.report(safe.StateModify(b.ctx, b.state, runtime.NewExtensionServiceConfigSpec(runtime.NamespaceName, document.Name()),
			func(res *runtime.ExtensionServiceConfig) error {
				res.TypedSpec().Files = nil

				for _, file := range document.ConfigFiles() {
					res.TypedSpec().Files = append(res.TypedSpec().Files,
						runtime.ExtensionServiceConfigFile{Content: file.Content(), MountPath: file.MountPath()})
				}

				res.TypedSpec().Environment = document.Environment()

				return nil
			}))
	}

	configs, err := safe.StateListAll[*runtime.ExtensionServiceConfig](b.ctx, b.state)
	b.report(err)

	for res := range configs.All() {
		if !present[res.Metadata().ID()] {
			b.report(b.state.Destroy(b.ctx, res.Metadata()))
		} else if res.Metadata().ID() == extension {
			b.service.configured(res.Metadata().Version().String())
		}
	}

	if !present[extension] {
		b.service.configured("")
	}
}

type namedManifest interface {
	Name() string
	Contents() string
}

// inlineManifests: Talos 1.14 has an accessor for both of their forms; 1.13 has them in the cluster section alone. One
// source is built against both, so the accessor is found by its name.
func inlineManifests(provider talosconfig.Provider) []namedManifest {
	accessor := reflect.ValueOf(provider).MethodByName("K8sInlineManifestConfigs")
	if !accessor.IsValid() {
		accessor = reflect.ValueOf(provider.Cluster()).MethodByName("InlineManifests")
	}

	list := accessor.Call(nil)[0]
	manifests := make([]namedManifest, list.Len())

	for i := range manifests {
		manifests[i] = list.Index(i).Interface().(namedManifest) //nolint:forcetypeassert
	}

	return manifests
}

// manifests: ExtraManifestsConfig and Manifests of a control plane, which no definition calls sensitive.
func (b *Boot) manifests(provider talosconfig.Provider, kind machine.Type) {
	if provider.Cluster() == nil || !kind.IsControlPlane() {
		return
	}

	manifests := inlineManifests(provider)

	b.report(safe.StateModify(b.ctx, b.state, k8s.NewExtraManifestsConfig(), func(res *k8s.ExtraManifestsConfig) error {
		res.TypedSpec().ExtraManifests = nil

		for _, manifest := range manifests {
			res.TypedSpec().ExtraManifests = append(res.TypedSpec().ExtraManifests, k8s.ExtraManifest{
				Name: manifest.Name(), Priority: "99", InlineManifest: manifest.Contents(),
			})
		}

		return nil
	}))

	status, err := safe.StateGetByID[*network.Status](b.ctx, b.state, network.StatusID)
	if err != nil || !status.TypedSpec().AddressReady || !status.TypedSpec().ConnectivityReady {
		return
	}

	present := map[resource.ID]bool{}

	for _, manifest := range manifests {
		id := "99-" + manifest.Name()
		present[id] = true

		b.report(safe.StateModify(b.ctx, b.state, k8s.NewManifest(k8s.ControlPlaneNamespaceName, id), func(res *k8s.Manifest) error {
			return k8sadapter.Manifest(res).SetYAML([]byte(manifest.Contents()))
		}))
	}

	all, err := safe.StateListAll[*k8s.Manifest](b.ctx, b.state)
	b.report(err)

	for res := range all.All() {
		if !present[res.Metadata().ID()] && strings.HasPrefix(res.Metadata().ID(), "99-") {
			b.report(b.state.Destroy(b.ctx, res.Metadata()))
		}
	}
}

// bootInstalled: from a config and a META partition to running.
func (b *Boot) bootInstalled() {
	node := b.node

	if err := node.hardware.add(node.hardware.system(), provisioned); err != nil {
		b.report(err)

		return
	}

	b.refreshDisks()
	b.report(b.persistActive())

	if !b.sleep(node.scenario.Times.Running) {
		return
	}

	b.putService("cri", false)

	if !b.sleep(node.scenario.Times.CRI) {
		return
	}

	b.putService("cri", true)
	node.journal.Say("cri", "boot", b.number)
	b.putService("kubelet", true)

	controlPlane := b.active().Machine().Type().IsControlPlane()
	if controlPlane {
		b.putService("trustd", true)
	}

	if controlPlane && !node.hardware.etcdData() {
		// etcd has pulled its image, and waits to be founded or to join; the boot sequence waits for etcd.
		b.serviceEvent("etcd", "Preparing", "Running pre state")

		return
	}

	b.startEtcd(controlPlane)
}
