"""The stick, the network directory, and the texts of installer and reset."""
import hashlib
import importlib
import json
import os
import re
import shlex
import signal as signal_module
import socket
import stat
import subprocess
import sys
import tarfile
import threading
import urllib.error
import urllib.request

import kernel
from kit import EPOCH, REPO, Skip, command, expect, read, same, write, zstd

REQUIRED = ["talos.platform=metal", "slab_nomerge=", "pti=on"]
NEWER = ["init_on_alloc=1", "nvme_core.io_timeout=4294967295"]  # Talos 1.13 has them, 1.14 no longer


def tools(name):
    sys.path.insert(0, os.path.join(REPO, "scripts", "image"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def cases(kit):
    def planned(site):
        """The plans of a site whose tree, for want of Flux's components, is not whole."""
        done = subprocess.run([kit.binary, "plan", "--all", "--json", "--site", site], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        expect(done.returncode == 3 and b"gotk-components.yaml is not there" in done.stderr, done.stderr.decode())
        return json.loads(done.stdout)

    shared = {}

    def given():
        """KERNEL= and INITRAMFS= of ours, and a site with a repository."""
        if "given" not in shared:
            shared["given"] = {"SITE": kit.site(), "KERNEL": kit.kernel(),
                               "INITRAMFS": write(os.path.join(kit.directory(), "initramfs.xz"), zstd(kit.base()))}
        return dict(shared["given"])

    def usb():
        if "usb" not in shared:
            shared["usb"] = kit.run("usb", **given()).good()
        return shared["usb"]

    def extract(ran, path):
        target = os.path.join(kit.directory(), "file")
        command(["xorriso", "-osirrox", "on", "-indev", ran.path("hearth-usb.iso"), "-extract", path, target])
        return read(target)

    def menu(ran):
        """{id: body} of the entries."""
        text = extract(ran, "/boot/grub/grub.cfg").decode()
        return text, dict(re.findall(r'^menuentry .*?--id (\w+) \{\n(.*?)^\}$', text, re.M | re.S))

    def kernel_line(body):
        return re.search(r"^ *linux /boot/vmlinuz (.*)$", body, re.M).group(1).split()

    # -- the stick

    def files():
        ran = usb()
        same(extract(ran, "/boot/vmlinuz"), read(given()["KERNEL"]), "the kernel on the stick")
        found = kernel.unpack(extract(ran, "/boot/initramfs.img"))
        same(kernel.layers(found), ["hearth.sqsh", "hearth-site.sqsh"], "the layers")
        kernel.mounted(found, kit.directory)
        same(stat.S_IMODE(os.stat(ran.path("hearth-usb.iso")).st_mode), 0o600, "mode of a stick with a login")
        expect("holds a credential" in ran.stdout and "remove the stick" in ran.stdout, ran.stdout)

    def structure():
        ran = usb()
        text = command(["xorriso", "-indev", ran.path("hearth-usb.iso"), "-report_el_torito", "plain", "-report_system_area",
                        "plain", "-pvd_info"]).decode("utf-8", "replace")
        platforms = re.findall(r"^El Torito boot img : +\d+ +(\S+)", text, re.M)
        same(sorted(platforms), ["BIOS", "UEFI"], "El Torito images")
        expect(re.search(r"^System area summary:.*MBR.*GPT", text, re.M), "no MBR with GPT: a stick would not start\n" + text)
        expect("HEARTH" in text, "the volume's name")
        raw = read(ran.path("hearth-usb.iso"))
        same(raw[510:512], b"\x55\xaa", "the MBR's mark")
        same(raw[512:520], b"EFI PART", "the GPT's mark")
        expect(any(raw[0:440]), "the MBR has no code: BIOS would not start the stick")

    def efi():
        image = os.path.join(kit.directory(), "efi.img")
        write(image, extract(usb(), "/efi.img"))
        listing = command(["mdir", "-i", image, "-b", "-/", "::"]).decode().lower()
        expect("/efi/boot/bootx64.efi" in listing, "no loader for UEFI:\n" + listing)
        expect("loader.conf" not in listing, "the stick would be taken for an installed disk")

    def entries():
        text, found = menu(usb())
        same(list(found), ["hearth", "reset", "disk"], "the menu")
        expect("set default=0\nset timeout=5\n" in text, "not the first entry after 5 s")
        args = kernel_line(found["hearth"])
        for arg in REQUIRED:
            expect(arg in args, arg + " is missing: Talos does not boot without")
        expect(not [arg for arg in args if arg.startswith(("talos.halt_if_installed", "talos.experimental.wipe", "talos.config"))],
               "the first entry halts, wipes or waits: %s" % args)
        path = write(os.path.join(kit.directory(), "grub.cfg"), text)
        if os.path.exists("/usr/bin/grub-script-check"):
            command(["grub-script-check", path])

    def reset_asks():
        _, found = menu(usb())
        body = found["reset"]
        asked, wiped = body.index("read answer"), body.index("talos.experimental.wipe=system")
        expect(body.index("What is lost") < asked < wiped, "it does not say what is lost, then ask, then wipe")
        expect('if [ "$answer" = "ERASE" ]; then' in body[asked:wiped], "any answer wipes")
        same([name for name, text in found.items() if "wipe" in text], ["reset"], "entries that wipe")

    def disk_entry():
        _, found = menu(usb())
        expect("linux" not in found["disk"] and "chainloader" in found["disk"] and "exit" in found["disk"], found["disk"])

    def reproducible():
        other = kit.run("usb", umask=0o077, directory="/", TZ="Asia/Tokyo", **given()).good()
        same(hashlib.sha256(read(other.path("hearth-usb.iso"))).hexdigest(),
             hashlib.sha256(read(usb().path("hearth-usb.iso"))).hexdigest(), "two sticks of one site")
        later = kit.run("usb", SOURCE_DATE_EPOCH=EPOCH + 1, **given()).good()
        expect(read(later.path("hearth-usb.iso")) != read(other.path("hearth-usb.iso")),
               "the comparison sees no difference where there is one")

    # -- what must not be hurt

    def interrupted(signal):
        """A tool that has the program ended while it runs: no workspace stays, and what was made before is as it
        was."""
        def case():
            ran = kit.run("usb", **given()).good()
            before = read(ran.path("hearth-usb.iso"))
            empty = os.path.join(kit.directory(), "bin")
            write(os.path.join(empty, "grub-mkrescue"), "#!/bin/sh\nkill -%s $PPID\nexec sleep 60\n" % signal, 0o755)
            again = kit.run("usb", OUT=ran.out, PATH=empty + ":" + os.environ["PATH"], **given())
            same(again.status, 128 + getattr(signal_module, "SIG" + signal), "the exit status")
            expect("Traceback" not in again.stderr, again.stderr)
            same(os.listdir(ran.out), ["hearth-usb.iso"], "what is left")
            same(read(ran.path("hearth-usb.iso")), before, "the stick that was there")
        return case

    def killed():
        """What a kill left goes with the next run; the workspace of one that runs stays."""
        common = tools("common")
        settings = common.Settings({"SOURCE_DATE_EPOCH": "1", "OUT": os.path.join(kit.directory(), "out")})
        dead = write(os.path.join(settings.out, common.WORK + "dead", "site", "data.pem"), "x")
        other = write(os.path.join(settings.out, ".work-of-others", "kept"), "x")
        with common.Workspace(settings) as first:
            expect(not os.path.exists(os.path.dirname(os.path.dirname(dead))), "a dead run's workspace stays")
            with common.Workspace(settings) as second:
                expect(os.path.isdir(first) and os.path.isdir(second), "a workspace in use is swept")
        same((os.listdir(settings.out), read(other)), ([".work-of-others"], b"x"), "what is left")

    def no_modes():
        common = tools("common")
        settings = common.Settings({"SOURCE_DATE_EPOCH": "1", "OUT": os.path.join(kit.directory(), "out")})
        make = common.tempfile.mkdtemp

        def open_to_all(**words):
            path = make(**words)
            os.chmod(path, 0o755)
            return path
        common.tempfile.mkdtemp = open_to_all
        try:
            common.Workspace(settings)
        except common.Stop as stop:
            expect("keeps no modes" in str(stop), str(stop))
        else:
            expect(False, "a workspace that everybody can read is used")
        finally:
            common.tempfile.mkdtemp = make
        same(os.listdir(settings.out), [], "what is left")

    def full():
        """Every file ends at 100 kB, as on a full disk."""
        for verb, settings in (("extension", {}), ("usb", given())):
            kit.refused(verb, prefix=("prlimit", "--fsize=100000"), **settings)

    def foreign(verb, folder, name):
        def case():
            out = os.path.join(kit.directory(), "out")
            path = write(os.path.join(out, folder, name), "somebody's")
            ran = kit.run(verb, OUT=out, **(given() if verb == "pxe" else {}))
            expect(ran.status == 1 and name in ran.stderr and "did not make" in ran.stderr, ran.stderr)
            same((read(path), os.listdir(out)), (b"somebody's", [folder]), "what was there")
        return case

    def demo():
        where = kit.directory()
        path = write(os.path.join(where, "homelab", "mine"), "x")
        done = subprocess.run([os.path.join(REPO, "scripts", "demo"), kit.binary, where], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        expect(done.returncode == 1 and b"no demo made" in done.stderr, done.stderr.decode("utf-8", "replace"))
        same(read(path), b"x", "what was there")

    def in_the_way():
        out = os.path.join(kit.directory(), "out")
        os.makedirs(os.path.join(out, "elsewhere"))
        os.symlink("elsewhere", os.path.join(out, "pxe"))
        ran = kit.run("pxe", OUT=out, **given())
        expect(ran.status == 1 and "is in the way" in ran.stderr, ran.stderr)
        os.makedirs(os.path.join(out, "hearth-usb.iso"))
        ran = kit.run("usb", OUT=out, **given())
        expect(ran.status == 1 and "hearth-usb.iso" in ran.stderr and "Traceback" not in ran.stderr, ran.stderr)

    def role():
        ran = kit.run("usb", ROLE="data", **given()).good()
        root = kernel.mounted(kernel.unpack(extract(ran, "/boot/initramfs.img")), kit.directory)
        same([path for path in root if "/.hearth/" in path], ["/usr/local/etc/hearth/.hearth/data.pem"], "the logins on the stick")

    def arguments():
        ran = kit.run("usb", KARGS="console=ttyS0 -selinux quiet", **given()).good()
        text, found = menu(ran)
        args = kernel_line(found["hearth"])
        expect(args[-2:] == ["console=ttyS0", "quiet"] and not [arg for arg in args if arg.startswith("selinux")], str(args))
        expect("terminal_output console serial" in text, "the menu is not on the serial line that the kernel was given")
        ran = kit.run("usb", KARGS="slab_nomerge pti=on", **given()).good()
        same(kernel_line(menu(ran)[1]["hearth"]), kernel_line(menu(usb())[1]["hearth"]), "arguments that are there already")

    def permanent():
        ran = kit.run("usb", PERMANENT=1, **given()).good()
        expect("sysctl.kernel.kexec_load_disabled=1" in kernel_line(menu(ran)[1]["hearth"]), "the kexec is not turned off")
        expect("sysctl.kernel.kexec_load_disabled=1" not in kernel_line(menu(usb())[1]["hearth"]), "it is always turned off")
        expect("It stays in" in ran.stdout and "remove the stick" not in ran.stdout, ran.stdout)

    def cache():
        where = os.path.join(kit.directory(), "cache")
        write(os.path.join(where, "blob", "sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), b"blob")
        os.makedirs(os.path.join(where, "manifests", "registry.example"))
        image = "registry.lan:5000/hearth/installer:v1.13.9-hearth-1"
        with_image = kit.site()
        write(os.path.join(with_image, "talos", "data.yaml"), b"machine:\n  install:\n    image: %s\n" % image.encode())
        kit.refused("usb", image, "is not in it", IMAGE_CACHE=where, **dict(given(), SITE=with_image))
        write(os.path.join(where, "manifests", "registry.lan_5000_", "hearth", "installer", "reference", "v1.13.9-hearth-1"), b"{}")
        kit.run("usb", IMAGE_CACHE=where, **dict(given(), SITE=with_image)).good()
        ran = kit.run("usb", IMAGE_CACHE=where, **given()).good()
        same(extract(ran, "/imagecache/blob/sha256-" + "0123456789abcdef" * 4), b"blob", "a file of the cache")
        text = command(["xorriso", "-indev", ran.path("hearth-usb.iso"), "-pvd_info"]).decode("utf-8", "replace")
        expect("TALOS_HEARTH" in text, "Talos looks for a cache on volumes named TALOS_...")

    def versions():
        talos = tools("talos")
        settings = tools("common").Settings({"SOURCE_DATE_EPOCH": "1"})
        for version, has in (("v1.13.0", True), ("v1.13.9", True), ("v1.14.0-rc.1", False), (None, False)):
            args = talos.arguments(settings, version)
            same([arg for arg in NEWER if arg in args], NEWER if has else [], "arguments of %s" % version)

    # -- Talos's own files

    def pin():
        settings = given()
        settings["SITE"] = kit.site()
        write(os.path.join(settings["SITE"], "talos.pin"), "# mine\nv1.13.1 vmlinuz-amd64 " + "a" * 64 + "\n")
        kit.run("talos-pin", TALOS="v1.13.9", **settings).good()
        lines = read(os.path.join(settings["SITE"], "talos.pin")).decode().splitlines()
        same(lines[:2], ["# mine", "v1.13.1 vmlinuz-amd64 " + "a" * 64], "what was recorded before")
        same(lines[2:], ["v1.13.9 %s %s" % (name, hashlib.sha256(read(settings[key])).hexdigest())
                         for name, key in (("vmlinuz-amd64", "KERNEL"), ("initramfs-amd64.xz", "INITRAMFS"))], "the record")
        kit.run("talos-pin", TALOS="v1.13.9", **settings).good()
        same(read(os.path.join(settings["SITE"], "talos.pin")).decode().splitlines(), lines, "recorded twice")
        kit.run("usb", TALOS="v1.13.9", **settings).good()
        kit.refused("talos-pin", "KERNEL is given without INITRAMFS", TALOS="v1.13.9", **dict(settings, INITRAMFS=""))
        kit.refused("talos-pin", "not a Linux kernel", TALOS="v1.13.9", **dict(settings, KERNEL=settings["INITRAMFS"]))
        other = kit.kernel()
        kit.refused("usb", "has SHA-256", TALOS="v1.13.9", **dict(settings, KERNEL=other))

    def unpinned():
        settings = {"SITE": given()["SITE"], "TALOS": "v1.13.9"}
        empty = os.path.join(kit.directory(), "bin")
        write(os.path.join(empty, "curl"), "#!/bin/sh\necho asked >'%s/asked'\nexit 7\n" % empty, 0o755)
        path = empty + ":" + os.environ["PATH"]
        kit.refused("usb", "no SHA-256 is recorded", "make talos-pin", "KERNEL_SHA256=", PATH=path, **settings)
        expect(not os.path.exists(os.path.join(empty, "asked")), "something was fetched before there was a hash to judge it by")

    def fetched(body, *words):
        """With a curl that brings `body`, whatever it is asked for."""
        def case():
            empty = os.path.join(kit.directory(), "bin")
            write(os.path.join(empty, "body"), body)
            write(os.path.join(empty, "curl"), "#!/bin/sh\nprintf '%%s ' \"$@\" >>'%s/asked'\ncat '%s/body'\n" % (empty, empty), 0o755)
            site = kit.site()
            kit.refused("usb", *words, PATH=empty + ":" + os.environ["PATH"], SITE=site, TALOS="v1.13.98",
                        KERNEL_SHA256="0" * 64, INITRAMFS_SHA256="1" * 64)
            asked = read(os.path.join(empty, "asked")).decode()
            expect("--proto =https" in asked and "/v1.13.98/vmlinuz-amd64" in asked, asked)
            expect(not os.path.exists(os.path.join(os.path.dirname(kit.binary), "talos", "v1.13.98")), "what was refused is kept")
        return case

    def from_release():
        """talos-pin reads the release's list of sums."""
        empty = os.path.join(kit.directory(), "bin")
        sums = "%s  vmlinuz-arm64\n%s  vmlinuz-amd64\n%s *_out/initramfs-amd64.xz\n" % ("1" * 64, "2" * 64, "3" * 64)
        write(os.path.join(empty, "body"), sums)
        write(os.path.join(empty, "curl"), "#!/bin/sh\ncat '%s/body'\n" % empty, 0o755)
        site = kit.site()
        settings = {"PATH": empty + ":" + os.environ["PATH"], "SITE": site, "TALOS": "v1.13.9"}
        kit.run("talos-pin", **settings).good()
        text = read(os.path.join(site, "talos.pin")).decode()
        expect("v1.13.9 vmlinuz-amd64 " + "2" * 64 in text and "v1.13.9 initramfs-amd64.xz " + "3" * 64 in text, text)
        write(os.path.join(empty, "body"), sums.replace("initramfs-amd64", "initramfs-arm64"))
        kit.refused("talos-pin", "does not name both", **settings)

    def bad(verb, *words, **change):
        def case():
            settings = dict(given(), **change)
            kit.refused(verb, *words, **{key: value for key, value in settings.items() if value is not None})
        return case

    def bad_pin():
        settings = dict(given(), SITE=kit.site())
        write(os.path.join(settings["SITE"], "talos.pin"), "v1.13.9 vmlinuz-amd64 abc\n")
        kit.refused("usb", "talos.pin:1", TALOS="v1.13.9", **settings)

    def no_tracked():
        settings = dict(given(), SITE=kit.site())
        git = kit.repository(settings["SITE"])
        command(git + ["add", "-f", ".hearth/data.pem"])
        for verb in ("usb", "pxe"):
            kit.refused(verb, "git tracks", **settings)

    # -- the network

    def pxe():
        ran = kit.run("pxe", **given()).good()
        script = read(ran.path("pxe", "boot.ipxe")).decode()
        lines = script.splitlines()
        same(lines[0], "#!ipxe", "the first line")
        args = next(line for line in lines if line.startswith("kernel ")).split()[1:]
        same((args[0], args[-1]), ("vmlinuz", "initrd=initramfs.img"), "the kernel's line")
        for arg in REQUIRED:
            expect(arg in args, arg + " is missing")
        expect("initrd initramfs.img" in lines and lines[-1] == "boot", script)
        root = kernel.mounted(kernel.unpack(read(ran.path("pxe", "initramfs.img"))), kit.directory)
        same([path for path in root if "/.hearth" in path], [], "logins in the directory")
        same(stat.S_IMODE(os.stat(ran.path("pxe", "initramfs.img")).st_mode), 0o644, "mode")
        expect("Everyone on the LAN can fetch" in ran.stdout and "no output holds a credential" in ran.stdout, ran.stdout)
        for name in ("undionly.kpxe", "ipxe.efi"):
            same(read(ran.path("pxe", name)), read("/usr/lib/ipxe/" + name), name)

    def pxe_half():
        """Served, half a login is the box's too: root on it then has the whole."""
        settings = dict(given(), SITE=kit.born(kit.site(roles=())), ROLE="data")
        ran = kit.run("pxe", CREDENTIAL=1, **settings).good()
        expect("Everyone who reaches this server can fetch initramfs.img and take half a login of data-1 out of it, the box too: while it "
               "is served, root on that box, or whoever has the box, has the whole login." in ran.stdout, ran.stdout)
        same(stat.S_IMODE(os.stat(ran.path("pxe", "initramfs.img")).st_mode), 0o600, "mode")
        root = kernel.mounted(kernel.unpack(read(ran.path("pxe", "initramfs.img"))), kit.directory)
        same([path for path in root if "/.hearth/" in path], ["/usr/local/etc/hearth/.hearth/data-1.tpm"], "what the directory holds")
        ran = kit.run("pxe", **settings).good()
        root = kernel.mounted(kernel.unpack(read(ran.path("pxe", "initramfs.img"))), kit.directory)
        same([path for path in root if "/.hearth" in path], [], "halves in the directory")
        expect("half a login" not in ran.stdout, ran.stdout)

    def pxe_credential():
        ran = kit.run("pxe", CREDENTIAL=1, ROLE="data", **given()).good()
        root = kernel.mounted(kernel.unpack(read(ran.path("pxe", "initramfs.img"))), kit.directory)
        same([path for path in root if "/.hearth/" in path], ["/usr/local/etc/hearth/.hearth/data.pem"], "logins")
        same(stat.S_IMODE(os.stat(ran.path("pxe", "initramfs.img")).st_mode), 0o600, "mode")
        expect("every guest on the LAN, can fetch initramfs.img and take the login of role data" in ran.stdout, ran.stdout)
        again = kit.run("pxe", OUT=ran.out, **given()).good()
        expect(not os.path.exists(again.path("pxe", "credential-of")), "the mark of a login stays when the login is gone")

    def served():
        ran = kit.run("pxe", CREDENTIAL=1, **given()).good()
        pxe_module = tools("pxe")
        said = []
        pxe_module.say = lambda text="": said.append(text)
        server = pxe_module.Server(("127.0.0.1", 0), lambda *args: pxe_module.Handler(ran.path("pxe"), *args))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        top = "http://127.0.0.1:%d/" % server.server_address[1]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            for name in pxe_module.FILES:
                same(opener.open(top + name, timeout=20).read(), read(ran.path("pxe", name)), name + " over http")
            for name in ("", "credential-of", "../hearth-usb.iso", "%2e%2e/secret", "etc/passwd", "boot.ipxe/..", "//etc/passwd"):
                try:
                    opener.open(top + name, timeout=20)
                except urllib.error.HTTPError as error:
                    same(error.code, 404, "the answer to /" + name)
                else:
                    expect(False, "/%s is given out" % name)
            with socket.create_connection(server.server_address, timeout=20) as stranger:
                stranger.sendall(b"GET /\x1b[2J\x9b\x07\r HTTP/1.0\r\n\r\n")
                while stranger.recv(65536):
                    pass
            expect("[2J" in said[-1] and said[-1].isprintable(), "a stranger's words reach the terminal: %r" % said[-1])
            os.unlink(ran.path("pxe", "vmlinuz"))
            try:
                opener.open(top + "vmlinuz", timeout=20)
            except urllib.error.HTTPError as error:
                same(error.code, 503, "the answer while make pxe is at work")
            else:
                expect(False, "what is not there is given out")
        finally:
            server.shutdown()
            server.server_close()

    def proxy():
        ipaddress = importlib.import_module("ipaddress")
        args = tools("pxe").dnsmasq("eth9", "192.168.1.5", ipaddress.ip_network("192.168.1.0/24"), 8080, "/nonexistent")
        expect("--dhcp-range=192.168.1.0,proxy,255.255.255.0" in args and "--port=0" in args, str(args))
        expect(not [arg for arg in args if arg.startswith("--dhcp-range") and "proxy" not in arg], "it would give out addresses")
        done = subprocess.run(["dnsmasq", "--test"] + args[1:], env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(b"syntax check OK" in done.stdout, done.stdout.decode())

    def serve_refused():
        kit.refused("pxe-serve", "IF is missing")
        for port in ("http", "0", "65536", "-1"):
            kit.refused("pxe-serve", "PORT=%s: must be a number" % port, IF="lo", PORT=port)
        kit.refused("pxe-serve", "make pxe", IF="lo")
        ran = kit.run("pxe", **given()).good()
        if os.geteuid() != 0:
            raise Skip("needs root")
        done = kit.run("pxe-serve", OUT=ran.out, IF="nonexistent9")
        expect(done.status == 1 and "no such interface" in done.stderr, done.stderr)
        done = kit.run("pxe-serve", OUT=ran.out, IF="lo")
        expect(done.status == 1 and "no IPv4 address" in done.stderr, done.stderr)

    # -- installer and reset

    def installer():
        site = kit.site()
        ran = kit.run("installer", SITE=site, TALOS="v1.13.9", REGISTRY="registry.home.arpa:5000/hearth").good()
        image = "registry.home.arpa:5000/hearth/installer:v1.13.9-hearth-0.1.0-dev-test"
        for word in ("ghcr.io/siderolabs/imager:v1.13.9", "crane push", image, "PERMANENT=1", "IMAGE_CACHE=", "talosctl bootstrap",
                     "hearth will not be on the installed disk"):
            expect(word in ran.stdout, "%r is not said:\n%s" % (word, ran.stdout))
        mounts = re.findall(r'-v "([^:"]*):', ran.stdout)
        same(mounts, [ran.path("hearth-extension.tar"), ran.path("installer")], "what imager is shown; a stick with a login may lie there")
        expect(os.path.isfile(ran.path("hearth-extension.tar")), "the profile's extension is not there")
        expect("imageRef: ghcr.io/siderolabs/installer-base:v1.13.9" in read(ran.path("installer", "profile.yaml")).decode(), "base")
        for overlay in ("registry.yaml", "image-cache.yaml"):
            copy = kit.site()
            write(os.path.join(copy, "talos", "production.yaml"), read(ran.path("installer", overlay)))
            plans = planned(copy)
            for plan in plans:
                told = any("machine.install.image is" in warning["text"] for warning in plan["warnings"])
                same(told, plan["node"]["role"] == "data", "%s: %s is told that hearth leaves" % (overlay, plan["node"]["name"]))

    def printed():
        """What the targets print for a person to type is, as a shell reads it, these words; paths have blanks in them.
        Never run."""
        site = os.path.join(kit.directory(), "my homelab")
        os.rename(kit.site(), site)
        here = kit.directory()

        def argv(verb, **settings):
            ran = kit.run(verb, directory=here, OUT=os.path.join(here, "aus gabe"), SITE=site, **settings).good()
            text = ran.stdout.replace("\\\n", " ").replace("$PWD", here)
            lines = re.findall(r"(?:^ +|: )((?:sudo |make |docker |crane |talosctl )[^#\n]*)", text, re.M)
            return [shlex.split(line.split(" - <")[0]) for line in lines]

        media = {name: value for name, value in given().items() if name != "SITE"}
        same(argv("usb", **media)[0][:3], ["sudo", "dd", "if=aus gabe/hearth-usb.iso"], "dd")
        same(argv("pxe", **media), [["make", "pxe-serve", "IF=eth0", "OUT=" + os.path.join(here, "aus gabe")]], "make pxe-serve")
        lines = argv("installer", TALOS="v1.13.9")
        mounts = [word for word in lines[0] if word.startswith("/") and ":" in word]
        same(mounts, [os.path.join(here, "aus gabe", "hearth-extension.tar") + ":/hearth/hearth-extension.tar:ro",
                      os.path.join(here, "aus gabe", "installer") + ":/out"], "docker")
        words = [word for line in lines for word in line]
        for word in ("aus gabe/installer/installer-amd64.tar", "--image-cache-path=aus gabe/image-cache", "SITE=" + site,
                     "IMAGE_CACHE=aus gabe/image-cache"):
            expect(word in words, "no word %r in %s" % (word, lines))

    def installer_arguments():
        ran = kit.run("installer", SITE=kit.site(), TALOS="v1.13.9", KARGS="console=ttyS0 -selinux").good()
        profile = read(ran.path("installer", "profile.yaml")).decode()
        expect("customization:\n  extraKernelArgs:\n    - console=ttyS0\n    - -selinux\n" in profile, profile)
        kit.refused("installer", "never enter maintenance", SITE=kit.site(), TALOS="v1.13.9", KARGS="talos.config=http://x")

    def installer_extensions():
        def wanted(**more):
            return kit.run("installer", SITE=kit.site(), TALOS="v1.13.9", **more)

        def images(**more):
            return re.findall(r"- imageRef: (.*)", read(wanted(**more).good().path("installer", "profile.yaml")).decode())

        listed = write(os.path.join(kit.directory(), "list"), b"ghcr.io/siderolabs/iscsi-tools:v0.2.0@sha256:" + b"ab" * 32 +
                       b"\nghcr.io/siderolabs/i915:20260810-v1.13.9@sha256:" + b"cd" * 32 + b"\n")
        iscsi = "ghcr.io/siderolabs/iscsi-tools:v0.2.0@sha256:" + "ab" * 32
        file = write(os.path.join(kit.directory(), "schematic.yaml"), b"""# mine
customization:
  extraKernelArgs:
    - net.ifnames=0
  systemExtensions:
    officialExtensions:
      - siderolabs/iscsi-tools # disks
      - "siderolabs/i915"
""")
        same(images(EXTENSIONS="iscsi-tools registry.example/x/y:1 siderolabs/iscsi-tools", EXTENSION_LIST=listed),
             [iscsi, "registry.example/x/y:1"], "by name and by image, each once")
        ran = wanted(SCHEMATIC=file, EXTENSION_LIST=listed).good()
        profile = read(ran.path("installer", "profile.yaml")).decode()
        expect(iscsi in profile and "siderolabs/i915:20260810" in profile and "    - net.ifnames=0\n" in profile, profile)
        for words, more in (("image-digests >extensions.txt", {"EXTENSIONS": "iscsi-tools"}),
                            ("lists no siderolabs/zfs", {"EXTENSIONS": "zfs", "EXTENSION_LIST": listed}),
                            ("line 2: overlay:", {"SCHEMATIC": write(os.path.join(kit.directory(), "s"), b"customization:\n  overlay:\n")})):
            kit.refused("installer", words, SITE=kit.site(), TALOS="v1.13.9", **more)

    def installer_signed():
        keys = os.path.join(kit.directory(), "my keys")
        for name in ("uki-signing-key.pem", "uki-signing-cert.pem", "pcr-signing-key.pem"):
            kit.refused("installer", name + " is not in it", SITE=kit.site(), TALOS="v1.13.9", SECUREBOOT=keys)
            write(os.path.join(keys, name), b"x")
        ran = kit.run("installer", SITE=kit.site(), TALOS="v1.13.9", SECUREBOOT=keys).good()
        expect("secureboot: true\n" in read(ran.path("installer", "profile.yaml")).decode(), "not signed")
        said = read(ran.path("installer", "commands.txt")).decode()
        expect('-v "%s:/secureboot:ro"' % keys in said and "crane push out" not in said and "installer-amd64.tar" not in said and
               "Secure Boot off" in said and "maintenance mode" in said, said)
        bare = read(ran.path("installer", "iso.yaml")).decode()
        same(bare.count("kind: iso\n"), 1, "the medium that enrols")
        expect("It holds no site" in said and "no site and no secret" in bare and "hearth-site.tar" not in said + bare, said + bare)
        ran = kit.run("installer", SITE=kit.site(), TALOS="v1.13.9", SECUREBOOT=keys, CREDENTIAL=1, ROLE="data").good()
        said, path = read(ran.path("installer", "commands.txt")).decode(), ran.path("hearth-site.tar")
        expect('-v "%s:/hearth/hearth-site.tar:ro"' % path in said and "It holds this site and its login" in said, said)
        expect("hearth-site.tar" not in read(ran.path("installer", "profile.yaml")).decode(), "an installer image with a site")
        whole = read(ran.path("installer", "iso.yaml")).decode()
        expect("no secret" not in whole and whole.count("tarballPath: /hearth/hearth-site.tar\n") == 1, whole)
        same(os.stat(path).st_mode & 0o777, 0o600, "the mode of what holds a login")
        with tarfile.open(path) as archive:
            names = [entry.name for entry in archive if "/.hearth/" in entry.name]
        same(names, ["rootfs/usr/local/etc/hearth/.hearth/data.pem"], "the logins")
        kit.refused("installer", "an installer image holds no site", SITE=kit.site(), TALOS="v1.13.9", CREDENTIAL=1)
        plain = kit.run("installer", SITE=kit.site(), TALOS="v1.13.9").good()
        expect("secureboot: false\n" in read(plain.path("installer", "profile.yaml")).decode(), "signed")
        expect(not os.path.exists(plain.path("installer", "iso.yaml")), "a medium that enrols nothing")

    def installer_pin():
        site, digest = kit.site(), "sha256:" + "ab" * 32
        for _ in range(2):  # recorded once
            kit.run("installer", SITE=site, TALOS="v1.13.9", DIGEST=digest).good()
        pin = read(os.path.join(site, "talos", "installer.pin")).decode()
        same(pin.count(digest), 1, "lines of " + pin)
        write(os.path.join(site, "talos", "data.yaml"), b"machine:\n  install:\n    image: r.example/i@%s\n" % digest.encode())
        plans = planned(site)
        same({plan["installer"]["carriesHearth"] for plan in plans if plan["node"]["role"] == "data"}, {"pin"}, "evidence")
        kit.refused("installer", "64 hexadecimal digits", SITE=site, TALOS="v1.13.9", DIGEST="sha256:abc")

    def reset():
        plain = kit.run("reset").good().stdout
        expect(plain.index("What is lost") < plain.index("talosctl reset"), "commands before what is lost:\n" + plain)
        ran = kit.run("reset", SITE=kit.site()).good().stdout
        expect("data-1" in ran and "the only control plane of data: ALL of the cluster's state is lost" in ran, ran)
        expect("az keyvault" not in ran, "a single control plane needs no marker cleared")
        kit.refused("reset", "no hearth.yaml", SITE="/nonexistent")

    def reset_many():
        site = kit.site()
        kit.edit(site, "hearth.yaml", "nodes:\n", "nodes:\n" + "".join(
            "  - name: data-%d\n    role: data\n    type: controlplane\n    match: { serial: S%d }\n" % (n, n) for n in (2, 3)))
        ran = kit.run("reset", SITE=site).good().stdout
        expect("one of 3 control planes of data" in ran and "--vault-name homelab-data --name hearth-data-founded --value none" in ran, ran)

    return [
        ("the stick holds the kernel and what was made of the initramfs, 0600", False, files),
        ("the ISO starts as a disk and as a CD, BIOS and UEFI", False, structure),
        ("the EFI image has its loader", False, efi),
        ("the menu: hearth, reset, disk; 5 s; the required arguments; no halt", False, entries),
        ("reset says what is lost, asks, and wipes on ERASE alone", True, reset_asks),
        ("the installed disk is chained to, not booted by our kernel", False, disk_entry),
        ("two sticks of one site are the same bytes, whatever the umask, place and zone", False, reproducible),
        ("ended by SIGTERM: nothing half made, nothing lost", True, interrupted("TERM")),
        ("ended by SIGHUP: the same", True, interrupted("HUP")),
        ("a workspace that a kill left is swept, one in use is not", True, killed),
        ("a full disk", True, full),
        ("a file system that keeps no modes", True, no_modes),
        ("a directory pxe/ with something of the user's", True, foreign("pxe", "pxe", "autoexec.ipxe")),
        ("a directory hearth-extension/ with something of the user's", True, foreign("extension", "hearth-extension", "notes")),
        ("a link or a directory where an output goes", True, in_the_way),
        ("the demo in a directory of the user's", True, demo),
        ("OUT that is a file", True, lambda: kit.refused("extension", "Not a directory", OUT="/dev/null/x")),
        ("ROLE= holds for the stick", False, role),
        ("KARGS adds and takes away", False, arguments),
        ("PERMANENT=1 turns the kexec off, and only it", False, permanent),
        ("IMAGE_CACHE= lies where Talos looks for it", False, cache),
        ("each version's arguments", False, versions),
        ("talos-pin records; a file that differs is refused", True, pin),
        ("talos-pin from a release's sums, and from sums that lack one", True, from_release),
        ("no recorded hash: nothing is fetched", True, unpinned),
        ("a download with another hash is not used, not kept", True, fetched(b"evil", "the pin says", "Not used")),
        ("a pin that is no pin", True, bad_pin),
        ("a hash that is no hash", True, bad("usb", "KERNEL_SHA256", TALOS="v1.13.9", KERNEL_SHA256="ABC")),
        ("a kernel without its initramfs", True, bad("usb", "come together", INITRAMFS=None)),
        ("no Talos at all", True, bad("usb", "which Talos?", INITRAMFS=None, KERNEL=None)),
        ("Talos 1.12", True, bad("usb", "before v1.13.0", TALOS="v1.12.11")),
        ("a version that is none", True, bad("pxe", "is written v1.13.9", TALOS="1.13")),
        ("a kernel that is none", True, lambda: bad("usb", "not a Linux kernel", KERNEL=given()["INITRAMFS"])()),
        ("an initramfs that is a kernel", True, lambda: bad("usb", "no archive", INITRAMFS=write(os.path.join(kit.directory(), "i"), bytes(9)))()),
        ("a credential that git tracks, on stick and net", True, no_tracked),
        ("KARGS: halt", True, bad("usb", "KARGS: talos.halt_if_installed", KARGS="talos.halt_if_installed=1")),
        ("KARGS: wipe", True, bad("pxe", "every boot would wipe", KARGS="talos.experimental.wipe=system")),
        ("KARGS: a config of its own", True, bad("usb", "maintenance mode", KARGS="talos.config=https://x/y")),
        ("KARGS: without pti", True, bad("usb", "does not boot without pti", KARGS="-pti")),
        ("KARGS: more than the kernel keeps", True, bad("usb", "cut them off", KARGS=" ".join("a%d=b" % n for n in range(400)))),
        ("KARGS: pti off", True, bad("usb", "does not boot without pti=on", KARGS="pti=off")),
        ("KARGS: a misspelt name to take away", True, bad("usb", "there is no selinx", KARGS="-selinx")),
        ("KARGS: what GRUB would run", True, bad("usb", "for its own", KARGS="x=$(reboot)")),
        ("KARGS: a second command", True, bad("pxe", "for its own", KARGS="quiet; reboot")),
        ("PERMANENT that is neither 0 nor 1", True, bad("usb", "PERMANENT=yes", PERMANENT="yes")),
        ("IMAGE_CACHE that is not there", True, bad("usb", "talosctl image", IMAGE_CACHE="/nonexistent")),
        ("IMAGE_CACHE in talosctl's other layout", True, lambda: bad("usb", "--layout flat", IMAGE_CACHE=os.path.dirname(os.path.dirname(
            write(os.path.join(kit.directory(), "cache", "blobs", "sha256"), b"blob"))))()),
        ("the network directory: required arguments, no login, and who can fetch it", False, pxe),
        ("half a login that is served, and that is not", True, pxe_half),
        ("CREDENTIAL=1: 0600, said, and gone with the next build", True, pxe_credential),
        ("the server gives out three files and nothing else", True, served),
        ("dnsmasq gives out no address", False, proxy),
        ("pxe-serve without a directory, an interface, an address", True, serve_refused),
        ("installer: versions filled in; with its overlay hearth plans to stay", False, installer),
        ("printed: commands with blanks in their paths", False, printed),

        ("installer: KARGS= go into the profile", False, installer_arguments),
        ("installer: extensions by name, by image and of a schematic", False, installer_extensions),
        ("installer: SECUREBOOT= signs with keys of one's own", False, installer_signed),
        ("installer: DIGEST= is recorded in the site, and is evidence", False, installer_pin),
        ("installer: no version", True, bad("installer", "TALOS is missing")),
        ("installer: a registry that is none", True, bad("installer", "REGISTRY=", TALOS="v1.13.9", REGISTRY="Upper Case")),
        ("installer: a site that plan refuses", True, lambda: kit.refused("installer", "no hearth.yaml", TALOS="v1.13.9", SITE=kit.directory())),
        ("reset: what is lost comes first", False, reset),
        ("reset: several control planes, and their marker", False, reset_many),
    ]
