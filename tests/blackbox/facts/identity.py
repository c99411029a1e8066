"""identity.rows, row by row: the fact, dmidecode's word on the same bytes, and what the guard makes of it.

Each row is a box of its own: that one value in it, and what REST says beside it.
"""
import copy
import importlib.machinery
import importlib.util
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import dmidecode  # noqa: E402

SYSTEM, BOARD = "system", "board"
# Where maketree keeps the text of a fact.
TEXTS = {"serial": (SYSTEM, "serial"), "board.serial": (BOARD, "serial"),
         "system.sku_number": (SYSTEM, "sku")}
IDENTITIES = ("serial", "uuid", "board.serial", "mac")
# No two fields say the same, so that one read in another's place shows.
REST = {"bios": {"vendor": "Hearth Works", "version": "F0931", "date": "11/29/2024"},
        SYSTEM: {"manufacturer": "Hearth Works", "product_name": "HW-7", "version": "R2", "serial": "HW7K20931",
                 "uuid": "2a1b3c4d-5e6f-4081-92a3-b4c5d6e7f809", "sku": "HW7-01", "family": "HW"},
        BOARD: {"manufacturer": "Hearth Boards", "product_name": "HB-70", "version": "B1", "serial": "HB70K20931"},
        "chassis": {"type": 35},
        "dimms": [{"slot": "A1", "bank": "BANK 0", "mib": 8192, "speed": 2133, "manufacturer": "Hearth RAM", "part": "HR-8"},
                  {"slot": "A2"}, {"slot": "B1", "bank": "BANK 2", "mib": 16384, "speed": 3200, "part": "HR-16"}]}
SITE = """apiVersion: hearth/v1
flux: { version: v2.9.4, from: file }
roles:
  data:
    cluster: data
    endpoint: https://192.168.1.10:6443
    vault: https://homelab-data.vault.azure.net
    login: { tenant: 11111111-2222-4333-8444-555555555555, client: 66666666-7777-4888-8999-aaaaaaaaaaaa }
nodes:
  - { name: data-1, role: data, type: controlplane, bootstrap: auto, match: { %s: %s }, install: { wipe: true } }
"""


def load(name, path):
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


trees = load("maketree", dmidecode.MAKETREE)


def unescape(text):
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m.group(1), 16)), text.replace("\\\\", "\0")).replace("\0", "\\")


class Row:
    def __init__(self, line, number):
        self.number = number
        head, _, fact = line.partition(" -> ")
        self.field, _, self.input = head.partition(" ")
        self.fact = None if fact == "none" else unescape(fact).encode("latin-1").decode("utf-8")
        self.version = [3, 0]
        if self.field == "uuid":
            version, self.bytes = self.input.split()
            self.version = [int(n) for n in version.split(".")]
        elif self.field == "wwid":
            self.input, self.page = re.fullmatch(r'"(.*)" ?([0-9a-f]*)', self.input).groups()
        elif self.field != "mac":
            self.input = unescape(re.fullmatch(r'"(.*)"', self.input).group(1))

    def smbios(self, rest=None):
        """This row's value, and blanks beside it, or the rest."""
        table = copy.deepcopy(rest) or {"bios": {"vendor": "", "version": "", "date": ""}, SYSTEM: {}, BOARD: {},
                                        "chassis": {"type": 3}}
        table["version"] = self.version
        if self.field == "uuid":
            table[SYSTEM]["uuid_bytes"] = self.bytes
        elif self.field not in ("mac", "wwid"):
            group, key = TEXTS.get(self.field) or self.field.split(".")
            table[group][key] = self.input
        return table

    def build(self, root):
        cpu = {"sockets": 1, "cores": 1, "model_name": "cpu"}
        tree = trees.Tree(root)
        if self.field == "mac":
            trees.write_link(tree, {"name": "eno1", "device": "pci0000:00/0000:00:1f.6", "driver": "e1000e",
                                    "address": self.input}, 1)
        elif self.field == "wwid":
            trees.write_disk(tree, {"kind": "sata", "name": "sda", "pci": "pci0000:00/0000:00:17.0", "ata": 1, "host": 0,
                                    "sectors": 468862128, "model": "DISK", "wwid": self.input or None,
                                    "vpd_pg83": self.page})
        else:
            trees.write_firmware(tree, {"smbios": self.smbios(REST), "cpu": cpu})

    def got(self, facts):
        if self.field == "wwid":
            return facts["disks"][0]["wwid"]
        return dmidecode.fact(facts, self.field)


