/*
 * merge_rules.h - where Talos's merge is not the general one. Private to this room.
 */
#ifndef HEARTH_SITE_MERGE_RULES_H
#define HEARTH_SITE_MERGE_RULES_H

#include "site/tree.h"

#include <stdbool.h>

enum merge_how {
    MERGE_GENERAL,    /* maps merge, scalars replace, lists append */
    MERGE_REPLACE,    /* the whole value; an empty map still keeps the base */
    MERGE_ARGUMENTS,  /* a map: the value of each key is replaced whole, whatever its kind */
    MERGE_KEYED,      /* a list: elements with the same `key` merge */
    MERGE_KEYED_WHOLE /* a list: an element with the same `key` is replaced whole */
};

struct merge_rule {
    const char *kind; /* of the document; NULL: the main document */
    const char *path; /* dotted keys; list indexes are left out */
    enum merge_how how;
    const char *key;
};

/* The rule for a path; never NULL. kind is NULL for the main document. */
const struct merge_rule *merge_rule(const char *kind, const char *path);

/* The paths that an overlay of this kind of document clears unless it says them anew, one for each i from 0;
 * NULL behind the last. */
const char *merge_forgets(const char *kind, unsigned i);

/* Whether an overlay's scalar is one that sets nothing over this base scalar. */
bool merge_keeps(const char *kind, const char *path, const struct node *base, const struct node *overlay);

/* Whether a scalar is YAML's null: plain and empty, ~ or null. */
bool is_null(const struct node *node);

#endif
