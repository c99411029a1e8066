"""The LAN of the virtual machines, in namespaces of our own: a tap that a machine is plugged into, a router's DHCP and DNS,
and the stand-in for Azure at addresses that the names lead to. Nothing in it reaches another network.
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(REPO, "tests", "standin"))
import world as world_module  # noqa: E402

TAP = "lan0"
ROUTER, LOGIN, VAULT = "192.168.1.1", "192.168.1.2", "192.168.1.3"
NODES = {"d8:9e:f3:12:34:56": "192.168.1.10", "d8:9e:f3:12:34:57": "192.168.1.21", "d8:9e:f3:12:34:58": "192.168.1.22"}


def ip(*args):
    subprocess.run(["ip"] + list(args), check=True, stdin=subprocess.DEVNULL)


class Lan:
    """Enters the namespaces for good, so nothing may be fetched after it."""

    def __init__(self, directory, keys):
        os.makedirs(directory, exist_ok=True)
        self.directory, self.router = directory, None
        self.world = world_module.World(directory, keys)
        ip("tuntap", "add", TAP, "mode", "tap")
        for address in (ROUTER, LOGIN, VAULT):
            ip("addr", "add", address + "/24", "dev", TAP)
        ip("link", "set", TAP, "up")
        for role, address in (("login", LOGIN), ("vault", VAULT)):
            self.world.azure.listen(role, address, 443)

    def start(self, *more):
        """The router. more: further arguments of dnsmasq."""
        self.stop()
        args = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root", "--no-hosts", "--no-resolv", "--interface=" + TAP,
                "--bind-interfaces", "--except-interface=lo", "--leasefile-ro", "--no-ping", "--dhcp-authoritative",
                "--dhcp-range=192.168.1.50,192.168.1.90,1h", "--dhcp-option=3," + ROUTER, "--dhcp-option=6," + ROUTER,
                "--address=/login.microsoftonline.com/" + LOGIN, "--address=/vault.azure.net/" + VAULT]
        args += ["--dhcp-host=%s,%s" % node for node in NODES.items()]
        with open(os.path.join(self.directory, "router.log"), "wb") as log:
            self.router = subprocess.Popen([shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin:/sbin")] + args[1:] + list(more),
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        if self.router and self.router.poll() is None:
            self.router.terminate()
            self.router.wait()
