"""What the subjects share: the count, the programs, and a small site.

A subject is a module with NEEDS (words of `run`) and check(kit). The site is the smallest that a plan can be made of; a
subject passes what it changes. Secrets are served by tests/standin under the Azure host names, in namespaces of our
own.
"""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
MODULES = {"1.13": "go.mod", "1.14": "v1.14.mod"}  # of Go, by what is in them of Talos
VERSIONS = tuple(MODULES)
VAULT = "homelab-data.vault.azure.net"
NODES = {"controlplane": "data-1", "worker": "data-2"}

HEARTH_YAML = """\
apiVersion: hearth/v1
flux: {{ version: v2.9.4, from: file }}
roles:
  data:
    cluster: data
    endpoint: https://192.168.1.10:6443
    vault: https://{vault}
    login: {{ tenant: {tenant}, client: {client}, method: {method} }}
    cloud: {{ authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: test-root.pem }}
{role}nodes:
  - name: data-1
    role: data
    type: controlplane
    bootstrap: auto
    match: {{ serial: CONFORM1 }}
    install: {{ transport: sata }}
{node}  - name: data-2
    role: data
    type: worker
    match: {{ serial: CONFORM2 }}
    install: {{ transport: sata }}
{node}"""

COMPONENTS = """\
apiVersion: v1
kind: Namespace
metadata:
  name: flux-system
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gitrepositories.source.toolkit.fluxcd.io
spec:
  group: source.toolkit.fluxcd.io
  names:
    kind: GitRepository
  scope: Namespaced
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: kustomizations.kustomize.toolkit.fluxcd.io
spec:
  group: kustomize.toolkit.fluxcd.io
  names:
    kind: Kustomization
  scope: Namespaced
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: kustomize-controller
  namespace: flux-system
"""

