/*
 * apply.h - what machined is given, by join and by found.
 *
 * A config that it has rejected, tried or applied, is not sent again as it is: a try of it fails at once with what
 * machined said. Its verdict may depend on the disks it sees, so the same bytes are worth another try once something
 * has changed.
 */
#ifndef HEARTH_NODE_APPLY_H
#define HEARTH_NODE_APPLY_H

#include "node/node.h"

/* Tries (dry_run) or applies. What machined said beside a yes goes to `warnings`, a line each; what it said to a no
 * beyond what the error has room for, to boot->details. Errors: those of machined_apply(). */
int apply_config(struct boot *boot, struct span config, bool dry_run, struct buf *warnings, struct error *e);

#endif
