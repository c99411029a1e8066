/*
 * merge_delete.h - `$patch: delete`, which comes before the merge of its document. Private to this room.
 */
#ifndef HEARTH_SITE_MERGE_DELETE_H
#define HEARTH_SITE_MERGE_DELETE_H

#include "base/error.h"
#include "site/schema.h"
#include "site/tree.h"

/* One overlay document on its way into one base document. */
struct merging {
    struct pool *pool;
    /* NULL: nobody asks */
    struct errors *warnings;
    struct error *e;
};

/* 1: the mapping says `$patch: delete`; 0: it has no $patch; -1 and E_MERGE: it has another one. */
int merge_says_delete(struct merging *m, const struct tree_node *map);

/* Carries out every delete below an overlay document and takes it out of the overlay; a map or list that holds
 * nothing else goes, too. type may be NULL: nothing is known of the document. -1 and E_MERGE. */
int merge_delete(struct merging *m, const struct schema_type *type, struct tree_node *base,
                 struct tree_node *overlay);

/* Takes the deletes out of a document that has nothing to delete in: Talos passes over them. -1 and E_MERGE. */
int merge_drop_deletes(struct merging *m, struct tree_node *overlay);

#endif
