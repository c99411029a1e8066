/*
 * help.h - the help of each verb: the files of embed/help/, packed like the example (assets.h).
 */
#ifndef HEARTH_EMBED_HELP_H
#define HEARTH_EMBED_HELP_H

#include "base/error.h"

#include <stddef.h>

/* Generated. */
extern const unsigned char help_blob[];
extern const size_t help_blob_size;
extern const size_t help_count;

/* The text with this name ("plan.txt"), NUL-terminated. Owned by the caller (mem_free); NULL and e as of assets_get. */
char *help_get(const char *name, struct error *e);

#endif
