"""What a box with the real machined is made of: Talos's programs from the module proxy, a kernel and programs of
Debian's.

All of it is made below one folder and kept there; what goes in is stamped, and only what has changed is made again. The
network is used here and nowhere after it.
"""
import hashlib
import os
import re
import shutil
import subprocess
import time

import assets
import debian
import rootfs
from assets import Lacking, command, lay, read

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = os.path.join(HERE, "node")
SCRIPTS = [os.path.join(HERE, name + ".py") for name in ("debian", "images", "parts", "rootfs", "tree")]
TALOS, CONTAINERD, ETCD = "github.com/siderolabs/talos", "github.com/containerd/containerd/v2", "go.etcd.io/etcd/server/v3"
# In this order: the first is the longest, and shares most with tests/conformance/machined.
PROGRAMS = {
    "machined": TALOS + "/internal/app/machined", "talos-init": TALOS + "/internal/app/init",
    "containerd": CONTAINERD + "/cmd/containerd", "containerd-shim-runc-v2": CONTAINERD + "/cmd/containerd-shim-runc-v2",
    "installer": TALOS + "/cmd/installer", "etcd": ETCD, "first": "./first", "kubelet": "./kubelet", "client": "./client",
}
# Nothing asks for pods here, and the CRI plugin of this containerd does not compile with the Kubernetes modules of this
# Talos.
TAGS = {"containerd": "no_cri,no_btrfs,no_devmapper,no_zfs"}
# The program of the guide's `talosctl gen secureboot`, built as tests/conformance/starts.py builds it.
TALOSCTL = os.path.join(assets.REPO, "tests", "conformance", "tools", "talosctl")
HOST = ["udev", "kmod", "runc", "dosfstools", "xfsprogs", "cryptsetup-bin", "dmsetup"]
INSTALLER = ["grub-common", "grub2-common", "grub-pc-bin", "grub-efi-amd64-bin", "xfsprogs", "dosfstools", "mtools", "systemd-boot-efi",
             "squashfs-tools", "cpio", "zstd", "xorriso"]
# Older kernels refuse what containerd asks for the files that Talos lays over /etc (open_tree of a mount that is
# nowhere).
GO_SECONDS = 2000
KERNEL, NEWER = "trixie-backports", "trixie"


