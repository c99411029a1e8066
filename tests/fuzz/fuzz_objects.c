/* A manifest that is laid as it is, read by the skimmer where it can, and by libyaml alone: what the first takes the
 * second takes, with the same objects. A comment in front that is no ASCII keeps the skimmer out. */
#include "base/buf.h"
#include "base/mem.h"
#include "render/objects.h"
#include "require.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_all(struct pool *pool, const void *p, size_t n, struct object **first)
{
    *first = NULL;
    struct object **end = first;
    struct error e = {0};
    return objects_of_stream(pool, (struct span){p, n}, (struct pos){.file = "fuzz"}, &end, &e);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char comment[] = "# \xc3\xa9\n";
    if (size > 0 && data[0] >= 0x80)
        return 0;
    struct pool *pool = pool_new();
    struct buf behind = {.max = (size_t)8 << 20};
    buf_str(&behind, comment);
    buf_add(&behind, data, size);
    struct object *quick = NULL, *slow = NULL;
    int failed = read_all(pool, data, size, &quick);
    require(failed == read_all(pool, behind.data, behind.len, &slow));
    for (; !failed && quick && slow; quick = quick->next, slow = slow->next)
        require(same(quick->api_version, slow->api_version) && same(quick->kind, slow->kind) &&
                same(quick->name, slow->name) && same(quick->ns, slow->ns) &&
                same(quick->crd_group, slow->crd_group) && same(quick->crd_kind, slow->crd_kind) &&
                same(quick->crd_scope, slow->crd_scope) && quick->string_data == slow->string_data &&
                quick->pos.line + 1 == slow->pos.line && quick->pos.column == slow->pos.column);
    require(failed || (!quick && !slow));
    buf_free(&behind);
    pool_free(pool);
    return 0;
}
