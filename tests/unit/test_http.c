/* HTTP/1.1 responses in any pieces, and everything that is not one. */
#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static size_t feed_all(struct http *h, const char *s, size_t n)
{
    size_t used = 0;
    while (used < n) {
        size_t k = http_feed(h, s + used, n - used);
        if (k == 0)
            break;
        used += k;
    }
    return used;
}

static void parse(struct http *h, const char *s)
{
    http_init(h, NOW);
    feed_all(h, s, strlen(s));
}

static void body_is(struct http *h, const char *want)
{
    assert_int_equal(h->state, HTTP_DONE);
    assert_int_equal(h->body.len, strlen(want));
    if (want[0])
        assert_memory_equal(h->body.data, want, strlen(want));
    http_free(h);
}

static const char recorded[] = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 "
                               "OK\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n"
                               "Content-Type: application/json; charset=utf-8\r\nSet-Cookie: a=b\r\n\r\n"
                               "4\r\n{\"v\"\r\n3;ext=\"x\"\r\n:\"\xc3\r\n5 "
                               "\r\n\xa4\\u00\r\n4\r\n41\"}\r\n0\r\nX-Trailer: 1\r\n\r\nHTTP/1.1 404";

static void every_split_point(void **state)
{
    (void)state;
    size_t end = sizeof recorded - 1 - strlen("HTTP/1.1 404");
    for (size_t at = 0; at <= end; at++) {
        struct http h;
        http_init(&h, NOW);
        size_t used = feed_all(&h, recorded, at);
        assert_int_equal(used, at);
        used += feed_all(&h, recorded + at, sizeof recorded - 1 - at);
        assert_int_equal(used, end);
        assert_string_equal(h.content_type, "application/json; charset=utf-8");
        assert_true(h.keep_alive);
        body_is(&h, "{\"v\":\"\xc3\xa4\\u0041\"}");
    }
    struct http h;
    http_init(&h, NOW);
    for (size_t i = 0; i < end; i++)
        assert_int_equal(http_feed(&h, recorded + i, 1), 1);
    body_is(&h, "{\"v\":\"\xc3\xa4\\u0041\"}");
}

