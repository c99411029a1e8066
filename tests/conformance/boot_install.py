"""Cases of boot.py: what becomes of an install, of a founding, and of the words about both."""
from boot import SECONDS, applies, need, real_applies, talos_volumes, text_of, wait_applied, wait_founded
from boot_marker import Several

CUT = {"kind": "install", "partitions": ["cut"]}
MENDED = 200  # seconds; two minutes of them are what hearth waits behind an install that failed
APPLY = "/machine.MachineService/ApplyConfiguration"
WIPE = "BlockDeviceWipe"


def cut_disk(*more):
    """A disk on which an installer was cut behind its partitions; machined adds STATE."""
    return {"sda": {"contents": "gpt", "volumes": talos_volumes("EFI", "BIOS", "BOOT", "META", "STATE", *more, meta="")}}


def cut_mended(bench):
    """The installer is cut behind the partitions: machined would hold that for an installed Talos. Wiped, installed,
    founded."""
    box = bench.machine("cut-mended", faults=[CUT])
    with box:
        wait_founded(box, seconds=MENDED)
        need(len(box.find("wiped", disk="sda")) == 1, "wiped: %s" % box.find("wiped"))
        need(len(box.find("installed")) == 1, "installed %d times" % len(box.find("installed")))
        need("an install that did not end" in text_of(box), "the console does not say why")
        need(not box.find("no install", boot=2), "a config was applied to a disk with nothing to start")
        return box


def cut_refused(bench):
    """machined does not let it wipe: refused, with the way on, and nothing is applied."""
    box = bench.machine("cut-refused", disks=cut_disk(), faults=[
        {"kind": "status", "method": WIPE, "code": 9, "message": 'blockdevice "sda" is in use', "count": -1}])
    with box:
        need(box.wait("console", MENDED, line=lambda line: "hearth: guard-cut: sda" in line), "no refusal: " + text_of(box)[-600:])
        need(box.wait("console", 5, line=lambda line: "menu" in line), "no way on")
        need(not real_applies(box), "applied to a disk with nothing to start")
        return box


def cut_killed(bench):
    """SIGKILL behind the wipe: the next process starts the machine anew, and applies nothing before."""
    box = bench.machine("cut-killed", times={"restart": 200}, disks=cut_disk(),
                        faults=[{"kind": "kill", "method": WIPE, "after": True}])
    with box:
        wait_founded(box, seconds=MENDED)
        need(box.find("exited", signal="killed"), "not killed: this case proves nothing")
        need(not [entry for entry in real_applies(box) if entry["boot"] == 1], "applied in the boot that wiped")
        return box


def cut_with_data(bench):
    """META without a name, and EPHEMERAL beside it: somebody's, whatever made it so. Refused."""
    box = bench.machine("cut-with-data", disks=cut_disk("EPHEMERAL"))
    with box:
        need(box.wait("console", 20, line=lambda line: "hearth: guard-foreign" in line), "no refusal: " + text_of(box)[-600:])
        need(not box.find("wiped") and not real_applies(box), "touched")
        return box


def cut_several(bench):
    """Of several control planes the one that founds, and its first install is cut: by its marker and that disk it goes
    on as the founder."""
    several = Several(bench, "cut", "none")
    box = several.box
    box.scenario["faults"] = [CUT]
    with box:
        need(box.wait("install failed", SECONDS), "the install did not fail: this case proves nothing")
        several.boot_id("boot-2")
        wait_founded(box, seconds=MENDED)
        need("goes on as the founder" in text_of(box), "said: " + text_of(box)[-600:])
        need(several.mode() == ["none"] and len(box.find("bootstrap")) == 1, "mode %s" % several.mode())
        need(".data-1." in several.value(), "marker %s" % several.value())
        return box


def failed_several(bench):
    """The same, but the install failed before it wrote: whether anything was founded nobody can tell. A person is
    asked, here and on the disk."""
    several = Several(bench, "failed", "none")
    box = several.box
    box.scenario["faults"] = [{"kind": "install"}]
    with box:
        need(box.wait("install failed", SECONDS), "the install did not fail: this case proves nothing")
        several.boot_id("boot-2")
        need(box.wait("installed", SECONDS), "not installed: " + text_of(box)[-600:])
        need(box.wait("finished", SECONDS), "hearth does not leave")
        need(several.mode() == ["manual"] and not box.find("bootstrap"), "mode %s" % several.mode())
        command = "if cluster %s was never founded: talosctl bootstrap --nodes 192.168.1.10" % several.cluster
        for boot, where in ((2, "next"), (3, "done")):
            said = [entry["line"] for entry in box.find("console", boot=boot) if entry["line"].startswith(where)]
            need([line for line in said if command in line], "boot %d says: %s" % (boot, said))
        return box


