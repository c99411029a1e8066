"""A homelab as the guide makes one, and its clusters: who sits in front of them, and what is stood in for in them.

The site is made by the guide's own steps (tests/conformance/guide.py): hearth is real, az writes into the stand-in for
Azure. From then on `git push` reaches the forge, and kubectl, flux and talosctl act on the cluster that runs.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
import time

import build
import cluster as cluster_module
import guide as guide_module
import lan as lan_module

REPOSITORY = "somebody/homelab"
FOLDERS = {"data": ["databases"], "production": ["apps"]}
NODES = {"data": "data-1", "production": "production-1"}
# What runs in the place of a controller that is not here: objects that become ready when what they need is there.
READY = {
    "data": [("/apis/postgresql.cnpg.io/v1/namespaces/databases/clusters", [("databases", "postgres-miniflux"), ("databases", "postgres-backup")])],
    "production": [("/apis/cert-manager.io/v1/clusterissuers", []),
                   ("/apis/cert-manager.io/v1/namespaces/cert-manager/certificates", [])],
}


class LiveCloud(guide_module.cloud_module.Cloud):
    """The guide's tools, with a cluster behind them: what talosctl does there is done by Talos's library (gitops)."""
    known_hosts = None
    clusters = {}  # {address: Cluster}, those that run

    def node(self, flags):
        return self.clusters.get(flags.get("--nodes"))

    def any(self):
        return next(iter(self.clusters.values()), None)

    def ssh_keyscan(self, words, *_):
        return self.known_hosts

    def talosctl_kubeconfig(self, words, flags, where, *_):
        target = os.path.join(where, words[0])
        running = self.any()
        if running is None:
            return super().talosctl_kubeconfig(words, flags, where)
        shutil.copy(running.kubeconfig, target)
        return ""

    def talosctl_apply_config(self, words, flags, where, *more):
        super().talosctl_apply_config(words, flags, where, *more)
        running = self.node(flags)
        if running is None:
            return ""
        config = os.path.join(where, flags["--file"])
        if "--config-patch" in flags:  # the hand-over's: no entries
            config = running.without_manifests(config)
        running.apply_config(config)
        return "Applied configuration without a reboot\n"

    def talosctl_upgrade_k8s(self, words, flags, *_):
        running = self.any()
        if running is None:
            return ""
        status, said = running.upgrade_k8s("--dry-run" in flags)
        if status:
            raise guide_module.cloud_module.Refused(said)
        return said


class Node(cluster_module.Cluster):
    """A cluster with what Talos does in it, by the library that Talos uses."""
    gitops = None

    def apply_config(self, path):
        self.machine_config = self.path("machine-config.yaml")
        shutil.copy(path, self.machine_config)
        return self.lay()

    def without_manifests(self, path):
        text = re.sub(r"^    inlineManifests:\n(?:^(?:      | *$).*\n|^ *\n)*", "", open(path).read(), flags=re.M)
        target = self.path("without.yaml")
        with open(target, "w") as out:
            out.write(text)
        return target

    def _gitops(self, command, *more):
        done = subprocess.run([self.gitops, command, self.kubeconfig, self.machine_config] + list(more), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=900)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def lay(self):
        """A boot of Talos: what it said, pass by pass."""
        return self._gitops("lay")

    def upgrade_k8s(self, dry=False):
        return self._gitops("upgrade", *(["dry"] if dry else []))


class Hands(threading.Thread):
    """The controllers that are not here: sets Ready where its inputs exist. Nothing else is stood in for."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.ended = node, False

    def run(self):
        while not self.ended:
            for path, secrets in READY[self.node.role]:
                try:
                    self.once(path, secrets)
                except (OSError, RuntimeError, ValueError):
                    pass  # the API server is busy or gone; the next second is another
            time.sleep(1)

    def once(self, path, secrets):
        found = self.node.api("GET", path, quiet=True)
        there = all(self.node.api("GET", "/api/v1/namespaces/%s/secrets/%s" % each, quiet=True) for each in secrets)
        for each in (found or {}).get("items", []) if there else []:
            ready = [one for one in each.get("status", {}).get("conditions", []) if one["type"] == "Ready" and one["status"] == "True"]
            if not ready:
                where = path + "/" + each["metadata"]["name"] + "/status"
                condition = {"type": "Ready", "status": "True", "reason": "StoodIn", "message": "by tests/cluster",
                             "lastTransitionTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
                self.node.api("PATCH", where, {"status": {"conditions": [condition]}}, quiet=True)


class Home:
    def __init__(self, kit, network):
        """The example is the one inside the program."""
        self.kit, self.lan = kit, network
        LiveCloud.known_hosts = network.forge.known_hosts()
        LiveCloud.clusters = {}
        inside = os.path.join(kit.directory("example"), "homelab")
        kit.hearth("assets", "--out", inside)
        with open(os.path.join(inside, "README.md")) as source:
            text = source.read()
        self.guide = guide_module.Guide(kit, text, "homelab", LiveCloud)
        self.site = self.guide.site
        self.cloud = self.guide.cloud
        self.bare = network.forge.bare(REPOSITORY)

    def make(self):
        """The guide's two clusters, up to where the boxes would be switched on. What is wrong with it."""
        wrong = list(self.guide.wrong)
        for chapter in (self.guide.first, self.guide.second):
            wrong = wrong or chapter()
            if wrong:
                return wrong
            with open(os.path.join(self.site, "flux-git-identity.value.pub")) as public:  # each cluster has its own
                self.lan.forge.allow(public.read())
        self.out = {role: os.path.join(self.guide.top, "out-" + role) for role in FOLDERS}
        shutil.copytree(os.path.join(self.site, "out"), self.out["production"])
        for name, program in (("kubectl", "kubectl"), ("flux", "flux")):
            path = os.path.join(build.BIN, program)
            if os.path.exists(path):
                os.unlink(os.path.join(self.guide.bin, name))
                os.symlink(path, os.path.join(self.guide.bin, name))
        self.git("remote", "set-url", "origin", self.bare)
        self.push("The homelab")
        return []

    # -- Git

    def git(self, *args):
        done = subprocess.run(["git", "-C", self.site, "-c", "user.name=x", "-c", "user.email=x@x"] + list(args),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError("git %s: %s" % (" ".join(args), done.stdout.decode()[-500:]))
        return done.stdout.decode().strip()

    def push(self, message):
        """Commits what is there, pushes, and gives the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def edit(self, path, change):
        """change(text) -> text of a file of the site; nothing changed is a failure of the test itself."""
        where = os.path.join(self.site, path)
        with open(where) as source:
            before = source.read()
        after = change(before)
        if after == before:
            raise RuntimeError("%s: nothing to change" % path)
        with open(where, "w") as out:
            out.write(after)
        return before

    # -- the vault

    def vault(self, role):
        return self.cloud.vaults["homelab-" + role]

    def put(self, role, name, value):
        """None takes the secret away."""
        if value is None:
            self.vault(role).pop(name, None)
        else:
            self.vault(role)[name] = {"value": value}
        self.cloud.publish()

    def asked(self, since):
        """How many requests for secrets the vault has had since that count, and their names."""
        entries = [each for each in self.lan.world.log.entries[since:] if each.get("path", "").startswith("/secrets/")]
        return [each["path"].split("/")[2] for each in entries]

    # -- a shell of the guide

    def shell(self, role):
        """The guide's shell at the end of day two's first block, with 5's first lines and 7's `due`."""
        self.guide.open(self.site, os.path.join(self.guide.top, "box-1" if role == "data" else "box-2"))
        running = LiveCloud.clusters[lan_module.NODES[role]]
        self.guide.shell.run("export KUBECONFIG=%s" % shlex.quote(running.kubeconfig))
        return self.guide.shell

    # -- clusters

    def start(self, role, prepare):
        """Boots the cluster of a role, lays what hearth rendered, and gives the Node and what laying said."""
        config = os.path.join(self.out[role], "machine-config.yaml")
        done = subprocess.run([Node.gitops, "json", config], stdout=subprocess.PIPE, check=True)
        first = json.loads(done.stdout.decode().splitlines()[0])
        node = Node(os.path.join(build.BUILD, "run", role), role, NODES[role], first, self.lan)
        LiveCloud.clusters = {node.address: node}
        node.start(prepare)
        node.began = time.monotonic()
        node.laid = node.apply_config(config)
        node.hands = Hands(node)
        node.hands.start()
        return node

    def stop(self, node):
        node.hands.ended = True
        LiveCloud.clusters = {}
        node.stop()
