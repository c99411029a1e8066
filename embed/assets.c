#include "embed/assets.h"

#include "base/mem.h"

#include <string.h>
#include <zlib.h>

/* The stream being inflated, through one small buffer. */
struct source {
    z_stream z;
    unsigned char out[4096];
    /* bytes of out that are read, that are there */
    size_t at, have;
    bool ended;
    /* what inflate said */
    int last;
};

static int no_memory(struct error *e)
{
    return error_set(e, E_NO_MEMORY, "no memory to unpack the embedded assets");
}

static int damaged(struct error *e, const char *what)
{
    return error_set(e, E_SYSTEM, "the embedded assets are damaged: %s", what);
}

/* Makes at least one byte available; -1 when the stream ends or is damaged. */
static int refill(struct source *s)
{
    if (s->ended)
        return -1;
    s->z.next_out = s->out;
    s->z.avail_out = sizeof s->out;
    s->last = inflate(&s->z, Z_NO_FLUSH);
    s->at = 0;
    s->have = sizeof s->out - s->z.avail_out;
    s->ended = s->last != Z_OK;
    return (s->last == Z_OK || s->last == Z_STREAM_END) && s->have > 0 ? 0 : -1;
}

static int take(struct source *s, void *to, size_t n)
{
    unsigned char *p = to;
    while (n > 0) {
        if (s->at == s->have && refill(s) < 0)
            return -1;
        size_t part = s->have - s->at < n ? s->have - s->at : n;
        memcpy(p, s->out + s->at, part);
        s->at += part;
        p += part;
        n -= part;
    }
    return 0;
}

static int pass(struct source *s, uint32_t size, const struct assets_visitor *v, bool want, struct error *e)
{
    while (size > 0) {
        if (s->at == s->have && refill(s) < 0)
            return damaged(e, "a file ends early");
        size_t part = s->have - s->at < size ? s->have - s->at : size;
        if (want && v->data && v->data(v->arg, s->out + s->at, part, e) < 0)
            return -1;
        s->at += part;
        size -= (uint32_t)part;
    }
    return want && v->done ? v->done(v->arg, e) : 0;
}

bool assets_path_ok(const char *path, size_t n)
{
    if (n == 0 || n > ASSETS_PATH_MAX || memchr(path, '\0', n))
        return false;
    size_t start = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && path[i] != '/')
            continue;
        size_t len = i - start;
        if (len == 0 || (len == 1 && path[start] == '.') || (len == 2 && memcmp(path + start, "..", 2) == 0))
            return false;
        start = i + 1;
    }
    return true;
}

static int walk(struct source *s, size_t count, const struct assets_visitor *v, struct error *e)
{
    if (count > ASSETS_COUNT_MAX)
        return damaged(e, "too many files");
    for (size_t i = 0; i < count; i++) {
        unsigned char head[6];
        if (take(s, head, sizeof head) < 0)
            return damaged(e, "the list ends early");
        size_t path_len = (size_t)head[0] | (size_t)head[1] << 8;
        uint32_t size =
            (uint32_t)head[2] | (uint32_t)head[3] << 8 | (uint32_t)head[4] << 16 | (uint32_t)head[5] << 24;
        if (path_len > ASSETS_PATH_MAX || size > ASSETS_FILE_MAX)
            return damaged(e, "a length is out of range");
        char path[ASSETS_PATH_MAX + 1];
        if (take(s, path, path_len) < 0 || !assets_path_ok(path, path_len))
            return damaged(e, "a path is not one");
        path[path_len] = '\0';
        bool want = true;
        if (v->file(v->arg, path, size, &want, e) < 0 || pass(s, size, v, want, e) < 0)
            return -1;
    }
    /* The checksum stands behind the last byte: what was handed out is right when the stream ends here. */
    return s->at == s->have && refill(s) < 0 && s->last == Z_STREAM_END ? 0
                                                                        : damaged(e, "the checksum differs");
}

int assets_walk_blob(const void *blob, size_t n, size_t count, const struct assets_visitor *v,
                     struct error *e)
{
    if (n > UINT32_MAX)
        return damaged(e, "too large");
    struct source s = {.at = 0};
    s.z.next_in = blob;
    s.z.avail_in = (uInt)n;
    if (inflateInit(&s.z) != Z_OK)
        return no_memory(e);
    int r = walk(&s, count, v, e);
    inflateEnd(&s.z);
    return r < 0 && s.last == Z_MEM_ERROR ? no_memory(e) : r;
}

int assets_walk(const struct assets_visitor *v, struct error *e)
{
    return assets_count == 0 ? 0 : assets_walk_blob(assets_blob, assets_blob_size, assets_count, v, e);
}

struct search {
    const char *name;
    /* of size bytes and a NUL, once the file is found */
    char *text;
    size_t at;
};

static int search_file(void *arg, const char *path, uint32_t size, bool *want, struct error *e)
{
    struct search *search = arg;
    *want = !search->text && strcmp(path, search->name) == 0;
    if (*want)
        search->text = mem_try((size_t)size + 1);
    return *want && !search->text ? no_memory(e) : 0;
}

static int search_data(void *arg, const void *p, size_t n, struct error *e)
{
    struct search *search = arg;
    (void)e;
    memcpy(search->text + search->at, p, n);
    search->at += n;
    return 0;
}

char *assets_get(const void *blob, size_t n, size_t count, const char *name, struct error *e)
{
    struct search search = {.name = name};
    const struct assets_visitor visitor = {search_file, search_data, NULL, &search};
    if (assets_walk_blob(blob, n, count, &visitor, e) == 0) {
        if (!search.text)
            damaged(e, "a file is missing");
        return search.text;
    }
    mem_free(search.text);
    return NULL;
}
