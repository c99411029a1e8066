"""What the image tools share: how they stop, speak, run programs and write files."""
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile

WORK = ".hearth-work-"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


HALF = "half a login of "  # with the name of a box: worth nothing without that box


class Stop(Exception):
    """The work cannot go on; the text says why and what to do."""


class Settings:
    """What the Makefile handed over: each name is an environment variable, and empty is absent."""

    def __init__(self, environment):
        self.environment = environment
        self.out = environment.get("OUT") or "out"
        if self.out.startswith("-"):  # which a command would take for an option
            self.out = os.path.join(".", self.out)
        self.binary = environment.get("BINARY") or "build/hearth"
        try:
            self.epoch = int(environment.get("SOURCE_DATE_EPOCH", ""))
        except ValueError:
            raise Stop("SOURCE_DATE_EPOCH must be the commit's time in seconds; make sets it")
        self.version = environment.get("HEARTH_VERSION") or "0.1.0-dev"

    def get(self, name):
        return self.environment.get(name) or None

    def need(self, name, example):
        value = self.get(name)
        if not value:
            raise Stop("%s is missing: %s" % (name, example))
        return value

    def flag(self, name, default):
        value = self.get(name)
        if value not in (None, "0", "1"):
            raise Stop("%s=%s: must be 0 or 1" % (name, value))
        return default if value is None else value == "1"


def say(text=""):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def warn(text):
    sys.stderr.write("image: warning: %s\n" % text)


def size(count):
    """Bytes as hearth itself says them: powers of ten."""
    for unit, one in (("GB", 10 ** 9), ("MB", 10 ** 6), ("kB", 10 ** 3)):
        if count >= one:
            return "%.1f %s" % (count / one, unit)
    return "%d B" % count


def tool(args, data=None, env=None, directory=None):
    """The standard output of a program; Stop with its last words when it fails."""
    try:
        done = subprocess.run(args, input=data, stdin=None if data is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=directory)
    except FileNotFoundError:
        raise Stop("%s is not installed: scripts/deps image" % args[0])
    if done.returncode != 0:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Stop("%s ended with %d: %s" % (args[0], done.returncode, " / ".join(words[-4:])))
    return done.stdout


def read(path, what=None):
    try:
        with open(path, "rb") as source:
            return source.read()
    except OSError as error:
        raise Stop("%s%s: %s" % (what + " " if what else "", path, error.strerror))


def write(path, data, secret=False, mode=0o644):
    """Whole or not at all; a secret is never readable by others, not even for a moment."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    handle, new = tempfile.mkstemp(prefix="." + os.path.basename(path) + ".", dir=folder)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        return place(new, path, 0o600 if secret else mode)
    except BaseException as error:
        if os.path.exists(new):
            os.unlink(new)
        if isinstance(error, OSError):
            raise Stop("%s cannot be written: %s" % (path, error.strerror))
        raise


def place(made, path, mode):
    """Puts a whole file where it belongs."""
    os.chmod(made, mode)
    try:
        os.replace(made, path)
    except OSError as error:
        raise Stop("%s cannot be written: %s" % (path, error.strerror))
    return path


def replaceable(path, names):
    """Stop unless a directory of these names, made here before, or nothing is at the path."""
    if not os.path.lexists(path):
        return
    if os.path.islink(path) or not os.path.isdir(path):
        raise Stop("%s is in the way, and not a directory that hearth made: move it, or take another OUT=" % path)
    others = sorted(set(os.listdir(path)) - set(names))
    if others:
        raise Stop("%s is replaced whole, and holds %s, which hearth did not make: move that, or take another OUT="
                   % (path, others[0]))


def replace(path, new, work, names):
    """Puts a whole directory, made in the workspace, where the one before it was."""
    replaceable(path, names)
    if os.path.isdir(path):
        os.rename(path, os.path.join(work, "before-" + os.path.basename(path)))
    os.chmod(new, 0o755)
    os.rename(new, path)


class Workspace:
    """A private directory beside the outputs, gone afterwards: it may hold a credential.

    It is locked while its owner lives. One that nobody holds was left by a kill or a power cut, and goes with the next
    run.
    """

    def __init__(self, settings):
        os.makedirs(settings.out, exist_ok=True)
        gate = self.lock(settings.out)
        try:
            for name in os.listdir(settings.out):
                if name.startswith(WORK):
                    self.sweep(os.path.join(settings.out, name))
            self.path = tempfile.mkdtemp(prefix=WORK, dir=settings.out)
            if os.stat(self.path).st_mode & 0o777 != 0o700:
                os.rmdir(self.path)
                raise Stop("OUT=%s lies on a file system that keeps no modes (vfat, exfat, a share): everybody here could read a "
                           "login there, and the layers would be wrong. Take another place" % settings.out)
            self.held = self.lock(self.path)
        finally:
            os.close(gate)

    @staticmethod
    def lock(path):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # NFS locks no directory, and then none is swept either
            pass
        return handle

    @staticmethod
    def sweep(path):
        try:
            left = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(left).st_uid == os.geteuid():
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(left)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.held)


def report(settings, rows):
    """The closing table. rows: (path, what it is, what it holds that nobody else may have)."""
    for path, about, _ in rows:
        count = os.path.getsize(path) if os.path.isfile(path) else sum(
            os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)
        say("  %-30s %9s  %s" % (os.path.relpath(path), size(count), about))
    holding = [(path, holds) for path, _, holds in rows if holds]
    for path, holds in holding:
        if all(what.startswith(HALF) for what in holds):
            say("  holds %s: %s, mode 0600: worth nothing without that box" % ("; ".join(holds), os.path.relpath(path)))
            continue
        say("  holds a credential: %s (%s), mode 0600. Whoever has it can read what a login in it may read."
            % (os.path.relpath(path), "; ".join(holds)))
    if rows and not holding:
        say("  no output holds a credential")
