#include "plan/match.h"

#include "base/mem.h"
#include "base/text.h"
#include "facts/facts.h"

#include <string.h>

/* Conditions nest at most list > mapping > list > scalar; the rest of the depth is slack. */
#define DEPTH_MAX 8
#define FACT_TEXT_MAX 1024
#define FRACTION_MAX 9

enum op { OP_AT_LEAST, OP_AT_MOST, OP_MORE, OP_LESS, OP_EQUAL };

/* Two-character operators first: ">" is the beginning of ">=". */
static const struct {
    const char *text;
    enum op op;
} operators[] = {
    {">=", OP_AT_LEAST}, {"<=", OP_AT_MOST}, {"==", OP_EQUAL}, {">", OP_MORE}, {"<", OP_LESS},
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

/* digits / 10^scale; exact, because 0.1 has no binary form and a size on the edge must not wobble. */
struct decimal {
    uint64_t digits;
    unsigned scale;
};

struct comparison {
    enum op op;
    struct decimal number;
    uint64_t unit; /* 0: none was written */
};

__extension__ typedef unsigned __int128 u128;

static u128 power_of_ten(unsigned n)
{
    u128 value = 1;
    for (unsigned i = 0; i < n && i < FRACTION_MAX; i++)
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

static void trim(const char **p, size_t *n)
{
    while (*n > 0 && blank((*p)[0])) {
        (*p)++;
        (*n)--;
    }
    while (*n > 0 && blank((*p)[*n - 1]))
        (*n)--;
}

/* Reads "12" or "12.5" from the front of p[0..n); the length eaten, or 0. `why` is set when a number is
 * there but too big or fine. */
static size_t decimal_read(const char *p, size_t n, struct decimal *out, const char **why)
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
        if (point && ++scale > FRACTION_MAX) {
            *why = "the number has more than 9 digits behind the point";
            return 0;
        }
    }
    if (i == 0)
        *why = "there is no number behind the operator";
    *out = (struct decimal){.digits = value, .scale = scale};
    return i;
}

static bool operator_read(const char *p, size_t n, enum op *op, size_t *length)
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

/* Whether the text asks for a comparison. *why stays NULL when it could be read. */
static bool comparison_read(const char *p, size_t n, struct comparison *out, const char **why)
{
    *why = NULL;
    *out = (struct comparison){.op = OP_EQUAL};
    trim(&p, &n);
    if (n == 0 || !strchr("<>=", p[0]))
        return false;
    size_t used;
    if (!operator_read(p, n, &out->op, &used)) {
        *why = "the operators are >= <= > < and ==";
        return true;
    }
    p += used;
    n -= used;
    trim(&p, &n);
    used = decimal_read(p, n, &out->number, why);
    if (used == 0)
        return true;
    p += used;
    n -= used;
    trim(&p, &n);
    if (n > 0 && !unit_read(p, n, &out->unit))
        *why = "the units are B kB MB GB TB and KiB MiB GiB TiB";
    else if ((u128)out->number.digits * (out->unit ? out->unit : 1) >
             INT64_MAX * power_of_ten(out->number.scale))
        *why = "the number is larger than 2^63 - 1";
    return true;
}

/* Bytes that one of this fact is; 0 when it is no size. */
static uint64_t size_unit(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t suffix = strlen(sizes[i].suffix);
        if (len >= suffix && strcmp(name + len - suffix, sizes[i].suffix) == 0)
            return sizes[i].bytes;
    }
    return 0;
}

static bool comparison_holds(const struct comparison *c, const char *fact, size_t n, const char *name)
{
    struct decimal value;
    const char *why = NULL;
    if (n == 0 || decimal_read(fact, n, &value, &why) != n)
        return false;
    uint64_t fact_unit = c->unit ? size_unit(name) : 1;
    uint64_t unit = c->unit ? c->unit : 1;
    if (fact_unit == 0)
        return false;
    u128 left = (u128)value.digits * fact_unit * power_of_ten(c->number.scale);
    u128 right = (u128)c->number.digits * unit * power_of_ten(value.scale);
    switch (c->op) {
    case OP_AT_LEAST:
        return left >= right;
    case OP_AT_MOST:
        return left <= right;
    case OP_MORE:
        return left > right;
    case OP_LESS:
        return left < right;
    case OP_EQUAL:
        return left == right;
    }
    return false;
}

static const char *scalar_text(const json_t *fact, char *room, size_t cap)
{
    if (json_is_string(fact))
        return json_string_value(fact);
    return facts_text(fact, room, cap);
}

