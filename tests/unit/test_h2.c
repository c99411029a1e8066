/* A server's side of HTTP/2 as bytes: whole, byte by byte and cut anywhere; and everything that must end the
 * connection. */
#include "h2_kit.h"
#include "talos/h2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GREETING "000000 04 00 00000000 "
#define HEADER "000001 01 04 00000001 88 "            /* :status: 200 */
#define TRAILERS "000005 01 05 00000001 00016101 62 " /* a: b */
#define ABC "000003 00 00 00000001 616263 "

struct rig {
    struct h2 h;
    struct h2_stream streams[3];
    /* the one asked last */
    struct h2_stream *s;
    struct h2_receiver receiver;
    struct buf log;
    const char *refuse_field;
    const char *refuse_data;
};

static const char *on_field(void *arg, bool last, struct span name, struct span value)
{
    struct rig *r = arg;
    buf_str(&r->log, last ? "last " : "");
    log_field(&r->log, name, value);
    return r->refuse_field;
}

static const char *on_data(void *arg, struct span bytes)
{
    struct rig *r = arg;
    buf_str(&r->log, "[");
    buf_add(&r->log, bytes.p, bytes.n);
    buf_str(&r->log, "]\n");
    return r->refuse_data;
}

static void ask(struct rig *r, struct span body)
{
    static const struct h2_field fields[] = {{":method", "POST"}, {":path", "/x"}};
    if (!r->s)
        h2_start(&r->h);
    r->s = r->s ? r->s + 1 : r->streams;
    h2_ask(&r->h, r->s, &r->receiver, fields, 2, (struct span){NULL, 0}, body);
}

static void start(struct rig *r, struct span body)
{
    *r = (struct rig){0};
    r->receiver = (struct h2_receiver){r, on_field, on_data};
    buf_str(&r->log, "");
    ask(r, body);
}

static void end(struct rig *r)
{
    h2_free(&r->h);
    buf_free(&r->log);
}

/* In a block of its own, so that a byte too far is seen. */
static void feed(struct rig *r, const char *p, size_t n)
{
    char *exact = malloc(n ? n : 1);
    assert_non_null(exact);
    if (n)
        memcpy(exact, p, n);
    h2_feed(&r->h, exact, n);
    free(exact);
}

static void feed_hex(struct rig *r, const char *hex)
{
    struct buf b = {0};
    put_hex(&b, hex);
    feed(r, b.data, b.len);
    buf_free(&b);
}

static void same(const struct rig *a, const struct rig *b)
{
    assert_int_equal(a->s->state, b->s->state);
    assert_ptr_equal(a->h.why, b->h.why);
    assert_int_equal(a->s->code, b->s->code);
    assert_int_equal(a->s->status, b->s->status);
    assert_string_equal(a->log.data, b->log.data);
    assert_int_equal(a->h.out.len, b->h.out.len);
    assert_memory_equal(a->h.out.data, b->h.out.data, a->h.out.len);
}

/* Feeds the bytes in every way there is, leaving *r as it is after the whole. */
static void feed_all_ways(struct rig *r, const char *hex)
{
    struct buf b = {0};
    buf_str(&b, "");
    put_hex(&b, hex);
    start(r, (struct span){NULL, 0});
    feed(r, b.data, b.len);
    for (size_t cut = 0; cut <= b.len; cut++) {
        struct rig other;
        start(&other, (struct span){NULL, 0});
        feed(&other, b.data, cut);
        feed(&other, b.data + cut, b.len - cut);
        same(r, &other);
        end(&other);
    }
    struct rig slow;
    start(&slow, (struct span){NULL, 0});
    for (size_t i = 0; i < b.len; i++)
        feed(&slow, b.data + i, 1);
    same(r, &slow);
    end(&slow);
    buf_free(&b);
}

static void out_ends_with(const struct rig *r, const char *hex)
{
    struct buf b = {0};
    put_hex(&b, hex);
    assert_true(r->h.out.len >= b.len);
    assert_memory_equal(r->h.out.data + r->h.out.len - b.len, b.data, b.len);
    buf_free(&b);
}

