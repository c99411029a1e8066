/*
 * block.h - long texts in a YAML document, as literal blocks.
 *
 * libyaml writes a text one character at a time and reads it back the same way: of a config with Flux inlined that is
 * most of the work. So it writes and reads a mark in the place of a long text, and what stands there in the file is
 * written and compared here, by lines. Both ends know a text to be one that a literal block gives back exactly (see
 * emit.h): it has no blank at its beginning or before a line break, and no break but LF.
 */
#ifndef HEARTH_SITE_BLOCK_H
#define HEARTH_SITE_BLOCK_H

#include "base/buf.h"
#include "site/tree.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCK_MIN 512 /* bytes of a text from which on it is long */

/* What stands for a long text: as a block it has its indentation and its end. */
const char *block_mark(const struct tree_node *node);

/* A long text as it was written. */
struct block_text {
    const struct tree_node *node;
    /* of its first line, indentation included, and of all of it: bytes */
    size_t at;
    size_t size;
    struct block_text *next;
};

/* Where the mark is the last that was written to `out`, the node's text takes its place. False when it is not, or when
 * out->max is reached. */
bool block_put(struct buf *out, struct block_text *block);
/* Blanks before its first line in a document that begins at p. */
size_t block_indent(const struct block_text *block, const char *p);
/* Does what stands in the document read as the node's text? */
bool block_reads(const struct block_text *block, const char *p);

#endif