static bool scalar_meets(const struct node *condition, const char *name, const json_t *fact)
{
    char room[FACT_TEXT_MAX];
    const char *text = scalar_text(fact, room, sizeof room);
    if (!text)
        return false;
    size_t n = strlen(text);
    trim(&text, &n);

    struct comparison comparison;
    const char *why;
    if (comparison_read(condition->text, condition->len, &comparison, &why))
        return !why && comparison_holds(&comparison, text, n, name);

    const char *pattern = condition->text;
    size_t pattern_len = condition->len;
    trim(&pattern, &pattern_len);
    cleanup(mem_cleanup) char *glob = mem_alloc(pattern_len + 1);
    memcpy(glob, pattern, pattern_len);
    cleanup(mem_cleanup) char *value = mem_alloc(n + 1);
    memcpy(value, text, n);
    return text_glob(glob, value);
}

static const json_t *lookup(const json_t *object, const char *name)
{
    return json_is_object(object) ? facts_get(object, name) : NULL;
}

static bool meets(const struct node *c, const char *name, const json_t *fact, unsigned depth)
{
    if (!c || c->ref || !fact || json_is_null(fact) || depth > DEPTH_MAX)
        return false;
    if (c->kind == NODE_SEQ) {
        for (const struct node *child = c->first; child; child = child->next) {
            if (meets(child, name, fact, depth + 1))
                return true;
        }
        return false;
    }
    if (json_is_array(fact)) {
        size_t count = json_array_size(fact);
        for (size_t i = 0; i < count; i++) {
            if (meets(c, name, json_array_get(fact, i), depth + 1))
                return true;
        }
        return false;
    }
    if (c->kind == NODE_MAP) {
        if (!json_is_object(fact) || !c->first)
            return false;
        for (const struct node *child = c->first; child; child = child->next) {
            const char *key = child->key ? child->key->text : "";
            if (!meets(child, key, lookup(fact, key), depth + 1))
                return false;
        }
        return true;
    }
    return scalar_meets(c, name, fact);
}

bool match_value(const struct node *condition, const json_t *fact)
{
    return meets(condition, condition && condition->key ? condition->key->text : NULL, fact, 0);
}

/* "disks.transport" names a field of the elements of a list: splits it when the part before the last dot
 * is one. */
static const json_t *list_of(const json_t *facts, const char *name, const char **field)
{
    char list[64];
    const char *dot = strrchr(name, '.');
    if (!dot || (size_t)(dot - name) >= sizeof list)
        return NULL;
    memcpy(list, name, (size_t)(dot - name));
    list[dot - name] = '\0';
    const json_t *value = lookup(facts, list);
    *field = dot + 1;
    return json_is_array(value) ? value : NULL;
}

static void add_text(struct buf *out, const json_t *fact)
{
    char room[FACT_TEXT_MAX];
    if (!fact || json_is_null(fact)) {
        buf_str(out, "unknown");
        return;
    }
    const char *text = scalar_text(fact, room, sizeof room);
    if (text)
        buf_str(out, text);
    else if (json_is_array(fact)) {
        size_t count = json_array_size(fact);
        for (size_t i = 0; i < count && i < 8; i++) {
            const json_t *element = json_array_get(fact, i);
            const char *label = scalar_text(element, room, sizeof room);
            if (!label)
                label = json_string_value(json_object_get(element, "name"));
            buf_printf(out, "%s%s", i ? ", " : "", label ? label : "unknown");
        }
        if (count == 0)
            buf_str(out, "none");
        else if (count > 8)
            buf_printf(out, " and %zu more", count - 8);
    } else {
        buf_str(out, "a group of facts");
    }
}

static void add_label(struct buf *out, const json_t *element, size_t index)
{
    const char *name = json_string_value(json_object_get(element, "name"));
    if (!name)
        name = json_string_value(json_object_get(element, "device_locator"));
    if (name && name[0])
        buf_str(out, name);
    else
        buf_printf(out, "number %zu", index + 1);
}

/* What a mapping met in a list: the element that meets it, or the one that meets most of it and why it
 * does not. */
static void add_nearest(struct buf *out, const struct node *map, const json_t *list)
{
    size_t count = json_array_size(list);
    size_t best = 0;
    unsigned best_met = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned met = 0;
        for (const struct node *child = map->first; child; child = child->next)
            met += meets(child, child->key->text, lookup(json_array_get(list, i), child->key->text), 1);
        if (i == 0 || met > best_met) {
            best = i;
            best_met = met;
        }
    }
    if (count == 0) {
        buf_str(out, "none");
        return;
    }
    const json_t *element = json_array_get(list, best);
    add_label(out, element, best);
    if (best_met == map->count)
        return;
    const char *between = ": ";
    for (const struct node *child = map->first; child; child = child->next) {
        const json_t *value = lookup(element, child->key->text);
        if (meets(child, child->key->text, value, 1))
            continue;
        buf_printf(out, "%s%s ", between, child->key->text);
        add_text(out, value);
        between = ", ";
    }
}

