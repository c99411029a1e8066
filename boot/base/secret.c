#include "base/secret.h"

#include "base/mem.h"

#include <string.h>

struct secret secret_copy(const void *p, size_t n)
{
    unsigned char *copy = mem_alloc(n + 1);
    if (n)
        memcpy(copy, p, n);
    return (struct secret){copy, n};
}

struct span secret_bytes(const struct secret *s)
{
    return (struct span){s->held_, s->length_};
}

void secret_free(struct secret *s)
{
    mem_free(s->held_);
    *s = (struct secret){NULL, 0};
}

static void note(struct buf *texts, const char *p, size_t n)
{
    buf_add(texts, p, n < SECRET_NOTED_MAX ? n : SECRET_NOTED_MAX);
    buf_char(texts, '\0');
}

void secret_note(struct buf *texts, const void *p, size_t n)
{
    if (n == 0 || memchr(p, '\0', n))
        return;
    note(texts, p, n);
    const char *at = p, *end = at + n;
    for (const char *stop; memchr(p, '\n', n) && at < end; at = stop + 1) {
        while (at < end && *at == ' ')
            at++;
        stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        if (stop - at >= SECRET_NOTED_MIN)
            note(texts, at, (size_t)(stop - at));
    }
}
