"""Defects that are planted in a copy of the sources, each of which the comparisons that make their own cases must find.

For each the driver is built anew of a copy that differs in one place, and asked once: the walk's merging (three
defects in how overlays are merged) or the files of bootstrap/ (three in how a manifest is judged and written). A
defect that no case tells fails here. Nothing of it is in the sources.
"""
import os
import shutil
import subprocess
import time

import kit as kit_module
import manifests
import walk

NEEDS = ("go", "gitops", "readers")
FILES = 4000

# (what goes wrong, file, what stands there, what is planted, who finds it)
DEFECTS = [
    ("the first value of an enumeration counts", "boot/site/merge.c", "type->form != FORM_BOOL && !bytes",
     "type->form != FORM_BOOL && type->form != FORM_ENUM && !bytes", "walk"),
    ("a URL is replaced as a whole", "boot/site/merge.c", "if (old->len > 0 && strcmp(whole, value->text) != 0) {",
     "if (old->len > 0 && strcmp(whole, value->text) != 0 && !fixed && old->len > 4096) {", "walk"),
    ("of a list that is merged by a key the key 0 is one", "boot/site/merge.c", "if (schema_type(field)->form != FORM_INT)",
     "if (schema_type(field)->form != FORM_INT || left[0] == '0')", "walk"),
    ("a block text ends a document", "boot/site/emit.c", "if (w->trimmed && node == w->ending &&",
     "if (w->trimmed && node != w->ending && node == w->ending &&", "manifests"),
    ("so it does in any but the first", "boot/site/emit.c", "        w->ending = ending_of(d->root);\n",
     "        w->ending = first ? ending_of(d->root) : w->ending;\n", "manifests"),
    ("what kustomize reads otherwise is not said", "boot/plan/object.c", "    want_alike(&j, root);\n", "    (void)want_alike;\n", "manifests"),
]
LEFT_OUT = ("conformance", "unit", "blackbox", "bench", "clang", "san", "vm", "cluster", "database", "talos", "apt", "counts", "dev", "lock")


def copied(kit):
    """A tree that builds as this one does, what is built already included."""
    where = kit.directory("planted")
    for name in ("boot", "embed", "assets", "scripts"):
        shutil.copytree(os.path.join(kit_module.REPO, name), os.path.join(where, name), symlinks=True)
    for name in ("Makefile", "tests/conformance/driver.c"):
        os.makedirs(os.path.dirname(os.path.join(where, name)), exist_ok=True)
        shutil.copy2(os.path.join(kit_module.REPO, name), os.path.join(where, name))
    shutil.copytree(os.path.join(kit_module.REPO, "build"), os.path.join(where, "build"), symlinks=True,
                    ignore=lambda folder, names: [name for name in names if name in LEFT_OUT] if folder == os.path.join(kit_module.REPO, "build") else [])
    return where


def built(where):
    done = subprocess.run(["make", "-s", "build/conformance/driver"], cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=1200)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def found(kit, finder, driver, seed):
    """(status, what it says) of the comparison; for the walk, of the first version that finds something."""
    if finder == "manifests":
        return manifests.compared(kit, driver, seed, FILES)
    for version in kit_module.VERSIONS:
        status, text = walk.walk(kit, version, "merge", driver, seed, str(walk.CASES))
        if status != 0:
            break
    return status, text


def check(kit):
    if not walk.driver(kit):
        return
    where, seed = copied(kit), os.environ.get("WALK_SEED", "1")  # whether they are found is no matter of luck
    driver = os.path.join(where, "build", "conformance", "driver")
    for what, name, old, new, finder in DEFECTS:
        path = os.path.join(where, name)
        with open(path) as source:
            text = source.read()
        if not kit.expect("planted: %s: its place is in %s" % (what, name), text.count(old) == 1, "%d times" % text.count(old)):
            continue
        kit.write(path, text.replace(old, new))
        status, words = built(where)
        if kit.expect("planted: %s: it builds" % what, status == 0, words[-1500:]):
            began = time.monotonic()
            status, words = found(kit, finder, driver, seed)
            lines = words.strip().splitlines() or [""]
            kit.expect("planted: %s: %s finds it, seed %s" % (what, finder, seed), status == 1 and " differences" in words,
                       "status %d: %s" % (status, lines[-1]))
            print("        %s (%.0f s)" % (lines[0][:160], time.monotonic() - began), flush=True)
        kit.write(path, text)
