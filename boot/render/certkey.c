#include "render/certkey.h"

#include "base/der.h"
#include "base/pem.h"
#include "base/text.h"

#include <string.h>

#define PUBLIC 0xa1 /* RFC 5915: [1] */

/* The first object of a PEM text. */
struct first {
    enum certkey_kind kind;
    struct buf *der;
    /* NULL until it was seen */
    const char *problem;
};

#define NO_PASSWORD "it is encrypted, and the Secret has no password"
#define ENCRYPTED "it is encrypted in a form that is not read here; write it anew without a passphrase"

static bool label_fits(enum certkey_kind kind, const char *label)
{
    /* What siderolabs/crypto reads: x509/certificate_key.go. */
    static const char *const keys[] = {"ED25519 PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY",
                                       "PRIVATE KEY"};
    if (kind == CERTKEY_CERTIFICATE)
        return strcmp(label, "CERTIFICATE") == 0;
    /* Not ENCRYPTED, not ED25519. */
    if (kind == CERTKEY_SSH)
        return text_glob("*PRIVATE KEY", label) && (label[0] != 'E' || label[1] == 'C');
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], label) == 0)
            return true;
    return false;
}

/* Ends the walk: Talos reads no other. */
static bool take_first(void *arg, const char *label, struct span der)
{
    struct first *first = arg;
    struct reader r = reader_of(der.p, der.n);
    first->problem = "";
    if (!label_fits(first->kind, label)) {
        first->problem = strncmp(label, "ENCRYPTED ", 10) == 0 ? ENCRYPTED
            : first->kind == CERTKEY_CERTIFICATE
            ? "its PEM does not begin with a CERTIFICATE"
            : "its PEM does not begin with a private key of a known type";
        return false;
    }
    static const char openssh[] = "openssh-key-v1\0\0\0\0\4none";
    if (label[0] == 'O') {
        if (der.n < sizeof openssh || memcmp(der.p, openssh, 15) != 0)
            first->problem = "its PEM body is damaged";
        else if (memcmp(der.p, openssh, sizeof openssh - 1) != 0)
            first->problem = NO_PASSWORD;
        return false;
    }
    (void)der_enter(&r, DER_SEQUENCE);
    if (r.bad || r.n != 0)
        first->problem = "its PEM body is damaged";
    buf_add(first->der, der.p, der.n);
    return false;
}

const char *certkey_check(enum certkey_kind kind, bool plain, const char *text, size_t n, struct buf *der)
{
    struct first first = {.kind = kind, .der = der};
    if (n > CERTKEY_MAX)
        return "it is far too long";
    struct buf pem = {.max = CERTKEY_MAX};
    if (plain)
        buf_add(&pem, text, n);
    const char *problem = NULL;
    if (!plain && !text_base64_lines(&pem, text, n, "\r\n"))
        problem = "it is not base64";
    else if (pem_each((struct span){(const unsigned char *)pem.data, pem.len}, take_first, &first))
        problem = "it holds no PEM";
    else if (!first.problem && strstr(pem.data, "\nProc-Type: 4,ENCRYPTED")) /* RFC 1421 */
        problem = kind == CERTKEY_SSH ? NO_PASSWORD : ENCRYPTED;
    else if (!first.problem)
        problem = "its PEM is cut or malformed";
    else if (*first.problem)
        problem = first.problem;
    buf_free(&pem);
    return problem;
}

/* The public half that a PKCS#1 or SEC 1 key carries; empty when it has none. */
static struct span public_half(const struct buf *key)
{
    struct reader r = reader_of(key->data ? key->data : "", key->len);
    struct reader body = der_enter(&r, DER_SEQUENCE);
    struct span content = {0}, none = {0};
    if (der_next(&body, &content) != DER_INTEGER || content.n != 1)
        return none;
    uint8_t tag = der_next(&body, &content);
    if (tag == DER_INTEGER)
        return content.n >= 64 ? content : none; /* the modulus */
    if (tag != DER_OCTETS)
        return none;
    while ((tag = der_next(&body, &content)) != 0) {
        if (tag != PUBLIC)
            continue;
        r = reader_of(content.p, content.n);
        /* A BIT STRING: the first byte counts unused bits. */
        if (der_next(&r, &content) != DER_BITS || content.n < 33)
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
