package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/siderolabs/talos/pkg/grpc/middleware/authz"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/api/storage"
	talosconfig "github.com/siderolabs/talos/pkg/machinery/config"
	configtypes "github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configdiff"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	timeresource "github.com/siderolabs/talos/pkg/machinery/resources/time"
	"github.com/siderolabs/talos/pkg/machinery/resources/v1alpha1"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func procPath(pid int) string {
	return fmt.Sprintf("/proc/%d/ns/mnt", pid)
}

func sensitive(kind string) bool {
	for _, resource := range types {
		if definition := resource.ResourceDefinition(); definition.Type == kind {
			return definition.Sensitivity == meta.Sensitive
		}
	}

	return false
}

type machineService struct {
	machine.UnimplementedMachineServiceServer
	boot *Boot
}

type storageService struct {
	storage.UnimplementedStorageServiceServer
	boot *Boot
}

// metalMode is the runtime mode of a metal machine; the install section is needed as long as nothing is installed.
type metalMode struct {
	installed bool
}

func (metalMode) String() string          { return "metal" }
func (m metalMode) RequiresInstall() bool { return !m.installed }
func (metalMode) InContainer() bool       { return false }

func (s *machineService) Version(context.Context, *emptypb.Empty) (*machine.VersionResponse, error) {
	return &machine.VersionResponse{Messages: []*machine.Version{{
		Version:  &machine.VersionInfo{Tag: s.boot.node.version()},
		Platform: &machine.PlatformInfo{Name: "metal", Mode: "metal"},
		Features: &machine.FeaturesInfo{Rbac: true},
	}}}, nil
}

func (s *machineService) ServiceList(context.Context, *emptypb.Empty) (*machine.ServiceListResponse, error) {
	list, err := s.boot.services()

	return &machine.ServiceListResponse{Messages: []*machine.ServiceList{{Services: list}}}, err
}

// Reboot ends this boot.
func (s *machineService) Reboot(context.Context, *machine.RebootRequest) (*machine.RebootResponse, error) {
	b := s.boot

	b.setStage(runtime.MachineStageRebooting)
	b.after(50, func() { b.reboot(errReboot) })

	return &machine.RebootResponse{Messages: []*machine.Reboot{{}}}, nil
}

// BlockDeviceWipe of whole disks, with the checks of Talos in their order. What machined has found of META it does not
// forget before a reboot, so that a wiped disk is not installed in this boot.
func (s *storageService) BlockDeviceWipe(ctx context.Context, in *storage.BlockDeviceWipeRequest) (*storage.BlockDeviceWipeResponse, error) {
	b := s.boot

	if !b.inMaintenance() && !authz.HasRole(ctx, role.Admin) {
		return nil, authz.ErrNotAuthorized
	}

	for _, device := range in.GetDevices() {
		disk := b.node.hardware.disk(device.GetDevice())

		switch {
		case disk == nil:
			return nil, status.Errorf(codes.NotFound, "blockdevice %q not found", device.GetDevice())
		case disk.Readonly:
			return nil, status.Errorf(codes.FailedPrecondition, "blockdevice %q is read-only", device.GetDevice())
		case !device.GetSkipVolumeCheck() && disk.has(constants.MetaPartitionLabel):
			return nil, status.Errorf(codes.FailedPrecondition, "blockdevice %q is in use by volume %q", device.GetDevice(), "META")
		}
	}

	for _, device := range in.GetDevices() {
		disk := b.node.hardware.disk(device.GetDevice())

		if disk.Bootable {
			b.node.journal.Violation("an installed disk was wiped", "disk", disk.ID)
		}

		if err := b.node.hardware.wipe(disk, nil); err != nil {
			return nil, err
		}

		b.node.journal.Say("wiped", "boot", b.number, "disk", disk.ID)
	}

	b.metaKept = true
	b.refreshDisks()

	return &storage.BlockDeviceWipeResponse{Messages: []*storage.BlockDeviceWipe{{}}}, nil
}

