"""What Talos's kernel and init make of an initrd. Written from the kernel's init/initramfs.c, apart from the tools.

unpack()   segment by segment, with the kernel's states and its errors; a kernel that meets one keeps what it has
mounted()  the overlay that Talos's init mounts: the layers of /extensions.yaml over /rootfs.sqsh, later ones on top
"""
import ctypes
import ctypes.util
import lzma
import os
import re
import stat
import struct
import subprocess

COMPRESSORS = [(b"\x1f\x8b", "gzip"), (b"\x1f\x9e", "gzip"), (b"BZ", "bzip2"), (b"\x5d\x00", "lzma"), (b"\xfd7", "xz"),
               (b"\x89L", "lzo"), (b"\x02\x21", "lz4"), (b"\x28\xb5", "zstd")]
BUILT_IN = {"xz", "zstd"}  # RD_XZ, RD_ZSTD; the others are off in every kernel of Talos
SQUASHFS = {4: "xz", 6: "zstd"}  # SQUASHFS_XZ, SQUASHFS_ZSTD


class Panic(Exception):
    """The kernel would stop unpacking here."""


def zstd(data):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_findFrameCompressedSize.restype = ctypes.c_size_t
    used = library.ZSTD_findFrameCompressedSize(data, ctypes.c_size_t(len(data)))
    if library.ZSTD_isError(ctypes.c_size_t(used)):
        raise Panic("decompressor failed")
    done = subprocess.run(["zstd", "-dcq"], input=data[:used], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Panic("decompressor failed")
    return done.stdout, used


def xz(data):
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        plain = decoder.decompress(data)
    except lzma.LZMAError:
        raise Panic("decompressor failed")
    if not decoder.eof:
        raise Panic("decompressor failed")
    if data[6:8] not in (b"\0\0", b"\0\1"):
        raise Panic("xz: the kernel's decoder knows no check but crc32")
    return plain, len(data) - len(decoder.unused_data)


class Unpacker:
    """The states Start, GotName, CopyFile, Skip, Reset of initramfs.c; `origin` is where the archive began."""

    def __init__(self):
        self.files = {}
        self.origin = 0

    def archive(self, data, at):
        """One archive from `at`; the offset where its state is Reset again, past the NULs."""
        while True:
            if len(data) - at < 110:
                raise Panic("broken padding or cut off")
            if data[at:at + 6] not in (b"070701", b"070702"):
                raise Panic("no cpio magic")
            number = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            mode, count, length = number[1], number[6], number[11]
            name = data[at + 110:at + 110 + length]
            begin = (at - self.origin + 110 + length + 3) // 4 * 4 + self.origin
            if name[-1:] != b"\0" or begin + count > len(data):
                raise Panic("malformed name or cut off")
            body = data[begin:begin + count]
            if data[at:at + 6] == b"070702" and number[1] & 0o170000 == 0o100000 and sum(body) & 0xffffffff != number[12]:
                raise Panic("bad data checksum")
            following = (begin - self.origin + count + 3) // 4 * 4 + self.origin
            if name[:-1] == b"TRAILER!!!":
                return following
            self.keep(name[:-1].decode(), mode, number[2:4], number[4], data[begin:begin + count])
            at = following

    def keep(self, name, mode, owner, links, data):
        if name in (".", ""):
            return
        name = name[2:] if name.startswith("./") else name.lstrip("/")
        if stat.S_ISREG(mode) and links > 1:
            raise Panic("%s is a hard link" % name)
        self.files[name] = (mode, owner, data)

    def run(self, data):
        at = 0
        while at < len(data):
            if data[at:at + 1] == b"0" and at % 4 == 0:
                self.origin = at
                at = self.archive(data, at)
                while at < len(data) and data[at] == 0:
                    at += 1
                if at < len(data) and at % 4:
                    raise Panic("broken padding")
                continue
            if data[at] == 0:
                at += 1
                continue
            name = next((name for magic, name in COMPRESSORS if data.startswith(magic, at)), None)
            if name is None:
                raise Panic("invalid magic at start of compressed archive")
            if name not in BUILT_IN:
                raise Panic("compression method %s not configured" % name)
            plain, used = (zstd if name == "zstd" else xz)(data[at:])
            self.origin = 0
            end = self.archive(plain, 0)
            if plain[end:].strip(b"\0"):
                raise Panic("junk at the end of compressed archive")
            at += used
        return self.files


def unpack(data):
    """{name: (mode, owner, bytes)} after the last segment; Panic where the kernel would stop."""
    return Unpacker().run(data)


def layers(files):
    """The images of extensions.yaml in order, by the plain form that Talos writes."""
    text = files["extensions.yaml"][2].decode() if "extensions.yaml" in files else ""
    return re.findall(r"^ *- image: *(\S+)$", text, re.M)


def squashfs(data, where):
    """{path: (mode, uid, gid, bytes or None)} of a layer that Talos's kernel can mount. `where` is an empty
    directory."""
    magic, compressor, major = struct.unpack_from("<4s16xH6xH", data)[0:3]
    if magic != b"hsqs" or major != 4:
        raise Panic("not a squashfs 4")
    if compressor not in SQUASHFS:
        raise Panic("squashfs compressor %d is not built in" % compressor)
    image = os.path.join(where, "image")
    with open(image, "wb") as out:
        out.write(data)
    top = os.path.join(where, "top")
    done = subprocess.run(["unsquashfs", "-no-progress", "-quiet", "-d", top, image], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Panic("unsquashfs: " + done.stdout.decode("utf-8", "replace")[-300:])
    listing = subprocess.run(["unsquashfs", "-lln", "-d", "", image], stdout=subprocess.PIPE, check=True).stdout.decode()
    owners = {line.split()[-1] or "/": line.split()[1] for line in listing.splitlines() if line[:1] in "d-l"}
    found = {}
    for folder, folders, names in os.walk(top):
        for path in [folder] + [os.path.join(folder, name) for name in names]:
            info = os.lstat(path)
            if not (stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)):
                raise Panic("%s is neither file nor directory" % path)
            if stat.S_ISREG(info.st_mode) and info.st_nlink != 1:
                raise Panic("%s is a hard link" % path)
            inside = path[len(top):] or "/"
            body = None
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as source:
                    body = source.read()
            found[inside] = (stat.S_IMODE(info.st_mode), owners.get(inside, "0/0"), body)
    return found


def mounted(files, directory):
    """The root that Talos's init makes of an unpacked initrd: {path: (mode, owner, bytes or None)}. directory() makes
    one."""
    merged = {}
    for image in ["rootfs.sqsh"] + layers(files):
        if image not in files:
            raise Panic("early boot failed: no %s" % image)
        merged.update(squashfs(files[image][2], directory()))
    return merged
