#include "net/x509.h"

#include "base/date.h"
#include "base/der.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 0xa0, EXTENSIONS = 0xa3 }; /* context tags of TBSCertificate, RFC 5280 4.1 */

#define PARTS_MAX 64 /* of a DN, of a list of extensions or purposes */

static bool oid_is(struct span s, const char *bytes, size_t n)
{
    return s.n == n && memcmp(s.p, bytes, n) == 0;
}
#define OID_IS(span, text) oid_is(span, text, sizeof(text) - 1)

/* The DER, its hash and the last common name of a DN. */
static bool read_name(struct reader *tbs, struct span *der, unsigned char hash[32], char cn[X509_CN_MAX])
{
    const unsigned char *start = tbs->p;
    struct reader name = der_enter(tbs, DER_SEQUENCE);
    if (tbs->bad)
        return false;
    *der = (struct span){start, (size_t)(tbs->p - start)};
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, der->p, der->n);
    br_sha256_out(&sha, hash);
    cn[0] = '\0';
    for (unsigned i = 0; name.n > 0 && i < PARTS_MAX; i++) {
        struct reader set = der_enter(&name, DER_SET);
        struct reader pair = der_enter(&set, DER_SEQUENCE);
        struct span oid, value;
        if (der_next(&pair, &oid) != DER_OID || !der_next(&pair, &value))
            return false;
        if (OID_IS(oid, "\x55\x04\x03")) {
            char raw[X509_CN_MAX];
            size_t n = value.n < sizeof raw ? value.n : sizeof raw - 1;
            memcpy(raw, value.p, n);
            raw[n] = '\0';
            text_clean_z(cn, X509_CN_MAX, raw);
        }
    }
    return !name.bad;
}

static bool read_time(struct reader *r, int64_t *out)
{
    struct span s;
    uint8_t tag = der_next(r, &s);
    size_t digits = tag == DER_UTC_TIME ? 12 : 14;
    if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || s.n != digits + 1 || s.p[digits] != 'Z')
        return false;
    int field[7] = {0}; /* century, year, month, day, hour, minute, second */
    for (size_t i = 0; i < digits; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        int *f = &field[(tag == DER_UTC_TIME ? 1 : 0) + i / 2];
        *f = *f * 10 + (s.p[i] - '0');
    }
    if (tag == DER_UTC_TIME)
        field[0] = field[1] >= 50 ? 19 : 20;
    if (field[2] < 1 || field[2] > 12)
        return false;
    *out = date_seconds(field[0] * 100 + field[1], field[2], field[3], field[4], field[5], field[6]);
    return true;
}

static bool read_purposes(struct span value, struct x509_cert *out)
{
    struct reader outer = reader_of(value.p, value.n);
    struct reader list = der_enter(&outer, DER_SEQUENCE);
    out->has_eku = true;
    for (unsigned i = 0; list.n > 0 && i < PARTS_MAX; i++) {
        struct span oid;
        if (der_next(&list, &oid) != DER_OID)
            return false;
        if (OID_IS(oid, "\x2b\x06\x01\x05\x05\x07\x03\x01") || OID_IS(oid, "\x55\x1d\x25\x00"))
            out->server_auth = true;
    }
    return !list.bad && !outer.bad && outer.n == 0;
}

