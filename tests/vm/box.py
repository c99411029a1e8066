"""A virtual box: its SMBIOS, disk, stick and NIC; power on, what its screen says, what its machined's journal says."""
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

import lan as lan_module

CPU = "Skylake-Client,model-id=Intel(R) Core(TM) i5-6500T CPU @ 2.50GHz"
FIRMWARE = ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd")
# The build that knows Secure Boot; it wants a processor's system management mode.
SECURE = ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1",
          "-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"]
DISK = 240057409536
OPTIPLEX = {
    "mac": "d8:9e:f3:12:34:56", "disk": "sata", "serial_of_disk": "50026B7782DEAD01", "chassis": 35,
    0: {"vendor": "Dell Inc.", "version": "1.24.0", "date": "07/14/2022"},
    1: {"manufacturer": "Dell Inc.", "product": "OptiPlex 7040", "serial": "790H8D2",
        "uuid": "4c4c4544-0039-3010-8048-b7c04f384432", "sku": "06B9", "family": "OptiPlex"},
    2: {"manufacturer": "Dell Inc.", "product": "0Y7WYT", "version": "A00", "serial": "/790H8D2/CN129636BB0123/"},
}
PRODESK = {
    "mac": "d8:9e:f3:12:34:57", "disk": "nvme", "serial_of_disk": "S4EVNX0M900001", "chassis": 35,
    0: {"vendor": "HP", "version": "P21 Ver. 02.38", "date": "03/23/2022"},
    1: {"manufacturer": "HP", "product": "HP ProDesk 400 G4 DM", "serial": "8CG0000HRT",
        "uuid": "a1b2c3d4-0001-4000-8000-0123456789ab", "sku": "4CB25EA#ABD", "family": "103C_53307F HP ProDesk"},
    2: {"manufacturer": "HP", "product": "83F3", "version": "KBC Version 07.D2.00", "serial": "PGX0000HRT"},
}
LENOVO = {
    "mac": "d8:9e:f3:12:34:58", "disk": "sata", "serial_of_disk": "S2UFNX0H712345", "chassis": 35,
    0: {"vendor": "LENOVO", "version": "M3GKT38A", "date": "05/11/2023"},
    1: {"manufacturer": "LENOVO", "product": "11DT003TGE", "serial": "PF3HRTH0",
        "uuid": "00112233-4455-4677-8899-aabbccddeeff", "sku": "LENOVO_MT_11DT", "family": "ThinkCentre M70q"},
    2: {"manufacturer": "LENOVO", "product": "3193", "version": "SDK0T76528", "serial": "L1HF0000HRT"},
}


def chassis(box):
    """A raw SMBIOS type 3 table (DSP0134 7.4): QEMU's own option cannot set the kind of chassis."""
    words = [box[1]["manufacturer"], box[1]["serial"]]
    body = struct.pack("<BBBBBBBBBIBBBBB", 1, box["chassis"], 0, 2, 0, 3, 3, 3, 3, 0, 0, 1, 0, 0, 0)
    return struct.pack("<BBH", 3, 4 + len(body), 0x0300) + body + b"".join(word.encode() + b"\0" for word in words) + b"\0"


