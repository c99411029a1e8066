/*
 * boxkey.h - on a node, the login by the box's own TPM: the files of the site, the device, the key between being made
 * and being signed with. At a desk it is never used.
 */
#ifndef HEARTH_PIPELINE_BOXKEY_H
#define HEARTH_PIPELINE_BOXKEY_H

#include "base/error.h"
#include "base/secret.h"
#include "pipeline/pipeline.h"

/* Makes the key of this plan's node and keeps the TPM open with it; a key that is there already stays. A line says
 * that it takes time. Errors: E_CRED_MISSING, those of born_read(), tpm_open() and boxlogin_make(). */
int boxkey_make(struct pipeline *run, struct error *e);

/* The assertions of a request, made now if there is no key yet; afterwards the TPM is closed. Errors: those of
 * boxkey_make() and boxlogin_sign(). */
int boxkey_sign(struct pipeline *run, const struct vault_request *request, struct secret *out,
                struct error *e);

void boxkey_free(struct pipeline *run);

#endif
