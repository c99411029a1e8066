/*
 * inventory.h - what the files of the tree hold, and what that comes to once all were read. Inside this room
 * only.
 *
 * A store logs in with a Secret that somebody must have made before there is anything to make it: it is inlined out of
 * bootstrap/, or an object of the tree makes it, or a chart, a generator or another repository may. Only where
 * nothing of these can, it is an error.
 */
#ifndef HEARTH_GITOPS_INVENTORY_H
#define HEARTH_GITOPS_INVENTORY_H

#include "gitops/walk.h"

#include "base/buf.h"
#include "site/tracked.h"

#define INVENTORY_ROUNDS 4

enum inventory_kind {
    INVENTORY_STORE, /* ClusterSecretStore: ns is NULL; SecretStore */
    INVENTORY_EXTERNAL,
    INVENTORY_EXTERNAL_CLUSTER,
    INVENTORY_PUSH,
    INVENTORY_SECRET, /* also a SealedSecret */
    INVENTORY_NEED    /* root: {name, key, namespace, or optional} that names a Secret */
};

struct inventory_object {
    enum inventory_kind kind;
    /* of the file that it stands in */
    struct walk_item item;
    const struct tree_node *root;
    /* NULL: not known */
    const char *ns, *name;
    /* a store: of the whole cluster */
    bool cluster;
    /* a need: "spec.decryption", ... */
    const char *what;
    struct inventory_object *next;
    /* a store: the next one */
    struct inventory_object *next_store;
};

struct inventory {
    struct pool *pool;
    struct inventory_object *first, *last, *stores, *last_store;
    struct inventory_list { /* texts, and where they come from */
        const char *text;
        const struct walk_item *item;
        struct inventory_list *next;
    } * makers, *charts, *wanted;
    /* those that were read, the last first */
    struct tracked_path *files;
    struct inventory_map { /* a ConfigMap that gives variables */
        const char *ns, *name;
        const struct tree_node *data;
        struct inventory_map *next;
    } * maps;
    unsigned file_count;
    bool learnt;
};

/* Takes a copy of the object. */
struct inventory_object *inventory_add(struct inventory *i, enum inventory_kind kind,
                                       const struct walk_item *item, const struct tree_node *root);
/* Something that may make objects which nobody sees here, in words. */
void inventory_maker(struct inventory *i, const char *text, struct pos pos);
/* A file that holds a chart's release, to be read only when that matters. */
void inventory_chart(struct inventory *i, const struct walk_item *item);
/* A file that was read. */
void inventory_file(struct inventory *i, const char *path);

/* The data of a ConfigMap; NULL when it was not met, and then it is looked for in the next round. */
const struct tree_node *inventory_want_map(struct inventory *i, const char *ns, const char *name);
void inventory_take_map(struct inventory *i, const char *ns, const char *name, const struct tree_node *data);
/* Whether a file may hold such a ConfigMap. */
bool inventory_wants(const struct inventory *i, const struct buf *text);
/* Whether another round would know more; and for that round. */
bool inventory_learnt(const struct inventory *i);
void inventory_forget(struct inventory *i);

/* needs.c: stores, what is asked of them, and the Secrets that all of it needs. */
void needs_judge(struct inventory *i, struct walk *w);

#endif
