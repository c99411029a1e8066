/* Both conversations on a clock of the test's own, against servers that end, fall silent or refuse as a row says. TLS
 * is this file's: its functions take the place of net/tls.c, so that no time passes but what somebody waits for. */
#include "vault/fetch.h"

#include "base/fd.h"
#include "base/mem.h"
#include "vault/record.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NEVER UINT64_MAX
#define ANSWERS_MAX 128
#define ALIVE_MAX 8
#define TURNS_MAX 20000 /* of the loop, in one run */

enum way {
    KEEPS,
    CLOSES, /* close_notify */
    CUTS,   /* the TCP end without it */
    RESETS,
    BREAKS,    /* a record that makes no sense, as after a renegotiation */
    ANNOUNCES, /* Connection: close, and then does */
    FALLS_SILENT
};

/* How a server behaves; zeroes: soundly. */
struct server {
    enum way end;
    /* answers of a connection before its end */
    unsigned after;
    /* requests that it bears at once: more are its end, before it has answered; 0: any */
    unsigned room;
    /* for an answer */
    uint64_t each_ms;
    /* the handshake never ends */
    bool hole;
    /* answers a second, three at once: above that it says 429; 0: any */
    unsigned rate;
    /* What was seen. */
    unsigned connections, most, refused;
    uint64_t allowed_from;
};

struct tls {
    int fd;
    struct server *server;
    bool login;
    enum tls_state state;
    enum error_code code;
    /* requests, as they came */
    struct buf in;
    /* answers that have come */
    struct buf out;
    /* requests that have no answer yet */
    unsigned waiting;
    unsigned answered;
    /* of the next answer */
    uint64_t due;
};

static uint64_t clock_now;
static struct server logins[2], servers[2]; /* IPv4, IPv6 */
static struct tls *alive[ALIVE_MAX];

struct tls *tls_open(int fd, const char *host, const struct anchors *anchors, int64_t now)
{
    (void)anchors;
    (void)now;
    struct sockaddr_storage peer;
    socklen_t n = sizeof peer;
    assert_int_equal(getpeername(fd, (struct sockaddr *)(void *)&peer, &n), 0);
    struct tls *t = mem_alloc(sizeof *t);
    t->fd = fd;
    t->login = strcmp(host, "login.test") == 0;
    t->server = &(t->login ? logins : servers)[peer.ss_family == AF_INET6];
    t->server->connections++;
    for (unsigned i = 0; i < ALIVE_MAX; i++)
        if (!alive[i]) {
            alive[i] = t;
            return t;
        }
    fail_msg("too many connections at once");
    return NULL;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < ALIVE_MAX; i++)
        if (alive[i] == t)
            alive[i] = NULL;
    buf_free(&t->in);
    buf_free(&t->out);
    mem_free(t);
}

static void end(struct tls *t, enum way how)
{
    static const enum error_code codes[] = {
        [CUTS] = E_TLS_TRUNCATED, [RESETS] = E_TCP_RESET, [BREAKS] = E_TLS_PROTOCOL};
    if (how == KEEPS || how == FALLS_SILENT)
        return;
    t->state = how == CLOSES || how == ANNOUNCES ? TLS_ENDED : TLS_FAILED;
    t->code = t->state == TLS_FAILED ? codes[how] : E_NONE;
}

static void respond(struct tls *t, unsigned status, bool last, const char *body)
{
    buf_printf(&t->out, "HTTP/1.1 %u X\r\n%sContent-Length: %zu\r\n\r\n%s", status,
               last ? "Connection: close\r\n" : "", strlen(body), body);
}

/* The first request of `in`, answered. */
static void answer(struct tls *t)
{
    struct server *s = t->server;
    const char *behind = strstr(t->in.data, "\r\n\r\n");
    assert_non_null(behind);
    size_t n = (size_t)(behind - t->in.data) + 4;
    bool last = s->end == ANNOUNCES && t->answered + 1 == s->after;
    char name[128] = "", body[512];
    if (t->login) {
        respond(t, 200, last, "{\"token_type\":\"Bearer\",\"access_token\":\"abc\",\"expires_in\":3599}");
        n = t->in.len; /* with the body */
    } else if (s->rate && clock_now + 3000 / s->rate <= s->allowed_from) {
        s->refused++;
        respond(t, 429, last, "{\"error\":{\"code\":\"Throttled\"}}");
    } else {
        assert_int_equal(sscanf(t->in.data, "GET /secrets/%127[0-9A-Za-z-]?", name), 1);
        snprintf(body, sizeof body,
                 "{\"value\":\"of %s\",\"id\":\"https://a.vault.test/secrets/%s/"
                 "0123456789abcdef0123456789abcdef\",\"attributes\":{\"enabled\":true}}",
                 name, name);
        respond(t, 200, last, body);
        if (s->rate)
            s->allowed_from = (s->allowed_from > clock_now ? s->allowed_from : clock_now) + 1000 / s->rate;
    }
    buf_consume(&t->in, n);
    t->waiting--;
    t->answered++;
    t->due = t->waiting ? clock_now + s->each_ms : NEVER;
}

