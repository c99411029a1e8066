/*
 * entra.h - the client-credentials request to Microsoft Entra ID and its answer.
 *
 * Pure. "OAuth 2.0 client credentials flow on the Microsoft identity platform", v2.0 endpoint. Behaviour
 * follows the HTTP status and the `error` member; the AADSTS number only chooses the hint in the message. Of
 * an error body only the error word, the number and the trace and correlation ids are ever shown.
 */
#ifndef HEARTH_VAULT_ENTRA_H
#define HEARTH_VAULT_ENTRA_H

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/http.h"
#include "net/url.h"
#include "vault/vault.h"

#define ENTRA_TOKEN_MAX 16384

/* "https://AUTHORITY/TENANT/oauth2/v2.0/token", also the audience of an assertion. */
void entra_endpoint(struct buf *out, const struct url *authority, const char *tenant);

/* Adds the whole POST. credential is the client secret, or the assertion; with VAULT_LOGIN_DEVICE (RFC 8628 section
 * 3) the device code, and when that is empty the POST asks for one. */
void entra_request(struct buf *out, const struct url *authority, const char *tenant, const char *client,
                   const char *scope, enum vault_login login, struct span credential);

#define ENTRA_PENDING_MS 1u   /* retry_after_ms of E_ENTRA_CODE: ask again at the same pace */
#define ENTRA_SLOWER_MS 5000u /* this much slower (RFC 8628 section 3.5); 0: the code is used up */

/* Judges a complete response to a request of this kind. 0 with the token, or -1 with an E_ENTRA_* or E_HTTP_* error,
 * retry_after_ms set when the server asked for it. */
int entra_answer(const struct http *h, enum vault_login login, struct secret *token, struct error *e);

/* Judges the answer to the request for a device code: what is shown, what is polled with, and how often. Times out
 * of their range are brought into it. Errors: as entra_answer(). */
int entra_code(const struct http *h, struct secret *device_code, struct vault_code *shown,
               uint64_t *interval_ms, struct error *e);

#endif
