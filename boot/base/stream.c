#include "base/stream.h"

#include <errno.h>
#include <unistd.h>

unsigned char stream_next(struct stream *s)
{
    if (s->at == s->have && !s->bad) {
        ssize_t n;
        do
            n = read(s->fd, s->bytes, sizeof s->bytes);
        while (n < 0 && errno == EINTR);
        s->at = 0;
        s->have = n > 0 ? (size_t)n : 0;
        s->bad = n <= 0;
    }
    if (s->bad)
        return 0;
    s->taken++;
    return s->bytes[s->at++];
}

void stream_skip(struct stream *s, uint64_t n)
{
    while (n > 0 && !s->bad) {
        stream_next(s);
        n--;
        size_t here = s->have - s->at < n ? s->have - s->at : (size_t)n;
        s->at += here;
        s->taken += here;
        n -= here;
    }
}
