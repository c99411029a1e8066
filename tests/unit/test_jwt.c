/* The client assertion: encoding, signature, claims. An independent PSS verification stands in this file. */
#include "vault/jwt.h"

#include "base/pem.h"
#include "base/text.h"
#include "vault_keys.h"

#include <bearssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void sha256(unsigned char out[32], const void *p, size_t n)
{
    br_sha256_context c;
    br_sha256_init(&c);
    br_sha256_update(&c, p, n);
    br_sha256_out(&c, out);
}

static struct loginkey *key_of(const char *pem)
{
    struct error e = {0};
    struct loginkey *key = loginkey_read((struct span){(const unsigned char *)pem, strlen(pem)}, &e);
    assert_non_null(key);
    return key;
}

/* SHA-256 of encodings made by another implementation: message "hearth", salt 00 01 .. 1f. */
static void encoding_of_odd_moduli(void **state)
{
    (void)state;
    static const struct {
        unsigned bits;
        size_t bytes;
        const char *digest;
    } rows[] = {
        {2048, 256, "73522d0fa733cf52084ae4fbe2a571cc0e7e435da4c379edaf790e304e9dbb66"},
        {2049, 257, "6dc3e48170a001d05065d61c5207db6188f70495cb7cd8eda22ee938f19e71e3"},
        {2050, 257, "69ada13364b8dee3fa8b2ee32c8a41d5c821c98e9ff5cb0e2c2c89d7b52884a4"},
        {3071, 384, "7cafac15c0feb171245bbebc8366544261791f2c5413f2ea5f48414ee66804e2"},
        {4096, 512, "637fa1e7b0939b994dd5ef8c66bc1e739cd3162a501d60fa19541acd0c898813"},
    };
    unsigned char hash[32];
    sha256(hash, "hearth", 6);
    unsigned char salt[32];
    for (unsigned i = 0; i < 32; i++)
        salt[i] = (unsigned char)i;
    unsigned char digest[32];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char em[LOGINKEY_BYTES_MAX];
        memset(em, 0xee, sizeof em);
        jwt_pss_encode(em, rows[i].bits, hash, salt);
        sha256(digest, em, rows[i].bytes);
        char hex[65];
        text_hex(hex, digest, 32);
        assert_string_equal(hex, rows[i].digest);
    }
}

/* Base64url without padding; the length. */
static size_t decode(unsigned char *out, const char *p, size_t n)
{
    char text[1024];
    assert_true(n + 4 < sizeof text);
    size_t i = 0;
    for (; i < n; i++)
        text[i] = (char)(p[i] == '-' ? '+' : p[i] == '_' ? '/' : p[i]);
    while (i % 4)
        text[i++] = '=';
    size_t length = text_base64_decode(out, text, i);
    assert_int_not_equal(length, SIZE_MAX);
    return length;
}

/* EMSA-PSS-VERIFY, RFC 8017 9.1.2, on the modulus of the certificate. */
static bool verifies(const char *cert_pem, const char *text, size_t n, unsigned char *sig, size_t length)
{
    char body[4096];
    size_t used = 0;
    const char *p = strchr(cert_pem, '\n') + 1;
    for (; *p != '-'; p++)
        if (*p != '\n')
            body[used++] = *p;
    unsigned char der[3072];
    size_t der_length = text_base64_decode(der, body, used);
    br_x509_decoder_context x;
    br_x509_decoder_init(&x, NULL, NULL);
    br_x509_decoder_push(&x, der, der_length);
    const br_x509_pkey *k = br_x509_decoder_get_pkey(&x);
    assert_non_null(k);
    if (length != k->key.rsa.nlen || br_rsa_i31_public(sig, length, &k->key.rsa) != 1)
        return false;
    unsigned bits = (unsigned)(8 * k->key.rsa.nlen);
    for (unsigned char top = k->key.rsa.n[0]; !(top & 0x80); top = (unsigned char)(top << 1))
        bits--;
    size_t em = (bits - 1 + 7) / 8;
    if (em < length && *sig++ != 0)
        return false;
    size_t db = em - 33;
    unsigned char block[36];
    memcpy(block, sig + db, 32);
    unsigned char mask[LOGINKEY_BYTES_MAX];
    for (size_t at = 0, c = 0; at < db; at += 32, c++) {
        block[32] = block[33] = block[34] = 0;
        block[35] = (unsigned char)c;
        sha256(mask + at, block, 36);
    }
    for (size_t i = 0; i < db; i++)
        sig[i] ^= mask[i];
    sig[0] &= (unsigned char)(0xff >> (8 * em - (bits - 1)));
    for (size_t i = 0; i < db - 33; i++)
        if (sig[i])
            return false;
    unsigned char m[8 + 32 + 32] = {0};
    sha256(m + 8, text, n);
    memcpy(m + 40, sig + db - 32, 32);
    unsigned char digest[32];
    sha256(digest, m, sizeof m);
    return sig[db - 33] == 1 && sig[em - 1] == 0xbc && memcmp(digest, sig + db, 32) == 0;
}

