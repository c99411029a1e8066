#include "net/anchors.h"

#include "base/mem.h"
#include "base/pem.h"
#include "embed/roots.h"
#include "net/x509.h"

#include <string.h>

struct ca_reading {
    struct anchors *to;
    struct error *e;
};

static unsigned char *copy(const void *p, size_t n)
{
    return memcpy(mem_alloc(n), p, n);
}

static const char *copy_key(const br_x509_pkey *key, br_x509_pkey *out)
{
    *out = *key;
    if (key->key_type == BR_KEYTYPE_RSA) {
        const br_rsa_public_key *k = &key->key.rsa;
        if (k->nlen < 256 || k->nlen > 512)
            return "its RSA key has not 2048 to 4096 bits";
        out->key.rsa.n = copy(k->n, k->nlen);
        out->key.rsa.e = copy(k->e, k->elen);
        return NULL;
    }
    const br_ec_public_key *k = &key->key.ec;
    if (k->curve != BR_EC_secp256r1 && k->curve != BR_EC_secp384r1 && k->curve != BR_EC_secp521r1)
        return "its key is on another curve than P-256, P-384 or P-521";
    out->key.ec.q = copy(k->q, k->qlen);
    return NULL;
}

static bool take(void *arg, const char *label, struct span der)
{
    struct ca_reading *r = arg;
    struct anchors *a = r->to;
    if (strcmp(label, "CERTIFICATE") != 0)
        return true;
    if (a->extra == ANCHORS_EXTRA_MAX)
        return error_set(r->e, E_VAULT_CA, "it holds more than %d certificates", ANCHORS_EXTRA_MAX) == 0;
    struct x509_cert cert;
    const char *wrong = NULL;
    br_x509_trust_anchor *anchor = &a->list[a->extra];
    if (!x509_read(der, &cert) || !cert.key.key_type)
        wrong = "it cannot be read";
    else if (!cert.ca)
        wrong = "it is no CA";
    else
        wrong = copy_key(&cert.key, &anchor->pkey);
    if (!wrong) {
        anchor->dn = (br_x500_name){copy(cert.dn.p, cert.dn.n), cert.dn.n};
        anchor->flags = BR_X509_TA_CA;
        a->count = ++a->extra;
    }
    return !wrong || error_set(r->e, E_VAULT_CA, "certificate %zu: %s", a->extra + 1, wrong) == 0;
}

int anchors_read(struct anchors *out, const char *ca_pem, bool only, struct error *e)
{
    *out = (struct anchors){0};
    out->list = mem_alloc_array(ANCHORS_EXTRA_MAX + roots_azure_count, sizeof *out->list);
    if (ca_pem) {
        struct ca_reading r = {out, e};
        error_set(e, E_VAULT_CA, "it is not well-formed PEM");
        if (!pem_each((struct span){(const unsigned char *)ca_pem, strlen(ca_pem)}, take, &r))
            return -1;
        if (out->extra == 0)
            return error_set(e, E_VAULT_CA, "it holds no certificate");
        *e = (struct error){0};
    }
    if (only && ca_pem)
        return 0;
    memcpy(out->list + out->count, roots_azure, roots_azure_count * sizeof *roots_azure);
    out->count += roots_azure_count;
    return 0;
}

void anchors_free(struct anchors *a)
{
    for (size_t i = 0; i < a->extra; i++) {
        br_x509_trust_anchor *anchor = &a->list[i];
        mem_free(anchor->dn.data);
        if (anchor->pkey.key_type == BR_KEYTYPE_RSA) {
            mem_free(anchor->pkey.key.rsa.n);
            mem_free(anchor->pkey.key.rsa.e);
        } else {
            mem_free(anchor->pkey.key.ec.q);
        }
    }
    mem_free(a->list);
    *a = (struct anchors){0};
}
