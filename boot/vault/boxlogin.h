/*
 * boxlogin.h - the login of a box by its TPM, as far as the fetcher's parent goes: the key against its certificate, and
 * the assertions that the fetcher is given in the place of a key.
 */
#ifndef HEARTH_VAULT_BOXLOGIN_H
#define HEARTH_VAULT_BOXLOGIN_H

#include "base/error.h"
#include "base/reader.h"
#include "base/secret.h"
#include "vault/tpm.h"
#include "vault/vault.h"

/* Makes the key in an open TPM. Errors: those of tpm_make(); E_TPM_OTHER: it is not the certificate's (DER);
 * E_CRED_FORM. */
int boxlogin_make(struct tpm *t, const unsigned char half[TPM_HALF_BYTES], struct span certificate,
                  struct error *e);

/* Two assertions for this request, whose `now` was judged, a line each: one, and one for a second try or the renewal of
 * a refused token. Errors: those of tpm_sign(), E_VAULT_REQUEST, E_SYSTEM. */
int boxlogin_sign(struct tpm *t, struct span certificate, const struct vault_request *request,
                  struct secret *out, struct error *e);

#endif
