"""Scalars come back from Talos's and Kubernetes' own readers with type and value intact.

scalars.json has the values. Each goes in as user text in every style that YAML can write it in, and as a secret, both
in the machine config (a map of texts, and a map of anything) and in a manifest that is inlined. User text must be read
out of hearth's output as it is read out of the user's own file; a secret must be a string and equal. A value of
more than a line's width, one of 25,000 bytes and a file with CRLF line ends are added here.
"""
import base64
import json
import os

import base as base_module
import kit as kit_module

NEEDS = ("go", "world")
READERS = ["talos text", "talos any", "kubernetes yaml", "kubernetes stream"]


def values():
    with open(os.path.join(kit_module.HERE, "scalars.json")) as source:
        data = json.load(source)
    rows = data["values"] + [{"name": "longest", "value": "".join(chr(0x20 + i * 13 % 95) for i in range(25000))}]
    return rows, data["raw"]


# -- writing YAML, by nobody's library

def printable(char):
    code = ord(char)
    return 0x20 <= code <= 0x7e or 0xa0 <= code <= 0xd7ff or 0xe000 <= code <= 0xfffd and code != 0xfeff or code > 0xffff


def single(value):
    return "'" + value.replace("'", "''") + "'" if all(map(printable, value)) and "\u2028" not in value else None


def double(value):
    known = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(known.get(c) or (c if printable(c) else "\\u%04X" % ord(c)) for c in value) + '"'


def escaped(value):
    """Every character as an escape."""
    return '"' + "".join("\\U%08X" % ord(c) if ord(c) > 0xffff else "\\u%04X" % ord(c) for c in value) + '"'


def block(value, sign, indent):
    """A literal or folded scalar with its indentation and chomping said, or None."""
    body = value.rstrip("\n")
    if not body or not all(printable(c) or c in "\n\t" for c in value) or "\u2028" in value or "\u2029" in value:
        return None
    lines = body.split("\n")
    if sign == ">":
        if any(line[:1] in (" ", "\t", "") for line in lines):
            return None
        lines = [part for line in lines for part in (line, "")][:-1]
    after = len(value) - len(body)
    lines += [""] * (after - 1)
    head = sign + "2" + ("-", "", "+")[min(after, 2)]
    return head + "".join("\n" + (" " * indent + line if line else "") for line in lines)


PLACES = {"text": 4, "any": 12, "manifest": 2}  # and how far their values are indented


def styles(row, place):
    """{style: YAML text} of a value."""
    indent = PLACES[place]
    value = row["value"]
    made = {"double": double(value), "escaped": escaped(value), "single": single(value),
            "literal": block(value, "|", indent + 2), "folded": block(value, ">", indent + 2)}
    if place == "manifest" and value.endswith("\n\n"):
        made["folded"] = None  # hearth refuses it: kustomize folds it otherwise (suite manifests)
    plain = row.get("plain", [])
    if plain is True or place in plain:
        made["plain"] = value
    return {style: text for style, text in made.items() if text is not None and len(value) < 5000}


def mapping(rows, place):
    """Block YAML of name-style: scalar, and {key: value} of what is a string for certain."""
    lines, certain = [], {}
    for row in rows:
        for style, text in styles(row, place).items():
            key = "%s-%s" % (row["name"], style)
            lines.append("%s%s: %s\n" % (" " * PLACES[place], key, text))
            if style != "plain":
                certain[key] = row["value"]
    return "".join(lines), certain


# -- sites

CONFIG = """\
machine:
  sysctls:
%s
cluster:
  apiServer:
    admissionControl:
      - name: Scalars
        configuration:
          values:
%s
"""

MANIFEST = """\
apiVersion: v1
kind: Namespace
metadata:
  name: scalars
---
apiVersion: example.test/v1
kind: Scalars
metadata:
  name: scalars
  namespace: scalars
values:
%s
"""


def read(kit, version, mode, path):
    """{reader: {key: {type, value}}} or the reader's refusal."""
    status, out, err = kit.go(version, "scalars", mode, path)
    return json.loads(out) if status == 0 else err


def readings(kit, name, where, mode, path):
    """{(Talos version, reader): {key: {type, value}}}, or None after a failure."""
    made = {}
    for version in kit_module.VERSIONS:
        found = read(kit, version, mode, path)
        if not kit.expect("scalars: %s, Talos %s reads %s" % (name, version, where), isinstance(found, dict), str(found)):
            return None
        made.update(((version, reader), rows) for reader, rows in found.items())
    return made


def judge(kit, name, wanted, found):
    """One count a key: every reader of both versions must have read what is wanted."""
    keys = sorted({key for rows in wanted.values() for key in rows})
    for key in keys:
        wrong = ["%s %s: wanted %s, got %s" % (*reader, json.dumps(rows[key])[:160],
                                               json.dumps(found.get(reader, {}).get(key))[:160])
                 for reader, rows in wanted.items() if key in rows and found.get(reader, {}).get(key) != rows[key]]
        kit.expect("scalars: %s, %s" % (name, key), not wrong, "\n".join(wrong))


