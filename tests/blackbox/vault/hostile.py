"""A secret of Key Vault's full 25 KB with everything YAML finds hard, byte for byte in the manifest.

The manifest carries it twice: in base64, and as text, which a small YAML scalar reader of this file undoes.
"""
import base64
import re

BLOCK = ("- ? : , [ ] { } # & * ! | > ' \" % @ ` ~ no yes null 0123 1e3 0x1f 1_000 12:30:45 2024-01-01 <<: =\n"
         "--- \n...\n%YAML 1.1\n\t tab\n trailing blank \n\n\n  indented\n\\n \\x41 \\\" 'single' \"double\" {{braces}} "
         "\u00a0\u0085\u2028\u2029\ufeff\u00e9\u20ac\U0001f600\u0007\u001b[31m\u007f\r\n!secret hello !!binary &a *a\n")
LIMIT = 25600


def hostile():
    text = BLOCK
    while len((text + BLOCK).encode()) <= LIMIT:
        text += BLOCK
    return text + "x" * (LIMIT - len(text.encode()))


def read_double_quoted(text):
    """The value of a double-quoted YAML scalar (YAML 1.1 section 5.7, folding of 9.2)."""
    simple = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
              " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\u0085", "_": "\u00a0", "L": "\u2028", "P": "\u2029",
              "\t": "\t"}
    out, at = [], 1
    while text[at] != '"':
        char = text[at]
        if char == "\\":
            code = text[at + 1]
            if code == "\n":
                at += 2
                while text[at] in " \t":
                    at += 1
                continue
            if code in "xuU":
                width = {"x": 2, "u": 4, "U": 8}[code]
                out.append(chr(int(text[at + 2:at + 2 + width], 16)))
                at += 2 + width
                continue
            out.append(simple[code])
            at += 2
        elif char == "\n":
            while out and out[-1] in " \t":
                out.pop()
            breaks = 0
            while text[at] in " \t\n":
                breaks += text[at] == "\n"
                at += 1
            out.append("\n" * (breaks - 1) if breaks > 1 else " ")
        else:
            out.append(char)
            at += 1
    return "".join(out)


def twice(value, where="both"):
    def case(kit):
        kit.site("vault")
        kit.world({"vaults": {"*": {"hello": value, "db-password": value}}})
        kit.expect(kit.hearth(["render", "--site", kit.path("site"), "--facts", kit.path("site/box.json"),
                               "--out", kit.path("out")]))
        text = kit.read("out/manifests/30-hello.yaml") + kit.read("out/manifests/50-hello.yaml")
        encoded = re.search(r"^  password: [\"']?([A-Za-z0-9+/=]*)", text, re.M).group(1)
        if base64.b64decode(encoded) != value.encode():
            kit.fail("in base64: other bytes")
        start = re.search(r"^  hello: ", text, re.M)
        if not start:
            kit.fail("no hello in the manifest")
        scalar = text[start.end():]
        if scalar[0] == "'":
            got = re.match(r"'((?:[^']|'')*)'", scalar).group(1).replace("''", "'")
        elif scalar[0] == '"':
            got = read_double_quoted(scalar)
        else:
            kit.fail("a secret must be quoted: %r" % scalar[:40])
        if got != value:
            at = next(i for i in range(len(value) + 1) if got[i:i + 1] != value[i:i + 1])
            kit.fail("as text: differs at %d: %r became %r" % (at, value[at - 5:at + 10], got[at - 5:at + 10]))
    return case


def refused(value, words):
    def case(kit):
        kit.site("vault")
        kit.world({"vaults": {"*": {"hello": value, "db-password": "y"}}})
        run = kit.hearth(["render", "--site", kit.path("site"), "--facts", kit.path("site/box.json"),
                          "--out", kit.path("out")])
        kit.expect(run, code=5, err="hearth: secret-value: " + words)
    return case


def cases():
    yield "full-25-kb", twice(hostile())
    for name, value in (("no", "no"), ("octal", "0123"), ("tilde", "~"), ("blank", " "), ("newline", "\n"),
                        ("nel", "\u0085"), ("tab", "\tx\t"), ("quote", "'"), ("double", '"'),
                        ("date", "2024-01-01"), ("merge", "<<"), ("colon", "a: b"), ("comment", "a #b"),
                        ("emoji", "\U0001f600"), ("format", "{{fact:serial}}"), ("tag", "!secret hello"),
                        ("trailing", "x\n\n"), ("long-line", "word " * 400)):
        yield name, twice(value)
    yield "one-byte-more", refused("x" * (LIMIT + 1), ""), True
    yield "empty", refused("", "secret hello: the value is empty"), True
    yield "bom", refused("\ufeffx", "secret hello: the value begins with a byte order mark"), True
