/* DNS messages and resolver files: what is believed, and what is not. */
#include "net/dns.h"

#include "net/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct wire {
    unsigned char p[4096];
    size_t n;
};

static void bytes(struct wire *w, const void *p, size_t n)
{
    assert_true(w->n + n <= sizeof w->p);
    memcpy(w->p + w->n, p, n);
    w->n += n;
}

static void u16(struct wire *w, unsigned v)
{
    bytes(w, (unsigned char[]){(unsigned char)(v >> 8), (unsigned char)v}, 2);
}

static void name(struct wire *w, const char *s)
{
    while (*s) {
        size_t n = strcspn(s, ".");
        bytes(w, &(unsigned char){(unsigned char)n}, 1);
        bytes(w, s, n);
        s += n + (s[n] == '.');
    }
    bytes(w, "", 1);
}

/* A header and the question for vault.test A. */
static struct wire begin(unsigned id, unsigned flags, unsigned answers)
{
    struct wire w = {.n = 0};
    u16(&w, id);
    u16(&w, flags);
    u16(&w, 1);
    u16(&w, answers);
    u16(&w, 0);
    u16(&w, 0);
    name(&w, "vault.test");
    u16(&w, 1);
    u16(&w, 1);
    return w;
}

static void record(struct wire *w, const char *owner, unsigned type, const void *data, size_t n)
{
    name(w, owner);
    u16(w, type);
    u16(w, 1);
    u16(w, 0);
    u16(w, 60);
    u16(w, (unsigned)n);
    bytes(w, data, n);
}

static void cname(struct wire *w, const char *owner, const char *target)
{
    struct wire t = {.n = 0};
    name(&t, target);
    record(w, owner, 5, t.p, t.n);
}

static enum dns_outcome judge(const struct wire *w, struct dns_address *out, unsigned *count)
{
    return dns_answer(w->p, w->n, 7, "Vault.Test", DNS_A, out, count);
}

