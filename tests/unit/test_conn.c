/* A connection's states and the code of each way it can end, over local sockets. */
#include "vault/fetch.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void quiet(void *arg, const char *host, const char *step)
{
    (void)arg;
    (void)host;
    (void)step;
}

static const struct anchors nobody;

/* A TLS client whose server says `n` bytes and then `end`: 'c'loses, or 'r'esets. The code it ends with. */
static enum error_code client_hears(const char *p, size_t n, char end)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)(void *)&at, &length), 0);
    const struct dns_address to = {.bytes = {127, 0, 0, 1}};
    int fd = lookup_connect(&to, ntohs(at.sin_port), SOCK_STREAM);
    int server = accept(listener, NULL, NULL);
    assert_true(fd >= 0 && server >= 0);

    struct tls *t = tls_open(fd, "a.test", &nobody, 1800000000);
    assert_int_equal(tls_step(t), TLS_HANDSHAKE);
    assert_int_equal(tls_write(t, "GET", 3), 0); /* nothing goes out before the chain was judged */
    char hello[2048];
    ssize_t got = recv(server, hello, sizeof hello, 0);
    assert_true(got > 5 && hello[0] == 22 && hello[1] == 3);
    if (n)
        assert_int_equal(send(server, p, n, 0), (ssize_t)n);
    if (end == 'r') {
        const struct linger now = {1, 0};
        setsockopt(server, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(server);
    for (unsigned i = 0; i < 100 && tls_step(t) == TLS_HANDSHAKE; i++)
        (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 100);
    assert_int_equal(tls_step(t), TLS_FAILED);
    struct error e = {0};
    assert_int_equal(tls_error(t, &e), -1);
    tls_free(t);
    close(fd);
    close(listener);
    return e.code;
}

static void ends_of_a_handshake(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        char end;
        enum error_code want;
    } rows[] = {
        {"", 0, 'c', E_TLS_TRUNCATED},
        {"", 0, 'r', E_TCP_RESET},
        {"\x15\x03\x03\x00\x02\x02\x31", 7, 'c', E_TLS_ALERT},   /* access_denied */
        {"\x15\x03\x03\x00\x02\x02\x28", 7, 'c', E_TLS_CIPHER},  /* handshake_failure */
        {"\x15\x03\x01\x00\x02\x02\x28", 7, 'c', E_TLS_VERSION}, /* the same from a server of TLS 1.0 */
        {"\x15\x03\x03\x00\x02\x02\x46", 7, 'c', E_TLS_VERSION}, /* protocol_version */
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, 'c', E_TLS_PROTOCOL},
        {"220 smtp.test ESMTP\r\n", 21, 'c', E_TLS_PROTOCOL},
        {"\x16\x03\x03\x00\x04\x63\x00\x00\x00", 9, 'c', E_TLS_PROTOCOL}, /* no such handshake message */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum error_code got = client_hears(rows[i].bytes, rows[i].n, rows[i].end);
        if (got != rows[i].want)
            print_error("row %zu: %s\n", i, error_info(got).slug);
        assert_int_equal(got, rows[i].want);
    }
}

/* What a connection was waiting for when its time was up. */
static void overdue(void **state)
{
    (void)state;
    static const struct {
        enum conn_state state;
        enum error_code want;
    } rows[] = {
        {CONN_RESOLVE, E_DNS_SILENT}, {CONN_CONNECT, E_TCP_TIMEOUT}, {CONN_SHAKE, E_TLS_TIMEOUT},
        {CONN_READY, E_HTTP_TIMEOUT}, {CONN_ENDED, E_HTTP_TIMEOUT},  {CONN_IDLE, E_HTTP_TIMEOUT},
        {CONN_FAILED, E_TLS_EXPIRED},
    };
    const struct url url = {.host = "a.test", .port = 443};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn c = {.url = &url, .state = rows[i].state, .fd = -1, .error.code = E_TLS_EXPIRED};
        struct error e = {0};
        assert_int_equal(conn_overdue(&c, &e), -1);
        assert_int_equal(e.code, rows[i].want);
        /* What went wrong before tells more than what is being waited for now, unless it is an answer. */
        struct exchange s = {.conn = c, .last.code = E_HTTP_CLOSED};
        assert_int_equal(fetch_overdue(&s, &e), -1);
        assert_int_equal(e.code, rows[i].state == CONN_READY ? E_HTTP_TIMEOUT : E_HTTP_CLOSED);
    }
}