static void understood(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum h2_state state;
        const char *log;
    } cases[] = {
        {"", H2_OPEN, ""},
        {GREETING, H2_OPEN, ""},
        {GREETING HEADER ABC TRAILERS, H2_ENDED, "[abc]\nlast a: b\n"},
        /* Nothing is looked at after the end. */
        {GREETING HEADER ABC TRAILERS "000004 03 00 00000001 00000000", H2_ENDED, "[abc]\nlast a: b\n"},
        {GREETING HEADER ABC TRAILERS "ffffff ff ff ffffffff", H2_ENDED, "[abc]\nlast a: b\n"},
        /* Trailers only; data that ends the answer; trailers with no field. */
        {GREETING "000006 01 05 00000001 88 00016101 62", H2_ENDED, "last a: b\n"},
        {GREETING HEADER "000003 00 01 00000001 616263", H2_ENDED, "[abc]\n"},
        {GREETING HEADER "000000 00 01 00000001", H2_ENDED, ""},
        {GREETING HEADER "000000 01 05 00000001", H2_ENDED, ""},
        /* Padding of data: some, all of it, none; of a header, with a priority before it. */
        {GREETING HEADER "000007 00 09 00000001 03 616263 000000", H2_ENDED, "[abc]\n"},
        {GREETING HEADER "000004 00 09 00000001 03 000000", H2_ENDED, ""},
        {GREETING HEADER "000004 00 09 00000001 00 616263", H2_ENDED, "[abc]\n"},
        {GREETING "00000e 01 2d 00000001 02 0000000010 88 0001610162 0000", H2_ENDED, "last a: b\n"},
        {GREETING "00000b 01 25 00000001 8000000310 88 0001610162", H2_ENDED, "last a: b\n"},
        /* A header in pieces, one of them empty; the bit that is reserved is not looked at. */
        {GREETING "000002 01 01 00000001 8800 000000 09 00 00000001 000004 09 04 80000001 01610162", H2_ENDED,
         "last a: b\n"},
        {GREETING "000000 01 01 00000001 000006 09 04 00000001 880001610162", H2_ENDED, "last a: b\n"},
        {GREETING HEADER "000002 01 01 00000001 0001 000003 09 04 00000001 610162", H2_ENDED, "last a: b\n"},
        /* What is unknown is skipped, on any stream; so is PRIORITY. */
        {GREETING "000002 0a ff 00000000 6162 000000 ff 00 0000004d" HEADER
                  "000001 21 01 00000001 00" TRAILERS,
         H2_ENDED, "last a: b\n"},
        {GREETING "000005 02 00 00000007 0000000010" HEADER "000005 02 00 00000001 0000000010" TRAILERS,
         H2_ENDED, "last a: b\n"},
        /* Settings: acknowledged, unknown, at their limits. */
        {GREETING "000000 04 01 00000000 000006 04 00 00000000 00ff 12345678" HEADER TRAILERS, H2_ENDED,
         "last a: b\n"},
        {"000024 04 00 00000000 0001 00000000 0002 00000000 0003 00000000 0004 7fffffff 0005 00ffffff 0006 "
         "00000001" HEADER,
         H2_OPEN, ""},
        {GREETING "000006 04 00 00000000 0005 00004000" HEADER, H2_OPEN, ""},
        /* Interim answers, with fields. */
        {GREETING "00000a 01 04 00000001 0803313033 00016101 62" HEADER TRAILERS, H2_ENDED, "last a: b\n"},
        {GREETING "000005 01 04 00000001 0803313030 000005 01 04 00000001 0803313030" HEADER TRAILERS,
         H2_ENDED, "last a: b\n"},
        /* Resets and goodbyes. */
        {GREETING "000004 03 00 00000001 00000007", H2_RESET, ""},
        {GREETING HEADER ABC "000004 03 00 00000001 00000000", H2_RESET, "[abc]\n"},
        {GREETING "000008 07 00 00000000 00000000 0000000b", H2_TURNED, ""},
        {GREETING "00000b 07 00 00000000 00000000 0000000b 616263", H2_TURNED, ""},
        {GREETING
         "000008 07 00 00000000 7fffffff 00000000 000008 07 00 00000000 00000001 00000000" HEADER TRAILERS,
         H2_ENDED, "last a: b\n"},
        {GREETING HEADER
         "000008 07 00 00000000 00000001 00000000 000008 07 00 00000000 80000000 00000002" TRAILERS,
         H2_TURNED, ""},
        {GREETING "000004 08 00 00000000 7fff0000 000004 08 00 00000001 80000001" HEADER TRAILERS, H2_ENDED,
         "last a: b\n"},
        /* Fields that are handed on as they are. */
        {GREETING "000008 01 05 00000001 88 0003612d5f 0141", H2_ENDED, "last a-_: A\n"},
        {GREETING "00000a 01 05 00000001 88 000161 05 61 20 c3a4 62", H2_ENDED,
         "last a: a \xc3\xa4"
         "b\n"},
        {GREETING "000005 01 05 00000001 88 00016100", H2_ENDED, "last a: \n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        feed_all_ways(&r, cases[i].hex);
        if (r.s->state != cases[i].state)
            print_message("%s: %s\n", cases[i].hex, r.h.why ? r.h.why : "");
        assert_int_equal(r.s->state, cases[i].state);
        assert_string_equal(r.log.data, cases[i].log);
        end(&r);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *why;
        unsigned code;
    } cases[] = {
        /* What is no HTTP/2 is known by its first bytes. */
        {"48", "this is not HTTP/2", 1},
        {"485454502f312e3120343030", "this is not HTTP/2", 1},
        {"000000 04 01 00000000", "this is not HTTP/2", 1},
        {"000000 04 00 00000001", "this is not HTTP/2", 1},
        {"004001 04 00 00000000", "this is not HTTP/2", 1},
        {"000008 06 00 00000000", "this is not HTTP/2", 1},
        {HEADER, "this is not HTTP/2", 1},
        {"000000 0a 00 00000000", "this is not HTTP/2", 1},
        {"001603 01 00 f8010000", "this is not HTTP/2", 1}, /* TLS */
        /* Sizes, known before the payload is there. */
        {GREETING "004001 00 00 00000001", "a frame larger than 16 KiB", 6},
        {GREETING "ffffff 0a 00 00000001", "a frame larger than 16 KiB", 6},
        {GREETING "000007 06 00 00000000", "a frame of a wrong size", 6},
        {GREETING "000009 06 00 00000000", "a frame of a wrong size", 6},
        {GREETING "000003 03 00 00000001", "a frame of a wrong size", 6},
        {GREETING "000005 03 00 00000001", "a frame of a wrong size", 6},
        {GREETING "000003 08 00 00000000", "a frame of a wrong size", 6},
        {GREETING "000005 08 00 00000001", "a frame of a wrong size", 6},
        {GREETING "000007 07 00 00000000", "a frame of a wrong size", 6},
        {GREETING "000004 02 00 00000001", "a frame of a wrong size", 6},
        {GREETING "000006 02 00 00000001", "a frame of a wrong size", 6},
        {"000005 04 00 00000000 0001000000", "settings of a wrong size", 6},
        {GREETING "000006 04 01 00000000 000100000000", "settings of a wrong size", 6},
        /* Streams. */
        {GREETING "000000 00 00 00000000", "a frame of a stream that it may not be of", 1},
        {GREETING "000000 00 00 00000003", "a frame of a stream that it may not be of", 1},
        {GREETING "000001 01 04 00000000", "a frame of a stream that it may not be of", 1},
        {GREETING "000001 01 04 00000002", "a frame of a stream that it may not be of", 1},
        {GREETING "000005 02 00 00000000", "a frame of a stream that it may not be of", 1},
        {GREETING "000004 03 00 00000000", "a frame of a stream that it may not be of", 1},
        {GREETING "000004 03 00 00000003", "a frame of a stream that it may not be of", 1},
        {GREETING "000000 04 00 00000001", "a frame of a stream that it may not be of", 1},
        {GREETING "000008 06 00 00000001", "a frame of a stream that it may not be of", 1},
        {GREETING "000008 07 00 00000001", "a frame of a stream that it may not be of", 1},
        {GREETING "000004 08 00 00000003", "a frame of a stream that it may not be of", 1},
        /* PUSH_PROMISE */
        {GREETING "000005 05 04 00000001 00000002 88", "a frame of a stream that it may not be of", 1},
        /* Nothing may come between the frames of a header, and CONTINUATION only there. */
        {GREETING "000001 01 00 00000001 88" ABC, "a header that is cut in two", 1},
        {GREETING "000001 01 00 00000001 88 000008 06 00 00000000", "a header that is cut in two", 1},
        {GREETING "000001 01 00 00000001 88 000000 ff 00 00000000", "a header that is cut in two", 1},
        {GREETING "000001 01 00 00000001 88" HEADER, "a header that is cut in two", 1},
        {GREETING "000001 01 00 00000001 88 000000 09 04 00000003", "a header that is cut in two", 1},
        {GREETING "000000 09 04 00000001", "a header that is cut in two", 1},
        {GREETING HEADER "000000 09 04 00000001", "a header that is cut in two", 1},
        /* Padding. */
        {GREETING HEADER "000000 00 08 00000001", "more padding than frame", 1},
        {GREETING HEADER "000003 00 08 00000001 03 0000", "more padding than frame", 1},
        {GREETING "000000 01 0c 00000001", "more padding than frame", 1},
        {GREETING "000002 01 0c 00000001 0288", "more padding than frame", 1},
        {GREETING "000004 01 24 00000001 00000000", "more padding than frame", 1},
        {GREETING "000007 01 2c 00000001 02 0000000010 88", "more padding than frame", 1},
        /* Settings. */
        {"000006 04 00 00000000 0002 00000001", "a setting that may not be", 1},
        {"000006 04 00 00000000 0002 00000002", "a setting that may not be", 1},
        {"000006 04 00 00000000 0005 00003fff", "a setting that may not be", 1},
        {"000006 04 00 00000000 0005 01000000", "a setting that may not be", 1},
        {"000006 04 00 00000000 0004 80000000", "a window larger than 2 GiB", 3},
        /* Windows. */
        {GREETING "000004 08 00 00000000 00000000", "a window that grows by nothing", 1},
        {GREETING "000004 08 00 00000001 80000000", "a window that grows by nothing", 1},
        {GREETING "000004 08 00 00000000 7fff0001", "a window larger than 2 GiB", 3},
        {GREETING "000004 08 00 00000001 7fff0001", "a window larger than 2 GiB", 3},
        {GREETING "000004 08 00 00000001 00000001 000006 04 00 00000000 0004 7fffffff",
         "a window larger than 2 GiB", 3},
        /* A goodbye may lower what it lets live, not raise it. */
        {GREETING "000008 07 00 00000000 00000001 00000000 000008 07 00 00000000 00000003 00000000",
         "a goodbye that takes another back", 1},
        /* The order of an answer. */
        {GREETING ABC, "data before the header", 1},
        {GREETING "000000 00 01 00000001", "data before the header", 1},
        {GREETING "000005 01 04 00000001 0803313033" ABC, "data before the header", 1},
        {GREETING HEADER HEADER, "trailers that do not end the answer", 1},
        {GREETING HEADER ABC "000005 01 04 00000001 0001610162", "trailers that do not end the answer", 1},
        {GREETING HEADER "000001 01 05 00000001 88", "a pseudo-field in the wrong place", 1},
        {GREETING "000000 01 04 00000001", "a header without a status", 1},
        {GREETING "000000 01 05 00000001", "a header without a status", 1},
        {GREETING "000006 01 04 00000001 0001610162 88", "a header without a status", 1},
        {GREETING "000002 01 04 00000001 8888", "a pseudo-field in the wrong place", 1},
        {GREETING "000007 01 04 00000001 88 00016101 62 88", "a pseudo-field in the wrong place", 1},
        {GREETING "000001 01 04 00000001 82", "a header without a status", 1},
        {GREETING "000007 01 04 00000001 88 00023a61 0162", "a pseudo-field in the wrong place", 1},
        {GREETING "000005 01 04 00000001 0803303939", "a header without a status", 1},
        {GREETING "000005 01 04 00000001 0803363030", "a header without a status", 1},
        {GREETING "000005 01 04 00000001 0803313031", "a header without a status", 1}, /* 101 */
        {GREETING "000005 01 04 00000001 080332 3061", "a header without a status", 1},
        {GREETING "000004 01 04 00000001 08023230", "a header without a status", 1},
        {GREETING "000006 01 04 00000001 080432303030", "a header without a status", 1},
        {GREETING "000005 01 05 00000001 0803313033", "a header without a status", 1}, /* an interim end */
        /* Fields. */
        {GREETING "000006 01 04 00000001 88 0001410162", "a header field that none may be", 1},
        {GREETING "000006 01 04 00000001 88 0001200162", "a header field that none may be", 1},
        {GREETING "000006 01 04 00000001 88 0001000162", "a header field that none may be", 1},
        {GREETING "000006 01 04 00000001 88 00017f0162", "a header field that none may be", 1},
        {GREETING "000006 01 04 00000001 88 0001ff0162", "a header field that none may be", 1},
        {GREETING "000007 01 04 00000001 88 0002613a0162", "a header field that none may be", 1},
        {GREETING "000005 01 04 00000001 88 00000162", "a header field that none may be", 1},
        {GREETING "000006 01 04 00000001 88 0001610100", "a header field that none may be", 1},
        {GREETING "000006 01 04 00000001 88 000161010a", "a header field that none may be", 1},
        {GREETING "000008 01 04 00000001 88 0001610361 0d61", "a header field that none may be", 1},
        {GREETING "000007 01 04 00000001 88 000161022061", "a header field that none may be", 1},
        {GREETING "000007 01 04 00000001 88 000161026109", "a header field that none may be", 1},
        {GREETING HEADER "000005 01 05 00000001 0001410162", "a header field that none may be", 1},
        {GREETING "000010 01 04 00000001 88 000a636f6e6e656374696f6e 026162",
         "a header field that none may be", 1},
        {GREETING "00000c 01 04 00000001 88 000775706772616465 0162", "a header field that none may be", 1},
        {GREETING "000004 01 04 00000001 88 0f2a00", "a header field that none may be",
         1}, /* transfer-encoding */
        /* HPACK. */
        {GREETING "000002 01 04 00000001 88be", "a header that does not decode", 9},
        {GREETING "000001 01 04 00000001 80", "a header that does not decode", 9},
        {GREETING "000003 01 04 00000001 880001", "a header that does not decode", 9},
        {GREETING "000002 01 04 00000001 8820", "a header that does not decode", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        feed_all_ways(&r, cases[i].hex);
        if (r.s->state != H2_BAD || strcmp(r.h.why, cases[i].why) != 0)
            fail_msg("%s: state %d, %s", cases[i].hex, r.s->state, r.h.why ? r.h.why : "nothing wrong");
        char goaway[64];
        snprintf(goaway, sizeof goaway, "000008 07 00 00000000 00000000 %08x", cases[i].code);
        out_ends_with(&r, goaway);
        end(&r);
    }
}

static void the_receiver_may_refuse(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){NULL, 0});
    r.refuse_data = "no such data";
    feed_hex(&r, GREETING HEADER ABC ABC TRAILERS);
    assert_int_equal(r.s->state, H2_BAD);
    assert_string_equal(r.h.why, "no such data");
    assert_string_equal(r.log.data, "[abc]\n");
    out_ends_with(&r, "000008 07 00 00000000 00000000 00000008");
    end(&r);
    start(&r, (struct span){NULL, 0});
    r.refuse_field = "no such field";
    feed_hex(&r, GREETING HEADER ABC "00000a 01 05 00000001 0001610162 0001630164");
    assert_string_equal(r.h.why, "no such field");
    assert_string_equal(r.log.data, "[abc]\nlast a: b\n");
    end(&r);
}

