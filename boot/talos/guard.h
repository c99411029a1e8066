/*
 * guard.h - may Talos have this disk? Pure.
 *
 * Talos wipes whatever it is given: this is the last look at the contents, by what machined itself discovered and by the
 * partitions that the kernel sees. Machined reads no table but GPT, so an MBR with Windows behind it is a disk without a name to it.
 * Blank: machined has read it and knows nothing on it, or an empty GPT, and the kernel sees no partition. Ours: a GPT whose
 * every label is one of Talos's, so that a failed install can be tried again. Foreign: anything else, refused without `wipe`.
 * What neither knows, nor superblock.h, passes for blank: bytes without a mark.
 *
 * Sources: go-blockdevice blkid/internal/chain (what has a name), Talos controllers/block/discovery.go (a disk has an
 * entry in DiscoveredVolumes once it has been read, a blank one too).
 */
#ifndef HEARTH_TALOS_GUARD_H
#define HEARTH_TALOS_GUARD_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/plan.h"
#include "talos/look.h"

enum disk_contents { DISK_BLANK, DISK_OURS, DISK_FOREIGN };

/* What is on this disk, and in words ("2 partitions: 100 MB EFI vfat, 1 MB META"); `kernel` is how many partitions the kernel sees. */
enum disk_contents guard_contents(const struct look *look, const char *disk_id, unsigned kernel,
                                  struct buf *words);

struct guard_verdict {
    const struct look_disk *disk; /* the one that Talos's selector would take */
    enum disk_contents contents;
    struct buf words; /* owned: guard_free() */
};

/*
 * Judges the plan's disk against the look. E_GUARD_DISK: Talos does not see the disk of the plan, or its selector would fit several;
 * E_GUARD_FOREIGN: foreign contents without wipe; E_GUARD_SYSTEM: Talos is installed on another disk (its META partition is
 * named), which must be reset or unplugged first. The text lists what the user needs to decide.
 */
int guard_judge(const struct look *look, const struct plan *plan, struct guard_verdict *out, struct error *e);
void guard_free(struct guard_verdict *v);

#endif
