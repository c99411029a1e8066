"""What a blackbox case is made of: the file format of README.md, the run, the comparison.

A case runs in a process of its own (run forks), so a stand-in may move that process into namespaces.
For Python cases: kit.hearth(args), kit.world(config), kit.site(base), kit.write(path, text), kit.fail(text),
kit.expect(run, code=, out=, err=), kit.seen() (the stand-in's counts), kit.work, kit.repo, kit.bin.
"""
import difflib
import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(REPO, "tests", "standin"))
import bundle  # noqa: E402
import pki as pki_module  # noqa: E402
import world as world_module  # noqa: E402

HEAD_KEYS = {"run", "exit", "before", "sh", "base", "copy", "tree", "edit", "env", "stdin", "needs", "each",
             "timeout", "again", "where"}
MANY = {"before", "sh", "copy", "tree", "edit", "env", "needs", "each"}
SHOWN = 6000


class Failure(Exception):
    pass


class Skip(Exception):
    pass


class Broken(Exception):
    """The case itself is wrong."""


class Run:
    def __init__(self, argv, out, err, code):
        self.argv, self.out, self.err, self.code = argv, out, err, code

    def text(self, stream):
        return {"stdout": self.out, "stderr": self.err}[stream].decode("utf-8", "surrogateescape")


# -- the file format

