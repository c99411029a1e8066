"""A root file system in the making: folders, links, files, and programs of unpacked packages with their libraries."""
import os
import re
import shutil
import subprocess

from assets import Lacking, command, lay

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = "ld-linux-x86-64.so.2"


class Tree:
    """Anew at this path; merged /usr, as Talos has it."""

    def __init__(self, path, folders=()):
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        self.folders("usr/bin", "usr/lib", "usr/lib64", LIBRARIES, "etc", "tmp", "dev", "proc", "sys", "run", "boot", "var", *folders)
        self.links({"bin": "usr/bin", "sbin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "usr/sbin": "bin"})

    def at(self, *names):
        return os.path.join(self.path, *names)

    def folders(self, *names):
        for name in names:
            os.makedirs(self.at(name), exist_ok=True)

    def links(self, links):
        for name, target in links.items():
            os.symlink(target, self.at(name))

    def write(self, name, text="", mode=0o644):
        lay(self.at(name), text.encode(), mode)

    def copy(self, source, name):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        shutil.copy(source, self.at(name))

    def programs(self, root, names, where="usr/bin"):
        """Copies programs of an unpacked suite, and what that suite's own loader finds them to need."""
        loader = found(root, ["lib/x86_64-linux-gnu", LIBRARIES], LOADER)
        path = ":".join(os.path.join(root, folder) for folder in ("lib/x86_64-linux-gnu", LIBRARIES, "lib/systemd", "usr/lib/systemd"))
        self.copy(loader, os.path.join("usr/lib64", LOADER))
        for name in names:
            program = found(root, ["usr/bin", "usr/sbin", "bin", "sbin", "lib/udev", "usr/lib/udev"], name)
            self.copy(program, os.path.join(where, name))
            status, text = command([loader, "--library-path", path, "--list", program])
            if status != 0 or "not found" in text:
                raise Lacking("%s: %s" % (name, text.strip()))
            for library in re.findall(r"=> (/\S+)", text):
                if os.path.basename(library) != LOADER:
                    self.copy(library, os.path.join(LIBRARIES, os.path.basename(library)))

    def ends_threads(self, root):
        """What glibc asks for when a thread ends, and no program is linked with."""
        self.copy(found(root, [LIBRARIES, "lib/x86_64-linux-gnu"], "libgcc_s.so.1"), LIBRARIES + "/libgcc_s.so.1")

    def finish(self):
        self.write("etc/ld.so.conf", "/%s\n" % LIBRARIES)
        subprocess.run(["/sbin/ldconfig", "-r", self.path], check=True)
        for folder, _, files in os.walk(self.path):
            os.chmod(folder, 0o755)
            for name in files:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, os.stat(path).st_mode | 0o444)


def found(root, folders, name):
    """The real file of that name in the first of these folders; a link may be absolute, and means this root."""
    for folder in folders:
        path = os.path.join(root, folder, name)
        if os.path.islink(path):
            path = os.path.join(root, os.path.join("/", folder, os.readlink(path)).lstrip("/"))
        if os.path.exists(path):
            return os.path.realpath(path)
    raise Lacking("the packages hold no %s" % name)


# Talos formats STATE and EPHEMERAL with settings that xfsprogs has from 6.18 on, under this name. These are ours, for
# any mkfs.xfs from 6.1 on; Debian 12's own lts_6.1.conf is refused by its own mkfs.xfs.
XFS_SETTINGS = "[metadata]\nbigtime=1\ncrc=1\nfinobt=1\ninobtcount=1\nreflink=1\nrmapbt=0\n[inode]\nsparse=1\n"


def xfs_settings(tree, root):
    source = os.path.join(root, "usr/share/xfsprogs")
    shutil.copytree(source, tree.at("usr/share/xfsprogs"))
    if not os.path.exists(tree.at("usr/share/xfsprogs/mkfs/lts_6.18.conf")):
        tree.write("usr/share/xfsprogs/mkfs/lts_6.18.conf", XFS_SETTINGS)
