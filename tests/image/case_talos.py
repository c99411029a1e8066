"""Talos's own Go packages, 1.13 and 1.14: they load the extension, rebuild an initramfs with it, and read our list."""
import io
import json
import os
import shutil
import subprocess
import tarfile

import kernel
from kit import HERE, REPO, Failure, Skip, expect, read, same, sha256, write, zstd

MODULES = {"1.13": ("go.mod", "v1.13.9"), "1.14": ("v1.14.mod", "v1.14.1")}
SPEC = os.path.join(REPO, "embed", "extension", "hearth.yaml")


def build(kit, version):
    """The path of the program built against that Talos, or the reason why there is none."""
    if shutil.which("go") is None:
        return None, "go is not installed"
    module = MODULES[version][0]
    out = os.path.join(kit.build, "talos-" + version)
    environment = dict(os.environ, GOFLAGS="-p=2 -buildvcs=false -mod=readonly", GOTOOLCHAIN="local", CGO_ENABLED="0")
    print("go: Talos %s" % version, flush=True)
    source = os.path.join(HERE, "talos")
    for words in (["go", "mod", "download", "-modfile=" + module, "github.com/siderolabs/talos"],
                  ["go", "build", "-modfile=" + module, "-o", out, "."]):
        try:
            done = subprocess.run(words, cwd=source, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=1500)
        except subprocess.TimeoutExpired:
            return None, "go took more than 25 minutes"
        if done.returncode != 0:
            text = done.stdout.decode("utf-8", "replace")
            if words[1] == "build" and "reading https" not in text and "dial tcp" not in text:
                raise Failure("go build: " + text[-1500:])
            return None, "the Go modules cannot be had: " + (text.strip().splitlines() or ["go said nothing"])[-1]
    return out, None


def cases(kit):
    return [case for version in MODULES for case in of_version(kit, version)]


