#include "facts/wwid.h"

#include "base/reader.h"

#include <string.h>

#define ASSOCIATION 0x30 /* of the second byte: 0 is the disk itself, else its port or target */
#define KIND 0x0f

enum kind { KIND_T10 = 1, KIND_EUI64 = 2, KIND_NAA = 3, KIND_NAME = 8 };

struct designator {
    unsigned kind;
    struct span id;
};

/* The kernel's order of preference; 0 is none. An NAA says its format in its first four bits. */
static unsigned rank_of(const struct designator *d)
{
    static const struct {
        unsigned kind;
        /* NAA format, or length of an EUI-64; 0: any */
        unsigned form;
        unsigned rank;
    } ranks[] = {
        {KIND_NAME, 0, 9}, {KIND_NAA, 6, 8},   {KIND_EUI64, 16, 7}, {KIND_EUI64, 12, 6}, {KIND_NAA, 5, 5},
        {KIND_NAA, 4, 4},  {KIND_EUI64, 8, 3}, {KIND_NAA, 3, 1},    {KIND_T10, 0, 1},
    };
    if (d->id.n == 0)
        return 0;
    size_t form = d->kind == KIND_NAA ? d->id.p[0] >> 4 : d->kind == KIND_EUI64 ? d->id.n : 0;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (ranks[i].kind == d->kind && ranks[i].form == form)
            return ranks[i].rank;
    return 0;
}

static void add_hex(struct buf *out, const char *prefix, struct span id)
{
    buf_str(out, prefix);
    for (size_t i = 0; i < id.n; i++)
        buf_printf(out, "%02x", id.p[i]);
}

/* As the kernel's %pE: what cannot be printed is \n, \0 or \ooo. */
static void add_escaped(struct buf *out, struct span id)
{
    static const char named[] = "\n\r\t\v\f\a\033";
    static const char names[] = "nrtvfae";
    for (size_t i = 0; i < id.n; i++) {
        unsigned char c = id.p[i];
        const char *hit = c ? strchr(named, c) : NULL;
        if (hit)
            buf_printf(out, "\\%c", names[hit - named]);
        else if (c == 0)
            buf_str(out, "\\0");
        else if (c < 0x20 || (c > 0x7e && c < 0xa0))
            buf_printf(out, "\\%03o", c);
        else
            buf_char(out, (char)c);
    }
}

static void write_out(struct buf *out, const struct designator *d)
{
    size_t n = d->id.n;
    if (d->kind == KIND_NAA && n != 8 && n != 16)
        return;
    buf_consume(out, out->len);
    if (d->kind == KIND_NAA)
        add_hex(out, "naa.", d->id);
    else if (d->kind == KIND_EUI64)
        add_hex(out, "eui.", d->id);
    else if (d->kind == KIND_NAME)
        buf_add(out, d->id.p, strnlen((const char *)d->id.p, n));
    else {
        buf_str(out, "t10.");
        add_escaped(out, d->id);
    }
}

bool wwid_of_page(struct span page, struct buf *out)
{
    struct reader r = reader_of(page.p, page.n);
    reader_skip(&r, 1);
    if (reader_u8(&r) != 0x83)
        return false;
    reader_skip(&r, 2);
    unsigned best = 0;
    size_t length = 0;
    while (!r.bad && r.n >= 4) {
        reader_skip(&r, 1);
        uint8_t type = reader_u8(&r);
        reader_skip(&r, 1);
        struct designator d = {.kind = type & KIND, .id = reader_take(&r, reader_u8(&r))};
        unsigned rank = r.bad || (type & ASSOCIATION) ? 0 : rank_of(&d);
        /* Of two texts the longer, of two numbers the later. */
        bool shorter = (d.kind == KIND_T10 || d.kind == KIND_NAME) && d.id.n < length;
        if (rank == 0 || rank < best || shorter)
            continue;
        best = rank;
        length = d.id.n;
        write_out(out, &d);
    }
    return out->len > 0;
}
