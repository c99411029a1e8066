/* Form bodies and addresses. */
#include "vault/form.h"

#include "net/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What @azure/identity 4.14.1 sends for the same secret. */
static void every_byte_outside_unreserved(void **state)
{
    (void)state;
    struct buf b = {0};
    form_add(&b, "client_id", "a-b_c.d~e");
    form_add(&b, "client_secret", "a~b+c/d=e f&g%h");
    assert_string_equal(b.data, "client_id=a-b_c.d~e&client_secret=a~b%2Bc%2Fd%3De%20f%26g%25h");
    buf_free(&b);
    form_add_span(&b, "x", (struct span){(const unsigned char *)"\0\xc3\xa4\r\n", 5});
    assert_string_equal(b.data, "x=%00%C3%A4%0D%0A");
    buf_free(&b);
    form_add(&b, "x", "");
    assert_string_equal(b.data, "x=");
    buf_free(&b);
}

static void good_addresses(void **state)
{
    (void)state;
    struct url u;
    struct error e = {0};
    assert_int_equal(url_parse("x", "https://Home.vault.AZURE.net", &u, &e), 0);
    assert_string_equal(u.host, "home.vault.azure.net");
    assert_int_equal(u.port, 443);
    char text[URL_AUTHORITY_MAX];
    assert_string_equal(url_authority(&u, text), "home.vault.azure.net");
    assert_int_equal(url_parse("x", "https://a.b:8443/", &u, &e), 0);
    assert_string_equal(url_authority(&u, text), "a.b:8443");
    assert_int_equal(url_parse("x", "https://localhost:1/", &u, &e), 0);
}

static void bad_addresses(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "http://a.b",
        "https://",
        "https:///x",
        "https://a.b/x",
        "https://a.b?x",
        "https://a.b#x",
        "https://u@a.b",
        "https://a.b:",
        "https://a.b:0",
        "https://a.b:65536",
        "https://a.b:1x",
        "https://a.b:1/x",
        "https://a..b",
        "https://.a",
        "https://a.",
        "https://a b",
        "https://1.2.3.4",
        "https://[::1]",
        "https://a.b\r\nHost: x",
        "https://\xc3\xa4.de",
        "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
    };
    struct url u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error e = {0};
        assert_int_equal(url_parse("role.vault", rows[i], &u, &e), -1);
        assert_int_equal(e.code, E_VAULT_REQUEST);
    }
    struct error e = {0};
    assert_int_equal(url_parse("x", NULL, &u, &e), -1);
}

/* The guard that keeps a token inside its cloud. */
static void below(void **state)
{
    (void)state;
    assert_true(url_below("a.vault.azure.net", "vault.azure.net"));
    assert_true(url_below("a.b.vault.azure.net", "vault.azure.net"));
    assert_false(url_below("vault.azure.net", "vault.azure.net"));
    assert_false(url_below(".vault.azure.net", "vault.azure.net"));
    assert_false(url_below("evilvault.azure.net", "vault.azure.net"));
    assert_false(url_below("a.vault.azure.net.evil.test", "vault.azure.net"));
    assert_false(url_below("a.vault.azure.cn", "vault.azure.net"));
    assert_false(url_below("a", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_outside_unreserved),
        cmocka_unit_test(good_addresses),
        cmocka_unit_test(bad_addresses),
        cmocka_unit_test(below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
