/*
 * The forms that Talos's fields have beside YAML's types: durations, addresses, sizes, ports, words of a list.
 */
#include "base/text.h"
#include "site/scalar.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

static const char *problem_of_int(const struct schema_type *type, const struct tree_node *node)
{
    enum scalar_type is = scalar_type(node);
    bool negative;
    uint64_t magnitude;
    int bits = type->bits < 0 ? -type->bits : type->bits;
    if ((is != SCALAR_INT && is != SCALAR_FLOAT) || !scalar_magnitude(node->text, &negative, &magnitude))
        return "is no whole number";
    if (type->bits > 0) {
        if (negative && magnitude > 0)
            return "is below 0";
        return bits < 64 && magnitude >> bits ? "is too large" : NULL;
    }
    uint64_t most = (uint64_t)1 << (bits - 1);
    return magnitude > most || (magnitude == most && !negative) ? "is too large" : NULL;
}

/* Go's time.ParseDuration. *zero: it is none at all. */
static bool is_duration(const char *text, bool *zero)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');
    static const char *const units[] = {"ns", "us", "\xc2\xb5s", "\xce\xbcs", "ms", "s", "m", "h"};
    *zero = true;
    if (strcmp(at, "0") == 0)
        return true;
    if (*at == '\0')
        return false;
    while (*at) {
        size_t whole = strspn(at, DIGITS);
        *zero = *zero && strspn(at, "0.") >= strspn(at, DIGITS ".");
        at += whole;
        size_t part = 0;
        if (*at == '.') {
            part = strspn(at + 1, DIGITS);
            at += 1 + part;
        }
        if (whole + part == 0)
            return false;
        size_t unit = 0;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            size_t n = strlen(units[i]);
            if (n > unit && strncmp(at, units[i], n) == 0)
                unit = n;
        }
        if (unit == 0)
            return false;
        at += unit;
    }
    return true;
}

/* ParseAddr of net/netip; a zone only behind an IPv6 address. */
static int address_family(const char *text, size_t n)
{
    char room[64];
    if (n == 0 || n >= sizeof room)
        return 0;
    memcpy(room, text, n);
    room[n] = '\0';
    char *zone = strchr(room, '%');
    if (zone) {
        if (zone[1] == '\0' || !memchr(room, ':', (size_t)(zone - room)))
            return 0;
        *zone = '\0';
    }
    unsigned char bytes[16];
    if (inet_pton(AF_INET, room, bytes) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, room, bytes) == 1 ? AF_INET6 : 0;
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, DIGITS);
    return n > 0 && text[n] == '\0' && n < 10 && strtoul(text, NULL, 10) <= 65535;
}

static bool is_prefix(const char *text)
{
    const char *slash = strrchr(text, '/');
    int family = slash && !memchr(text, '%', (size_t)(slash - text))
        ? address_family(text, (size_t)(slash - text))
        : 0;
    if (!family)
        return false;
    const char *bits = slash + 1;
    size_t n = strspn(bits, DIGITS);
    return n > 0 && n <= 3 && bits[n] == '\0' && (bits[0] != '0' || n == 1) &&
        strtoul(bits, NULL, 10) <= (family == AF_INET ? 32u : 128u);
}

bool scalar_has_host_bits(const char *prefix)
{
    char address[64];
    size_t n = strcspn(prefix, "/");
    if (!is_prefix(prefix) || n >= sizeof address)
        return false;
    memcpy(address, prefix, n);
    address[n] = '\0';
    unsigned char bytes[16];
    bool four = inet_pton(AF_INET, address, bytes) == 1;
    if (!four && inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    unsigned long bits = strtoul(prefix + n + 1, NULL, 10);
    for (unsigned long i = bits; i < (four ? 32u : 128u); i++)
        if (bytes[i / 8] >> (7 - i % 8) & 1)
            return true;
    return false;
}

static bool is_addrport(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !is_port(colon + 1))
        return false;
    size_t n = (size_t)(colon - text);
    if (text[0] == '[')
        return n > 2 && text[n - 1] == ']' && address_family(text + 1, n - 2) == AF_INET6;
    return address_family(text, n) == AF_INET;
}

/* go-humanize's ParseBytes. */
static bool is_bytes(const char *text, bool *zero)
{
    static const char *const units[] = {"",    "b",  "k",  "kb",  "ki",  "kib", "m",  "mb",  "mi",
                                        "mib", "g",  "gb", "gi",  "gib", "t",   "tb", "ti",  "tib",
                                        "p",   "pb", "pi", "pib", "e",   "eb",  "ei", "eib", NULL};
    size_t digits = strspn(text, DIGITS ".,");
    *zero = strspn(text, "0.,") == digits;
    size_t dots = 0, numbers = 0;
    for (size_t i = 0; i < digits; i++) {
        dots += text[i] == '.';
        numbers += text[i] >= '0' && text[i] <= '9';
    }
    const char *at = text + digits;
    at += strspn(at, " \t");
    size_t n = strlen(at);
    while (n > 0 && at[n - 1] == ' ')
        n--;
    char unit[8];
    if (numbers == 0 || dots > 1 || n >= sizeof unit)
        return false;
    for (size_t i = 0; i < n; i++)
        unit[i] = text_lower(at[i]);
    unit[n] = '\0';
    for (const char *const *known = units; *known; known++)
        if (strcmp(unit, *known) == 0)
            return true;
    return false;
}

