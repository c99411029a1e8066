"""Cases of boot.py: a cluster with several control planes, whose founding a secret of the vault guards."""
import contextlib
import os
import re
import select
import socket
import subprocess
import time

from boot import CANARY, SECOND, SECONDS, applies, need, real_applies, text_of, wait_applied, wait_founded
from boot_more import in_memory
from machine import MS_BIND, mount

BOOT_ID = "/proc/sys/kernel/random/boot_id"
THIRD = SECOND.replace("data-2", "data-3").replace("8CG0000HRT", "NOWHERE3")


class Several:
    """The first of three control planes of a cluster of its own, and the cluster's marker."""

    def __init__(self, bench, name, value, **site):
        self.cluster = "%s-%s" % (name, bench.version.replace(".", "-"))
        self.azure, self.name = bench.kit.world.azure, "hearth-%s-founded" % self.cluster
        self.store = self.azure.config["vaults"]["*"]
        if value is not None:
            self.store[self.name] = value
        self.box = bench.machine("marker-" + name, site=dict(site, more=SECOND + THIRD, cluster=self.cluster))
        self.boot_file = os.path.join(self.box.where, "boot_id")
        self.boot_id("boot-1")
        mount(self.boot_file, self.box.root.path + BOOT_ID, None, MS_BIND)

    def boot_id(self, text):
        with open(self.boot_file, "w") as out:
            out.write(text + "\n")

    def value(self):
        entry = self.store[self.name]
        return entry["value"] if isinstance(entry, dict) else entry

    def writes(self):
        return [value for name, value in self.azure.writes if name == self.name]

    def mode(self):
        own = self.box.summary()["services"]["hearth"]
        return [line.partition("=")[2] for line in own["environment"] if line.startswith("HEARTH_BOOTSTRAP=")]


def marker_guards(bench):
    """none: founded, and the marker says by whom. The same node, wiped and booted again, and nobody answers: a person
    decides."""
    several = Several(bench, "guards", "none\n")
    box = several.box
    with box:
        wait_founded(box)
        need(".data-1.boot-1.naa-" in several.value() and len(several.writes()) == 1, "writes: %s" % several.writes())
        need(several.mode() == ["none"] and len(box.find("bootstrap")) == 1, "mode %s" % several.mode())
        several.boot_id("boot-2")
        before = len(box.poll())
        box.command(reset={"labels": []})
        wait_applied(box, since=before)
        need(box.wait("finished", SECONDS, since=before), "hearth does not end")
        need(several.mode() == ["manual"] and len(box.find("bootstrap")) == 1, "founded again: mode %s" % several.mode())
        need("says that this node has founded cluster %s" % several.cluster in text_of(box), "said: " + text_of(box)[-600:])
        need("if cluster %s was never founded: talosctl bootstrap" % several.cluster in text_of(box), "said: " + text_of(box)[-600:])
        need(len(several.writes()) == 1, "written again")
        return box


def marker_of_another(bench):
    """Another node wrote it: joined, also while nobody answers."""
    several = Several(bench, "another", "none")
    box = several.box
    with box:
        wait_founded(box)
        several.store[several.name] = several.value().replace(".data-1.", ".data-2.")
        before = len(box.poll())
        several.boot_id("boot-2")
        box.command(reset={"labels": []})
        wait_applied(box, since=before)
        need(box.wait("finished", SECONDS, since=before), "hearth does not end")
        need(several.mode() == ["none"] and len(box.find("bootstrap")) == 1, "founded again: mode %s" % several.mode())
        need("says that cluster %s is founded" % several.cluster in text_of(box), "said: " + text_of(box)[-600:])
        return box


