/* HPACK: every example of RFC 7541 appendix C, the whole Huffman code, and what must be refused. */
#include "talos/hpack.h"

#include "h2_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool keep(void *arg, struct span name, struct span value)
{
    log_field(arg, name, value);
    return true;
}

static bool decode_bytes(struct hpack *h, const struct buf *bytes, struct buf *fields)
{
    /* Alone on the heap, so that a byte too far is seen. */
    unsigned char *exact = malloc(bytes->len ? bytes->len : 1);
    assert_non_null(exact);
    if (bytes->len)
        memcpy(exact, bytes->data, bytes->len);
    bool good = hpack_decode(h, (struct span){exact, bytes->len}, keep, fields);
    free(exact);
    return good;
}

static bool decode_hex(struct hpack *h, const char *hex, struct buf *fields)
{
    struct buf bytes = {0};
    put_hex(&bytes, hex);
    bool good = decode_bytes(h, &bytes, fields);
    buf_free(&bytes);
    return good;
}

/* The dynamic table as the RFC prints it: the newest first, then its size. */
static void table_is(const struct hpack *h, const char *want, size_t size)
{
    struct buf got = {0};
    size_t end = h->used;
    buf_str(&got, "");
    for (unsigned i = h->count; i-- > 0;) {
        size_t start = end - h->entries[i].name - h->entries[i].value;
        log_field(&got, (struct span){h->bytes + start, h->entries[i].name},
                  (struct span){h->bytes + start + h->entries[i].name, h->entries[i].value});
        end = start;
    }
    assert_int_equal(end, 0);
    assert_string_equal(got.data, want);
    assert_int_equal(h->used + h->count * HPACK_ENTRY, size);
    buf_free(&got);
}

static void fields_are(struct hpack *h, const char *hex, const char *want)
{
    struct buf fields = {0};
    buf_str(&fields, "");
    assert_true(decode_hex(h, hex, &fields));
    assert_string_equal(fields.data, want);
    buf_free(&fields);
}

static void refused_by(struct hpack *h, const char *hex)
{
    struct buf fields = {0};
    if (decode_hex(h, hex, &fields))
        fail_msg("taken: %s", hex);
    buf_free(&fields);
}

static void refused(const char *hex)
{
    struct hpack h = {0};
    hpack_init(&h);
    refused_by(&h, hex);
}

static void integers(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "2a", ""); /* C.1.1 */
    assert_int_equal(h.max, 10);
    fields_are(&h, "3f9a0a", ""); /* C.1.2 */
    assert_int_equal(h.max, 1337);
    fields_are(&h, "3fe11f", "");
    assert_int_equal(h.max, 4096);
    fields_are(&h, "20 3fe11f", ""); /* section 4.2: the smallest in between, then the last */
    assert_int_equal(h.max, 4096);
}

static void appendix_c2(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header\n");
    table_is(&h, "custom-key: custom-header\n", 55);
    h = (struct hpack){0};
    hpack_init(&h);
    fields_are(&h, "040c2f73616d706c652f70617468", ":path: /sample/path\n");
    fields_are(&h, "100870617373776f726406736563726574", "password: secret\n");
    fields_are(&h, "82", ":method: GET\n");
    table_is(&h, "", 0);
}

#define REQUEST(scheme, path) \
    ":method: GET\n:scheme: " scheme "\n:path: " path "\n:authority: www.example.com\n"

static void requests(const char *const hex[3])
{
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, hex[0], REQUEST("http", "/"));
    table_is(&h, ":authority: www.example.com\n", 57);
    fields_are(&h, hex[1], REQUEST("http", "/") "cache-control: no-cache\n");
    table_is(&h, "cache-control: no-cache\n:authority: www.example.com\n", 110);
    fields_are(&h, hex[2], REQUEST("https", "/index.html") "custom-key: custom-value\n");
    table_is(&h, "custom-key: custom-value\ncache-control: no-cache\n:authority: www.example.com\n", 164);
}

static void appendix_c3_c4(void **state)
{
    (void)state;
    requests((const char *const[]){
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    });
    requests((const char *const[]){
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    });
}

#define DATE1 "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
#define DATE2 "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
#define PLACE "location: https://www.example.com\n"
#define COOKIE "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"

