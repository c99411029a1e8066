/* Key Vault's GET, its SecretBundle and its errors. */
#include "vault/keyvault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V1 "0123456789abcdef0123456789ABCDEF"
#define ID "\"id\":\"https://v.vault.azure.net/secrets/db-Pass/" V1 "\""

static const struct secret_name newest = {"Db-Pass", NULL};

static void request(void **state)
{
    (void)state;
    struct buf b = {0};
    const struct url vault = {.host = "v.vault.azure.net", .port = 443};
    const struct secret_name fixed = {"Db-Pass", V1};
    struct secret token = secret_copy("tok.en", 6);
    keyvault_request(&b, &vault, &newest, NULL, &token);
    assert_string_equal(b.data,
                        "GET /secrets/Db-Pass?api-version=7.4 HTTP/1.1\r\nHost: v.vault.azure.net\r\nAccept: "
                        "application/json\r\n"
                        "Accept-Encoding: identity\r\nAuthorization: Bearer tok.en\r\n\r\n");
    buf_free(&b);
    keyvault_request(&b, &vault, &fixed, NULL, &token);
    assert_non_null(strstr(b.data, "GET /secrets/Db-Pass/" V1 "?api-version=7.4 "));
    buf_free(&b);
    keyvault_request(&b, &vault, &newest, "a.b-C", &token);
    assert_string_equal(
        b.data,
        "PUT /secrets/Db-Pass?api-version=7.4 HTTP/1.1\r\nHost: v.vault.azure.net\r\nAccept: "
        "application/json\r\n"
        "Accept-Encoding: identity\r\nAuthorization: Bearer tok.en\r\nContent-Type: application/json\r\n"
        "Content-Length: 17\r\n\r\n{\"value\":\"a.b-C\"}");
    buf_free(&b);
    secret_free(&token);
}

