"""Where people come from: the configs of `talosctl gen config` as bases, and the trees that they have.

`generate` makes the configs of Talos 1.10 to 1.14 by Talos's own packages, with a disk and an installer image. What the
guide's "From an existing cluster" says of them is done here: each secret becomes a reference into the bundle, the disk
goes. What hearth makes of that is taken by Talos 1.13 and 1.14, the form of 1.14 by 1.14 alone; what is left undone is
said, once a mistake.
"""
import base64
import os
import re

import base
import kit as kit_module

NEEDS = ("go", "world")
CONTRACTS = ("v1.10", "v1.11", "v1.12", "v1.13")
# What is left undone, and what is said of it.
DISKS = [("        disk: /dev/sda\n", "machine.install.disk is /dev/sda"),
         ("        match: disk.dev_path == \"/dev/sda\"\n", "match is written out; choose the disk")]
# (nodes, a document of 1.14's form, what is said without it)
PARTS = [("controlplane worker", "KubeletConfig", "machine.kubelet is missing"),
         ("controlplane worker", "KubeNetworkConfig", "cluster.network is missing"),
         ("controlplane worker", "KubeClusterConfig", "cluster.controlPlane.endpoint is missing"),
         ("controlplane worker", "KubeAPIServerCAConfig", "cluster.ca.crt is missing"),
         ("controlplane worker", "DiscoveryIdentityConfig", "cluster.id is missing"),
         ("controlplane", "KubeAggregatorCAConfig", "cluster.aggregatorCA.crt is missing"),
         ("controlplane", "KubeServiceAccountConfig", "cluster.serviceAccount.key is missing"),
         ("controlplane", "KubeEtcdEncryptionConfig", "cluster.secretboxEncryptionSecret is missing"),
         ("controlplane", "KubeFlannelCNIConfig", "there is no KubeFlannelCNIConfig and nothing inlined is a CNI")]
BUNDLE = "talos-secrets"