def unescape(text):
    def one(match):
        word = match.group(1)
        if word[0] == "x":
            return chr(int(word[1:], 16))
        return {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\"}[word]
    return re.sub(r"\\(n|r|t|0|\\|x[0-9a-fA-F]{2})", one, text).encode("latin-1")


def parse(path):
    """(head, sections): head maps a key to its value or list; sections is a list of (title, text)."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as source:
        text = source.read()
    head, sections, title, lines = {}, [], None, []

    def close():
        if title is not None:
            while lines and not lines[-1]:
                lines.pop()
            sections.append((title, "".join(line + "\n" for line in lines)))

    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("=== "):
            close()
            title, lines = line[4:].strip(), []
        elif title is not None:
            lines.append(line[1:] if line.startswith("\\=== ") else line)
        elif line.strip() and not line.startswith("#"):
            key, colon, value = line.partition(":")
            if not colon or key not in HEAD_KEYS:
                raise Broken("%s:%d: not a head key: %s" % (path, number, line[:60]))
            if key in MANY:
                head.setdefault(key, []).append(value.strip())
            elif key in head:
                raise Broken("%s:%d: %s stands twice" % (path, number, key))
            else:
                head[key] = value.strip()
    close()
    if "run" not in head:
        raise Broken("%s: no run:" % path)
    return head, sections


def load(path, room):
    """The cases of a .case file: (name, negative, function of a Kit)."""
    head, sections = parse(path)
    if "where" in head and not os.path.exists(os.path.join(REPO, head["where"])):
        return
    stem = "%s/%s" % (room, os.path.basename(path)[:-5])
    negative = head.get("exit", "0") != "0"
    rows = [shlex.split(row) for row in head.get("each", [])] or [None]
    with open(path, encoding="utf-8", errors="surrogateescape") as source:
        text = "".join(line for line in source if not line.startswith(("#", "each:")))
    # The first may be the name alone; what else a row says and nothing takes, proves nothing.
    idle = ["@%d@" % number for number in range(2, max(len(row or []) for row in rows) + 1) if "@%d@" % number not in text]
    if idle:
        raise Broken("%s: no line takes %s of its rows" % (path, ", ".join(idle)))
    seen = {}
    for row in rows:
        name = stem if row is None else "%s[%s]" % (stem, row[0])
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:  # a case's directory has its name, and the rows run side by side
            name = "%s[%s, %d]" % (stem, row[0], seen[name])
        row_negative = negative
        if row and re.fullmatch(r"@\d+@", head.get("exit", "")):
            row_negative = row[int(head["exit"].strip("@")) - 1] != "0"
        yield name, row_negative, lambda kit, row=row: run_case(kit, head, sections, row or [])


# -- comparison

def difference(wanted, got, name):
    lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), name + " expected", name + " got", lineterm="")
    text = "\n".join(lines) or "(they differ in the last newline only)"
    return text[:SHOWN]


def tail(text):
    return text if len(text) <= SHOWN else "..." + text[-SHOWN:]


def subset(wanted, got, path=""):
    """What of wanted is not in got, as lines."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        lines = []
        for key, value in wanted.items():
            if key not in got:
                lines.append("%s/%s: missing" % (path, key))
            else:
                lines += subset(value, got[key], "%s/%s" % (path, key))
        return lines
    if type(wanted) is not type(got) or wanted != got:
        return ["%s: expected %s, got %s" % (path or "/", json.dumps(wanted), json.dumps(got))]
    return []


def judge(how, wanted, got, name):
    if how == "is":
        if wanted != got:
            raise Failure(difference(wanted, got, name))
    elif how in ("has", "lacks"):
        for line in wanted.splitlines():
            if line.strip() and (line in got) != (how == "has"):
                raise Failure("%s %s: %s\n%s" % (name, "lacks" if how == "has" else "must lack", line, tail(got)))
    elif how == "like":
        for line in wanted.splitlines():
            if line.strip() and not re.search(line, got, re.M):
                raise Failure("%s has nothing like: %s\n%s" % (name, line, tail(got)))
    elif how == "json":
        try:
            value = json.loads(got)
        except ValueError as error:
            raise Failure("%s is not JSON: %s\n%s" % (name, error, tail(got)))
        lines = subset(json.loads(wanted), value)
        if lines:
            raise Failure("\n".join("%s %s" % (name, line) for line in lines))


# -- one case's surroundings

class Kit:
    def __init__(self, binary, work, pki_dir):
        self.bin, self.work, self.pki_dir, self.repo = binary, work, pki_dir, REPO
        self.world_now, self.environment, self.limit = None, {}, 20.0
        self._keys = None

    @property
    def keys(self):
        if self._keys is None:
            self._keys = pki_module.Pki(self.pki_dir)
        return self._keys

    def fail(self, text):
        raise Failure(text)

    def path(self, relative):
        path = os.path.normpath(os.path.join(self.work, relative))
        if os.path.commonpath([path, self.work]) != self.work:
            raise Broken("path outside the case: " + relative)
        return path

    def write(self, relative, data):
        path = self.path(relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape"))
        return path

    def read(self, pattern, run=None):
        """Text of the one file below the case's directory that a path or pattern names."""
        found = [path for path in glob.glob(os.path.join(glob.escape(self.work), pattern)) if os.path.isfile(path)]
        if len(found) != 1:
            raise Failure("%d files are %s\n%s" % (len(found), pattern, tail(run.text("stderr")) if run else ""))
        return pki_module.read(found[0]).decode("utf-8", "surrogateescape")

    def site(self, base):
        source = os.path.join(HERE, "sites", base)
        if not os.path.isdir(source):
            raise Broken("no base site " + base)
        shutil.copytree(source, self.path("site"), symlinks=True, dirs_exist_ok=True)

    def bundle(self):
        """The Talos bundle that all stand-in cases share, as YAML."""
        path = os.path.join(self.pki_dir, "bundle.yaml")
        with self.keys._lock():
            if not os.path.exists(path):
                pki_module.write(path, bundle.to_yaml(bundle.talos_bundle(2048)))
        return pki_module.read(path).decode()

    def world(self, config=None):
        """Enter namespaces with a stand-in; writes root and credentials into the site."""
        os.makedirs(self.path("site/.hearth"), exist_ok=True)
        config = dict(config or {})
        config.setdefault("vaults", {})
        store = {"talos-data": self.bundle(), "talos-production": self.bundle()}
        if "*" not in config["vaults"]:
            config["vaults"]["*"] = {"hello": "world", "db-password": "s3cret"}
        for secrets in config["vaults"].values():
            for name, value in store.items():
                secrets.setdefault(name, value)
        config["vaults"] = {host: {name: value for name, value in secrets.items() if value is not None}
                            for host, secrets in config["vaults"].items()}
        try:
            self.world_now = world_module.World(self.work, self.keys, config)
        except world_module.NotPermitted as error:
            raise Skip(error.strerror)
        client = next(iter(self.world_now.config["clients"].values()))
        for name, data in (("test-root.pem", pki_module.read(self.keys.roots())),
                           (".hearth/data.pem", pki_module.read(self.keys.client())),
                           (".hearth/data.secret", (client.get("secret") or "none").encode() + b"\n")):
            if not os.path.exists(self.path("site/" + name)):
                os.chmod(self.write("site/" + name, data), 0o600)
        return self.world_now

    def seen(self):
        """Counts over what the stand-in saw, after its connections have ended (two seconds at most)."""
        for _ in range(200):
            entries = list(self.world_now.log.entries)
            open_, closed = ([e["conn"] for e in entries if e["t"] == kind] for kind in ("open", "close"))
            if len(open_) == len(closed):
                break
            time.sleep(0.01)
        requests = [e for e in entries if e["t"] == "request"]
        token = [e for e in requests if e["role"] == "login"]
        return {
            "connections": len(open_), "handshakes": len([e for e in entries if e["t"] == "tls"]),
            "app_bytes": sum(e["app_bytes"] for e in entries if e["t"] == "close"),
            "login_bytes": sum(e["app_bytes"] for e in entries if e["t"] == "close" and e["role"] == "login"),
            "vault_bytes": sum(e["app_bytes"] for e in entries if e["t"] == "close" and e["role"] == "vault"),
            "requests": len(requests), "token_requests": len(token), "secret_requests": len(requests) - len(token),
            "paths": [e["path"] for e in requests if e["role"] == "vault"],
            "sni": sorted({e["sni"] for e in entries if e["t"] == "tls" and e["sni"]}),
            "headers": sorted({name.lower() for e in requests for name in e["headers"]}),
            "dns_tcp": len([e for e in self.world_now.dns.log if e["tcp"]]) if self.world_now.dns else 0,
            "dns_udp": len([e for e in self.world_now.dns.log if not e["tcp"]]) if self.world_now.dns else 0,
        }

    def hearth(self, args, stdin=b"", watch=None):
        """Run the binary. watch(pid), if given, is called while it runs."""
        argv = [self.bin] + (shlex.split(args) if isinstance(args, str) else list(args))
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": self.work, "LANG": "C.UTF-8"}
        environment.update(self.environment)
        child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 cwd=self.work, env=environment, start_new_session=True)
        try:
            if watch:
                watch(child)
            out, err = child.communicate(stdin, timeout=self.limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            raise Failure("still running after %g s\n%s" % (self.limit, tail(err.decode("utf-8", "replace"))))
        return Run(argv, out, err, child.returncode)

    def expect(self, run, code=0, out=(), err=()):
        """Judge exit status and texts that must occur."""
        stderr = run.text("stderr")
        if run.code != code:
            raise Failure("exit %s, expected %d\n%s" % (run.code, code, tail(stderr)))
        for stream, words in (("stdout", out), ("stderr", err)):
            for word in [words] if isinstance(words, str) else words:
                judge("has", word, run.text(stream), stream)
        return run


def need(word):
    kind, _, rest = word.partition(":")
    if kind == "netns":
        reason = world_module.possible()
        if reason:
            raise Skip(reason)
    elif kind == "root" and os.geteuid() != 0:
        raise Skip("not root")
    elif kind == "cmd" and not shutil.which(rest):
        raise Failure("no %s here, which scripts/deps test installs" % rest)
    elif kind == "path" and not os.path.exists(os.path.join(REPO, rest)):
        raise Skip("no %s" % rest)
    elif kind == "env" and rest not in os.environ:
        raise Skip("%s is not set" % rest)
    elif kind not in ("netns", "root", "cmd", "path", "env"):
        raise Broken("needs: " + word)


def run_case(kit, head, sections, row):
    places = {"work": kit.work, "site": kit.path("site"), "out": kit.path("out"), "repo": REPO, "bin": kit.bin}
    columns = {str(index): word for index, word in enumerate(row, 1)}

    def fill(text, words=dict(places, **columns)):
        return re.sub(r"@(%s)@" % "|".join(words), lambda match: words[match.group(1)], text) if words else text

    def arguments(text):
        """A column may be several words, or none; a place is one, also where its path has blanks."""
        return [fill(word) for word in shlex.split(fill(text, columns))]

    for line in head.get("needs", []):
        for word in fill(line).split():
            need(word)
    kit.limit = float(head.get("timeout", "20"))
    expectations, standin = [], None
    if "base" in head:
        kit.site(fill(head["base"]))
    for line in head.get("copy", []):
        source, target = fill(line).split()
        source = os.path.join(REPO, source)
        if not os.path.lexists(source):
            raise Broken("no %s" % os.path.relpath(source, REPO))
        if os.path.isdir(source):
            shutil.copytree(source, kit.path(target), symlinks=True, dirs_exist_ok=True)
        else:
            kit.write(target, pki_module.read(source))
    for line in head.get("tree", []):
        name, target = fill(line).split()
        made = subprocess.run([os.path.join(REPO, "tests/trees/maketree"), name, kit.path(target)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode != 0:
            raise Failure("maketree %s: %s" % (name, made.stdout.decode("utf-8", "replace")))
    for title, text in sections:
        title, text = fill(title), fill(text)
        if title == "standin":
            need("netns")
            standin = json.loads(text or "{}")
        elif re.match(r"(stdout|stderr|log) |file .* (is|has|lacks|like|json)$|no file |same ", title):
            expectations.append((title, text))
        elif title.endswith(" raw"):
            kit.write(title[:-4], unescape(text[:-1]))
        else:
            kit.write(title, text)
    for line in head.get("edit", []):
        name, old, new = (fill(part) for part in (line + " ").split(" / ", 2))
        new = new.rstrip(" ")
        with open(kit.path(name), encoding="utf-8") as source:
            text = source.read()
        if text.count(old) != 1:
            raise Broken("edit: %r occurs %d times in %s" % (old, text.count(old), name))
        kit.write(name, text.replace(old, new))
    if standin is not None:
        kit.world(standin)
    for line in head.get("sh", []):
        done = subprocess.run(["/bin/sh", "-ec", fill(line)], cwd=kit.work, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Broken("sh: %s: %s" % (line, done.stdout.decode("utf-8", "replace")))
    kit.environment.update(pair.split("=", 1) for pair in (fill(line) for line in head.get("env", [])))
    for line in head.get("before", []):
        command, _, target = line.partition(" > ")
        target = fill(target)
        done = kit.hearth(arguments(command))
        if done.code != 0:
            raise Failure("before: %s: exit %d\n%s" % (command, done.code, tail(done.text("stderr"))))
        if target.strip():
            kit.write(os.path.relpath(target.strip(), kit.work) if target.strip().startswith("/") else target.strip(),
                      done.out)
    for _ in range(int(head.get("again", "1"))):
        if kit.world_now:
            kit.world_now.log.clear()
        done = kit.hearth(arguments(head["run"]), fill(head.get("stdin", "")).encode())
        code = int(fill(head.get("exit", "0")))
        if done.code != code:
            raise Failure("exit %s, expected %d\n%s" % (done.code, code, tail(done.text("stderr") or done.text("stdout"))))
        for title, text in expectations:
            expectation(kit, done, title, text)


def expectation(kit, done, title, text):
    first, _, rest = title.partition(" ")
    if first in ("stdout", "stderr"):
        judge(rest, text, done.text(first), first)
    elif first == "log":
        seen = kit.seen()
        for key, wanted in json.loads(text).items():
            got = seen[key]
            good = wanted[0] <= got <= wanted[1] if isinstance(wanted, list) and isinstance(got, int) else wanted == got
            if not good:
                raise Failure("stand-in: %s is %s, expected %s\n%s" % (key, got, wanted, tail(done.text("stderr"))))
    elif first == "no":
        if os.path.lexists(kit.path(rest.partition(" ")[2])):
            raise Failure("%s exists" % rest)
    elif first == "same":
        one, two = (pki_module.read(kit.path(word)) for word in rest.split())
        if one != two:
            raise Failure(difference(one.decode("utf-8", "replace"), two.decode("utf-8", "replace"), rest))
    else:
        name, _, how = rest.rpartition(" ")
        judge(how, text, kit.read(name, done), name)