func (s *storageService) Disks(ctx context.Context, _ *emptypb.Empty) (*storage.DisksResponse, error) {
	list, err := safe.StateListAll[*block.Disk](ctx, s.boot.state)
	if err != nil {
		return nil, err
	}

	answer := &storage.Disks{}

	for disk := range list.All() {
		spec := disk.TypedSpec()
		answer.Disks = append(answer.Disks, &storage.Disk{
			DeviceName: spec.DevPath, Size: spec.Size, Model: spec.Model, Serial: spec.Serial, Wwid: spec.WWID,
		})
	}

	return &storage.DisksResponse{Messages: []*storage.Disks{answer}}, nil
}

// is114: from 1.14 on the REBOOT mode is gone and every change is applied at once.
func is114() bool {
	_, ok := reflect.TypeFor[talosconfig.Provider]().MethodByName("ValidateAtRuntime")

	return ok
}

// describeApply is what the journal keeps of a config: never the config.
func (b *Boot) describeApply(request *machine.ApplyConfigurationRequest) []any {
	sum := sha256.Sum256(request.GetData())
	canaries := 0

	for _, canary := range b.node.scenario.Canaries {
		canaries += bytes.Count(request.GetData(), []byte(canary))
	}

	return []any{
		"mode", request.GetMode().String(), "dry_run", request.GetDryRun(), "bytes", len(request.GetData()),
		"sha256", hex.EncodeToString(sum[:]), "canaries", canaries,
	}
}

// watchApply notes what a right client never does, and Talos may take.
func (b *Boot) watchApply(request *machine.ApplyConfigurationRequest, provider talosconfig.Provider, maintenance bool) {
	journal, stage := b.node.journal, b.currentStage()
	sum := sha256.Sum256(request.GetData())
	name := hex.EncodeToString(sum[:])

	if request.GetMode() != machine.ApplyConfigurationRequest_AUTO {
		journal.Violation("a mode that is not AUTO", "mode", request.GetMode().String())
	}

	if maintenance && stage != runtime.MachineStageMaintenance {
		journal.Violation("an apply before the node has looked for its config", "stage", stage.String())
	}

	// A dry run loses nothing yet: what appeared meanwhile is for the client to see before the real one.
	if !request.GetDryRun() {
		for _, document := range b.lostDocuments(request.GetData(), provider) {
			journal.Violation("a document of the active config is lost", "document", document)
		}
	}

	b.mu.Lock()
	defer b.mu.Unlock()

	if request.GetDryRun() {
		b.dryRuns[name] = true

		return
	}

	if !b.dryRuns[name] {
		journal.Violation("an apply of what was not tried with dry_run")
	}

	if b.applied[name] {
		journal.Violation("the same config applied twice")
	}

	b.applied[name] = true
}

func documentName(document configtypes.Document) string {
	name := document.Kind()
	if named, ok := document.(configtypes.NamedDocument); ok {
		name += " " + named.Name()
	}

	return name
}

// lostDocuments: kinds and names that are active and not in what replaces it.
func (b *Boot) lostDocuments(text []byte, provider talosconfig.Provider) []string {
	active := b.active()
	if active == nil || provider == nil || len(text) == 0 {
		return nil
	}

	var kept, lost []string

	for _, document := range provider.Documents() {
		kept = append(kept, documentName(document))
	}

	for _, document := range active.Documents() {
		if name := documentName(document); !slices.Contains(kept, name) {
			lost = append(lost, name)
		}
	}

	return lost
}

