"""A private network and mount namespace in which the Azure names are this machine's loopback.

    python3 tests/standin/world.py [--config JSON] -- COMMAND ...     run a command inside
    python3 tests/standin/world.py --possible                         can namespaces be had here? if not, why; exit 1

As root, or as any user where user namespaces are allowed. Nothing outside the namespaces changes and nothing
inside can reach a network. World(dir, pki, config) enters it for the calling process, for good: call it in a child.

Config: azure.py's, and
    hosts   {name: [addresses]}   /etc/hosts; default: the authority and every vault name at the stand-in
    dns     table of dns.py, served at 127.0.0.53: then /etc/hosts has localhost only, and "hosts" if given
    resolv  text of /etc/resolv.conf (default: nameserver 127.0.0.53)
    rtt_ms  put the delay proxy in front of everything
    listen  more listeners: [[role, address, port], ...]
"""
import ctypes
import errno
import glob
import json
import os
import re
import socket
import struct
import subprocess
import sys

sys.dont_write_bytecode = True

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import azure as azure_module  # noqa: E402
import pki as pki_module  # noqa: E402
from delayproxy import Relay  # noqa: E402
from dns import Dns  # noqa: E402
from server import Log  # noqa: E402

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_RDONLY, MS_BIND, MS_REC, MS_PRIVATE = 1, 4096, 16384, 1 << 18
LOGIN, VAULT, NAMESERVER = "198.18.1.1", "198.18.1.2", "127.0.0.53"
# With rtt_ms the stand-in listens behind the proxy.
BEHIND = {LOGIN: "198.18.2.1", VAULT: "198.18.2.2", NAMESERVER: "198.18.2.53"}
VAULTS = ["homelab-data.vault.azure.net", "homelab-production.vault.azure.net"]

libc = ctypes.CDLL(None, use_errno=True)


class NotPermitted(OSError):
    """Namespaces cannot be had here; strerror says why and what to do."""


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), "%s: %s" % (what, os.strerror(ctypes.get_errno())))


def root_is_private():
    """Whether what is mounted below / stays in this mount table: so says a process that sees the mount that / lies in.
    In a chroot this one does not."""
    descriptor = os.open("/", os.O_RDONLY)
    try:
        with open("/proc/self/fdinfo/%d" % descriptor) as info:
            number = re.search(r"^mnt_id:\s*(\d+)$", info.read(), re.M).group(1)
    finally:
        os.close(descriptor)
    for table in glob.glob("/proc/[0-9]*/mountinfo"):
        try:
            with open(table) as mounts:
                for line in mounts:
                    if line.startswith(number + " "):
                        return " shared:" not in line
        except OSError:
            continue
    return False


def enter():
    """Move the calling process into namespaces of its own with loopback up. Raises NotPermitted."""
    try:
        unshare()
    except OSError as error:
        raise NotPermitted(error.errno, refused(error))


def unshare():
    uid, gid = os.getuid(), os.getgid()
    private = root_is_private()
    if uid == 0 and libc.unshare(CLONE_NEWNS | CLONE_NEWNET) == 0:
        pass
    else:
        check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", "0 %d 1" % uid), ("gid_map", "0 %d 1" % gid)):
            with open("/proc/self/" + name, "w") as out:
                out.write(text)
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0 and not private:
        raise OSError(ctypes.get_errno(), "mount private: %s: / is no mount point, as in a chroot. On the machine: "
                      "mount --bind DIR DIR, then chroot DIR" % os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        import fcntl
        request = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(control, 0x8914, request)
        # The net for tests of networks (RFC 2544): nothing that a name server says may lead to 127.0.0.0/8.
        for call, address in ((0x8916, "198.18.0.1"), (0x891C, "255.255.0.0")):
            fcntl.ioctl(control, call, struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address)))


def refused(error):
    """What a person is told: the truth for who they are."""
    reason = "namespaces are not permitted here (%s)" % error.strerror
    if error.errno == errno.EINVAL:
        return reason
    if os.getuid() == 0:
        return reason + ": this container may not make them; give it SYS_ADMIN, or use a machine"
    return reason + ": run as root, or let users make them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)"


