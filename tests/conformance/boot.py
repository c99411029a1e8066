"""`hearth boot` on a machine whose machined is made of Talos's own packages (machined/).

Every case is a box, a site, and what happens to it; every one runs with Talos 1.13 and 1.14. At the end of each,
machined's list of what a right client never does must be empty. That this list would not stay empty is shown with
clients that do one thing wrong (machined/wrong). Here is what the cases share; boot_*.py hold them.
"""
import base64
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import kit as kit_module

sys.path.insert(0, os.path.join(kit_module.HERE, "machined"))
import machine  # noqa: E402
import tpm  # noqa: E402

NEEDS = ("go", "world")
SOURCE = os.path.join(kit_module.HERE, "machined")
MAKETREE = os.path.join(kit_module.REPO, "tests", "trees", "maketree")
CANARY = "canary-of-the-vault-0123456789"
CANARIES = [CANARY, base64.b64encode(CANARY.encode()).decode()]
PENDING = "/usr/local/etc/hearth/pending/"
CARRYING = "registry.example/hearth/installer:v1.13.9-hearth"
AT_ONCE = 8
SECONDS = 40

HEARTH_YAML = """\
apiVersion: hearth/v1
flux: {{ version: v2.9.4, from: file }}
roles:
  data:
    cluster: {cluster}
    endpoint: https://{endpoint}:6443
    vault: https://{vault}
    login: {{ tenant: {tenant}, client: {client}, method: secret }}
    cloud: {{ authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: test-root.pem }}
{variables}nodes:
  - name: data-1
    role: data
    type: controlplane
    bootstrap: {bootstrap}
    match: {{ serial: 790H8D2 }}
    install: {{ transport: sata{wipe} }}
{more}  - name: "worker-{{fact:serial}}"
    role: data
    type: worker
    match: {{ system.manufacturer: HP }}
    install: {{ transport: nvme }}
"""

SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: canary
  namespace: flux-system
data:
  token: !base64 {secret: canary}
"""

IMAGE = "machine:\n  install:\n    image: %s\n"

CARRIED = """\
apiVersion: v1alpha1
kind: KmsgLogConfig
name: to-the-lan   # kept, comment and all
url: tcp://192.168.1.2:5555/
---
apiVersion: v1alpha1
kind: ExtensionServiceConfig
name: other
environment:
  - 'A="quoted"'
"""
OWN_DOCUMENT = """\
---
apiVersion: v1alpha1
kind: ExtensionServiceConfig
name: hearth
environment:
  - USER_SAYS=hello
"""


class Bench:
    """What the cases of one version share."""

    def __init__(self, kit, version):
        self.kit, self.version = kit, version
        self.programs = os.path.join(kit.build, "machined-" + version)
        self.trees = os.path.join(kit.work, "boot", "trees")

    def tree(self, name, where, edits=()):
        path = os.path.join(where, "tree")
        subprocess.run([sys.executable, MAKETREE, name, path], check=True, stdout=subprocess.DEVNULL)
        for relative, old, new in edits:
            file = os.path.join(path, relative)
            with open(file, "rb") as source:
                text = source.read()
            with open(file, "wb") as out:
                out.write(text.replace(old, new))
        return path

    def facts(self, tree):
        status, text, err = self.kit.hearth("facts", "--sysroot", tree)
        if status != 0:
            raise AssertionError("hearth facts: " + err)
        return json.loads(text)

    def site(self, where, bootstrap="auto", image=CARRYING, wipe=False, more="", files=None, cluster="data",
             endpoint="192.168.1.10"):
        account = self.kit.account()
        bases = "".join(self.kit.base(kind) for kind in kit_module.NODES)
        variables = self.kit.variables(bases)
        wanted = {
            "hearth.yaml": HEARTH_YAML.format(vault=kit_module.VAULT, tenant=account["tenant"], client=account["client"],
                                              variables="    vars:\n" + variables if variables else "", bootstrap=bootstrap,
                                              wipe=", wipe: true" if wipe else "", more=more, cluster=cluster,
                                              endpoint=endpoint),
            "bootstrap/canary.yaml": SECRET,
        }
        if image:
            wanted["talos/data.yaml"] = IMAGE % image
        wanted.update(files or {})
        return self.kit.site(os.path.join(where, "site"), wanted)

    def machine(self, name, tree="optiplex-7040", edits=(), partial=None, times=None, disks=None, site=None, client=None, **more):
        """A box with the disks of its tree, not started yet."""
        where = self.kit.directory("boot", self.version, name)
        root = machine.Root()
        path = self.tree(tree, where, edits)
        facts = self.facts(path)
        seen = machine.disks_of(facts)
        for one in seen:
            one.update((disks or {}).get(one["id"], {}))
        medium = client or [self.kit.binary, "boot", "--site", self.site(where, **(site or {})), "--sysroot", path]
        scenario = {
            "disks": seen, "canaries": CANARIES, "medium": medium,
            "installed": client or [self.kit.binary, "boot", "--sysroot", path],
            "system": {"manufacturer": facts["system"]["manufacturer"] or "", "product": facts["system"]["product_name"] or "",
                       "serial": facts["serial"] or "", "uuid": facts["uuid"] or ""},
            "times": times or {},
        }
        if partial:
            scenario["partial"] = self.kit.write(os.path.join(where, "partial.yaml"), partial)
        scenario.update(more)
        made = machine.Machine(os.path.join(self.programs, "server"), root, where, scenario)
        made.where, made.tree = where, path
        return made

    def born(self, box, state):
        """A login that is born in the box's TPM, before anything else happens."""
        return self.birth(os.path.join(box.where, "site"), box.tree, state)

    def birth(self, site, tree, state):
        """The site gets both files of the login and has no credential beside them. The path of the certificate. state:
        the chip's directory."""
        self.kit.write(os.path.join(tree, "sys/devices/pnp0/00:0c/tpm/tpm0/tpm_version_major"), "2\n")
        with tpm.Tpm(state) as chip:
            chip.into(tree)
            status, _, err = self.kit.hearth("facts", "--sysroot", tree, "--login", "data-1", "--out", site)
        need(status == 0, "no login is born: " + err[-300:])
        by_tpm(self.kit, site)
        return os.path.join(site, "logins", "data-1.crt")


