/* A hostile protobuf message by a table that has every kind of field: what is decoded lies in the message. */
#include "talos/pb.h"

#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct message {
    uint64_t number;
    bool flag;
    struct span text, bytes;
    struct pb_list list;
};

static const struct pb_field fields[] = {
    {1, PB_UINT64, offsetof(struct message, number)}, {2, PB_BOOL, offsetof(struct message, flag)},
    {3, PB_TEXT, offsetof(struct message, text)},     {4, PB_BYTES, offsetof(struct message, bytes)},
    {5, PB_LIST, offsetof(struct message, list)},     {300, PB_UINT64, offsetof(struct message, number)}};

static void within(struct span part, struct span whole)
{
    require(part.n == 0 ||
            (part.p >= whole.p && part.n <= whole.n && (size_t)(part.p - whole.p) <= whole.n - part.n));
}

static void decode(struct pool *pool, struct span bytes, unsigned depth)
{
    struct message m = {0};
    if (!pb_decode(pool, fields, sizeof fields / sizeof *fields, bytes, &m))
        return;
    within(m.text, bytes);
    within(m.bytes, bytes);
    require(m.list.count <= PB_REPEATED_MAX);
    if (depth < 6)
        decode(pool, m.bytes, depth + 1);
    for (unsigned i = 0; i < m.list.count; i++)
        within(m.list.items[i], bytes);
    struct buf out = {0};
    pb_put_uint(&out, 1, m.number);
    pb_put_bytes(&out, 4, m.bytes.p, m.bytes.n);
    struct message again = {0};
    require(pb_decode(pool, fields, sizeof fields / sizeof *fields,
                      (struct span){(const unsigned char *)out.data, out.len}, &again) &&
            again.number == m.number && again.bytes.n == m.bytes.n);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new();
    decode(pool, (struct span){data, size}, 0);
    pool_free(pool);
    return 0;
}
