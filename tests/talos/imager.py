"""Talos's imager, as the container that `make installer` says to run: its own program over programs of a Debian. The
profile is given to it as it was written; what it pulls comes from ghcr.io, which is the LAN's registry here."""
import os
import re
import shutil
import subprocess

import images
import lan as lan_module
import services
from assets import lay, read
from tree import Tree, found

FORGE, PORT = "192.168.1.6", 443
PROGRAMS = ["mksquashfs", "cpio", "zstd", "xorriso"]
PARTS = {"systemd-stub.efi": images.STUB, "systemd-boot.efi": images.LOADER}
# A second extension beside hearth's.
SECOND = "ghcr.io/example/second:v1"
MANIFEST = """\
version: v1alpha1
metadata:
  name: second
  version: v1
  author: a test
  description: a file and nothing else
  compatibility:
    talos:
      version: ">= 1.13.0"
"""


def keys(parts, folder):
    """The folder with the keys that `talosctl gen secureboot` writes: for what is signed, and for a firmware."""
    for args in (["uki", "--common-name", "hearth test " + os.path.basename(folder)], ["pcr"], ["database"]):
        done = subprocess.run([parts.program("talosctl"), "gen", "secureboot"] + args, cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError("talosctl gen secureboot %s: %s" % (args[0], done.stdout.decode()))
    return os.path.join(folder, "_out")


class Imager:
    def __init__(self, bench):
        self.bench, self.parts = bench, bench.parts
        self.registry = images.Images(self.parts.path("forge"))
        tree = images.installer(self.parts.path("imager.tree"), self.parts)
        self.registry.add("siderolabs/installer-base@" + self.parts.version, tree, ["/bin/installer"])
        second = self.parts.path("second.tree")
        shutil.rmtree(second, ignore_errors=True)
        lay(os.path.join(second, "manifest.yaml"), MANIFEST.encode(), 0o644)
        lay(os.path.join(second, "rootfs/usr/local/share/second"), b"second\n", 0o644)
        for folder, _, _ in os.walk(second):
            os.chmod(folder, 0o755)
        self.registry.add(SECOND.split("/", 1)[1].replace(":", "@"), second, [])
        lan_module.ip("addr", "add", FORGE + "/24", "dev", lan_module.BRIDGE)
        keys_of = bench.lan.world.keys
        self.asked = services.registry(self.registry.folder, FORGE, PORT, set(), keys_of.chain("forge"))
        self.roots = read(keys_of.roots())

    def container(self, out, keys):
        """What the printed command shows of this machine, and what is in the image."""
        tree = Tree(self.parts.path("imager.root"), ["usr/install/amd64", "secureboot", "hearth", "out"])
        images.programs(tree, self.parts)
        tree.programs(self.parts.installer, PROGRAMS)
        tree.ends_threads(self.parts.installer)
        tree.links({"usr/bin/xorrisofs": "xorriso"})
        tree.copy(self.parts.kernel, "usr/install/amd64/vmlinuz")
        tree.copy(self.parts.initramfs, "usr/install/amd64/initramfs.xz")
        for name, source in PARTS.items():
            tree.copy(found(self.parts.installer, images.EFI, source), "usr/install/amd64/" + name)
        for name in ("hearth-extension.tar", "hearth-site.tar"):
            if os.path.exists(os.path.join(out, name)):
                tree.copy(os.path.join(out, name), "hearth/" + name)
        for name in filter(re.compile(r"\.(pem|auth)$").search, os.listdir(keys)):
            tree.copy(os.path.join(keys, name), "secureboot/" + name)
        lay(tree.at("etc/ssl/certs/ca-certificates.crt"), self.roots, 0o644)
        tree.write("etc/hosts", "127.0.0.1 localhost\n%s ghcr.io\n" % FORGE)
        os.mknod(tree.at("dev/null"), 0o666 | 0o020000, os.makedev(1, 3))
        tree.finish()
        return tree

    def run(self, profile, out, keys):
        """The folder with what imager made of a profile. out: what `make installer` wrote."""
        tree = self.container(out, keys)
        done = subprocess.run([shutil.which("chroot", path=lan_module.SBIN), tree.path, "/usr/bin/imager", "-"], input=read(os.path.join(out, "installer", profile)), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={"PATH": "/usr/bin", "HOME": "/root", "TMPDIR": "/tmp"}, timeout=900)
        if done.returncode != 0:
            raise AssertionError("imager: " + done.stdout.decode("utf-8", "replace")[-2500:])
        return tree.at("out")
