/*
 * show.h - what hearth says on stdout: a plan for people and programs, and the way out for every other result.
 *
 * Everything printed is clean UTF-8.
 */
#ifndef HEARTH_SHOW_SHOW_H
#define HEARTH_SHOW_SHOW_H

#include "base/buf.h"
#include "plan/disk.h"
#include "plan/plan.h"

/* A verb's result, to stdout; nothing else writes there. */
void show_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void show_bytes(const void *p, size_t n);
void show_text(struct buf *text); /* frees it */
void show_json(json_t *value);    /* indented, in ASCII, with a newline; takes the reference over */
/* Once, at the end: 0, or the errno for which something did not reach its reader. */
int show_end(void);

/* The plan as text: node, role, disk, documents, manifests, secrets, warnings. */
void show_plan(struct buf *out, const struct plan *plan);
/* The plan as JSON (apiVersion hearth/v1, kind Plan); no secret values, names only. A new reference. */
json_t *show_plan_json(const struct plan *plan);
/* For each entry, the conditions with the fact each was compared to and which failed. `chosen` may be
 * NULL. */
void show_explain(struct buf *out, const struct site *site, const json_t *facts,
                  const struct site_node *chosen);
json_t *show_explain_json(const struct site *site, const json_t *facts, const struct site_node *chosen);
/* Every disk and why the install: of this entry lets it in or out: for E_PLAN_NO_DISK and E_PLAN_DISKS.
 * Nothing when facts is NULL. */
void show_disks(struct buf *out, const struct site_node *entry, const json_t *facts);
/* The same as data: [{name, size, model, transport, candidate, why}]. A new reference. */
json_t *show_disk_table_json(const struct disk_table *t);
/* The table for people, a line a disk, two blanks in front. */
void show_disk_table(struct buf *out, const struct disk_table *t);
/* A paste-ready `match:` for this box. */
void show_match_suggestion(struct buf *out, const json_t *facts);
/* The az commands that fill the vault for this plan: one a secret, values never in argv, role assignments for the
 * login, and for the operator ($ESO) where a reference is `external`. */
void show_az(struct buf *out, const struct plan *plan);
/* How to reach the cluster afterwards: talosconfig and kubeconfig from the bundle, endpoint, commands. */
void show_access(struct buf *out, const struct plan *plan);

#endif
