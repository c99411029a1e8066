"""Desks that are odd in one way: who sits there, where the tree lies, how it came, what is missing.

Each is a function of a Bench that returns or raises Wrong. They share one bookworm that has the packages of `make test`
and a tree in which make has run, so that a row costs a build at most.
"""
import re
import subprocess

import commands
import root

SUITE = "bookworm"
BUILT = "/root/built"  # a tree in which make has run


class Wrong(Exception):
    """The desk did not do what it should; the text says what."""


class Bench:
    def __init__(self, desk, echo):
        self.desk, self.echo, self.last = desk, echo, None

    def run(self, command, ends=0, **more):
        """Run a line; it must end with this status (None: any but 0)."""
        self.last = done = self.desk.run(command, echo=self.echo, **more)
        if (done.status == 0) if ends is None else (done.status != ends):
            raise Wrong("`%s` ended with %s" % (command, done.status))
        return done

    def clone(self, where, *options, user="root"):
        """A clone with the sources at hand."""
        commands.clone(self.desk, *options, where=where)
        self.sources(user)

    def sources(self, user="root"):
        self.run("mkdir -p build && cp -a %s/build/sources build && chown -R %s '%s'" % (BUILT, user, self.desk.home))

    def libraries(self):
        """Not only the archives at hand but what was built of them: for what is odd in the program alone."""
        self.run("cp -a %s/build . && cd build && rm -rf hearth* obj gen && "
                 "for one in used.lock config.mk src.ok musl.ok libs.ok host.ok; do touch $one; done" % BUILT)

    def built(self, where="/root/hearth", user="root"):
        """A clone in which make has run."""
        self.desk.home = "/root"
        self.run("cp -a %s '%s' && chown -R %s '%s'" % (BUILT, where, user, where))
        self.desk.home = where
        commands.forget(self.desk)

    def says(self, done, *patterns):
        for pattern in patterns:
            if not re.search(pattern, done.text, re.M):
                raise Wrong("nothing like: " + pattern)

    def refused(self, command, pattern, **more):
        """It must stop before anything is built, and its last line must say why."""
        done = self.run(command, ends=None, **more)
        last = done.text.strip().splitlines()[-1]
        if not re.search(pattern, last):
            raise Wrong("the last line is: " + last)
        if re.search(r"^  lib ", done.text, re.M):
            raise Wrong("something was built first")
        return done


def demo_as(user, where):
    def play(bench):
        bench.desk.user()
        bench.clone(where, user=user)
        bench.run("make demo", user=user)
    return play


def umask(bench):
    bench.desk.user()
    bench.clone("/home/person/hearth", user=root.PERSON)
    bench.run("umask 077; rm -rf copy; git clone -q . copy && mkdir copy/build && cp -r build/sources copy/build && "
              "make -C copy demo", user=root.PERSON)


def noexec(bench):
    bench.clone("/root/hearth")
    bench.run("mkdir /tmp/no && mount -t tmpfs -o noexec tmpfs /tmp/no && TMPDIR=/tmp/no make demo && make && "
              "TMPDIR=/tmp/no tests/blackbox/run build/hearth render/")
    bench.says(bench.last, r"^\d+ passed, 0 failed, 0 skipped$")


def no_namespaces(bench):
    bench.built()
    jail = ("unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv "
            "--bounding-set=-sys_admin --inh-caps=-sys_admin sh -c \"%s\"'")
    bench.refused(jail % "make demo", r"demo: namespaces are not permitted here \(unshare: No space left on device\): this container "
                  r"may not make them; give it SYS_ADMIN, or use a machine")
    done = bench.run(jail % "tests/blackbox/run build/hearth base vault/tcp")
    last = done.text.strip().splitlines()[-1]
    if not re.match(r"\d+ passed, 0 failed, [1-9]\d* skipped: namespaces are not permitted here \(unshare: ", last):
        raise Wrong("the last line is: " + last)


def full_disk(bench):
    bench.clone("/root/hearth")
    small = "mkdir -p /full && mount -t tmpfs -o size=%dm tmpfs /full && cp -a Makefile scripts boot embed assets tests /full && cd /full && "
    bench.refused(small % 150 + "make", r"no space: build/ needs 300 MB and has \d+ MB")
    # Somebody else fills the disk meanwhile.
    done = bench.run(small % 40 + "scripts/fetch build/sources build/apt", ends=None)
    bench.says(done, r"^fetch: no space left below /full/build/apt")
    if "mirror does not" in done.text or "network" in done.text:
        raise Wrong("a full disk is blamed on the mirror")


def version(bench):
    done = bench.run("make && build/hearth version | head -n 1")
    return done.text.strip().splitlines()[-1]


def depth_one(bench):
    bench.built("/root/full")
    whole = version(bench)
    commands.clone(bench.desk, "--depth", "1")
    bench.libraries()
    if version(bench) != whole:
        raise Wrong("a shallow clone says %r, the whole one %r" % (bench.last.text.splitlines()[-1], whole))


def tarball(bench, above=""):
    bench.built("/root/whole")
    whole = version(bench)
    bench.run(above + "mkdir -p /root/home/vendor && git archive --prefix=hearth/ HEAD | tar -x -C /root/home/vendor")
    bench.desk.home = "/root/home/vendor/hearth"
    bench.libraries()
    if version(bench) != whole:
        raise Wrong("the tarball says %r, the clone %r" % (bench.last.text.splitlines()[-1], whole))
    bench.run("build/hearth assets | diff - <(cd /root/whole && build/hearth assets)")


