"""Flux and Git: what leaves, what is moved, what is broken and repaired, and the way out of Flux's hands."""
import json
import os
import re
import subprocess
import time

from cluster import wait
from stage import FLUX, KUSTOMIZATIONS


def holds(have, wanted):
    """Whether all of a value of the file is in the cluster, with whatever the server put beside it."""
    if isinstance(wanted, dict):
        return isinstance(have, dict) and all(holds(have.get(key), value) for key, value in wanted.items())
    return have == wanted


def variables(deployment):
    """{(container, name): the entry} of a Deployment's env."""
    return {(container["name"], entry["name"]): entry for container in deployment["spec"]["template"]["spec"]["containers"]
            for entry in container.get("env", [])}


def values_stay(stage):
    """Talos lays Flux, and Flux applies the same file by force: every env entry has its value after that, though the
    server has completed some (fieldRef, resourceFieldRef), which makes another value of the same text."""
    stage.applied("flux-system")
    path = os.path.join(stage.home.site, "clusters", stage.node.role, FLUX, "gotk-components.yaml")
    objects = [json.loads(line) for line in subprocess.check_output([stage.node.gitops, "json", path]).splitlines()]
    wrong, count = [], 0
    for wanted in (each for each in objects if each["kind"] == "Deployment"):
        name = wanted["metadata"]["name"]
        have = variables(stage.node.get("/apis/apps/v1/namespaces/flux-system/deployments/" + name))
        for key, entry in variables(wanted).items():
            count += 1
            if not holds(have.get(key), entry):
                wrong.append("%s: %s is %s, and the file says %s" % (name, key[1], have.get(key), entry))
    stage.expect("after Flux's first reconcile each of %d env entries has its value" % count, count > 4 and not wrong, "\n".join(wrong))


LIMITS = """\
  - target: { kind: Deployment, name: notification-controller }
    patch: |
      - op: remove
        path: /spec/template/spec/containers/0/resources/limits
"""


def dropped(stage):
    """A push takes a field away from one of Flux's own Deployments. (finding 5)"""
    home, path = stage.home, "clusters/data/flux-system/kustomization.yaml"
    deployment = "/apis/apps/v1/namespaces/flux-system/deployments/notification-controller"

    def limits():
        return stage.node.get(deployment)["spec"]["template"]["spec"]["containers"][0].get("resources", {}).get("limits")
    def pushed(text, message):
        with open(os.path.join(home.site, path), "w") as out:
            out.write(text)
        commit = home.push(message)
        stage.fetched(commit)
        stage.applied("flux-system", commit)
        stage.settled("kustomize-controller")
        stage.applied("flux-system")

    def upgraded(which):
        """upgrade-k8s, and what it costs: objects in the dry run, restarts of kustomize-controller until Flux has put
        itself right."""
        _, said = stage.node.upgrade_k8s(dry=True)
        first = stage.generation("kustomize-controller")
        stage.node.upgrade_k8s()
        stage.settled("kustomize-controller")
        stage.applied("flux-system")
        stage.settled("kustomize-controller")
        stage.say("upgrade-k8s, %s: %d objects in the dry run, kustomize-controller started anew %d times" % (
            which, len(said.splitlines()), stage.generation("kustomize-controller") - first))
    with open(os.path.join(home.site, path)) as text:
        before = text.read()
    old = re.sub(r"  # What Git drops shall go(?:.*\n)+", "", before)
    if old != before:
        upgraded("Flux takes over from Talos")
    pushed(old, "Nobody takes over from Talos")
    stage.node.upgrade_k8s()
    stage.applied("flux-system")
    upgraded("nobody takes over")
    pushed(old + LIMITS, "No limits")
    wait("Flux to say True", 300, lambda: stage.kustomization("flux-system")[0] == "True")
    stage.expect("before: without --override-manager=talos the limits stay, and Flux says True", limits() is not None, "they are gone")
    pushed(before + LIMITS, "No limits, as the example has it")
    stage.applied("flux-system")
    stage.expect("after: they go", limits() is None, "limits: %s" % limits())
    status, said = stage.node.upgrade_k8s(dry=True)
    stage.say("upgrade-k8s --dry-run then lists %d objects:\n%s" % (len(said.splitlines()), said.strip()[:900]))
    stage.expect("upgrade-k8s would prune nothing", status == 0 and not re.search("prune|delete", said, re.I), said)
    pushed(before, "The limits are back")
    stage.expect("and come back", bool(wait("the limits", 120, limits)))


