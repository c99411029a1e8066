#include "vault/keyvault.h"

#include "base/mem.h"
#include "base/text.h"
#include "net/dns.h"
#include "vault/challenge.h"
#include "vault/json.h"

#include <stdio.h>
#include <string.h>

#define NAME_SET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
#define HEX_SET "0123456789abcdefABCDEF"

bool keyvault_name_ok(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    return n >= 1 && n <= 127 && strspn(name, NAME_SET) == n;
}

bool keyvault_version_ok(const char *version)
{
    return !version || (strlen(version) == 32 && strspn(version, HEX_SET) == 32);
}

void keyvault_request(struct buf *out, const struct url *vault, const struct secret_name *name,
                      const char *write, const struct secret *token)
{
    UNSET char host[URL_AUTHORITY_MAX];
    struct span bearer = secret_bytes(token);
    buf_printf(out, "%s /secrets/%s%s%s?api-version=" KEYVAULT_API_VERSION " HTTP/1.1\r\nHost: %s\r\n",
               write ? "PUT" : "GET", name->name, name->version ? "/" : "",
               name->version ? name->version : "", url_authority(vault, host));
    buf_str(out, "Accept: application/json\r\nAccept-Encoding: identity\r\nAuthorization: Bearer ");
    buf_add(out, bearer.p, bearer.n);
    if (write)
        buf_printf(out, "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n{\"value\":\"%s\"}",
                   strlen(write) + 12, write);
    else
        buf_str(out, "\r\n\r\n");
}

/* "https://HOST/secrets/NAME/VERSION": NAME is the one asked for, VERSION too if one was. */
static bool id_fits(const char *id, const struct secret_name *name, char version[33])
{
    if (!id || strncmp(id, "https://", 8) != 0)
        return false;
    const char *path = strchr(id + 8, '/');
    if (!path || strncmp(path, "/secrets/", 9) != 0)
        return false;
    path += 9;
    size_t n = strcspn(path, "/");
    if (n != strlen(name->name))
        return false;
    for (size_t i = 0; i < n; i++)
        if (text_lower(path[i]) != text_lower(name->name[i]))
            return false;
    const char *got = path[n] == '/' ? path + n + 1 : "";
    if (strlen(got) != 32 || strspn(got, HEX_SET) != 32)
        return false;
    if (name->version && !text_equal_fold(got, name->version))
        return false;
    memcpy(version, got, 33);
    return true;
}

static int bundle(const json_t *root, const struct secret_name *name, struct vault_answer *out,
                  struct error *e)
{
    const json_t *value = json_object_get(root, "value");
    const json_t *attributes = json_object_get(root, "attributes");
    const char *type = json_member_text(root, "contentType");
    const char *encoding = json_member_text(json_object_get(root, "tags"), "file-encoding");
    if (!id_fits(json_member_text(root, "id"), name, out->version))
        return error_set(e, E_VAULT_ANSWER, "the id in the answer is not that of this secret");
    if (json_is_false(json_object_get(attributes, "enabled")))
        return error_set(e, E_SECRET_DISABLED, "the secret is disabled");
    if (!json_is_string(value))
        return error_set(e, E_VAULT_ANSWER, "the answer holds no value");
    if (json_string_length(value) > VAULT_VALUE_MAX)
        return error_set(e, E_SECRET_VALUE, "the value has %zu bytes; at most %d are used",
                         json_string_length(value), VAULT_VALUE_MAX);
    out->expires = json_member_number(attributes, "exp", 0);
    out->not_before = json_member_number(attributes, "nbf", 0);
    snprintf(out->content_type, sizeof out->content_type, "%s", type ? type : "");
    if (encoding && (text_equal_fold(encoding, "base64") || text_equal_fold(encoding, "hex")))
        strcpy(out->encoding, encoding);
    out->value = secret_copy(json_string_value(value), json_string_length(value));
    return 0;
}

/* Each row matches when its status is the answer's and one of the codes, inner or outer, is its own; "" matches any,
 * also an answer that is none of Key Vault's; "*" any of Key Vault's. */
static const struct {
    int status;
    enum error_code error;
    const char *code;
    const char *text;
} kinds[] = {
    {400, E_VAULT_PARAMETER, "*", "the vault calls the request wrong"},
    {401, E_VAULT_UNAUTHORIZED, "", "the vault refuses the token"},
    {403, E_VAULT_RBAC, "ForbiddenByRbac", "no role assignment lets this client do it"},
    {403, E_VAULT_POLICY, "ForbiddenByPolicy", "no access policy lets this client do it"},
    {403, E_VAULT_POLICY, "AccessDenied", "no access policy lets this client do it"},
    {403, E_VAULT_FIREWALL, "ForbiddenByFirewall", "the vault's firewall refuses this network"},
    {403, E_VAULT_CONNECTION, "ForbiddenByConnection",
     "the vault takes no connections from the public network"},
    {403, E_SECRET_DISABLED, "SecretDisabled", "the secret is disabled"},
    {403, E_VAULT_FORBIDDEN, "*", "the vault forbids it"},
    {404, E_SECRET_MISSING, "SecretNotFound", "no such secret or version in this vault"},
    {404, E_SECRET_MISSING, "VaultNotFound", "no such vault"},
    {404, E_SECRET_MISSING, "*", "no such secret or version in this vault"},
    {408, E_VAULT_BUSY, "", "the vault timed the request out"},
    {429, E_VAULT_BUSY, "", "the vault asks for fewer requests"},
};