static void names(void **state)
{
    (void)state;
    char longest[130];
    memset(longest, 'a', sizeof longest);
    longest[127] = '\0';
    assert_true(keyvault_name_ok("a-B-9"));
    assert_true(keyvault_name_ok(longest));
    longest[127] = 'a';
    longest[128] = '\0';
    static const char *const bad[] = {"", "a_b", "a.b", "a/b", "a b", "a\r\n", "\xc3\xa4", "a?b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(keyvault_name_ok(bad[i]));
    assert_false(keyvault_name_ok(longest));
    assert_false(keyvault_name_ok(NULL));
    assert_true(keyvault_version_ok(NULL));
    assert_true(keyvault_version_ok(V1));
    assert_false(keyvault_version_ok(""));
    assert_false(keyvault_version_ok("0123456789abcdef0123456789abcde"));
    assert_false(keyvault_version_ok("0123456789abcdef0123456789abcdeg"));
}

static int answer(int status, const char *extra, const char *body, const struct secret_name *name,
                  struct vault_answer *out, struct error *e)
{
    size_t n = strlen(body) + strlen(extra) + 200;
    char *text = malloc(n);
    struct http h;
    int used = snprintf(text, n, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
                        extra, body);
    http_init(&h, 0);
    http_feed(&h, text, (size_t)used);
    assert_int_equal(h.state, HTTP_DONE);
    *e = (struct error){0};
    *out = (struct vault_answer){0};
    int result = keyvault_answer(&h, name, out, e);
    http_free(&h);
    free(text);
    return result;
}

static void bundles(void **state)
{
    (void)state;
    struct vault_answer a;
    struct error e;
    assert_int_equal(
        answer(200, "",
               "{\"value\":\"p\\u00e4\\ud83d\\ude00\\r\\n\\\"\\u0026\"," ID ",\"contentType\":\"text/plain\","
               "\"attributes\":{\"enabled\":true,\"nbf\":5,\"exp\":1800000000,\"recoveryLevel\":\"x\"},"
               "\"tags\":{\"k\":\"v\"},\"managed\":true,\"kid\":null}",
               &newest, &a, &e),
        0);
    assert_true(span_is(secret_bytes(&a.value), "p\xc3\xa4\xf0\x9f\x98\x80\r\n\"&"));
    assert_int_equal(a.expires, 1800000000);
    assert_int_equal(a.not_before, 5);
    assert_string_equal(a.version, V1);
    assert_string_equal(a.content_type, "text/plain");
    secret_free(&a.value);

    const struct secret_name fixed = {"DB-PASS", "0123456789ABCDEF0123456789abcdef"};
    assert_int_equal(answer(200, "", "{\"attributes\":{}," ID ",\"value\":\"\"}", &fixed, &a, &e), 0);
    assert_int_equal(secret_bytes(&a.value).n, 0);
    assert_int_equal(a.expires, 0);
    secret_free(&a.value);
    assert_int_equal(
        answer(200, "", "{" ID ",\"value\":\"x\",\"attributes\":{\"exp\":1.5,\"nbf\":-3}}", &newest, &a, &e),
        0);
    assert_int_equal(a.expires, 0);
    assert_int_equal(a.not_before, 0);
    secret_free(&a.value);
}

/* 25 KB of characters that JSON escapes sixfold still fit; one byte more does not. */
static void largest_value(void **state)
{
    (void)state;
    struct buf body = {0};
    struct vault_answer a;
    struct error e;
    for (unsigned extra = 0; extra < 2; extra++) {
        buf_str(&body, "{" ID ",\"value\":\"");
        for (unsigned i = 0; i < VAULT_VALUE_MAX + extra; i++)
            buf_str(&body, "\\u0001");
        buf_str(&body, "\"}");
        int result = answer(200, "", body.data, &newest, &a, &e);
        assert_int_equal(result, extra ? -1 : 0);
        assert_int_equal(e.code, extra ? E_SECRET_VALUE : E_NONE);
        assert_int_equal(secret_bytes(&a.value).n, extra ? 0 : VAULT_VALUE_MAX);
        secret_free(&a.value);
        buf_free(&body);
    }
}

static void bad_bundles(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum error_code want;
    } rows[] = {
        {"", E_VAULT_ANSWER},
        {"null", E_VAULT_ANSWER},
        {"{\"value\":\"x\"}", E_VAULT_ANSWER},
        {"{" ID "}", E_VAULT_ANSWER},
        {"{" ID ",\"value\":5}", E_VAULT_ANSWER},
        {"{" ID ",\"value\":\"a\",\"value\":\"b\"}", E_VAULT_ANSWER},
        {"{" ID ",\"value\":\"\\ud83d\"}", E_VAULT_ANSWER},
        {"{" ID ",\"value\":\"\xff\"}", E_VAULT_ANSWER},
        {"{" ID ",\"value\":\"a\\u0000b\"}", E_SECRET_VALUE},
        {"{\"value\":\"x\",\"id\":\"https://v.vault.azure.net/secrets/other/" V1 "\"}", E_VAULT_ANSWER},
        {"{\"value\":\"x\",\"id\":\"https://v.vault.azure.net/secrets/db-Pass2/" V1 "\"}", E_VAULT_ANSWER},
        {"{\"value\":\"x\",\"id\":\"https://v.vault.azure.net/secrets/Db-Pass/\"}", E_VAULT_ANSWER},
        {"{\"value\":\"x\",\"id\":\"https://v.vault.azure.net/secrets/Db-Pass\"}", E_VAULT_ANSWER},
        {"{\"value\":\"x\",\"id\":\"http://v.vault.azure.net/secrets/Db-Pass/" V1 "\"}", E_VAULT_ANSWER},
        {"{\"value\":\"x\",\"id\":\"https://v.vault.azure.net/keys/Db-Pass/" V1 "\"}", E_VAULT_ANSWER},
        {"{" ID ",\"value\":\"x\",\"attributes\":{\"enabled\":false}}", E_SECRET_DISABLED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vault_answer a;
        struct error e;
        assert_int_equal(answer(200, "", rows[i].body, &newest, &a, &e), -1);
        if (e.code != rows[i].want)
            print_error("row %zu: %s\n", i, e.text);
        assert_int_equal(e.code, rows[i].want);
        assert_int_equal(secret_bytes(&a.value).n, 0);
    }
    struct vault_answer a;
    struct error e;
    const struct secret_name fixed = {"Db-Pass", "ffffffffffffffffffffffffffffffff"};
    assert_int_equal(answer(200, "", "{" ID ",\"value\":\"x\"}", &fixed, &a, &e), -1);
    assert_int_equal(e.code, E_VAULT_ANSWER);
}

#define INNER(code, inner) \
    "{\"error\":{\"code\":\"" code "\",\"message\":\"MESSAGE\",\"innererror\":{\"code\":\"" inner "\"}}}"
#define OUTER(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"MESSAGE\"}}"

static void errors(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *extra;
        const char *body;
        enum error_code want;
        const char *has;
        uint32_t retry;
    } rows[] = {
        {400, "", OUTER("BadParameter"), E_VAULT_PARAMETER, "BadParameter", 0},
        {401,
         "WWW-Authenticate: Bearer authorization=\"https://login.test/ten-ant\", "
         "resource=\"https://vault.azure.net\"\r\n",
         OUTER("Unauthorized"), E_VAULT_UNAUTHORIZED, "one of tenant ten-ant for https://vault.azure.net", 0},
        {401, "", "", E_VAULT_UNAUTHORIZED, "HTTP 401", 0},
        {403, "", INNER("Forbidden", "ForbiddenByRbac"), E_VAULT_RBAC, "ForbiddenByRbac", 0},
        {403, "", INNER("Forbidden", "ForbiddenByPolicy"), E_VAULT_POLICY, "ForbiddenByPolicy", 0},
        {403, "", INNER("Forbidden", "AccessDenied"), E_VAULT_POLICY, "AccessDenied", 0},
        {403, "",
         "{\"error\":{\"code\":\"Forbidden\",\"message\":\"x\\r\\nClient address: 203.0.113.7\\r\\nCaller: "
         "y\","
         "\"innererror\":{\"code\":\"ForbiddenByFirewall\"}}}",
         E_VAULT_FIREWALL, "sees this box as 203.0.113.7", 0},
        {403, "",
         "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Client address: 999.evil\","
         "\"innererror\":{\"code\":\"ForbiddenByFirewall\"}}}",
         E_VAULT_FIREWALL, "firewall", 0},
        {403, "", INNER("Forbidden", "ForbiddenByConnection"), E_VAULT_CONNECTION, "ForbiddenByConnection",
         0},
        {403, "", INNER("Forbidden", "SecretDisabled"), E_SECRET_DISABLED, "SecretDisabled", 0},
        {403, "", INNER("Forbidden", "SomethingNew"), E_VAULT_FORBIDDEN, "SomethingNew", 0},
        {403, "", "<html>", E_HTTP_STATUS, "HTTP 403", 0},
        {400, "", "<html>", E_HTTP_STATUS, "HTTP 400", 0},
        {404, "", OUTER("VaultNotFound"), E_SECRET_MISSING, "no such vault", 0},
        {404, "", OUTER("com.example.NotFound"), E_SECRET_MISSING, "com.example.NotFound", 0},
        {409, "", OUTER("Conflict"), E_HTTP_STATUS, "HTTP 409 Conflict", 0},
        {403, "",
         "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Client address (2001:db8::5) is not authorized\","
         "\"innererror\":{\"code\":\"ForbiddenByFirewall\"}}}",
         E_VAULT_FIREWALL, "sees this box as 2001:db8::5", 0},
        {403, "",
         "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Client address is not authorized. Client address: "
         "203.0.113.8\",\"innererror\":{\"code\":\"ForbiddenByFirewall\"}}}",
         E_VAULT_FIREWALL, "sees this box as 203.0.113.8", 0},
        {511, "", "<html>", E_HTTP_STATUS, "HTTP 511", 0},
        {200, "Content-Encoding: gzip\r\n", "x", E_HTTP_ENCODED, "compressed", 0},
        {404, "", OUTER("SecretNotFound"), E_SECRET_MISSING, "SecretNotFound", 0},
        {404, "", "<html>", E_HTTP_STATUS, "HTTP 404", 0},
        {408, "", "", E_VAULT_BUSY, "HTTP 408", 0},
        {429, "", OUTER("Throttled"), E_VAULT_BUSY, "Throttled", 0},
        {429, "Retry-After: 2\r\n", OUTER("Throttled"), E_VAULT_BUSY, "Throttled", 2000},
        {500, "", "", E_VAULT_UNAVAILABLE, "HTTP 500", 0},
        {503, "Retry-After: 1\r\n", "x", E_VAULT_UNAVAILABLE, "HTTP 503", 1000},
        {301, "Location: https://evil.test\r\n", "", E_HTTP_STATUS, "HTTP 301", 0},
        {400, "", OUTER("\\u001b[31m"), E_VAULT_PARAMETER, "HTTP 400)", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vault_answer a;
        struct error e;
        assert_int_equal(answer(rows[i].status, rows[i].extra, rows[i].body, &newest, &a, &e), -1);
        if (e.code != rows[i].want || !strstr(e.text, rows[i].has))
            print_error("row %zu: %d %s\n", i, (int)e.code, e.text);
        assert_int_equal(e.code, rows[i].want);
        assert_non_null(strstr(e.text, rows[i].has));
        assert_int_equal(e.retry_after_ms, rows[i].retry);
        assert_null(strstr(e.text, "MESSAGE"));
        assert_null(strstr(e.text, "999"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request),       cmocka_unit_test(names),       cmocka_unit_test(bundles),
        cmocka_unit_test(largest_value), cmocka_unit_test(bad_bundles), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
