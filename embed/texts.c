#include "embed/texts.h"

#include "base/buf.h"
#include "base/mem.h"
#include "embed/assets.h"

#include <string.h>

struct search {
    const char *name;
    char *text; /* of size bytes and a NUL, once the file is found */
    size_t used;
};

static int on_file(void *arg, const char *path, uint32_t size, bool *want, struct error *e)
{
    struct search *search = arg;
    (void)e;
    *want = strcmp(path, search->name) == 0;
    if (*want)
        search->text = mem_try((size_t)size + 1);
    return *want && !search->text ? -1 : 0;
}

static int on_data(void *arg, const void *p, size_t n, struct error *e)
{
    struct search *search = arg;
    (void)e;
    memcpy(search->text + search->used, p, n);
    search->used += n;
    return 0;
}

/* Found: the rest need not be unpacked. */
static int on_done(void *arg, struct error *e)
{
    (void)arg;
    (void)e;
    return -1;
}

char *texts_get(const char *name)
{
    struct search search = {.name = name};
    struct error ignored;
    const struct assets_visitor visitor = {on_file, on_data, on_done, &search};
    (void)assets_walk_blob(texts_blob, texts_blob_size, texts_count, &visitor, &ignored);
    return search.text;
}
