/* The fetched libraries as this tree builds them: our patches are in, and the switches we rely on are set. */
#include "embed/roots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <yaml.h>

/* DER: one element in front of which a header is written; returns the new start. */
static size_t der_head(unsigned char *out, unsigned char tag, size_t n)
{
    out[0] = tag;
    out[1] = 0x82;
    out[2] = (unsigned char)(n >> 8);
    out[3] = (unsigned char)n;
    return 4;
}

/* An RSAPrivateKey (RFC 8017 A.1.2) whose five CRT numbers have this many bytes each; decodes to BearSSL's verdict. */
static int decode_rsa(size_t part)
{
    static unsigned char body[8192];
    static unsigned char der[8200];
    size_t n = 0;
    const unsigned char version[] = {2, 1, 0};
    memcpy(body, version, sizeof version);
    n += sizeof version;
    /* n, e, d, p, q, dp, dq, qinv */
    const size_t sizes[] = {2 * part, 3, 2 * part, part, part, part, part, part};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        n += der_head(body + n, 2, sizes[i]);
        memset(body + n, 0x55, sizes[i]);
        n += sizes[i];
    }
    size_t head = der_head(der, 0x30, n);
    memcpy(der + head, body, n);

    /* On the heap and alone, so that the sanitizer sees a byte behind its end. */
    br_skey_decoder_context *decoder = malloc(sizeof *decoder);
    assert_non_null(decoder);
    br_skey_decoder_init(decoder);
    br_skey_decoder_push(decoder, der, head + n);
    int error = br_skey_decoder_last_error(decoder);
    free(decoder);
    return error;
}

static void takes_rsa_4096(void **state)
{
    (void)state;
    assert_int_equal(decode_rsa(128), 0);
    assert_int_equal(decode_rsa(256), 0);
}

/* scripts/patches/bearssl-skey-decoder.patch: between 1536 and 1560 bytes of numbers, stock 0.6 writes past its buffer. */
static void refuses_keys_that_would_overflow(void **state)
{
    (void)state;
    for (size_t part = 308; part <= 340; part++)
        assert_int_not_equal(decode_rsa(part), 0);
    assert_int_equal(decode_rsa(310), BR_ERR_X509_LIMIT_EXCEEDED);
    assert_int_equal(decode_rsa(312), BR_ERR_X509_LIMIT_EXCEEDED);
}

/* No RDRAND, no /dev/urandom: without injected entropy the handshake does not start. */
static void tls_needs_injected_entropy(void **state)
{
    (void)state;
    static br_ssl_client_context client;
    static br_x509_minimal_context x509;
    static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
    br_ssl_client_init_full(&client, &x509, roots_azure, roots_azure_count);
    br_ssl_engine_set_buffer(&client.eng, buffer, sizeof buffer, 1);
    assert_int_equal(br_ssl_client_reset(&client, "example.org", 0), 0);
    assert_int_equal(br_ssl_engine_last_error(&client.eng), BR_ERR_NO_RANDOM);
    br_ssl_client_init_full(&client, &x509, roots_azure, roots_azure_count);
    br_ssl_engine_set_buffer(&client.eng, buffer, sizeof buffer, 1);
    br_ssl_engine_inject_entropy(&client.eng, "0123456789abcdef0123456789abcdef", 32);
    assert_int_equal(br_ssl_client_reset(&client, "example.org", 0), 1);
}

static void roots_are_six_and_named(void **state)
{
    (void)state;
    assert_int_equal(roots_azure_count, 6);
    for (size_t i = 0; i < roots_azure_count; i++) {
        assert_int_equal(strlen(roots_names[i].sha256), 64);
        assert_true(roots_azure[i].dn.len > 20);
        assert_true((roots_azure[i].flags & BR_X509_TA_CA) != 0);
        unsigned char type = roots_azure[i].pkey.key_type;
        if (type == BR_KEYTYPE_RSA)
            assert_true(roots_azure[i].pkey.key.rsa.nlen >= 256);
        else
            assert_int_equal(roots_azure[i].pkey.key.ec.curve, BR_EC_secp384r1);
    }
}

static void json_depth_is_capped(void **state)
{
    (void)state;
    char text[200];
    json_error_t error;
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    assert_null(json_loadb(text, sizeof text, 0, &error));
    json_t *value = json_loadb(text + 70, 60, 0, &error);
    assert_non_null(value);
    json_decref(value);
}

static void versions_are_the_sources(void **state)
{
    (void)state;
    assert_string_equal(yaml_get_version_string(), "0.2.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_rsa_4096),
        cmocka_unit_test(refuses_keys_that_would_overflow),
        cmocka_unit_test(tls_needs_injected_entropy),
        cmocka_unit_test(roots_are_six_and_named),
        cmocka_unit_test(json_depth_is_capped),
        cmocka_unit_test(versions_are_the_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
