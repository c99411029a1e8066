/* Credential and CA files: each way they can be wrong has its own code. */
#include "base/pem.h"

#include "base/buf.h"
#include "base/text.h"
#include "net/anchors.h"
#include "vault/loginkey.h"
#include "vault_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct span span_of(const char *s)
{
    return (struct span){(const unsigned char *)s, strlen(s)};
}

static bool note(void *arg, const char *label, struct span der)
{
    buf_str(arg, label);
    buf_printf(arg, "=%zu ", der.n);
    return true;
}

static bool refuse(void *arg, const char *label, struct span der)
{
    (void)arg;
    (void)label;
    (void)der;
    return false;
}

static void objects(void **state)
{
    (void)state;
    struct buf seen = {0};
    assert_true(pem_each(span_of("junk\n-----BEGIN A B-----\nAAEC\n-----END A B-----\nmore\n-----BEGIN "
                                 "C-----\nAA==\n-----END C-----"),
                         note, &seen));
    assert_string_equal(seen.data, "A B=3 C=1 ");
    buf_free(&seen);
    /* As an editor on Windows leaves it. */
    assert_true(pem_each(
        span_of("-----BEGIN A B-----\r\nAAEC\r\n-----END A B-----\r\n\r\n-----BEGIN C-----\r\nAA==\r\n"
                "-----END C-----\r"),
        note, &seen));
    assert_string_equal(seen.data, "A B=3 C=1 ");
    buf_free(&seen);
    assert_true(pem_each(span_of(""), note, &seen));
    static const char *const bad[] = {"-----BEGIN A-----\nAA", "-----BEGIN A-----\n?\n-----END A-----\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pem_each(span_of(bad[i]), note, &seen));
    assert_false(pem_each(span_of("-----BEGIN A-----\nAA==\n-----END A-----\n"), refuse, NULL));
    buf_free(&seen);

    struct buf many = {0};
    for (unsigned i = 0; i <= PEM_OBJECTS_MAX; i++)
        buf_str(&many, "-----BEGIN A-----\nAA==\n-----END A-----\n");
    assert_false(pem_each(span_of(many.data), note, &seen));
    buf_free(&many);
    buf_free(&seen);
    buf_str(&many, "-----BEGIN A-----\n");
    for (unsigned i = 0; i < PEM_OBJECT_MAX / 48 + 1; i++)
        buf_str(&many, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    buf_str(&many, "-----END A-----\n");
    assert_false(pem_each(span_of(many.data), note, &seen));
    buf_free(&many);
    buf_free(&seen);
}

static void login_files(void **state)
{
    (void)state;
    static const struct {
        const char *pem;
        enum error_code want;
    } rows[] = {
        {KEY_2048_PKCS8 CERT_2048, E_NONE},
        {CERT_2048 KEY_2048_PKCS1, E_NONE},
        {CERT_OTHER CERT_2048 KEY_2048_PKCS1, E_NONE}, /* a chain, in any order */
        {KEY_2049 CERT_2049, E_NONE},
        {"", E_CRED_FORM},
        {"not a pem\n", E_CRED_FORM},
        {KEY_2048_PKCS8, E_CRED_FORM},
        {CERT_2048, E_CRED_FORM},
        {KEY_2048_PKCS8 KEY_2048_PKCS1 CERT_2048, E_CRED_FORM},
        {KEY_2048_PKCS8 "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n", E_CRED_FORM},
        {"-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n" CERT_2048, E_CRED_FORM},
        {"-----BEGIN PRIVATE KEY-----\nMII", E_CRED_FORM},
        {KEY_ENCRYPTED CERT_2048, E_CRED_ENCRYPTED},
        {KEY_OLD_ENCRYPTED CERT_2048, E_CRED_ENCRYPTED},
        {KEY_EC_SEC1 CERT_2048, E_CRED_KEY},
        {KEY_EC_PKCS8 CERT_2048, E_CRED_KEY},
        {KEY_1024 CERT_1024, E_CRED_KEY},
        {KEY_2048_PKCS8 CERT_OTHER, E_CRED_MISMATCH},
        {KEY_2048_PKCS8 CERT_2049, E_CRED_MISMATCH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error e = {0};
        struct loginkey *key = loginkey_read(span_of(rows[i].pem), &e);
        if (e.code != rows[i].want)
            print_error("row %zu: %s\n", i, e.text);
        assert_int_equal(e.code, rows[i].want);
        assert_int_equal(key != NULL, rows[i].want == E_NONE);
        loginkey_free(key);
    }
    struct error e = {0};
    assert_null(loginkey_read((struct span){(const unsigned char *)"\x30\x82\x0a\x00\x02\x01\x03", 7}, &e));
    assert_int_equal(e.code, E_CRED_PFX);
}

static bool keep(void *arg, const char *label, struct span der)
{
    (void)label;
    buf_add(arg, der.p, der.n);
    return true;
}

static enum error_code judged(const char *label, const void *der, size_t n)
{
    struct buf pem = {0};
    buf_printf(&pem, "-----BEGIN %s-----\n", label);
    text_base64(&pem, der, n);
    buf_printf(&pem, "\n-----END %s-----\n" CERT_2048, label);
    struct error e = {0};
    struct loginkey *key = loginkey_read(span_of(pem.data), &e);
    assert_int_equal(key != NULL, e.code == E_NONE);
    loginkey_free(key);
    buf_free(&pem);
    return e.code;
}

/* Cut anywhere, with and without the outer length made to fit, it is no key; nor is one with an element of another
 * kind. */
static void damaged_keys(void **state)
{
    (void)state;
    static const struct {
        const char *pem, *label;
    } keys[] = {{KEY_2048_PKCS1, "RSA PRIVATE KEY"}, {KEY_2048_PKCS8, "PRIVATE KEY"}};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        struct buf der = {0};
        assert_true(pem_each(span_of(keys[k].pem), keep, &der));
        unsigned char *p = (unsigned char *)der.data;
        assert_int_equal(judged(keys[k].label, p, der.len), E_NONE);
        for (size_t n = 4; n < der.len; n += 7) {
            assert_int_equal(judged(keys[k].label, p, n), E_CRED_FORM);
            p[2] = (unsigned char)((n - 4) >> 8);
            p[3] = (unsigned char)(n - 4);
            assert_int_equal(judged(keys[k].label, p, n), E_CRED_FORM);
            p[2] = (unsigned char)((der.len - 4) >> 8);
            p[3] = (unsigned char)(der.len - 4);
        }
        p[6] = 1; /* the version: more than two primes */
        assert_int_equal(judged(keys[k].label, p, der.len), k == 0 ? E_CRED_FORM : E_NONE);
        p[4] = 4; /* no INTEGER */
        assert_int_equal(judged(keys[k].label, p, der.len), E_CRED_FORM);
        buf_free(&der);
    }
}

static void extra_roots(void **state)
{
    (void)state;
    struct anchors a;
    struct error e = {0};
    assert_int_equal(anchors_read(&a, NULL, false, &e), 0);
    size_t azure = a.count;
    assert_true(azure >= 6);
    anchors_free(&a);
    assert_int_equal(anchors_read(&a, CERT_2048 CERT_OTHER, true, &e), 0);
    assert_int_equal(a.count, 2);
    anchors_free(&a);
    assert_int_equal(anchors_read(&a, CERT_2048, false, &e), 0);
    assert_int_equal(a.count, azure + 1);
    anchors_free(&a);
    static const char *const bad[] = {
        "",        "no pem",  KEY_2048_PKCS1,
        CERT_LEAF, CERT_1024, "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(anchors_read(&a, bad[i], true, &e), -1);
        assert_int_equal(e.code, E_VAULT_CA);
        anchors_free(&a);
    }
    struct buf many = {0};
    for (unsigned i = 0; i <= ANCHORS_EXTRA_MAX; i++)
        buf_str(&many, CERT_2048);
    assert_int_equal(anchors_read(&a, many.data, true, &e), -1);
    assert_int_equal(e.code, E_VAULT_CA);
    anchors_free(&a);
    buf_free(&many);
}

static void damage(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", NULL},
        {"x", NULL},
        {"-----BEGIN X-----\nAAAA\n-----END X-----\n", NULL},
        {"key: |\n-----BEGIN X-----\n", NULL},
        {"  -----BEGIN X-----\n  AAAA\n  -----END X-----\n", "its lines are indented"},
        {"\t-----BEGIN X-----", "its lines are indented"},
        {"-----BEGIN X----- AAAA -----END X-----", "its line ends are lost"},
        {" -----BEGIN X-----AAAA-----END X-----", "its line ends are lost"},
        {"key: -----BEGIN X-----\nAAAA\n", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = pem_damage(span_of(rows[i].text));
        if (rows[i].want)
            assert_string_equal(got, rows[i].want);
        else
            assert_null(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage),       cmocka_unit_test(objects),     cmocka_unit_test(login_files),
        cmocka_unit_test(damaged_keys), cmocka_unit_test(extra_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
