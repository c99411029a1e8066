"""The cases of boot.py that lead from a box to what becomes of it: each takes a bench and returns the box, stopped."""
import json
import os
import signal
import time

import machine
from boot import (CANARY, CARRIED, CARRYING, FOREIGN, OWN_DOCUMENT, PENDING, Reader, SECOND, SECONDS, applies,
                  configured, filled, need, real_applies, text_of, wait_applied, wait_founded)


def founded(bench):
    """From maintenance to founded; a reader sees nothing; later boots change nothing."""
    box = bench.machine("founded")
    with box:
        reader = Reader(bench, box)
        try:
            wait_applied(box)
            joined = need(box.wait("call", SECONDS, method=lambda name: name.endswith("ApplyConfiguration"), dry_run=False),
                          "the apply is not answered")
            need(joined["canaries"], "the canary is not in the config at all: this case would prove nothing")
            installed = need(box.wait("installed", SECONDS), "not installed")
            need(installed["serial"] == "50026B7782DEAD01" and installed["image"] == CARRYING, "installed as %s" % installed)
            need(not reader.canaries(), "a reader saw the canary in maintenance: %s" % reader.canaries()[:2])
            second = need(box.wait("applied", SECONDS, boot=2), "the held manifests were not inlined")
            wait_founded(box)
            summary = box.summary()
            need(summary["type"] == "controlplane" and summary["hostname"] == "data-1" and summary["cluster"] == "data" and
                 summary["endpoint"] == "https://192.168.1.10:6443", "role: %s" % json.dumps(summary)[:400])
            need("bootstrap" in "".join(summary["manifests"]) or any("canary" in name for name in summary["manifests"]),
                 "manifests: %s" % summary["manifests"])
            own = summary["services"]["hearth"]
            need("HEARTH_NODE=data-1" in own["environment"], "own document: %s" % own["environment"])
            need(not [path for path in own["files"] if path.startswith(PENDING)], "manifests are still pending")
            need(len(box.find("bootstrap")) == 1, "Bootstrap took effect %d times" % len(box.find("bootstrap")))
            early = reader.canaries(until=second["n"])
            need(not early, "a reader saw the canary before found: %s" % early[:2])
            end = time.monotonic() + 10
            while not reader.canaries() and time.monotonic() < end:
                time.sleep(0.1)
            need(reader.canaries(), "the reader never saw the inlined secret: it would not have seen a leak either")
            need([seen for seen in reader.lines if "MachineConfig" in seen["watch"] and "refused" in seen],
                 "the reader was not refused")
        finally:
            reader.stop()
        before = len(box.poll())
        box.command(reboot=True)
        need(box.wait("finished", SECONDS, since=before), "hearth does not end on a founded node")
        box.wait("stage", SECONDS, since=before, stage="running")
        # Bootstrap may be asked for before etcd is up; what is on the disk already answers it.
        again = [entry for entry in box.find("call", method=lambda name: name.endswith("ApplyConfiguration")) +
                 box.find("bootstrap") if entry["n"] >= before]
        need(not again, "a founded node was touched: %s" % again[:1])
        need(CANARY not in text_of(box), "the canary is on the console")
        exits = box.find("exited")
        need(all(entry["status"] == 0 or entry["signal"] for entry in exits), "exits: %s" % exits)
        return box


def worker(bench):
    """Another box of the same site is a worker: no keys, no manifests, no Bootstrap."""
    box = bench.machine("worker", tree="prodesk-400-g4", addresses=["192.168.1.21/24"])
    with box:
        wait_applied(box)
        summary = box.summary()
        need(summary["type"] == "worker" and summary["hostname"] == "worker-8cg0000hrt", "role: %s" % json.dumps(summary)[:300])
        need(not summary["keys"], "a worker holds %s" % summary["keys"])
        need(not summary["manifests"] and not any(service["files"] for service in summary["services"].values()),
             "a worker holds manifests")
        need(box.wait("installed", SECONDS)["disk"] == "nvme0n1", "installed elsewhere")
        need(box.wait("finished", SECONDS, boot=2), "hearth does not end on a worker")
        need(box.wait("stage", SECONDS, boot=2, stage="running"), "the worker does not run")
        need(not box.find("call", method=lambda name: name.endswith("Bootstrap")), "a worker called Bootstrap")
        need(not any(entry["canaries"] for entry in real_applies(box)), "a worker's config holds the canary")
        site = os.path.join(box.where, "site")
        status, text, err = bench.kit.hearth("plan", "--site", site, "--sysroot", box.tree, "--json")
        need(status == 0, err)
        plan = json.loads(text)
        named = ""
        for place in (place for secret in plan["secrets"] for place in secret["usedAt"]):
            path, line, _ = place.rsplit(":", 2)
            with open(os.path.join(site, path)) as source:
                named += source.readlines()[int(line) - 1]
        need("/crt" in named and "/key" not in named and "canary" not in named, "a worker's plan names " + named)
        need(not plan.get("manifests"), "a worker's plan has manifests")
        return box


