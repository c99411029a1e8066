"""The base initramfs: Talos's own machined and init over programs of this Debian, with Debian's kernel modules.

It has the shape of Talos's: `init` and `rootfs.sqsh`, zstd, no extensions.yaml. Before Talos's init ours loads what
Talos's kernel has built in. Settings files of Talos are taken out of its module as it is built.
"""
import os
import re
import shutil

import cpio
from assets import command, lay, modules, output, read, unpacked
from tree import Tree, xfs_settings

PROGRAMS = ["udevadm", "kmod", "runc", "mkfs.xfs", "xfs_repair", "xfs_growfs", "mkfs.fat", "fsck.fat", "cryptsetup", "dmsetup"]
ALSO = {"systemd-udevd": "udevadm", "modprobe": "kmod", "mkfs.vfat": "mkfs.fat", "fsck.vfat": "fsck.fat",
        "poweroff": "init", "shutdown": "init", "reboot": "init", "dashboard": "init"}
PROBES = ["ata_id", "cdrom_id", "scsi_id"]
RULES = ["50-udev-default", "60-block", "60-cdrom_id", "60-persistent-storage", "75-net-description", "80-drivers",
         "80-net-setup-link", "55-dm", "95-dm-notify"]
FOLDERS = """
    system root mnt opt/containerd/bin opt/containerd/lib opt/cni/bin boot/EFI .extra home media srv usr/etc usr/libexec/kubernetes
    usr/share/spdx usr/share/zoneinfo/Etc usr/lib/firmware usr/lib/modules usr/lib/systemd/network usr/lib/udev/rules.d
    usr/local/etc/containers usr/local/lib/containers usr/local/lib/kubelet/credentialproviders usr/local/share etc/udev
    etc/cri/conf.d/hosts etc/kubernetes/manifests etc/cni/net.d etc/containerd etc/lvm""".split()
EMPTY = """
    extensions.yaml resolv.conf hosts machine-id cri/conf.d/cri.toml cri/conf.d/01-registries.part cri/conf.d/20-customization.part
    cri/conf.d/base-spec.json ssl/certs/ca-certificates.crt selinux/targeted/contexts/files/file_contexts iscsi/initiatorname.iscsi
    nvme/hostid nvme/hostnqn""".split()
SETTINGS = {"containerd.toml": "etc/containerd/config.toml", "cri-containerd.toml": "etc/cri/containerd.toml",
            "cri-plugin.part": "etc/cri/conf.d/00-base.part", "nfsmount.conf": "etc/nfsmount.conf", "lvm.conf": "etc/lvm/lvm.conf",
            "zoneinfo/Etc/UTC": "usr/share/zoneinfo/Etc/UTC", "udevd/99-default.link": "usr/lib/systemd/network/99-default.link",
            "udevd/40-vm-hotadd.rules": "usr/lib/udev/rules.d/40-vm-hotadd.rules"}
GROUPS = {"root": 0, "kmem": 15, "tty": 5, "disk": 6, "lp": 7, "dialout": 20, "cdrom": 24, "tape": 26, "audio": 29, "video": 44,
          "input": 101, "kvm": 102, "render": 103, "sgx": 104}
# What Talos's kernel has built in and a machined needs before its udevd runs, and what is looked for later.
EARLY = ["configfs", "efivarfs", "binfmt_misc", "loop", "squashfs", "overlay", "ahci", "sd_mod", "sr_mod", "nvme", "virtio_pci",
         "virtio_blk", "virtio_net", "virtio-rng", "e1000e", "xhci-pci", "usb-storage", "xfs", "vfat", "nls_cp437", "nls_iso8859-1",
         "nls_ascii", "isofs", "dm-mod", "dummy", "br_netfilter", "tpm_tis", "tpm_crb",
         "dm-crypt", "xts", "aesni-intel", "algif_skcipher"]
LATER = ["nf_tables", "nft_chain_nat", "nft_ct", "nft_masq", "nft_limit", "nft_log", "nft_reject_inet", "bridge", "veth", "vxlan",
         "wireguard"]


