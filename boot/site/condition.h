/*
 * condition.h - how a condition of `match:` and `install:` is written. plan/match.h judges it.
 *
 * Text is a glob; text that begins with < > or = is a comparison: an operator (>= <= > < ==), a number, and
 * perhaps a unit (kB MB GB TB = 10^3.., KiB MiB GiB TiB = 2^10..). A YAML list is any-of.
 */
#ifndef HEARTH_SITE_CONDITION_H
#define HEARTH_SITE_CONDITION_H

#include "base/error.h"
#include "site/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONDITION_SCALE_MAX 9 /* digits behind the point */

enum condition_op { CONDITION_AT_LEAST, CONDITION_AT_MOST, CONDITION_MORE, CONDITION_LESS, CONDITION_EQUAL };

/* digits / 10^scale; exact, because 0.1 has no binary form and a size on the edge must not wobble. */
struct condition_number {
    uint64_t digits;
    unsigned scale;
};

/* A comparison. number times unit is at most 2^63 - 1. */
struct condition {
    enum condition_op op;
    struct condition_number number;
    /* bytes; 0: none was written */
    uint64_t unit;
};

/* Whether the text asks for a comparison. *why stays NULL when it could be read; else static text says what is
 * wrong. */
bool condition_read(const char *p, size_t n, struct condition *out, const char **why);

/* Reads "12" or "12.5" from the front of p[0..n); the length eaten, or 0. *why is set when there is no number, or one
 * that is too big or too fine. */
size_t condition_number(const char *p, size_t n, struct condition_number *out, const char **why);

/* How a of its unit compares with b of its: below 0, 0, above 0. */
int condition_order(const struct condition_number *a, uint64_t a_unit, const struct condition_number *b,
                    uint64_t b_unit);

/* Bytes that one of this fact is ("memory.size_mib": 2^20); 0 when it is no size, or name is NULL. */
uint64_t condition_size_unit(const char *name);

/* Takes blanks off both ends. */
void condition_trim(const char **p, size_t *n);

/* Checks when the site is read that a condition, its key names the fact, can be understood: ">= 200GB" has a number and
 * a known unit. E_SITE_MATCH. */
int condition_check(const struct tree_node *condition, struct error *e);

#endif
