"""What each tree of tests/trees says, by fact; and what happens to one tree when one thing about it changes.

A path goes through objects by key and through lists by the element's name (or device_locator, or index).
"""
import json
import os
import subprocess

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
MAKETREE = os.path.join(REPO, "tests", "trees", "maketree")
ABSENT = "(absent)"

BOXES = {
    "optiplex-7040": {
        "uuid": "4c4c4544-0039-3010-8048-b7c04f384432", "serial": "790H8D2", "mac": "00:00:5e:00:53:01",
        "system.manufacturer": "Dell Inc.", "system.product_name": "OptiPlex 7040", "system.version": None,
        "system.sku_number": "06B9", "system.family": "OptiPlex", "system.bios_version": "1.24.0",
        "system.bios_date": "07/14/2022", "board.product_name": "096JG8", "board.version": "A01", "chassis.type": 3,
        "memory.size_mib": 8192, "memory.total_kib": 8018944, "memory.modules.DIMM1.product_name": "16ATF1G64HZ-2G1B1",
        "memory.modules.DIMM1.speed": 2133, "memory.modules.DIMM2": ABSENT,
        "cpu.model_name": "Intel(R) Core(TM) i5-6500T CPU @ 2.50GHz", "cpu.cores": 4, "cpu.threads": 4, "cpu.sockets": 1,
        "cpu.family": 6, "cpu.model": 94, "cpu.stepping": 3, "cpu.virtualization": "vmx",
        "disks.sda.installable": True, "disks.sda.transport": "sata", "disks.sda.size": 240057409536,
        "disks.sda.serial": "50026B7782DEAD01", "disks.sda.wwid": "naa.50026b7782dead01", "disks.sda.model": "KINGSTON SA400S3",
        "disks.sda.bus_path": "/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", "disks.sda.partitions": 0,
        "disks.sdb.installable": False, "disks.sdb.transport": "usb", "disks.sdb.partitions": 2, "disks.sdb.wwid": None,
        "disks.sdb.serial": "E0D55E6CE1F1F321A9840B7E", "disks.loop0": ABSENT,
        "links.enp0s31f6.physical": True, "links.enp0s31f6.bus_path": "0000:00:1f.6", "links.enp0s31f6.pci_id": "8086:15B7",
        "links.enp0s31f6.driver": "e1000e", "links.enp0s31f6.speed_mbit": 1000, "links.enp0s31f6.link_state": True,
        "links.bond0.physical": False, "links.teql0.hardware_addr": None, "links.bonding_masters": ABSENT,
        "firmware.mode": "uefi", "firmware.secure_boot": ABSENT, "tpm.version": 1},
    "prodesk-400-g4": {
        "system.manufacturer": "HP", "system.version": None, "system.family": "103C_53307F HP ProDesk", "chassis.type": 6,
        "system.sku_number": "4CZ90ET#ABU", "board.product_name": "83F3", "memory.modules.DIMM3.bank_locator": "ChannelA",
        "disks.nvme0n1.transport": "nvme", "disks.nvme0n1.installable": True, "disks.nvme0n1.wwid": "eui.ace42e0090000001",
        "disks.nvme0n1.serial": "FN88N00000000000A", "disks.nvme0n1.model": "BC501 NVMe SK hynix 256GB",
        "disks.nvme0n1.bus_path": "/pci0000:00/0000:00:1b.0/0000:01:00.0/nvme", "disks.nvme0n1.vendor": None,
        "links.enp2s0.driver": "r8169", "tpm.version": 2, "firmware.secure_boot": True},
    "thinkcentre-m70q": {
        "system.product_name": "11DUS1B000", "system.version": "ThinkCentre M70q", "chassis.type": 35,
        "system.sku_number": "LENOVO_MT_11DU_BU_Think_FM_ThinkCentre M70q", "cpu.cores": 6, "cpu.threads": 12,
        "memory.size_mib": 32768, "disks.sda.wwid": "t10.ATA     CT500MX500SSD1" + " " * 34 + "1919E1F5A1B2",
        "disks.sda.serial": "1919E1F5A1B2", "disks.sda.partitions": 2, "disks.sda.installable": True,
        "disks.nvme0n1.installable": True, "links.wlp0s20f3.physical": False, "mac": "00:00:5e:00:53:03",
        "firmware.secure_boot": False},
    "white-box": {
        "uuid": None, "serial": None, "mac": "00:00:5e:00:53:05", "system.manufacturer": None, "system.product_name": None,
        "system.version": None, "system.sku_number": None, "system.family": None, "board.manufacturer": None,
        "board.product_name": None, "board.version": None, "chassis.type": None, "system.bios_version": "ADLNV103",
        "memory.modules.0.manufacturer": None, "memory.modules.0.product_name": None, "disks.nvme0n1.serial": None,
        "disks.nvme0n1.wwid": None, "disks.nvme0n1.installable": True, "links.enp2s0.link_state": False,
        "links.enp2s0.speed_mbit": None},
    "old-bios": {
        "uuid": "44454c4c-5900-1030-8048-b7c04f384432", "system.manufacturer": "Dell Inc.", "system.product_name": "OptiPlex 755",
        "system.sku_number": None, "system.bios_version": "2.6.6", "memory.size_mib": 4096, "firmware.mode": "bios",
        "memory.modules.SYSTEM ROM": ABSENT, "disks.sda.rotational": True, "disks.sr0.installable": False,
        "disks.sda.installable": True, "tpm.version": None},
    "virtio-vm": {
        "mac": "52:54:00:12:34:56", "serial": None, "board.manufacturer": None, "cpu.virtualization": "svm",
        "disks.vda.transport": "virtio", "disks.vda.installable": True, "disks.vda.wwid": None,
        "disks.vda.bus_path": "/pci0000:00/0000:00:02.3/0000:04:00.0/virtio2", "disks.vdb.installable": False,
        "disks.vdb.serial": "config", "disks.vdb.readonly": True, "disks.vda.vendor": None, "links.enp1s0.driver": "virtio_net",
        "links.enp1s0.speed_mbit": None, "links.enp1s0.bus_path": "0000:01:00.0"},
    "server-2s": {
        "uuid": "00000000-0000-0000-0000-00005e005310", "system.version": None, "system.sku_number": None,
        "board.product_name": "X11DPi-N(T)", "memory.size_mib": 786432, "memory.modules.P2-DIMMF1.size_mib": 65536,
        "memory.modules.11.device_locator": "P2-DIMMF1", "memory.modules.12": ABSENT, "cpu.sockets": 2, "cpu.cores": 48,
        "cpu.threads": 96, "disks.sda.transport": "sas", "disks.sdd.installable": True, "chassis.type": 23},
    "odd-dimms": {
        "system.manufacturer": "Dell Inc.", "serial": "790H8D2", "memory.size_mib": None, "memory.modules.KIB.size_mib": 16,
        "memory.modules.EXT.size_mib": 131072, "memory.modules.EMPTY": ABSENT, "memory.modules.UNKNOWN.size_mib": None},
    "big-dimms": {
        "memory.modules.A.size_mib": 32766, "memory.modules.B.size_mib": 32767, "memory.modules.C.size_mib": 32768,
        "memory.modules.D.size_mib": 31, "memory.size_mib": 32766 + 32767 + 32768 + 31},
    "cut-table": {"serial": "790H8D2", "board.product_name": "096JG8", "memory.size_mib": None, "memory.modules": []},
    "emmc-box": {
        "disks.mmcblk0.installable": True, "disks.mmcblk0.transport": "mmc", "disks.mmcblk0.model": "HBG4e",
        "disks.mmcblk0.serial": "0x1a2b3c4d", "disks.mmcblk0boot0": ABSENT, "disks.mmcblk1.installable": False,
        "disks.mmcblk2.installable": False},
    "san": {
        "disks.sda.installable": True, "disks.sdb.transport": "iscsi", "disks.sdb.installable": False,
        "disks.sdc.transport": "fc", "disks.sdc.installable": False, "disks.sdd.transport": "sas",
        "disks.sdd.installable": False, "disks.sde.installable": False, "disks.sdf.transport": "hptiop",
        "disks.sdf.installable": True, "disks.nvme0n1.installable": False, "disks.nvme1n1.installable": True,
        "disks.nvme1c1n1": ABSENT, "disks.dm-0": ABSENT, "disks.md0": ABSENT, "disks.zram0": ABSENT, "disks.ram0": ABSENT,
        "disks.nbd0": ABSENT},
    "many-nics": {
        "mac": "00:00:5e:00:53:22", "links.enp0s31f6.permanent_addr": "00:00:5e:00:53:22",
        "links.enp0s31f6.hardware_addr": "00:00:5e:00:53:21", "links.enp3s0.permanent_addr": ABSENT,
        "links.enp0s20f0u3.bus_path": "usb-0000:00:14.0-3", "links.enp0s20f0u3.pci_id": None, "links.eno0.physical": True,
        "links.bond0.physical": False, "links.bond0.10.physical": False},
    "optiplex-7040-stick-first": {
        "disks.sda.installable": False, "disks.sda.removable": True, "disks.sdb.installable": True,
        "disks.sdc.installable": False, "disks.sdc.removable": False, "disks.sdc.rotational": False,
        "disks.sdd.installable": False, "disks.sdd.size": 0},
    "optiplex-7040-2x4": {"memory.size_mib": 8192, "memory.modules.1.size_mib": 4096},
    "optiplex-7040-nvme": {"disks.nvme0n1.installable": True, "disks.sda": ABSENT, "firmware.secure_boot": False},
    "dell-no-tag": {"uuid": None, "serial": None, "board.serial": "/       /CN7016366100CD/", "mac": "00:00:5e:00:53:31"},
    "dell-no-tag-too": {"uuid": None, "serial": None, "board.serial": "/       /CN1296393400EF/"},
    "dell-no-tag-old": {"uuid": None, "serial": None, "board.serial": None, "mac": "00:00:5e:00:53:33"},
    "cubi": {"uuid": None, "serial": None, "board.serial": "07B0A11_L11E070931"},
    "default-macs": {"mac": None, "links.eno1.hardware_addr": "88:88:88:88:87:88", "links.eno1.physical": True},
    "default-mac": {"mac": "00:00:5e:00:53:36", "links.eno1.hardware_addr": "88:88:88:88:87:88"},
    "hot-plug-sata": {
        "disks.sda.installable": True, "disks.sda.removable": True, "disks.sdb.installable": False, "disks.sdb.transport": "sata",
        "disks.sr0.installable": False, "disks.sdc.installable": False, "disks.sdc.transport": "usb"},
    "multipath-nvme": {
        "disks.nvme0n1.installable": True, "disks.nvme0n1.bus_path": "/virtual/nvme-subsystem",
        "disks.nvme0n1.wwid": "eui.36344730000000010025384500000001", "disks.nvme0n1.model": "SAMSUNG MZWLJ1T9HBJR",
        "disks.nvme2n1.installable": False, "disks.nvme3n1.installable": False, "disks.nvme5n1.installable": False,
        "disks.nvme6n1.installable": False},
    "two-dies": {"cpu.sockets": 2, "cpu.cores": 16, "cpu.threads": 16},
    "bmc-nics": {
        "mac": "00:00:5e:00:53:80", "links.eno1.physical": True, "links.enx00005e005384.physical": True,
        "links.bmc_redfish0.physical": False, "links.idrac.physical": False, "links.usb0.physical": False,
        "links.usb1.physical": False, "links.usb0.driver": "cdc_ether"},
    "optiplex-7040-old-kernel": {"disks.sda.wwid": "naa.50026b7782dead01"},
    "vmd-nvme": {
        "disks.nvme0n1.installable": True, "disks.nvme0n1.transport": "nvme",
        "disks.nvme0n1.bus_path": "/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme",
        "disks.nvme0n1.wwid": "eui.e8238fa6bf530001001b448b00000002", "disks.nvme0n1.serial": "23060F800002",
        "disks.nvme1n1.installable": True},
    "hybrid-cpu": {"cpu.sockets": 1, "cpu.cores": 14, "cpu.threads": 20},
    "radios": {
        "mac": None, "links.wlp2s0.physical": False, "links.wwan0.physical": False, "links.wwp0s20u5i4.physical": False,
        "links.wmx0.physical": False, "links.wlp2s0.driver": "iwlwifi"},
    "emmc-rpmb": {
        "disks.mmcblk0.installable": True, "disks.mmcblk0.transport": "mmc", "disks.mmcblk0boot0": ABSENT,
        "disks.mmcblk0boot1": ABSENT, "disks.mmcblk0gp0": ABSENT, "disks.mmcblk0rpmb": ABSENT},
    "bmc-media": {
        "disks.sda.installable": True, "disks.sr0.installable": False, "disks.sr0.transport": "usb",
        "disks.sdb.installable": False, "disks.sdc.installable": False, "disks.sdc.removable": False},
    "two-ssds-one-wwn": {
        "disks.sda.installable": True, "disks.sdb.installable": True, "disks.sda.wwid": "naa.5000000000000931",
        "disks.sdb.wwid": "naa.5000000000000931", "disks.sda.serial": "GDA001931"},
    "usb-nic-alone": {"mac": "00:00:5e:00:53:86", "links.enx00005e005386.physical": True},
    "empty-tree": {
        "uuid": None, "serial": None, "mac": None, "system.manufacturer": None, "memory.modules": None, "memory.size_mib": None,
        "disks": [], "links": [], "cpu.cores": None, "cpu.threads": None, "firmware.mode": None, "tpm.version": None},
}
# Trees that are about what must not be believed.
NEGATIVE = {"radios", "emmc-rpmb", "bmc-media", "dell-no-tag", "dell-no-tag-too", "dell-no-tag-old", "default-macs", "multipath-nvme", "bmc-nics", "white-box", "cut-table", "san", "optiplex-7040-stick-first", "odd-dimms", "empty-tree", "many-nics", "emmc-box"}

