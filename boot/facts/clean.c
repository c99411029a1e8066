#include "facts/clean.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

/* Globs over the trimmed text. */
static const char *const placeholders[] = {
    "*to be filled*",
    "*default?string*",
    "default",
    "system product name",
    "system manufacturer",
    "system version",
    "system serial number",
    "system sku*",
    "base board *",
    "chassis manufacture*",
    "chassis serial number",
    "chassis version",
    "type?sku?",
    "not specified",
    "not applicable",
    "not available",
    "not provided",
    "none",
    "(none)",
    "null",
    "n/a",
    "na",
    "unknown",
    "undefined",
    "unspecified",
    "invalid",
    "empty",
    "oem",
    "o.e.m",
    "o.e.m.",
    "xx",
};

/* "0123456789", "1234567890", "0123456789ABCDEF", "123456789": counting, however far. */
static bool is_counting(const char *s, size_t n)
{
    size_t i = *s == '0';
    if (n - i < 9 || strncmp(s + i, "123456789", 9) != 0)
        return false;
    for (i += 9; i < n; i++) {
        char before = text_lower(s[i - 1]);
        char now = text_lower(s[i]);
        bool wraps = (before == '9' || before == 'f') && now == '0';
        bool hex = before == '9' && now == 'a';
        if (!wraps && !hex && (now != before + 1 || now > 'f'))
            return false;
    }
    return true;
}

static bool is_sku_number(const char *s)
{
    if (strncmp(s, "sku", 3) != 0 && strncmp(s, "SKU", 3) != 0)
        return false;
    return strspn(s + 3, "0123456789") == strlen(s + 3);
}

/* Trims into out and returns the length; text longer than that is no placeholder. */
static size_t trimmed(const char *text, char out[64])
{
    text += strspn(text, " \t\r\n");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    if (n >= 64)
        return n;
    memcpy(out, text, n);
    out[n] = '\0';
    return n;
}

bool clean_is_placeholder(const char *text)
{
    char s[64];
    size_t n = trimmed(text, s);
    if (n == 0)
        return true;
    if (n >= sizeof s)
        return text_glob("*to be filled*", text) || text_glob("*default string*", text);
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (text_glob(placeholders[i], s))
            return true;
    char same[2] = {s[0], '\0'};
    return strspn(s, "0xX.-*_ ") == n || (n >= 6 && strspn(s, same) == n) || is_counting(s, n) ||
        is_sku_number(s);
}

static bool is_uuid(const char *s)
{
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f');
        if (dash ? s[i] != '-' : !hex)
            return false;
    }
    return s[36] == '\0';
}

bool clean_is_junk_uuid(const char *uuid)
{
    static const char *const shared[] = {
        "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
        "03020100-0504-0706-0809-0a0b0c0d0e0f", "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "12345678-1234-5678-90ab-cddeefaabbcc", "78563412-3412-7856-90ab-cddeefaabbcc",
    };
    if (!is_uuid(uuid))
        return true;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (strcmp(uuid, shared[i]) == 0)
            return true;
    for (const char *at = uuid; *at; at += at[2] == '-' ? 3 : 2)
        if (at[0] != uuid[0] || at[1] != uuid[1])
            return false;
    return true;
}

json_t *clean_plain(const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    if (n == 0)
        return json_null();
    struct buf b = {0};
    text_clean(&b, text, n);
    json_t *value = json_stringn(b.data, b.len);
    buf_free(&b);
    return value ? value : json_null();
}

json_t *clean_string(const char *text)
{
    return clean_is_placeholder(text) ? json_null() : clean_plain(text);
}
