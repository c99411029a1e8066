"""What the image cases share: a site, bases, the tools as a user runs them, and the counts."""
import base64
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
EPOCH = 1767225600
CANARY = "canary-of-a-login-7f3a"
PEM = ("-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
       "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" % CANARY)
GUID = "11111111-2222-4333-8444-555555555555"
ROW = re.compile(r"^  (\S+) +(\d[\d.]* [kMG]?B)  (.*)$", re.M)  # of the tools' closing table
FILL = (("https://CHANGE-ME-", "https://homelab-"), ("00000000-0000-0000-0000-000000000000", GUID), ("CHANGE-ME-1", "ABC1234"),
        ("CHANGE-ME-2", "DEF5678"), ("CHANGE-ME/homelab", "somebody/homelab"), ("from: file", "from: release"))


class Failure(Exception):
    """A case does not hold."""


class Skip(Exception):
    """A case cannot be run here."""


def expect(good, why):
    if not good:
        raise Failure(why)


def same(found, wanted, what):
    if found != wanted:
        raise Failure("%s\n  is      %r\n  must be %r" % (what, found, wanted))


def sha256(path):
    """Of a file, or of a directory's names and bytes."""
    digest = hashlib.sha256()
    if os.path.isfile(path):
        with open(path, "rb") as source:
            digest.update(source.read())
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            digest.update(os.path.relpath(full, path).encode() + b"\0" + sha256(full).encode())
    return digest.hexdigest()


def read(path):
    with open(path, "rb") as source:
        return source.read()


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)
    return path


def command(args, data=None, directory=None, env=None):
    done = subprocess.run(args, input=data, stdin=None if data is not None else subprocess.DEVNULL, cwd=directory,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=300)
    if done.returncode != 0:
        raise Failure("%s ended with %d: %s" % (" ".join(args), done.returncode, done.stderr.decode("utf-8", "replace")[-600:]))
    return done.stdout


class Ran:
    """How a run of the tools ended."""

    def __init__(self, done, out):
        self.status, self.out = done.returncode, out
        self.stdout, self.stderr = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def path(self, *names):
        return os.path.join(self.out, *names)

    def good(self):
        if self.status != 0:
            raise Failure("ended with %d: %s" % (self.status, self.stderr[-900:]))
        return self


