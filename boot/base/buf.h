/*
 * buf.h - a growing run of bytes with a maximum.
 *
 * data is NULL or owned and always followed by a NUL that len does not count. Once an
 * addition would pass max, the buffer keeps what it has, `full` is set, and every
 * later addition is ignored: callers check once, at the end.
 */
#ifndef HEARTH_BASE_BUF_H
#define HEARTH_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t len;
    size_t cap;
    /* bytes; 0 means BUF_DEFAULT_MAX */
    size_t max;
    bool full;
};

#define BUF_DEFAULT_MAX ((size_t)4 << 20)

/* Makes room for n bytes more and a NUL at data + len; false and `full` when that would pass max. */
bool buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);
/* Wipes and frees; the struct is as new, max kept. */
void buf_free(struct buf *b);

#endif