/* Like BearSSL, nothing behind an answer is looked at before the answer was taken. */
enum tls_state tls_step(struct tls *t)
{
    const struct server *s = t->server;
    if (t->state == TLS_HANDSHAKE && !s->hole)
        t->state = TLS_READY;
    if (t->state != TLS_READY || t->out.len)
        return t->state;
    if (s->end != KEEPS && s->end != FALLS_SILENT && t->answered == s->after && s->room == 0)
        end(t, s->end);
    else if (s->room && t->waiting > s->room)
        end(t, s->end);
    else if (t->waiting && t->due <= clock_now &&
             !(s->end == FALLS_SILENT && (s->room ? t->waiting > s->room : t->answered == s->after)))
        answer(t);
    return t->state;
}

short tls_want(const struct tls *t)
{
    (void)t;
    return 0;
}

const unsigned char *tls_read(const struct tls *t, size_t *n)
{
    *n = t->out.len;
    return t->out.len ? (const unsigned char *)t->out.data : NULL;
}

void tls_took(struct tls *t, size_t n)
{
    buf_consume(&t->out, n);
}

size_t tls_write(struct tls *t, const void *p, size_t n)
{
    if (t->state != TLS_READY)
        return 0;
    size_t before = t->in.len;
    buf_add(&t->in, p, n);
    for (const char *at = t->in.data + (before > 3 ? before - 3 : 0); (at = strstr(at, "\r\n\r\n")); at += 4)
        if (t->waiting++ == 0)
            t->due = clock_now + t->server->each_ms;
    if (t->waiting > t->server->most)
        t->server->most = t->waiting;
    return n;
}

int tls_error(const struct tls *t, struct error *e)
{
    return error_set(e, t->code, "as the row says");
}

void tls_name(const struct tls *t, char out[TLS_NAME_MAX])
{
    (void)t;
    snprintf(out, TLS_NAME_MAX, "TLS of this test");
}

/* -- one run */

struct outcome {
    unsigned good;
    /* as a whole; of the first name that has an error */
    struct error failed, first;
    uint64_t took;
};

static int listener(int family, uint16_t *port)
{
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(*port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on), 0);
    const struct sockaddr *at = family == AF_INET6 ? (const void *)&six : (const void *)&four;
    assert_int_equal(bind(fd, at, family == AF_INET6 ? sizeof six : sizeof four), 0);
    assert_int_equal(listen(fd, 512), 0);
    socklen_t n = sizeof four;
    if (*port == 0) {
        assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&four, &n), 0);
        *port = ntohs(four.sin_port);
    }
    return fd;
}

/* When the next answer is due, of all connections. */
static uint64_t next_due(void)
{
    uint64_t next = NEVER;
    for (unsigned i = 0; i < ALIVE_MAX; i++) {
        const struct tls *t = alive[i];
        bool silent = t && t->server->end == FALLS_SILENT &&
            (t->server->room ? t->waiting > t->server->room : t->answered == t->server->after);
        if (t && t->state == TLS_READY && t->waiting && !silent && t->due < next)
            next = t->due;
    }
    return next;
}

static void play(struct fetch *f)
{
    for (unsigned turn = 0; fetch_step(f, clock_now); turn++) {
        if (turn == TURNS_MAX)
            fail_msg("it turns on the spot");
        struct pollfd fds[FETCH_POLL_MAX];
        uint64_t next;
        unsigned count = fetch_poll(f, clock_now, fds, &next);
        if (poll(fds, count, 0) > 0)
            continue; /* a connection came about */
        if (next_due() < next)
            next = next_due();
        if (next > clock_now)
            clock_now = next;
    }
}

static void read_records(int fd, struct outcome *out)
{
    static unsigned char bytes[1 << 20];
    struct record *record = mem_alloc(sizeof *record);
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    assert_true(n > 0 && (size_t)n < sizeof bytes);
    struct reader r = reader_of(bytes, (size_t)n);
    while (record_read(&r, record) == RECORD_READ) {
        if (record->type == RECORD_ANSWER && record->answer.error.code == E_NONE)
            out->good++;
        else if (record->type == RECORD_ANSWER && out->first.code == E_NONE)
            out->first = record->answer.error;
        else if (record->type == RECORD_FAILED)
            out->failed = record->answer.error;
        secret_free(&record->answer.value);
    }
    assert_int_equal(r.n, 0);
    mem_free(record);
}

