#include "site/scalar.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const truths[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
static const char *const yes[] = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", NULL};
static const char *const no[] = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", NULL};
static const char *const not_numbers[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF", "+.inf",
                                          "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", NULL};

/* Copies a number without its underscores; false when it does not fit. */
static bool plain_number(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (n + 1 == cap)
            return false;
        out[n++] = *text;
    }
    out[n] = '\0';
    return true;
}

/* Go's strconv.ParseInt and ParseUint with base 0: 0x, 0o, 0b, and a leading 0 for octal. */
static bool is_integer(const char *text)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');
    const char *digits = DIGITS;
    if (at[0] == '0' && at[1] != '\0') {
        char kind = text_lower(at[1]);
        digits = kind == 'x' ? "0123456789abcdefABCDEF" : kind == 'b' ? "01" : "01234567";
        at += kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1;
    }
    return *at && at[strspn(at, digits)] == '\0';
}

static const char *skip_exponent(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return at;
    const char *digits = at + 1 + (at[1] == '-' || at[1] == '+');
    size_t n = strspn(digits, DIGITS);

    return n ? digits + n : at;
}

bool scalar_is_float(const char *text)
{
    const char *at = text + (text[0] == '-' || text[0] == '+');
    size_t whole = strspn(at, DIGITS);
    at += whole;
    if (*at == '.') {
        size_t part = strspn(at + 1, DIGITS);
        if (whole + part == 0)
            return false;
        at += 1 + part;
    } else if (whole == 0) {
        return false;
    }
    return *skip_exponent(at) == '\0';
}

/* A number of one or two digits from `from` to `to`; NULL when there is none. */
static const char *part_of_date(const char *at, long from, long to, long *out)
{
    size_t n = strspn(at, DIGITS);
    if (n == 0 || n > 2)
        return NULL;
    *out = strtol(at, NULL, 10);
    return *out >= from && *out <= to ? at + n : NULL;
}

static bool is_zone(const char *at)
{
    if (strcmp(at, "Z") == 0)
        return true;
    return (at[0] == '+' || at[0] == '-') && strspn(at + 1, DIGITS) == 2 && at[3] == ':' &&
        strspn(at + 4, DIGITS) == 2 && at[6] == '\0';
}

static bool is_clock(const char *at, bool zone)
{
    long number;
    if (!(at = part_of_date(at, 0, 23, &number)) || *at++ != ':' ||
        !(at = part_of_date(at, 0, 59, &number)) || *at++ != ':' || !(at = part_of_date(at, 0, 59, &number)))
        return false;
    if (*at == '.' || *at == ',') {
        size_t n = strspn(at + 1, DIGITS);
        if (n == 0)
            return false;
        at += 1 + n;
    }
    return zone ? is_zone(at) : *at == '\0';
}

/* go-yaml's four formats: YYYY-M-D, with T or t a time and a zone, with a blank a time without one. */
static bool is_time(const char *text)
{
    static const char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    long month, day, year = strtol(text, NULL, 10);
    const char *at = text;
    if (strspn(at, DIGITS) != 4 || at[4] != '-' || !(at = part_of_date(at + 5, 1, 12, &month)) ||
        *at != '-' || !(at = part_of_date(at + 1, 1, days[month - 1], &day)))
        return false;
    if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
        return false;
    if (*at == 'T' || *at == 't')
        return is_clock(at + 1, true);
    return *at == ' ' ? is_clock(at + 1, false) : *at == '\0';
}

static enum scalar_type type_of(const char *text)
{
    /* Most texts: a word that is longer than any below. */
    if (text_lower(text[0]) >= 'a' && text_lower(text[0]) <= 'z' && strnlen(text, 6) > 5)
        return SCALAR_TEXT;
    if (is_one_of(text, nulls))
        return SCALAR_NULL;
    if (is_one_of(text, truths))
        return SCALAR_BOOL;
    if (is_one_of(text, not_numbers))
        return SCALAR_FLOAT;
    if (text[0] == '.')
        return scalar_is_float(text) ? SCALAR_FLOAT : SCALAR_TEXT;
    if (!strchr(DIGITS "+-", text[0]))
        return SCALAR_TEXT;
    if (is_time(text))
        return SCALAR_TIME;
    char number[64];
    if (!plain_number(text, number, sizeof number))
        return SCALAR_TEXT;
    if (is_integer(number) && strlen(number) < 24) {
        /* Behind 64 bits a whole number is a float. */
        const char *digits = number + strspn(number, "+-0");
        return strlen(digits) > 19 && strspn(digits, DIGITS) == strlen(digits) &&
                (strlen(digits) > 20 || strcmp(digits, "18446744073709551615") > 0 || number[0] == '-')
            ? SCALAR_FLOAT
            : SCALAR_INT;
    }
    return scalar_is_float(number) ? SCALAR_FLOAT : SCALAR_TEXT;
}

enum scalar_type scalar_type(const struct tree_node *node)
{
    const char *text = tree_text(node);
    return text && node->style == STYLE_PLAIN ? type_of(text) : SCALAR_TEXT;
}

enum scalar_type scalar_type_11(const struct tree_node *node)
{
    enum scalar_type type = scalar_type(node);
    if (type == SCALAR_TEXT && tree_text(node) && node->style == STYLE_PLAIN && node->len <= 3 &&
        (is_one_of(node->text, yes) || is_one_of(node->text, no)))
        return SCALAR_BOOL;
    return type;
}

bool scalar_bool(const struct tree_node *node, bool *value)
{
    const char *text = tree_text(node);
    if (!text)
        return false;
    bool plain = scalar_type(node) == SCALAR_BOOL;
    *value = plain ? text_lower(text[0]) == 't' : is_one_of(text, yes);
    return plain || is_one_of(text, yes) || is_one_of(text, no);
}

bool scalar_magnitude(const char *text, bool *negative, uint64_t *magnitude)
{
    char number[64];
    if (!plain_number(text, number, sizeof number))
        return false;
    const char *at = number + (number[0] == '-' || number[0] == '+');
    *negative = number[0] == '-';
    if (is_integer(number)) {
        int base = 10;
        if (at[0] == '0' && at[1]) {
            char kind = text_lower(at[1]);
            base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
            at += kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1;
        }
        *magnitude = strtoull(at, NULL, base);
        return true;
    }
    if (!scalar_is_float(number))
        return false;
    double value = strtod(at, NULL);
    if (value >= 18446744073709551615.0 || value != (double)(uint64_t)value)
        return false;
    *magnitude = (uint64_t)value;
    return true;
}

bool scalar_number(const struct tree_node *node, uint64_t *number)
{
    bool negative;
    return scalar_type(node) == SCALAR_INT && scalar_magnitude(node->text, &negative, number) &&
        (!negative || *number == 0);
}

bool scalar_whole(const struct tree_node *node, uint64_t *number)
{
    bool negative;
    enum scalar_type type = scalar_type(node);
    return (type == SCALAR_INT || type == SCALAR_FLOAT) && scalar_magnitude(node->text, &negative, number) &&
        (!negative || *number == 0);
}
