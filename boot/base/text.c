#include "base/text.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

size_t text_decode(const unsigned char *p, size_t n, uint32_t *code_point)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c = p[0];
    size_t len = c < 0x80       ? 1
        : c >= 0xc2 && c < 0xe0 ? 2
        : c >= 0xe0 && c < 0xf0 ? 3
        : c >= 0xf0 && c < 0xf5 ? 4
                                : 0;
    if (len == 0 || len > n)
        return 0;
    uint32_t v = len == 1 ? c : c & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (p[i] & 0x3fu);
    }
    if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    *code_point = v;
    return len;
}

/* How many bytes from p on are ASCII for certain: most of what is read is nothing else. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, p + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    return i;
}

bool text_is_utf8(const void *p, size_t n)
{
    const unsigned char *at = p;
    while (n > 0) {
        size_t run = ascii_run(at, n);
        at += run;
        n -= run;
        if (n == 0)
            break;
        uint32_t v;
        size_t len = text_decode(at, n, &v);
        if (len == 0)
            return false;
        at += len;
        n -= len;
    }
    return true;
}

/* Characters that move the cursor, hide text, or reorder what a person reads. */
static bool is_control(uint32_t v)
{
    return v < 0x20 || (v >= 0x7f && v < 0xa0) || v == 0x2028 || v == 0x2029 ||
        (v >= 0x200b && v <= 0x200f) || (v >= 0x202a && v <= 0x202e) || (v >= 0x2060 && v <= 0x2069) ||
        v == 0xfeff || (v >= 0xfff9 && v <= 0xfffb);
}

/* One character or bad byte of the input, made printable. Returns how many bytes of p it stands for. */
static size_t clean_one(const unsigned char *p, size_t n, char out[16])
{
    uint32_t v;
    size_t len = text_decode(p, n, &v);
    if (len == 0) {
        snprintf(out, 16, "\\x%02x", p[0]);
        return 1;
    }
    if (!is_control(v)) {
        memcpy(out, p, len);
        out[len] = '\0';
    } else if (v < 0x100) {
        snprintf(out, 16, "\\x%02x", v);
    } else {
        snprintf(out, 16, "\\u{%04x}", v);
    }
    return len;
}

void text_clean(struct buf *b, const void *p, size_t n)
{
    for (const unsigned char *at = p; n > 0;) {
        char one[16];
        size_t len = clean_one(at, n, one);
        buf_str(b, one);
        at += len;
        n -= len;
    }
}

const char *text_clean_z(char *out, size_t cap, const char *s)
{
    size_t used = 0;
    size_t n = strlen(s);
    for (const unsigned char *at = (const unsigned char *)s; n > 0;) {
        char one[16];
        size_t len = clean_one(at, n, one);
        size_t put = strlen(one);
        if (used + put >= cap)
            break;
        memcpy(out + used, one, put);
        used += put;
        at += len;
        n -= len;
    }
    if (cap)
        out[used] = '\0';
    return out;
}

static void base64_with(struct buf *b, const unsigned char *p, size_t n, const char *alphabet, bool pad)
{
    for (; n > 0; p += 3) {
        uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
        size_t chars = n > 2 ? 4 : n + 1;
        for (unsigned i = 0; i < 4; i++) {
            if (i < chars)
                buf_char(b, alphabet[v >> (18 - 6 * i) & 63]);
            else if (pad)
                buf_char(b, '=');
        }
        n -= n > 3 ? 3 : n;
    }
}

