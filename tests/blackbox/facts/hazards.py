"""A tree in which a file is none: facts ends, says what it can, and opens no device."""
import json
import os
import socket
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import boxes  # noqa: E402

ID = "sys/devices/virtual/dmi/id/"
PLACES = {
    "cpuinfo": "proc/cpuinfo", "meminfo": "proc/meminfo", "table": "sys/firmware/dmi/tables/DMI",
    "entry": "sys/firmware/dmi/tables/smbios_entry_point", "secure-boot":
    "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "size": boxes.BLOCK + "size", "uevent": boxes.BLOCK + "uevent", "wwid": boxes.DISK + "/wwid",
    "page": boxes.DISK + "/vpd_pg83", "address": boxes.NIC + "address", "serial": ID + "product_serial",
    "tpm": "sys/devices/pnp0/00:0c/tpm/tpm0/tpm_version_major",
}


def device(path):
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        from kit import Skip
        raise Skip("no right to make a device")


def endless(path):
    """A terabyte of zeros that takes no room."""
    with open(path, "wb") as f:
        f.truncate(1 << 40)


def lines(path):
    """Lines without an end, as a processor's are."""
    with open(path, "wb") as f:
        block = b"processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\n\n" * 20000
        for _ in range(80):
            f.write(block)


def listener(path):
    here = os.getcwd()
    os.chdir(os.path.dirname(path))
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.basename(path))
    os.chdir(here)


KINDS = {"device": device, "fifo": os.mkfifo, "socket": listener, "folder": os.mkdir, "endless": endless,
         "loop": lambda path: os.symlink(os.path.basename(path), path)}


def hazard(place, make):
    def case(kit):
        root = boxes.make(kit, "optiplex-7040")
        whole = boxes.facts_of(kit, root)
        path = os.path.join(root, PLACES[place])
        if os.path.lexists(path):
            os.unlink(path)
        make(path)
        facts = boxes.facts_of(kit, root)
        if facts["board"]["product_name"] != whole["board"]["product_name"] and place not in ("table", "entry"):
            kit.fail("more is lost than that file: %s" % json.dumps(facts["board"]))
        if place == "cpuinfo" and [facts["cpu"][key] for key in ("threads", "cores", "sockets")] != [None] * 3:
            kit.fail("half a file was counted: %s" % json.dumps(facts["cpu"]))
    return case


def note(content, wanted):
    """The right reason for a table that is not taken."""
    def case(kit):
        root = boxes.make(kit, "optiplex-7040")
        path = os.path.join(root, PLACES["table"])
        os.unlink(path)
        if content is not None:
            kit.write(os.path.relpath(path, kit.work), content)
        run = kit.expect(kit.hearth(["facts", "--sysroot", root]))
        if wanted not in run.text("stderr"):
            kit.fail("%r is not in: %s" % (wanted, run.text("stderr")))
    return case


def cases():
    for name in PLACES:
        for kind, make in KINDS.items():
            yield "%s-%s" % (name, kind), hazard(name, make), True
    yield "cpuinfo-lines", hazard("cpuinfo", lines), True
    yield "note-large", note(bytes(10 << 20), "the SMBIOS table is larger than any that hearth reads"), True
    yield "note-empty", note(b"", "the SMBIOS table is damaged"), True
    yield "note-absent", note(None, "the SMBIOS table is not there"), True
