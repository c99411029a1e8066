/*
 * credential.h - where a role's login comes from.
 *
 * On a node and off it: SITE/.hearth/<role>.pem (certificate: an unencrypted RSA key and its certificate in one PEM
 * file) or SITE/.hearth/<role>.secret (client secret; one trailing newline is dropped). Off a node the standard AZURE_*
 * variables work when the file is absent: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET,
 * AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE. A credential file that git tracks is refused.
 *
 * A byte order mark in front is skipped. What Entra could only refuse is refused here: UTF-16, and for a secret blanks,
 * quotes and an ID in its place.
 */
#ifndef HEARTH_PIPELINE_CREDENTIAL_H
#define HEARTH_PIPELINE_CREDENTIAL_H

#include "base/error.h"
#include "base/secret.h"
#include "plan/plan.h"
#include "vault/vault.h"

/* Reads the credential of this plan's node, at a desk or on the node; a login by the TPM is boxkey.h's on the node,
 * and of AZURE_* alone at a desk. *login tells which kind it is. tenant and client come from the site, or from the
 * environment when that is where the credential came from. A device-code login has no credential: out stays empty.
 * Errors: E_CRED_MISSING, E_CRED_DESK, E_CRED_TRACKED, E_CRED_FORM, E_FILE_READ. */
int credential_read(const struct plan *plan, enum vault_login *login, const char **tenant,
                    const char **client, struct secret *out, struct error *e);

#endif
