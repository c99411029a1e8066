/*
 * texts.h - what hearth says at length: the help of each verb, and what every error code means.
 *
 * Packed like the example (assets.h), because they are a tenth of the program and read once a run at most. embed/help/ holds
 * the help as plain files; the codes come from base/codes.h.
 */
#ifndef HEARTH_EMBED_TEXTS_H
#define HEARTH_EMBED_TEXTS_H

#include <stddef.h>

/* Generated. */
extern const unsigned char texts_blob[];
extern const size_t texts_blob_size;
extern const size_t texts_count;

/* The text with this name ("help/plan.txt", "codes"), NUL-terminated. Owned by the caller (mem_free); NULL when there is none or no
 * memory is left to unpack it. */
char *texts_get(const char *name);

#endif
