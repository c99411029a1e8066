package main

import (
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/resources/etcd"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/v1alpha1"
)

// What Talos runs in maintenance mode already, beside the extension.
var initialServices = []string{"apid", "auditd", "containerd", "machined", "syslogd", "udevd"}

func (b *Boot) modifyService(id string, fill func(*v1alpha1.ServiceSpec)) {
	b.report(safe.StateModify(b.ctx, b.state, v1alpha1.NewService(id), func(res *v1alpha1.Service) error {
		fill(res.TypedSpec())

		return nil
	}))
}

func (b *Boot) putInitial(id string) {
	b.modifyService(id, func(spec *v1alpha1.ServiceSpec) { spec.Running, spec.Healthy = true, true })
}

// putExtension: as long as its process runs; it has no health check.
func (b *Boot) putExtension(id string) {
	b.modifyService(id, func(spec *v1alpha1.ServiceSpec) { spec.Running, spec.Unknown = true, true })
}

// putService: a service of Talos's runs; its resource is there only as long as it does.
func (b *Boot) putService(id string, healthy bool) {
	b.serviceEvent(id, "Running", "Started task "+id)
	b.modifyService(id, func(spec *v1alpha1.ServiceSpec) { spec.Running, spec.Healthy = true, healthy })
}

func (b *Boot) removeService(id string) {
	err := b.state.Destroy(b.ctx, v1alpha1.NewService(id).Metadata())
	if err != nil && !state.IsNotFoundError(err) {
		b.report(err)
	}
}

// serviceEvent is what `talosctl service ID` shows; a service that is loaded anew begins with none.
func (b *Boot) serviceEvent(id, now, message string) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.events[id] = append(b.events[id], &machine.ServiceEvent{State: now, Msg: message})
}

// services is the list of ServiceList: those that run, and those that have events.
func (b *Boot) services() ([]*machine.ServiceInfo, error) {
	list, err := safe.StateListAll[*v1alpha1.Service](b.ctx, b.state)
	if err != nil {
		return nil, err
	}

	found := map[string]*machine.ServiceInfo{}
	answer := []*machine.ServiceInfo{}

	for service := range list.All() {
		info := &machine.ServiceInfo{
			Id: service.Metadata().ID(), State: "Running",
			Health: &machine.ServiceHealth{Healthy: service.TypedSpec().Healthy, Unknown: service.TypedSpec().Unknown},
		}
		found[info.GetId()] = info
		answer = append(answer, info)
	}

	b.mu.Lock()
	defer b.mu.Unlock()

	for id, events := range b.events {
		info := found[id]
		if info == nil {
			info = &machine.ServiceInfo{Id: id, Health: &machine.ServiceHealth{Unknown: true}}
			answer = append(answer, info)
		}

		info.State = events[len(events)-1].GetState()
		info.Events = &machine.ServiceEvents{Events: events}
	}

	return answer, nil
}

const etcdCrash = "Error running Containerd(etcd), going to restart forever: task \"etcd\" failed: exit code 255 " +
	"(last log \"etcd: by the fault table\")"

// startEtcd: pulls its image, runs, and is a member in the end, unless a fault keeps it.
func (b *Boot) startEtcd(controlPlane bool) {
	if controlPlane && !b.runEtcd() {
		return
	}

	b.setStage(runtime.MachineStageRunning)
}

func (b *Boot) runEtcd() bool {
	times := b.node.scenario.Times

	b.mu.Lock()
	delete(b.events, "etcd")
	b.mu.Unlock()
	b.serviceEvent("etcd", "Preparing", "Running pre state")

	for b.node.faults.crashEtcd() {
		b.putService("etcd", false)

		if !b.sleep(times.Etcd) {
			return false
		}

		b.removeService("etcd")
		b.serviceEvent("etcd", "Waiting", etcdCrash)
		b.node.journal.Say("etcd crashed", "boot", b.number)

		if !b.sleep(times.Etcd) {
			return false
		}
	}

	if !b.sleep(times.Etcd / 2) {
		return false
	}

	b.putService("etcd", false)

	if !b.sleep(times.Etcd / 2) {
		return false
	}

	b.report(b.node.hardware.makeEtcdData())
	b.putService("etcd", true)
	b.report(safe.StateModify(b.ctx, b.state, etcd.NewMember(etcd.NamespaceName, etcd.LocalMemberID), func(res *etcd.Member) error {
		res.TypedSpec().MemberID = etcd.FormatMemberID(uint64(b.number))

		return nil
	}))
	b.node.journal.Say("member", "boot", b.number)

	return true
}
