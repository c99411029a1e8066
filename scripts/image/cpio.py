"""Initramfs archives: newc cpio, and the segments that a kernel's initrd is made of.

Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst. An initrd is a run of segments, each
an archive, plain or compressed. A plain one must begin at a multiple of four; NULs between segments are skipped. Of two
files with one name the later wins. Talos's kernel has xz and zstd; gzip, bzip2, lzma, lzo and lz4 are not built in.
"""
import lzma
import stat

from common import Stop, tool

ALIGN = 4
ARCHIVE_MAX = 4 << 30  # unpacked bytes of one segment
FOREIGN = {b"\x1f\x8b": "gzip", b"\x1f\x9e": "gzip", b"BZh": "bzip2", b"\x5d\x00": "lzma", b"\x89LZO": "lzo",
           b"\x02\x21\x4c\x18": "lz4", b"\x04\x22\x4d\x18": "lz4"}
SUMMED = b"070702"  # each file's bytes are summed up in its header
WINDOW_MAX = 128 << 20
# What the kernel's xz decoder has: no check or CRC32, LZMA2 behind filters for branches.
XZ_CHECKS, XZ_NAMES = (0, 1), {4: "CRC64 (xz's default)", 10: "SHA-256"}
LZMA2, BCJ = 0x21, range(0x04, 0x0c)
ZSTD, XZ = b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00"


def pad(data, to):
    return data + b"\0" * (-len(data) % to)