/* In a table of 256 bytes, so that entries fall out. */
static void responses(const char *const hex[3])
{
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "3fe101", "");
    assert_int_equal(h.max, 256);
    fields_are(&h, hex[0], ":status: 302\ncache-control: private\n" DATE1 PLACE);
    table_is(&h, PLACE DATE1 "cache-control: private\n:status: 302\n", 222);
    fields_are(&h, hex[1], ":status: 307\ncache-control: private\n" DATE1 PLACE);
    table_is(&h, ":status: 307\n" PLACE DATE1 "cache-control: private\n", 222);
    fields_are(&h, hex[2],
               ":status: 200\ncache-control: private\n" DATE2 PLACE "content-encoding: gzip\n" COOKIE);
    table_is(&h, COOKIE "content-encoding: gzip\n" DATE2, 215);
}

static void appendix_c5_c6(void **state)
{
    (void)state;
    responses((const char *const[]){
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17687474"
        "70733a"
        "2f2f7777772e6578616d706c652e636f6d",
        "4803333037c1c0bf",
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a"
        "4b4851"
        "4b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
    });
    responses((const char *const[]){
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae"
        "82ae43d3",
        "4883640effc1c0bf",
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960"
        "d5af27"
        "087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    });
}

/* What machined 1.13 sent. */
static void as_machined_sends(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "20880f108b1d75d0620d263d4c4d6564", ":status: 200\ncontent-type: application/grpc\n");
    fields_are(&h, "00889acac8b21234da8f013000899acac8b5254207317f00", "grpc-status: 0\ngrpc-message: \n");
}

/* The bytes 0 to 255 in order, encoded by golang.org/x/net/http2/hpack. */
static const char all_bytes[] =
    "ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3fffffa7fffffabffffffdfffffeb"
    "fffffecfffffedfffffeefffffefffffff0ffffff1ffffff2fffffffbfffffcffffffd3fffffd7fffffdbfffffdffffffe3f"
    "ffffe7fffffebfffffed4fe3f9ffaffcabf1febfafefe7fdfd2cbb00089969b71d79fb9f7fff20ffbff3ff50ddbd7f061c58"
    "f265cd9f469d5af66dddbf871e5f9cff7ff7fffc3ff9ffe45fff4719242cb34e6e9d68a6a3d7dac426defe3cfaf7fffbfe7f"
    "fbffdffffffcfffe6ffff4bfff9ffffa3fffd3ffff53fffd5ffffb3fffeb7fffdaffffb7ffff73fffeeffffdeffffebffffb"
    "fffffd9ffffdbfffebffffe0ffffeeffffc3ffff8bffff1ffffe4fffee7fffb1ffff97fffd9ffffcdffff9fffffbffffdaff"
    "feeffff4ffffb7fffee7fffe8ffffd3fffdeffffd5fffeeffffbdffffe1fffdfffff7fffff5ffffecffff07fff87fffe0fff"
    "f17fffedffff87ffff77fffeffffeaffff8bfffe3ffff93ffff87fffcbffff37ffff1fffff83ffffe1fffebfffe3ffff3fff"
    "ff2ffffa3ffffd9fffff17ffffc7fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8fffffe6fffffc1fffff87fff"
    "fe7fffffc5ffffe5fffe4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdffff4ffff9ff"
    "ffd1ffffcffffeaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfffffb7fffff3fffffe8fff"
    "ffd3fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffbbf";

static void whole_huffman_code(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    struct buf bytes = {0};
    put_hex(&bytes, "000161 ffc803" /* a name, then 583 bytes of Huffman */);
    put_hex(&bytes, all_bytes);
    struct buf fields = {0};
    assert_true(decode_bytes(&h, &bytes, &fields));
    assert_int_equal(fields.len, 3 + 256 + 1);
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal((unsigned char)fields.data[3 + i], i);
    buf_free(&bytes);
    buf_free(&fields);
}

static void the_static_table_has_61_rows(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "81", ":authority: \n");
    fields_are(&h, "8e", ":status: 500\n");
    fields_are(&h, "8f", "accept-charset: \n");
    fields_are(&h, "90", "accept-encoding: gzip, deflate\n");
    fields_are(&h, "9f", "content-type: \n");
    fields_are(&h, "a7", "if-match: \n");
    fields_are(&h, "b6", "server: \n");
    fields_are(&h, "bd", "www-authenticate: \n");
    refused("be");
    refused("80");
    refused("ff00");
}

