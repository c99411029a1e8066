"""What a virtual machine boots, made once and kept below build/vm: Debian's kernel, our small init, a base initramfs.

The base has the shape of Talos's own: `init` and `rootfs.sqsh`, compressed with zstd, no extensions.yaml. `make usb`
and `make pxe` put hearth's segment behind it as they do behind Talos's.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(REPO, "scripts", "image"))
import cpio  # noqa: E402

MACHINED = os.path.join(REPO, "tests", "conformance", "machined")
MODULE = "v1.14.mod"
TALOS_INIT = "github.com/siderolabs/talos/internal/app/init"
WANTED = (6, 5)  # Linux; from there on overlayfs takes its layers as Talos's init gives them
GO = {"GOFLAGS": "-p=2 -buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
# Loaded in the initramfs, and by the node: what Talos has built in, and what its udevd loads.
EARLY = ["configfs", "efivarfs", "binfmt_misc", "loop", "squashfs", "overlay"]
TPMS = ["tpm_tis", "tpm_crb"]
LATER = ["e1000e", "ahci", "sd_mod", "nvme", "xhci-pci", "usb-storage", "virtio_pci", "virtio_net"] + TPMS
KEYRING = next((path for path in ("/usr/share/keyrings/debian-archive-keyring" + end for end in (".gpg", ".pgp"))
                if os.path.exists(path)), "")
FOLDERS = ["dev", "proc", "sys", "run", "system", "tmp", "var", "root", "etc", "sbin", "usr/bin", "usr/lib/modules",
           "usr/local/etc", "usr/local/lib"]


class Lacking(Exception):
    """Something cannot be had here; the text says what."""


def command(args, **more):
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    text = done.stdout.decode("utf-8", "replace")
    return done.returncode, text


def apt(where, args, directory=None):
    """(status, words) of apt with, in `where`, lists and a cache of its own for the backports of this Debian."""
    own = []
    if where:
        for name in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(where, name), exist_ok=True)
        own = ["-o", "Dir::Etc::sourcelist=%s/sources.list" % where, "-o", "Dir::Etc::sourceparts=/dev/null",
               "-o", "Dir::State::lists=%s/lists" % where, "-o", "Dir::Cache=%s/cache" % where]
    return command([args[0]] + own + args[1:], cwd=directory)


def backports(build):
    """A directory for apt(), or None."""
    where = os.path.join(build, "apt")
    status, text = command(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"])
    for line in text.splitlines() if status == 0 else ():
        site, _, release = line.partition(" ")
        if release.isalpha():
            source = "deb [signed-by=%s] %s %s-backports main\n" % (KEYRING, site, release)
            lay(os.path.join(where, "sources.list"), source.encode(), 0o644)
            return where if apt(where, ["apt-get", "-q", "update"])[0] == 0 else None
    return None


def offered(where):
    """The package of the newest kernel, and its version as two numbers."""
    status, text = apt(where, ["apt-cache", "depends", "linux-image-amd64"])
    for line in text.splitlines() if status == 0 else ():
        found = re.search(r"Depends: (linux-image-(\d+)\.(\d+)\S*)", line)
        if found:
            return found.group(1), (int(found.group(2)), int(found.group(3)))
    return None, (0, 0)


def parts(where, name):
    """A kernel's packages: later Debians have its image, its modules and the list of what is built in apart, named
    alike."""
    kind, _, version = name.partition("-image-")
    status, text = apt(where, ["apt-cache", "depends", name])
    return [name] + re.findall(r"Depends: (%s-\S+-%s)$" % (kind, re.escape(version)), text if status == 0 else "", re.M)


def download(build, where):
    """(archives, words): the packages of a kernel of Debian's, new enough for Talos's init if there is one."""
    sources = [None]
    name, version = offered(None)
    if not name and os.geteuid() == 0:
        command(["apt-get", "-q", "update"])
        name, version = offered(None)
    if version < WANTED:
        newer = backports(build)
        sources = [newer, None] if newer else [None]
    text = "apt knows no linux-image-amd64"
    for source in sources:
        name, _ = offered(source)
        if name:
            status, text = apt(source, ["apt-get", "-q", "download"] + parts(source, name), where)
            archives = [file for file in os.listdir(where) if file.endswith(".deb")]
            if status == 0 and archives:
                return archives, text
    return [], text


def kernel(build):
    """(vmlinuz, directory with lib/modules, version), unpacked and not installed."""
    where = os.path.join(build, "linux")
    os.makedirs(where, exist_ok=True)
    root = os.path.join(where, "root")
    if not os.path.isdir(root):
        archives, text = download(build, where)
        if not archives:
            raise Lacking("the kernel cannot be had: " + (text.strip().splitlines() or ["apt-get download says nothing"])[-1])
        shutil.rmtree(root + ".new", ignore_errors=True)
        os.makedirs(os.path.join(root + ".new", "usr", "lib"))
        # bookworm's package has lib/modules, later ones usr/lib/modules.
        os.symlink("usr/lib", os.path.join(root + ".new", "lib"))
        for archive in archives:
            status, text = command(["dpkg", "-x", os.path.join(where, archive), root + ".new"])
            if status != 0:
                raise Lacking(text)
        status, text = command(["/sbin/depmod", "-b", root + ".new", release(root + ".new")])
        if status != 0:
            raise Lacking(text)
        os.rename(root + ".new", root)
        for archive in archives:
            os.unlink(os.path.join(where, archive))
    version = release(root)
    places = [os.path.join(root, "boot", "vmlinuz-" + version), os.path.join(root, "lib/modules", version, "vmlinuz")]
    image = next((path for path in places if os.path.isfile(path)), None)
    if image is None:
        raise Lacking("Debian's packages of Linux %s hold no vmlinuz where it is looked for: %s" % (version, ", ".join(places)))
    return image, root, version


def release(root):
    """The version of the one kernel that is unpacked there."""
    found = os.path.join(root, "lib", "modules")
    if not os.path.isdir(found) or len(os.listdir(found)) != 1:
        raise Lacking("Debian's kernel packages hold no modules in lib/modules or usr/lib/modules")
    return os.listdir(found)[0]


def own_init(version):
    """Whether Talos's own init can run on this kernel."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= WANTED


