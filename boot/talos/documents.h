/*
 * documents.h - a machine config as a stream of raw documents. Pure.
 *
 * Documents that hearth did not write are never parsed and re-emitted: they are found by their top-level `kind:` and
 * `name:` lines and carried as the bytes they are. In block YAML a line that begins with "---" always ends a document.
 */
#ifndef HEARTH_TALOS_DOCUMENTS_H
#define HEARTH_TALOS_DOCUMENTS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"

#include <stdbool.h>

#define RAW_DOCUMENTS_MAX 128

struct raw_document {
    /* without the "---" line; of the input */
    struct span bytes;
    /* "" for the v1alpha1 document */
    const char *kind;
    /* "" for none */
    const char *name;
};

struct raw_documents {
    struct raw_document items[RAW_DOCUMENTS_MAX];
    /* documents with content */
    unsigned count;
};

/* Splits; kind and name live in pool. E_CONFIG_STREAM when there are too many. */
int documents_split(struct pool *pool, struct span yaml, struct raw_documents *out, struct error *e);

/* The document of this kind and name, or NULL. */
const struct raw_document *documents_find(const struct raw_documents *list, const char *kind,
                                          const char *name);

/* Whether there is a v1alpha1 document, the one without a kind. */
bool documents_complete(const struct raw_documents *list);

/*
 * Appends to `config` every document of the active partial config that it does not have, byte for byte. On a clash the
 * site wins, and a line naming the document goes to `notes` when the two differ. ExtensionServiceConfig hearth is left
 * out: it is merged where it is made. E_CONFIG_STREAM.
 */
int documents_carry(struct buf *config, struct span active, struct buf *notes, struct error *e);

#endif
