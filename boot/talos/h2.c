#include "talos/h2.h"

#include "base/mem.h"

#include <string.h>

#define HEAD 9                /* bytes of a frame's header */
#define OUT_ENOUGH 65536u     /* no DATA is added to an out this long */
#define WINDOW_MAX 0x7fffffff /* and the mask of a stream's number */
#define WINDOW_START 65535    /* of everything, before anybody says otherwise */

enum frame_type {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION,
    KNOWN
};

enum {
    END_STREAM = 0x01,
    ACK = 0x01,
    END_HEADERS = 0x04,
    PADDED = 0x08,
    WITH_PRIORITY = 0x20,
};

enum setting {
    HEADER_TABLE_SIZE = 1,
    ENABLE_PUSH,
    MAX_CONCURRENT_STREAMS,
    INITIAL_WINDOW_SIZE,
    MAX_FRAME_SIZE,
};

enum h2_error {
    PROTOCOL_ERROR = 1,
    FLOW_CONTROL_ERROR = 3,
    FRAME_SIZE_ERROR = 6,
    CANCEL = 8,
    COMPRESSION_ERROR = 9,
    ENHANCE_YOUR_CALM = 11,
};

struct frame {
    uint32_t length;
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
};

/* Which streams a frame may name; BEFORE is one that is over, of which the peer may not know that yet. */
enum where { CONNECTION = 1, OURS = 2, BEFORE = 4, ANY = 8 };

static const struct {
    /* bytes */
    uint16_t min;
    uint16_t max;
    uint8_t where;
} rules[KNOWN] = {
    [DATA] = {0, H2_FRAME_MAX, OURS},
    [HEADERS] = {0, H2_FRAME_MAX, OURS},
    [PRIORITY] = {5, 5, ANY},
    [RST_STREAM] = {4, 4, OURS | BEFORE},
    [SETTINGS] = {0, H2_FRAME_MAX, CONNECTION},
    [PUSH_PROMISE] = {0, H2_FRAME_MAX, 0},
    [PING] = {8, 8, CONNECTION},
    [GOAWAY] = {8, H2_FRAME_MAX, CONNECTION},
    [WINDOW_UPDATE] = {4, 4, CONNECTION | OURS | BEFORE},
    [CONTINUATION] = {0, H2_FRAME_MAX, OURS},
};

static void put_u32(struct buf *b, uint32_t v)
{
    const unsigned char bytes[] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                   (unsigned char)(v >> 8), (unsigned char)v};
    buf_add(b, bytes, sizeof bytes);
}

static void put_frame(struct h2 *h, size_t length, enum frame_type type, unsigned flags, uint32_t stream)
{
    put_u32(&h->out, (uint32_t)(length << 8 | type));
    buf_char(&h->out, (char)flags);
    put_u32(&h->out, stream);
}

static void end_stream(struct h2 *h, struct h2_stream *s, enum h2_state state, uint32_t code)
{
    s->state = state;
    s->code = code;
    h->open--;
}

static void put_window(struct h2 *h, uint32_t stream, uint32_t more)
{
    put_frame(h, 4, WINDOW_UPDATE, 0, stream);
    put_u32(&h->out, more);
}

static struct h2_stream *next_open(struct h2_stream *s)
{
    while (s && s->state != H2_OPEN)
        s = s->next;
    return s;
}

/* The stream whose frame it is is at fault, or another that is open: the last one never ends unseen. */
static bool fail(struct h2 *h, enum h2_error code, const char *why)
{
    struct h2_stream *s = h->now ? h->now : next_open(h->streams);
    s->state = H2_BAD;
    h->why = why;
    h->open = 0;
    put_frame(h, 8, GOAWAY, 0, 0);
    put_u32(&h->out, 0);
    put_u32(&h->out, code);
    return false;
}

