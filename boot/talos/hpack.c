#include "talos/hpack.h"

#include <string.h>

#define FIXED 61     /* entries of the static table */
#define CODE_MAX 30u /* bits of a Huffman code */

/* Appendix A in its order, name=value or name. */
static const char fixed[] =
    ":authority\0:method=GET\0:method=POST\0:path=/\0:path=/index.html\0:scheme=http\0"
    ":scheme=https\0:status=200\0:status=204\0:status=206\0:status=304\0:status=400\0"
    ":status=404\0:status=500\0accept-charset\0accept-encoding=gzip, deflate\0"
    "accept-language\0accept-ranges\0accept\0access-control-allow-origin\0age\0allow\0"
    "authorization\0cache-control\0content-disposition\0content-encoding\0"
    "content-language\0content-length\0content-location\0content-range\0content-type\0"
    "cookie\0date\0etag\0expect\0expires\0from\0host\0if-match\0if-modified-since\0"
    "if-none-match\0if-range\0if-unmodified-since\0last-modified\0link\0location\0"
    "max-forwards\0proxy-authenticate\0proxy-authorization\0range\0referer\0refresh\0"
    "retry-after\0server\0set-cookie\0strict-transport-security\0transfer-encoding\0"
    "user-agent\0vary\0via\0www-authenticate";

/* Appendix B: how many codes have 5, 6, ... 30 bits, and their symbols in the order of the codes. EOS, the last, is
 * left out. */
static const unsigned char lengths[] = {10, 26, 32, 6,  0,  5,  3,  2, 6,  2,  3,  0, 0,
                                        0,  3,  8,  13, 26, 29, 12, 4, 15, 19, 29, 0, 3};
static const unsigned char symbols[] = {
    48,  49,  50,  97,  99,  101, 105, 111, 115, 116, 32,  37,  45,  46,  47,  51,  52,  53,  54,  55,
    56,  57,  61,  65,  95,  98,  100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58,  66,  67,  68,
    69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  86,  87,  89,
    106, 107, 113, 118, 119, 120, 121, 122, 38,  42,  44,  59,  88,  90,  33,  34,  40,  41,  63,  39,
    43,  124, 35,  62,  0,   36,  64,  91,  93,  126, 94,  125, 60,  96,  123, 92,  195, 208, 128, 130,
    131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230, 129,
    132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
    196, 198, 228, 232, 233, 1,   135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157,
    158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9,   142, 144, 145, 148, 159,
    171, 206, 215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219,
    238, 240, 242, 243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250,
    251, 252, 253, 254, 2,   3,   4,   5,   6,   7,   8,   11,  12,  14,  15,  16,  17,  18,  19,  20,
    21,  23,  24,  25,  26,  27,  28,  29,  30,  31,  127, 220, 249, 10,  13,  22,
};

void hpack_init(struct hpack *h)
{
    h->max = HPACK_TABLE_MAX;
}

/* Drops the oldest entries until one of `size` bytes fits; one that is too large leaves the table empty. */
static void make_room(struct hpack *h, size_t size)
{
    unsigned drop = 0;
    size_t bytes = 0;
    while (drop < h->count && h->used - bytes + (h->count - drop) * HPACK_ENTRY + size > h->max) {
        bytes += (size_t)h->entries[drop].name + h->entries[drop].value;
        drop++;
    }
    h->count -= drop;
    h->used -= bytes;
    memmove(h->entries, h->entries + drop, h->count * sizeof *h->entries);
    memmove(h->bytes, h->bytes + bytes, h->used);
}

static void add(struct hpack *h, const struct buf *text, size_t name)
{
    make_room(h, text->len + HPACK_ENTRY);
    if (text->len + HPACK_ENTRY > h->max)
        return;
    memcpy(h->bytes + h->used, text->data, text->len);
    h->used += text->len;
    h->entries[h->count].name = (uint16_t)name;
    h->entries[h->count++].value = (uint16_t)(text->len - name);
}

/* The row of the static table with this index, from 1. */
static struct span row(uint32_t index, size_t *name)
{
    const char *p = fixed;
    while (--index > 0)
        p += strlen(p) + 1;
    *name = strcspn(p, "=");
    return (struct span){(const unsigned char *)p, strlen(p)};
}

/* Appends the name of an entry, and its value when it is asked for; *name is the length of the former. */
static bool look_up(const struct hpack *h, uint32_t index, bool value, struct buf *text, size_t *name)
{
    if (index - 1 < FIXED) {
        struct span s = row(index, name);
        buf_add(text, s.p, *name);
        if (value && s.n > *name)
            buf_add(text, s.p + *name + 1, s.n - *name - 1);
        return true;
    }
    index -= FIXED + 1;
    if (index >= h->count)
        return false;
    unsigned at = h->count - 1 - index;
    size_t skip = 0;
    for (unsigned i = 0; i < at; i++)
        skip += (size_t)h->entries[i].name + h->entries[i].value;
    *name = h->entries[at].name;
    buf_add(text, h->bytes + skip, *name + (value ? h->entries[at].value : 0));
    return true;
}

