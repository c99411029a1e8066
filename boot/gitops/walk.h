/*
 * walk.h - from one file of the tree to the next. Inside this room only.
 *
 * A queue of files and directories, each once for a set of variables and a namespace. What was named and could not be
 * looked at is counted: a tree with such a place is not good.
 */
#ifndef HEARTH_GITOPS_WALK_H
#define HEARTH_GITOPS_WALK_H

#include "gitops/gitops.h"
#include "gitops/vars.h"

/* A file or directory of the tree. Everything lives in the plan's pool. */
struct walk_item {
    const char *path;
    /* of its Flux Kustomization, or NULL */
    const struct vars *vars;
    /* that its kustomizations give to everything, or NULL */
    const char *ns;
    /* what names it; file is NULL when it was found in a directory */
    struct pos from;
    unsigned depth;
    /* by its Flux Kustomization: an object may have more than its file says */
    bool patched;
    /* with components, which may patch it */
    bool composed;
    /* the file that Flux begins with */
    bool sync;
};

/* A source that the sync file gives, so the tree itself. */
struct walk_source {
    const char *kind, *name;
    struct walk_source *next;
};

struct walk {
    struct plan *plan;
    /* the plan's */
    struct pool *pool;
    /* those to come stand behind those that were */
    struct walk_item *items;
    /* of their hashes: the index plus one */
    uint16_t *slots;
    unsigned count;
    struct vars *vars;
    struct walk_source *sources;
    /* what the files hold */
    struct inventory *inventory;
    struct gitops_tree *tree;
    struct errors *warnings;
    struct errors *errors;
};

/* Counts a place that was not looked at, and says it. */
void walk_unseen(struct walk *w, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define walk_unseen(w, pos, fmt, ...) SAY(walk_unseen, fmt, w, pos, said_, ##__VA_ARGS__)

/* dir/relative is laid to nothing, but what names it, `at` of the file by->path, cannot do without it. */
void walk_need(struct walk *w, const struct walk_item *by, const char *dir, const char *relative,
               const struct tree_node *at);

/* Puts dir/relative into the queue, once; `at` of the file by->path names it, or is NULL. */
void walk_follow(struct walk *w, const struct walk_item *by, const char *dir, const char *relative,
                 const struct tree_node *at);

/* Where a node of the item's file stands, for as long as the plan lives. */
struct pos walk_pos(const struct walk_item *item, const struct tree_node *at);

/* The text of a node with its variables replaced; NULL when there is none, or when what stays open was said. */
const char *walk_text(struct walk *w, const struct walk_item *item, const struct tree_node *node);

/* kinds.c: takes what one object says. */
void kinds_take(struct walk *w, const struct walk_item *item, struct tree_node *root);
/* kinds.c: takes a kustomization.yaml of the directory item->path. */
void kinds_kustomization(struct walk *w, const struct walk_item *item, const char *file,
                         const struct tree_node *root);

/* database.c: warns of a database of CloudNativePG (`kind: Cluster` of any group) that stops the drain of a lone node,
 * and of one that comes back from the folder that it writes to, or from another life than the last. */
void database_cluster(struct walk *w, const struct walk_item *item, struct tree_node *root);
/* database.c: takes where an ObjectStore's backups go. */
void database_store(struct walk *w, const struct walk_item *item, struct tree_node *root);
/* database.c: warns of a health expression, one of spec.healthCheckExprs, that is content with a database's Ready. */
void database_health(struct walk *w, const struct walk_item *item, const struct tree_node *list);

#endif
