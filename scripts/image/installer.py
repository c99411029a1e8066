"""Staying after the install, and going back to maintenance mode: what to type, with the versions filled in.

Talos installs what its installer image holds, not what the box was booted from. Sources: Talos pkg/imager/profile (the
profile), cmd/talosctl image.go and reset.go (flags), controllers/cri/image_cache_config.go (where a cache is looked
for), bootloader/kexec (kernel.kexec_load_disabled turns the kexec after an install into a reboot).
"""
import os
import re
import shlex

import extension
import sitelayer
import talos
import usb
from common import Stop, read, say, write

PROFILE = """\
# For Talos's imager: the installer image of Talos {talos} with hearth in it. Public, no site and no secret.
arch: amd64
platform: metal
secureboot: {signed}
version: {talos}
{arguments}input:
  kernel:
    path: /usr/install/amd64/vmlinuz
  initramfs:
    path: /usr/install/amd64/initramfs.xz
  baseInstaller:
    imageRef: ghcr.io/siderolabs/installer-base:{talos}
  systemExtensions:
{hearth}{extensions}output:
  kind: installer
  outFormat: raw
"""

HEARTH = "    - tarballPath: /hearth/hearth-extension.tar\n"

OVERLAY = """\
# Put this into talos/<role>.yaml of the site (or talos/controlplane.yaml and talos/worker.yaml).
version: v1alpha1
machine:
  install:
    image: {image}
"""
CACHED = """\
  features:
    imageCache:
      localEnabled: true
"""

COMMANDS = """\
How hearth stays on the box after the install. Talos installs its installer image, not what the box was booted from.
{today}
1. The installer image: Talos {talos} with hearth {version}, made by Talos's imager in a container

    # it is shown the extension and nothing else of {out}/, where a stick with a login may lie
    docker run --rm -i -v "{here}/hearth-extension.tar:/hearth/hearth-extension.tar:ro" -v "{here}/installer:/out" \\{keys}
        ghcr.io/siderolabs/imager:{talos} - <{out}/installer/profile.yaml
    # makes {out}/installer/{archive}
    # The kernel's arguments of an installed node are those of this image; a medium's KARGS end with the install. What the disk
    # needs too: make installer ... KARGS="ARGUMENT ..."
    # further extensions: EXTENSIONS="iscsi-tools REGISTRY/IMAGE:TAG ...", or SCHEMATIC=FILE of the image factory
{secure}

2. Where the boxes get it from: one of these

 a) a registry that they reach
    crane push {out}/installer/{archive} {image}
    # then into the site: {out}/installer/registry.yaml
    # by digest instead, IMAGE@sha256:...: hearth takes it for an image with hearth in it when the site records it
    make installer SITE={site} TALOS={talos} DIGEST=$(crane digest {image})

 b) no registry: on the stick, as Talos's image cache (needs a registry for a minute, on this machine)
    docker run -d --rm --name hearth-registry -p 127.0.0.1:5000:5000 registry:2
    crane push --insecure {out}/installer/{archive} {cached}
    talosctl image cache-create --insecure --cosign-signatures=false --layout flat --images={cached} \\
        --image-cache-path={out}/image-cache --force
    docker stop hearth-registry
    # then into the site: {out}/installer/image-cache.yaml, and:
    make usb SITE={site} TALOS={talos} IMAGE_CACHE={out}/image-cache

 c) neither: the stick, or PXE, as what the box always boots from. Nothing of 1. is needed; the stick stays in and is
    first in the firmware's order. The disk holds Talos's config and data, the stick hearth and the login.
    # or the same with make pxe
    make usb SITE={site} TALOS={talos} PERMANENT=1
    # adds sysctl.kernel.kexec_load_disabled=1, so that the reboot after the install passes the firmware.
    # A new Talos is a new stick, talosctl upgrade changes only the disk

 d) nothing: hearth is gone after the install. When it applies the config it says which command founds the cluster:
    talosctl bootstrap --nodes ADDRESS --endpoints ADDRESS
"""

