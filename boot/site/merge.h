/*
 * merge.h - overlays, the way Talos merges machine config patches.
 *
 * Documents pair by apiVersion, kind and name; the main document (v1alpha1) is the one without a kind.
 * Unpaired documents are appended. Maps merge key by key, scalars replace, lists append, except at the paths
 * of one table (merge_rules.c) that Talos treats otherwise. Nodes keep the position of the file they came
 * from.
 *
 * Like Talos, an overlay cannot set nothing: null, "", a plain 0 over a number and 0s over a duration leave
 * the base as it is; false overrides. (A map of texts, such as sysctls, takes a plain 0 as the text it is.)
 *
 * `$patch: delete` removes: a key (as its value's only meaning), a whole document (beside apiVersion, kind
 * and name), or the first element of a list whose field equals the first other key. All deletes of a
 * document come before its merge. What is to be deleted must be there; only a missing document is let pass.
 *
 * Two surprises of Talos are kept. An overlay of a document with a CEL expression or a least size (a
 * volume's disk selector and minSize, a link alias's selector) clears it unless it says it anew. An overlay
 * of one half of a CA (crt or key) clears the other.
 *
 * A reference merges as the scalar it stands for; nothing can be merged into one.
 *
 * hearth is stricter than Talos in three things: a key that Talos knows but the base lacks cannot be
 * deleted, nor can anything inside a document that the base lacks, and no document stands twice in an
 * overlay. cluster.controlPlane.endpoint is a scalar here; Talos keeps the path of the base's URL, which no
 * endpoint has.
 *
 * Source: Talos pkg/machinery/config/merge, configpatcher and configloader/internal/decoder (1.13.9,
 * 1.14.1).
 */
#ifndef HEARTH_SITE_MERGE_H
#define HEARTH_SITE_MERGE_H

#include "base/error.h"
#include "site/tree.h"

/* Merges the documents of `overlay` into `*base` (both in pool; base is changed in place, overlay nodes are
 * copied). Errors: E_MERGE with the overlay's position; then *base is half changed and of no use. */
int merge_documents(struct pool *pool, struct document **base, const struct document *overlay,
                    struct error *e);

/* Whether a file's documents can be told apart: each is a mapping with both apiVersion and kind or neither, and none
 * stands twice, which Talos refuses too. 0, or -1 and E_MERGE at the first that is not. */
int documents_check(struct pool *pool, const struct document *list, struct error *e);

/* The document with this kind (NULL: the v1alpha1 main document) and name (NULL: any), or NULL. */
struct document *document_find(struct document *list, const char *kind, const char *name);

#endif
