#!/usr/bin/env python3
"""How the cost of a job grows with what it is given: secrets, manifests, entries of hearth.yaml, files of the tree.

    tests/bench/growth.py [BINARY] [--baseline FILE] [--turns N]

Each site is a repository of its own, as people have it. One interleaved run over one stand-in: each turn runs every
contestant once at every point for CPU, and the first three once more for memory. The slope between two points is what
one more secret, MB, entry or file costs; where it is the same all the way, the cost is a straight line. The tree is
read by `plan`, and by `check`, which an earlier build needs for it; a build that cannot do a point has none there. The
picture: build/bench/growth.svg, by gnuplot where it is here.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "standin")]
import bundle  # noqa: E402
import pki  # noqa: E402
import world  # noqa: E402
from common import (BASELINE, DNS, VAULT, Contestant, azsecrets, compile_launcher, cost, curl_command, make_site, median,  # noqa: E402
                    node_modules, peak, peers_environment, print_table, sdk_command)

SECRETS, MANIFESTS_MB, ENTRIES, FILES = (1, 4, 16, 64), (0, 0.3, 1, 3), (1, 50, 500), (5, 100, 300)
MEMORY_TURNS = 3
FILES_OF_APP = 5
KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [%s]\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps, interval: 1h, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""
SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: values}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: azure}
  data: [{secretKey: a, remoteRef: {key: talos-data}}]
"""
STORE = """\
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: azure}
spec: {provider: {azurekv: {vaultUrl: "https://%s", authType: WorkloadIdentity}}}
""" % VAULT
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {app: app}}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
        - name: app
          image: registry.example/app:1.2.3
          ports: [{containerPort: 8080, name: http}]
          env: [{name: A, valueFrom: {secretKeyRef: {name: values, key: a}}}]
          readinessProbe: {httpGet: {path: /healthz, port: http}}