RESET = """\
Back to maintenance mode, where hearth works again

{lost}
{site}
The commands (a control plane that is alone cannot leave etcd: add --graceful=false)

  Keep Talos on the disk, lose config and data. The box switches off; start it from a stick or PXE. (With --reboot Talos starts
  its own disk again and asks no firmware; hearth on that disk has no site, and leaves the box in maintenance mode.)
    talosctl reset --nodes ADDRESS --endpoints ADDRESS --system-labels-to-wipe STATE --system-labels-to-wipe EPHEMERAL

  Wipe the whole disk that Talos is on. The box then boots from a stick or PXE, whatever the firmware finds:
    talosctl reset --nodes ADDRESS --endpoints ADDRESS --reboot

  No talosconfig any more: boot the stick and take "Reset this machine"; it asks first. Or, in the boot menu of an installed
  disk: "Reset to maintenance mode" (UEFI), "Reset Talos installation and return to maintenance mode" (BIOS).

Afterwards
  A node that is not coming back: kubectl delete node NAME
"""


def machine_today(planned):
    """What the site says now about hearth on the installed disk, in hearth's own words."""
    lines = []
    for plan in planned:
        for warning in plan["warnings"]:
            if "machine.install.image" in warning["text"]:
                lines.append("    now: %s" % re.sub(r"^[^ ]+: ", plan["node"]["name"] + ": ", warning["text"]))
    return "\n".join(["The site as it is:"] + lines) + "\n" if lines else "The site names an installer image that is not Talos's own.\n"


def customization(settings, version, more):
    """KARGS for the installed node: what they add to Talos's own arguments, and "-NAME" for what they take away.
    `more`: a schematic's."""
    given = more + (settings.get("KARGS") or "").split()
    if not given:
        return ""
    talos.arguments(settings, version)  # refuses what a boot would fail with
    return "customization:\n  extraKernelArgs:\n" + "".join("    - %s\n" % arg for arg in given)


# What imager looks for in /secureboot; `talosctl gen secureboot uki`, `pcr` and `database` write them.
SIGNING = ("uki-signing-key.pem", "uki-signing-cert.pem", "pcr-signing-key.pem")
UNSIGNED = "    # signed for Secure Boot: SECUREBOOT=DIR with your keys, as talosctl gen secureboot uki, pcr and database make them"
SIGNED = """\
    # Signed with the keys of {keys}. The stick and the network image are not: they start with Secure Boot off alone.
    # To enrol the keys: delete those of the firmware in its setup, which is setup mode, and start the box once from a medium
    # of the same keys, whose menu enrols them. The same command makes it, with {out}/installer/iso.yaml:
    # {out}/installer/metal-amd64-secureboot.iso. {medium}
    # From then on the firmware starts what these keys signed, medium and disk, and refuses the stick and every other system.
    # A STATE keeps the key that it was made with. One of the TPM (tpm: {{}}) is made at an install under Secure Boot: enrol first, then
    # start the same medium once more. That was tried in a virtual box on an empty disk, and never over a STATE that is there."""
BARE = """It holds no site: started once more it is Talos in
    # maintenance mode. With CREDENTIAL=1 it holds this site and its login, and then installs as the stick does."""
HOLDING = """It holds this site and its login, which imager must see too:
    # -v "{here}/hearth-site.tar:/hearth/hearth-site.tar:ro". Started once more it installs as the stick does. Guard it as a
    # stick: imager knows nothing of a login, and makes a file as any other."""


def signing(settings):
    """The folder with the keys of SECUREBOOT=, or None."""
    folder = settings.get("SECUREBOOT")
    if not folder:
        return None
    folder = os.path.abspath(folder)
    for name in SIGNING:
        if not os.path.isfile(os.path.join(folder, name)):
            raise Stop("SECUREBOOT=%s: %s is not in it: `talosctl gen secureboot uki --common-name NAME` and `talosctl gen secureboot pcr` "
                       "write it into _out/" % (folder, name))
    return folder


