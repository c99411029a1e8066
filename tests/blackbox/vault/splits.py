"""A recorded conversation cut at every place where it can be cut.

The answers hold chunk headers, CRLFs, raw UTF-8 of two, three and four bytes, and every kind of JSON
escape. For each byte of the plaintext: one cut between two TLS records there. Then records of one byte each, and
ciphertext in TCP segments of one byte. The value must arrive byte for byte every time.
"""
import base64
import json
import re

VALUE = "a\u00e9\u20ac\U0001f600\"\\/\b\f\n\r\t\u0001\u007f\u0085\u2028\U0001f512z"
# The same value with raw UTF-8 and with every escape JSON has.
TEXT = ("a\u00e9\\u20AC\U0001f600\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\u007f\\u0085\u2028\\ud83d\\udd12z")
BODY = ('{"value":"%s","id":"https://homelab-data.vault.azure.net/secrets/%s/0123456789abcdef0123456789abcdef",'
        '"attributes":{"enabled":true}}')


def prepare(kit, **settings):
    kit.site("vault")
    faults = [{"role": "vault", "path": "/secrets/db-password", "body": BODY % (TEXT, "db-password"),
               "chunked": [1, 2, 3, 5, 17]}]
    # The bundle is 5 KB of base64: the base of this site does without it.
    config = {"faults": faults, "token_bytes": 64, "login": {"bare": True}, "vault": {"bare": True}}
    for role, more in settings.items():
        config[role].update(more)
    kit.write("site/talos/controlplane.yaml", re.sub(
        r"!secret talos-data#(\S+)", lambda match: json.dumps(literal(kit, match.group(1))),
        open(kit.path("site/talos/controlplane.yaml")).read()))
    kit.world(config)
    kit.limit = 60


def literal(kit, pointer):
    """The value at a pointer into the bundle, from its four-blank YAML."""
    path, found = [], {}
    for line in kit.bundle().splitlines():
        depth = (len(line) - len(line.lstrip())) // 4
        key, _, value = line.strip().partition(":")
        path = path[:depth] + [key]
        found["/" + "/".join(path)] = value.strip()
    return found[pointer]


def arrives(kit, where):
    run = kit.hearth(["render", "--site", kit.path("site"), "--facts", kit.path("site/box.json"),
                      "--out", kit.path("out")])
    if run.code != 0:
        kit.fail("%s: exit %d\n%s" % (where, run.code, run.text("stderr")))
    found = re.search(r"password: [\"']?([A-Za-z0-9+/=]+)", kit.read("out/manifests/30-hello.yaml"))
    got = base64.b64decode(found.group(1)).decode() if found else None
    if got != VALUE:
        kit.fail("%s: got %r" % (where, got))


def lengths(kit):
    """Plaintext bytes that each role's first connection sent in one run."""
    kit.world_now.log.clear()
    arrives(kit, "uncut")
    kit.seen()
    closed = [e for e in kit.world_now.log.entries if e["t"] == "close"]
    return {role: max(e["sent_plain"] for e in closed if e["role"] == role) for role in ("login", "vault")}


def every_cut(role, part, parts):
    def case(kit):
        prepare(kit)
        total = lengths(kit)[role]
        for cut in range(1 + part, total, parts):
            kit.world_now.config[role]["record_split"] = cut
            arrives(kit, "%s cut at plaintext byte %d of %d" % (role, cut, total))
    return case


def settings(**roles):
    def case(kit):
        prepare(kit, **roles)
        arrives(kit, json.dumps(roles))
    return case


def cases():
    yield "login-records-cut-everywhere", every_cut("login", 0, 1)
    for part in range(2):
        yield "vault-records-cut-everywhere-%d" % part, every_cut("vault", part, 2)
    yield "records-of-one-byte", settings(login={"records": 1}, vault={"records": 1})
    yield "records-of-seven-bytes", settings(login={"records": 7}, vault={"records": 7})
    yield "segments-of-one-byte", settings(login={"tcp": 1, "pause": 0}, vault={"tcp": 1, "pause": 0})
    yield "segments-of-three-bytes-paused", settings(login={"tcp": 3}, vault={"tcp": 3})
    yield "segments-across-records", settings(login={"records": 100, "tcp": 64}, vault={"records": 100, "tcp": 64})
    yield "paused-records", settings(login={"records": 50, "pause": 0.002}, vault={"records": 50, "pause": 0.002})