def pointers(text):
    """{value: its JSON pointer} of a bundle, which is mappings of texts."""
    found, path = {}, []
    step = len(re.search(r"^( +)", text, re.M).group(1))  # Talos's own has 4, talhelper's 2
    for line in text.splitlines():
        match = re.fullmatch(r"( *)([A-Za-z0-9]+):(?: (.+))?", line)
        if match:
            path = path[:len(match.group(1)) // step] + [match.group(2)]
            if match.group(3):
                found.setdefault(match.group(3), "/" + "/".join(path))
    return found


def referred(config, known):
    """A config with a reference in the place of each value that the bundle has, be it PEM or base64 of it."""
    def decoded(block):
        text = "".join(line.strip() + "\n" for line in block.group(2).splitlines())
        pointer = known.get(base64.b64encode(text.encode()).decode())
        return block.group(1) + "!base64decode {secret: %s#%s}\n" % (BUNDLE, pointer) if pointer else block.group(0)

    config = re.sub(r"(: |- )\|\n((?: +[^\n:]+\n)+)", decoded, config)
    return re.sub(r"(?<=: )(\S{16,})$", lambda value: "!secret %s#%s" % (BUNDLE, known[value.group(1)])
                  if value.group(1) in known else value.group(1), config, flags=re.M)


def generated(kit, kind, contract, version="1.13"):
    path = os.path.join(kit.work, "bundle-go.yaml")
    status, config, err = kit.go(version, "generate", path, kind, base.CLUSTER, base.ENDPOINT, "1.36.0", contract)
    kit.expect("origins: Talos %s generates %s for %s" % (version, kind, contract), status == 0, err)
    return config


def bases(kit, known):
    kit.serve({BUNDLE: kit.talos_bundle})
    for contract in CONTRACTS:
        for kind in kit_module.NODES:
            name = "origins: gen config of %s, %s" % (contract, kind)
            config = referred(generated(kit, kind, contract), known)
            kit.expect(name + ": no secret is left in clear", not [value for value in known if len(value) > 40 and value in config])
            without(kit, name, kind, config, DISKS[0], kit_module.VERSIONS)


def rendered_as(kit, name, kind, text, words):
    """The rendered config, or None; with `words` it must be refused with them, and with nothing else."""
    where = kit.directory("origins")
    site = kit.site(os.path.join(where, "site"), {"talos/%s.yaml" % kind: text})
    status, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
    if not words:
        return rendered if kit.expect(name + ": renders", status == 0, err) else None
    kit.expect(name + ": is said", status == 3 and words in err, "exit %d\n%s" % (status, err))
    return None


def without(kit, name, kind, config, disk, versions):
    """As it is, and without its disk."""
    rendered_as(kit, name + ", as it is", kind, config, disk[1])
    kit.expect(name + ": the disk's line is there", disk[0] in config)
    rendered = rendered_as(kit, name, kind, config.replace(disk[0], ""), None)
    for version in versions if rendered else ():
        status, _, err = kit.go(version, "validate", rendered)
        kit.expect("%s: Talos %s takes it" % (name, version), status == 0, err)
    return rendered


def newest(kit, known):
    """1.14's own form, a document a subject."""
    for kind in kit_module.NODES:
        name = "origins: gen config of v1.14, %s" % kind
        config = referred(generated(kit, kind, "v1.14", "1.14"), known)
        kit.expect(name + ": no secret is left in clear", "PRIVATE KEY" not in config and not [
            value for value in known if len(value) > 40 and value in config], config)
        rendered = without(kit, name, kind, config, DISKS[1], ("1.14",))
        if rendered:
            with open(rendered) as source:
                kit.expect(name + ": the disk is hearth's", re.search("match: .?disk.wwid == ", source.read()))
        config = config.replace(DISKS[1][0], "")
        for kinds, part, words in PARTS:
            if kind in kinds.split():
                lacking = "---\n".join(each for each in config.split("---\n") if "kind: %s\n" % part not in each)
                rendered_as(kit, "%s without %s" % (name, part), kind, lacking, words)
        encoded = config.replace("!base64decode {secret: %s#/certs/k8s/crt}" % BUNDLE, "!secret %s#/certs/k8s/crt" % BUNDLE)
        rendered_as(kit, name + ", a CA as the bundle has it", kind, encoded, "cluster.ca.crt: it is PEM in this document")
        rendered_as(kit, name + ", a CA decoded where it is base64", kind, config.replace(
            "!secret %s#/certs/os/crt" % BUNDLE, "!base64decode {secret: %s#/certs/os/crt}" % BUNDLE), "machine.ca.crt: it is not base64")


SYNC = kit_module.SYNC.replace("./clusters/data", "./kubernetes/main").replace("name: flux-system\n", "name: home\n").replace(
    "namespace: home", "namespace: flux-system")
OPERATOR = kit_module.COMPONENTS + """---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: fluxinstances.fluxcd.controlplane.io}
spec: {group: fluxcd.controlplane.io, names: {kind: FluxInstance}, scope: Namespaced}
"""
INSTANCE = """apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: {name: flux, namespace: flux-system}
spec:
  distribution: {version: 2.x, registry: ghcr.io/fluxcd}
  sync: {kind: OCIRepository, url: "oci://ghcr.io/someone/home", ref: latest, path: kubernetes/main, pullSecret: ghcr}
"""
PULL = """apiVersion: v1
kind: Secret
metadata: {name: ghcr, namespace: flux-system}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: !base64 {secret: ghcr}}
"""
TREE = {"kubernetes/main/app.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: flux-system}\n",
        "clusters/data/flux-system/gotk-components.yaml": None, "clusters/data/flux-system/gotk-sync.yaml": None}
ROLE = "    flux: {components: kubernetes/flux/a.yaml, sync: kubernetes/flux/b.yaml}\n    vault:"
SECOND = """  other:
    cluster: other
    endpoint: https://192.168.1.20:6443
    vault: https://%s
    login: {tenant: %s, client: %s, method: secret}
    cloud: {authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: test-root.pem}
nodes:
  - {name: other-1, role: other, type: controlplane, bootstrap: auto, match: {serial: CONFORM1}, install: {transport: sata}}
"""


def sites(kit, known):
    """Six sites of the shapes that people have: plan of all, check against the stand-in, and both nodes' configs."""
    account = kit.account()
    newer = {"talos/%s.yaml" % kind: referred(generated(kit, kind, "v1.14", "1.14"), known).replace(DISKS[1][0], "") for kind in kit_module.NODES}
    second = SECOND % (kit_module.VAULT, account["tenant"], account["client"])
    shared = {"talos/%s.yaml" % kind: kit.base(kind).replace(kit.bundle_names(kit.base(kind))[0] + "#", "talos-{node:cluster}#")
              for kind in kit_module.NODES}
    shared.update({"clusters/other/flux-system/gotk-components.yaml": kit_module.COMPONENTS,
                   "clusters/other/flux-system/gotk-sync.yaml": kit_module.SYNC.replace("clusters/data", "clusters/other")})
    label = "machine: {nodeLabels: {example.com/%s: yes}}\n"
    folders = {"talos/%s/10-x.yaml" % name: label % name for name in ("data", "data.controlplane", "data.worker", "data-1")}
    rows = (("native", {}, None, kit_module.VERSIONS),
            ("kubernetes tree", dict(TREE, **{"kubernetes/flux/a.yaml": kit_module.COMPONENTS, "kubernetes/flux/b.yaml": SYNC}),
             ("    vault:", ROLE), kit_module.VERSIONS),
            ("flux-operator", dict(TREE, **{"kubernetes/flux/a.yaml": OPERATOR, "kubernetes/flux/b.yaml": INSTANCE, "bootstrap/pull.yaml": PULL}),
             ("    vault:", ROLE), kit_module.VERSIONS),
            ("folders of patches", folders, None, kit_module.VERSIONS),
            ("1.14's own form", newer, None, ("1.14",)),
            ("one vault, two clusters", shared, ("nodes:\n", second), kit_module.VERSIONS))
    names = kit.bundle_names("".join(kit.base(kind) for kind in kit_module.NODES))
    kit.serve(dict({name: kit.talos_bundle for name in names + [BUNDLE, "talos-data", "talos-other"]}, ghcr='{"auths": {}}'))
    for title, files, edit, versions in rows:
        name, where = "origins: site: " + title, kit.directory("origins", "site")
        site = kit.site(os.path.join(where, "site"), files)
        inventory = os.path.join(site, "hearth.yaml")
        with open(inventory) as source:
            text = source.read()
        text = text.replace(*edit, 1) if edit else text
        kit.write(inventory, text)
        if "  other:" in text:
            with open(os.path.join(site, ".hearth", "data.secret")) as source:
                os.chmod(kit.write(os.path.join(site, ".hearth", "other.secret"), source.read()), 0o600)
        # What was pushed as an artifact is not seen.
        partial = ["--partial"] if INSTANCE in files.values() else []
        status, _, err = kit.hearth("plan", "--all", "--site", site, *partial)
        kit.expect(name + ": plan --all", status == 0, err)
        for kind, node in kit_module.NODES.items():
            status, _, err = kit.hearth("check", "--site", site, "--facts", os.path.join(kit_module.HERE, "facts.json"), "--node", node, *partial)
            kit.expect("%s: check of %s" % (name, node), status == 0, err)
            status, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
            if kit.expect("%s: %s renders" % (name, node), status == 0, err):
                for version in versions:
                    status, _, err = kit.go(version, "validate", rendered)
                    kit.expect("%s: %s: Talos %s takes it" % (name, node, version), status == 0, err)
    with open(rendered) as source:
        kit.expect("origins: site: one vault: the other cluster is not in it", "other" not in source.read())


def check(kit):
    if base.bundles(kit):
        known = pointers(kit.talos_bundle)
        if kit.expect("origins: the bundle is read", len(known) == 14, str(sorted(known.values()))):
            bases(kit, known)
            newest(kit, known)
            sites(kit, known)
