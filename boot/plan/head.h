/*
 * head.h - what is kept of an object of bootstrap/ that was written already: what others ask of it. Pure.
 */
#ifndef HEARTH_PLAN_HEAD_H
#define HEARTH_PLAN_HEAD_H

#include "base/mem.h"
#include "site/tree.h"

/* The objects of a kind: ...List, which Talos lays in its place; NULL: it is none. */
const struct tree_node *head_items(const struct tree_node *root);

/* A copy with the fields that render/objects.h and render/check_network.c look at, each where it stands in `file`,
 * which is borrowed; of a List so much of each of its objects. A Secret is kept whole. */
struct tree_node *head_of(struct pool *pool, const char *file, const struct tree_node *root);

#endif