def second_control_plane(bench):
    """A control plane beside the one that founds: it carries the same manifests and never calls Bootstrap."""
    box = bench.machine("second-control-plane", tree="prodesk-400-g4", addresses=["192.168.1.11/24"], site={"more": SECOND})
    with box:
        wait_applied(box)
        summary = box.summary()
        need(summary["type"] == "controlplane" and summary["hostname"] == "data-2", "role: %s" % json.dumps(summary)[:300])
        need(box.wait("finished", SECONDS, boot=2), "hearth does not end")
        need(any("canary" in name for name in box.summary()["manifests"]), "its manifests differ from the first one's")
        need(not box.find("call", method=lambda name: name.endswith("Bootstrap")), "a second control plane called Bootstrap")
        return box


def unknown_box(bench):
    """A box that no entry matches is refused, and looked at again; nothing is asked of the vault."""
    box = bench.machine("unknown-box", tree="thinkcentre-m70q")
    with box:
        need(box.wait("console", 20, line=lambda line: "plan-no-match" in line), "no refusal")
        need(box.wait("console", 20, line=lambda line: "match:" in line), "no paste-ready match")
        time.sleep(1)
        need(not applies(box) and not real_applies(box), "an unknown box was configured")
        need(not box.find("exited"), "boot left")
        before = len(box.poll())
        box.command(reboot=True)
        ended = need(box.wait("exited", 15, since=before), "SIGTERM is not obeyed")
        need(ended["status"] == 0 and not ended["signal"], "SIGTERM: %s" % ended)
        return box


def foreign_disk(bench):
    """A disk with something on it is refused, with the list; a blank one in its place is taken."""
    box = bench.machine("foreign-disk", disks=FOREIGN)
    with box:
        refusal = need(box.wait("console", 20, line=lambda line: "guard-foreign" in line), "no refusal")["line"]
        text = text_of(box)
        for word in ("sda", "vfat \"SYSTEM\"", "Basic data partition"):
            need(word in text, "the refusal does not name %s: %s" % (word, refusal))
        time.sleep(1)
        need(not box.find("call", method=lambda name: name.endswith("ApplyConfiguration")),
             "a foreign disk, and a config was sent")
        box.command(disks=[machine.disk("sda")])
        wait_applied(box)
        return box


def foreign_unnamed(bench):
    """btrfs on the whole disk, of which machined knows nothing: refused; taken once it is gone."""
    box = bench.machine("foreign-unnamed")
    device = os.path.join(box.tree, "dev", "sda")
    os.makedirs(os.path.dirname(device), exist_ok=True)
    with open(device, "wb") as out:
        out.truncate(1 << 20)
        out.seek(0x10040)
        out.write(b"_BHRfS_M")
    with box:
        refusal = need(box.wait("console", 20, line=lambda line: "guard-foreign" in line), "no refusal: " + text_of(box))
        need("sda" in refusal["line"] and "holds btrfs" in refusal["line"], "said: " + refusal["line"])
        need(not box.find("call", method=lambda name: name.endswith("ApplyConfiguration")), "a config was sent")
        os.truncate(device, 0)
        os.truncate(device, 1 << 20)
        # A change, so that it looks again before ten minutes.
        box.command(disks=[machine.disk("sda", size=240057409537)])
        wait_applied(box)
        return box


def foreign_disk_wiped(bench):
    """The same disk with `wipe` in its entry."""
    box = bench.machine("foreign-disk-wiped", disks=FOREIGN, site={"wipe": True})
    with box:
        wait_applied(box)
        need(box.wait("installed", SECONDS), "not installed")
        return box


def system_elsewhere(bench):
    """Another disk carries a META partition: Talos would take that for its system disk."""
    box = bench.machine("system-elsewhere", disks={"sdb": {"transport": "sata", "contents": "gpt", "volumes": [
        {"partition_label": "META", "size": 1048576}]}})
    with box:
        need(box.wait("console", 20, line=lambda line: "guard-system" in line), "no refusal")
        need("META" in text_of(box) and "sdb" in text_of(box), "the refusal names neither META nor the disk")
        need(not real_applies(box), "applied over an old system disk")
        return box


