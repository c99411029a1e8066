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

static void roots_are_eight_and_named(void **state)
{
    (void)state;
    assert_int_equal(roots_azure_count, 8);
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
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    json_error_t error;
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
        cmocka_unit_test(tls_needs_injected_entropy),
        cmocka_unit_test(roots_are_eight_and_named),
        cmocka_unit_test(json_depth_is_capped),
        cmocka_unit_test(versions_are_the_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
