"""Talos's own parts: kernel and initramfs by version and SHA-256, and the kernel's arguments.

Sources: Talos pkg/kernel/kspp (what a boot fails without), pkg/machinery/kernel/kernel.go DefaultArgs and the metal
platform's KernelArgs (the rest), pkg/machinery/constants (the arguments refused here).
"""
import hashlib
import os
import re

from common import ROOT, Stop, read, say, tool, write

KERNEL, INITRAMFS, SUMS = "vmlinuz-amd64", "initramfs-amd64.xz", "sha256sum.txt"
RELEASE = "https://github.com/siderolabs/talos/releases/download/%s/%s"
VERSION = re.compile(r"v1\.(\d+)\.\d+(-(alpha|beta|rc)\.\d+)?")
HASH = re.compile(r"[0-9a-f]{64}")
PIN = os.path.join(ROOT, "scripts", "talos.pin")
LEAST, NEWEST = 13, 14
# Of the 2047 characters that a kernel for x86 keeps (COMMAND_LINE_SIZE); boot loaders and the reset add theirs.
LONGEST = 1900
REQUIRED = ("talos.platform", "slab_nomerge", "pti")
REFUSED = {
    "talos.halt_if_installed": "an installed node would wait 70 minutes and reboot, and hearth is to run there again",
    "talos.experimental.wipe": "every boot would wipe the node; use the menu entry or `make reset`",
    "talos.config": "Talos would wait for that config and never enter maintenance mode, where hearth works",
    "talos.config.inline": "a config given here takes hearth's place",
    "talos.config.early": "a config given here takes hearth's place",
}


def minor(version):
    """13 for v1.13.9; a version unknown is taken for the newest that hearth knows."""
    if not version:
        return NEWEST
    match = VERSION.fullmatch(version)
    if not match:
        raise Stop("TALOS=%s: a version is written v1.13.9" % version)
    if int(match.group(1)) < LEAST:
        raise Stop("TALOS=%s: before v1.13.0 Talos takes no machine config from an extension" % version)
    return int(match.group(1))


