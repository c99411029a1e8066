"""The main job, from a box's facts to laid-down manifests, for a person to watch. Run by scripts/demo.

Real: the program, TLS, DNS, HTTP, the login with a certificate, a Talos secrets bundle with fresh keys. Invented:
the box (a tree of /proc and /sys) and Azure (tests/standin), which sits behind a relay that adds the round-trip time of
a home connection and counts the round trips. Everything is written below DIR, build/demo beside the program.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "standin"))
import bundle  # noqa: E402
import pki  # noqa: E402
import world  # noqa: E402

BOX = "optiplex-7040"
RTT_MS = 30
VAULT = "homelab-data.vault.azure.net"
STAGES = 6
FLUX_SECONDS = 20
MARK = ".hearth-demo"  # in a directory that a demo made
TTY = sys.stdout.isatty()


class Stop(Exception):
    """The demo cannot go on; the text says why."""


def colour(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if TTY else text


def say(text=""):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Stage:
    """A numbered heading; what comes below is indented; the time stands at the end."""
    number = 0

    def __init__(self, name, about):
        Stage.number += 1
        self.begin = time.monotonic()
        say("\n%s %s" % (colour("1;36", "%d/%d %s" % (Stage.number, STAGES, name)), colour("2", about)))

    def done(self, text):
        say("    %s %s" % (colour("32", text), colour("2", "(%.2f s)" % (time.monotonic() - self.begin))))


def size(count):
    """Bytes as hearth itself says them: powers of ten."""
    return "%d B" % count if count < 1000 else "%.1f kB" % (count / 1000) if count < 10000 else "%d kB" % (count / 1000 + 0.5)


def show(line):
    say(colour("2", "    | ") + line)


class Hearth:
    def __init__(self, binary):
        self.binary = binary

    def run(self, args, quiet=False, less=None):
        """Run a verb with its words shown as they come, but for lines that start with `less`; returns stdout. Stops the
        demo when it fails."""
        shown = " ".join(os.path.relpath(word) if word.startswith("/") else word for word in args)
        say("    %s hearth %s" % (colour("2", "$"), colour("1", shown)))
        child = subprocess.Popen([self.binary] + args, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE if quiet else subprocess.STDOUT, stdin=subprocess.DEVNULL)
        if quiet:
            out, err = child.communicate()
            lines = err.decode("utf-8", "replace").splitlines()
        else:
            out, lines = b"", []
            for line in child.stdout:
                out += line
                if less and line.decode("utf-8", "replace").startswith(less):
                    continue
                show(line.decode("utf-8", "replace").rstrip("\n"))
            child.wait()
        if child.returncode != 0:
            for line in lines:
                show(line)
            raise Stop("hearth %s ended with %d" % (args[0], child.returncode))
        return out.decode("utf-8", "replace")


def fill(site, values):
    """Replace the example's values that a user must fill in; says each; nothing may be left."""
    left = []
    for folder, folders, names in os.walk(site):
        for name in names:
            path = os.path.join(folder, name)
            with open(path) as source:
                text = before = source.read()
            for old, new in values:
                text = text.replace(old, new)
            if text != before:
                with open(path, "w") as out:
                    out.write(text)
            for line in text.splitlines():
                if re.search(r"CHANGE-ME|00000000-0000-0000", line.split("#")[0]):
                    left.append("%s: %s" % (os.path.relpath(path, site), line.strip()))
    if left:
        raise Stop("the demo has no value for " + "; ".join(left))


def flux_components(site):
    """Bring Flux's components file into the site. Returns where from, or None when there is none to be had."""
    target = os.path.join(site, "clusters", "data", "flux-system", "gotk-components.yaml")
    if os.path.exists(target):
        return "the example"
    found = os.environ.get("FLUX_COMPONENTS")
    if found and not os.path.isfile(found):
        raise Stop("FLUX_COMPONENTS=%s is not a file" % found)
    if found:
        for role in ("data", "production"):
            shutil.copy(found, os.path.join(site, "clusters", role, "flux-system", "gotk-components.yaml"))
        return os.path.relpath(found)
    show("Flux's manifests are asked for: make flux (%d s at most)" % FLUX_SECONDS)
    try:
        done = subprocess.run([os.path.join(ROOT, "scripts", "flux"), site], stdin=subprocess.DEVNULL, timeout=FLUX_SECONDS,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        words = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.startswith("flux: ")]
    except subprocess.TimeoutExpired:
        words = ["flux: no answer in %d s" % FLUX_SECONDS]
    if os.path.exists(target):
        return "Flux's release, its SHA-256 checked"
    for line in words[:-1] or words:  # the last one says what a person may do about it, which a demo need not
        show(line)
    return None