def rows():
    with open(os.path.join(HERE, "identity.rows"), encoding="utf-8") as f:
        lines = f.read().splitlines()
    return [Row(line, n) for n, line in enumerate(lines, 1) if line and not line.startswith("#")]


def judge_by_dmidecode(kit, row, root):
    """What another reader finds in the same bytes is the value of the row, and hearth's fact where it has one."""
    said = dmidecode.read(kit, root)[row.field]
    if row.field == "uuid":
        said = said and said.lower()
        wanted = row.fact or said
    else:
        # It prints what is no ASCII as dots, and "Not Specified" for a string that is not there.
        said = (said or "").strip(" ") or None
        wanted = "".join(c if 32 <= ord(c) < 127 else "." for c in row.input).strip(" ")
        wanted = None if wanted in ("", "Not Specified") else wanted
    if said != wanted:
        kit.fail("line %d: dmidecode says %r, the row holds %r" % (row.number, said, wanted))


def guard(kit, where, field, value, is_one):
    """An identity that is none is refused where one box is meant, and one that is one is not. False: not for
    this test, for it cannot be written out as an exact value."""
    if not value or not value.isascii() or not value.isprintable() or re.search(r"[*?]", value):
        return False
    site = os.path.join(kit.work, "site")
    kit.write("site/hearth.yaml", SITE % (field, json.dumps(value)))
    run = kit.hearth(["plan", "--site", site, "--node", "data-1"])
    refused = [line for line in run.text("stderr").splitlines() if "site-guard" in line]
    if is_one:
        if refused:
            kit.fail("%s: %s %s is one box's own, and was refused: %s" % (where, field, value, refused))
        return True
    kit.expect(run, code=3)
    if len(refused) != 2 or not all(value.lower() in line.lower() for line in refused):
        kit.fail("%s: %s %s must be refused for bootstrap and for wipe, and be named: %s" % (where, field, value, refused))
    return True


def guard_row(kit, row):
    value = row.fact
    if value is None:
        value = row.input.strip() if row.field != "uuid" else dmidecode.uuid_text(row.bytes, row.version)
    guard(kit, "line %d" % row.number, row.field, value, row.fact is not None)


def one(row):
    def case(kit):
        root = os.path.join(kit.work, "root")
        os.makedirs(os.path.join(root, "sys"))
        row.build(root)
        run = kit.expect(kit.hearth(["facts", "--sysroot", root]))
        got = row.got(json.loads(run.text("stdout")))
        if got != row.fact:
            kit.fail("line %d: %s %r must be %r, and is %r" % (row.number, row.field, row.input, row.fact, got))
        if row.field not in ("mac", "wwid"):
            dmidecode.need_dmidecode(kit)
            judge_by_dmidecode(kit, row, root)
            dmidecode.compare(kit, root, {row.field: row.fact})
        if row.field in IDENTITIES:
            guard_row(kit, row)
    return case


def counted(kit):
    """As many that must stay as must go."""
    gone = sum(row.fact is None for row in rows())
    if len(rows()) < 150 or abs(2 * gone - len(rows())) > len(rows()) // 10:
        kit.fail("%d rows, %d of them none" % (len(rows()), gone))


def cases():
    yield "counted", counted
    for row in rows():
        yield "%s-%d" % (row.field, row.number), one(row), row.fact is None
