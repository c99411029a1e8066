"""The example inside the program, its open values filled in as its reader would, is found good; with one secret of the
tree missing it is not, and neither with an operator that cannot log in. A Flux that would collect itself is said."""
import os
import shutil
import subprocess

VALUES = [("https://CHANGE-ME-", "https://homelab-"), ("CHANGE-ME-1", "HEARTH1"), ("CHANGE-ME-2", "HEARTH2"),
          ("CHANGE-ME/homelab", "somebody/homelab"), ("tenant: 00000000-0000-0000-0000-000000000000", "tenant: 11111111-2222-4333-8444-555555555555"),
          ("client: 00000000-0000-0000-0000-000000000000", "client: 66666666-7777-4888-8999-aaaaaaaaaaaa"),
          ("login:", "cloud: { authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: test-root.pem }\n    login:")]
HOSTS = "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
IDENTITY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUA\n-----END OPENSSH PRIVATE KEY-----\n"
BOTH = {"flux-git-identity": IDENTITY, "flux-git-known-hosts": HOSTS, "eso-client-id": "77777777-8888-4999-8aaa-bbbbbbbbbbbb", "eso-client-secret": "VALUE",
        "hearth-canary": "VALUE", "postgres-miniflux-password": "VALUE"}
END = "-----END CERTIFICATE-----\n"
STORE = "infrastructure/configs/base/azure-key-vault/store.yaml"
OPERATOR = {BOTH["eso-client-id"]: {"secret": "VALUE"}}
STRING = "DefaultEndpointsProtocol=https;AccountName=homelab-account;AccountKey=VALUE;EndpointSuffix=core.windows.net"
ROLES = {"data": {"postgres-backup-connection": STRING}, "production": {"miniflux-admin-password": "VALUE"}}


def fill(site, repo):
    """The open values of the example, and something in the place of Flux's manifests."""
    for folder, _, names in os.walk(site):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            for old, new in VALUES:
                text = text.replace(old, new)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
    components = os.path.join(repo, "tests/blackbox/sites/plan/clusters/data/flux-system/gotk-components.yaml")
    for each in ROLES:
        shutil.copy(components, os.path.join(site, "clusters", each, "flux-system"))


def make(kit, role, missing=None, change=None, clients=None, edit=None, form="1.13"):
    kit.expect(kit.hearth("assets --talos %s --out %s" % (form, kit.path("site"))))
    fill(kit.path("site"), kit.repo)
    box = os.path.join(kit.repo, "tests/blackbox/sites/vault/box.json")
    with open(box, encoding="utf-8") as source:
        kit.write("box.json", source.read().replace("HEARTH1", {"data": "HEARTH1", "production": "HEARTH2"}[role]))
    secrets = dict(BOTH, **ROLES[role], **{"talos-secrets": kit.bundle()})
    secrets.update(change or {})
    if missing:
        secrets[missing] = None
    kit.world({"vaults": {"*": secrets}, "clients": OPERATOR if clients is None else clients})
    if edit:
        edit(kit)
    if role != "data":
        shutil.copy(kit.path("site/.hearth/data.pem"), kit.path("site/.hearth/%s.pem" % role))
    subprocess.run(["git", "init", "-q"], cwd=kit.path("site"), check=True)
    subprocess.run(["git", "add", "."], cwd=kit.path("site"), check=True)
    return kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("box.json")])


def good(role, form="1.13"):
    def case(kit):
        run = make(kit, role, form=form)
        kit.expect(run, out=["hearth-canary  ", "(infrastructure/configs/base/azure-key-vault/canary.yaml:14)"] +
                   ["%s  " % name for name in ROLES[role]], err="good: nothing was written")
        kit.expect(run, err="the operator can log in")
        for word in ("not track", "skipped", "not checked", "not tried", "not compared", "the backups are", "one instance", "Ready alone", "Flux deletes itself"):
            if word in run.text("stderr"):
                kit.fail("%s: %s" % (word, run.text("stderr")))
    return case


def absent(role, name):
    def case(kit):
        kit.expect(make(kit, role, name), 5, err="hearth: secret-missing: secret " + name)
    return case


def locked(words, change=None, clients=None):
    """The operator's login fails, and no half of it is shown."""
    def case(kit):
        run = make(kit, "data", change=change, clients=clients)
        kit.expect(run, 5, err=["hearth: operator-login: infrastructure/configs/base/azure-key-vault/store.yaml:11: the operator's login: ", words])
        for value in (change or {}).values():
            if value and value in run.text("stderr") + run.text("stdout"):
                kit.fail("a half of the login is shown")
    return case


