#include "vault/boxlogin.h"

#include "base/random.h"
#include "net/x509.h"
#include "vault/entra.h"
#include "vault/jwt.h"

#include <string.h>

#define ASSERTIONS 2

int boxlogin_make(struct tpm *t, const unsigned char half[TPM_HALF_BYTES], struct span certificate,
                  struct error *e)
{
    struct x509_cert cert;
    if (!x509_read(certificate, &cert) || cert.key.key_type != BR_KEYTYPE_RSA)
        return error_set(e, E_CRED_FORM, "its certificate cannot be read");
    if (tpm_make(t, half, e) < 0)
        return -1;
    const br_rsa_public_key *k = &cert.key.key.rsa;
    if (k->nlen != TPM_KEY_BYTES || memcmp(k->n, t->modulus, TPM_KEY_BYTES) != 0)
        return error_set(e, E_TPM_OTHER, "the TPM made a key, and it is not that of the certificate");
    return 0;
}

int boxlogin_sign(struct tpm *t, struct span certificate, const struct vault_request *request,
                  struct secret *out, struct error *e)
{
    struct url authority;
    if (url_parse("cloud.authority", request->authority, &authority, e) < 0)
        return -1;
    struct buf audience = {0};
    entra_endpoint(&audience, &authority, request->tenant);
    const struct jwt_claims claims = {audience.data, request->client, request->now};
    int result = 0;
    struct buf text = {0};
    for (unsigned i = 0; i < ASSERTIONS && result == 0; i++) {
        unsigned char random[JWT_JTI_BYTES + JWT_SALT_BYTES];
        result = random_fill(random, sizeof random)
            ? jwt_by_tpm(&text, t, certificate, &claims, random, random + JWT_JTI_BYTES, e)
            : error_set(e, E_SYSTEM, "getrandom gave no randomness");
        buf_char(&text, '\n');
    }
    if (result == 0)
        *out = secret_copy(text.data, text.len);
    buf_free(&text);
    buf_free(&audience);
    return result;
}
