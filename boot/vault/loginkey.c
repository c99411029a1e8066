#include "vault/loginkey.h"

#include "base/der.h"
#include "base/mem.h"
#include "base/pem.h"
#include "base/text.h"
#include "net/x509.h"

#include <bearssl.h>
#include <string.h>

struct loginkey {
    br_rsa_private_key private;
    /* the five integers of the private key */
    unsigned char *store;
    /* bytes of it that are filled */
    size_t store_size;
    br_rsa_public_key public;
    unsigned char modulus[LOGINKEY_BYTES_MAX];
    /* bytes of it, no zero first */
    size_t modulus_size;
    unsigned char exponent[8];
    unsigned char thumbprint[32];
};

struct key_reading {
    struct loginkey *key;
    unsigned keys;
    unsigned certificates;
    bool certified;
    struct error *e;
};

void loginkey_free(struct loginkey *key)
{
    if (key)
        mem_free(key->store);
    mem_free(key);
}

unsigned loginkey_bits(const struct loginkey *key)
{
    return key->private.n_bitlen;
}

const unsigned char *loginkey_thumbprint(const struct loginkey *key)
{
    return key->thumbprint;
}

/* An integer of the key, copied behind those that are kept already. */
static unsigned char *keep(struct loginkey *key, struct reader *numbers, size_t *n)
{
    struct span s = der_number(numbers);
    unsigned char *start = key->store + key->store_size;
    if (s.n > LOGINKEY_BYTES_MAX)
        numbers->bad = true;
    if (numbers->bad)
        return NULL;
    memcpy(start, s.p, s.n);
    key->store_size += s.n;
    *n = s.n;
    return start;
}

/* RSAPrivateKey (RFC 8017 A.1.2), or the same in a PrivateKeyInfo (RFC 5208 5). */
static int read_key(struct loginkey *key, struct span der, struct error *e)
{
    struct reader r = reader_of(der.p, der.n), numbers = der_enter(&r, DER_SEQUENCE);
    struct span version;
    if (der_next(&numbers, &version) == DER_INTEGER && der_at(&numbers, DER_SEQUENCE)) {
        static const unsigned char rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
        struct reader algorithm = der_enter(&numbers, DER_SEQUENCE);
        struct span oid;
        if (der_next(&algorithm, &oid) == DER_OID &&
            (oid.n != sizeof rsa || memcmp(oid.p, rsa, sizeof rsa) != 0))
            return error_set(e, E_CRED_KEY, "the key is not an RSA key");
        r = der_enter(&numbers, DER_OCTETS);
        numbers = der_enter(&r, DER_SEQUENCE);
        der_next(&numbers, &version);
    }
    struct span modulus = der_number(&numbers);
    der_number(&numbers); /* the public exponent, which the certificate has too */
    der_number(&numbers); /* the private one, which the five below stand for */
    if (numbers.bad || version.n != 1 || version.p[0] != 0)
        return error_set(e, E_CRED_FORM, "its private key is malformed");
    br_rsa_private_key *k = &key->private;
    k->n_bitlen = (uint32_t)(modulus.n * 8);
    for (unsigned first = modulus.p[0]; first < 0x80; first <<= 1)
        k->n_bitlen--;
    if (k->n_bitlen < 2048 || k->n_bitlen > 8 * LOGINKEY_BYTES_MAX)
        return error_set(e, E_CRED_KEY, "the RSA key has %u bits; 2048 to 4096 are used",
                         (unsigned)k->n_bitlen);
    memcpy(key->modulus, modulus.p, modulus.n);
    key->modulus_size = modulus.n;
    key->store = mem_alloc(5 * LOGINKEY_BYTES_MAX);
    k->p = keep(key, &numbers, &k->plen);
    k->q = keep(key, &numbers, &k->qlen);
    k->dp = keep(key, &numbers, &k->dplen);
    k->dq = keep(key, &numbers, &k->dqlen);
    k->iq = keep(key, &numbers, &k->iqlen);
    return numbers.bad ? error_set(e, E_CRED_FORM, "its private key is malformed") : 0;
}