def certified(order, words=None, exit=0, more=()):
    """The operator logs in with a certificate, that of the key; with the retired library of Azure it takes the last."""
    def edit(kit):
        for old, new in (("clientSecret:", "clientCertificate:"), *more):
            with open(kit.path("site/" + STORE), encoding="utf-8") as source:
                text = source.read()
            if old not in text:
                kit.fail("the store has no " + old)
            with open(kit.path("site/" + STORE), "w", encoding="utf-8") as out:
                out.write(text.replace(old, new))

    def case(kit):
        chain, key = kit.keys.chain("client-only")
        with open(chain, encoding="utf-8") as source:
            leaf, issuer = (part + END for part in source.read().split(END)[:2])
        parts = {"leaf": leaf, "issuer": issuer, "alone": open(kit.keys.client(), encoding="utf-8").read().split(END)[0] + END}
        with open(key, encoding="utf-8") as source:
            pem = source.read() + "".join(parts[name].lstrip() for name in order)
        kit.write("leaf.pem", leaf)
        clients = {BOTH["eso-client-id"]: {"certificate": kit.path("leaf.pem")}}
        run = make(kit, "data", change={"eso-client-secret": pem}, clients=clients, edit=edit)
        kit.expect(run, exit, err=words or "the operator can log in")
        if not words and "last certificate" in run.text("stderr"):
            kit.fail("a word on the order, which matters to nobody")
        if "PRIVATE" in run.text("stderr") + run.text("stdout"):
            kit.fail("the key is shown")
    return case


def collects(old, new):
    """What the patch of flux-system/ does not reach, Flux deletes when it leaves Git."""
    def case(kit):
        def edit(kit):
            path = kit.path("site/clusters/data/flux-system/kustomization.yaml")
            with open(path, encoding="utf-8") as source:
                text = source.read()
            if old not in text:
                kit.fail("the example has no " + old)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text.replace(old, new))
        kit.expect(make(kit, "data", edit=edit), err=["warning: clusters/data/flux-system/kustomization.yaml: should these files ever "
                                                      "leave Git, Flux deletes itself", "good: nothing was written"])
    return case


def cases():
    yield "operator-wrong", locked("AADSTS7000215", {"eso-client-secret": "not-the-secret-of-it"})
    yield "operator-expired", locked("AADSTS7000222", clients={BOTH["eso-client-id"]: {"secret": "VALUE", "secret_expired": True}})
    yield "operator-unknown", locked("AADSTS700016", clients={})
    yield "operator-swapped", locked("the value of eso-client-id is not an application's id", {"eso-client-id": "a-secret~put.in-the-wrong-place"})
    yield "operator-empty", lambda kit: kit.expect(make(kit, "data", change={"eso-client-secret": ""}), 5,
                                                   err="hearth: secret-value: secret eso-client-secret: the value is empty")
    late = STORE + ":11: without useAzureSDK: true External Secrets logs in with the last certificate of eso-client-secret"
    old = ("      useAzureSDK: true\n", "")
    both = ("        clientCertificate:", "        clientSecret: {name: azure-creds, namespace: external-secrets, key: ClientSecret}\n        clientCertificate:")
    yield "operator-certificate", certified(["leaf"], more=[old])
    yield "operator-certificate-chain", certified(["leaf", "issuer"])
    yield "operator-certificate-twice", certified(["leaf", "leaf"])
    yield "operator-certificate-last", certified(["leaf", "issuer"], late, more=[old])
    yield "operator-certificate-and-secret", certified(["leaf"], "External Secrets takes clientSecret or clientCertificate", 3, [both])
    yield "operator-certificate-not-its-own", certified(["issuer"], "hearth: cred-mismatch: infrastructure/configs/base/azure-key-vault/store.yaml:11: the operator's login: ", 3)
    yield "collects-by-kind", collects("name: .*", "kind: Namespace|CustomResourceDefinition")
    yield "collects-by-namespace", collects("name: .*", "namespace: flux-system")
    yield "collects-without-the-word", collects("prune: disabled", "prune: enabled")
    yield "collects-without-a-patch", collects("patches:", "unused:")
    for role, own in ROLES.items():
        yield role, good(role)
        yield role + "-of-1.14", good(role, "1.14")
        yield role + "-canary", absent(role, "hearth-canary")
        for name in own:
            yield role + "-own", absent(role, name)
