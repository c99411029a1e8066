"""Where people start, with the programs that they start with: talosctl, talhelper and helm are built of their modules.

From each starting point of the guide's "From an existing cluster" to a green `check` against the stand-in: a plain
`talosctl gen config` with the guide's own commands behind it, talhelper's genconfig, folders as topf has them (files of
their shape), and the sync file of `flux bootstrap` by the package that it calls, beside components of their shape. The
keys that `talosctl gen secureboot` makes are those that `make installer` asks for. The sync files of every kind decode
strictly as Flux's and flux-operator's own types. The recipe of the guide's "Cilium" is run with Helm on Cilium's own
chart, and machined's own reader takes what hearth lays.
"""
import base64
import json
import os
import re
import shutil
import subprocess

import base
import bundle
import guide
import kit as kit_module
import linters
import origins

NEEDS = ("go", "starts", "world")
CILIUM = "github.com/cilium/cilium@v1.18.2"
CHART = "cilium cilium --repo https://helm.cilium.io --version 1.18.2"
TALCONFIG = """clusterName: data
talosVersion: v1.13.9
kubernetesVersion: v1.36.3
endpoint: https://192.168.1.10:6443
nodes:
  - {hostname: data-1, ipAddress: 192.168.1.10, controlPlane: true, installDisk: /dev/sda}
  - {hostname: data-2, ipAddress: 192.168.1.11, controlPlane: false, installDisk: /dev/sda}
"""
# (kind, what its source says, of which kind its Secret is)
SOURCES = [
    ("GitRepository", "url: https://git.example/home\n  ref: {branch: main}\n  secretRef: {name: ghcr}", "username: dQ==, password: cA=="),
    ("OCIRepository", "url: oci://ghcr.io/someone/home\n  ref: {tag: latest}\n  secretRef: {name: ghcr}", ".dockerconfigjson: e30="),
    ("Bucket", "endpoint: minio.example:9000\n  bucketName: home\n  secretRef: {name: ghcr}", "accesskey: YQ==, secretkey: Yg=="),
]
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: ghcr, namespace: flux-system}\ndata: {%s}\n"
CRD = """---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %ss.source.toolkit.fluxcd.io}
spec: {group: source.toolkit.fluxcd.io, names: {kind: %s}, scope: Namespaced}
"""


def sync(kind, spec):
    head, _, rest = origins.SYNC.partition("spec:\n")
    kustomization = rest.partition("---\n")[2]
    return "%sspec:\n  interval: 1m0s\n  %s\n---\n%s" % (head.replace("GitRepository", kind), spec, kustomization.replace("GitRepository", kind))


# {name: (module's folder, package, what its own build tells it)}. Helm: the Kubernetes that it renders for.
PROGRAMS = {
    "sync": ("flux", ".", ""),
    "manifests": ("machined", "./manifests", ""),
    "helm": ("tools/helm", "helm.sh/helm/v3/cmd/helm",
             "".join(" -X helm.sh/helm/v3/pkg/chartutil.k8sVersion" + each for each in ("Major=1", "Minor=36"))),
    "talosctl": ("tools/talosctl", "github.com/siderolabs/talos/cmd/talosctl", ""),
    "kubeconform": ("tools/kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", ""),
    "talhelper": ("tools/talhelper", "github.com/budimanjojo/talhelper/v3", ""),
}


def downloaded(module):
    """The folder of a module's sources, or None."""
    done = subprocess.run(["go", "mod", "download", "-json", module], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=900)
    return json.loads(done.stdout)["Dir"] if done.returncode == 0 else None


def chart():
    """Cilium's chart in its own module, or None."""
    folder = downloaded(CILIUM)
    return os.path.join(folder, "install", "kubernetes", "cilium") if folder else None


def flux(kit):
    """flux's own commands, in a copy of the sources that tests/cluster builds; what a release embeds is nowhere."""
    with open(os.path.join(kit_module.REPO, "tests", "cluster", "cli", "go.mod")) as source:
        module = "@".join(re.search(r"^require (\S+) (\S+)$", source.read(), re.M).groups())
    folder, none = downloaded(module), kit.write(os.path.join(kit.build, "none.yaml"), "# not here\n")
    if folder is None:
        return kit.skipped("starts: read-flux", "its module cannot be had")
    return guide.reader(kit, "starts", "flux", folder, [("cmd/flux/zz_reads.go", os.path.join(kit_module.HERE, "tools", "flux", "zz_reads.go")),
                                                        ("cmd/flux/manifests/none.yaml", none)])


def lacks(kit):
    """Builds and fetches, while there is a network; what cannot be had is skipped by itself."""
    kit.tools = {name: kit.built("starts", name, *row) for name, row in PROGRAMS.items()}
    kit.tools.update(linters=linters.venv(kit), schemas=linters.schemas(kit), chart=chart())
    kit.tools["readers"] = {"flux": flux(kit), "talosctl": guide.reader(kit, "starts", "talosctl", os.path.join(kit_module.HERE, "tools", "talosctl"))}