def vault_is_down(stage):
    """The vault is away for longer than a refresh, and somebody pushes a change of the database."""
    home = stage.home
    home.lan.azure.config["faults"] = [{"role": "vault", "path": "*", "kv": "unavailable"}]
    try:
        wait("the canary to notice", 700, lambda: stage.external("external-secrets", "hearth-canary")[0] == "False", 5)
        stage.say("the canary is False by itself")
        cluster = "/apis/postgresql.cnpg.io/v1/namespaces/databases/clusters/postgres"
        before = home.edit("databases/postgres/cluster.yaml", lambda text: text.replace('max_connections: "60"', 'max_connections: "61"'))
        commit = home.push("A change of the database")
        stage.fetched(commit)
        wait("the change in the cluster", 300, lambda: stage.node.get(cluster)["spec"]["postgresql"]["parameters"]["max_connections"] == "61", 2)
        stage.expect("a push of the database is applied while the vault is down", True)
    except TimeoutError as late:
        stage.expect("a push of the database is applied while the vault is down", False, str(late))
    finally:
        stage.faces()
        home.lan.azure.config["faults"] = []
    with open(os.path.join(home.site, "databases/postgres/cluster.yaml"), "w") as out:
        out.write(before)
    stage.fetched(home.push("And back"))
    wait("all is well again", 900, stage.all_well, 3)


def repair_is_read(stage):
    """A first boot that fails is repaired by a push: when is the push read? (item 7)"""
    home, path = stage.home, "infrastructure/controllers/data/local-path.yaml"
    before = home.edit(path, lambda text: text.replace("chart: deploy/chart/local-path-provisioner", "chart: deploy/chart/nowhere"))
    commit = home.push("A chart that is not there")
    stage.fetched(commit)
    stage.request(KUSTOMIZATIONS, "infra-controllers")
    wait("Flux to wait for it", 300, lambda: stage.kustomization("infra-controllers")[0] == "Unknown", 1)
    time.sleep(20)
    stage.faces()
    stage.flux("get", "helmreleases", "-A")
    with open(os.path.join(home.site, path), "w") as out:
        out.write(before)
    began, seen = time.monotonic(), set()
    commit = home.push("The chart that is there")
    stage.fetched(commit)

    def is_read():
        found = stage.node.get(KUSTOMIZATIONS + "/infra-controllers")["status"]
        seen.update(each.get("message", "") for each in found["conditions"])
        return commit in str(found.get("lastAttemptedRevision"))
    wait("the repair", 900, is_read, 1)
    stage.say("read %.0f s after the push" % (time.monotonic() - began))
    wait("all is well", 900, lambda: stage.kustomization("infra-controllers")[0] == "True", 2)
    gate = "CancelHealthCheckOnNewRevision" in str(stage.node.get("/apis/apps/v1/namespaces/flux-system/deployments/kustomize-controller")["spec"])
    gave_up = [text for text in seen if "timeout waiting for" in text]
    stage.expect("a repair is read while Flux still waits for what it repairs", gate and not gave_up, "gate %s, %s" % (gate, gave_up))


def dead_git(stage):
    """The Git host is gone: who says so? (finding 7)"""
    forge = stage.home.lan.forge
    sources = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories"
    wait("the play before to settle", 900, stage.all_well, 2)
    forge.stop()
    try:
        stage.request(sources, FLUX)
        wait("source-controller to notice", 300, lambda: stage.ready(sources, FLUX)[0] == "False")
        shown = stage.faces()
        stage.expect("`flux get kustomizations` knows nothing of it", not re.search(r"False\s+(False|Unknown)\b", shown), shown)
        shown = stage.flux("get", "sources", "git", "-A")
        stage.expect("`flux get sources git -A` does, as the guide's step 12 says", "unable to clone" in shown or "failed to" in shown, shown)
    finally:
        forge.start()
    stage.request(sources, FLUX)
    wait("Git", 300, lambda: stage.ready(sources, FLUX)[0] == "True")


OLD_PATCH = """\
patches:
  - target: { kind: Namespace|CustomResourceDefinition }
    patch: |
      apiVersion: v1
      kind: Namespace
      metadata:
        name: any
        annotations:
          kustomize.toolkit.fluxcd.io/prune: disabled
"""


def moved_file(stage):
    """A Kustomization of clusters/ is renamed, or its file is lost."""
    home, role = stage.home, stage.node.role
    name = {"data": "databases", "production": "apps"}[role]
    space = {"data": "databases", "production": "miniflux"}[role]
    text = home.edit("clusters/%s/%s.yaml" % (role, name), lambda text: text + "\n")
    os.unlink(os.path.join(home.site, "clusters", role, name + ".yaml"))
    commit = home.push("The file is lost")
    stage.fetched(commit)
    stage.applied("flux-system", commit)
    time.sleep(10)
    stage.expect("a file of clusters/ that is lost deletes nothing", stage.there(KUSTOMIZATIONS + "/" + name) and
                 stage.there("/api/v1/namespaces/" + space), "Kustomization %s or namespace %s is gone" % (name, space))
    with open(os.path.join(home.site, "clusters", role, name + ".yaml"), "w") as out:
        out.write(text)
    commit = home.push("It is found")
    stage.fetched(commit)
    stage.applied("flux-system", commit)


