/*
 * keyvault.h - one Key Vault "Get Secret" or "Set Secret" and its answer.
 *
 * Pure. Azure Key Vault REST, Secrets, GET /secrets/{name}/{version}?api-version=7.4: the oldest version that
 * every cloud and emulator still answers and that has all members used here. exp and nbf do not block a GET;
 * they are only handed on. Of an error body the codes are shown, and the address that a firewall names; never
 * the message itself.
 */
#ifndef HEARTH_VAULT_KEYVAULT_H
#define HEARTH_VAULT_KEYVAULT_H

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/http.h"
#include "net/url.h"
#include "vault/vault.h"

#define KEYVAULT_API_VERSION "7.4"

/* 1-127 of [0-9A-Za-z-]. */
bool keyvault_name_ok(const char *name);
/* NULL, or 32 hexadecimal digits. */
bool keyvault_version_ok(const char *version);

/* Adds the whole GET, with the token in it; or the PUT of a new version with the value `write`, which needs no
 * escaping. Both have the same answers. */
void keyvault_request(struct buf *out, const struct url *vault, const struct secret_name *name,
                      const char *write, const struct secret *token);

/* Judges a complete response. 0 with out filled, or -1 with an E_VAULT_*, E_SECRET_* or E_HTTP_* error,
 * retry_after_ms set when the server asked for it. E_VAULT_UNAUTHORIZED: the token is refused. */
int keyvault_answer(const struct http *h, const struct secret_name *name, struct vault_answer *out,
                    struct error *e);

#endif
