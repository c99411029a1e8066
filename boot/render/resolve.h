/*
 * resolve.h - references become values, on the tree.
 *
 * The plan's documents are copied and every reference in them is replaced: facts and node fields keep their
 * kind, all else becomes a string that is never emitted plain. Values live in the resolver's pool, which is
 * wiped, and in no message. Without secrets every value that holds one is "(from a secret)", and so is what needs a
 * fact while there are none: then the checks look at the rest.
 */
#ifndef HEARTH_RENDER_RESOLVE_H
#define HEARTH_RENDER_RESOLVE_H

#include "base/error.h"
#include "plan/plan.h"
#include "render/pointer.h"
#include "render/render.h"

#include <stdbool.h>

/* Text that one reference may become, in bytes. */
#define RESOLVE_TEXT_MAX PLAN_MANIFEST_MAX

struct resolver {
    const struct plan *plan;
    /* NULL: none were fetched */
    const struct render_secrets *secrets;
    /* borrowed: every value that is made lives there */
    struct pool *pool;
    /* borrowed: every mistake, with the reference's position */
    struct errors *errors;
    /* one a secret */
    struct pointer_value *parsed;
    /* nodes whose text holds a secret */
    const struct tree_node **from_secrets;
    /* NULL, or gets what struct rendered calls from_secrets */
    struct buf *texts;
    unsigned from_count;
    unsigned from_room;
};

void resolve_init(struct resolver *r, const struct plan *plan, const struct render_secrets *secrets,
                  struct pool *pool, struct errors *errors);
void resolve_free(struct resolver *r);

/* A resolved copy of the documents. Mistakes are added to r->errors, and the result is then good for
 * nothing but looking for more: E_REF_FACT, E_REF_NODE, E_SECRET_POINTER, E_SECRET_VALUE, E_FILE_READ,
 * E_FILE_TEXT, E_YAML_REF. */
struct document *resolve_documents(struct resolver *r, const struct document *docs);

/* Whether the text of this resolved node came from a secret, and so must not be shown. */
bool resolve_is_secret(const struct resolver *r, const struct tree_node *node);

#endif
