#include "base/reader.h"

#include <string.h>

struct reader reader_of(const void *p, size_t n)
{
    return (struct reader){.p = p, .n = n};
}

struct span reader_take(struct reader *r, size_t n)
{
    if (r->bad || n > r->n) {
        r->bad = true;
        return (struct span){NULL, 0};
    }
    struct span s = {r->p, n};
    r->p += n;
    r->n -= n;
    return s;
}

void reader_skip(struct reader *r, size_t n)
{
    (void)reader_take(r, n);
}

static uint64_t take_le(struct reader *r, unsigned n)
{
    struct span s = reader_take(r, n);
    uint64_t v = 0;
    for (unsigned i = 0; s.p && i < n; i++)
        v |= (uint64_t)s.p[i] << (8 * i);
    return v;
}

static uint64_t take_be(struct reader *r, unsigned n)
{
    struct span s = reader_take(r, n);
    uint64_t v = 0;
    for (unsigned i = 0; s.p && i < n; i++)
        v = v << 8 | s.p[i];
    return v;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)take_le(r, 1);
}

uint16_t reader_u16le(struct reader *r)
{
    return (uint16_t)take_le(r, 2);
}

uint32_t reader_u32le(struct reader *r)
{
    return (uint32_t)take_le(r, 4);
}

uint64_t reader_u64le(struct reader *r)
{
    return take_le(r, 8);
}

uint16_t reader_u16be(struct reader *r)
{
    return (uint16_t)take_be(r, 2);
}

uint32_t reader_u32be(struct reader *r)
{
    return (uint32_t)take_be(r, 4);
}

struct span reader_until(struct reader *r, unsigned char end)
{
    const unsigned char *at = r->bad || r->n == 0 ? NULL : memchr(r->p, end, r->n);
    if (!at) {
        r->bad = true;
        return (struct span){NULL, 0};
    }
    struct span s = reader_take(r, (size_t)(at - r->p));
    reader_skip(r, 1);
    return s;
}
