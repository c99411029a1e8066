#include "net/dns.h"

#include "base/reader.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_ 255 /* bytes in wire form; in text one less is enough */
#define RECORDS_MAX 64
#define POINTERS_MAX 32

enum { FLAG_QR = 0x8000, FLAG_TC = 0x0200, FLAG_RD = 0x0100, OPCODE = 0x7800, RCODE = 0x000f };
enum { TYPE_CNAME = 5, CLASS_IN = 1 };
enum { NXDOMAIN = 3, REFUSED = 5 };

struct message {
    const unsigned char *p;
    size_t n;
};

static void put16(unsigned char **at, unsigned value)
{
    *(*at)++ = (unsigned char)(value >> 8);
    *(*at)++ = (unsigned char)value;
}

size_t dns_query(unsigned char *out, uint16_t id, const char *name, enum dns_type type)
{
    size_t length = strlen(name);
    if (length == 0 || length > NAME_MAX_ - 2)
        return 0;
    unsigned char *at = out;
    put16(&at, id);
    put16(&at, FLAG_RD);
    put16(&at, 1);
    memset(at, 0, 6);
    at += 6;
    for (const char *label = name; *label;) {
        size_t n = strcspn(label, ".");
        if (n == 0 || n > 63)
            return 0;
        *at++ = (unsigned char)n;
        memcpy(at, label, n);
        at += n;
        label += n;
        if (*label == '.')
            label++;
    }
    *at++ = 0;
    put16(&at, (unsigned)type);
    put16(&at, CLASS_IN);
    return (size_t)(at - out);
}

/* Reads a name at r into text form, following compression pointers, which may only point backwards. */
static void read_name(const struct message *m, struct reader *r, char out[NAME_MAX_ + 1])
{
    struct reader *at = r;
    struct reader jumped;
    size_t used = 0;
    size_t limit = m->n;
    unsigned pointers = 0;
    for (;;) {
        uint8_t n = reader_u8(at);
        if (n == 0 || at->bad)
            break;
        if (n >= 0xc0) {
            size_t target = (size_t)(n & 0x3f) << 8 | reader_u8(at);
            if (at->bad || target >= limit || ++pointers > POINTERS_MAX) {
                at->bad = true;
                break;
            }
            limit = target;
            jumped = reader_of(m->p + target, m->n - target);
            at = &jumped;
            continue;
        }
        struct span label = reader_take(at, n);
        if (n > 63 || !label.p || used + n + 1 > NAME_MAX_) {
            at->bad = true;
            break;
        }
        if (used)
            out[used++] = '.';
        for (size_t i = 0; i < n; i++) {
            /* A dot or NUL inside a label would make two names look alike. */
            if (label.p[i] == '.' || label.p[i] == '\0')
                at->bad = true;
            out[used++] = text_lower((char)label.p[i]);
        }
    }
    out[used] = '\0';
    if (at->bad)
        r->bad = true;
}

struct dns_record {
    char owner[NAME_MAX_ + 1];
    unsigned type;
    unsigned class;
    struct span data;
    /* of a CNAME */
    char target[NAME_MAX_ + 1];
};

static void read_record(const struct message *m, struct reader *r, struct dns_record *out)
{
    read_name(m, r, out->owner);
    out->type = reader_u16be(r);
    out->class = reader_u16be(r);
    reader_skip(r, 4);
    size_t n = reader_u16be(r);
    struct reader data = *r;
    out->data = reader_take(r, n);
    out->target[0] = '\0';
    if (out->type != TYPE_CNAME || r->bad)
        return;
    data.n = n;
    read_name(m, &data, out->target);
    if (data.bad || data.n != 0)
        r->bad = true;
}

static bool take_address(const struct dns_record *record, enum dns_type type, struct dns_address *out)
{
    size_t want = type == DNS_AAAA ? 16 : 4;
    if (record->type != (unsigned)type || record->class != CLASS_IN || record->data.n != want)
        return false;
    *out = (struct dns_address){.v6 = type == DNS_AAAA};
    memcpy(out->bytes, record->data.p, want);
    return true;
}