def ran(kit, name, args, directory):
    done = subprocess.run(args, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900)
    return kit.expect(name, done.returncode == 0, done.stderr.decode()[-1500:]) and done.stdout.decode()


def green(kit, name, files, hearth=None, partial=False):
    """plan --all and check of both nodes are green, and Talos takes what is rendered."""
    where = kit.directory("starts")
    site = kit.site(os.path.join(where, "site"), files)
    if hearth:
        path = os.path.join(site, "hearth.yaml")
        with open(path) as source:
            text = source.read()
        kit.write(path, text.replace(*hearth, 1))
    more = ["--partial"] if partial else []
    status, _, err = kit.hearth("plan", "--all", "--site", site, *more)
    kit.expect(name + ": plan --all", status == 0, err)
    for kind, node in kit_module.NODES.items():
        status, _, err = kit.hearth("check", "--site", site, "--facts", os.path.join(kit_module.HERE, "facts.json"), "--node", node, *more)
        kit.expect("%s: check of %s" % (name, node), status == 0, err)
        status, rendered, err = kit.render(site, os.path.join(where, "out-" + kind), kind)
        if kit.expect("%s: %s renders" % (name, node), status == 0, err):
            for version in kit_module.VERSIONS:
                status, _, err = kit.go(version, "validate", rendered)
                kit.expect("%s: %s: Talos %s takes it" % (name, node, version), status == 0, err)
    return os.path.join(where, "out-controlplane", "machine-config.yaml")


def as_base(config, known):
    """What the guide's second step says: references for secrets, and the line with the disk goes."""
    return re.sub(r"^ +disk: /dev/sda\n", "", origins.referred(config, known), flags=re.M)


def texts(*paths):
    for path in paths:
        with open(path) as source:
            yield source.read()


def from_files(kit, name, bundle, controlplane, worker, laid=False):
    """Two machine configs and their bundle; laid: it is in the vault."""
    known = origins.pointers(bundle)
    if not kit.expect(name + ": the bundle is read", len(known) == 14, str(sorted(known.values()))):
        return
    if not laid:
        kit.serve({origins.BUNDLE: bundle})
    green(kit, name, {"talos/controlplane.yaml": as_base(controlplane, known), "talos/worker.yaml": as_base(worker, known)})


class Cluster(guide.cloud_module.Cloud):
    """Azure, and a cluster that has the Secret which Flux pulls with."""
    IDENTITY = "a key that Git knows\n"

    def publish(self):
        self.azure.config["vaults"] = {name + ".vault.azure.net": dict(kept) for name, kept in self.vaults.items()}

    def kubectl_get(self, words, flags, *_):
        if words == ["secret", "flux-system"] and flags["-o"] == "jsonpath={.data.identity}" and flags["-n"] == "flux-system":
            return base64.b64encode(self.IDENTITY.encode()).decode()
        return super().kubectl_get(words, flags)


def existing(kit):
    """What `talosctl gen config` wrote, and then the commands of the guide's "From an existing cluster", as they stand
    there, in one shell: talosctl is itself, az puts away what `check` then asks for."""
    name, where = "starts: the guide's commands", kit.directory("starts-plain")
    talosctl = kit.tools["talosctl"]
    if not talosctl:
        return
    before = kit.world.azure.config["vaults"]
    try:
        cloud = Cluster(kit.world.azure, kit.world.config["tenant"], where)
        cloud.vaults["homelab-data"] = {}
        os.unlink(os.path.join(where, "bin", "talosctl"))
        for program, path in [("talosctl", talosctl)] + [(each, shutil.which(each)) for each in ("shred", "base64", "cat")]:
            os.symlink(path, os.path.join(where, "bin", program))
        shell = guide.Shell(where, os.path.join(where, "bin"), {"LANG": "C.UTF-8", "HOME": where})
        shell.run("talosctl gen config data %s --output . --with-docs=false --with-examples=false; V=homelab-data" % base.ENDPOINT)
        configs = list(texts(*(os.path.join(where, each) for each in ("controlplane.yaml", "worker.yaml"))))
        with open(guide.README) as source:
            blocks = [text for _, items in guide.parts(source.read())["From an existing cluster"] for kind, text in items if kind == "block"]
        for text in blocks:
            shell.run(text)
        shell.end()
        kit.expect(name + " are run", len(blocks) == 2 and not shell.wrong, "\n".join(shell.wrong))
        kit.expect(name + " are none that az or kubectl refuses", not cloud.refused, "\n".join(cloud.refused))
        kit.expect(name + ": the bundle lies in the vault alone", not os.path.exists(os.path.join(where, "talos-secrets.value")))
        kit.expect(name + ": Flux's key came out of the cluster", list(texts(os.path.join(where, "flux-git-identity.value"))) == [cloud.IDENTITY])
        bundle = cloud.vaults["homelab-data"].get(origins.BUNDLE, {"value": ""})["value"]
        from_files(kit, "starts: talosctl gen config", bundle, *configs, laid=True)
    finally:
        kit.world.azure.config["vaults"] = before


