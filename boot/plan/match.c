#include "plan/match.h"

#include "base/mem.h"
#include "base/text.h"
#include "facts/facts.h"
#include "site/condition.h"

#include <string.h>

/* Conditions nest at most list > mapping > list > scalar; the rest of the depth is slack. */
#define DEPTH_MAX 8
#define FACT_TEXT_MAX 1024

static bool comparison_holds(const struct condition *c, const char *fact, size_t n, const char *name)
{
    struct condition_number value;
    const char *why = NULL;
    if (n == 0 || condition_number(fact, n, &value, &why) != n)
        return false;
    uint64_t fact_unit = c->unit ? condition_size_unit(name) : 1;
    uint64_t unit = c->unit ? c->unit : 1;
    if (fact_unit == 0)
        return false;
    int order = condition_order(&value, fact_unit, &c->number, unit);
    switch (c->op) {
    case CONDITION_AT_LEAST:
        return order >= 0;
    case CONDITION_AT_MOST:
        return order <= 0;
    case CONDITION_MORE:
        return order > 0;
    case CONDITION_LESS:
        return order < 0;
    case CONDITION_EQUAL:
        return order == 0;
    }
    return false;
}

static const char *scalar_text(const json_t *fact, char *room, size_t cap)
{
    if (json_is_string(fact))
        return json_string_value(fact);
    return facts_text(fact, room, cap);
}

static bool scalar_meets(const struct tree_node *condition, const char *name, const json_t *fact)
{
    UNSET char room[FACT_TEXT_MAX];
    const char *text = scalar_text(fact, room, sizeof room);
    if (!text)
        return false;
    size_t n = strlen(text);
    condition_trim(&text, &n);

    struct condition comparison;
    const char *why;
    if (condition_read(condition->text, condition->len, &comparison, &why))
        return !why && comparison_holds(&comparison, text, n, name);

    const char *pattern = condition->text;
    size_t pattern_len = condition->len;
    condition_trim(&pattern, &pattern_len);
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

static bool meets(const struct tree_node *c, const char *name, const json_t *fact, unsigned depth)
{
    if (!c || c->ref || !fact || json_is_null(fact) || depth > DEPTH_MAX)
        return false;
    if (c->kind == TREE_SEQ) {
        for (const struct tree_node *child = c->first; child; child = child->next) {
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
    if (c->kind == TREE_MAP) {
        if (!json_is_object(fact) || !c->first)
            return false;
        for (const struct tree_node *child = c->first; child; child = child->next) {
            const char *key = child->key ? child->key->text : "";
            if (!meets(child, key, lookup(fact, key), depth + 1))
                return false;
        }
        return true;
    }
    return scalar_meets(c, name, fact);
}

bool match_value(const struct tree_node *condition, const json_t *fact)
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
    if (!fact || json_is_null(fact)) {
        buf_str(out, "unknown");
        return;
    }
    UNSET char room[FACT_TEXT_MAX];
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
static void add_nearest(struct buf *out, const struct tree_node *map, const json_t *list)
{
    size_t count = json_array_size(list);
    size_t best = 0;
    unsigned best_met = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned met = 0;
        for (const struct tree_node *child = map->first; child; child = child->next)
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
    for (const struct tree_node *child = map->first; child; child = child->next) {
        const json_t *value = lookup(element, child->key->text);
        if (meets(child, child->key->text, value, 1))
            continue;
        buf_printf(out, "%s%s ", between, child->key->text);
        add_text(out, value);
        between = ", ";
    }
}

static void judge_one(const struct tree_node *condition, const json_t *facts, struct match_result *out)
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
    if (condition->kind == TREE_MAP && !condition->ref && json_is_array(fact))
        add_nearest(&out->fact, condition, fact);
    else
        add_text(&out->fact, fact);
}

void match_judge(const struct tree_node *conditions, const json_t *facts, struct match *out)
{
    *out = (struct match){.results = NULL};
    if (!conditions || conditions->kind != TREE_MAP || conditions->ref || !conditions->first)
        return;
    out->results = mem_alloc_array(conditions->count, sizeof *out->results);
    out->met = true;
    for (const struct tree_node *child = conditions->first; child && out->count < conditions->count;
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
