/* A hostile chain of certificates, each with two bytes of length in front, through BearSSL's engine and the words for
 * what it finds; the first byte's lowest bit: the same bytes as a file of CA certificates. */
#include "net/anchors.h"
#include "net/x509.h"
#include "require.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is said of a certificate reaches a terminal. */
static void printable(const char *text)
{
    for (; *text; text++)
        require((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void judge(const uint8_t *data, size_t size)
{
    struct anchors anchors;
    struct error e = {0};
    require(anchors_read(&anchors, NULL, false, &e) == 0);
    struct x509 x;
    x509_init(&x, anchors.list, anchors.count, 1800000000);
    br_x509_minimal_set_hash(&x.minimal, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_hash(&x.minimal, br_sha384_ID, &br_sha384_vtable);
    br_x509_minimal_set_rsa(&x.minimal, br_rsa_i31_pkcs1_vrfy);
    br_x509_minimal_set_ecdsa(&x.minimal, &br_ec_prime_i31, br_ecdsa_i31_vrfy_asn1);
    x.vtable->start_chain(&x.vtable, "vault.example");
    for (size_t i = 0; i + 2 <= size;) {
        size_t n = (size_t)data[i] << 8 | data[i + 1], got = n < size - i - 2 ? n : size - i - 2;
        i += 2;
        struct x509_cert c;
        if (x509_read((struct span){data + i, got}, &c)) {
            require(strlen(c.subject_cn) < X509_CN_MAX && c.dn.n <= got);
            printable(c.subject_cn);
            printable(c.issuer_cn);
        }
        x.vtable->start_cert(&x.vtable, (uint32_t)n);
        /* in two pieces, as records cut it */
        x.vtable->append(&x.vtable, data + i, got / 2);
        x.vtable->append(&x.vtable, data + i + got / 2, got - got / 2);
        x.vtable->end_cert(&x.vtable);
        i += got;
    }
    unsigned number = x.vtable->end_chain(&x.vtable);
    /* Whatever these bytes are, no root of Azure's has signed them for this name. */
    require(number != 0 && x.code != E_NONE);
    printable(x.why);
    unsigned usages;
    x.vtable->get_pkey(&x.vtable, &usages);
    x509_free(&x);
    anchors_free(&anchors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] % 2 == 0) {
        judge(data + 1, size - 1);
        return 0;
    }
    char *pem = malloc(size);
    require(pem != NULL);
    memcpy(pem, data + 1, size - 1);
    pem[size - 1] = '\0';
    struct anchors anchors;
    struct error e = {0};
    require(anchors_read(&anchors, pem, size % 2, &e) == 0 || e.code == E_VAULT_CA);
    anchors_free(&anchors);
    free(pem);
    return 0;
}
