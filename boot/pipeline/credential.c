#include "pipeline/credential.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "site/tracked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDENTIAL_MAX 65536
#define PATH_BYTES 128

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

enum form { FORM_PEM, FORM_SECRET, FORM_TOKEN };

/* PowerShell 5 writes so with `>`. Neither PEM nor a secret begins with a NUL or has one behind its first letter; DER
 * may. */
static bool is_utf16(const unsigned char *p, size_t n)
{
    bool marked = n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff));
    bool der = n > 4 && p[0] == 0x30 && (p[1] & 0x80);
    return marked || (!der && memchr(p, '\0', n < 4 ? n : 4));
}

static bool in_quotes(const char *p, size_t n)
{
    return n >= 2 && (p[0] == '"' || p[0] == '\'') && p[n - 1] == p[0];
}

/* A client secret is printable ASCII without blanks. What could only be refused by Entra is said before it is asked. */
static int judge_secret(const char *p, size_t n, const char *what, struct error *e)
{
    char id[37] = "";
    if (n == sizeof id - 1)
        memcpy(id, p, n);
    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++) {
        if (p[i] == ' ' || p[i] == '\t')
            result = error_set(e, E_CRED_FORM, "%s holds a blank %s", what,
                               i == 0           ? "at its beginning"
                                   : i + 1 == n ? "at its end"
                                                : "inside, and a client secret has none");
        else if (p[i] < '!' || p[i] > '~')
            result = error_set(e, E_CRED_FORM, "%s holds a character that no client secret has, at byte %zu",
                               what, i + 1);
    }
    if (result == 0 && in_quotes(p, n))
        result = error_set(e, E_CRED_FORM, "%s holds the secret in quotes", what);
    else if (result == 0 && text_is_guid(id))
        result = error_set(e, E_CRED_FORM, "%s holds a GUID: that is the secret's ID, not its value", what);
    mem_wipe(id, sizeof id);
    if (result != 0)
        e->advice = ADVICE_SECRET;
    return result;
}

/* Takes the bytes over. A byte order mark is none of them; a text that is one line loses one trailing newline. */
static int finish(struct buf *in, enum form form, const char *what, struct secret *out, struct error *e)
{
    const char *p = in->data ? in->data : "";
    size_t n = in->len;
    bool line = form != FORM_PEM;
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
        n -= 3;
    }
    if (line && n && p[n - 1] == '\n')
        n--;
    if (line && n && p[n] == '\n' && p[n - 1] == '\r')
        n--;
    int result = 0;
    if (n == 0)
        result = error_set(e, E_CRED_FORM, "%s is empty", what);
    else if (is_utf16((const unsigned char *)p, n))
        result = error_set(e, E_CRED_FORM,
                           "%s is in UTF-16, as PowerShell 5 writes it; save it as UTF-8 or ASCII", what);
    else if (line && (memchr(p, '\n', n) || memchr(p, '\0', n)))
        result = error_set(e, E_CRED_FORM, "%s holds more than one line", what);
    else if (form == FORM_SECRET)
        result = judge_secret(p, n, what, e);
    if (result == 0)
        *out = secret_copy(p, n);
    buf_free(in);
    return result;
}

static int from_path(const char *variable, const char *path, enum form form, struct secret *out,
                     struct error *e)
{
    char what[PATH_BYTES];
    snprintf(what, sizeof what, "the file that %s names", variable);
    struct buf in = {0};
    if (file_read(AT_FDCWD, path, CREDENTIAL_MAX, &in, e) < 0) {
        buf_free(&in);
        return error_wrap(e, "%s", variable);
    }
    return finish(&in, form, what, out, e);
}

static int from_environment(const struct role *role, enum vault_login *login, const char **tenant,
                            const char **client, bool federated, struct secret *out, const char *wanted,
                            struct error *e)
{
    const char *secret = environment("AZURE_CLIENT_SECRET");
    const char *certificate = environment("AZURE_CLIENT_CERTIFICATE_PATH");
    const char *token = environment("AZURE_FEDERATED_TOKEN_FILE");
    if (environment("AZURE_TENANT_ID"))
        *tenant = environment("AZURE_TENANT_ID");
    if (environment("AZURE_CLIENT_ID"))
        *client = environment("AZURE_CLIENT_ID");
    /* The order of Microsoft's own EnvironmentCredential; a site that says federated means only that. */
    if (secret && !federated) {
        *login = VAULT_LOGIN_SECRET;
        struct buf in = {0};
        buf_str(&in, secret);
        return finish(&in, FORM_SECRET, "AZURE_CLIENT_SECRET", out, e);
    }
    if (certificate && !federated) {
        *login = VAULT_LOGIN_CERTIFICATE;
        return from_path("AZURE_CLIENT_CERTIFICATE_PATH", certificate, FORM_PEM, out, e);
    }
    if (token) {
        *login = VAULT_LOGIN_FEDERATED;
        return from_path("AZURE_FEDERATED_TOKEN_FILE", token, FORM_TOKEN, out, e);
    }
    if (federated)
        return error_set(e, E_CRED_MISSING,
                         "role %s logs in with a federated token, and AZURE_FEDERATED_TOKEN_FILE is not set",
                         role->name);
    if (!wanted)
        return error_set(
            e, E_CRED_DESK,
            "this node of role %s logs in by its TPM as client %s, and no AZURE_* variable holds a login for "
            "this desk",
            role->name, *client);
    return error_set(e, E_CRED_MISSING,
                     "role %s: %s does not exist, and no AZURE_* variable holds a credential", role->name,
                     wanted);
}

static int from_site(const struct site *site, const char *path, enum form form, struct secret *out,
                     bool *missing, struct error *e)
{
    struct buf in = {0};
    if (site_read(site, path, &in, missing, e) < 0) {
        buf_free(&in);
        return -1;
    }
    errno = 0;
    enum tracked tracked = tracked_content(site->dir, path);
    bool passing = tracked == TRACKED_UNKNOWN && error_passes(errno);
    if (tracked == TRACKED_YES || tracked == TRACKED_UNKNOWN) {
        buf_free(&in);
        error_set(e, E_CRED_TRACKED, "%s %s",
                  tracked == TRACKED_YES ? "git tracks" : "it cannot be told whether git tracks", path);
        e->passing = passing;
        return -1;
    }
    return finish(&in, form, path, out, e);
}

int credential_read(const struct plan *plan, enum vault_login *login, const char **tenant,
                    const char **client, struct secret *out, struct error *e)
{
    const struct role *role = plan->entry->role;
    *tenant = role->login.tenant;
    *client = role->login.client;
    switch (plan->entry->method) {
    case LOGIN_CERTIFICATE:
        *login = VAULT_LOGIN_CERTIFICATE;
        break;
    case LOGIN_SECRET:
        *login = VAULT_LOGIN_SECRET;
        break;
    case LOGIN_FEDERATED:
        return from_environment(role, login, tenant, client, true, out, "", e);
    case LOGIN_TPM:
        return from_environment(role, login, tenant, client, false, out, NULL, e);
    case LOGIN_DEVICE_CODE:
    default:
        *login = VAULT_LOGIN_DEVICE;
        return 0;
    }
    UNSET char path[SITE_LOGIN_FILE_MAX];
    (void)plan_login_file(path, plan);
    enum form form = *login == VAULT_LOGIN_SECRET ? FORM_SECRET : FORM_PEM;
    bool missing = false;
    if (from_site(plan->site, path, form, out, &missing, e) == 0)
        return 0;
    if (!missing)
        return -1;
    return from_environment(role, login, tenant, client, false, out, path, e);
}
