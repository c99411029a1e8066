"""The stick's menu in a virtual box, BIOS and UEFI: what each key does, read from the serial line.

The kernel is 60 bytes in the format of Linux that say its arguments on the serial line and end the box; a disk with
Talos on it is an ISO that has the files the menu looks for, and whose own boot loader says that it was reached.
"""
import os
import re
import select
import shutil
import struct
import subprocess
import time

from kit import Failure, REPO, Skip, command, expect, read, write, zstd

CODE, VARS = "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"
SECONDS = 180  # for one step, on a busy machine
DOWN, ENTER = "\x0e", "\r"
REACHED = 'serial --unit=0 --speed=115200\nterminal_output serial\necho "the installed disk was reached"\nhalt\n'
STARTED = "kernel arguments: "
# Entered in protected mode with %esi at the boot parameters (Linux Documentation/arch/x86/boot.rst, 32-bit boot
# protocol).
PROGRAM = """
    .code32
    call here
here: pop %ebp
    lea text-here(%ebp), %ebx
    call say
    mov 0x228(%esi), %ebx
    call say
    mov $0xcf9, %dx
    mov $6, %al
    out %al, %dx
    hlt
say: mov $0x3fd, %dx
    in %dx, %al
    test $0x20, %al
    jz say
    mov (%ebx), %al
    test %al, %al
    jz done
    mov $0x3f8, %dx
    out %al, %dx
    inc %ebx
    jmp say
done: ret
text: .asciz "\\r\\nkernel arguments: "
"""


