#include "vault/entra.h"

#include "base/text.h"
#include "vault/form.h"
#include "vault/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEVICE_CODE_MAX 4096
#define USER_SET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

void entra_endpoint(struct buf *out, const struct url *authority, const char *tenant)
{
    char host[URL_AUTHORITY_MAX];
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
    char host[URL_AUTHORITY_MAX];
    buf_printf(out,
               "POST /%s/oauth2/v2.0/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: "
               "application/x-www-form-urlencoded\r\n"
               "Accept: application/json\r\nAccept-Encoding: identity\r\nContent-Length: %zu\r\n\r\n",
               tenant, asks ? "devicecode" : "token", url_authority(authority, host), body.len);
    buf_add(out, body.data, body.len);
    buf_free(&body);
}

const char *entra_hint(int64_t aadsts)
{
    static const struct {
        int32_t number;
        const char *hint;
    } hints[] = {
        {7000215, "the secret is wrong; often its ID was pasted instead of its value"},
        {7000222, "the secret has expired"},
        {700016, "this tenant has no application with that client id"},
        {700011, "this tenant has no application with that client id"},
        {7000112, "the application is disabled"},
        {90002, "no such tenant: wrong id, or wrong cloud"},
        {900023, "no such tenant: wrong id, or wrong cloud"},
        {90038, "the tenant is in a national cloud: set cloud.authority and cloud.resource"},
        {9001023, "login.tenant must be a tenant of its own, not common or organizations"},
        {700027, "the certificate is not in the app registration, or it has expired there"},
        {700024, "the assertion is outside its time: look at this box's clock"},
        {500133, "the assertion is outside its time: look at this box's clock"},
        {50012, "the assertion's signature or thumbprint is wrong"},
        {50013, "the assertion's signature is wrong"},
        {50027, "the assertion is malformed"},
        {700021, "the assertion is for another client"},
        {700023, "the assertion is for another audience"},
        {70021,
         "no federated credential matches the assertion's issuer and subject; a new one takes some minutes"},
        {700211, "no federated credential has the assertion's issuer, to the letter"},
        {700212, "no federated credential has the assertion's audience"},
        {700213,
         "no federated credential has the assertion's subject, to the letter; a new one takes some minutes"},
        {70011, "the scope is not known: cloud.resource does not fit this cloud"},
        {1002012, "the scope is not known: cloud.resource does not fit this cloud"},
        {500011, "the resource is not known in this tenant: cloud.resource does not fit this cloud"},
        {650057, "the resource is not one the application may use"},
        {53003, "Conditional Access blocks this login"},
        {530035, "security defaults block this login"},
        {50076, "the tenant asks for a second factor"},
        {7000218,
         "the application wants a credential of another kind; for device-code switch \"Allow public client "
         "flows\" "
         "on"},
        {70018, "it does not know the code that it gave"},
        {65001, "nobody has consented yet that the application reads vaults for a person"},
        {700025, "the application is public and takes no secret; switch off \"Allow public client flows\""},
        {50196, "too many failing logins in a row: wait some minutes"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (hints[i].number == aadsts)
            return hints[i].hint;
    return NULL;
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

static int refused(const struct http *h, struct error *e)
{
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    const char *word = word_of(root, "error", "abcdefghijklmnopqrstuvwxyz_", 40);
    uint32_t wait_ms = 0;
    enum error_code code = word ? code_of(word, &wait_ms) : E_ENTRA_ANSWER;
    if (h->status == 429 || h->status == 408)
        code = E_ENTRA_BUSY;
    else if (h->status >= 500)
        code = E_ENTRA_UNAVAILABLE;
    else if (h->status < 400)
        code = E_HTTP_STATUS;

    int64_t aadsts = aadsts_of(root);
    const char *hint = entra_hint(aadsts);
    static const char id[] = "0123456789abcdefABCDEF-";
    const char *trace = word_of(root, "trace_id", id, 64);
    const char *correlation = word_of(root, "correlation_id", id, 64);
    char number[32] = "";
    if (aadsts > 0 && aadsts < 100000000)
        snprintf(number, sizeof number, ", AADSTS%" PRId64, aadsts);
    error_set(e, code, "HTTP %d%s%s%s%s%s%s%s%s%s%s", h->status, word ? " " : "", word ? word : "", number,
              hint ? ": " : "", hint ? hint : "", trace || correlation ? " (" : "", trace ? "trace " : "",
              trace ? trace : "", correlation ? (trace ? ", correlation " : "correlation ") : "",
              correlation ? correlation : "");
    if (trace || correlation) {
        size_t n = strlen(e->text);
        if (n + 1 < sizeof e->text)
            memcpy(e->text + n, ")", 2);
    }
    if (code == E_ENTRA_CODE)
        e->retry_after_ms = wait_ms;
    else if (h->has_retry_after)
        e->retry_after_ms = h->retry_after_ms;
    json_decref(root);
    return -1;
}

/* RFC 6750 b64token: what may follow "Bearer " in a header. */
static bool is_token(const char *s, size_t n)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    return n > 0 && n <= ENTRA_TOKEN_MAX && strspn(s, set) == n;
}

int entra_answer(const struct http *h, struct secret *token, int64_t *expires_in, struct error *e)
{
    if (h->status != 200)
        return refused(h, e);
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
    if (result == 0) {
        *token = secret_copy(text, json_string_length(member));
        *expires_in = json_member_number(root, "expires_in", 0);
    }
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
    if (h->status != 200)
        return refused(h, e);
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    const char *code = json_member_text(root, "device_code");
    const char *user = word_of(root, "user_code", USER_SET, sizeof shown->user - 1);
    const char *uri = word_of(root, "verification_uri", USER_SET ":/._~%?=&#+", sizeof shown->uri - 1);
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
