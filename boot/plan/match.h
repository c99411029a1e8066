/*
 * match.h - does this fact meet this condition? Pure.
 *
 * Values are compared as the text that was written (site/condition.h), never retyped; globs regardless of case. A list
 * fact matches if one element meets all its conditions. Keys are and-ed. A fact that is null meets no
 * condition, not even "*".
 */
#ifndef HEARTH_PLAN_MATCH_H
#define HEARTH_PLAN_MATCH_H

#include "base/buf.h"
#include "base/error.h"
#include "site/tree.h"

#include <jansson.h>

/* One condition and how it went. */
struct match_result {
    /* the value in hearth.yaml; its key names the fact */
    const struct tree_node *condition;
    bool met;
    /* as compared, "unknown" for null; of a list the nearest element and why it fails */
    struct buf fact;
};

/* Judges every condition of a `match:` mapping. Results (owned by the caller, match_free) stand in file
 * order. */
struct match {
    struct match_result *results;
    unsigned count;
    /* all of them */
    bool met;
};
void match_judge(const struct tree_node *conditions, const json_t *facts, struct match *out);
void match_free(struct match *m);

/* One condition (scalar, list, or for list facts a mapping) against one fact. The same code serves
 * `install:` against a disk. */
bool match_value(const struct tree_node *condition, const json_t *fact);

#endif