def reset_partitions(bench):
    """talosctl reset of STATE and EPHEMERAL, which switches off; then the medium: founded again, without a second
    install."""
    box = bench.machine("reset-partitions")
    with box:
        wait_founded(box)
        before = len(box.poll())
        box.command(reset={"labels": ["STATE", "EPHEMERAL"], "off": True})
        need(box.wait("boot", 10, since=before, from_disk=False), "it did not boot from the medium")
        wait_founded(box, since=before)
        need(not [entry for entry in box.find("installed") if entry["n"] > before], "it was installed again")
        need("sda carries a Talos already (META)" in text_of(box), "it does not say that nothing is installed")
        return box


def reset_disk(bench):
    """talosctl reset of everything: the same line again."""
    box = bench.machine("reset-disk")
    with box:
        wait_founded(box)
        before = len(box.poll())
        box.command(reset={"labels": []})
        need(box.wait("installed", SECONDS, since=before), "not installed again")
        wait_founded(box, since=before)
        return box


def new_disk(bench):
    """The disk is replaced by another of its kind: the selector follows the facts."""
    box = bench.machine("new-disk")
    with box:
        wait_founded(box)
        before = len(box.poll())
        for directory, _, names in os.walk(box.tree):
            for name in names:
                path = os.path.join(directory, name)
                if name in ("wwid", "vpd_pg80") and not os.path.islink(path):
                    with open(path, "rb") as source:
                        text = source.read()
                    with open(path, "wb") as out:
                        out.write(text.replace(b"dead01", b"dead02").replace(b"DEAD01", b"DEAD02"))
        box.command(disks=machine.disks_of(bench.facts(box.tree)))
        installed = need(box.wait("installed", SECONDS, since=before), "not installed")
        need(installed["serial"].endswith("DEAD02"), "installed to %s" % installed)
        wait_founded(box, since=before)
        return box


def install_fails(bench):
    """The installer cannot be pulled: the box comes back and tries again."""
    box = bench.machine("install-fails")
    with box:
        box.command(fault={"kind": "install"})
        need(box.wait("install failed", SECONDS), "the installer did not run")
        wait_founded(box)
        return box


def install_breaks(bench):
    """The installer breaks off: what it left is recognised as ours, said, and waited on."""
    box = bench.machine("install-breaks")
    with box:
        box.command(fault={"kind": "install", "partitions": ["EFI", "BOOT"]})
        failed = need(box.wait("install failed", SECONDS), "the installer did not run")
        need(box.wait("console", 20, since=failed["n"], line=lambda line: "install began on this disk" in line),
             "the failed install is not recognised")
        time.sleep(1)
        need(not [entry for entry in real_applies(box) if entry["n"] > failed["n"]], "tried again at once")
        return box


def carried(bench):
    """Documents of an active partial config stay as they are; hearth's own is merged; a clash is named."""
    clash = "---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: of-the-image\n"
    box = bench.machine("carried", partial=CARRIED + OWN_DOCUMENT + clash)
    with box:
        wait_applied(box)
        config, summary = box.config(), box.summary()
        for document in CARRIED.split("---\n"):
            need(document in config, "not carried byte for byte:\n" + document)
        need(summary["hostname"] == "data-1", "the site does not win: %s" % summary["hostname"])
        need("HostnameConfig" in text_of(box), "the clash is not named")
        need("USER_SAYS=hello" in summary["services"]["hearth"]["environment"],
             "the user's ExtensionServiceConfig hearth is lost")
        wait_founded(box)
        for document in CARRIED.split("---\n"):
            need(document in box.config(), "not carried by found:\n" + document)
        need("USER_SAYS=hello" in box.summary()["services"]["hearth"]["environment"], "lost by found")
        return box


def busy(bench):
    """Another apply is in progress: later."""
    box = bench.machine("busy")
    with box:
        box.command(fault={"kind": "busy", "method": "Version", "ms": 6000})
        wait_applied(box)
        return box


def stage_flips(bench):
    """The node leaves maintenance between dry run and apply: nothing is sent."""
    box = bench.machine("stage-flips")
    with box:
        box.command(fault={"kind": "stage", "method": "ApplyConfiguration", "stage": "booting", "after": True})
        need(box.wait("fault", 20), "no dry run came")
        time.sleep(2)
        need(not real_applies(box), "applied though the node has left maintenance")
        box.command(stage="maintenance")
        wait_applied(box)
        return box


def socket_vanishes(bench):
    """machined goes away as the dry run arrives, and comes back."""
    box = bench.machine("socket-vanishes")
    with box:
        box.command(fault={"kind": "vanish", "method": "ApplyConfiguration", "ms": 1500})
        wait_applied(box)
        need(box.wait("call", 5, dry_run=False, code="OK"), "no apply")
        need(len(real_applies(box)) == 1, "%d applies" % len(real_applies(box)))
        return box