def tarball_below(bench):
    tarball(bench, "mkdir -p /root/home && git -C /root/home init -q && git -C /root/home -c user.name=x -c user.email=x@x "
            "commit -q --allow-empty -m x && git -C /root/home -c user.name=x -c user.email=x@x tag v9.9 && "
            "echo vendor >/root/home/.gitignore && ")


def autocrlf(bench):
    bench.run("git config --global core.autocrlf true")
    bench.clone("/root/whole")
    bench.run("git clone -q /root/whole /root/crlf && cd /root/crlf && mkdir build && cp -a %s/build/sources build && "
              "git status --porcelain | diff /dev/null - && make demo" % BUILT)


def cdpath(bench):
    bench.clone("/root/hearth")
    bench.run("export CDPATH=/root:/; make demo && scripts/demo && scripts/tree version")


def two_makes(bench):
    bench.clone("/root/hearth")
    bench.run("make & sleep 0.3; make; a=$?; wait $!; b=$?; echo $a $b; [ $a$b = 00 ]")


def root_then_person(bench):
    bench.desk.user()
    bench.built("/home/person/hearth", user=root.PERSON)
    bench.run("rm build/hearth && make")
    bench.refused("make", r"sudo chown -R \w+ build", user=root.PERSON)
    mend = re.search(r"sudo (chown -R \w+ build)", bench.last.text).group(1)
    bench.run(mend)
    bench.run("make", user=root.PERSON)


def help_cut(bench):
    commands.clone(bench.desk)
    bench.run("make help | head -n 1; [ ${PIPESTATUS[0]} = 0 ]")


def in_a_chroot(bench):
    """Its root is no mount point, as with debootstrap's, and its mount table private."""
    bench.built()
    done = subprocess.run(["unshare", "--mount", "--fork", "--kill-child", "chroot", bench.desk.directory, "sh", "-c",
                           "mount -t proc proc /proc && cd /root/hearth && make demo"], stdin=subprocess.DEVNULL,
                          env={"PATH": root.PATH, "HOME": "/root"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Wrong("make demo in a chroot: " + done.stdout.decode("utf-8", "replace").strip().splitlines()[-1])


ODD = {
    "plain user": demo_as(root.PERSON, "/home/person/hearth"),
    "umlaut": demo_as("root", "/root/Übung/hearth"),
    "blank in the path": demo_as("root", "/root/My Projects/hearth"),
    "umask 077": umask,
    "noexec TMPDIR": noexec,
    "no namespaces": no_namespaces,
    "full disk": full_disk,
    "depth-1 clone": depth_one,
    "tarball": tarball,
    "tarball below a repository": tarball_below,
    "autocrlf": autocrlf,
    "CDPATH": cdpath,
    "two makes at once": two_makes,
    "sudo make, then make": root_then_person,
    "chroot": in_a_chroot,
    "help, cut": help_cut,
}


# On a desk with nothing but what README names.

def packages_first(bench):
    bench.desk.user()
    commands.clone(bench.desk, where="/home/person/hearth")
    bench.run("chown -R person .")
    for target, words in (("demo", ("gcc", "python3")), ("test", ("gcc", "python3", "clang", "libclang-rt-dev"))):
        done = bench.refused("make " + target, r"^    apt-get update && apt-get install -y --no-install-recommends [a-z0-9 .-]+  # as root",
                             user=root.PERSON)
        last = done.text.strip().splitlines()[-1].split()
        if not set(words) <= set(last):
            raise Wrong("the line lacks one of " + " ".join(words))
    line = re.search(r"^    (apt-get .*?)  #", done.text, re.M).group(1)
    bench.run(line)
    bench.run("make demo", user=root.PERSON)


def no_mirror(bench):
    commands.clone(bench.desk)
    bench.run("scripts/deps build")
    bench.run("echo 'deb cdrom:[Debian 12]/ bookworm main' >/etc/apt/sources.list")
    done = bench.run("make", ends=None)
    bench.says(done, r"^mirror: not taken for one: cdrom:", r"DEBIAN_MIRROR=http://deb\.debian\.org/debian make")


def no_go(bench):
    commands.clone(bench.desk)
    done = bench.refused("make demo-vm", r"demo-vm: Go 1\.\d+\.\d+ or newer is needed .* none is here: unpack one of https://go\.dev/dl/")
    if done.packages:
        raise Wrong("packages were installed first")
    wanted = re.search(r"Go \S+ or newer", done.text).group(0)
    bench.run("grep -q 'needs %s' README.md" % wanted)


def a_package_less(bench):
    """The proof itself: a list that forgets a package is seen, by the commands that CI plays and as CI judges them."""
    for package, command, words in (("python3", "make demo", "python3"), ("libclang-rt-dev", "make test", r"libclang_rt\.asan")):
        bench.desk.without = package
        commands.clone(bench.desk, where="/root/without-" + package)
        row = commands.play(command, bench.desk, bench.echo)
        bench.last = row.done
        if not row.failed:
            raise Wrong("`%s` is green though no list names %s" % (command, package))
        bench.says(row.done, words)


NOTHING = {"packages first": packages_first, "no mirror": no_mirror, "demo-vm without Go": no_go,
           "a package less": a_package_less}
