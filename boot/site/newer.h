/*
 * newer.h - where Talos 1.14 has what used to be a field of the main document. Pure.
 *
 * `talosctl gen config` of 1.14 writes a document a subject; the main document keeps the machine's type, token and CA,
 * the cluster's token, and etcd. The CAs of the documents are PEM, those of the main document base64 of PEM. Source:
 * Talos's config/generate and config/types/k8s, 1.14.1.
 */
#ifndef HEARTH_SITE_NEWER_H
#define HEARTH_SITE_NEWER_H

#include "site/tree.h"

/* The field at this path of the main document, or of the document that took its place; NULL: in neither. */
const struct tree_node *newer_find(const struct document *list, const char *path);

/* The root of the first document of this kind, or NULL. */
struct tree_node *newer_kind(const struct document *list, const char *kind);

#endif
