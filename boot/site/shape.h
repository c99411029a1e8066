/*
 * shape.h - what decides how a text can be written as YAML (emit.h), and how it may read back.
 */
#ifndef HEARTH_SITE_SHAPE_H
#define HEARTH_SITE_SHAPE_H

#include "site/tree.h"

#include <stdbool.h>
#include <stddef.h>

struct shape {
    /* holds a line break */
    bool lines;
    /* holds a character that only double quotes carry unharmed */
    bool escape;
    /* a literal block gives it back exactly */
    bool block;
    /* and so does a folded one */
    bool fold;
};

struct shape shape_of(const char *text, size_t len);
/* Plain texts that readers take and libyaml's emitter quotes. They are strings in every schema, so quotes
 * change nothing. */
bool shape_quoted_by_libyaml(const struct tree_node *node);

#endif