def medium(profile, with_site):
    """The profile of the medium that enrols the keys."""
    text = profile.replace("kind: installer", "kind: iso").replace("installer image", "enrolling medium")
    return text if not with_site else text.replace("Public, no site and no secret.", "With a site, and its login if it has one.").replace(
        HEARTH, HEARTH + HEARTH.replace("extension.tar", "site.tar"))


def quoted(path):
    """In double quotes, for the shell."""
    return re.sub(r'([\\"$`])', r"\\\1", path)


NAMES = "crane export ghcr.io/siderolabs/extensions:%s - | tar -xO image-digests >extensions.txt"


def schematic(path):
    """(extensions, kernel arguments) of a schematic of the image factory; what else it may hold is refused."""
    lists, key = {"systemExtensions officialExtensions": [], "extraKernelArgs": []}, ""
    for number, line in enumerate(read(path, "SCHEMATIC=").decode().splitlines(), 1):
        word = re.sub(r"(^|\s)#.*", "", line).strip()
        if not word or word == "---":
            continue
        item = re.fullmatch(r"- +(['\"]?)([^'\"]+)\1", word)
        if item and key in lists:
            lists[key].append(item.group(2))
            continue
        if word not in ("customization:", "systemExtensions:", "officialExtensions:", "extraKernelArgs:"):
            raise Stop("SCHEMATIC=%s: line %d: %s: only systemExtensions.officialExtensions and extraKernelArgs, as lists, are taken" %
                       (path, number, word))
        key = {"officialExtensions:": "systemExtensions officialExtensions"}.get(word, word[:-1])
    return lists["systemExtensions officialExtensions"], lists["extraKernelArgs"]


def extensions(settings, version, names):
    """The profile's lines for what EXTENSIONS= and a schematic ask for. What an official name is for this Talos stands
    in the list that Siderolabs publishes with it: EXTENSION_LIST=FILE."""
    listed = settings.get("EXTENSION_LIST")
    known = {re.sub(r"[:@].*", "", ref.split("/", 1)[-1]): ref for ref in (read(listed).decode().split() if listed else [])}
    lines = []
    for name in (settings.get("EXTENSIONS") or "").split() + names:
        full = re.fullmatch(r"[a-z0-9.-]+(:\d+)?/[a-z0-9._/-]+(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?", name)
        official = name if name.startswith("siderolabs/") else "siderolabs/" + name
        if full and (full.group(2) or full.group(3)):
            lines.append(name)
        elif official in known:
            lines.append(known[official])
        elif listed:
            raise Stop("EXTENSIONS: %s lists no %s: is it the list of Talos %s?" % (listed, official, version))
        else:
            raise Stop("EXTENSIONS: which image %s is stands in Siderolabs' list for Talos %s: `%s`, then EXTENSION_LIST=extensions.txt" %
                       (name, version, NAMES % version))
    return "".join("    - imageRef: %s\n" % line for line in dict.fromkeys(lines))


def record(site, digest, image):
    """A line in the site's list of installer images that carry hearth."""
    path = os.path.join(site, sitelayer.INSTALLERS)
    text = read(path).decode() if os.path.exists(path) else "# Installer images with hearth in them, by digest: make installer DIGEST=\n"
    if digest not in text:
        text += "%s %s\n" % (digest, image)
    write(path, text.encode())
    return path, "records that %s carries hearth; commit it" % image, []