def by_tpm(kit, site):
    """From now on the role of a site logs in by TPM, and no credential lies there."""
    inventory = os.path.join(site, "hearth.yaml")
    with open(inventory) as source:
        text = source.read()
    need("method: secret" in text, "the site has another method")
    kit.write(inventory, text.replace("method: secret", "method: tpm", 1))
    os.unlink(os.path.join(site, ".hearth", "data.secret"))


class Reader:
    """A reader on the LAN, from before the first apply."""

    def __init__(self, bench, box):
        self.lines, self.box = [], box
        self.process = subprocess.Popen([os.path.join(bench.programs, "reader"), box.root.socket] + CANARIES,
                                        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        threading.Thread(target=self.read, daemon=True).start()
        box.command(register={"pid": self.process.pid, "id": "apid"})

    def read(self):
        for line in self.process.stdout:
            seen = json.loads(line)
            # What happened before it, by machined's own count.
            seen["after"] = len(self.box.poll())
            self.lines.append(seen)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def canaries(self, until=None):
        return [seen for seen in self.lines if seen.get("canaries") and (until is None or seen["after"] <= until)]


def need(value, why):
    if not value:
        raise AssertionError(why)
    return value


def text_of(box):
    return "\n".join(box.said())


def applies(box, **match):
    return box.find("applied", **match)


def wait_founded(box, since=0, seconds=SECONDS):
    member = need(box.wait("member", seconds, since=since), "no etcd member")
    need(box.wait("finished", seconds, since=member["n"]), "hearth did not end after founding")
    return member


def wait_applied(box, since=0, seconds=SECONDS):
    applied = need(box.wait("applied", seconds, since=since, complete=True), "no complete config was applied")
    box.wait("call", 10, since=applied["n"], dry_run=False)  # what was applied is active only then
    return applied


def real_applies(box):
    return [entry for entry in box.find("call") if entry.get("dry_run") is False and entry["code"] == "OK"]


SECOND = """\
  - name: data-2
    role: data
    type: controlplane
    match: { serial: 8CG0000HRT }
    install: { transport: nvme }
"""

# What Talos says of Windows: it knows the FAT, and no NTFS.
FOREIGN = {"sda": {"contents": "gpt", "volumes": [
    {"partition_label": "EFI system partition", "name": "vfat", "label": "SYSTEM", "size": 104857600},
    {"partition_label": "Basic data partition", "name": "", "label": "", "size": 239000000000}]}}

FILLER = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: filler-%d\n  namespace: flux-system\ndata:\n  text: \"%s\"\n"


def filled(pieces):
    """Manifests of that many pieces of 10 kB each, 90 a file."""
    filler = [FILLER % (i, "x" * 10000) for i in range(pieces)]
    more = {"bootstrap/filler-%d.yaml" % at: "".join(filler[at:at + 90]) for at in range(90, pieces, 90)}
    return {"files": {"clusters/data/flux-system/gotk-components.yaml": kit_module.COMPONENTS + "".join(filler[:90]), **more}}


def golden(bench, kind="controlplane", serial="50026B7782DEAD01"):
    bundle = os.path.join(bench.kit.work, "boot", "bundle.yaml")
    status, text, err = bench.kit.go("1.13", "generate", bundle, kind, "data", "https://192.168.1.10:6443", "1.36.3")
    need(status == 0, err)
    return text.replace("        wipe: false\n", "        diskSelector: {serial: %s}\n        wipe: false\n" % serial)


def talos_volumes(*labels, meta="talosmeta"):
    """Partitions that a Talos installer made; META has its name when the install has ended."""
    return [{"partition_label": label, "name": meta if label == "META" else "", "size": 1 << 20} for label in labels]


def configured(box, bench):
    """Gives the box a disk that somebody else has installed and configured."""
    disk = os.path.join(box.scenario["dir"], "sda-50026B7782DEAD01")
    labels = ("EFI", "META", "STATE", "EPHEMERAL")
    for label in labels:
        os.makedirs(os.path.join(disk, label))
    bench.kit.write(os.path.join(disk, "STATE", "config.yaml"), golden(bench))
    box.scenario["disks"][0].update(contents="gpt", volumes=talos_volumes(*labels))


def run_case(bench, case):
    name = "boot: %s, Talos %s" % (case.__name__, bench.version)
    boxes = []
    made = bench.machine

    def remember(*args, **settings):
        boxes.append(made(*args, **settings))
        return boxes[-1]

    bench = Bench(bench.kit, bench.version)
    bench.machine = remember
    try:
        case(bench)
        why = "" if not boxes[0].violations() else "machined saw: " + json.dumps(boxes[0].violations()[:3])
        for text in CANARIES:
            why = why or ("a secret is on the console" if text in text_of(boxes[0]) else "")
    except AssertionError as wrong:
        why = str(wrong)
    except Exception as broken:  # a case that breaks must not end the others
        why = "%s: %s" % (type(broken).__name__, broken)
    for box in boxes:
        box.root.close()
    if bench.kit.expect(name, not why, why) or not boxes:
        return
    story = os.path.join(boxes[0].where, "story")
    bench.kit.write(story, boxes[0].story(4000) + "\n")
    print("        the journal: %s" % os.path.relpath(story, kit_module.REPO), flush=True)


def build(kit):
    """False when the programs cannot be had; `run` has seen that go is there."""
    settings = {"GOFLAGS": "-p=2 -buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    for version, module in kit_module.MODULES.items():
        print("go: machined of Talos %s" % version, file=sys.stderr, flush=True)
        out = os.path.join(kit.build, "machined-" + version) + os.sep
        done = subprocess.run(["go", "build", "-modfile=" + module, "-o", out, "./..."], cwd=SOURCE, timeout=1500,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=dict(os.environ, **settings))
        if done.returncode == 0:
            continue
        if subprocess.run(["go", "mod", "download", "-modfile=" + module], cwd=SOURCE, stdin=subprocess.DEVNULL, timeout=1500,
                          stderr=subprocess.DEVNULL, env=dict(os.environ, **settings)).returncode != 0:
            kit.skipped("boot", "the Go modules of %s cannot be had" % module)
        else:
            kit.failed("go build of machined, " + module, done.stdout.decode()[-1500:])
        return False
    return True


def check(kit):
    import bundle
    if "boot" not in subprocess.run([kit.binary, "--help"], stdout=subprocess.PIPE).stdout.decode().split():
        kit.failed("boot", "this hearth has no boot verb")
        return
    if not build(kit):
        return
    text = bundle.to_yaml(bundle.talos_bundle(2048))
    kit.write(os.path.join(kit.work, "boot", "bundle.yaml"), text)
    secrets = {name: text for kind in kit_module.NODES for name in kit.bundle_names(kit.base(kind))}
    kit.serve(dict(secrets, canary=CANARY, slow="slow"))
    kit.world.azure.config["faults"] = [{"role": "vault", "path": "/secrets/slow*", "delay": 40}]
    import boot_cases  # they take what is above
    import boot_install
    import boot_marker
    import boot_more
    import boot_person
    import boot_wrong
    cases = boot_install.SLOW + boot_more.SLOW + boot_install.CASES + boot_cases.CASES + boot_more.CASES + boot_marker.CASES + boot_person.CASES

    def wanted(name):
        return not kit.only or name in kit.only

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = []
        for version in kit_module.VERSIONS:
            bench = Bench(kit, version)
            waiting += [pool.submit(run_case, bench, case) for case in cases if wanted(case.__name__)]
            if wanted("wrong"):
                waiting += [pool.submit(check, bench, *arguments) for check, *arguments in boot_wrong.CHECKS]
        for one in waiting:
            one.result()