/* "Client address: 203.0.113.7", in older words "Client address (203.0.113.7)", out of the message, if it is one. */
static void client_address(const char *message, char out[64])
{
    static const char label[] = "Client address";
    const char *at = message;
    out[0] = '\0';
    while (at && (at = strstr(at, label))) {
        at += sizeof label - 1;
        const char *from = at + strspn(at, ": (");
        size_t n = strspn(from, "0123456789abcdefABCDEF:.");
        struct dns_address parsed;
        if (from > at && n < 64 && dns_address(from, n, &parsed)) {
            snprintf(out, 64, "%.*s", (int)n, from);
            return;
        }
    }
}

static const char *harmless(const char *code)
{
    size_t n = code ? strlen(code) : 0;
    return n > 0 && n <= 64 && strspn(code, NAME_SET "_.") == n ? code : NULL;
}

static void add_detail(const struct http *h, const json_t *error, struct error *e)
{
    const char *message = json_member_text(error, "message");
    char address[64];
    struct error whole = *e;
    client_address(message, address);
    if (e->code == E_VAULT_FIREWALL && address[0])
        error_set(e, e->code, "%s; it sees this box as %s", whole.text, address);
    if (e->code == E_VAULT_PARAMETER && message && strstr(message, "(" KEYVAULT_API_VERSION ")")) {
        error_set(e, e->code, "%s; it does not know api-version " KEYVAULT_API_VERSION, whole.text);
        e->advice = ADVICE_API_VERSION;
    }
    struct challenge challenge;
    if (e->code != E_VAULT_UNAUTHORIZED ||
        !challenge_parse(h->challenge.data ? h->challenge.data : "", h->challenge.len, &challenge))
        return;
    char tenant[CHALLENGE_PARAM_MAX];
    challenge_tenant(&challenge, tenant);
    if (tenant[0])
        error_set(e, e->code, "%s; it wants one of tenant %s for %s", whole.text, tenant,
                  challenge.resource[0] ? challenge.resource : "an unnamed resource");
}

/* What no row is for. shown: Key Vault's own code, or NULL. */
static void unknown(const struct http *h, bool own, const char *shown, struct error *e)
{
    if (h->status == 511) {
        error_set(e, E_HTTP_STATUS, "this network wants a login of its own (HTTP 511)");
        e->advice = ADVICE_PORTAL;
    } else if (h->encoded) {
        error_set(e, E_HTTP_ENCODED, "the answer is compressed (HTTP %d)", h->status);
    } else if (h->status >= 500) {
        error_set(e, E_VAULT_UNAVAILABLE, "the vault has a fault (HTTP %d%s%s)", h->status, shown ? " " : "",
                  shown ? shown : "");
    } else if (own) {
        error_set(e, E_HTTP_STATUS, "the vault gives no such status here (HTTP %d%s%s)", h->status,
                  shown ? " " : "", shown ? shown : "");
    } else {
        error_set(e, E_HTTP_STATUS, "HTTP %d, and not in the words of Key Vault", h->status);
        if (h->status >= 400)
            e->advice = ADVICE_NOT_THE_VAULT;
    }
}

static int refused(const struct http *h, struct error *e)
{
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    const json_t *error = json_object_get(root, "error");
    const char *outer = harmless(json_member_text(error, "code"));
    const char *inner = harmless(json_member_text(json_object_get(error, "innererror"), "code"));
    const char *shown = inner ? inner : outer;
    bool own = json_is_string(json_object_get(error, "code"));
    unknown(h, own, shown, e);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *want = kinds[i].code;
        bool fits = !want[0] || (own && want[0] == '*') || (inner && strcmp(inner, want) == 0) ||
            (outer && strcmp(outer, want) == 0);
        if (kinds[i].status != h->status || !fits)
            continue;
        error_set(e, kinds[i].error, "%s (HTTP %d%s%s)", kinds[i].text, h->status, shown ? " " : "",
                  shown ? shown : "");
        break;
    }
    add_detail(h, error, e);
    if (h->has_retry_after)
        e->retry_after_ms = h->retry_after_ms;
    json_decref(root);
    return -1;
}

int keyvault_answer(const struct http *h, const struct secret_name *name, struct vault_answer *out,
                    struct error *e)
{
    if (h->status != 200 || h->encoded)
        return refused(h, e);
    enum json_problem problem;
    json_t *root = json_object_read(h->body.data, h->body.len, &problem);
    if (!root && problem == JSON_HAS_NUL)
        return error_set(e, E_SECRET_VALUE, "the value holds a NUL character");
    if (!root)
        return error_set(e, E_VAULT_ANSWER, "the answer with status 200 is not a JSON object");
    int result = bundle(root, name, out, e);
    json_decref(root);
    return result;
}