def texts(kit, rows):
    """User text in every style: hearth's output must read as the user's own files do, in all four readers."""
    config_text, certain = mapping(rows, "text")
    any_text, _ = mapping(rows, "any")
    manifest_text, laid = mapping(rows, "manifest")
    files = {"talos/data.yaml": CONFIG % (config_text, any_text), "bootstrap/scalars.yaml": MANIFEST % manifest_text}
    for name, ends in (("user text", "\n"), ("user text with CRLF", "\r\n")):
        where = kit.directory("scalars", "text")
        site = kit.site(os.path.join(where, "site"), {path: text.replace("\n", ends) for path, text in files.items()})
        wanted = readings(kit, name, "the user's config", "config", os.path.join(site, "talos", "data.yaml"))
        manifest = readings(kit, name, "the user's manifest", "manifest", os.path.join(site, "bootstrap", "scalars.yaml"))
        if wanted is None or manifest is None:
            continue
        wanted.update(manifest)
        if ends == "\n":
            known = {reader: {key: {"type": "string", "value": value} for key, value in (laid if reader in manifest else certain).items()}
                     for reader in wanted}
            judge(kit, "the user's own file", known, wanted)
        status, rendered, err = kit.render(site, os.path.join(where, "out"))
        if kit.expect("scalars: %s renders" % name, status == 0, err):
            found = readings(kit, name, "the render", "config", rendered)
            if found is not None:
                judge(kit, name, wanted, found)


FORMS = {  # how a secret is referred to, and what its value becomes
    "direct": ("!secret %s", lambda value: value),
    "composed": ('!format "<{{{secret:%s}}}>"', lambda value: "<{%s}>" % value),
    "encoded": ("!base64 {secret: %s}", lambda value: base64.b64encode(value.encode()).decode()),
}


def secrets(kit, rows):
    """Secret values, as they are, composed and encoded: always a string, always equal."""
    # What az makes of an empty file, and of one with a byte order mark, is refused by its name
    # (tests/blackbox/check/values.py).
    names = {"scalar-%s" % row["name"]: row["value"] for row in rows if row["value"] and not row["value"].startswith("\ufeff")}
    bundle = dict.fromkeys(kit.bundle_names(kit.base("controlplane")), kit.talos_bundle)
    for start in range(0, len(names), 50):
        part = dict(list(names.items())[start:start + 50])
        wanted, lines = {}, []
        for name, value in part.items():
            for form, (text, make) in FORMS.items():
                wanted["%s-%s" % (name, form)] = {"type": "string", "value": make(value)}
                lines.append("%s-%s: %s\n" % (name, form, text % name))
        indented = {place: "".join(" " * width + line for line in lines) for place, width in PLACES.items()}
        kit.serve(dict(bundle, **part))
        where = kit.directory("scalars", "secrets")
        site = kit.site(os.path.join(where, "site"), {"talos/data.yaml": CONFIG % (indented["text"], indented["any"]),
                                                      "bootstrap/scalars.yaml": MANIFEST % indented["manifest"]})
        status, rendered, err = kit.render(site, os.path.join(where, "out"))
        if not kit.expect("scalars: secrets from %d render" % start, status == 0, err):
            continue
        found = readings(kit, "secrets from %d" % start, "the render", "config", rendered)
        if found is not None:
            readers = [(version, reader) for version in kit_module.VERSIONS for reader in READERS]
            judge(kit, "secret", dict.fromkeys(readers, wanted), found)


def raw(kit, rows):
    """Control characters that stand bare in a file: refused with the position and the escape that would do."""
    for row in rows:
        where = kit.directory("scalars", "raw")
        overlay = 'machine:\n  sysctls:\n    a: "%s"\n' % row["value"]
        site = kit.site(os.path.join(where, "site"), {"talos/data.yaml": overlay})
        status, _, err = kit.render(site, os.path.join(where, "out"))
        kit.expect("scalars: raw %s" % row["name"], status == 3 and "talos/data.yaml:3:" in err, "exit %d: %s" % (status, err))
    # A vault can hold a NUL; nothing that becomes YAML for Talos or Kubernetes can be a file with one.
    names = kit.bundle_names(kit.base("controlplane"))
    kit.serve(dict(dict.fromkeys(names, kit.talos_bundle), nul="a\0b"))
    where = kit.directory("scalars", "nul")
    site = kit.site(os.path.join(where, "site"), {"talos/data.yaml": "machine: {sysctls: {a: !secret nul}}\n"})
    status, _, err = kit.render(site, os.path.join(where, "out"))
    kit.expect("scalars: a secret with NUL is refused by name", status != 0 and "nul" in err, "exit %d: %s" % (status, err))


def check(kit):
    if not base_module.bundles(kit):
        return
    rows, refused = values()
    # Not for `manifests`: a text that is a tab kustomize writes as a block that nobody can read, itself included.
    kit.keeps = False
    base_module.serve(kit, kit.talos_bundle)
    texts(kit, rows)
    secrets(kit, rows)
    base_module.serve(kit, kit.talos_bundle)
    raw(kit, refused)
    kit.keeps = True
