"""The cases: each is one box, powered on once or several times, and what its machined and its screen must say."""
import json
import os
import re
import socket

import box as box_module
import compare
from boot import CANARY, need

STEP = 300  # seconds for one step; an emulated processor on a busy machine
ACCEPTED = "accepted by machined"
FINISHED = "service[ext-hearth](Finished): Service finished successfully"
# What the closing table times: the first line with these words.
STEPS = [("maintenance", "entering maintenance service"), ("[1/6]", "[1/6]"), ("accepted", ACCEPTED),
         ("installer begins", "running Talos installer"), ("installed", "installation of "), ("kexec", "kexec_core: Starting new kernel"),
         ("config of the disk", "configured as "), ("founded", "founded "), ("ext-hearth done", "service[ext-hearth](Finished)")]


def steps(machine, *words, seconds=STEP, at=0):
    """Each of these is said behind the one before it; the number of the line behind the last."""
    for word in words:
        found = machine.wait(lambda: [number for number, (_, line) in enumerate(machine.lines[at:], at) if word in line], seconds)
        need(found, "the console does not say: %s" % word)
        at = found[1][0] + 1
    return at


def complaints(machine):
    """What hearth calls an error; the kernel's stamp is in front."""
    return [line for _, line in list(machine.lines) if re.search(r"\] hearth: [a-z0-9-]+: ", line)]


def install(bench, name="install", then=lambda bench: None):
    """A blank disk and the stick, BIOS: accepted, installed by Talos's installer, started from the disk, founded."""
    def story(machine):
        at = steps(machine, "entering maintenance service", "[1/6]", ACCEPTED, "running Talos installer",
                   "installation of %s complete" % bench.parts.version)
        at = steps(machine, "kexec_core: Starting new kernel", "configured as data-1", "secrets inlined",
                   "founding cluster data", "founded    cluster data, by data-1", "done       cluster data", FINISHED, at=at)
        need(not complaints(machine), "an error is on the console: %s" % complaints(machine))
        need(len([line for _, line in machine.lines if "bootstrap request received" in line]) == 1, "Bootstrap more than once")
        members = bench.resources("EtcdMembers.etcd.talos.dev")
        need(list(members) == ["local"], "etcd's members: %s" % members)
        volumes = bench.resources("DiscoveredVolumes.block.talos.dev")
        meta = [one for one in volumes.values() if one.get("partition_label") == "META"]
        need([one.get("name") for one in meta] == ["talosmeta"], "META: %s" % meta)
        need(CANARY not in machine.text(), "the canary is on the console")
        then(bench)
    bench.installing(name, box_module.stick(bench.stick(), box_module.virtio), lambda: bench.disk(name), story)


def rendered(bench, name):
    """The machine config that this site makes for the installed box."""
    where = bench.kit.directory(name)
    facts = bench.kit.write(os.path.join(where, "facts.json"), json.dumps(bench.installed_facts()))
    status, _, err = bench.kit.hearth("render", "--site", bench.site(), "--node", "data-1", "--facts", facts, "--out", os.path.join(where, "out"))
    need(status == 0, "hearth render: " + err)
    return os.path.join(where, "out", "machine-config.yaml")


def drift(bench):
    """The same site rendered again and shown to the node: no difference but hearth's own document, which render does
    not write."""
    lines = bench.client("dry-run", rendered(bench, "drift")).splitlines()
    changed = [line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---")) and line[1:].strip()]
    own = re.compile(r'-(---|apiVersion: v1alpha1|kind: ExtensionServiceConfig|name: "?hearth"?|environment:|  *- "?HEARTH_[A-Z]+=.*)$')
    need([line for line in changed if "HEARTH_NODE" in line], "hearth's own document is not among: %s" % lines[:40])
    need(not [line for line in changed if not own.match(line)], "drift: %s" % [line for line in changed if not own.match(line)][:20])


def day_two(bench):
    """The same, and then the question whether the node has drifted from its site."""
    install(bench, "day-two", drift)


def cut_install(bench):
    """A disk on which the installer was cut behind its partitions: wiped through machined, started again, and blank
    then."""
    image = bench.disk("cut", box_module.CUT_TALOS)
    with bench.small("cut", image) as machine:
        steps(machine, "holds 5 partitions", "an install began on this disk", "wiped      sda")
        need(machine.off(STEP), "it does not start again")
    with bench.small("cut-again", image) as machine:
        steps(machine, "holds nothing", ACCEPTED)


def refused(bench, name, image, *words):
    with bench.small(name, image) as machine:
        steps(machine, "[2/6]", *words)
        need("[6/6]" not in machine.text(), "applied all the same")


def ntfs(bench):
    """NTFS on the whole disk, of which Talos says nothing."""
    image = bench.disk("ntfs")
    with open(image, "r+b") as out:
        out.write(box_module.NTFS)
    refused(bench, "ntfs", image, "hearth: guard-foreign: sda (KINGSTON SA400S3, 240 GB) holds ntfs")


def mbr(bench):
    """Windows as a BIOS knows it: no name and no partition to Talos."""
    image = bench.disk("mbr")
    with open(image, "r+b") as out:
        out.write(box_module.MBR)
    refused(bench, "mbr", image, "hearth: guard-foreign: sda", "2 partitions, of which Talos can read 0")


def btrfs(bench):
    """btrfs on the whole disk, which Talos knows."""
    image = bench.disk("btrfs")
    with open(image, "r+b") as out:
        out.seek(0x10040)
        out.write(b"_BHRfS_M")
    refused(bench, "btrfs", image, "hearth: guard-foreign: sda (KINGSTON SA400S3, 240 GB) holds btrfs")


def no_time(bench):
    """No time server: a minute from the first address, then the box's own clock, and a line that says so."""
    options, bench.lan.options = bench.lan.options, []
    try:
        with bench.small("no-time", bench.disk("no-time")) as machine:
            steps(machine, "not synchronized", ACCEPTED)
    finally:
        bench.lan.options = options


def no_link(bench):
    """The cable comes late: said, with the ports, and then it goes on."""
    path = os.path.join(bench.build, "work", "no-link", "monitor")
    monitor = ["-monitor", "unix:%s,server,nowait" % path]
    with bench.small("no-link", bench.disk("no-link"), lambda box: box_module.stick(bench.stick())(box) + monitor) as machine:
        need(machine.wait(lambda: os.path.exists(path), STEP), "no monitor")
        with socket.socket(socket.AF_UNIX) as talk:
            talk.connect(path)
            talk.sendall(b"set_link n0 off\n")
            steps(machine, "hearth: wait-link: no address after 60 s; 1 network port, 0 with a link")
            talk.sendall(b"set_link n0 on\n")
            steps(machine, ACCEPTED)


def standin(bench):
    """The same questions to the real machined and to its stand-in, in maintenance mode: each difference is
    explained."""
    with bench.power("standin", box_module.LENOVO, bench.disk("standin"), box_module.stick(bench.stick()), processors=1, memory=2048) as machine:
        steps(machine, "hearth: plan-no-match")
        real = compare.read(bench.client("dump", *compare.KINDS, admin=False, box=box_module.LENOVO).splitlines())
    fake = compare.read(bench.standin(compare.KINDS).splitlines())
    text, unexplained = compare.table(compare.differences(real, fake))
    print("stand-in against real, in maintenance mode\n" + text, flush=True)
    need(not unexplained, "not explained: %s" % unexplained)


CASES = [install]  # of `make talos`
MORE = [day_two, cut_install, ntfs, mbr, btrfs, no_time, no_link, standin]  # by name, or all of them with --all
