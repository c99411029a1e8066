"""The example's machine configs in both forms: that of Talos 1.13, and 1.14's own, a document a subject.

Both are rendered for the first box of data, and for a worker, and asked through the interfaces that Talos asks: they
answer alike, but for the defaults that only 1.14's form has. Those stand in the guide, each by its word.
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


def files(kit, kind, form):
    """The example's own files of this machine type, and the overlays of its first box of data."""
    found = {}
    names = {"controlplane": ["controlplane", "data", "data-1"], "worker": ["worker"]}[kind]
    for name in names:
        status, text, err = kit.hearth("assets", "talos/%s.yaml" % name, "--talos", form)
        if not kit.expect("forms: %s of %s is in the program" % (name, form), status == 0, err):
            return None
        # data's overlay is for its control plane; here the role has a worker too.
        found["talos/%s.yaml" % ("data.controlplane" if name == "data" else name)] = text
    return found


def seen(kit, kind, form):
    """{path: value} of the rendered config, as Talos sees it."""
    name, where = "forms: %s in the form of %s" % (kind, form), kit.directory("forms", kind + "-" + form)
    laid = files(kit, kind, form)
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


def compare(kit, kind, used):
    old, new = seen(kit, kind, "1.13"), seen(kit, kind, "1.14")
    if old is None or new is None:
        return
    kit.expect("forms: %s: Talos was asked much" % kind, min(len(old), len(new)) > 100, "%d, %d" % (len(old), len(new)))
    key = [value for path, value in new.items() if path.startswith("K8sEtcdEncryptionConfig") and path.endswith("[secret]")]
    kit.expect("forms: %s: one key encrypts etcd" % kind, key == [old["Cluster.SecretboxEncryptionSecret"]] * (kind == "controlplane"))
    disks = old["Machine.Install.DiskMatchExpression"], new["UnattendedInstallConfig.VolumeSelector"]
    kit.expect("forms: %s: one disk" % kind, all(DISK in text for text in disks) and not new["UnattendedInstallConfig.VolumeWipe"], str(disks))
    unlisted = []
    for path in sorted(set(old) | set(new)):
        if old.get(path) == new.get(path):
            continue
        rows = [row for row in DEFAULTS if kind in row[0].split() and re.fullmatch(row[1], path)]
        rows += [row for row in SAME if re.fullmatch(row[0], path)]
        used.update(rows)
        if not rows:
            unlisted.append("%s: %s | %s" % (path, json.dumps(old.get(path)), json.dumps(new.get(path))))
    kit.expect("forms: %s: both say the same but for what is listed" % kind, not unlisted, "\n".join(unlisted))


def check(kit):
    if not base.bundles(kit):
        return
    kit.serve({"talos-secrets": kit.talos_bundle})
    with open(os.path.join(kit_module.REPO, "assets", "README.md")) as source:
        guide = source.read()
    used = set()
    for kind in kit_module.NODES:
        compare(kit, kind, used)
    stale = [row[-2] for row in DEFAULTS + SAME if row not in used]
    kit.expect("forms: every listed difference is one", not stale, "listed for nothing: " + ", ".join(stale))
    for _, _, word in DEFAULTS:
        kit.expect("forms: the guide names " + word, word in guide)