/* One pass over the answers for one owner: its addresses, or the name it is an alias of. */
static bool pass(const struct message *m, struct reader answers, unsigned total, const char *owner,
                 enum dns_type type, struct dns_address *out, unsigned *count, char *alias)
{
    alias[0] = '\0';
    struct dns_record record;
    for (unsigned i = 0; i < total; i++) {
        read_record(m, &answers, &record);
        if (answers.bad)
            return false;
        if (strcmp(record.owner, owner) != 0)
            continue;
        if (*count < DNS_ADDRESSES_MAX && take_address(&record, type, &out[*count]))
            ++*count;
        else if (record.type == TYPE_CNAME && record.class == CLASS_IN)
            memcpy(alias, record.target, sizeof record.target);
    }
    return true;
}

static void lower(char *out, size_t cap, const char *name)
{
    size_t i = 0;
    for (; name[i] && i + 1 < cap; i++)
        out[i] = text_lower(name[i]);
    if (i && out[i - 1] == '.')
        i--;
    out[i] = '\0';
}

enum dns_outcome dns_answer(const void *message, size_t n, uint16_t id, const char *name, enum dns_type type,
                            struct dns_address *out, unsigned *count)
{
    const struct message m = {message, n};
    struct reader r = reader_of(message, n);
    *count = 0;
    char want[NAME_MAX_ + 1];
    lower(want, sizeof want, name);

    uint16_t got_id = reader_u16be(&r);
    unsigned flags = reader_u16be(&r);
    unsigned questions = reader_u16be(&r);
    unsigned answers = reader_u16be(&r);
    reader_skip(&r, 4);
    if (r.bad || got_id != id || !(flags & FLAG_QR) || (flags & OPCODE))
        return DNS_FOREIGN;
    /* An error may come back without the question; an answer may not. */
    unsigned rcode = flags & RCODE;
    enum dns_outcome failed = rcode == REFUSED ? DNS_REFUSED : DNS_FAILED;
    if (questions == 0 && rcode != 0 && rcode != NXDOMAIN)
        return failed;
    char owner[NAME_MAX_ + 1];
    read_name(&m, &r, owner);
    unsigned got_type = reader_u16be(&r);
    unsigned got_class = reader_u16be(&r);
    if (r.bad || questions != 1 || strcmp(owner, want) != 0 || got_type != (unsigned)type ||
        got_class != CLASS_IN)
        return DNS_FOREIGN;
    if (rcode == NXDOMAIN)
        return DNS_NXDOMAIN;
    if (rcode != 0)
        return failed;
    if (flags & FLAG_TC)
        return DNS_TRUNCATED;
    if (answers > RECORDS_MAX)
        return DNS_BROKEN;
    char alias[NAME_MAX_ + 1];
    for (unsigned link = 0; link <= DNS_CHAIN_MAX; link++) {
        if (!pass(&m, r, answers, owner, type, out, count, alias)) {
            *count = 0;
            return DNS_BROKEN;
        }
        if (*count)
            return DNS_FOUND;
        if (!alias[0])
            return DNS_NODATA;
        memcpy(owner, alias, sizeof owner);
    }
    return DNS_BROKEN;
}

bool dns_address(const char *text, size_t n, struct dns_address *out)
{
    *out = (struct dns_address){0};
    char copy[64];
    if (n == 0 || n >= sizeof copy)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (inet_pton(AF_INET, copy, out->bytes) == 1)
        return true;
    char *zone = strchr(copy, '%');
    if (zone) {
        *zone++ = '\0';
        char *end;
        unsigned long scope = strtoul(zone, &end, 10);
        if (*end || scope == 0 || scope > UINT32_MAX)
            return false;
        out->scope = (uint32_t)scope;
    }
    out->v6 = true;
    return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

const char *dns_address_text(const struct dns_address *address, char out[DNS_ADDRESS_TEXT_MAX])
{
    if (!inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->bytes, out, DNS_ADDRESS_TEXT_MAX))
        out[0] = '\0';
    return out;
}