static void lengths(void **state)
{
    (void)state;
    struct http h;
    parse(&h, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1");
    body_is(&h, "hello");
    parse(&h, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    body_is(&h, "");
    parse(&h, "HTTP/1.1 200 OK\r\nContent-Length: 5, 5 ,5\r\nContent-Length: 5\r\n\r\nhello");
    body_is(&h, "hello");
    parse(&h, "HTTP/1.1 200 OK\r\ncontent-length:5\r\nContent-Length:\t5 \r\n\r\nhello");
    body_is(&h, "hello");
    parse(&h, "HTTP/1.1 204 No Content\r\n\r\n");
    body_is(&h, "");
    parse(&h, "HTTP/1.1 200 \r\n\r\nuntil the end");
    assert_int_equal(h.state, HTTP_BODY);
    assert_false(h.keep_alive);
    assert_true(http_end(&h));
    body_is(&h, "until the end");
    parse(&h, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell");
    assert_false(http_end(&h));
    http_free(&h);
}

/* What was not asked for: the body is not what it seems. */
static void encodings(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool encoded;
    } rows[] = {{"", false},
                {"Content-Encoding: identity\r\n", false},
                {"content-encoding: Identity\r\n", false},
                {"Content-Encoding: gzip\r\n", true},
                {"Content-Encoding: br, gzip\r\n", true},
                {"Content-Encoding:\r\n", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%sContent-Length: 1\r\n\r\nx", rows[i].field);
        struct http h;
        parse(&h, text);
        assert_int_equal(h.encoded, rows[i].encoded);
        body_is(&h, "x");
    }
}

static void connection_fields(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool keep;
    } rows[] = {
        {"HTTP/1.1 204 x\r\n\r\n", true},
        {"HTTP/1.0 204 x\r\n\r\n", false},
        {"HTTP/1.1 204 x\r\nConnection: Close\r\n\r\n", false},
        {"HTTP/1.1 204 x\r\nConnection: x, close ,y\r\n\r\n", false},
        {"HTTP/1.0 204 x\r\nConnection: keep-alive\r\n\r\n", true},
        {"HTTP/1.1 204 x\r\nConnection: closed\r\n\r\n", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http h;
        parse(&h, rows[i].text);
        assert_int_equal(h.state, HTTP_DONE);
        assert_int_equal(h.keep_alive, rows[i].keep);
        http_free(&h);
    }
}

static void retry_after_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool has;
        uint32_t ms;
    } rows[] = {
        {"Retry-After: 3", true, 3000},
        {"Retry-After: 0", true, 0},
        {"Retry-After: 99999999", true, HTTP_RETRY_AFTER_MAX_MS},
        {"Retry-After: Sun, 06 Nov 1994 08:49:47 GMT", true, 10000},
        {"Retry-After: Sun, 06 Nov 1994 08:49:17 GMT", true, 0},
        {"retry-after-ms: 250", true, 250},
        {"X-MS-Retry-After-MS: 251", true, 251},
        {"Retry-After: -1", false, 0},
        {"Retry-After: soon", false, 0},
        {"Retry-After: Sun, 06 Foo 1994 08:49:47 GMT", false, 0},
        {"Retry-After: Sunday, 06-Nov-94 08:49:37 GMT", false, 0},
        {"Retry-After: 1234567890123456", false, 0},
        {"X-Other: 1", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        snprintf(text, sizeof text, "HTTP/1.1 429 x\r\nContent-Length: 0\r\n%s\r\n\r\n", rows[i].field);
        struct http h;
        parse(&h, text);
        assert_int_equal(h.state, HTTP_DONE);
        assert_int_equal(h.has_retry_after, rows[i].has);
        assert_int_equal(h.retry_after_ms, rows[i].ms);
        http_free(&h);
    }
}

static void malformed(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "HTTP/2 200 OK\r\n",
        "HTTP/1.2 200 OK\r\n",
        "http/1.1 200 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 600 x\r\n",
        "HTTP/1.1 099 x\r\n",
        "HTTP/1.1 101 Switching\r\n",
        "HTTP/1.1  200 OK\r\n",
        "\r\n",
        "GET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\n",
        "HTTP/1.1 200 OK\r\nA: b\n",
        "HTTP/1.1 200 OK\r\nA: b\rc\r\n",
        "HTTP/1.1 200 OK\r\n: b\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\nA: \x01\r\n",
        "HTTP/1.1 200 OK\r\nA: \x7f\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1, 01x\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1,\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: ,1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1g\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000000001\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http h;
        parse(&h, rows[i]);
        if (h.state != HTTP_BAD)
            print_error("row %zu: %s\n", i, rows[i]);
        assert_int_equal(h.state, HTTP_BAD);
        struct error e = {0};
        assert_int_equal(http_error(&h, &e), -1);
        assert_int_equal(e.code, E_HTTP_MALFORMED);
        assert_int_equal(http_feed(&h, "x", 1), 0);
        http_free(&h);
    }
    struct http h;
    http_init(&h, NOW);
    feed_all(&h, "HTTP/1.1 200 OK\r\nA: \0\r\n", 23);
    assert_int_equal(h.state, HTTP_BAD);
    http_free(&h);
}

static void fill(struct http *h, char c, size_t n)
{
    char piece[512];
    memset(piece, c, sizeof piece);
    for (size_t i = 0; i < n; i += sizeof piece)
        http_feed(h, piece, n - i < sizeof piece ? n - i : sizeof piece);
}

static void too_large(struct http *h)
{
    assert_int_equal(h->state, HTTP_BAD);
    assert_int_equal(h->code, E_HTTP_TOO_LARGE);
    http_free(h);
}

static void limits(void **state)
{
    (void)state;
    struct http h;
    parse(&h, "HTTP/1.1 200 OK\r\nA: ");
    fill(&h, 'a', HTTP_LINE_MAX - 3);
    http_feed(&h, "\r\n", 2);
    assert_int_equal(h.state, HTTP_FIELDS);
    http_free(&h);
    parse(&h, "HTTP/1.1 200 OK\r\nA: ");
    fill(&h, 'a', HTTP_LINE_MAX);
    too_large(&h);

    parse(&h, "HTTP/1.1 200 OK\r\n");
    for (unsigned i = 0; i < 40 && h.state != HTTP_BAD; i++) {
        feed_all(&h, "Set-Cookie: ", 12);
        fill(&h, 'c', 700);
        feed_all(&h, "\r\n", 2);
    }
    assert_int_equal(h.state, HTTP_FIELDS); /* 40 cookies of 700 bytes are fine */
    for (unsigned i = 0; i < 40 && h.state != HTTP_BAD; i++) {
        feed_all(&h, "Set-Cookie: ", 12);
        fill(&h, 'c', 700);
        feed_all(&h, "\r\n", 2);
    }
    too_large(&h);

    parse(&h, "HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n");
    too_large(&h);
    parse(&h, "HTTP/1.1 200 OK\r\nContent-Length: 262144\r\n\r\n");
    fill(&h, 'b', 262144);
    assert_int_equal(h.state, HTTP_DONE);
    http_free(&h);
    parse(&h, "HTTP/1.1 200 OK\r\n\r\n");
    fill(&h, 'b', 262145);
    too_large(&h);
    parse(&h, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40001\r\n");
    too_large(&h);
    parse(&h, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n");
    too_large(&h);
    http_init(&h, NOW);
    for (unsigned i = 0; i <= HTTP_INTERIM_MAX; i++)
        feed_all(&h, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    too_large(&h);
}

static void challenge_is_kept(void **state)
{
    (void)state;
    struct http h;
    parse(&h,
          "HTTP/1.1 401 x\r\nWWW-Authenticate: Bearer a=\"b\"\r\nwww-authenticate: Basic\r\nContent-Length: "
          "0\r\n\r\n");
    assert_string_equal(h.challenge.data, "Bearer a=\"b\", Basic");
    assert_int_equal(h.status, 401);
    http_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_point),
        cmocka_unit_test(lengths),
        cmocka_unit_test(encodings),
        cmocka_unit_test(connection_fields),
        cmocka_unit_test(retry_after_in_every_form),
        cmocka_unit_test(malformed),
        cmocka_unit_test(limits),
        cmocka_unit_test(challenge_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
