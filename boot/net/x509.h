/*
 * x509.h - judging a server's certificate chain, and saying why it failed.
 *
 * A validation engine for BearSSL that stands around br_x509_minimal (RFC 5280, names by RFC 6125). It adds
 * what that leaves out: extendedKeyUsage of the leaf (absent, serverAuth or anyExtendedKeyUsage pass), RSA
 * keys of at least 2048 bits, at most X509_CHAIN_MAX certificates of X509_CERT_MAX bytes. And it reads the
 * certificates itself, because BearSSL gives one number for several causes: expired or not yet valid;
 * self-signed, unknown root or missing intermediate. That reading only chooses the words: nothing that
 * BearSSL refuses is ever let pass.
 *
 * Not checked, as BearSSL does not: revocation, name constraints, policies.
 */
#ifndef HEARTH_NET_X509_H
#define HEARTH_NET_X509_H

#include "base/error.h"
#include "base/reader.h"

#include <bearssl.h>
#include <stdbool.h>
#include <stdint.h>

#define X509_CHAIN_MAX 8
#define X509_CERT_MAX 16384 /* bytes */
#define X509_CN_MAX 65      /* with the NUL */

/* What the messages, and the readers of files, need of one certificate. */
struct x509_cert {
    /* points into the DER; all zero when it is neither RSA nor EC, curve 0 when not P-256 or P-384 */
    br_x509_pkey key;
    /* of the subject, DER, in place */
    struct span dn;
    /* seconds since 1970 */
    int64_t not_before;
    int64_t not_after;
    /* SHA-256 of the DN's DER */
    unsigned char issuer[32];
    unsigned char subject[32];
    /* "" when there is none */
    char issuer_cn[X509_CN_MAX];
    char subject_cn[X509_CN_MAX];
    /* basicConstraints say so */
    bool ca;
    bool has_eku;
    /* serverAuth or anyExtendedKeyUsage */
    bool server_auth;
};

struct x509 {
    /* first: BearSSL sees this struct through it */
    const br_x509_class *vtable;
    br_x509_minimal_context minimal;
    /* seconds since 1970, trusted */
    int64_t now;
    unsigned count;
    struct x509_cert certs[X509_CHAIN_MAX];
    /* a certificate is too large, one too many, or not DER */
    bool unreadable;
    /* the one being received; owned */
    unsigned char *der;
    size_t der_length;
    size_t der_expected;
    /* after the chain: E_NONE or an E_TLS_* code */
    enum error_code code;
    enum error_advice advice;
    char why[256];
};

/* anchors stay borrowed. The caller sets hashes and algorithms on x->minimal before it is used, and calls
 * x509_free(). */
void x509_init(struct x509 *x, const br_x509_trust_anchor *anchors, size_t count, int64_t now);
void x509_free(struct x509 *x);

/* Reads one certificate; false when it is not DER of the expected shape. Pure. */
bool x509_read(struct span der, struct x509_cert *out);

/* The code and the words for a chain that BearSSL judged with `number` (0: good). Pure but for x->code and
 * x->why. */
void x509_judge(struct x509 *x, unsigned number);

#endif
