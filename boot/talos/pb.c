#include "talos/pb.h"

#include "base/text.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = reader_u8(r);
        /* The tenth byte has room for one bit only. */
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    r->bad = true;
    return 0;
}

struct pb_value {
    uint32_t number;
    enum wire wire;
    uint64_t number_value;
    struct span bytes;
};

static bool read_value(struct reader *r, struct pb_value *v)
{
    uint64_t tag = read_varint(r);
    *v = (struct pb_value){.number = (uint32_t)(tag >> 3)};
    if (tag >> 3 == 0 || tag >> 32 != 0)
        return false;
    switch (tag & 7) {
    case WIRE_VARINT:
        v->wire = WIRE_VARINT;
        v->number_value = read_varint(r);
        break;
    case WIRE_FIXED64:
        v->wire = WIRE_FIXED64;
        v->number_value = reader_u64le(r);
        break;
    case WIRE_BYTES: {
        v->wire = WIRE_BYTES;
        uint64_t n = read_varint(r);
        v->bytes = reader_take(r, n > SIZE_MAX ? SIZE_MAX : (size_t)n);
        break;
    }
    case WIRE_FIXED32:
        v->wire = WIRE_FIXED32;
        v->number_value = reader_u32le(r);
        break;
    default: /* groups, which proto3 does not have */
        return false;
    }
    return !r->bad;
}

/* A list under construction; spans move to the pool when it is complete. */
static bool list_add(struct pool *pool, struct pb_list *list, struct span item)
{
    if (list->count == PB_REPEATED_MAX)
        return false;
    /* Room doubles at each power of two. The pool keeps the old copies until it goes; lists are short. */
    if ((list->count & (list->count - 1)) == 0) {
        struct span *grown = pool_alloc(pool, (list->count ? 2 * list->count : 1) * sizeof *grown);
        if (list->count)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
    }
    struct span *items = (struct span *)(uintptr_t)list->items;
    items[list->count++] = item;
    return true;
}

static bool take(struct pool *pool, const struct pb_field *field, const struct pb_value *v, void *out)
{
    unsigned char *at = (unsigned char *)out + field->offset;
    bool numeric = field->kind == PB_UINT64 || field->kind == PB_BOOL;
    if (v->wire != (numeric ? WIRE_VARINT : WIRE_BYTES))
        return false;
    switch (field->kind) {
    case PB_UINT64:
        memcpy(at, &v->number_value, sizeof v->number_value);
        return true;
    case PB_BOOL:
        *(bool *)(void *)at = v->number_value != 0;
        return true;
    case PB_TEXT:
        if (!text_is_utf8(v->bytes.p, v->bytes.n))
            return false;
        memcpy(at, &v->bytes, sizeof v->bytes);
        return true;
    case PB_BYTES:
        memcpy(at, &v->bytes, sizeof v->bytes);
        return true;
    case PB_LIST:
        return list_add(pool, (struct pb_list *)(void *)at, v->bytes);
    }
    return false;
}

bool pb_decode(struct pool *pool, const struct pb_field *fields, size_t count, struct span message, void *out)
{
    struct reader r = reader_of(message.p, message.n);
    while (r.n > 0) {
        struct pb_value v;
        if (!read_value(&r, &v))
            return false;
        for (size_t i = 0; i < count; i++)
            if (fields[i].number == v.number && !take(pool, &fields[i], &v, out))
                return false;
    }
    return true;
}

static void put_varint(struct buf *b, uint64_t value)
{
    while (value >= 0x80) {
        buf_char(b, (char)(value | 0x80));
        value >>= 7;
    }
    buf_char(b, (char)value);
}

void pb_put_uint(struct buf *b, uint32_t number, uint64_t value)
{
    if (value == 0)
        return;
    put_varint(b, (uint64_t)number << 3 | WIRE_VARINT);
    put_varint(b, value);
}

void pb_put_length(struct buf *b, uint32_t number, size_t n)
{
    if (n == 0)
        return;
    put_varint(b, (uint64_t)number << 3 | WIRE_BYTES);
    put_varint(b, n);
}

void pb_put_bytes(struct buf *b, uint32_t number, const void *p, size_t n)
{
    pb_put_length(b, number, n);
    buf_add(b, p, n);
}

void pb_put_text(struct buf *b, uint32_t number, const char *text)
{
    pb_put_bytes(b, number, text, strlen(text));
}