def answer_lost(bench):
    """The config is applied but its answer is lost: it is not applied twice."""
    box = bench.machine("answer-lost", times={"install": 3000})
    with box:
        box.command(fault={"kind": "lost", "method": "ApplyConfiguration", "skip": 1})
        wait_founded(box)
        need(len(applies(box, boot=1)) == 1, "%d applies" % len(applies(box, boot=1)))
        return box


def late(bench):
    """Devices, a disk, the address and the registration of the process come late, and the socket last."""
    box = bench.machine("late", times={"udev": 3000, "address": 2500, "pid": 1500, "socket": 1000, "time": 2800},
                        disks={"sda": {"after": 2000}})
    with box:
        wait_applied(box)
        return box


def clock_never(bench):
    """Talos never gets the time: after a minute the box's own clock is judged, and it is plausible."""
    box = bench.machine("clock-never", times={"time": -1})
    with box:
        wait_applied(box, seconds=90)
        need("not synchronized" in text_of(box), "nothing is said of the clock")
        return box


def udev_never(bench):
    """Devices never settle: said, with the disks that are there, and nothing is applied."""
    box = bench.machine("udev-never", times={"udev": -1})
    with box:
        need(box.wait("console", 90, line=lambda line: "wait-disks" in line), "no refusal")
        need("sda" in text_of(box) and not real_applies(box), "said: " + text_of(box)[-300:])
        box.command(udev=True)
        wait_applied(box, seconds=90)
        return box


def registered_very_late(bench):
    """Beyond the five seconds that machined itself waits for: denied at first, and no line is wasted on it."""
    box = bench.machine("registered-late", times={"pid": 6500})
    with box:
        wait_applied(box)
        need(box.find("call", code="PermissionDenied"), "nothing was denied: this case proves nothing")
        need("machined-denied" not in text_of(box), "a line about what passes by itself")
        return box


def killed(bench):
    """SIGKILL after every stage line, in both lines: the next run ends founded."""
    box = bench.machine("killed", times={"restart": 200})
    with box:
        at = 0
        # Else what stands behind the last line may be over before the signal comes.
        box.command(fault={"kind": "slow", "method": "ApplyConfiguration", "ms": 5000, "count": -1})
        for stage in range(1, 6):
            line = need(box.wait("console", 30, since=at, line=lambda text, n=stage: "%d/6" % n in text), "no stage %d" % stage)
            box.command(signal=int(signal.SIGKILL))
            at = need(box.wait("exited", 10, since=line["n"]), "not killed")["n"]
        need(not box.find("applied"), "a signal came too late: this case proves nothing")
        box.command(clear=True)
        for sign in ("applied", "applied", "bootstrap"):
            event = need(box.wait(sign, SECONDS, since=at + 1), "nothing %s" % sign)
            box.command(signal=int(signal.SIGKILL))
            at = event["n"]
        wait_founded(box)
        need(len(box.find("bootstrap")) == 1, "Bootstrap took effect %d times" % len(box.find("bootstrap")))
        return box


def old_talos(bench):
    """Talos before 1.13: one line, and exit 0."""
    box = bench.machine("old-talos", talos="v1.12.11")
    with box:
        need(box.wait("finished", 20), "hearth does not leave")
        need("1.13" in text_of(box) and "v1.12.11" in text_of(box), "said: %s" % text_of(box))
        need(not box.find("call", method=lambda name: name.endswith("ApplyConfiguration")), "a config was sent")
        return box


def left_alone(box):
    need(box.wait("finished", 30), "hearth does not leave")
    need(not box.find("call", method=lambda name: name.endswith(("ApplyConfiguration", "Bootstrap"))),
         "a stranger's node was touched")
    return box


def not_ours(bench):
    """A node that somebody else has configured is left alone at once."""
    box = bench.machine("not-ours")
    configured(box, bench)
    with box:
        need(box.wait("boot", 5)["from_disk"], "it does not boot from the disk")
        return left_alone(box)


def stick_left_in(bench):
    """The same with the medium first in the firmware's order, and machined slow to find the config: for seconds the
    node looks as if it had none, and what is applied then would replace it."""
    box = bench.machine("stick-left-in", stick=True, times={"acquire": 5000})
    configured(box, bench)
    with box:
        need(not box.wait("boot", 5)["from_disk"], "it does not boot from the medium")
        left_alone(box)
        need(box.find("exited")[0]["n"] > box.find("stage", stage="booting")[0]["n"], "it left before it could know")
        need(len(box.find("call", stage="booting")) > 3,
             "it did not look while the config was not there: this case proves nothing")
        need("not by hearth" in text_of(box) and "came from a stick" in text_of(box) and "talosctl reset" in text_of(box),
             "it does not say which config runs and what the ways on are: " + text_of(box))
        return box