static void what_is_sent_first(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){(const unsigned char *)"xyz", 3});
    h2_fill(&r.h);
    struct buf want = {0};
    buf_str(&want, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    put_hex(&want, "00000c 04 00 00000000 0002 00000000 0004 00400000 000004 08 00 00000000 003f0001");
    put_hex(&want, "000005 01 04 00000001 83 04 02 2f78 000003 00 01 00000001 78797a");
    assert_int_equal(r.h.out.len, want.len);
    assert_memory_equal(r.h.out.data, want.data, want.len);
    h2_fill(&r.h);
    assert_int_equal(r.h.out.len, want.len);
    buf_free(&want);
    end(&r);
}

static void settings_and_pings_are_answered(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){NULL, 0});
    size_t before = r.h.out.len;
    feed_hex(&r, GREETING);
    out_ends_with(&r, "000000 04 01 00000000");
    feed_hex(&r, "000008 06 00 00000000 0123456789abcdef");
    out_ends_with(&r, "000000 04 01 00000000 000008 06 01 00000000 0123456789abcdef");
    assert_int_equal(r.h.out.len, before + 9 + 17);
    /* An answer is not answered. */
    feed_hex(&r, "000008 06 01 00000000 0123456789abcdef 000000 04 01 00000000");
    assert_int_equal(r.h.out.len, before + 9 + 17);
    end(&r);
}