static void assertion_of(const char *key_pem, const char *cert_pem)
{
    struct loginkey *key = key_of(key_pem);
    unsigned char random[48];
    for (unsigned i = 0; i < 48; i++)
        random[i] = (unsigned char)(i * 7);
    const struct jwt_claims claims = {"https://login.test/t/oauth2/v2.0/token", "client-id", 1700000000};
    struct buf out = {0};
    struct error e = {0};
    assert_int_equal(jwt_assertion(&out, key, &claims, random, random + 16, &e), 0);

    const char *dot = strchr(out.data, '.');
    const char *last = strrchr(out.data, '.');
    unsigned char part[2048];
    size_t n = decode(part, out.data, (size_t)(dot - out.data));
    part[n] = '\0';
    struct buf thumb = {0};
    text_base64url(&thumb, loginkey_thumbprint(key), 32);
    char header[128];
    snprintf(header, sizeof header, "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"%s\"}", thumb.data);
    assert_string_equal((char *)part, header);
    n = decode(part, dot + 1, (size_t)(last - dot - 1));
    part[n] = '\0';
    assert_string_equal(
        (char *)part,
        "{\"aud\":\"https://login.test/t/oauth2/v2.0/token\",\"iss\":\"client-id\",\"sub\":\"client-id\","
        "\"jti\":\"00070e15-1c23-2a31-383f-464d545b6269\",\"nbf\":1700000000,\"iat\":1700000000,\"exp\":"
        "1700000600}");
    n = decode(part, last + 1, strlen(last + 1));
    assert_true(verifies(cert_pem, out.data, (size_t)(last - out.data), part, n));
    n = decode(part, last + 1, strlen(last + 1));
    assert_false(verifies(cert_pem, out.data, (size_t)(last - out.data) - 1, part, n));
    buf_free(&out);
    buf_free(&thumb);
    loginkey_free(key);
}

static void assertions_verify(void **state)
{
    (void)state;
    assertion_of(KEY_2048_PKCS8 CERT_2048, CERT_2048);
    assertion_of(CERT_2049 KEY_2049, CERT_2049);
}

/* SHA-256 of the certificate's DER, as openssl says it. */
static void thumbprint(void **state)
{
    (void)state;
    char hex[65];
    struct loginkey *key = key_of(KEY_2048_PKCS1 CERT_2048);
    text_hex(hex, loginkey_thumbprint(key), 32);
    assert_string_equal(hex, "c58e733bd90446f03080d2de4aff4b57e990f2ed3e66426344ad10ecac22aa6c");
    assert_int_equal(loginkey_bits(key), 2048);
    loginkey_free(key);
}

static void private_operation_is_checked(void **state)
{
    (void)state;
    struct loginkey *key = key_of(KEY_2048_PKCS1 CERT_2048);
    unsigned char x[256];
    memset(x, 0xff, sizeof x); /* not below the modulus */
    assert_false(loginkey_private(key, x));
    for (size_t i = 0; i < sizeof x; i++)
        assert_int_equal(x[i], 0);
    loginkey_free(key);
}

static bool keep(void *arg, const char *label, struct span der)
{
    (void)label;
    buf_add(arg, der.p, der.n);
    return true;
}

/* A key whose modulus is the certificate's and whose other numbers are not: nothing that it signs gets out. */
static void numbers_that_do_not_fit(void **state)
{
    (void)state;
    struct buf der = {0};
    assert_true(
        pem_each((struct span){(const unsigned char *)KEY_2048_PKCS1, strlen(KEY_2048_PKCS1)}, keep, &der));
    /* Inside the primes and what follows from them; the modulus and the exponents end before byte 540. */
    for (size_t at = 600; at < der.len; at += 130) {
        der.data[at] ^= 1;
        struct buf pem = {0};
        buf_str(&pem, CERT_2048 "-----BEGIN RSA PRIVATE KEY-----\n");
        text_base64(&pem, der.data, der.len);
        buf_str(&pem, "\n-----END RSA PRIVATE KEY-----\n");
        der.data[at] ^= 1;
        struct loginkey *key = key_of(pem.data);
        struct buf out = {0};
        static const unsigned char jti[JWT_JTI_BYTES], salt[JWT_SALT_BYTES];
        struct error e = {0};
        assert_int_equal(jwt_assertion(&out, key, &(struct jwt_claims){"a", "c", 1}, jti, salt, &e), -1);
        assert_int_equal(e.code, E_CRED_KEY);
        assert_int_equal(out.len, 0);
        loginkey_free(key);
        buf_free(&pem);
    }
    buf_free(&der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding_of_odd_moduli),
        cmocka_unit_test(assertions_verify),
        cmocka_unit_test(thumbprint),
        cmocka_unit_test(private_operation_is_checked),
        cmocka_unit_test(numbers_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
