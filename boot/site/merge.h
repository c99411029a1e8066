/*
 * merge.h - overlays, the way Talos merges machine config patches.
 *
 * Documents pair by apiVersion, kind and name; the main document (v1alpha1) is the one without a kind.
 * Unpaired documents are appended. Maps merge key by key, scalars replace, lists append, except where the
 * types of Talos (schema.h) say otherwise. Nodes keep the position of the file they came from.
 *
 * The result is what Talos's own patcher makes, also where that loses what an overlay says; then a warning
 * names the place and the way to get what was meant:
 *  - what is the zero of its type counts as not given where Talos holds it by value: null, "", 0, 0s, the
 *    first word of an enumeration. false overrides; in a map of texts a new key with nothing behind it is "".
 *  - a URL is merged by its parts; of a size in bytes and one in percent the bytes win.
 *  - an expression or a least size is forgotten when an overlay of what is around it does not say it anew.
 *  - one half of a CA (crt or key) clears the other.
 *
 * `$patch: delete` removes: a key (as its value's only meaning), a whole document (beside apiVersion, kind
 * and name), or the first element of a list whose field equals the first other key. All deletes of a
 * document come before its merge. What is to be deleted must be a key that Talos knows, or be there; deletes
 * in a document that the base lacks are passed over.
 *
 * A reference merges as the scalar it stands for; nothing can be merged into one, and a URL that is one is
 * replaced whole.
 *
 * Where 1.13.9 and 1.14.1 differ the newer one counts: 1.13.9 appends to ResolverConfig's domains, and refuses an
 * overlay in which a document stands twice; they are merged one after the other.
 *
 * Source: Talos pkg/machinery/config/merge, configpatcher and configloader/internal/decoder (1.13.9,
 * 1.14.1).
 */
#ifndef HEARTH_SITE_MERGE_H
#define HEARTH_SITE_MERGE_H

#include "base/error.h"
#include "site/tree.h"

/* Merges the documents of `overlay` into `*base` (both in pool; base is changed in place, overlay nodes are
 * copied). What is lost on the way is added to `warnings` (may be NULL) as E_MERGE_LOST. Errors: E_MERGE with the
 * overlay's position; then *base is half changed and of no use. */
int merge_documents(struct pool *pool, struct document **base, const struct document *overlay,
                    struct errors *warnings, struct error *e);

/* Whether a file's documents can be told apart: each is a mapping with both apiVersion and kind or neither, and none
 * stands twice, which Talos refuses too. 0, or -1 and E_MERGE at the first that is not. */
int merge_check(struct pool *pool, const struct document *list, struct error *e);

/* The document with this kind (NULL: the v1alpha1 main document) and name (NULL: any), or NULL. */
struct document *merge_find(struct document *list, const char *kind, const char *name);

#endif
