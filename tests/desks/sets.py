"""Each list of scripts/deps alone: on a desk with nothing but what README names, `scripts/deps SET` and one short
target of it."""
import os
import re
import subprocess

import commands
import root
from table import Row

# The short target of each set.
SETS = {
    "build": "make",
    "demo": "make demo",
    "test": "make unit",
    "format": "make format-check",
    "image": "make extension",
    "usb": "make && python3 -B tests/desks/two_sticks.py usb",
    "pxe": "make && python3 -B tests/desks/two_sticks.py pxe",
    "image-test": "make && tests/image/run build/hearth sitelayer media",
    "vm": "make && tests/vm/run --verbose --case unknown build/hearth",
    "desks": "tests/desks/run --list",
    "talos": "make && tests/talos/run --verbose --case ntfs build/hearth",
    "bench": "curl --version && gnuplot -e 'set terminal svg; plot x' >/tmp/x.svg",
    "coverage": "llvm-cov --version && llvm-profdata merge --help",
    # The shortest play takes a build of Kubernetes: here each tool of the list starts, and what has to act does.
    "cluster": "runc --version && nft --version && iptables --version && conntrack --version && dropbear -V && jq -n 1 && "
               "ssh-keygen -q -t ed25519 -N '' -f /tmp/key && "
               "unshare --mount --net sh -c 'ip link set lo up && mount -t tmpfs none /mnt'",
    "database": "mmdebstrap --version && npm --version && runc --version && ip -V",
}


def known():
    """Every set that scripts/deps has."""
    with open(os.path.join(root.REPO, "scripts", "deps"), encoding="utf-8") as source:
        return re.findall(r"^ {4}([a-z-]+)\) needs=", source.read(), re.M)


def play(name, desk, echo, built):
    """`built` gives a tree in which make has run, for the sets of what is made with the program."""
    if name not in SETS:
        return Row("deps " + name, None, 0, 1, "no short target of this set is named in tests/desks/sets.py")
    if name == "build":
        commands.clone(desk)
    else:
        desk.home = "/root/hearth"
        subprocess.run(["cp", "-a", built(), desk.inside(desk.home)], check=True)
        commands.forget(desk)
    note = ""
    if name in ("vm", "talos"):
        if not os.path.exists("/dev/net/tun"):
            raise root.Lacking("no /dev/net/tun on this host")
        note = "with " + commands.go(desk)
    row = commands.judged("deps " + name, desk.run("scripts/deps %s && %s" % (name, SETS[name]), echo=echo))
    row.note = row.note or note or SETS[name]
    return row
