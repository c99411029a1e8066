"""The operator's secrets: asked for, wrong, held up, rotated."""
import os
import time

from cluster import wait
from stage import KUSTOMIZATIONS


def sync_sticks(stage):
    """A secret is gone from the vault, somebody asks for it, Flux reconciles, it is back: who asks again? (finding 2)

    First of all plays: nobody has asked yet, and the canary's interval has just begun."""
    home, node = stage.home, stage.node
    value = home.vault("data")["hearth-canary"]["value"]
    shell = stage.functions()

    def broken(asks):
        """The canary fails by asks(), Flux applies, the canary is back. Seconds until it is True again, or None."""
        home.put("data", "hearth-canary", None)
        asks()
        wait("the canary to fail", 120, lambda: stage.external("external-secrets", "hearth-canary")[0] == "False")
        stage.say("the canary is gone from the vault and has failed: %s" % stage.external("external-secrets", "hearth-canary")[1])
        stage.request(KUSTOMIZATIONS, "infra-configs")
        wait("Flux's apply", 120, lambda: not stage.annotated(plain=True))
        home.put("data", "hearth-canary", value)
        began, count = time.monotonic(), len(home.lan.world.log.entries)
        try:
            wait("the canary", 90, lambda: stage.synced("external-secrets", "hearth-canary"))
            return time.monotonic() - began
        except TimeoutError:
            stage.say("90 s after it came back: %s; requests at the vault for it: %d" % (
                stage.external("external-secrets", "hearth-canary"), home.asked(count).count("hearth-canary")))
            return None

    def plain():
        node.kubectl("-n", "external-secrets", "annotate", "externalsecret", "hearth-canary", "force-sync=%d" % time.time(), "--overwrite")

    def guides():
        stage.say(shell.run("sync external-secrets hearth-canary", quiet=True).rstrip())
    stuck = broken(plain)
    stage.expect("before: kubectl's own annotation, taken back by Flux, ends the retries", stuck is None, "it was back after %s s" % stuck)
    guides()
    stage.expect("`sync` once more cures it", stage.synced("external-secrets", "hearth-canary"))
    good = broken(guides)
    stage.expect("after: asked by the guide's `sync`, it is tried again by itself", good is not None, "it was not")
    stage.say("after: True again %.0f s after the secret was back" % (good or 0))
    shell.end()


def silent_fault(stage):
    """One secret of the vault answers 503 while another is asked for. (finding 3)"""
    home, node = stage.home, stage.node
    if not stage.new_operator():
        return stage.kit.skipped("data: the operator says what is wrong", "this External Secrets has no useAzureSDK: ESO=DIR")
    shell = stage.functions()

    def seen(seconds):
        """(seconds until the fault shows, seconds until another secret was served, the vault's seconds of being
        asked)."""
        faults = [{"role": "vault", "path": "/secrets/postgres-backup-connection*", "kv": "unavailable"}]
        began, count = time.monotonic(), len(home.lan.world.log.entries)
        home.lan.azure.config["faults"] = faults
        before = stage.at("external-secrets", "hearth-canary")
        for namespace, name in (("databases", "postgres-backup"), ("external-secrets", "hearth-canary")):
            node.kubectl("-n", namespace, "annotate", "externalsecret", name, "force-sync=%d" % time.time(), "--overwrite", "--field-manager=hearth")
            time.sleep(1)
        shown = served = None
        while time.monotonic() < began + seconds and (shown is None or served is None):
            if shown is None and stage.external("databases", "postgres-backup")[0] == "False":
                shown = time.monotonic() - began
            if served is None and stage.at("external-secrets", "hearth-canary") != before:
                served = time.monotonic() - began
            time.sleep(0.5)
        asked = home.asked(count).count("postgres-backup-connection")
        home.lan.azure.config["faults"] = []
        return shown, served, asked
    stage.store(sdk=False)
    shown, served, asked = seen(100)
    stage.say("default SDK: fault shown after %s s, another secret served after %s s, %d requests in 100 s" % (shown, served, asked))
    stage.expect("before: with the default SDK the fault is hidden for a minute and more", shown is None)
    stage.store(sdk=True)
    before, over = stage.at("databases", "postgres-backup"), time.monotonic()
    wait("the old fault to be over", 600, lambda: stage.at("databases", "postgres-backup") != before, 2)
    stage.say("the default SDK went on with that secret for %.0f s after the vault was well again" % (time.monotonic() - over))
    shown, served, asked = seen(100)
    stage.say("useAzureSDK: fault shown after %s s, another secret served after %s s" % (shown, served))
    stage.expect("after: with useAzureSDK the fault is shown", shown is not None)
    stage.expect("after: another secret is served meanwhile", served is not None)
    stage.shown("-n", "databases", "get", "events", "--field-selector", "involvedObject.name=postgres-backup,type=Warning")
    wait("it is well again", 120, lambda: stage.resync("databases", "postgres-backup"), 5)
    shell.end()


