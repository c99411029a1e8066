"""Manifests, as their readers take them: the program gitops, which asks all of them the same.

Files of bootstrap/ that it makes itself (spellings that YAML types, block texts at the end, lists, twins, comments,
line ends): what hearth calls good is read by Talos's own reader, of both versions, as hearth's own tree has it,
object by object and text by text; Kubernetes' types take it; and the same file by way of Git, through kustomize and
Flux's reader, is the same. What hearth refuses somebody refuses too, or takes otherwise. Then the same readers get
every manifest of every config that was rendered before in this run.
"""
import os
import subprocess
import sys
import time

import gitops
import kit as kit_module
import walk

NEEDS = ("gitops", "readers")
COUNT = 10000


def lacks(kit):
    """Builds Talos's own reader of manifests, of both versions. A reason when it cannot be had."""
    source = os.path.join(kit_module.HERE, "machined")
    for version, module in kit_module.MODULES.items():
        print("go: Talos %s's reader of manifests" % version, file=sys.stderr, flush=True)
        args = ["go", "build", "-modfile=" + module, "-o", reader(kit, version), "./manifests"]
        done = subprocess.run(args, cwd=source, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=1500, env=dict(os.environ, **gitops.SETTINGS))
        if done.returncode == 0:
            continue
        words = done.stdout.decode("utf-8", "replace").strip()
        if gitops.go(["mod", "download", "-modfile=" + module], source).returncode != 0:
            return "the Go modules cannot be had: " + words.splitlines()[0]
        kit.failed("manifests: go build of " + module, words)
        return "the Go program does not build"
    return None


def reader(kit, version):
    return os.path.join(kit.build, "machined-" + version, "manifests")


def compared(kit, driver, seed, count):
    """(status, what it says) of files that are made here."""
    out = os.path.join(kit.build, "gitops")
    done = kit.run([os.path.join(out, "gitops"), "manifests", "-crds", os.path.join(out, "crds"), driver, seed, str(count)] +
                   [reader(kit, version) for version in kit_module.VERSIONS], timeout=900)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def check(kit):
    driver = walk.driver(kit)
    if not driver:
        return
    seed = os.environ.get("WALK_SEED", str(time.time_ns()))
    began = time.monotonic()
    status, text = compared(kit, driver, seed, COUNT)
    kit.expect("manifests: %d files are read as hearth says, seed %s" % (COUNT, seed), status == 0, text)
    print("        %s (%.0f s)" % (text.strip().splitlines()[-1] if status == 0 else "", time.monotonic() - began))
    if os.path.isdir(kit.laid):
        gitops.judge(kit, os.devnull, "laid", driver, kit.laid, *[reader(kit, version) for version in kit_module.VERSIONS])