def cases(kit):
    shared = {}

    def lacking():
        if "lacking" not in shared:
            if shutil.which("qemu-system-x86_64") is None and os.geteuid() == 0:
                subprocess.run([os.path.join(REPO, "scripts", "deps"), "vm"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
            shared["lacking"] = [what for what, there in (("qemu-system-x86_64", shutil.which("qemu-system-x86_64")),
                                                          (CODE, os.path.exists(CODE))) if not there]
        if shared["lacking"]:
            raise Skip("%s is not here: scripts/deps vm" % shared["lacking"][0])

    def kernel():
        """A setup header (version 2.12, loaded high, at 1 MiB) and the program behind it."""
        path = write(os.path.join(kit.directory(), "kernel.s"), PROGRAM)
        command(["as", "--32", "-o", path + ".o", path])
        command(["objcopy", "-O", "binary", "-j", ".text", path + ".o", path + ".bin"])
        image = bytearray(5 * 512)
        image[0x1f1] = 4
        struct.pack_into("<H", image, 0x1fe, 0xaa55)
        image[0x200:0x202] = b"\xeb\x66"
        image[0x202:0x206] = b"HdrS"
        struct.pack_into("<H", image, 0x206, 0x20c)
        image[0x211] = 1
        struct.pack_into("<I", image, 0x214, 0x100000)
        struct.pack_into("<I", image, 0x22c, 0x37ffffff)
        struct.pack_into("<I", image, 0x230, 0x1000)
        struct.pack_into("<I", image, 0x238, 2047)
        struct.pack_into("<QI", image, 0x258, 0x100000, 0x10000)
        struct.pack_into("<I", image, 0x1f4, 4096 // 16)
        return write(os.path.join(kit.directory(), "vmlinuz"), bytes(image) + read(path + ".bin").ljust(4096, b"\0"))

    def stick():
        if "stick" not in shared:
            shared["stick"] = kit.run("usb", SITE=kit.site(), KERNEL=kernel(), KARGS="console=ttyS0", INITRAMFS=write(
                os.path.join(kit.directory(), "initramfs.xz"), zstd(kit.base()))).good().path("hearth-usb.iso")
        return shared["stick"]

    def disk():
        if "disk" not in shared:
            top = os.path.join(kit.directory(), "disk")
            write(os.path.join(top, "boot", "grub", "grub.cfg"), REACHED)
            write(os.path.join(top, "grub", "grub.cfg"), "")
            write(os.path.join(top, "loader", "loader.conf"), "")
            os.makedirs(os.path.join(top, "EFI", "BOOT"))
            command(["grub-mkstandalone", "-O", "x86_64-efi", "-o", os.path.join(top, "EFI", "BOOT", "BOOTX64.EFI"), "--locales=",
                     "--fonts=", "--themes=", "--install-modules=serial terminal echo halt normal",
                     "boot/grub/grub.cfg=" + os.path.join(top, "boot", "grub", "grub.cfg")])
            shared["disk"] = top + ".iso"
            command(["grub-mkrescue", "--output=" + shared["disk"], "--locales=", "--fonts=", "--themes=", top])
        return shared["disk"]

    def play(uefi, steps, with_disk=True):
        """Starts the box and follows the steps, (what is read, what is typed then); the last one's keys are not
        typed."""
        lacking()
        where = kit.directory()
        # SeaBIOS and what it starts share the serial line with GRUB: everything is seen twice, and each key comes once.
        args = ["qemu-system-x86_64", "-machine", "q35,graphics=off", "-accel", "tcg,thread=multi", "-m", "512", "-nodefaults",
                "-display", "none", "-no-reboot", "-serial", "stdio", "-device", "qemu-xhci,id=xhci", "-drive",
                "file=%s,if=none,id=u0,format=raw,readonly=on" % stick(), "-device",
                "usb-storage,bus=xhci.0,drive=u0,removable=on,bootindex=1"]
        if with_disk:
            args += ["-drive", "file=%s,if=none,id=d0,format=raw,snapshot=on" % disk(), "-device", "ich9-ahci,id=ahci", "-device",
                     "ide-hd,drive=d0,bus=ahci.0,bootindex=2"]
        if uefi:
            variables = write(os.path.join(where, "vars.fd"), read(VARS))
            args += ["-drive", "if=pflash,format=raw,readonly=on,file=" + CODE, "-drive", "if=pflash,format=raw,file=" + variables]
        box = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=where)
        seen, mark = b"", 0
        try:
            for number, (text, keys) in enumerate(steps):
                end = time.monotonic() + SECONDS
                while not re.search(text.encode(), plain(seen[mark:])):
                    if time.monotonic() > end:
                        raise Failure("step %d, %r, was not reached:\n%s" % (
                            number, text, plain(seen[mark:]).decode("ascii", "replace")[-700:]))
                    if select.select([box.stdout], [], [], 0.5)[0]:
                        more = os.read(box.stdout.fileno(), 65536)
                        if not more:
                            end = 0
                        seen += more
                mark = len(seen)
                for key in keys:
                    time.sleep(0.1)
                    box.stdin.write(key.encode())
                    box.stdin.flush()
        finally:
            box.kill()
            box.wait()
        return plain(seen).decode("ascii", "replace")

    def plain(data):
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", data)

    menu = "automatically in"
    ask = "goes back: "
    first, lost = "Loading Talos and hearth", "etcd of this node: the whole cluster"

    def by_itself():
        said = play(False, [(menu, ""), (first, ""), (STARTED + ".*console=ttyS0", "")])
        expect("talos.platform=metal" in said and "wipe" not in said[said.index(STARTED):], said[-900:])

    def no_erase(answer):
        def case():
            said = play(False, [(menu, DOWN + ENTER), (ask, answer + ENTER), ("Install this machine", "")])
            expect(lost in said and STARTED not in said, "not said what is lost, or started all the same:\n" + said[-500:])
        return case

    def erase():
        said = play(False, [(menu, DOWN + ENTER), (ask, "ERASE" + ENTER), (STARTED + ".*talos.experimental.wipe=system", "")])
        expect(said.index(lost) < said.index(ask) < said.index(STARTED), "the order of what is said")

    def installed(uefi):
        return lambda: play(uefi, [(menu, DOWN + DOWN + ENTER), ("the installed disk was reached", "")])

    def none(uefi):
        return lambda: play(uefi, [(menu, DOWN + DOWN + ENTER), ("of Talos was found; the firmware goes on", "")], with_disk=False)

    return [
        ("left alone, it installs after 5 s", False, by_itself),
        ("reset, and an answer that is not ERASE", True, no_erase("no")),
        ("reset, and erase in small letters", True, no_erase("erase")),
        ("reset, and ERASE", False, erase),
        ("the installed disk, BIOS", False, installed(False)),
        ("the installed disk, UEFI", False, installed(True)),
        ("no installed disk, BIOS", True, none(False)),
        ("no installed disk, UEFI", True, none(True)),
    ]