def commit(site):
    """Make the site a repository, as a person would: Flux reads what is committed, and so do hearth's checks."""
    git = ["git", "-C", site, "-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=The homelab of the demo"]):
        done = subprocess.run(git + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Stop("git %s: %s" % (words[0], done.stdout.decode("utf-8", "replace").strip()))


def make_site(site, hearth, facts, keys):
    hearth.run(["assets", "--out", site], quiet=True)
    tenant, client = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
    cloud = ("cloud: { authority: https://login.microsoftonline.com, resource: https://vault.azure.net, "
             "ca: demo-root.pem }\n    login:")
    fill(site, [("https://CHANGE-ME-", "https://homelab-"), ("tenant: 00000000-0000-0000-0000-000000000000", "tenant: " + tenant),
                ("client: 00000000-0000-0000-0000-000000000000", "client: " + client), ("CHANGE-ME-1", facts["serial"]),
                ("CHANGE-ME-2", "DEMO002"), ("CHANGE-ME/homelab", "somebody/homelab"), ("login:", cloud)])
    where = flux_components(site)
    if where is None:
        # What Talos fetches does not lie in Git, and a tree that names it there would be broken.
        fill(site, [("from: file", "from: release"), ("  - gotk-components.yaml\n", "")])
    shutil.copy(keys.roots(), os.path.join(site, "demo-root.pem"))
    os.makedirs(os.path.join(site, ".hearth"), mode=0o700, exist_ok=True)
    for role in ("data", "production"):
        pki.write(os.path.join(site, ".hearth", role + ".pem"), pki.read(keys.client()))
    commit(site)
    return where


def secrets():
    git, eso = bundle.git_credentials(), bundle.eso_credential()
    return {"talos-secrets": bundle.to_yaml(bundle.talos_bundle()), "flux-git-identity": git["identity"],
            "flux-git-known-hosts": git["known_hosts"], "eso-client-id": eso["ClientID"],
            "eso-client-secret": eso["ClientSecret"]}


def tree(directory):
    """Every file below a directory, with its size."""
    rows = []
    for folder, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            rows.append((os.path.relpath(path, directory), os.path.getsize(path), os.stat(path).st_mode & 0o777))
    return sorted(rows, key=lambda row: ("/" in row[0], row[0]))


def inlined(path):
    with open(path, encoding="utf-8") as source:
        text = source.read()
    return len(re.findall(r"^---", text, re.M)) + (not text.startswith("---")), len(text.encode())


def default(binary):
    return os.path.join(os.path.dirname(binary), "demo")


def demo(binary, work):
    hearth = Hearth(binary)
    begin = time.monotonic()
    say(colour("1", "hearth, from a blank box to laid-down manifests"))
    say(colour("2", "program %s, %s" % (os.path.relpath(binary), size(os.path.getsize(binary)))))
    os.makedirs(work, mode=0o700, exist_ok=True)
    if work != default(binary) and os.listdir(work) and not os.path.exists(os.path.join(work, MARK)):
        raise Stop("%s holds something that no demo made, and the demo removes what it finds: name an empty directory"
                   % os.path.relpath(work))
    open(os.path.join(work, MARK), "w").close()
    for name in ("box", "homelab", "out", "box.json"):
        path = os.path.join(work, name)
        shutil.rmtree(path, ignore_errors=True)
        if os.path.exists(path):
            os.unlink(path)

    stage = Stage("box", "what the machine is, read from its /proc and /sys")
    made = subprocess.run([os.path.join(ROOT, "tests", "trees", "maketree"), BOX, os.path.join(work, "box")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        raise Stop("maketree: " + made.stdout.decode("utf-8", "replace").strip())
    text = hearth.run(["facts", "--sysroot", os.path.join(work, "box")], quiet=True)
    facts = json.loads(text)
    with open(os.path.join(work, "box.json"), "w") as out:
        out.write(text)
    disks = ["%s %d GB %s" % (disk["name"], disk["size"] // 10 ** 9, disk["transport"]) for disk in facts["disks"]]
    for name, value in (("serial", facts["serial"]), ("system", "%s %s" % (facts["system"]["manufacturer"], facts["system"]["product_name"])),
                        ("cpu", facts["cpu"]["model_name"]), ("memory", "%d MiB" % facts["memory"]["size_mib"]), ("disks", ", ".join(disks))):
        show("%-8s %s" % (name, value))
    stage.done("%d bytes of JSON in %s" % (len(text), os.path.relpath(os.path.join(work, "box.json"))))

    stage = Stage("homelab", "the example inside the program, its open values filled in")
    keys = pki.Pki(os.path.join(work, "pki"))
    site = os.path.join(work, "homelab")
    where = make_site(site, hearth, facts, keys)
    show("Flux %s" % ("from " + where if where else
                      "by release URL, so Talos itself would fetch it (flux: {from: release})"))
    stage.done("%d files in %s" % (len(tree(site)), os.path.relpath(site)))

    stage = Stage("azure", "a stand-in for Entra ID and Key Vault, and fresh keys for a cluster")
    values = secrets()
    try:
        azure = world.World(work, keys, {
            "rtt_ms": RTT_MS, "vaults": {VAULT: values},
            "dns": {"login.microsoftonline.com": {"cname": "login.stand-in.test"}, "login.stand-in.test": {"a": [world.LOGIN]},
                    VAULT: {"cname": "vault.stand-in.test"}, "vault.stand-in.test": {"a": [world.VAULT]}}})
    except world.NotPermitted as error:
        raise Stop("a private network is needed, so that Azure's names can lead to the stand-in: " + error.strerror)
    for name, value in values.items():
        show("%-22s %s" % (name, size(len(value.encode()))))
    stage.done("https://%s, %d ms away" % (VAULT, RTT_MS))

    common = ["--site", site, "--facts", os.path.join(work, "box.json")]
    stage = Stage("plan", "which node this box becomes, and why; offline")
    hearth.run(["plan"] + common + ["--explain"])
    stage.done("decided")

    stage = Stage("render", "log in, fetch the secrets, write the documents")
    out = os.path.join(work, "out")
    fetch_begin = time.monotonic()
    hearth.run(["render"] + common + ["--out", out], less=out)  # the last stage lists them
    elapsed = time.monotonic() - fetch_begin
    time.sleep(0.1)
    seen = [entry for entry in azure.log.entries if entry["t"] == "request"]
    report = azure.proxy.report()
    show("%d round trips of %d ms with DNS, %d connections, %d requests" %
         (report["depth"], RTT_MS, len(report["connections"]), len(seen)))
    stage.done("fetched and rendered in %.2f s" % elapsed)

    stage = Stage("laid down", "what Talos is given")
    rows = tree(out)
    for name, count, mode in rows:
        show("%-44s %10s  %04o" % (name, size(count), mode))
    documents, total = inlined(os.path.join(out, "machine-config.yaml"))
    stage.done("%d files, %s, in %s; the machine config is %d documents in %s" %
               (len(rows), size(sum(row[1] for row in rows)), os.path.relpath(out), documents, size(total)))
    say("\n%s in %.1f s. Look around:" % (colour("1;32", "The main job is done"), time.monotonic() - begin))
    program, homelab, box, config = (shlex.quote(os.path.relpath(path)) for path in
                                     (binary, site, common[3], os.path.join(out, "machine-config.yaml")))
    for line in ("more %s" % config, "%s plan --site %s --all" % (program, homelab),
                 "%s plan --site %s --facts %s --az" % (program, homelab, box)):
        say("    " + line)


def main():
    binary = os.path.abspath(sys.argv[1])
    if not os.access(binary, os.X_OK):
        sys.stderr.write("demo: %s is not there: run make first\n" % os.path.relpath(binary))
        return 1
    work = os.path.abspath(sys.argv[2]) if sys.argv[2:] and sys.argv[2] else default(binary)
    try:
        demo(binary, work)
    except Stop as stop:
        sys.stdout.flush()
        sys.stderr.write("demo: %s\n" % stop)
        return 1
    except pki.PkiError as error:
        sys.stderr.write("demo: %s\n" % error)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ndemo: interrupted\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
