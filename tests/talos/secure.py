"""Secure Boot with keys of one's own, the way that `make installer` says: talosctl makes the keys, Talos's imager takes
the profiles as they were written and signs, its medium enrols, and what the installer lays on a disk starts."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile

import box as box_module
import cases_tpm
import days
import imager as imager_module
import images
import installs
import lan as lan_module
import real
from assets import REPO, lay, read
from boot import CANARIES, need
from boots import ACCEPTED, APID, FINISHED, MAINTENANCE, STARTED, STEP, complaints, steps
from tree import LIBRARIES, found

DENIED, OPENED = "Access Denied", "opened encrypted device"
# Of the installer's image, and where Talos's installer lays it on the EFI partition.
LAID = {"usr/install/amd64/systemd-boot.efi": "EFI/BOOT/BOOTX64.EFI", "usr/install/amd64/vmlinuz.efi": "EFI/Linux/Talos-VERSION.efi"}
MIB = 1 << 20


def imager_of(bench):
    """Made once in a run: it holds an address."""
    if not hasattr(bench, "imager"):
        bench.imager = imager_module.Imager(bench)
    return bench.imager


def fingerprint(path):
    """Of a private key, as Talos says the one that signed what the TPM is to see."""
    public = subprocess.run(["openssl", "rsa", "-in", path, "-pubout", "-outform", "DER"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=True).stdout
    return ":".join(re.findall("..", hashlib.sha256(public).hexdigest().upper()))


def medium(imager, out, keys):
    """The ISO that enrols these keys."""
    made = os.path.join(imager.run("iso.yaml", out, keys), "metal-amd64-secureboot.iso")
    return shutil.move(made, os.path.join(keys, "enrol.iso"))


def disk(bench, archive, path):
    """A disk that is one EFI file system, with what the installer's image has for it. The last layer is imager's."""
    folder = path + ".files"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as image:
        layers = json.loads(image.extractfile("manifest.json").read())[0]["Layers"]
        with tarfile.open(fileobj=image.extractfile(layers[-1])) as layer:
            for name, target in LAID.items():
                lay(os.path.join(folder, target.replace("VERSION", bench.parts.version)), layer.extractfile(name).read(), 0o644)
    size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names) // MIB + 64
    with open(path, "wb") as out:
        out.truncate(size * MIB)
    for command in (["mformat", "-i", path, "-T", str(size * MIB // 512), "-F", "::"], ["mcopy", "-s", "-i", path, folder + "/EFI", "::"]):
        subprocess.run(command, check=True)
    shutil.rmtree(folder)
    return path


def refused(bench, name, iso, variables):
    """The firmware says so and starts nothing of it."""
    own = shutil.copyfile(variables, bench.parts.path(name + ".fd"))
    with bench.power(name, box_module.OPTIPLEX, bench.disk(name), box_module.stick(iso), memory=1024, secure=own) as machine:
        steps(machine, DENIED)
        need(STARTED not in machine.text() and "Linux version" not in machine.text(), "it was started all the same")


def signed(bench):
    """Two extensions, a UKI signed with keys of one's own: enrolled by the medium of the same keys, started from what
    the installer's image holds, under a firmware that refuses hearth's own stick, which is not signed, and a medium of
    other keys."""
    imager = imager_of(bench)
    mine, others = (imager_module.keys(bench.parts, bench.kit.directory(name)) for name in ("mine", "others"))
    out = bench.image("installer", "installer-signed", SITE=bench.site(), TALOS=bench.parts.version, SECUREBOOT=mine,
                      EXTENSIONS=imager_module.SECOND, KARGS=bench.console)
    archive = shutil.move(os.path.join(imager.run("profile.yaml", out, mine), "installer-amd64-secureboot.tar"), bench.parts.path("signed.tar"))
    need(any("/example/second/manifests/v1" in line for line in imager.asked), "the second extension was not pulled: %s" % imager.asked)
    own, foreign = (medium(imager, out, keys) for keys in (mine, others))

    variables = shutil.copyfile(box_module.FIRMWARE[1], bench.parts.path("signed.fd"))
    with bench.power("signed-enrol", box_module.OPTIPLEX, bench.disk("signed-enrol"), box_module.stick(own), secure=variables) as machine:
        need(machine.off(STEP), "the keys are not enrolled")
    refused(bench, "signed-not", bench.stick(), variables)
    refused(bench, "signed-others", foreign, variables)
    image = disk(bench, archive, bench.parts.path("signed.img"))
    with bench.power("signed", box_module.OPTIPLEX, image, box_module.virtio, memory=2048, secure=variables) as machine:
        # It holds no site: that is the medium's.
        steps(machine, "Secure boot enabled", STARTED, MAINTENANCE, "no-site", FINISHED, APID)
        state, = bench.resources("SecurityStates.talos.dev", admin=False).values()
        need(state["secureBoot"], "Talos says %s" % state)
        need(state["pcrSigningKeyFingerprint"] == fingerprint(os.path.join(mine, "pcr-signing-key.pem")), "of another key: %s" % state)
        names = {one["metadata"]["name"] for one in bench.resources("ExtensionStatuses.runtime.talos.dev", admin=False).values()}
        need({"hearth", "second"} <= names, "extensions: %s" % names)


def site(bench, image):
    """One whose STATE and EPHEMERAL have a key of the TPM, as the example of the guide has them with `tpm` in it."""
    encrypted = read(os.path.join(REPO, "assets/talos/examples/state-encryption.yaml")).decode()
    overlay = real.OVERLAY % (image, lan_module.HOST, real.PORT)
    return bench.site("sealed", files={"talos/data.yaml": overlay + "---\n" + encrypted.replace("nodeID: {}", "tpm: {}")})


def header(bench, image, label):
    """What cryptsetup says of a partition's LUKS header."""
    begin, _ = installs.partition(image, label)
    path = bench.parts.path("header.img")
    with open(image, "rb") as source, open(path, "wb") as out:
        source.seek(begin)
        out.write(source.read(16 * MIB))
        out.truncate(64 * MIB)
    root = bench.parts.host
    libraries = ":".join(os.path.join(root, folder) for folder in ("lib/x86_64-linux-gnu", LIBRARIES))
    done = subprocess.run([found(root, ["usr/sbin", "sbin"], "cryptsetup"), "luksDump", "--dump-json-metadata", path],
                          env={"LD_LIBRARY_PATH": libraries}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.unlink(path)
    need(done.returncode == 0, "%s: %s" % (label, done.stderr.decode()))
    return json.loads(done.stdout)


def closed(bench, name, image, state, variables, words):
    """A copy of the disk in a box that differs: Talos does not open STATE, and says why."""
    copy = days.copied(image, bench.disk(name))
    with installs.switched(state, box_module.virtio) as arguments, bench.power(
            name, box_module.OPTIPLEX, copy, arguments, memory=2048, secure=variables) as machine:
        steps(machine, STARTED, words)
        need(OPENED not in machine.text() and "configured as" not in machine.text(), "STATE is open all the same")


def sealed(bench):
    """STATE by the TPM, under Secure Boot. One medium enrols the keys and, started once more, installs unattended:
    hearth and its site are in it, signed. What it leaves on the disk opens in this box under these keys, and neither
    with another TPM nor with Secure Boot off."""
    imager = imager_of(bench)
    keys = imager_module.keys(bench.parts, bench.kit.directory("sealed"))
    settings = {"TALOS": bench.parts.version, "SECUREBOOT": keys, "KARGS": bench.console}
    out = bench.image("installer", "installer-sealed", SITE=bench.site(), **settings)
    name = re.search(r"image: registry\.example/(\S+)", read(os.path.join(out, "installer/registry.yaml")).decode()).group(1)
    archive = os.path.join(imager.run("profile.yaml", out, keys), "installer-amd64-secureboot.tar")
    images.Images(bench.parts.path("registry"), keep=True).push(name.replace(":", "@"), archive)
    out = bench.image("installer", "installer-sealed", SITE=site(bench, name), CREDENTIAL="1", **settings)
    iso = medium(imager, out, keys)

    where = bench.kit.directory("sealed-box")
    state, variables = os.path.join(where, "chip"), shutil.copyfile(box_module.FIRMWARE[1], bench.parts.path("sealed.fd"))
    image = bench.disk("sealed")

    def unattended(machine):
        steps(machine, "Secure boot enabled", STARTED, MAINTENANCE, "[1/6]", ACCEPTED, "running Talos installer",
              "installation of %s complete" % bench.parts.version)
        need(machine.off(STEP), "it does not start again")
        need(OPENED in machine.text(), "STATE is not open")

    def founded(machine):
        steps(machine, "Secure boot enabled", STARTED, OPENED, "configured as data-1", "founded    cluster data, by data-1", FINISHED)
        need(not complaints(machine), "an error is on the console: %s" % complaints(machine))
        volumes = bench.resources("VolumeStatuses.block.talos.dev")
        for label in ("STATE", "EPHEMERAL"):
            need(volumes[label]["encryptionProvider"] == "luks2" and volumes[label]["configuredEncryptionKeys"] == ["tpm"],
                 "Talos says of %s: %s" % (label, volumes[label]))
        installs.switch_off(bench, machine)
    with installs.switched(state, box_module.stick(iso, box_module.virtio)) as arguments:
        with bench.power("sealed-enrol", box_module.OPTIPLEX, image, arguments, secure=variables) as machine:
            need(machine.off(STEP), "the keys are not enrolled")
        bench.installing("sealed", arguments, lambda: image, unattended, secure=variables)
    with installs.switched(state, box_module.virtio) as arguments:
        bench.installing("sealed-disk", arguments, lambda: image, founded, secure=variables)
    for label in ("STATE", "EPHEMERAL"):
        dump = header(bench, image, label)
        token, = dump["tokens"].values()
        need(token["type"] == "talos-tpm2" and token["UserData"]["pcrs"] == [7] and token["UserData"]["pubkey_pcrs"] == [11],
             "%s: %s" % (label, dump))
        need(list(dump["keyslots"]) == ["0"], "%s: %s" % (label, dump))
    need(not [word for block in cases_tpm.written(image) for word in CANARIES if word.encode() in block], "the canary is on the disk")

    closed(bench, "sealed-chip", image, os.path.join(where, "another"), variables, "srk name does not match")
    off = shutil.copyfile(box_module.FIRMWARE[1], bench.parts.path("sealed-off.fd"))
    closed(bench, "sealed-off", image, state, off, "sealing policy digest does not match")


CASES = [signed, sealed]