def flux_leaves_git(stage):
    """flux-system/ leaves Git, as by a wrong `git rm`. (finding 1)"""
    home, role = stage.home, stage.node.role
    folder = "clusters/%s/flux-system" % role
    home.git("rm", "-rq", folder)
    commit = home.push("flux-system leaves Git")
    stage.fetched(commit)
    stage.applied("flux-system", commit)
    time.sleep(10)
    names = [each["metadata"]["name"] for each in stage.node.get("/apis/apps/v1/namespaces/flux-system/deployments")["items"]]
    stage.expect("nothing of Flux is deleted", len(names) >= 4 and stage.kustomization("flux-system")[0] == "True",
                 "there are %s; flux-system is %s" % (names, stage.kustomization("flux-system")))
    home.git("revert", "--no-edit", "HEAD")
    stage.fetched(home.push("It is back"))


def flux_collects_itself(stage):
    """The same with the patch that the tree once had, and the guide's way out. Last: it may be this cluster's end.
    (finding 1)"""
    home, node, role = stage.home, stage.node, stage.node.role
    folder = "clusters/%s/flux-system" % role
    space = {"data": "databases", "production": "miniflux"}[role]
    home.edit(folder + "/kustomization.yaml", lambda text: text[:text.index("\n#") + 1] + OLD_PATCH)
    for name in ("infrastructure", {"data": "databases", "production": "apps"}[role]):
        try:
            home.edit("clusters/%s/%s.yaml" % (role, name), lambda text: re.sub(
                "  annotations:\n    kustomize.toolkit.fluxcd.io/prune: disabled\n", "", text))
        except RuntimeError:
            pass  # a tree that has none
    commit = home.push("What the tree once had")
    stage.fetched(commit)
    stage.applied("flux-system", commit)
    stage.settled("kustomize-controller")
    deployments = "/apis/apps/v1/namespaces/flux-system/deployments"

    def collected():
        home.git("rm", "-rq", folder)
        lost = home.push("flux-system leaves Git")
        stage.request("/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories", FLUX)
        stage.fetched(lost)
        stage.request(KUSTOMIZATIONS, "flux-system")
        began = time.monotonic()
        wait("Flux to be gone", 300, lambda: not stage.node.get(deployments)["items"], 1)
        stage.say("its Deployments are gone %.0f s later; Kustomization flux-system: deletionTimestamp %s, finalizers %s" % (
            time.monotonic() - began, *stage.ending("flux-system")))
        return lost

    def revived():
        node.lay()
        stage.say("a reboot lays nothing anew: %s" % [each["metadata"]["name"] for each in stage.node.get(deployments)["items"]])
        status, said = node.upgrade_k8s()
        stage.say("upgrade-k8s: %d objects created\n%s" % (said.count("created"), said[-300:]))
        stage.settled("kustomize-controller", 300)
    lost = collected()
    stage.expect("before: Flux deletes itself, and its Kustomization waits for its own end", bool(stage.ending("flux-system")[0]))
    shell = stage.functions()
    block = stage.block("finalizers", after="Flux is gone")
    if block:
        stage.say(shell.run(stage.named(block).replace("COMMIT", lost), quiet=True).rstrip()[-1500:])
        stage.settled("kustomize-controller", 300)
        time.sleep(60)
        stage.expect("the guide's way out brings Flux back, and the apps stay",
                     stage.there("/api/v1/namespaces/" + space) and stage.there(KUSTOMIZATIONS + "/infra-configs") and
                     not stage.ending("flux-system")[0], "namespace %s: %s" % (space, stage.there("/api/v1/namespaces/" + space)))
        stage.applied("flux-system")
        collected()
    home.git("revert", "--no-edit", "HEAD")
    home.push("It is back")
    revived()
    time.sleep(60)
    gone = [name for name in ("apps", "databases", "infra-configs") if stage.ending(name)[0] or (
        name in ("infra-configs", {"data": "databases", "production": "apps"}[role]) and not stage.there(KUSTOMIZATIONS + "/" + name))]
    stage.expect("before: revived without that, it goes on deleting", bool(gone), "nothing was deleted")
    stage.say("deleted, or waiting for its end: %s; namespace %s is there: %s" % (gone, space, stage.there("/api/v1/namespaces/" + space)))
    shell.end()


def hand_over(stage):
    """The guide's hand-over, and what upgrade-k8s does after it."""
    shell = stage.functions()
    block = stage.block("NONE=", after="Hand-over")
    lines = [line for line in block.splitlines() if not line.startswith("flux bootstrap")]
    stage.say(shell.run("\n".join(lines)).rstrip()[-700:])
    stage.expect("every command of the hand-over", not shell.wrong, "\n".join(shell.wrong))
    status, said = stage.node.upgrade_k8s()
    stage.expect("upgrade-k8s after it deletes nothing", status == 0 and "deleted" not in said, said[-800:])
    stage.expect("Flux is there and True", stage.kustomization("flux-system")[0] == "True")
    shell.end()
