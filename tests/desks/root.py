"""A bare Debian in a directory, made of Debian's own packages and entered as if it were the machine.

What it takes from the machine below: where Debian is fetched from and how the network is reached (scripts/mirror), the
resolver, and certificates that this host trusts beside Debian's. No path leads back (enter).
"""
import glob
import os
import shutil
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
TRUST = "usr/local/share/ca-certificates"
PERSON = "person"  # the one user that is not root


class Lacking(Exception):
    """A desk cannot be made here; the text says why."""


class Done:
    """How a command ended: status (None: killed at the limit), what it said, seconds, packages that it installed."""

    def __init__(self, status, text, seconds, packages):
        self.status, self.text, self.seconds, self.packages = status, text, seconds, packages


def said(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise Lacking("%s: %s" % (command[0], done.stderr.decode("utf-8", "replace").strip()))
    return done.stdout.decode()


def sources(suite):
    mirror, security = said([os.path.join(REPO, "scripts", "mirror")]).split()
    lines = ["deb %s %s main" % (mirror, suite)]
    if suite != "sid":
        lines += ["deb %s %s-updates main" % (mirror, suite), "deb %s %s-security main" % (security, suite)]
    return "\n".join(lines) + "\n"


def remove(directory):
    subprocess.run(["rm", "-rf", "--one-file-system", directory], check=True)


def bare(suite, packages, layer, settings):
    """Make a layer of the smallest Debian of a suite that is installed, with these packages."""
    remove(layer)
    directory = os.path.join(layer, "root")
    os.makedirs(layer)
    made = subprocess.run(["mmdebstrap", "--mode=root", "--variant=minbase", "--include=" + ",".join(packages), "--quiet",
                           "--aptopt=" + settings, "--dpkgopt=force-unsafe-io", suite, directory, "-"],
                          input=sources(suite).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        raise Lacking("mmdebstrap %s: %s" % (suite, made.stdout.decode("utf-8", "replace").strip()))
    shutil.copy(settings, os.path.join(directory, "etc/apt/apt.conf.d/90host"))
    shutil.copy("/etc/resolv.conf", os.path.join(directory, "etc/resolv.conf"))
    for certificate in glob.glob(os.path.join("/", TRUST, "*.crt")):
        shutil.copy(certificate, os.path.join(directory, TRUST))
    subprocess.run(["chroot", directory, "update-ca-certificates"], check=True, env={"PATH": PATH},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Desk:
    """What a bare Debian became: layers of changes, the newest first, and one of its own above them. A layer is a
    directory with the Debian's root in `root`, so that this root is no mount point.

    `home` is the directory, inside, that the commands are run in; `commit`, if not the newest, what a clone has, and
    `without` a package that its lists forget."""

    def __init__(self, layers, place, commit=None, without=None):
        self.place, self.commit, self.without, self.home, self.environment = place, commit, without, "/root", {}
        remove(place)
        changes, seen, work = (os.path.join(place, name) for name in ("changes", "seen", "work"))
        for directory in (changes, seen, work):
            os.makedirs(directory)
        settings = "lowerdir=%s,upperdir=%s,workdir=%s" % (":".join(layers), changes, work)
        self.mounted = subprocess.run(["mount", "-t", "overlay", "-o", settings, "desk", seen],
                                      stderr=subprocess.DEVNULL).returncode == 0
        if self.mounted:
            self.layers = [changes] + layers
        else:  # this file system cannot be a layer: a copy, and copied layers are whole ones
            os.rmdir(seen)
            os.symlink("changes", seen)
            subprocess.run(["cp", "-a", "--reflink=auto", os.path.join(layers[0], "root"), changes], check=True)
            self.layers = [changes]
        self.directory = os.path.join(seen, "root")

    def inside(self, path):
        """Where a path of the desk lies on the machine below."""
        return self.directory + path

    def user(self):
        """Add the user that is not root."""
        self.run("useradd --create-home --shell /bin/bash %s" % PERSON)

    def packages(self):
        with open(self.inside("/var/lib/dpkg/status"), encoding="utf-8") as status:
            return sum(line == "Status: install ok installed\n" for line in status)

    def run(self, command, user="root", limit=3600, echo=False, wrap=(), **environment):
        """Run a line of shell in the home directory, as a person would type it."""
        home = "/root" if user == "root" else "/home/" + user
        settings = {"PATH": PATH, "HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8", "TERM": "dumb"}
        settings.update((name, os.environ[name]) for name in PROXIES if name in os.environ)
        settings.update(self.environment)
        settings.update(environment)
        before, begin, text = self.packages(), time.monotonic(), b""
        child = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", os.path.join(HERE, "enter"),
                                  self.directory, user, self.home] + list(wrap) + ["bash", "-c", command], env=settings,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        previous = signal.signal(signal.SIGALRM, lambda *_: child.kill())
        signal.alarm(limit)
        try:
            for line in child.stdout:
                text += line
                if echo:
                    print(line.decode("utf-8", "replace"), end="", flush=True)
            child.wait()
        except BaseException:
            child.kill()
            raise
        finally:
            late = signal.alarm(0) == 0
            signal.signal(signal.SIGALRM, previous)
        return Done(None if late else child.returncode, text.decode("utf-8", "replace"), time.monotonic() - begin,
                    self.packages() - before)

    def close(self):
        """Nobody is here any more; the changes stay."""
        if self.mounted:
            subprocess.run(["umount", os.path.join(self.place, "seen")], check=True)
            self.mounted = False

    def remove(self):
        self.close()
        remove(self.place)
