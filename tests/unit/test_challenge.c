/* Bearer challenges in the forms that Key Vault and emulators write. */
#include "vault/challenge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void forms(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "Bearer authorization=\"https://login.test/tenant-1\", resource=\"https://vault.test\"",
        "Bearer resource=\"https://vault.test\", authorization_uri=\"https://login.test/tenant-1/x\"",
        "bearer scope=https://vault.test,authorization=\"https://login.test/tenant-1?y\"",
        ("Bearer realm=\"\", unknown=1, authorization = \"https://login.test/tenant-1\" "
         ",resource=\"https://vault.test\", Basic realm=\"x\""),
        " Bearer  authorization=\"https://login.test/\\tenant-1\",  resource=\"https://vault.test\"",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct challenge c;
        assert_true(challenge_parse(rows[i], strlen(rows[i]), &c));
        char tenant[CHALLENGE_PARAM_MAX];
        challenge_tenant(&c, tenant);
        assert_string_equal(tenant, "tenant-1");
        assert_string_equal(c.resource, "https://vault.test");
    }
}

static void not_bearer(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "Basic realm=\"x\"",
        "Bearerx a=b",
        "Bearer authorization=\"unclosed",
        "Bearer authorization=\"x\\",
        "Bearer =x",
        "Bearer a=\"b\"\"",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct challenge c;
        assert_false(challenge_parse(rows[i], strlen(rows[i]), &c));
    }
}

static void odd_values(void **state)
{
    (void)state;
    char text[1024] = "Bearer error=\"invalid_token\", authorization=\"";
    size_t n = strlen(text);
    memset(text + n, 'x', 300);
    strcpy(text + n + 300, "\"");
    struct challenge c;
    assert_true(challenge_parse(text, strlen(text), &c));
    assert_string_equal(c.error, "invalid_token");
    assert_string_equal(c.authorization, ""); /* too long: as if it were not there */
    char tenant[CHALLENGE_PARAM_MAX];
    challenge_tenant(&c, tenant);
    assert_string_equal(tenant, "");
    assert_true(challenge_parse("Bearer", 6, &c));
    static const char http[] = "Bearer authorization=\"http://login.test/t\"";
    assert_true(challenge_parse(http, strlen(http), &c));
    challenge_tenant(&c, tenant);
    assert_string_equal(tenant, "");
    /* Not NUL-terminated: nothing behind n is looked at. */
    assert_true(challenge_parse("Bearer error=abcdef", 16, &c));
    assert_string_equal(c.error, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(not_bearer),
        cmocka_unit_test(odd_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