static void query_is_rfc_1035(void **state)
{
    (void)state;
    unsigned char out[DNS_QUERY_MAX];
    static const unsigned char want[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01"
                                        "a\x02"
                                        "bc\x00\x00\x1c\x00\x01";
    assert_int_equal(dns_query(out, 0x1234, "a.bc", DNS_AAAA), sizeof want - 1);
    assert_memory_equal(out, want, sizeof want - 1);
    char label[80];
    memset(label, 'x', sizeof label);
    label[64] = '\0';
    assert_int_equal(dns_query(out, 1, label, DNS_A), 0);
    assert_int_equal(dns_query(out, 1, "a..b", DNS_A), 0);
    assert_int_equal(dns_query(out, 1, "", DNS_A), 0);
    char whole[300];
    memset(whole, 'x', sizeof whole);
    for (size_t i = 60; i < sizeof whole; i += 60)
        whole[i] = '.';
    whole[253] = '\0';
    assert_true(dns_query(out, 1, whole, DNS_A) <= DNS_QUERY_MAX);
    whole[253] = 'x';
    whole[254] = '\0';
    assert_int_equal(dns_query(out, 1, whole, DNS_A), 0);
}

static void chain_of_aliases(void **state)
{
    (void)state;
    struct wire w = begin(7, 0x8180, 4);
    /* Out of order, with a record that nobody asked for in between. */
    record(&w, "evil.test", 1, "\x06\x06\x06\x06", 4);
    record(&w, "b.test", 1, "\x01\x02\x03\x04", 4);
    cname(&w, "VAULT.test", "a.test");
    cname(&w, "a.test", "B.test");
    struct dns_address out[DNS_ADDRESSES_MAX];
    unsigned count;
    assert_int_equal(judge(&w, out, &count), DNS_FOUND);
    assert_int_equal(count, 1);
    assert_memory_equal(out[0].bytes, "\x01\x02\x03\x04", 4);
    assert_false(out[0].v6);
}

static void sixteen_links_and_no_more(void **state)
{
    (void)state;
    struct dns_address out[DNS_ADDRESSES_MAX];
    unsigned count;
    for (unsigned links = 16; links <= 17; links++) {
        struct wire w = begin(7, 0x8180, links + 1);
        char from[16] = "vault.test";
        char to[16];
        for (unsigned i = 0; i < links; i++) {
            snprintf(to, sizeof to, "n%u.test", i);
            cname(&w, from, to);
            memcpy(from, to, sizeof from);
        }
        record(&w, from, 1, "\x01\x02\x03\x04", 4);
        assert_int_equal(judge(&w, out, &count), links == 16 ? DNS_FOUND : DNS_BROKEN);
    }
    struct wire loop = begin(7, 0x8180, 2);
    cname(&loop, "vault.test", "b.test");
    cname(&loop, "b.test", "vault.test");
    assert_int_equal(judge(&loop, out, &count), DNS_BROKEN);
}

static void compressed_names(void **state)
{
    (void)state;
    struct wire w = begin(7, 0x8180, 1);
    bytes(&w, "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x09\x08\x07\x06", 16);
    struct dns_address out[DNS_ADDRESSES_MAX];
    unsigned count;
    assert_int_equal(judge(&w, out, &count), DNS_FOUND);
    assert_memory_equal(out[0].bytes, "\x09\x08\x07\x06", 4);
    /* A pointer to itself, forward, and past the end. */
    static const char *const bad[] = {"\xc0\x1c", "\xc0\x30", "\xff\xff"};
    for (size_t i = 0; i < 3; i++) {
        w = begin(7, 0x8180, 1);
        bytes(&w, bad[i], 2);
        bytes(&w, "\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x09\x08\x07\x06", 14);
        assert_int_equal(judge(&w, out, &count), DNS_BROKEN);
    }
}

static void what_is_not_an_answer(void **state)
{
    (void)state;
    struct dns_address out[DNS_ADDRESSES_MAX];
    unsigned count;
    struct wire w = begin(8, 0x8180, 0);
    assert_int_equal(judge(&w, out, &count), DNS_FOREIGN); /* another id */
    w = begin(7, 0x0100, 0);
    assert_int_equal(judge(&w, out, &count), DNS_FOREIGN); /* a query */
    w = begin(7, 0x8180, 0);
    assert_int_equal(dns_answer(w.p, w.n, 7, "other.test", DNS_A, out, &count), DNS_FOREIGN);
    assert_int_equal(dns_answer(w.p, w.n, 7, "vault.test", DNS_AAAA, out, &count), DNS_FOREIGN);
    assert_int_equal(dns_answer(w.p, 5, 7, "vault.test", DNS_A, out, &count), DNS_FOREIGN);
    w.p[5] = 2; /* two questions */
    assert_int_equal(judge(&w, out, &count), DNS_FOREIGN);
}

static void outcomes(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        enum dns_outcome want;
    } rows[] = {
        {0x8183, DNS_NXDOMAIN},  {0x8182, DNS_FAILED}, {0x8185, DNS_REFUSED},
        {0x8380, DNS_TRUNCATED}, {0x8180, DNS_NODATA},
    };
    struct dns_address out[DNS_ADDRESSES_MAX];
    unsigned count;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire w = begin(7, rows[i].flags, 0);
        assert_int_equal(judge(&w, out, &count), rows[i].want);
    }
    struct wire w = begin(7, 0x8180, 1);
    record(&w, "vault.test", 1, "\x01\x02\x03", 3); /* an address of three bytes */
    assert_int_equal(judge(&w, out, &count), DNS_NODATA);
    w = begin(7, 0x8180, 2); /* fewer records than promised */
    record(&w, "other.test", 1, "\x01\x02\x03\x04", 4);
    assert_int_equal(judge(&w, out, &count), DNS_BROKEN);
    w = begin(7, 0x8180, 65);
    assert_int_equal(judge(&w, out, &count), DNS_BROKEN);
}

/* No prefix of an answer is read past its end, and none but the whole is believed. */
static void every_prefix(void **state)
{
    (void)state;
    struct wire w = begin(7, 0x8180, 2);
    cname(&w, "vault.test", "b.test");
    record(&w, "b.test", 1, "\x01\x02\x03\x04", 4);
    struct dns_address out[DNS_ADDRESSES_MAX];
    unsigned count;
    for (size_t n = 0; n < w.n; n++)
        assert_int_not_equal(dns_answer(w.p, n, 7, "vault.test", DNS_A, out, &count), DNS_FOUND);
}

