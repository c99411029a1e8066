"""The cases that get as far as an apply, and what all cases share: each is one box, powered on once or several times,
and what its machined and its screen must say."""
import os
import re
import socket
import tempfile

import box as box_module
import compare
from boot import need

STEP = 300  # seconds for one step; an emulated processor on a busy machine
STARTED = "[initramfs] entering the rootfs"
MAINTENANCE = "entering maintenance service"
ACCEPTED = "accepted by machined"
APID = "service[apid](Running): Health check successful"
FINISHED = "service[ext-hearth](Finished): Service finished successfully"
# What the closing table times: the first line with these words behind the one before it that was said. Between the
# apply and the install hearth says once more what the node is configured as, and its end is said once a boot.
STEPS = [("maintenance", "entering maintenance service"), ("[1/6]", "[1/6]"), ("accepted", ACCEPTED),
         ("installer begins", "running Talos installer"), ("installed", "installation of "), ("kexec", "kexec_core: Starting new kernel"),
         ("config of the disk", "configured as "), ("founded", "founded "), ("ext-hearth done", "service[ext-hearth](Finished)")]


def timed(lines):
    """[(step, seconds)] of a console's (seconds, line) rows."""
    rows, at = [], 0
    for step, words in STEPS:
        found = next((number for number, (_, line) in enumerate(lines[at:], at) if words in line), None)
        if found is not None:
            rows.append((step, lines[found][0]))
            at = found
    return rows


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


def refused(bench, name, image, *words):
    with bench.small(name, image) as machine:
        steps(machine, STARTED, MAINTENANCE, "[2/6]", *words)
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
    refused(bench, "mbr", image,
            "hearth: guard-foreign: sda (KINGSTON SA400S3, 240 GB) holds 2 partitions, of which Talos can read 0")


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
            steps(machine, STARTED, MAINTENANCE, "not synchronized", ACCEPTED)
    finally:
        bench.lan.options = options


def no_link(bench):
    """The cable comes late: said, with the ports, and then it goes on."""
    # Where it is short: the path of a socket has 108 bytes.
    path = os.path.join(tempfile.gettempdir(), "hearth-talos-%d" % os.getpid())
    monitor = ["-monitor", "unix:%s,server,nowait" % path]
    with bench.small("no-link", bench.disk("no-link"), lambda box: box_module.stick(bench.stick())(box) + monitor) as machine:
        with socket.socket(socket.AF_UNIX) as talk:
            need(machine.wait(lambda: os.path.exists(path) and talk.connect_ex(path) == 0, STEP), "no monitor")
            talk.sendall(b"set_link n0 off\n")
            steps(machine, STARTED, MAINTENANCE, "hearth: wait-link: no address after 60 s; 1 network port, 0 with a link")
            talk.sendall(b"set_link n0 on\n")
            steps(machine, ACCEPTED)


def same(bench, name, what, real, fake):
    """Each difference between these two dumps is explained; they are kept beside the box's console."""
    for file, dump in (("real.jsonl", real), ("standin.jsonl", fake)):
        bench.kit.write(os.path.join(bench.build, "work", name, file), dump)
    text, unexplained = compare.table(compare.differences(compare.read(real.splitlines()), compare.read(fake.splitlines())))
    print("stand-in against real, %s\n%s" % (what, text), flush=True)
    need(not unexplained, "not explained: %s" % unexplained)


def standin(bench):
    """The same questions to the real machined and to its stand-in, in maintenance mode: each difference is
    explained."""
    with bench.power("standin", box_module.LENOVO, bench.disk("standin"), box_module.stick(bench.stick()), processors=1, memory=2048) as machine:
        steps(machine, STARTED, MAINTENANCE, "hearth: plan-no-match")
        steps(machine, APID)
        real = bench.client("dump", *compare.KINDS, admin=False, box=box_module.LENOVO)
    same(bench, "standin", "in maintenance mode", real, bench.standin(compare.KINDS))


CASES = [ntfs, mbr, btrfs, no_time, no_link, standin]
