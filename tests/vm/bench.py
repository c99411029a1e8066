"""What the cases share: the LAN, a site with two makes in it, and what `make usb` and `make pxe` make of it."""
import contextlib
import fcntl
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
for name in ("standin", "conformance"):
    sys.path.insert(0, os.path.join(REPO, "tests", name))
sys.path.insert(0, HERE)
import assets  # noqa: E402
import box as box_module  # noqa: E402
import lan as lan_module  # noqa: E402

# The last two only spare an emulated processor work.
QUIET = "quiet loglevel=4 panic=-1 mitigations=off no_timer_check"
CONSOLE = "console=ttyS0,115200 " + QUIET
LAYERS = {True: "vm: the layers were mounted by Talos's own init", False: "vm: the layers were mounted by the test's init"}
FIRST = "[1/6]"  # the first line that hearth says
ROW = re.compile(r"^  (\S+) +(\d[\d.]* [kMG]?B)  (.*)$", re.M)  # of the image tools' closing table


def alone(build):
    """One run at a time in a directory: they would write each other's disks. The lock goes with the process."""
    lock = open(os.path.join(build, "lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another run is at work in %s; waiting for its end" % os.path.relpath(build), flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


class Bench:
    console = CONSOLE

    def __init__(self, binary, build, base=None):
        """base: (kernel, initramfs, whether Talos's own init is in it), else ours."""
        import bundle
        import kit as kit_module
        import pki
        self.binary, self.build = binary, build
        self.kernel, self.initramfs, self.theirs = base or assets.base(build)
        self.kit = kit_module.Kit(build, binary)
        text = bundle.to_yaml(bundle.talos_bundle(2048))
        self.bundle = self.kit.write(os.path.join(build, "bundle.yaml"), text)
        # From here on nothing reaches a network.
        self.lan = lan_module.Lan(os.path.join(build, "lan"), pki.Pki(os.path.join(build, "pki")))
        self.kit.world = self.lan.world
        names = {name for kind in kit_module.NODES for name in self.kit.bundle_names(self.kit.base(kind))}
        import boot
        self.kit.serve(dict({name: text for name in names}, canary=boot.CANARY))
        self.boot = boot.Bench(self.kit, "1.14")
        self.sites, self.sizes = {}, {}

    def site(self, name="site", **more):
        if name not in self.sites:
            where = self.kit.directory("site-" + name)
            self.sites[name] = self.boot.site(where, **more)
        return self.sites[name]

    def config(self):
        """A complete config for the first box, without the document that hearth adds to what it applies."""
        where = self.kit.directory("config")
        facts = json.dumps(self.boot.facts(self.boot.tree("optiplex-7040", where)))
        facts = self.kit.write(os.path.join(where, "facts.json"), facts)
        status, _, err = self.kit.hearth("render", "--site", self.site(), "--facts", facts, "--out", os.path.join(where, "out"))
        if status != 0:
            raise AssertionError("hearth render: " + err)
        return assets.read(os.path.join(where, "out", "machine-config.yaml"))

    def image(self, verb, out, **settings):
        """Runs the tool behind `make usb` and its like; the directory of its outputs."""
        where = os.path.join(self.build, "out", out)
        git = subprocess.run(["git", "-C", REPO, "-c", "safe.directory=*", "log", "-1", "--format=%ct"], stdout=subprocess.PIPE)
        settings.setdefault("KARGS", self.console)
        environment = dict(os.environ, OUT=where, BINARY=self.binary,
                           SOURCE_DATE_EPOCH=git.stdout.decode().strip() or "1767225600", **settings)
        done = subprocess.run([os.path.join(REPO, "scripts", "image", "image"), verb], env=environment, cwd=REPO,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError("image %s: %s" % (verb, done.stdout.decode("utf-8", "replace")[-1500:]))
        for name, count, about in ROW.findall(done.stdout.decode("utf-8", "replace")):
            self.sizes[os.path.relpath(os.path.join(REPO, name), where)] = (count, about)
        return where

    def stick(self, name="site"):
        path = os.path.join(self.build, "out", "usb-" + name, "hearth-usb.iso")
        if name not in getattr(self, "sticks", {}):
            self.image("usb", "usb-" + name, SITE=self.site(name), KERNEL=self.kernel, INITRAMFS=self.initramfs)
            self.sticks = dict(getattr(self, "sticks", {}), **{name: path})
        return path

    @contextlib.contextmanager
    def serve(self, where):
        """`make pxe-serve` on the LAN, for as long as the `with` lasts."""
        environment = dict(os.environ, OUT=where, BINARY=self.binary, IF=lan_module.BRIDGE, SOURCE_DATE_EPOCH="1767225600")
        path = os.path.join(where, "serve.log")
        with open(path, "wb") as log:
            server = subprocess.Popen([os.path.join(REPO, "scripts", "image", "image"), "pxe-serve"], cwd=REPO, env=environment,
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=lan_module.dies_with_us)
        try:
            end = time.monotonic() + 120
            while b"serving " not in assets.read(path):
                if server.poll() is not None or time.monotonic() > end:
                    raise AssertionError("pxe-serve: " + assets.read(path).decode("utf-8", "replace")[-1500:])
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            server.wait()

    def power(self, name, box, image, arguments, **more):
        """A box that is started with `with`."""
        self.lan.start()
        machine = box_module.Box(os.path.join(self.build, "work", name), box, image, arguments, **more)
        machine.layers = LAYERS[self.theirs]
        return machine

    def disk(self, name, volumes=()):
        os.makedirs(os.path.join(self.build, "work", name), exist_ok=True)
        return box_module.disk(os.path.join(self.build, "work", name, "disk.img"), volumes)
