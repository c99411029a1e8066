/*
 * marker.h - the secret that says whether a cluster with several control planes has been founded.
 *
 * An empty etcd must not be founded beside one that lives. The user makes the secret hearth-CLUSTER-founded with the
 * value `none`; the node that founds writes "ID.NODE.BOOT.DISK" right before its config is applied. ID is of the
 * cluster (rendered.cluster_id). NODE and BOOT (/proc/sys/kernel/random/boot_id) let a run that was cut between the two
 * recognise its own hand: in the same boot and still without a config, nothing has been founded yet. NODE and DISK do
 * so for a later boot: an install on that very disk that did not end has not founded anything either. Of anything else
 * that this node wrote nobody can say what has come of it.
 */
#ifndef HEARTH_PIPELINE_MARKER_H
#define HEARTH_PIPELINE_MARKER_H

#include "base/error.h"
#include "base/reader.h"
#include "pipeline/pipeline.h"

#define MARKER_MAX 320 /* bytes of a value, with the NUL */

enum marker {
    MARKER_NONE,    /* not founded: "none" */
    MARKER_OURS,    /* this run's predecessor in this boot wrote it, and came no further */
    MARKER_EARLIER, /* this node wrote it in an earlier boot, for this disk */
    MARKER_UNSURE,  /* this node wrote it in an earlier boot, for another disk or for none that is named */
    MARKER_FOUNDED  /* another node's: join */
};

/* What this node writes. boot_id may be "": then nothing is ever recognised as of this boot. disk is what the plan
 * chooses it by; of its characters those that are no letter and no digit become "-". Returns out. */
const char *marker_text(char out[MARKER_MAX], const char *cluster_id, const char *node, const char *boot_id,
                        const char *disk);

/* Judges a value; `ours` is marker_text(). Blanks around it are not looked at. Another cluster's id, or anything else,
 * is E_MARKER_VALUE; the value itself is not shown. */
int marker_judge(struct span value, const char *ours, enum marker *out, struct error *e);

/* Both with plan->marker, and secrets fetched and rendered. */

/* What the marker says. E_MARKER_VALUE. */
int marker_read(const struct pipeline *run, const struct rendered *rendered, enum marker *said,
                struct error *e);

/* Right before the config is applied. Nothing when an earlier run in this boot has written it. Errors:
 * pipeline_write_marker(). */
int marker_set(struct pipeline *run, const struct rendered *rendered, struct error *e);

/* Takes back what this node wrote: nothing came of it. Errors: pipeline_write_marker(). */
int marker_clear(struct pipeline *run, struct error *e);

#endif
