/* A hostile vault value as what the renderer takes apart: the target of a pointer, a certificate or key, a
 * manifest. */
#include "base/mem.h"
#include "render/certkey.h"
#include "render/objects.h"
#include "render/pointer.h"
#include "require.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void point(struct pool *pool, struct span value, const char *pointer)
{
    struct pointer_value parsed = {0};
    struct pointer_found found;
    if (pointer_get(&parsed, pool, value, pointer, &found) == POINTER_TEXT)
        require(strlen(found.text) <= found.len);
    require(found.depth <= strlen(pointer));
    pointer_value_free(&parsed);
}

static void list(struct pool *pool, struct span bytes)
{
    struct object *objects = NULL, **end = &objects;
    struct error e = {0};
    objects_of_stream(pool, bytes, (struct pos){.file = "fuzz"}, &end, &e);
    struct document *docs = NULL;
    if (tree_read(pool, "fuzz", bytes.p, bytes.n, &docs, &e) == 0)
        objects_of_documents(pool, docs, &end, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new();
    const uint8_t *cut = size ? memchr(data, '\n', size) : NULL;
    size_t head = cut ? (size_t)(cut - data) : 0;
    /* The first line is a pointer, the rest the value. */
    if (cut && head < 200) {
        char *pointer = pool_memdup(pool, data, head);
        if (pointer[0] == '/')
            point(pool, (struct span){cut + 1, size - head - 1}, pointer);
    }
    point(pool, (struct span){data, size}, "/certs/os/0");
    struct buf crt = {.max = CERTKEY_MAX};
    if (!certkey_check(CERTKEY_CERTIFICATE, size % 2, (const char *)data, size, &crt))
        certkey_pair(&crt, &crt);
    struct buf key = {.max = CERTKEY_MAX};
    if (!certkey_check(CERTKEY_PRIVATE, size % 2, (const char *)data, size, &key))
        certkey_pair(&key, &key);
    list(pool, (struct span){data, size});
    buf_free(&crt);
    buf_free(&key);
    pool_free(pool);
    return 0;
}