def keys(kit):
    """talosctl gen secureboot, as installer.py says, and the installer that is signed with what it writes."""
    name, where = "starts: talosctl gen secureboot", kit.directory("starts-keys")
    talosctl = kit.tools["talosctl"]
    if not talosctl:
        return
    site = kit.site(os.path.join(where, "site"), {})
    image = [os.path.join(kit_module.REPO, "scripts", "image", "image"), "installer"]
    environment = {"OUT": os.path.join(where, "out"), "BINARY": kit.binary, "SOURCE_DATE_EPOCH": "1767225600", "SITE": site, "TALOS": "v1.13.9",
                   "SECUREBOOT": os.path.join(where, "_out")}
    asked = kit.run(image, environment).stderr.decode()
    for command in re.findall(r"`talosctl (gen secureboot [^`]+)`", asked.replace("NAME", "homelab")):
        ran(kit, name + ": " + command, [talosctl] + command.split(), where)
    ran(kit, name + " database", [talosctl, "gen", "secureboot", "database"], where)
    done = kit.run(image, environment)
    kit.expect(name + ": make installer takes the keys", done.returncode == 0, done.stderr.decode()[-700:])
    kit.expect(name + ": and the medium that enrols finds PK, KEK, db", all(
        os.path.exists(os.path.join(where, "_out", each + ".auth")) for each in ("PK", "KEK", "db")))


def talhelper(kit):
    """talhelper's gensecret and genconfig; its talsecret is the bundle as it is."""
    name, where = "starts: talhelper", kit.directory("starts-talhelper")
    program = kit.tools["talhelper"]
    if not program:
        return
    kit.write(os.path.join(where, "talconfig.yaml"), TALCONFIG)
    bundle = ran(kit, name + " gensecret", [program, "gensecret"], where)
    kit.write(os.path.join(where, "talsecret.yaml"), bundle or "")
    if bundle and ran(kit, name + " genconfig", [program, "genconfig", "--no-gitignore", "--offline-mode"], where) is not False:
        from_files(kit, name, bundle, *texts(*(os.path.join(where, "clusterconfig", "data-%s.yaml" % node) for node in ("data-1", "data-2"))))


def shapes(kit):
    """topf's folders of patches, moved as the guide says; the sync file that Flux's own package writes for `flux
    bootstrap`, where it is."""
    patch = "machine: {nodeLabels: {example.com/%s: \"yes\"}}\n"
    moved = {"all": "data", "control-plane": "data.controlplane", "worker": "data.worker", "node/data-1": "data-1"}
    green(kit, "starts: topf's folders", {"talos/%s/10-label.yaml" % to: patch % of.replace("/", "-") for of, to in moved.items()})
    if kit.tools["sync"]:
        bootstrapped(kit, "starts: flux bootstrap")


def bootstrapped(kit, name):
    """Its tree stays as it is: the sync file that Flux's own package writes, by its Secret, which lies in the vault."""
    where = kit.directory("starts-flux")
    sync = ran(kit, name + " writes its sync file", [kit.tools["sync"], "ssh://git@github.com/someone/home", "main", "clusters/home"], where)
    secret, = texts(os.path.join(kit_module.REPO, "assets", "bootstrap", "flux-system.yaml"))
    own = {"clusters/home/flux-system/gotk-%s.yaml" % each: text for each, text in (("components", kit_module.COMPONENTS), ("sync", sync))}
    own.update({"clusters/data/flux-system/gotk-%s.yaml" % each: None for each in ("components", "sync")})
    said = "    flux: { components: clusters/home/flux-system/gotk-components.yaml, sync: clusters/home/flux-system/gotk-sync.yaml }\n    vault:"
    credentials = bundle.git_credentials()
    kit.serve(dict(kit.world.azure.config["vaults"]["*"], **{"flux-git-identity": credentials["identity"],
                                                             "flux-git-known-hosts": credentials["known_hosts"]}))
    green(kit, name, dict(own, **{"bootstrap/flux-system.yaml": secret}), ("    vault:", said))


