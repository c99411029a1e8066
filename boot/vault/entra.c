#include "vault/entra.h"

#include "base/mem.h"
#include "base/text.h"
#include "vault/aadsts.h"
#include "vault/form.h"
#include "vault/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEVICE_CODE_MAX 4096

void entra_endpoint(struct buf *out, const struct url *authority, const char *tenant)
{
    UNSET char host[URL_AUTHORITY_MAX];
    buf_printf(out, "https://%s/%s/oauth2/v2.0/token", url_authority(authority, host), tenant);
}

void entra_request(struct buf *out, const struct url *authority, const char *tenant, const char *client,
                   const char *scope, enum vault_login login, struct span credential)
{
    bool asks = login == VAULT_LOGIN_DEVICE && credential.n == 0;
    struct buf body = {0};
    form_add(&body, "client_id", client);
    form_add(&body, "scope", scope);
    if (login == VAULT_LOGIN_SECRET) {
        form_add_span(&body, "client_secret", credential);
    } else if (login != VAULT_LOGIN_DEVICE) {
        form_add(&body, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        form_add_span(&body, "client_assertion", credential);
    } else if (!asks) {
        form_add_span(&body, "device_code", credential);
    }
    if (!asks)
        form_add(&body, "grant_type",
                 login == VAULT_LOGIN_DEVICE ? "urn:ietf:params:oauth:grant-type:device_code"
                                             : "client_credentials");
    UNSET char host[URL_AUTHORITY_MAX];
    buf_printf(out,
               "POST /%s/oauth2/v2.0/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: "
               "application/x-www-form-urlencoded\r\n"
               "Accept: application/json\r\nAccept-Encoding: identity\r\nContent-Length: %zu\r\n\r\n",
               tenant, asks ? "devicecode" : "token", url_authority(authority, host), body.len);
    buf_add(out, body.data, body.len);
    buf_free(&body);
}

/* The first of error_codes, or what stands behind "AADSTS" in the description. */
static int64_t aadsts_of(const json_t *root)
{
    const json_t *code = json_array_get(json_object_get(root, "error_codes"), 0);
    if (json_is_integer(code))
        return json_integer_value(code);
    const char *description = json_member_text(root, "error_description");
    const char *at = description ? strstr(description, "AADSTS") : NULL;
    int64_t number = 0;
    for (unsigned i = 6; at && i < 16 && at[i] >= '0' && at[i] <= '9'; i++)
        number = number * 10 + (at[i] - '0');
    return number;
}

/* A server's word is shown only if it is made of harmless characters. */
static const char *word_of(const json_t *root, const char *name, const char *set, size_t max)
{
    const char *text = json_member_text(root, name);
    size_t n = text ? strlen(text) : 0;
    return n > 0 && n <= max && strspn(text, set) == n ? text : NULL;
}

/* *wait_ms is for a poll that is to be repeated. */
static enum error_code code_of(const char *word, uint32_t *wait_ms)
{
    static const struct {
        const char *word;
        enum error_code code;
        uint32_t wait_ms;
    } words[] = {
        {"invalid_client", E_ENTRA_CLIENT, 0},
        {"unauthorized_client", E_ENTRA_CLIENT, 0},
        {"invalid_request", E_ENTRA_REQUEST, 0},
        {"unsupported_grant_type", E_ENTRA_REQUEST, 0},
        {"invalid_tenant", E_ENTRA_REQUEST, 0},
        {"invalid_scope", E_ENTRA_SCOPE, 0},
        {"invalid_resource", E_ENTRA_SCOPE, 0},
        {"invalid_grant", E_ENTRA_GRANT, 0},
        {"interaction_required", E_ENTRA_INTERACTION, 0},
        {"access_denied", E_ENTRA_INTERACTION, 0},
        {"temporarily_unavailable", E_ENTRA_UNAVAILABLE, 0},
        {"authorization_declined", E_ENTRA_DECLINED, 0},
        {"expired_token", E_ENTRA_CODE, 0},
        {"authorization_pending", E_ENTRA_CODE, ENTRA_PENDING_MS},
        {"slow_down", E_ENTRA_CODE, ENTRA_SLOWER_MS},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0) {
            *wait_ms = words[i].wait_ms;
            return words[i].code;
        }
    return E_ENTRA_REFUSED;
}

/* By the status and the word; the number alone knows better in some cases. */
static void judge(const struct http *h, const char *word, const struct aadsts *known, enum vault_login login,
                  struct error *e)
{
    uint32_t wait_ms = 0;
    bool assertion = login != VAULT_LOGIN_SECRET && login != VAULT_LOGIN_DEVICE;
    e->code = word ? code_of(word, &wait_ms) : E_ENTRA_ANSWER;
    if (h->status == 429 || h->status == 408) {
        e->code = E_ENTRA_BUSY;
    } else if (h->status == 511) {
        e->code = E_HTTP_STATUS;
        e->advice = ADVICE_PORTAL;
    } else if (h->status >= 500) {
        e->code = E_ENTRA_UNAVAILABLE;
    } else if (h->encoded && (h->status == 200 || h->status >= 400)) {
        e->code = E_HTTP_ENCODED;
    } else if (h->status < 400) {
        e->code = E_HTTP_STATUS;
    } else if (known && known->code != E_NONE) {
        e->code = known->code;
        e->advice = known->advice;
    } else if (e->code == E_ENTRA_GRANT && !assertion) {
        e->code = E_ENTRA_REFUSED;
    }
    if (e->code == E_ENTRA_CODE)
        e->retry_after_ms = wait_ms;
    else if (h->has_retry_after)
        e->retry_after_ms = h->retry_after_ms;
}

static int refused(const struct http *h, enum vault_login login, struct error *e)
{
    static const char id[] = "0123456789abcdefABCDEF-";
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    const char *word = word_of(root, "error", "abcdefghijklmnopqrstuvwxyz_", 40);
    const char *ids[2] = {word_of(root, "trace_id", id, 64), word_of(root, "correlation_id", id, 64)};
    int64_t number = aadsts_of(root);
    const struct aadsts *known = aadsts_find(number);
    struct error judged = {0};
    judge(h, word, known, login, &judged);
    struct buf text = {.max = ERROR_TEXT_MAX};
    buf_printf(&text, "HTTP %d", h->status);
    if (h->encoded)
        buf_str(&text, ", compressed");
    if (word)
        buf_printf(&text, " %s", word);
    if (number > 0 && number < 100000000)
        buf_printf(&text, ", AADSTS%" PRId64, number);
    if (known)
        buf_printf(&text, ": %s", aadsts_hint(known));
    else if (word && strcmp(word, "expired_token") == 0)
        buf_str(&text, ": nobody logged in with the code before it ran out");
    if (h->status == 511)
        buf_str(&text, ": this network wants a login of its own");
    if (ids[0])
        buf_printf(&text, " (trace %s", ids[0]);
    if (ids[1])
        buf_printf(&text, "%scorrelation %s", ids[0] ? ", " : " (", ids[1]);
    if (ids[0] || ids[1])
        buf_char(&text, ')');
    error_set(e, judged.code, "%s", text.data);
    e->advice = judged.advice;
    e->retry_after_ms = judged.retry_after_ms;
    buf_free(&text);
    json_decref(root);
    return -1;
}

/* RFC 6750 b64token: what may follow "Bearer " in a header. */
static bool is_token(const char *s, size_t n)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    return n > 0 && n <= ENTRA_TOKEN_MAX && strspn(s, set) == n;
}

