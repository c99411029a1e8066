"""Debian's own programs for the subjects that want them, unpacked below build/ and not installed: nothing of the
machine's is touched, no service starts. They run in a chroot of theirs, in the namespaces that the subject is in."""
import ctypes
import os
import re
import shutil
import subprocess
import sys

import kit as kit_module

sys.path.insert(0, os.path.join(kit_module.REPO, "tests", "talos"))
PACKAGES = ["nginx", "apache2-bin", "haproxy", "unbound", "dnsmasq-base", "zsh"]
MS_BIND, MS_REC = 4096, 16384
libc = ctypes.CDLL(None, use_errno=True)


def lacks(kit):
    """Before the namespaces, in which there is no network. A reason why there are none, or None."""
    import debian
    try:
        suite = debian.Suite(os.path.join(kit.build, "debian"), debian.mirror()[1], unused=re.compile("$^"))
        kit.debian, kit.packages = suite.unpacked(PACKAGES)
    except (debian.Lacking, OSError) as why:
        return "Debian's packages cannot be had: %s" % why
    return None


def program(kit, package):
    """"nginx 1.22.1-9", for what is printed."""
    return "%s %s" % (package, kit.packages.get(package, "of an unknown version"))


class House:
    """The root with this process's /proc, /dev, and a folder of the case's under its own path. Made in a mount
    namespace of ours."""

    def __init__(self, kit, *folders):
        self.root = kit.debian
        for path in ("/proc", "/dev", "/tmp") + folders:
            inside = self.root + path
            os.makedirs(inside, exist_ok=True)
            if libc.mount(path.encode(), inside.encode(), None, MS_BIND | MS_REC, None) != 0:
                raise OSError(ctypes.get_errno(), "bind %s" % path)
        # Of the same suite: what a stand-in is read by.
        if not os.path.exists(self.root + "/bin/sh"):
            shutil.copy("/bin/sh", self.root + "/bin/sh")
        for name in ("passwd", "group", "hosts", "resolv.conf", "nsswitch.conf"):
            path = os.path.join(self.root, "etc", name)
            if os.path.exists("/etc/" + name):
                with open("/etc/" + name) as source, open(path, "w") as out:
                    out.write(source.read())

    def command(self, *words):
        return ["chroot", self.root] + list(words)

    def start(self, *words, log=None, **more):
        out = open(log, "wb") if log else subprocess.DEVNULL
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=out, **more)
