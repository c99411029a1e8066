/*
 * jwt.h - the client assertion that a certificate login sends (RFC 7523, signed as RFC 7515 with PS256 of RFC
 * 7518).
 *
 * The form is Microsoft's: "Microsoft identity platform application authentication certificate credentials",
 * header alg PS256, typ JWT, x5t#S256; claims aud, iss, sub, jti, nbf, iat, exp. Pure: time and randomness
 * are arguments.
 */
#ifndef HEARTH_VAULT_JWT_H
#define HEARTH_VAULT_JWT_H

#include "base/buf.h"
#include "base/error.h"
#include "vault/loginkey.h"
#include "vault/tpm.h"

#include <stdint.h>

#define JWT_LIFETIME 600 /* seconds from nbf to exp */
#define JWT_JTI_BYTES 16
#define JWT_SALT_BYTES 32

/* What the assertion says. The texts hold no character that JSON would escape: the caller has checked. */
struct jwt_claims {
    /* the URL of the token endpoint, exactly */
    const char *audience;
    /* iss and sub */
    const char *client;
    /* seconds since 1970: nbf and iat */
    int64_t now;
};

/* Adds the compact form to out. Error: E_CRED_KEY when the signature does not verify with the certificate's
 * own key. */
int jwt_assertion(struct buf *out, const struct loginkey *key, const struct jwt_claims *claims,
                  const unsigned char jti[JWT_JTI_BYTES], const unsigned char salt[JWT_SALT_BYTES],
                  struct error *e);

/* The same with a key of the TPM, which was made, and its certificate's DER: PS256 by the raw operation; where the chip
 * refuses that, RS256 with x5t, the SHA-1 of the certificate. Errors: those of tpm.h; out is then of no use. */
int jwt_by_tpm(struct buf *out, struct tpm *t, struct span certificate, const struct jwt_claims *claims,
               const unsigned char jti[JWT_JTI_BYTES], const unsigned char salt[JWT_SALT_BYTES],
               struct error *e);

/* EMSA-PSS (RFC 8017 9.1.1) with SHA-256, MGF1-SHA-256 and a salt of 32 bytes, for a modulus of `bits`. em
 * has (bits + 7) / 8 bytes; when bits - 1 is a multiple of 8 the encoding is one byte shorter and em[0] is
 * 0. */
void jwt_pss_encode(unsigned char *em, unsigned bits, const unsigned char hash[32],
                    const unsigned char salt[JWT_SALT_BYTES]);

#endif