void h2_start(struct h2 *h)
{
    static const unsigned char settings[] = {0, ENABLE_PUSH, 0, 0, 0, 0, 0, INITIAL_WINDOW_SIZE};
    *h = (struct h2){.out.max = H2_OUT_MAX,
                     .in.max = HEAD + H2_FRAME_MAX,
                     .block.max = H2_BLOCK_MAX,
                     .open_max = UINT32_MAX,
                     .next_id = 1,
                     .last_stream = WINDOW_MAX,
                     .send = WINDOW_START,
                     .initial_window = WINDOW_START};
    hpack_init(&h->hpack);
    buf_str(&h->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    put_frame(h, sizeof settings + 4, SETTINGS, 0, 0);
    buf_add(&h->out, settings, sizeof settings);
    put_u32(&h->out, H2_WINDOW);
    put_window(h, 0, H2_WINDOW - WINDOW_START);
}

void h2_ask(struct h2 *h, struct h2_stream *stream, const struct h2_receiver *receiver,
            const struct h2_field *fields, size_t count, struct span head, struct span body)
{
    struct h2_stream **end = &h->streams;
    while (*end)
        end = &(*end)->next;
    *end = stream;
    *stream = (struct h2_stream){
        .state = H2_OPEN,
        .receiver = receiver,
        .body = {head, body},
        .id = h->next_id,
        .send = h->initial_window,
    };
    h->next_id += 2;
    h->open++;
    h->idle = 0;
    struct buf block = {0};
    if (h->shrunk)
        buf_char(&block, 0x20); /* to nothing, which is what the encoder uses of it */
    h->shrunk = false;
    for (size_t i = 0; i < count; i++)
        hpack_encode(&block, fields[i].name, fields[i].value);
    put_frame(h, block.len, HEADERS, END_HEADERS, stream->id);
    buf_add(&h->out, block.data, block.len);
    buf_free(&block);
}

bool h2_ready(struct h2 *h)
{
    bool ready = !h->why && !h->going_away && !h->behind;
    for (const struct h2_stream *s = h->streams; s; s = s->next)
        ready = ready && s->state == H2_ENDED && s->finished;
    h->streams = NULL;
    return ready;
}

static void fill(struct h2 *h, struct h2_stream *s)
{
    while (!s->finished && h->out.len < OUT_ENOUGH) {
        struct span *part = &s->body[s->body[0].n == 0];
        int64_t n = part->n < H2_FRAME_MAX ? (int64_t)part->n : (int64_t)H2_FRAME_MAX;
        n = n < s->send ? n : s->send;
        n = n < h->send ? n : h->send;
        if (n <= 0 && part->n > 0)
            return;
        size_t bytes = (size_t)n;
        s->finished = s->body[0].n + s->body[1].n == bytes;
        put_frame(h, bytes, DATA, s->finished ? END_STREAM : 0, s->id);
        buf_add(&h->out, part->p, bytes);
        *part = (struct span){part->n ? part->p + bytes : NULL, part->n - bytes};
        s->send -= n;
        h->send -= n;
    }
}

void h2_fill(struct h2 *h)
{
    for (struct h2_stream *s = next_open(h->streams); s && !h->why; s = next_open(s->next))
        fill(h, s);
}

/* Section 8.2.1: neither control characters nor capitals in a name; in a value neither line ends nor blanks at the
 * ends. */
static bool may_be_field(struct span name, struct span value)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char ch = name.p[i];
        if (ch <= ' ' || ch >= 0x7f || (ch >= 'A' && ch <= 'Z') || (ch == ':' && i > 0))
            return false;
    }
    for (size_t i = 0; i < value.n; i++) {
        unsigned char ch = value.p[i];
        bool blank = ch == ' ' || ch == '\t';
        if (ch == '\0' || ch == '\r' || ch == '\n' || (blank && (i == 0 || i == value.n - 1)))
            return false;
    }
    /* Section 8.2.2: what belongs to one connection of HTTP/1.1. */
    static const char old[][18] = {"connection", "keep-alive", "proxy-connection", "transfer-encoding",
                                   "upgrade"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (span_is(name, old[i]))
            return false;
    return name.n > 0;
}

/* 100-599, or 0. */
static int status_of(struct span name, struct span value)
{
    if (!span_is(name, ":status") || value.n != 3)
        return 0;
    int status = 0;
    for (size_t i = 0; i < 3; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return 0;
        status = status * 10 + (value.p[i] - '0');
    }
    /* HTTP/2 has no 101. */
    return status >= 100 && status < 600 && status != 101 ? status : 0;
}

static bool take_field(void *arg, struct span name, struct span value)
{
    struct h2 *h = arg;
    bool first = h->fields++ == 0;
    struct h2_stream *s = h->now;
    bool trailers = s->status >= 200;
    if (!may_be_field(name, value))
        return fail(h, PROTOCOL_ERROR, "a header field that none may be");
    /* Of an answer's pseudo-fields there is one: it comes first and only in a header. */
    if (first && !trailers) {
        s->status = status_of(name, value);
        return s->status != 0 || fail(h, PROTOCOL_ERROR, "a header without a status");
    }
    if (name.p[0] == ':')
        return fail(h, PROTOCOL_ERROR, "a pseudo-field in the wrong place");
    const char *why =
        s->status < 200 ? NULL : s->receiver->field(s->receiver->arg, h->last_block, name, value);
    return !why || fail(h, CANCEL, why);
}

