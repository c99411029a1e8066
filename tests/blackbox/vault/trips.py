"""Round trips, counted by the delay proxy: DNS, TCP, two for TLS, the token, the secrets; whatever their number."""

NAMES = {"login.microsoftonline.com": {"cname": "l.test"}, "l.test": {"a": ["198.18.1.1"]},
         "homelab-data.vault.azure.net": {"cname": "v.test"}, "v.test": {"a": ["198.18.1.2"]}}


def trips(count, most, method):
    def case(kit):
        kit.site("vault")
        names = ["s%02d" % number for number in range(count - 1)]
        kit.write("site/bootstrap/hello.yaml",
                  "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: hello\n---\napiVersion: v1\nkind: Secret\n"
                  "metadata:\n  name: hello\n  namespace: hello\ntype: Opaque\ndata:\n  none: bm9uZQ==\n"
                  + "".join("  %s: !base64 {secret: %s}\n" % (name, name) for name in names))
        with open(kit.path("site/hearth.yaml")) as source:
            text = source.read().replace("method: secret", "method: " + method)
        kit.write("site/hearth.yaml", text)
        # Long enough that a busy machine cannot put one connection a whole round trip behind the other.
        world = kit.world({"rtt_ms": 120, "dns": NAMES, "vaults": {"*": {name: "v" for name in names}}})
        kit.expect(kit.hearth(["render", "--site", kit.path("site"), "--facts", kit.path("site/box.json"),
                               "--out", kit.path("out")]))
        report = world.proxy.report()
        if report["depth"] > most:
            kit.fail("%d secrets took %d round trips, at most %d: %s" % (count, report["depth"], most, report))
        if len(report["connections"]) != 2:
            kit.fail("expected two connections: %s" % report)
    return case


def cases():
    for method in ("secret", "certificate"):
        yield "one-secret-" + method, trips(1, 6, method)
        yield "thirty-two-secrets-" + method, trips(32, 6, method)
    yield "sixty-four-secrets", trips(64, 7, "secret")
