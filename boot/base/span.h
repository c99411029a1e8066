/*
 * span.h - bytes that somebody else owns.
 */
#ifndef HEARTH_BASE_SPAN_H
#define HEARTH_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
    const unsigned char *p;
    size_t n;
};

bool span_is(struct span s, const char *text);
bool span_same(struct span a, struct span b);
/* From the first place of `text` on; empty when it is not there. */
struct span span_find(struct span s, const char *text);

#endif
