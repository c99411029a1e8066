"""The initrd segment: hearth's layers and the list of layers that Talos's init mounts.

Source: Talos internal/app/init/main.go (mountRootFS), pkg/machinery/extensions/config.go, pkg/imager/extensions: a
segment with extensions.yaml and squashfs layers behind the vanilla initramfs is what imager makes too. Later layers
win. The archive is one zstd frame, so that it may lie behind a base of any length; NULs fill it up to 512 bytes, so
that whatever follows is aligned.
"""
import os
import re

import cpio
import extension
import sitelayer
from common import Stop, read, say, tool, write

NAMES = ("hearth.sqsh", "hearth-site.sqsh")
LIST = "extensions.yaml"
SECTOR = 512
ITEM = re.compile(r"^( *)- image: *(\S.*?) *$")
OURS = re.compile(r"^ *name: *['\"]?hearth(-site)?['\"]? *$", re.M)


class Theirs:
    """The list of a base: its text, the indentation of its items, the files it names."""

    def __init__(self, text="", indent=4, images=()):
        self.text, self.indent, self.images = text, indent, list(images)


def their_list(text, where):
    """Reads a base's extensions.yaml, as Talos's imager writes it. Anything else is refused: a layer lost is a box
    lost."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines == ["layers: []"]:
        return Theirs()
    items = [ITEM.match(line) for line in lines[1:]]
    indents = {len(item.group(1)) for item in items if item}
    if lines[0].rstrip() != "layers:" or len(indents) != 1 or not items[0]:
        raise Stop("%s: its %s is not in the form that Talos's imager writes; hearth will not guess its layers" % (where, LIST))
    indent = indents.pop()
    for line, item in zip(lines[1:], items):
        if not item and len(line) - len(line.lstrip(" ")) <= indent:
            raise Stop("%s: its %s has a line that hearth does not know: %s" % (where, LIST, line.strip()[:60]))
    images = [item.group(2).strip("'\"") for item in items if item]
    if any(name in NAMES for name in images) or OURS.search(text):
        raise Stop("%s already carries hearth: take the base that you had before hearth was added" % where)
    return Theirs("\n".join(lines[1:]) + "\n", indent, images)


def base_list(base, where):
    files = cpio.segments(base, where)
    names = {cpio.normal(name) for name, _, _ in files}
    if "rootfs.sqsh" not in names:
        raise Stop("%s: no rootfs.sqsh in it, so this is not the initramfs of Talos" % where)
    text = cpio.last(files, LIST)
    theirs = their_list(text.decode("utf-8", "replace"), where) if text is not None else Theirs()
    for image in theirs.images:
        if cpio.normal(image) not in names:
            raise Stop("%s: its %s names %s, which is not there; Talos could not boot it" % (where, LIST, image))
    clash = [name for name in NAMES if name in names]
    if clash:
        raise Stop("%s already has a file %s" % (where, clash[0]))
    return theirs


def layer_list(settings, theirs, with_site):
    items = [("hearth.sqsh", extension.metadata(settings))]
    if with_site:
        items.append(("hearth-site.sqsh", extension.metadata(settings, "hearth-site", "the site that hearth reads")))
    lines = []
    for image, metadata in items:
        lines.append(" " * theirs.indent + "- image: " + image)
        lines += [" " * (theirs.indent + 2) + line for line in metadata]
    return ("layers:\n" + theirs.text + "\n".join(lines) + "\n").encode()


def make(settings, work, site=None, theirs=None):
    """The segment's bytes."""
    files = [(LIST, layer_list(settings, theirs or Theirs(), site is not None), 0o644),
             ("hearth.sqsh", extension.layer(settings, work), 0o644)]
    if site is not None:
        files.append(("hearth-site.sqsh", sitelayer.layer(settings, work, site), 0o600))
    frame = tool(["zstd", "-18", "-T1", "-c", "-q"], data=cpio.write(files, settings.epoch))
    return cpio.pad(frame, SECTOR)


def attach(settings, work, base, where, site=None):
    """A base with the segment behind it, both layers and the base's own in one list."""
    theirs = base_list(base, where)
    if theirs.images:
        say("%s has layers of its own, kept: %s" % (os.path.basename(where), ", ".join(theirs.images)))
    return cpio.pad(base, cpio.ALIGN) + make(settings, work, site, theirs)


def build(settings, work):
    """`make initrd`."""
    rows, site = [], None
    if settings.get("SITE"):
        site = sitelayer.collect(settings, work, settings.flag("CREDENTIAL", True))
        sitelayer.describe(site)
    holds = site.holds if site else []
    where = settings.get("BASE")
    if where:
        whole = attach(settings, work, read(where, "BASE"), where, site)
        rows.append((write(os.path.join(settings.out, "initramfs.img"), whole, secret=bool(holds)),
                     "%s with hearth" % os.path.basename(where), holds))
        return rows
    path = write(os.path.join(settings.out, "hearth-initrd.img"), make(settings, work, site), secret=bool(holds))
    rows.append((path, "goes behind a vanilla initramfs, at any offset", holds))
    if not site:
        say("without SITE= the node says that it has no site, and leaves")
    return rows