def founds_once(bench):
    """One control plane, and EPHEMERAL is wiped to restore a snapshot of etcd: hearth founds nothing, and says the
    command."""
    box = bench.machine("founds-once")
    with box:
        wait_founded(box)
        before = len(box.poll())
        box.command(reset={"labels": ["EPHEMERAL"]})
        need(box.wait("cri", SECONDS, since=before), "it does not come back")
        need(box.wait("finished", SECONDS, since=before), "hearth does not leave")
        need(len(box.find("bootstrap")) == 1, "founded a second time, over what a person is about to restore")
        need("--recover-from" in text_of(box), "the console does not say how")
        return box


def power_on_again(bench):
    """A founded node is switched off and on: nothing is founded, and nothing says so."""
    box = bench.machine("power-on-again")
    with box:
        wait_founded(box)
        before = len(box.poll())
        box.command(reboot=True)
        need(box.wait("finished", SECONDS, since=before), "hearth does not leave")
        need(not box.find("call", boot=3, method=lambda name: name.endswith("Bootstrap")), "Bootstrap was asked for again")
        said = [entry["line"] for entry in box.find("console", boot=3)]
        need(not [line for line in said if "founding" in line], "said: %s" % said)
        return box


def founds_once_a_boot(bench):
    """machined starts hearth anew behind its own second apply: one Bootstrap all the same, though etcd takes long."""
    box = bench.machine("founds-once-a-boot", times={"etcd": 4000, "stop": 10000})
    with box:
        wait_founded(box)
        need(not box.find("bootstrap again"), "Bootstrap was accepted twice")
        return box


def etcd_crashes(bench):
    """etcd ends again and again: its own words, once, and not two lines a time."""
    box = bench.machine("etcd-crashes", times={"etcd": 600}, faults=[{"kind": "etcd", "count": 8}])
    with box:
        wait_founded(box)
        crashes = [line for line in box.said() if line.startswith("hearth: etcd: ")]
        need(len(crashes) == 1 and "exit code 255" in crashes[0], "said: %s" % crashes)
        alternating = [line for line in box.said() if "etcd runs" in line or "etcd starts" in line]
        need(len(alternating) == len(set(alternating)), "said: %s" % alternating)
        return box


def last_words(bench):
    """The socket goes with SIGTERM and before hearth has seen it: the last word of an install that ended well is no
    error."""
    box = bench.machine("last-words", times={"install": 2500, "silence": 0})
    with box:
        need(box.wait("installed", SECONDS), "not installed")
        need(box.wait("exited", SECONDS, boot=1), "it does not end")
        said = [entry["line"] for entry in box.find("console", boot=1)]
        need(not [line for line in said if line.startswith("hearth: ")], "said: %s" % said[-4:])
        return box


def says_next(bench):
    """A box that was reset: no install comes, so nothing speaks of one; and behind the restart nobody is told to remove
    the stick that did it."""
    disks = {"sda": {"contents": "gpt", "volumes": talos_volumes("EFI", "BIOS", "BOOT", "META")}}
    box = bench.machine("says-next", disks=disks, stick=True)
    with box:
        wait_founded(box)
        nexts = [line for line in box.said() if line.startswith("next")]
        need(nexts and "hearth founds cluster data now" in nexts[0] and "install" not in nexts[0], "next: %s" % nexts)
        need(not [line for line in box.said() if "remove the stick" in line], "said: " + text_of(box)[-800:])
        return box


def counts_disks(bench):
    """Loops and the stick are listed by Talos, and are no disks that could be chosen."""
    box = bench.machine("counts-disks")
    with box:
        wait_applied(box)
        facts = [line for line in box.said() if line.startswith("[2/6]")]
        need(facts and ", 1 disk, " in facts[0], "said: %s" % facts)
        return box


def speaks_at_once(bench):
    """A person sees that it is the right stick, long before Talos has come to maintenance mode."""
    box = bench.machine("speaks-at-once", times={"acquire": 3000})
    with box:
        first = need(box.wait("console", 2), "silent")
        need(first["line"].startswith("hearth "), "said: %s" % first["line"])
        wait_applied(box)
        return box


def stuck_install(bench):
    """The installer says that all is well, and machined cannot format STATE and goes nowhere: hearth stays, quietly,
    and does nothing twice. Switched off and on, the disk is a Talos that is installed, whatever it lacks."""
    box = bench.machine("stuck-install", faults=[{"kind": "stuck"}], stick=True)
    with box:
        wait_applied(box)
        need(box.wait("install hangs", SECONDS), "it does not hang: this case proves nothing")
        need(not box.wait("exited", 3), "hearth left")
        need(len(applies(box)) == 1, "applied %d times" % len(applies(box)))
        need(not [line for line in box.said() if line.startswith("hearth: ")], "said: " + text_of(box)[-600:])
        box.command(reboot=True)
        wait_founded(box)
        need("carries a Talos already (META)" in text_of(box) and not box.find("wiped"), "said: " + text_of(box)[-600:])
        return box


SLOW = [cut_mended, cut_refused, cut_killed, cut_several]
CASES = [cut_with_data, failed_several, founds_once, power_on_again, founds_once_a_boot, etcd_crashes, last_words, says_next,
         counts_disks, speaks_at_once, stuck_install]
