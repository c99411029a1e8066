/* Reading certificates, and the words for what BearSSL found wrong with a chain. */
#include "net/x509.h"

#include "base/date.h"
#include "base/file.h"
#include "base/text.h"
#include "embed/roots.h"
#include "net/anchors.h"
#include "vault_keys.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t der_of(const char *pem, unsigned char *out)
{
    char body[4096];
    size_t used = 0;
    for (const char *p = strchr(pem, '\n') + 1; *p != '-'; p++)
        if (*p != '\n')
            body[used++] = *p;
    return text_base64_decode(out, body, used);
}

static void reading(void **state)
{
    (void)state;
    unsigned char der[3072];
    struct x509_cert c;
    size_t n = der_of(CERT_2048, der);
    assert_true(x509_read((struct span){der, n}, &c));
    assert_string_equal(c.subject_cn, "hearth test 2048");
    assert_string_equal(c.issuer_cn, "hearth test 2048");
    assert_memory_equal(c.issuer, c.subject, sizeof c.issuer);
    assert_false(c.has_eku);
    assert_int_equal(c.not_after - c.not_before, 36500LL * 86400);
    /* No prefix is a certificate, and nothing may follow it. */
    for (size_t i = 0; i < n; i++) {
        unsigned char *exact = malloc(i ? i : 1); /* so that the sanitizer sees a read past it */
        memcpy(exact, der, i);
        assert_false(x509_read((struct span){exact, i}, &c));
        free(exact);
    }
    der[n] = 0;
    assert_false(x509_read((struct span){der, n + 1}, &c));
}

static void every_bit_flipped(void **state)
{
    (void)state;
    unsigned char der[3072];
    struct x509_cert c;
    size_t n = der_of(CERT_2048, der);
    for (size_t i = 0; i < n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            der[i] ^= (unsigned char)(1 << bit);
            (void)x509_read((struct span){der, n}, &c);
            assert_true(strlen(c.subject_cn) < X509_CN_MAX &&
                        text_is_utf8(c.subject_cn, strlen(c.subject_cn)));
            der[i] ^= (unsigned char)(1 << bit);
        }
    }
}

static struct x509 chain(unsigned count)
{
    struct x509 x = {.now = 1000000, .count = count};
    for (unsigned i = 0; i < count; i++) {
        x.certs[i] = (struct x509_cert){.not_before = 999000, .not_after = 1001000};
        memset(x.certs[i].subject, (int)i + 1, 32);
        memset(x.certs[i].issuer, (int)i + 2, 32);
    }
    return x;
}

static void times(void **state)
{
    (void)state;
    struct x509 x = chain(2);
    x.certs[1].not_after = 999999;
    strcpy(x.certs[1].subject_cn, "mid");
    x509_judge(&x, BR_ERR_X509_EXPIRED);
    assert_int_equal(x.code, E_TLS_EXPIRED);
    assert_non_null(
        strstr(x.why, "\"mid\" expired on 1970-01-12 13:46 UTC; it is 1970-01-12 13:46 UTC here"));
    x.certs[0].not_before = 1000001;
    x509_judge(&x, BR_ERR_X509_EXPIRED);
    assert_int_equal(x.code, E_TLS_NOT_YET_VALID);
    x = chain(1);
    x509_judge(&x, BR_ERR_X509_EXPIRED); /* BearSSL says so, and that stands */
    assert_int_equal(x.code, E_TLS_EXPIRED);
}

static void trust(void **state)
{
    (void)state;
    struct x509 x = chain(1);
    x509_judge(&x, BR_ERR_X509_NOT_TRUSTED);
    assert_int_equal(x.code, E_TLS_MISSING_INTERMEDIATE);
    memcpy(x.certs[0].issuer, x.certs[0].subject, 32);
    x509_judge(&x, BR_ERR_X509_NOT_TRUSTED);
    assert_int_equal(x.code, E_TLS_SELF_SIGNED);
    x = chain(3);
    x509_judge(&x, BR_ERR_X509_NOT_TRUSTED);
    assert_int_equal(x.code, E_TLS_UNKNOWN_ROOT);
}

static void purpose(void **state)
{
    (void)state;
    struct x509 x = chain(2);
    x.code = E_TLS_CHAIN;
    x509_judge(&x, 0);
    assert_int_equal(x.code, E_NONE);
    x.certs[0].has_eku = true;
    x509_judge(&x, 0);
    assert_int_equal(x.code, E_TLS_PURPOSE);
    x.certs[0].server_auth = true;
    x509_judge(&x, 0);
    assert_int_equal(x.code, E_NONE);
    /* What was not read is not trusted, whatever BearSSL says. */
    x.unreadable = true;
    x509_judge(&x, 0);
    assert_int_equal(x.code, E_TLS_CHAIN);
    x = chain(0);
    x509_judge(&x, 0);
    assert_int_equal(x.code, E_TLS_CHAIN);
}

