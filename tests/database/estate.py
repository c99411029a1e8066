"""The box with its database, the container that it archives to, and what is between the two: one node of tests/cluster
with CloudNativePG and the backup plugin in it, and Azurite under the storage account's own name.

What is ours in here, and said so in the last table: Git and Flux (a folder that is applied, or is not while it is
suspended), External Secrets (the Secret that an ExternalSecret asks for), local-path (a directory a claim), and
cert-manager (the plugin's two certificates).
"""
import base64
import json
import os
import re
import shutil
import subprocess
import threading
import time

import build
import cluster as cluster_module
import images as images_module
import lan as lan_module
import parts as parts_module
import pki
import words as words_module
from cluster import wait

ACCOUNT, BLOB = "homelabbackup", "203.0.113.5"
BACKUPS = "https://%s.blob.core.windows.net/postgres" % ACCOUNT
LONG = 1500
CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: local-path }
provisioner: rancher.io/local-path
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: externalsecrets.external-secrets.io }
spec:
  group: external-secrets.io
  names: { kind: ExternalSecret, plural: externalsecrets }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
"""
FLUX = """\
#!/bin/sh
# Flux's part in these plays: see tests/database/estate.py.
case "$1 $2" in
"suspend kustomization") touch "$FLUX_STATE/suspended" ;;
"resume kustomization") rm -f "$FLUX_STATE/suspended"; touch "$FLUX_STATE/resumed" ;;
"envsubst --strict") exec %s/flux "$@" ;;
"get kustomizations") [ -e "$FLUX_STATE/suspended" ] && echo "$3 SUSPENDED True" || echo "$3 SUSPENDED False" ;;
esac
"""
# The vault is a folder here; what az does with storage is its own.
AZ = """\
#!/bin/sh
if [ "$1 $2" = "keyvault secret" ]; then
    verb=$3
    while [ $# -gt 1 ]; do case "$1" in --name) name=$2 ;; --file) file=$2 ;; esac; shift; done
    case $verb in show) exec cat %(vault)s/$name ;; set) exec cp "$file" %(vault)s/$name ;; esac
fi
export PYTHONPATH=%(az)s/az:%(az)s/more AZURE_CONFIG_DIR=%(config)s AZURE_CORE_COLLECT_TELEMETRY=0 REQUESTS_CA_BUNDLE=%(roots)s
exec python3 -m azure.cli "$@"
"""
LIST = """\
import json, sys
from azure.storage.blob import ContainerClient
client = ContainerClient.from_connection_string(sys.argv[1], "postgres")
if sys.argv[2]:
    getattr(client, sys.argv[2])()