/* A comma counts for nothing, wherever it stands. */
bool scalar_bytes(const struct tree_node *node, double *bytes)
{
    static const char letters[] = "kmgtpe";
    bool zero;
    const char *text = tree_text(node);
    if (!text || !is_bytes(text, &zero))
        return false;
    const char *unit = text + strspn(text, DIGITS "., \t");
    const char *letter = *unit ? strchr(letters, text_lower(*unit)) : NULL;
    char number[64];
    size_t n = 0;
    for (const char *at = text; at < unit && n + 1 < sizeof number; at++)
        if (*at != ',')
            number[n++] = *at;
    number[n] = '\0';
    *bytes = strtod(number, NULL);
    for (long i = letter ? letter - letters + 1 : 0; i > 0; i--)
        *bytes *= text_lower(unit[1]) == 'i' ? 1024 : 1000;
    return true;
}

static bool is_percent(const char *text, bool *zero)
{
    const char *at = text + (text[0] == '-');
    size_t n = strlen(at);
    char number[32];
    if (n < 2 || n > sizeof number || at[n - 1] != '%')
        return false;
    memcpy(number, at, n - 1);
    number[n - 1] = '\0';
    *zero = strspn(number, "0.") == n - 1;
    return scalar_is_float(number) && strtod(number, NULL) >= 0 && strtod(number, NULL) <= 100;
}

/* Pairs of hexadecimal digits, colons anywhere between. */
static bool is_mac(const char *text)
{
    size_t digits = 0;
    for (; *text; text++) {
        if (*text == ':')
            continue;
        if (!strchr("0123456789abcdefABCDEF", *text))
            return false;
        digits++;
    }
    return digits % 2 == 0;
}

static bool is_word(const char *words, const char *text, bool exact)
{
    size_t n = strlen(text);
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, ",");
        if (len == n && (exact ? strncmp : strncasecmp)(at, text, n) == 0)
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

static bool is_table(const char *text)
{
    size_t n = strspn(text, DIGITS);
    if (is_word("unspec,default,main,local", text, false))
        return true;
    /* The names of the numbers, so no leading zero, and what has a name goes by it. */
    return n > 0 && n < 4 && text[n] == '\0' && text[0] != '0' && strtoul(text, NULL, 10) < 253;
}

static bool is_ports(const struct tree_node *node)
{
    static const struct schema_type port = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = 16};
    const char *dash = strchr(node->text, '-');
    if (!problem_of_int(&port, node))
        return true;
    char low[8];
    if (!dash || (size_t)(dash - node->text) >= sizeof low)
        return false;
    memcpy(low, node->text, (size_t)(dash - node->text));
    low[dash - node->text] = '\0';
    return is_port(low) && is_port(dash + 1) && strtoul(low, NULL, 10) <= strtoul(dash + 1, NULL, 10);
}

static bool is_base64(const struct tree_node *node)
{
    struct buf bytes = {.max = node->len + 4};
    bool good = text_base64_lines(&bytes, node->text, node->len, "\r\n");
    buf_free(&bytes);
    return good || node->len == 0;
}

/* What net/url cannot parse: no scheme before the colon, a port that is no number, a % without two digits. */
static const char *url_problem(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    if (text[0] == ':' ||
        (text[scheme] == ':' && scheme > 0 && !(text_lower(text[0]) >= 'a' && text_lower(text[0]) <= 'z')))
        return "is no URL: nothing that can be a scheme stands before the colon";
    for (const char *at = text; *at && *at != '?'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f ||
            (*at == '%' &&
             (!at[1] || !strchr("0123456789abcdefABCDEF", at[1]) || !at[2] ||
              !strchr("0123456789abcdefABCDEF", at[2]))))
            return "is no URL: a % stands for two hexadecimal digits";
    const char *host = scheme > 0 && strncmp(text + scheme, "://", 3) == 0 ? text + scheme + 3 : NULL;
    if (!host)
        return NULL;
    size_t n = strcspn(host, "/?#");
    const char *colon = memrchr(host, ':', n), *bracket = memrchr(host, ']', n);
    if (memchr(host, ' ', n))
        return "is no URL: its host holds a blank";
    if (colon && colon > (bracket ? bracket : host - 1) &&
        strspn(colon + 1, DIGITS) != (size_t)(host + n - colon - 1))
        return "is no URL: its port is no number";
    return NULL;
}

static const char *match_size(const char *text)
{
    static const char *const operators[] = {">=", "<=", "==", ">", "<"};
    text += strspn(text, " \t\n");
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strncmp(text, operators[i], strlen(operators[i])) == 0)
            return text + strlen(operators[i]) + strspn(text + strlen(operators[i]), " ");
    return text;
}

