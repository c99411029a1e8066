"""More cases of boot.py: told to stop, killed between two steps, what no one waits for, disks, events as JSON."""
import ctypes
import json
import os
import threading
import time

from boot import CANARY, FOREIGN, Reader, SECONDS, filled, need, real_applies, text_of, wait_applied, wait_founded
from machine import MS_BIND, mount

APPLY = "/machine.MachineService/ApplyConfiguration"
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
PTRACE_SEIZE, PTRACE_DETACH, PTRACE_O_TRACEEXIT, WALL = 0x4206, 17, 0x40, 0x40000000


def in_memory(pid, text):
    """How often a text stands in the writable memory of a process."""
    count = 0
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            begin, end = (int(part, 16) for part in span.split("-"))
            if "w" not in rights:
                continue
            try:
                memory.seek(begin)
                count += memory.read(end - begin).count(text)
            except OSError:  # a guard page
                pass
    return count


class LastLook(threading.Thread):
    """Stops a process at its very end, when its memory is still there, and counts a text in it."""

    def __init__(self, pid, text):
        super().__init__(daemon=True)
        self.pid, self.text, self.before, self.after = pid, text, None, None
        self.attached = threading.Event()
        self.start()

    def run(self):
        if libc.ptrace(PTRACE_SEIZE, self.pid, None, PTRACE_O_TRACEEXIT) != 0:
            self.attached.set()
            return
        self.before = in_memory(self.pid, self.text)
        self.attached.set()
        _, status = os.waitpid(self.pid, WALL)
        if os.WIFSTOPPED(status):
            self.after = in_memory(self.pid, self.text)
            libc.ptrace(PTRACE_DETACH, self.pid, None, None)


def stopped(box):
    """SIGTERM: the process ends by itself, with 0, long before Talos would kill it."""
    before = len(box.poll())
    box.command(reboot=True)
    ended = need(box.wait("exited", 15, since=before), "SIGTERM is not obeyed")
    need(ended["status"] == 0 and not ended["signal"], "SIGTERM: %s" % ended)
    need("stopped" in text_of(box), "it does not say that it stops")
    return box


def stop_waiting(name, times, sign, seconds=20):
    """A wait that is never over is one line, and a stop ends it."""
    def case(bench):
        box = bench.machine(case.__name__.replace("_", "-"), times=times)
        with box:
            need(box.wait("console", seconds, line=lambda line: sign in line), "no line: " + text_of(box))
            time.sleep(1)
            said = [line for line in box.said() if sign in line]
            need(len(said) == 1, "said %d times: %s" % (len(said), said[:2]))
            need(not real_applies(box), "applied all the same")
            return stopped(box)
    case.__name__ = "stop_" + name
    return case


STOPS = [
    stop_waiting("udev", {"udev": -1}, "waiting for disks to settle"),
    stop_waiting("address", {"address": -1}, "waiting for an address"),
    stop_waiting("clock", {"time": -1}, "waiting for the clock"),
    stop_waiting("socket", {"socket": -1}, "hearth: machined-socket"),
    stop_waiting("registration", {"pid": -1}, "hearth: machined-denied", 40),
]


def stop_dns(bench):
    """No name server: one line, and a stop ends the wait."""
    box = bench.machine("stop-dns")
    empty = bench.kit.write(os.path.join(box.where, "resolv.conf"), "# nothing\n")
    mount(empty, box.root.path + os.path.realpath("/etc/resolv.conf"), None, MS_BIND)
    with box:
        need(box.wait("console", 20, line=lambda line: "waiting for a name server" in line), "no line: " + text_of(box))
        need(not real_applies(box), "applied all the same")
        return stopped(box)


def stop_quiet(bench):
    """machined does not know the stage yet: hearth has said that it is there, and waits without another word, as long
    as that is."""
    box = bench.machine("stop-quiet", times={"acquire": 600000})
    with box:
        need(box.wait("call", 10, stage="booting"), "it does not look")
        time.sleep(2)
        need(len(box.said()) == 1 and box.said()[0].startswith("hearth  ") and not box.find("exited"), "said: " + text_of(box))
        return stopped(box)


def stop_fetching(bench):
    """In the middle of the fetch: at once, not after the fetch's own deadline."""
    slow = "apiVersion: v1\nkind: Secret\nmetadata: {name: slow, namespace: flux-system}\ndata:\n  a: !base64 {secret: slow}\n"
    box = bench.machine("stop-fetching", site={"files": {"bootstrap/slow.yaml": slow}})
    with box:
        need(box.wait("console", 20, line=lambda line: "[3/6]" in line), "no plan")
        time.sleep(2)
        need("[4/6]" not in text_of(box), "the fetch is not slow: this case proves nothing")
        return stopped(box)


