"""A database that cannot be drained, one whose way back reads what it writes or another life than the last, archiving
that nobody looks at, and backups of another account than said: warnings of check. Each row changes one place of a sound
tree; nothing is said of what is right."""
import os
import re
import shutil

HEALTH = """\
kind: Kustomization
metadata: { name: databases }
spec:
  path: ./databases
  sourceRef: { kind: GitRepository, name: flux-system }
  postBuild: { substitute: { backups: https://homelab.blob.core.windows.net/postgres } }
  healthCheckExprs:
    - apiVersion: postgresql.cnpg.io/v1
      kind: Cluster
      current: e.type == 'Ready' && e.status == 'True' && e.type == 'ContinuousArchiving' && e.status != 'False'
    - apiVersion: external-secrets.io/v1
      kind: ExternalSecret
      current: e.type == 'Ready' && e.status == 'True'
"""
DATABASE = """\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: postgres, namespace: databases }
spec:
  instances: 1
  enablePDB: false
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      parameters: { barmanObjectName: azure, serverName: postgres-8 }
  bootstrap:
    recovery: { source: before }
  externalClusters:
    - name: elsewhere
      plugin: { parameters: { barmanObjectName: azure, serverName: postgres-8 } }
    - name: before
      plugin:
        parameters: { barmanObjectName: azure, serverName: postgres-7 }
"""
BACKUPS = """\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: { name: azure, namespace: databases }
spec:
  configuration:
    destinationPath: ${backups}
    azureCredentials:
      connectionString: { name: backup, key: string }
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: backup, namespace: databases }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: azure }
  data: [{ secretKey: string, remoteRef: { key: backup-string } }]
"""
STRING = "DefaultEndpointsProtocol=https;AccountName=%s;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"
DATABASES, CLUSTER, STORE = "clusters/data/databases.yaml", "databases/cluster.yaml", "databases/store.yaml"
WORDS = ["one instance on the only node", "which life is meant?", "archives nothing is Ready", "is one mistyped?", "compared with none"]
LONE = "databases/cluster.yaml:5:14: one instance on the only node without enablePDB: false"
LIFE = "databases/cluster.yaml:17:21: which life is meant? This reads %s and will write to %s: read what stood in plugins"
ACCOUNT = "databases/store.yaml:6:22: no connection string that was read is of the storage account %s: is one mistyped?"
UNREAD = "databases/store.yaml:6:22: no connection string was read, so the storage account homelab was compared with none"
ROWS = [
    ("budget", CLUSTER, "  enablePDB: false\n", "", LONE),
    ("budget-asked", CLUSTER, "enablePDB: false", "enablePDB: true", LONE),
    ("budget-default", CLUSTER, "  instances: 1\n  enablePDB: false\n", "", "databases/cluster.yaml:1:1: one instance on the only node"),
    ("two-instances", CLUSTER, "  instances: 1\n  enablePDB: false\n", "  instances: 2\n", None),
    ("same", CLUSTER, "postgres-7", "postgres-8", LIFE % ("postgres-8", "postgres-8")),
    ("same-by-default", CLUSTER, r", serverName: postgres-\d", "", LIFE % ("postgres", "postgres")),
    ("same-name-elsewhere", CLUSTER, "azure, serverName: postgres-7", "other, serverName: postgres-8", None),
    ("life-before-last", CLUSTER, "postgres-7", "postgres-6", LIFE % ("postgres-6", "postgres-8")),
    ("life-used", CLUSTER, "postgres-7", "postgres-9", LIFE % ("postgres-9", "postgres-8")),
    ("life-far", CLUSTER, "postgres-7", "postgres-" + "9" * 30, LIFE % ("postgres-" + "9" * 30, "postgres-8")),
    ("life-of-another-row", CLUSTER, "postgres-7", "old-2", None),
    ("life-without-number", CLUSTER, "postgres-7", "postgres", None),
    ("life-of-a-word", CLUSTER, "postgres-7", "postgres-old", None),
    ("life-tenth", CLUSTER, r"postgres-(?=\d)", "postgres-1", None),
    ("source-of-nobody", CLUSTER, "source: before", "source: nobody", None),
    ("not-archiving", CLUSTER, "    - name: barman", "    - enabled: false\n      name: barman", None),
    ("another-api", CLUSTER, "postgresql.cnpg.io/v1", "cluster.x-k8s.io/v1beta1", None),
    ("ready-alone", DATABASES, " && e.type == 'ContinuousArchiving' && e.status != 'False'", "", "clusters/data/databases.yaml:8:7: a "
     "database that archives nothing is Ready"),
    ("account", DATABASES, "//homelab.", "//homela.", ACCOUNT % "homela"),
    ("account-longer", DATABASES, "//homelab.", "//homelabs.", ACCOUNT % "homelabs"),
    ("account-form", DATABASES, "homelab.blob.core.windows.net", "backups.example", ACCOUNT % "backups"),
    ("account-none", DATABASES, "https://homelab.", "https:///", None),
    ("account-elsewhere", DATABASES, "https://homelab.blob.core.windows.net/postgres", "/mnt/postgres", None),
    ("account-unread", STORE, "remoteRef: { key: backup-string }", "remoteRef: { key: hello }", UNREAD),
    ("account-by-identity", STORE, "      connectionString: { name: backup, key: string }", "      inheritFromAzureAD: true", None),
]