/* Takes all that waits in out: how much of the body is in it, and whether it ends it. Everything else is passed
 * over. */
static size_t take_body(struct rig *r, bool *ended)
{
    struct buf *out = &r->h.out;
    h2_fill(&r->h);
    size_t at = out->len >= 3 && memcmp(out->data, "PRI", 3) == 0 ? 24 : 0;
    size_t bytes = 0;
    while (at < out->len) {
        struct reader head = reader_of(out->data + at, out->len - at);
        uint32_t word = reader_u32be(&head);
        assert_true(word >> 8 <= 16384);
        if ((word & 0xff) == 0) {
            assert_false(*ended);
            bytes += word >> 8;
            *ended = out->data[at + 4] & 1;
        }
        at += 9 + (word >> 8);
    }
    assert_int_equal(at, out->len);
    out->len = 0;
    return bytes;
}

static void the_peers_windows_are_kept(void **state)
{
    (void)state;
    static unsigned char body[300000];
    struct rig r;
    start(&r, (struct span){body, sizeof body});
    bool ended = false;
    assert_int_equal(take_body(&r, &ended), 65535);
    assert_int_equal(take_body(&r, &ended), 0);
    feed_hex(&r, GREETING "000004 08 00 00000001 00010000"); /* the stream alone */
    assert_int_equal(take_body(&r, &ended), 0);
    feed_hex(&r, "000004 08 00 00000000 00000005"); /* the connection */
    assert_int_equal(take_body(&r, &ended), 5);
    feed_hex(&r, "000004 08 00 00000000 000fffff");
    assert_int_equal(take_body(&r, &ended), 65531);
    /* A smaller initial window takes back what was given: now 100 - 65535 below nothing. */
    feed_hex(&r, "000006 04 00 00000000 0004 00000064");
    assert_int_equal(take_body(&r, &ended), 0);
    feed_hex(&r, "000004 08 00 00000001 0000ff9b"); /* up to nothing */
    assert_int_equal(take_body(&r, &ended), 0);
    feed_hex(&r, "000004 08 00 00000001 00000001");
    assert_int_equal(take_body(&r, &ended), 1);
    assert_false(ended);
    feed_hex(&r, "000006 04 00 00000000 0004 00100000"); /* now 1048576 - 100 more */
    size_t sent = 0;
    for (int i = 0; i < 10; i++)
        sent += take_body(&r, &ended);
    assert_true(ended);
    assert_int_equal(sent, sizeof body - 65535 - 5 - 65531 - 1);
    assert_int_equal(r.s->state, H2_OPEN);
    end(&r);
    /* A change counts from the last one. */
    ended = false;
    start(&r, (struct span){body, sizeof body});
    feed_hex(&r, "000006 04 00 00000000 0004 00000000");
    assert_int_equal(take_body(&r, &ended), 0);
    feed_hex(&r, "00000c 04 00 00000000 0004 00000032 0004 00000064");
    assert_int_equal(take_body(&r, &ended), 100);
    end(&r);
}

