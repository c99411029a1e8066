#!/usr/bin/env python3
"""How long `hearth boot` takes from a settled box to an accepted config, and what it costs, beside a shell recipe.

    tests/bench/boot.py [BINARY] [--baseline FILE] [--turns N] [--secrets N]

One interleaved run: each turn boots the box of tests/conformance/machined (Talos's own packages; see its README) once
for each contestant, in a mount namespace with the stand-in Azure behind a relay of 30 ms. Every ninth turn is run once
more for memory. Raw samples: build/bench/boot-*.json. With --baseline an earlier build boots in the same turns, and
what each figure is of its figure is printed first.

What is measured: from the moment machined's journal has hearth's second line (`facts`: stage, clock, address, name
server and disks are as hearth needs them, and disks have been so for 2 s) to the moment machined has answered the
ApplyConfiguration that is not a dry run; one clock, machined's, in milliseconds. The recipe (recipe.sh) is measured
from its first command to the same call. CPU: wait4 of a whole `hearth boot`, from its start until the reboot into the
installer's result ends it, the looks at machined while the box settles included; both processes. Memory: as `run`
counts it, both processes. The login by TPM is made in swtpm, whose own time is in no figure; what hearth's side of it
is of the program's code is counted as `make size` counts.
"""
import argparse
import base64
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MACHINED = os.path.join(ROOT, "tests", "conformance", "machined")
sys.path[:0] = [HERE, MACHINED, os.path.join(ROOT, "tests", "standin")]
import bundle  # noqa: E402
import machine  # noqa: E402
import pki  # noqa: E402
import tpm  # noqa: E402
import world  # noqa: E402
from common import BUDGET, CLIENT, DNS, RTT_MS, VAULT, compile_launcher, flux_file, make_site, median, peak, print_table  # noqa: E402

MODULE = "v1.14.mod"
BASELINE = "baseline"
PARTS = ("plan", "secrets", "documents", "apply")

# What a person does for one more box of a cluster that exists on paper, until machined has accepted its config.
STEPS = [
    ("look at the box's screen for its address", "eyes", "no"),
    ("talosctl get disks --insecure -n ADDRESS", "talosctl", "no"),
    ("az login", "az", "timed, as one curl"),
    ("az keyvault secret show, for each secret", "az", "timed, as one curl each"),
    ("sops -d the Talos secrets, write node patch and manifests", "sops, editor", "no"),
    ("talosctl gen config / machineconfig patch", "talosctl", "timed, as one sed"),
    ("talosctl apply-config --insecure", "talosctl", "timed, as a Go client of Talos's packages"),
]
# What their own guides count, from accounts and a repository to a cluster that reconciles.
COUNTS = [
    ("onedr0p/cluster-template, README (ae732464)", "18", "4"),
    ("Talos documentation, getting started; then Flux", "12", "5"),
]


# Whose lines are there for the login by TPM alone: the chip, and what lies in files.
CHIP = re.compile(r"boot/vault/(tpm|boxlogin|birth)\.c:")
BY_TPM = re.compile(CHIP.pattern + r"|boot/(pipeline/boxkey|site/born|plan/pair)\.c:")


class Contestant:
    """certificate: what Entra knows of it, or None for what it knows anyway."""

    def __init__(self, name, command, begin, certificate=None):
        self.name, self.command, self.begin, self.certificate, self.samples = name, command, begin, certificate, []


