"""The site layer: of a homelab repository the files that `hearth boot` reads, and the credentials of the roles packed.

What is packed is proved by hearth itself: the plan of the packed copy must be the plan of the site, word for word.
"""
import json
import os
import stat
import subprocess

import extension
from common import HALF, Stop, read, say, warn, write

FILE_MAX = 1 << 20
INSTALLERS = "talos/installer.pin"  # digests of installer images that carry hearth
PERMANENT = ".hearth/permanent"  # boot/site/site.h says what it means
LOGIN = {"certificate": ".pem", "secret": ".secret"}
HARMLESS = (".gitignore", ".gitkeep")  # git keeps a directory by them
EXTENSION = """\
version: v1alpha1
metadata:
  name: hearth-site
  version: %s
  author: hearth
  description: the site that hearth reads
  compatibility:
    talos:
      version: '>= 1.13.0'
"""


class Site:
    """What goes into a site layer. files: {relative path: bytes}; roles: those whose credential is among them; halves:
    the boxes of whose login half is; holds: what of all that nobody else may have, in words."""

    def __init__(self, directory, files, roles, halves):
        self.directory, self.files, self.roles = directory, files, roles
        self.holds = ["the login of role " + ", ".join(roles)] if roles else []
        self.holds += [HALF + ", ".join(halves)] if halves else []


def inside(directory, path):
    """The bytes of a site's file. Links are followed as long as they stay in the site."""
    whole = os.path.realpath(os.path.join(directory, path))
    if os.path.commonpath([whole, os.path.realpath(directory)]) != os.path.realpath(directory):
        raise Stop("%s: a symbolic link leads out of the site" % path)
    if not stat.S_ISREG(os.stat(whole).st_mode):
        raise Stop("%s: not a regular file" % path)
    data = read(whole)
    if len(data) > FILE_MAX:
        raise Stop("%s: more than %d bytes" % (path, FILE_MAX))
    return data


