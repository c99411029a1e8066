"""A homelab as large as any that was looked at: 1,000 files, ten steps deep, a Kustomization with variables of its own
for each app, ExternalSecrets of three stores. It is seen whole, and a hole in its deepest folder too.
"""
import json
import os

SPACES, APPS = 10, 10
KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [%s]\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: &app %s, namespace: flux-system}
spec:
  path: %s
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substitute: {APP: *app}}
"""
SECRET = """\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: %s}
  data: [{secretKey: a, remoteRef: {key: "%s"}}]
"""
STORE = "---\napiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: {name: %s}\nspec: {provider: {%s}}\n"
STORES = {"azure": "tree-${APP}", "onepassword": "Media Server (${APP})", "hashicorp": "kv/${APP}/x"}


def homelab(write):
    """Writes it below `site`; how many files there are."""
    count = 0

    def one(path, text):
        nonlocal count
        write("site/" + path, text)
        count += 1
    one("clusters/data/apps.yaml", FLUX % ("apps", "./apps"))
    one("apps/kustomization.yaml", KUSTOMIZE % ", ".join(["stores.yaml"] + ["space-%d" % n for n in range(SPACES)]))
    one("apps/stores.yaml", STORE % ("onepassword", "onepassword: {connectHost: 'http://x', vaults: {a: 1}}") +
        STORE % ("hashicorp", "vault: {server: 'https://x', auth: {kubernetes: {mountPath: k, role: r}}}"))
    for space in range(SPACES):
        top = "apps/space-%d" % space
        one(top + "/kustomization.yaml", "namespace: space-%d\n" % space + KUSTOMIZE % ", ".join("app-%d/ks.yaml" % n for n in range(APPS)))
        for app in range(APPS):
            at = "%s/app-%d" % (top, app)
            one(at + "/ks.yaml", FLUX % ("a-%d-%d" % (space, app), "./%s/app" % at))
            one(at + "/app/kustomization.yaml", KUSTOMIZE % "overlay")
            one(at + "/app/overlay/kustomization.yaml", KUSTOMIZE % "../base")
            one(at + "/app/base/kustomization.yaml", KUSTOMIZE % ", ".join(["secrets", "service.yaml"]))
            one(at + "/app/base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n")
            one(at + "/app/base/secrets/kustomization.yaml", KUSTOMIZE % ", ".join(["values.yaml"] + ["%s.yaml" % name for name in STORES]))
            one(at + "/app/base/secrets/values.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values}\ndata: {a: b}\n")
            for name, key in STORES.items():
                one(at + "/app/base/secrets/%s.yaml" % name, SECRET % (name, name, key))
    return count


def case(hole):
    def run(kit):
        kit.limit = 60
        kit.site("tree")
        if homelab(kit.write) < 1000:
            kit.fail("too few files")
        if hole:
            os.unlink(kit.path("site/apps/space-9/app-9/app/base/secrets/azure.yaml"))
        done = kit.hearth(["plan", "--json", "--site", kit.path("site"), "--facts", kit.path("site/box.json")])
        kit.expect(done, code=3 if hole else 0, err=[
            "\"tree\",\"text\":\"apps/space-9/app-9/app/base/secrets/kustomization.yaml:3:"] if hole else ())
        if hole:
            return
        tree = json.loads(done.text("stdout"))["tree"]
        wanted = ["tree-a-%d-%d" % (space, app) for space in range(SPACES) for app in range(APPS)]
        found = [name for name in tree["secrets"] if name.startswith("tree-a-")]
        if sorted(found) != sorted(wanted) or tree["unseen"] or not tree["good"]:
            kit.fail("%d of %d secrets, %d unseen" % (len(found), len(wanted), tree["unseen"]))
    return run


def cases():
    yield "whole", case(False), False
    yield "hole", case(True), True
