/* The token request byte for byte, and every kind of answer. */
#include "vault/entra.h"

#include "vault/aadsts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct url authority = {.host = "login.microsoftonline.com", .port = 443};

static struct span span_of(const char *s)
{
    return (struct span){(const unsigned char *)s, strlen(s)};
}

static void secret_request(void **state)
{
    (void)state;
    struct buf b = {0};
    entra_request(&b, &authority, "ten", "cli", "https://vault.azure.net/.default", VAULT_LOGIN_SECRET,
                  span_of("a~b+c/d=e f&g%h"));
    assert_string_equal(b.data,
                        "POST /ten/oauth2/v2.0/token HTTP/1.1\r\nHost: login.microsoftonline.com\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
                        "Accept-Encoding: identity\r\nContent-Length: 132\r\n\r\n"
                        "client_id=cli&scope=https%3A%2F%2Fvault.azure.net%2F.default&"
                        "client_secret=a~b%2Bc%2Fd%3De%20f%26g%25h&grant_type=client_credentials");
    buf_free(&b);
}

static void assertion_request(void **state)
{
    (void)state;
    struct buf b = {0};
    const struct url odd = {.host = "login.test", .port = 8443};
    entra_request(&b, &odd, "ten", "cli", "s", VAULT_LOGIN_CERTIFICATE, span_of("a.b-_c"));
    assert_non_null(strstr(b.data, "\r\nHost: login.test:8443\r\n"));
    assert_non_null(
        strstr(b.data,
               "\r\n\r\nclient_id=cli&scope=s&client_assertion_type="
               "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b-_c&"
               "grant_type=client_credentials"));
    buf_free(&b);
    entra_endpoint(&b, &odd, "ten");
    assert_string_equal(b.data, "https://login.test:8443/ten/oauth2/v2.0/token");
    buf_free(&b);
}

static enum vault_login method = VAULT_LOGIN_CERTIFICATE;

static int answer(int status, const char *extra, const char *body, struct secret *token, struct error *e)
{
    static char text[40000];
    struct http h;
    int n = snprintf(text, sizeof text, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                     strlen(body), extra, body);
    http_init(&h, 0);
    http_feed(&h, text, (size_t)n);
    assert_int_equal(h.state, HTTP_DONE);
    *e = (struct error){0};
    int result = entra_answer(&h, method, token, e);
    http_free(&h);
    return result;
}

static void tokens(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"eyJ.a-_\"}",
        "{\"access_token\":\"eyJ.a-_\",\"token_type\":\"bearer\",\"x\":{\"y\":[1,null]}}",
        "{\"access_token\":\"eyJ.a-_\",\"token_type\":\"Bearer\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secret token = {0};
        struct error e;
        assert_int_equal(answer(200, "", rows[i], &token, &e), 0);
        assert_true(span_is(secret_bytes(&token), "eyJ.a-_"));
        secret_free(&token);
    }
}

