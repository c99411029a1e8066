/*
 * roots.h - the certificate authorities hearth trusts for Azure.
 *
 * embed/roots.list names them by SHA-256 fingerprint; embed/mkroots.c takes them from Debian's ca-certificates package,
 * and from embed/roots/ what Debian lacks, at build time and writes the C behind this header. An anchor is a
 * distinguished name and a public key; BearSSL neither knows nor checks a root's own dates.
 */
#ifndef HEARTH_EMBED_ROOTS_H
#define HEARTH_EMBED_ROOTS_H

#include <bearssl.h>
#include <stddef.h>

/* Constant, for br_ssl_client_init_full, br_x509_minimal_init and the like. */
extern const br_x509_trust_anchor roots_azure[];
extern const size_t roots_azure_count;

/* For people: the name in embed/roots.list and the fingerprint in hex, in the order of roots_azure. */
struct roots_name {
    const char *name;
    const char *sha256;
};
extern const struct roots_name roots_names[];

#endif