int entra_answer(const struct http *h, enum vault_login login, struct secret *token, struct error *e)
{
    if (h->status != 200 || h->encoded)
        return refused(h, login, e);
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    const json_t *member = json_object_get(root, "access_token");
    const char *type = json_member_text(root, "token_type");
    const char *text = json_string_value(member);
    int result = -1;
    if (!root)
        error_set(e, E_ENTRA_ANSWER, "the answer with status 200 is not a JSON object");
    else if (!type || !text_equal_fold(type, "Bearer"))
        error_set(e, E_ENTRA_ANSWER, "the answer holds no token of type Bearer");
    else if (!text || !is_token(text, json_string_length(member)))
        error_set(e, E_ENTRA_ANSWER, "access_token is missing, longer than %d bytes, or not a token",
                  ENTRA_TOKEN_MAX);
    else
        result = 0;
    if (result == 0)
        *token = secret_copy(text, json_string_length(member));
    json_decref(root);
    return result;
}

static int64_t between(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

int entra_code(const struct http *h, struct secret *device_code, struct vault_code *shown,
               uint64_t *interval_ms, struct error *e)
{
    if (h->status != 200 || h->encoded)
        return refused(h, VAULT_LOGIN_DEVICE, e);
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    const char *code = json_member_text(root, "device_code");
    const char *user = word_of(root, "user_code", VAULT_CODE_USER_SET, sizeof shown->user - 1);
    const char *uri = word_of(root, "verification_uri", VAULT_CODE_URI_SET, sizeof shown->uri - 1);
    int result = 0;
    if (!code || !code[0] || strlen(code) > DEVICE_CODE_MAX || !user || !uri ||
        strncmp(uri, "https://", 8) != 0) {
        result = error_set(e, E_ENTRA_ANSWER, "the answer holds no code for a person");
    } else {
        *shown = (struct vault_code){
            .expires_s = (uint32_t)between(json_member_number(root, "expires_in", 900), 1, VAULT_CODE_MAX_S)};
        strcpy(shown->uri, uri);
        strcpy(shown->user, user);
        *interval_ms = (uint64_t)between(json_member_number(root, "interval", 5), 1, 60) * 1000;
        *device_code = secret_copy(code, strlen(code));
    }
    json_decref(root);
    return result;
}
