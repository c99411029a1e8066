"""Boxes with a TPM: the login is born in a plain Linux on them, and logs in from the stick. Nowhere but in the chip is
its private key."""
import base64
import contextlib
import json
import os
import shutil
import signal
import struct
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "image"))
import assets
import bench as bench_module
import box as box_module
import cases
import chip as chip_module
import kernel
import tpm
from boot import by_tpm, need
from cases import SECONDS

HALF, CERTIFICATE = ".hearth/data-1.tpm", "logins/data-1.crt"
INSTALLED = ("controlplane", "data-1", "sda", "50026B7782DEAD01")
KEPT = b"hearthvm"  # before what machined keeps on a disk (node/disks.go)


class Birth:
    """A box with this TPM, its login and the stick that was made with it; made once in a run."""

    def __init__(self, bench, device):
        self.device = device
        self.where = os.path.join(bench.build, "work", device)
        shutil.rmtree(self.where, ignore_errors=True)
        self.state = os.path.join(self.where, "chip")
        plain = box_module.direct(bench.kernel, assets.plain(bench.build, bench.binary), "vm.login=data-1 " + bench_module.CONSOLE)
        with self.chip() as chip, bench.power(device, box_module.OPTIPLEX, bench.disk(device), chip.into(plain)) as machine:
            said = need(machine.event("born", SECONDS), "no login is born")[1]
            need(machine.off(SECONDS), "the plain Linux does not end")
        need(said["failed"] == "<nil>" and said["driver"] == device.replace("-", "_"), "born: %s" % json.dumps(said)[:600])
        facts = json.loads(said["facts"])
        need((facts["serial"], facts["tpm"]["version"]) == ("790H8D2", 2), "the facts: %s" % said["facts"][:600])
        self.files = {name: base64.b64decode(data) for name, data in said["files"].items()}
        need(sorted(self.files) == [HALF, CERTIFICATE], "laid down: %s" % sorted(self.files))
        self.key = chip_module.Key(self.state, self.files[HALF], self.files[CERTIFICATE], os.path.join(self.where, "copy"))
        self.site = bench.site(device)
        for name, data in self.files.items():
            bench.kit.write(os.path.join(self.site, name), data)
        os.chmod(os.path.join(self.site, HALF), 0o600)
        by_tpm(bench.kit, self.site)
        self.stick = bench.stick(device)

    def chip(self, state=None, **more):
        return chip_module.Chip(os.path.join(self.where, state) if state else self.state, self.device, **more)


def birth(bench, device):
    births = bench.__dict__.setdefault("births", {})
    if device not in births:
        births[device] = Birth(bench, device)
    return births[device]


