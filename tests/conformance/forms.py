"""The example's machine configs in both forms: that of Talos 1.13, and 1.14's own, a document a subject.

Both are rendered for the first box of data, for that of production and for a worker, and asked through the
interfaces that Talos asks: they answer alike, but for the defaults that only 1.14's form has. Those stand in the
guide, each by its word. Every file of 1.14's talos/examples is laid over its base, and Talos 1.14 takes what comes of
it. The patches of the old form that people have are refused by both on a base of 1.14, and hearth says which document
is written instead.
"""
import json
import os
import re

import base
import kit as kit_module

NEEDS = ("go", "world")
# Of facts.json.
DISK = "naa.50026b7700c0ffee"
# (machine types, path, the word of the guide). An entry that nothing needs any more is a failure too.
DEFAULTS = [
    ("controlplane worker", r"FilesystemTrimConfig(\..*)?", "FilesystemTrimConfig"),
    ("controlplane worker", r"SecurityProfileConfig(\..*)?", "SecurityProfileConfig"),
    ("controlplane worker", r"Volumes\[EPHEMERAL\]\.Mount\.Secure", "`secure: true`"),
    ("controlplane", r"K8sAuthenticationConfig(\..*)?|K8sAPIServerConfig\.UseAuthenticationConfig", "KubeAuthenticationConfig"),
    ("controlplane", r"K8sAPIServerConfig\.StartupProbesEnabled", "startup probe"),
    ("controlplane", r"K8sAPIServerConfig\.ExtraVolumes\[0\](\..*)?", "`/etc/ssl/certs`"),
    ("controlplane", r"K8sProxyConfig\.UseConfigFile", "kube-proxy's settings"),
]
# What is said in two ways and means the same: (path, why).
SAME = [
    (r"Cluster\.Discovery\..*|DiscoveryServiceConfigs\[0\]\.Name", "the service is a document, under a name; where it is does not differ"),
    (r"K8s(APIServer|ControllerManager|Scheduler)Config\.Resources(\..*)?", "none are asked for"),
    (r"K8sAuthorizerConfigs.*|K8sAPIServerConfig\.InjectDefaultAuthorizers", "Node and RBAC are written out"),
    (r"K8sCredentialProviderConfig", "an old kubelet: always has the part, with nothing in it"),
    (r"K8sFlannelCNIConfig(\..*)?", "of a worker, which lays no manifest"),
    (r"Machine\.Install\..*|UnattendedInstallConfig(\..*)?", "the install is a document; its disk is compared by itself"),
    (r"Volumes\[EPHEMERAL\]\.Name", "of a worker, which has no document on it otherwise"),
    (r"Cluster\.SecretboxEncryptionSecret|K8sEtcdEncryptionConfig(\..*)?", "the key is in a document; it is compared by itself"),
]


# {whose: (machine type, {file of the example: where it lies in a site of one role})}. data's overlay is for its control
# plane; here the role has a worker too. The box of production is the first of that site.
BOXES = {"data": ("controlplane", {"controlplane": "controlplane", "data": "data.controlplane", "data-1": "data-1"}),
         "production": ("controlplane", {"controlplane": "controlplane", "production-1": "data-1"}),
         "worker": ("worker", {"worker": "worker"})}


# (a patch as it is written for 1.13, the document that has it on a base of 1.14)
PATCHES = [("machine: {network: {nameservers: [192.0.2.1]}}", "ResolverConfig"), ("machine: {install: {wipe: false}}", "UnattendedInstallConfig"),
           ("machine: {nodeLabels: {example.com/a: b}}", "KubeNodeConfig"), ("machine: {nodeTaints: {example.com/a: 'b:NoSchedule'}}", "KubeNodeConfig"),
           ("machine: {kubelet: {extraArgs: {rotate-server-certificates: 'true'}}}", "KubeletConfig"),
           ("machine: {features: {kubePrism: {enabled: true, port: 7445}}}", "KubePrismConfig"),
           ("cluster: {clusterName: data}", "KubeClusterConfig"), ("cluster: {allowSchedulingOnControlPlanes: true}", "KubeNodeConfig"),
           ("cluster: {network: {cni: {name: none}}}", "KubeNetworkConfig"), ("cluster: {proxy: {disabled: true}}", "KubeProxyConfig"),
           ("cluster: {apiServer: {certSANs: [a.example]}}", "KubeAPIServerConfig"),
           ("cluster: {controllerManager: {extraArgs: {bind-address: 0.0.0.0}}}", "KubeControllerManagerConfig"),
           ("cluster: {discovery: {enabled: false}}", "DiscoveryServiceConfig"), ("cluster: {coreDNS: {disabled: true}}", "KubeCoreDNSConfig")]


def files(kit, box, form):
    """The example's own files of this box."""
    found = {}
    for name, place in BOXES[box][1].items():
        status, text, err = kit.hearth("assets", "talos/%s.yaml" % name, "--talos", form)
        if not kit.expect("forms: %s of %s is in the program" % (name, form), status == 0, err):
            return None
        found["talos/%s.yaml" % place] = text
    return found


