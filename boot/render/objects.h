/*
 * objects.h - the Kubernetes objects of a manifest, as far as the checks look at them.
 *
 * Two sources give the same list: resolved trees, and bytes read as a stream of libyaml events, of which
 * nothing but these few fields is kept (gotk-components.yaml is 270 kB). Lists (kind: List) are taken apart
 * in trees only; in a stream a list is one object without a name.
 */
#ifndef HEARTH_RENDER_OBJECTS_H
#define HEARTH_RENDER_OBJECTS_H

#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"
#include "site/tree.h"

#include <stdbool.h>

#define OBJECTS_MAX 4096 /* of one manifest */

/* Every text is NULL when it is absent, empty or no scalar. */
struct object {
    const char *api_version;
    const char *kind;
    const char *name;
    /* metadata.namespace */
    const char *ns;
    /* of a CustomResourceDefinition: spec.group, spec.names.kind, spec.scope */
    const char *crd_group;
    const char *crd_kind;
    const char *crd_scope;
    /* has stringData */
    bool string_data;
    /* read from a text that came from a secret; set by the caller */
    bool secret;
    /* of the object */
    struct pos pos;
    /* its tree; NULL from a stream */
    const struct tree_node *node;
    struct object *next;
};

/* Appends the objects of documents; empty documents are none. The objects point into the trees. */
int objects_of_documents(struct pool *pool, const struct document *docs, struct object ***end,
                         struct error *e);

/* Appends the objects of a stream. where.line 0: the bytes are the file, and positions are counted in
 * them; otherwise they are a text inside a file, and every position is `where`. E_MANIFEST_OBJECT when it
 * is no YAML. */
int objects_of_stream(struct pool *pool, struct span bytes, struct pos where, struct object ***end,
                      struct error *e);

#endif
