"""Where a secret must never be: in what is printed, in any process's argv or environment, in plan.json, in
files other than the documents asked for, in a core. The canaries are a value, the client secret and the token.
"""
import glob
import os
import signal
import time

VALUE = "CANARYVALUE7f3a9b"
CLIENT = "CANARYCLIENT51c0de"
DOCUMENTS = ("out/machine-config.yaml", "out/manifests/")


PERSON = {"clients": {"66666666-7777-4888-8999-aaaaaaaaaaaa": {"public": True, "secret": CLIENT}},
          "device": {"pending": 1, "interval": 1}}


def prepare(kit, delay=0.25, **more):
    kit.limit = 60  # what is cut is asked for again: up to 15 seconds of waits, by chance
    kit.site("vault")
    if "device" in more:
        path = kit.path("site/hearth.yaml")
        with open(path) as source:
            text = source.read().replace("method: secret", "method: device-code")
        kit.write("site/hearth.yaml", text)
    kit.write("site/.hearth/data.secret", CLIENT + "\n")
    config = {"vaults": {"*": {"hello": VALUE, "db-password": "%s: %s" % (VALUE, VALUE)}},
              "clients": {"66666666-7777-4888-8999-aaaaaaaaaaaa": {"secret": CLIENT}},
              "faults": [{"role": "login", "delay": delay}, {"role": "vault", "delay": delay}]}
    config.update(more)
    return kit.world(config)


def canaries(kit):
    azure = kit.world_now.azure
    return [VALUE, CLIENT] + list(azure.tokens) + list(azure.device_codes)


