"""The cases: each is a power-on or several of one box, and what its screen and its machined must have seen."""
import base64
import json
import os
import struct

import assets
import bench as bench_module
import boot
import box as box_module
import cpio
from boot import need

SECONDS = 300  # for one step of a boot; an emulated processor on a busy machine
ACCEPTED = "accepted by machined"
BARE = "talos.platform=metal console=tty0 slab_nomerge= pti=on module.sig_enforce=1 " + bench_module.CONSOLE


class Times:
    """Seconds since power-on, for the closing table."""

    def __init__(self):
        self.rows = []

    def add(self, name, machine):
        first = [at for at, line in list(machine.lines) if bench_module.FIRST in line]
        self.rows.append((name, first[0] if first else None, since_first(machine)))


TIMES = Times()


def since_first(machine):
    """Seconds from power-on until the config was accepted, by the screen's clock."""
    found = [at for at, line in list(machine.lines) if ACCEPTED in line]
    return found[0] if found else None


def applied(machine, kind, hostname, disk, serial):
    """The box ends in a config of this role, for this disk."""
    need(machine.event("applied", SECONDS, complete=True), "nothing was applied")
    summary = need(machine.event("summary", SECONDS), "no summary of the applied config")[1]["summary"]
    need((summary["type"], summary["hostname"], summary["cluster"]) == (kind, hostname, "data"),
         "role: %s" % json.dumps(summary)[:300])
    installed = need(machine.event("installed", SECONDS), "not installed")[1]
    need((installed["disk"], installed["serial"]) == (disk, serial), "installed as %s" % installed)
    says(machine, ACCEPTED)


def sound(machine):
    """What no case may have."""
    broken = [entry for entry in machine.events() if entry["event"] in ("violation", "broken")]
    need(not broken, "machined saw what a right client never does: %s" % json.dumps(broken[:2]))
    need(machine.line(machine.layers, SECONDS), "another init than the one that was built in mounted the layers")
    need(boot.CANARY not in machine.text(), "the canary is on the console")


def untouched(machine):
    calls = [entry for entry in machine.events() if entry["event"] == "call" and
             entry["method"].endswith(("ApplyConfiguration", "Bootstrap"))]
    need(not calls, "the node was touched: %s" % calls[:1])


def ended(machine):
    """hearth leaves with 0."""
    need(machine.event("finished", SECONDS), "hearth does not end")
    exits = [entry for entry in machine.events() if entry["event"] == "exited"]
    need(all(entry["status"] == 0 for entry in exits), "exits: %s" % exits)


def says(machine, *words):
    """The screen may be behind the journal: it is waited for."""
    for word in words:
        need(machine.line(word, SECONDS), "the screen does not say: %s" % word)


def whole_life(bench, name, uefi):
    """A blank disk, the stick: applied and installed. Then what the installer left, with the extension alone: founded,
    exit 0."""
    image = bench.disk(name)
    with bench.power(name, box_module.OPTIPLEX, image, box_module.stick(bench.stick()), uefi=uefi) as machine:
        applied(machine, "controlplane", "data-1", "sda", "50026B7782DEAD01")
        need(machine.off(SECONDS), "it does not reboot after the install")
        says(machine, "192.168.1.10/24", "remove the stick")
        sound(machine)
        TIMES.add(name, machine)
    return image


def usb_bios(bench):
    """USB stick, BIOS: a blank box becomes the control plane; booted from its disk it founds the cluster; then nothing
    is left."""
    image = whole_life(bench, "usb-bios", False)
    initrd = os.path.join(bench.image("initrd", "bare", BASE=bench.initramfs), "initramfs.img")
    with bench.power("usb-bios-disk", box_module.OPTIPLEX, image, box_module.direct(bench.kernel, initrd, BARE)) as machine:
        need(machine.event("member", SECONDS), "the cluster is not founded from the disk")
        ended(machine)
        need(not [entry for entry in machine.events() if entry["event"] == "installed"], "it was installed again")
        sound(machine)
    with bench.power("usb-bios-stick", box_module.OPTIPLEX, image, box_module.stick(bench.stick())) as machine:
        ended(machine)
        says(machine, "came from a stick")
        sound(machine)


