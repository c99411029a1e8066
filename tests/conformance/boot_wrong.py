"""Clients that do one thing wrong, and the machined of boot.py that must notice."""
import os

import machine
from boot import CARRIED, SECONDS, golden, need

# (what, what machined must say of it; None: nothing, the right client)
WRONG = [
    ("right", None),
    ("no-role", "a call with other than one role"),
    ("admin-reads", "a call with a role it does not need or that is too small"),
    ("reader-apply", "a call with a role it does not need or that is too small"),
    ("mode-0", "a mode that is not AUTO"),
    ("early", "an apply before the node has looked for its config"),
    ("no-dry-run", "an apply of what was not tried with dry_run"),
    ("twice", "the same config applied twice"),
    ("maintenance-bootstrap", "Bootstrap in maintenance mode"),
    ("worker-bootstrap", "Bootstrap on a worker"),
]


def wrong(bench, what, rule, partial=None, name=None):
    where = os.path.join(bench.kit.work, "boot", bench.version, "wrong")
    kind = "worker" if what == "worker-bootstrap" else "controlplane"
    config = bench.kit.write(os.path.join(where, (name or what) + ".yaml"), golden(bench, kind))
    client = [os.path.join(bench.programs, "wrong"), what, machine.SOCKET, config]
    # Who applies early must be early on a busy machine too.
    times = {"acquire": 600000} if what == "early" else None
    box = bench.machine("wrong-" + (name or what), client=client, partial=partial, times=times)
    try:
        with box:
            if rule:
                need(box.wait("violation", 15, rule=rule), "machined did not notice")
            else:
                need(box.wait("stage", SECONDS, stage="running"), "the right client does not get there")
                need(not box.violations(), "the right client is blamed: %s" % box.violations()[:2])
        why = ""
    except AssertionError as error:
        why = str(error)
    box.root.close()
    bench.kit.expect("boot: the machined notices %s, Talos %s" % (name or what, bench.version), not why,
                     why + "\n" + box.story(30))


def wrong_process(bench):
    """A process that is not the service, with the right role: machined refuses it, as Talos does."""
    box = bench.machine("wrong-process", client=["/bin/sleep", "30"])
    try:
        with box:
            need(box.wait("listening", 10), "no socket")
            config = bench.kit.write(os.path.join(box.where, "config.yaml"), golden(bench))
            done = bench.kit.run([os.path.join(bench.programs, "wrong"), "right", box.root.socket, config], timeout=40)
            need(done.returncode != 0 and b"PermissionDenied" in done.stderr,
                 "another process was served: %s" % done.stderr.decode()[-300:])
            need(box.wait("violation", 10, rule="a process that is not the service called"), "machined did not notice")
        why = ""
    except AssertionError as error:
        why = str(error)
    box.root.close()
    bench.kit.expect("boot: the machined notices another process, Talos %s" % bench.version, not why, why)


CHECKS = [(wrong, what, rule) for what, rule in WRONG] + [
    (wrong, "right", "a document of the active config is lost", CARRIED, "lost-document"),
    (wrong_process,),
]
