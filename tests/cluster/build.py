"""What a cluster is made of, built or fetched once and kept below build/cluster: programs from Go modules, containerd
and the network plugins from Debian, unpacked and not installed.

A part is a folder with a go.mod here. `need(parts)` gives the directory of programs; what cannot be had is a Lacking.
"""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(REPO, "build", "cluster")
BIN = os.path.join(BUILD, "bin")
GO = {"GOFLAGS": "-p=2 -buildvcs=false -mod=readonly -trimpath", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
GITOPS = os.path.join(REPO, "tests", "conformance", "gitops")
KUBE = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl"]
FLUX = ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"]
OPERATOR = "github.com/external-secrets/external-secrets"
CLI = "github.com/fluxcd/flux2/v2"
DEBS = ["containerd", "containernetworking-plugins"]


class Lacking(Exception):
    """Something cannot be had here; the text says what."""


def go(args, directory, timeout=5400):
    done = subprocess.run(["go"] + args, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, env=dict(os.environ, **GO))
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def built(what, args, directory, out=BIN + os.sep, link=""):
    """`go build` of one part. Go's own cache says whether there is anything to do."""
    print("go: %s" % what, file=sys.stderr, flush=True)
    os.makedirs(BIN, exist_ok=True)
    status, _, words = go(["build", "-ldflags=-s -w " + link, "-o", out] + args, directory)
    if status:
        raise Lacking("%s cannot be built: %s" % (what, words.strip()[-1500:] or "go said nothing"))


def module(name, directory):
    """(version, directory) of a module that a part requires, after any replacement."""
    status, out, words = go(["list", "-m", "-json", name], directory)
    if status:
        raise Lacking("%s: %s" % (name, words.strip()[-500:]))
    found = json.loads(out)
    found = found.get("Replace", found)
    if "Dir" not in found:
        status, out, words = go(["mod", "download", "-json", "%s@%s" % (found["Path"], found["Version"])], directory)
        found = json.loads(out or "{}")
        if status or "Dir" not in found:
            raise Lacking("%s: %s" % (name, found.get("Error", words.strip()[-500:])))
    return found["Version"], found["Dir"]


def kubernetes():
    """etcd and the programs of Kubernetes: one binary, a link a name."""
    where = os.path.join(HERE, "kube")
    version = module("k8s.io/kubernetes", where)[0]
    major, minor = version.lstrip("v").split(".")[:2]
    said = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    built("etcd and Kubernetes (the first time takes long)", ["."], where,
          link=" ".join("-X k8s.io/component-base/version.%s=%s" % each for each in said.items()))
    for name in KUBE:
        path = os.path.join(BIN, name)
        if not os.path.islink(path):
            os.symlink("kube", path)
    return {"Kubernetes": version, "etcd": module("go.etcd.io/etcd/server/v3", where)[0]}


def flux():
    """Flux's controllers, each of its module, in one module that says what takes the place of what is not served."""
    where = os.path.join(HERE, "flux")
    versions = {}
    for name in FLUX:
        built(name, ["github.com/fluxcd/" + name], where)
        versions[name] = module("github.com/fluxcd/" + name, where)[0]
    versions["Helm"] = module("helm.sh/helm/v4", where)[0]
    versions["artifact"] = module("github.com/fluxcd/pkg/artifact", where)[0]
    return versions


def copied(source, name, path, text):
    """A copy of a module's sources in which one file is ours."""
    copy = os.path.join(BUILD, name)
    if not os.path.exists(copy):
        shutil.rmtree(copy + ".new", ignore_errors=True)
        shutil.copytree(source, copy + ".new", copy_function=shutil.copyfile)
        os.makedirs(os.path.dirname(os.path.join(copy + ".new", path)), exist_ok=True)
        with open(os.path.join(copy + ".new", path), "w") as out:
            out.write(text)
        os.rename(copy + ".new", copy)
    return copy


def cli():
    """Flux's own command. What its release embeds, for `flux install`, is in no module: a line stands in its place."""
    version, source = module(CLI, os.path.join(HERE, "cli"))
    copy = copied(source, "flux-" + version, "cmd/flux/manifests/none.yaml", "# not here\n")
    built("flux " + version, ["./cmd/flux"], copy, link="-X main.VERSION=" + version.lstrip("v"))
    return version


def operator(checkout):
    """(version, directory of its sources) of the External Secrets Operator with Azure's provider alone, as
    BIN/external-secrets. From its third release on it is many modules that exist only in its repository: so a checkout
    of it (ESO=DIR), or the newest one that is a module."""
    target = os.path.join(BIN, "external-secrets")
    if checkout:
        print("go: External Secrets, of %s" % checkout, file=sys.stderr, flush=True)
        status, _, words = go(["build", "-mod=mod", "-tags=azure", "-ldflags=-s -w", "-o", target, "."], checkout)
        if status:
            raise Lacking("External Secrets cannot be built in %s: %s" % (checkout, words.strip()[-1500:]))
        said = subprocess.run(["git", "-C", checkout, "describe", "--tags"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return said.stdout.decode().strip() or os.path.basename(checkout), checkout
    version, source = module(OPERATOR, os.path.join(HERE, "operator"))
    # Its register takes in every provider there is: 300 modules. Ours has the one that the tree uses.
    copy = copied(source, "operator-" + version, "pkg/provider/register/register.go",
                  "package register\n\nimport _ \"%s/pkg/provider/azure/keyvault\"\n" % OPERATOR)
    built("External Secrets " + version, ["."], copy, target)
    return version, copy


def debian():
    """The directory into which Debian's packages are unpacked: containerd would be a service of this machine, if
    installed."""
    where = os.path.join(BUILD, "debian")
    if os.path.exists(os.path.join(where, "complete")):
        return where
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for update in (False, True):
        if update:
            subprocess.run(["apt-get", "-q", "update"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        done = subprocess.run(["apt-get", "-q", "download"] + DEBS, cwd=where, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            break
    else:
        raise Lacking("%s cannot be had: %s" % (" and ".join(DEBS), done.stdout.decode("utf-8", "replace").strip()[-300:]))
    for name in os.listdir(where):
        if name.endswith(".deb"):
            subprocess.run(["dpkg-deb", "-x", os.path.join(where, name), where], check=True)
    open(os.path.join(where, "complete"), "w").close()
    return where


def versions_of_debian(where):
    found = {}
    for name in os.listdir(where):
        if name.endswith(".deb"):
            package, version = name.split("_")[:2]
            found[package] = version.replace("%3a", ":")
    return found
