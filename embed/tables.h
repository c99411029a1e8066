/*
 * tables.h - what Talos's types are made of: embed/tables/, packed like the example (assets.h). site/schema.h reads it.
 */
#ifndef HEARTH_EMBED_TABLES_H
#define HEARTH_EMBED_TABLES_H

#include <stddef.h>

/* Generated. */
extern const unsigned char tables_blob[];
extern const size_t tables_blob_size;
extern const size_t tables_count;

#endif
