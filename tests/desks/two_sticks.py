"""Runs on a desk, in the clone: one site, `make usb` twice, and the bytes compared; then `make pxe` once.

    python3 -B tests/desks/two_sticks.py usb|pxe

Kernel and initramfs are stand-ins with the right marks on them; the site is the example, filled in.
"""
import filecmp
import os
import sys
import tempfile
import time

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(REPO, "tests", "image"), os.path.join(REPO, "scripts", "image")]
import cpio  # noqa: E402
import kit as kit_module  # noqa: E402


def main():
    kit = kit_module.Kit(os.path.join(REPO, "build", "hearth"), False)
    with tempfile.TemporaryDirectory(dir=os.path.join(REPO, "build")) as kit.work:
        site = kit.site()
        files = [("init", b"#!/bin/false\n", 0o755), ("rootfs.sqsh", kit.squash({"sbin/init": b"#!/bin/false\n"}), 0o644)]
        initramfs = kit_module.write(os.path.join(kit.work, "initramfs.zst"), kit_module.zstd(cpio.write(files, 0)))
        kernel = kit.kernel()

        def make(target, out):
            kit_module.command(["make", target, "SITE=" + site, "KERNEL=" + kernel, "INITRAMFS=" + initramfs,
                                "OUT=" + os.path.join(kit.work, out)], directory=REPO)
            return os.path.join(kit.work, out)

        if sys.argv[1] == "pxe":
            print("made " + " ".join(sorted(os.listdir(os.path.join(make("pxe", "one"), "pxe")))))
            return 0
        one = make("usb", "one")
        time.sleep(1.1)  # a marker that is named by the clock has another name now
        two = make("usb", "two")
        if not filecmp.cmp(os.path.join(one, "hearth-usb.iso"), os.path.join(two, "hearth-usb.iso"), shallow=False):
            print("two sticks of one site are not the same bytes")
            return 1
        print("two sticks of one site are the same %d bytes" % os.path.getsize(os.path.join(one, "hearth-usb.iso")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