def partitions(volumes, size=DISK):
    """The first bytes of a disk with these partitions: (label, bytes at its begin[, MiB, else 200]). A GUID partition
    table, UEFI 2.10 5.3."""
    import zlib
    table, at, contents = b"", 2048, []
    for number, (label, begin, *mib) in enumerate(volumes):
        sectors = (mib[0] if mib else 200) << 11
        entry = b"hearth vm type  " + ("hearth vm part%02d" % number).encode() + struct.pack("<QQQ", at, at + sectors - 1, 0)
        table += entry + label.encode("utf-16-le").ljust(72, b"\0")
        contents.append((at * 512, begin))
        at += sectors
    table = table.ljust(128 * 128, b"\0")

    def header(crc):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, 1, size // 512 - 1, 34, size // 512 - 34,
                           b"hearth vm disk  ", 2, 128, 128, zlib.crc32(table))
    whole = header(zlib.crc32(header(0)))
    protective = b"\0" * 446 + struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xEE, 255, 255, 255, 1, min(size // 512 - 1, 0xffffffff))
    first = protective.ljust(510, b"\0") + b"\x55\xaa"
    return [(0, first + whole.ljust(512, b"\0") + table)] + contents


NTFS = b"\xeb\x52\x90NTFS    \0\x02\x08".ljust(510, b"\0") + b"\x55\xaa"
XFS = b"XFSB".ljust(512, b"\0")
WINDOWS = [("EFI system partition", (b"\xeb\x58\x90MSDOS5.0".ljust(82, b"\0") + b"FAT32   ").ljust(510, b"\0") + b"\x55\xaa"),
           ("Basic data partition", NTFS)]
# Two partitions of type 7 behind a master boot record, of which Talos knows nothing.
MBR = b"\xfa\x33\xc0".ljust(446, b"\0") + b"".join(
    struct.pack("<B3sB3sII", active, b"\xfe\xff\xff", 7, b"\xfe\xff\xff", start, 200 << 11)
    for active, start in ((0x80, 2048), (0, 2048 + (200 << 11)))).ljust(64, b"\0") + b"\x55\xaa"
META = b"\x5a\x4b\x3c\x2d".ljust(512, b"\0")  # one that an installer has filled
OLD_TALOS = [("EFI", b""), ("META", META), ("STATE", XFS), ("EPHEMERAL", XFS)]
RESET_TALOS = OLD_TALOS[:2]
# What Talos's installer leaves on a BIOS when it is cut behind the partitions, and the STATE that machined adds.
CUT_TALOS = [("EFI", WINDOWS[0][1], 100), ("BIOS", b"", 1), ("BOOT", b"", 2000), ("META", b"", 1), ("STATE", b"", 100)]


def disk(path, volumes=()):
    """A sparse disk image."""
    with open(path, "wb") as out:
        out.truncate(DISK)
        for at, data in partitions(volumes) if volumes else ():
            out.seek(at)
            out.write(data)
    return path


class Box:
    """One power-on of a box. arguments: what QEMU is told beyond the box itself; screen: it has one, and picture()
    takes it; secure: a firmware that knows Secure Boot, with its variables in this file, which is kept."""

    def __init__(self, where, box, image, arguments, uefi=False, show=None, screen=False, processors=1, memory=1024, secure=None):
        self.where, self.show = where, show
        # Where it is short: the path of a socket has 108 bytes.
        self.monitor = os.path.join(tempfile.gettempdir(), "hearth-vm-%d" % os.getpid())
        self.lines, self.process, self.started = [], None, None
        os.makedirs(where, exist_ok=True)
        self.journal = os.path.join(where, "journal.jsonl")
        with open(os.path.join(where, "chassis.bin"), "wb") as out:
            out.write(chassis(box))
        args = ["qemu-system-x86_64", "-machine", "q35,smm=on" if secure else "q35" if uefi else "q35,graphics=off", "-accel", "tcg,thread=multi",
                "-cpu", CPU, "-smp", str(processors), "-m", str(memory), "-nodefaults", "-display", "none", "-no-reboot",
                "-serial", "stdio", "-serial", "file:" + self.journal, "-object", "rng-random,id=rng,filename=/dev/urandom",
                "-device", "virtio-rng-pci,rng=rng"]
        for kind in (0, 1, 2):
            # A comma in a value is written twice.
            words = ["%s=%s" % (key, value.replace(",", ",,")) for key, value in box[kind].items()]
            args += ["-smbios", ",".join(["type=%d" % kind] + words)]
        args += ["-smbios", "file=" + os.path.join(where, "chassis.bin")]
        args += ["-drive", "file=%s,if=none,id=d0,format=raw,cache=unsafe" % image]
        if box["disk"] == "sata":
            args += ["-device", "ich9-ahci,id=ahci0", "-device", "ide-hd,drive=d0,bus=ahci0.0,model=KINGSTON SA400S37240G,"
                     "serial=%s,rotation_rate=1,bootindex=9" % box["serial_of_disk"]]
        else:
            args += ["-device", "nvme,drive=d0,serial=%s,bootindex=9" % box["serial_of_disk"]]
        args += ["-netdev", "tap,id=n0,ifname=%s,script=no,downscript=no" % lan_module.TAP]
        if uefi:
            variables = os.path.join(where, "vars.fd")
            shutil.copyfile(FIRMWARE[1], variables)
            args += ["-drive", "if=pflash,format=raw,readonly=on,file=" + FIRMWARE[0],
                     "-drive", "if=pflash,format=raw,file=" + variables]
        if secure:
            args += SECURE + ["-drive", "if=pflash,format=raw,file=" + secure]
        if screen:
            args += ["-device", "VGA,edid=on,xres=1280,yres=800", "-qmp", "unix:%s,server=on,wait=off" % self.monitor]
        self.args = args + list(arguments(box))

    def __enter__(self):
        open(self.journal, "wb").close()
        self.log = open(os.path.join(self.where, "console.log"), "wb")
        self.errors = open(os.path.join(self.where, "qemu.err"), "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        preexec_fn=lan_module.dies_with_us)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if os.path.exists(self.monitor):
            os.remove(self.monitor)
        self.reader.join(10)
        for one in (self.process.stdin, self.process.stdout, self.errors, self.log):
            one.close()

    def read(self):
        for raw in self.process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            self.log.write(raw)
            self.log.flush()
            at = time.monotonic() - self.started
            self.lines.append((at, line))
            if self.show:
                self.show(at, line)

    def picture(self, path):
        """What its screen shows now, as a PNG. QEMU's machine protocol: a greeting, then an answer a command."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(self.monitor)
            with line.makefile("rw") as talk:
                talk.readline()
                for command in ({"execute": "qmp_capabilities"},
                                {"execute": "screendump", "arguments": {"filename": os.path.abspath(path), "format": "png"}}):
                    talk.write(json.dumps(command) + "\n")
                    talk.flush()
                    answer = {}
                    while not {"return", "error"} & set(answer):
                        answer = json.loads(talk.readline())
                    if "error" in answer:
                        raise AssertionError("%s: %s" % (command["execute"], answer["error"]["desc"]))

    def text(self):
        return "\n".join(line for _, line in list(self.lines))

    def events(self):
        """The journal of the machined inside."""
        found = []
        with open(self.journal, encoding="utf-8", errors="replace") as source:
            for line in source:
                if line.startswith("{") and line.endswith("\n"):
                    try:
                        found.append(json.loads(line))
                    except ValueError:
                        found.append({"event": "broken", "why": "journal: " + line[:200]})
        return found

    def wait(self, good, seconds):
        """(seconds since power-on, what good() gave) as soon as it is true; None when it is not in time or the power is
        off. The time counts from now: a busy machine may be slow at every step, and a box that hangs misses the first
        one."""
        end = time.monotonic() + seconds
        while True:
            off = self.process.poll() is not None
            if off:
                self.reader.join(10)  # what it said last
            value = good()
            if value:
                return time.monotonic() - self.started, value
            if off or time.monotonic() > end:
                return None
            time.sleep(0.1)

    def off(self, seconds):
        """Whether it goes off, or reboots, in time: -no-reboot makes one of the other."""
        return self.wait(lambda: self.process.poll() is not None, seconds) is not None

    def line(self, words, seconds):
        """(seconds, line) of the first line with these words. The journal may be ahead of the screen, so it is waited
        for."""
        found = self.wait(lambda: [entry for entry in list(self.lines) if words in entry[1]], seconds)
        return found[1][0] if found else None

    def event(self, name, seconds, **match):
        found = self.wait(lambda: [entry for entry in self.events() if entry["event"] == name and
                                   all(entry.get(key) == value for key, value in match.items())], seconds)
        return (found[0], found[1][0]) if found else None


def nic(box):
    return ["-device", "e1000e,netdev=n0,mac=%s,romfile=" % box["mac"]]


def virtio(box):
    """A NIC that costs an emulated processor half as much."""
    return ["-device", "virtio-net-pci,netdev=n0,mac=%s,romfile=" % box["mac"]]


def direct(kernel, initrd, arguments, nic=nic):
    """No firmware and no boot loader: QEMU loads the kernel."""
    return lambda box: nic(box) + ["-kernel", kernel, "-initrd", initrd, "-append", arguments]


def stick(iso, nic=nic):
    """The image on a stick at USB 3."""
    return lambda box: nic(box) + [
        "-device", "qemu-xhci,id=xhci", "-drive", "file=%s,if=none,id=u0,format=raw,readonly=on" % iso,
        "-device", "usb-storage,bus=xhci.0,drive=u0,serial=USB0001,removable=on,bootindex=1"]


def network(box):
    """Boots from its NIC: QEMU's own ROM for it, for both firmwares."""
    return ["-device", "e1000e,netdev=n0,mac=%s,bootindex=0" % box["mac"]]


def firmware_network(box):
    """Boots by OVMF's own network boot, which is no iPXE; it has a driver for this NIC alone."""
    return ["-device", "virtio-net-pci,netdev=n0,mac=%s,romfile=,bootindex=0" % box["mac"]]