print(json.dumps(sorted([b.name, b.size, str(b.etag)] for b in client.list_blobs()) if sys.argv[2] != "delete_container" else []))
"""


class Store:
    """The storage account: Azurite under its real name, over TLS."""

    def __init__(self, parts, network, directory):
        self.parts, self.roots = parts, network.world.keys.roots()
        self.key = base64.b64encode(os.urandom(64)).decode()
        name = ACCOUNT + ".blob.core.windows.net"
        pki.KINDS["blob"] = (pki.RSA2, "mid", pki.SERVER, [name], -1, 90, ["mid"])
        chain, key = network.world.keys.chain("blob")
        lan_module.ip("addr", "add", BLOB + "/24", "dev", "lan0")
        network.names[name] = {"a": [BLOB]}
        os.makedirs(directory)
        log = open(os.path.join(directory, "log"), "ab")
        self.process = subprocess.Popen([parts.azurite, "--silent", "--skipApiVersionCheck", "--location", directory, "--blobHost", BLOB,
                                         "--blobPort", "443", "--cert", chain, "--key", key], stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log, env=dict(os.environ, AZURITE_ACCOUNTS="%s:%s" % (ACCOUNT, self.key)))
        wait("Azurite", 300, lambda: self.objects("create_container") is not None, 2)

    def string(self, key=None):
        return "DefaultEndpointsProtocol=https;AccountName=%s;AccountKey=%s;EndpointSuffix=core.windows.net" % (ACCOUNT, key or self.key)

    def objects(self, first=""):
        """[name, size, tag] of each; None: it does not answer."""
        done = subprocess.run(["python3", "-c", LIST, self.string(), first], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(
            os.environ, PYTHONPATH=self.parts.barman, REQUESTS_CA_BUNDLE=self.roots))
        self.said = done.stderr.decode()[-800:]
        return json.loads(done.stdout.decode()) if done.returncode == 0 else None

    def names(self, folder=""):
        return [name for name, _, _ in self.objects() if name.startswith(folder)]


class Hands(threading.Thread):
    """The controllers that are not here: volumes and Secrets."""

    def __init__(self, box):
        super().__init__(daemon=True)
        self.box, self.ended, self.synced = box, False, {}

    def run(self):
        while not self.ended:
            for act in (self.claims, self.volumes, self.secrets):
                try:
                    act()
                except (OSError, RuntimeError, ValueError, KeyError, TypeError):
                    pass  # the API server is busy or gone; the next second is another
            time.sleep(1)

    def items(self, path):
        return self.box.node.api("GET", path)["items"]

    def claims(self):
        for claim in self.items("/api/v1/persistentvolumeclaims"):
            about = claim["metadata"]
            if claim["status"].get("phase") != "Pending" or claim["spec"].get("storageClassName") != "local-path":
                continue
            name = "pvc-" + about["uid"]
            where = os.path.join(self.box.volumes, "%s_%s_%s" % (name, about["namespace"], about["name"]))
            os.makedirs(where, exist_ok=True)
            os.chmod(where, 0o777)
            self.box.node.api("POST", "/api/v1/persistentvolumes", {
                "apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": "rancher.io/local-path"}},
                "spec": {"capacity": claim["spec"]["resources"]["requests"], "accessModes": claim["spec"]["accessModes"],
                         "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "local-path", "hostPath": {"path": where},
                         "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": about["namespace"],
                                      "name": about["name"], "uid": about["uid"]}}}, kind="application/json", quiet=True)

    def volumes(self):
        for volume in self.items("/api/v1/persistentvolumes"):
            if volume["status"].get("phase") == "Released" and volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete":
                shutil.rmtree(volume["spec"]["hostPath"]["path"], ignore_errors=True)
                self.box.node.api("DELETE", "/api/v1/persistentvolumes/" + volume["metadata"]["name"], quiet=True)

    def secrets(self):
        for asked in self.items("/apis/external-secrets.io/v1/externalsecrets"):
            target, about = asked["spec"].get("target", {}), asked["metadata"]
            sync = about.get("annotations", {}).get("force-sync", "")
            if self.synced.get(about["uid"]) == sync:
                continue
            values = {each["secretKey"]: parts_module.read(os.path.join(self.box.vault, each["remoteRef"]["key"])).decode()
                      for each in asked["spec"]["data"]}
            template = target.get("template", {})
            data = template.get("data", {key: "{{ .%s }}" % key for key in values})
            data = {key: re.sub(r"\{\{ \.([\w-]+) \}\}", lambda found: values[found.group(1)], text) for key, text in data.items()}
            where = "/api/v1/namespaces/%s/secrets" % about["namespace"]
            body = {"apiVersion": "v1", "kind": "Secret", "type": template.get("type", "Opaque"),
                    "metadata": {"name": target.get("name", about["name"]), "labels": template.get("metadata", {}).get("labels", {})},
                    "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}}
            there = self.box.node.api("GET", where + "/" + body["metadata"]["name"], quiet=True)
            if there is None:
                self.box.node.api("POST", where, body, kind="application/json", quiet=True)
            elif there.get("data") != body["data"]:
                self.box.node.api("PATCH", where + "/" + body["metadata"]["name"], {"data": body["data"]}, quiet=True)
            there = self.box.node.api("GET", where + "/" + body["metadata"]["name"], quiet=True)
            if there and there.get("data") == body["data"]:
                self.box.node.api("PATCH", "/apis/external-secrets.io/v1/namespaces/%s/externalsecrets/%s" % (about["namespace"], about["name"]),
                                  {"status": {"refreshTime": "%.6f" % time.time()}})
                self.synced[about["uid"]] = sync


def authority(directory, name):
    """A certificate authority, as a machine config holds it."""
    os.makedirs(directory, exist_ok=True)
    key, crt = (os.path.join(directory, name + end) for end in (".key", ".crt"))
    pki.openssl("ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", key)
    pki.openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=" + name, "-days", "30", "-out", crt)
    return {half: base64.b64encode(parts_module.read(path)).decode() for half, path in (("crt", crt), ("key", key))}


class Box:
    """The one box of the data cluster. It burns, and another takes its place; the Git folder and the container stay."""

    def __init__(self, kit, parts, network, directory):
        self.kit, self.parts, self.lan, self.directory = kit, parts, network, directory
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        self.words = words_module.Words()
        self.store = Store(parts, network, os.path.join(directory, "azurite"))
        self.vault, self.git = os.path.join(directory, "vault"), os.path.join(directory, "git")
        os.makedirs(self.vault)
        for name, value in (("postgres-miniflux-password", "miniflux-password"), ("postgres-backup-connection", self.store.string())):
            self.value(os.path.join(self.vault, name), value)
        shutil.copytree(words_module.DATABASES, os.path.join(self.git, "databases"))
        self.tools = os.path.join(directory, "bin")
        os.makedirs(self.tools)
        self.tool("flux", FLUX % build.BIN)
        self.tool("az", AZ % {"vault": self.vault, "az": parts.az, "config": os.path.join(directory, "az"), "roots": network.world.keys.roots()})
        self.takes_kubectl(os.path.join(build.BIN, "kubectl"))
        self.backups = BACKUPS
        self.boxes, self.node, self.started = 0, None, time.monotonic()

    @staticmethod
    def value(path, text):
        with open(path, "w") as out:
            out.write(text)

    def tool(self, name, text):
        path = os.path.join(self.tools, name)
        self.value(path, text)
        os.chmod(path, 0o755)

    def takes_kubectl(self, program):
        """The kubectl that the person has from now on."""
        path = os.path.join(self.tools, "kubectl")
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(program, path)

    def say(self, text):
        for line in text.rstrip().splitlines():
            print("  %5.0f s  %s" % (time.monotonic() - self.started, line[:220]), flush=True)

    def expect(self, name, good, why=""):
        return self.kit.expect("database: " + name, good, why)

    # -- the box

    def on(self):
        """A box from nothing: Kubernetes, the operators, and then what is in Git, unless Flux is suspended."""
        self.boxes += 1
        where = os.path.join(self.directory, "box-%d" % self.boxes)
        self.volumes, self.state = os.path.join(where, "volumes"), os.path.join(where, "flux")
        keys = where + "-keys"
        cluster = {"ca": authority(keys, "k8s"), "aggregatorCA": authority(keys, "aggregator"), "etcd": {"ca": authority(keys, "etcd")},
                   "serviceAccount": {"key": authority(keys, "account")["key"]}, "apiServer": {}}
        self.node = cluster_module.Cluster(where, "data", "data-1", {"cluster": cluster}, self.lan)
        for folder in (self.volumes, self.state):
            os.makedirs(folder)
        self.node.start(self.images)
        self.hands = Hands(self)
        self.hands.start()
        self.say("box %d is up" % self.boxes)
        self.kubectl("apply", "--server-side", "-f", "-", stdin=CLASS)
        self.operators()

    def images(self, images):
        with open(os.path.join(self.git, "databases", "postgres", "cluster.yaml")) as source:
            server = re.search(r"imageName: (\S+)", source.read()).group(1)
        self.parts.images(images, server, self.lan.world.keys.roots())

    def kubectl(self, *args, stdin=None, timeout=300):
        status, said = self.node.kubectl(*args, stdin=stdin.encode() if stdin else None, timeout=timeout)
        if status:
            raise RuntimeError("kubectl %s: %s" % (" ".join(args), said[-1500:]))
        return said

    def operators(self):
        self.kubectl("apply", "--server-side", "-f", "-", stdin=self.parts.manifest(parts_module.OPERATOR))
        for name, usage in (("client", "clientAuth"), ("server", "serverAuth")):
            key, crt = self.node.path("barman-%s.key" % name), self.node.path("barman-%s.crt" % name)
            pki.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", crt,
                        "-days", "30", "-subj", "/CN=barman-cloud" + ("-client" if name == "client" else ""), "-addext",
                        "subjectAltName=DNS:barman-cloud", "-addext", "extendedKeyUsage=" + usage)
            self.kubectl("-n", "cnpg-system", "create", "secret", "tls", "barman-cloud-%s-tls" % name, "--cert=" + crt, "--key=" + key)
        documents = re.split(r"^---\n", self.parts.manifest(parts_module.PLUGIN), flags=re.M)
        self.kubectl("apply", "--server-side", "-f", "-", stdin="---\n".join(
            each for each in documents if "\napiVersion: cert-manager.io" not in "\n" + each))
        for name in ("cnpg-controller-manager", "barman-cloud"):
            self.kubectl("-n", "cnpg-system", "rollout", "status", "deployment/" + name, "--timeout=600s", timeout=630)
        self.say("the operators are ready")

    def burn(self):
        """The box is gone, and its disk: nothing ends cleanly."""
        self.hands.ended = True
        where = self.node.directory
        self.node.stop()
        with open("/proc/self/mountinfo") as mounts:  # in its directory, or bound over the machine's
            there = [line.split()[4] for line in mounts if any(each.startswith(where + "/") for each in line.split()[3:5])]
        for place in reversed(there):
            subprocess.run(["umount", "-l", place])
        shutil.rmtree(where, ignore_errors=True)
        self.say("box %d is lost, with its disk" % self.boxes)

    # -- Git and Flux

    def push(self, change):
        """An edit of postgres/cluster.yaml."""
        path = os.path.join(self.git, "databases", "postgres", "cluster.yaml")
        with open(path) as source:
            before = source.read()
        with open(path, "w") as out:
            out.write(change(before))

    def recover(self, source, new, target=None):
        self.push(lambda text: self.words.edited(text, source, new, target))

    def suspended(self):
        return os.path.exists(os.path.join(self.state, "suspended"))

    def reconcile(self):
        """What Flux does with the folder."""
        if self.suspended():
            return "suspended"
        made = self.kubectl("kustomize", os.path.join(self.git, "databases", "postgres")).replace("${backups}", self.backups)
        # The webhook may still be coming up, as it may for Flux, which tries again.
        end = time.monotonic() + 300
        while True:
            status, said = self.node.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=kustomize-controller", "-f", "-",
                                             stdin=made.encode())
            if status == 0 or time.monotonic() > end:
                break
            time.sleep(5)
        if status:
            raise RuntimeError("apply: " + said[-1500:])
        return said

    # -- the person

    def person(self, commands, functions="", timeout=3700):
        """(status, what it printed) of the README's commands. The lines of the production cluster are left out: it is
        not here."""
        lines = [line for line in commands.splitlines() if "admin@production" not in line]
        text = "set -eo pipefail\n" + functions + "\n".join(lines) + "\n"
        if not lines:
            return 0, ""
        done = subprocess.run(["bash", "-c", text], cwd=self.git, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, env=dict(os.environ, KUBECONFIG=self.node.kubeconfig, FLUX_STATE=self.state,
                                                        PATH=self.tools + ":" + os.environ["PATH"]))
        said = done.stdout.decode("utf-8", "replace")
        self.say("".join("$ %s\n" % line for line in lines[:6]) + said[-900:])
        resumed = os.path.join(self.state, "resumed")
        if os.path.exists(resumed):
            os.unlink(resumed)
            self.reconcile()
        return done.returncode, said

    def does(self, commands, functions=""):
        status, said = self.person(commands, functions)
        if status:
            raise RuntimeError("the README's commands end with %d: %s\n%s" % (status, commands, said[-1500:]))
        return said

    def stop(self):
        said = self.does(self.words.stop)
        if "True" not in said:
            raise RuntimeError("nothing is suspended: " + said)

    def delete(self, alive=True):
        """The README's *delete*; the last two lines alone where no database runs."""
        if alive:
            name = self.does(self.words.switch).split()[-1]
            wait("what the README's second command has to say: " + name, LONG, lambda: name in self.does(self.words.archived), 3)
        self.does(self.words.delete)

    def go_on(self):
        self.does(self.words.go_on)

    def begin(self):
        return self.does(self.words.begin, self.words.now)

    def backup(self):
        return self.does(self.words.backup, self.words.now)

    def connection(self, string):
        """The file that the guide's step 6 makes: a storage account's connection string."""
        self.value(os.path.join(self.git, "postgres-backup-connection.value"), string)

    def put(self, string):
        """Another one is put into the vault, and the cluster takes it."""
        self.connection(string)
        self.does("put postgres-backup-connection\n" + self.words.sync, self.words.functions)

    def would_find(self, folder):
        """What a recovery from that folder would bring: the count of rows, or which of the README's messages it ends
        with. It is the README's rehearsal with another folder, so nothing that lives is touched."""
        lay, known = self.words.rehearse.partition("kubectl -n rehearsal wait")[0], self.words.table("When a recovery fails")
        self.does(re.sub(r"^export folder=.*$", "export folder=" + folder, lay, flags=re.M))

        def test():
            if self.condition("Ready", "rehearsal", "rehearsal")[0] == "True":
                return str(self.rows("rehearsal-1", "rehearsal"))
            said = self.node.kubectl("-n", "rehearsal", "logs", "job/rehearsal-1-full-recovery", "--all-containers", "--tail", "200")[1]
            return next((each for each in known if each in said), None)
        found = wait("a recovery from " + folder, LONG, test, 5)
        self.does(self.words.away)
        self.say("a recovery from %s: %s" % (folder, found))
        return found

    # -- the database

    def sql(self, statement, pod="postgres-1", namespace="databases"):
        return self.kubectl("-n", namespace, "exec", pod, "-c", "postgres", "--", "psql", "-X", "-At", "-d", "miniflux", "-c", statement).strip()

    def ready(self, name="postgres", namespace="databases"):
        def test():
            self.node.checked(lambda: True)
            return self.condition("Ready", name, namespace)[0] == "True"
        wait("the Cluster", LONG, test, 3)
        self.say("Ready: %s" % name)

    def condition(self, kind, name="postgres", namespace="databases"):
        found = self.node.api("GET", "/apis/postgresql.cnpg.io/v1/namespaces/%s/clusters/%s" % (namespace, name), quiet=True) or {}
        for each in found.get("status", {}).get("conditions", []):
            if each["type"] == kind:
                return each["status"], each.get("message", "")
        return None, ""

    def write(self, count):
        self.sql("create table if not exists entries (id serial, created_at timestamptz default clock_timestamp())")
        self.sql("insert into entries select from generate_series(1, %d)" % count)

    def rows(self, pod="postgres-1", namespace="databases"):
        return int(self.sql("select count(*) from entries", pod, namespace))

    def moment(self):
        return self.sql("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US\"+00\"')")

    def five_minutes(self):
        """The segment in use is full of time: archive_timeout's part, at once."""
        self.sql("checkpoint")
        name = self.sql("select pg_walfile_name(pg_switch_wal())")
        wait(name + " in the archive", LONG, lambda: (self.sql("select last_archived_wal from pg_stat_archiver") or "") >= name, 3)

    def log(self, *args):
        return self.node.kubectl("-n", "databases", "logs", *args, timeout=120)[1]