static void out_stays_small(void **state)
{
    (void)state;
    static unsigned char body[300000];
    struct rig r;
    start(&r, (struct span){body, sizeof body});
    feed_hex(&r, GREETING "000006 04 00 00000000 0004 7fffffff 000004 08 00 00000000 7fff0000");
    h2_fill(&r.h);
    assert_true(r.h.out.len >= 65536 && r.h.out.len <= 65536 + 16384 + 9);
    end(&r);
}

static void an_empty_body_ends_at_once(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){NULL, 0});
    bool ended = false;
    assert_int_equal(take_body(&r, &ended), 0);
    assert_true(ended);
    end(&r);
}

#define FIRST GREETING HEADER ABC "000005 01 05 00000001 4001610162"

/* A second request on the connection, as far as it may be made: *r has asked it, with nothing in out. */
static void ask_again(struct rig *r)
{
    start(r, (struct span){NULL, 0});
    bool ended = false;
    assert_int_equal(take_body(r, &ended), 0);
    feed_hex(r, FIRST);
    assert_int_equal(r->s->state, H2_ENDED);
    assert_true(h2_ready(&r->h));
    take_body(r, &ended);
    r->log.len = 0;
    ask(r, (struct span){(const unsigned char *)"xyz", 3});
    assert_int_equal(r->s->state, H2_OPEN);
    h2_fill(&r->h);
    struct buf want = {0};
    put_hex(&want, "000005 01 04 00000003 83 04 02 2f78 000003 00 01 00000003 78797a");
    assert_int_equal(r->h.out.len, want.len);
    assert_memory_equal(r->h.out.data, want.data, want.len);
    buf_free(&want);
    r->h.out.len = 0;
}