static void indexes_that_name_nothing(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "4001610162", "a: b\n");
    fields_are(&h, "be", "a: b\n");
    refused_by(&h, "bf");
    refused("7f000162");     /* literal with the name of entry 63 */
    refused("0f2f0162");     /* and of entry 62, which is not there */
    refused("ff8080808001"); /* an index of too many bytes */
    refused("ffffffff7f");
}

static void cut_anywhere(void **state)
{
    (void)state;
    static const char whole[] =
        "3fe101400a637573746f6d2d6b65798825a849e95ba97d7f0f108b1d75d0620d263d4c4d6564";
    static const unsigned char ends[] = {0, 3, 24, 38};
    struct buf bytes = {0};
    put_hex(&bytes, whole);
    assert_int_equal(bytes.len, 38);
    size_t all = bytes.len;
    struct buf fields = {0};
    for (size_t n = 0; n <= all; n++) {
        struct hpack h = {0};
        hpack_init(&h);
        bytes.len = n;
        bool between = memchr(ends, (int)n, sizeof ends) != NULL;
        assert_int_equal(decode_bytes(&h, &bytes, &fields), between);
    }
    buf_free(&bytes);
    buf_free(&fields);
}

static void bad_huffman(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "0001618107", "a: 0\n"); /* 00000, padded with 111 */
    fields_are(&h, "00016180", "a: \n");
    refused("0001618100");       /* padded with zeroes */
    refused("0001618106");       /* padded with 110 */
    refused("000161820 7ff");    /* a whole byte of padding */
    refused("00016181ff");       /* and nothing else */
    refused("00016184ffffffff"); /* EOS */
    refused("00016184fffffffc");
    refused("00016183fffffe"); /* a code that is cut */
    refused("0001 81ff 0162"); /* in a name */
}

static void sizes_of_the_table(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    refused("3fe21f");       /* 4097 */
    refused("82 20");        /* after a field */
    refused("3fffffffff7f"); /* no number */
    fields_are(&h, "4001610162", "a: b\n");
    table_is(&h, "a: b\n", 34);
    fields_are(&h, "3f02", ""); /* 33: too small for it */
    table_is(&h, "", 0);
    fields_are(&h, "4001610162", "a: b\n"); /* taken, not kept */
    table_is(&h, "", 0);
    refused_by(&h, "be");
    refused_by(&h, "3fe11f 4001610162 20");
}

static void an_entry_larger_than_the_table_empties_it(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "4001610162", "a: b\n");
    struct buf bytes = {0};
    put_hex(&bytes, "400178 7fe11e"); /* 4064 bytes of value: with 1 + 32 one too many */
    for (int i = 0; i < 4063; i++)
        buf_char(&bytes, 'v');
    struct buf fields = {0};
    assert_false(decode_bytes(&h, &bytes, &fields)); /* a byte is missing */
    buf_char(&bytes, 'v');
    fields.len = 0;
    assert_true(decode_bytes(&h, &bytes, &fields));
    assert_int_equal(fields.len, 1 + 2 + 4064 + 1);
    table_is(&h, "", 0);
    /* One byte less fills it. */
    bytes.len--;
    bytes.data[4]--;
    assert_true(decode_bytes(&h, &bytes, &fields));
    assert_int_equal(h.count, 1);
    assert_int_equal(h.used + HPACK_ENTRY, HPACK_TABLE_MAX);
    buf_free(&bytes);
    buf_free(&fields);
}

static void a_name_may_fall_out_with_its_own_field(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    fields_are(&h, "3f2b" /* 74 */, "");
    fields_are(&h, "40 04 6e616d65 01 31", "name: 1\n");
    fields_are(&h, "7e 06 323232323232", "name: 222222\n"); /* section 4.4 */
    table_is(&h, "name: 222222\n", 42);
}

static void the_table_is_full_at_128(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    struct buf fields = {0};
    for (int i = 0; i < 200; i++)
        assert_true(decode_hex(&h, "400000", &fields)); /* neither name nor value */
    assert_int_equal(h.count, 128);
    fields.len = 0;
    assert_true(decode_hex(&h, "ff3e", &fields)); /* 189: the oldest */
    assert_memory_equal(fields.data, ": \n", 3);
    refused_by(&h, "ff3f");
    buf_free(&fields);
}