HOST = "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/"
DISK = HOST + "target0:0:0/0:0:0:0"
BLOCK = DISK + "/block/sda/"
SAS = "sys/devices/pci0000:85/0000:85:00.0/0000:86:00.0/host10/port-10:0/end_device-10:0/target10:0:0/10:0:0:0/"
NVME = "sys/devices/pci0000:00/0000:00:1b.0/0000:01:00.0/nvme/nvme0/"
CD = "sys/devices/pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0"
NIC = "sys/devices/pci0000:00/0000:00:1f.6/net/enp0s31f6/"
ID = "sys/devices/virtual/dmi/id/"
MASKED = "optiplex-7040-masked"
# (name, tree, {file: new content, None removes}, {fact: value afterwards})
CHANGES = [
    ("removable-port", "optiplex-7040", {BLOCK + "removable": "1\n"}, {"disks.sda.installable": True, "disks.sda.removable": True}),
    ("removable-medium", "optiplex-7040", {BLOCK + "removable": "1\n", DISK + "/vendor": "IOMEGA  \n"}, {"disks.sda.installable": False}),
    ("removable-nobody", "optiplex-7040", {BLOCK + "removable": "1\n", DISK + "/vendor": None}, {"disks.sda.installable": False}),
    ("removable-sas", "server-2s", {SAS + "block/sda/removable": "1\n", SAS + "vendor": "ATA     \n"}, {"disks.sda.installable": False}),
    ("nvme-silent", "prodesk-400-g4", {NVME + "transport": None}, {"disks.nvme0n1.installable": False}),
    ("nvme-tcp", "prodesk-400-g4", {NVME + "transport": "tcp\n"}, {"disks.nvme0n1.installable": False}),
    ("removable-unknown", "optiplex-7040", {BLOCK + "removable": None}, {"disks.sda.installable": False, "disks.sda.removable": None}),
    ("readonly", "optiplex-7040", {BLOCK + "ro": "1\n"}, {"disks.sda.installable": False, "disks.sda.readonly": True}),
    ("readonly-unknown", "optiplex-7040", {BLOCK + "ro": ""}, {"disks.sda.installable": False, "disks.sda.readonly": None}),
    ("size-zero", "optiplex-7040", {BLOCK + "size": "0\n"}, {"disks.sda.installable": False, "disks.sda.size": 0}),
    ("size-unknown", "optiplex-7040", {BLOCK + "size": "many\n"}, {"disks.sda.installable": False, "disks.sda.size": None}),
    ("size-overflow", "optiplex-7040", {BLOCK + "size": "9223372036854775807\n"}, {"disks.sda.installable": False, "disks.sda.size": None}),
    ("size-below-10-GB", "optiplex-7040", {BLOCK + "size": "19531249\n"}, {"disks.sda.installable": False}),
    ("size-10-GB", "optiplex-7040", {BLOCK + "size": "19531250\n"}, {"disks.sda.installable": True}),
    ("cd", "optiplex-7040", {DISK + "/type": "5\n"}, {"disks.sda.installable": False}),
    ("hidden", "optiplex-7040", {BLOCK + "hidden": "1\n"}, {"disks.sda": ABSENT}),
    ("driver-none", "optiplex-7040", {HOST + "scsi_host/host0/proc_name": ""},
     {"disks.sda.installable": False, "disks.sda.transport": None}),
    ("driver-pata", "optiplex-7040", {HOST + "scsi_host/host0/proc_name": "ata_piix\n"},
     {"disks.sda.installable": True, "disks.sda.transport": "ata"}),
    ("driver-virtio-scsi", "optiplex-7040", {HOST + "scsi_host/host0/proc_name": "virtio_scsi\n"},
     {"disks.sda.installable": True, "disks.sda.transport": "virtio"}),
    ("wwid-zero", "optiplex-7040", {DISK + "/wwid": "naa.0000000000000000\n"}, {"disks.sda.wwid": None}),
    ("wwid-blank-end", "optiplex-7040", {DISK + "/wwid": "t10.ATA     A    B       \n"}, {"disks.sda.wwid": "t10.ATA     A    B"}),
    ("serial-other-page", "optiplex-7040", {DISK + "/vpd_pg80": b"\0\x83\0\4ABCD"}, {"disks.sda.serial": None}),
    ("serial-too-long", "optiplex-7040", {DISK + "/vpd_pg80": b"\0\x80\0\x20ABCD"}, {"disks.sda.serial": None}),
    ("serial-sample", "optiplex-7040", {DISK + "/vpd_pg80": b"\0\x80\0\x10000000000000    "}, {"disks.sda.serial": None}),
    ("serial-new-kernel", "optiplex-7040", {DISK + "/vpd_pg80": None, DISK + "/serial": "NEW1\n"}, {"disks.sda.serial": "NEW1"}),
    ("mac-random", "optiplex-7040", {NIC + "addr_assign_type": "1\n"}, {"mac": None}),
    ("mac-set", "optiplex-7040", {NIC + "addr_assign_type": "3\n"}, {"mac": None}),
    ("mac-zero", "optiplex-7040", {NIC + "address": "00:00:00:00:00:00\n"}, {"mac": None}),
    ("mac-multicast", "optiplex-7040", {NIC + "address": "01:00:5e:00:53:01\n"}, {"mac": None}),
    ("mac-upper-case", "optiplex-7040", {NIC + "address": "00:00:5E:00:53:0A\n"}, {"mac": "00:00:5e:00:53:0a"}),
    ("mac-local-comes-after-global", "many-nics",
     {"sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/net/eno0/addr_assign_type": "0\n"}, {"mac": "00:00:5e:00:53:22"}),
    ("cd-that-says-nothing", "old-bios", {CD + "/type": None, CD + "/block/sr0/removable": "0\n", CD + "/block/sr0/size": "41943040\n"},
     {"disks.sr0.installable": False, "disks.sr0.size": 21474836480}),
    ("link-down", "optiplex-7040", {NIC + "carrier": None, NIC + "speed": None, NIC + "operstate": "down\n"},
     {"links.enp0s31f6.link_state": False, "links.enp0s31f6.speed_mbit": None, "mac": "00:00:5e:00:53:01"}),
    ("masked-uuid-upper-case", MASKED, {ID + "product_uuid": "4C4C4544-0039-3010-8048-B7C04F384432\n"},
     {"uuid": "4c4c4544-0039-3010-8048-b7c04f384432"}),
    ("masked-uuid-junk", MASKED, {ID + "product_uuid": "03000200-0400-0500-0006-000700080009\n"}, {"uuid": None}),
    ("masked-uuid-gone", MASKED, {ID + "product_uuid": None}, {"uuid": None}),
    ("masked-sample", MASKED, {ID + "product_serial": "To be filled by O.E.M.\n"}, {"serial": None}),
    ("masked-padded", MASKED, {ID + "sys_vendor": "Dell Inc.                \n"}, {"system.manufacturer": "Dell Inc."}),
    ("masked-chassis", MASKED, {ID + "chassis_type": "35\n"}, {"chassis.type": 35}),
    ("entry-damaged", "optiplex-7040", {"sys/firmware/dmi/tables/smbios_entry_point": b"_SM3_" + bytes(19)},
     {"memory.modules": None, "serial": "790H8D2", "firmware.mode": "uefi"}),
    ("entry-empty", "optiplex-7040", {"sys/firmware/dmi/tables/smbios_entry_point": b""}, {"memory.modules": None}),
    ("table-empty", "optiplex-7040", {"sys/firmware/dmi/tables/DMI": b""}, {"memory.modules": None, "serial": "790H8D2"}),
    ("table-zeros", "optiplex-7040", {"sys/firmware/dmi/tables/DMI": bytes(500)}, {"memory.size_mib": None, "serial": "790H8D2"}),
    ("table-huge", "optiplex-7040", {"sys/firmware/dmi/tables/DMI": bytes(600000)}, {"memory.modules": None, "serial": "790H8D2"}),
    ("cpu-without-topology", "optiplex-7040", {"proc/cpuinfo": "processor\t: 0\nmodel name\t: X\n\nprocessor\t: 1\nmodel name\t: X\n\n"},
     {"cpu.threads": 2, "cpu.cores": None, "cpu.sockets": None, "cpu.family": None}),
    ("cpu-long-flags", "optiplex-7040", {"proc/cpuinfo": "processor\t: 0\nflags\t\t: " + "x" * 20000 + " vmx\nphysical id\t: 0\ncore id\t\t: 0\n"},
     {"cpu.threads": 1, "cpu.cores": 1}),
    ("meminfo-gone", "optiplex-7040", {"proc/meminfo": None}, {"memory.total_kib": None, "memory.size_mib": 8192}),
    ("tpm-unknown", "optiplex-7040", {"sys/devices/pnp0/00:0c/tpm/tpm0/tpm_version_major": None}, {"tpm.version": None}),
    ("secure-boot-short", "optiplex-7040-nvme",
     {"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\6\0\0\0"}, {"firmware.secure_boot": ABSENT}),
]

