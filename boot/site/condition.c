#include "site/condition.h"

#include "base/text.h"

#include <string.h>

/* Conditions nest at most list > mapping > list > scalar; the rest of the depth is slack. */
#define DEPTH_MAX 8

/* Two-character operators first: ">" is the beginning of ">=". */
static const struct {
    const char *text;
    enum condition_op op;
} operators[] = {
    {">=", CONDITION_AT_LEAST}, {"<=", CONDITION_AT_MOST}, {"==", CONDITION_EQUAL},
    {">", CONDITION_MORE},      {"<", CONDITION_LESS},
};

static const struct {
    const char *name;
    uint64_t bytes;
} units[] = {
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
    {"KiB", (uint64_t)1 << 10},
    {"MiB", (uint64_t)1 << 20},
    {"GiB", (uint64_t)1 << 30},
    {"TiB", (uint64_t)1 << 40},
};

/* Fact names that count bytes, by how they end, and how many bytes one of them is. */
static const struct {
    const char *suffix;
    uint64_t bytes;
} sizes[] = {
    {"size", 1},
    {"_mib", (uint64_t)1 << 20},
    {"_kib", (uint64_t)1 << 10},
};

static const char *const booleans[] = {"rotational", "readonly",   "removable",   "installable",
                                       "physical",   "link_state", "secure_boot", NULL};

__extension__ typedef unsigned __int128 u128;

static u128 power_of_ten(unsigned n)
{
    u128 value = 1;
    for (unsigned i = 0; i < n && i < CONDITION_SCALE_MAX; i++)
        value *= 10;
    return value;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

void condition_trim(const char **p, size_t *n)
{
    while (*n > 0 && blank((*p)[0])) {
        (*p)++;
        (*n)--;
    }
    while (*n > 0 && blank((*p)[*n - 1]))
        (*n)--;
}

size_t condition_number(const char *p, size_t n, struct condition_number *out, const char **why)
{
    uint64_t value = 0;
    unsigned scale = 0;
    size_t i = 0;
    bool point = false;
    for (; i < n; i++) {
        if (p[i] == '.' && !point && i > 0 && i + 1 < n && digit(p[i + 1])) {
            point = true;
            continue;
        }
        if (!digit(p[i]))
            break;
        uint64_t d = (uint64_t)(p[i] - '0');
        if (value > (INT64_MAX - d) / 10) {
            *why = "the number is larger than 2^63 - 1";
            return 0;
        }
        value = value * 10 + d;
        if (point && ++scale > CONDITION_SCALE_MAX) {
            *why = "the number has more than 9 digits behind the point";
            return 0;
        }
    }
    if (i == 0)
        *why = "there is no number behind the operator";
    *out = (struct condition_number){.digits = value, .scale = scale};
    return i;
}

static bool operator_read(const char *p, size_t n, enum condition_op *op, size_t *length)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t len = strlen(operators[i].text);
        if (n >= len && memcmp(p, operators[i].text, len) == 0) {
            *op = operators[i].op;
            *length = len;
            return true;
        }
    }
    return false;
}

static bool unit_read(const char *p, size_t n, uint64_t *bytes)
{
    char name[8];
    if (n == 0 || n >= sizeof name)
        return false;
    memcpy(name, p, n);
    name[n] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text_equal_fold(name, units[i].name)) {
            *bytes = units[i].bytes;
            return true;
        }
    }
    return false;
}

int condition_order(const struct condition_number *a, uint64_t a_unit, const struct condition_number *b,
                    uint64_t b_unit)
{
    u128 left = (u128)a->digits * a_unit * power_of_ten(b->scale);
    u128 right = (u128)b->digits * b_unit * power_of_ten(a->scale);
    return left < right ? -1 : left > right;
}

