#include "facts/clean.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static const char blanks[] = " \t\r\n";

/* Globs over the squeezed text. */
static const char *const samples[] = {"*tobefilled*", "*defaultstring*",
                                      "default",      "standard",
                                      "none",         "(none)",
                                      "null",         "(null*)",
                                      "invalid-null", "nil",
                                      "n/a",          "na",
                                      "unknown",      "unknow",
                                      "undefined",    "unspecified",
                                      "invalid",      "empty",
                                      "reserved",     "oem",
                                      "tbd",          "tbdby*",
                                      "xx",           "lenovoproduct",
                                      "systemsku*"};

/* Words that say "nothing" when another word follows: "Not Specified", "NO DPK", "Default SKU", "Empty for OEM". */
static const char *const denials[] = {"not",     "no",       "unknown",  "unknow", "undefined", "invalid",
                                      "default", "reserved", "reserver", "empty",  "please",    NULL};

/* A field's own name in its place: perhaps one of these words, then one of the names. */
static const char *const owners[] = {"system",  "product", "baseboard", "board", "mainboard", "motherboard",
                                     "chassis", "pcb",     "bios",      "oem",   NULL};
static const char *const fields[] = {
    "manufacturer", "manufacture", "serialnumber", "partnumber", "productname", "vendorname", "skunumber",
    "modelname",    "serialno",    "assettag",     "version",    "product",     "family",     "vendor",
    "serial",       "model",       "name",         "uuid",       "sku",         NULL};
static const char *const numbered[] = {"productname", "vendorname", "modelname", "name", "sku", NULL};

/* What follows "Type1", "Type2 - " in a template's texts. */
static const char *const template_fields[] = {"product", "family",       "version", "board",  "base",
                                              "sku",     "tbd",          "serial",  "system", "chassis",
                                              "asset",   "manufacturer", NULL};

/* What stands before the counting digits of a sample serial. */
static const char *const serial_prefixes[] = {"sys", "bsn", "ssn", "csn", "msn", "psn", "sn", "mb", NULL};

static const char *after(const char *s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* What follows the first of these that s begins with; NULL when there is none. */
static const char *after_any(const char *s, const char *const *prefixes)
{
    const char *rest = NULL;
    for (; *prefixes && !rest; prefixes++)
        rest = after(s, *prefixes);
    return rest;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool counts_up(char before, char now, bool last)
{
    if (before == '9')
        return now == '0' || now == 'a' || (now == '1' && !last);
    if (before == 'f')
        return now == '0';
    if (before == '0' && now == 'a')
        return true;
    return now == before + 1 && (is_digit(now) || (is_letter(now) && now <= 'f'));
}

/* "12345", "0123456789", "1234567890ABCDEF", "123456789000", "00000001": up from 0 or 1. */
static bool is_counting_up(const char *s, size_t n)
{
    size_t zeros = strspn(s, "0");
    if (s[zeros] != '1')
        return false;
    if (n - zeros == 1)
        return zeros >= 4;
    for (size_t i = zeros + 1; i < n; i++) {
        if (counts_up(s[i - 1], s[i], i + 1 == n))
            continue;
        return i - zeros >= 9 && strspn(s + i, "0") == n - i;
    }
    return n - zeros + (zeros > 0) >= 5;
}

/* "87654321", "9876543210": down to 1 or 0. */
static bool is_counting_down(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_digit(s[i]) || (i > 0 && s[i] != s[i - 1] - 1 && !(s[i - 1] == '0' && s[i] == '9')))
            return false;
    return n >= 5 && s[n - 1] <= '1';
}

static bool is_counting(const char *s)
{
    size_t n = strlen(s);
    return is_counting_up(s, n) || is_counting_down(s, n);
}

/* "SYS-1234567890", "BSN12345678901234567". */
static bool is_counting_serial(const char *s)
{
    const char *rest = after_any(s, serial_prefixes);
    return rest && is_counting(rest + (*rest == '-' || *rest == ' '));
}

/* "manufacturer", "serialnumberxxxxxx", "vendorname1", "sku0"; "version1" is a version. */
static bool is_name_of_field(const char *s)
{
    const char *rest = after_any(s, numbered);
    if (rest && is_digit(rest[0]) && rest[1] == '\0')
        return true;
    rest = after_any(s, fields);
    size_t n = rest ? strlen(rest) : 0;
    return rest && (n == 0 || (n >= 3 && strspn(rest, "x") == n));
}

static bool is_field_name(const char *s)
{
    const char *named = after_any(s, owners);
    return is_name_of_field(s) || (named && is_name_of_field(named));
}

/* "Type1ProductConfigId", "Type2 - Board Vendor Name1", "SmbiosType1_ProductName". */
static bool is_template(const char *s)
{
    const char *smbios = after(s, "smbios");
    const char *number = after(smbios ? smbios : s, "type");
    if (!number || *number < '1' || *number > '3')
        return false;
    return smbios || after_any(number + 1 + (number[1] == '-'), template_fields);
}

/* Words in lower case with one blank between them: "Not_ Defined" is "not defined". */
static void split(const char *text, char out[CLEAN_TEXT_MAX])
{
    size_t n = 0;
    for (; *text; text++) {
        bool blank = strchr(blanks, *text) || *text == '_';
        if (!blank)
            out[n++] = text_lower(*text);
        else if (n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    out[n - (n > 0 && out[n - 1] == ' ')] = '\0';
}

static bool is_denial(const char *words)
{
    size_t first = strcspn(words, " ");
    for (const char *const *w = denials; *w; w++)
        if (strlen(*w) == first && strncmp(words, *w, first) == 0)
            return words[first] && is_letter(words[first + 1]);
    return false;
}

/* "LENOVO XXXX", "ThinkCentre xxx". */
static bool ends_in_x(const char *words)
{
    const char *last = strrchr(words, ' ');
    size_t n = last ? strlen(last + 1) : 0;
    return n >= 3 && strspn(last + 1, "x") == n;
}

/* "xxx123x#ABA": a form that nobody filled in. */
static bool is_form(const char *squeezed)
{
    size_t n = strspn(squeezed, "x");
    return n >= 3 && strchr(squeezed + n, 'x');
}

size_t clean_squeeze(const char *text, char out[CLEAN_TEXT_MAX])
{
    *out = '\0';
    if (strlen(text) >= CLEAN_TEXT_MAX)
        return 0;
    size_t n = 0;
    for (; *text; text++)
        if (!strchr(" \t\r\n._", *text))
            out[n++] = text_lower(*text);
    out[n] = '\0';
    return n;
}

/* Digits are judged with the dots between them: 1.23.45 is a version. */
static bool is_filler(const char *words)
{
    size_t n = strlen(words);
    char same[2] = {words[0], '\0'};
    return strspn(words, "0x.-* ") == n || (n >= 6 && strspn(words, same) == n) || is_counting(words) ||
        is_counting_serial(words);
}

bool clean_is_placeholder(const char *text)
{
    UNSET char squeezed[CLEAN_TEXT_MAX];
    size_t n = clean_squeeze(text, squeezed);
    if (n == 0)
        return strlen(text) < CLEAN_TEXT_MAX;
    UNSET char words[CLEAN_TEXT_MAX];
    split(text, words);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        if (text_glob(samples[i], squeezed))
            return true;
    return after(words, "base board ") || is_denial(words) || ends_in_x(words) || is_form(squeezed) ||
        is_filler(words) || is_field_name(squeezed) || is_template(squeezed);
}

json_t *clean_plain(const char *text)
{
    text += strspn(text, blanks);
    size_t n = strlen(text);
    while (n > 0 && strchr(blanks, text[n - 1]))
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
