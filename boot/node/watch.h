/*
 * watch.h - what a refusal waits on: the facts, the disks and what is on them, the node's stage and config, the files
 * of the site.
 */
#ifndef HEARTH_NODE_WATCH_H
#define HEARTH_NODE_WATCH_H

#include "node/node.h"

#define WATCH_LEAST_MS 60000u /* between two attempts of what waits for a change */
#define WATCH_MOST_MS 600000u /* then it is tried all the same: a change may have come while an attempt ran */

/* Whether something differs from *before. What cannot be read now has not changed; a print that is not known yet
 * becomes what is seen now, and that is no change either. */
bool watch_changed(const struct boot *boot, struct fingerprint *before);

/* Waits for a change, at least WATCH_LEAST_MS and at most WATCH_MOST_MS. True: told to stop. */
bool watch_wait(const struct boot *boot);

#endif