// ApplyConfiguration has the checks of Talos in their order; configloader, the validation and the diff are Talos's.
//
//nolint:gocyclo,cyclop
func (s *machineService) ApplyConfiguration(ctx context.Context, in *machine.ApplyConfigurationRequest,
) (*machine.ApplyConfigurationResponse, error) {
	b := s.boot

	if !b.apply.TryLock() {
		return nil, status.Error(codes.FailedPrecondition, "another apply configuration is already in progress")
	}
	defer b.apply.Unlock()

	if b.rebooted.Load() {
		return nil, status.Error(codes.FailedPrecondition,
			"configuration was already applied and node is rebooting, cannot apply more configuration changes until next reboot")
	}

	maintenance := b.inMaintenance()

	if !maintenance && !authz.HasRole(ctx, role.Admin) {
		return nil, authz.ErrNotAuthorized
	}

	provider, err := configloader.NewFromBytes(in.GetData())
	b.watchApply(in, provider, maintenance)

	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}

	if !maintenance && provider.RawV1Alpha1() == nil {
		return nil, status.Error(codes.InvalidArgument, "the applied machine configuration doesn't contain v1alpha1 config, "+
			"did you mean to patch the machine config instead?")
	}

	mode := in.GetMode()

	if mode == machine.ApplyConfigurationRequest_REBOOT { //nolint:staticcheck
		switch {
		case maintenance:
			mode = machine.ApplyConfigurationRequest_NO_REBOOT
		case is114():
			return nil, status.Error(codes.Unimplemented, "the REBOOT mode is not supported, please use AUTO or NO_REBOOT modes instead")
		}
	}

	warnings, err := validate(ctx, provider, b.state, metalMode{installed: b.node.hardware.system() != nil})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}

	mode, details, err := b.decideMode(mode, provider, maintenance)
	if err != nil {
		return nil, err
	}

	if in.GetDryRun() {
		return b.dryRun(mode, details, provider)
	}

	if err = b.applyNow(mode, provider); err != nil {
		return nil, err
	}

	return &machine.ApplyConfigurationResponse{Messages: []*machine.ApplyConfiguration{
		{Mode: mode, Warnings: warnings, ModeDetails: details},
	}}, nil
}

// atRuntime is the one entry of the validation from 1.14 on.
type atRuntime interface {
	ValidateAtRuntime(context.Context, state.State, validation.RuntimeMode, ...validation.Option) ([]string, error)
}

func validate(ctx context.Context, provider talosconfig.Provider, st state.State, mode validation.RuntimeMode) ([]string, error) {
	if newer, ok := provider.(atRuntime); ok {
		return newer.ValidateAtRuntime(ctx, st, mode)
	}

	warnings, err := provider.Validate(mode)
	if err != nil {
		return nil, err
	}

	more, err := provider.RuntimeValidate(ctx, st, mode)

	return slices.Concat(warnings, more), err
}

func (b *Boot) decideMode(mode machine.ApplyConfigurationRequest_Mode, provider talosconfig.Provider, maintenance bool,
) (machine.ApplyConfigurationRequest_Mode, string, error) {
	immediately := "Applied configuration without a reboot"

	switch mode {
	case machine.ApplyConfigurationRequest_AUTO:
		if why := b.needsReboot(provider); why != "" && !maintenance {
			return machine.ApplyConfigurationRequest_REBOOT, "Applied configuration with a reboot: " + why, nil //nolint:staticcheck
		}

		return machine.ApplyConfigurationRequest_NO_REBOOT, immediately, nil
	case machine.ApplyConfigurationRequest_NO_REBOOT, machine.ApplyConfigurationRequest_TRY:
		if why := b.needsReboot(provider); why != "" && !maintenance {
			return mode, "", status.Error(codes.InvalidArgument, why)
		}

		return mode, immediately, nil
	case machine.ApplyConfigurationRequest_STAGED:
		return mode, "Staged configuration to be applied after the next reboot", nil
	case machine.ApplyConfigurationRequest_REBOOT: //nolint:staticcheck
		return mode, "Applied configuration with a reboot", nil
	default:
		return mode, "", status.Errorf(codes.InvalidArgument, "incorrect mode '%s' specified for the apply config call", mode)
	}
}

// needsReboot: Talos 1.13 applies a change of some sections at once and of others with a reboot. From 1.14 on all are
// applied at once. Of the sections that reboot, hearth's second apply must touch none: what it may change is taken from
// the active config, and any difference that is left needs the reboot.
func (b *Boot) needsReboot(provider talosconfig.Provider) string {
	active := b.active()
	if is114() || active == nil || active.RawV1Alpha1() == nil || provider.RawV1Alpha1() == nil {
		return ""
	}

	now, then := active.RawV1Alpha1(), provider.RawV1Alpha1().DeepCopy()
	then.ConfigDebug, then.ClusterConfig = now.ConfigDebug, now.ClusterConfig

	if now.MachineConfig != nil && then.MachineConfig != nil {
		// The sections of `machine` that a re-rendered config may differ in without a reboot.
		for _, field := range []string{
			"MachineCA", "MachineAcceptedCAs", "MachineTime", "MachineCertSANs", "MachineInstall", "MachineNetwork", "MachineSysfs",
			"MachineSysctls", "MachineLogging", "MachineControlPlane", "MachineKubelet", "MachineKernel", "MachineRegistries",
			"MachinePods", "MachineSeccompProfiles", "MachineNodeAnnotations", "MachineNodeLabels", "MachineNodeTaints",
		} {
			reflect.ValueOf(then.MachineConfig).Elem().FieldByName(field).
				Set(reflect.ValueOf(now.MachineConfig).Elem().FieldByName(field))
		}
	}

	if !reflect.DeepEqual(now, then) {
		return "this config change can't be applied in immediate mode"
	}

	return ""
}

