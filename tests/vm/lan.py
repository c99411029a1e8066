"""The LAN of the virtual machines, in namespaces of our own: a bridge that a machine is plugged into, a router with
DHCP and DNS on it, and the host of whoever runs `make pxe-serve`. The host also has the addresses of the stand-in for
Azure, which the names lead to. Nothing in it reaches another network.
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(REPO, "tests", "standin"))
import world as world_module  # noqa: E402

TAP, BRIDGE = "tap0", "lan0"
ROUTER, LOGIN, VAULT, HOST = "192.168.1.1", "192.168.1.2", "192.168.1.3", "192.168.1.5"
NODES = {"d8:9e:f3:12:34:56": "192.168.1.10", "d8:9e:f3:12:34:57": "192.168.1.21", "d8:9e:f3:12:34:58": "192.168.1.22"}
libc = ctypes.CDLL(None)
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def dies_with_us():
    """In a child: nothing that was started here may go on without us (prctl(2), PR_SET_PDEATHSIG)."""
    libc.prctl(1, signal.SIGTERM)


def ip(*args):
    subprocess.run([shutil.which("ip", path=SBIN)] + list(args), check=True, stdin=subprocess.DEVNULL)


class Lan:
    """Enters the namespaces for good, so nothing may be fetched after it."""

    def __init__(self, directory, keys):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.router, self.options = directory, None, []
        self.world = world_module.World(directory, keys)
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("tuntap", "add", TAP, "mode", "tap")
        ip("link", "set", TAP, "master", BRIDGE)
        for address in (HOST, LOGIN, VAULT):
            ip("addr", "add", address + "/24", "dev", BRIDGE)
        # The router is a namespace that lives as long as this process reads from it.
        self.other = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      preexec_fn=dies_with_us)
        self.other.stdin.write(b"\n")
        self.other.stdin.flush()
        self.other.stdout.readline()
        ip("link", "add", "router", "type", "veth", "peer", "name", "eth0", "netns", str(self.other.pid))
        ip("link", "set", "router", "master", BRIDGE)
        for link in (BRIDGE, TAP, "router"):
            ip("link", "set", link, "up")
        for args in (["addr", "add", ROUTER + "/24", "dev", "eth0"], ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]):
            subprocess.run(self.inside() + [shutil.which("ip", path=SBIN)] + args, check=True)
        for role, address in (("login", LOGIN), ("vault", VAULT)):
            self.world.azure.listen(role, address, 443)

    def inside(self):
        return ["nsenter", "--target", str(self.other.pid), "--net"]

    def start(self):
        """The router's DHCP and DNS; it knows nothing of network boot. options: more of dnsmasq's."""
        self.stop()
        args = [shutil.which("dnsmasq", path=SBIN), "--no-daemon", "--conf-file=/dev/null", "--user=root", "--no-hosts",
                "--no-resolv", "--interface=eth0", "--bind-interfaces", "--leasefile-ro", "--no-ping", "--dhcp-authoritative",
                "--dhcp-range=192.168.1.50,192.168.1.90,1h", "--dhcp-option=3," + ROUTER, "--dhcp-option=6," + ROUTER,
                "--address=/login.microsoftonline.com/" + LOGIN, "--address=/vault.azure.net/" + VAULT]
        args += ["--dhcp-host=%s,%s" % node for node in NODES.items()] + self.options
        with open(os.path.join(self.directory, "router.log"), "wb") as log:
            self.router = subprocess.Popen(self.inside() + args, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           preexec_fn=dies_with_us)

    def stop(self):
        if self.router and self.router.poll() is None:
            self.router.terminate()
            self.router.wait()