def write(files, epoch):
    """An archive of regular files, (name, bytes, mode) each, owned by root."""
    out = bytearray()
    rows = [(name, data, 0o100000 | mode, 1) for name, data, mode in files] + [("TRAILER!!!", b"", 0, 1)]
    for number, (name, data, mode, links) in enumerate(rows):
        if len(data) >= 1 << 32:
            raise Stop("%s: %d bytes do not fit into an initramfs archive" % (name, len(data)))
        raw = name.encode() + b"\0"
        last = name == "TRAILER!!!"
        fields = (0 if last else number + 1, mode, 0, 0, links, 0 if last else epoch, len(data), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        out += b"\0" * (-len(out) % ALIGN) + data
        out += b"\0" * (-len(out) % ALIGN)
    return bytes(out)


def entries(data, at, where):
    """Walks one plain archive: a list of (name, mode, bytes), and the offset after its trailer."""
    found = []
    while True:
        head = data[at:at + 110]
        if len(head) < 110 or head[:6] not in (b"070701", b"070702"):
            raise Stop("%s: the archive breaks off at byte %d" % (where, at))
        try:
            field = [int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
        except ValueError:
            raise Stop("%s: a damaged header at byte %d" % (where, at))
        mode, count, length = field[1], field[6], field[11]
        body = at + 110 + length
        body += -(body) % ALIGN
        if length == 0 or body + count > len(data):
            raise Stop("%s: the archive breaks off at byte %d" % (where, at))
        name = data[at + 110:at + 110 + length - 1].decode("utf-8", "replace")
        if name == "TRAILER!!!":
            return found, body
        if head[:6] == SUMMED and stat.S_ISREG(mode) and sum(data[body:body + count]) & 0xffffffff != field[12]:
            raise Stop("%s: the sum of %s at byte %d is wrong; the kernel stops there" % (where, name, at))
        found.append((name, mode, data[body:body + count]))
        at = body + count
        at += -at % ALIGN


def xz_header(data, at, where):
    """Refuses a stream whose check or filters the kernel's decoder lacks (xz-file-format 1.2.1, 2.1.1 and 3.1)."""
    check = data[at + 7] if at + 7 < len(data) else 0
    if check not in XZ_CHECKS:
        raise Stop("%s: xz with the check %s, which Talos's kernel does not unpack; make it with xz -C crc32" % (
            where, XZ_NAMES.get(check, check)))

    def number(at):
        value = shift = 0
        while data[at] & 0x80 and shift < 63:
            value, shift, at = value | (data[at] & 0x7f) << shift, shift + 7, at + 1
        return value | data[at] << shift, at + 1
    try:
        at += 12
        if data[at] == 0:  # no block, an index: nothing is in it
            return
        flags, at = data[at + 1], at + 2
        for present in (0x40, 0x80):
            at = number(at)[1] if flags & present else at
        for _ in range((flags & 3) + 1):
            kind, at = number(at)
            if kind != LZMA2 and kind not in BCJ:
                raise Stop("%s: an xz filter (%#x) that Talos's kernel lacks; it has LZMA2 and BCJ" % (where, kind))
            size, at = number(at)
            at += size
    except IndexError:
        raise Stop("%s: an xz stream breaks off" % where)


def zstd_window(data, at, where):
    """Refuses a frame whose window the kernel does not take (RFC 8878 section 3.1.1.1; Linux
    lib/decompress_unzstd.c)."""
    flags = data[at + 4]
    content = (1 if flags >> 5 & 1 else 0, 2, 4, 8)[flags >> 6]
    if flags >> 5 & 1:
        skip = (0, 1, 2, 4)[flags & 3]
        window = int.from_bytes(data[at + 5 + skip:at + 5 + skip + content], "little") + (256 if content == 2 else 0)
    else:
        base = 1 << (10 + (data[at + 5] >> 3))
        window = base + base // 8 * (data[at + 5] & 7)
    if window > WINDOW_MAX:
        raise Stop("%s: a zstd window of %d MiB; Talos's kernel takes 128 MiB at most: make it without --long and --ultra" % (
            where, window >> 20))


def zstd_end(data, at, where):
    """The offset after a zstd frame (RFC 8878 section 3.1.1), from its block headers alone."""
    try:
        flags = data[at + 4]
        single, checksum = flags >> 5 & 1, flags >> 2 & 1
        content = (1 if single else 0, 2, 4, 8)[flags >> 6]
        at += 5 + (0 if single else 1) + (0, 1, 2, 4)[flags & 3] + content
        while True:
            block = data[at] | data[at + 1] << 8 | data[at + 2] << 16
            kind, count = block >> 1 & 3, block >> 3
            if kind == 3:
                raise Stop("%s: a damaged zstd block at byte %d" % (where, at))
            at += 3 + (1 if kind == 1 else count)
            if block & 1:
                break
    except IndexError:
        at = len(data) + 1
    at += 4 * checksum if at <= len(data) else 0
    if at > len(data):
        raise Stop("%s: a zstd frame breaks off" % where)
    return at


def unzstd(data, where):
    try:
        return tool(["zstd", "-dcq", "--long=31"], data=data)
    except Stop as stop:
        raise Stop("%s: damaged zstd (%s)" % (where, stop))


def segments(data, where):
    """Every file of an initrd in the order the kernel unpacks them: a list of (name, mode, bytes).

    Stop on whatever Talos's kernel would not unpack: an unaligned plain archive, a compressor it lacks, junk.
    """
    files, at = [], 0
    while at < len(data):
        if data[at] == 0:
            at += 1
            continue
        here = "%s, byte %d" % (where, at)
        if data[at:at + 5] == b"07070":
            if at % ALIGN:
                raise Stop("%s: an uncompressed archive that does not begin at a multiple of four; the kernel loses it" % here)
            found, at = entries(data, at, where)
            while at < len(data) and data[at] == 0:
                at += 1
            if at % ALIGN and at < len(data):
                raise Stop("%s, byte %d: what follows an uncompressed archive does not begin at a multiple of four; the kernel "
                           "stops there" % (where, at))
        elif data[at:at + 4] == ZSTD:
            end = zstd_end(data, at, here)
            zstd_window(data, at, here)
            found = whole(unzstd(data[at:end], here), here)
            at = end
        elif data[at:at + 6] == XZ:
            xz_header(data, at, here)
            decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ)
            try:
                plain = decoder.decompress(data[at:], ARCHIVE_MAX)
            except lzma.LZMAError as error:
                raise Stop("%s: damaged xz (%s)" % (here, error))
            if not decoder.eof:
                raise Stop("%s: an xz stream breaks off" % here)
            found = whole(plain, here)
            at = len(data) - len(decoder.unused_data)
        else:
            for magic, name in FOREIGN.items():
                if data[at:at + len(magic)] == magic:
                    raise Stop("%s: compressed with %s, which Talos's kernel cannot read; use zstd or xz" % (here, name))
            raise Stop("%s: neither an archive nor anything compressed" % here)
        files += found
    if not files:
        raise Stop("%s: holds no archive" % where)
    return files


def whole(plain, where):
    found, end = entries(plain, 0, where)
    if plain[end:].strip(b"\0"):
        raise Stop("%s: junk after the archive" % where)
    return found


def last(files, name):
    """The bytes of a file as the kernel leaves it, or None."""
    for seen, mode, data in reversed(files):
        if normal(seen) == name:
            return data
    return None


def normal(name):
    while name.startswith(("./", "/")):
        name = name[2:] if name.startswith("./") else name[1:]
    return name
