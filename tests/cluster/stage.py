"""What a play has around it: the count, the home, the cluster that runs, a clock, and ways to look and to do."""
import base64
import os
import re
import subprocess
import time

import build
import guide as guide_module
from cluster import wait

FLUX = "flux-system"
KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations"
EXTERNAL = "/apis/external-secrets.io/v1/namespaces/%s/externalsecrets"
LONG = 1500


class Stage:
    """A play's surroundings: the count, the home, the cluster that runs, and a clock."""

    def __init__(self, kit, home, node):
        self.kit, self.home, self.node = kit, home, node
        self.started = time.monotonic()

    def say(self, text):
        for line in text.splitlines() or [""]:
            print("  %5.0f s  %s" % (time.monotonic() - self.started, line), flush=True)

    def expect(self, name, good, why=""):
        return self.kit.expect("%s: %s" % (self.node.role, name), good, why)

    # -- looking

    def ready(self, path, name):
        """(status, message) of the condition Ready; (None, "") where there is none."""
        found = self.node.get(path + "/" + name)
        for each in (found or {}).get("status", {}).get("conditions", []):
            if each["type"] == "Ready":
                return each["status"], each.get("message", "")
        return None, ""

    def kustomization(self, name):
        return self.ready(KUSTOMIZATIONS, name)

    def all_well(self):
        """Whether every Kustomization is ready."""
        return all(self.kustomization(each["metadata"]["name"])[0] == "True" for each in self.node.get(KUSTOMIZATIONS)["items"])

    def external(self, namespace, name):
        return self.ready(EXTERNAL % namespace, name)

    def synced(self, namespace, name):
        return self.external(namespace, name)[0] == "True"

    def secret(self, namespace, name, key):
        found = self.node.get("/api/v1/namespaces/%s/secrets/%s" % (namespace, name))
        text = ((found or {}).get("data") or {}).get(key)
        return base64.b64decode(text).decode() if text is not None else None

    def there(self, path):
        return self.node.get(path) is not None

    # -- doing

    def request(self, path, name):
        """What `flux reconcile` asks for."""
        self.node.api("PATCH", "%s/%s?fieldManager=flux" % (path, name), {"metadata": {"annotations": {
            "reconcile.fluxcd.io/requestedAt": str(time.time())}}})

    def fetched(self, commit):
        """Until source-controller has this commit."""
        sources = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories"
        self.request(sources, FLUX)
        wait("the commit in source-controller", LONG, lambda: commit in str(
            (self.node.get(sources + "/" + FLUX) or {}).get("status", {}).get("artifact", {}).get("revision")))

    def applied(self, name, commit=None, asked=True):
        """Until kustomize-controller has tried this commit (or, without one, has tried once more)."""
        before = (self.node.get(KUSTOMIZATIONS + "/" + name) or {}).get("status", {})
        handled = before.get("lastHandledReconcileAt")
        if asked:
            self.request(KUSTOMIZATIONS, name)

        def done():
            status = (self.node.get(KUSTOMIZATIONS + "/" + name) or {}).get("status", {})
            if commit:
                return commit in str(status.get("lastAppliedRevision"))
            return status.get("lastHandledReconcileAt") != handled
        wait("Kustomization " + name, LONG, done)

    def shown(self, *args):
        """What a person sees with kubectl."""
        status, text = self.node.kubectl(*args)
        self.say("$ kubectl " + " ".join(args) + "\n" + text.rstrip())
        return text

    def annotated(self, plain):
        """Is kubectl's own annotation (or the guide's) still on the canary?"""
        found = self.node.get(EXTERNAL % "external-secrets" + "/hearth-canary")["metadata"].get("managedFields", [])
        return any(each["manager"].startswith("kubectl") == plain and "force-sync" in str(each.get("fieldsV1")) for each in found)

    def at(self, namespace, name):
        return (self.node.get(EXTERNAL % namespace + "/" + name) or {}).get("status", {}).get("refreshTime")

    def resync(self, namespace, name):
        self.node.kubectl("-n", namespace, "annotate", "externalsecret", name, "force-sync=%d" % time.time(), "--overwrite", "--field-manager=hearth")
        time.sleep(3)
        return self.synced(namespace, name)

    def generation(self, name):
        return self.node.get("/apis/apps/v1/namespaces/flux-system/deployments/" + name)["metadata"]["generation"]

    def store(self, sdk):
        """The store with or without the new SDK, until Flux applies again."""
        path = "/apis/external-secrets.io/v1/clustersecretstores/azure-key-vault?fieldManager=hearth"
        self.node.api("PATCH", path, {"spec": {"provider": {"azurekv": {"useAzureSDK": sdk}}}})
        time.sleep(3)

    def new_operator(self):
        return "ESO" in os.environ

    def ending(self, name):
        found = (self.node.get(KUSTOMIZATIONS + "/" + name) or {"metadata": {}})["metadata"]
        return found.get("deletionTimestamp"), found.get("finalizers")

    def settled(self, name, seconds=180):
        """Until a Deployment of flux-system has rolled out, and its new pod is the only one."""
        self.node.kubectl("-n", FLUX, "rollout", "status", "deployment", name, "--timeout=%ds" % seconds, timeout=seconds + 30)
        pods = "/api/v1/namespaces/flux-system/pods?labelSelector=app%3D" + name
        wait(name, seconds, lambda: len(self.node.get(pods)["items"]) == 1)

    # -- the guide

    def named(self, text):
        """The guide's words for this cluster."""
        if self.node.role == "production":
            for old, new in guide_module.PRODUCTION:
                text = text.replace(old, new)
        return text

    def block(self, word, after):
        """The first block with that word in it behind a sentence of day two."""
        with open(os.path.join(self.home.site, "README.md")) as source:
            rest = source.read().partition("## Day two")[2].partition("**" + after)[2]
        for block in re.findall(r"(?:^    .*\n)+", rest, re.M):
            if word in block:
                for old, new in guide_module.NAMES:
                    block = block.replace(old, new)
                return re.sub("^    ", "", block, flags=re.M)
        return ""

    def functions(self):
        """A shell of the guide in which its functions are known, as far as this guide has them."""
        role = self.node.role
        shell = self.home.shell(role)
        shell.limit = 900
        five = next(items for number, items in self.home.guide.section(guide_module.FIRST) if number == 5)
        seven = next(items for number, items in self.home.guide.section(guide_module.FIRST) if number == 7)
        lines = next(text for kind, text in five if kind == "block").splitlines()
        texts = ["\n".join(lines[:lines.index("new")]), next(text for kind, text in seven if kind == "block").rpartition(";")[0]]
        day = [text for kind, text in self.home.guide.section(guide_module.DAYS)[0][1] if kind == "block"]
        for text in day:
            texts += re.findall(r"^(?:put|at|sync|facts|lay)\(\) \{(?:.*\}$|.*\n(?: .*\n)*?(?: .*\}$))", text, re.M)
        for text in texts:
            for old, new in guide_module.NAMES:
                text = text.replace(old, new)
            shell.run(self.named(text))
        return shell

    def flux(self, *args):
        """What a person sees with flux."""
        done = subprocess.run([os.path.join(build.BIN, "flux"), "--kubeconfig", self.node.kubeconfig] + list(args),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        text = done.stdout.decode("utf-8", "replace")
        self.say("$ flux " + " ".join(args) + "\n" + "\n".join(line.replace("\t", "  ")[:200] for line in text.rstrip().splitlines()))
        return text

    def faces(self):
        return self.flux("get", "kustomizations")
