/*
 * secret.h - a value that must never be shown.
 *
 * The type has no printf path on purpose: bytes are only reached through secret_bytes(),
 * and the few callers (the emitter, the form encoder, the signer) are easy to list.
 */
#ifndef HEARTH_BASE_SECRET_H
#define HEARTH_BASE_SECRET_H

#include "base/buf.h"
#include "base/reader.h"

#include <stddef.h>

struct secret {
    /* owned, from mem_alloc; followed by a NUL */
    unsigned char *held_;
    /* bytes */
    size_t length_;
};

/* Copies n bytes. */
struct secret secret_copy(const void *p, size_t n);
struct span secret_bytes(const struct secret *s);
/* Wipes and frees; the struct is as new. */
void secret_free(struct secret *s);

/* Bytes that are noted of a text. */
#define SECRET_NOTED_MAX 512
/* Of lines and beginnings. */
#define SECRET_NOTED_MIN 4

/* Appends what other people's words are to be searched for, a NUL behind each: the text, and of several lines each one
 * of SECRET_NOTED_MIN bytes or more. What holds a NUL is none. */
void secret_note(struct buf *texts, const void *p, size_t n);

#endif