class Entra:
    """What the stand-in has seen of logins, while a certificate is all that it takes."""

    def __init__(self):
        self.assertions, self.memory, self.machine = [], [], None

    def look(self, assertion):
        """The box's whole memory, while Entra has the assertion and the fetcher waits for its answer."""
        self.assertions.append(assertion)
        if self.machine and not self.memory:
            os.kill(self.machine.process.pid, signal.SIGSTOP)
            try:
                self.memory = list(tpm.memory(self.machine.process.pid, least=1 << 30))
            finally:
                os.kill(self.machine.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def registered(bench, certificate):
    azure, seen = bench.lan.world.azure, Entra()
    client, judge = azure.config["clients"][bench.kit.account()["client"]], azure.assertion
    before = dict(client)
    client.update(secret=None, certificate=certificate)

    def assertion(request, form, known):
        seen.look(form["client_assertion"])
        return judge(request, form, known)
    azure.assertion = assertion
    try:
        yield seen
    finally:
        azure.assertion = judge
        client.clear()
        client.update(before)


def nowhere(what, key, blocks, known):
    """The key is in none of these bytes, however it is written. known: what is there, or others were searched than
    meant."""
    there = False
    for block in blocks:
        need(not key.inside(block), "a private key is in " + what)
        there = there or known in block
    need(there, "%s has not what it must have" % what)


def lines(files):
    """Each file, and each without its line ends, which part what is base64."""
    for data in files:
        yield data
        yield b"".join(data.split())


def layers(stick, where):
    """Each file of a stick's layers."""
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    initramfs = os.path.join(where, "initramfs.img")
    status, words = assets.command(["xorriso", "-osirrox", "on", "-indev", stick, "-extract", "/boot/initramfs.img", initramfs])
    need(status == 0, words)
    files = kernel.unpack(assets.read(initramfs))
    for name in kernel.layers(files):
        folder = os.path.join(where, name)
        os.makedirs(folder)
        yield from (body or b"" for _, _, body in kernel.squashfs(files[name][2], folder).values())
    shutil.rmtree(where)


def written(image):
    """What a disk's sparse image holds, and the files that machined has put there."""
    with open(image, "rb") as disk:
        at, end = 0, os.fstat(disk.fileno()).st_size
        while at < end:
            try:
                at = os.lseek(disk.fileno(), at, os.SEEK_DATA)
            except OSError:  # only a hole is left
                return
            until = os.lseek(disk.fileno(), at, os.SEEK_HOLE)
            data = os.pread(disk.fileno(), until - at, at)
            yield data
            begin = data.find(KEPT) + len(KEPT)
            if begin >= len(KEPT):
                size, = struct.unpack_from("<Q", data, begin)
                yield from lines(base64.b64decode(text) for text in json.loads(data[begin + 8:begin + 8 + size]).values())
            at = until


def whole_life(bench, device, uefi):
    """Born, from the stick to an installed disk, from that to a founded cluster."""
    box = birth(bench, device)
    image = bench.disk(device + "-life")
    with registered(bench, os.path.join(box.site, CERTIFICATE)) as entra:
        with box.chip() as chip, bench.power(device + "-life", box_module.OPTIPLEX, image, chip.into(box_module.stick(box.stick)),
                                             uefi=uefi) as machine:
            entra.machine = machine
            cases.applied(machine, *INSTALLED)
            need(machine.off(SECONDS), "it does not reboot after the install")
            cases.says(machine, "the TPM makes the key")
            cases.sound(machine)
            cases.TIMES.add(device, machine)
        need(entra.assertions, "nobody logged in by the certificate")
        # The end of it: what is longer than memory()'s pieces overlap may be in none.
        nowhere("the box's memory", box.key, entra.memory, entra.assertions[0][-64:].encode())
    nowhere("the stick", box.key, [assets.read(box.stick)], b"/boot/initramfs.img")
    nowhere("the stick's layers", box.key, lines(layers(box.stick, os.path.join(box.where, "layers"))), box.files[HALF])
    nowhere("the installed disk", box.key, written(image), b'hostname: "data-1"')
    initrd = os.path.join(bench.image("initrd", "bare", BASE=bench.initramfs), "initramfs.img")
    with box.chip() as chip, bench.power(device + "-disk", box_module.OPTIPLEX, image,
                                         chip.into(box_module.direct(bench.kernel, initrd, cases.BARE))) as machine:
        need(machine.event("member", SECONDS), "the cluster is not founded from the disk")
        cases.ended(machine)
        cases.sound(machine)


def tpm_tis(bench):
    """A TPM 2.0 behind its older interface, BIOS."""
    whole_life(bench, "tpm-tis", False)


def tpm_crb(bench):
    """A TPM 2.0 as firmware has it, UEFI."""
    whole_life(bench, "tpm-crb", True)


def tpm_other(bench):
    """The stick in the same box with another TPM, as behind a swapped board, and with a TPM 1.2: refused, and nobody
    logs in."""
    box = birth(bench, "tpm-tis")
    with registered(bench, os.path.join(box.site, CERTIFICATE)) as entra:
        for name, old, code, words in (("another", False, "tpm-other", CERTIFICATE), ("old", True, "tpm-old", "tpm.version is 1")):
            with box.chip(name, old=old) as chip:
                cases.refused(bench, "tpm-" + name, box_module.OPTIPLEX, bench.disk("tpm-" + name), code, words, stick=chip.into(
                    box_module.stick(box.stick)))
        need(not entra.assertions, "it logs in all the same")


CASES = [tpm_tis, tpm_crb, tpm_other]