# Drivers that Talos has no word for: a disk's transport is then the driver's own name. Each is a disk of this machine
# but for the last ones, which are none.
DRIVERS = ("vmw_pvscsi megaraid_sas hpsa aacraid storvsc_host smartpqi arcmsr 3w-9xxx 3w-sas hptiop mpi3mr mvumi mptspi mptsas "
           "BusLogic sym53c8xx ips qla1280 ufshcd wd719x").split()
NO_DISKS = "scsi_debug tcm_loopback".split()
CHANGES += [("driver-" + name, "optiplex-7040", {HOST + "scsi_host/host0/proc_name": name + "\n"},
             {"disks.sda.installable": name not in NO_DISKS, "disks.sda.transport": name}) for name in DRIVERS + NO_DISKS]


def look(value, path):
    """The value at a path; an element's name may hold dots."""
    while path:
        if isinstance(value, list):
            hits = [(len(name), i) for i, element in enumerate(value)
                    for name in (str(i), element.get("name"), element.get("device_locator"))
                    if name and (path + ".").startswith(name + ".")]
            if not hits:
                return ABSENT
            length, i = max(hits)
            value, path = value[i], path[length + 1:]
        else:
            key, _, path = path.partition(".")
            if not isinstance(value, dict) or key not in value:
                return ABSENT
            value = value[key]
    return value


