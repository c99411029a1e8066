"""A machine whose machined is the program of server/: scenario in, journal out, commands meanwhile.

Root() makes, in mount namespaces that world.py has entered, a root directory in which the client finds its socket under
the path that it has on a node. Machine(...) is one box: start(), wait(), command(), stop(). Whatever it says is a
dictionary with "event"; server/journal.go numbers them.
"""
import atexit
import ctypes
import http.client
import json
import os
import socket
import subprocess
import tempfile
import threading
import time

SOCKET = "/system/run/machined/machine.sock"
MS_BIND, MS_REC, MS_UNBINDABLE = 4096, 16384, 1 << 17
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags):
    if libc.mount(source.encode(), target.encode(), kind, flags, None) != 0:
        raise OSError(ctypes.get_errno(), "mount %s on %s" % (source, target))


class Root:
    """The file system as it is, and /system."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="hearth-node-")
        mount("none", self.path, b"tmpfs", 0)
        # Else every root would hold the roots of the boxes beside it.
        mount("none", self.path, None, MS_UNBINDABLE)
        for name in os.listdir("/"):
            source, target = "/" + name, os.path.join(self.path, name)
            if os.path.islink(source):
                os.symlink(os.readlink(source), target)
            elif os.path.isdir(source):
                os.mkdir(target)
                mount(source, target, None, MS_BIND | MS_REC)
        os.makedirs(os.path.join(self.path, "system", "run", "machined"), exist_ok=True)
        self.socket = self.path + SOCKET

    def close(self):
        libc.umount2(self.path.encode(), 2)
        # A root that was made beside this one may have caught it before it was unbindable, and holds it until it
        # closes.
        try:
            os.rmdir(self.path)
        except OSError:
            atexit.register(remove, self.path)


def remove(path):
    try:
        os.rmdir(path)
    except OSError:
        pass


class Control(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("control", timeout=90)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def disk(name, **settings):
    """A blank SATA disk of the reference box, but for what is said."""
    base = {"id": name, "size": 240057409536, "model": "KINGSTON SA400S3", "serial": "50026B7782DEAD01",
            "wwid": "naa.50026b7782dead01", "transport": "sata",
            "bus_path": "/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0"}
    base.update(settings)
    return base


def disks_of(facts):
    """What machined says of the disks that `hearth facts` says, so that both tell of one box."""
    found = []
    for one in facts["disks"]:
        found.append({"id": one["name"], "size": one["size"] or 0, "model": one["model"] or "", "serial": one["serial"] or "",
                      "wwid": one["wwid"] or "", "transport": one["transport"] or "", "bus_path": one["bus_path"] or "",
                      "rotational": bool(one["rotational"]), "readonly": bool(one["readonly"])})
        if one["transport"] == "usb":
            found[-1].update(contents="iso9660", label="HEARTH")
    return found


class Machine:
    def __init__(self, program, root, directory, scenario):
        self.program, self.root, self.directory = program, root, directory
        self.scenario = dict(scenario, root=root.path)
        self.scenario.setdefault("dir", os.path.join(directory, "disks"))
        self.scenario.setdefault("addresses", ["192.168.1.10/24"])
        self.process = None
        self.entries, self.lock = [], threading.Lock()
        self.stopped = False
        os.makedirs(directory, exist_ok=True)

    def start(self):
        scenario = os.path.join(self.directory, "scenario.json")
        with open(scenario, "w") as out:
            json.dump(self.scenario, out)
        self.errors = open(os.path.join(self.directory, "server.err"), "wb")
        # A path in the file system may be longer than an address may be.
        self.process = subprocess.Popen([self.program, scenario, os.path.join(self.directory, "journal.jsonl"), "control"],
                                        cwd=self.directory, stdin=subprocess.PIPE, stdout=self.errors, stderr=self.errors)
        self.wait("boot")
        return self

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process:
            try:
                self.poll()
            except (OSError, ValueError):
                pass  # what was seen before must do
        self.stopped = True
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.process.stdin.close()
        self.errors.close()

    def ask(self, method, path, body=None):
        end = time.monotonic() + 10
        here = os.open(self.directory, os.O_PATH)
        try:
            while True:
                # Through the descriptor: an address may not be as long as a path may be.
                connection = Control("/proc/self/fd/%d/control" % here)
                try:
                    connection.request(method, path, body)
                    answer = connection.getresponse()
                    return answer.status, answer.read()
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > end:
                        raise
                    time.sleep(0.02)
                finally:
                    connection.close()
        finally:
            os.close(here)

    def command(self, **what):
        status, text = self.ask("POST", "/command", json.dumps(what))
        if status != 200:
            raise ValueError("machined would not: %s" % text.decode())

    def config(self):
        status, text = self.ask("GET", "/config")
        return text.decode() if status == 200 else None

    def summary(self):
        """What Talos makes of the active config; None without one."""
        status, text = self.ask("GET", "/summary")
        return json.loads(text) if status == 200 else None

    def poll(self, wait=0):
        """All entries up to now; after stop() those up to then."""
        if self.stopped:
            return self.entries
        status, text = self.ask("GET", "/journal?since=%d&wait=%d" % (len(self.entries), wait))
        if status != 200:
            return self.entries
        with self.lock:  # another thread may have been faster
            self.entries += [entry for entry in json.loads(text) or [] if entry["n"] >= len(self.entries)]
        return self.entries

    def wait(self, event, seconds=20, since=0, **match):
        """The first such entry from number `since` on, or None when it does not come in time."""
        end = time.monotonic() + seconds
        at = since
        while True:
            self.poll()
            while at < len(self.entries):
                entry = self.entries[at]
                at += 1
                if entry["event"] == event and all(fits(entry.get(key), value) for key, value in match.items()):
                    return entry
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.poll(min(500, int(left * 1000) + 1))

    def find(self, event, **match):
        self.poll()
        return [entry for entry in self.entries
                if entry["event"] == event and all(fits(entry.get(key), value) for key, value in match.items())]

    def violations(self):
        return [{key: value for key, value in entry.items() if key not in ("n", "ms", "event")}
                for entry in self.poll() if entry["event"] in ("violation", "broken")]

    def said(self):
        return [entry["line"] for entry in self.find("console")]

    def story(self, last=70):
        """The journal in short, for a failure: runs of good reads are one line."""
        lines, reads = [], 0
        for entry in self.entries + [{"event": "end", "ms": 0}]:
            if entry.get("service") == "apid":
                continue
            if entry["event"] == "call" and entry["code"] in ("OK", "NotFound") and "mode" not in entry:
                reads += 1
                continue
            if reads:
                lines.append("       %d calls that went well" % reads)
                reads = 0
            rest = {key: value for key, value in entry.items() if key not in ("n", "ms", "event")}
            lines.append("%6d %s %s" % (entry["ms"], entry["event"], json.dumps(rest)))
        return "\n".join(lines[-last - 1:-1])


def fits(value, wanted):
    return wanted(value) if callable(wanted) else value == wanted
