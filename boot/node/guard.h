/*
 * guard.h - may Talos have this disk? Pure.
 *
 * Talos wipes whatever it is given: this is the last look at the contents, by what machined itself discovered and by
 * the partitions that the kernel sees. Machined reads no table but GPT, so an MBR with Windows behind it is a disk
 * without a name to it. Blank: machined has read it and knows nothing on it, or an empty GPT, and the kernel sees no
 * partition. Begun, cut and installed: a GPT whose every label is one of Talos's. The installer fills META as its last
 * step, and until then the volume has no name; it stays so until a config is applied, when machined writes META itself.
 * So this holds before the first apply alone, and only where nothing lies beside META but what an installer and
 * machined make by themselves: EFI, BIOS, BOOT, STATE. Foreign: anything else, refused without `wipe`. What neither
 * knows, nor superblock.h, passes for blank: bytes without a mark.
 *
 * Sources: go-blockdevice blkid/internal/chain (what has a name), Talos controllers/block/discovery.go (a disk has an
 * entry in DiscoveredVolumes once it has been read, a blank one too), cmd/installer (META is its last step),
 * controllers/block/system_disk.go (a partition labelled META makes a system disk).
 */
#ifndef HEARTH_NODE_GUARD_H
#define HEARTH_NODE_GUARD_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/plan.h"
#include "talos/look.h"

enum disk_contents {
    DISK_BLANK,
    DISK_BEGUN, /* Talos's boot partitions and no META: machined installs over them */
    DISK_CUT,   /* META without a name: an install that did not end, and over which machined never installs */
    DISK_INSTALLED, /* META is talosmeta */
    DISK_FOREIGN
};

/* What is on this disk, and in words ("2 partitions: 100 MB EFI vfat, 1 MB META"); `kernel` is how many partitions the
 * kernel sees. */
enum disk_contents guard_contents(const struct look *look, const char *disk_id, unsigned kernel,
                                  struct buf *words);

struct guard_verdict {
    /* the one that Talos's selector would take */
    const struct look_disk *disk;
    enum disk_contents contents;
    /* owned: guard_free() */
    struct buf words;
};

/*
 * Judges the plan's disk against the look. E_GUARD_DISK: Talos does not see the disk of the plan, or its selector would
 * fit several; E_GUARD_FOREIGN: foreign contents without wipe, passing where the disk could not be read for now;
 * E_GUARD_SYSTEM: Talos is installed on another disk (its META partition is named), which must be reset or unplugged
 * first. The text lists what the user needs to decide.
 */
int guard_judge(const struct look *look, const struct plan *plan, struct guard_verdict *out, struct error *e);
void guard_free(struct guard_verdict *v);

#endif
