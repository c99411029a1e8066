/*
 * loginkey.h - the RSA key and certificate that a role logs in with.
 *
 * PEM text with one unencrypted RSA key (PKCS#1 or PKCS#8) of 2048 to 4096 bits and its certificate; further
 * certificates are ignored, the first one that the key belongs to counts. Anything else has a message of its
 * own: encrypted keys, PKCS#12, EC keys.
 */
#ifndef HEARTH_VAULT_LOGINKEY_H
#define HEARTH_VAULT_LOGINKEY_H

#include "base/error.h"
#include "base/reader.h"

#define LOGINKEY_BYTES_MAX 512          /* of a modulus and a signature */
#define LOGINKEY_RSA br_rsa_i62_private /* BearSSL's, in constant time */

struct loginkey;

/* Reads the key; NULL with E_CRED_FORM, E_CRED_ENCRYPTED, E_CRED_PFX, E_CRED_KEY or E_CRED_MISMATCH. */
struct loginkey *loginkey_read(struct span pem, struct error *e);
/* Wipes; NULL is allowed. */
void loginkey_free(struct loginkey *key);

/* Bits of the modulus. */
unsigned loginkey_bits(const struct loginkey *key);
/* SHA-256 of the certificate's DER. */
const unsigned char *loginkey_thumbprint(const struct loginkey *key);

/* The private operation on x, in place; x has (bits + 7) / 8 bytes and is below the modulus. The result is
 * checked with the public key of the certificate, so that neither a fault nor a foreign certificate can let a
 * wrong signature out: then false, x wiped. */
bool loginkey_private(const struct loginkey *key, unsigned char *x);

#endif