def family(session):
    """The processes of a session."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as source:
                    if int(source.read().rpartition(")")[2].split()[3]) == session:
                        yield entry
            except OSError:
                pass


def look(kit, data, where):
    for canary in canaries(kit):
        if canary.encode() in data:
            kit.fail("%s holds %s" % (where, canary[:12]))


def files(kit, allowed=()):
    places = [kit.work] + [path for path in ("/tmp", "/var/tmp", "/dev/shm", "/run") if os.path.isdir(path)]
    for place in places:
        for folder, _, names in os.walk(place):
            if place != kit.work and folder.count("/") > 3:
                continue
            for name in names:
                path = os.path.join(folder, name)
                relative = os.path.relpath(path, kit.work)
                if relative == "site/.hearth/data.secret" or relative.startswith(tuple(allowed) or ("\0",)):
                    continue
                try:
                    if os.path.isfile(path) and os.path.getsize(path) < 1 << 22:
                        with open(path, "rb") as source:
                            look(kit, source.read(), path)
                except OSError:
                    pass


def command(kit, verb):
    more = ["--out", kit.path("out")] if verb == "render" else []
    return [verb, "--site", kit.path("site"), "--facts", kit.path("site/box.json")] + more


def clean(verb, code=0, json=False, **more):
    def case(kit):
        prepare(kit, **more)
        seen = []

        def watch(child):
            while child.poll() is None and len(seen) < 400:
                for pid in family(child.pid):
                    for name in ("cmdline", "environ"):
                        try:
                            with open("/proc/%s/%s" % (pid, name), "rb") as source:
                                look(kit, source.read(), "/proc/PID/" + name)
                            seen.append(pid)
                        except OSError:
                            pass
                time.sleep(0.02)
        run = kit.hearth(command(kit, verb) + (["--json"] if json else []), watch=watch)
        kit.expect(run, code)
        if not seen:
            kit.fail("no process was seen")
        look(kit, run.out, "stdout")
        look(kit, run.err, "stderr")
        if "device" in more and (b"HRTH7QK2P" not in run.err or not kit.world_now.azure.device_codes):
            kit.fail("no person was asked: this case proves nothing")
        if kit.world_now.azure.early:
            kit.fail("it polled faster than it was told")
        files(kit, DOCUMENTS if verb == "render" and code == 0 else ())
        if verb == "render" and code == 0:
            with open(kit.path("out/machine-config.yaml")) as source:
                if VALUE not in source.read():
                    kit.fail("the canary is not in the documents: this case proves nothing")
    return case


def killed(how, **more):
    """A process that dies half way leaves no core and no file with a secret in it."""
    def case(kit):
        prepare(kit, delay=0.4, **more)
        limits = []

        def watch(child):
            time.sleep(0.6)
            for pid in family(child.pid):
                with open("/proc/%s/limits" % pid) as source:
                    limits.extend(line for line in source if line.startswith("Max core file size"))
            os.kill(child.pid, how)
        run = kit.hearth(command(kit, "render"), watch=watch)
        if run.code == 0:
            kit.fail("it was not killed in time")
        if not limits or any(line.split()[4:6] != ["0", "0"] for line in limits):
            kit.fail("core size limit is not 0: %s" % limits)
        time.sleep(0.1)
        if glob.glob(os.path.join(kit.work, "*core*")):
            kit.fail("a core was left")
        files(kit)
        left = list(family(os.getsid(0)))
        if os.path.exists(kit.path("out")):
            kit.fail("an output directory was left: %s" % left)
    return case


def unreadable(kit):
    """The processes are not dumpable: another process of this user may not read their memory."""
    prepare(kit, delay=0.4)
    owners = []

    def watch(child):
        time.sleep(0.6)
        for pid in family(child.pid):
            owners.append(os.stat("/proc/%s/mem" % pid).st_uid)
            with open("/proc/%s/status" % pid) as source:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in source if ":\t" in line)
            kit.states = getattr(kit, "states", []) + [(status.get("NoNewPrivs"), status.get("Seccomp"))]
    kit.expect(kit.hearth(command(kit, "render"), watch=watch))
    if len(owners) != 2:
        kit.fail("expected two processes, saw %d" % len(owners))
    if ("1", "2") not in kit.states:
        kit.fail("no process runs under no_new_privs and a seccomp filter: %s" % kit.states)


def fetcher_killed(kit):
    """The fetcher's death is an error of its own, never a hang."""
    prepare(kit, delay=0.4)

    def watch(child):
        time.sleep(0.6)
        for pid in family(child.pid):
            if int(pid) != child.pid:
                os.kill(int(pid), signal.SIGKILL)
    kit.expect(kit.hearth(command(kit, "render"), watch=watch), code=1, err="hearth: fetcher:")


def cases():
    yield "render", clean("render")
    yield "render-json", clean("render", json=True)
    yield "check", clean("check")
    yield "check-json", clean("check", json=True)
    yield "device-login", clean("render", **PERSON)
    yield "device-login-json", clean("check", json=True, **PERSON)
    yield "device-declined", clean("render", code=5, clients=PERSON["clients"], device={
        "pending": 1, "interval": 1, "then": "authorization_declined"}), True
    yield "missing-secret", clean("render", code=5, faults=[
        {"role": "vault", "path": "/secrets/talos-data", "kv": "notfound", "delay": 0.3}]), True
    yield "cut-answer", clean("render", code=1, faults=[
        {"role": "vault", "path": "/secrets/hello", "close": "mid-body", "delay": 0.05}]), True
    yield "echoing-server", clean("render", code=5, faults=[
        {"role": "login", "status": 401, "delay": 0.2, "body": {
            "error": "invalid_client", "error_description": "AADSTS7000215: " + CLIENT, "error_codes": [7000215]}}]), True
    for name in ("TERM", "KILL"):
        yield "killed-while-a-person-is-awaited-" + name, killed(getattr(signal, "SIG" + name), device={
            "pending": 99, "interval": 1}, clients=PERSON["clients"]), True
    for name in ("TERM", "INT", "ABRT", "SEGV", "KILL"):
        yield "killed-by-" + name, killed(getattr(signal, "SIG" + name)), True
    yield "two-processes-confined", unreadable
    yield "fetcher-killed", fetcher_killed, True