def of_version(kit, version):
    state = {}
    full = MODULES[version][1]

    def program():
        if "program" not in state:
            state["program"], state["reason"] = build(kit, version)
        if state["program"] is None:
            raise Skip(state["reason"])
        return state["program"]

    def talos(*args, env=None):
        return subprocess.run([program()] + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)

    def good(*args, env=None):
        done = talos(*args, env=env)
        expect(done.returncode == 0, "%s: %s" % (args[0], done.stderr.decode("utf-8", "replace")))
        return json.loads(done.stdout) if done.stdout else None

    def extension():
        program()
        if "extension" not in state:
            state["extension"] = kit.run("extension").good()
        return state["extension"]

    def unpacked(how="untar"):
        where = kit.directory()
        good(how, extension().path("hearth-extension.tar" if how == "untar" else "hearth-extension"), where)
        return where

    def loads(how):
        def case():
            where = unpacked(how)
            manifest = good("validate", where, full)
            same(manifest["Metadata"]["Name"], "hearth", "the name")
            for folder, _, names in os.walk(os.path.join(where, "rootfs")):
                same(os.stat(folder).st_mode & 0o777, 0o755, folder + ": mode after Talos's own unpacking")
            same(sha256(os.path.join(where, "rootfs/usr/local/lib/containers/hearth/hearth")), sha256(kit.binary), "the program")
            expect(os.path.isdir(os.path.join(where, "rootfs/usr/local/etc/hearth")), "the site's empty directory")
        return case

    def not_valid(change, word, talos_version=full):
        def case():
            where = unpacked()
            change(where)
            done = talos("validate", where, talos_version)
            expect(done.returncode == 1 and word in done.stderr.decode(), "taken, or another reason: " + done.stderr.decode())
        return case

    def service():
        spec = good("service", SPEC)
        same((spec["Name"], spec["Restart"], spec["LogToConsole"]), ("hearth", "untilSuccess", True), "the service")
        same(spec["Container"]["Entrypoint"], "./hearth", "the entry point")
        same(spec["Depends"], [dict(Service="", Path="/system/run/machined/machine.sock", Network=None, Time=False, Configuration=False),
                               dict(Service="", Path="", Network=["etcfiles"], Time=False, Configuration=False)], "what it waits for")
        same([mount["source"] for mount in spec["Container"]["Mounts"] if mount["type"] != "bind"], [], "mounts that are no bind")

    def not_served(old, new, word):
        def case():
            text = read(SPEC).decode()
            expect(old in text, "the spec no longer has %r" % old)
            done = talos("service", write(os.path.join(kit.directory(), "hearth.yaml"), text.replace(old, new)))
            expect(done.returncode == 1 and word in done.stderr.decode(), "taken, or another reason: " + done.stderr.decode())
        return case

    def list_of(with_site):
        def case():
            program()
            site = {"SITE": kit.site()} if with_site else {}
            files = kernel.unpack(zstd(kit.base()) + read(kit.run("initrd", **site).good().path("hearth-initrd.img")))
            config = good("list", write(os.path.join(kit.directory(), "extensions.yaml"), files["extensions.yaml"][2]))
            same([layer["Image"] for layer in config["Layers"]], ["hearth.sqsh"] + (["hearth-site.sqsh"] if with_site else []), "layers")
            for layer in config["Layers"]:
                expect(layer["Image"] in files and layer["Metadata"]["Name"] and layer["Metadata"]["Version"], str(layer))
                same(layer["Metadata"]["Compatibility"]["Talos"]["Version"], ">= 1.13.0", "what it is for")
            return files
        return case

    def tools_path():
        """imager asks for a newer mksquashfs than bookworm's: without the two options that it does not know."""
        where = os.path.join(kit.directory(), "bin")
        script = ("#!/usr/bin/env python3\nimport os, sys\nargs, skip = [], False\nfor word in sys.argv[1:]:\n"
                  "    if skip:\n        skip = False\n    elif word in ('-xattrs-exclude', '-p'):\n        skip = True\n"
                  "    else:\n        args.append(word)\nos.execv(%r, ['mksquashfs'] + args)\n" % shutil.which("mksquashfs"))
        write(os.path.join(where, "mksquashfs"), script, 0o755)
        return dict(os.environ, PATH=where + ":" + os.environ["PATH"], TMPDIR=kit.directory())

    def rebuilt():
        """What imager makes of a base with our tar, and with somebody else's extension."""
        program()
        tree = kit.directory()
        os.makedirs(os.path.join(tree, "0"))
        good("untar", extension().path("hearth-extension.tar"), os.path.join(tree, "0"))
        path = write(os.path.join(kit.directory(), "initramfs.xz"), zstd(kit.base()))
        good("build", path, tree, full, env=tools_path())
        return path

    def imager():
        root = kernel.mounted(kernel.unpack(read(rebuilt())), kit.directory)
        same(root["/usr/local/lib/containers/hearth/hearth"], (0o755, "0/0", read(kit.binary)), "the program after imager")
        same(root["/usr"][:2], (0o755, "0/0"), "/usr after imager")
        same(root["/usr/local/etc/hearth"], (0o755, "0/0", None), "the site's directory after imager")

    def over_imager():
        """A base that imager made with another extension, then ours behind it."""
        program()
        tree = kit.directory()
        other = os.path.join(tree, "0")
        write(os.path.join(other, "manifest.yaml"), read(os.path.join(unpacked(), "manifest.yaml")).replace(b"name: hearth", b"name: other"))
        write(os.path.join(other, "rootfs", "usr", "local", "share", "other"), b"other")
        for folder, _, _ in os.walk(other):
            os.chmod(folder, 0o755)
        path = write(os.path.join(kit.directory(), "initramfs.xz"), zstd(kit.base()))
        good("build", path, tree, full, env=tools_path())
        site = kit.site()
        files = kernel.unpack(read(kit.run("initrd", BASE=path, SITE=site).good().path("initramfs.img")))
        config = good("list", write(os.path.join(kit.directory(), "extensions.yaml"), files["extensions.yaml"][2]))
        same([layer["Metadata"]["Name"] for layer in config["Layers"]], ["other", "hearth", "hearth-site"], "the layers")
        root = kernel.mounted(files, kit.directory)
        same(root["/usr/local/share/other"][2], b"other", "the other extension")
        expect("/usr/local/etc/hearth/hearth.yaml" in root, "the site")

    def over_own():
        kit.refused("initrd", "already carries hearth", BASE=rebuilt())

    def arguments():
        wanted = sorted(good("args", full) + ["talos.platform=metal", "console=tty0"])
        site = kit.site()
        ran = kit.run("pxe", SITE=site, TALOS=full, KERNEL=kit.kernel(),
                      INITRAMFS=write(os.path.join(kit.directory(), "i"), zstd(kit.base()))).good()
        line = next(line for line in read(ran.path("pxe", "boot.ipxe")).decode().splitlines() if line.startswith("kernel "))
        same(sorted(line.split()[2:-1]), wanted, "the kernel's arguments; the left are ours, the right Talos's")

    def profile(change=None):
        def case():
            program()
            ran = kit.run("installer", SITE=kit.site(), TALOS=full).good()
            path = ran.path("installer", "profile.yaml")
            if change:
                path = write(os.path.join(kit.directory(), "profile.yaml"), read(path).decode().replace(*change))
                expect(talos("profile", path).returncode == 1, "a broken profile is taken")
            else:
                same(good("profile", path), {"version": full, "output": "installer-amd64.tar", "arguments": None, "keys": None,
                                             "extensions": ["/hearth/hearth-extension.tar"]}, "the profile")
        return case

    def signed():
        """Two extensions beside hearth's, keys of one's own, arguments: what imager makes of the two profiles, to the
        names that the printed commands say."""
        keys = kit.directory()
        for key in ("uki-signing-key.pem", "uki-signing-cert.pem", "pcr-signing-key.pem"):
            write(os.path.join(keys, key), b"x")
        ran = kit.run("installer", SITE=kit.site(), TALOS=full, SECUREBOOT=keys, KARGS="console=ttyS0",
                      EXTENSIONS="ghcr.io/siderolabs/iscsi-tools:v0.2.0 registry.example:5000/i915:1@sha256:" + "ab" * 32).good()
        said = read(ran.path("installer", "commands.txt")).decode()
        for file, output in (("profile.yaml", "installer-amd64-secureboot.tar"), ("iso.yaml", "metal-amd64-secureboot.iso")):
            expect("installer/" + file in said and "installer/" + output in said, "%s is not said:\n%s" % (file, said))
            same(good("profile", ran.path("installer", file)), {
                "version": full, "output": output, "arguments": ["console=ttyS0"],
                "extensions": ["/hearth/hearth-extension.tar", "ghcr.io/siderolabs/iscsi-tools:v0.2.0",
                               "registry.example:5000/i915:1@sha256:" + "ab" * 32],
                "keys": ["/secureboot/uki-signing-key.pem", "/secureboot/uki-signing-cert.pem", "/secureboot/pcr-signing-key.pem"]}, file)

    def site_extension():
        """The site that `make installer CREDENTIAL=1` makes for imager, as Talos's packages unpack and judge it."""
        program()
        keys, where = kit.directory(), kit.directory()
        for key in ("uki-signing-key.pem", "uki-signing-cert.pem", "pcr-signing-key.pem"):
            write(os.path.join(keys, key), b"x")
        ran = kit.run("installer", SITE=kit.site(), TALOS=full, SECUREBOOT=keys, CREDENTIAL=1).good()
        good("untar", ran.path("hearth-site.tar"), where)
        same(good("validate", where, full)["Metadata"]["Name"], "hearth-site", "the name")
        below = os.path.join(where, "rootfs/usr/local/etc/hearth")
        same([os.stat(os.path.join(below, name)).st_mode & 0o777 for name in ("", "hearth.yaml", ".hearth", ".hearth/data.pem")],
             [0o755, 0o644, 0o700, 0o400], "modes after Talos's own unpacking")
        same(good("profile", ran.path("installer", "iso.yaml"))["extensions"], ["/hearth/hearth-extension.tar", "/hearth/hearth-site.tar"],
             "what the medium holds")

    def hard_link():
        """Why the tar has no links: Talos's archiver makes an empty file of one."""
        path = os.path.join(kit.directory(), "links.tar")
        with tarfile.open(path, "w") as archive:
            one = tarfile.TarInfo("deep/one")
            one.size = 3
            archive.addfile(one, io.BytesIO(b"one"))
            two = tarfile.TarInfo("two")
            two.type, two.linkname = tarfile.LNKTYPE, "deep/one"
            archive.addfile(two)
        where = kit.directory()
        done = talos("untar", path, where)
        full_path = os.path.join(where, "two")
        expect(done.returncode != 0 or not os.path.exists(full_path) or read(full_path) == b"", "hard links work; the trap is gone")

    name = "Talos %s: " % version
    return [(name + about, negative, function) for about, negative, function in [
        ("loads and validates the tar, contents and constraints", False, loads("untar")),
        ("loads and validates the OCI layout", False, loads("oci")),
        ("takes the service spec, no key unknown", False, service),
        ("reads the list of layers without a site", False, list_of(False)),
        ("reads the list of layers with a site", False, list_of(True)),
        ("imager's own rebuild boots with it", False, imager),
        ("a base that imager made keeps its extension", False, over_imager),
        ("has the kernel arguments that we give", False, arguments),
        ("takes the imager profile", False, profile()),
        ("takes the profiles of a signed image with two more extensions", False, signed),
        ("takes a site as an extension of the medium that enrols", False, site_extension),
        ("a base with hearth in it by imager is refused", True, over_own),
        ("a Talos too old for it is refused", True, not_valid(lambda where: None, "can't be satisfied", "v1.12.11")),
        ("a third file beside manifest and rootfs", True, not_valid(lambda where: write(os.path.join(where, "README"), b""), "unexpected file")),
        ("a file where no extension may have one", True,
         not_valid(lambda where: write(os.path.join(where, "rootfs", "etc", "hearth.yaml"), b""), "is not allowed")),
        ("no manifest", True, not_valid(lambda where: os.unlink(os.path.join(where, "manifest.yaml")), "manifest is missing")),
        ("a spec without restart", True, not_served("restart: untilSuccess\n", "", "restart kind is invalid")),
        ("a spec that waits for two things at once", True,
         not_served("  - path: /system/run/machined/machine.sock\n", "  - path: /system/run/machined/machine.sock\n    time: true\n", "more than a single")),
        ("a spec with an unknown key", True, not_served("logToConsole: true", "logToConsol: true", "logToConsol")),
        ("a spec that waits for a network state that is none", True, not_served("- etcfiles", "- etcfile", "etcfile")),
        ("a profile that is none", True, profile(("kind: installer", "kind: installed"))),
        ("a profile with a key that imager has not", True, profile(("secureboot: false", "secureBoot: false"))),
        ("a hard link comes out empty, so there is none", True, hard_link),
    ]]
