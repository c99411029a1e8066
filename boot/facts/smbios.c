#include "facts/smbios.h"

#include <stdio.h>
#include <string.h>

static bool sums_to_zero(struct span s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += s.p[i];
    return (sum & 0xff) == 0;
}

/* Versions that some BIOSes got wrong, as dmidecode and the kernel know them. */
static unsigned mend_version(unsigned version)
{
    switch (version) {
    case 0x021f:
    case 0x0221:
        return 0x0203;
    case 0x0233:
        return 0x0206;
    default:
        return version;
    }
}

static bool open_64(struct smbios *s, struct span entry, size_t *length)
{
    struct reader r = reader_of(entry.p, entry.n);
    reader_skip(&r, 6);
    uint8_t own = reader_u8(&r);
    uint8_t major = reader_u8(&r);
    uint8_t minor = reader_u8(&r);
    reader_skip(&r, 3);
    *length = reader_u32le(&r);
    s->version = (unsigned)major << 8 | minor;
    s->count = 0;
    return !r.bad && own >= 24 && own <= entry.n && sums_to_zero((struct span){entry.p, own});
}

static bool open_32(struct smbios *s, struct span entry, size_t *length)
{
    struct reader r = reader_of(entry.p, entry.n);
    reader_skip(&r, 5);
    uint8_t own = reader_u8(&r);
    uint8_t major = reader_u8(&r);
    uint8_t minor = reader_u8(&r);
    reader_skip(&r, 8);
    struct span anchor = reader_take(&r, 5);
    reader_skip(&r, 1);
    *length = reader_u16le(&r);
    reader_skip(&r, 4);
    s->count = reader_u16le(&r);
    s->version = mend_version((unsigned)major << 8 | minor);
    /* Version 2.1 of the standard gave this structure's length as 0x1e by mistake. */
    if (r.bad || !span_is(anchor, "_DMI_") || own < 0x1e || own > entry.n)
        return false;
    return sums_to_zero((struct span){entry.p, own}) && sums_to_zero((struct span){entry.p + 16, 15});
}

bool smbios_open(struct smbios *s, struct span entry, struct span table)
{
    *s = (struct smbios){.table = table};
    bool ok = false;
    size_t length = 0;
    if (entry.n >= 24 && memcmp(entry.p, "_SM3_", 5) == 0)
        ok = open_64(s, entry, &length);
    else if (entry.n >= 31 && memcmp(entry.p, "_SM_", 4) == 0)
        ok = open_32(s, entry, &length);
    if (s->table.n > length)
        s->table.n = length;
    return ok;
}

struct smbios_walk smbios_walk(const struct smbios *s)
{
    return (struct smbios_walk){.s = s, .at = reader_of(s->table.p, s->table.n)};
}

bool smbios_next(struct smbios_walk *w, struct smbios_item *item)
{
    struct reader *r = &w->at;
    if (r->n < 4 || r->bad || (w->s->count && w->seen >= w->s->count))
        return false;
    const unsigned char *start = r->p;
    item->type = reader_u8(r);
    uint8_t length = reader_u8(r);
    item->handle = reader_u16le(r);
    if (length < 4 || item->type == SMBIOS_END)
        return false;
    reader_skip(r, length - 4u);
    if (r->bad)
        return false;
    item->body = (struct span){start, length};
    item->strings.p = r->p;
    struct span one = reader_until(r, 0);
    /* No strings at all is written as two NULs. */
    if (one.n == 0)
        reader_skip(r, 1);
    while (one.n > 0)
        one = reader_until(r, 0);
    if (r->bad)
        return false;
    item->strings.n = (size_t)(r->p - item->strings.p) - 1;
    w->seen++;
    return true;
}

bool smbios_find(const struct smbios *s, enum smbios_type type, struct smbios_item *item)
{
    struct smbios_walk w = smbios_walk(s);
    while (smbios_next(&w, item))
        if (item->type == type)
            return true;
    return false;
}

