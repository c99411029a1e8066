/*
 * certkey.h - is this a certificate or a key in the form that Talos, or Flux's SSH, takes? Pure.
 *
 * Talos's crt and key fields are standard base64 of the PEM text (RFC 7468), those of the documents of 1.14 the PEM
 * itself; Go's decoder skips line breaks in the base64. The first block is the one that Talos reads, so it must have
 * the right label, and its body must be one DER SEQUENCE of exactly that length. Signatures, dates and names are not
 * looked at.
 */
#ifndef HEARTH_RENDER_CERTKEY_H
#define HEARTH_RENDER_CERTKEY_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Base64 of CERTKEY_MAX bytes of PEM is far above an RSA-8192 key. */
#define CERTKEY_MAX ((size_t)32 << 10)

/* CERTKEY_SSH: what golang.org/x/crypto/ssh reads without a passphrase, OpenSSH's PROTOCOL.key among it. */
enum certkey_kind { CERTKEY_CERTIFICATE, CERTKEY_PRIVATE, CERTKEY_SSH };

/* NULL when it is one, else what is wrong (a fixed phrase). `plain`: PEM. `der` gets the body; free it with buf_free(),
 * which wipes. */
const char *certkey_check(enum certkey_kind kind, bool plain, const char *text, size_t n, struct buf *der);

/* false only when the two surely do not belong together: the key's own public half (SEC 1 point, RFC 5915;
 * modulus, RFC 8017) does not occur in the certificate. Keys that do not hold it (PKCS#8, Ed25519) pass. */
bool certkey_pair(const struct buf *certificate, const struct buf *key);

#endif
