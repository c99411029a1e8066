"""What the cases share: the LAN and the site of tests/vm, with the time and a registry on it, and boxes with the real
machined."""
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vm"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "conformance", "machined"))
import bench  # noqa: E402
import box as box_module  # noqa: E402
import images  # noqa: E402
import lan as lan_module  # noqa: E402
import machine  # noqa: E402
import services  # noqa: E402

# Spares an emulated processor work, and the screen what a serial line cannot show. Debian's kernel has no policy for
# SELinux.
CONSOLE = "console=ttyS0,115200 panic=-1 mitigations=off no_timer_check tsc=reliable 8250.nr_uarts=2 talos.dashboard.disabled=1 -selinux"
# An installed node's arguments are those of its image, whatever the medium had.
INSTALLED = ("talos.platform=metal slab_nomerge= pti=on printk.devkmsg=on module.sig_enforce=1 " + CONSOLE).replace(" -selinux", "")
PORT = 5000
INSTALLER = "hearth/installer@%s-hearth"
# The role's overlay: every image from the LAN.
OVERLAY = """\
machine:
  install:
    image: registry.example/%s
  registries:
    mirrors:
      "*": { endpoints: ["http://%s:%d"] }
"""
# Two emulated processors and a kernel that patches itself: about one start in twelve.
TORN = "Oops: int3"


class Bench(bench.Bench):
    console = CONSOLE

    def __init__(self, binary, parts):
        self.parts = parts
        super().__init__(binary, parts.build, (parts.kernel, parts.initramfs, True))
        self.lan.options = ["--dhcp-option=42," + lan_module.HOST]
        self.torn, self.times, self.absent = 0, [], set()
        services.sntp(lan_module.HOST)
        folder = parts.path("registry")
        parts.made(folder, ["installer", "etcd", "kubelet", "machined", "talos-init"], self.make_images)
        self.asked = services.registry(folder, lan_module.HOST, PORT, self.absent)

    def make_images(self, folder):
        bare = os.path.join(self.image("initrd", "bare", BASE=self.initramfs), "initramfs.img")
        images.everything(folder, self.parts, bare, INSTALLED, INSTALLER % self.parts.version)

    def site(self, name="site", **more):
        image = INSTALLER.replace("@", ":") % self.parts.version
        overlay = OVERLAY % (image, lan_module.HOST, PORT)
        return super().site(name, files=dict({"talos/data.yaml": overlay}, **more.pop("files", {})), **more)

    def installing(self, name, arguments, image, story, **more):
        """Powers a box on with what an install needs; story(machine) tells what must come. Once more when the kernel
        tore."""
        for attempt in range(2):
            with self.power(name, box_module.OPTIPLEX, image(), arguments, processors=2, memory=4096, **more) as machine:
                try:
                    return story(machine)
                except AssertionError:
                    if attempt or TORN not in machine.text():
                        raise
                    self.torn += 1
                finally:
                    self.times.append((name, list(machine.lines)))

    def small(self, name, image, arguments=None, **more):
        """A box that gets as far as an apply, to be used with `with`: one processor, on which no kernel tears."""
        return self.power(name, box_module.OPTIPLEX, image, arguments or box_module.stick(self.stick()), processors=1, memory=2048, **more)

    def installed_facts(self):
        """What the guide asks an installed node for, to render for it: its serial number and its system disk."""
        disk = next(iter(self.resources("SystemDisks.block.talos.dev").values()))["diskID"]
        system = next(iter(self.resources("SystemInformations.hardware.talos.dev").values()))
        spec = self.resources("Disks.block.talos.dev")[disk]
        kept = {key: spec[key] for key in ("size", "model", "serial", "transport", "wwid", "bus_path") if key in spec}
        return {"serial": system["serialnumber"], "disks": [dict(kept, name=disk, installable=True)]}

    def standin(self, kinds):
        """What the client says of the stand-in in maintenance mode, on a box like the one here; nothing runs as
        hearth."""
        where = self.kit.directory("standin-machined")
        like = box_module.LENOVO
        serial = like["serial_of_disk"]
        # As Linux and Talos make them of what QEMU's disks say.
        disks = [machine.disk("sda", serial=serial, wwid="t10.ATA     KINGSTON SA400S37240G                   " + serial),
                 machine.disk("sdb", model="QEMU HARDDISK", serial="", wwid="", transport="usb", rotational=True, readonly=True,
                              contents="iso9660", label="HEARTH")]
        system = {key: like[1][key] for key in ("manufacturer", "product", "serial", "uuid")}
        box = machine.Machine(os.path.join(self.parts.standin, "server"), machine.Root(), where,
                              {"disks": disks, "system": system, "medium": ["/bin/sleep", "600"], "installed": [], "times": {}})
        return self.asked_of(box, kinds, lambda: box.wait("stage", 60, stage="maintenance"))

    def standin_founded(self, kinds):
        """The same of one that this hearth has set up and founded, and that was switched on again, as an administrator
        sees it."""
        self.boot.version = "1.13"
        self.boot.programs = self.parts.standin
        box = self.boot.machine("standin-founded")

        def again():
            founded = box.wait("member", 120) and box.wait("finished", 60)
            box.command(reboot=True)
            return founded and box.wait("member", 120, boot=3) and box.wait("finished", 60, boot=3)
        return self.asked_of(box, kinds, again, ["-ca", self.bundle])

    def asked_of(self, box, kinds, ready, role=()):
        try:
            with box:
                if not ready():
                    raise AssertionError("the stand-in does not come so far: " + "\n".join(box.said()[-10:]))
                time.sleep(2)  # what controllers make of it
                asking = subprocess.Popen([self.parts.program("client")] + list(role) + ["unix:" + box.root.socket, "dump"] + list(kinds),
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                box.command(register={"pid": asking.pid, "id": "apid"})
                out, err = asking.communicate(timeout=60)
        finally:
            box.root.close()
        if asking.returncode != 0:
            raise AssertionError("client: " + err.decode("utf-8", "replace"))
        return out.decode()

    def client(self, *args, admin=True, box=box_module.OPTIPLEX):
        """What the client of node/ says; raises AssertionError with its complaint."""
        ca = ["-ca", self.bundle] if admin else []
        done = subprocess.run([self.parts.program("client")] + ca + [lan_module.NODES[box["mac"]]] + list(args),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if done.returncode != 0:
            raise AssertionError("client %s: %s" % (args[0], done.stderr.decode("utf-8", "replace").strip()))
        return done.stdout.decode()

    def resources(self, kind, admin=True):
        """{id: spec} of a kind of resource."""
        rows = [json.loads(line) for line in self.client("dump", kind, admin=admin).splitlines()]
        return {row["id"]: row["spec"] for row in rows if "id" in row}


def plain(line):
    """A line of the console without the kernel's stamp and colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line)
