#!/bin/bash
# QEMU: a disk's serial= of more than 20 characters is cut without a word for virtio-blk and NVMe; SCSI keeps 36.
#
#   QEMU 7.2 (Debian 12's qemu-system-x86), Linux 6.1 as the guest
#
# People give disks a UUID as a serial, and select the disk by it later (Talos: diskSelector.serial, UserVolumeConfig). With
# `-device virtio-blk-pci,serial=0f8fad5b-d9cb-469f-a165-70867728950e` QEMU starts without a warning and the guest reads
# "0f8fad5b-d9cb-469f-a": the selector never matches, and two UUIDs that differ behind the 20th character are one serial: two disks
# with the same /dev/disk/by-id name. NVMe does the same. A SCSI disk passes 36 characters on, a UUID just fits, and drops the 37th as
# silently. So the same serial= names the disk on one bus and not on another, and nothing but the guest can tell.
#
# Needs qemu-system-x86_64, cpio, dpkg-deb, apt-get and Debian's archive; no rights. Ends with 0 when everything is as written here.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=$(qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9]*\.[0-9]*\).*/\1/p')
[ "$version" = 7.2 ] || echo "note: written with QEMU 7.2, this is $version"

# The guest: a kernel and busybox of Debian's, and a first process that prints what the kernel says of each disk.
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
apt-get download -q "$kernel" busybox-static >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
mkdir -p guest/bin guest/modules guest/proc guest/sys
cp "$(find root -path '*/bin/busybox')" guest/bin/
for module in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk scsi_common scsi_mod \
    virtio_scsi; do
    find root -name "$module.ko*" -exec cp {} guest/modules/ \;
done
find guest/modules -name '*.xz' -exec xz -d {} +
cat >guest/init <<'X'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
for turn in 1 2 3 4 5; do for module in /modules/*; do /bin/busybox insmod "$module" 2>/dev/null; done; done
/bin/busybox sleep 2
for disk in /sys/class/block/vd* /sys/class/nvme/*; do
    echo "disk ${disk##*/} $(/bin/busybox cat "$disk/serial")"
done
for disk in /sys/bus/scsi/devices/*:*:*:*; do
    echo "disk scsi $(/bin/busybox tail -c +5 "$disk/vpd_pg80")"
done
/bin/busybox poweroff -f
X
chmod +x guest/init
(cd guest && find . | cpio -o -H newc --quiet) | gzip -1 >initrd
truncate -s 16M blank

one=0f8fad5b-d9cb-469f-a165-70867728950e
two=0f8fad5b-d9cb-469f-a165-11111111111e
blank=if=none,format=raw,file=blank,read-only=on
virtual() {
    timeout 300 qemu-system-x86_64 -M q35 -m 256 -nographic -no-reboot -kernel root/boot/vmlinuz-* -initrd initrd \
        -append 'console=ttyS0 quiet panic=-1' -drive "$blank,id=d1" -drive "$blank,id=d2" -drive "$blank,id=d3" \
        -drive "$blank,id=d4" -device virtio-scsi-pci "$@" 2>&1
}
virtual -device "virtio-blk-pci,drive=d1,serial=$one" -device "virtio-blk-pci,drive=d2,serial=$two" \
    -device "nvme,drive=d3,serial=$one" -device "scsi-hd,drive=d4,serial=$one" |
    tr -d '\r' | grep -aoE '(disk|qemu).*' | sed 's/ *$//' | sort | tee seen
diff seen - <<X
disk nvme0 0f8fad5b-d9cb-469f-a
disk scsi $one
disk vda 0f8fad5b-d9cb-469f-a
disk vdb 0f8fad5b-d9cb-469f-a
X
virtual -device "scsi-hd,drive=d1,serial=${one}7" | tr -d '\r' | grep -aoE 'disk scsi.*|qemu.*' | sed 's/ *$//' | tee longer
diff longer - <<X
disk scsi $one
X
echo "as written: 20 characters of 36 with virtio-blk and NVMe, nothing said; SCSI keeps 36 and drops the 37th"