def seen(kit, box, form):
    """{path: value} of the rendered config, as Talos sees it."""
    name, where, kind = "forms: %s in the form of %s" % (box, form), kit.directory("forms", box + "-" + form), BOXES[box][0]
    laid = files(kit, box, form)
    status, rendered, err = kit.render(kit.site(os.path.join(where, "site"), laid), os.path.join(where, "out"), kind)
    if not kit.expect(name + ": renders", status == 0, err):
        return None
    for version in kit_module.VERSIONS if form == "1.13" else ("1.14",):
        status, _, err = kit.go(version, "validate", rendered)
        kit.expect("%s: Talos %s takes it" % (name, version), status == 0, err)
    status, out, err = kit.go("1.14", "sight", rendered)
    if not kit.expect(name + ": Talos reads it", status == 0, err):
        return None
    rows = [json.loads(line) for line in out.splitlines()]
    return {row["path"]: row["value"] for row in rows}


def compare(kit, box, used):
    kind = BOXES[box][0]
    old, new = seen(kit, box, "1.13"), seen(kit, box, "1.14")
    if old is None or new is None:
        return
    kit.expect("forms: %s: Talos was asked much" % box, min(len(old), len(new)) > 100, "%d, %d" % (len(old), len(new)))
    key = [value for path, value in new.items() if path.startswith("K8sEtcdEncryptionConfig") and path.endswith("[secret]")]
    kit.expect("forms: %s: one key encrypts etcd" % box, key == [old["Cluster.SecretboxEncryptionSecret"]] * (kind == "controlplane"))
    disks = old["Machine.Install.DiskMatchExpression"], new["UnattendedInstallConfig.VolumeSelector"]
    kit.expect("forms: %s: one disk" % box, all(DISK in text for text in disks) and not new["UnattendedInstallConfig.VolumeWipe"], str(disks))
    unlisted = []
    for path in sorted(set(old) | set(new)):
        if old.get(path) == new.get(path):
            continue
        rows = [row for row in DEFAULTS if kind in row[0].split() and re.fullmatch(row[1], path)]
        rows += [row for row in SAME if re.fullmatch(row[0], path)]
        used.update(rows)
        if not rows:
            unlisted.append("%s: %s | %s" % (path, json.dumps(old.get(path)), json.dumps(new.get(path))))
    kit.expect("forms: %s: both say the same but for what is listed" % box, not unlisted, "\n".join(unlisted))


def examples(kit):
    """Each of 1.14's examples over its base; the one of Cilium wants its manifest, and is refused without."""
    site = kit.directory("forms", "example")
    status, _, err = kit.hearth("assets", "--talos", "1.14", "--out", os.path.join(site, "homelab"))
    folder = os.path.join(site, "homelab", "talos", "examples")
    names = sorted(os.listdir(folder)) if status == 0 else []
    kit.expect("forms: the examples of 1.14 are there", len(names) > 5, err)
    for name in names:
        title, where = "forms: examples/%s on a base of 1.14" % name, kit.directory("forms", "example-" + name)
        with open(os.path.join(folder, name)) as source:
            laid = dict(files(kit, "data", "1.14"), **{"talos/data-1.yaml": source.read()})
        if name == "cilium.yaml":
            status, _, err = kit.render(kit.site(os.path.join(where, "bare"), laid), os.path.join(where, "no"))
            kit.expect(title + ", without Cilium's manifest, is refused", status == 3 and "nothing inlined is a CNI" in err, err)
            laid["bootstrap/cilium.yaml"] = base.CILIUM
        status, rendered, err = kit.render(kit.site(os.path.join(where, "site"), laid), os.path.join(where, "out"))
        if kit.expect(title + " renders", status == 0, err):
            status, _, err = kit.go("1.14", "validate", rendered)
            kit.expect(title + ": Talos 1.14 takes it", status == 0, err)
    older = dict(files(kit, "production", "1.13"), **{"talos/controlplane.yaml": files(kit, "production", "1.14")["talos/controlplane.yaml"]})
    status, _, err = kit.render(kit.site(os.path.join(site, "older"), older), os.path.join(site, "older-out"))
    kit.expect("forms: an overlay of the old form on a base of 1.14 is refused, with the document", status == 3 and "KubeNodeConfig" in err, err)


def patches(kit):
    """What is refused on a base of 1.14: by Talos's own patcher and Validate, and by hearth with the document."""
    whole = os.path.join(kit.work, "forms", "data-1.14", "out", "machine-config.yaml")
    for patch, document in PATCHES:
        name, where = "forms: %s on a base of 1.14" % patch, kit.directory("forms", "patch")
        status, merged, err = kit.go("1.14", "merge", whole, kit.write(os.path.join(where, "patch.yaml"), patch + "\n"))
        if status == 0:
            status, _, err = kit.go("1.14", "validate", kit.write(os.path.join(where, "merged.yaml"), merged))
        kit.expect(name + ": Talos 1.14 refuses it", status != 0)
        site = kit.site(os.path.join(where, "site"), dict(files(kit, "data", "1.14"), **{"talos/data-1.yaml": patch + "\n"}))
        status, _, err = kit.render(site, os.path.join(where, "out"))
        kit.expect(name + ": hearth names the document and the line", status == 3 and ": %s and " % document in err and
                   "write it into the document, and the field (talos/data-1.yaml:1) goes" in err, err)


def check(kit):
    if not base.bundles(kit):
        return
    kit.serve({"talos-secrets": kit.talos_bundle})
    with open(os.path.join(kit_module.REPO, "assets", "README.md")) as source:
        guide = source.read()
    used = set()
    for box in BOXES:
        compare(kit, box, used)
    examples(kit)
    patches(kit)
    stale = [row[-2] for row in DEFAULTS + SAME if row not in used]
    kit.expect("forms: every listed difference is one", not stale, "listed for nothing: " + ", ".join(stale))
    for _, _, word in DEFAULTS:
        kit.expect("forms: the guide names " + word, word in guide)