static void a_short_block_cannot_say_much(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    struct buf bytes = {0};
    put_hex(&bytes, "400178 7f811e"); /* 3968 bytes of value */
    for (int i = 0; i < 3968; i++)
        buf_char(&bytes, 'v');
    struct buf fields = {0};
    assert_true(decode_bytes(&h, &bytes, &fields));
    bytes.len = 0;
    for (int i = 0; i < 32; i++)
        buf_char(&bytes, (char)0xbe);
    assert_true(decode_bytes(&h, &bytes, &fields));
    buf_char(&bytes, (char)0xbe);
    assert_false(decode_bytes(&h, &bytes, &fields)); /* above HPACK_LIST_MAX */
    buf_free(&bytes);
    buf_free(&fields);
}

/* In Huffman code, which adds nothing, and kept in the table, which copies it. */
static void a_field_of_no_bytes(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    struct buf want = {0};
    log_field(&want, (struct span){(const unsigned char *)"", 0},
              (struct span){(const unsigned char *)"", 0});
    fields_are(&h, "40 80 80", want.data);
    table_is(&h, want.data, HPACK_ENTRY);
    buf_free(&want);
}

static bool refuse(void *arg, struct span name, struct span value)
{
    (void)name;
    (void)value;
    ++*(int *)arg;
    return false;
}

static void a_refused_field_is_the_last(void **state)
{
    (void)state;
    struct hpack h = {0};
    hpack_init(&h);
    int seen = 0;
    assert_false(hpack_decode(&h, (struct span){(const unsigned char *)"\x82\x86\x84", 3}, refuse, &seen));
    assert_int_equal(seen, 1);
}

static void encodes(void **state)
{
    (void)state;
    struct buf got = {0};
    hpack_encode(&got, ":method", "POST");
    hpack_encode(&got, ":scheme", "http");
    hpack_encode(&got, ":path", "/a.B/C");
    hpack_encode(&got, ":authority", "localhost");
    hpack_encode(&got, "te", "trailers");
    hpack_encode(&got, "content-type", "application/grpc");
    hpack_encode(&got, "accept-encoding", "gzip, deflate");
    hpack_encode(&got, "accept-encoding", "gzip");
    hpack_encode(&got, "via", "");
    struct buf want = {0};
    put_hex(&want, "83 86 04062f612e422f43 01096c6f63616c686f7374 000274650874 7261696c657273");
    put_hex(&want, "0f10106170706c69636174696f6e2f67727063 90 0f0104677a6970 0f2d00");
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
    buf_free(&got);
    buf_free(&want);
}

static void decodes_what_it_encodes(void **state)
{
    (void)state;
    char value[400] = {0};
    for (size_t n = 0; n < sizeof value - 1; n++) {
        struct hpack h = {0};
        hpack_init(&h);
        struct buf bytes = {0};
        hpack_encode(&bytes, value, value);
        struct buf fields = {0};
        assert_true(decode_bytes(&h, &bytes, &fields));
        assert_int_equal(fields.len, 2 * n + 3);
        assert_memory_equal(fields.data + n + 2, value, n);
        buf_free(&bytes);
        buf_free(&fields);
        value[n] = (char)('a' + n % 26);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(appendix_c2),
        cmocka_unit_test(appendix_c3_c4),
        cmocka_unit_test(appendix_c5_c6),
        cmocka_unit_test(as_machined_sends),
        cmocka_unit_test(whole_huffman_code),
        cmocka_unit_test(the_static_table_has_61_rows),
        cmocka_unit_test(indexes_that_name_nothing),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(bad_huffman),
        cmocka_unit_test(sizes_of_the_table),
        cmocka_unit_test(an_entry_larger_than_the_table_empties_it),
        cmocka_unit_test(a_name_may_fall_out_with_its_own_field),
        cmocka_unit_test(the_table_is_full_at_128),
        cmocka_unit_test(a_short_block_cannot_say_much),
        cmocka_unit_test(a_field_of_no_bytes),
        cmocka_unit_test(a_refused_field_is_the_last),
        cmocka_unit_test(encodes),
        cmocka_unit_test(decodes_what_it_encodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
