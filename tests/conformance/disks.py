"""A disk's transport is what Talos's selectors will see: go-blockdevice, asked about the same fabricated /sys.

One tree holds a disk for each driver of the table, with the classes that the kernel gives its host. go-blockdevice
looks into /sys, so its program runs in a mount namespace with the tree in that place, in the version of Talos 1.13
and in that of 1.14. Which of them can be installed on is hearth's own judgement, and stands in the table.
"""
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess

import kit as kit_module

NEEDS = ("go", "world")

# (proc_name of the host, its other classes, what more there is, whether it is a disk of this machine). "<NULL>" is what
# the kernel writes for a driver without a name. What more: a file of the SCSI device, or a part of its path.
DRIVERS = [
    ("ahci", (), "", True), ("sata", (), "", True), ("ata_piix", (), "", True), ("pata_amd", (), "", True),
    ("sata_nv", (), "", True), ("sata_sil24", (), "", True), ("ahci_platform", (), "", True), ("pata_platform", (), "", True),
    ("isci", ("sas",), "sas_device", True), ("mpt2sas", ("sas",), "", True), ("mpt3sas", ("sas",), "sas_device", True),
    ("mptsas", ("sas",), "", True), ("mvsas", (), "sas_device", True), ("pm80xx", ("sas",), "", True),
    ("mptspi", ("spi",), "", True), ("sym53c8xx", ("spi",), "", True), ("aic79xx", ("spi",), "", True),
    ("megaraid_sas", (), "", True), ("megaraid", (), "", True), ("hpsa", ("sas",), "", True), ("hpsa", (), "", True),
    ("aacraid", (), "", True), ("smartpqi", ("sas",), "", True), ("smartpqi", (), "", True), ("3w-9xxx", (), "", True),
    ("arcmsr", (), "", True), ("hptiop", (), "", True), ("stex", (), "", True), ("mpi3mr", (), "", True),
    ("vmw_pvscsi", (), "", True), ("BusLogic", ("spi",), "", True), ("storvsc_host", (), "", True),
    ("virtio_scsi", (), "", True), ("xen-scsifront", (), "", True), ("ufshcd", (), "", True), ("<NULL>", (), "", None),
    ("qla2xxx", ("fc",), "", False), ("lpfc", ("fc",), "", False), ("storvsc_host", ("fc",), "", False),
    ("zfcp", ("fc", "sas"), "", False), ("iscsi_tcp", ("iscsi",), "", False), ("qla4xxx", ("iscsi",), "", False),
    ("bnx2i", ("iscsi",), "", False), ("cxgb4i", ("iscsi",), "sas_device", None), ("sbp2", (), "ieee1394_id", False),
    ("usb-storage", (), "usb1/1-2/1-2:1.0/", False), ("uas", (), "usb2/2-1/2-1:1.0/", False), ("ahci", (), "usb3/3-1/", False),
    ("scsi_debug", (), "", False), ("tcm_loopback", (), "", False), ("", (), "", False), (None, (), "", False),
]
# Disks that are named by their kind, or of which nothing is known: (name, what `device` leads to, hearth installs).
OTHERS = [
    ("nvme0n1", "pci0000:00/0000:00:1d.0/nvme/nvme0", None), ("vda", "pci0000:00/0000:00:05.0/virtio2", True),
    ("xvda", "vbd-51712", True), ("mmcblk0", "platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001", None),
    ("sdzz", "platform/odd", False), ("sdzy", "platform/1-2", False), ("sdzx", "platform/x:1", False), ("hdzz", "", False),
]


def maketree():
    loader = importlib.machinery.SourceFileLoader("maketree", os.path.join(kit_module.REPO, "tests", "trees", "maketree"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("maketree", loader))
    loader.exec_module(module)
    return module


def block(tree, name, base, device):
    tree.lines(base, {"size": 468862128, "ro": 0, "removable": 0, "hidden": 0, "queue/rotational": 0,
                      "queue/logical_block_size": 512, "uevent": "DEVNAME=%s\nDEVTYPE=disk" % name})
    tree.link("sys/block/" + name, base)
    if device:
        tree.dir(device)
        # As the kernel writes it: the last name of the link is the device's own.
        above = os.path.relpath(os.path.dirname(device), base)
        os.symlink(os.path.join(above, os.path.basename(device)), os.path.join(tree.root, base, "device"))


def fabricate(root):
    """{disk: (what drives it, whether it is installable or None)} of a tree of its own."""
    shutil.rmtree(root, ignore_errors=True)
    tree, made = maketree().Tree(root), {}
    for host, (driver, classes, more, local) in enumerate(DRIVERS):
        name = "sd" + "abcdefghijklmnopqrstuvwxyz"[host // 26] + "abcdefghijklmnopqrstuvwxyz"[host % 26]
        up = "sys/devices/pci0000:00/0000:00:17.0/%shost%d" % (more if "/" in more else "", host)
        lun = "%d:0:0:0" % host
        device = "%s/target%d:0:0/%s" % (up, host, lun)
        tree.lines(device, {"vendor": "ATA     ", "model": "MODEL", "type": 0})
        if more and "/" not in more:
            tree.dir(device + "/" + more)
        tree.link("sys/bus/scsi/devices/" + lun, device)
        for kind in (("scsi",) if driver is not None else ()) + classes:
            tree.lines("%s/%s_host/host%d" % (up, kind, host), {"state": "running"})
            tree.link("sys/class/%s_host/host%d" % (kind, host), "%s/%s_host/host%d" % (up, kind, host))
        if driver is not None:
            tree.line("%s/scsi_host/host%d/proc_name" % (up, host), driver)
        block(tree, name, device + "/block/" + name, device)
        made[name] = (" ".join([str(driver)] + list(classes) + [more]).strip(), local)
    for name, device, local in OTHERS:
        base = "sys/devices/%s/block/%s" % (device, name) if device else "sys/devices/virtual/block/" + name
        block(tree, name, base, "sys/devices/" + device if device else "")
        made[name] = (name, local)
    return made


def asked(kit, version, root, names):
    """{disk: transport} by go-blockdevice, or None after a failure."""
    program = os.path.join(kit.build, "talos-" + version, "transport")
    done = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /sys && shift && exec "$@"', "-",
                           os.path.join(root, "sys"), program] + names, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    good = kit.expect("disks: go-blockdevice of Talos %s looks at the tree" % version, done.returncode == 0, done.stderr.decode())
    return json.loads(done.stdout) if good else None


def check(kit):
    root = os.path.join(kit.work, "disks", "root")
    made = fabricate(root)
    status, out, err = kit.hearth("facts", "--sysroot", root)
    if not kit.expect("disks: hearth reads the tree", status == 0, err):
        return
    seen = {disk["name"]: disk for disk in json.loads(out)["disks"] or []}
    for version in kit_module.VERSIONS:
        wanted = asked(kit, version, root, sorted(made)) or {}
        for name, transport in sorted(wanted.items()):
            have = (seen.get(name) or {}).get("transport")
            kit.expect("disks: %s as Talos %s names it" % (made[name][0], version), (have or "") == transport,
                       "%r to Talos, %r to hearth" % (transport, have))
    for name, (what, local) in sorted(made.items()):
        if local is not None:
            have = (seen.get(name) or {}).get("installable")
            kit.expect("disks: %s %s" % (what, "can be installed on" if local else "is no disk of this machine"), have is local,
                       "installable is %s" % have)
    print("        %d disks of %d drivers" % (len(made), len({row[0] for row in DRIVERS})))