const char *scalar_problem(const struct schema_type *type, const struct tree_node *node)
{
    const char *text = node->text;
    if (node->ref || tree_is_null(node))
        return NULL;
    bool ignored;
    switch ((enum schema_form)type->form) {
    case FORM_TEXT:
        return scalar_type(node) == SCALAR_TIME ? "is a date to Talos, not text; put it in quotes" : NULL;
    case FORM_BOOL:
        return scalar_bool(node, &ignored) ? NULL : "is neither true nor false";
    case FORM_INT:
        return problem_of_int(type, node);
    case FORM_FLOAT:
        return scalar_type(node) == SCALAR_INT || scalar_type(node) == SCALAR_FLOAT ? NULL : "is no number";
    case FORM_DURATION:
        if (scalar_type(node) == SCALAR_INT && !scalar_is_zero(type, node))
            return "is no duration; it needs a unit, as in 30s";
        return is_duration(text, &ignored) ? NULL : "is no duration such as 30s or 1h30m (there are no days)";
    case FORM_ENUM:
        return is_word(schema_text(type->words), text, type->exact) || (type->empty && !*text)
            ? NULL
            : "is none of the words that Talos knows here";
    case FORM_TABLE:
        return is_table(text) ? NULL : "is no routing table: main, local, default or a number below 253";
    case FORM_ADDR:
        return !*text || address_family(text, node->len) ? NULL : "is no address such as 192.168.1.10";
    case FORM_PREFIX:
        return !*text || is_prefix(text) ? NULL
                                         : "is no address with a prefix length, such as 192.168.1.10/24";
    case FORM_ADDRPORT:
        return !*text || is_addrport(text) ? NULL : "is no address with a port, such as 192.168.1.10:51820";
    case FORM_BYTES:
        return !*text || is_bytes(text + (text[0] == '-'), &ignored) ? NULL : "is no size such as 10GiB";
    case FORM_PERCENT:
        return !*text || is_percent(text, &ignored) ? NULL : "is no part such as 20%";
    case FORM_SIZE:
        if (scalar_is_percent(node))
            return is_percent(text, &ignored) ? NULL : "is no part such as 20%";
        return !*text || is_bytes(text + (text[0] == '-'), &ignored) ? NULL
                                                                     : "is no size such as 10GiB or 20%";
    case FORM_DISK_SIZE:
        return is_bytes(text, &ignored) ? NULL : "is no size such as 10GiB";
    case FORM_DISK_MATCH:
        return is_bytes(match_size(text), &ignored) ? NULL : "is no size such as \">= 200GB\"";
    case FORM_PORTS:
        return is_ports(node) ? NULL : "is neither a port nor two with a dash between";
    case FORM_MAC:
        return !*text || is_mac(text)
            ? NULL
            : "is no hardware address such as aa:bb:cc:dd:ee:ff (pairs of hexadecimal digits)";
    case FORM_BASE64:
        return is_base64(node) ? NULL : "is not base64";
    case FORM_MODE: {
        static const struct schema_type mode = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = 32};
        return problem_of_int(&mode, node) ? "is no file mode; write it without quotes, as in 0o644" : NULL;
    }
    case FORM_URL:
        return url_problem(text);
    case FORM_CEL:
        return NULL;
    case FORM_ARGUMENT:
    default:
        return scalar_type(node) == SCALAR_TIME ? "is a date to Talos, not text; put it in quotes" : NULL;
    }
}

bool scalar_is_percent(const struct tree_node *node)
{
    return tree_text(node) && strchr(node->text, '%') != NULL;
}

bool scalar_is_zero(const struct schema_type *type, const struct tree_node *node)
{
    const char *text = tree_text(node);
    if (!text)
        return false;
    if (tree_is_null(node))
        return true;
    bool negative, zero = false;
    uint64_t magnitude;
    switch ((enum schema_form)type->form) {
    case FORM_INT:
    case FORM_MODE:
        return scalar_magnitude(text, &negative, &magnitude) && magnitude == 0;
    case FORM_FLOAT:
        return strtod(text, NULL) == 0;
    case FORM_DURATION:
        if (scalar_type(node) == SCALAR_INT)
            return scalar_magnitude(text, &negative, &magnitude) && magnitude == 0;
        return is_duration(text, &zero) && zero;
    case FORM_ENUM: {
        char first[32];
        const char *words = schema_text(type->words);
        size_t n = strcspn(words, ",");
        snprintf(first, sizeof first, "%.*s", (int)n, words);
        return type->zero && strcasecmp(first, text) == 0;
    }
    case FORM_TABLE:
        return strcasecmp(text, "unspec") == 0;
    case FORM_DISK_SIZE:
        return is_bytes(text, &zero) && zero;
    case FORM_BOOL:
        return scalar_bool(node, &zero) && !zero;
    case FORM_TEXT:
    case FORM_ADDR:
    case FORM_PREFIX:
    case FORM_ADDRPORT:
    case FORM_URL:
    case FORM_CEL:
    case FORM_BYTES:
    case FORM_PERCENT:
    case FORM_SIZE:
    case FORM_DISK_MATCH:
    case FORM_PORTS:
    case FORM_MAC:
    case FORM_BASE64:
    case FORM_ARGUMENT:
    default:
        return node->len == 0;
    }
}