static void plain_numbers(void **state)
{
    (void)state;
    static const struct {
        unsigned number;
        enum error_code want;
    } rows[] = {
        {BR_ERR_X509_BAD_SERVER_NAME, E_TLS_WRONG_NAME},
        {BR_ERR_X509_WEAK_PUBLIC_KEY, E_TLS_WEAK_KEY},
        {BR_ERR_X509_DN_MISMATCH, E_TLS_CHAIN},
        {BR_ERR_X509_NOT_CA, E_TLS_CHAIN},
        {BR_ERR_X509_CRITICAL_EXTENSION, E_TLS_CHAIN},
        {BR_ERR_X509_TRUNCATED, E_TLS_CHAIN},
        {9999, E_TLS_CHAIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct x509 x = chain(2);
        x509_judge(&x, rows[i].number);
        assert_int_equal(x.code, rows[i].want);
    }
}

/* Through the engine itself: more certificates, or larger ones, than are kept. */
static void limits(void **state)
{
    (void)state;
    static unsigned char junk[64];
    for (unsigned round = 0; round < 2; round++) {
        struct x509 *x = malloc(sizeof *x);
        x509_init(x, NULL, 0, 1000000);
        x->vtable->start_chain(&x->vtable, "a.test");
        for (unsigned i = 0; i < (round ? 1 : X509_CHAIN_MAX + 1); i++) {
            x->vtable->start_cert(&x->vtable, round ? X509_CERT_MAX + 1 : sizeof junk);
            x->vtable->append(&x->vtable, junk, sizeof junk);
            x->vtable->end_cert(&x->vtable);
        }
        assert_int_not_equal(x->vtable->end_chain(&x->vtable), 0);
        assert_true(x->unreadable);
        assert_int_equal(x->code, E_TLS_CHAIN);
        assert_true(x->count <= X509_CHAIN_MAX);
        x509_free(x);
        free(x);
    }
}

static void dates(void **state)
{
    (void)state;
    assert_int_equal(date_seconds(1970, 1, 1, 0, 0, 0), 0);
    assert_int_equal(date_seconds(1994, 11, 6, 8, 49, 37), 784111777);
    assert_int_equal(date_seconds(2000, 2, 29, 0, 0, 0), 951782400);
    assert_int_equal(date_seconds(2100, 3, 1, 0, 0, 0), 4107542400);
    assert_int_equal(date_seconds(1969, 12, 31, 23, 59, 59), -1);
    char text[DATE_TEXT_MAX];
    assert_string_equal(date_text(text, 951782400), "2000-02-29 00:00 UTC");
    assert_string_equal(date_text(text, -1), "1969-12-31 23:59 UTC");
    assert_string_equal(date_text(text, 4107542399), "2100-02-28 23:59 UTC");
}

/* A role's own roots stand beside the built-in ones, or alone where it says so. */
static void own_roots_add(void **state)
{
    (void)state;
    static const char *const files[] = {"embed/roots/microsoft-tls-rsa-root-g2.crt",
                                        "embed/roots/microsoft-tls-ecc-root-g2.crt"};
    struct anchors anchors;
    struct error e;
    for (size_t i = 0; i < 2; i++) {
        struct buf pem = {0};
        assert_int_equal(file_read(AT_FDCWD, files[i], 8192, &pem, &e), 0);
        buf_add(&pem, "", 1);
        assert_int_equal(anchors_read(&anchors, pem.data, false, &e), 0);
        assert_int_equal(anchors.count, roots_azure_count + 1);
        anchors_free(&anchors);
        assert_int_equal(anchors_read(&anchors, pem.data, true, &e), 0);
        assert_int_equal(anchors.count, 1);
        /* The very ones that are built in. */
        const br_x509_trust_anchor *built_in = &roots_azure[roots_azure_count - 2 + i];
        assert_int_equal(anchors.list[0].dn.len, built_in->dn.len);
        assert_memory_equal(anchors.list[0].dn.data, built_in->dn.data, built_in->dn.len);
        anchors_free(&anchors);
        buf_free(&pem);
    }
    assert_int_equal(anchors_read(&anchors, NULL, false, &e), 0);
    assert_int_equal(anchors.count, roots_azure_count);
    anchors_free(&anchors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),       cmocka_unit_test(every_bit_flipped),
        cmocka_unit_test(times),         cmocka_unit_test(trust),
        cmocka_unit_test(purpose),       cmocka_unit_test(plain_numbers),
        cmocka_unit_test(limits),        cmocka_unit_test(dates),
        cmocka_unit_test(own_roots_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