void text_base64(struct buf *b, const void *p, size_t n)
{
    base64_with(b, p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void text_base64url(struct buf *b, const void *p, size_t n)
{
    base64_with(b, p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t text_base64_decode(unsigned char *out, const char *p, size_t n)
{
    if (n % 4 != 0)
        return SIZE_MAX;
    size_t len = 0;
    for (size_t i = 0; i < n; i += 4) {
        bool last = i + 4 == n;
        unsigned pad = last && p[i + 3] == '=' ? (p[i + 2] == '=' ? 2 : 1) : 0;
        uint32_t v = 0;
        for (unsigned k = 0; k < 4; k++) {
            int d = k >= 4 - pad ? 0 : base64_digit(p[i + k]);
            if (d < 0)
                return SIZE_MAX;
            v = v << 6 | (uint32_t)d;
        }
        /* Bits that padding leaves over must be zero, or one value would have several spellings. */
        if ((pad == 1 && (v & 0xff) != 0) || (pad == 2 && (v & 0xffff) != 0))
            return SIZE_MAX;
        for (unsigned k = 0; k < 3 - pad; k++)
            out[len++] = (unsigned char)(v >> (16 - 8 * k));
    }
    return len;
}

bool text_base64_lines(struct buf *out, const char *p, size_t n, const char *ignored)
{
    char *packed = mem_alloc(n + 1);
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\0' || !strchr(ignored, p[i]))
            packed[len++] = p[i];
    /* In place: three bytes are never written before their four characters were read. */
    len = text_base64_decode((unsigned char *)packed, packed, len);
    if (len != SIZE_MAX)
        buf_add(out, packed, len);
    mem_free(packed);
    return len != SIZE_MAX;
}

void text_hex(char *out, const void *p, size_t n)
{
    const unsigned char *at = p;
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", at[i]);
    out[2 * n] = '\0';
}

void text_percent(struct buf *b, const void *p, size_t n)
{
    const unsigned char *at = p;
    for (size_t i = 0; i < n; i++) {
        char c = (char)at[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
            c == '.' || c == '_' || c == '~';
        if (plain)
            buf_char(b, c);
        else
            buf_printf(b, "%%%02X", at[i]);
    }
}

char text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_fold(const char *a, const char *b)
{
    while (*a && text_lower(*a) == text_lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool text_glob(const char *pattern, const char *text)
{
    /* On a mismatch only the last star can take one byte more, so this is linear in pattern times text. */
    const char *star = NULL;
    const char *from = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            from = text;
        } else if (*pattern == '?' || (*pattern && text_lower(*pattern) == text_lower(*text))) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

#define NEAREST_WORD_MAX 64

static unsigned edit_distance(const char *a, const char *b)
{
    size_t na = strlen(a);
    size_t nb = strlen(b);
    if (na > NEAREST_WORD_MAX || nb > NEAREST_WORD_MAX)
        return UINT32_MAX;
    unsigned row[NEAREST_WORD_MAX + 1];
    for (unsigned j = 0; j <= nb; j++)
        row[j] = j;
    for (unsigned i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= nb; j++) {
            unsigned change = diagonal + (text_lower(a[i - 1]) != text_lower(b[j - 1]));
            diagonal = row[j];
            unsigned step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < step ? change : step;
        }
    }
    return row[nb];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    unsigned least = 4;
    for (; *candidates; candidates++) {
        unsigned d = edit_distance(word, *candidates);
        if (d < least && 2 * (size_t)d <= strlen(word)) {
            least = d;
            best = *candidates;
        }
    }
    return best;
}

const char *text_size(char *out, size_t cap, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    unsigned unit = 0;
    uint64_t whole = bytes;
    uint64_t tenth = 0;
    while (whole >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        tenth = whole % 1000 / 100;
        whole /= 1000;
        unit++;
    }
    if (unit > 0 && whole < 100 && tenth > 0)
        snprintf(out, cap, "%llu.%llu %s", (unsigned long long)whole, (unsigned long long)tenth, units[unit]);
    else
        snprintf(out, cap, "%llu %s", (unsigned long long)whole, units[unit]);
    return out;
}

const char *text_memory(char *out, size_t cap, uint64_t mib)
{
    unsigned long long whole = mib / 1024, tenth = mib % 1024 * 10 / 1024;
    if (whole == 0)
        snprintf(out, cap, "%llu MiB", (unsigned long long)mib);
    else if (tenth)
        snprintf(out, cap, "%llu.%llu GiB", whole, tenth);
    else
        snprintf(out, cap, "%llu GiB", whole);
    return out;
}

bool text_like(const char *text, const char *globs)
{
    for (; *globs; globs += strlen(globs) + 1)
        if (text_glob(globs, text))
            return true;
    return false;
}

uint32_t text_hash(uint32_t before, const char *text)
{
    for (; *text; text++)
        before = (before ^ (unsigned char)*text) * 16777619u;
    return before;
}

bool text_is_label(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        bool inner = text[i] == '-' && i > 0 && i + 1 < len;
        if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || inner))
            return false;
    }
    return len >= 1 && len <= 63;
}

bool text_is_address(const char *text)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

bool text_is_guid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++) {
        char c = text_lower(text[i]);
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (form[i] == 'x' ? !hex : c != '-')
            return false;
    }
    return true;
}