/* Section 5.1. Four bytes more than the prefix are taken: no length or index here needs them. */
static uint32_t take_integer(struct reader *r, uint8_t first, unsigned bits)
{
    uint32_t mask = (1u << bits) - 1;
    uint32_t value = first & mask;
    if (value < mask)
        return value;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        uint8_t byte = reader_u8(r);
        value += (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    r->bad = true;
    return 0;
}

static bool unpack(struct span in, struct buf *text)
{
    uint32_t code = 0; /* of the bits since the last symbol, less the first code with that many bits */
    unsigned bits = 0;
    unsigned index = 0; /* of that first code in symbols */
    bool ones = true;
    for (size_t i = 0; i < in.n * 8; i++) {
        unsigned bit = in.p[i / 8] >> (7 - i % 8) & 1;
        code = code << 1 | bit;
        ones = ones && bit;
        if (++bits < 5)
            continue;
        unsigned count = lengths[bits - 5];
        if (code < count) {
            buf_char(text, (char)symbols[index + code]);
            code = bits = index = 0;
            ones = true;
        } else if (bits == CODE_MAX) {
            return false; /* EOS, which is never sent */
        } else {
            code -= count;
            index += count;
        }
    }
    return bits < 8 && ones;
}

static bool take_string(struct reader *r, struct buf *text)
{
    uint8_t first = reader_u8(r);
    struct span s = reader_take(r, take_integer(r, first, 7));
    if (r->bad)
        return false;
    if (first & 0x80)
        return unpack(s, text);
    buf_add(text, s.p, s.n);
    return true;
}

/* One field into text, name and value side by side. */
static bool take_field(struct hpack *h, struct reader *r, uint8_t first, struct buf *text, size_t *name)
{
    bool indexed = first & 0x80;
    bool keep = !indexed && first & 0x40;
    uint32_t index = take_integer(r, first, indexed ? 7 : keep ? 6 : 4);
    if (r->bad)
        return false;
    text->len = 0;
    if (index > 0 || indexed) {
        if (!look_up(h, index, indexed, text, name))
            return false;
    } else {
        if (!take_string(r, text))
            return false;
        *name = text->len;
    }
    if ((!indexed && !take_string(r, text)) || text->full)
        return false;
    if (keep)
        add(h, text, *name);
    return true;
}

bool hpack_decode(struct hpack *h, struct span block, hpack_field *field, void *arg)
{
    struct reader r = reader_of(block.p, block.n);
    struct buf text = {.max = HPACK_LIST_MAX};
    buf_str(&text, ""); /* a name and a value of no bytes are somewhere too */
    size_t list = 0;
    bool good = true;
    while (good && r.n > 0) {
        uint8_t first = reader_u8(&r);
        if ((first & 0xe0) == 0x20) {
            size_t max = take_integer(&r, first, 5);
            good = !r.bad && list == 0 && max <= HPACK_TABLE_MAX;
            h->max = good ? max : h->max;
            make_room(h, 0);
            continue;
        }
        size_t name = 0;
        good = take_field(h, &r, first, &text, &name);
        list += text.len + HPACK_ENTRY;
        good = good && list <= HPACK_LIST_MAX;
        if (good) {
            const unsigned char *p = (const unsigned char *)text.data;
            good = field(arg, (struct span){p, name}, (struct span){p + name, text.len - name});
        }
    }
    buf_free(&text);
    return good;
}

static void put_integer(struct buf *b, unsigned first, unsigned bits, size_t value)
{
    size_t mask = ((size_t)1 << bits) - 1;
    if (value < mask) {
        buf_char(b, (char)(first | value));
        return;
    }
    buf_char(b, (char)(first | mask));
    for (value -= mask; value >= 0x80; value >>= 7)
        buf_char(b, (char)(value | 0x80));
    buf_char(b, (char)value);
}

static void put_string(struct buf *b, const char *s)
{
    put_integer(b, 0, 7, strlen(s));
    buf_str(b, s);
}

void hpack_encode(struct buf *b, const char *name, const char *value)
{
    uint32_t same_name = 0;
    const char *p = fixed;
    size_t n = strlen(name);
    for (uint32_t i = 1; i <= FIXED; i++, p += strlen(p) + 1) {
        if (strncmp(p, name, n) != 0 || (p[n] && p[n] != '='))
            continue;
        if (p[n] && strcmp(p + n + 1, value) == 0) {
            put_integer(b, 0x80, 7, i);
            return;
        }
        if (same_name == 0)
            same_name = i;
    }
    put_integer(b, 0, 4, same_name);
    if (same_name == 0)
        put_string(b, name);
    put_string(b, value);
}