static void one_request_after_another(void **state)
{
    (void)state;
    struct rig r;
    ask_again(&r);
    /* What the peer still says of the first, then the second's answer, with a field that stands in the table. */
    feed_hex(
        &r, "000004 08 00 00000001 00000001 000004 03 00 00000001 00000000 000005 02 00 00000001 0000000000");
    assert_int_equal(r.s->state, H2_OPEN);
    feed_hex(&r, "000001 01 04 00000003 88 000002 00 00 00000003 6465 000001 01 05 00000003 be");
    assert_int_equal(r.s->state, H2_ENDED);
    assert_int_equal(r.s->status, 200);
    buf_char(&r.log, '\0');
    assert_string_equal(r.log.data, "[de]\nlast a: b\n");
    assert_true(h2_ready(&r.h));
    end(&r);
    static const struct {
        const char *hex;
        enum h2_state state;
    } cases[] = {
        {"000001 00 00 00000001 61", H2_BAD},
        {"000001 01 04 00000001 88", H2_BAD},
        {"000004 08 00 00000005 00000001", H2_BAD},
        {"000004 08 00 00000002 00000001", H2_BAD},
        {"000004 03 00 00000005 00000000", H2_BAD},
        {"000001 00 00 00000003 61", H2_BAD},
        {"000003 08 00 00000001 000001", H2_BAD},
        {"000004 03 00 00000003 00000008", H2_RESET},
        {"000008 07 00 00000000 0000000100000000", H2_TURNED},
        {"000008 07 00 00000000 0000000300000000", H2_OPEN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask_again(&r);
        feed_hex(&r, cases[i].hex);
        assert_int_equal(r.s->state, cases[i].state);
        end(&r);
    }
}

/* A table that the peer made smaller is said to be empty, once. */
static void the_peers_table(void **state)
{
    (void)state;
    static const struct {
        const char *size, *block;
    } cases[] = {
        {"00000000", "000006 01 04 00000003 20 83 04 02 2f78"},
        {"00000fff", "000006 01 04 00000003 20 83 04 02 2f78"},
        {"00001000", "000005 01 04 00000003 83 04 02 2f78"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        start(&r, (struct span){NULL, 0});
        bool ended = false;
        take_body(&r, &ended);
        char hex[256];
        snprintf(hex, sizeof hex, "000006 04 00 00000000 0001 %s" HEADER TRAILERS, cases[i].size);
        feed_hex(&r, hex);
        take_body(&r, &ended);
        ask(&r, (struct span){NULL, 0});
        out_ends_with(&r, cases[i].block);
        assert_int_equal(r.h.out.len, 9 + (r.h.out.data[2] == 6 ? 6 : 5));
        h2_fill(&r.h);
        feed_hex(&r, "000001 01 04 00000003 88 000005 01 05 00000003 0001610162");
        assert_true(h2_ready(&r.h));
        r.h.out.len = 0;
        ask(&r, (struct span){NULL, 0});
        out_ends_with(&r, "000005 01 04 00000005 83 04 02 2f78");
        end(&r);
    }
}

static void when_no_request_may_follow(void **state)
{
    (void)state;
    static unsigned char body[100000];
    static const struct {
        const char *one, *two;
        size_t body;
    } cases[] = {
        {GREETING HEADER ABC, "", 0},
        {FIRST "00", "", 0},
        {FIRST, "000008 06 00 00000000 0123456789abcdef", 0},
        {GREETING "000008 07 00 00000000 0000000100000000", HEADER TRAILERS, 0},
        {FIRST, "", sizeof body},
        {GREETING "000004 03 00 00000001 00000000", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r;
        start(&r, (struct span){body, cases[i].body});
        h2_fill(&r.h);
        feed_hex(&r, cases[i].one);
        feed_hex(&r, cases[i].two);
        assert_false(h2_ready(&r.h));
        end(&r);
    }
}

static void put_data(struct rig *r, size_t n)
{
    static unsigned char zeroes[16384];
    struct buf b = {0};
    put_frame(&b, 0, 0, 1, zeroes, n);
    feed(r, b.data, b.len);
    buf_free(&b);
}

static void our_windows_are_opened_again(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){NULL, 0});
    r.log.max = 1; /* kept short */
    feed_hex(&r, GREETING HEADER);
    bool ended = false;
    take_body(&r, &ended);
    int64_t window = H2_WINDOW;
    unsigned updates = 0;
    for (int i = 0; i < 2000; i++) {
        put_data(&r, 16384);
        window -= 16384;
        assert_true(window >= 0);
        if (r.h.out.len == 0)
            continue;
        assert_int_equal(r.h.out.len, 26);
        uint32_t more = 0;
        memcpy(&more, r.h.out.data + 9, 4);
        more = __builtin_bswap32(more);
        struct buf want = {0};
        put_hex(&want, "000004 08 00 00000000");
        put_number(&want, more, 4);
        put_hex(&want, "000004 08 00 00000001");
        put_number(&want, more, 4);
        assert_memory_equal(r.h.out.data, want.data, 26);
        buf_free(&want);
        window += more;
        assert_true(window <= H2_WINDOW);
        r.h.out.len = 0;
        updates++;
    }
    assert_true(updates >= 10 && updates <= 20);
    assert_int_equal(r.s->state, H2_OPEN);
    end(&r);
}

/* As many frames as may come in a row without a byte of the body, and one more. */
static void flood(const char *hex, const char *why)
{
    struct rig r;
    start(&r, (struct span){NULL, 0});
    feed_hex(&r, GREETING HEADER ABC);
    for (unsigned i = 0; i < H2_IDLE_MAX; i++)
        feed_hex(&r, hex);
    assert_int_equal(r.s->state, H2_OPEN);
    r.h.out.len = 0;
    feed_hex(&r, hex);
    assert_int_equal(r.s->state, H2_BAD);
    assert_string_equal(r.h.why, why);
    out_ends_with(&r, "000008 07 00 00000000 00000000 0000000b");
    end(&r);
}

static void floods(void **state)
{
    (void)state;
    static const char why[] = "a flood of frames that say nothing";
    flood("000008 06 00 00000000 0000000000000000", why);
    flood("000000 04 00 00000000", why);
    flood("000000 00 00 00000001", why);
    flood("000000 ff 00 00000001", why);
    flood("000005 02 00 00000005 0000000000", why);
    flood("000004 08 00 00000000 00000001", why);
}

static void a_frame_in_crumbs_is_no_flood(void **state)
{
    (void)state;
    static unsigned char zeroes[16384];
    struct rig r;
    start(&r, (struct span){NULL, 0});
    feed_hex(&r, GREETING HEADER);
    struct buf b = {0};
    put_frame(&b, 0, 1, 1, zeroes, sizeof zeroes);
    for (size_t i = 0; i < b.len; i++)
        feed(&r, b.data + i, 1);
    assert_int_equal(r.s->state, H2_ENDED);
    assert_int_equal(r.log.len, sizeof zeroes + 3);
    buf_free(&b);
    end(&r);
}

static void a_flood_that_is_never_taken(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){NULL, 0});
    feed_hex(&r, GREETING HEADER);
    for (int i = 0; i < 20000 && r.s->state == H2_OPEN; i++)
        feed_hex(&r, "000008 06 00 00000000 0000000000000000 000001 00 00 00000001 00");
    assert_int_equal(r.s->state, H2_BAD);
    assert_string_equal(r.h.why, "a flood of frames that want an answer");
    assert_true(r.h.out.len <= H2_OUT_MAX);
    end(&r);
}

