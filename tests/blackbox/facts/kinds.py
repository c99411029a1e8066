"""How far "every box like it" reaches: the share of kinds.rows' mini PCs whose proposed match another maker's meets.

Beside it stands the share of the rule that hearth had at first: board, processor and memory, the product only where no
board is known. LINUXHW_DMI=DIR, a checkout of linuxhw/DMI, counts its mini PCs too.
"""
import fnmatch
import functools
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import dmidecode  # noqa: E402
import identity  # noqa: E402

KINDS = ("manufacturer", "product_name", "version", "board_manufacturer", "board", "cpu", "mib")
SHARE_MAX = 5  # per cent


def own():
    with open(os.path.join(HERE, "kinds.rows"), encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line and not line.startswith("#"):
                maker, *rest = (cell.strip() for cell in line.split("|"))
                yield maker, dict(zip(KINDS, rest))


def dumped(folder):
    """One a dump; its maker is the folder that it lies in."""
    top = os.path.join(folder, "Mini Pc")
    for where, _, names in sorted(os.walk(top)):
        for name in sorted(names):
            with open(os.path.join(where, name), encoding="utf-8", errors="replace") as f:
                blocks = list(dmidecode.structures(f.read()))
            first = {}
            for kind, _, fields in blocks:
                first.setdefault(kind, {k: "" if v == "Not Specified" else v for k, v in fields.items()})
            sizes = [f.get("Size", "") for kind, _, f in blocks if kind == 17]
            mib = sum(dmidecode.mib(size) for size in sizes if re.match(r"\d", size))
            s, b, c = (first.get(kind, {}) for kind in (1, 2, 4))
            yield os.path.relpath(where, top).split(os.sep)[0], dict(zip(KINDS, (
                s.get("Manufacturer", ""), s.get("Product Name", ""), s.get("Version", ""), b.get("Manufacturer", ""),
                b.get("Product Name", ""), c.get("Version", ""), str(mib))))


def facts_of(kit, row, number):
    root = os.path.join(kit.work, "root-%d" % number)
    tree = identity.trees.Tree(root)
    smbios = {"version": [3, 0], "bios": {"vendor": "", "version": "", "date": ""},
              "system": {key: row[key] for key in ("manufacturer", "product_name", "version")},
              "board": {"manufacturer": row["board_manufacturer"], "product_name": row["board"]}, "chassis": {"type": 35},
              "dimms": [{"slot": "A", "mib": int(row["mib"])}]}
    cpu = {"sockets": 1, "cores": 1, "model_name": row["cpu"], "vendor_id": "x", "family": 6, "model": 1, "stepping": 1}
    identity.trees.write_firmware(tree, {"smbios": {key: clean(value) for key, value in smbios.items()}, "cpu": cpu})
    identity.trees.write_cpu(tree, cpu)
    return json.loads(kit.expect(kit.hearth(["facts", "--sysroot", root])).text("stdout"))


def clean(value):
    """A table holds Latin-1."""
    if isinstance(value, dict):
        return {key: clean(text) for key, text in value.items()}
    return value.encode("latin-1", "replace").decode("latin-1") if isinstance(value, str) else value


def proposal(kit, facts):
    """{fact: condition} of every box like it; empty where nothing is proposed."""
    kit.write("facts.json", json.dumps(facts))
    said = kit.hearth(["plan", "--site", os.path.join(kit.work, "site"), "--facts", os.path.join(kit.work, "facts.json")])
    found = re.search(r"^Every box like it:\n    (?:match: \{ (.*) \}|# nothing)", said.text("stderr"), re.M)
    if not found:
        kit.fail("no word on boxes like it: %s" % said.text("stderr"))
    pairs = re.findall(r'([a-z_.]+): ("(?:[^"\\]|\\.)*")', found.group(1) or "")
    return {key: json.loads(value) for key, value in pairs}


def word_of(cpu):
    """The first rule's: a word with three digits in it."""
    words = [w for w in cpu.split() if len(re.findall(r"\d", w)) >= 3 and not re.search(r"[(@]", w)
             and not (len(w) > 2 and w[-2] == "H")]
    return "*%s*" % words[0] if words else cpu


def first_rule(facts):
    fact = lambda name: dmidecode.fact(facts, name)  # noqa: E731
    known = {"board.product_name": fact("board.product_name")}
    if not known["board.product_name"]:
        known = {"system.product_name": fact("system.product_name")}
    known["cpu.model_name"] = word_of(fact("cpu.model_name") or "")
    if fact("memory.size_mib"):
        known["memory.size_mib"] = ">= %d" % fact("memory.size_mib")
    return {key: value for key, value in known.items() if value}


@functools.lru_cache(maxsize=None)
def glob(wanted):
    return re.compile(fnmatch.translate(wanted.replace("[", "[[]")), re.I)


def meets(match, facts):
    for key, wanted in match.items():
        value = dmidecode.fact(facts, key)
        if value is None:
            return False
        if key == "memory.size_mib":
            if value < int(wanted[3:]):
                return False
        elif not glob(wanted).fullmatch(value):
            return False
    return True


def count(matches, boxes):
    """How many of these matches another maker's box meets."""
    return sum(any(maker != mine and meets(match, facts) for maker, facts in boxes)
               for match, (mine, _) in zip(matches, boxes) if match)


def share(kit, what, rows):
    kit.write("site/hearth.yaml", identity.SITE % ("serial", "NOBODY-AT-ALL"))
    boxes = [(maker, facts_of(kit, row, i)) for i, (maker, row) in enumerate(rows)]
    matches = [proposal(kit, facts) for _, facts in boxes]
    lost = [boxes[i][1]["system"] for i, match in enumerate(matches) if match and not meets(match, boxes[i][1])]
    if lost:
        kit.fail("do not meet their own match: %s" % lost[:5])
    before, after = count([first_rule(facts) for _, facts in boxes], boxes), count(matches, boxes)
    print("kinds: of %d mini PCs %s, another maker's meets the match of %d (%.0f %%); by the first rule %d (%.0f %%)"
          % (len(boxes), what, after, 100 * after / len(boxes), before, 100 * before / len(boxes)), flush=True)
    if 100 * after > SHARE_MAX * len(boxes):
        kit.fail("%d of %d" % (after, len(boxes)))
    if before <= after:
        kit.fail("the rows show no difference to the first rule")


def cases():
    yield "own", lambda kit: share(kit, "of kinds.rows", list(own())), True
    folder = os.environ.get("LINUXHW_DMI")
    if folder:
        yield "linuxhw", lambda kit: share(kit, "of linuxhw/DMI", list(dumped(folder))), True