def stop_applying(bench):
    """While machined thinks about the config, which is in memory then; at the end of the process no secret is."""
    box = bench.machine("stop-applying")
    with box:
        box.command(fault={"kind": "hang", "method": "ApplyConfiguration"})
        need(box.wait("fault", 20), "no dry run came")
        look = LastLook(box.find("started")[-1]["pid"], CANARY.encode())
        need(look.attached.wait(5) and look.before is not None, "the process cannot be traced")
        need(look.before, "the secret is not in memory: this case proves nothing")
        stopped(box)
        look.join(5)
        need(look.after is not None, "the end was not seen")
        need(look.after == 0, "the secret is left in memory %d times" % look.after)
        need(not real_applies(box), "applied all the same")
        return box


def killed_at_calls(bench):
    """SIGKILL right before and right after each call that changes something, in both lines: the next run goes on, and
    it ends founded."""
    # (calls of the kind that pass first, after): dry run, then the real one. A fault counts what the ones before it let
    # pass, and those of the first line let two calls pass.
    pairs = [(0, False), (0, True), (1, False), (2, True)]
    faults = [{"kind": "kill", "method": "ApplyConfiguration", "skip": skip, "after": after}
              for skip, after in pairs + [(skip + 2, after) for skip, after in pairs]]
    faults += [{"kind": "kill", "method": "Bootstrap", "after": after} for after in (False, True)]
    box = bench.machine("killed-at-calls", times={"restart": 200}, faults=faults)
    with box:
        wait_founded(box, seconds=60)
        need(len(box.find("exited", signal="killed")) == 10, "killed %d times" % len(box.find("exited", signal="killed")))
        need(len(box.find("applied")) == 3, "applied %d times" % len(box.find("applied")))
        need(len(box.find("bootstrap")) == 1, "Bootstrap took effect %d times" % len(box.find("bootstrap")))
        return box


PEAK_KIB = 4096  # of all that a boot touches


def peak_memory(bench):
    """With as much as Flux inlined and the config on its way, no more than the budget was ever in memory."""
    box = bench.machine("peak-memory", site=filled(30))
    with box:
        box.command(fault={"kind": "hang", "method": "ApplyConfiguration"})
        need(box.wait("fault", 30), "no dry run came: " + text_of(box)[-300:])
        with open("/proc/%d/status" % box.find("started")[-1]["pid"]) as status:
            peak = int([line.split()[1] for line in status if line.startswith("VmHWM:")][0])
        need(peak <= PEAK_KIB, "%d KiB" % peak)
        return stopped(box)


def not_yet_installed(bench):
    """The config is active and the stage is booting, as on an installed node, but the install is still to come: nothing
    is inlined."""
    box = bench.machine("not-yet-installed", times={"install": 6000})
    with box:
        wait_applied(box)
        need(box.wait("stage", 5, stage="installing"), "no install")
        before = len(box.poll())
        box.command(stage="booting")
        time.sleep(2)
        need([entry for entry in box.find("call", boot=1, stage="booting") if entry["n"] >= before],
             "it did not look: this case proves nothing")
        need(len(box.find("applied")) == 1, "inlined before the install")
        wait_founded(box)
        return box


def one_second_apply(bench):
    """The second apply changes hearth's own document, so Talos restarts hearth: it finds nothing left to place."""
    box = bench.machine("one-second-apply")
    with box:
        wait_founded(box)
        need(box.find("restarting", boot=2), "hearth was not restarted: this case proves nothing")
        # And behind the founding it notes in its document that it is done.
        applied, member = box.find("applied", boot=2), box.find("member", boot=2)[0]
        need([entry["n"] < member["n"] for entry in applied] == [True, False], "applied %d times" % len(applied))
        calls = box.find("call", method=lambda name: name.endswith("Bootstrap"))
        need(not [entry for entry in calls if entry["code"] == "FailedPrecondition"], "Bootstrap was asked for too early")
        return box


def no_site(bench):
    """The extension without a site layer, in maintenance mode: one line behind the one that says who speaks, and it
    leaves."""
    box = bench.machine("no-site", client=[bench.kit.binary, "boot"])
    with box:
        need(box.wait("finished", 20), "hearth does not leave")
        need(len(box.said()) == 2 and "/etc/hearth/hearth.yaml" in text_of(box), "said: " + text_of(box))
        need(not box.find("call", method=APPLY), "a config was sent")
        return box