static void not_tokens(void **state)
{
    (void)state;
    static char huge[ENTRA_TOKEN_MAX + 200] = "{\"token_type\":\"Bearer\",\"access_token\":\"";
    size_t n = strlen(huge);
    memset(huge + n, 'a', ENTRA_TOKEN_MAX + 1);
    strcpy(huge + n + ENTRA_TOKEN_MAX + 1, "\"}");
    const char *const rows[] = {
        "",
        "null",
        "[]",
        "{",
        "{}",
        "{\"access_token\":\"a\"}",
        "{\"access_token\":\"a\",\"token_type\":\"pop\"}",
        "{\"access_token\":\"\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":5,\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\\u0000\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"\xc3\xa4\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"x\":"
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
        "1"
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\"} x",
        huge,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secret token = {0};
        struct error e;
        assert_int_equal(answer(200, "", rows[i], &token, &e), -1);
        assert_int_equal(e.code, E_ENTRA_ANSWER);
        assert_null(token.held_);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *extra;
        const char *body;
        enum error_code want;
        const char *has;
    } rows[] = {
        {401, "",
         "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: "
         "SECRET\",\"error_codes\":[7000215],"
         "\"trace_id\":\"0a-1\",\"correlation_id\":\"b-2\"}",
         E_ENTRA_CLIENT, "AADSTS7000215: the secret is wrong"},
        {401, "", "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000222: SECRET\"}",
         E_ENTRA_CLIENT, "has expired"},
        {400, "", "{\"error\":\"unauthorized_client\",\"error_codes\":[700016]}", E_ENTRA_CLIENT,
         "no application"},
        {400, "", "{\"error\":\"invalid_request\",\"error_codes\":[90002]}", E_ENTRA_REQUEST,
         "no such tenant"},
        {400, "", "{\"error\":\"invalid_scope\",\"error_codes\":[70011]}", E_ENTRA_SCOPE, "cloud.resource"},
        {400, "", "{\"error\":\"invalid_resource\",\"error_codes\":[500011]}", E_ENTRA_SCOPE,
         "cloud.resource"},
        {400, "", "{\"error\":\"invalid_grant\",\"error_codes\":[50013]}", E_ENTRA_GRANT, "signature"},
        {400, "", "{\"error\":\"interaction_required\",\"error_codes\":[53003]}", E_ENTRA_INTERACTION,
         "Conditional Access"},
        {400, "", "{\"error\":\"something_new\",\"error_codes\":[1]}", E_ENTRA_REFUSED,
         "something_new, AADSTS1"},
        {400, "", "{\"error\":\"Bad \\u001b[31m word\"}", E_ENTRA_ANSWER, "HTTP 400"},
        {404, "", "<html>", E_ENTRA_ANSWER, "HTTP 404"},
        {302, "Location: https://evil.test/\r\n", "", E_HTTP_STATUS, "HTTP 302"},
        {204, "", "", E_HTTP_STATUS, "HTTP 204"},
        {400, "", "{\"error\":\"temporarily_unavailable\"}", E_ENTRA_UNAVAILABLE, "temporarily"},
        {429, "Retry-After: 7\r\n", "", E_ENTRA_BUSY, "HTTP 429"},
        {408, "", "", E_ENTRA_BUSY, "HTTP 408"},
        {503, "", "{\"error\":\"invalid_client\"}", E_ENTRA_UNAVAILABLE, "HTTP 503"},
        {500, "", "oops", E_ENTRA_UNAVAILABLE, "HTTP 500"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secret token = {0};
        struct error e;
        assert_int_equal(
            answer(rows[i].status, rows[i].extra, rows[i].status == 204 ? "" : rows[i].body, &token, &e), -1);
        if (e.code != rows[i].want || !strstr(e.text, rows[i].has))
            print_error("row %zu: %d %s\n", i, (int)e.code, e.text);
        assert_int_equal(e.code, rows[i].want);
        assert_non_null(strstr(e.text, rows[i].has));
        assert_null(strstr(e.text, "SECRET")); /* the body is never shown */
        assert_null(strchr(e.text, '\x1b'));
        assert_int_equal(e.retry_after_ms, rows[i].status == 429 ? 7000 : 0);
        if (i == 0)
            assert_non_null(strstr(e.text, "(trace 0a-1, correlation b-2)"));
    }
}

static void device_requests(void **state)
{
    (void)state;
    struct buf b = {0};
    entra_request(&b, &authority, "ten", "cli", "s/.default", VAULT_LOGIN_DEVICE, (struct span){0});
    assert_memory_equal(b.data, "POST /ten/oauth2/v2.0/devicecode HTTP/1.1\r\n", 43);
    assert_non_null(strstr(b.data, "\r\n\r\nclient_id=cli&scope=s%2F.default"));
    assert_null(strstr(b.data, "grant_type"));
    buf_free(&b);
    entra_request(&b, &authority, "ten", "cli", "s", VAULT_LOGIN_DEVICE, span_of("a+b"));
    assert_memory_equal(b.data, "POST /ten/oauth2/v2.0/token HTTP/1.1\r\n", 38);
    assert_non_null(strstr(b.data,
                           "\r\n\r\nclient_id=cli&scope=s&device_code=a%2Bb&"
                           "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"));
    buf_free(&b);
}

static int code_of(int status, const char *body, struct secret *code, struct vault_code *shown,
                   uint64_t *interval_ms, struct error *e)
{
    static char text[20000];
    struct http h;
    int n = snprintf(text, sizeof text, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n\r\n%s", status,
                     strlen(body), body);
    http_init(&h, 0);
    http_feed(&h, text, (size_t)n);
    *e = (struct error){0};
    int result = entra_code(&h, code, shown, interval_ms, e);
    http_free(&h);
    return result;
}

#define CODE(members) \
    "{\"device_code\":\"D-_.1\",\"user_code\":\"AB-12cd\",\"verification_uri\":\"https://a.test/" \
    "d?x=1\"," members "\"message\":\"no\"}"

static void device_codes(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        uint32_t expires, interval;
    } rows[] = {
        {CODE("\"expires_in\":900,\"interval\":7,"), 900, 7000},
        {CODE("\"expires_in\":\"300\",\"interval\":\"3\","), 300, 3000},
        {CODE(""), 900, 5000},
        {CODE("\"expires_in\":0,\"interval\":0,"), 1, 1000},
        {CODE("\"expires_in\":99999999999,\"interval\":99999999999,"), VAULT_CODE_MAX_S, 60000},
        {CODE("\"expires_in\":-5,\"interval\":-5,"), 900, 5000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct secret code = {0};
        struct vault_code shown;
        uint64_t interval = 0;
        struct error e;
        assert_int_equal(code_of(200, rows[i].body, &code, &shown, &interval, &e), 0);
        assert_int_equal(shown.expires_s, rows[i].expires);
        assert_int_equal(interval, rows[i].interval);
        assert_string_equal(shown.user, "AB-12cd");
        assert_string_equal(shown.uri, "https://a.test/d?x=1");
        assert_true(span_is(secret_bytes(&code), "D-_.1"));
        secret_free(&code);
    }
}

/* What a person is shown comes from the network: anything odd in it is refused, not cleaned. */
static void not_codes(void **state)
{
    (void)state;
    static char huge[9000];
    snprintf(huge, sizeof huge,
             "{\"user_code\":\"A\",\"verification_uri\":\"https://a\",\"device_code\":\"%05000d\"}", 1);
    const char *const rows[] = {
        "",
        "{}",
        "[]",
        "{\"device_code\":\"D\",\"user_code\":\"A\"}",
        "{\"device_code\":\"D\",\"verification_uri\":\"https://a\"}",
        "{\"user_code\":\"A\",\"verification_uri\":\"https://a\"}",
        "{\"device_code\":\"\",\"user_code\":\"A\",\"verification_uri\":\"https://a\"}",
        "{\"device_code\":5,\"user_code\":\"A\",\"verification_uri\":\"https://a\"}",
        "{\"device_code\":\"D\",\"user_code\":\"A B\",\"verification_uri\":\"https://a\"}",
        "{\"device_code\":\"D\",\"user_code\":\"\\u001b[2J\",\"verification_uri\":\"https://a\"}",
        "{\"device_code\":\"D\",\"user_code\":\"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\",\"verification_uri\":"
        "\"https://a\"}",
        "{\"device_code\":\"D\",\"user_code\":\"A\",\"verification_uri\":\"http://a\"}",
        "{\"device_code\":\"D\",\"user_code\":\"A\",\"verification_uri\":\"https://a\\nopen https://b\"}",
        "{\"device_code\":\"D\",\"user_code\":\"A\",\"verification_uri\":\"https://\\u202ea\"}",
        "{\"device_code\":\"D\",\"user_code\":\"A\",\"verification_uri\":\"https://a@b\"}",
        huge,
    };
    struct secret code = {0};
    struct vault_code shown;
    uint64_t interval = 0;
    struct error e;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (code_of(200, rows[i], &code, &shown, &interval, &e) != -1)
            print_error("row %zu was taken\n", i);
        assert_int_equal(e.code, E_ENTRA_ANSWER);
        assert_null(code.held_);
    }
    assert_int_equal(code_of(400, "{\"error\":\"invalid_client\",\"error_codes\":[7000218]}", &code, &shown,
                             &interval, &e),
                     -1);
    assert_int_equal(e.code, E_ENTRA_CLIENT);
    assert_non_null(strstr(e.text, "public client flows"));
}

