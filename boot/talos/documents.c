#include "talos/documents.h"

#include "base/text.h"

#include <string.h>

static struct span next_line(struct reader *r)
{
    const unsigned char *end = memchr(r->p, '\n', r->n);
    return reader_take(r, end ? (size_t)(end - r->p) + 1 : r->n);
}

static bool begins(struct span line, const char *text)
{
    return line.n >= strlen(text) && memcmp(line.p, text, strlen(text)) == 0;
}

/* Anything but a comment or a blank line. */
static bool has_content(struct span line)
{
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t' || line.p[i] == '\r' || line.p[i] == '\n'))
        i++;
    return i < line.n && line.p[i] != '#';
}

/* The scalar behind "key: ", without quotes and a trailing comment. */
static const char *scalar_of(struct pool *pool, struct span line, const char *key)
{
    const unsigned char *p = line.p + strlen(key);
    size_t n = line.n - strlen(key);
    while (n && (*p == ' ' || *p == '\t')) {
        p++;
        n--;
    }
    for (size_t i = 0; i + 1 < n; i++)
        if (p[i] == ' ' && p[i + 1] == '#')
            n = i;
    while (n && (p[n - 1] == '\n' || p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    if (n >= 2 && (*p == '"' || *p == '\'') && p[n - 1] == *p) {
        p++;
        n -= 2;
    }
    return pool_memdup(pool, p, n);
}

static int close_document(struct raw_documents *out, const struct raw_document *document, bool content,
                          struct error *e)
{
    if (!content)
        return 0;
    if (out->count == RAW_DOCUMENTS_MAX)
        return error_set(e, E_CONFIG_STREAM, "a machine config of more than %d documents", RAW_DOCUMENTS_MAX);
    out->items[out->count++] = *document;
    return 0;
}

int documents_split(struct pool *pool, struct span yaml, struct raw_documents *out, struct error *e)
{
    const struct raw_document empty = {.kind = "", .name = ""};
    struct reader r = reader_of(yaml.p, yaml.n);
    struct raw_document current = empty;
    out->count = 0;
    current.bytes.p = yaml.p;
    bool content = false;
    while (r.n > 0) {
        struct span line = next_line(&r);
        if (begins(line, "---")) {
            if (close_document(out, &current, content, e) != 0)
                return -1;
            current = empty;
            current.bytes.p = r.p;
            content = false;
            continue;
        }
        current.bytes.n += line.n;
        content = content || has_content(line);
        if (begins(line, "kind:"))
            current.kind = scalar_of(pool, line, "kind:");
        else if (begins(line, "name:"))
            current.name = scalar_of(pool, line, "name:");
    }
    return close_document(out, &current, content, e);
}

const struct raw_document *documents_find(const struct raw_documents *list, const char *kind,
                                          const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->items[i].kind, kind) == 0 && strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

bool documents_complete(const struct raw_documents *list)
{
    return documents_find(list, "", "") != NULL;
}

static bool same_bytes(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static void append(struct buf *config, struct span bytes)
{
    if (config->len && config->data[config->len - 1] != '\n')
        buf_char(config, '\n');
    buf_str(config, "---\n");
    buf_add(config, bytes.p, bytes.n);
}

int documents_carry(struct buf *config, struct span active, struct buf *notes, struct error *e)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct raw_documents *ours = pool_alloc(pool, sizeof *ours);
    struct raw_documents *theirs = pool_alloc(pool, sizeof *theirs);
    if (documents_split(pool, active, theirs, e) != 0 ||
        documents_split(pool, (struct span){(const unsigned char *)config->data, config->len}, ours, e) != 0)
        return -1;
    /* Decided first: appending moves the bytes that `ours` points into. */
    bool carry[RAW_DOCUMENTS_MAX];
    for (unsigned i = 0; i < theirs->count; i++) {
        const struct raw_document *d = &theirs->items[i];
        const struct raw_document *twin = documents_find(ours, d->kind, d->name);
        bool own = strcmp(d->kind, "ExtensionServiceConfig") == 0 && strcmp(d->name, "hearth") == 0;
        carry[i] = !twin && !own && d->kind[0] != '\0';
        if (twin && !own && !same_bytes(twin->bytes, d->bytes)) {
            text_clean(notes, d->kind, strlen(d->kind));
            buf_str(notes, d->name[0] ? " " : "");
            text_clean(notes, d->name, strlen(d->name));
            buf_str(notes, ": the site's replaces the one that is active\n");
        }
    }
    for (unsigned i = 0; i < theirs->count; i++)
        if (carry[i])
            append(config, theirs->items[i].bytes);
    if (config->full)
        return error_set(e, E_CONFIG_STREAM,
                         "the machine config with what is carried over is larger than %zu bytes",
                         config->max);
    return 0;
}
