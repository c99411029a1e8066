/*
 * handover.h - ExtensionServiceConfig hearth: what hearth leaves for itself in the machine config. Pure, but
 * for handover_read(), which asks machined.
 *
 * After the install the disk holds the public extension and nothing of the site, so node name, cluster and bootstrap
 * mode travel in this document, and with them the manifests that hold secrets: the document is readable by os:admin
 * alone, while everything in cluster.inlineManifests is readable by os:reader, which in maintenance mode is everybody
 * on the LAN. bootstrap moves the manifests to their place once certificates are asked for.
 *
 *     environment: [HEARTH_NODE=.., HEARTH_CLUSTER=.., HEARTH_BOOTSTRAP=once|manual|none]
 *     configFiles: [{mountPath: /usr/local/etc/hearth/pending/NN-name.yaml, content: the manifest}]
 *
 * Source of the document: Talos pkg/machinery/config/types/runtime/extensions.
 */
#ifndef HEARTH_NODE_HANDOVER_H
#define HEARTH_NODE_HANDOVER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "render/render.h"
#include "talos/grpc.h"

#define HANDOVER_PENDING "/usr/local/etc/hearth/pending/"

/* What a configured node was told. Texts live in the pool. */
struct handover {
    const char *node;
    const char *cluster;
    /* auto: a config founds at most once. When this node is a member the mode becomes none, so that it does not found
     * anew, over a cluster that a person is about to restore, should it lose etcd's data alone. An earlier hearth wrote
     * `auto` where it now writes `once`. */
    enum bootstrap_mode bootstrap;
    /* manifests that wait to be inlined */
    unsigned pending;
};

/*
 * Appends the document to `config`. `active` is what is active on the node: an ExtensionServiceConfig hearth of the
 * user's is kept, ours is merged over it. bootstrap is the entry's, or what the marker makes of it. Manifests of
 * `rendered` that are marked held go in as pending files. Errors: E_CONFIG_STREAM, and those of the tree.
 */
int handover_append(struct buf *config, const struct plan *plan, enum bootstrap_mode bootstrap,
                    const struct rendered *rendered, struct span active, struct error *e);

/* Whether the active config says that hearth has configured this node. */
bool handover_written(struct span active);

/* Adds to `texts` what the words of machined are searched for, as secret_note() does: which texts of the active config
 * came from a vault is not known any more, but none of them is plain. */
void handover_note(struct span active, struct buf *texts);

/* Reads it back through COSI. *found: hearth has configured this node. machined makes the resource of the active
 * config, and a moment later than that is there. */
int handover_read(const struct grpc_target *target, struct pool *pool, struct handover *out, bool *found,
                  struct error *e);

/* The active config with the pending manifests moved into cluster.inlineManifests, and with `founded` the mode made
 * none. A name that is there already stays as it is. *changes counts both; 0: a run before this one did it. Every other
 * document is carried byte for byte. E_CONFIG_STREAM, and those of the tree. */
int handover_promote(struct span active, bool founded, struct buf *out, unsigned *changes, struct error *e);

#endif
