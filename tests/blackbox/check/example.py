"""The example inside the program, its open values filled in as its reader would, is found good; with one secret of the
tree missing it is not."""
import os
import shutil
import subprocess

VALUES = [("https://CHANGE-ME-", "https://homelab-"), ("CHANGE-ME-1", "HEARTH1"), ("CHANGE-ME-2", "HEARTH2"),
          ("CHANGE-ME/homelab", "somebody/homelab"), ("tenant: 00000000-0000-0000-0000-000000000000", "tenant: 11111111-2222-4333-8444-555555555555"),
          ("client: 00000000-0000-0000-0000-000000000000", "client: 66666666-7777-4888-8999-aaaaaaaaaaaa"),
          ("login:", "cloud: { authority: https://login.microsoftonline.com, resource: https://vault.azure.net, ca: test-root.pem }\n    login:")]
BOTH = {"flux-git-identity": "KEY", "flux-git-known-hosts": "HOSTS", "eso-client-id": "ID", "eso-client-secret": "VALUE",
        "hearth-canary": "VALUE", "postgres-miniflux-password": "VALUE"}
ROLES = {"data": {"postgres-backup-connection": "VALUE"}, "production": {"miniflux-admin-password": "VALUE"}}


def make(kit, role, missing=None):
    kit.expect(kit.hearth("assets --out " + kit.path("site")))
    for folder, _, names in os.walk(kit.path("site")):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            for old, new in VALUES:
                text = text.replace(old, new)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
    components = os.path.join(kit.repo, "tests/blackbox/sites/plan/clusters/data/flux-system/gotk-components.yaml")
    for each in ROLES:
        shutil.copy(components, kit.path("site/clusters/%s/flux-system" % each))
    box = os.path.join(kit.repo, "tests/blackbox/sites/vault/box.json")
    with open(box, encoding="utf-8") as source:
        kit.write("box.json", source.read().replace("HEARTH1", {"data": "HEARTH1", "production": "HEARTH2"}[role]))
    secrets = dict(BOTH, **ROLES[role], **{"talos-secrets": kit.bundle()})
    if missing:
        secrets[missing] = None
    kit.world({"vaults": {"*": secrets}})
    if role != "data":
        shutil.copy(kit.path("site/.hearth/data.pem"), kit.path("site/.hearth/%s.pem" % role))
    subprocess.run(["git", "init", "-q"], cwd=kit.path("site"), check=True)
    subprocess.run(["git", "add", "."], cwd=kit.path("site"), check=True)
    return kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("box.json")])


def good(role):
    def case(kit):
        run = make(kit, role)
        kit.expect(run, out=["hearth-canary  ", "(infrastructure/configs/base/azure-key-vault/canary.yaml:13)"] +
                   ["%s  " % name for name in ROLES[role]], err="good: nothing was written")
        for word in ("not track", "skipped", "not checked"):
            if word in run.text("stderr"):
                kit.fail("%s: %s" % (word, run.text("stderr")))
    return case


def absent(role, name):
    def case(kit):
        kit.expect(make(kit, role, name), 5, err="hearth: secret-missing: secret " + name)
    return case


def cases():
    for role, own in ROLES.items():
        yield role, good(role)
        yield role + "-canary", absent(role, "hearth-canary")
        for name in own:
            yield role + "-own", absent(role, name)
