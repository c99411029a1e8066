"""The size of a config, at its limit: what plan lets through, render makes with the most secrets of the largest size,
in the memory that the program has; above it both refuse in one sentence, with the largest files by name.
"""
import os

LIMIT = 3 << 20
SECRETS = {"large-%d" % n: "x" * 25600 for n in range(60)}


def site(kit, room):
    """Files of LIMIT bytes less `room`, and as many secrets as a node may have."""
    kit.site("vault")
    for part in range(4):
        kit.write("site/bootstrap/s%d.yaml" % part, "apiVersion: v1\nkind: Secret\nmetadata: {name: s%d, namespace: hello}\ndata:\n" % part +
                  "".join("  %s: !base64 {secret: %s}\n" % (name, name) for name in list(SECRETS)[part::4]))
    kit.write("site/bootstrap/c0.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c0, namespace: hello}\ndata:\n  a: |\n" +
              "    0123456789\n" * 60000)
    sizes = [os.path.getsize(os.path.join(at, name)) for folder in ("talos", "bootstrap", "clusters")
             for at, _, names in os.walk(kit.path("site/" + folder)) for name in names if name.endswith(".yaml") and name != "kustomization.yaml"]
    left = LIMIT - room - sum(sizes)
    for n in (1, 2, 3):
        head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: hello}\ndata:\n  a: " % n
        size = left // 3 if n < 3 else left - 2 * (left // 3)
        kit.write("site/bootstrap/c%d.yaml" % n, head + "x" * (size - len(head) - 1) + "\n")
    kit.world({"vaults": {"*": dict(SECRETS, hello="x", **{"db-password": "y"})}})


def case(room, good):
    def run(kit):
        kit.limit = 60
        site(kit, room)
        where = ["--site", kit.path("site"), "--facts", kit.path("site/box.json")]
        plan = kit.hearth(["plan"] + where)
        render = kit.hearth(["render", "--out", kit.path("out")] + where)
        for done in (plan, render):
            kit.expect(done, code=0 if good else 3)
        if not good and not all("hearth: render-size: bootstrap/c" in one.text("stderr") and
                                "%d bytes of files would be one machine config, and a box can take %d; the largest are bootstrap/c"
                                % (LIMIT - room, LIMIT) in one.text("stderr") for one in (plan, render)):
            kit.fail(plan.text("stderr") + render.text("stderr"))
    return run


def cases():
    yield "below", case(0, True), False
    yield "above", case(-1, False), True