/* Of an IPv6 address that stands for an IPv4 one (RFC 4291 2.5.5.2), that one. */
static const unsigned char *four_of(const struct dns_address *a)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    return !a->v6 ? a->bytes : memcmp(a->bytes, mapped, sizeof mapped) == 0 ? a->bytes + 12 : NULL;
}

bool dns_address_nowhere(const struct dns_address *address)
{
    static const unsigned char none[16];
    const unsigned char *four = four_of(address);
    return four ? four[0] == 0 : memcmp(address->bytes, none, sizeof none) == 0;
}

bool dns_address_loopback(const struct dns_address *address)
{
    static const unsigned char own[16] = {[15] = 1};
    const unsigned char *four = four_of(address);
    return four ? four[0] == 127 : memcmp(address->bytes, own, sizeof own) == 0;
}

bool dns_address_same(const struct dns_address *a, const struct dns_address *b)
{
    return a->v6 == b->v6 && a->scope == b->scope && memcmp(a->bytes, b->bytes, a->v6 ? 16 : 4) == 0;
}

#define BLANKS " \t\r"

/* The next word of a line; n 0 at its end or where a comment begins. */
static const char *word(const char **at, const char *end, size_t *n, const char *comment)
{
    const char *p = *at;
    while (p < end && strchr(BLANKS, *p))
        p++;
    const char *start = p;
    if (p < end && strchr(comment, *p))
        p = start = end;
    while (p < end && !strchr(BLANKS, *p) && !strchr(comment, *p))
        p++;
    *n = (size_t)(p - start);
    *at = p;
    return start;
}

static bool same_name(const char *p, size_t n, const char *name)
{
    if (n && p[n - 1] == '.')
        n--;
    if (strlen(name) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text_lower(p[i]) != text_lower(name[i]))
            return false;
    return true;
}

/* Links and names of a single line. */
static bool hosts_line(const char *line, const char *end, const char *name, struct dns_address *out)
{
    size_t n;
    const char *first = word(&line, end, &n, "#");
    if (!dns_address(first, n, out))
        return false;
    for (;;) {
        const char *alias = word(&line, end, &n, "#");
        if (n == 0)
            return false;
        if (same_name(alias, n, name))
            return true;
    }
}

static bool is_localhost(const char *name)
{
    static const char suffix[] = ".localhost";
    size_t n = strlen(name);
    size_t s = sizeof suffix - 1;
    return text_equal_fold(name, "localhost") || (n > s && text_equal_fold(name + n - s, suffix));
}

unsigned dns_hosts(const char *text, const char *name, struct dns_address *out, unsigned max)
{
    unsigned count = 0;
    for (const char *line = text; *line && count < max;) {
        size_t n = strcspn(line, "\n");
        if (n <= 1024 && hosts_line(line, line + n, name, &out[count]))
            count++;
        line += n + (line[n] == '\n');
    }
    if (count || !is_localhost(name))
        return count;
    if (max > 0)
        out[count++] = (struct dns_address){.v6 = true, .bytes = {[15] = 1}};
    if (max > 1)
        out[count++] = (struct dns_address){.bytes = {127, 0, 0, 1}};
    return count;
}

unsigned dns_servers(const char *text, struct dns_address *out)
{
    unsigned count = 0;
    for (const char *line = text; *line && count < DNS_SERVERS_MAX;) {
        size_t n = strcspn(line, "\n");
        const char *end = line + n;
        const char *at = line;
        size_t length;
        const char *keyword = word(&at, end, &length, "#;");
        if (length == 10 && memcmp(keyword, "nameserver", 10) == 0) {
            const char *server = word(&at, end, &length, "#;");
            if (dns_address(server, length, &out[count]))
                count++;
        }
        line = end + (*end == '\n');
    }
    return count;
}
