"""The example repository against the libraries of those who will read it: Flux, kustomize, Kubernetes, Talos.

Built with kustomize as kustomize-controller builds it; every object decoded strictly against the Go types of Kubernetes
and Flux and the CRDs of Flux, External Secrets, CloudNativePG, its backup plugin and cert-manager; every health check
evaluated with Flux's evaluator; the order of both clusters tested and printed. Then what hearth renders of it: the
inlined set as Talos applies it, and the life of a cluster with it, where `talosctl upgrade-k8s`, Flux and the operator
each write with their own library to a small API server. gitops/testdata holds what has to fail.
"""
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess

import kit as kit_module

NEEDS = ("gitops", "world")
SOURCE = os.path.join(kit_module.HERE, "gitops")
SETTINGS = {"GOFLAGS": "-p=2 -buildvcs=false -mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
COMPONENTS = os.path.join(kit_module.REPO, "..", "shared", "data", "flux", "gotk-components-v2.9.4.yaml")
NODES = {"data": "data-1", "production": "production-1"}
ZERO = "00000000-0000-0000-0000-000000000000"
LEFT = re.compile(r"^[^#\n]*(CHANGE-ME|%s).*" % ZERO, re.M)


def go(args, directory=SOURCE, timeout=1500):
    return subprocess.run(["go"] + args, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, **SETTINGS))


def lacks(kit):
    """Builds the program and fetches the CRDs, which lie in Go modules. A reason when they cannot be had."""
    if shutil.which("go") is None:
        return "go is not installed"
    out = os.path.join(kit.build, "gitops")
    os.makedirs(out, exist_ok=True)
    built = go(["build", "-o", os.path.join(out, "gitops"), "."])
    if built.returncode != 0:
        words = built.stderr.decode("utf-8", "replace").strip()
        if go(["mod", "download"]).returncode != 0:
            return "the Go modules cannot be had: " + words.splitlines()[0]
        kit.failed("gitops: go build", words)
        return "the Go program does not build"
    directories = []
    with open(os.path.join(SOURCE, "crds.json")) as source:
        wanted = json.load(source)
    for each in wanted:
        # Outside any module: these are read, not linked, and their own dependencies do not matter.
        done = go(["mod", "download", "-json", "%s@%s" % (each["module"], each["version"])], out)
        found = json.loads(done.stdout or b"{}")
        if done.returncode != 0 or "Dir" not in found:
            return "the CRDs of %s cannot be had: %s" % (each["module"], found.get("Error", "go said nothing"))
        if found["Sum"] != each["sum"]:
            kit.failed("gitops: %s is what crds.json says" % each["module"], found["Sum"])
            return "the CRDs are not those of crds.json"
        directories.append(os.path.join(found["Dir"], each["crds"]))
    kit.write(os.path.join(out, "crds"), "\n".join(directories) + "\n")
    return None


def judge(kit, drawing, command, *args):
    """Runs the program and counts its verdicts. What it draws for a person goes to the file and, when verbose, to the
    screen."""
    out = os.path.join(kit.build, "gitops")
    done = kit.run([os.path.join(out, "gitops"), command, "-crds", os.path.join(out, "crds"), "-draw", drawing] + list(args),
                   env={"TMPDIR": kit.directory("gitops-scratch")}, timeout=300)
    for line in done.stdout.decode().splitlines():
        verdict = json.loads(line)
        kit.expect("gitops: " + verdict["name"], not verdict.get("why"), "\n".join(verdict.get("why", [])))
    kit.expect("gitops: %s runs to its end" % " ".join([command] + list(args[:1])), done.returncode == 0,
               done.stderr.decode("utf-8", "replace")[-1500:])
    if kit.verbose:
        with open(drawing) as text:
            print(text.read(), end="", flush=True)


