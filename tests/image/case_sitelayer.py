"""What is packed of a site."""
import base64
import json
import os
import stat
import subprocess
import sys

import kernel
from kit import CANARY, PEM, REPO, expect, command, read, same, write, zstd

TOP = "/usr/local/etc/hearth"
REGISTRY = "  registries:\n    config:\n      ghcr.io:\n        auth:\n          password: 'p@ss word!'\n  nodeLabels:\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: flux-system}\n"
WANTED = ["bootstrap/external-secrets.yaml", "bootstrap/flux-system.yaml", "bootstrap/namespaces.yaml",
          "clusters/data/flux-system/gotk-sync.yaml", "clusters/production/flux-system/gotk-sync.yaml", "hearth.yaml",
          "talos/controlplane.yaml", "talos/data-1.yaml", "talos/data.yaml", "talos/production-1.yaml", "talos/worker.yaml"]


def cases(kit):
    def layer(ran):
        return kernel.squashfs(read(ran.path("hearth-site.sqsh")), kit.directory())

    def files(ran):
        return sorted(path[len(TOP) + 1:] for path, entry in layer(ran).items() if entry[2] is not None)

    def mode(path):
        return stat.S_IMODE(os.stat(path).st_mode)

    def contents():
        ran = kit.run("site-layer", SITE=kit.site()).good()
        same(files(ran), sorted(WANTED + [".hearth/data.pem", ".hearth/production.pem"]), "the files")
        for path, (bits, owner, body) in layer(ran).items():
            secret = "/.hearth" in path
            same(bits, (0o700 if body is None else 0o400) if secret else (0o755 if body is None else 0o644), path + ": mode")
            same(owner, "0/0", path + ": owner")
        same(mode(ran.path("hearth-site.sqsh")), 0o600, "the layer's own mode")
        expect("holds a credential" in ran.stdout and "role data, production" in ran.stdout, ran.stdout)

    def one_role():
        ran = kit.run("site-layer", SITE=kit.site(), ROLE="data").good()
        same([path for path in files(ran) if path.startswith(".hearth")], [".hearth/data.pem"], "the credentials")
        expect((CANARY + "-production").encode() not in b"".join(entry[2] or b"" for entry in layer(ran).values()),
               "the other role's login is in the layer")

    def no_credential():
        ran = kit.run("site-layer", SITE=kit.site(roles=()), CREDENTIAL=0).good()
        same(files(ran), sorted(WANTED), "the files")
        same(mode(ran.path("hearth-site.sqsh")), 0o644, "the layer's own mode")
        expect("no output holds a credential" in ran.stdout, ran.stdout)

    def permanent():
        ran = kit.run("site-layer", SITE=kit.site(roles=()), CREDENTIAL=0, PERMANENT=1).good()
        same(files(ran), sorted(WANTED + [".hearth/permanent"]), "the files")
        expect("no output holds a credential" in ran.stdout, ran.stdout)

    def plans_alike():
        site = kit.site()
        kit.run("site-layer", SITE=site).good()
        ran = kit.run("site-layer", SITE=site).good()
        where = kit.directory()
        for path, entry in layer(ran).items():
            if entry[2] is not None:
                write(where + path, entry[2])
                os.chmod(where + path, 0o600)
        both = []
        for top in (site, where + TOP):
            done = subprocess.run([kit.binary, "plan", "--all", "--json", "--site", "."], cwd=top, stdout=subprocess.PIPE)
            both.append(json.loads(done.stdout))
            for plan in both[-1]:  # of the tree that Flux reads the layer has nothing
                plan.pop("tree", None)
        same(both[1], both[0], "the plan of the layer")

    def referred():
        site = kit.site()
        write(os.path.join(site, "keys", "root.pem"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
        write(os.path.join(site, "keys", "unasked.pem"), "x")
        write(os.path.join(site, "talos", "data.yaml"),
              "version: v1alpha1\nmachine:\n  files:\n    - path: /var/x\n      permissions: 0o644\n      op: create\n"
              "      content: !file keys/root.pem\n")
        ran = kit.run("site-layer", SITE=site).good()
        expect("keys/root.pem" in files(ran), "a file that !file names is left out: %s" % files(ran))
        expect("keys/unasked.pem" not in files(ran), "a file that nothing names is packed")

    def folders():
        site = kit.site()
        for path in ("data/10-a.yaml", "data.controlplane/b.yaml", "data-1/c.yaml"):
            write(os.path.join(site, "talos", path), "machine:\n  certSANs: [more.example]\n")
        ran = kit.run("site-layer", SITE=site).good()
        for path in ("data/10-a.yaml", "data.controlplane/b.yaml", "data-1/c.yaml"):
            expect("talos/" + path in files(ran), "a patch of a folder is left out: %s" % files(ran))
        expect(not any(path.startswith("talos/examples/") for path in files(ran)), "the examples are packed")

    def secret_login():
        site = kit.site(roles=("production",))
        kit.edit(site, "hearth.yaml", "method: certificate # .hearth/data.pem", "method: secret # .hearth/data.pem")
        write(os.path.join(site, ".hearth", "data.secret"), CANARY + "\n", 0o600)
        ran = kit.run("site-layer", SITE=site).good()
        expect(".hearth/data.secret" in files(ran), "the client secret is left out")

    def half_alone():
        """The role's own key lies there still, and no node uses it."""
        ran = kit.run("site-layer", SITE=kit.born(kit.site(roles=("data",))), ROLE="data").good()
        same([path for path in files(ran) if path.startswith((".hearth", "logins"))], [".hearth/data-1.tpm", "logins/data-1.crt"],
             "the credentials")
        same(mode(ran.path("hearth-site.sqsh")), 0o600, "the layer's own mode")
        expect("holds half a login of data-1: " in ran.stdout and "worth nothing without that box" in ran.stdout, ran.stdout)
        expect("holds a credential" not in ran.stdout and "no output holds" not in ran.stdout, ran.stdout)

    def half_beside():
        ran = kit.run("site-layer", SITE=kit.born(kit.site(roles=("production",)))).good()
        same([path for path in files(ran) if path.startswith(".hearth")], [".hearth/data-1.tpm", ".hearth/production.pem"], "the credentials")
        expect("holds a credential" in ran.stdout and "half a login of data-1" in ran.stdout, ran.stdout)
        expect("worth nothing" not in ran.stdout, ran.stdout)

    def half_not_asked():
        ran = kit.run("site-layer", SITE=kit.born(kit.site(roles=("production",))), ROLE="production").good()
        same([path for path in files(ran) if path.startswith(".hearth")], [".hearth/production.pem"], "the credentials")

    def half_stays():
        ran = kit.run("site-layer", SITE=kit.born(kit.site(roles=())), ROLE="data", PERMANENT=1).good()
        expect("half a login stays in its box" in ran.stdout, ran.stdout)

    def half_missing():
        site = kit.born(kit.site(roles=()))
        os.unlink(os.path.join(site, ".hearth", "data-1.tpm"))
        kit.refused("site-layer", ".hearth/data-1.tpm is missing, so data-1 could not log in", SITE=site, ROLE="data")

    def half_unborn():
        site = kit.born(kit.site(roles=()))
        os.unlink(os.path.join(site, "logins", "data-1.crt"))
        ran = kit.run("site-layer", SITE=site, ROLE="data").good()
        expect("data-1 has no certificate in logins/ yet" in ran.stderr, ran.stderr)
        expect("no output holds a credential" in ran.stdout, ran.stdout)

    def half_other():
        site = kit.born(kit.site(roles=()))
        write(os.path.join(site, ".hearth", "data-1.tpm"), base64.b64encode(b"h" * 64).decode() + "\n", 0o600)
        kit.refused("site-layer", "tpm-pair", SITE=site, ROLE="data")

    def device_code():
        site = kit.site(roles=("production",))
        kit.edit(site, "hearth.yaml", "method: certificate # .hearth/data.pem", "method: device-code # .hearth/data.pem")
        ran = kit.run("site-layer", SITE=site, ROLE="data").good()
        expect("device code" in ran.stdout and "no output holds" in ran.stdout, ran.stdout)

    def reproducible():
        site = kit.site()
        one, two = (kit.run("site-layer", SITE=site, umask=mask).good() for mask in (0o022, 0o077))
        same(read(two.path("hearth-site.sqsh")), read(one.path("hearth-site.sqsh")), "two builds")

    def changed(edit, verb="site-layer", words=(), **settings):
        def case():
            site = kit.site()
            extra = edit(site) or {}
            kit.refused(verb, *words, SITE=site, **dict(settings, **extra))
        return case

    def tracked(site):
        git = kit.repository(site)
        command(git + ["add", "-f", ".hearth/data.pem"])

    def tracked_above(site):
        """The site is a folder of a repository."""
        git = kit.repository(os.path.dirname(site))
        command(git + ["add", "-f", "homelab/.hearth/production.pem"])

    def behind_link(site):
        """A name that git does not know, for a file that it does."""
        pem = os.path.join(site, ".hearth", "data.pem")
        write(os.path.join(site, "keys", "old.pem"), PEM.replace(CANARY, CANARY + "-old"), 0o600)
        os.unlink(pem)
        os.symlink("../keys/old.pem", pem)
        kit.repository(site)

    def copied(site):
        write(os.path.join(site, "backup", "b.txt"), read(os.path.join(site, ".hearth", "data.pem")), 0o600)
        kit.repository(site)

    def in_history(site):
        """The common accident: committed, and only then taken out."""
        git = kit.repository(site)
        command(git + ["add", "-f", ".hearth/data.pem"])
        command(git + ["commit", "-qm", "with"])
        command(git + ["rm", "-q", "--cached", ".hearth/data.pem"])
        command(git + ["commit", "-qm", "without"])

    def in_history_elsewhere(site):
        """Under another name, and amended away."""
        git = kit.repository(site)
        backup = os.path.join(site, "backup.txt")
        write(backup, read(os.path.join(site, ".hearth", "data.pem")), 0o600)
        command(git + ["add", "backup.txt"])
        command(git + ["commit", "-qm", "with"])
        command(git + ["rm", "-q", "--cached", "backup.txt"])
        command(git + ["commit", "-q", "--amend", "--allow-empty", "-m", "without"])
        os.unlink(backup)

    def in_bare(site):
        """A repository without a work tree of its own in a folder above, as people keep their dotfiles."""
        home = os.path.dirname(site)
        git = ["git", "--git-dir", os.path.join(home, ".cfg"), "--work-tree", home, "-c", "user.name=t", "-c", "user.email=t@example"]
        command(["git", "init", "-q", "--bare", os.path.join(home, ".cfg")])
        command(git + ["add", "-f", os.path.join(site, ".hearth", "data.pem")])
        command(git + ["commit", "-qm", "with"])

    def another_in_history():
        site = kit.site()
        git = kit.repository(site)
        path = os.path.join(site, ".hearth", "data.pem")
        good = read(path)
        write(path, PEM.replace(CANARY, CANARY + "-old"), 0o600)
        in_history(site)
        write(path, good, 0o600)
        ran = kit.run("site-layer", SITE=site).good()
        expect("git has another login as .hearth/data.pem" in ran.stderr, "no warning: " + ran.stderr)

    def folder_kept():
        site = kit.site()
        git = kit.repository(site)
        write(os.path.join(site, ".hearth", ".gitignore"), "*\n")
        command(git + ["add", "-f", ".hearth/.gitignore"])
        kit.run("site-layer", SITE=site).good()

    def clear(path, old, new, secret=None):
        """A secret in the site itself: no output has it, not even one that is held like a login."""
        def case():
            site = kit.site()
            kit.edit(site, path, old, new)
            line = read(os.path.join(site, path)).decode().split(secret or new)[0].count("\n") + 1
            words = ("%s has a secret in clear in line %d" % (path, line), "!secret NAME in its place")
            kit.refused("site-layer", *words, SITE=site)
            kit.refused("site-layer", *words, SITE=site, CREDENTIAL=0)
            base = write(os.path.join(kit.directory(), "initramfs.xz"), zstd(kit.base()))
            kit.refused("pxe", *words, SITE=site, KERNEL=kit.kernel(), INITRAMFS=base)
        return case

    def form(path, text, name=None):
        """One of the usual forms, in a file of its own: the parse finds it, no pattern of lines would."""
        def case():
            site = kit.site()
            write(os.path.join(site, path), text)
            kit.refused("site-layer", "%s has a secret in clear" % (name or path), SITE=site, CREDENTIAL=0)
        return case

    def commented():
        """A file that only a comment names is nobody's."""
        site = kit.site()
        write(os.path.join(site, "keys", "token"), "hunter2\n")
        write(os.path.join(site, "talos", "data-1.yaml"), "# see !file keys/token\nmachine: {certSANs: [more.example]}\n")
        ran = kit.run("site-layer", SITE=site, CREDENTIAL=0).good()
        expect("keys/token" not in files(ran), "a file that a comment names is packed")

    def unjudged(site):
        write(os.path.join(site, "talos", "unused.yaml"), "machine: {\n")

    def key(label):
        """One that its reader would take: of Ed25519 in PKCS #8, or of no cipher in OpenSSH's own form."""
        body = b"openssh-key-v1" + b"\0\0\0\0\4none" * 2 if label.startswith("OPENSSH") else \
            bytes.fromhex("302e020100300506032b657004220420") + bytes(32)
        pem = "-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label, base64.b64encode(body).decode(), label)
        return base64.b64encode(pem.encode()).decode()

    def broken_index(site):
        kit.repository(site)
        write(os.path.join(site, ".git", "index"), b"DIRC" + b"\xff" * 60)

    def pem(text, name=".hearth/data.pem"):
        return lambda site: write(os.path.join(site, name), text, 0o600) and None

    def replace(old, new, path="hearth.yaml"):
        return lambda site: kit.edit(site, path, old, new)

    def link_out(site):
        outside = write(os.path.join(os.path.dirname(site), "outside.yaml"), read(os.path.join(site, "talos", "data.yaml")))
        os.unlink(os.path.join(site, "talos", "data.yaml"))
        os.symlink(outside, os.path.join(site, "talos", "data.yaml"))

    def login_link_out(site):
        outside = write(os.path.join(os.path.dirname(site), "key.pem"), PEM)
        os.unlink(os.path.join(site, ".hearth", "data.pem"))
        os.symlink(outside, os.path.join(site, ".hearth", "data.pem"))

    def no_git():
        site = kit.site()
        kit.repository(site)
        empty = kit.directory()
        asked = ("import sys; sys.path.insert(0, 'scripts/image'); import common, sitelayer\n"
                 "try: sitelayer.tracked(sys.argv[1])\nexcept common.Stop as stop: print(stop)")
        done = subprocess.run([sys.executable, "-B", "-c", asked, site], cwd=REPO, env={"PATH": empty}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        expect(b"there is no git here" in done.stdout, done.stdout.decode())

    def warned():
        site = kit.site()
        os.unlink(os.path.join(site, ".gitignore"))
        git = ["git", "-C", site, "-c", "init.defaultBranch=main"]
        command(git + ["init", "-q"])
        os.chmod(os.path.join(site, ".hearth", "data.pem"), 0o644)
        ran = kit.run("site-layer", SITE=site, ROLE="data").good()
        expect("not in .gitignore" in ran.stderr and "chmod 600" in ran.stderr, "no warning: " + ran.stderr)

    def published():
        site = kit.site()
        git = kit.repository(site)
        ran = kit.run("site-layer", SITE=site, OUT=os.path.join(site, "stick")).good()
        expect("hearth-site.sqsh is not in .gitignore" in ran.stderr, "no warning: " + ran.stderr)
        ran = kit.run("site-layer", SITE=site, OUT=os.path.join(site, "public"), CREDENTIAL=0).good()
        expect(".gitignore" not in ran.stderr and "chmod" not in ran.stderr, ran.stderr)
        command(git + ["rm", "-q", "-r", "--cached", "."])
        write(os.path.join(site, ".gitignore"), ".hearth/\nstick/\n")
        ran = kit.run("site-layer", SITE=site, OUT=os.path.join(site, "stick")).good()
        expect(".gitignore" not in ran.stderr and "chmod" not in ran.stderr, ran.stderr)

    def dashed():
        where = kit.directory()
        kit.run("site-layer", SITE=kit.site(), ROLE="data", OUT="-x", directory=where).good()
        expect(os.path.exists(os.path.join(where, "-x", "hearth-site.sqsh")), "OUT=-x has no layer in it")

    def ignored():
        site = kit.site()
        kit.repository(site)
        ran = kit.run("site-layer", SITE=site).good()
        expect(".gitignore" not in ran.stderr and "chmod" not in ran.stderr, ran.stderr)

    return [
        ("the files that boot reads, and the credentials, and no other", False, contents),
        ("ROLE= packs that role's credential alone", False, one_role),
        ("CREDENTIAL=0 packs none, and needs none", False, no_credential),
        ("PERMANENT=1 packs the word that the medium stays", False, permanent),
        ("the layer plans what the site plans", False, plans_alike),
        ("a file that a reference names is packed, its neighbour is not", False, referred),
        ("the patches of a folder are packed, the examples are not", False, folders),
        ("a client secret is packed", False, secret_login),
        ("a device-code role has nothing to pack", False, device_code),
        ("half a login by TPM, and no key of the role that none uses", False, half_alone),
        ("half a login beside another's whole one", False, half_beside),
        ("another role's half is not packed", True, half_not_asked),
        ("half a login that stays in the box", False, half_stays),
        ("half a login that is not here", True, half_missing),
        ("a box whose login is not born yet", True, half_unborn),
        ("half a login beside another certificate", True, half_other),
        ("two builds are the same bytes", False, reproducible),
        ("an OUT= that looks like an option", True, dashed),
        ("a repository that ignores .hearth is packed without a word about it", False, ignored),
        ("an open or unignored credential is warned of", True, warned),
        ("an output with a login that git would take is warned of", True, published),
        ("a credential that git tracks", True, changed(tracked, words=("git tracks .hearth/data.pem",))),
        ("one tracked in a repository above, of another role than asked for", True,
         changed(tracked_above, words=("git tracks", "production.pem"), ROLE="data")),
        ("tracked, though none is to be packed", True, changed(tracked, words=("git tracks",), CREDENTIAL=0)),
        ("a link to one that git tracks", True, changed(behind_link, words=("git tracks keys/old.pem",))),
        ("a copy of it that git tracks", True, changed(copied, words=("git tracks backup/b.txt",))),
        ("one that git has in its history alone", True, changed(in_history, words=("git has .hearth/data.pem, commit",))),
        ("one that an amended commit had under another name", True,
         changed(in_history_elsewhere, words=("git has .hearth/data.pem, commit",))),
        ("one that a bare repository of a folder above has", True, changed(in_bare, words=("git has .hearth/data.pem, commit",))),
        ("another login once committed in its place is warned of", True, another_in_history),
        ("a .hearth that git keeps by its .gitignore alone", False, folder_kept),
        ("a key in clear, as talosctl gen config writes it", True,
         clear("talos/controlplane.yaml", "!secret talos-secrets#/certs/os/key", key("ED25519 PRIVATE KEY"))),
        ("a token in clear", True, clear("talos/controlplane.yaml", "!secret talos-secrets#/trustdinfo/token", "abcdef.0123456789abcdef")),
        ("a password in clear", True, clear("talos/data.yaml", "  nodeLabels:\n", REGISTRY, "p@ss word!")),
        ("a key in clear in a manifest", True,
         clear("bootstrap/flux-system.yaml", "!base64 { secret: flux-git-identity }", key("OPENSSH PRIVATE KEY"))),
        ("base64 in a Secret", True, form("bootstrap/x.yaml", SECRET + "data: {a: aHVudGVyMg==}\n")),
        ("an age key", True, form("bootstrap/x.yaml", SECRET + "data: {age.agekey: QUdFLVNFQ1JFVC1LRVktMVFRUQ==}\n")),
        ("a docker login", True, form("bootstrap/x.yaml", SECRET + "data: {.dockerconfigjson: eyJhdXRocyI6e319}\n")),
        ("a token in flow style", True, form("talos/data-1.yaml", "machine: {token: abcdef.0123456789abcdef}\n")),
        ("a token on the next line", True, form("talos/data-1.yaml", "machine:\n  token:\n    abcdef.0123456789abcdef\n")),
        ("a token as a block", True, form("talos/data-1.yaml", "machine:\n  token: |-\n    abcdef.0123456789abcdef\n")),
        ("a key in the environment", True, form("talos/data-1.yaml", "machine:\n  env: {TS_AUTHKEY: hunter2}\n")),
        ("an extension's environment", True,
         form("talos/data-1.yaml", "apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: x\nenvironment: [TS_AUTHKEY=hunter2]\n")),
        ("a patch that no node of today reads", True, form("talos/other.yaml", "machine: {token: abcdef.0123456789abcdef}\n")),
        ("a file that a comment names is not packed", False, commented),
        ("a file that is packed and that nobody can judge", True,
         changed(unjudged, words=("talos/unused.yaml would be packed, and nobody can tell what is in it",))),
        ("an index that git cannot read", True, changed(broken_index, words=("git cannot say",))),
        ("a repository and no git", True, no_git),
        ("a credential that is missing", True, changed(lambda site: os.unlink(os.path.join(site, ".hearth/data.pem")),
                                                       words=(".hearth/data.pem is missing", "ROLE="))),
        ("an encrypted key", True, changed(pem("-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + PEM), words=("encrypted",))),
        ("a key without its certificate", True, changed(pem(PEM.split("-----BEGIN CERT")[0]), words=("its certificate",))),
        ("an empty client secret", True,
         changed(lambda site: (replace("method: certificate # .hearth/data.pem", "method: secret # x")(site),
                               pem("\n", ".hearth/data.secret")(site)) and None, words=("is empty",))),
        ("a credential that is a link out of the site", True, changed(login_link_out, words=("leads out of the site",))),
        ("a base that is a link out of the site", True, changed(link_out, words=("hearth plan --all refuses",))),
        ("a federated login", True, changed(replace("method: certificate # .hearth/data.pem", "method: federated # x"),
                                            words=("federated", "no blank box"))),
        ("a role that no entry has", True, changed(lambda site: None, words=("ROLE=dta", "data, production"), ROLE="dta")),
        ("a site that plan --all refuses", True,
         changed(replace("ABC1234", "CHANGE-ME-1"), words=("hearth plan --all refuses", "hearth.yaml:"))),
        ("an unknown key", True, changed(replace("nodes:\n", "nodez:\n"), words=("hearth plan --all refuses", "nodez"))),
        ("no SITE", True, lambda: kit.refused("site-layer", "SITE is missing")),
        ("a SITE without hearth.yaml", True, lambda: kit.refused("site-layer", "no hearth.yaml", SITE=kit.directory())),
        ("CREDENTIAL that is neither 0 nor 1", True, changed(lambda site: None, words=("CREDENTIAL=no",), CREDENTIAL="no")),
    ]
