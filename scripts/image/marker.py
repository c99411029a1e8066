"""xorriso as grub-mkrescue calls it, after the stick's marker got a name that the same content always gives.

    python3 marker.py NAME XORRISO ARGUMENT...

GRUB from 2.12 on finds its stick under UEFI by a file /.disk/CLOCK.uuid, and the loaders, the FAT image with them too,
say that name. It stands there uncompressed, so NAME, a text at least as long, takes its place byte for byte.
"""
import os
import sys


def rename(top, name):
    """Where grub-mkrescue gathers what the stick gets: the marker, and each file that says its name."""
    folder = os.path.join(top, ".disk")
    for marker in os.listdir(folder):
        old, suffix = os.path.splitext(marker)
        if suffix != ".uuid" or len(old) > len(name):
            continue
        new = name[:len(old)]
        os.rename(os.path.join(folder, marker), os.path.join(folder, new + suffix))
        for place, _, files in os.walk(top):
            for path in (os.path.join(place, file) for file in files):
                with open(path, "rb") as source:
                    data = source.read()
                if old.encode() in data:
                    with open(path, "wb") as out:
                        out.write(data.replace(old.encode(), new.encode()))


def main():
    name, xorriso, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
    for word in arguments:
        if os.path.isabs(word) and os.path.isdir(os.path.join(word, ".disk")) and word not in ("/", "//"):
            rename(word, name)
    os.execv(xorriso, [xorriso] + arguments)


if __name__ == "__main__":
    main()