static void judge_one(const struct node *condition, const json_t *facts, struct match_result *out)
{
    const char *name = condition->key ? condition->key->text : "";
    const char *field = NULL;
    const json_t *fact = lookup(facts, name);
    const json_t *list = fact ? NULL : list_of(facts, name, &field);
    out->condition = condition;
    if (list) {
        size_t count = json_array_size(list);
        for (size_t i = 0; i < count; i++) {
            const json_t *value = lookup(json_array_get(list, i), field);
            out->met = out->met || meets(condition, field, value, 1);
            buf_str(&out->fact, i ? ", " : "");
            add_text(&out->fact, value);
        }
        if (count == 0)
            buf_str(&out->fact, "none");
        return;
    }
    out->met = meets(condition, name, fact, 0);
    if (condition->kind == NODE_MAP && !condition->ref && json_is_array(fact))
        add_nearest(&out->fact, condition, fact);
    else
        add_text(&out->fact, fact);
}

void match_judge(const struct node *conditions, const json_t *facts, struct match *out)
{
    *out = (struct match){.results = NULL};
    if (!conditions || conditions->kind != NODE_MAP || conditions->ref || !conditions->first)
        return;
    out->results = mem_alloc_array(conditions->count, sizeof *out->results);
    out->met = true;
    for (const struct node *child = conditions->first; child && out->count < conditions->count;
         child = child->next) {
        struct match_result *result = &out->results[out->count++];
        judge_one(child, facts, result);
        out->met = out->met && result->met;
    }
}

void match_free(struct match *m)
{
    for (unsigned i = 0; i < m->count; i++)
        buf_free(&m->results[i].fact);
    mem_free(m->results);
    *m = (struct match){.results = NULL};
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

static int check_scalar(const struct node *c, const char *name, struct error *e)
{
    static const char *const nulls[] = {"", "~", "null", NULL};
    static const char *const not_booleans[] = {"yes", "no", "on", "off", "0", "1", NULL};
    const char *last = last_part(name);
    if (c->style == STYLE_PLAIN && one_of(c->text, nulls))
        return error_at(e, c->pos, E_SITE_MATCH, "%s: the condition is empty, and no fact is ever empty",
                        name);
    if (one_of(last, booleans) && one_of(c->text, not_booleans))
        return error_at(e, c->pos, E_SITE_MATCH, "%s: %s is compared as text; write true or false", name,
                        c->text);
    struct comparison comparison;
    const char *why;
    if (comparison_read(c->text, c->len, &comparison, &why)) {
        if (why)
            return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\" cannot be compared: %s", name, c->text, why);
        if (comparison.unit && size_unit(last) == 0)
            return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\" has a unit of bytes, and %s is no size",
                            name, c->text, last);
        return 0;
    }
    if (c->text[0] == '!')
        return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\": there is no negation; list what is allowed",
                        name, c->text);
    /* "240GB" would be compared with the digits of a byte count and never be equal: surely not what was
     * meant. */
    struct decimal number;
    uint64_t unit;
    size_t used = decimal_read(c->text, c->len, &number, &why);
    const char *rest = c->text + used;
    size_t rest_len = c->len - used;
    trim(&rest, &rest_len);
    if (used > 0 && size_unit(last) != 0 && unit_read(rest, rest_len, &unit))
        return error_at(e, c->pos, E_SITE_MATCH, "%s: \"%s\" needs an operator, as in \">= %s\"", name,
                        c->text, c->text);
    if (size_unit(last) != 0 && used < c->len && !strpbrk(c->text, "*?"))
        return error_at(e, c->pos, E_SITE_MATCH,
                        "%s: \"%s\" is no number, and a size is; write it as in \">= 200GB\"", name, c->text);
    return 0;
}

static int check(const struct node *c, const char *name, unsigned depth, struct error *e)
{
    if (depth > DEPTH_MAX)
        return error_at(e, c->pos, E_SITE_MATCH, "%s: conditions are nested too deep", name);
    if (c->ref)
        return error_at(e, c->pos, E_SITE_MATCH, "%s: a condition is text; references have no place in it",
                        name);
    if (c->kind == NODE_SCALAR)
        return check_scalar(c, name, e);
    if (!c->first)
        return error_at(e, c->pos, E_SITE_MATCH, "%s: the condition is empty and nothing meets it", name);
    for (const struct node *child = c->first; child; child = child->next) {
        if (check(child, c->kind == NODE_MAP && child->key ? child->key->text : name, depth + 1, e) != 0)
            return -1;
    }
    return 0;
}

int match_check(const struct node *condition, struct error *e)
{
    return check(condition, condition->key ? condition->key->text : "match", 0, e);
}