static bool take_block(struct h2 *h, struct frame f, struct span fragment)
{
    struct h2_stream *s = h->now;
    if (f.type == HEADERS) {
        h->block_id = f.stream;
        h->last_block = f.flags & END_STREAM;
        if (s->status >= 200 && !h->last_block)
            return fail(h, PROTOCOL_ERROR, "trailers that do not end the answer");
    }
    buf_add(&h->block, fragment.p, fragment.n);
    if (h->block.full)
        return fail(h, ENHANCE_YOUR_CALM, "a header larger than 64 KiB");
    h->in_block = !(f.flags & END_HEADERS);
    if (h->in_block)
        return true;
    bool trailers = s->status >= 200;
    h->fields = 0;
    struct span block = {(const unsigned char *)h->block.data, h->block.len};
    if (!hpack_decode(&h->hpack, block, take_field, h))
        return h->why ? false : fail(h, COMPRESSION_ERROR, "a header that does not decode");
    buf_free(&h->block);
    if (!trailers && (h->fields == 0 || (s->status < 200 && h->last_block)))
        return fail(h, PROTOCOL_ERROR, "a header without a status");
    if (h->last_block)
        end_stream(h, s, H2_ENDED, 0);
    return true;
}

/* Lets the peer send as much more as came, once that is worth a frame. */
static void give_back(struct h2 *h, uint32_t stream, uint32_t *unsaid, uint32_t more)
{
    *unsaid += more;
    if (*unsaid < H2_WINDOW / 2)
        return;
    put_window(h, stream, *unsaid);
    *unsaid = 0;
}

static bool take_data(struct h2 *h, struct frame f, struct span bytes)
{
    struct h2_stream *s = h->now;
    if (s->status < 200)
        return fail(h, PROTOCOL_ERROR, "data before the header");
    give_back(h, 0, &h->unsaid, f.length);
    if (!(f.flags & END_STREAM))
        give_back(h, s->id, &s->unsaid, f.length);
    if (bytes.n > 0) {
        h->idle = 0;
        const char *why = s->receiver->data(s->receiver->arg, bytes);
        if (why)
            return fail(h, CANCEL, why);
    }
    if (f.flags & END_STREAM)
        end_stream(h, s, H2_ENDED, 0);
    return true;
}

static bool take_settings(struct h2 *h, struct frame f, struct reader r)
{
    if (f.length % 6 != 0 || (f.flags & ACK && f.length > 0))
        return fail(h, FRAME_SIZE_ERROR, "settings of a wrong size");
    if (f.flags & ACK)
        return true;
    bool too_large = false;
    while (r.n > 0) {
        uint16_t id = reader_u16be(&r);
        uint32_t value = reader_u32be(&r);
        if (id == MAX_CONCURRENT_STREAMS)
            h->open_max = value;
        if (id == INITIAL_WINDOW_SIZE) {
            for (struct h2_stream *s = next_open(h->streams); s; s = next_open(s->next)) {
                s->send += (int64_t)value - h->initial_window;
                too_large = too_large || s->send > WINDOW_MAX;
            }
            h->initial_window = value;
        }
        h->shrunk = h->shrunk || (id == HEADER_TABLE_SIZE && value < HPACK_TABLE_MAX);
        if (h->initial_window > WINDOW_MAX || too_large)
            return fail(h, FLOW_CONTROL_ERROR, "a window larger than 2 GiB");
        if ((id == ENABLE_PUSH && value != 0) ||
            (id == MAX_FRAME_SIZE && (value < H2_FRAME_MAX || value > 0xffffff)))
            return fail(h, PROTOCOL_ERROR, "a setting that may not be");
    }
    put_frame(h, 0, SETTINGS, ACK, 0);
    return true;
}

static bool take_window(struct h2 *h, uint32_t more)
{
    int64_t *window = h->now ? &h->now->send : &h->send;
    *window += more;
    if (more == 0)
        return fail(h, PROTOCOL_ERROR, "a window that grows by nothing");
    return *window <= WINDOW_MAX || fail(h, FLOW_CONTROL_ERROR, "a window larger than 2 GiB");
}

static bool take_goaway(struct h2 *h, uint32_t last, uint32_t code)
{
    if (last > h->last_stream)
        return fail(h, PROTOCOL_ERROR, "a goodbye that takes another back");
    h->last_stream = last;
    h->going_away = true;
    for (struct h2_stream *s = next_open(h->streams); s; s = next_open(s->next))
        if (last < s->id)
            end_stream(h, s, H2_TURNED, code);
    return true;
}

