/*
 * source.h - the tables of site/schema.h and site/rules.h as they are written: with texts in place of offsets.
 * embed/mktables.c packs them.
 */
#ifndef HEARTH_EMBED_TABLES_SOURCE_H
#define HEARTH_EMBED_TABLES_SOURCE_H

#include "site/rules.h"
#include "site/schema.h"

#include <stddef.h>

struct source_type {
    uint8_t node, form, merge;
    int8_t bits;
    bool zero, exact, empty;
    uint16_t first, count;
    struct schema_field elem;
    const char *words;
    const char *key;
};

struct source_document {
    const char *kind;
    uint16_t type;
    bool is_new, control_only;
};

struct source_conflict {
    const char *kind, *name, *field, *main;
    bool value;
};

struct source_rule {
    const char *kind, *path;
    enum rule_kind rule;
    int64_t low, high;
    const char *words;
};

struct source_group {
    const char *kind, *path;
    bool one;
    const char *keys;
};

#endif
