"""Started without its first descriptors: no file becomes one of them, and what cannot be said is a failure."""
import os
import subprocess

import kit as kit_module


def without(closed):
    def case(kit):
        out = os.path.join(kit.work, "out")
        shut = "".join(" %d%s&-" % (fd, "<" if fd == 0 else ">") for fd in closed)
        done = subprocess.run(["sh", "-c", 'exec "$0" assets --out "$1"' + shut, kit.bin, out], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            kit.fail("exit %d: %s" % (done.returncode, done.stderr.decode()))
        wanted = os.path.join(kit.repo, "assets", "hearth.yaml")
        with open(os.path.join(out, "hearth.yaml"), "rb") as got, open(wanted, "rb") as own:
            if got.read() != own.read():
                kit.fail("hearth.yaml is not as it was packed")
    return case


def unsaid(kit):
    if subprocess.run(["sh", "-c", 'exec "$0" version 1>&-', kit.bin], stderr=subprocess.DEVNULL).returncode != 1:
        kit.fail("nobody was told the version, and the exit is 0")


def opened(kit):
    """Which descriptor is the first that a file gets."""
    kit_module.need("cmd:strace")
    trace = os.path.join(kit.work, "trace")
    subprocess.run(["sh", "-c", 'exec strace -e trace=openat,open,openat2,creat "$0" facts --sysroot / 0<&- 1>&- 2>"$1"', kit.bin, trace])
    with open(trace, encoding="utf-8", errors="replace") as f:
        lines = f.readlines()
    low = [line for line in lines if line.rstrip().endswith(("= 0", "= 1")) and "/dev/null" not in line]
    if low:
        kit.fail("a file became standard input or output: %s" % low[0])
    if not any("/dev/null" in line for line in lines):
        kit.fail("strace saw nothing opened: %s" % "".join(lines[-3:]))


def cases():
    for closed in ([0], [0, 1], [0, 2], [0, 1, 2]):
        yield "closed-" + "".join(map(str, closed)), without(closed)
    yield "unsaid", unsaid, True
    yield "opened", opened, True