def usb_uefi(bench):
    """USB stick, UEFI: the same line under OVMF."""
    whole_life(bench, "usb-uefi", True)


def again(bench):
    """A box that was reset to maintenance mode, the same stick: configured and founded again without a second
    install."""
    image = bench.disk("again", box_module.RESET_TALOS)
    with bench.power("again", box_module.OPTIPLEX, image, box_module.stick(bench.stick())) as machine:
        need(machine.event("applied", SECONDS, complete=True), "nothing was applied")
        need(machine.event("member", SECONDS), "the cluster is not founded")
        ended(machine)
        events = machine.events()
        need(not [entry for entry in events if entry["event"] == "installed"], "it was installed again")
        says(machine, "carries a Talos already", ACCEPTED)
        sound(machine)
        TIMES.add("again", machine)


def other_make(bench):
    """The same stick in a box of another make: the worker's role, and its NVMe disk."""
    image = bench.disk("other-make")
    with bench.power("other-make", box_module.PRODESK, image, box_module.stick(bench.stick())) as machine:
        applied(machine, "worker", "worker-8cg0000hrt", "nvme0n1", "S4EVNX0M900001")
        says(machine, "192.168.1.21/24")
        sound(machine)
        TIMES.add("other-make", machine)


def refused(bench, name, box, image, code, *words, stick=None):
    """The stick in a box that hearth must leave as it is, with this code and these words on the screen."""
    with bench.power(name, box, image, stick or box_module.stick(bench.stick())) as machine:
        need(machine.line(code, SECONDS), "no refusal")
        says(machine, *words)
        untouched(machine)
        sound(machine)
        TIMES.add(name, machine)


def unknown(bench):
    """A box that no entry matches: refused, with a match: to paste."""
    refused(bench, "unknown", box_module.LENOVO, bench.disk("unknown"), "plan-no-match", "match:", "PF3HRTH0")


def windows(bench):
    """A disk with NTFS on it: refused, with what is there."""
    image = bench.disk("windows", box_module.WINDOWS)
    refused(bench, "windows", box_module.OPTIPLEX, image, "guard-foreign", "sda", "vfat", "Basic data partition")


def mbr(bench):
    """Windows as a BIOS knows it: to Talos the disk has no name and no partitions. Refused by what the kernel sees."""
    image = bench.disk("mbr")
    with open(image, "r+b") as out:
        out.write(box_module.MBR)
    refused(bench, "mbr", box_module.OPTIPLEX, image, "guard-foreign", "sda", "2 partitions, of which Talos can read 0")


def btrfs(bench):
    """btrfs on the whole disk: no partition, and no name to Talos. Refused by what stands on the disk itself."""
    image = bench.disk("btrfs")
    with open(image, "r+b") as out:
        out.seek(0x10040)
        out.write(b"_BHRfS_M")
    refused(bench, "btrfs", box_module.OPTIPLEX, image, "guard-foreign", "sda", "holds btrfs")


def old_talos(bench):
    """A disk with a Talos that somebody else configured: left alone, with the ways on."""
    files = json.dumps({"STATE/config.yaml": base64.b64encode(bench.config()).decode()}).encode()
    state = box_module.XFS.ljust(64 << 10, b"\0") + b"hearthvm" + struct.pack("<Q", len(files)) + files
    image = bench.disk("old-talos", [("EFI", b""), ("META", box_module.META), ("STATE", state), ("EPHEMERAL", box_module.XFS)])
    with bench.power("old-talos", box_module.OPTIPLEX, image, box_module.stick(bench.stick())) as machine:
        ended(machine)
        says(machine, "not by hearth", "came from a stick", "talosctl reset")
        untouched(machine)
        sound(machine)
        TIMES.add("old-talos", machine)