static bool read_extensions(struct reader *tbs, struct x509_cert *out)
{
    struct reader tagged = der_enter(tbs, EXTENSIONS);
    struct reader list = der_enter(&tagged, DER_SEQUENCE);
    for (unsigned i = 0; list.n > 0; i++) {
        struct reader one = der_enter(&list, DER_SEQUENCE);
        struct span oid;
        if (i == PARTS_MAX || der_next(&one, &oid) != DER_OID)
            return false;
        struct span value;
        uint8_t tag = der_next(&one, &value);
        if (tag == DER_BOOLEAN) /* critical */
            tag = der_next(&one, &value);
        if (tag != DER_OCTETS)
            return false;
        if (OID_IS(oid, "\x55\x1d\x25") && (out->has_eku || !read_purposes(value, out)))
            return false;
        struct reader basic = reader_of(value.p, value.n);
        struct reader constraints = der_enter(&basic, DER_SEQUENCE);
        if (OID_IS(oid, "\x55\x1d\x13"))
            out->ca = der_next(&constraints, &value) == DER_BOOLEAN && value.n == 1 && value.p[0];
    }
    return !list.bad && !tagged.bad && !tbs->bad;
}

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7; RFC 3279 2.3.1, RFC 5480 2). A key of another kind is none. */
static bool read_key(struct reader *tbs, br_x509_pkey *out)
{
    struct reader info = der_enter(tbs, DER_SEQUENCE);
    struct reader algorithm = der_enter(&info, DER_SEQUENCE);
    struct span kind, bits;
    if (der_next(&algorithm, &kind) != DER_OID || der_next(&info, &bits) != DER_BITS || bits.n == 0 ||
        bits.p[0] != 0)
        return false;
    struct reader key = reader_of(bits.p + 1, bits.n - 1);
    if (OID_IS(kind, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")) {
        struct reader pair = der_enter(&key, DER_SEQUENCE);
        struct span n = der_number(&pair), e = der_number(&pair);
        *out = (br_x509_pkey){
            .key_type = BR_KEYTYPE_RSA,
            .key.rsa = {(unsigned char *)(uintptr_t)n.p, n.n, (unsigned char *)(uintptr_t)e.p, e.n}};
        return !pair.bad;
    }
    struct span curve = {0};
    if (OID_IS(kind, "\x2a\x86\x48\xce\x3d\x02\x01") && der_next(&algorithm, &curve) == DER_OID)
        *out = (br_x509_pkey){.key_type = BR_KEYTYPE_EC,
                              .key.ec = {OID_IS(curve, "\x2a\x86\x48\xce\x3d\x03\x01\x07") ? BR_EC_secp256r1
                                             : OID_IS(curve, "\x2b\x81\x04\x00\x22")       ? BR_EC_secp384r1
                                             : OID_IS(curve, "\x2b\x81\x04\x00\x23")       ? BR_EC_secp521r1
                                                                                           : 0,
                                         (unsigned char *)(uintptr_t)key.p, key.n}};
    return true;
}

bool x509_read(struct span der, struct x509_cert *out)
{
    struct reader all = reader_of(der.p, der.n);
    struct reader certificate = der_enter(&all, DER_SEQUENCE);
    struct reader tbs = der_enter(&certificate, DER_SEQUENCE);
    *out = (struct x509_cert){0};
    struct span skipped;
    if (der_at(&tbs, VERSION))
        der_next(&tbs, &skipped);
    if (der_next(&tbs, &skipped) != DER_INTEGER || der_next(&tbs, &skipped) != DER_SEQUENCE ||
        !read_name(&tbs, &skipped, out->issuer, out->issuer_cn))
        return false;
    struct reader validity = der_enter(&tbs, DER_SEQUENCE);
    if (!read_time(&validity, &out->not_before) || !read_time(&validity, &out->not_after) ||
        !read_name(&tbs, &out->dn, out->subject, out->subject_cn) || !read_key(&tbs, &out->key))
        return false;
    while (tbs.n > 0 && !tbs.bad && !der_at(&tbs, EXTENSIONS))
        der_next(&tbs, &skipped); /* unique identifiers */
    if (tbs.n > 0 && !read_extensions(&tbs, out))
        return false;
    return !tbs.bad && !all.bad && all.n == 0;
}

static void __attribute__((format(printf, 3, 4)))
verdict(struct x509 *x, enum error_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(x->why, sizeof x->why, words_text(fmt), ap);
    va_end(ap);
    x->code = code;
}
#define verdict(x, code, fmt, ...) SAY(verdict, fmt, x, code, said_, ##__VA_ARGS__)

static void judge_time(struct x509 *x)
{
    UNSET char now[DATE_TEXT_MAX];
    date_text(now, x->now);
    UNSET char date[DATE_TEXT_MAX];
    for (unsigned i = 0; i < x->count; i++) {
        const struct x509_cert *c = &x->certs[i];
        bool early = x->now < c->not_before;
        if (!early && x->now <= c->not_after)
            continue;
        date_text(date, early ? c->not_before : c->not_after);
        verdict(x, early ? E_TLS_NOT_YET_VALID : E_TLS_EXPIRED,
                "the certificate of \"%s\" %s %s; it is %s here", c->subject_cn,
                early ? "is valid from" : "expired on", date, now);
        return;
    }
    verdict(x, E_TLS_EXPIRED, "a certificate is outside its time; it is %s here", now);
}

static void judge_trust(struct x509 *x)
{
    const struct x509_cert *leaf = &x->certs[0];
    const struct x509_cert *last = x->count ? &x->certs[x->count - 1] : leaf;
    bool self = memcmp(leaf->issuer, leaf->subject, sizeof leaf->issuer) == 0;
    if (x->count == 1 && self)
        verdict(x, E_TLS_SELF_SIGNED, "the certificate of \"%s\" is signed by itself", leaf->subject_cn);
    else if (x->count == 1)
        verdict(x, E_TLS_MISSING_INTERMEDIATE,
                "the certificate of \"%s\" was sent alone; its issuer \"%s\" is no trusted root",
                leaf->subject_cn, leaf->issuer_cn);
    else
        verdict(x, E_TLS_UNKNOWN_ROOT,
                "the chain of %u ends at \"%s\", issued by \"%s\", which is no trusted root", x->count,
                last->subject_cn, last->issuer_cn);
    /* Microsoft's front ends do not all send the certificates that lead to a root of others. */
    static const char maker[] = "Microsoft ";
    if (x->code == E_TLS_UNKNOWN_ROOT && strncmp(last->issuer_cn, maker, sizeof maker - 1) == 0)
        x->advice = ADVICE_MICROSOFT_ROOT;
}

static void judge_purpose(struct x509 *x)
{
    const struct x509_cert *leaf = &x->certs[0];
    if (x->count == 0 || x->unreadable)
        verdict(x, E_TLS_CHAIN, "the chain is empty, too long, or holds a certificate that cannot be read");
    else if (leaf->has_eku && !leaf->server_auth)
        verdict(x, E_TLS_PURPOSE, "the certificate of \"%s\" is not meant for servers", leaf->subject_cn);
    else
        x->code = E_NONE;
}

void x509_judge(struct x509 *x, unsigned number)
{
    static const struct {
        unsigned number;
        enum error_code code;
        const char *why;
    } plain[] = {
        {BR_ERR_X509_BAD_SERVER_NAME, E_TLS_WRONG_NAME, "none of its names is this host's"},
        {BR_ERR_X509_WEAK_PUBLIC_KEY, E_TLS_WEAK_KEY, "an RSA key has fewer than 2048 bits"},
        {BR_ERR_X509_DN_MISMATCH, E_TLS_CHAIN, "the certificates are not in order, leaf first"},
        {BR_ERR_X509_NOT_CA, E_TLS_CHAIN, "a certificate that is no CA signed another"},
        {BR_ERR_X509_FORBIDDEN_KEY_USAGE, E_TLS_CHAIN, "a certificate signed another without leave to"},
        {BR_ERR_X509_CRITICAL_EXTENSION, E_TLS_CHAIN, "a critical extension is not known"},
        {BR_ERR_X509_BAD_SIGNATURE, E_TLS_CHAIN, "a signature is wrong"},
        {BR_ERR_X509_UNSUPPORTED, E_TLS_CHAIN, "a signature or key is of a kind that is not used"},
    };
    if (number == 0) {
        judge_purpose(x);
        return;
    }
    if (number == BR_ERR_X509_EXPIRED) {
        judge_time(x);
        return;
    }
    if (number == BR_ERR_X509_NOT_TRUSTED) {
        judge_trust(x);
        return;
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (plain[i].number == number) {
            verdict(x, plain[i].code, "\"%s\": %s", x->certs[0].subject_cn, plain[i].why);
            return;
        }
    }
    verdict(x, E_TLS_CHAIN, "the chain cannot be read (BearSSL error %u)", number);
}

/* BearSSL hands its context around as a pointer to the vtable pointer, which stands first in the struct. */
static struct x509 *self_of(const br_x509_class **ctx)
{
    return (struct x509 *)(void *)ctx;
}

static void start_chain(const br_x509_class **ctx, const char *server_name)
{
    struct x509 *x = self_of(ctx);
    x->count = 0;
    x->unreadable = false;
    memset(x->certs, 0, sizeof x->certs);
    x->code = E_TLS_CHAIN;
    x->advice = ADVICE_NONE;
    x->minimal.vtable->start_chain(&x->minimal.vtable, server_name);
}

static void start_cert(const br_x509_class **ctx, uint32_t length)
{
    struct x509 *x = self_of(ctx);
    mem_free(x->der);
    x->der = NULL;
    x->der_length = 0;
    x->der_expected = length;
    if (length == 0 || length > X509_CERT_MAX || x->count == X509_CHAIN_MAX)
        x->unreadable = true;
    else
        x->der = mem_alloc(length);
    x->minimal.vtable->start_cert(&x->minimal.vtable, length);
}

static void append(const br_x509_class **ctx, const unsigned char *p, size_t n)
{
    struct x509 *x = self_of(ctx);
    if (x->der && n <= x->der_expected - x->der_length) {
        memcpy(x->der + x->der_length, p, n);
        x->der_length += n;
    }
    x->minimal.vtable->append(&x->minimal.vtable, p, n);
}

static void end_cert(const br_x509_class **ctx)
{
    struct x509 *x = self_of(ctx);
    if (x->der && x->count < X509_CHAIN_MAX) {
        struct x509_cert *cert = &x->certs[x->count++];
        if (!x509_read((struct span){x->der, x->der_length}, cert))
            x->unreadable = true;
        /* Their bytes go now, and BearSSL reads its own. */
        cert->key = (br_x509_pkey){0};
        cert->dn = (struct span){0};
    }
    mem_free(x->der);
    x->der = NULL;
    x->minimal.vtable->end_cert(&x->minimal.vtable);
}

static unsigned end_chain(const br_x509_class **ctx)
{
    struct x509 *x = self_of(ctx);
    unsigned number = x->minimal.vtable->end_chain(&x->minimal.vtable);
    x509_judge(x, number);
    return number ? number : x->code == E_NONE ? 0 : BR_ERR_X509_NOT_TRUSTED;
}

static const br_x509_pkey *get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
    const struct x509 *x = (const struct x509 *)(const void *)ctx;
    return x->minimal.vtable->get_pkey(&x->minimal.vtable, usages);
}

static const br_x509_class engine = {
    .context_size = sizeof(struct x509),
    .start_chain = start_chain,
    .start_cert = start_cert,
    .append = append,
    .end_cert = end_cert,
    .end_chain = end_chain,
    .get_pkey = get_pkey,
};

void x509_init(struct x509 *x, const br_x509_trust_anchor *anchors, size_t count, int64_t now)
{
    *x = (struct x509){.vtable = &engine, .now = now};
    br_x509_minimal_init(&x->minimal, &br_sha256_vtable, anchors, count);
    br_x509_minimal_set_minrsa(&x->minimal, 2048 / 8);
    br_x509_minimal_set_time(&x->minimal, (uint32_t)(719528 + now / 86400), (uint32_t)(now % 86400));
}

void x509_free(struct x509 *x)
{
    mem_free(x->der);
    x->der = NULL;
}