static struct outcome run(unsigned names, const char *hosts)
{
    static struct secret_name wanted[VAULT_NAMES_MAX];
    static char texts[VAULT_NAMES_MAX][16];
    uint16_t port = 0;
    cleanup(fd_cleanup) int four = listener(AF_INET, &port);
    cleanup(fd_cleanup) int six = listener(AF_INET6, &port);
    cleanup(fd_cleanup) int to = memfd_create("records", 0);
    struct secret credential = secret_copy("secret", 6);
    for (unsigned i = 0; i < names; i++) {
        snprintf(texts[i], sizeof texts[i], "name-%u", i);
        wanted[i] = (struct secret_name){texts[i], NULL};
    }
    const struct vault_request request = {.tenant = "t",
                                          .client = "c",
                                          .login = VAULT_LOGIN_SECRET,
                                          .credential = &credential,
                                          .names = wanted,
                                          .name_count = names,
                                          .hosts_file = hosts,
                                          .resolv_conf = "",
                                          .now = 1800000000};
    const struct url authority = {.host = "login.test", .port = port};
    const struct url vault = {.host = "a.vault.test", .port = port};
    clock_now = 5000000;
    struct fetch *f = fetch_begin(&request, &authority, &vault, "https://vault.test/.default", to, clock_now);
    play(f);
    struct outcome out = {0};
    out.took = clock_now - 5000000;
    fetch_end(f, clock_now);
    read_records(to, &out);
    secret_free(&credential);
    (void)four;
    (void)six;
    return out;
}

#define FOUR "127.0.0.1 login.test a.vault.test\n"

static struct outcome against(struct server vault, unsigned names)
{
    logins[0] = (struct server){0};
    servers[0] = vault;
    return run(names, FOUR);
}

static void all_good(const struct outcome *o, unsigned names)
{
    if (o->failed.code || o->first.code)
        print_error("%s: %s\n", error_info(o->failed.code ? o->failed.code : o->first.code).slug,
                    o->failed.code ? o->failed.text : o->first.text);
    assert_int_equal(o->failed.code, E_NONE);
    assert_int_equal(o->good, names);
}

