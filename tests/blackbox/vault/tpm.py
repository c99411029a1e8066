"""The login that is born in a TPM, but for the boot itself (tests/faults): facts --login, and what a desk says of its
two files. The TPM is swtpm behind a terminal (tests/standin/tpm.py)."""
import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "facts"),
                os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "standin")]
import boxes  # noqa: E402
import tpm  # noqa: E402

DAY = 86400
CLIENT = "66666666-7777-4888-8999-aaaaaaaaaaaa"
CERTIFICATE, HALF = "site/logins/data-1.crt", "site/.hearth/data-1.tpm"


def box(kit):
    """The tree of a box with a TPM 2.0, and the chip's state beside it."""
    root = boxes.make(kit, "prodesk-400-g4")
    os.makedirs(kit.path("site"), exist_ok=True)
    return root, tpm.Tpm(kit.path("state"))


def bear(kit, root, name="data-1"):
    return kit.hearth(["facts", "--sysroot", root, "--login", name, "--out", kit.path("site")])


def inode(path):
    entry = os.stat(path)
    return entry.st_ino, entry.st_mtime_ns, entry.st_size


def born(kit):
    root, chip = box(kit)
    with chip:
        chip.into(root)
        plain = kit.expect(kit.hearth(["facts", "--sysroot", root]))
        if chip.commands:
            kit.fail("a TPM was spoken to without --login")
        run = kit.expect(bear(kit, root), err=["public, into Git", "never into Git"])
        if run.out != plain.out:
            kit.fail("the facts are others with --login")
        if chip.commands != [0x131, 0x15d, 0x165]:
            kit.fail("other commands: %s" % [hex(one) for one in chip.commands])
    modes = [os.stat(kit.path(path)).st_mode & 0o777 for path in (CERTIFICATE, HALF, "site/.hearth")]
    if modes != [0o644, 0o600, 0o700]:
        kit.fail("modes %s" % [oct(mode) for mode in modes])
    der = subprocess.run(["openssl", "x509", "-in", kit.path(CERTIFICATE), "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout
    both = base64.b64decode(kit.read(HALF))
    if len(both) != 64 or both[32:] != hashlib.sha256(der).digest():
        kit.fail("the half was not born with the certificate")
    text = subprocess.run(["openssl", "x509", "-in", kit.path(CERTIFICATE), "-noout", "-subject", "-startdate", "-enddate"],
                          stdout=subprocess.PIPE, check=True).stdout.decode()
    years = re.findall(r" (20\d\d) GMT", text)
    # OpenSSL 3.2 left the blanks out.
    if not re.search(r"CN ?= ?data-1$", text, re.M) or int(years[1]) - int(years[0]) != 2:
        kit.fail(text)


def never_over(which):
    """Of whose box it is nobody can tell."""
    def case(kit):
        root, chip = box(kit)
        path = kit.write(which, "another box's\n")
        with chip:
            chip.into(root)
            before = inode(path)
            kit.expect(bear(kit, root), 4, err=["hearth: login-exists: ", os.path.relpath(which, "site")])
            if chip.commands:
                kit.fail("the TPM was asked all the same")
        if inode(path) != before or os.path.exists(kit.path(CERTIFICATE)) and os.path.exists(kit.path(HALF)):
            kit.fail("something was written")
    return case


def both_or_none(kit):
    """The second file cannot be written: the first goes again."""
    root, chip = box(kit)
    kit.write("site/logins", "in the way\n")
    with chip:
        chip.into(root)
        run = bear(kit, root)
    if run.code != 1 or os.path.exists(kit.path(HALF)):
        kit.fail("exit %d, %s" % (run.code, os.listdir(kit.path("site/.hearth"))))


def no_login(code, spoil, before=()):
    def case(kit):
        root, chip = box(kit)
        with chip:
            chip.into(root)
            spoil(kit, root)
            for command in before:
                if chip.ask(command) != 0:
                    kit.fail("the TPM does not take " + command)
            run = kit.expect(bear(kit, root), 4, out='"serial"', err="hearth: %s: " % code)
            if "next: " not in run.text("stderr"):
                kit.fail("no next step")
            if code in ("tpm-none", "tpm-old") and chip.commands:
                kit.fail("a command was sent: %s" % chip.commands)
        if os.path.exists(kit.path(CERTIFICATE)) or os.path.exists(kit.path(HALF)):
            kit.fail("a file was written")
    return case


def usage(*words):
    def case(kit):
        root, chip = box(kit)
        with chip:
            kit.expect(kit.hearth(["facts", "--sysroot", root] + [word.replace("SITE", kit.path("site")) for word in words]), 2,
                       err="hearth: usage: ")
    return case


# -- at the desk: the files alone

def make_certificate(kit, name, days=700, folder="site"):
    """A certificate as the box would have made it, and the half that was born with it; a desk looks at no TPM."""
    key, crt = kit.path("key.pem"), kit.path("%s/logins/%s.crt" % (folder, name))
    os.makedirs(os.path.dirname(crt), exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=" + name,
                    "-keyout", key, "-out", crt], check=True, stderr=subprocess.DEVNULL)
    der = subprocess.run(["openssl", "x509", "-in", crt, "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout
    os.makedirs(kit.path("site/.hearth"), mode=0o700, exist_ok=True)
    half = kit.write("site/.hearth/%s.tpm" % name, base64.b64encode(b"h" * 32 + hashlib.sha256(der).digest()) + b"\n")
    os.chmod(half, 0o600)
    return hashlib.sha1(der).hexdigest().upper()


def site(kit, old="method: secret", new="method: tpm"):
    kit.site("vault")
    with open(kit.path("site/hearth.yaml")) as source:
        text = source.read()
    if old not in text:
        kit.fail("the site has no " + old)
    kit.write("site/hearth.yaml", text.replace(old, new, 1))


def role_by_tpm(kit):
    with open(kit.path("site/hearth.yaml")) as source:
        kit.write("site/hearth.yaml", source.read().replace("method: secret\n    cloud", "method: tpm\n    cloud", 1))


def plan(kit, *words, facts=True):
    more = ["--facts", kit.path("site/box.json")] if facts else []
    return kit.hearth(["plan", "--site", kit.path("site")] + more + list(words))


def whole(kit):
    site(kit)
    make_certificate(kit, "data-1")
    run = kit.expect(plan(kit), out="tpm of client %s in tenant 11111111-2222-4333-8444-555555555555, from .hearth/data-1.tpm" % CLIENT)
    if "logins/" in run.text("stdout") or "warning    .hearth" in run.text("stdout"):
        kit.fail(run.text("stdout"))


def said(words, spoil, code=0):
    """plan says it; a name of the site that Git may track is one."""
    def case(kit):
        site(kit)
        make_certificate(kit, "data-1")
        spoil(kit)
        run = plan(kit)
        kit.expect(run, code)
        text = run.text("stdout") + run.text("stderr")
        for word in [words] if isinstance(words, str) else words:
            if word not in text:
                kit.fail("%r is not said:\n%s" % (word, text[-1500:]))
    return case


def git_tracks(kit):
    for words in (["init", "-q"], ["add", "-f", ".hearth/data-1.tpm"]):
        subprocess.run(["git", "-C", kit.path("site")] + words, check=True)


def another(kit):
    keep = kit.read(HALF)
    make_certificate(kit, "data-1")
    kit.write(HALF, keep)


def az(kit):
    site(kit, "    match: { serial: HEARTH1 }", "    match: { serial: HEARTH1 }\n    install: { transport: sata, size: \">= 200GB\" }\n"
         "  - { name: \"worker-{fact:serial}\", role: data, type: worker, match: { serial: W* } }\n"
         "  - name: other\n    role: data\n    type: worker\n    login: { method: secret }\n    match: { serial: OTHER }")
    role_by_tpm(kit)
    prints = {name: make_certificate(kit, name) for name in ("data-1", "worker-a1", "worker-b2", "other", "nobody")}
    os.unlink(kit.path("site/.hearth/worker-b2.tpm"))
    run = plan(kit, "--az")
    kit.expect(run)
    text = run.text("stdout")
    for name, thumb in prints.items():
        path = kit.path("site/logins/%s.crt" % name)
        added = "credential reset --id %s --append --cert @%s " % (CLIENT, path) in text
        revoked = "revoke %s %s" % (thumb, base64.b64encode(bytes.fromhex(thumb)).decode()) in text
        if added != (name in ("data-1", "worker-a1")) or revoked != (name in ("data-1", "worker-a1", "worker-b2")):
            kit.fail("%s: added %s, revoked %s\n%s" % (name, added, revoked, text))
    if not text.index("data-1 logs in") < text.index("worker-a1 logs in") < text.index("worker-b2: its half"):
        kit.fail("not in the order of matching")
    # What a shell makes of it.
    script = kit.write("az", '#!/bin/sh\nprintf "[%s]" "$@"; echo\n')
    os.chmod(script, 0o755)
    line = [one for one in text.splitlines() if one.startswith("revoke()")][0]
    done = subprocess.run(["sh", "-c", line + "\nrevoke HEX B64="], env={"PATH": kit.work + ":/usr/bin:/bin"},
                          stdout=subprocess.PIPE, check=True)
    wanted = "[--query][[?customKeyIdentifier=='HEX' || customKeyIdentifier=='B64='].keyId]"
    if wanted not in done.stdout.decode():
        kit.fail(done.stdout.decode())
    whole = kit.expect(plan(kit), out="logins/nobody.crt")
    if "logins/worker" in whole.text("stdout"):
        kit.fail(whole.text("stdout"))


def pem_left(kit):
    """The key that the role had before is taken from the app by its own thumbprint, whatever else is there."""
    site(kit)
    make_certificate(kit, "data-1")
    with open(kit.keys.client()) as source:
        kit.write("site/.hearth/data.pem", source.read())
    os.chmod(kit.path("site/.hearth/data.pem"), 0o600)
    kit.expect(plan(kit), out=[".hearth/data.pem: is used by no node any more", "`hearth plan --az`"])
    der = subprocess.run(["openssl", "x509", "-in", kit.keys.client(), "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout
    thumb = hashlib.sha1(der).digest()
    kit.expect(plan(kit, "--az"), out="revoke %s %s\n" % (thumb.hex().upper(), base64.b64encode(thumb).decode()))
    # The certificate is not in it, or nothing can be read: it stands in the app all the same.
    with open(kit.keys.client()) as source:
        key = source.read().split("-----BEGIN CERTIFICATE", 1)[0]
    kit.write("site/.hearth/data.pem", key)
    wanted = "#    .hearth/data.pem holds no readable certificate: see which to revoke in az ad app credential list --id %s --cert\n" % CLIENT
    kit.expect(plan(kit, "--az"), out=wanted)
    os.unlink(kit.path("site/.hearth/data.pem"))
    os.mkdir(kit.path("site/.hearth/data.pem"))
    kit.expect(plan(kit, "--az"), out=wanted)


def az_refuses_another(kit):
    """Whoever can write to Git must not choose what is registered."""
    site(kit)
    make_certificate(kit, "data-1")
    another(kit)
    run = kit.expect(plan(kit, "--az"), 3, err="hearth: tpm-pair: ")
    if "credential reset" in run.text("stdout"):
        kit.fail("it is offered all the same")


def az_half_tracked(kit):
    """Who writes to Git would choose the half too, and with it the certificate."""
    site(kit)
    make_certificate(kit, "data-1")
    git_tracks(kit)
    run = kit.expect(plan(kit, "--az"), out="data-1: not to be added: Git tracks .hearth/data-1.tpm")
    if "--append --cert @" in run.text("stdout"):
        kit.fail("it is offered all the same")


def another_before(kit):
    """Other readers of PEM take the first block, whatever its label says of a certificate."""
    right, half = kit.read(CERTIFICATE), kit.read(HALF)
    make_certificate(kit, "data-1")
    first = kit.read(CERTIFICATE).replace("CERTIFICATE", "X509 CERTIFICATE")
    kit.write(CERTIFICATE, first + right)
    kit.write(HALF, half)


def shared_pattern(kit):
    """Boxes of one name with and without a TPM: the certificate is of the entry that logs in by it."""
    site(kit, "    match: { serial: HEARTH1 }", "    match: { serial: HEARTH1 }\n    install: { transport: sata, size: \">= 200GB\" }\n"
         "  - { name: \"worker-{fact:serial}\", role: data, type: worker, match: { serial: V* }, login: { method: certificate } }\n"
         "  - name: \"worker-{fact:serial}\"\n    role: data\n    type: worker\n    login: { method: tpm }\n    match: { serial: W* }")
    role_by_tpm(kit)
    make_certificate(kit, "worker-a1")
    run = kit.expect(plan(kit, "--az"), out="worker-a1 logs in:")
    if "worker-a1.crt: is of no node" in run.text("stdout") + run.text("stderr"):
        kit.fail("it is taken for a stranger's")


def desk(kit):
    site(kit)
    make_certificate(kit, "data-1")
    kit.world({"vaults": {"*": {"hello": "x", "db-password": "y"}}, "clients": {CLIENT: {"secret": "abc"}}})
    words = ["--site", kit.path("site"), "--facts", kit.path("site/box.json")]
    kit.expect(kit.hearth(["check"] + words), 5, err=["hearth: cred-desk: ", "AZURE_CLIENT_SECRET="])
    kit.expect(kit.hearth(["render", "--out", kit.path("out")] + words), 5, err="hearth: cred-desk: ")
    kit.environment["AZURE_CLIENT_SECRET"] = "abc"
    kit.expect(kit.hearth(["check"] + words), err="good: nothing was written")


def ends(kit):
    site(kit)
    make_certificate(kit, "data-1", days=10)
    kit.world({"vaults": {"*": {"hello": "x", "db-password": "y"}}, "clients": {CLIENT: {"secret": "abc"}}})
    kit.environment["AZURE_CLIENT_SECRET"] = "abc"
    when = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * DAY))[:8]
    kit.expect(kit.hearth(["check", "--site", kit.path("site"), "--facts", kit.path("site/box.json")]),
               err="warning: the certificate of the login of data-1 ends on " + when[:2])


def own_method(kit):
    """One box of a role with another method: the one with a TPM 1.2."""
    site(kit, "    match: { serial: HEARTH1 }", "    login: { method: certificate }\n    match: { serial: HEARTH1 }")
    role_by_tpm(kit)
    kit.expect(plan(kit), out="certificate of client")
    kit.expect(plan(kit, "--json"), out='"method": "certificate"')


def wrong_entry(new, words):
    def case(kit):
        site(kit, "    match: { serial: HEARTH1 }", "    %s\n    match: { serial: HEARTH1 }" % new)
        kit.expect(plan(kit), 3, err=words)
    return case


def committed(kit):
    """Half of a login that was ever committed is everybody's."""
    site(kit)
    make_certificate(kit, "data-1")
    kit.environment["AZURE_CLIENT_SECRET"] = "abc"
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-f", ".hearth/data-1.tpm"], who + ["commit", "-qm", "x"], ["rm", "-q", "--cached",
                  ".hearth/data-1.tpm"], who + ["commit", "-qm", "y"]):
        subprocess.run(["git", "-C", kit.path("site")] + words, check=True)
    kit.world({"clients": {CLIENT: {"secret": "abc"}}})
    kit.expect(kit.hearth(["check", "--partial", "--site", kit.path("site"), "--facts", kit.path("site/box.json")]), 3,
               err=["hearth: cred-tracked: ", ".hearth/data-1.tpm"])


def version(text):
    def spoil(kit, root):
        path = os.path.join(root, "sys/devices/pnp0/00:0c/tpm/tpm0/tpm_version_major")
        os.unlink(path)
        if text:
            kit.write(os.path.relpath(path, kit.work), text)
        if not text:
            os.rename(os.path.join(root, "dev/tpmrm0"), os.path.join(root, "dev/tpm0"))
    return spoil


def remove(path):
    return lambda kit, *_: os.unlink(kit.path(path))


def cases():
    yield "born", born
    for name, path in (("certificate", CERTIFICATE), ("half", HALF)):
        yield "never-over-a-" + name, never_over(path), True
    yield "both-or-none", both_or_none, True
    yield "none", no_login("tpm-none", lambda kit, root: os.unlink(os.path.join(root, "sys/class/tpm/tpm0"))), True
    yield "old", no_login("tpm-old", version("1\n")), True
    yield "old-unknown", no_login("tpm-old", version(None)), True
    yield "no-device", no_login("tpm-refused", lambda kit, root: os.unlink(os.path.join(root, "dev/tpmrm0"))), True
    yield "password", no_login("tpm-password", lambda *_: None, [tpm.PASSWORD]), True
    yield "off", no_login("tpm-off", lambda *_: None, [tpm.OFF]), True
    yield "usage-out", usage("--login", "data-1"), True
    yield "usage-login", usage("--out", "SITE"), True
    yield "usage-name", usage("--login", "../data-1", "--out", "SITE"), True
    yield "usage-facts", usage("--facts", "x.json", "--login", "data-1", "--out", "SITE"), True
    yield "whole", whole
    yield "no-certificate", said(["logins/data-1.crt: is not there", "facts --login data-1"], remove(CERTIFICATE)), True
    yield "no-half", said(".hearth/data-1.tpm: is not there", remove(HALF)), True
    yield "half-tracked", said(".hearth/data-1.tpm: is tracked by Git", git_tracks), True
    yield "half-open", said(".hearth/data-1.tpm: can be read by others", lambda kit: os.chmod(kit.path(HALF), 0o644)), True
    yield "half-damaged", said(["is not what `hearth facts --login` wrote", "next: take it back"], lambda kit: kit.write(HALF, "x\n"), 3), True
    yield "another-certificate", said("hearth: tpm-pair: ", another, 3), True
    yield "no-certificate-in-it", said(["is no certificate in PEM", "next: take it back"], lambda kit: kit.write(CERTIFICATE, "x\n"), 3), True
    yield "stranger", said("logins/stranger.crt: is of no node", lambda kit: shutil.copy(kit.path(CERTIFICATE),
                                                                                         kit.path("site/logins/stranger.crt"))), True
    yield "pem-left", pem_left, True
    yield "az", az
    yield "az-refuses-another", az_refuses_another, True
    yield "az-half-tracked", az_half_tracked, True
    yield "another-before", said("hearth: tpm-pair: ", another_before, 3), True
    yield "shared-pattern", shared_pattern
    yield "desk", desk, True
    yield "ends", ends
    yield "own-method", own_method
    yield "own-method-unknown", wrong_entry("login: { method: tmp }", "hearth: site-value: "), True
    yield "own-login-key", wrong_entry("login: { client: 1 }", "hearth: site-key: "), True
    yield "committed", committed, True