def marker_once(bench):
    """The one that founded loses etcd's data and keeps its config, as in the recovery of etcd: it joins, and founds no
    second cluster."""
    several = Several(bench, "once", "none")
    box = several.box
    with box:
        wait_founded(box)
        before = len(box.poll())
        box.command(reset={"labels": ["EPHEMERAL"]})
        need(box.wait("cri", SECONDS, since=before), "it does not come back")
        need(box.wait("finished", SECONDS, since=before), "hearth does not leave")
        need(len(box.find("bootstrap")) == 1, "founded a second time")
        need(len(applies(box)) == 3, "applied %d times" % len(applies(box)))
        return box


def marker_killed_at_calls(bench):
    """SIGKILL before and behind each call that notes that the cluster is founded: it is noted in the end, and nothing
    happens twice."""
    several = Several(bench, "killed-at", "none")
    box = several.box
    # Two calls join and two inline the manifests; then dry run, dry run, apply, apply, each counting what the ones
    # before it let pass.
    box.scenario.update(times={"restart": 200}, faults=[
        {"kind": "kill", "method": "ApplyConfiguration", "skip": skip, "after": after}
        for skip, after in ((4, False), (4, True), (5, False), (6, True))])
    with box:
        wait_founded(box)
        need(len(box.find("exited", signal="killed")) == 4, "killed %d times" % len(box.find("exited", signal="killed")))
        need(len(applies(box)) == 3 and len(box.find("bootstrap")) == 1, "applied %d times" % len(applies(box)))
        need(several.mode() == ["none"], "mode %s" % several.mode())
        return box


def marker_killed(bench):
    """Killed between the marker and the apply: in the same boot hearth knows its own hand, writes no second time, and
    founds."""
    several = Several(bench, "killed", "none")
    box = several.box
    box.scenario["times"] = {"restart": 200}
    with box:
        box.command(fault={"kind": "kill", "method": "ApplyConfiguration", "skip": 1, "after": False})
        wait_founded(box)
        need(box.find("exited", signal="killed"), "not killed: this case proves nothing")
        need(len(several.writes()) == 1 and several.mode() == ["none"], "%s, mode %s" % (several.writes(), several.mode()))
        return box


@contextlib.contextmanager
def listening(address):
    subprocess.run(["ip", "address", "replace", address + "/32", "dev", "lo"], check=True)
    with socket.create_server((address, 6443)) as server:
        yield server


def marker_answered(bench):
    """The marker says none, and the endpoint takes a connection all the same: joined, and nothing is written."""
    address = "192.168.1.%d" % (71 + bench.version.startswith("1.14"))
    several = Several(bench, "answered", "none", endpoint=address)
    box = several.box
    with listening(address), box:
        wait_applied(box)
        need(box.wait("finished", SECONDS, boot=2), "hearth does not leave")
        need("answers at %s port 6443" % address in text_of(box), "said: " + text_of(box)[-600:])
        need(several.mode() == ["none"] and not box.find("bootstrap"), "mode %s" % several.mode())
        need(not several.writes(), "written: %s" % several.writes())
        return box


def traced(box):
    """Hearth under strace, which runs beside it. What is returned says what the calls show: who opened a network
    socket."""
    path = os.path.join(box.where, "calls")
    box.scenario["medium"] = ["strace", "-D", "-f", "-qq", "-o", path, "-e", "trace=execve,socket"] + box.scenario["medium"]

    def judge():
        with open(path) as trace:
            calls = [line.split(None, 1) for line in trace]
        parent = next(pid for pid, call in calls if call.startswith("execve("))
        network = [(pid, call) for pid, call in calls if re.match(r"socket\(AF_(?!UNIX)", call)]
        need(any(pid == parent and "AF_UNIX" in call for pid, call in calls), "no socket of machined: the trace proves nothing")
        need(len({pid for pid, _ in network}) >= 2, "the vault and the peers are not asked by two processes of their own")
        need(not [call for pid, call in network if pid == parent], "the parent opens a network socket: %s" % network)
    return judge


