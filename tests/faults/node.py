"""Plays a row of the table: a box of its own, in a world that is the lane's. README.md says what the words of a row
mean."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE] + [os.path.join(REPO, "tests", name) for name in ("conformance", "conformance/machined", "standin")]
import boot  # noqa: E402
import bundle  # noqa: E402
import kit as kit_module  # noqa: E402
import machine  # noqa: E402
import pki  # noqa: E402
import roads  # noqa: E402
import tpm  # noqa: E402
import world as world_module  # noqa: E402
from boot import CANARIES, CANARY, need, text_of  # noqa: E402
from table import APPLY, LOGIN, STAGES, VAULT  # noqa: E402

WATCHDOG = 100  # seconds; only against what hangs
QUIET = 5  # seconds in which a client that is not quiet would have applied
NAMES = {LOGIN: {"a": [world_module.LOGIN]}, VAULT: {"a": [world_module.VAULT]}}
LINE = re.compile(r"^hearth: ([a-z0-9-]+): (.+); (?:again in (\d+) s|looking again when something changes)$")
BEFORE_APPLY = STAGES[:STAGES.index("apply")]
CONVERGED = {"applied", "founded"}
LABELS = ("EFI", "META", "STATE", "EPHEMERAL")


def codes():
    """slug: retry class, of every code."""
    with open(os.path.join(REPO, "boot", "base", "codes.h")) as source:
        rows = re.findall(r'X\(E_[A-Z0-9_]+, "([a-z0-9-]+)", EXIT_[A-Z]+_, RETRY_([A-Z]+),', source.read())
    return dict(rows)


RETRY = codes()


def is_code(outcome):
    return outcome in RETRY and outcome != "stopped"


def prepare(kit):
    """A reason why no row can run, or None."""
    if shutil.which("go") is None:
        return "go is not installed"
    reason = world_module.possible() or tpm.lacks()
    if reason:
        return reason
    if not boot.build(kit):
        return "machined cannot be built"
    odd = os.path.join(REPO, "build", "faults", "odd")
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-o", odd, os.path.join(HERE, "odd.c")], check=True)
    return None


def shared(kit, rows):
    """(keys, secrets) that the lanes share: made once."""
    keys = pki.Pki(os.path.join(kit.build, "pki"))
    for row in rows:
        for role in ("login", "vault"):
            keys.chain(row.get("azure", {}).get(role, {}).get("chain", "good"))
    keys.client()
    text = bundle.to_yaml(bundle.talos_bundle(2048))
    secrets = {name: text for kind in kit_module.NODES for name in kit.bundle_names(kit.base(kind))}
    return keys, dict(secrets, canary=CANARY)


class Lane:
    """A world of its own, and what its rows share. Enters namespaces: for a process that is the lane's."""

    def __init__(self, kit, keys, name, secrets):
        self.kit, self.secrets = kit, secrets
        kit.work = os.path.join(kit.build, "..", "faults", name)
        os.makedirs(kit.work, exist_ok=True)
        self.world = kit.world = world_module.World(kit.directory("world"), keys, {"dns": dict(NAMES)})
        self.pristine = json.dumps(self.world.config)
        self.cutter = roads.Cutter(roads.CUT, (world_module.VAULT, 443))
        self.holes = roads.black_hole(roads.BLACK) + [roads.mute(roads.MUTE)]
        roads.resetting(roads.RESET)
        self.odd = os.path.join(kit.build, "..", "faults", "odd")
        self.account = kit.account()
        self.hidden = CANARIES + [self.account["secret"]]
        self.disks, self.lock = {}, threading.Lock()
        self.restore()

    def restore(self, row=None):
        """The world as it should be, but for what the row says."""
        row = row or {}
        more = dict(row.get("azure", {}))
        config = world_module.merged(json.loads(self.pristine), {key: more[key] for key in more if key != "public"})
        config["vaults"] = {"*": {name: value for name, value in dict(self.secrets,
            **row.get("secrets", {})).items() if value is not None}}
        for client in config["clients"].values():
            client["public"] = more.get("public", False)
        azure = self.world.azure
        azure.config, azure.fault_uses, azure.refused = config, {}, 0
        table = dict(NAMES, **row.get("dns", {}))
        if row.get("cut"):
            table[VAULT] = {"a": [roads.CUT]}
        self.cutter.cut = row.get("cut")
        self.world.dns.table = table
        self.world.log.clear()


