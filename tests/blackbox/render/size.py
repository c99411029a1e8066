"""The size of a config, at its limit: what plan lets through, render makes with the most secrets of the largest size,
in the memory that the program has; above it both refuse in one sentence, with the largest files by name. And what
many small fields cost of memory: at most three times the config and 2 MiB (DESIGN section 8).
"""
import os
import subprocess
import sys

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


# What a process had in memory before it became another program counts as its own; this one is smaller than the limit.
PEAK = """import os, sys
child = os.fork()
if not child:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1, usage.ru_maxrss)"""


def charts(kit):
    """Files as charts have them, the manifest of each as it is laid: a Namespace and a Secret with a reference stand
    in front of what has none."""
    kit.site("vault")
    texts = {}
    for part in range(6):
        objects = ["apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c%d-%d\n  namespace: n%d\ndata:\n" % (part, number, part) +
                   "".join("  key-%03d: \"a value of some words, as a chart's settings have them\"\n" % key for key in range(140))
                   for number in range(50)]
        texts["50-c%d" % part] = "---\n".join(objects)
        kit.write("site/bootstrap/c%d.yaml" % part, "---\n".join(
            ["apiVersion: v1\nkind: Namespace\nmetadata: {name: n%d}\n" % part,
             "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n%d}\ndata: {a: !base64 {secret: hello}}\n" % part] + objects))
    return texts


def memory(kit):
    kit.limit = 60
    texts = charts(kit)
    kit.world({})
    run = subprocess.run([sys.executable, "-I", "-S", "-c", PEAK, kit.bin, "render", "--site", kit.path("site"), "--facts",
                          kit.path("site/box.json"), "--out", kit.path("out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    code, peak = (int(word) for word in run.stdout.split()[-2:])
    if code != 0:
        kit.fail(run.stderr.decode())
    for name, text in texts.items():
        if kit.read("out/manifests/%s.yaml" % name) != text:
            kit.fail("%s is not what stood in its file" % name)
    if "a: 'd29ybGQ='\n" not in kit.read("out/manifests/30-c5.yaml") or kit.read("out/manifests/10-namespaces.yaml").count("name: n") != 6:
        kit.fail("not every object stands where it should")
    config = os.path.getsize(kit.path("out/machine-config.yaml"))
    if config < 2800000 or peak > (3 * config + (2 << 20)) // 1024:
        kit.fail("%d KiB of memory for a config of %d bytes" % (peak, config))


def cases():
    yield "memory", memory, False
    yield "below", case(0, True), False
    yield "above", case(-1, False), True
