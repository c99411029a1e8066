"""The cases of an install: one that ends, one that is cut, one that fails."""
import contextlib
import os
import struct
import zlib

import box as box_module
import cases_tpm
import chip as chip_module
from boot import CANARY, SECOND, need
from boot_marker import THIRD
from boots import ACCEPTED, FINISHED, MAINTENANCE, STARTED, STEP, complaints, steps

# A GUID partition table (UEFI 2.10, 5.3): the header is sector 1, the entries begin with sector 2.
META, SECTOR, ENTRIES = "META".encode("utf-16-le"), 512, 128 * 128


def switch_off(bench, machine):
    """In good order, so that what is on the disk is all there is."""
    bench.client("shutdown")
    need(machine.off(STEP), "it is not switched off")


def install(bench, name="install", then=lambda bench, machine: None, arguments=None):
    """A blank disk and the stick, BIOS: accepted, installed by Talos's installer, started from the disk, founded."""
    def story(machine):
        at = steps(machine, STARTED, MAINTENANCE, "[1/6]", ACCEPTED, "running Talos installer",
                   "installation of %s complete" % bench.parts.version)
        steps(machine, "kexec_core: Starting new kernel", "configured as data-1", "secrets inlined",
              "founding cluster data", "founded    cluster data, by data-1", "done       cluster data", FINISHED, at=at)
        need(not complaints(machine), "an error is on the console: %s" % complaints(machine))
        need(len([line for _, line in machine.lines if "bootstrap request received" in line]) == 1, "Bootstrap more than once")
        members = bench.resources("EtcdMembers.etcd.talos.dev")
        need(list(members) == ["local"], "etcd's members: %s" % members)
        volumes = bench.resources("DiscoveredVolumes.block.talos.dev")
        meta = [one for one in volumes.values() if one.get("partition_label") == "META"]
        need([one.get("name") for one in meta] == ["talosmeta"], "META: %s" % meta)
        need(CANARY not in machine.text(), "the canary is on the console")
        then(bench, machine)
    bench.installing(name, arguments or box_module.stick(bench.stick(), box_module.virtio), lambda: bench.disk(name), story)


def partition(path, label):
    """(first byte, bytes) of a partition."""
    with open(path, "rb") as source:
        source.seek(2 * SECTOR)
        entries = source.read(ENTRIES)
    found = [entries[at:at + 128] for at in range(0, ENTRIES, 128) if entries[at + 56:at + 128] == label.encode("utf-16-le").ljust(72, b"\0")]
    need(len(found) == 1, "%d partitions are named %s" % (len(found), label))
    first, last = struct.unpack_from("<QQ", found[0], 32)
    return first * SECTOR, (last + 1 - first) * SECTOR


def partitioned(path):
    """Whether the disk has a table that was written to its end, with a META in it."""
    with open(path, "rb") as source:
        begin = source.read(2 * SECTOR + ENTRIES)
    entries = begin[2 * SECTOR:]
    return META in entries and struct.unpack_from("<I", begin, SECTOR + 88)[0] == zlib.crc32(entries)


def cut(bench, name, held, **more):
    """The power goes while the installer works, right behind the partitions; then twice the stick again."""
    def power_cut(machine):
        steps(machine, STARTED, MAINTENANCE, ACCEPTED, "running Talos installer")
        need(machine.wait(lambda: partitioned(image), STEP), "no partition labelled META comes")
        need("installation of" not in machine.text(), "it was installed before the power went: this case proves nothing")
    image = bench.disk(name)
    stick = box_module.stick(bench.stick(), box_module.virtio)
    bench.installing(name, stick, lambda: image, power_cut, **more)
    with bench.small(name + "-mended", image, **more) as machine:
        steps(machine, STARTED, MAINTENANCE, "[3/6]", "an install began on this disk", "wiped      sda")
        need(any("[3/6]" in line and held in line for _, line in machine.lines), "the plan does not say %s" % held)
        need(machine.off(STEP), "it does not start again")
    bench.installing(name + "-again", stick, lambda: image, lambda machine: steps(
        machine, STARTED, MAINTENANCE, "holds nothing", ACCEPTED, "running Talos installer",
        "installation of %s complete" % bench.parts.version), **more)


def cut_bios(bench):
    """An install that is cut, BIOS: the disk is wiped through machined, the box starts again, and Talos installs."""
    cut(bench, "cut-bios", "1 MB BIOS")


def cut_uefi(bench):
    """The same under UEFI, where the installer makes neither BIOS nor BOOT."""
    cut(bench, "cut-uefi", "1 MB META", uefi=True)


def failed_install(bench):
    """Of three control planes the one that founds; its first install fails before it writes. Its own marker is no
    proof of a cluster: a person decides, on the screen of both boots and from the disk."""
    cluster, secret = "several", "hearth-several-founded"
    command = "if cluster %s was never founded: talosctl bootstrap --nodes 192.168.1.10" % cluster
    store = bench.kit.world.azure.config["vaults"]["*"]
    store[secret] = "none"
    bench.site(cluster, more=SECOND + THIRD, cluster=cluster)
    image = bench.disk("failed")
    bench.absent.add("hearth_installer")
    try:
        with bench.small("failed", image, box_module.stick(bench.stick(cluster))) as machine:
            steps(machine, STARTED, MAINTENANCE, "holds nothing", ACCEPTED)
            need(machine.off(2 * STEP), "the install does not fail, or Talos does not start again")
            need(".data-1." in marker(store, secret), "the marker is %s" % marker(store, secret))
    finally:
        bench.absent.clear()

    def story(machine):
        steps(machine, STARTED, MAINTENANCE, "holds nothing", "whether it was, a person must say", ACCEPTED,
              "next       after the install, " + command, "running Talos installer",
              "installation of %s complete" % bench.parts.version, "kexec_core: Starting new kernel",
              "configured as data-1", "done       " + command, FINISHED)
        need("bootstrap request received" not in machine.text(), "it was founded all the same")
    bench.installing("failed-again", box_module.stick(bench.stick(cluster), box_module.virtio), lambda: image, story)


@contextlib.contextmanager
def switched(state, arguments):
    """A box with the chip of this state, which is switched on and off with it, as often as it is powered on."""
    chips = []

    def end():
        while chips:
            chips.pop().__exit__()

    def with_chip(box):
        end()
        chips.append(chip_module.Chip(state, "tpm-crb").__enter__())
        return chips[-1].into(arguments)(box)
    try:
        yield with_chip
    finally:
        end()


def tpm_crb(bench):
    """The login is born in the box's TPM: half of one is on the stick, and Entra takes the certificate alone."""
    name = "tpm-crb"
    where = bench.kit.directory(name)
    state = os.path.join(where, "chip")
    certificate = bench.boot.birth(bench.site(name), bench.boot.tree("optiplex-7040", where), state)
    stick = box_module.stick(bench.stick(name), box_module.virtio)
    with cases_tpm.registered(bench, certificate) as entra, switched(state, stick) as arguments:
        install(bench, name, lambda bench, machine: need("the TPM makes the key" in machine.text(), "no key is made"), arguments)
        need(entra.assertions, "nobody logged in by the certificate")


def marker(store, secret):
    return store[secret]["value"] if isinstance(store[secret], dict) else store[secret]


CASES = [install]  # of `make talos`
MORE = [cut_bios, cut_uefi, failed_install, tpm_crb]