def release(version):
    return 'NAME="Talos"\nID=talos\nVERSION_ID=%s\nPRETTY_NAME="Talos (%s)"\n' % (version, version)


def rootfs(path, parts):
    """The tree of /. parts: see parts.py."""
    tree = Tree(path, FOLDERS)
    for name in EMPTY:
        tree.write("etc/" + name)
    tree.write("etc/os-release", release(parts.version))
    tree.write("etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\n")
    tree.write("etc/group", "".join("%s:x:%d:\n" % group for group in GROUPS.items()))
    # Talos lays a writable tree over /usr/lib/udev; Debian's udevadm writes hwdb.bin to /usr/etc/udev.
    tree.links({"var/run": "/run", "usr/etc/udev": "../lib/udev", "etc/ssl/certs/ca-certificates": "ca-certificates.crt",
                "etc/localtime": "/usr/share/zoneinfo/Etc/UTC"})
    for name in ("etc/pki", "etc/ca-certificates", "usr/share/ca-certificates", "usr/local/share/ca-certificates"):
        tree.links({name: "/etc/ssl"})
    for source, target in SETTINGS.items():
        tree.copy(os.path.join(parts.source, "hack", source), target)
        os.chmod(tree.at(target), 0o644)
    tree.copy(parts.program("machined"), "usr/bin/init")
    for name in ("containerd", "containerd-shim-runc-v2"):
        tree.copy(parts.program(name), "usr/bin/" + name)
    tree.programs(parts.host, PROGRAMS)
    tree.programs(parts.host, PROBES, "usr/lib/udev")
    tree.ends_threads(parts.host)
    tree.links({"usr/bin/" + name: target for name, target in ALSO.items()})
    for rule in RULES:
        for folder in ("lib/udev/rules.d", "usr/lib/udev/rules.d"):
            source = os.path.join(parts.host, folder, rule + ".rules")
            if os.path.exists(source):
                tree.copy(source, "usr/lib/udev/rules.d/%s.rules" % rule)
    xfs_settings(tree, parts.host)
    kernel_modules(tree, parts)
    tree.finish()
    return tree


def kernel_modules(tree, parts):
    below = os.path.join("usr/lib/modules", parts.release)
    source = os.path.join(parts.linux, "lib/modules", parts.release)
    for path in modules(parts.linux, parts.release, EARLY + LATER):
        tree.copy(path, os.path.join(below, os.path.relpath(os.path.realpath(path), os.path.realpath(source))))
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        tree.copy(os.path.join(source, name), os.path.join(below, name))
    command(["/sbin/depmod", "-b", tree.path, parts.release])
    # machined looks for the folder of the kernel that it was released with.
    found = re.search(r'DefaultKernelVersion *= *"(.*)"', read(os.path.join(parts.machinery, "constants/constants.go")).decode())
    if found and found.group(1) != parts.release:
        tree.links({"usr/lib/modules/" + found.group(1): parts.release})


def squash(folder, target):
    status, text = command(["mksquashfs", folder, target, "-all-root", "-noappend", "-no-progress", "-comp", "zstd",
                            "-Xcompression-level", "1", "-b", "256K"])
    if status != 0:
        raise SystemExit("mksquashfs: " + text)
    return read(target)


def initramfs(path, parts):
    """Lays the initramfs at this path."""
    folder = path + ".root"
    tree = rootfs(folder, parts)
    files = [("init", read(parts.program("first")), 0o755), ("talos-init", read(parts.program("talos-init")), 0o755),
             ("rootfs.sqsh", squash(tree.path, path + ".sqsh"), 0o644)]
    loaded = [unpacked(one) for one in modules(parts.linux, parts.release, EARLY)]
    files += [(name, data, 0o644) for name, data in loaded]
    files.append(("order", "\n".join(name for name, _ in loaded).encode(), 0o644))
    lay(path, output(["zstd", "-q", "-1", "-T2", "-c"], cpio.write(files, 0)), 0o644)
    shutil.rmtree(folder)
    os.unlink(path + ".sqsh")
