/*
 * merge.h - overlays, the way Talos merges machine config patches.
 *
 * Documents pair by apiVersion, kind and name (v1alpha1 main document: no kind). Maps merge key by
 * key, scalars replace, lists append, except the paths of one table (merge.c) that Talos
 * treats otherwise; `$patch: delete` removes. Unpaired documents are appended. Nodes keep
 * the position of the file they came from.
 *
 * Source: Talos pkg/machinery/config/merge and configpatcher (strategic merge).
 */
#ifndef HEARTH_SITE_MERGE_H
#define HEARTH_SITE_MERGE_H

#include "base/error.h"
#include "site/tree.h"

/* Merges the documents of `overlay` into `*base` (both in pool; base is changed in place, overlay nodes are copied). Errors:
 * E_MERGE with the overlay's position. */
int merge_documents(struct pool *pool, struct document **base, const struct document *overlay, struct error *e);

/* The document with this kind (NULL: the v1alpha1 main document) and name (NULL: any), or NULL. */
struct document *document_find(struct document *list, const char *kind, const char *name);

#endif
