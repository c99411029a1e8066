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
import imager as imager_module
from assets import lay
from boot import need
from boots import APID, FINISHED, MAINTENANCE, STARTED, STEP, steps

DENIED = "Access Denied"
# Of the installer's image, and where Talos's installer lays it on the EFI partition.
LAID = {"usr/install/amd64/systemd-boot.efi": "EFI/BOOT/BOOTX64.EFI", "usr/install/amd64/vmlinuz.efi": "EFI/Linux/Talos-VERSION.efi"}
MIB = 1 << 20


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
    imager = imager_module.Imager(bench)
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


CASES = [signed]