def possible():
    """None when namespaces can be had, else the reason."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            enter()
        except NotPermitted as error:
            os.write(writer, error.strerror.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        reason = said.read()
    os.waitpid(child, 0)
    return reason or None


def bind(source, target):
    check(libc.mount(source.encode(), os.path.realpath(target).encode(), None, MS_BIND, None), "bind " + target)


def cover(directory, names):
    """Have files of these names in /etc to bind to. Where the machine has none, an empty one is laid over /etc for this
    mount table; nothing is written to the machine, and no second path leads to its /etc."""
    over = os.path.join(directory, "etc-over")
    missing = [name for name in names if not os.path.exists(os.path.join("/etc", name))]
    if missing:
        os.makedirs(over, exist_ok=True)
        for name in missing:
            pki_module.write(os.path.join(over, name), "")
        layers = "lowerdir=%s:/etc" % over.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
        check(libc.mount(b"overlay", b"/etc", b"overlay", MS_RDONLY, layers.encode()),
              "this machine has no /etc/%s, and an overlay of /etc" % missing[0])


def merged(base, over):
    result = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict) and key not in ("vaults",):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


class World:
    def __init__(self, directory, keys, config=None, log_path=None):
        """Enter namespaces and start the stand-in. directory: where hosts and resolv.conf are written."""
        enter()
        self.config = merged(json.loads(json.dumps(azure_module.DEFAULT)), config or {})
        for client in self.config["clients"].values():
            if "certificate" not in client:
                client["certificate"] = keys.client()
        self.proxy = Relay(self.config["rtt_ms"] / 1000.0) if "rtt_ms" in self.config else None
        self.keys = keys
        self.azure = azure_module.Azure(keys, self.config, Log(log_path))
        self.log = self.azure.log
        self.dns = None
        self._names(directory)
        for role, address in (("login", LOGIN), ("vault", VAULT)):
            keys.chain(self.config[role].get("chain", "good"))
            self.azure.listen(role, BEHIND[address] if self.proxy else address, 443)
            if self.proxy:
                self.proxy.tcp((address, 443), (BEHIND[address], 443))
        for role, address, port in self.config.get("listen", []):
            self.azure.listen(role, address, port)

    def _names(self, directory):
        vaults = [name for name in self.config["vaults"] if name != "*"] or VAULTS
        hosts = self.config.get("hosts")
        if "dns" in self.config:
            self.dns = Dns(BEHIND[NAMESERVER] if self.proxy else NAMESERVER, 53, self.config["dns"])
            if self.proxy:
                self.proxy.udp((NAMESERVER, 53), (BEHIND[NAMESERVER], 53))
                self.proxy.tcp((NAMESERVER, 53), (BEHIND[NAMESERVER], 53))
            hosts = hosts or {}
        elif hosts is None:
            hosts = {self.config["authority"]: [LOGIN]}
            hosts.update((name, [VAULT]) for name in vaults)
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        lines += ["%s %s" % (address, name) for name, addresses in hosts.items() for address in addresses]
        resolv = self.config.get("resolv", "nameserver %s\n" % NAMESERVER)
        cover(directory, ("hosts", "resolv.conf"))
        for name, text in (("hosts", "\n".join(lines) + "\n"), ("resolv.conf", resolv)):
            path = os.path.join(directory, "etc-" + name)
            pki_module.write(path, text)
            os.chmod(path, 0o644)
            bind(path, "/etc/" + name)


def main():
    args = sys.argv[1:]
    config = {}
    if args == ["--possible"]:
        reason = possible()
        sys.stdout.write(reason + "\n" if reason else "")
        return 1 if reason else 0
    if args[:1] == ["--config"] and len(args) > 1:
        config, args = json.loads(args[1]), args[2:]
    if args[:1] != ["--"] or len(args) < 2:
        sys.stdout.write(__doc__)
        return 2
    import tempfile
    with tempfile.TemporaryDirectory() as directory:
        keys = pki_module.Pki(os.environ.get("PKI_DIR") or os.path.join(directory, "pki"))
        world = World(directory, keys, config)
        client_id, client = next(iter(world.config["clients"].items()))
        environment = dict(os.environ, STANDIN_ROOTS=keys.roots(), STANDIN_TENANT=world.config["tenant"],
                           STANDIN_CLIENT=client_id, STANDIN_SECRET=client.get("secret", ""),
                           STANDIN_CERTIFICATE=client["certificate"])
        status = subprocess.run(args[1:], env=environment).returncode
        for entry in world.log.entries:
            sys.stderr.write(json.dumps(entry) + "\n")
        if world.proxy:
            sys.stderr.write(json.dumps(world.proxy.report()) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