static bool take_certificate(struct key_reading *r, struct span der)
{
    r->certificates++;
    if (r->certified)
        return true;
    struct x509_cert cert;
    if (!x509_read(der, &cert))
        return error_set(r->e, E_CRED_FORM, "its certificate cannot be read") == 0;
    if (cert.key.key_type != BR_KEYTYPE_RSA)
        return true;
    const br_rsa_public_key *k = &cert.key.key.rsa;
    /* Of two numbers with this product nobody else has a key. That all seven fit is seen when one signs. */
    if (r->keys != 1 || k->nlen != r->key->modulus_size || memcmp(k->n, r->key->modulus, k->nlen) != 0 ||
        k->elen > sizeof r->key->exponent)
        return true;
    memcpy(r->key->exponent, k->e, k->elen);
    r->key->public = (br_rsa_public_key){r->key->modulus, k->nlen, r->key->exponent, k->elen};
    br_sha256_context hash;
    br_sha256_init(&hash);
    br_sha256_update(&hash, der.p, der.n);
    br_sha256_out(&hash, r->key->thumbprint);
    r->certified = true;
    return true;
}

static bool only_keys(void *arg, const char *label, struct span der)
{
    struct key_reading *r = arg;
    if (strcmp(label, "ENCRYPTED PRIVATE KEY") == 0)
        return error_set(r->e, E_CRED_ENCRYPTED, "it holds an encrypted private key") == 0;
    if (strcmp(label, "EC PRIVATE KEY") == 0)
        return error_set(r->e, E_CRED_KEY, "the key is not an RSA key") == 0;
    if (strcmp(label, "RSA PRIVATE KEY") != 0 && strcmp(label, "PRIVATE KEY") != 0)
        return true;
    if (++r->keys > 1)
        return error_set(r->e, E_CRED_FORM, "it holds more than one private key") == 0;
    return read_key(r->key, der, r->e) == 0;
}

static bool only_certificates(void *arg, const char *label, struct span der)
{
    return strcmp(label, "CERTIFICATE") != 0 || take_certificate(arg, der);
}

static bool is_der(struct span s)
{
    return s.n > 4 && s.p[0] == 0x30 && (s.p[1] & 0x80);
}

/* As Key Vault hands out a certificate that it made. */
static bool is_base64_of_der(struct span text)
{
    struct buf der = {0};
    bool is = text_base64_lines(&der, (const char *)text.p, text.n, " \t\r\n") &&
        is_der((struct span){(const unsigned char *)der.data, der.len});
    buf_free(&der);
    return is;
}

static int read_into(struct key_reading *r, struct span pem)
{
    static const char old_encryption[] = "Proc-Type: 4,ENCRYPTED";
    const char *damage = pem_damage(pem);
    if (is_der(pem))
        return error_set(r->e, E_CRED_PFX, "it is binary: PKCS#12 or DER");
    if (is_base64_of_der(pem)) {
        error_set(r->e, E_CRED_PFX, "it is PKCS#12 or DER in base64");
        r->e->advice = ADVICE_PFX_BASE64;
        return -1;
    }
    if (damage)
        return error_set(r->e, E_CRED_FORM, "it is PEM, but %s", damage);
    if (pem.n && memmem(pem.p, pem.n, old_encryption, sizeof old_encryption - 1))
        return error_set(r->e, E_CRED_ENCRYPTED, "it holds an encrypted private key");
    error_set(r->e, E_CRED_FORM, "it is not well-formed PEM");
    if (!pem_each(pem, only_keys, r))
        return -1;
    if (r->keys == 0)
        return error_set(r->e, E_CRED_FORM, "it holds no private key");
    error_set(r->e, E_CRED_FORM, "it is not well-formed PEM");
    if (!pem_each(pem, only_certificates, r))
        return -1;
    if (r->certificates == 0)
        return error_set(r->e, E_CRED_FORM, "it holds a key but no certificate");
    if (!r->certified)
        return error_set(r->e, E_CRED_MISMATCH, "the key belongs to none of its certificates");
    *r->e = (struct error){0};
    return 0;
}

struct loginkey *loginkey_read(struct span pem, struct error *e)
{
    struct loginkey *key = mem_alloc(sizeof *key);
    struct key_reading r = {.key = key, .e = e};
    if (read_into(&r, pem) == 0)
        return key;
    loginkey_free(key);
    return NULL;
}

bool loginkey_private(const struct loginkey *key, unsigned char *x)
{
    size_t n = (loginkey_bits(key) + 7) / 8;
    unsigned char before[LOGINKEY_BYTES_MAX];
    memcpy(before, x, n);
    bool good = LOGINKEY_RSA(x, &key->private) == 1;
    unsigned char check[LOGINKEY_BYTES_MAX];
    memcpy(check, x, n);
    good = good && key->public.nlen == n && br_rsa_i62_public(check, n, &key->public) == 1 &&
        memcmp(check, before, n) == 0;
    mem_wipe(before, sizeof before);
    mem_wipe(check, sizeof check);
    if (!good)
        mem_wipe(x, n);
    return good;
}
