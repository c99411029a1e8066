/*
 * schema_check.h - what Talos's decoder refuses in a file of talos/, said at the desk: documents and keys that it does
 * not know, a mapping where it wants a text, a scalar that is not spelt as its type is. Pure. References pass: their
 * values are judged once they are there, by the same walk over the resolved documents.
 */
#ifndef HEARTH_SITE_SCHEMA_CHECK_H
#define HEARTH_SITE_SCHEMA_CHECK_H

#include "base/error.h"
#include "site/tree.h"

struct schema_check {
    struct pool *pool;
    /* A newer Talos than the tables know is meant: what they lack is a warning. */
    bool newer;
    /* These are whole documents, not a layer of some: what must be given is asked for too, and which documents Talos
     * refuses beside which fields. */
    bool whole;
    /* These are a worker's. */
    bool worker;
    /* The text of a scalar fit for a message (never a secret's); NULL: the scalar itself. */
    const char *(*shown)(const void *arg, const struct tree_node *node);
    const void *arg;
    /* E_RENDER_KEY, E_RENDER_FIELD, E_RENDER_CONFLICT, E_RENDER_FORBIDDEN */
    struct errors *errors;
    /* E_RENDER_KEY; may be NULL when `newer` is not set */
    struct errors *warnings;
};

/* Judges every document. `$patch` is allowed anywhere: whether it is right, the merge knows. */
void schema_check(const struct schema_check *check, const struct document *documents);

#endif
