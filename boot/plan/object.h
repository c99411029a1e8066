/*
 * object.h - a Kubernetes object of bootstrap/ as its readers take it. Inside this room only. Pure.
 *
 * The same file is read twice in its life: by Talos, with the types of YAML 1.1, on its way to an API server that
 * refuses a number where it wants a text; and by Flux out of Git, through kustomize, which reads some values otherwise.
 * One object that Talos cannot lay stops it for ever at that place, so what the two would make of a value is said at
 * the desk. References pass: what they become is always a string.
 */
#ifndef HEARTH_PLAN_OBJECT_H
#define HEARTH_PLAN_OBJECT_H

#include "base/error.h"
#include "base/mem.h"
#include "site/tree.h"

/* The objects that were seen, for two of one name. */
struct objects_seen {
    /* what is kept of them lives there */
    struct pool *pool;
    struct object_seen *first;
};

/* Judges one object, which need not outlive it: texts that YAML 1.1 types, what was exported from a cluster, elements
 * of one name in a list that is merged by name, addresses that a new cluster refuses, one object twice. Errors:
 * E_PLAN_MANIFEST. */
void object_check(struct pool *pool, const struct tree_node *root, struct objects_seen *seen,
                  struct errors *errors);

#endif
