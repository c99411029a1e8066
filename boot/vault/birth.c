#include "vault/birth.h"

#include "base/date.h"
#include "base/der.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"

#include <bearssl.h>
#include <string.h>

#define SERIAL_BYTES 16

/* sha256WithRSAEncryption, and commonName of a DN. */
static const unsigned char algorithm[] = {0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0};
static const unsigned char common_name[] = {6, 3, 0x55, 4, 3};
/* rsaEncryption, then the key up to the modulus, which is above 2^2047. */
static const unsigned char key_head[] = {0x30, 0x82, 1,    0x22, 0x30, 13,   6, 9,    0x2a, 0x86, 0x48,
                                         0x86, 0xf7, 0x0d, 1,    1,    1,    5, 0,    3,    0x82, 1,
                                         0x0f, 0,    0x30, 0x82, 1,    0x0a, 2, 0x82, 1,    1,    0};
/* 65537; then keyUsage, critical: digitalSignature. */
static const unsigned char key_tail[] = {2,    3,    1,  0, 1, 0xa3, 18, 0x30, 16, 0x30, 14, 6,   3,
                                         0x55, 0x1d, 15, 1, 1, 0xff, 4,  4,    3,  2,    7,  0x80};

static void add_name(struct buf *der, const char *name)
{
    size_t start = der->len;
    buf_add(der, common_name, sizeof common_name);
    size_t text = der->len;
    buf_str(der, name);
    der_wrap(der, text, 0x0c);
    der_wrap(der, start, DER_SEQUENCE);
    der_wrap(der, start, DER_SET);
    der_wrap(der, start, DER_SEQUENCE);
}

/* UTCTime to 2049, GeneralizedTime from then on. */
static void add_time(struct buf *der, int64_t seconds)
{
    UNSET char text[DATE_TEXT_MAX];
    size_t start = der->len;
    date_text(text, seconds);
    bool late = strncmp(text, "205", 3) >= 0;
    buf_printf(der, "%.*s%.2s%.2s%.2s%.2s00Z", late ? 4 : 2, late ? text : text + 2, text + 5, text + 8,
               text + 11, text + 14);
    der_wrap(der, start, late ? DER_GENERALIZED_TIME : DER_UTC_TIME);
}

int birth_certificate(struct buf *der, struct tpm *t, const char *name, int64_t now, struct error *e)
{
    unsigned char serial[SERIAL_BYTES];
    if (!random_fill(serial, sizeof serial))
        return error_set(e, E_SYSTEM, "getrandom gave no randomness");
    /* above zero, and of this length */
    serial[0] = (unsigned char)(serial[0] & 0x3f) | 0x40;
    size_t start = der->len;
    buf_add(der, "\xa0\3\2\1\2\2\20", 7);
    buf_add(der, serial, sizeof serial);
    buf_add(der, algorithm, sizeof algorithm);
    add_name(der, name);
    size_t validity = der->len;
    add_time(der, now - BIRTH_EARLY_S);
    add_time(der, now - BIRTH_EARLY_S + (int64_t)BIRTH_DAYS * 86400);
    der_wrap(der, validity, DER_SEQUENCE);
    add_name(der, name);
    buf_add(der, key_head, sizeof key_head);
    buf_add(der, t->modulus, sizeof t->modulus);
    buf_add(der, key_tail, sizeof key_tail);
    der_wrap(der, start, DER_SEQUENCE);
    br_sha256_context context;
    br_sha256_init(&context);
    br_sha256_update(&context, der->data + start, der->len - start);
    unsigned char hash[32];
    br_sha256_out(&context, hash);
    unsigned char signature[TPM_KEY_BYTES];
    if (tpm_sign(t, hash, signature, e) < 0)
        return -1;
    buf_add(der, algorithm, sizeof algorithm);
    size_t bits = der->len;
    buf_char(der, '\0');
    buf_add(der, signature, sizeof signature);
    der_wrap(der, bits, DER_BITS);
    der_wrap(der, start, DER_SEQUENCE);
    return 0;
}
