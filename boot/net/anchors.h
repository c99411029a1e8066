/*
 * anchors.h - the certificate authorities that one fetch trusts.
 *
 * The Azure roots of the binary, and the CA certificates of a role's cloud.ca.
 */
#ifndef HEARTH_NET_ANCHORS_H
#define HEARTH_NET_ANCHORS_H

#include "base/error.h"

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>

#define ANCHORS_EXTRA_MAX 16

struct anchors {
    /* owned */
    br_x509_trust_anchor *list;
    size_t count;
    /* how many at the front own their bytes */
    size_t extra;
};

/* ca_pem is PEM text or NULL; with `only` the Azure roots are left out. Error: E_VAULT_CA. */
int anchors_read(struct anchors *out, const char *ca_pem, bool only, struct error *e);
void anchors_free(struct anchors *a);

#endif