class Kit:
    def __init__(self, binary, verbose):
        self.binary, self.verbose = binary, verbose
        self.build = os.path.join(os.path.dirname(binary), "image")
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.cases = self.negative = 0
        self.work = None
        self.sizes = {}

    def lacks(self):
        if not os.access(self.binary, os.X_OK):
            return "%s is missing: run make first" % self.binary
        done = subprocess.run([os.path.join(REPO, "scripts", "deps"), "image-test"], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            return done.stderr.decode("utf-8", "replace")
        os.makedirs(self.build, exist_ok=True)
        self.work = tempfile.mkdtemp(prefix="work-", dir=self.build)
        return None

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    # -- verdicts

    def passed(self, name):
        self.counts["passed"] += 1
        if self.verbose:
            print("passed  " + name, flush=True)

    def failed(self, name, why):
        self.counts["failed"] += 1
        print("FAILED  %s\n%s" % (name, "".join("        %s\n" % line for line in why.splitlines()[:30])), end="", flush=True)

    def run_case(self, name, negative, function):
        self.cases += 1
        self.negative += bool(negative)
        try:
            function()
        except Skip as skip:
            self.counts["skipped"] += 1
            print("skipped %s: %s" % (name, skip), flush=True)
        except Failure as failure:
            self.failed(name, str(failure))
        except Exception:
            self.failed(name, traceback.format_exc(limit=-4))
        else:
            self.passed(name)

    # -- running the tools

    def directory(self):
        return tempfile.mkdtemp(dir=self.work)

    def run(self, verb, umask=0o022, directory=REPO, prefix=(), **settings):
        """A verb as make calls it, into a directory of its own. No run may say a login or leave its workspace
        behind."""
        out = settings.pop("OUT", None) or os.path.join(self.directory(), "out")
        environment = {"PATH": settings.pop("PATH", os.environ["PATH"]), "OUT": out, "BINARY": self.binary,
                       "SOURCE_DATE_EPOCH": str(EPOCH), "HEARTH_VERSION": "0.1.0-dev+test"}
        environment.update({key: str(value) for key, value in settings.items()})
        before = os.umask(umask)
        try:
            done = subprocess.run(list(prefix) + [os.path.join(REPO, "scripts", "image", "image"), verb], cwd=directory,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                                  timeout=300)
        finally:
            os.umask(before)
        ran = Ran(done, out)
        for name, count, about in ROW.findall(ran.stdout):
            name = os.path.relpath(os.path.join(os.path.realpath(directory), name), os.path.realpath(out))
            self.sizes.setdefault(name, (count, about))
        expect(CANARY not in ran.stdout + ran.stderr, "%s prints a login" % verb)
        left = [name for name in os.listdir(out) if name.startswith(".")] if os.path.isdir(out) else []
        expect(not left, "%s leaves %s behind" % (verb, left))
        return ran

    def refused(self, verb, *words, **settings):
        """The run must end with 1, say these words, and make nothing."""
        ran = self.run(verb, **settings)
        expect(ran.status == 1, "ended with %d, and must refuse\n%s%s" % (ran.status, ran.stdout, ran.stderr))
        expect("Traceback" not in ran.stderr, ran.stderr)
        for word in words:
            expect(word in ran.stderr, "does not say %r but:\n%s" % (word, ran.stderr))
        made = os.listdir(ran.out) if os.path.isdir(ran.out) else []
        expect(not made, "refused, and made %s" % made)
        return ran

    # -- a site

    def site(self, roles=("data", "production")):
        """The example, filled in, with a login for each of `roles`."""
        path = os.path.join(self.directory(), "homelab")
        command([self.binary, "assets", "--out", path])
        for folder, _, names in os.walk(path):
            for name in names:
                full = os.path.join(folder, name)
                text = read(full).decode()
                for old, new in FILL:
                    text = text.replace(old, new)
                write(full, text)
        for role in roles:
            write(os.path.join(path, ".hearth", role + ".pem"), PEM.replace(CANARY, CANARY + "-" + role), 0o600)
        return path

    def edit(self, site, path, old, new):
        full = os.path.join(site, path)
        text = read(full).decode()
        expect(old in text, "%s no longer holds %r" % (path, old))
        write(full, text.replace(old, new))

    def born(self, site):
        """A site whose role data logs in by the TPM of its box, with what was born there."""
        self.edit(site, "hearth.yaml", "method: certificate # .hearth/data.pem", "method: tpm # .hearth/data.pem")
        key, crt = os.path.join(self.directory(), "key"), os.path.join(site, "logins", "data-1.crt")
        os.makedirs(os.path.dirname(crt))
        command(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=data-1", "-keyout", key, "-out", crt])
        der = subprocess.run(["openssl", "x509", "-in", crt, "-outform", "DER"], stdout=subprocess.PIPE, check=True).stdout
        both = base64.b64encode(b"h" * 32 + hashlib.sha256(der).digest()).decode()
        write(os.path.join(site, ".hearth", "data-1.tpm"), both + "\n", 0o600)
        return site

    def repository(self, site):
        git = ["git", "-C", site, "-c", "user.name=t", "-c", "user.email=t@example", "-c", "init.defaultBranch=main"]
        command(git + ["init", "-q"])
        command(git + ["add", "."])
        return git

    # -- a base

    def base(self, more=(), names=("init", "rootfs.sqsh")):
        """A plain archive as Talos's vanilla initramfs has it, by Debian's cpio; more: {name: bytes}."""
        top = os.path.join(self.directory(), "base")
        rootfs = os.path.join(top, "rootfs")
        for path in ("usr/local", "usr/bin", "etc", "sbin"):
            os.makedirs(os.path.join(rootfs, path))
        write(os.path.join(rootfs, "sbin", "init"), "#!/bin/false\n", 0o755)
        command(["mksquashfs", rootfs, os.path.join(top, "rootfs.sqsh"), "-all-root", "-noappend", "-quiet", "-no-progress",
                 "-comp", "zstd"])
        write(os.path.join(top, "init"), "#!/bin/false\n", 0o755)
        for name, data in dict(more).items():
            write(os.path.join(top, name), data)
        listing = "\n".join(list(names) + list(dict(more))) + "\n"
        return command(["cpio", "-o", "-H", "newc", "--quiet", "-R", "+0:+0"], listing.encode(), top)

    def kernel(self):
        return write(os.path.join(self.directory(), "vmlinuz"), b"\0" * 0x202 + b"HdrS" + os.urandom(4096))

    def squash(self, files):
        """A layer of somebody else's: {path: bytes}."""
        top = os.path.join(self.directory(), "layer")
        os.makedirs(top)
        os.chmod(top, 0o755)
        for path, data in files.items():
            write(os.path.join(top, path), data)
        command(["mksquashfs", top, top + ".sqsh", "-all-root", "-noappend", "-quiet", "-no-progress", "-comp", "zstd"])
        return read(top + ".sqsh")


def zstd(data):
    return command(["zstd", "-q", "-c", "-3"], data)


def xz(data):
    return command(["xz", "-C", "crc32", "-0", "-c"], data)