def build(settings, work):
    """`make installer`."""
    site = settings.need("SITE", "SITE=DIR is your homelab repository")
    version = settings.need("TALOS", "TALOS=v1.13.9 is the version that is installed")
    talos.minor(version)
    registry = settings.get("REGISTRY") or "registry.example/hearth"
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+", registry):
        raise Stop("REGISTRY=%s: must be HOST[:PORT]/PATH, as in registry.example/hearth" % registry)
    names, more = schematic(settings.get("SCHEMATIC")) if settings.get("SCHEMATIC") else ([], [])
    digest, arguments, keys = settings.get("DIGEST"), customization(settings, version, more), signing(settings)
    wanted = extensions(settings, version, names)
    with_site = settings.flag("CREDENTIAL", False)
    if with_site and not keys:
        raise Stop("CREDENTIAL=1: an installer image holds no site; the medium that SECUREBOOT=DIR makes may")
    if digest and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise Stop("DIGEST=%s: must be sha256: and 64 hexadecimal digits, as `crane digest IMAGE` prints it" % digest)
    planned = sitelayer.plans(settings, site)[0]
    rows = extension.build(settings, work) + (sitelayer.archive(settings, work) if with_site else [])
    out = os.path.relpath(settings.out)
    tag = "%s-hearth-%s" % (version, extension.version(settings))
    image, cached = "%s/installer:%s" % (registry, tag), "127.0.0.1:5000/hearth/installer:%s" % tag
    folder = os.path.join(settings.out, "installer")
    if digest:
        rows.append(record(site, digest, image))
    here = quoted(settings.out if os.path.isabs(settings.out) else out)
    here = here if os.path.isabs(settings.out) else "$PWD/" + here
    text = COMMANDS.format(talos=version, version=settings.version, out=shlex.quote(out), here=here, image=image, cached=cached,
                           archive="installer-amd64-secureboot.tar" if keys else "installer-amd64.tar",
                           keys='\n        -v "%s:/secureboot:ro" \\' % quoted(keys) if keys else "",
                           secure=SIGNED.format(keys=keys, out=shlex.quote(out), medium=(HOLDING if with_site else BARE).format(here=here)) if keys else UNSIGNED, site=shlex.quote(site), today=machine_today(planned))
    profile = PROFILE.format(talos=version, hearth=HEARTH, arguments=arguments, extensions=wanted, signed="true" if keys else "false")
    made = {"profile.yaml": profile, "registry.yaml": OVERLAY.format(image=image),
            "image-cache.yaml": OVERLAY.format(image=cached) + CACHED, "commands.txt": text}
    if keys:
        made["iso.yaml"] = medium(profile, with_site)
    for name, data in made.items():
        write(os.path.join(folder, name), data.encode())
    say()
    say(text)
    if not settings.get("REGISTRY"):
        say("REGISTRY=HOST/PATH fills in your registry.")
    return rows + [(folder, "profile, overlays, and these commands", [])]


def of_site(settings):
    """What a reset means for each node of a site, and which marker to clear."""
    planned = sitelayer.plans(settings, settings.get("SITE"))[0]
    planes = {}
    for plan in planned:
        if plan["node"]["type"] == "controlplane":
            planes.setdefault(plan["cluster"]["name"], []).append(plan)
    lines = ["For this site:"]
    for plan in planned:
        others = len(planes.get(plan["cluster"]["name"], [])) - 1
        if plan["node"]["type"] == "worker":
            what = "a worker of %s; the cluster goes on, its pods move" % plan["cluster"]["name"]
        elif others:
            what = "one of %d control planes of %s; etcd must keep its majority" % (others + 1, plan["cluster"]["name"])
        else:
            what = "the only control plane of %s: ALL of the cluster's state is lost" % plan["cluster"]["name"]
        lines.append("  %-24s %s" % (plan["node"]["name"], what))
    for name, members in sorted(planes.items()):
        if len(members) > 1:
            vault = re.sub(r"^https://([^.]+)\..*$", r"\1", members[0]["vault"])
            lines += ["Only when ALL control planes of %s are reset, so that it may be founded anew:" % name,
                      "  az keyvault secret set --vault-name %s --name hearth-%s-founded --value none" % (vault, name)]
    return "\n".join(lines) + "\n"


def reset(settings):
    """`make reset`: what is lost, first."""
    say(RESET.format(lost="\n".join(usb.LOST), site=of_site(settings) if settings.get("SITE") else ""))