def filled(kit, directory, components):
    """A copy of the example with everything filled in that a user has to fill in."""
    shutil.rmtree(directory, ignore_errors=True)
    # The other form of talos/ takes the place of some of it, or is not there.
    shutil.copytree(os.path.join(kit_module.REPO, "assets"), directory, ignore=shutil.ignore_patterns("talos-1.14"))
    account = kit.account()
    cloud = "cloud: { authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: test-root.pem }"
    values = [("https://CHANGE-ME-", "https://homelab-"), ("tenant: " + ZERO, "tenant: " + account["tenant"]),
              ("client: " + ZERO, "client: " + account["client"]), ("CHANGE-ME-1", "CONFORM1"), ("CHANGE-ME-2", "CONFORM2"),
              ("CHANGE-ME/", "somebody/")]
    left = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            for old, new in values:
                text = text.replace(old, new)
            if os.path.relpath(path, directory) == "hearth.yaml":
                text = text.replace("    login:", "    %s\n    login:" % cloud)
            if name.endswith(".yaml"):
                left += ["%s: %s" % (os.path.relpath(path, directory), found.group()) for found in LEFT.finditer(text)]
            kit.write(path, text)
    kit.expect("gitops: the example has no other open value", not left, "\n".join(left))
    for role in NODES:
        path = os.path.join(directory, "clusters", role, "flux-system", "gotk-components.yaml")
        if not os.path.exists(path):
            kit.write(path, components)
        with open(account["certificate"]) as pem:
            os.chmod(kit.write(os.path.join(directory, ".hearth", role + ".pem"), pem.read()), 0o600)
    os.chmod(os.path.join(directory, ".hearth"), 0o700)
    with open(kit.world.keys.roots()) as roots:
        kit.write(os.path.join(directory, "test-root.pem"), roots.read())
    return directory


# Lines that people have in talos/ and databases/, and what Renovate has to make of them: (name, version, digest).
SPELT = [
    ("image: ghcr.io/siderolabs/kubelet:v1.36.3", ("ghcr.io/siderolabs/kubelet", "v1.36.3", None)),
    ('image: "ghcr.io/siderolabs/kubelet:v1.36.3"', ("ghcr.io/siderolabs/kubelet", "v1.36.3", None)),
    ("imageName: 'registry.example:5000/postgresql:18.4'", ("registry.example:5000/postgresql", "18.4", None)),
    ("image: registry.k8s.io/kube-proxy:v1.36.3@sha256:" + "ab" * 32, ("registry.k8s.io/kube-proxy", "v1.36.3", "sha256:" + "ab" * 32)),
    ("image: factory.talos.dev/metal-installer/3765:v1.13.9", ("siderolabs/talos", "v1.13.9", None)),
    ('image: "factory.talos.dev/metal-installer/3765:v1.13.9"', ("siderolabs/talos", "v1.13.9", None)),
]


def spelt(config, line):
    """What the managers of files in talos/ make of one line."""
    seen = set()
    for manager in config["customManagers"]:
        if any(re.search(pattern.strip("/"), "talos/x.yaml") for pattern in manager["managerFilePatterns"]):
            for look in manager["matchStrings"]:
                for each in re.finditer(look.replace("(?<", "(?P<"), line):
                    groups = each.groupdict()
                    seen.add((groups.get("depName") or manager["depNameTemplate"], groups["currentValue"], groups.get("currentDigest")))
    return seen


