/*
 * own.h - ExtensionServiceConfig hearth: what hearth leaves for itself in the machine config. Pure.
 *
 * After the install the disk holds the public extension and nothing of the site, so node name, cluster and bootstrap mode travel in
 * this document, and with them the manifests that hold secrets: the document is readable by os:admin alone, while
 * everything in cluster.inlineManifests is readable by os:reader, which in maintenance mode is everybody on the LAN.
 * `found` moves the manifests to their place once certificates are asked for.
 *
 *     environment: [HEARTH_NODE=.., HEARTH_CLUSTER=.., HEARTH_BOOTSTRAP=auto|once|manual|none]
 *     configFiles: [{mountPath: /usr/local/etc/hearth/pending/NN-name.yaml, content: the manifest}]
 *
 * Source of the document: Talos pkg/machinery/config/types/runtime/extensions.
 */
#ifndef HEARTH_TALOS_OWN_H
#define HEARTH_TALOS_OWN_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "render/render.h"
#include "talos/grpc.h"

#define OWN_PENDING "/usr/local/etc/hearth/pending/"

/* What a configured node was told. Texts live in the pool. */
struct own {
    const char *node;
    const char *cluster;
    enum bootstrap_mode bootstrap;
    bool
        once; /* one of several control planes: when the cluster is founded the mode becomes none, so that this node joins
                         and does not found anew should it lose etcd's data alone */
    unsigned pending; /* manifests that wait to be inlined */
};

/*
 * Appends the document to `config`. `active` is what is active on the node: an ExtensionServiceConfig hearth of the user's is kept, ours is
 * merged over it. bootstrap is the entry's, or BOOTSTRAP_NONE where the cluster is known to be founded; auto becomes once where the plan has
 * a marker. Manifests of `rendered` that are
 * marked held go in as pending files. Errors: E_CONFIG_STREAM, and those of the tree.
 */
int own_append(struct buf *config, const struct plan *plan, enum bootstrap_mode bootstrap,
               const struct rendered *rendered, struct span active, struct error *e);

/* Whether the active config says that hearth has configured this node. */
bool own_written(struct span active);

/* Reads it back through COSI. *found: hearth has configured this node. machined makes the resource of the active config, and a moment
 * later than that is there. */
int own_read(const struct grpc_target *target, struct pool *pool, struct own *out, bool *found,
             struct error *e);

/* The active config with the pending manifests moved into cluster.inlineManifests, and with `founded` the mode `once` made none. A
 * name that is there already stays as it is. *changes counts both; 0: a run before this one did it. Every other document is carried
 * byte for byte. E_CONFIG_STREAM, and those of the tree. */
int own_promote(struct span active, bool founded, struct buf *out, unsigned *changes, struct error *e);

#endif
