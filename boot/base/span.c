#include "base/span.h"

#include <string.h>

bool span_is(struct span s, const char *text)
{
    size_t n = strlen(text);
    return s.n == n && (n == 0 || memcmp(s.p, text, n) == 0);
}

bool span_same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct span span_find(struct span s, const char *text)
{
    const unsigned char *at = s.n ? memmem(s.p, s.n, text, strlen(text)) : NULL;
    return at ? (struct span){at, s.n - (size_t)(at - s.p)} : (struct span){0};
}