def reset_without_medium(bench):
    """The same with --reboot goes by kexec into the disk, medium or not: there the extension has no site, says so and
    leaves."""
    box = bench.machine("reset-without-medium", stick=True)
    with box:
        wait_founded(box)
        before = len(box.poll())
        box.command(reset={"labels": ["STATE", "EPHEMERAL"]})
        need(box.wait("boot", 10, since=before, from_disk=True), "it did not boot from the disk")
        need(box.wait("finished", 20, since=before), "hearth does not leave")
        need("without a site" in text_of(box), "said: " + text_of(box))
        return box


def stick_in_ours(bench):
    """hearth's own node, switched on again with the stick left in: which config it runs and the ways on. The first
    start behind the install is the disk's, by kexec."""
    box = bench.machine("stick-in-ours", stick=True)
    with box:
        wait_founded(box)
        need("came from a stick" not in text_of(box), "said of a boot from the disk: " + text_of(box))
        before = len(box.poll())
        box.command(reboot=True)
        need(box.wait("finished", SECONDS, since=before), "hearth does not leave")
        text = "\n".join(entry["line"] for entry in box.find("console", boot=3))
        need("configured as data-1 of cluster data" in text and "came from a stick" in text, "said: " + text)
        return box


def permanent_medium(bench):
    """The medium stays, and nothing of hearth is on the disk: as if it were, and nobody is told to take the stick
    out."""
    site = {"image": "ghcr.io/siderolabs/installer:v1.13.9", "files": {".hearth/permanent": ""}}
    box = bench.machine("permanent-medium", site=site, stick=True, no_kexec=True, installed=[])
    with box:
        reader = Reader(bench, box)
        try:
            second = need(box.wait("applied", SECONDS, boot=2), "nothing was held for found: " + text_of(box))
            wait_founded(box)
            need(not reader.canaries(until=second["n"]), "a reader saw the canary before found")
        finally:
            reader.stop()
        text = text_of(box)
        need("founds cluster data from this medium" in text and "leave the medium in" in text, "said: " + text)
        need("remove the stick" not in text and "talosctl bootstrap --nodes" not in text, "said: " + text)
        return box


TWO = """\
  - name: two
    role: data
    type: worker
    match: { system.manufacturer: LENOVO }
"""


def two_candidates(bench):
    """Two disks could be meant: refused with both and what would choose."""
    box = bench.machine("two-candidates", tree="thinkcentre-m70q", site={"more": TWO})
    with box:
        refusal = need(box.wait("console", 20, line=lambda line: "plan-disks" in line), "no refusal: " + text_of(box))
        names = [one["id"] for one in box.scenario["disks"] if one["transport"] != "usb"]
        need(len(names) == 2, "disks: %s" % names)
        for name in names:
            need(box.wait("console", 10, since=refusal["n"], line=lambda line, name=name: name in line),
                 "%s is not in the list: %s" % (name, text_of(box)))
        time.sleep(1)
        need(not box.find("call", method=APPLY), "a config was sent")
        return stopped(box)


def stale_meta(bench):
    """The disk of the plan holds an old Talos and something else beside it: foreign."""
    mixed = {"sda": {"contents": "gpt", "volumes": [{"partition_label": "META", "size": 1 << 20}] + FOREIGN["sda"]["volumes"]}}
    box = bench.machine("stale-meta", disks=mixed)
    with box:
        need(box.wait("console", 20, line=lambda line: "guard-foreign" in line), "no refusal: " + text_of(box))
        need("META" in text_of(box) and "Basic data partition" in text_of(box), "the refusal does not list them")
        need(not box.find("call", method=APPLY), "a config was sent")
        return stopped(box)