SYNC = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 1m0s
  ref:
    branch: main
  url: https://git.example/homelab
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m0s
  path: ./clusters/data
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
"""


class Kit:
    def __init__(self, build, binary, verbose=False):
        self.build, self.binary, self.verbose = build, binary, verbose
        self.work = os.path.join(build, "work")
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.world = self.debian = None
        self.missing = {}  # {what a subject needs or wants: why it is not to be had, or None}
        self.bundles = self.talos_bundle = None
        self.laid = os.path.join(self.work, "laid")
        self.keeps = True
        shutil.rmtree(self.laid, ignore_errors=True)

    # -- the count

    def passed(self, name):
        self.counts["passed"] += 1
        if self.verbose:
            print("ok      " + name, flush=True)

    def failed(self, name, why):
        self.counts["failed"] += 1
        lines = why.strip().splitlines() or ["no reason given"]
        print("FAILED  %s: %s" % (name, lines[0]), flush=True)
        for line in lines[1:20]:
            print("        " + line[:300], flush=True)

    def skipped(self, name, why, count=1):
        self.counts["skipped"] += count
        print("skipped %s: %s" % (name, why), flush=True)

    def expect(self, name, good, why=""):
        if good:
            self.passed(name)
        else:
            self.failed(name, why)
        return good

    # -- programs

    def run(self, args, env=None, stdin=None, timeout=60):
        return subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              env=dict(os.environ, **(env or {})))

    def go(self, version, program, *args):
        """(status, stdout, stderr) of a program of talos/, built against that version of Talos."""
        done = self.run([os.path.join(self.build, "talos-" + version, program)] + list(args))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def built(self, subject, name, folder, package=".", link=""):
        """A program of the Go module in this folder, or None: where its modules cannot be had it is skipped."""
        out, where = os.path.join(self.build, "tools", name), os.path.join(HERE, folder)
        settings = dict(os.environ, CGO_ENABLED="0", GOTOOLCHAIN="local", GOFLAGS="-p=2 -buildvcs=false -mod=readonly")

        def go(*args):
            done = subprocess.run(["go"] + list(args), cwd=where, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=3000)
            return done.returncode, done.stdout.decode("utf-8", "replace").strip()
        if shutil.which("go") is None:
            return self.skipped("%s: %s" % (subject, name), "go is not installed")
        print("go: " + name, file=sys.stderr, flush=True)
        status, words = go("build", "-ldflags", "-s -w " + link, "-tags", "tcell_minimal,grpcnotrace", "-o", out, package)
        if status == 0:
            return out
        last = (words.splitlines() or ["go said nothing"])[-1]
        if go("mod", "download")[0] == 0:
            return self.failed("%s: go build of %s" % (subject, name), words)
        return self.skipped("%s: %s" % (subject, name), "its modules cannot be had: " + last)

    def hearth(self, *args):
        """(status, stdout, stderr). The environment is bare: no AZURE_* variable may help."""
        try:
            done = subprocess.run([self.binary] + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=90, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
        except subprocess.TimeoutExpired as late:
            return -1, "", "hearth: no end after 90 seconds\n" + (late.stderr or b"").decode("utf-8", "replace")
        if args[0] == "render" and done.returncode == 0 and self.keeps:
            self.keep(args)
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def keep(self, args):
        """What a render has laid, for `manifests`: the config and the site's bootstrap/, each set once."""
        named = dict(zip(args, args[1:]))
        config, bootstrap = os.path.join(named["--out"], "machine-config.yaml"), os.path.join(named["--site"], "bootstrap")
        laid = hashlib.sha256()
        for path in sorted(glob.glob(os.path.join(named["--out"], "manifests", "*"))) + sorted(
                glob.glob(os.path.join(bootstrap, "**", "*.yaml"), recursive=True)):
            with open(path, "rb") as source:
                laid.update(source.read())
        where = os.path.join(self.laid, laid.hexdigest()[:16])
        if os.path.isdir(os.path.join(named["--out"], "manifests")) and not os.path.exists(where):
            os.makedirs(where)
            shutil.copy(config, where)
            if os.path.isdir(bootstrap):
                shutil.copytree(bootstrap, os.path.join(where, "bootstrap"))

    def differences(self, version, left, right, talos=True):
        """What `diff` says: a list of {path, left, right}, or a text when a side cannot be read."""
        status, out, err = self.go(version, "diff", *(["-talos"] if talos else []), left, right)
        return [json.loads(line) for line in out.splitlines()] if status == 0 else err

    # -- files

    def directory(self, *names):
        path = os.path.join(self.work, *names)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def write(self, path, data):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode())
        return path

    # -- the vault

    def serve(self, secrets):
        """From now on the vault holds these: {name: value}."""
        self.world.azure.config["vaults"] = {"*": dict(secrets)}

    def account(self):
        client, settings = next(iter(self.world.config["clients"].items()))
        return {"tenant": self.world.config["tenant"], "client": client, "secret": settings["secret"],
                "certificate": settings["certificate"]}

    # -- a site

    def base(self, kind):
        """The example's plain base, as the example has it."""
        with open(os.path.join(REPO, "assets", "talos", kind + ".yaml")) as source:
            return source.read()

    def bundle_names(self, text):
        """The names of the secrets that a base takes the Talos bundle from."""
        return sorted(set(re.findall(r"!secret ([0-9A-Za-z-]+)#/certs/", text)))

    def variables(self, *texts):
        """`vars` for every !node vars.X of the texts, so that the example's own values do not matter."""
        names = sorted(set(re.findall(r"vars\.([A-Za-z0-9_]+)", "".join(texts))))
        return "".join("      %s: %s-of-this-test\n" % (name, name.lower().replace("_", "-")) for name in names)

    def site(self, directory, files, method="secret"):
        """Writes a site: hearth.yaml and what a plan needs, then `files` ({path: text or bytes, None: leave out})."""
        account = self.account()
        bases = {"talos/%s.yaml" % kind: self.base(kind) for kind in NODES}
        variables = self.variables(*(text for text in list(bases.values()) + list(files.values())
                                     if isinstance(text, str)))
        wanted = {
            "hearth.yaml": HEARTH_YAML.format(vault=VAULT, method=method, node="", tenant=account["tenant"],
                                              client=account["client"],
                                              role="    vars:\n" + variables if variables else ""),
            "clusters/data/flux-system/gotk-components.yaml": COMPONENTS,
            "clusters/data/flux-system/gotk-sync.yaml": SYNC,
        }
        wanted.update(bases)
        wanted.update(files)
        for path, data in wanted.items():
            if data is not None:
                self.write(os.path.join(directory, path), data)
        with open(self.world.keys.roots()) as roots:
            self.write(os.path.join(directory, "test-root.pem"), roots.read())
        os.makedirs(os.path.join(directory, ".hearth"), mode=0o700, exist_ok=True)
        if method == "secret":
            credential = self.write(os.path.join(directory, ".hearth", "data.secret"), account["secret"])
        else:
            with open(account["certificate"]) as pem:
                credential = self.write(os.path.join(directory, ".hearth", "data.pem"), pem.read())
        os.chmod(credential, 0o600)
        return directory

    def render(self, site, out, kind="controlplane"):
        """Renders a site for its node of that kind: (status, path of machine-config.yaml, what hearth complains of)."""
        status, _, err = self.hearth("render", "--site", site, "--facts", os.path.join(HERE, "facts.json"),
                                     "--node", NODES[kind], "--out", out)
        complaints = [line for line in err.splitlines() if line.startswith(("hearth:", "==", "Assertion"))]
        return status, os.path.join(out, "machine-config.yaml"), "\n".join(complaints) or err
