/*
 * pointer.h - RFC 6901 into a secret that is YAML or JSON. Pure.
 *
 * A value that begins with { or [ is read as JSON first (strict, no duplicate keys), because YAML folds raw
 * U+0085, U+2028 and U+2029 in a JSON string and knows no surrogate pairs; all else is read as YAML with
 * tree_read(). The parsed value lives in the caller's pool and is wiped with it. Nothing of the value ever
 * gets into a message.
 */
#ifndef HEARTH_RENDER_POINTER_H
#define HEARTH_RENDER_POINTER_H

#include "base/mem.h"
#include "base/reader.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct tree_node;

/* One secret's value, parsed when the first pointer asks. Zero-initialise; pointer_value_free() drops the
 * JSON half. */
struct pointer_value {
    bool parsed;
    /* NULL when it is no JSON */
    json_t *json;
    /* NULL when it is no YAML */
    const struct tree_node *root;
    /* where reading as YAML stopped; 0: not known */
    unsigned line;
};

enum pointer_result {
    POINTER_TEXT,       /* found */
    POINTER_UNREADABLE, /* the value is neither YAML nor JSON; line tells where */
    POINTER_MISSING,    /* nothing there */
    POINTER_NULL,       /* null */
    POINTER_CONTAINER,  /* a mapping or a list */
    POINTER_TAGGED      /* a value with one of hearth's own tags */
};

struct pointer_found {
    /* in the pool, NUL-terminated: a string's value, a number or boolean as it was written */
    const char *text;
    size_t len;
    /* bytes of the pointer that were walked when it ended: names the failing part */
    size_t depth;
};

/* Follows `pointer` ("/certs/os/crt", ~0 and ~1 for ~ and /) in `value`. */
enum pointer_result pointer_get(struct pointer_value *parsed, struct pool *pool, struct span value,
                                const char *pointer, struct pointer_found *found);
void pointer_value_free(struct pointer_value *parsed);

#endif
