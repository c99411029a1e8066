/*
 * marker.h - the secret that says whether a cluster with several control planes has been founded. Pure.
 *
 * An empty etcd must not be founded beside one that lives. The user makes the secret hearth-CLUSTER-founded with the value
 * `none`; the node that founds writes "ID.NODE.BOOT" right before its config is applied. ID is of the cluster (rendered.cluster_id); NODE and
 * BOOT (/proc/sys/kernel/random/boot_id) let a run that was cut between the two recognise its own hand: in the same boot and still without a
 * config, nothing has been founded yet.
 */
#ifndef HEARTH_VAULT_MARKER_H
#define HEARTH_VAULT_MARKER_H

#include "base/error.h"
#include "base/reader.h"

#define MARKER_MAX 192 /* bytes of a value, with the NUL */

enum marker {
    MARKER_NONE,   /* not founded: "none" */
    MARKER_OURS,   /* this run's predecessor in this boot wrote it, and came no further */
    MARKER_FOUNDED /* join */
};

/* What this node writes. boot_id may be "": then nothing is ever recognised as ours. Returns out. */
const char *marker_text(char out[MARKER_MAX], const char *cluster_id, const char *node, const char *boot_id);

/* Judges a value; `ours` is marker_text(). Blanks around it are not looked at. Another cluster's id, or anything else, is
 * E_MARKER_VALUE; the value itself is not shown. */
int marker_judge(struct span value, const char *ours, enum marker *out, struct error *e);

#endif
