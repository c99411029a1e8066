#include "render/certkey.h"

#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DER_INTEGER 0x02
#define DER_OCTETS 0x04
#define DER_SEQUENCE 0x30
#define DER_PUBLIC 0xa1 /* RFC 5915: [1] */

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* Decodes base64 that may hold line breaks. */
static bool decode(struct buf *out, const char *p, size_t n)
{
    char *packed = mem_alloc(n + 1);
    unsigned char *bytes = mem_alloc(n / 4 * 3 + 3);
    size_t len = 0;

    for (size_t i = 0; i < n; i++)
        if (!is_break(p[i]))
            packed[len++] = p[i];
    len = text_base64_decode(bytes, packed, len);
    if (len != SIZE_MAX)
        buf_add(out, bytes, len);
    mem_free(packed);
    mem_free(bytes);
    return len != SIZE_MAX;
}

static bool label_fits(enum certkey_kind kind, const char *label, size_t n)
{
    /* What siderolabs/crypto reads: x509/certificate_key.go. */
    static const char *const keys[] = {"ED25519 PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY",
                                       "PRIVATE KEY"};

    if (kind == CERTKEY_CERTIFICATE)
        return n == strlen("CERTIFICATE") && memcmp(label, "CERTIFICATE", n) == 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strlen(keys[i]) == n && memcmp(label, keys[i], n) == 0)
            return true;
    return false;
}

/* The next element: its tag and content. false at the end or when it is malformed. */
static bool der_next(struct reader *r, unsigned *tag, struct span *content)
{
    size_t n = 0;
    unsigned first = 0;

    if (r->n == 0)
        return false;
    *tag = reader_u8(r);
    first = reader_u8(r);
    n = first;
    if (first & 0x80) {
        n = 0;
        if ((first & 0x7f) == 0 || (first & 0x7f) > 3)
            return false;
        for (unsigned i = first & 0x7f; i > 0; i--)
            n = n << 8 | reader_u8(r);
    }
    *content = reader_take(r, n);
    return !r->bad;
}

static const char *check_pem(enum certkey_kind kind, const char *text, size_t n, struct buf *der)
{
    static const char begin[] = "-----BEGIN ", dashes[] = "-----";
    const char *start = memmem(text, n, begin, sizeof begin - 1);
    const char *label = NULL, *close = NULL, *end = NULL;
    char closing[64];
    struct reader r;
    struct span content;
    unsigned tag = 0;

    if (!start)
        return "its base64 holds no PEM";
    label = start + sizeof begin - 1;
    n -= (size_t)(label - text);
    close = memmem(label, n, dashes, sizeof dashes - 1);
    if (!close || close - label > 32)
        return "its PEM is malformed";
    if (!label_fits(kind, label, (size_t)(close - label)))
        return kind == CERTKEY_CERTIFICATE ? "its PEM does not begin with a CERTIFICATE"
                                           : "its PEM does not begin with a private key that Talos reads";
    snprintf(closing, sizeof closing, "-----END %.*s-----", (int)(close - label), label);
    close += sizeof dashes - 1;
    n -= (size_t)(close - label);
    end = memmem(close, n, closing, strlen(closing));
    if (!end || !decode(der, close, (size_t)(end - close)))
        return "its PEM is cut or malformed";
    r = reader_of(der->data ? der->data : "", der->len);
    if (!der_next(&r, &tag, &content) || tag != DER_SEQUENCE || r.n != 0)
        return "its PEM body is damaged";
    return NULL;
}

const char *certkey_check(enum certkey_kind kind, const char *base64, size_t n, struct buf *der)
{
    struct buf pem = {.max = CERTKEY_MAX};
    const char *problem = NULL;

    if (n > CERTKEY_MAX)
        return "it is far too long";
    if (!decode(&pem, base64, n))
        problem = "it is not base64";
    else
        problem = check_pem(kind, pem.data ? pem.data : "", pem.len, der);
    buf_free(&pem);
    return problem;
}

/* The public half that a PKCS#1 or SEC 1 key carries; empty when it has none. */
static struct span public_half(const struct buf *key)
{
    struct reader r = reader_of(key->data ? key->data : "", key->len);
    struct span content = {0}, none = {0};
    unsigned tag = 0;

    if (!der_next(&r, &tag, &content) || tag != DER_SEQUENCE)
        return none;
    r = reader_of(content.p, content.n);
    if (!der_next(&r, &tag, &content) || tag != DER_INTEGER || content.n != 1 ||
        !der_next(&r, &tag, &content))
        return none;
    if (content.p && tag == DER_INTEGER)
        return content.n >= 64 ? content : none; /* the modulus */
    if (tag != DER_OCTETS)
        return none;
    while (der_next(&r, &tag, &content)) {
        if (tag != DER_PUBLIC)
            continue;
        r = reader_of(content.p, content.n);
        /* A BIT STRING: the first byte counts unused bits. */
        if (!der_next(&r, &tag, &content) || tag != 0x03 || content.n < 33)
            return none;
        return (struct span){content.p + 1, content.n - 1};
    }
    return none;
}

bool certkey_pair(const struct buf *certificate, const struct buf *key)
{
    struct span half = public_half(key);

    return half.n == 0 || memmem(certificate->data, certificate->len, half.p, half.n) != NULL;
}