static void headers_have_a_limit(void **state)
{
    (void)state;
    struct rig r;
    start(&r, (struct span){NULL, 0});
    feed_hex(&r, GREETING "000001 01 00 00000001 88");
    struct buf b = {0};
    static unsigned char zeroes[16384];
    put_frame(&b, 9, 0, 1, zeroes, sizeof zeroes);
    for (int i = 0; i < 3; i++)
        feed(&r, b.data, b.len);
    assert_int_equal(r.s->state, H2_OPEN);
    feed(&r, b.data, b.len); /* 1 byte above 64 KiB */
    assert_int_equal(r.s->state, H2_BAD);
    assert_string_equal(r.h.why, "a header larger than 64 KiB");
    end(&r);
    /* Frames with nothing in them have one too. */
    start(&r, (struct span){NULL, 0});
    feed_hex(&r, GREETING "000001 01 00 00000001 88");
    for (unsigned i = 0; i < H2_IDLE_MAX; i++)
        feed_hex(&r, "000000 09 00 00000001");
    assert_string_equal(r.h.why, "a flood of frames that say nothing");
    end(&r);
    /* 60 KB of one field in four frames are a header like any other. */
    start(&r, (struct span){NULL, 0});
    b.len = 0;
    put_hex(&b, "880001617fe1d303"); /* 60000 */
    for (int i = 0; i < 60000; i++)
        buf_char(&b, 'v');
    struct buf frames = {0};
    put_hex(&frames, GREETING);
    for (size_t at = 0; at < b.len; at += 16384) {
        size_t n = b.len - at < 16384 ? b.len - at : 16384;
        put_frame(&frames, at ? 9 : 1, (at ? 0u : 1u) | (at + n == b.len ? 4u : 0u), 1, b.data + at, n);
    }
    feed(&r, frames.data, frames.len);
    assert_int_equal(r.s->state, H2_ENDED);
    assert_int_equal(r.log.len, 5 + 3 + 60000 + 1);
    buf_free(&frames);
    buf_free(&b);
    end(&r);
}

/* -- two requests beside one another: *r has asked both, and what is said to the second is in other's log */

static void ask_two(struct rig *r, struct rig *other, struct span one, struct span two)
{
    static const struct h2_field fields[] = {{":method", "POST"}, {":path", "/y"}};
    start(r, one);
    *other = (struct rig){.receiver = {other, on_field, on_data}};
    buf_str(&other->log, "");
    h2_ask(&r->h, &r->streams[1], &other->receiver, fields, 2, (struct span){NULL, 0}, two);
}

static void end_two(struct rig *r, struct rig *other)
{
    end(other);
    end(r);
}

static void two_requests_at_a_time(void **state)
{
    (void)state;
    struct rig r, other;
    ask_two(&r, &other, (struct span){NULL, 0}, (struct span){(const unsigned char *)"xyz", 3});
    h2_fill(&r.h);
    out_ends_with(&r,
                  "000005 01 04 00000001 83 04 02 2f78 000005 01 04 00000003 83 04 02 2f79"
                  "000000 00 01 00000001 000003 00 01 00000003 78797a");
    assert_int_equal(r.h.open, 2);
    assert_int_equal(r.h.open_max, UINT32_MAX);
    /* The second is answered first, and each between the pieces of the other. */
    feed_hex(&r,
             "000006 04 00 00000000 0003 00000007 000001 01 04 00000003 88" HEADER
             "000001 00 00 00000003 31 000001 00 00 00000001 41 000001 00 00 00000003 32"
             "000005 01 05 00000003 4001610162");
    assert_int_equal(r.h.open_max, 7);
    assert_int_equal(r.h.open, 1);
    assert_int_equal(r.streams[0].state, H2_OPEN);
    assert_int_equal(r.streams[1].state, H2_ENDED);
    assert_string_equal(other.log.data, "[1]\n[2]\nlast a: b\n");
    /* Of what is over the peer may not know yet; the table is one for both. */
    feed_hex(&r, "000004 08 00 00000003 00000001 000001 00 00 00000001 42 000001 01 05 00000001 be");
    assert_int_equal(r.streams[0].state, H2_ENDED);
    assert_string_equal(r.log.data, "[A]\n[B]\nlast a: b\n");
    assert_true(h2_ready(&r.h));
    end_two(&r, &other);
}

