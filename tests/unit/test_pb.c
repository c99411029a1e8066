/* The few protobuf messages we speak: what is taken, skipped and refused. */
#include "talos/pb.h"

#include "h2_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct message {
    uint64_t number;
    bool flag;
    struct span text, bytes;
    struct pb_list list;
};

static const struct pb_field fields[] = {
    {1, PB_UINT64, offsetof(struct message, number)}, {2, PB_BOOL, offsetof(struct message, flag)},
    {3, PB_TEXT, offsetof(struct message, text)},     {4, PB_BYTES, offsetof(struct message, bytes)},
    {5, PB_LIST, offsetof(struct message, list)},
};

static bool decode(struct pool *pool, const char *hex, struct message *out)
{
    struct buf b = {0};
    put_hex(&b, hex);
    /* A copy of exactly that size, so that the sanitizer sees a byte too far. */
    const char *copy = b.len ? pool_alloc(pool, b.len) : "";
    if (b.len)
        memcpy((void *)(uintptr_t)copy, b.data, b.len);
    *out = (struct message){0};
    bool good = pb_decode(pool, fields, 5, (struct span){(const unsigned char *)copy, b.len}, out);
    buf_free(&b);
    return good;
}

/* protoc's own bytes, of the encodings that the facts about Talos's API list. */
static void known_bytes(void **state)
{
    (void)state;
    struct buf b = {0};
    pb_put_bytes(&b, 1, "hello", 5);
    pb_put_uint(&b, 4, 1);
    pb_put_uint(&b, 5, true);
    assert_int_equal(b.len, 11);
    assert_memory_equal(b.data, "\x0a\x05hello\x20\x01\x28\x01", 11);
    buf_free(&b);
    pb_put_text(&b, 1, "runtime");
    pb_put_text(&b, 2, "MachineStatuses.runtime.talos.dev");
    pb_put_text(&b, 3, "machine");
    assert_memory_equal(b.data, "\x0a\x07runtime\x12\x21MachineStatuses.runtime.talos.dev\x1a\x07machine",
                        b.len);
    assert_int_equal(b.len, 53);
    buf_free(&b);
    pb_put_uint(&b, 1, 0);
    pb_put_text(&b, 2, "");
    assert_int_equal(b.len, 0);
    pb_put_uint(&b, 1, 300);
    pb_put_uint(&b, 16, UINT64_MAX);
    assert_memory_equal(b.data, "\x08\xac\x02\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 15);
    buf_free(&b);
}

static void taken(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct message m;
    assert_true(decode(pool, "", &m));
    assert_int_equal(m.number, 0);
    assert_true(decode(pool, "08 ac02 10 01 1a 02 6869 22 02 00ff", &m));
    assert_int_equal(m.number, 300);
    assert_true(m.flag);
    assert_true(span_is(m.text, "hi"));
    assert_int_equal(m.bytes.n, 2);
    /* The last value wins; a list keeps all, with what is empty. */
    assert_true(decode(pool, "08 01 08 02 2a 01 61 2a 00 2a 02 6263", &m));
    assert_int_equal(m.number, 2);
    assert_int_equal(m.list.count, 3);
    assert_true(span_is(m.list.items[0], "a") && m.list.items[1].n == 0 && span_is(m.list.items[2], "bc"));
    assert_true(decode(pool, "08 ffffffffffffffffff01", &m));
    assert_true(m.number == UINT64_MAX);
    /* Any other number above zero is true. */
    assert_true(decode(pool, "10 8001", &m));
    assert_true(m.flag);
    pool_free(pool);
}

static void skipped(void **state)
{
    (void)state;
    static const char *const rows[] = {"30 05", "31 0102030405060708", "35 01020304", "32 03 010203",
                                       "f8ffffff0f 01" /* the largest field number */};
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char hex[96];
        snprintf(hex, sizeof hex, "%s 08 07", rows[i]);
        struct message m;
        assert_true(decode(pool, hex, &m));
        assert_int_equal(m.number, 7);
    }
    pool_free(pool);
}

static void refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "08",                        /* no value */
        "08 80",                     /* a varint without its end */
        "08 ffffffffffffffffff02",   /* of 65 bits */
        "08 8080808080808080808001", /* of eleven bytes */
        "00 01",                     /* field number 0 */
        "0b",                        /* a group begins */
        "0c",                        /* a group ends */
        "0e",
        "0f",                      /* wire types that do not exist */
        "8080808080 01 01",        /* a field number past 2^32 */
        "0a 01 61",                /* a number as bytes */
        "18 01",                   /* text as a number */
        "1a 02 c328",              /* text that is no UTF-8 */
        "1a 02 61",                /* shorter than it says */
        "22 ffffffffffffffffff01", /* longer than anything */
        "2d 01020304",             /* a list as fixed32 */
        "31 01020304",             /* fixed64 without its end */
        "35 01",                   /* fixed32 without its end */
        "32 05 0102",              /* a field that is skipped, and cut */
        "08 01 08",                /* good, then cut */
    };
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m;
        if (decode(pool, rows[i], &m))
            print_error("%s\n", rows[i]);
        assert_false(decode(pool, rows[i], &m));
    }
    pool_free(pool);
}

static void longest_list(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct buf b = {0};
    for (unsigned i = 0; i < PB_REPEATED_MAX; i++)
        pb_put_text(&b, 5, "x");
    struct message m = {0};
    assert_true(pb_decode(pool, fields, 5, (struct span){(const unsigned char *)b.data, b.len}, &m));
    assert_int_equal(m.list.count, PB_REPEATED_MAX);
    pb_put_text(&b, 5, "x");
    m = (struct message){0};
    assert_false(pb_decode(pool, fields, 5, (struct span){(const unsigned char *)b.data, b.len}, &m));
    buf_free(&b);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes), cmocka_unit_test(taken),        cmocka_unit_test(skipped),
        cmocka_unit_test(refused),     cmocka_unit_test(longest_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