def make(kit, name):
    root = os.path.join(kit.work, "root")
    subprocess.run([MAKETREE, name, root], check=True)
    return root


def facts_of(kit, root):
    run = kit.expect(kit.hearth(["facts", "--sysroot", root]))
    return json.loads(run.text("stdout"))


def judge(kit, facts, wanted):
    wrong = ["%s: expected %r, got %r" % (path, value, look(facts, path)) for path, value in wanted.items()
             if type(look(facts, path)) is not type(value) or look(facts, path) != value]
    if wrong:
        kit.fail("\n".join(wrong))


def box(name, wanted):
    def case(kit):
        judge(kit, facts_of(kit, make(kit, name)), wanted)
    return case


def change(tree, files, wanted):
    def case(kit):
        root = make(kit, tree)
        for path, content in files.items():
            full = os.path.join(root, path)
            if content is None:
                os.unlink(full)
            else:
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "wb") as f:
                    f.write(content if isinstance(content, bytes) else content.encode())
        judge(kit, facts_of(kit, root), wanted)
    return case


def masked(tree):
    """Without /sys/firmware only what cannot be known otherwise is missing."""
    def case(kit):
        facts = facts_of(kit, make(kit, tree))
        kit.work = os.path.join(kit.work, "whole")
        os.makedirs(kit.work)
        wanted = facts_of(kit, make(kit, "optiplex-7040"))
        wanted["memory"].update(size_mib=None, modules=None)
        wanted["firmware"]["mode"] = None
        if facts != wanted:
            kit.fail("differs in more than memory and firmware.mode:\n%s" % json.dumps(facts, indent=1))
    return case


def again(name):
    """What one box prints, another loads and prints the same."""
    def case(kit):
        first = kit.expect(kit.hearth(["facts", "--sysroot", make(kit, name)]))
        path = kit.write("facts.json", first.out)
        second = kit.expect(kit.hearth(["facts", "--facts", path]))
        if first.out != second.out:
            kit.fail("not the same after --facts")
    return case


def cases():
    for name, wanted in BOXES.items():
        yield name, box(name, wanted), name in NEGATIVE
    for name, tree, files, wanted in CHANGES:
        yield "changed-" + name, change(tree, files, wanted), any(v in (None, False, ABSENT) for v in wanted.values())
    for tree in (MASKED, "optiplex-7040-no-firmware"):
        yield tree, masked(tree), True
    for name in ("optiplex-7040", "white-box", "server-2s", "many-nics", "empty-tree"):
        yield "again-" + name, again(name)