static void hosts_file(void **state)
{
    (void)state;
    struct dns_address out[4];
    static const char text[] =
        "# 9.9.9.9 vault.test\n127.0.0.1\tlocalhost\n10.0.0.1 a Vault.TEST. b # vault.other\n"
        "fd00::1%3 vault.test\nnot-an-address vault.test\n\n10.0.0.2 vault.testing";
    assert_int_equal(dns_hosts(text, "vault.test", out, 4), 2);
    assert_memory_equal(out[0].bytes, "\x0a\0\0\x01", 4);
    assert_true(out[1].v6);
    assert_int_equal(out[1].scope, 3);
    assert_int_equal(dns_hosts(text, "vault.test", out, 1), 1);
    assert_int_equal(dns_hosts(text, "vault.other", out, 4), 0);
    assert_int_equal(dns_hosts("", "localhost", out, 4), 2);
    assert_int_equal(dns_hosts("", "x.localhost", out, 4), 2);
    assert_int_equal(dns_hosts("", "notlocalhost", out, 4), 0);
}

static void resolv_conf(void **state)
{
    (void)state;
    struct dns_address out[DNS_SERVERS_MAX];
    static const char text[] =
        "search lan\nnameserver 10.0.0.1\n;nameserver 1.1.1.1\n nameserver fd00::53\nnameserver bad\n"
        "options ndots:5\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n";
    assert_int_equal(dns_servers(text, out), 3);
    assert_true(out[1].v6);
    assert_memory_equal(out[2].bytes, "\x0a\0\0\x03", 4);
    assert_int_equal(dns_servers("nameservers 1.2.3.4\n", out), 0);
    assert_int_equal(dns_servers("", out), 0);
}

static void address_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "1.2.3", "1.2.3.4.5", "1.2.3.4%1", "fe80::1%", "fe80::1%eth0", "fe80::1%0", ":::", "a.b"};
    struct dns_address a;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(dns_address(bad[i], strlen(bad[i]), &a));
    assert_true(dns_address("1.2.3.4xyz", 7, &a));
}

/* Why a lookup has no address: the words follow what the servers said. */
static void lookup_errors(void **state)
{
    (void)state;
    struct error e;
    struct lookup_servers servers = {.hosts = "", .count = 1};
    struct lookup l = {.servers = &servers, .host = "vault.test"};
    struct question *six = &l.questions[0];
    struct question *four = &l.questions[1];
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_SILENT);
    *four = (struct question){.answered = true, .outcome = DNS_NODATA};
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_SILENT);
    *six = *four;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_NO_ADDRESS);
    six->outcome = DNS_BROKEN;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_MALFORMED);
    six->outcome = DNS_FAILED;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_FAILED);
    assert_int_equal(e.advice, ADVICE_NONE);
    six->outcome = DNS_REFUSED;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_FAILED);
    assert_int_equal(e.advice, ADVICE_DNS_REFUSED);
    *six = (struct question){.cut = true};
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_TCP);
    four->outcome = DNS_NXDOMAIN;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_NXDOMAIN);
    l.filtered = true;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_FILTERED);
    servers.count = 0;
    lookup_error(&l, &e);
    assert_int_equal(e.code, E_DNS_NO_SERVER);
}

/* Addresses that are no host's, and those that are one's own, also as IPv6 writes them. */
static void nowhere(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool nowhere, own;
    } rows[] = {
        {"0.0.0.0", true, false},    {"0.1.2.3", true, false},
        {"::", true, false},         {"::ffff:0.0.0.0", true, false},
        {"127.0.0.1", false, true},  {"127.255.0.9", false, true},
        {"::1", false, true},        {"::ffff:127.0.0.1", false, true},
        {"1.0.0.0", false, false},   {"::2", false, false},
        {"10.0.0.1", false, false},  {"2001:db8::1", false, false},
        {"128.0.0.1", false, false}, {"::ffff:10.0.0.1", false, false},
        {"fe80::1", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dns_address a;
        char text[DNS_ADDRESS_TEXT_MAX];
        assert_true(dns_address(rows[i].text, strlen(rows[i].text), &a));
        assert_int_equal(dns_address_nowhere(&a), rows[i].nowhere);
        assert_int_equal(dns_address_loopback(&a), rows[i].own);
        assert_string_equal(dns_address_text(&a, text), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_is_rfc_1035),
        cmocka_unit_test(chain_of_aliases),
        cmocka_unit_test(sixteen_links_and_no_more),
        cmocka_unit_test(compressed_names),
        cmocka_unit_test(what_is_not_an_answer),
        cmocka_unit_test(outcomes),
        cmocka_unit_test(every_prefix),
        cmocka_unit_test(hosts_file),
        cmocka_unit_test(resolv_conf),
        cmocka_unit_test(address_texts),
        cmocka_unit_test(lookup_errors),
        cmocka_unit_test(nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