/* With several addresses and two families, which one it was is the first thing that is asked. */
static void messages_name_the_address(void **state)
{
    (void)state;
    const struct url url = {.host = "a.test", .port = 443};
    struct conn c = {.url = &url, .state = CONN_SHAKE, .fd = -1, .connected = true};
    char peer[CONN_PEER_MAX];
    assert_true(dns_address("2001:db8::7", 11, &c.peer));
    assert_string_equal(conn_peer(&c, peer), "a.test at 2001:db8::7");
    struct error e;
    for (enum conn_state at = CONN_SHAKE; at <= CONN_ENDED; at++) {
        c.state = at;
        conn_overdue(&c, &e);
        assert_non_null(strstr(e.text, "a.test at 2001:db8::7"));
    }
    struct exchange s = {.conn = c};
    fetch_broken(&s, &e);
    assert_non_null(strstr(e.text, "a.test at 2001:db8::7"));
    s.http = (struct http){.state = HTTP_BAD, .code = E_HTTP_MALFORMED, .why = "x"};
    fetch_broken(&s, &e);
    assert_non_null(strstr(e.text, "a.test at 2001:db8::7"));

    /* All that did not answer, of those that were tried. */
    c = (struct conn){.url = &url, .state = CONN_CONNECT, .fd = -1, .tried = 5};
    c.lookup.count = 3;
    c.lookup.addresses[0] = (struct dns_address){.bytes = {192, 0, 2, 1}};
    c.lookup.addresses[1] = (struct dns_address){.bytes = {192, 0, 2, 2}};
    assert_true(dns_address("2001:db8::1", 11, &c.lookup.addresses[2]));
    conn_overdue(&c, &e);
    assert_string_equal(e.text, "a.test at 192.0.2.1, 2001:db8::1 port 443 did not answer");
}

static void closed_before_the_answer(void **state)
{
    (void)state;
    const struct url url = {.host = "a.test", .port = 443};
    struct exchange s = {.conn = {.url = &url, .state = CONN_ENDED, .fd = -1}};
    struct error e = {0};
    assert_int_equal(fetch_broken(&s, &e), -1);
    assert_int_equal(e.code, E_HTTP_CLOSED);
}

/* IPv4 waits a moment for AAAA; once connecting has begun that moment is past and must not be due for ever. */
static void a_late_answer_is_no_busy_wait(void **state)
{
    (void)state;
    static const struct {
        enum conn_state state;
        uint64_t want;
    } rows[] = {{CONN_RESOLVE, 1000 + LOOKUP_DELAY_MS}, {CONN_CONNECT, 20000}};
    const struct url url = {.host = "a.test", .port = 443};
    const struct lookup_servers nobody_asked = {.hosts = ""};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn c = {.url = &url, .state = rows[i].state, .fd = -1, .until = 20000, .tried = 1};
        c.lookup = (struct lookup){.servers = &nobody_asked, .count = 1, .first_at = 1000};
        c.lookup.questions[0].fd = c.lookup.questions[1].fd = -1;
        c.lookup.questions[1].done = true;
        struct pollfd fds[CONN_POLL_MAX];
        uint64_t next = UINT64_MAX;
        assert_int_equal(conn_poll(&c, fds, &next), 0);
        assert_int_equal(next, rows[i].want);
    }
}

static void run_until(struct conn *c, enum conn_state wanted)
{
    for (unsigned i = 0; i < 200 && c->state != wanted && c->state != CONN_FAILED; i++) {
        conn_step(c, clock_ms());
        struct pollfd fds[CONN_POLL_MAX];
        uint64_t next = UINT64_MAX;
        (void)poll(fds, conn_poll(c, fds, &next), 20);
    }
    assert_int_equal(c->state, wanted);
}

