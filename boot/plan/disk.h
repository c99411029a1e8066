/*
 * disk.h - which disk Talos may have. Pure.
 *
 * Talos wipes whatever it is given, so this is the only guard: exactly one disk of facts.disks that is
 * installable and meets every condition of `install:`, named by what cannot move (wwid, else bus path),
 * never by /dev/sdX and never by serial, which Talos leaves empty for SATA. Two candidates, or none, is a
 * refusal with a table.
 *
 * Source: Talos machine.install.diskSelector (v1alpha1 InstallDiskSelector): values are globs in which
 * only * is special, so a value that holds one is not usable.
 */
#ifndef HEARTH_PLAN_DISK_H
#define HEARTH_PLAN_DISK_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "site/tree.h"

#include <jansson.h>

#define DISKS_MAX 256 /* disks of one box that are looked at; more are a refusal */

/* One disk and why it is in or out. */
struct disk_verdict {
    /* borrowed */
    const json_t *fact;
    bool candidate;
    /* "candidate", "on USB", "size >= 500GB is not met (240057409536)" */
    struct buf why;
};

struct disk_table {
    /* owned; in the order of the facts */
    struct disk_verdict *rows;
    unsigned count;
    unsigned candidates;
    /* the facts have a list of disks at all */
    bool known;
};

/* Judges every disk. install is the mapping of conditions (its key `wipe` is none) or NULL. */
void disk_judge(const struct tree_node *install, const json_t *facts, struct disk_table *out);
void disk_table_free(struct disk_table *t);

/* The one candidate and how to name it, strings in pool. E_PLAN_NO_DISK, E_PLAN_DISKS,
 * E_PLAN_DISK_SELECTOR; the text names every disk shortly, at the position of `install` or of the entry. */
int disk_choose(struct pool *pool, const struct site_node *entry, const json_t *facts, struct plan_disk *out,
                struct error *e);

/* "sda", or words that say that it has no name. */
const char *disk_name(const json_t *disk);

/* "KINGSTON SA400S3, 240 GB, sata": model, size and transport as far as they are known. */
void disk_describe(struct buf *out, const json_t *disk);

#endif