def programs(work):
    """The directory of machined's programs, or why there is none."""
    if not shutil.which("go"):
        return None, "go is not installed"
    out = os.path.join(work, "machined") + os.sep
    settings = {"GOFLAGS": "-p=2 -buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    done = subprocess.run(["go", "build", "-modfile=" + MODULE, "-o", out, "./server", "./wrong"], cwd=MACHINED, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1500, env=dict(os.environ, **settings))
    return out, None if done.returncode == 0 else "machined does not build: " + done.stdout.decode()[-300:].strip()


def facts_of(binary, tree):
    done = subprocess.run([binary, "facts", "--sysroot", tree], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.decode())


def edit(path, old, new):
    with open(path) as source:
        text = source.read()
    if old not in text:
        raise SystemExit("bench: %s has no %s" % (path, old))
    with open(path, "w") as out:
        out.write(text.replace(old, new))


def boot_site(site, keys, names, method, flux, serial):
    make_site(site, keys, names, method, flux)
    edit(os.path.join(site, "hearth.yaml"), "serial: HEARTH1", "serial: " + serial)
    # An installer with hearth in it: Secrets are held until the install is done, as most people will have it.
    edit(os.path.join(site, "talos", "controlplane.yaml"), "ghcr.io/siderolabs/installer:v1.13.0", "registry.example/hearth/installer:v1.13.0-hearth-1")
    return site


def born(binary, site, tree, work):
    """Makes the site one that logs in by the TPM of the tree's box: (certificate, the chip, which is running)."""
    state = os.path.join(work, "chip")
    shutil.rmtree(state, ignore_errors=True)
    chip = tpm.Tpm(state)
    chip.into(tree)
    subprocess.run([binary, "facts", "--sysroot", tree, "--login", "data-1", "--out", site], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    for name in ("data.pem", "data.secret"):
        os.unlink(os.path.join(site, ".hearth", name))
    return os.path.join(site, "logins", "data-1.crt"), chip


def code_by_tpm(binary):
    """What is printed of it: one address in four is looked at."""
    program = binary + ".debug"
    if not os.path.exists(program) or not shutil.which("addr2line"):
        return "not known: no %s, or no addr2line" % program
    lines = subprocess.run([os.path.join(ROOT, "scripts", "code-lines"), program], stdout=subprocess.PIPE, check=True).stdout.decode()
    return "%d bytes, of which %d to speak to the chip" % tuple(4 * len(which.findall(lines)) for which in (BY_TPM, CHIP))


def template(binary, site, tree, work, values):
    """What the recipe's person has written before: the whole config, with @NAME@ in place of each value."""
    out, facts = os.path.join(work, "recipe-out"), os.path.join(work, "recipe-facts.json")
    with open(facts, "w") as where:
        json.dump(facts_of(binary, tree), where)
    subprocess.run([binary, "render", "--site", site, "--facts", facts, "--out", out], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    with open(os.path.join(out, "machine-config.yaml")) as source:
        text = source.read()
    for name, value in values.items():
        text = text.replace(base64.b64encode(value.encode()).decode(), "@%s@" % name)
    path = os.path.join(work, "recipe-template.yaml")
    pki.write(path, text)
    return path


def contestants(binary, baseline, work, sites, keys, names, values, tree, serial, go):
    found, skipped, flux = [], [], flux_file()
    for method in ("certificate", "secret"):
        site = boot_site(os.path.join(sites, "boot-site-" + method), keys, names, method, flux, serial)
        for name, program in (("hearth", binary), (BASELINE, baseline)):
            if program:
                found.append(Contestant("%s boot, %s" % (name, method), [program, "boot", "--json", "--site", site, "--sysroot", tree],
                                        "facts"))
    chip = None
    if tpm.lacks():
        skipped.append("login by TPM: " + tpm.lacks())
    else:
        by_tpm = boot_site(os.path.join(sites, "boot-site-tpm"), keys, names, "tpm", flux, serial)
        certificate, chip = born(binary, by_tpm, tree, work)
        found.insert(1, Contestant("hearth boot, tpm", [binary, "boot", "--json", "--site", by_tpm, "--sysroot", tree], "facts",
                                   certificate))
    if shutil.which("curl"):
        where = os.path.join(work, "recipe")
        os.makedirs(where, exist_ok=True)
        environment = {"STANDIN_ROOTS": keys.roots(), "VAULT_URL": "https://" + VAULT, "AZURE_CLIENT_ID": CLIENT,
                       "AZURE_TENANT_ID": world.azure_module.DEFAULT["tenant"],
                       "AZURE_CLIENT_SECRET": world.azure_module.DEFAULT["clients"][CLIENT]["secret"]}
        found.append(Contestant("shell recipe, secret", ["/usr/bin/env"] + ["%s=%s" % pair for pair in environment.items()] + [
            "sh", os.path.join(HERE, "recipe.sh"), where, template(binary, site, tree, work, values), os.path.join(go, "wrong"),
            machine.SOCKET, "talos-data"] + names, "settled"))
    else:
        skipped.append("shell recipe: curl is not installed")
    return found, skipped, flux, chip


def stage_of(line):
    """The name of a stage that hearth says, or the line of a script."""
    try:
        said = json.loads(line)
        return said.get("name") if said.get("event") == "stage" else None
    except ValueError:
        return line


def of(made, event):
    """What is known of it by now; machined may be gone."""
    return [entry for entry in made.entries if entry["event"] == event]


def one(contestant, mode, box):
    """Boots a box until the contestant has ended: a sample of what machined's journal says."""
    report = os.path.join(box["work"], "boot-report.json")
    root, where = machine.Root(), os.path.join(box["work"], "box")
    shutil.rmtree(where, ignore_errors=True)
    if os.path.exists(report):
        os.unlink(report)
    made = machine.Machine(os.path.join(box["go"], "server"), root, where, {
        "disks": machine.disks_of(box["facts"]), "system": box["system"], "stick": True,
        "medium": [box["launcher"], mode, report] + contestant.command})
    try:
        with made:
            accepted = made.wait("call", 60, method=lambda name: name.endswith("/ApplyConfiguration"), dry_run=False, code="OK")
            ended = accepted and made.wait("exited", 20, since=accepted["n"])
        bad = made.violations()
    finally:
        root.close()
    if not ended or bad:
        raise SystemExit("bench: %s did not get there, or not rightly: %s\n%s" % (contestant.name, bad, made.story(40)))
    seen = {}
    for entry in of(made, "console"):
        seen.setdefault(stage_of(entry["line"]), entry["ms"])
    started = of(made, "started")[0]["ms"]
    calls = [entry for entry in of(made, "call") if entry["n"] <= accepted["n"]]
    with open(report) as source:
        sample = json.load(source)
    sample.update(contestant=contestant.name, mode=mode, settled_ms=accepted["ms"] - seen[contestant.begin],
                  waited_ms=seen[contestant.begin] - started, calls=len(calls), bytes=accepted["bytes"],
                  applies_ms=sum(entry["took"] for entry in calls if entry["method"].endswith("/ApplyConfiguration")),
                  calls_after=len([entry for entry in calls if entry["ms"] >= seen[contestant.begin]]),
                  stages={name: seen[name] - seen[contestant.begin] for name in PARTS + ("login",) if name in seen})
    return sample


def own_count():
    """What the guide of the example counts; its headings say so, and conformance runs it."""
    with open(os.path.join(ROOT, "assets", "README.md")) as guide:
        text = guide.read()
    counts = [re.search(r"^## %s.*, in (\w+) steps$" % title, text, re.M) for title in ("The first cluster", "A further box")]
    return ("hearth, assets/README.md", *(found.group(1) if found else "?" for found in counts))


def figures(contestant):
    """CPU in microseconds and KiB at the peak: medians."""
    by = {mode: [s for s in contestant.samples if s["mode"] == mode] for mode in ("cpu", "memory")}
    return (median([s["user_us"] + s["system_us"] for s in by["cpu"]]), median([peak(s["processes"]) for s in by["memory"]]),
            median([s["settled_ms"] for s in by["cpu"]]))


def shares(contestant):
    """Medians of what lies between `facts` and the accepted apply: round trips, their length, what machined itself says
    that its two answers took, what the stand-in took to have the assertion judged by openssl, and the rest, which is
    hearth's, the stand-in's and the calls' own way."""
    timed = [sample for sample in contestant.samples if sample["mode"] == "cpu"]
    depth = median([sample["depth"] for sample in timed])
    rest = [sample["settled_ms"] - depth * RTT_MS - sample["applies_ms"] - sample["judged_ms"] for sample in timed]
    return depth, RTT_MS, median([sample["applies_ms"] for sample in timed]), median([sample["judged_ms"] for sample in timed]), median(rest)


def ratios(found):
    by_name = {contestant.name: contestant for contestant in found}
    for contestant in found:
        other = by_name.get(contestant.name.replace("hearth", BASELINE))
        if other and other is not contestant:
            print("%s: %.2f of the baseline's CPU, %.2f of its memory, %.2f of its time" %
                  (contestant.name, *(a / b for a, b in zip(figures(contestant), figures(other)))))


def table(found, skipped):
    rows = [["", "median ms", "worst ms", "CPU ms", "memory KiB", "calls after facts", "before: ms"]]
    for contestant in found:
        timed = [sample for sample in contestant.samples if sample["mode"] == "cpu"]
        memory = [sample for sample in contestant.samples if sample["mode"] == "memory"]
        took = [sample["settled_ms"] for sample in timed]
        rows.append([contestant.name, "%d" % median(took), "%d" % max(took),
                     "%.1f" % (median([sample["user_us"] + sample["system_us"] for sample in timed]) / 1000),
                     "%d" % median([peak(sample["processes"]) for sample in memory]) if memory else "",
                     "%d" % median([sample["calls_after"] for sample in timed]),
                     "%d" % median([sample["waited_ms"] for sample in timed])])
    rows.append(["budget of hearth", "%d" % BUDGET["settled_ms"], "", "%d" % BUDGET["cpu_ms"], "%d" % BUDGET["memory_kib"], "", ""])
    print_table(rows)
    for contestant in [one for one in found if one.name.startswith("hearth")]:
        timed = [sample["stages"] for sample in contestant.samples if sample["mode"] == "cpu"]
        print("%s, since `facts`: " % contestant.name +
              ", ".join("%s %d ms" % (name, median([stages[name] for stages in timed if name in stages] or [0])) for name in PARTS) +
              "; of it %d round trips of %d ms, machined over the config %d ms, openssl over the assertion %d ms, all else %d ms" % shares(contestant))
    for text in skipped:
        print("skipped: " + text)
    print("\nby hand, a further box from maintenance mode until its config is accepted (hearth: none):")
    print_table([["step", "tool", "here"]] + [list(step) for step in STEPS], 3)
    print("\nsteps by hand in all:")
    print_table([["", "first cluster", "further box"]] + [list(count) for count in COUNTS + [own_count()]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=os.path.join(ROOT, "build", "hearth"))
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--secrets", type=int, default=20)
    parser.add_argument("--baseline", help="an earlier build, run in the same turns")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    work = os.path.join(os.path.dirname(binary), "bench")
    os.makedirs(work, exist_ok=True)
    if not os.access(binary, os.X_OK):
        sys.stderr.write("bench: no %s\n" % binary)
        return 1
    go, reason = programs(work)
    reason = reason or world.possible()
    if reason:
        print("skipped: boot: " + reason)
        return 0
    launcher = compile_launcher(work)
    tree = os.path.join(work, "box-tree")
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run([sys.executable, os.path.join(ROOT, "tests", "trees", "maketree"), "optiplex-7040", tree], check=True,
                   stdout=subprocess.DEVNULL)
    pki.write(os.path.join(tree, "sys/devices/pnp0/00:0c/tpm/tpm0/tpm_version_major"), "2\n")
    facts = facts_of(binary, tree)
    keys = pki.Pki(os.path.join(os.path.dirname(binary), "test-pki"))
    names = ["bench-%02d" % number for number in range(1, options.secrets)]
    values = {name: "value of %s" % name for name in names}
    azure = world.World(work, keys, {"rtt_ms": RTT_MS, "dns": DNS, "vaults": {VAULT: dict(
        values, **{"talos-data": bundle.to_yaml(bundle.talos_bundle(2048))})}})
    # Above the site of a box is no repository whose index would be read.
    sites = tempfile.TemporaryDirectory(prefix="hearth-bench-")
    found, skipped, flux, chip = contestants(binary, options.baseline and os.path.abspath(options.baseline), work, sites.name, keys,
                                        names, values, tree, facts["serial"], go)
    box = {"work": work, "go": go, "facts": facts, "launcher": launcher, "system": {
        "manufacturer": facts["system"]["manufacturer"], "product": facts["system"]["product_name"], "serial": facts["serial"],
        "uuid": facts["uuid"] or ""}}
    print("%d secrets and a login, %d ms; %d turns, interleaved; Flux %s" %
          (options.secrets, RTT_MS, options.turns, "inlined" if flux else "by release (no components file here)"), flush=True)
    samples = []
    for turn in range(options.turns):
        for mode in ("cpu", "memory") if turn % 9 == 0 else ("cpu",):
            for contestant in found:
                azure.config["clients"][CLIENT]["certificate"] = contestant.certificate or keys.client()
                azure.proxy.clock.level, azure.proxy.connections[:] = 0, []
                judged = azure.azure.judged
                sample = one(contestant, mode, box)
                sample.update(turn=turn, judged_ms=1000 * (azure.azure.judged - judged), load=os.getloadavg()[0], depth=azure.proxy.report()["depth"])
                contestant.samples.append(sample)
                samples.append(sample)
    path = os.path.join(work, "boot-%s.json" % time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    with open(path, "w") as out:
        json.dump({"binary_bytes": os.path.getsize(binary), "secrets": options.secrets, "rtt_ms": RTT_MS, "flux_inlined": bool(flux),
                   "skipped": skipped, "samples": samples}, out, indent=1)
    ratios(found)
    table(found, skipped)
    if chip:
        chip.__exit__()
        print("the login by TPM, of hearth's code: " + code_by_tpm(binary))
    loads = [sample["load"] for sample in samples]
    print("\nfrom hearth's `facts` line (the recipe's first command) to the accepted apply, by machined's clock; load %.1f to %.1f on %d "
          "processors" % (min(loads), max(loads), os.cpu_count()))
    print("raw samples in %s (%d runs kept)" % (os.path.relpath(path), len(glob.glob(os.path.join(work, "boot-2*.json")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