/* A server that ends a connection without a word, however many secrets there are: not one millisecond is lost. */
static void closes_without_a_word(void **state)
{
    (void)state;
    static const unsigned counts[] = {3, 23, 64}, after[] = {1, 2, 3, 5, 8, 16};
    for (enum way how = CLOSES; how <= ANNOUNCES; how++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            for (size_t k = 0; k < sizeof after / sizeof *after; k++) {
                struct outcome o = against((struct server){.end = how, .after = after[k]}, counts[i]);
                if (o.took || o.good != counts[i])
                    print_error("way %d after %u of %u: %u ms\n", (int)how, after[k], counts[i],
                                (unsigned)o.took);
                all_good(&o, counts[i]);
                assert_int_equal(o.took, 0);
                assert_in_range(servers[0].connections, counts[i] / after[k], counts[i] / after[k] + 3);
            }
}

/* A server, or what stands before it, that bears one request at a time and ends, breaks or swallows what is more: asked
 * once more, one at a time. A renegotiation is the same to us. */
static void one_at_a_time(void **state)
{
    (void)state;
    static const unsigned counts[] = {2, 8, 23, 64};
    for (enum way how = CLOSES; how <= FALLS_SILENT; how++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            struct outcome o = against((struct server){.end = how, .room = 1}, counts[i]);
            all_good(&o, counts[i]);
            assert_int_equal(o.took, how == FALLS_SILENT ? FETCH_ANSWER_MS : 0);
            assert_int_equal(servers[0].connections, 2);
        }
}

/* The same when some were answered before the rest was swallowed. */
static void swallows_what_is_in_flight(void **state)
{
    (void)state;
    struct outcome o = against((struct server){.end = FALLS_SILENT, .after = 5}, 10);
    all_good(&o, 10);
    assert_int_equal(servers[0].connections, 2);
    assert_int_equal(o.took, FETCH_ANSWER_MS);
}

/* As long as answers come, time is given; to five minutes in all. */
static void slow(void **state)
{
    (void)state;
    static const struct {
        unsigned names;
        uint64_t each_ms, took;
        unsigned good;
    } rows[] = {
        {23, 3000, 69000, 23}, {64, 3000, 192000, 64}, {64, 10000, VAULT_TOTAL_MS, 29},
        {3, 19999, 59997, 3},  {3, 20001, 40000, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome o = against((struct server){.each_ms = rows[i].each_ms}, rows[i].names);
        assert_int_equal(o.took, rows[i].took);
        assert_int_equal(o.good, rows[i].good);
        assert_int_equal(o.failed.code, rows[i].good == rows[i].names ? E_NONE : E_HTTP_TIMEOUT);
    }
}

/* A limit on requests a second, with 429 and not a word on when: fewer at a time, and all arrive. */
static void too_many_requests(void **state)
{
    (void)state;
    static const struct {
        unsigned names, rate;
    } rows[] = {{43, 5}, {43, 50}, {64, 3}, {3, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome o = against((struct server){.rate = rows[i].rate}, rows[i].names);
        all_good(&o, rows[i].names);
        assert_in_range(o.took, 0, 1000 * rows[i].names / rows[i].rate + 20000);
        assert_in_range(servers[0].refused, 0, rows[i].names + 80);
    }
    struct outcome o = against((struct server){.rate = 1, .allowed_from = UINT64_MAX / 2}, 43);
    assert_int_equal(o.good, 0);
    assert_int_equal(o.first.code, E_VAULT_BUSY);
    assert_in_range(servers[0].refused, 43, 43 + 80);
    assert_in_range(o.took, 1, 15000);
}

/* How the IPv6 side of both hosts is broken behind a TCP connect that works; IPv4 is well. */
static void the_other_family(void **state)
{
    (void)state;
    static const struct {
        struct server six;
        uint64_t took;
    } rows[] = {
        {{.hole = true}, CONN_TLS_MS},
        {{.end = BREAKS, .after = 0}, 0},
        {{.end = RESETS, .after = 0}, 0},
        {{.end = CLOSES, .after = 0}, 0},
        {{.end = FALLS_SILENT, .after = 0}, 2 * FETCH_ANSWER_MS}, /* the login, then the vault */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(servers, 0, sizeof servers);
        memset(logins, 0, sizeof logins);
        servers[1] = logins[1] = rows[i].six;
        struct outcome o = run(23, "::1 login.test a.vault.test\n127.0.0.1 login.test a.vault.test\n");
        all_good(&o, 23);
        assert_int_equal(o.took, rows[i].took);
        assert_in_range(servers[1].connections, 1, 2);
        assert_int_equal(servers[0].connections, 1);
    }
}

static void both_families_are_holes(void **state)
{
    (void)state;
    memset(servers, 0, sizeof servers);
    memset(logins, 0, sizeof logins);
    logins[0].hole = logins[1].hole = true;
    struct outcome o = run(3, "::1 login.test a.vault.test\n127.0.0.1 login.test a.vault.test\n");
    assert_int_equal(o.failed.code, E_TLS_TIMEOUT);
    assert_int_equal(o.took, 2 * CONN_TLS_MS);
    assert_non_null(strstr(o.failed.text, "login.test at 127.0.0.1: "));
}

/* What it was that went on until the end: never "no name server answered" of a host that was spoken to. */
static void the_last_error_is_the_code(void **state)
{
    (void)state;
    static const struct {
        enum way how;
        enum error_code want;
    } rows[] = {
        {CLOSES, E_HTTP_CLOSED}, {CUTS, E_TLS_TRUNCATED}, {RESETS, E_TCP_RESET}, {BREAKS, E_TLS_PROTOCOL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned names = 1; names < 30; names += 28) {
            struct outcome o = against((struct server){.end = rows[i].how, .after = 0}, names);
            enum error_code got = o.failed.code ? o.failed.code : o.first.code;
            assert_int_equal(o.good, 0);
            assert_string_equal(error_info(got).slug, error_info(rows[i].want).slug);
            assert_in_range(o.took, 0, 15000);
        }
}

/* Each way of ending, after each number of answers, slow and fast: nothing waits longer than what is stated. */
static void nothing_waits_too_long(void **state)
{
    (void)state;
    for (enum way how = KEEPS; how <= FALLS_SILENT; how++)
        for (unsigned after = 0; after < 5; after++)
            for (uint64_t each = 0; each < 30000; each = each * 4 + 70) {
                struct outcome o = against((struct server){.end = how, .after = after, .each_ms = each}, 12);
                assert_in_range(o.took, 0, VAULT_TOTAL_MS);
                assert_true(o.good == 12 || o.failed.code || o.first.code);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closes_without_a_word),      cmocka_unit_test(one_at_a_time),
        cmocka_unit_test(swallows_what_is_in_flight), cmocka_unit_test(slow),
        cmocka_unit_test(too_many_requests),          cmocka_unit_test(the_other_family),
        cmocka_unit_test(both_families_are_holes),    cmocka_unit_test(the_last_error_is_the_code),
        cmocka_unit_test(nothing_waits_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
