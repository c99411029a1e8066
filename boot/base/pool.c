#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#ifdef MEM_INTERPOSE
#define CHUNK_MIN ((size_t)4096 - 64) /* a page with the allocator's and the chunk's own header */
#define ALIGN ((size_t)16)
/* A pool this large goes on in chunks that the allocator gives back when the pool is freed. */
#define LARGE ((size_t)256 << 10)
#define CHUNK_LARGE ((size_t)64 << 10)
#else
/* Under the sanitizers each value has a chunk of its length to itself: a byte too far is seen. */
#define CHUNK_MIN ((size_t)0)
#define ALIGN ((size_t)1)
#define LARGE SIZE_MAX
#define CHUNK_LARGE ((size_t)0)
#endif

struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    _Alignas(16) unsigned char bytes[];
};

struct kept {
    void *p;
    struct kept *next;
};

struct pool {
    struct kept *kept;
    /* the newest first; only it has room worth looking for */
    struct chunk *chunks;
    /* bytes of all */
    size_t size;
};

struct pool *pool_new(void)
{
    return mem_alloc(sizeof(struct pool));
}

void *pool_alloc(struct pool *pool, size_t n)
{
    n = (n + ALIGN - 1) & ~(ALIGN - 1);
    struct chunk *c = pool->chunks;
    if (!c || c->size - c->used < n) {
        size_t least = pool->size < LARGE ? CHUNK_MIN : CHUNK_LARGE;
        size_t size = n > least ? n : least;
        struct chunk *fresh = mem_alloc(sizeof *fresh + size);
        fresh->size = size;
        pool->size += size;
        if (c && n > least) {
            /* A large value gets a chunk to itself behind the current one, which stays open. */
            fresh->next = c->next;
            c->next = fresh;
        } else {
            fresh->next = c;
            pool->chunks = fresh;
        }
        c = fresh;
    }
    void *p = c->bytes + c->used;
    c->used += n;
    return p;
}

char *pool_memdup(struct pool *pool, const void *p, size_t n)
{
    char *copy = pool_alloc(pool, n + 1);
    if (n)
        memcpy(copy, p, n);
    return copy;
}

char *pool_strdup(struct pool *pool, const char *s)
{
    return pool_memdup(pool, s, strlen(s));
}

char *pool_printf(struct pool *pool, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return pool_strdup(pool, "");
    char *out = pool_alloc(pool, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(out, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return out;
}

void pool_keep(struct pool *pool, void *p)
{
    struct kept *kept = pool_alloc(pool, sizeof *kept);
    *kept = (struct kept){p, pool->kept};
    pool->kept = kept;
}

void pool_drop(struct pool *pool, const void *p)
{
    for (struct kept *k = pool->kept; p && k; k = k->next)
        if (k->p == p) {
            mem_free(k->p);
            k->p = NULL;
            return;
        }
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    for (const struct kept *k = pool->kept; k; k = k->next)
        mem_free(k->p);
    for (struct chunk *c = pool->chunks, *next; c; c = next) {
        next = c->next;
        mem_free(c);
    }
    mem_free(pool);
}

void pool_cleanup(struct pool **pool)
{
    pool_free(*pool);
    *pool = NULL;
}
