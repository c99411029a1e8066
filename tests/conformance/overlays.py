"""Overlays merge as Talos's own patcher merges them.

overlays/*.yaml hold the cases. The example's base is what is patched; a case has an overlay of the role, of the node,
or both. Talos's configpatcher applies them to what hearth renders without overlays, hearth renders with them; both
results are read and written by Talos once more and must then be equal.

    # === name            begins a case; comment lines say what it protects
    # type: worker        the machine type, else controlplane
    # talos: 1.14         that version alone is the judge; without it both must say the same
    # refused: yes        Talos refuses, and so must hearth, with exit status 3
    # --- role | node     begins an overlay
"""
import glob
import json
import os
import re

import base as base_module
import kit as kit_module

NEEDS = ("go", "world")


def cases():
    for path in sorted(glob.glob(os.path.join(kit_module.HERE, "overlays", "*.yaml"))):
        with open(path) as source:
            parts = re.split(r"(?m)^# === ", source.read())[1:]
        for part in parts:
            head, *sections = re.split(r"(?m)^# --- (role|node)\n", part)
            settings = dict(re.findall(r"(?m)^# (type|talos|refused): (\S+)$", head))
            settings["name"] = "overlays: %s/%s" % (os.path.basename(path)[:-5], head.split("\n", 1)[0].strip())
            settings["overlays"] = list(zip(sections[::2], sections[1::2]))
            yield settings


def baseline(kit, kind):
    """What hearth renders without overlays: the base that Talos patches."""
    where = kit.directory("overlays", kind)
    site = kit.site(os.path.join(where, "site"), {})
    status, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
    if not kit.expect("overlays: %s without overlays" % kind, status == 0, err):
        return None
    return rendered


def talos_merges(kit, case, base, files):
    """(status, path of the merged config or the refusal)."""
    said = []
    for version in kit_module.VERSIONS:
        if case.get("talos", version) == version:
            status, out, err = kit.go(version, "merge", base, *files)
            path = kit.write(os.path.join(os.path.dirname(base), "talos-%s.yaml" % version), out)
            said.append((version, status, path, err))
    if len(said) == 2:
        if said[0][1] != said[1][1]:
            return None, "the versions of Talos differ: %s" % (said[0][3] + said[1][3])
        if said[0][1] == 0:
            found = kit.differences("1.14", said[0][2], said[1][2])
            if found:
                return None, "the versions of Talos differ: %s" % json.dumps(found)[:300]
    version, status, path, err = said[-1]
    return status, path if status == 0 else err


def run(kit, case, base):
    where = kit.directory("overlays", "case")
    kind = case.get("type", "controlplane")
    files, texts = {}, []
    for layer, text in case["overlays"]:
        name = "talos/%s.yaml" % ("data" if layer == "role" else kit_module.NODES[kind])
        files[name] = text
        texts.append(kit.write(os.path.join(where, layer + ".yaml"), text))
    status, wanted = talos_merges(kit, case, base, texts)
    if status is None:
        return kit.failed(case["name"], wanted)
    if (status != 0) != (case.get("refused") == "yes"):
        return kit.failed(case["name"], "the case is wrong about Talos: %s" % wanted)
    site = kit.site(os.path.join(where, "site"), files)
    done, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
    if status != 0:
        return kit.expect(case["name"], done == 3, "exit %d, and Talos refuses: %s\n%s" % (done, wanted, err))
    if done != 0:
        return kit.failed(case["name"], "exit %d: %s" % (done, err))
    found = kit.differences("1.14", wanted, rendered)
    kit.expect(case["name"], found == [], found if isinstance(found, str) else
               "left Talos, right hearth\n" + "\n".join(json.dumps(row) for row in found))


def check(kit):
    if not base_module.bundles(kit):
        return
    base_module.serve(kit, kit.talos_bundle)
    bases = {kind: baseline(kit, kind) for kind in kit_module.NODES}
    for case in cases():
        base = bases[case.get("type", "controlplane")]
        if base:
            run(kit, case, base)