"""


class Series:
    """One question: `points` of `unit`, and at each the contestants by name."""

    def __init__(self, title, unit, points):
        self.title, self.unit, self.points, self.at = title, unit, points, {point: {} for point in points}

    def add(self, point, name, command, environment=None):
        self.at[point][name] = Contestant(name, command, environment=environment)

    def names(self):
        return list(dict.fromkeys(name for point in self.points for name in self.at[point]))

    def figure(self, name, point, mode):
        """Microseconds of CPU, or KiB at the peak: a median, or None."""
        samples = [one for one in self.at[point][name].samples if one["mode"] == mode] if name in self.at[point] else []
        return median([one["user_us"] + one["system_us"] if mode == "cpu" else peak(one["processes"]) for one in samples])

    def slopes(self, name, mode):
        """What one more of the unit costs, between each two neighbours that were measured."""
        known = [(point, self.figure(name, point, mode)) for point in self.points if self.figure(name, point, mode) is not None]
        return [(high[1] - low[1]) / (high[0] - low[0]) for low, high in zip(known, known[1:])]


def append(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a") as out:
        out.write(text)


def manifests(site, megabytes):
    """ConfigMaps of 10 kB, with as many lines and keys as a chart's have."""
    one = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more-%04d\n  namespace: hello\ndata:\n"
    lines = "".join("  key-%03d: \"a value of some words, as a chart's settings have them\"\n" % key for key in range(143))
    for number in range(int(megabytes * 100)):
        append(os.path.join(site, "bootstrap", "more-%d.yaml" % (number // 50)), one % number + lines)


def entries(site, count):
    for number in range(1, count):
        append(os.path.join(site, "hearth.yaml"), "  - name: other-%d\n    role: data\n    type: worker\n    match: { serial: OTHER-%d }\n"
               "    install: { transport: sata, size: \">= 200GB\" }\n" % (number, number))


def tree(site, files):
    """Apps below apps/, each a folder over a base of its own."""
    apps = range(files // FILES_OF_APP)
    append(os.path.join(site, "clusters/data/apps.yaml"), FLUX)
    append(os.path.join(site, "apps/kustomization.yaml"), KUSTOMIZE % ", ".join(["store.yaml"] + ["app-%d" % app for app in apps]))
    append(os.path.join(site, "apps/store.yaml"), STORE)
    for app in apps:
        at = os.path.join(site, "apps/app-%d" % app)
        append(at + "/kustomization.yaml", KUSTOMIZE % "base")
        append(at + "/base/kustomization.yaml", KUSTOMIZE % "app.yaml, secret.yaml, service.yaml")
        append(at + "/base/app.yaml", DEPLOYMENT)
        append(at + "/base/secret.yaml", SECRET)
        append(at + "/base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {ports: [{port: 80}]}\n")


def repository(site):
    """A site as people have it: all of it committed but the login."""
    append(os.path.join(site, ".gitignore"), ".hearth/\n")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "-m", "a site"]):
        subprocess.run(["git", "-C", site] + command, check=True)


def series(programs, work, sites, keys, names, modules):
    """The questions; `programs` are hearth and an earlier build, as (name, file), `sites` a place outside of any
    repository."""
    def site_of(kind, point, secrets=1, fill=None):
        site = os.path.join(sites, "%s-%s" % (kind, point))
        make_site(site, keys, names[:secrets - 1], "certificate", None)
        if fill:
            fill(site, point)
        repository(site)
        return site

    def hearth(question, point, site, verb):
        more = ["--out", os.path.join(work, "out")] if verb == "render" else []
        for name, program in programs:
            # Before plan read the tree, check did.
            if not (verb == "plan" and name == BASELINE):
                question.add(point, "%s %s" % (name, verb), [program, verb, "--site", site, "--facts", os.path.join(site, "box.json")] + more)

    found = [Series("secrets", "secret", SECRETS), Series("manifests", "MB", MANIFESTS_MB), Series("entries of hearth.yaml", "entry", ENTRIES),
             Series("files of the tree", "file", FILES)]
    program = azsecrets(work)
    for count in SECRETS:
        hearth(found[0], count, site_of("secrets", count, count), "render")
        wanted, environment = ["talos-data"] + names[:count - 1], peers_environment(keys)
        if shutil.which("curl"):
            found[0].add(count, "curl script", curl_command(work, wanted), environment)
        if modules:
            found[0].add(count, "@azure SDK", sdk_command(modules, work, wanted), environment)
        if program:
            found[0].add(count, "azsecrets in Go", [program, os.path.join(work, "sdk.json")] + wanted, environment)
    for question, kind, fill, verbs in ((found[1], "manifests", manifests, ("render",)), (found[2], "entries", entries, ("render",)),
                                        (found[3], "tree", tree, ("plan", "check"))):
        for point in question.points:
            site = site_of(kind, point, fill=fill)
            for verb in verbs:
                hearth(question, point, site, verb)
    return found


def measure(found, work, launcher, turns):
    for turn in range(turns):
        for mode in ("cpu", "memory") if turn < MEMORY_TURNS else ("cpu",):
            for question in found:
                for point in question.points:
                    for name, contestant in list(question.at[point].items()):
                        try:
                            contestant.samples.append(dict(cost(contestant, work, launcher, mode), turn=turn, point=point))
                        except SystemExit as reason:
                            if not name.startswith(BASELINE):
                                raise
                            print("%s: %s at %s: none (%s)" % (question.title, name, point, str(reason).strip().splitlines()[-1][:80]))
                            del question.at[point][name]


def show(found):
    for question in found:
        print("\n%s" % question.title)
        rows = [[""] + ["%g" % point for point in question.points] + ["slope: first to last"]]
        for mode, what, unit in (("cpu", "CPU ms", 1000), ("memory", "memory KiB", 1)):
            for name in question.names():
                values = [question.figure(name, point, mode) for point in question.points]
                rows.append(["%s, %s" % (name, what)] + ["" if value is None else "%.*f" % (1 if mode == "cpu" else 0, value / unit) for value in values] +
                            [" ".join("%.*f" % (3 if mode == "cpu" else 1, slope / unit) for slope in question.slopes(name, mode)) + " / " + question.unit])
        print_table(rows)
    walk = found[-1]
    for verb in ("plan", "check"):
        names = "hearth %s" % verb, "%s check" % BASELINE
        both = [point for point in walk.points if all(walk.figure(name, point, "cpu") is not None for name in names)]
        if len(both) > 1:
            own, other = (walk.figure(name, both[-1], "cpu") - walk.figure(name, both[0], "cpu") for name in names)
            print("a file of the tree: %s costs %.2f of the CPU of the baseline's check" % (verb, own / other))


def picture(found, work):
    """build/bench/growth.svg: CPU by each question, everybody in it."""
    if not shutil.which("gnuplot"):
        print("skipped: picture: gnuplot is not installed (gnuplot-nox)")
        return
    path, script = os.path.join(work, "growth.svg"), ["set terminal svg size 1100,760", "set output '%s'" % os.path.join(work, "growth.svg"),
                                                      "set multiplot layout 2,2", "set key top left", "set ylabel 'CPU, ms'", "set grid"]
    for number, question in enumerate(found):
        lines = []
        for name in question.names():
            block = "$data_%d_%d" % (number, len(lines))
            points = [(point, question.figure(name, point, "cpu")) for point in question.points]
            script.append("%s << END\n%s\nEND" % (block, "\n".join("%g %g" % (x, y / 1000) for x, y in points if y is not None)))
            lines.append("%s using 1:2 with linespoints title '%s'" % (block, name))
        script += ["set title '%s'" % question.title, "set xlabel '%s'" % question.unit,
                   "%s logscale y" % ("set" if len(lines) > 3 else "unset"), "plot " + ", ".join(lines)]
    subprocess.run(["gnuplot"], input="\n".join(script + ["unset multiplot", ""]).encode(), check=True)
    print("picture: %s" % os.path.relpath(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=os.path.join(ROOT, "build", "hearth"))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--baseline", help="an earlier build, run in the same turns")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    reason = world.possible()
    if reason or not os.access(binary, os.X_OK):
        sys.stderr.write("bench: %s\n" % (reason or "no " + binary))
        return 1
    work = os.path.join(os.path.dirname(binary), "bench")
    os.makedirs(work, exist_ok=True)
    launcher, keys = compile_launcher(work), pki.Pki(os.path.join(os.path.dirname(binary), "test-pki"))
    names = ["bench-%02d" % number for number in range(1, max(SECRETS))]
    values = dict({name: "value of %s" % name for name in names}, **{"talos-data": bundle.to_yaml(bundle.talos_bundle())})
    modules = node_modules(work)
    world.World(work, keys, {"vaults": {VAULT: values}, "dns": DNS})
    programs = [("hearth", binary)] + ([(BASELINE, os.path.abspath(options.baseline))] if options.baseline else [])
    print("how cost grows; %d turns, interleaved" % options.turns)
    with tempfile.TemporaryDirectory() as sites:
        found = series(programs, work, sites, keys, names, modules)
        measure(found, work, launcher, options.turns)
    show(found)
    picture(found, work)
    path = os.path.join(work, "growth-%s.json" % time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    with open(path, "w") as out:
        json.dump([dict(sample, question=question.title) for question in found for point in question.points
                   for contestant in question.at[point].values() for sample in contestant.samples], out, indent=1)
    print("medians; raw samples in %s" % os.path.relpath(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