def marker_answered_by_peer(bench):
    """The endpoint is a name that no server resolves in time; a peer of the certificate takes a connection: joined.
    By strace,
    the process that holds the secrets opens no network socket."""
    last = 73 + bench.version.startswith("1.14")
    address, server = "192.168.1.%d" % last, "127.0.7.%d" % last
    sans = "machine:\n  certSANs: [silent.test]\ncluster:\n  apiServer:\n    certSANs: [silent.test, %s]\n" % address
    several = Several(bench, "peer", "none", endpoint="silent.test", files={"talos/data-1.yaml": sans})
    box = several.box
    judge = traced(box)
    resolv = bench.kit.write(os.path.join(box.where, "resolv.conf"), "nameserver %s\n" % server)
    mount(resolv, box.root.path + os.path.realpath("/etc/resolv.conf"), None, MS_BIND)
    with listening(address), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, box:
        silent.bind((server, 53))
        wait_applied(box)
        need(box.wait("finished", SECONDS, boot=2), "hearth does not leave")
        need("answers at %s port 6443" % address in text_of(box), "said: " + text_of(box)[-600:])
        need(several.mode() == ["none"] and not several.writes(), "mode %s" % several.mode())
        judge()
        need(select.select([silent], [], [], 0)[0], "the name was not asked for: this case proves nothing")
        return box


def refused(name, value, code, applied=0):
    def case(bench):
        several = Several(bench, name, value)
        box = several.box
        with box:
            need(box.wait("console", SECONDS, line=lambda line: "hearth: " + code in line), "said: " + text_of(box)[-600:])
            time.sleep(0.5)
            need(several.name in text_of(box), "the secret is not named")
            need(not real_applies(box), "applied all the same")
            return box
    case.__name__ = "marker_" + name
    return case


def marker_written_alone(bench):
    """The process that writes the marker holds nothing of the config that the one beside it has rendered by then."""
    several = Several(bench, "alone", "none")
    several.azure.config["faults"].append({"role": "vault", "path": "/secrets/%s*" % several.name, "delay": 5})
    box = several.box
    with box:
        need(box.wait("console", SECONDS, line=lambda line: "[5/6]" in line), "said: " + text_of(box)[-600:])
        parent, fetchers, end = box.find("started")[-1]["pid"], [], time.monotonic() + 20
        while not fetchers and time.monotonic() < end:
            with open("/proc/%d/task/%d/children" % (parent, parent)) as children:
                fetchers = children.read().split()
        need(fetchers, "nobody writes the marker")
        time.sleep(1.5)  # it has connected, and waits for an answer
        held = [in_memory(int(pid), CANARY.encode()) for pid in (parent, fetchers[0])]
        need(held[0], "the parent holds no value: this case proves nothing")
        need(held[1] == 0, "the fetcher holds a value that is not in its request")
        wait_applied(box)
        need(len(several.writes()) == 1, "writes: %s" % several.writes())
        return box


def marker_by_a_person(bench):
    """The installer image has no hearth: no marker is asked for, and founding is left to a person."""
    several = Several(bench, "person", None, image=None)
    box = several.box
    with box:
        wait_applied(box)
        need(box.wait("console", 10, line=lambda line: "talosctl bootstrap" in line), "said: " + text_of(box)[-600:])
        need(box.wait("finished", SECONDS, boot=2), "hearth does not leave")
        need(not several.writes() and not box.find("bootstrap"), "founded")
        return box


CASES = [
    marker_guards, marker_of_another, marker_once, marker_killed, marker_killed_at_calls, marker_answered, marker_answered_by_peer, marker_written_alone, marker_by_a_person,
    refused("missing", None, "secret-missing"),
    refused("garbage", "yes", "marker-value"),
    refused("foreign", "f" * 32 + ".data-1.boot-1", "marker-value"),
    refused("readonly", {"value": "none", "read_only": True}, "marker-right"),
    refused("overwritten", {"value": "none", "keeps": True}, "marker-value"),
]