func (b *Boot) dryRun(mode machine.ApplyConfigurationRequest_Mode, details string, provider talosconfig.Provider,
) (*machine.ApplyConfigurationResponse, error) {
	var before talosconfig.Container

	if active := b.active(); active != nil {
		before = active
	}

	diff, err := configdiff.DiffConfigs(before, provider)
	if err != nil {
		return nil, fmt.Errorf("failed to generate diff: %w", err)
	}

	if diff == "" {
		diff = "No changes."
	}

	return &machine.ApplyConfigurationResponse{Messages: []*machine.ApplyConfiguration{{
		Mode:        mode,
		ModeDetails: "Dry run summary:\n" + details + " (skipped in dry-run).\nConfig diff:\n\n" + diff,
	}}}, nil
}

func (b *Boot) applyNow(mode machine.ApplyConfigurationRequest_Mode, provider talosconfig.Provider) error {
	kinds := []string{}

	for _, document := range provider.Documents() {
		kinds = append(kinds, documentName(document))
	}

	b.node.journal.Say("applied", "boot", b.number, "mode", mode.String(), "complete", provider.CompleteForBoot(),
		"documents", strings.Join(kinds, ", "))

	if mode != machine.ApplyConfigurationRequest_TRY {
		if err := b.setPersistent(provider); err != nil {
			return err
		}
	}

	switch mode {
	case machine.ApplyConfigurationRequest_STAGED:
		return nil
	case machine.ApplyConfigurationRequest_REBOOT: //nolint:staticcheck
		b.rebooted.Store(true)
		b.setStage(runtime.MachineStageRebooting)
		b.after(50, func() { b.reboot(errReboot) })

		return nil
	default:
		return b.setActive(provider)
	}
}

// Bootstrap has the checks of Talos in their order.
func (s *machineService) Bootstrap(ctx context.Context, _ *machine.BootstrapRequest) (*machine.BootstrapResponse, error) {
	b := s.boot

	if b.currentStage() == runtime.MachineStageMaintenance {
		b.node.journal.Violation("Bootstrap in maintenance mode")
	}

	cri, err := safe.StateGetByID[*v1alpha1.Service](ctx, b.state, "cri")
	if err != nil || !cri.TypedSpec().Running || !cri.TypedSpec().Healthy {
		return nil, status.Error(codes.FailedPrecondition, "bootstrap is not available yet")
	}

	kind, err := safe.StateGetByID[*config.MachineType](ctx, b.state, config.MachineTypeID)
	if err != nil || !kind.MachineType().IsControlPlane() {
		b.node.journal.Violation("Bootstrap on a worker")

		return nil, status.Error(codes.Unimplemented, "bootstrap is only available on control plane nodes")
	}

	if active := b.active(); active == nil || active.Cluster() == nil || active.Cluster().Etcd().CA() == nil {
		return nil, status.Error(codes.InvalidArgument, "etcd is not configured, bootstrap is not possible")
	}

	timeCtx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	if err := timeresource.NewSyncCondition(b.state).Wait(timeCtx); err != nil {
		return nil, status.Error(codes.FailedPrecondition, "time is not in sync yet")
	}

	if b.node.hardware.etcdData() {
		return nil, status.Error(codes.AlreadyExists, "etcd data directory is not empty")
	}

	if b.founded.Swap(true) {
		// As long as etcd has written nothing it is stopped and started once more, and its image is pulled once more.
		b.node.journal.Say("bootstrap again", "boot", b.number)
		b.node.journal.Violation("Bootstrap was accepted twice in one boot")
	} else {
		b.node.journal.Say("bootstrap", "boot", b.number)

		go b.startEtcd(true)
	}

	return &machine.BootstrapResponse{Messages: []*machine.Bootstrap{{}}}, nil
}
