#include "base/der.h"

#include <string.h>

uint8_t der_next(struct reader *r, struct span *content)
{
    uint8_t tag = reader_u8(r);
    size_t n = reader_u8(r);
    if (n & 0x80) {
        unsigned bytes = n & 0x7f;
        if (bytes == 0 || bytes > 3)
            r->bad = true;
        n = 0;
        for (unsigned i = 0; i < bytes && !r->bad; i++)
            n = n << 8 | reader_u8(r);
    }
    *content = reader_take(r, n);
    return r->bad ? 0 : tag;
}

struct reader der_enter(struct reader *r, uint8_t tag)
{
    struct span content;
    r->bad = der_next(r, &content) != tag;
    return (struct reader){content.p, r->bad ? 0 : content.n, r->bad};
}

bool der_at(const struct reader *r, uint8_t tag)
{
    return !r->bad && r->n > 0 && r->p[0] == tag;
}

struct span der_number(struct reader *r)
{
    struct span s;
    r->bad = der_next(r, &s) != DER_INTEGER || s.n == 0 || s.p[0] & 0x80;
    for (; !r->bad && s.n > 0 && s.p[0] == 0; s.p++)
        s.n--;
    r->bad = r->bad || s.n == 0;
    return r->bad ? (struct span){0} : s;
}

void der_wrap(struct buf *b, size_t start, uint8_t tag)
{
    size_t n = b->len - start;
    const char head[] = {(char)tag,
                         (char)(n < 128       ? n
                                    : n < 256 ? 0x81
                                              : 0x82),
                         (char)(n < 256 ? n : n >> 8), (char)n};
    size_t bytes = n < 128 ? 2 : n < 256 ? 3 : 4;
    if (!buf_reserve(b, bytes))
        return;
    memmove(b->data + start + bytes, b->data + start, n + 1);
    memcpy(b->data + start, head, bytes);
    b->len += bytes;
}
