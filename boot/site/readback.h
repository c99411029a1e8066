/*
 * readback.h - what was written as YAML, read again and compared with what was meant.
 */
#ifndef HEARTH_SITE_READBACK_H
#define HEARTH_SITE_READBACK_H

#include "base/error.h"
#include "site/block.h"
#include "site/tree.h"

#include <stddef.h>

/* A resolved reference may be a mapping, inlined manifests are two levels more. */
#define READBACK_DEPTH_MAX (TREE_DEPTH_MAX + 8)

/* Do these bytes read as these documents: every text, and whether it was plain? blocks: the long texts, in their
 * order, by their places in p; each must be the block at its place, and libyaml reads all the rest.
 * E_RENDER_SELFCHECK with the position of the first node that differs. */
int readback_compare(const char *p, size_t n, const struct document *docs, const struct block_text *blocks,
                     struct error *e);

#endif