def arguments(settings, version):
    """The kernel's arguments: Talos's own for metal without the halt of its ISO, then KARGS; "-NAME" takes one away."""
    args = ["talos.platform=metal", "console=tty0", "slab_nomerge=", "pti=on", "consoleblank=0", "printk.devkmsg=on",
            "selinux=1", "module.sig_enforce=1", "proc_mem.force_override=never"]
    if minor(version) < 14:
        args += ["init_on_alloc=1", "nvme_core.io_timeout=4294967295"]
    if settings.flag("PERMANENT", False):
        # The reboot after the install would otherwise be a kexec into what is on the disk.
        args.append("sysctl.kernel.kexec_load_disabled=1")
    for arg in (settings.get("KARGS") or "").split():
        name = arg.lstrip("-").split("=")[0]
        if not re.fullmatch(r"-?[A-Za-z0-9_][A-Za-z0-9_.,:/=@%+-]*", arg):
            raise Stop("KARGS: %s has a character that a boot loader would take for its own" % arg)
        if arg.startswith("-"):
            if name in REQUIRED:
                raise Stop("KARGS: %s: Talos does not boot without %s" % (arg, name))
            if name not in [old.split("=")[0] for old in args]:
                raise Stop("KARGS: %s: there is no %s to take away; there are %s" % (arg, name, " ".join(args)))
            args = [old for old in args if old.split("=")[0] != name]
        elif name in REQUIRED:
            kept = next(old for old in args if old.split("=")[0] == name)
            if arg.rstrip("=") != kept.rstrip("="):
                raise Stop("KARGS: %s: Talos does not boot without %s" % (arg, kept))
        elif name in REFUSED:
            raise Stop("KARGS: %s: %s" % (arg, REFUSED[name]))
        else:
            args.append(arg)
    if len(" ".join(args)) > LONGEST:
        raise Stop("KARGS: %d characters of kernel arguments; the kernel would cut them off at the end" % len(" ".join(args)))
    return args


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def pins(path, version):
    """{asset: hash} that a pin file holds for a version."""
    found = {}
    if not os.path.isfile(path):
        return found
    for number, line in enumerate(read(path).decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 3 or not VERSION.fullmatch(words[0]) or not HASH.fullmatch(words[2]):
            raise Stop("%s:%d: a line is VERSION NAME SHA256" % (path, number))
        if words[0] == version:
            found[words[1]] = words[2]
    return found


def site_pin(settings):
    return os.path.join(settings.get("SITE"), "talos.pin") if settings.get("SITE") else None


def expected(settings, version):
    """{asset: hash or None}: from the command line, else the site's pin, else the project's."""
    known = pins(PIN, version)
    if site_pin(settings):
        known.update(pins(site_pin(settings), version))
    for name, variable in ((KERNEL, "KERNEL_SHA256"), (INITRAMFS, "INITRAMFS_SHA256")):
        if settings.get(variable):
            if not HASH.fullmatch(settings.get(variable)):
                raise Stop("%s must be 64 hexadecimal digits in lower case" % variable)
            known[name] = settings.get(variable)
    return {name: known.get(name) for name in (KERNEL, INITRAMFS)}


def download(url, most):
    """The bytes of a URL, over https alone."""
    say("fetching %s" % url)
    try:
        return tool(["curl", "-fsSL", "--proto", "=https", "--proto-redir", "=https", "--max-time", "900", "--max-filesize",
                     str(most), url])
    except Stop as stop:
        raise Stop("%s\nGet the files on a machine that reaches it, and name them: KERNEL=%s INITRAMFS=%s" % (stop, KERNEL, INITRAMFS))


def local(settings, variable, hash_wanted):
    data = read(settings.get(variable), variable)
    if hash_wanted and sha256(data) != hash_wanted:
        raise Stop("%s=%s has SHA-256\n    %s, expected\n    %s" % (variable, settings.get(variable), sha256(data), hash_wanted))
    say("%s %s, SHA-256 %s%s" % (variable.lower(), settings.get(variable), sha256(data),
                                 "" if hash_wanted else " (nothing here says what it must be)"))
    return data


def pinned(settings, version, name, hash_wanted):
    kept = os.path.join(os.path.dirname(os.path.abspath(settings.binary)), "talos", version, name)
    if os.path.isfile(kept) and sha256(read(kept)) == hash_wanted:
        return read(kept)
    data = download(RELEASE % (version, name), 1 << 30)
    if sha256(data) != hash_wanted:
        raise Stop("%s of Talos %s: %d bytes with SHA-256\n    %s, and the pin says\n    %s. Not used."
                   % (name, version, len(data), sha256(data), hash_wanted))
    write(kept, data)
    return data


def check_kernel(data, where):
    if data[0x202:0x206] != b"HdrS":
        raise Stop("%s is not a Linux kernel for x86" % where)


def both(settings):
    """Whether KERNEL= and INITRAMFS= are given; Stop when one is."""
    given = [name for name in ("KERNEL", "INITRAMFS") if settings.get(name)]
    if len(given) == 1:
        raise Stop("%s is given without %s; a kernel only takes modules of its own build, so they come together"
                   % (given[0], "INITRAMFS" if given[0] == "KERNEL" else "KERNEL"))
    return bool(given)


def assets(settings):
    """(kernel, initramfs): KERNEL= and INITRAMFS=, or those of TALOS= by their hash."""
    version = settings.get("TALOS")
    minor(version)
    hashes = expected(settings, version) if version else {
        KERNEL: settings.get("KERNEL_SHA256"), INITRAMFS: settings.get("INITRAMFS_SHA256")}
    if both(settings):
        kernel = local(settings, "KERNEL", hashes[KERNEL])
        initramfs = local(settings, "INITRAMFS", hashes[INITRAMFS])
    else:
        if not version:
            raise Stop("which Talos? TALOS=v1.13.9, or files of yours: KERNEL=FILE INITRAMFS=FILE")
        missing = [name for name, value in hashes.items() if not value]
        if missing:
            raise Stop("no SHA-256 is recorded for %s of Talos %s, and nothing is booted unchecked.\n"
                       "    make talos-pin SITE=%s TALOS=%s      takes them from the release and records them in the site\n"
                       "    KERNEL_SHA256=... INITRAMFS_SHA256=...      or say them yourself\n"
                       "    KERNEL=FILE INITRAMFS=FILE                  or use files that you have"
                       % (" and ".join(missing), version, settings.get("SITE") or "DIR", version))
        kernel, initramfs = (pinned(settings, version, name, hashes[name]) for name in (KERNEL, INITRAMFS))
    check_kernel(kernel, settings.get("KERNEL") or KERNEL)
    return kernel, initramfs


def build_pin(settings):
    """`make talos-pin`: records a version's hashes in the site, from files of the user's or from the release."""
    settings.need("SITE", "SITE=DIR is the site that talos.pin is written to")
    version = settings.need("TALOS", "TALOS=v1.13.9 is the version to record")
    minor(version)
    if not os.path.isdir(settings.get("SITE")):
        raise Stop("SITE=%s: no such directory" % settings.get("SITE"))
    found = {}
    if both(settings):
        kernel = read(settings.get("KERNEL"), "KERNEL")
        check_kernel(kernel, settings.get("KERNEL"))
        found = {KERNEL: sha256(kernel), INITRAMFS: sha256(read(settings.get("INITRAMFS"), "INITRAMFS"))}
        source = "files of yours"
    else:
        source = RELEASE % (version, SUMS)
        for line in download(source, 1 << 20).decode("utf-8", "replace").splitlines():
            words = line.split()
            if len(words) == 2 and HASH.fullmatch(words[0]):
                name = os.path.basename(words[1].lstrip("*"))
                if name in (KERNEL, INITRAMFS):
                    found[name] = words[0]
        if len(found) != 2:
            raise Stop("%s does not name both %s and %s" % (source, KERNEL, INITRAMFS))
    path = site_pin(settings)
    before = read(path).decode("utf-8", "replace") if os.path.isfile(path) else "# SHA-256 of Talos boot assets: VERSION NAME HASH\n"
    pins(path, version)
    kept = [line for line in before.splitlines() if line.split()[:1] != [version]]
    lines = kept + ["%s %s %s" % (version, name, found[name]) for name in (KERNEL, INITRAMFS)]
    write(path, ("\n".join(lines) + "\n").encode())
    for name in (KERNEL, INITRAMFS):
        say("%s  %s %s" % (found[name], version, name))
    say("recorded in %s, from %s. Compare them once with another source, then commit the file." % (path, source))
