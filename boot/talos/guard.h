/*
 * guard.h - may Talos have this disk? Pure.
 *
 * Talos wipes whatever it is given: this is the last look at the contents, by what machined itself discovered.
 * Blank: nothing known on it, or an empty partition table. Ours: a GPT whose every label is one of Talos's, so that a
 * failed install can be tried again. Foreign: anything else, refused without `wipe`.
 */
#ifndef HEARTH_TALOS_GUARD_H
#define HEARTH_TALOS_GUARD_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/plan.h"
#include "talos/look.h"

enum disk_contents { DISK_BLANK, DISK_OURS, DISK_FOREIGN };

/* What is on this disk, and in words ("2 partitions: ntfs \"Windows\", vfat EFI"). */
enum disk_contents guard_contents(const struct look *look, const char *disk_id, struct buf *words);

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
