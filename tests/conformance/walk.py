"""Every field of Talos's config, by a walk over Talos's own Go types: talos/walk.

For both versions of Talos: the tables in C are what the walk finds; overlays that it makes itself are merged as
Talos's patcher merges them (base, role and node layer; a value, another, the zero, the first of an enumeration,
empty, null, removed, `$patch: delete`); every scalar in ten spellings is good where Talos's Validate finds it good,
and refused where it refuses; and each row that is taken out of embed/tables/rules.c is missed by a spelling. A case
that fails is made small and printed with the seed; WALK_SEED repeats one. What is meant to differ stands in
talos/walk/known.go.
"""
import os
import subprocess
import time

import kit as kit_module

NEEDS = ("go",)
CASES = 30000
TABLE = "embed/tables/schema.c"


def driver(kit):
    """hearth's side: the product's objects with a main of the test. Its path, or None after a failure."""
    path = os.path.join(kit_module.REPO, "build", "conformance", "driver")
    done = subprocess.run(["make", "-s", "build/conformance/driver"], cwd=kit_module.REPO, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600)
    good = kit.expect("walk: the driver is built", done.returncode == 0, done.stdout.decode("utf-8", "replace")[-1500:])
    return path if good else None


def machinery(version):
    """Where the sources of Talos's machinery package lie: their test data are documents that Talos finds good."""
    source = os.path.join(kit_module.HERE, "talos")
    module = "go.mod" if version == "1.13" else "v%s.mod" % version
    done = subprocess.run(["go", "list", "-mod=readonly", "-modfile=" + module, "-m", "-f", "{{.Dir}}",
                           "github.com/siderolabs/talos/pkg/machinery"], cwd=source, stdout=subprocess.PIPE, timeout=300,
                          env=dict(os.environ, GOTOOLCHAIN="local"))
    return done.stdout.decode().strip()


def walk(kit, version, *args):
    done = kit.run([os.path.join(kit.build, "talos-" + version, "walk")] + list(args), timeout=900)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def tables(kit):
    """What is written in C is what the types say: a row taken out of it is a difference."""
    found = []
    for version in kit_module.VERSIONS:
        status, text = walk(kit, version, "types")
        if not kit.expect("walk: the types of Talos %s" % version, status == 0, text):
            return
        found.append(kit.write(os.path.join(kit.work, "types-%s.json" % version), text))
    status, made = walk(kit, kit_module.VERSIONS[-1], "table", *found)
    with open(os.path.join(kit_module.REPO, TABLE)) as table:
        written = table.read()
    path = kit.write(os.path.join(kit.work, "schema_table.c"), made)
    done = kit.run(["diff", "-u", os.path.join(kit_module.REPO, TABLE), path])
    kit.expect("walk: %s is what the walk finds" % TABLE, status == 0 and written == made,
               "take %s over\n%s" % (path, done.stdout.decode()))


def check(kit):
    tables(kit)
    path = driver(kit)
    if not path:
        return
    seed = os.environ.get("WALK_SEED", str(time.time_ns()))
    for version in kit_module.VERSIONS:
        began = time.monotonic()
        status, text = walk(kit, version, "merge", path, seed, str(CASES))
        kit.expect("walk: Talos %s merges %d overlays as hearth does, seed %s" % (version, CASES, seed), status == 0, text)
        print("        %s (%.0f s)" % (text.strip().splitlines()[-1] if status == 0 else "", time.monotonic() - began))
        status, text = walk(kit, version, "scalars", path, machinery(version))
        kit.expect("walk: Talos %s judges spellings as hearth does" % version, status == 0, text)
        print("        %s" % text.strip().splitlines()[-1])
    missed = []
    for version in kit_module.VERSIONS:
        status, text = walk(kit, version, "rows", path, machinery(version))
        kit.expect("walk: rows taken out, Talos %s" % version, status == 0, text)
        missed.append(set(text.splitlines()))
    left = sorted(set.intersection(*missed))
    kit.expect("walk: each row of embed/tables/rules.c is missed when it is taken out", not left, "\n".join(left))