def bare(bench):
    """An installed disk in maintenance mode with the extension alone, no site: one line, exit 0."""
    initrd = os.path.join(bench.image("initrd", "bare", BASE=bench.initramfs), "initramfs.img")
    image = bench.disk("bare", box_module.RESET_TALOS)
    with bench.power("bare", box_module.OPTIPLEX, image, box_module.direct(bench.kernel, initrd, BARE)) as machine:
        ended(machine)
        says(machine, "without a site")
        untouched(machine)
        sound(machine)


THEIRS = """\
layers:
    - image: 000.theirs.sqsh
      metadata:
        name: theirs
        version: "1"
        author: somebody
"""


def bases(bench):
    """The segment behind bases of every kind: Debian's kernel unpacks them, and init mounts the layers."""
    where = os.path.join(bench.build, "work", "bases")
    os.makedirs(where, exist_ok=True)
    plain = assets.output(["zstd", "-dcq"], assets.read(bench.initramfs))
    packed = next(data for data in (assets.output(["zstd", "-q", "-c", "-%d" % level], plain + bytes(512 * level))
                                    for level in range(1, 9)) if len(data) % 4)
    segment = assets.read(os.path.join(bench.image("initrd", "segment"), "hearth-initrd.img"))
    theirs = cpio.write([("extensions.yaml", THEIRS.encode(), 0o644), ("000.theirs.sqsh", assets.squashed(
        os.path.join(where, "layer"), {"usr/local/share/theirs": b"a file of theirs"}), 0o644)], 0)
    for kind, base, said in (
            ("zstd, of a length that is no multiple of four, by cat", None, "hearth"),
            ("xz", assets.output(["xz", "-0", "-T1", "-C", "crc32", "-c"], plain), "hearth"),
            ("uncompressed", plain, "hearth"),
            ("with layers of its own", packed + assets.output(["zstd", "-q", "-c"], theirs), "theirs hearth a file of theirs")):
        initrd = os.path.join(where, "initrd.img")
        if base is None:
            assets.lay(initrd, packed + segment, 0o644)
        else:
            assets.lay(os.path.join(where, "base.img"), base, 0o644)
            made = bench.image("initrd", "bases", BASE=os.path.join(where, "base.img"))
            os.replace(os.path.join(made, "initramfs.img"), initrd)
        with bench.power("bases", box_module.OPTIPLEX, bench.disk("bases"), box_module.direct(bench.kernel, initrd, BARE)) as machine:
            line = need(machine.line("vm: they are", SECONDS), "behind a base %s: it does not boot" % kind)[1]
            need(line.strip() == "vm: they are " + said, "behind a base %s: %s" % (kind, line))
            need(machine.layers in machine.text(), "another init than the one that was built in mounted the layers")
    for name in ("base.img", "initrd.img"):
        os.unlink(os.path.join(where, name))


def pxe(bench, name, uefi, arguments=box_module.network):
    where = bench.image("pxe", "pxe", SITE=bench.site(), KERNEL=bench.kernel, INITRAMFS=bench.initramfs, CREDENTIAL="1")
    with bench.serve(where):
        image = bench.disk(name)
        with bench.power(name, box_module.OPTIPLEX, image, arguments, uefi=uefi) as machine:
            applied(machine, "controlplane", "data-1", "sda", "50026B7782DEAD01")
            says(machine, ", 1 disk, ")
            sound(machine)
            TIMES.add(name, machine)


def pxe_bios(bench):
    """Network boot, BIOS: make pxe-serve beside a router's DHCP that knows nothing of it."""
    pxe(bench, "pxe-bios", False)


def pxe_uefi(bench):
    """Network boot, UEFI: the same directory and server."""
    pxe(bench, "pxe-uefi", True)


def pxe_firmware(bench):
    """Network boot by a firmware that is no iPXE: it fetches ipxe.efi by TFTP, which goes on as above."""
    pxe(bench, "pxe-firmware", True, box_module.firmware_network)


CASES = [usb_bios, usb_uefi, again, other_make, unknown, windows, mbr, btrfs, old_talos, bare, bases, pxe_bios, pxe_uefi, pxe_firmware]
