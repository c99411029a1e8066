"""Every box of the corpus against every other: what hearth proposes for one box alone is met by that box and by no
other.

The boxes are the trees of tests/trees and those of identity.rows: a real value once, and junk twice, as two boxes that
have it and an address of their own.
"""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dmidecode  # noqa: E402
import identity  # noqa: E402

IDENTITIES = ("serial", "uuid", "board.serial", "mac")
HEAD = identity.SITE[:identity.SITE.index("  - {")]
ENTRY = "  - { name: n%d, role: data, type: worker, match: %s, install: { wipe: true } }\n"


def build_row(root, row, number):
    """A box with this value; what else it has is its own."""
    tree = identity.trees.Tree(root)
    smbios = row.smbios()
    if row.fact is not None and row.field == "uuid":
        smbios["system"]["serial"] = "7OWN%04d" % number
    elif row.fact is not None and row.field != "mac":
        smbios["system"]["uuid"] = "2a1b3c4d-5e6f-4081-92a3-b4c5d6e7%04x" % number
    cpu = {"sockets": 1, "cores": 1, "model_name": "cpu"}
    identity.trees.write_firmware(tree, {"smbios": smbios, "cpu": cpu})
    own = "02:00:5e:01:%02x:%02x" % divmod(number, 256)
    links = [own] if row.field != "mac" else [row.input] + [own] * (row.fact is None)
    for i, address in enumerate(links):
        identity.trees.write_link(tree, {"name": "eno%d" % i, "device": "pci0000:00/0000:00:1f.%d" % i, "driver": "e1000e",
                                         "address": address}, i)


def make_all(kit):
    """(name, facts) of every box."""
    roots = []
    listed = subprocess.run([dmidecode.MAKETREE, "--list"], stdout=subprocess.PIPE, check=True).stdout.decode()
    for name in (line.split()[0] for line in listed.splitlines()):
        if name == "no-tree":
            continue
        root = os.path.join(kit.work, name)
        subprocess.run([dmidecode.MAKETREE, name, root], check=True)
        roots.append((name, root))
    for row in identity.rows():
        for turn in range(1 + (row.fact is None)):
            if row.field not in IDENTITIES:
                continue
            root = os.path.join(kit.work, "row-%d-%d" % (row.number, turn))
            os.makedirs(os.path.join(root, "sys"))
            build_row(root, row, len(roots))
            roots.append(("line %d" % row.number, root))
    boxes = []
    for name, root in roots:
        run = kit.expect(kit.hearth(["facts", "--sysroot", root]))
        boxes.append((name, json.loads(run.text("stdout"))))
    return boxes


def plan(kit, facts):
    kit.write("facts.json", json.dumps(facts))
    run = kit.hearth(["plan", "--site", os.path.join(kit.work, "site"), "--facts", os.path.join(kit.work, "facts.json"),
                      "--explain"])
    return run.text("stdout") + run.text("stderr")


def proposal(kit, name, facts):
    """The mapping to paste for this box alone, or None; that it has none is said where it has no identity."""
    said = plan(kit, facts)
    found = re.search(r"^This box alone:\n    (match: (\{ .* \})|# nothing)", said, re.M)
    if not found:
        kit.fail("%s: no word on what to paste:\n%s" % (name, said))
    known = [key for key in IDENTITIES if dmidecode.fact(facts, key)]
    sayable = [key for key in known if not re.search(r"[*?\\]", dmidecode.fact(facts, key))]
    if bool(sayable) != bool(found.group(2)):
        kit.fail("%s: knows %s, and %s is proposed" % (name, known, found.group(0)))
    return found.group(2)


def machine_of(name, facts):
    """Trees that differ from their model in a disk, a card or a setting, and not in what they are, are one machine."""
    path = os.path.join(dmidecode.TREES, "boxes", name + ".json")
    if not os.path.exists(path):
        return name, dmidecode.fact(facts, "mac")
    with open(path, encoding="utf-8") as f:
        box = json.load(f)
    same = "like" not in box or not {"system", "board"} & set(box.get("smbios", {}))
    keys = ("serial", "uuid") if same and facts["serial"] and facts["uuid"] else IDENTITIES
    return tuple(dmidecode.fact(facts, key) for key in keys)


def pairwise(kit):
    boxes = make_all(kit)
    kit.write("site/hearth.yaml", HEAD + ENTRY % (0, '{ serial: NOBODY-AT-ALL }'))
    matches = [proposal(kit, name, facts) for name, facts in boxes]
    kit.write("site/hearth.yaml", HEAD + "".join(ENTRY % (i, m) for i, m in enumerate(matches) if m))
    machine = [machine_of(name, facts) for name, facts in boxes]
    wrong, alone = [], 0
    for i, (name, facts) in enumerate(boxes):
        said = plan(kit, facts)
        met = {int(n) for n, verdict in re.findall(r"^  \d+\. n(\d+) \(.*\): (.*)$", said, re.M)
               if verdict.startswith(("THIS BOX", "matches"))}
        wanted = {k for k, other in enumerate(machine) if other == machine[i] and matches[k]}
        alone += len(wanted) == 1
        if met != wanted:
            wrong.append("%s: %s" % (name, ", ".join("%s %s %s" % ("meets" if k in met else "does not meet", boxes[k][0],
                                                                   matches[k]) for k in sorted(met ^ wanted))))
    if wrong:
        kit.fail("%d of %d boxes:\n%s" % (len(wrong), len(boxes), "\n".join(wrong[:20])))
    if alone < 300:
        kit.fail("only %d boxes of %d stood alone" % (alone, len(boxes)))


def raw_identities(facts, box, notes):
    """(fact, what the vendor left there) of each identity that the tree has and a rule calls none."""
    if box.get("firmware") not in ("masked", "missing"):
        system, board = box["smbios"]["system"], box["smbios"]["board"]
        yield from ((key, value.strip()) for key, value in
                    (("serial", system.get("serial")), ("uuid", system.get("uuid")), ("board.serial", board.get("serial")))
                    if value and value.strip() and dmidecode.fact(facts, key) is None)
    # Most addresses that are not `mac` are another port's, or a card's.
    yield from (("mac", address) for address in re.findall(r"link \S+ has the address (\S+), which", notes))


def guarded(kit):
    """None of what a rule calls none founds a cluster or wipes a disk, whatever tree it comes from."""
    refused = set()
    for name in identity.trees.names():
        box = identity.trees.load(name)
        if "smbios" not in box:
            continue
        root = os.path.join(kit.work, name)
        subprocess.run([dmidecode.MAKETREE, name, root], check=True)
        run = kit.expect(kit.hearth(["facts", "--sysroot", root]))
        for field, value in raw_identities(json.loads(run.text("stdout")), box, run.text("stderr")):
            if identity.guard(kit, name, field, value, False):
                refused.add((field, value))
    fields = [field for field, _ in refused]
    if any(fields.count(field) < n for field, n in (("serial", 1), ("uuid", 3), ("board.serial", 1), ("mac", 2))):
        kit.fail("too few of the trees have an identity that is none: %s" % sorted(refused))


def cases():
    yield "every-box", pairwise, True
    yield "guarded", guarded, True
