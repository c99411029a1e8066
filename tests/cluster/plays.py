"""What is played, in this order: a cluster comes up, and then what people do to it and what happens to it.

A play of a finding has two halves. The first does what the tree or the guide once said and must go wrong as it did:
else the play proves nothing. The second does what they say now. Times are printed and never judged.
"""
import os
import re
import subprocess

import build
import charts
import flux_plays as flux
import home as home_module
import lan as lan_module
import operator_plays as operator
from cluster import wait
from stage import FLUX, KUSTOMIZATIONS, LONG, Stage


def tells(stage):
    """Becomes ready in the promised order: what needs secrets is not there before the canary has come from the
    vault."""
    node, seen, early = stage.node, {}, []
    namespace = {"data": "databases", "production": "miniflux"}[node.role]
    stage.say("laid:\n" + node.laid[1].rstrip())
    stage.expect("what hearth rendered is laid, by Talos's library", node.laid[0] == 0, node.laid[1])

    def all_ready():
        node.checked(lambda: True)
        found = node.get(KUSTOMIZATIONS) or {"items": []}
        for each in found["items"]:
            name = each["metadata"]["name"]
            for one in each.get("status", {}).get("conditions", []):
                if one["type"] == "Ready" and seen.get(name) != (one["status"], one.get("message")):
                    seen[name] = (one["status"], one.get("message"))
                    stage.say("%-18s %-8s %s" % (name, one["status"], one.get("message", "")[:140]))
        canary = stage.synced("external-secrets", "hearth-canary")
        if stage.there("/api/v1/namespaces/" + namespace) and not canary:
            early.append(namespace)
        return len(seen) >= 4 and all(status == "True" for status, _ in seen.values())
    try:
        wait("the cluster", LONG, all_ready, 1)
    except TimeoutError:
        stage.shown("get", "pods", "-A")
        stage.shown("get", "helmreleases,externalsecrets,ocirepositories,gitrepositories", "-A")
        raise
    stage.expect("everything is ready, from this tree and nothing else", True)
    stage.expect("nothing that needs secrets is there before the canary", not early, "namespace %s was" % namespace)


ORDER = {
    "data": [tells, flux.values_stay, operator.sync_sticks, operator.silent_fault, operator.locked_out, operator.rotation, operator.database_password,
             flux.dropped, flux.dead_git, flux.repair_is_read, flux.vault_is_down, flux.moved_file, flux.flux_leaves_git, flux.hand_over],
    "production": [tells, operator.database_password, flux.moved_file, flux.flux_collects_itself],
}
NAMES = sorted({play.__name__ for plays in ORDER.values() for play in plays})


def prepare(home, source):
    """The images that the pods of this tree ask for."""
    def fill(images):
        with open(os.path.join(home.site, "clusters", "data", FLUX, "gotk-components.yaml")) as text:
            for image in sorted(set(re.findall(r"image: (\S+)", text.read()))):
                program = os.path.join(build.BIN, re.search(r"/([a-z-]+):", image).group(1))
                images.program(image, program)
        images.program(charts.operator_image(source), os.path.join(build.BIN, "external-secrets"))
        stand = os.path.join(build.BIN, "stand")
        for name in list(charts.OURS) + [os.path.basename(charts.LOCAL_PATH[2])]:
            images.program(charts.STAND % name, stand)
        with open(os.path.join(home.site, "apps", "miniflux", "miniflux.yaml")) as text:
            images.program(re.search(r"image: (\S+)", text.read()).group(1), stand, ["STAND=:8080"])
    return fill


def run(kit, options, wanted, source, table):
    import pki
    network = lan_module.Lan(kit.directory("lan"), pki.Pki(os.path.join(kit.build, "pki")))
    kit.world = network.world
    with open(os.path.join(kit.build, "gitops", "crds")) as listed:
        directories = listed.read().split()
    charts.serve(network, directories, source, "ESO" in os.environ)
    home_module.Node.gitops = os.path.join(kit.build, "gitops", "gitops")
    home = home_module.Home(kit, network)
    wrong = home.make()
    if not kit.expect("the guide makes both clusters of the homelab", not wrong, "\n".join(wrong)):
        return
    for role, plays in ORDER.items():
        chosen = [play for play in plays if not wanted or play.__name__ in wanted]
        if not chosen:
            continue
        print("\n%s" % role, flush=True)
        node = home.start(role, prepare(home, source))
        stage = Stage(kit, home, node)
        stage.started = node.began
        try:
            for play in plays[:1] + [each for each in chosen if each is not plays[0]]:
                print("\n%s: %s" % (role, " ".join(play.__doc__.split())), flush=True)
                play(stage)
        finally:
            if options.shell:
                subprocess.run(["bash"], env=dict(os.environ, KUBECONFIG=node.kubeconfig, PATH=build.BIN + ":" + os.environ["PATH"]))
            home.stop(node)


def closing(table):
    """What was real in this run."""
    print("\nWhat was real")
    if not table:
        print("  nothing: it could not be built")
        return
    flux = ", ".join("%s %s" % (name, table[name]) for name in build.FLUX)
    newest = table["External Secrets"] == "v" + charts.OPERATOR[1]
    for name, state in [
        ("Kubernetes " + table["Kubernetes"], "real: API server, controllers, scheduler, kubelet, proxy, kubectl; etcd " + table["etcd"]),
        ("containers", "real: Debian's containerd %s and network plugins %s, runc" % tuple(table[name] for name in build.DEBS)),
        ("Flux", "real: %s; Helm: %s, in the place of Flux's fork; artifact: %s" % (flux, table["Helm"], table["artifact"])),
        ("External Secrets", "real: %s, Azure's provider alone%s; its own chart, CRDs put in as its release does" % (
            table["External Secrets"], "" if newest else " (the tree names %s, which no registry has as a module)" % charts.OPERATOR[1])),
        ("other charts", "ours, with the real CRDs: %s, local-path; their objects are set Ready when what they need is there" % ", ".join(charts.OURS)),
        ("miniflux", "a stand-in that answers its probes"),
        ("Entra, Key Vault", "tests/standin, under their real names"),
        ("Git, registry, DNS", "dropbear and git itself; small servers of ours, under their real names"),
        ("Talos", "what it does with manifests, and upgrade-k8s's part, by go-kubernetes; no node, no drain, no reboot"),
        ("flux " + table["flux"], "real, but for bootstrap, which needs what its release embeds"),
        ("az, talosctl", "stand-ins behind tables of their flags"),
        ("hearth", "real, with the example inside"),
    ]:
        print("  %-20s %s" % (name, state))