static void one_of_two_fails(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum h2_state one, two;
        uint32_t code;
    } cases[] = {
        {"000004 03 00 00000003 00000007", H2_OPEN, H2_RESET, 7},
        {"000008 07 00 00000000 00000001 00000002", H2_OPEN, H2_TURNED, 2},
        {"000008 07 00 00000000 00000003 00000000", H2_OPEN, H2_OPEN, 0},
        /* What is wrong is of the stream whose frame it is, else of the first that is open. */
        {"000001 00 00 00000003 61", H2_OPEN, H2_BAD, 0},
        {"000001 01 04 00000003 00", H2_OPEN, H2_BAD, 0},
        {"000001 01 05 00000003 88 000001 00 00 00000003 61", H2_BAD, H2_ENDED, 0},
        {"000004 08 00 00000005 00000001", H2_BAD, H2_OPEN, 0},
        {"000001 01 00 00000003 88 000000 09 04 00000001", H2_BAD, H2_OPEN, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig r, other;
        ask_two(&r, &other, (struct span){NULL, 0}, (struct span){NULL, 0});
        h2_fill(&r.h);
        feed_hex(&r, GREETING);
        feed_hex(&r, cases[i].hex);
        assert_int_equal(r.streams[0].state, cases[i].one);
        assert_int_equal(r.streams[1].state, cases[i].two);
        assert_int_equal(r.streams[1].code, cases[i].code);
        bool bad = cases[i].one == H2_BAD || cases[i].two == H2_BAD;
        assert_true(bad == (r.h.why != NULL));
        /* The other one goes on, but nothing follows. */
        if (!bad)
            feed_hex(&r, HEADER TRAILERS);
        assert_int_equal(r.streams[0].state, bad ? cases[i].one : H2_ENDED);
        assert_int_equal(r.h.open, cases[i].two == H2_OPEN && !bad);
        assert_false(h2_ready(&r.h));
        end_two(&r, &other);
    }
    struct rig r, other;
    ask_two(&r, &other, (struct span){NULL, 0}, (struct span){NULL, 0});
    other.refuse_data = "no such data";
    feed_hex(&r, GREETING "000001 01 04 00000003 88 000001 00 00 00000003 61");
    assert_int_equal(r.streams[0].state, H2_OPEN);
    assert_int_equal(r.streams[1].state, H2_BAD);
    assert_string_equal(r.h.why, "no such data");
    end_two(&r, &other);
}

static void windows_of_two(void **state)
{
    (void)state;
    static unsigned char body[300000];
    struct rig r, other;
    ask_two(&r, &other, (struct span){body, 70000}, (struct span){body, sizeof body});
    bool ended = false;
    assert_int_equal(take_body(&r, &ended), 65535); /* as much as the connection lets, of the first */
    assert_int_equal(r.streams[0].send, 0);
    feed_hex(&r, GREETING "000004 08 00 00000000 00100000");
    assert_int_equal(take_body(&r, &ended), 65535); /* of the second */
    feed_hex(&r, "000006 04 00 00000000 0004 00010009");
    assert_int_equal(take_body(&r, &ended), 10 + 10);
    feed_hex(&r, "000004 08 00 00000003 00000003");
    assert_int_equal(take_body(&r, &ended), 3);
    assert_false(ended);
    feed_hex(&r, "000004 08 00 00000001 7fff0000");
    assert_int_equal(take_body(&r, &ended), 70000 - 65535 - 10);
    assert_true(ended && r.streams[0].finished && !r.streams[1].finished);
    /* Each stream's window is measured with the new start. */
    feed_hex(&r, "000006 04 00 00000000 0004 7fffffff");
    assert_string_equal(r.h.why, "a window larger than 2 GiB");
    end_two(&r, &other);
    /* What came on either is given back to the connection, and to each what was its own. */
    ask_two(&r, &other, (struct span){NULL, 0}, (struct span){NULL, 0});
    feed_hex(&r, GREETING HEADER "000001 01 04 00000003 88");
    h2_fill(&r.h);
    r.h.out.len = 0;
    r.log.max = other.log.max = 1;
    struct buf b = {0};
    put_frame(&b, 0, 0, 1, body, 16384);
    put_frame(&b, 0, 0, 3, body, 16384);
    for (unsigned i = 0; i < H2_WINDOW / 4 / 16384; i++)
        feed(&r, b.data, b.len);
    assert_int_equal(r.h.out.len, 13);
    out_ends_with(&r, "000004 08 00 00000000 00200000");
    for (unsigned i = 0; i < H2_WINDOW / 4 / 16384; i++)
        feed(&r, b.data, b.len);
    assert_int_equal(r.h.out.len, 4 * 13);
    out_ends_with(&r,
                  "000004 08 00 00000001 00200000 000004 08 00 00000000 00200000"
                  "000004 08 00 00000003 00200000");
    buf_free(&b);
    end_two(&r, &other);
}

static void the_table_lasts_from_block_to_block(void **state)
{
    (void)state;
    struct rig r;
    feed_all_ways(&r, GREETING "000006 01 04 00000001 88 40 0161 0162" ABC "000001 01 05 00000001 be");
    assert_int_equal(r.s->state, H2_ENDED);
    assert_string_equal(r.log.data, "a: b\n[abc]\nlast a: b\n");
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understood),
        cmocka_unit_test(refused),
        cmocka_unit_test(the_receiver_may_refuse),
        cmocka_unit_test(what_is_sent_first),
        cmocka_unit_test(settings_and_pings_are_answered),
        cmocka_unit_test(the_peers_windows_are_kept),
        cmocka_unit_test(out_stays_small),
        cmocka_unit_test(an_empty_body_ends_at_once),
        cmocka_unit_test(one_request_after_another),
        cmocka_unit_test(the_peers_table),
        cmocka_unit_test(when_no_request_may_follow),
        cmocka_unit_test(our_windows_are_opened_again),
        cmocka_unit_test(floods),
        cmocka_unit_test(a_frame_in_crumbs_is_no_flood),
        cmocka_unit_test(a_flood_that_is_never_taken),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(two_requests_at_a_time),
        cmocka_unit_test(one_of_two_fails),
        cmocka_unit_test(windows_of_two),
        cmocka_unit_test(the_table_lasts_from_block_to_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
