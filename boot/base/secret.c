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
