/*
 * changes.h - what a refusal waits on: the facts, the disks and what is on them, the node's stage and config, the files of the
 * site.
 */
#ifndef HEARTH_CHANGES_H
#define HEARTH_CHANGES_H

#include "boot.h"

#define CHANGES_LEAST_MS 60000u /* between two attempts of what waits for a change */
#define CHANGES_MOST_MS \
    600000u /* then it is tried all the same: a change may have come while an attempt ran */

/* Whether something differs from *before. What cannot be read now has not changed; a print that is not known yet becomes
 * what is seen now, and that is no change either. */
bool changes_since(const struct boot *boot, struct print *before);

/* Waits for a change, at least CHANGES_LEAST_MS and at most CHANGES_MOST_MS. True: told to stop. */
bool changes_wait(const struct boot *boot);

#endif
