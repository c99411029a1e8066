#include "vault/loginkey.h"

#include "base/mem.h"
#include "vault/pem.h"

#include <bearssl.h>
#include <string.h>

struct loginkey {
    br_rsa_private_key private;
    unsigned char *store; /* the five integers of the private key */
    size_t store_size;
    br_rsa_public_key public;
    unsigned char modulus[LOGINKEY_BYTES_MAX];
    unsigned char exponent[8];
    unsigned char thumbprint[32];
};

struct reading {
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

static unsigned char *keep(unsigned char **at, const unsigned char *p, size_t n)
{
    unsigned char *start = *at;
    memcpy(start, p, n);
    *at += n;
    return start;
}

/* The decoder's integers live in the decoder: copied out before it is wiped. */
static void keep_private(struct loginkey *key, const br_rsa_private_key *k)
{
    key->store_size = k->plen + k->qlen + k->dplen + k->dqlen + k->iqlen;
    key->store = mem_alloc(key->store_size);
    unsigned char *at = key->store;
    key->private = *k;
    key->private.p = keep(&at, k->p, k->plen);
    key->private.q = keep(&at, k->q, k->qlen);
    key->private.dp = keep(&at, k->dp, k->dplen);
    key->private.dq = keep(&at, k->dq, k->dqlen);
    key->private.iq = keep(&at, k->iq, k->iqlen);
}

static bool take_key(struct reading *r, const char *label, struct span der)
{
    cleanup(mem_cleanup) br_skey_decoder_context *decoder = mem_alloc(sizeof *decoder);
    if (++r->keys > 1)
        return error_set(r->e, E_CRED_FORM, "it holds more than one private key") == 0;
    br_skey_decoder_init(decoder);
    br_skey_decoder_push(decoder, der.p, der.n);
    int kind = br_skey_decoder_key_type(decoder);
    if (kind == BR_KEYTYPE_EC)
        return error_set(r->e, E_CRED_KEY, "the key is an EC key, not RSA") == 0;
    const br_rsa_private_key *k = br_skey_decoder_get_rsa(decoder);
    if (!k && br_skey_decoder_last_error(decoder) == BR_ERR_X509_LIMIT_EXCEEDED)
        return error_set(r->e, E_CRED_KEY, "the RSA key is larger than 4096 bits") == 0;
    if (!k)
        return error_set(r->e, E_CRED_FORM, "the \"%s\" object is not an RSA key", label) == 0;
    if (k->n_bitlen < 2048 || k->n_bitlen > 4096)
        return error_set(r->e, E_CRED_KEY, "the RSA key has %u bits; 2048 to 4096 are used",
                         (unsigned)k->n_bitlen) == 0;
    keep_private(r->key, k);
    return true;
}

/* Probes with a fixed number below every modulus: the certificate belongs to the key if the public operation
 * undoes the private one. */
static bool belongs(const struct loginkey *key)
{
    unsigned char x[LOGINKEY_BYTES_MAX];
    size_t n = (loginkey_bits(key) + 7) / 8;
    memset(x, 0x5a, n);
    x[0] = 0;
    bool same = loginkey_private(key, x);
    mem_wipe(x, sizeof x);
    return same;
}

static bool take_certificate(struct reading *r, struct span der)
{
    r->certificates++;
    if (r->certified)
        return true;
    cleanup(mem_cleanup) br_x509_decoder_context *decoder = mem_alloc(sizeof *decoder);
    br_x509_decoder_init(decoder, NULL, NULL);
    br_x509_decoder_push(decoder, der.p, der.n);
    const br_x509_pkey *public = br_x509_decoder_get_pkey(decoder);
    if (!public)
        return error_set(r->e, E_CRED_FORM, "its certificate is not one that can be read (BearSSL error %d)",
                         br_x509_decoder_last_error(decoder)) == 0;
    if (public->key_type != BR_KEYTYPE_RSA)
        return true;
    const br_rsa_public_key *k = &public->key.rsa;
    if (k->nlen > LOGINKEY_BYTES_MAX || k->elen > sizeof r->key->exponent)
        return true;
    memcpy(r->key->modulus, k->n, k->nlen);
    memcpy(r->key->exponent, k->e, k->elen);
    r->key->public = (br_rsa_public_key){r->key->modulus, k->nlen, r->key->exponent, k->elen};
    br_sha256_context hash;
    br_sha256_init(&hash);
    br_sha256_update(&hash, der.p, der.n);
    br_sha256_out(&hash, r->key->thumbprint);
    r->certified = r->keys == 1 && belongs(r->key);
    return true;
}

static bool only_keys(void *arg, const char *label, struct span der)
{
    struct reading *r = arg;
    if (strcmp(label, "ENCRYPTED PRIVATE KEY") == 0)
        return error_set(r->e, E_CRED_ENCRYPTED, "it holds an encrypted private key") == 0;
    if (strcmp(label, "EC PRIVATE KEY") == 0)
        return error_set(r->e, E_CRED_KEY, "the key is an EC key, not RSA") == 0;
    if (strcmp(label, "RSA PRIVATE KEY") == 0 || strcmp(label, "PRIVATE KEY") == 0)
        return take_key(r, label, der);
    return true;
}

static bool only_certificates(void *arg, const char *label, struct span der)
{
    return strcmp(label, "CERTIFICATE") != 0 || take_certificate(arg, der);
}

static int read_into(struct reading *r, struct span pem)
{
    static const char old_encryption[] = "Proc-Type: 4,ENCRYPTED";
    if (pem.n > 4 && pem.p[0] == 0x30 && (pem.p[1] & 0x80))
        return error_set(r->e, E_CRED_PFX, "it is binary: PKCS#12 or DER");
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
    struct reading r = {.key = key, .e = e};
    if (read_into(&r, pem) == 0)
        return key;
    loginkey_free(key);
    return NULL;
}

bool loginkey_private(const struct loginkey *key, unsigned char *x)
{
    unsigned char check[LOGINKEY_BYTES_MAX];
    size_t n = (loginkey_bits(key) + 7) / 8;
    br_rsa_private private = br_rsa_private_get_default();
    br_rsa_public public = br_rsa_public_get_default();
    unsigned char before[LOGINKEY_BYTES_MAX];
    memcpy(before, x, n);
    bool good = private(x, &key->private) == 1;
    memcpy(check, x, n);
    good =
        good && key->public.nlen == n && public(check, n, &key->public) == 1 && memcmp(check, before, n) == 0;
    mem_wipe(before, sizeof before);
    mem_wipe(check, sizeof check);
    if (!good)
        mem_wipe(x, n);
    return good;
}