static void polls(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        enum error_code want;
        uint32_t again;
    } rows[] = {
        {"authorization_pending", E_ENTRA_CODE, ENTRA_PENDING_MS},
        {"slow_down", E_ENTRA_CODE, ENTRA_SLOWER_MS},
        {"expired_token", E_ENTRA_CODE, 0},
        {"authorization_declined", E_ENTRA_DECLINED, 9000},
        {"bad_verification_code", E_ENTRA_REFUSED, 9000},
        {"interaction_required", E_ENTRA_INTERACTION, 9000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char body[100];
        snprintf(body, sizeof body, "{\"error\":\"%s\"}", rows[i].error);
        struct secret token = {0};
        struct error e;
        assert_int_equal(answer(400, "Retry-After: 9\r\n", body, &token, &e), -1);
        assert_int_equal(e.code, rows[i].want);
        assert_int_equal(e.retry_after_ms, rows[i].again);
    }
}

/* A row's next step belongs to the code that the row gives, and each number stands once. */
static void numbers(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (int64_t number = 1; number < 10000000; number++) {
        const struct aadsts *row = aadsts_find(number);
        if (!row)
            continue;
        seen++;
        const char *hint = aadsts_hint(row);
        assert_true(hint[0] && !strchr(hint, '\n'));
        const char *next;
        assert_int_equal(error_advised(row->advice, &next), row->advice ? row->code : E_NONE);
    }
    assert_true(seen > 45);
    assert_null(aadsts_find(0));
    assert_null(aadsts_find(-7000215));
}

/* The same refusal, by how it was asked: a secret has no certificate that could be looked at. */
static void grants(void **state)
{
    (void)state;
    static const struct {
        enum vault_login login;
        enum error_code want;
    } rows[] = {{VAULT_LOGIN_CERTIFICATE, E_ENTRA_GRANT},
                {VAULT_LOGIN_FEDERATED, E_ENTRA_GRANT},
                {VAULT_LOGIN_SECRET, E_ENTRA_REFUSED},
                {VAULT_LOGIN_DEVICE, E_ENTRA_REFUSED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        method = rows[i].login;
        struct secret token = {0};
        struct error e;
        assert_int_equal(answer(400, "", "{\"error\":\"invalid_grant\",\"error_codes\":[70000]}", &token, &e),
                         -1);
        assert_int_equal(e.code, rows[i].want);
    }
    method = VAULT_LOGIN_CERTIFICATE;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_request),  cmocka_unit_test(assertion_request),
        cmocka_unit_test(tokens),          cmocka_unit_test(not_tokens),
        cmocka_unit_test(refusals),        cmocka_unit_test(numbers),
        cmocka_unit_test(device_requests), cmocka_unit_test(device_codes),
        cmocka_unit_test(not_codes),       cmocka_unit_test(polls),
        cmocka_unit_test(grants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
