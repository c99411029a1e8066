"""What a database and its operator are made of, had once and kept below build/database: CloudNativePG and its backup
plugin of their Go modules; PostgreSQL and Python out of Debian's packages, unpacked and not installed; barman of PyPI;
Azurite of npm. The cluster around them is tests/cluster's.
"""
import glob
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile

import build
import images as images_module

HERE = os.path.dirname(os.path.abspath(__file__))
WHERE = os.path.join(build.REPO, "build", "database")
OPERATOR, PLUGIN = "github.com/cloudnative-pg/cloudnative-pg", "github.com/cloudnative-pg/plugin-barman-cloud"
# As people still have it: four minor versions behind the cluster.
KUBECTL, KUBECTL_FOLDER = "k8s.io/kubectl", os.path.join(HERE, "kubectl")
MODULES = {OPERATOR: os.path.join(HERE, "operator"), PLUGIN: os.path.join(HERE, "plugin")}
# The plugin asks for 0.6.0 of this, which the proxy does not serve: the newest that it does, and what of 0.6.0 the
# plugin names. So an error of a WAL restore is of no known kind to it, and is said as it is.
LIBRARY, LIBRARY_FILES = "github.com/cloudnative-pg/barman-cloud", {
    "pkg/restorer/ours.go": """\
package restorer

import "errors"

var (
	ErrInvalidWALName = errors.New("of 0.6.0")
	ErrConnectivity   = errors.New("of 0.6.0")
	ErrGeneric        = errors.New("of 0.6.0")
)
""",
    "pkg/api/ours.go": """\
package api

// AppendRestoreAdditionalCommandArgs is of 0.6.0, with a field that the example does not set.
func (cfg *DataBackupConfiguration) AppendRestoreAdditionalCommandArgs(options []string) []string {
	return options
}
"""}
BARMAN, AZURITE, AZ = "3.19.1", "3.37.0", "2.79.0"
# What az wants for `az storage`, the only one of its hundred commands that is kept.
WITH_AZ = ["azure-cli-core==" + AZ, "azure-multiapi-storage==1.6.0", "azure-mgmt-storage==24.0.0", "azure-storage-common", "tabulate", "six",
           "semver", "setuptools"]
WITH_BARMAN = ["psycopg2-binary", "python-dateutil", "azure-storage-blob", "azure-identity"]
# The suite that has the major which the example names, and the one whose Python pip must be of.
SERVER = ("sid", ["postgresql-18", "dash", "coreutils", "tzdata", "libc-bin"])
PYTHON, PYTHON_VERSION = ("bookworm", ["python3", "dash", "coreutils"]), (3, 11)
# What of a package no server and no Python wants: thousands of files, each of which is unpacked at each start.
UNWANTED = re.compile(r"\./(dev|var/[^/]+|usr/(include|sbin|lib/(systemd|udev)|share/(?!postgresql|zoneinfo|python)[^/]+)|"
                      r"usr/lib/[^/]*/(perl|perl-base|systemd|gconv)|usr/bin/perl[^/]*)(/|$)")
PEOPLE = b"root:x:0:0::/root:/sbin/nologin\npostgres:x:26:26::/var/lib/postgresql:/bin/sh\nnobody:x:65534:65534::/:/sbin/nologin\n"


def ran(what, args, **more):
    done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode:
        raise build.Lacking("%s: %s" % (what, done.stdout.decode("utf-8", "replace").strip()[-600:]))
    return done.stdout.decode("utf-8", "replace")


def once(name, make):
    """The path of that name below build/database, made once and whole."""
    path = os.path.join(WHERE, name)
    if not os.path.exists(path):
        print("database: " + name, file=sys.stderr, flush=True)
        new = path + ".new"
        shutil.rmtree(new, ignore_errors=True)
        if os.path.isfile(new):
            os.unlink(new)
        os.makedirs(WHERE, exist_ok=True)
        make(new)
        os.rename(new, path)
    return path


def debian(suite, packages):
    """A maker of a tar of unpacked packages and of all that they need. A mirror's index may be older than its own date
    of expiry says; its signature is checked."""
    def make(path):
        if shutil.which("mmdebstrap") is None:
            raise build.Lacking("mmdebstrap is not installed")
        ran("%s of Debian %s" % (packages[0], suite), [
            "mmdebstrap", "--mode=root", "--variant=extract", "--format=tar", '--aptopt=Acquire::Check-Valid-Until "false"',
            "--include=" + ",".join(packages), suite, path + ".whole"])
        with tarfile.open(path + ".whole") as whole, tarfile.open(path, "w") as out:
            for entry in whole:
                if not UNWANTED.match(entry.name):
                    out.addfile(entry, whole.extractfile(entry) if entry.isreg() else None)
        os.unlink(path + ".whole")
    return make


def library(source, path):
    shutil.copytree(source, path, copy_function=shutil.copyfile)
    for name, text in LIBRARY_FILES.items():
        with open(os.path.join(path, name), "w") as out:
            out.write(text)