def plans(settings, directory):
    """What `hearth plan --all --json` says; its refusal is ours. The tree that Flux reads stands apart: no medium
    carries it, so it is a warning here."""
    if not os.path.isfile(os.path.join(directory, "hearth.yaml")):
        raise Stop("SITE=%s: there is no hearth.yaml in it" % directory)
    if not os.access(settings.binary, os.X_OK):
        raise Stop("%s is not there: run make first" % settings.binary)
    command = [os.path.abspath(settings.binary), "plan", "--all", "--site", "."]
    done = subprocess.run(command + ["--json"], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    planned = json.loads(done.stdout) if done.stdout else []
    trees = [plan.pop("tree") for plan in planned if "tree" in plan]
    for plan in planned:  # Of a login that lies open on this machine the copy knows nothing.
        plan["warnings"] = [warning for warning in plan["warnings"] if not warning["text"].startswith(".hearth/")]
    if planned and done.returncode == 0:
        return planned, ""
    again = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = again.stderr.decode("utf-8", "replace").strip()
    if not planned or all(tree["good"] for tree in trees):
        raise Stop("hearth plan --all refuses this site, so it is not packed:\n%s" % words)
    return planned, words


def git(directory, *args):
    return subprocess.run(["git", "-C", directory, "-c", "safe.directory=*"] + list(args), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def in_repository(directory):
    at = os.path.realpath(directory)
    while not os.path.lexists(os.path.join(at, ".git")):
        if at == os.path.dirname(at):
            return False
        at = os.path.dirname(at)
    return True


def asked(directory, *args):
    """What git says; when it cannot, nothing is packed."""
    try:
        done = git(directory, *args)
    except FileNotFoundError:
        raise Stop("%s is a git repository and there is no git here to ask whether it tracks a credential" % directory)
    if done.returncode != 0:
        raise Stop("git cannot say whether it tracks a credential: " + done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8", "replace")


def entries(directory, *args):
    return [name for name in asked(directory, "ls-files", "-z", *args).split("\0") if name]


def refuse(names):
    raise Stop("git tracks %s. A credential in a repository is a credential of everyone who reads it: make a new one at "
               "Azure, then git rm --cached %s and put .hearth/ into .gitignore" % (", ".join(names), names[0]))


def repositories(directory):
    """How to ask each git repository that may know of a file here: (directory, words for git). Beside the one around
    it, those without a work tree of their own in a folder above, as people keep their dotfiles."""
    if in_repository(directory):
        yield directory, []
    at = os.path.realpath(directory)
    while True:
        try:
            names = [entry.path for entry in os.scandir(at) if entry.name != ".git" and entry.is_dir(follow_symlinks=False)]
        except OSError:
            names = []
        for path in names:
            if all(os.path.exists(os.path.join(path, part)) for part in ("HEAD", "objects", "refs")):
                yield at, ["--git-dir=" + path, "--work-tree=" + at]
        if at == os.path.dirname(at):
            return
        at = os.path.dirname(at)


def once_committed(where, real, name):
    """Refuses a login whose very bytes were ever committed, wherever; warns of another that once had its name."""
    for directory, words in repositories(where):
        same = asked(directory, *words, "hash-object", "--no-filters", "--", real).strip()
        log = words + ["log", "--all", "--reflog", "--format=%h"]
        commit = asked(directory, *log, "-m", "-1", "--find-object=" + same)
        if commit:
            raise Stop("git has %s, commit %s. A credential that was ever committed is a credential of everyone who reads the "
                       "repository: make a new one at Azure" % (name, commit.strip()))
        commit = asked(directory, *log, "-1", "--", real)
        if commit:
            warn("git has another login as %s, commit %s: it must not be valid any more" % (name, commit.strip()))


def tracked(directory):
    """Refuses a site whose repository holds anything of .hearth: by its own name, behind a link, as a copy, or in its
    history."""
    if in_repository(directory):
        names = [name for name in entries(directory, "--", ".hearth") if os.path.basename(name) not in HARMLESS]
        if names:
            refuse(names)
    folder = os.path.join(directory, ".hearth")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        real = os.path.realpath(os.path.join(folder, name))
        where = os.path.dirname(real)
        if name in HARMLESS or not os.path.isfile(real) or not os.path.getsize(real):
            continue
        if in_repository(where):
            same = asked(where, "hash-object", "--no-filters", "--", real).strip()
            copies = [entry.split("\t", 1)[1] for entry in entries(where, "--stage", "--full-name", "--", ":/")
                      if entry.split()[1] == same]
            if entries(where, "--", ":(literal)" + os.path.basename(real)) or copies:
                refuse(copies or [os.path.relpath(real, directory)])
        once_committed(where, real, ".hearth/" + name)


def credential(directory, whom, path):
    full = os.path.join(directory, path)
    if not os.path.lexists(full):
        raise Stop("%s is missing, so %s could not log in. Put it there, or pack another role (ROLE=), or none (CREDENTIAL=0)"
                   % (path, whom))
    data = inside(directory, path)
    if path.endswith(".pem"):
        if b"ENCRYPTED" in data:
            raise Stop("%s: the key is encrypted; no box could open it" % path)
        if b"PRIVATE KEY-----" not in data or b"-----BEGIN CERTIFICATE-----" not in data:
            raise Stop("%s must hold a private key and its certificate, both PEM" % path)
    elif not data.strip():
        raise Stop("%s is empty" % path)
    if os.stat(full).st_mode & 0o077:
        warn("%s can be read by others here: chmod 600 it" % path)
    if in_repository(directory) and git(directory, "check-ignore", "-q", path).returncode == 1:
        warn("%s is not in .gitignore: the next `git add .` would publish it" % path)
    return data


def unignored(rows):
    """Warns of an output with a credential in it that git would take. rows: as of common.report()."""
    for path, _, holds in rows:
        where, name = os.path.split(os.path.abspath(path))
        if holds and in_repository(where) and git(where, "check-ignore", "-q", name).returncode == 1:
            warn("%s is not in .gitignore: the next `git add .` would publish the login in it" % os.path.relpath(path))


def halves(directory, plan):
    """{path: bytes} of the halves of a node's logins, and whose they are; a name with facts has all that were born."""
    login = plan["login"]
    if not login["born"]:
        warn("%s has no certificate in logins/ yet, so it cannot log in: `hearth facts --login NAME --out DIR` on the box makes it"
             % plan["node"]["name"])
    paths = {".hearth/%s.tpm" % name: name for name in login["born"]}
    return {path: credential(directory, name, path) for path, name in paths.items()}, list(paths.values())


def logins(settings, directory, planned, with_credentials):
    """{path: bytes} of the credentials to pack, the roles that they are of, and the boxes of whose login it is half."""
    roles = sorted({plan["node"]["role"] for plan in planned})
    role = settings.get("ROLE")
    if role and role not in roles:
        raise Stop("ROLE=%s: no entry of this site has that role; there are %s" % (role, ", ".join(roles)))
    tracked(directory)
    files, packed, half, persons = {}, [], [], []
    for plan in sorted(planned, key=lambda plan: plan["node"]["role"]):
        name, login = plan["node"]["role"], plan["login"]
        path = ".hearth/" + name + LOGIN.get(login["method"], "")
        if role and name != role or path in files:
            continue
        if login["method"] == "device-code":
            persons += [name] if name not in persons else []
        elif login["method"] == "tpm":
            if with_credentials:
                more, whose = halves(directory, plan)
                files.update(more)
                half += whose
        elif login["method"] not in LOGIN:
            raise Stop("role %s logs in with a %s token, which no blank box has; certificate, secret, device-code or tpm work there"
                       % (name, login["method"]))
        elif with_credentials:
            files[path] = credential(directory, "no box of role " + name, path)
            packed += [name] if name not in packed else []
    for name in persons:
        say("role %s logs in with a device code: nothing of it is packed, a person confirms each install" % name)
    if half and settings.flag("PERMANENT", False):
        say("PERMANENT=1: half a login stays in its box, so whoever has the box, or is root on it, has the whole of it")
    return files, packed, half


def modes(path, data):
    """Directories that other layers share must be 0755; what is below the site's own .hearth is root's alone."""
    if "/.hearth" in path:
        return 0o700 if data is None else 0o400
    return 0o755 if data is None else 0o644


def collect(settings, work, with_credentials=True):
    """Reads a site and proves the choice of files."""
    directory = settings.need("SITE", "SITE=DIR is your homelab repository, the directory with hearth.yaml")
    if not os.path.isfile(os.path.join(directory, "hearth.yaml")):
        raise Stop("SITE=%s: there is no hearth.yaml in it" % directory)
    planned, words = plans(settings, directory)
    packs = planned[0]["packs"]
    for row in packs:
        if row["clear"] and not row["line"]:
            raise Stop("%s would be packed, and nobody can tell what is in it: %s" % (row["path"], row["clear"]))
        if row["clear"]:
            raise Stop("%s has a secret in clear in line %d (%s), and who has the output has it: put it into the vault and "
                       "!secret NAME in its place" % (row["path"], row["line"], row["clear"]))
    files = {row["path"]: inside(directory, row["path"]) for row in packs}
    copy = os.path.join(work, "proof")
    extension.lay(copy, with_folders(files), modes)
    if plans(settings, copy)[0] != planned:
        raise Stop("the packed copy of the site plans something else than the site; this is a fault of hearth's image tools")
    if words:
        warn("hearth plan --all is not content with the tree that Flux reads:\n%s" % words)
    secrets, packed, half = logins(settings, directory, planned, with_credentials)
    files.update(secrets)
    if settings.flag("PERMANENT", False):
        files[PERMANENT] = b""
    return Site(directory, files, packed, half)


def with_folders(files):
    whole = dict(files)
    for path in files:
        while os.path.dirname(path):
            path = os.path.dirname(path)
            whole.setdefault(path, None)
    return whole


def placed(site, below=""):
    """The files of a site where they lie on a node."""
    return with_folders({below + extension.SITE + "/" + path: data for path, data in site.files.items()})


def archive(settings, work):
    """The site as an extension of its own, for imager: what it makes may be signed with the site in it."""
    site = collect(settings, work)
    describe(site)
    files = dict(placed(site, "rootfs/"), **{"manifest.yaml": (EXTENSION % extension.version(settings)).encode()})
    path = write(os.path.join(settings.out, "hearth-site.tar"), extension.tar(settings, files, modes), secret=bool(site.holds))
    return [(path, "the site, for imager's tarballPath", site.holds)]


def layer(settings, work, site):
    """The site as a squashfs layer that lies over the extension's empty directory."""
    folder = os.path.join(work, "site")
    extension.lay(folder, placed(site), modes)
    path = os.path.join(work, "site.sqsh")
    return extension.squash(settings, folder, path)


def describe(site):
    say("site %s: %d files, %s" % (os.path.relpath(site.directory), len(site.files),
                                   "; ".join(site.holds) + " among them" if site.holds else "no credential"))


def build(settings, work):
    """`make site-layer`."""
    site = collect(settings, work, settings.flag("CREDENTIAL", True))
    describe(site)
    for path in sorted(site.files):
        say("    %-52s %7d%s" % (path, len(site.files[path]), "  credential" if path.startswith(".hearth/") else ""))
    path = write(os.path.join(settings.out, "hearth-site.sqsh"), layer(settings, work, site), secret=bool(site.holds))
    return [(path, "the site layer, seen by the service as /etc/hearth", site.holds)]
