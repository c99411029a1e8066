package main

import (
	"context"

	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/cosi-project/runtime/pkg/state/registry"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/cluster"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/etcd"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/secrets"
	"github.com/siderolabs/talos/pkg/machinery/resources/time"
	"github.com/siderolabs/talos/pkg/machinery/resources/v1alpha1"
)

// The namespaces and the types of this machined; any other is refused, as Talos refuses what it does not know.
var (
	namespaces = []string{
		v1alpha1.NamespaceName, cluster.NamespaceName, config.NamespaceName, etcd.NamespaceName, hardware.NamespaceName,
		k8s.NamespaceName, k8s.ControlPlaneNamespaceName, network.NamespaceName, network.ConfigNamespaceName,
		secrets.NamespaceName,
	}
	types = []meta.ResourceWithRD{
		&block.Device{}, &block.DiscoveredVolume{}, &block.Disk{}, &block.SystemDisk{}, &block.VolumeConfig{},
		&block.VolumeStatus{}, &cluster.Info{}, &config.MachineConfig{}, &config.MachineType{}, &etcd.Member{},
		&etcd.Spec{}, &hardware.MemoryModule{}, &hardware.Processor{}, &hardware.SystemInformation{},
		&k8s.APIServerConfig{}, &k8s.BootstrapManifestsConfig{}, &k8s.ExtraManifestsConfig{}, &k8s.Manifest{},
		&k8s.ManifestStatus{}, &network.AddressStatus{}, &network.HostnameStatus{}, &network.LinkStatus{},
		&network.NodeAddress{}, &network.ResolverStatus{}, &network.Status{}, &runtime.DevicesStatus{},
		&runtime.ExtensionServiceConfig{}, &runtime.ExtensionServiceConfigStatus{}, &runtime.ExtensionStatus{},
		&runtime.MachineStatus{}, &runtime.MetaKey{}, &runtime.MetaLoaded{}, &runtime.SecurityState{},
		&runtime.ServicePID{}, &runtime.Version{}, &secrets.OSRoot{}, &secrets.KubernetesRoot{}, &time.Status{},
		&v1alpha1.Service{},
	}
)

// newState is COSI's own in-memory state with Talos's own definitions, and so their sensitivity, registered.
func newState(ctx context.Context) (state.State, error) {
	st := state.WrapCore(namespaced.NewState(func(ns string) state.CoreState {
		return inmem.NewStateWithOptions(
			inmem.WithHistoryInitialCapacity(8), inmem.WithHistoryMaxCapacity(1024), inmem.WithHistoryGap(4),
		)(ns)
	}))
	namespaceRegistry := registry.NewNamespaceRegistry(st)
	resourceRegistry := registry.NewResourceRegistry(st)

	if err := namespaceRegistry.RegisterDefault(ctx); err != nil {
		return nil, err
	}

	if err := resourceRegistry.RegisterDefault(ctx); err != nil {
		return nil, err
	}

	for _, name := range namespaces {
		if err := namespaceRegistry.Register(ctx, name, name); err != nil {
			return nil, err
		}
	}

	for _, resource := range types {
		if err := resourceRegistry.Register(ctx, resource); err != nil {
			return nil, err
		}
	}

	return st, nil
}
