"""Packages of a Debian suite, unpacked below a folder and not installed: apt's own mirror and signatures, lists and
cache of our own, so that the machine's apt is left as it is."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vm"))
from assets import KEYRING, Lacking, command, lay  # noqa: E402


def mirror():
    """Where apt has its packages from, and the suite of this machine."""
    _, text = command(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"])
    for line in text.splitlines():
        site, _, release = line.partition(" ")
        if release.isalpha():
            return site, release
    raise Lacking("apt has no Debian suite")


# Of what packages depend on: nothing that a program of ours is linked with. A wrong name here would be seen: the loader
# of the suite is asked for every library.
UNUSED = re.compile(r"(lib)?python|lib(icu|ssl|sqlite|db5|glib|krb5|gssapi|k5)|gcc-|tzdata|perl|media-types|dpkg|debconf|passwd|adduser")


class Suite:
    """A suite, or several of which the first is wanted. where: a folder of ours. unused: what is not unpacked."""

    def __init__(self, where, *names, unused=UNUSED):
        self.where, self.names, self.unused = os.path.abspath(where), names, unused
        for name in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.where, name), exist_ok=True)
        site, _ = mirror()
        lines = "".join("deb [signed-by=%s] %s %s main\n" % (KEYRING, site, name) for name in names)
        lay(self.path("sources.list"), lines.encode(), 0o644)
        lay(self.path("status"), b"", 0o644)
        self.own = []
        for setting in ("Dir::Etc::sourcelist=" + self.path("sources.list"), "Dir::Etc::sourceparts=/dev/null",
                        "Dir::Etc::preferencesparts=/dev/null", "Dir::State::lists=" + self.path("lists"),
                        "Dir::State::status=" + self.path("status"), "Dir::Cache=" + self.path("cache"),
                        "APT::Sandbox::User=root", "APT::Install-Recommends=false", "Acquire::Retries=3"):
            self.own += ["-o", setting]

    def path(self, name):
        return os.path.join(self.where, name)

    def apt(self, *args):
        status, text = command([args[0], "-q"] + self.own + list(args[1:]), cwd=self.where,
                               env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
        if status != 0:
            raise Lacking("packages of %s cannot be had: %s" % (self.names[0], (text.strip().splitlines() or ["apt says nothing"])[-1]))
        return text

    def unpacked(self, packages, whole=True):
        """(root, {package: version}): these packages and, where whole, all they depend on. Kept for the next time."""
        root, record = self.path("root"), self.path("packages")
        wanted = " ".join(packages)
        kept = open(record).read().splitlines() if os.path.exists(record) else []
        if kept[:1] != [wanted]:
            self.apt("apt-get", "update")
            names = packages if whole else self.named(packages)
            archives = self.path("cache/archives")
            shutil.rmtree(archives)
            os.makedirs(os.path.join(archives, "partial"))
            if whole:
                self.apt("apt-get", "install", "-y", "--download-only", "-t", self.names[0], *names)
            else:
                self.apt("apt-get", "download", "-o", "Dir::Cache::archives=" + archives, *names)
                for name in os.listdir(self.where):
                    if name.endswith(".deb"):
                        os.rename(self.path(name), os.path.join(archives, name))
            kept = [wanted] + self.extracted(archives, root)
            lay(record, "\n".join(kept).encode(), 0o644)
        return root, dict(line.split(" ", 1) for line in kept[1:])

    def extracted(self, archives, root):
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        said = []
        for name in sorted(os.listdir(archives)):
            if name.endswith(".deb"):
                path = os.path.join(archives, name)
                if self.unused.match(name):
                    continue
                status, text = command(["dpkg", "-x", path, root])
                if status != 0:
                    raise Lacking("%s: %s" % (name, text))
                said.append(" ".join(name.split("_")[:2]).replace("%3a", ":"))
        shutil.rmtree(archives)
        return said

    def named(self, packages):
        """What a kernel's package is made of: from 7.x on linux-image-* is a shell around linux-base, -binary and
        -modules."""
        found = []
        while packages:
            name, packages = packages[0], packages[1:]
            text = self.apt("apt-cache", "depends", name)
            more = re.findall(r"Depends: (linux-[a-z]+-\d[^ \n]*)$", text, re.M)
            found += [] if name in found or not re.search(r"\d", name) else [name]
            packages = packages + [one for one in more if one not in found]
        return found
