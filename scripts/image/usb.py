"""The USB stick: a hybrid ISO that GRUB starts on BIOS and on UEFI (x64, Secure Boot off).

Its kernel has no talos.halt_if_installed, so the same stick serves a node that is installed: Talos runs with the config
of its disk, and hearth looks whether something is left to do.
"""
import hashlib
import os
import re
import shlex
import shutil
import time

import segment
import sitelayer
import talos
from common import Stop, place, say, size, tool, warn, write

HERE = os.path.dirname(os.path.abspath(__file__))
# Said before it is asked. ASCII: a GRUB console has no more.
LOST = """\
What is lost with the disk that Talos is installed on:
  - the machine config and the keys of this node (STATE)
  - etcd of this node: the whole cluster, when it is the only control plane
  - every volume of pods on that disk, images and logs (EPHEMERAL, user volumes)
Not touched: other disks, Azure Key Vault, the Git repository.""".splitlines()
AFTER = ["It then reboots. With this stick still in, hearth installs it again."]

MENU = """\
# hearth: what this stick offers. Timeout 5 s.
set default=0
set timeout=5
insmod all_video
{terminal}
menuentry "Install this machine, or run hearth again" --id hearth {{
    set gfxpayload=keep
    echo "Loading Talos and hearth ..."
    linux /boot/vmlinuz {args}
    initrd /boot/initramfs.img
}}
menuentry "Reset this machine: says what is lost, then asks" --id reset {{
    clear
{lost}
    echo ""
    echo -n "Type ERASE and press Enter, anything else goes back: "
    set answer=""
    read answer
    if [ "$answer" = "ERASE" ]; then
        linux /boot/vmlinuz {args} talos.experimental.wipe=system
        initrd /boot/initramfs.img
        boot
    fi
}}
menuentry "Boot the installed disk" --id disk {{
    set found=""
    if [ "$grub_platform" = "efi" ]; then
        # Talos's EFI partition has systemd-boot's settings; this stick has none.
        search --no-floppy --set=found --file /loader/loader.conf
        if [ -n "$found" ]; then
            set root=$found
            chainloader /EFI/BOOT/BOOTX64.EFI
            boot
        fi
        echo "No EFI partition of Talos was found; the firmware goes on."
        sleep 3
        exit
    fi
    search --no-floppy --set=found --file /grub/grub.cfg
    if [ -n "$found" ]; then
        # The boot sector is told the drive of root, and reads the rest of its loader from there.
        regexp --set=1:disk "^([^,]+)" "$found"
        set root=$disk
        chainloader +1
        boot
    fi
    echo "No BOOT partition of Talos was found; the firmware goes on."
    sleep 3
    exit
}}
"""
SERIAL = """\
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
"""


def menu(args):
    serial = any(arg.startswith("console=ttyS0") for arg in args)
    return MENU.format(terminal=SERIAL if serial else "terminal_input console\nterminal_output console\n",
                       args=" ".join(args), lost="\n".join('    echo "%s"' % line for line in LOST + AFTER))


