"""Values as az and Windows make them: what cannot be meant is refused by the secret's name, what is likely not meant is
a warning.

A row: name, the value or the stand-in's entry, what the secret is read as, and the words; exit 5 with `secret-value`
where they begin with "the value" or "az", else 0 with a warning. None: not a word.
"""
BOM, PEM = "\ufeff", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
WHOLE, PART = "!secret hello", "!secret hello#/a"


def encoded(value, how):
    return {"value": value, "tags": {"file-encoding": how}}


ROWS = [
    ("empty", "", WHOLE, "the value is empty"),
    ("bom", BOM + "x", WHOLE, "the value begins with a byte order mark"),
    ("bom-base64", BOM + "x", "!base64 {secret: hello}", "the value begins with a byte order mark"),
    ("bom-of-yaml", BOM + "a: x\n", PART, None),
    ("base64-of-yaml", encoded("YTogeAo=\n", "base64"), PART, "az encoded the value"),
    ("hex-of-yaml", encoded("613a20780a", "hex"), PART, "az encoded the value"),
    ("base64", encoded("eA==\n", "base64"), WHOLE, "secret hello was encoded by az"),
    ("utf-8", encoded("x", "utf-8"), WHOLE, None),
    ("newline", "x\n", WHOLE, "secret hello ends in a newline"),
    ("newline-windows", "x\r\n", WHOLE, "secret hello ends in a newline"),
    ("newline-of-yaml", "a: x\n", PART, None),
    ("lines", "a\nb\n", WHOLE, None),
    ("pem", PEM, WHOLE, None),
    ("pem-in-one-line", PEM.replace("\n", " "), WHOLE, "secret hello is a PEM whose line ends were lost"),
    ("pem-escaped", PEM.replace("\n", "\\n"), WHOLE, "secret hello is a PEM whose line ends were lost"),
    ("pkcs12", {"value": "MIIKaAIBAzCCCiQGCSqGSIb3DQEHAaCCChUEggoR", "contentType": "application/x-pkcs12"}, WHOLE,
     "secret hello is the PKCS#12 of a certificate"),
    ("x-pem", {"value": PEM, "contentType": "application/x-pem-file"}, WHOLE, None),
    ("plain", "x", WHOLE, None),
]


def case(value, read, words):
    def run(kit):
        kit.site("vault")
        path = "site/bootstrap/hello.yaml"
        with open(kit.path(path)) as source:
            text = source.read()
        kit.write(path, text.replace("  hello: !secret hello", "  hello: " + read))
        kit.world({"vaults": {"*": {"hello": value, "db-password": "y"}}})
        done = kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("site/box.json")])
        bad = bool(words) and words.startswith(("the value", "az"))
        kit.expect(done, code=5 if bad else 0)
        said = [line for line in done.text("stderr").splitlines() if "secret hello" in line]
        wanted = "hearth: secret-value: secret hello: " + words if bad else words or ""
        if [wanted in line for line in said] != ([True] if words else []):
            kit.fail("wanted %s once, said %s" % (wanted, said))
        if bad and "put it in again" not in done.text("stderr"):
            kit.fail("no next step")
    return run


def cases():
    for name, *row in ROWS:
        yield name, case(*row), bool(row[2])