/* A little-endian field of n bytes. */
static bool field(const struct smbios_item *item, size_t offset, size_t n, uint32_t *out)
{
    struct reader r = reader_of(item->body.p, item->body.n);
    reader_skip(&r, offset);
    *out = n == 1 ? reader_u8(&r) : n == 2 ? reader_u16le(&r) : reader_u32le(&r);
    return !r.bad;
}

uint8_t smbios_u8(const struct smbios_item *item, size_t offset, uint8_t otherwise)
{
    uint32_t v;
    return field(item, offset, 1, &v) ? (uint8_t)v : otherwise;
}

uint16_t smbios_u16(const struct smbios_item *item, size_t offset, uint16_t otherwise)
{
    uint32_t v;
    return field(item, offset, 2, &v) ? (uint16_t)v : otherwise;
}

uint32_t smbios_u32(const struct smbios_item *item, size_t offset, uint32_t otherwise)
{
    uint32_t v;
    return field(item, offset, 4, &v) ? v : otherwise;
}

const char *smbios_text(const struct smbios_item *item, size_t offset, char out[SMBIOS_TEXT_MAX])
{
    struct reader r = reader_of(item->strings.p, item->strings.n);
    struct span one = {NULL, 0};
    unsigned index = smbios_u8(item, offset, 0);
    for (unsigned i = 0; i < index && !r.bad; i++)
        one = reader_until(&r, 0);
    size_t n = r.bad ? 0 : one.n < SMBIOS_TEXT_MAX ? one.n : SMBIOS_TEXT_MAX - 1;
    if (n)
        memcpy(out, one.p, n);
    out[n] = '\0';
    return out;
}

const char *smbios_uuid(const struct smbios *s, const struct smbios_item *item, char out[SMBIOS_UUID_MAX])
{
    static const uint8_t swapped[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    struct reader r = reader_of(item->body.p, item->body.n);
    reader_skip(&r, 8);
    struct span u = reader_take(&r, 16);
    *out = '\0';
    if (r.bad)
        return out;
    bool zero = true;
    bool ones = true;
    for (size_t i = 0; i < 16; i++) {
        zero = zero && u.p[i] == 0x00;
        ones = ones && u.p[i] == 0xff;
    }
    if (zero || ones)
        return out;
    char *at = out;
    for (size_t i = 0; i < 16; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        unsigned byte = u.p[s->version >= 0x0206 ? swapped[i] : i];
        at += snprintf(at, (size_t)(out + SMBIOS_UUID_MAX - at), "%s%02x", dash ? "-" : "", byte);
    }
    return out;
}

enum smbios_size smbios_memory_size(const struct smbios_item *item, uint64_t *kib)
{
    uint16_t word = smbios_u16(item, 0x0c, 0);
    *kib = 0;
    if (word == 0)
        return SMBIOS_SIZE_EMPTY;
    if (word == 0xffff)
        return SMBIOS_SIZE_UNKNOWN;
    if (word == 0x7fff) {
        *kib = (uint64_t)(smbios_u32(item, 0x1c, 0) & 0x7fffffff) << 10;
        return *kib ? SMBIOS_SIZE_KNOWN : SMBIOS_SIZE_UNKNOWN;
    }
    *kib = word & 0x8000 ? word & 0x7fffu : (uint64_t)word << 10;
    return *kib ? SMBIOS_SIZE_KNOWN : SMBIOS_SIZE_EMPTY;
}

uint32_t smbios_memory_speed(const struct smbios_item *item)
{
    uint16_t speed = smbios_u16(item, 0x15, 0);
    return speed == 0xffff ? smbios_u32(item, 0x54, 0) & 0x7fffffff : speed;
}

bool smbios_is_system_memory(const struct smbios *s, const struct smbios_item *device)
{
    uint16_t array = smbios_u16(device, 4, 0xffff);
    struct smbios_walk w = smbios_walk(s);
    struct smbios_item item;
    while (smbios_next(&w, &item))
        if (item.type == SMBIOS_MEMORY_ARRAY && item.handle == array)
            return smbios_u8(&item, 5, 3) == 3;
    return true;
}