def modules(root, version, names, have=()):
    """The files to load for these modules, in their order."""
    paths = []
    for name in names:
        status, text = command(["/sbin/modprobe", "-d", root, "-S", version, "--show-depends", name])
        if status != 0:
            raise Lacking("module %s: %s" % (name, text))
        for line in text.splitlines():
            words = line.split()
            if words[0] == "insmod" and words[1] not in paths and words[1] not in have:
                paths.append(words[1])
    return paths


def unpacked(path):
    """(name, bytes) of a module; later Debians compress them."""
    name, end = os.path.splitext(os.path.basename(path))
    if end in (".xz", ".zst"):
        return name, subprocess.run([{".xz": "xz", ".zst": "zstd"}[end], "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, "rb") as source:
        return name + end, source.read()


def go_lacks():
    """Why the modules cannot be built with the Go that is here, or None."""
    status, text = command([os.path.join(REPO, "scripts", "need-go"), os.path.join(HERE, "node", "go.mod"),
                            os.path.join(MACHINED, MODULE)])
    return text.strip() if status != 0 else None


def programs(build):
    """Our init, Talos's own, and the machined of the conformance tests; Talos 1.14."""
    out = os.path.join(build, "programs")
    os.makedirs(out, exist_ok=True)
    # What a scenario says of a disk is one file of two modules. It is no link: a copy of the tree may lose those.
    shared = os.path.join(out, "shared.json")
    with open(shared, "w", encoding="utf-8") as overlay:
        json.dump({"Replace": {os.path.join(HERE, "node", "disk.go"): os.path.join(MACHINED, "server", "disk.go")}}, overlay)
    for name, source, what, module in (("init", os.path.join(HERE, "node"), ".", "go.mod"),
                                       ("talos-init", os.path.join(HERE, "node"), TALOS_INIT, "go.mod"),
                                       ("machined", MACHINED, "./server", MODULE)):
        environment = dict(os.environ, **GO)
        status, text = command(["go", "build", "-ldflags=-s -w", "-overlay=" + shared, "-modfile=" + os.path.join(source, module),
                                "-o", os.path.join(out, name), what], cwd=source, env=environment, timeout=1500)
        if status != 0:
            if command(["go", "mod", "download", "-modfile=" + module], cwd=source, env=environment)[0] != 0:
                raise Lacking("the Go modules cannot be had: " + text.strip().splitlines()[-1])
            raise SystemExit("vm: %s does not build:\n%s" % (name, text))
    return out


def libraries(program):
    """The files that a dynamic program needs."""
    status, text = command(["ldd", program])
    return [word for line in text.splitlines() for word in line.split() if word.startswith("/")] if status == 0 else []


def lay(path, data, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as source:
        return source.read()


def output(args, data):
    return subprocess.run(args, input=data, stdout=subprocess.PIPE, check=True).stdout


def squashed(folder, files):
    """A layer of these files; every directory is 0755."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, data in files.items():
        lay(os.path.join(folder, path), data, 0o644)
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o755)
    target = folder + ".sqsh"
    status, text = command(["mksquashfs", folder, target, "-all-root", "-noappend", "-no-progress", "-comp", "zstd"])
    if status != 0:
        raise Lacking(text)
    return read(target)


def rootfs(folder, built, root, version, early):
    for name in FOLDERS:
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    for name in ("hosts", "resolv.conf", "extensions.yaml"):
        lay(os.path.join(folder, "etc", name), b"", 0o644)
    lay(os.path.join(folder, "sbin", "init"), read(os.path.join(built, "init")), 0o755)
    lay(os.path.join(folder, "usr", "bin", "machined"), read(os.path.join(built, "machined")), 0o755)
    runc = shutil.which("runc", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if runc is None:
        raise Lacking("runc is not installed")
    lay(os.path.join(folder, "usr", "bin", "runc"), read(runc), 0o755)
    for path in libraries(runc):
        lay(folder + path, read(path), 0o755)
    order = []
    for path in modules(root, version, LATER, have=early):
        name, data = unpacked(path)
        lay(os.path.join(folder, "usr/lib/modules", name), data, 0o644)
        order.append(name)
    lay(os.path.join(folder, "usr/lib/modules", "order"), "\n".join(order).encode(), 0o644)


def packed(path, files, paths):
    """An initramfs of these files, and of the modules of these paths, which init loads."""
    loaded = [unpacked(one) for one in paths]
    files = files + [(name, data, 0o644) for name, data in loaded]
    files.append(("order", "\n".join(name for name, _ in loaded).encode(), 0o644))
    done = subprocess.run(["zstd", "-3", "-T1", "-c", "-q"], input=cpio.write(files, 0), stdout=subprocess.PIPE, check=True)
    lay(path, done.stdout, 0o644)


def plain(build, program):
    """An initramfs in which a login is born, behind the kernel of base()."""
    path = os.path.join(build, "plain.img")
    _, root, version = kernel(build)
    packed(path, [("init", read(os.path.join(build, "programs", "init")), 0o755), ("hearth", read(program), 0o755)],
           modules(root, version, TPMS))
    return path


def base(build):
    """(kernel, initramfs, whether Talos's own init is in it). Made anew when what goes in has changed."""
    build = os.path.abspath(build)
    vmlinuz, root, version = kernel(build)
    built = programs(build)
    theirs = own_init(version)
    mark = hashlib.sha256()
    for path in [os.path.join(built, name) for name in sorted(os.listdir(built))] + [vmlinuz, os.path.abspath(__file__)]:
        mark.update(read(path))
    path = os.path.join(build, "initramfs.img")
    stamp = path + ".of"
    if os.path.isfile(path) and os.path.isfile(stamp) and read(stamp).decode() == mark.hexdigest():
        return vmlinuz, path, theirs
    early = modules(root, version, EARLY)
    folder = os.path.join(build, "rootfs")
    shutil.rmtree(folder, ignore_errors=True)
    rootfs(folder, built, root, version, early)
    squashed = os.path.join(build, "rootfs.sqsh")
    status, text = command(["mksquashfs", folder, squashed, "-all-root", "-noappend", "-no-progress", "-comp", "zstd",
                            "-Xcompression-level", "6"])
    if status != 0:
        raise Lacking(text)
    files = [("init", read(os.path.join(built, "init")), 0o755), ("rootfs.sqsh", read(squashed), 0o644)]
    if theirs:
        files.append(("talos-init", read(os.path.join(built, "talos-init")), 0o755))
    packed(path, files, early)
    lay(stamp, mark.hexdigest().encode(), 0o644)
    return vmlinuz, path, theirs
