"""The plain base against Talos's own generate package, and the fields without which a config is useless.

For a bundle made by Talos and one made with openssl, for both machine types: what hearth renders from the example's
base, without overlays, is what `talosctl gen config` writes for contract 1.13, but for the differences listed here.
Talos's loader (unknown keys are errors) and its validation for metal take it, in both versions.
"""
import glob
import json
import os
import re

import kit as kit_module

NEEDS = ("go", "world")
CLUSTER, ENDPOINT = "data", "https://192.168.1.10:6443"

# (machine types, path, why hearth's document differs). An entry that nothing needs any more is a failure too.
DIFFERENCES = [
    ("controlplane worker", r"machine\.install\.diskSelector", "hearth chooses the install disk from the facts"),
    ("controlplane worker", r"\[HostnameConfig\]\.auto", "the node has the name of its entry"),
    ("controlplane worker", r"\[HostnameConfig\]\.hostname", "the node has the name of its entry"),
    ("controlplane", r"cluster\.inlineManifests", "Flux and the bootstrap manifests: what hearth is for"),
]

# (machine types, path): without it the node can do nothing, though Talos's validation may say nothing.
NEEDED = [
    ("controlplane worker", "machine.token"),
    ("controlplane worker", "machine.ca"),
    ("controlplane worker", "machine.ca.crt"),
    ("controlplane", "machine.ca.key"),
    ("controlplane worker", "machine.kubelet"),
    ("controlplane worker", "cluster.id"),
    ("controlplane worker", "cluster.secret"),
    ("controlplane worker", "cluster.controlPlane"),
    ("controlplane worker", "cluster.controlPlane.endpoint"),
    ("controlplane worker", "cluster.network"),
    ("controlplane worker", "cluster.network.dnsDomain"),
    ("controlplane worker", "cluster.network.podSubnets"),
    ("controlplane worker", "cluster.network.serviceSubnets"),
    ("controlplane worker", "cluster.token"),
    ("controlplane worker", "cluster.ca"),
    ("controlplane worker", "cluster.ca.crt"),
    ("controlplane", "cluster.ca.key"),
    ("controlplane", "cluster.secretboxEncryptionSecret"),
    ("controlplane", "cluster.aggregatorCA"),
    ("controlplane", "cluster.aggregatorCA.crt"),
    ("controlplane", "cluster.aggregatorCA.key"),
    ("controlplane", "cluster.serviceAccount"),
    ("controlplane", "cluster.serviceAccount.key"),
    ("controlplane", "cluster.etcd"),
    ("controlplane", "cluster.etcd.ca"),
    ("controlplane", "cluster.etcd.ca.crt"),
    ("controlplane", "cluster.etcd.ca.key"),
]

# (path, overlay): what a worker must not carry. Talos refuses the first three; the others are keys of the cluster.
FORBIDDEN = [
    ("machine.ca.key", "machine: {ca: {key: !secret %s#/certs/os/key}}"),
    ("cluster.ca.key", "cluster: {ca: {key: !secret %s#/certs/k8s/key}}"),
    ("cluster.etcd", "cluster: {etcd: {ca: {crt: !secret %s#/certs/etcd/crt}}}"),
    ("cluster.aggregatorCA", "cluster: {aggregatorCA: {key: !secret %s#/certs/k8saggregator/key}}"),
    ("cluster.serviceAccount", "cluster: {serviceAccount: {key: !secret %s#/certs/k8sserviceaccount/key}}"),
    ("cluster.secretboxEncryptionSecret",
     "cluster: {secretboxEncryptionSecret: !secret %s#/secrets/secretboxencryptionsecret}"),
]


# (overlay, what stands there, what its comment offers)
OFFERED = [
    ("data-1.yaml", "match: system_disk", 'match: disk.transport == "nvme" && !system_disk'),
    ("examples/state-encryption.yaml", "nodeID: {}", "tpm: {}"),
]
WRONG = "a VLAN that cannot be"
# What the guide's `helm template` makes, as far as hearth looks at it.
CILIUM = """apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {kube-proxy-replacement: "true"}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cilium, namespace: kube-system}
"""


def bundles(kit):
    """{how it was made: its text}. Made once for all subjects; kit.talos_bundle is the one by Talos itself."""
    import bundle
    if kit.bundles:
        return kit.bundles
    status, text, err = kit.go("1.13", "bundle")
    if not kit.expect("base: Talos makes a bundle", status == 0, err):
        return {}
    made = {"go": text, "openssl": bundle.to_yaml(bundle.talos_bundle(2048))}
    for name, text in made.items():
        kit.write(os.path.join(kit.work, "bundle-%s.yaml" % name), text)
    kit.bundles, kit.talos_bundle = made, made["go"]
    return made


def serve(kit, text):
    kit.serve({name: text for kind in kit_module.NODES for name in kit.bundle_names(kit.base(kind))})