static bool take_frame(struct h2 *h, struct frame f, struct reader r)
{
    /* Section 6.1: padding may fill the frame, but not pass it. */
    if (f.type <= HEADERS) {
        size_t pad = f.flags & PADDED ? reader_u8(&r) : 0;
        if (f.type == HEADERS && f.flags & WITH_PRIORITY)
            reader_skip(&r, 5);
        if (r.bad || pad > r.n)
            return fail(h, PROTOCOL_ERROR, "more padding than frame");
        r.n -= pad;
    }
    struct span rest = {r.p, r.n};
    uint32_t word = f.type > HEADERS && f.type < CONTINUATION && r.n >= 4 ? reader_u32be(&r) : 0;
    switch (f.type) {
    case DATA:
        return take_data(h, f, rest);
    case HEADERS:
    case CONTINUATION:
        return take_block(h, f, rest);
    case RST_STREAM:
        end_stream(h, h->now, H2_RESET, word);
        return true;
    case SETTINGS:
        return take_settings(h, f, reader_of(rest.p, rest.n));
    case PING:
        if (f.flags & ACK)
            return true;
        put_frame(h, f.length, PING, ACK, 0);
        buf_add(&h->out, rest.p, rest.n);
        return true;
    case GOAWAY:
        return take_goaway(h, word & WINDOW_MAX, reader_u32be(&r));
    case WINDOW_UPDATE:
        return take_window(h, word & WINDOW_MAX);
    default:
        return true; /* PRIORITY means nothing any more, and what is unknown is skipped */
    }
}

/* What the nine bytes in front of a frame allow to say about it. */
static bool judge(struct h2 *h, struct frame f)
{
    if (!h->greeted && (f.length > H2_FRAME_MAX || f.type != SETTINGS || f.flags & ACK || f.stream != 0))
        return fail(h, PROTOCOL_ERROR, "this is not HTTP/2");
    h->greeted = true;
    if (f.length > H2_FRAME_MAX)
        return fail(h, FRAME_SIZE_ERROR, "a frame larger than 16 KiB");
    if (h->in_block != (f.type == CONTINUATION) || (h->in_block && f.stream != h->block_id))
        return fail(h, PROTOCOL_ERROR, "a header that is cut in two");
    if (++h->idle > H2_IDLE_MAX)
        return fail(h, ENHANCE_YOUR_CALM, "a flood of frames that say nothing");
    if (f.type >= KNOWN)
        return true;
    bool before = f.stream < h->next_id && f.stream % 2;
    unsigned where = f.stream == 0 ? CONNECTION : h->now ? OURS | ANY : before ? BEFORE | ANY : ANY;
    if (!(rules[f.type].where & where))
        return fail(h, PROTOCOL_ERROR, "a frame of a stream that it may not be of");
    return (f.length >= rules[f.type].min && f.length <= rules[f.type].max) ||
        fail(h, FRAME_SIZE_ERROR, "a frame of a wrong size");
}

/* Moves bytes to h->in until it holds `want`; false when there are not so many. */
static bool gather(struct h2 *h, struct reader *r, size_t want)
{
    size_t n = want > h->in.len ? want - h->in.len : 0;
    n = n < r->n ? n : r->n;
    buf_add(&h->in, r->p, n);
    reader_skip(r, n);
    return h->in.len >= want;
}

static struct h2_stream *stream_of(const struct h2 *h, uint32_t id)
{
    struct h2_stream *s = next_open(h->streams);
    while (s && s->id != id)
        s = next_open(s->next);
    return s;
}

void h2_feed(struct h2 *h, const void *p, size_t n)
{
    struct reader r = reader_of(p, n);
    while (h->open && gather(h, &r, HEAD)) {
        struct reader head = reader_of(h->in.data, HEAD);
        uint32_t word = reader_u32be(&head);
        struct frame f = {.length = word >> 8, .type = (uint8_t)word, .flags = reader_u8(&head)};
        f.stream = reader_u32be(&head) & WINDOW_MAX;
        h->now = stream_of(h, f.stream);
        /* A frame whose payload has yet to come is judged once. */
        if (!h->judged && !judge(h, f))
            return;
        h->judged = true;
        if (!gather(h, &r, HEAD + f.length))
            return;
        h->judged = false;
        bool ours = f.stream == 0 || h->now;
        if (ours && !take_frame(h, f, reader_of(h->in.data + HEAD, f.length)))
            return;
        h->in.len = 0;
        h->now = NULL;
        if (h->open && h->out.full)
            fail(h, ENHANCE_YOUR_CALM, "a flood of frames that want an answer");
    }
    h->behind = h->behind || r.n > 0;
    h->now = NULL;
    /* A peer that says little may still be known: all lengths are below 64 KiB. */
    if (h->open && !h->greeted && h->in.len > 0 && h->in.data[0] != 0)
        fail(h, PROTOCOL_ERROR, "this is not HTTP/2");
}

void h2_free(struct h2 *h)
{
    buf_free(&h->out);
    buf_free(&h->in);
    buf_free(&h->block);
}