def strict(kit):
    """Every kind of sync file, by Flux's types and by hearth."""
    program = kit.tools["sync"]
    where = kit.directory("starts-sync")

    def judged(name, text):
        path = kit.write(os.path.join(where, "sync.yaml"), text)
        done = kit.run([program, path])
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    for kind, spec, data in SOURCES:
        name, text = "starts: sync by " + kind, sync(kind, spec)
        if program:
            found = judged(name, text)
            kit.expect(name + ": Flux's types take it", [each["kind"] for each in found] == [kind, "Kustomization"] and
                       not any(each["problem"] for each in found), str(found))
            odd = judged(name, text.replace("  interval: 1m0s\n", "  interval: 1m0s\n  intervall: 1m\n", 1))
            kit.expect(name + ": a field that it has not is refused", odd and "intervall" in odd[0]["problem"], str(odd))
        crds = kit_module.COMPONENTS + ("" if kind == "GitRepository" else CRD % (kind.lower(), kind))
        green(kit, name, dict(origins.TREE, **{"kubernetes/flux/a.yaml": crds, "kubernetes/flux/b.yaml": text, "bootstrap/pull.yaml": SECRET % data}),
              ("    vault:", origins.ROLE), kind != "GitRepository")
    if program:
        found = judged("instance", origins.INSTANCE)
        kit.expect("starts: sync by FluxInstance: flux-operator's type takes it", [each["problem"] for each in found] == [""], str(found))
        odd = judged("instance", origins.INSTANCE.replace("pullSecret", "pullSecrets"))
        kit.expect("starts: sync by FluxInstance: a field that it has not is refused", "pullSecrets" in odd[0]["problem"], str(odd))


def recipe():
    """The guide's command, as one line."""
    with open(os.path.join(kit_module.REPO, "assets", "README.md")) as source:
        lines = re.search(r"\n    (helm template cilium.*?> bootstrap/cilium\.yaml)\n", source.read(), re.S).group(1)
    return re.sub(r"\\\n *", "", lines)


def cilium(kit):
    """The guide's recipe with Helm, on the chart of Cilium's own module."""
    name, where = "starts: Cilium", kit.directory("starts-cilium")
    helm = kit.tools["helm"]
    if not helm or not kit.tools["chart"]:
        kit.skipped(name, "no Helm, or no chart")
        return
    os.makedirs(os.path.join(where, "bootstrap"))
    command = recipe()
    kit.expect(name + ": the guide names the chart", command.count(CHART) == 1, command)
    command = command.replace("helm ", helm + " ", 1).replace(CHART, "cilium " + kit.tools["chart"])
    if ran(kit, name + ": helm template", ["bash", "-c", command], where) is False:
        return
    manifest, = texts(os.path.join(where, "bootstrap", "cilium.yaml"))
    overlay, = texts(os.path.join(kit_module.REPO, "assets", "talos", "examples", "cilium.yaml"))
    kit.expect(name + ": Helm made no key", "PRIVATE KEY" not in manifest and "tls.crt: " not in manifest)
    kit.serve({each: kit.talos_bundle for each in kit.bundle_names("".join(kit.base(kind) for kind in kit_module.NODES))})
    rendered = green(kit, name, {"bootstrap/cilium.yaml": manifest, "talos/data.controlplane.yaml": overlay})
    reader = kit.tools["manifests"]
    if reader:
        lines = (ran(kit, name + ": machined reads it", [reader, rendered], where) or "").splitlines()
        kinds = sorted(kind for kind in re.findall(r"^kind: (\w+)", manifest, re.M) if kind != "Namespace")
        found = sorted(line.split()[1] for line in lines if line.startswith("50-cilium "))
        kit.expect(name + ": machined sees every object of it", len(kinds) > 10 and found == kinds, "\n".join(lines))


# Of each tool what it must refuse: a flag without its value, an unknown flag, an unknown command.
WRONG = {
    "talosctl": [["get", "disks", "--nodes"], ["apply-config", "--insecur", "--file", "x"], ["boostrap"], ["reset", "x"]],
    "flux": [["get", "kustomizations", "-n"], ["reconcile", "kustomization", "x", "--with-sauce"], ["get", "kustomisations"]],
}


def lines(kit):
    """talosctl and flux read each command line of theirs in the guide, as a user of it types them."""
    with open(guide.README) as source, guide.on_loan(kit):
        user = guide.Guide(kit, source.read(), "lines")
        problems = user.wrong
        for part in (user.first, user.second, user.further, user.without, user.days, user.recovery):
            problems = problems or part()
    kit.expect("starts: the guide's commands are typed", not problems, "\n".join(problems))
    for tool, program in kit.tools["readers"].items():
        if program:
            guide.read_by(kit, "starts", tool, program, user.cloud, user.sections, 10, WRONG[tool])


def check(kit):
    if not base.bundles(kit):
        return
    names = kit.bundle_names("".join(kit.base(kind) for kind in kit_module.NODES))
    kit.serve({name: kit.talos_bundle for name in names})
    strict(kit)
    shapes(kit)
    linters.check(kit, ran)
    cilium(kit)
    existing(kit)
    keys(kit)
    talhelper(kit)
    lines(kit)
