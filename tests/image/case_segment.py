"""The initrd segment behind every kind of base, as the kernel and Talos's init take it."""
import gzip as gzip_module
import lzma
import os
import stat

import kernel
from kit import command, expect, read, same, write, xz, zstd

THEIRS = """\
layers:
    - image: 0.sqsh
      metadata:
        name: intel-ucode
        version: "20260512"
        author: Sidero Labs
        description: |
            Two lines
            of it
        compatibility:
            talos:
                version: '>= v1.5.0'
    - image: 000.schematic.sqsh
      metadata:
        name: schematic
        version: 376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba
"""


def summed(archive, wrong):
    """The archive in newc's other form, each file with the sum of its bytes; `wrong` is added to each."""
    out, at = bytearray(archive), 0
    while True:
        field = [int(out[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        body = at + 110 + field[11]
        body += -body % 4
        out[at:at + 6] = b"070702"
        if field[6]:
            out[at + 102:at + 110] = b"%08X" % ((sum(out[body:body + field[6]]) + wrong) & 0xffffffff)
        if out[at + 110:at + 120] == b"TRAILER!!!":
            return bytes(out)
        at = body + field[6]
        at += -at % 4


OWN = ["hearth.sqsh", "hearth-site.sqsh"]
SHARED = ["/", "/usr", "/usr/local", "/usr/local/etc", "/usr/local/etc/containers", "/usr/local/etc/hearth", "/usr/local/lib",
          "/usr/local/lib/containers", "/usr/local/lib/containers/hearth"]


def odd(kit, pack, remainder):
    """A compressed base whose length is `remainder` modulo 4. An xz stream always ends at 0, so NULs follow it."""
    if pack is xz:
        return xz(kit.base()) + bytes(remainder)
    for count in range(400):
        data = pack(kit.base({"filler": os.urandom(count)}))
        if len(data) % 4 == remainder:
            return data
    raise AssertionError("no base of that length")


def squash(top, compressor):
    command(["mksquashfs", top, top + ".sqsh", "-all-root", "-noappend", "-quiet", "-no-progress", "-comp", compressor])


def cases(kit):
    shared = {}

    def site():
        if "site" not in shared:
            shared["site"] = kit.site()
        return shared["site"]

    def attach(base, **settings):
        path = write(os.path.join(kit.directory(), "initramfs.xz"), base)
        return kit.run("initrd", BASE=path, SITE=site(), **settings).good()

    def look(data, images):
        files = kernel.unpack(data)
        same(kernel.layers(files), images, "the layers that init mounts")
        root = kernel.mounted(files, kit.directory)
        for path in SHARED:
            same(root[path][:2], (0o755, "0/0"), path + " of the merged root; apid runs as a user")
        same(root["/usr/local/lib/containers/hearth/hearth"], (0o755, "0/0", read(kit.binary)), "the program")
        same(root["/usr/local/etc/hearth/hearth.yaml"][2], read(os.path.join(site(), "hearth.yaml")), "the site")
        same(root["/usr/local/etc/hearth/.hearth/data.pem"][0], 0o400, "the login's mode")
        expect(root["/sbin/init"][2] and "/usr/bin" in root, "the base's own root is hidden")
        expect("init" in files, "Talos's init is lost")
        return files, root

    def behind(make, images=(), check=None):
        def case():
            ran = attach(make())
            path = ran.path("initramfs.img")
            same(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode of an output with a login in it")
            files, root = look(read(path), list(images) + OWN)
            if check:
                check(files, root)
        return case

    def customised():
        return zstd(kit.base()) + zstd(kit.base({
            "extensions.yaml": THEIRS, "0.sqsh": kit.squash({"usr/local/share/theirs": b"1"}),
            "000.schematic.sqsh": kit.squash({"usr/local/share/schematic": b"2"})}, names=()))

    def kept(files, root):
        same(root["/usr/local/share/theirs"][2], b"1", "their first layer")
        same(root["/usr/local/share/schematic"][2], b"2", "their second layer")
        text = files["extensions.yaml"][2].decode()
        expect(text.startswith(THEIRS), "their part of the list is not kept byte for byte:\n" + text)

    def alone():
        ran = kit.run("initrd", SITE=site()).good()
        segment = read(ran.path("hearth-initrd.img"))
        same(len(segment) % 512, 0, "its length modulo 512: what follows must be aligned")
        base = kit.base()
        for name, pack in (("zstd", zstd), ("xz", xz)):
            for remainder in range(4):
                look(odd(kit, pack, remainder) + segment, OWN)
        look(base + segment, OWN)
        # And something of the user's behind it, not compressed.
        files, _ = look(zstd(base) + b"\0" * (-len(zstd(base)) % 4) + segment + kit.base({"theirs": b"x"}, names=()), OWN)
        expect("theirs" in files, "what follows the segment is lost")

    def public():
        ran = kit.run("initrd").good()
        path = ran.path("hearth-initrd.img")
        same(stat.S_IMODE(os.stat(path).st_mode), 0o644, "mode")
        files = kernel.unpack(zstd(kit.base()) + read(path))
        same(kernel.layers(files), OWN[:1], "layers without a site")
        root = kernel.mounted(files, kit.directory)
        same([name for name in root if name.startswith("/usr/local/etc/hearth/")], [], "the site's directory must be empty")
        expect("no site" in ran.stdout, ran.stdout)

    def reproducible():
        one, two = (kit.run("initrd", SITE=site(), umask=mask, directory=top).good() for mask, top in ((0o022, "/"), (0o077, "/tmp")))
        same(read(two.path("hearth-initrd.img")), read(one.path("hearth-initrd.img")), "two builds")

    def refused(make, *words):
        return lambda: kit.refused("initrd", *words, BASE=write(os.path.join(kit.directory(), "initramfs.xz"), make()), SITE=site())

    def panics(make, word):
        """The walker itself: what a kernel refuses must not pass here."""
        def case():
            try:
                kernel.unpack(make())
            except kernel.Panic as panic:
                expect(word in str(panic), "another reason: %s" % panic)
            else:
                expect(False, "taken, and a kernel would not")
        return case

    def with_list(text, files=()):
        return lambda: zstd(kit.base(dict({"extensions.yaml": text}, **dict(files))))

    def twice():
        return read(attach(zstd(kit.base())).path("initramfs.img"))

    def gzip():
        return gzip_module.compress(kit.base())

    def leaks():
        """The trap that the modes are for: one 0700 directory in the top layer and the merged root has it."""
        top = os.path.join(kit.directory(), "layer")
        os.makedirs(os.path.join(top, "usr"))
        os.chmod(os.path.join(top, "usr"), 0o700)
        squash(top, "zstd")
        data = zstd(kit.base({"extensions.yaml": "layers:\n    - image: a.sqsh\n", "a.sqsh": read(top + ".sqsh")}))
        same(kernel.mounted(kernel.unpack(data), kit.directory)["/usr"][0], 0o700, "the walker does not see the leak")

    def gzip_layer():
        top = os.path.join(kit.directory(), "layer")
        os.makedirs(top)
        squash(top, "gzip")
        try:
            kernel.squashfs(read(top + ".sqsh"), kit.directory())
        except kernel.Panic:
            return
        expect(False, "a gzip layer passes, and no Talos kernel mounts it")

    aligned = [("zstd", zstd, n) for n in range(4)] + [("xz", xz, n) for n in range(4)]
    return [("behind a base of %s, length %d modulo 4" % (name, n), False, behind(lambda p=pack, n=n: odd(kit, p, n)))
            for name, pack, n in aligned] + [
        ("behind an uncompressed base", False, behind(kit.base)),
        ("behind a base that ends in NULs", False, behind(lambda: zstd(kit.base()) + b"\0" * 7)),
        ("behind microcode, uncompressed and first", False,
         behind(lambda: kit.base({"early_ucode": b"u"}, names=()) + zstd(kit.base()), (),
                lambda files, root: expect("early_ucode" in files, "the microcode is lost"))),
        ("behind a base with layers of its own", False, behind(customised, ["0.sqsh", "000.schematic.sqsh"], kept)),
        ("behind a base whose list is empty", False, behind(with_list("layers: []\n"))),
        ("alone, behind bases of every length, by cat", False, alone),
        ("without a site: public, and the site's directory is there and empty", False, public),
        ("two builds are the same bytes", False, reproducible),
        ("a gzip base", True, refused(gzip, "gzip", "cannot read")),
        # What the kernel does not unpack though xz and zstd do.
        ("a base with xz's default check", True, refused(lambda: command(["xz", "-0", "-c"], kit.base()), "CRC64", "xz -C crc32")),
        ("a base with xz's SHA-256", True, refused(lambda: command(["xz", "-C", "sha256", "-0", "-c"], kit.base()), "SHA-256")),
        ("a base with an xz filter that the kernel lacks", True,
         refused(lambda: command(["xz", "-C", "crc32", "--delta=dist=4", "--lzma2=preset=0", "-c"], kit.base()), "filter (0x3)")),
        ("behind a base with xz's filter for x86", False,
         behind(lambda: command(["xz", "-C", "crc32", "--x86", "--lzma2=preset=0", "-c"], kit.base()))),
        ("a base with a zstd window above 128 MiB", True,
         refused(lambda: command(["zstd", "-q", "-c", "-1", "--zstd=wlog=28", "--long=28"], kit.base()), "window of 256 MiB")),
        ("behind a base with a zstd window of 128 MiB", False,
         behind(lambda: command(["zstd", "-q", "-c", "-1", "--long=27"], kit.base()))),
        ("a base whose 070702 sum is wrong", True, refused(lambda: zstd(summed(kit.base(), 1)), "the sum of")),
        ("behind a base with 070702 sums", False, behind(lambda: zstd(summed(kit.base(), 0)))),
        ("a base that breaks off, zstd", True, refused(lambda: zstd(kit.base())[:-9], "breaks off")),
        ("a base that breaks off, xz", True, refused(lambda: xz(kit.base())[:-40], "breaks off")),
        ("a base that breaks off, uncompressed", True, refused(lambda: kit.base()[:900], "breaks off")),
        ("a base with a damaged block", True, refused(lambda: (lambda d: d[:200] + bytes(64) + d[264:])(zstd(kit.base())), "initramfs.xz")),
        ("a base that is no archive", True, refused(lambda: b"hello, world\n" * 9, "neither an archive")),
        ("a base of NULs alone", True, refused(lambda: bytes(4096), "no archive")),
        ("an unaligned archive inside a base", True,
         refused(lambda: odd(kit, zstd, 1) + kit.base({"x": b"x"}, names=()), "multiple of four")),
        ("a compressed segment unaligned behind a plain one", True,
         refused(lambda: kit.base({"x": b"x"}, names=()) + b"\0" + zstd(kit.base()), "multiple of four")),
        ("an initramfs that is not Talos's", True, refused(lambda: zstd(kit.base(names=("init",))), "no rootfs.sqsh")),
        ("a base that carries hearth already", True, refused(twice, "already carries hearth")),
        ("one that carries it under another file name", True,
         refused(with_list("layers:\n    - image: 7.sqsh\n      metadata:\n        name: hearth\n", {"7.sqsh": b"x"}), "already carries")),
        ("a list that names a layer that is not there", True, refused(with_list(THEIRS, {"0.sqsh": b"x"}), "000.schematic.sqsh")),
        ("a list in a form that hearth does not know", True, refused(with_list("{layers: [{image: 0.sqsh}]}\n"), "will not guess")),
        ("a list with a key behind the layers", True, refused(with_list(THEIRS + "more: 1\n"), "a line that hearth does not know")),
        ("a base that has a file of our name", True, refused(with_list("layers: []\n", {"hearth.sqsh": b"x"}), "already has a file")),
        ("a BASE that is not there", True, lambda: kit.refused("initrd", "No such file", BASE="/nonexistent/initramfs.xz")),
        ("the walker: an unaligned archive is lost", True,
         panics(lambda: odd(kit, zstd, 1) + kit.base(), "invalid magic")),
        ("the walker: gzip is not built in", True, panics(gzip, "gzip not configured")),
        ("the walker: xz with crc64", True,
         panics(lambda: lzma.compress(kit.base(), check=lzma.CHECK_CRC64), "crc32")),
        ("the walker: two archives in one frame", True, panics(lambda: zstd(kit.base() + kit.base()), "junk")),
        ("the walker: a compressed segment behind an unaligned end", True,
         panics(lambda: kit.base() + b"\0" + zstd(kit.base()), "broken padding")),
        ("the walker: a directory of 0700 leaks through the overlay", True, leaks),
        ("the walker: a gzip layer is not mounted", True, gzip_layer),
    ]