def no_memory(bench):
    """A site that no memory holds: said, waited on, and the process stays the same one."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: default}\ndata:\n  text: \"%s\"\n"
    files = {"bootstrap/c%d.yaml" % i: text % (i, "x" * 1040000) for i in range(63)}
    files.update({"talos/data/%d.yaml" % i: "machine:\n  env: {A%d: %s}\n" % (i, "x" * 1040000) for i in range(20)})
    box = bench.machine("no-memory", site={"files": files})
    with box:
        need(box.wait("console", 30, line=lambda line: "hearth: no-memory" in line), "said: " + text_of(box))
        time.sleep(2)
        need(not box.find("exited"), "boot left")
        need(len([line for line in box.said() if "no-memory" in line]) == 1, "said again and again")
        return stopped(box)


def events(bench):
    """--json: each line is an event with its fields."""
    binary = bench.kit.binary
    box = bench.machine("events")
    box.scenario["medium"].append("--json")
    box.scenario["installed"] = [binary, "boot", "--json"]
    with box:
        wait_founded(box)
        lines = [json.loads(line) for line in box.said()]
        stages = {line["name"]: line for line in lines if line["event"] == "stage"}
        need(list(stages) == ["node", "facts", "plan", "secrets", "documents", "apply"], "stages: %s" % list(stages))
        for name, key, value in (("facts", "serial", "790H8D2"), ("plan", "node", "data-1"), ("plan", "disk", "sda"),
                                 ("documents", "held", True), ("apply", "number", 6)):
            need(stages[name].get(key) == value, "%s: %s" % (name, stages[name]))
        applied = [line for line in lines if line["event"] == "applied"]
        need(len(applied) == 1 and applied[0]["addresses"] == ["192.168.1.10/24"], "applied: %s" % applied)
        founded = [line for line in lines if line["event"] == "founded"]
        need(founded and founded[0]["cluster"] == "data" and founded[0]["node"] == "data-1", "founded: %s" % founded)
        return box


def events_refused(bench):
    """--json: a refusal is one event with code, next step and when; its table is another."""
    box = bench.machine("events-refused", tree="thinkcentre-m70q")
    box.scenario["medium"].append("--json")
    with box:
        need(box.wait("console", 20, line=lambda line: "plan-no-match" in line), "no refusal")
        need(box.wait("console", 10, line=lambda line: '"details"' in line), "no table")
        time.sleep(1)
        lines = [json.loads(line) for line in box.said()]
        waiting = [line for line in lines if line["event"] == "waiting"]
        need(len(waiting) == 1 and waiting[0]["code"] == "plan-no-match" and waiting[0]["again_s"] is None, "%s" % waiting)
        need([line for line in lines if line["event"] == "details" and "match:" in line["table"]], "no table")
        return stopped(box)


BAD = "apiVersion: v1alpha1\nkind: OOMConfig\ntriggerExpression: nowhere > 1.0\n"


def rejected_till_change(bench):
    """What machined rejected is not sent again unchanged: not after a minute, not when the facts cannot be read for a
    while; and once the site changes it is."""
    box = bench.machine("rejected-till-change", site={"files": {"talos/data-1.yaml": BAD}})
    site, proc = os.path.join(box.where, "site"), os.path.join(box.tree, "proc")

    def sent():
        return box.find("call", method=APPLY)

    with box:
        need(box.wait("console", 20, line=lambda line: "machined-rejected" in line), "no refusal")
        time.sleep(50)
        for name in ("proc", "sys"):
            os.rename(os.path.join(box.tree, name), os.path.join(box.tree, name + ".away"))
        time.sleep(20)
        for name in ("proc", "sys"):
            os.rename(os.path.join(box.tree, name + ".away"), os.path.join(box.tree, name))
        time.sleep(5)
        need(os.path.isdir(proc) and len(sent()) == 1, "sent %d times, and nothing has changed" % len(sent()))
        bench.kit.write(os.path.join(site, "talos", "data-1.yaml"), BAD.replace("nowhere", "0.0"))
        wait_applied(box, seconds=30)
        need(len([entry for entry in sent() if entry["code"] == "InvalidArgument"]) == 1, "the rejected one was sent again")
        return box


def rejected_then_facts(bench):
    """The same bytes are worth another try when the box is another: here a disk is plugged in."""
    box = bench.machine("rejected-then-facts", site={"files": {"talos/data-1.yaml": BAD}},
                        disks={"sdb": {"after": 55000}})
    with box:
        need(box.wait("console", 20, line=lambda line: "machined-rejected" in line), "no refusal")
        again = need(box.wait("call", 100, since=len(box.poll()), method=APPLY), "not sent again")
        need(again["ms"] > 55000 and again["dry_run"], "sent again before anything had changed: %s" % again)
        return stopped(box)


def facts_late(bench):
    """/proc and /sys cannot be read: said, and tried again when they can."""
    box = bench.machine("facts-late")
    away = [(os.path.join(box.tree, name), os.path.join(box.tree, name + ".away")) for name in ("proc", "sys")]
    for path, other in away:
        os.rename(path, other)
    with box:
        need(box.wait("console", 20, line=lambda line: "hearth: facts-read" in line), "said: " + text_of(box))
        time.sleep(3)
        for path, other in away:
            os.rename(other, path)
        wait_applied(box, seconds=90)
        return box


SLOW = [rejected_till_change, rejected_then_facts, facts_late]
CASES = STOPS + [stop_dns, stop_quiet, stop_fetching, stop_applying, killed_at_calls, peak_memory, one_second_apply,
                 not_yet_installed, no_site, reset_without_medium, stick_in_ours, permanent_medium, two_candidates, stale_meta, no_memory, events,
                 events_refused]
