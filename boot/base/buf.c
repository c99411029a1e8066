#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool buf_reserve(struct buf *b, size_t n)
{
    size_t max = b->max ? b->max : BUF_DEFAULT_MAX;
    if (b->full || n > max || b->len > max - n) {
        b->full = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need > b->cap) {
        /* Half more each time: a third of the waste of doubling in a heap that is counted in pages. */
        size_t cap = b->cap ? b->cap + b->cap / 2 : 64;
        cap = cap < need ? need : cap;
        b->data = mem_resize(b->data, cap);
        b->cap = cap;
    }
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n)
        memcpy(b->data + b->len, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_reserve(b, (size_t)n))
        return;
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n == 0)
        return;
    size_t left = b->len - n;
    memmove(b->data, b->data + n, left);
    mem_wipe(b->data + left, n);
    b->len = left;
}

void buf_free(struct buf *b)
{
    size_t max = b->max;
    mem_free(b->data);
    *b = (struct buf){.max = max};
}
