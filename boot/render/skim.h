/*
 * skim.h - YAML of the form that machines write, read a line at a time. Inside this room only. Pure.
 *
 * gotk-components.yaml is 270 kB of which seven fields an object matter, and libyaml takes 150 instructions a byte.
 * This takes block style in ASCII alone and is surer to refuse than to take: what it takes is YAML to libyaml, too,
 * with the same values in the same places (tests/fuzz/fuzz_objects.c). Source: YAML 1.2.2 chapter 8.
 */
#ifndef HEARTH_RENDER_SKIM_H
#define HEARTH_RENDER_SKIM_H

#include "base/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKIM_DEPTH 3 /* keys of the longest path that is told */

struct skim_reader {
    /* A document has content; where it begins, from 1. */
    bool (*document)(void *arg, uint32_t line, uint32_t column);
    /* A key of the outermost mappings, "metadata.name", and its value of one line as it reads; NULL: another value.
     * A second call for the same key means that the value goes on. */
    bool (*value)(void *arg, const char *path, const char *text, size_t len);
    void *arg;
};

/* Whether all of it was read. False: it is of another form, or one of the two said so. */
bool skim_documents(struct span bytes, const struct skim_reader *reader);

#endif
