/*
 * birth.h - the certificate of a key that is born in a TPM: X.509 version 3 (RFC 5280), signed by the key itself.
 */
#ifndef HEARTH_VAULT_BIRTH_H
#define HEARTH_VAULT_BIRTH_H

#include "base/buf.h"
#include "base/error.h"
#include "vault/tpm.h"

#include <stdint.h>

#define BIRTH_DAYS 731 /* that the certificate is valid */
#define BIRTH_EARLY_S \
    86400 /* before it is born; a PC that ran Windows has its local time in its clock, Entra has not */

/* Adds its DER: common name `name` (an RFC 1123 label), from BIRTH_EARLY_S before `now` (seconds since 1970, to the
 * minute) on for BIRTH_DAYS. Errors: those of tpm_sign(), E_SYSTEM. */
int birth_certificate(struct buf *der, struct tpm *t, const char *name, int64_t now, struct error *e);

#endif