def compare(kit, name, kind, golden, rendered, used):
    found = kit.differences("1.14", golden, rendered, talos=False)
    if not kit.expect(name + ": both sides are YAML", isinstance(found, list), str(found)):
        return
    unlisted = []
    for difference in found:
        for row in DIFFERENCES:
            if kind in row[0].split() and re.fullmatch(row[1], difference["path"]):
                used.add(row)
                break
        else:
            unlisted.append(json.dumps(difference)[:250])
    kit.expect(name + ": equals Talos's own but for what is listed", not unlisted, "\n".join(unlisted))


def plain(kit, made):
    used = set()
    for maker, text in made.items():
        serve(kit, text)
        for kind in kit_module.NODES:
            name = "base: %s, bundle by %s" % (kind, maker)
            where = kit.directory("base", maker + "-" + kind)
            site = kit.site(os.path.join(where, "site"), {})
            status, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
            if not kit.expect(name + ": renders", status == 0, err):
                continue
            kubernetes = re.search(r"kubelet:v([0-9.]+)", kit.base(kind)).group(1)
            for version in kit_module.VERSIONS:
                status, golden, err = kit.go(version, "generate", os.path.join(kit.work, "bundle-%s.yaml" % maker),
                                             kind, CLUSTER, ENDPOINT, kubernetes)
                if kit.expect("%s: Talos %s generates" % (name, version), status == 0, err):
                    path = kit.write(os.path.join(where, "golden-%s.yaml" % version), golden)
                    compare(kit, "%s, %s" % (name, version), kind, path, rendered, used)
                status, _, err = kit.go(version, "validate", rendered)
                kit.expect("%s: Talos %s takes it" % (name, version), status == 0, err)
    stale = [row[1] for row in DIFFERENCES if row not in used]
    kit.expect("base: every listed difference is one", not stale, "listed for nothing: " + ", ".join(stale))


def overlay_without(path):
    """The overlay that deletes a path."""
    keys = path.split(".")
    lines = ["  " * depth + key + ":" for depth, key in enumerate(keys)]
    return "\n".join(lines) + "\n" + "  " * len(keys) + "$patch: delete\n"


def refused(kit, name, kind, overlay, path):
    where = kit.directory("useless")
    site = kit.site(os.path.join(where, "site"), {"talos/%s.yaml" % kit_module.NODES[kind]: overlay})
    status, rendered, err = kit.render(site, os.path.join(where, "out"), kind)
    kit.expect(name, status == 3 and path in err and not os.path.exists(rendered),
               "exit %d, and it must be 3 and name %s\n%s" % (status, path, err))


def useless(kit, text):
    serve(kit, text)
    for kinds, path in NEEDED:
        for kind in kinds.split():
            refused(kit, "base: %s without %s is refused" % (kind, path), kind, overlay_without(path), path)
    secret = kit.bundle_names(kit.base("controlplane"))[0]
    for path, overlay in FORBIDDEN:
        refused(kit, "base: worker with %s is refused" % path, "worker", overlay % secret + "\n", path)


def overlays(kit, text):
    """Every other file of the example's talos/, what its comments offer instead, and one that must not pass."""
    serve(kit, text)
    found = {}
    for path in glob.glob(os.path.join(kit_module.REPO, "assets", "talos", "**", "*.yaml"), recursive=True):
        name = os.path.relpath(path, os.path.join(kit_module.REPO, "assets", "talos"))
        with open(path) as source:
            found[name] = source.read()
    for kind in kit_module.NODES:
        del found[kind + ".yaml"]
    odd = {name: found[name].replace(old, new) for name, old, new in OFFERED}
    kit.expect("base: the comments of the overlays offer what the test tries", len(found) > 7 and all(
        odd[name] != found[name] for name in odd), str(sorted(found)))
    found.update({name + ", as its comment says": text for name, text in odd.items()})
    found[WRONG] = found["examples/vip-and-vlan.yaml"].replace("vlanID: 20", "vlanID: 5000")
    for name, overlay in sorted(found.items()):
        where = kit.directory("overlay")
        site = kit.site(os.path.join(where, "site"), {"talos/%s.yaml" % kit_module.NODES["controlplane"]: overlay})
        status, rendered, err = kit.render(site, os.path.join(where, "out"), "controlplane")
        if "cilium" in name:
            kit.expect("base: %s without Cilium's manifest is refused" % name, status == 3 and "nothing inlined is a CNI" in err, err)
            kit.write(os.path.join(site, "bootstrap", "cilium.yaml"), CILIUM)
            status, rendered, err = kit.render(site, os.path.join(where, "out"), "controlplane")
        if name == WRONG:
            kit.expect("base: %s is refused" % name, status == 3 and "vlanID" in err, "exit %d\n%s" % (status, err))
            continue
        if not kit.expect("base: %s renders" % name, status == 0, err):
            continue
        for version in kit_module.VERSIONS:
            status, _, err = kit.go(version, "validate", rendered)
            kit.expect("base: %s: Talos %s takes it" % (name, version), status == 0, err)


def check(kit):
    made = bundles(kit)
    if made:
        plain(kit, made)
        overlays(kit, made["go"])
        useless(kit, made["go"])
