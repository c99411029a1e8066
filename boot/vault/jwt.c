#include "vault/jwt.h"

#include "base/mem.h"
#include "base/text.h"

#include <bearssl.h>
#include <inttypes.h>
#include <string.h>

static void sha256(unsigned char out[32], const void *p, size_t n)
{
    br_sha256_context hash;
    br_sha256_init(&hash);
    br_sha256_update(&hash, p, n);
    br_sha256_out(&hash, out);
}

static void mgf1_xor(unsigned char *mask, size_t n, const unsigned char seed[32])
{
    unsigned char block[32];
    for (uint32_t counter = 0; n > 0; counter++) {
        const unsigned char tail[4] = {(unsigned char)(counter >> 24), (unsigned char)(counter >> 16),
                                       (unsigned char)(counter >> 8), (unsigned char)counter};
        br_sha256_context hash;
        br_sha256_init(&hash);
        br_sha256_update(&hash, seed, 32);
        br_sha256_update(&hash, tail, sizeof tail);
        br_sha256_out(&hash, block);
        size_t take = n < sizeof block ? n : sizeof block;
        for (size_t i = 0; i < take; i++)
            mask[i] ^= block[i];
        mask += take;
        n -= take;
    }
}

void jwt_pss_encode(unsigned char *em, unsigned bits, const unsigned char hash[32],
                    const unsigned char salt[JWT_SALT_BYTES])
{
    unsigned em_bits = bits - 1;
    size_t n = (em_bits + 7) / 8;
    if (n < (bits + 7) / 8)
        *em++ = 0;

    br_sha256_context context;
    unsigned char *h = em + n - 33;
    br_sha256_init(&context);
    const unsigned char zeroes[8] = {0};
    br_sha256_update(&context, zeroes, sizeof zeroes);
    br_sha256_update(&context, hash, 32);
    br_sha256_update(&context, salt, JWT_SALT_BYTES);
    br_sha256_out(&context, h);
    em[n - 1] = 0xbc;

    size_t db = n - 33;
    memset(em, 0, db - JWT_SALT_BYTES - 1);
    em[db - JWT_SALT_BYTES - 1] = 1;
    memcpy(em + db - JWT_SALT_BYTES, salt, JWT_SALT_BYTES);
    mgf1_xor(em, db, h);
    em[0] &= (unsigned char)(0xff >> (8 * n - em_bits));
}

static void add_claims(struct buf *json, const struct jwt_claims *c, const unsigned char jti[JWT_JTI_BYTES])
{
    char hex[2 * JWT_JTI_BYTES + 1];
    text_hex(hex, jti, JWT_JTI_BYTES);
    buf_printf(json, "{\"aud\":\"%s\",\"iss\":\"%s\",\"sub\":\"%s\",", c->audience, c->client, c->client);
    buf_printf(json, "\"jti\":\"%.8s-%.4s-%.4s-%.4s-%.12s\",", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    buf_printf(json, "\"nbf\":%" PRId64 ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}", c->now, c->now,
               c->now + JWT_LIFETIME);
}

/* How it is signed: the header's words and the certificate's thumbprint in the form that goes with them. */
struct header {
    const char *algorithm;
    const char *member;
    struct span thumbprint;
};

/* What is signed, behind what is in out, and its hash. */
static void begin(struct buf *out, const struct header *h, const struct jwt_claims *claims,
                  const unsigned char jti[JWT_JTI_BYTES], unsigned char hash[32])
{
    struct buf json = {0};
    size_t start = out->len;
    buf_printf(&json, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"%s\":\"", h->algorithm, h->member);
    text_base64url(&json, h->thumbprint.p, h->thumbprint.n);
    buf_str(&json, "\"}");
    text_base64url(out, json.data, json.len);
    json.len = 0;
    add_claims(&json, claims, jti);
    buf_char(out, '.');
    text_base64url(out, json.data, json.len);
    buf_free(&json);
    sha256(hash, out->data + start, out->len - start);
}

static void end(struct buf *out, const unsigned char *signature, size_t n)
{
    buf_char(out, '.');
    text_base64url(out, signature, n);
}

int jwt_assertion(struct buf *out, const struct loginkey *key, const struct jwt_claims *claims,
                  const unsigned char jti[JWT_JTI_BYTES], const unsigned char salt[JWT_SALT_BYTES],
                  struct error *e)
{
    unsigned char hash[32];
    unsigned bits = loginkey_bits(key);
    struct buf signed_part = {0};
    begin(&signed_part, &(struct header){"PS256", "x5t#S256", {loginkey_thumbprint(key), 32}}, claims, jti,
          hash);
    unsigned char em[LOGINKEY_BYTES_MAX];
    jwt_pss_encode(em, bits, hash, salt);
    bool good = loginkey_private(key, em);
    if (good) {
        end(&signed_part, em, (bits + 7) / 8);
        buf_add(out, signed_part.data, signed_part.len);
    }
    buf_free(&signed_part);
    return good
        ? 0
        : error_set(e, E_CRED_KEY, "the login key made a signature that its certificate does not verify");
}

int jwt_by_tpm(struct buf *out, struct tpm *t, struct span certificate, const struct jwt_claims *claims,
               const unsigned char jti[JWT_JTI_BYTES], const unsigned char salt[JWT_SALT_BYTES],
               struct error *e)
{
    unsigned char thumbprint[32];
    size_t start = out->len;
    sha256(thumbprint, certificate.p, certificate.n);
    unsigned char hash[32];
    begin(out, &(struct header){"PS256", "x5t#S256", {thumbprint, 32}}, claims, jti, hash);
    unsigned char em[TPM_KEY_BYTES];
    jwt_pss_encode(em, 8 * TPM_KEY_BYTES, hash, salt);
    bool refused;
    int result = tpm_private(t, em, &refused, e);
    if (result < 0 && refused) {
        /* As azure-identity signs, with which Entra is at home. */
        br_sha1_context sha1;
        br_sha1_init(&sha1);
        br_sha1_update(&sha1, certificate.p, certificate.n);
        br_sha1_out(&sha1, thumbprint);
        out->len = start;
        begin(out, &(struct header){"RS256", "x5t", {thumbprint, br_sha1_SIZE}}, claims, jti, hash);
        result = tpm_sign(t, hash, em, e);
    }
    if (result == 0)
        end(out, em, sizeof em);
    return result;
}