/* IPv6 first; a refusal moves on at once; the address that answers wins. */
static void families_are_raced(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)(void *)&at, &length), 0);
    struct conn_world world = {.progress = quiet, .now = 1800000000};
    lookup_servers(&world.servers, "127.0.0.2 a.test\n::1 a.test\n127.0.0.1 a.test\n", "");
    const struct url url = {.host = "a.test", .port = ntohs(at.sin_port)};
    struct conn c;
    conn_init(&c, &world, &url);
    conn_open(&c, clock_ms());
    run_until(&c, CONN_SHAKE);
    assert_int_equal(world.connections, 1);
    assert_int_equal(c.tried, 7);
    conn_close(&c);
    assert_int_equal(c.state, CONN_IDLE);
    close(listener);

    conn_open(&c, clock_ms());
    run_until(&c, CONN_FAILED);
    assert_int_equal(c.error.code, E_TCP_REFUSED);
    conn_close(&c);
}

/* Each address takes the connection and then gives trouble: the other family is next, then what was not tried, then
 * those that gave the least. */
static void trouble_turns_to_another_address(void **state)
{
    (void)state;
    static const struct {
        const char *begins, *hosts;
        bool another;
    } rows[] = {{"::1", "", true},
                {"127.0.0.2", "", true},
                {"127.0.0.1", "", false},
                {"::1", "", true},
                {"127.0.0.2", "", true},
                {"127.0.0.1", "", false},
                {"127.0.0.3", "127.0.0.3 a.test\n", false}};
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    socklen_t length = sizeof at;
    const int off = 0;
    int listener = socket(AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 32), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)(void *)&at, &length), 0);
    struct conn_world world = {.progress = quiet, .now = 1800000000};
    const struct url url = {.host = "a.test", .port = ntohs(at.sin6_port)};
    struct conn c;
    conn_init(&c, &world, &url);
    assert_false(conn_turn(&c)); /* connected to none */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char hosts[256];
        snprintf(hosts, sizeof hosts, "127.0.0.2 a.test\n::1 a.test\n127.0.0.1 a.test\n%s", rows[i].hosts);
        lookup_servers(&world.servers, hosts, "");
        conn_open(&c, clock_ms());
        run_until(&c, CONN_SHAKE);
        char text[DNS_ADDRESS_TEXT_MAX];
        assert_string_equal(dns_address_text(&c.peer, text), rows[i].begins);
        assert_int_equal(conn_turn(&c), rows[i].another);
    }
    conn_close(&c);
    close(listener);
}

static void only_passing_reasons_are_tried_again(void **state)
{
    (void)state;
    struct fetch f = {.deadline = 100000};
    struct error e = {.code = E_VAULT_BUSY};
    for (unsigned tries = 1; tries < FETCH_TRIES; tries++) {
        uint64_t at = fetch_again_at(&f, tries, &e, 1000);
        assert_true(at > 1000 && at <= 1000 + (1000u << (tries - 1)));
    }
    assert_int_equal(fetch_again_at(&f, FETCH_TRIES, &e, 1000), 0);
    e.retry_after_ms = 5000;
    bool spread = false; /* who was told the same does not come back at the same time */
    for (unsigned i = 0; i < 64; i++) {
        uint64_t at = fetch_again_at(&f, 4, &e, 1000);
        assert_in_range(at, 6001, 6000 + 8000);
        spread = spread || at != fetch_again_at(&f, 4, &e, 1000);
    }
    assert_true(spread);
    e.retry_after_ms = 200000; /* past the deadline: said at once, not waited for */
    assert_int_equal(fetch_again_at(&f, 1, &e, 1000), 0);
    static const enum error_code lasting[] = {E_DNS_NXDOMAIN, E_TLS_EXPIRED,    E_ENTRA_CLIENT,
                                              E_VAULT_RBAC,   E_SECRET_MISSING, E_VAULT_UNAUTHORIZED,
                                              E_TCP_TIMEOUT,  E_HTTP_TIMEOUT};
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        e = (struct error){.code = lasting[i]};
        assert_int_equal(fetch_again_at(&f, 1, &e, 1000), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_of_a_handshake),       cmocka_unit_test(overdue),
        cmocka_unit_test(closed_before_the_answer),  cmocka_unit_test(a_late_answer_is_no_busy_wait),
        cmocka_unit_test(families_are_raced),        cmocka_unit_test(only_passing_reasons_are_tried_again),
        cmocka_unit_test(messages_name_the_address), cmocka_unit_test(trouble_turns_to_another_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
