/*
 * render.h - a plan and its secrets in, documents out.
 *
 * Offline: of files it reads those of the site that !file names. References are replaced on the tree, the result is
 * emitted, read back and checked for what Talos's own validation does not catch. The sink (sink.h) writes them.
 */
#ifndef HEARTH_RENDER_RENDER_H
#define HEARTH_RENDER_RENDER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "plan/plan.h"

#include <stdbool.h>

#define RENDER_CONFIG_MAX TREE_BYTES_MAX /* bytes of a machine config, read back; machined takes 32 MiB */

/* The value of plan->secrets[i] at index i. */
struct render_secrets {
    const struct secret *values;
    unsigned count;
};

struct rendered {
    /* the multi-document file Talos is given, manifests inlined */
    struct buf machine_config;
    /* owned: the same manifests one by one, for people and for kubectl */
    struct rendered_manifest {
        /* borrowed from the plan */
        const char *name;
        /* the plan's own bytes where it is laid as it is, else `made` */
        struct span contents;
        struct buf made;
        /* not inlined: it holds a value from a secret and hold was asked for */
        bool held;
    } * manifests;
    unsigned manifest_count;
    /* 32 hex of SHA-256 over cluster.id, or over the CA certificate where there is none */
    char cluster_id[33];
    /* cluster.apiServer.certSANs, a line each: where the API of this cluster may answer */
    struct buf peers;
    /* owned: what may fail, or not yet */
    struct errors warnings;
    /* what came from secrets, as fetched and as used: as secret_note() has it */
    struct buf from_secrets;
    /* what was decided, no secret in it; empty until report_write() */
    struct buf plan_json;
};

/* Renders and self-checks. With hold, manifests that hold a value from a secret are made but not inlined: whatever is
 * inlined can be read by os:reader, which in maintenance mode is everybody on the LAN. On failure `errors` holds up to
 * 20 mistakes with the source positions; out is empty. */
int render_documents(const struct plan *plan, const struct render_secrets *secrets, bool hold,
                     struct rendered *out, struct errors *errors);
/* Judges what needs no secret, in the words of render_documents(): every manifest, the network, the sync file.
 * Offline. */
int render_judge(const struct plan *plan, struct errors *errors);
void render_free(struct rendered *r);

#endif