bool condition_read(const char *p, size_t n, struct condition *out, const char **why)
{
    *why = NULL;
    *out = (struct condition){.op = CONDITION_EQUAL};
    condition_trim(&p, &n);
    if (n == 0 || !strchr("<>=", p[0]))
        return false;
    size_t used;
    if (!operator_read(p, n, &out->op, &used)) {
        *why = "the operators are >= <= > < and ==";
        return true;
    }
    p += used;
    n -= used;
    condition_trim(&p, &n);
    used = condition_number(p, n, &out->number, why);
    if (used == 0)
        return true;
    p += used;
    n -= used;
    condition_trim(&p, &n);
    const struct condition_number most = {.digits = INT64_MAX};
    if (n > 0 && !unit_read(p, n, &out->unit))
        *why = "the units are B kB MB GB TB and KiB MiB GiB TiB";
    else if (condition_order(&out->number, out->unit ? out->unit : 1, &most, 1) > 0)
        *why = "the number is larger than 2^63 - 1";
    return true;
}

uint64_t condition_size_unit(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t suffix = strlen(sizes[i].suffix);
        if (len >= suffix && strcmp(name + len - suffix, sizes[i].suffix) == 0)
            return sizes[i].bytes;
    }
    return 0;
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static bool one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (text_equal_fold(word, *list))
            return true;
    }
    return false;
}

static int check_scalar(const struct tree_node *c, const char *name, struct error *e)
{
    static const char *const not_booleans[] = {"yes", "no", "on", "off", "0", "1", NULL};
    const char *last = last_part(name);
    if (tree_is_null(c))
        return error_at(e, c->pos, E_SITE_MATCH, "%s: the condition is empty, and no fact is ever empty",
                        name);
    if (one_of(last, booleans) && one_of(c->text, not_booleans))
        return error_at(e, c->pos, E_SITE_MATCH, "%s: %s is compared as text; write true or false", name,
                        c->text);
    struct condition comparison;
    const char *why;
    if (condition_read(c->text, c->len, &comparison, &why)) {
        if (why)
            return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\" cannot be compared: %s", name, c->text, why);
        if (comparison.unit && condition_size_unit(last) == 0)
            return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\" has a unit of bytes, and %s is no size",
                            name, c->text, last);
        return 0;
    }
    if (c->text[0] == '!')
        return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\": there is no negation; list what is allowed",
                        name, c->text);
    /* "240GB" would be compared with the digits of a byte count and never be equal: surely not what was
     * meant. */
    struct condition_number number;
    size_t used = condition_number(c->text, c->len, &number, &why);
    const char *rest = c->text + used;
    size_t rest_len = c->len - used;
    condition_trim(&rest, &rest_len);
    uint64_t unit;
    if (used > 0 && condition_size_unit(last) != 0 && unit_read(rest, rest_len, &unit))
        return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\" needs an operator, as in \">= %s\"", name,
                        c->text, c->text);
    if (condition_size_unit(last) != 0 && used < c->len && !strpbrk(c->text, "*?"))
        return error_at(e, c->pos, E_SITE_MATCH,
                        "%s: \"%s\" is no number, and a size is; write it as in \">= 200GB\"", name, c->text);
    return 0;
}

static int check(const struct tree_node *c, const char *name, unsigned depth, struct error *e)
{
    if (depth > DEPTH_MAX)
        return error_at(e, c->pos, E_SITE_MATCH, "%s: conditions are nested too deep", name);
    if (c->ref)
        return error_at(e, c->pos, E_SITE_MATCH, "%s: a condition is text; references have no place in it",
                        name);
    if (c->kind == TREE_SCALAR)
        return check_scalar(c, name, e);
    if (!c->first)
        return error_at(e, c->pos, E_SITE_MATCH, "%s: the condition is empty and nothing meets it", name);
    for (const struct tree_node *child = c->first; child; child = child->next) {
        if (check(child, c->kind == TREE_MAP && child->key ? child->key->text : name, depth + 1, e) != 0)
            return -1;
    }
    return 0;
}

int condition_check(const struct tree_node *condition, struct error *e)
{
    return check(condition, condition->key ? condition->key->text : "match", 0, e);
}
