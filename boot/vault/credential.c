#include "vault/credential.h"

#include "base/file.h"
#include "base/mem.h"
#include "site/tracked.h"

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

/* Takes the bytes over; a text that is one line loses one trailing newline. */
static int finish(struct buf *in, bool line, const char *what, struct secret *out, struct error *e)
{
    size_t n = in->len;
    if (line && n && in->data[n - 1] == '\n')
        n--;
    if (line && n && n < in->len && in->data[n - 1] == '\r')
        n--;
    int result = 0;
    if (n == 0)
        result = error_set(e, E_CRED_FORM, "%s is empty", what);
    else if (line && (memchr(in->data, '\n', n) || memchr(in->data, '\0', n)))
        result = error_set(e, E_CRED_FORM, "%s holds more than one line", what);
    else
        *out = secret_copy(in->data, n);
    buf_free(in);
    return result;
}

static int from_path(const char *variable, const char *path, bool line, struct secret *out, struct error *e)
{
    struct buf in = {0};
    char what[PATH_BYTES];
    snprintf(what, sizeof what, "the file that %s names", variable);
    if (file_read(AT_FDCWD, path, CREDENTIAL_MAX, &in, e) < 0) {
        buf_free(&in);
        return error_wrap(e, "%s", variable);
    }
    return finish(&in, line, what, out, e);
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
        *out = secret_copy(secret, strlen(secret));
        return 0;
    }
    if (certificate && !federated) {
        *login = VAULT_LOGIN_CERTIFICATE;
        return from_path("AZURE_CLIENT_CERTIFICATE_PATH", certificate, false, out, e);
    }
    if (token) {
        *login = VAULT_LOGIN_FEDERATED;
        return from_path("AZURE_FEDERATED_TOKEN_FILE", token, true, out, e);
    }
    if (federated)
        return error_set(e, E_CRED_MISSING,
                         "role %s logs in with a federated token, and AZURE_FEDERATED_TOKEN_FILE is not set",
                         role->name);
    return error_set(e, E_CRED_MISSING,
                     "role %s: %s does not exist, and no AZURE_* variable holds a credential", role->name,
                     wanted);
}

static int from_site(const struct site *site, const char *path, bool line, struct secret *out, bool *missing,
                     struct error *e)
{
    struct buf in = {0};
    if (site_read(site, path, &in, missing, e) < 0) {
        buf_free(&in);
        return -1;
    }
    enum tracked tracked = tracked_content(site->dir, path);
    if (tracked == TRACKED_YES || tracked == TRACKED_UNKNOWN) {
        buf_free(&in);
        return error_set(e, E_CRED_TRACKED,
                         tracked == TRACKED_YES ? "git tracks %s" : "it cannot be told whether git tracks %s",
                         path);
    }
    return finish(&in, line, path, out, e);
}

int credential_read(const struct site *site, const struct role *role, enum vault_login *login,
                    const char **tenant, const char **client, struct secret *out, struct error *e)
{
    char path[PATH_BYTES];
    bool missing = false;
    *tenant = role->login.tenant;
    *client = role->login.client;
    switch (role->login.method) {
    case LOGIN_CERTIFICATE:
        *login = VAULT_LOGIN_CERTIFICATE;
        snprintf(path, sizeof path, ".hearth/%s.pem", role->name);
        break;
    case LOGIN_SECRET:
        *login = VAULT_LOGIN_SECRET;
        snprintf(path, sizeof path, ".hearth/%s.secret", role->name);
        break;
    case LOGIN_FEDERATED:
        return from_environment(role, login, tenant, client, true, out, "", e);
    case LOGIN_DEVICE_CODE:
    default:
        *login = VAULT_LOGIN_DEVICE;
        return 0;
    }
    if (from_site(site, path, *login == VAULT_LOGIN_SECRET, out, &missing, e) == 0)
        return 0;
    if (!missing)
        return -1;
    return from_environment(role, login, tenant, client, false, out, path, e);
}
