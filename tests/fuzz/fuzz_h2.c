/* A hostile server's bytes, to the first or the second request of a connection, whole and in two pieces: the same
 * answer, the same words to send, within the limits. */
#include "talos/h2.h"

#include "require.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct exchange {
    struct h2 h;
    struct h2_stream streams[2];
    struct h2_receiver receiver;
    /* of all that was handed on, in order */
    uint64_t sum;
    size_t data;
};

static void add(struct exchange *s, struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        s->sum = (s->sum ^ bytes.p[i]) * UINT64_C(1099511628211);
    s->sum = (s->sum ^ bytes.n) * UINT64_C(1099511628211);
}

static const char *on_field(void *arg, bool last, struct span name, struct span value)
{
    struct exchange *s = arg;
    require(name.n > 0 && name.n + value.n <= HPACK_LIST_MAX && name.p[0] != ':');
    add(s, name);
    add(s, value);
    s->sum += last;
    return NULL;
}

static const char *on_data(void *arg, struct span bytes)
{
    struct exchange *s = arg;
    require(bytes.n > 0 && bytes.n <= H2_FRAME_MAX);
    add(s, bytes);
    s->data += bytes.n;
    return NULL;
}

/* `again`: one request went well before; `two`: one is asked beside the other. */
static void start(struct exchange *s, bool again, bool two)
{
    /* no settings; a status; trailers with a field for the table */
    static const unsigned char first[] = {0, 0,    0, 4, 0, 0, 0, 0, 0, 0, 0, 1,    1, 4,   0, 0,  0,
                                          1, 0x88, 0, 0, 5, 1, 5, 0, 0, 0, 1, 0x40, 1, 'a', 1, 'b'};
    static const unsigned char body[100000];
    static const struct h2_field fields[] = {{":method", "POST"}, {":path", "/x"}};
    *s = (struct exchange){.receiver = {s, on_field, on_data}};
    h2_start(&s->h);
    if (again) {
        h2_ask(&s->h, &s->streams[0], &s->receiver, fields, 2, (struct span){NULL, 0},
               (struct span){body, 5});
        h2_fill(&s->h);
        h2_feed(&s->h, first, sizeof first);
        require(h2_ready(&s->h));
    }
    for (unsigned i = 0; i < 1u + two; i++)
        h2_ask(&s->h, &s->streams[i], &s->receiver, fields, 2, (struct span){body, 5},
               (struct span){body, sizeof body});
    h2_fill(&s->h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exchange whole;
    static struct exchange split;
    if (size < 1)
        return 0;
    size_t cut = 1 + data[0] * (size - 1) / 256;
    start(&whole, data[0] & 1, data[0] & 2);
    start(&split, data[0] & 1, data[0] & 2);
    h2_feed(&whole.h, data + 1, size - 1);
    h2_feed(&split.h, data + 1, cut - 1);
    h2_feed(&split.h, data + cut, size - cut);
    h2_fill(&whole.h);
    h2_fill(&split.h);
    require(whole.h.why == split.h.why && whole.sum == split.sum && whole.data <= size);
    unsigned open = 0, bad = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct h2_stream *one = &whole.streams[i], *other = &split.streams[i];
        require(one->state == other->state && one->code == other->code && one->status == other->status);
        require(one->state != H2_ENDED || one->status >= 200);
        open += one->state == H2_OPEN;
        bad += one->state == H2_BAD;
    }
    require(bad == (whole.h.why != NULL) && whole.h.open == split.h.open);
    require(whole.h.open == (bad ? 0 : open));
    require(whole.h.out.len == split.h.out.len && whole.h.out.len <= H2_OUT_MAX);
    require(memcmp(whole.h.out.data, split.h.out.data, whole.h.out.len) == 0);
    h2_free(&whole.h);
    h2_free(&split.h);
    return 0;
}
