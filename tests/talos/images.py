"""What a registry on the LAN serves: the installer's image, etcd's and that of the kubelet's stand-in, as an OCI layout
of ours: blobs/SHA256, tags/NAME@TAG. Layers are not compressed: an emulated processor unpacks them."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile

from assets import command, lay, read
from rootfs import release
from tree import LIBRARIES, Tree, found, xfs_settings

INSTALLER = ["grub-install", "grub-mkimage", "grub-probe", "grub-editenv", "grub-mkrelpath", "mkfs.xfs", "xfs_repair", "mkfs.fat",
             "mtools"]
ALSO = {"mkfs.vfat": "mkfs.fat", "mcopy": "mtools", "mmd": "mtools", "imager": "installer"}
STUB, LOADER = "linuxx64.efi.stub", "systemd-bootx64.efi"
EFI = ["usr/lib/systemd/boot/efi"]
# What mtools asks libc for when it writes names into the EFI partition: DOS's code page.
CODE_PAGE = [os.path.join(LIBRARIES, "gconv", name) for name in
             ("gconv-modules", "gconv-modules.d/gconv-modules-extra.conf", "IBM850.so")]
PAGE, GZIP = 4096, b"\x1f\x8b"


class Images:
    """A folder that services.registry() serves, made anew unless it is kept."""

    def __init__(self, folder, keep=False):
        self.folder = folder
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("blobs", "tags"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)

    def blob(self, data):
        digest = hashlib.sha256(data).hexdigest()
        lay(os.path.join(self.folder, "blobs", digest), data, 0o644)
        return "sha256:" + digest

    def add(self, name, root, entrypoint):
        """An image of one layer, the tree at root. name: PATH@TAG."""
        layer = subprocess.run(["tar", "--sort=name", "--numeric-owner", "--owner=0", "--group=0", "--mtime=@0", "-C", root, "-c", "."],
                               stdout=subprocess.PIPE, check=True).stdout
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Entrypoint": entrypoint, "Env": ["PATH=/usr/bin"]},
                             "rootfs": {"type": "layers", "diff_ids": [self.blob(layer)]}}).encode()
        self.tag(name, config, [layer])

    def push(self, name, archive):
        """What `crane push` does with an archive of imager's."""
        with tarfile.open(archive) as image:
            manifest, = json.loads(image.extractfile("manifest.json").read())
            files = [image.extractfile(path).read() for path in [manifest["Config"]] + manifest["Layers"]]
        self.tag(name, files[0], files[1:])

    def tag(self, name, config, layers):
        def described(what, data):
            return {"mediaType": "application/vnd.oci.image." + what, "digest": self.blob(data), "size": len(data)}
        text = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": described("config.v1+json", config),
                "layers": [described("layer.v1.tar" + ("+gzip" if layer[:2] == GZIP else ""), layer) for layer in layers]}
        lay(os.path.join(self.folder, "tags", name.replace("/", "_")), self.blob(json.dumps(text).encode()).encode(), 0o644)


def sections_end(stub):
    """The first address behind the sections of a PE file."""
    _, text = command(["objdump", "-h", stub])
    return max(int(size, 16) + int(at, 16) for size, at in re.findall(r"^ *\d+ \S+ +([0-9a-f]+) +([0-9a-f]+)", text, re.M))


def uki(path, stub, kernel, initramfs, arguments, parts):
    """A unified kernel image; Talos's installer takes kernel, initramfs and arguments out of it."""
    texts = {".osrel": release(parts.version), ".uname": parts.release, ".cmdline": arguments}
    files = {name: path + name for name in texts}
    for name, text in texts.items():
        lay(files[name], text.encode(), 0o644)
    at, added = sections_end(stub), []
    for name, source in list(files.items()) + [(".linux", kernel), (".initrd", initramfs)]:
        at += -at % PAGE
        added += ["--add-section", "%s=%s" % (name, source), "--change-section-vma", "%s=%#x" % (name, at)]
        at += os.path.getsize(source)
    subprocess.run(["objcopy"] + added + [stub, path], check=True)
    for name in files.values():
        os.unlink(name)


def installer(folder, parts, image=None):
    """Talos's installer over programs of a Debian whose mkfs.xfs fills a file system from a prototype (6.13 or
    later). Without an image it is what imager begins with."""
    tree = Tree(folder, ["usr/install/amd64"])
    programs(tree, parts)
    if image:
        tree.copy(image, "usr/install/amd64/vmlinuz.efi")
        tree.copy(found(parts.installer, EFI, LOADER), "usr/install/amd64/systemd-boot.efi")
    tree.finish()
    return tree.path


def programs(tree, parts):
    """What is in Talos's installer and in its imager."""
    root = parts.installer
    tree.copy(parts.program("installer"), "usr/bin/installer")
    tree.programs(root, INSTALLER)
    tree.links({"usr/bin/" + name: target for name, target in ALSO.items()})
    for name in CODE_PAGE:
        tree.copy(os.path.join(root, name), name)
    xfs_settings(tree, root)
    shutil.copytree(os.path.join(root, "usr/lib/grub"), tree.at("usr/lib/grub"),
                    ignore=shutil.ignore_patterns("*.exec", "*.image", "monolithic", "x86_64-efi-signed"))
    shutil.copytree(os.path.join(root, "usr/share/grub"), tree.at("usr/share/grub"))


def single(folder, program):
    """An image's tree of one static program at /usr/local/bin."""
    tree = Tree(folder)
    tree.copy(program, "usr/local/bin/" + os.path.basename(program))
    os.chmod(tree.at("usr/local/bin", os.path.basename(program)), 0o755)
    return tree.path


def everything(folder, parts, bare, arguments, tag):
    """The LAN's images. bare: the initramfs that an installed node starts; arguments: its kernel's; tag: the
    installer's."""
    images = Images(folder)
    work = folder + ".tree"
    image = folder + ".efi"
    uki(image, found(parts.installer, EFI, STUB), parts.kernel, bare, arguments, parts)
    images.add(tag, installer(work, parts, image), ["/bin/installer"])
    for name, program in (("etcd@" + parts.etcd, "etcd"), ("siderolabs/kubelet@" + parts.kubelet, "kubelet")):
        images.add(name, single(work, parts.program(program)), ["/usr/local/bin/" + program])
    shutil.rmtree(work)
    os.unlink(image)