def renovate(kit, directory):
    """Every rule of renovate.json finds something, and every version is found by one. Renovate's flux manager is told
    by its file alone; images in the values of charts are `gitops tree`'s."""
    with open(os.path.join(directory, "renovate.json")) as source:
        config = json.load(source)
    kit.write(os.path.join(directory, "talos.pin"), "v1.13.9 vmlinuz-amd64 %s\nv1.13.9 initramfs-amd64.xz %s\n" % ("ab" * 32, "cd" * 32))
    texts, found, idle = {}, set(), []
    ignored = config.get("ignorePaths", ["*/examples/*", "*/test/*", "*/tests/*"])  # config:recommended's
    for path in sorted(glob.glob(os.path.join(directory, "**", "*.yaml"), recursive=True)) + [os.path.join(directory, "talos.pin")]:
        if not any(fnmatch.fnmatch("/" + os.path.relpath(path, directory), each) for each in ignored):
            with open(path, encoding="utf-8") as source:
                texts[os.path.relpath(path, directory)] = source.read()
    for line, wanted in SPELT:
        seen = spelt(config, "    " + line + "\n")
        kit.expect("gitops: Renovate reads " + line[:70], seen == {wanted}, "%s, not %s" % (sorted(map(str, seen)), wanted))
    charts = [rule for rule in config["packageRules"] if rule.get("pinDigests")]
    kit.expect("gitops: Renovate pins charts by digest", len(charts) == 1 and charts[0]["matchFileNames"] == ["infrastructure/**"], str(charts))
    asked = {name for rule in config["packageRules"] if rule.get("dependencyDashboardApproval") for name in rule["matchPackageNames"]}
    kit.expect("gitops: Flux and Talos wait for a person", asked == {"fluxcd/flux2", "siderolabs/talos"}, str(asked))
    managers = [dict(config[name], name=name) for name in ("flux", "kubernetes")] + config["customManagers"]
    for manager in managers:
        files = [path for path in texts for pattern in manager["managerFilePatterns"] if re.search(pattern.strip("/"), path)]
        looks = {"flux": [r"\n(?:    tag|          tag): (?P<currentValue>\S+)|Image: \{.* tag: \"(?P<inner>[^\"]+)"], "kubernetes":
                 [r"image: \S+:(?P<currentValue>\S+)"]}.get(manager.get("name"), [
                     each.replace("(?<", "(?P<") for each in manager.get("matchStrings", [])])
        seen = {(path, value) for path in files for look in looks for each in re.finditer(look, texts[path])
                for value in each.groupdict().values() if value}
        idle += [] if seen else [str(manager["managerFilePatterns"])]
        found |= seen
    for rule in config["packageRules"]:
        if "matchFileNames" in rule and not any(fnmatch.fnmatchcase(path, each) for path in texts for each in rule["matchFileNames"]):
            idle.append(rule["description"])
        known = [each["depNameTemplate"] for each in config["customManagers"] if "depNameTemplate" in each]
        if "matchPackageNames" in rule and not any(name in text for text in list(texts.values()) + known for name in rule["matchPackageNames"]):
            idle.append(rule["description"])
    kit.expect("gitops: every rule of renovate.json finds something", not idle, "\n".join(idle))
    with open(os.path.join(directory, "talos", "examples", "installer.yaml"), encoding="utf-8") as source:
        texts.setdefault("talos/examples/installer.yaml", source.read())
    pins = {(path, each.group(1)) for path, text in texts.items() if not path.startswith("clusters/") for each in re.finditer(
        r"""^[^#\n]*(?:tag|image|imageName|version):(?: "| [^\s"]+:| )(v?[0-9]+\.[0-9]+[^\s",}]*)""", text, re.M)}
    kit.expect("gitops: Renovate sees each of %d versions" % len(pins), len(pins) > 10 and pins <= found,
               "\n".join("%s: %s" % each for each in sorted(pins - found)))


def recovered(site):
    """What databases/README.md makes of the database: its block in place of `bootstrap`, the count of serverName, a
    backup."""
    with open(os.path.join(site, "databases", "README.md"), encoding="utf-8") as source:
        guide = source.read()
    block = re.search(r"^ {4}bootstrap:\n(?: {5,}.*\n| {4}externalClusters:\n)+", guide, re.M).group()
    backup = re.sub("^ {4}", "", re.search(r"<<EOF\n((?:.*\n)+?)^ {4}EOF$", guide, re.M).group(1), flags=re.M)
    path = os.path.join(site, "databases", "postgres", "cluster.yaml")
    with open(path, encoding="utf-8") as source:
        text = source.read()
    text, count = re.subn(r"^  bootstrap:.*\n(?: {4}.*\n)+", re.sub("^ {2}", "", block, flags=re.M), text, flags=re.M)
    text, again = re.subn("serverName: postgres-1 #", "serverName: postgres-2 #", text)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text + "---\n" + backup.replace("generateName: now-", "name: now\n  namespace: databases"))
    return count == 1 and again == 1


# The rehearsal, as if Flux laid it: what is judged is all that kustomize, envsubst and apply lay.
REHEARSED = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: rehearsal
  namespace: flux-system
  annotations: { kustomize.toolkit.fluxcd.io/prune: disabled }
