"""README's commands on a bare Debian, in README's order."""
import json
import os
import re
import shutil
import subprocess

import readme
import root
from table import Row

SUITES = ("bookworm", "trixie", "sid")
STICKS = "two sticks"  # of one site, and their bytes
COMMANDS = ("make", "make demo", "make test", "make demo-vm", STICKS)
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped(?:: .*)?$", re.M)


# The checkout may be another user's than root, and git asks once more where it is fetched from.
SENDER = "git -c safe.directory=* upload-pack"


def clone(desk, *options, where="/root/hearth"):
    """A clone of what is committed here, at the desk's commit, and with a package less if the desk is for that."""
    subprocess.run(["git", "clone", "--quiet", "--no-local", "--upload-pack=" + SENDER] + list(options) +
                   ["file://" + root.REPO, desk.inside(where)], check=True)
    if desk.commit:
        subprocess.run(["git", "-C", desk.inside(where), "checkout", "--quiet", desk.commit], check=True)
    desk.home = where
    forget(desk)


def forget(desk):
    """Take the package that the desk is without out of the lists of the tree at its home."""
    if not desk.without:
        return
    with open(desk.inside(desk.home + "/scripts/deps"), "r+", encoding="utf-8") as lists:
        lines = lists.readlines()
        kept = [line for line in lines if not line.endswith(" %s\n" % desk.without)]
        if kept == lines:
            raise root.Lacking("no list of scripts/deps has " + desk.without)
        lists.seek(0)
        lists.truncate()
        lists.writelines(kept)


def go(desk):
    """Put this host's Go on the desk; its version. Debian's own is older than Talos's modules ask for."""
    if shutil.which("go") is None:
        raise root.Lacking("no Go on this host to put on the desk")
    settings = json.loads(root.said(["go", "env", "-json", "GOROOT", "GOVERSION", "GOPROXY", "GOSUMDB", "GONOSUMDB"]))
    if not os.path.isdir(desk.inside("/usr/local/go")):
        subprocess.run(["cp", "-a", settings["GOROOT"], desk.inside("/usr/local/go")], check=True)
    desk.environment = {name: settings[name] for name in ("GOPROXY", "GOSUMDB", "GONOSUMDB") if settings[name]}
    desk.environment["PATH"] = "/usr/local/go/bin:" + root.PATH
    return settings["GOVERSION"]


def judged(name, done):
    """A command that ends well; of its counts nothing may be skipped, as everything is allowed here and what is missing
    a list of scripts/deps forgot."""
    counts = COUNTS.findall(done.text)
    passed, failed, skipped = (int(word) for word in counts[-1]) if counts else (int(done.status == 0), 0, 0)
    note = "skipped on a machine that has everything" if skipped else ""
    if done.status != 0 and failed == 0:
        failed, note = 1, "killed at the limit" if done.status is None else "status %d" % done.status
    return Row(name, done, passed, failed + skipped, note)


def offered(row, desk):
    """What a demo offers at its end works as it is printed."""
    lines = [line.strip() for line in row.done.text.partition("Look around:")[2].splitlines() if line.startswith("    ")]
    broken = [line for line in lines if desk.run(line).status != 0] if lines else ["nothing is offered"]
    if broken:
        row.failed, row.note = row.failed + 1, broken[0]


def play(command, desk, echo):
    if command == STICKS:
        return judged(STICKS, desk.run("scripts/deps usb && make && python3 -B tests/desks/two_sticks.py usb", echo=echo))
    if command != "make" and not readme.says(command):
        return Row(command, None, 0, 1, "README's start does not say it")
    note = ""
    if command == "make demo-vm":
        if not os.path.exists("/dev/net/tun"):
            raise root.Lacking("no /dev/net/tun on this host")
        note = "with " + go(desk)
    row = judged(command, desk.run(command, echo=echo))
    row.note = row.note or note
    if "demo" in command and not row.failed:
        offered(row, desk)
    return row