class Parts:
    def __init__(self, build, keys=False):
        """keys: with the program that makes keys for Secure Boot, which takes minutes to build."""
        self.build = os.path.abspath(build)
        self.seconds = []  # (what, how long)
        if shutil.which("go") is None:
            raise Lacking("go is not installed")
        self.timed("Talos's programs", self.build_programs)
        if keys:
            self.timed("talosctl", self.build_talosctl)
        self.timed("Debian's packages", self.unpack)
        self.initramfs = self.path("initramfs.img")
        self.timed("initramfs", lambda: self.made(self.initramfs, ["machined", "talos-init", "first", "containerd"],
                                                  lambda path: rootfs.initramfs(path, self)))

    def timed(self, what, do):
        start = time.monotonic()
        do()
        self.seconds.append((what, time.monotonic() - start))

    def path(self, *names):
        return os.path.join(self.build, *names)

    def program(self, name):
        return self.path("programs", name)

    def made(self, path, programs, make, sources=SCRIPTS):
        """Calls make(path) unless it was made of the same parts. sources: files that it depends on beside programs of
        ours."""
        mark = hashlib.sha256(repr((self.packages, self.release)).encode())
        for name in [self.program(one) for one in programs] + sources:
            mark.update(read(name))
        stamp = path + ".of"
        if not os.path.exists(path) or not os.path.exists(stamp) or read(stamp).decode() != mark.hexdigest():
            make(path)
            lay(stamp, mark.hexdigest().encode(), 0o644)

    def go(self, *args, where=NODE):
        """With the settings of tests/conformance: with others nothing is shared of what is compiled."""
        try:
            return command(["go"] + list(args), cwd=where, env=dict(os.environ, **assets.GO), timeout=GO_SECONDS)
        except subprocess.TimeoutExpired:
            raise SystemExit("talos: go %s is not done after %d s. What it has compiled is kept: run it again" %
                             (args[0], GO_SECONDS)) from None

    def build_programs(self):
        os.makedirs(self.path("programs"), exist_ok=True)
        for name, package in PROGRAMS.items():
            status, text = self.go("build", "-tags=" + TAGS.get(name, ""), "-ldflags=-s -w", "-o", self.program(name), package)
            if status != 0 and self.go("mod", "download")[0] != 0:
                raise Lacking("the Go modules cannot be had: " + text.strip().splitlines()[-1])
            if status != 0:
                raise SystemExit("talos: %s does not build:\n%s" % (name, text))
        # The stand-in that this machined is compared with, where tests/conformance/boot.py has it below a build
        # directory.
        self.standin = self.path("machined-1.13")
        status, text = self.go("build", "-o", os.path.join(self.standin, "server"), "./server", where=assets.MACHINED)
        if status != 0:
            raise SystemExit("talos: the stand-in does not build:\n" + text)
        self.version, self.source = self.module(TALOS)
        _, self.machinery = self.module(TALOS + "/pkg/machinery")
        self.etcd = self.constant("DefaultEtcdVersion")
        self.kubelet = re.search(r"siderolabs/kubelet:(\S+)", read(os.path.join(assets.REPO, "assets/talos/controlplane.yaml")).decode()).group(1)
        if self.module(ETCD)[0] != self.etcd:
            raise SystemExit("talos: go.mod has etcd %s, and Talos %s names %s" % (self.module(ETCD)[0], self.version, self.etcd))

    def build_talosctl(self):
        status, text = self.go("build", "-ldflags", "-s -w ", "-tags", "tcell_minimal,grpcnotrace", "-o", self.program("talosctl"),
                               TALOS + "/cmd/talosctl", where=TALOSCTL)
        if status != 0:
            raise Lacking("talosctl cannot be built: " + text.strip().splitlines()[-1])

    def module(self, path):
        """(version, folder) of a module."""
        return self.go("list", "-m", "-f", "{{.Version}} {{.Dir}}", path)[1].split()

    def constant(self, name):
        text = read(os.path.join(self.machinery, "constants", "constants.go")).decode()
        return re.search(r'\b%s *= *"(.*)"' % name, text).group(1)

    def unpack(self):
        self.packages = {}
        linux, self.packages["kernel"] = debian.Suite(self.path("kernel"), KERNEL).unpacked(["linux-image-amd64"], whole=False)
        self.host, self.packages["host"] = debian.Suite(self.path("host"), debian.mirror()[1]).unpacked(HOST)
        self.installer, self.packages["installer"] = debian.Suite(self.path("installer"), NEWER).unpacked(INSTALLER)
        self.linux = linux
        # Packages differ in where they keep the modules: below /lib for every tool.
        if not os.path.lexists(os.path.join(linux, "lib")):
            os.symlink("usr/lib", os.path.join(linux, "lib"))
        self.release = os.listdir(os.path.join(linux, "lib/modules"))[0]
        if not os.path.exists(os.path.join(linux, "lib/modules", self.release, "modules.dep")):
            command(["/sbin/depmod", "-b", linux, self.release])
        self.kernel = next(path for path in (os.path.join(linux, "boot/vmlinuz-" + self.release),
                                             os.path.join(linux, "lib/modules", self.release, "vmlinuz")) if os.path.exists(path))

    def versions(self):
        """What is real, by its version, for the closing table."""
        host, newer = self.packages["host"], self.packages["installer"]
        return {"talos": self.version, "containerd": self.module(CONTAINERD)[0], "etcd": self.etcd, "kernel": self.release,
                "host": ", ".join("%s %s" % (name, host[name].split("-")[0]) for name in HOST),
                "installer": ", ".join("%s %s" % (name, newer[name].split("-")[0]) for name in ("grub-common", "xfsprogs", "systemd-boot-efi"))}