class Play:
    def __init__(self, lane, row, version):
        self.lane, self.row, self.version = lane, row, version
        self.bench = boot.Bench(lane.kit, version)
        self.box = self.chip = None

    # -- the box

    def shell(self, where, command):
        done = subprocess.run(["/bin/sh", "-ec", command], cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=dict(os.environ, PEM=self.lane.account["certificate"],
                                  NEW=os.path.join(self.site, ".hearth", "data.pem")))
        need(done.returncode == 0, "the fault cannot be made: " + done.stdout.decode("utf-8", "replace")[-200:])

    def spoil(self):
        for path, old, new in self.row.get("spoil", ()):
            path = os.path.join(self.site, path)
            if new is None:
                os.unlink(path)
            elif old is None:
                self.lane.kit.write(path, new)
            else:
                with open(path) as source:
                    text = source.read()
                need(old in text, "%s has no %r" % (path, old))
                self.lane.kit.write(path, text.replace(old, new, 1))
        if "sh" in self.row:
            self.shell(self.site, self.row["sh"])
        for name in self.row.get("tree_spoil", ()):
            os.rename(os.path.join(self.box.tree, name), self.away(name))
        if "sh_tree" in self.row:
            self.shell(self.box.tree, self.row["sh_tree"])

    def cure(self):
        """Undoes what the row did; what a process can only see when it starts anew is for the next run."""
        row = self.row
        self.lane.restore()
        if "spoil" in row or "sh" in row:
            shutil.rmtree(self.site)
            shutil.copytree(self.site + ".good", self.site, symlinks=True)
        for name in row.get("tree_spoil", ()):
            os.rename(self.away(name), os.path.join(self.box.tree, name))
        self.resolv(None)
        self.box.command(clear=True)
        for what in row.get("cure", ()):
            if "blank" in what:
                good = machine.disks_of(self.bench.facts(self.box.tree))
                self.box.command(disks=good)
            else:
                self.box.command(**what)

    def away(self, name):
        return os.path.join(self.box.where, "away-" + name.replace("/", "-"))

    def resolv(self, text):
        path = os.path.join(self.box.where, "resolv.conf")
        with open(path, "w") as out:  # in place: it is bound over the box's own
            out.write(text if text is not None else "nameserver %s\n" % world_module.NAMESERVER)

    def name(self):
        return re.sub(r"[^a-z0-9]+", "-", ("%(stage)s %(cause)s" % self.row).lower()).strip("-")[:60]

    def make(self):
        row, bench = self.row, self.bench
        settings = dict(row.get("box", {}))
        times = dict({"service": 150, "restart": 200}, **row.get("times", {}))
        box = self.box = bench.machine(self.name(), times=times, disks=row.get("disks"), site=row.get("site"),
            partial=row.get("partial"), **settings)
        self.site = os.path.join(box.where, "site")
        box.scenario["canaries"] = self.lane.hidden
        certificate = self.born() if "tpm" in row else None
        shutil.copytree(self.site, self.site + ".good", symlinks=True)
        binary = self.lane.kit.binary
        if row.get("json"):
            box.scenario["medium"].append("--json")
            box.scenario["installed"].append("--json")
        if "odd" in row or "clock" in row:
            how = ["clock", str(row["clock"])] if "clock" in row else row["odd"].split()
            box.scenario["medium"] = [self.lane.odd] + how + box.scenario["medium"]
        need(box.scenario["medium"][0] in (binary, self.lane.odd), "an odd command line")
        if row.get("installed"):
            self.install(row["installed"])
        self.resolv(row.get("resolv"))
        target = os.path.realpath(box.root.path + "/etc/resolv.conf")
        world_module.bind(os.path.join(box.where, "resolv.conf"), target)
        self.spoil()
        self.lane.restore(row)
        if certificate:
            self.lane.world.azure.config["clients"][self.lane.account["client"]]["certificate"] = certificate
        return box

    def born(self):
        """A login that is born in the box's TPM. Then the box starts anew, with the TPM that the row gives it."""
        words, state = self.row["tpm"], os.path.join(self.box.where, "tpm-")
        self.bench.born(self.box, state + "own")
        self.chip = tpm.Tpm(state + words.get("state", "own"), words.get("refuse", ()))
        self.chip.into(self.box.tree)
        for command in words.get("before", ()):
            need(self.chip.ask(command) == 0, "the TPM does not take " + command)
        return os.path.join(self.box.where, "site.good", "logins", "data-1.crt")

    def install(self, which):
        """The disk as an earlier box left it; `stranger`: with a config that says nothing of hearth."""
        with self.lane.lock:
            self.first_installed()
        where = self.box.scenario["dir"]
        shutil.copytree(self.lane.disks["ours"], where)
        if which == "stranger":
            path = [os.path.join(folder, "config.yaml") for folder, _, names in os.walk(where) if "config.yaml" in names][0]
            with open(path) as source:
                documents = source.read().split("\n---\n")
            self.lane.kit.write(path,
                "\n---\n".join(one for one in documents if "name: hearth" not in one and 'name: "hearth"' not in one))
            self.box.scenario["stick"] = True

    def first_installed(self):
        """A box that joined, with nothing of hearth's done since."""
        if "ours" not in self.lane.disks:
            self.lane.restore()
            first = self.bench.machine("installed")
            first.scenario["installed"] = []
            try:
                with first:
                    need(first.wait("installed", WATCHDOG), "no installed box to begin with: " + text_of(first)[-300:])
                    need(first.wait("stage", WATCHDOG, boot=2, stage="booting"), "it does not boot")
                self.lane.disks["ours"] = first.scenario["dir"]
            finally:
                first.root.close()

    # -- what happens to it

    def await_cause(self):
        at = self.row.get("at")
        if not at:
            return
        end = time.monotonic() + WATCHDOG
        if "line" in at:
            need(self.box.wait("console", WATCHDOG, line=lambda line: at["line"] in line), "%r is not said" % at["line"])
        elif "event" in at:
            need(self.box.wait(at["event"], WATCHDOG), "no %s" % at["event"])
        else:
            while not [one for one in self.lane.world.log.entries if one["t"] == "open"] and time.monotonic() < end:
                time.sleep(0.02)
            # A delayed request is logged when it is answered.
            time.sleep(0.4 if at["request"] == "/" else 0.9)

    def do(self, what):
        if what == "kill":
            self.box.command(signal=int(signal.SIGKILL))
        elif what == "uncure":
            self.lane.restore()
        elif what == "kill-fetcher":
            pid = self.box.find("started")[-1]["pid"]
            with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
                found = children.read().split()
            need(found, "there is no fetcher")
            os.kill(int(found[0]), signal.SIGKILL)
        elif "activate" in what:
            self.box.command(activate=self.lane.kit.write(os.path.join(self.box.where, "appears.yaml"), what["activate"]))
        else:
            self.box.command(**what)

    def faults(self):
        """There before anything runs: what is set behind the start races it."""
        self.box.scenario["faults"] = []
        for fault in self.row.get("fault", ()):
            fault = json.loads(json.dumps(fault))
            if "activate" in fault.get("command", {}):
                fault["command"]["activate"] = self.lane.kit.write(os.path.join(self.box.where, "appears.yaml"),
                    fault["command"]["activate"])
            self.box.scenario["faults"].append(fault)

    # -- what must come of it

    def refusal(self, code, since=0):
        """The line of a failure with this code, in its form; another failure before it is wrong."""
        tolerated = self.row.get("beside", ())
        at = since
        while True:
            entry = need(self.box.wait("console", WATCHDOG, since=at, line=lambda line: self.parse(line)),
                "%s is not said, but:\n%s" % (code, text_of(self.box)[-600:]))
            got, again = self.parse(entry["line"])
            at = entry["n"] + 1
            if got == code:
                break
            need(got in tolerated, "%s was said first: %s" % (got, entry["line"]))
        retry = RETRY[code]
        low, high = {"SOON": (1, 60), "SLOW": (600, 600), "EVENT": (0, 0), "STOP": (0, 0)}[retry]
        asked = self.row.get("again", 0)
        need(asked + low <= again <= asked + high, "the wait does not fit the class: " + entry["line"])
        return entry

    def parse(self, line):
        if self.row.get("json"):
            try:
                event = json.loads(line)
            except ValueError:
                raise AssertionError("no JSON: " + line)
            if event.get("event") == "waiting":
                need(event["text"] and event["next"], "an event without words: " + line)
                return event["code"], event["again_s"] or 0
            return None
        if not line.startswith("hearth: "):
            return None
        match = need(LINE.match(line), "a failure without code, cause and when it tries again: " + line)
        return match.group(1), int(match.group(3) or 0)

    def converge(self, final, since=0):
        box = self.box
        if final == "founded":
            member = need(box.wait("member", WATCHDOG), "not founded:\n" + text_of(box)[-500:])
            need(box.wait("finished", WATCHDOG, since=member["n"]), "hearth does not end after founding")
        else:
            need(box.wait("applied", WATCHDOG, since=since, complete=True), "not applied:\n" + text_of(box)[-500:])
            # What was applied is active in a moment.
            need(box.wait("call", 10, dry_run=False, code="OK"), "the apply was not answered")
        summary = box.summary()
        if summary and not self.row.get("box", {}).get("tree"):
            need(summary["hostname"] == "data-1" and summary["cluster"] == "data" and summary["keys"],
                "half a config: %s" % json.dumps(summary)[:300])

    def stop(self):
        """SIGTERM: it ends by itself with 0; the boot that follows is the next run."""
        before = len(self.box.poll())
        self.box.command(reboot=True)
        ended = need(self.box.wait("exited", 20, since=before), "SIGTERM is not obeyed")
        need(ended["status"] == 0 and not ended["signal"], "SIGTERM: %s" % ended)
        return ended["n"]

    def outcome(self):
        row, box, outcome = self.row, self.box, self.row["outcome"]
        final = row.get("final") or ("founded" if row["stage"] in STAGES[STAGES.index("found"):] else "applied")
        if outcome == "left":
            return self.left()
        self.await_cause()
        for what in row.get("do", ()):
            self.do(what)
        if is_code(outcome):
            return self.refused(outcome, final)
        if outcome == "quiet":
            time.sleep(QUIET)
            need(not [line for line in box.said() if self.parse(line)] and not box.find("applied") and not box.find("exited"),
                "it is not quiet: " + text_of(box)[-300:])
            if row["stage"] == "node" and "cure" not in row:
                self.stop()
                return None
            self.cure()
        elif outcome == "quiet-said":
            time.sleep(0.5)
            need(not [line for line in box.said() if self.parse(line)], "it complains: " + text_of(box)[-300:])
            self.do("kill")
        elif outcome == "stopped":
            at = self.stop()
            # The next boot may have said something by now.
            last = [entry["line"] for entry in box.find("console") if entry["n"] < at][-1:]
            need(last and "stopped" in last[0], "it does not say that it stops, but: %s" % last)
            self.cure()
            return self.converge(final, at)
        elif outcome == "killed":
            need(box.wait("exited", WATCHDOG, signal="killed"), "it was not killed")
        return self.converge(outcome if outcome in CONVERGED else final)

    def refused(self, code, final):
        row, box = self.row, self.box
        entry = self.refusal(code)
        if row["stage"] in BEFORE_APPLY:
            need(not box.find("call", method=lambda name: name.endswith(APPLY)), "a config was sent before the refusal")
        then = row["then"]
        if row["stage"] == "secrets" and row.get("cut"):
            need(self.lane.cutter.cuts, "nothing was cut")
        if then == "stop":
            self.stop()
            return
        if then != "wait":
            self.cure()
        if then == "mend" and RETRY[code] != "SOON" and not [what for what in row.get("cure", ()) if "blank" in what]:
            self.do("kill")  # else it would look again after a minute, or after ten
        self.converge(final, entry["n"])

    def left(self):
        """Nothing to do: hearth ends by itself."""
        box = self.box
        boot_number = 2 if self.row.get("join") else 1
        need(box.wait("finished", WATCHDOG, boot=boot_number), "hearth does not leave")
        need(not box.find("call", boot=boot_number,
            method=lambda name: name.endswith((APPLY, "Bootstrap"))) or boot_number == 2, "it acted before it left")
        need(not box.find("call", method=lambda name: name.endswith("Bootstrap")), "it founded before it left")

    def invariants(self):
        row, box = self.row, self.box
        box.poll()
        need(not box.violations(), "machined saw: " + json.dumps(box.violations()[:3]))
        with open(os.path.join(box.directory, "server.err"), errors="replace") as errors:
            said = text_of(box) + errors.read()
        for hidden in self.lane.hidden:
            need(hidden not in said, "a secret is on the console")
        exits = [entry for entry in box.find("exited") if not entry["signal"]]
        need(all(entry["status"] == 0 for entry in exits), "boot left with another status: %s" % exits)
        for number in {entry["boot"] for entry in box.find("applied")}:
            applied, member = box.find("applied", boot=number), box.find("member", boot=number)
            # Behind the founding comes the note that it is done.
            late = [entry for entry in applied if member and entry["n"] > member[0]["n"]]
            need(len(applied) - len(late) <= 1 and len(late) <= 1, "applied twice in boot %d" % number)
        need(len(box.find("bootstrap")) <= 1, "Bootstrap took effect twice")
        if "tpm" in row:
            sent = self.chip.commands
            need("sent" not in row["tpm"] or [one for one in sent if one != 0x165] == row["tpm"]["sent"],
                "other commands went to the TPM: %s" % [hex(one) for one in sent])
            need(row["outcome"] != "applied" or sent.count(0x131) == sent.count(0x165), "a key was left in the TPM")
        for word in row.get("said", ()):
            need(word in said, "%r is not said:\n%s" % (word, text_of(box)[-400:]))

    def run(self):
        """Why the row fails, or ""."""
        box = self.make()
        try:
            if self.row.get("before") == "check":
                self.check_first()
            self.faults()
            with box:
                self.outcome()
                for word in self.row.get("kept", ()):
                    need(word in (box.config() or ""), "%s was not carried over" % word)
                self.invariants()
            return ""
        except AssertionError as wrong:
            return str(wrong)
        finally:
            self.lane.kit.write(os.path.join(box.where, "story"), box.story(4000) + "\n")

    def check_first(self):
        self.lane.restore()
        facts = os.path.join(self.box.where, "facts.json")
        self.lane.kit.write(facts, json.dumps(self.bench.facts(self.box.tree)))
        status, out, err = self.lane.kit.hearth("check", "--site", self.site, "--facts", facts, "--json")
        need(status in (0, 3) and "secret-missing" not in out + err, "check does not find the secret: " + (out + err)[-300:])
        self.lane.restore(self.row)


def play(lane, row, version):
    one = Play(lane, row, version)
    try:
        return one.run()
    except Exception as broken:  # the other rows go on
        import traceback
        return "%s: %s\n%s" % (type(broken).__name__, broken, traceback.format_exc(limit=-2))
    finally:
        if one.chip:
            one.chip.__exit__()
        if one.box:
            one.box.root.close()