def iso(settings, work, kernel, initramfs, args, cache):
    """Makes the image in the workspace and returns its path."""
    top = os.path.join(work, "stick")
    os.makedirs(os.path.join(top, "boot", "grub"))
    for name, data in (("boot/vmlinuz", kernel), ("boot/initramfs.img", initramfs), ("boot/grub/grub.cfg", menu(args).encode())):
        with open(os.path.join(top, name), "wb") as out:
            out.write(data)
        os.chmod(os.path.join(top, name), 0o644)
    path = os.path.join(work, "stick.iso")
    more = ["/imagecache=" + os.path.abspath(cache)] if cache else []
    # Talos looks for an image cache on volumes whose label begins so.
    label = "TALOS_HEARTH" if cache else "HEARTH"
    when = settings.epoch
    stamp = time.strftime("%Y%m%d%H%M%S00", time.gmtime(when))
    # grub-mkrescue leaves the FAT's serial number to mformat, which throws dice for it, and names a marker by the
    # clock.
    name = hashlib.sha256(b"\0".join((kernel, initramfs, menu(args).encode()))).hexdigest()
    bin = os.path.join(work, "bin")
    for program, line in (("mformat", "exec {} -N %08x \"$@\"" % (when & 0xffffffff)),
                          ("xorriso", "exec python3 -B %s %s {} \"$@\"" % (shlex.quote(os.path.join(HERE, "marker.py")), name))):
        real = shutil.which(program)
        if real is None:
            raise Stop("%s is not installed: scripts/deps usb" % program)
        write(os.path.join(bin, program), ("#!/bin/sh\n%s\n" % line.format(shlex.quote(real))).encode(), mode=0o755)
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(when), TZ="UTC")
    if os.access(os.path.join(bin, "xorriso"), os.X_OK):
        environment["PATH"] = os.path.abspath(bin) + ":" + os.environ["PATH"]
    else:
        warn("OUT= lies on a file system without programs (noexec): two sticks will differ in a FAT's serial and a file's name")
    tool(["grub-mkrescue", "--compress=xz", "--locales=", "--fonts=", "--themes=", "--output=" + path, top] + more +
         ["-iso-level", "3", "--", "-volid", label, "-volume_date", "all_file_dates", "=%d" % when, "-volume_date", "uuid", stamp],
         env=environment)
    return path


def cached(cache, image):
    """Stops where the cache lacks the installer image of a node: the box would ask a registry for it, in vain.
    Source: Talos pkg/imager/cache, manifests/HOST[_PORT_]/PATH/{reference/TAG,digest/sha256-HEX}."""
    name, _, digest = image.partition("@")
    host, _, path = name.partition("/")
    path, _, tag = path.partition(":")
    kind, what = ("digest", digest.replace(":", "-")) if digest else ("reference", tag or "latest")
    host = re.sub(r":(\d+)$", r"_\1_", host)
    if not os.path.isfile(os.path.join(cache, "manifests", host, path, kind, what)):
        raise Stop("IMAGE_CACHE=%s: machine.install.image %s is not in it; make the cache anew for this image (`make installer` says how)" % (
            cache, image))


def build(settings, work):
    """`make usb`."""
    settings.need("SITE", "SITE=DIR is your homelab repository")
    cache = settings.get("IMAGE_CACHE")
    # Talos pkg/imager/cache: the flat layout; the OCI layout, which is talosctl's default, has blobs/ and is not read.
    if cache and not all(os.path.isdir(os.path.join(cache, name)) for name in ("blob", "manifests")):
        raise Stop("IMAGE_CACHE=%s: must be the directory that `talosctl image cache-create --layout flat` made, with blob/ and "
                   "manifests/ in it" % cache)
    for image in sorted({plan["installer"]["image"] for plan in sitelayer.plans(settings, settings.get("SITE"))[0]} - {None}) if cache else ():
        cached(cache, image)
    args = talos.arguments(settings, settings.get("TALOS"))
    site = sitelayer.collect(settings, work, settings.flag("CREDENTIAL", True))
    sitelayer.describe(site)
    kernel, base = talos.assets(settings)
    where = settings.get("INITRAMFS") or talos.INITRAMFS
    initramfs = segment.attach(settings, work, base, where, site)
    made = iso(settings, work, kernel, initramfs, args, cache)
    path = place(made, os.path.join(settings.out, "hearth-usb.iso"), 0o600 if site.holds else 0o644)
    say("kernel arguments: " + " ".join(args))
    say("Write it to a stick (%s; everything on the stick is lost; find its name with lsblk):" % size(os.path.getsize(path)))
    say("    sudo dd if=%s of=/dev/sdX bs=4M conv=fsync status=progress" % shlex.quote(os.path.relpath(path)))
    say("Start the box from it, with Secure Boot off. " +
        ("It stays in, first in the firmware's order: every boot is from it." if settings.flag("PERMANENT", False)
         else "After the install: remove the stick."))
    return [(path, "hybrid ISO, BIOS and UEFI", site.holds)]