def locked_out(stage):
    """A wrong value of the operator's password gets into the vault and over its login. (finding 4)"""
    home, shell = stage.home, stage.functions()
    right = home.vault("data")["eso-client-secret"]["value"]
    shell.run(": > eso-client-secret.value; put eso-client-secret", quiet=True)
    stage.expect("an empty file is not put into the vault", home.vault("data")["eso-client-secret"]["value"] == right, "it was")
    home.put("data", "eso-client-secret", "wrong-value")
    stage.say(shell.run("sync external-secrets azure-creds", quiet=True).rstrip())
    stage.expect("the wrong value is laid over the login", stage.secret("external-secrets", "azure-creds", "ClientSecret") == "wrong-value")
    status, out, err = home.kit.hearth("check", "--site", home.site, "--node", "data-1", "--facts", os.path.join(home.guide.top, "box-1"))
    stage.say("\n".join(line for line in (out + err).splitlines() if "AADSTS" in line or "operator" in line or "eso" in line))
    stage.expect("hearth check names the operator's login and Entra's reason", status != 0 and "AADSTS7000215" in out + err, err[-600:])
    home.put("data", "eso-client-secret", right)
    shell.run("sync external-secrets azure-creds", quiet=True)
    stuck = not stage.synced("external-secrets", "azure-creds")
    stage.expect("the right value in the vault alone does not help", stuck)
    stage.shown("-n", "external-secrets", "get", "events", "--field-selector", "involvedObject.name=azure-creds,type=Warning")
    block = stage.block("sync external-secrets azure-creds", after="Locked out")
    stage.say(shell.run(block, quiet=True).rstrip()[-700:])
    stage.expect("the guide's way out", stage.synced("external-secrets", "azure-creds") and
                 stage.secret("external-secrets", "azure-creds", "ClientSecret") == right)
    shell.end()


def rotation(stage):
    """The operator's password, as the guide rotates it, with upgrade-k8s on the way."""
    home = stage.home
    shell = stage.functions()
    block = stage.block("new && put eso-client-secret", after="The operator's password")
    old = next(iter(home.cloud.apps["eso-data"]["secrets"]))
    stage.say(shell.run(block.replace("--key-id OLD", "--key-id " + old)).rstrip()[-700:])
    wrong, shell.wrong = shell.wrong, []
    stage.expect("every command of the rotation", not wrong, "\n".join(wrong))
    new = home.vault("data")["eso-client-secret"]["value"]
    stage.expect("the operator has the new password, the vault is served", stage.secret("external-secrets", "azure-creds", "ClientSecret") == new
                 and stage.synced("external-secrets", "azure-creds") and stage.synced("external-secrets", "hearth-canary"))
    shell.end()


def database_password(stage):
    """The database's password: put, both clusters take it, the app starts anew once. (finding 6)"""
    home, node = stage.home, stage.node
    shell = stage.functions()
    name, space, external = ("postgres-miniflux-password", "databases", "postgres-miniflux") if node.role == "data" else (
        "postgres-miniflux-password", "miniflux", "miniflux")
    old = home.vault(node.role)[name]["value"]
    home.put(node.role, name, "before-%d" % time.time())
    time.sleep(20)
    key = "password" if node.role == "data" else "database-url"
    stage.expect("before: `put` alone reaches nobody", old in stage.secret(space, external, key), "it did")
    value = "after%d" % time.time()
    home.put(node.role, name, value)
    stage.say(shell.run("sync %s %s" % (space, external)).rstrip())
    stage.expect("`sync %s %s` brings it" % (space, external), value in stage.secret(space, external, key))
    if node.role == "production":
        deployments = "/apis/apps/v1/namespaces/miniflux/deployments/miniflux"

        def restarted(*flags):
            """How many generations the Deployment has gone on by when Flux has applied once more."""
            first = node.get(deployments)["metadata"]["generation"]
            node.kubectl("-n", "miniflux", "rollout", "restart", "deployment", "miniflux", *flags)
            node.kubectl("-n", "miniflux", "rollout", "status", "deployment", "miniflux", "--timeout=120s")
            stage.applied("apps")
            time.sleep(5)
            return node.get(deployments)["metadata"]["generation"] - first
        count = restarted()
        stage.expect("before: plain `rollout restart` restarts twice", count == 2, "%d times" % count)
        count = restarted("--field-manager=hearth")
        stage.expect("after: the guide's restarts once", count == 1, "%d times" % count)
    stage.expect("every command", not shell.wrong, "\n".join(shell.wrong))
    shell.end()