def pip(what, path, *packages):
    ran(what, [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore", "--target", path]
        + list(packages))


def barman(path):
    pip("barman of PyPI", path, "--no-deps", "barman==" + BARMAN)
    pip("what barman needs of PyPI", path, *WITH_BARMAN)
    for name in glob.glob(os.path.join(path, "bin", "barman-*")):
        with open(name) as source:
            text = source.read()
        with open(name, "w") as out:
            out.write("#!/usr/bin/python3\n" + text.partition("\n")[2])


def az(path):
    """Two folders, for Python's path: pip does not merge one into another."""
    pip("az of PyPI", os.path.join(path, "az"), "--no-deps", "azure-cli==" + AZ)
    pip("what az needs of PyPI", os.path.join(path, "more"), *WITH_AZ)
    commands = os.path.join(path, "az", "azure", "cli", "command_modules")
    for name in os.listdir(commands):
        if name not in ("storage", "__init__.py"):
            shutil.rmtree(os.path.join(commands, name))


def azurite(path):
    if shutil.which("npm") is None:
        raise build.Lacking("npm is not installed")
    os.makedirs(path)
    ran("azurite of npm", ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", path, "azurite@" + AZURITE], cwd=path)


def packed(directory, below):
    """A layer of a directory's files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(directory, arcname=below)
    return out.getvalue()


def links(pairs):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, target in pairs.items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return out.getvalue()


def read(path):
    with open(path, "rb") as source:
        return source.read()


class Parts:
    def __init__(self):
        self.programs = os.path.join(WHERE, "bin")
        os.makedirs(self.programs, exist_ok=True)
        build.built("the stand-in", ["."], os.path.join(build.HERE, "stand"))
        build.debian()
        self.table, self.sources = dict(build.kubernetes(), flux=build.cli()), {}
        self.table[LIBRARY], source = build.module(LIBRARY, MODULES[OPERATOR])
        once("barman-cloud", lambda path: library(source, path))
        for module, folder in MODULES.items():
            version, self.sources[module] = build.module(module, folder)
            self.table[module] = version
            build.built(os.path.basename(module) + " " + version, [module + "/cmd/manager"], folder, self.program(module))
        self.table[KUBECTL], _ = build.module(KUBECTL, KUBECTL_FOLDER)
        build.built("kubectl " + self.table[KUBECTL], ["."], KUBECTL_FOLDER, self.program(KUBECTL))
        self.server = once("postgresql.tar", debian(*SERVER))
        if sys.version_info[:2] != PYTHON_VERSION:
            raise build.Lacking("barman runs with Debian 12's Python, 3.11, and this is another")
        self.python = once("python.tar", debian(*PYTHON))
        self.barman = once("barman-" + BARMAN, barman)
        self.az = once("az-" + AZ, az)
        self.azurite = os.path.join(once("azurite-" + AZURITE, azurite), "node_modules", ".bin", "azurite-blob")

    def program(self, module):
        return os.path.join(self.programs, os.path.basename(module))

    def manifest(self, module):
        """What the project publishes to be applied, out of its module."""
        version = self.table[module]
        name = {OPERATOR: "releases/cnpg-%s.yaml" % version.lstrip("v"), PLUGIN: "manifest.yaml"}[module]
        return read(os.path.join(self.sources[module], name)).decode().replace("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent")

    def images(self, images, server, roots):
        """Fills the containers' images: what the manifests and the Cluster ask for. `roots` are the authorities of this
        world."""
        trusted = {"etc/passwd": (PEOPLE, 0o644), "etc/group": (b"root:x:0:\npostgres:x:26:\nnobody:x:65534:\n", 0o644),
                   "etc/ssl/certs/ca-certificates.crt": (read(roots), 0o644)}
        operator = re.search(r"OPERATOR_IMAGE_NAME\n +value: (\S+)", self.manifest(OPERATOR)).group(1)
        manager = {"operator/manager_amd64": (read(self.program(OPERATOR)), 0o755)}
        images.image(operator, [images_module.layer(manager), links({"manager": "operator/manager_amd64"})], ["/manager"])
        plugin = re.search(r"image: (\S*plugin-barman-cloud\S*)", self.manifest(PLUGIN)).group(1)
        images.image(plugin, [images_module.layer({"manager": (read(self.program(PLUGIN)), 0o755)})], ["/manager"])
        self.sidecar = plugin.replace("plugin-barman-cloud", "plugin-barman-cloud-sidecar")
        images.image(self.sidecar, [read(self.python), packed(self.barman, "barman"), images_module.layer(trusted),
                                    images_module.layer({"manager": (read(self.program(PLUGIN)), 0o755)})], ["/manager"],
                     ["PYTHONPATH=/barman", "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt",
                      "PATH=/barman/bin:/usr/local/bin:/usr/bin:/bin"], "26:26")
        usr = {name: "usr/" + name for name in ("bin", "sbin", "lib", "lib64")}
        images.image(server, [read(self.server), links(usr), images_module.layer(trusted, [("var/lib/postgresql", 0o777)])], ["/bin/sh"],
                     ["PATH=/usr/lib/postgresql/18/bin:/usr/bin:/bin", "LANG=C.UTF-8"], "26:26")