def make(kit, path=None, old="", new="", string=STRING % "homelab", faults=(), patched=False):
    shutil.copytree(os.path.join(kit.repo, "tests", "blackbox", "sites", "tree"), kit.path("site"), dirs_exist_ok=True)
    for name, text in ((DATABASES, HEALTH), (CLUSTER, DATABASE), (STORE, BACKUPS)):
        changed = re.sub(old if "\\" in old else re.escape(old), lambda _: new, text) if name == path else text
        if name == path and changed == text:
            kit.fail("%s has no %s" % (name, old))
        kit.write("site/" + name, changed)
    if patched:
        kit.write("site/databases/kustomization.yaml", "resources: [cluster.yaml, store.yaml]\npatches: [{ path: one.yaml, target: {kind: Cluster} }]\n")
        kit.write("site/databases/one.yaml", "[{op: add, path: /spec/enablePDB, value: false}]\n")
    kit.world({"vaults": {"*": {"hello": "x", "db-password": "y", "tree-one": "1", "tree-password": "2", "tree-map": '{"k": "3"}',
                                "backup-string": string}}, "faults": list(faults)})
    run = kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("site/box.json")])
    if "c2VjcmV0" in run.text("stderr") + run.text("stdout"):
        kit.fail("the connection string is shown")
    return run


def said(wanted, **more):
    """The one word that is wanted of those that there are, or none of them."""
    def case(kit):
        run = make(kit, **more)
        kit.expect(run, err=["good: nothing was written"] + (["warning: " + wanted] if wanted else []))
        heard = [word for word in WORDS if word in run.text("stderr")]
        if len(heard) != (wanted is not None):
            kit.fail("%s: %s" % (heard, run.text("stderr")))
    return case


def nothing_read(kit):
    """The vault's own error is enough: nothing was there to compare."""
    run = make(kit, faults=[{"role": "vault", "path": "*", "kv": "rbac"}])
    kit.expect(run, 5, err="hearth: vault-rbac: ")
    if "storage account" in run.text("stderr"):
        kit.fail(run.text("stderr"))


def cases():
    yield "sound", said(None)
    for name, path, old, new, wanted in ROWS:
        yield name, said(wanted, path=path, old=old, new=new)
    # A patch of kustomize's may say what the file does not.
    yield "patched", said(None, path=CLUSTER, old="  enablePDB: false\n", new="", patched=True)
    sas = "BlobEndpoint=https://%s.blob.core.windows.net/;SharedAccessSignature=sig=c2VjcmV0"
    yield "account-by-endpoint", said(None, string=sas % "homelab")
    yield "account-by-other-endpoint", said(ACCOUNT % "homelab", string=sas % "homelabs")
    yield "account-at-the-end", said(None, string="AccountKey=c2VjcmV0;AccountName=homelab")
    yield "account-bare", said(ACCOUNT % "homelab", string=";;AccountName=;")
    for name, string in (("a-key", "c2VjcmV0"), ("cut", "AccountName"), ("in-a-word", "xhomelab;")):
        yield "no-string-" + name, said(UNREAD, string=string)
    yield "account-not-ours", said(UNREAD, faults=[{"role": "vault", "path": "/secrets/backup-string", "kv": "rbac"}])
    yield "nothing-read", nothing_read, True
