/*
 * sought.h - words looked for together, in one pass over a text. Pure.
 */
#ifndef HEARTH_BASE_SOUGHT_H
#define HEARTH_BASE_SOUGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A word of 3 bytes or more, and how many bytes stand before and behind it at the least. */
struct sought {
    char text[22];
    uint8_t before, behind;
};

/* What is looked at first, made of the marks when it is first used; zeroed until then. */
struct sought_masks {
    unsigned step;
    /* a bit for each byte of a mark, up to the step */
    uint32_t first[256], second[256];
};

/* Whether one of at most 16 marks stands in the text. The masks are of these marks alone. */
bool sought_in(const struct sought *marks, unsigned count, struct sought_masks *masks, const char *text,
               size_t n);

#endif
