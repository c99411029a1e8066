#include "site/born.h"

#include "base/pem.h"
#include "base/text.h"
#include "site/ref.h"

#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#define SUFFIX ".crt"
#define BOTH_BYTES (BORN_HALF_BYTES + BORN_HASH_BYTES)
#define BASE64_BYTES ((BOTH_BYTES + 2) / 3 * 4)

const char *born_certificate(char out[SITE_LOGIN_FILE_MAX], const char *name)
{
    snprintf(out, SITE_LOGIN_FILE_MAX, BORN_FOLDER "/%.63s" SUFFIX, name);
    return out;
}

static void hash_of(unsigned char out[BORN_HASH_BYTES], const void *p, size_t n)
{
    br_sha256_context context;
    br_sha256_init(&context);
    br_sha256_update(&context, p, n);
    br_sha256_out(&context, out);
}

void born_half(struct buf *out, const unsigned char half[BORN_HALF_BYTES], const struct buf *der)
{
    unsigned char both[BOTH_BYTES];
    memcpy(both, half, BORN_HALF_BYTES);
    hash_of(both + BORN_HALF_BYTES, der->data, der->len);
    text_base64(out, both, sizeof both);
    buf_char(out, '\n');
}

/* The first certificate. */
struct taking {
    struct pool *pool;
    struct span der;
};

static bool take(void *arg, const char *label, struct span der)
{
    struct taking *t = arg;
    if (!t->der.n && strcmp(label, "CERTIFICATE") == 0)
        t->der =
            (struct span){(const unsigned char *)pool_memdup(t->pool, (const char *)der.p, der.n), der.n};
    return true;
}

struct span born_first(struct pool *pool, struct span pem)
{
    struct taking t = {.pool = pool};
    return pem_each(pem, take, &t) ? t.der : (struct span){0};
}

static int unlike(struct error *e, const char *path, const char *what)
{
    error_set(e, E_CRED_FORM, "%s %s", path, what);
    e->advice = ADVICE_BORN;
    return -1;
}

static int read_half(struct born *born, const struct buf *text, const char *path, struct error *e)
{
    size_t n = text->len;
    while (n && strchr("\r\n", text->data[n - 1]))
        n--;
    unsigned char both[BASE64_BYTES];
    if (n != BASE64_BYTES || text_base64_decode(both, text->data, n) != BOTH_BYTES)
        return unlike(e, path, "is not what `hearth facts --login` wrote");
    memcpy(born->half, both, BORN_HALF_BYTES);
    memcpy(born->hash, both + BORN_HALF_BYTES, BORN_HASH_BYTES);
    mem_wipe(both, sizeof both);
    return 0;
}

static int read_file(const struct site *site, const char *path, struct buf *out, bool *has, struct error *e)
{
    bool missing = false;
    int result = site_read(site, path, out, &missing, e);
    *has = result == 0;
    return missing ? 0 : result;
}

/* The same text, however its lines end. */
static bool same_lines(struct buf *pem, const struct buf *written)
{
    size_t n = 0;
    for (size_t i = 0; i < pem->len; i++)
        if (pem->data[i] != '\r')
            pem->data[n++] = pem->data[i];
    return n == written->len && (n == 0 || memcmp(pem->data, written->data, n) == 0);
}

int born_read(const struct site *site, struct pool *pool, const char *name, struct born *out, struct error *e)
{
    *out = (struct born){0};
    UNSET char certificate[SITE_LOGIN_FILE_MAX];
    born_certificate(certificate, name);
    UNSET char path[SITE_LOGIN_FILE_MAX];
    snprintf(path, sizeof path, SITE_HALF, name);
    cleanup(buf_free) struct buf half = {0};
    cleanup(buf_free) struct buf pem = {0};
    if (read_file(site, path, &half, &out->has_half, e) < 0 ||
        read_file(site, certificate, &pem, &out->has_certificate, e) < 0 ||
        (out->has_half && read_half(out, &half, path, e) < 0))
        return -1;
    out->certificate = born_first(pool, (struct span){(const unsigned char *)pem.data, pem.len});
    if (out->has_certificate && !out->certificate.n)
        return unlike(e, certificate, "is no certificate in PEM");
    /* Other readers take other labels, and another block first: what is registered must be what is judged here. */
    cleanup(buf_free) struct buf written = {0};
    if (out->has_certificate)
        pem_certificate(&written, out->certificate);
    if (!same_lines(&pem, &written))
        return error_set(e, E_TPM_PAIR,
                         "%s is not as `hearth facts --login` wrote it: one certificate and nothing else",
                         certificate);
    unsigned char hash[BORN_HASH_BYTES];
    hash_of(hash, out->certificate.p, out->certificate.n);
    if (out->has_half && out->has_certificate && memcmp(hash, out->hash, sizeof hash) != 0)
        return error_set(e, E_TPM_PAIR, "%s is not the certificate that was born with %s", certificate, path);
    return 0;
}

void born_wipe(struct born *born)
{
    mem_wipe(born, sizeof *born);
}

/* Whether an entry's node may have this name: a fact stands for one character or more. */
static bool fits(const struct site_node *entry, const char *name)
{
    if (!entry->name_ref)
        return text_equal_fold(entry->name, name);
    char glob[256];
    size_t n = 0;
    for (const struct ref_part *part = entry->name_ref->parts; part && n < sizeof glob; part = part->next)
        n += (size_t)snprintf(glob + n, sizeof glob - n, "%s", part->ref ? "?*" : part->literal);
    return text_glob(glob, name);
}

/* The entry whose login a certificate of this name is, among those that log in so: the one of this very name, else the
 * first that it fits. Entries may share a pattern, one for each kind of box. */
static const struct site_node *entry_of(const struct site *site, const char *name)
{
    const struct site_node *first = NULL;
    for (unsigned i = 0; text_is_label(name) && i < site->node_count; i++) {
        const struct site_node *entry = &site->nodes[i];
        if (entry->method != LOGIN_TPM || !fits(entry, name))
            continue;
        if (!entry->name_ref)
            return entry;
        first = first ? first : entry;
    }
    return first;
}

int born_names(const struct site *site, struct pool *pool, const struct site_node *entry, const char ***out,
               struct error *e)
{
    const char **names;
    if (site_list(site, pool, BORN_FOLDER, SUFFIX, &names, e) != 0)
        return -1;
    *out = names;
    unsigned count = 0;
    for (const char **name = names; *name; name++) {
        const char *base = pool_memdup(pool, *name, strlen(*name) - sizeof SUFFIX + 1);
        if (entry_of(site, base) == entry)
            names[count++] = base;
    }
    names[count] = NULL;
    return 0;
}