def manual(bench):
    """bootstrap: manual. The manifests are inlined, but founding is left to a person."""
    box = bench.machine("manual", site={"bootstrap": "manual"})
    with box:
        wait_applied(box)
        need(box.wait("finished", SECONDS, boot=2), "hearth does not leave")
        need(not box.find("call", method=lambda name: name.endswith("Bootstrap")), "founded against the word of the site")
        return box


def public_installer(bench):
    """An installer image without hearth: secrets are inlined at once, and the console says what that means."""
    box = bench.machine("public-installer", site={"image": "ghcr.io/siderolabs/installer:v1.13.9"}, installed=[])
    with box:
        wait_applied(box)
        summary = box.summary()
        need(any("canary" in name for name in summary["manifests"]), "not inlined: %s" % summary["manifests"])
        need(box.wait("console", 5, line=lambda line: "hearth is not in the installer image" in line),
             "the console does not say what that means")
        return box


def large(bench):
    """Half as much again as Flux's own manifests."""
    box = bench.machine("large", site=filled(40))
    with box:
        wait_applied(box)
        need(real_applies(box)[0]["bytes"] > 400000, "it is not large")
        wait_founded(box)
        return box


def too_large(bench):
    """More than hearth can hold: a refusal like any other, and the service goes on."""
    box = bench.machine("too-large", site=filled(350))
    with box:
        need(box.wait("console", 20, line=lambda line: line.startswith("hearth: ")), "nothing is said")
        time.sleep(2)
        need(not box.find("exited"), "boot left: %s" % [line for line in box.said() if line.startswith("hearth: ")][:1])
        need(not real_applies(box), "applied all the same")
        return box


def odd_connections(bench):
    """Every answer ends in RST_STREAM, or comes in CONTINUATION frames, or byte by byte: all of that is HTTP/2."""
    box = bench.machine("odd-connections")
    with box:
        for _ in range(30):
            for kind in ("rst", "continuation", "trickle"):
                box.command(fault={"kind": kind})
        wait_founded(box, seconds=60)
        # A look at machined is one connection with all its calls.
        met = [len(box.find("fault", kind=kind)) for kind in ("rst", "continuation", "trickle")]
        need(min(met) >= 5, "the faults were not met: %s" % met)
        need("hearth: machined-" not in text_of(box), "a complaint about what is allowed")
        return box


def broken_connections(bench):
    """GOAWAY before the answer, an answer cut in the middle, and what is no HTTP/2: said, and tried again."""
    box = bench.machine("broken-connections")
    with box:
        # The socket is there at once, so these meet the first calls.
        for fault in ({"kind": "goaway"}, {"kind": "cut", "bytes": 40}, {"kind": "garbage"}):
            box.command(fault=fault)
        wait_applied(box, seconds=60)
        need(len(box.find("fault")) == 3, "the faults were not met")
        need("hearth: machined-lost" in text_of(box), "nothing is said of it")
        return box


# Only Talos compiles an expression against the names of its own environment.
REJECTED = "apiVersion: v1alpha1\nkind: OOMConfig\ntriggerExpression: nowhere > 1.0\n"


def rejected(bench):
    """Talos rejects the config: its whole text is shown, and the same config is not sent again."""
    box = bench.machine("rejected", site={"files": {"talos/data-1.yaml": REJECTED}})
    with box:
        need(box.wait("console", 20, line=lambda line: "machined-rejected" in line), "no refusal")
        need("nowhere" in text_of(box), "Talos's own words are not shown")
        time.sleep(3)
        sent = box.find("call", method=lambda name: name.endswith("ApplyConfiguration"))
        need(len(sent) == 1, "sent %d times" % len(sent))
        return box


# The slow ones first; boot_more.py has more.
CASES = [udev_never, clock_never, founded, worker, second_control_plane, unknown_box, foreign_disk, foreign_unnamed,
         foreign_disk_wiped, system_elsewhere, reset_partitions, reset_disk, new_disk, install_fails, install_breaks,
         carried, busy, stage_flips, socket_vanishes, answer_lost, late, registered_very_late, killed, old_talos,
         not_ours, stick_left_in, manual, public_installer, large, too_large, odd_connections, broken_connections,
         rejected]