spec:
  dependsOn: [{ name: infra-configs }]
  interval: 1h
  retryInterval: 1m
  timeout: 10m
  path: ./databases/rehearsal
  prune: true
  wait: true
  sourceRef: { kind: GitRepository, name: flux-system }
  postBuild: { substitute: { backups: https://homelab.blob.core.windows.net/postgres, folder: postgres-1 } }
"""


def rehearsed(kit, site, away):
    """Takes the rehearsal's folder out of the tree, which may not refer to it; gives it back as Flux would see it."""
    folder = os.path.join(site, "databases", "rehearsal")
    if os.path.exists(folder):
        shutil.rmtree(away, ignore_errors=True)
        shutil.move(folder, away)
        named = [path for path in glob.glob(os.path.join(site, "**", "*.yaml"), recursive=True) if "rehearsal" in open(path).read()]
        return kit.expect("gitops: nothing refers to the rehearsal", not named, "\n".join(named))
    shutil.move(away, folder)
    with open(os.path.join(site, "clusters", "data", "databases.yaml")) as source:
        checks = re.search(r"^  healthCheckExprs:\n(?:    .*\n)+", source.read(), re.M).group()
    kit.write(os.path.join(site, "clusters", "data", "rehearsal.yaml"), REHEARSED + checks)
    with open(os.path.join(folder, "cluster.yaml")) as source:
        text = source.read()
    return kit.expect("gitops: the rehearsal archives nothing", "plugins:" not in text and "isWALArchiver" not in text, text)


def secrets():
    import bundle
    git, operator = bundle.git_credentials(), bundle.eso_credential()
    return {"talos-secrets": bundle.to_yaml(bundle.talos_bundle(2048)), "flux-git-identity": git["identity"],
            "flux-git-known-hosts": git["known_hosts"], "eso-client-id": operator["ClientID"],
            "eso-client-secret": operator["ClientSecret"]}


def rendered(kit, role, name, vault, components):
    """One run of hearth, as `gitops replay` reads it. None when it failed."""
    where = kit.directory("gitops", role + "-" + name)
    site = filled(kit, os.path.join(where, "site"), components)
    kit.serve(vault)
    kit.write(os.path.join(where, "vault.json"), json.dumps(vault))
    status, _, err = kit.hearth("render", "--site", site, "--facts", os.path.join(kit_module.HERE, "facts.json"),
                                "--node", NODES[role], "--out", os.path.join(where, "out"))
    good = kit.expect("gitops: %s renders, %s" % (role, name), status == 0, err[-1500:])
    return where if good else None


def check(kit):
    fixtures = os.path.join(SOURCE, "testdata")
    judge(kit, os.devnull, "broken", os.path.join(fixtures, "tree"), os.path.join(fixtures, "broken.yaml"))
    real = os.path.exists(COMPONENTS)
    if real:
        with open(COMPONENTS) as source:
            components = source.read()
    else:
        components = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: flux-system\n"
    where = kit.directory("gitops", "tree")
    site = filled(kit, os.path.join(where, "site"), components)
    renovate(kit, site)
    rehearsed(kit, site, os.path.join(where, "rehearsal"))
    judge(kit, os.path.join(where, "graph.txt"), "tree", site)
    rehearsed(kit, site, os.path.join(where, "rehearsal"))
    kit.expect("gitops: the recovery fits the database", recovered(site))
    judge(kit, os.path.join(where, "recovery.txt"), "tree", site)
    if not real:
        kit.skipped("gitops: the inlined set and its replay", "no gotk-components.yaml beside the repository", len(NODES))
        return
    # The second render: a new credential in the vault, a newer Flux in Git.
    before = secrets()
    after = dict(before, **{"eso-client-secret": before["eso-client-secret"][:-4] + "Zz09"})
    newer = components.replace("source-controller:v1.9.4", "source-controller:v1.9.99")
    for role in NODES:
        first = rendered(kit, role, "first", before, components)
        second = rendered(kit, role, "second", after, newer)
        if first and second:
            judge(kit, os.path.join(first, "inlined.txt"), "replay", role, first, second)
