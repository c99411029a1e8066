"""The cases of a node that is founded, each on a copy of one disk: switched on again, its config compared with its
site, reset."""
import json
import os
import re
import subprocess

import box as box_module
import compare
import installs
from boot import CANARY, need
from boots import ACCEPTED, APID, FINISHED, MAINTENANCE, STARTED, STEP, same, steps

LABELS = "machine:\n  nodeLabels:\n    hearth.example/rack: rack-7\n"
# What hearth adds to the config that it applies, and `render` does not write.
OWN = re.compile(r'-(---|apiVersion: v1alpha1|kind: ExtensionServiceConfig|name: "?hearth"?|environment:|  *- "?HEARTH_[A-Z]+=.*)$')


def disk(bench, name):
    """A disk on which this hearth has founded cluster data, switched off in good order; founded once a run, whose
    bundle it has, and copied."""
    def make(path):
        installs.install(bench, "founding", installs.switch_off)
        copied(os.path.join(bench.build, "work", "founding", "disk.img"), path)
    kept = bench.parts.path("founded.img")
    bench.parts.made(kept, ["machined", "talos-init", "installer", "etcd", "kubelet"], make,
                     [bench.binary, bench.parts.path("bundle.yaml")])
    return copied(kept, bench.disk(name))


def copied(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)
    return target


def on_again(machine):
    """It comes up by itself, knows what it is, and founds nothing."""
    steps(machine, STARTED, APID)
    steps(machine, "configured as data-1", "done       cluster data", FINISHED)
    need("bootstrap request received" not in machine.text(), "Bootstrap was asked for again")
    need("founding" not in machine.text(), "it says that it founds")


def changes(bench, name):
    """What Talos says would change, were the config of this site applied: lines that begin with a sign."""
    where = bench.kit.directory("drift-" + name)
    facts = bench.kit.write(os.path.join(where, "facts.json"), json.dumps(bench.installed_facts()))
    out = os.path.join(where, "out")
    status, _, err = bench.kit.hearth("render", "--site", bench.site(name), "--node", "data-1", "--facts", facts, "--out", out)
    need(status == 0, "hearth render: " + err)
    answer = bench.client("dry-run", os.path.join(out, "machine-config.yaml"))
    print("what Talos says would change, site %s:\n  %s" % (name, "\n  ".join(answer.splitlines()[:40])), flush=True)
    return [line for line in answer.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---")) and line[1:].strip()]


def day_two(bench):
    """A founded node is switched on again, by its own loader: nothing is founded. Has it drifted from its site? Shown
    the same site rendered again it names hearth's own document and nothing else; shown a changed one, that change as
    well."""
    bench.site("changed", files={"talos/data-1.yaml": LABELS})

    def story(machine):
        on_again(machine)
        same = changes(bench, "site")
        need([line for line in same if "HEARTH_NODE" in line], "hearth's own document is not among: %s" % same[:20])
        need(not [line for line in same if not OWN.match(line)], "drift: %s" % [line for line in same if not OWN.match(line)][:20])
        other = [line for line in changes(bench, "changed") if not OWN.match(line)]
        need([line.split() for line in other] == [["+", "hearth.example/rack:", "rack-7"]], "drift: %s" % other[:20])
        need(CANARY not in machine.text(), "the canary is on the console")
    bench.installing("day-two", box_module.virtio, lambda: disk(bench, "day-two"), story)


def reset_ephemeral(bench):
    """EPHEMERAL is wiped by the API, as somebody does who restores etcd from a snapshot: hearth founds nothing, and
    says the command."""
    def story(machine):
        on_again(machine)
        bench.client("reset", "EPHEMERAL")
        at = steps(machine, "kexec_core: Starting new kernel")
        steps(machine, "configured as data-1", "talosctl bootstrap --recover-from SNAPSHOT --nodes 192.168.1.10", FINISHED, at=at)
        need("bootstrap request received" not in machine.text(), "founded over what a person is about to restore")
    bench.installing("reset-ephemeral", box_module.virtio, lambda: disk(bench, "reset-ephemeral"), story)


def reset(bench):
    """The stick left in a founded node: which config runs, and the ways on. The one that it names, a reset of STATE
    and EPHEMERAL, and the stick again: configured and founded anew without an install."""
    stick = box_module.stick(bench.stick(), box_module.virtio)

    def left_in(machine):
        steps(machine, STARTED, APID)
        steps(machine, "configured as data-1", "this boot came from a stick", "done       cluster data", FINISHED)
        need("bootstrap request received" not in machine.text(), "Bootstrap was asked for again")
        bench.client("reset-off", "STATE", "EPHEMERAL")
        need(machine.off(STEP), "it is not switched off")

    def anew(machine):
        at = steps(machine, STARTED, MAINTENANCE, "[1/6]", "carries a Talos already (META)", ACCEPTED,
                   "next       nothing: hearth founds cluster data now")
        steps(machine, "secrets inlined", "founding cluster data", "founded    cluster data, by data-1", "done       cluster data",
              FINISHED, at=at)
        need("running Talos installer" not in machine.text(), "it was installed anew")
        need("remove the stick" not in machine.text(), "told to remove the stick that sets it up")
    image = disk(bench, "reset")
    bench.installing("reset", stick, lambda: image, left_in)
    bench.installing("reset-anew", stick, lambda: image, anew)


def reset_reboot(bench):
    """The same reset with a reboot goes by kexec into the disk, whatever is plugged in: hearth there has no site, and
    says so."""
    def story(machine):
        steps(machine, STARTED, APID)
        steps(machine, FINISHED)
        bench.client("reset", "STATE", "EPHEMERAL")
        at = steps(machine, "kexec_core: Starting new kernel")
        steps(machine, "without a site", at=at)
    stick = box_module.stick(bench.stick(), box_module.virtio)
    bench.installing("reset-reboot", stick, lambda: disk(bench, "reset-reboot"), story)


def standin_founded(bench):
    """The questions of `standin`, to a node that is founded."""
    def story(machine):
        on_again(machine)
        steps(machine, "boot sequence: done")
        same(bench, "standin-founded", "founded", bench.client("dump", *compare.KINDS), bench.standin_founded(compare.KINDS))
    bench.installing("standin-founded", box_module.virtio, lambda: disk(bench, "standin-founded"), story)


CASES = [standin_founded, day_two, reset_ephemeral, reset, reset_reboot]
