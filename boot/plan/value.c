#include "base/text.h"
#include "facts/facts.h"
#include "plan/plan.h"

#include <string.h>

#define FACT_TEXT_MAX 64

/* Plain words that a YAML reader takes for something else than text. */
static const char *const words[] = {"y",    "n",     "yes",  "no",  "on",  "off",
                                    "true", "false", "null", "nan", "inf", NULL};

/* Whether text may stand plain and stay text for every reader, YAML 1.1 and 1.2. */
static bool safe_plain(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
    size_t scheme = strncmp(text, "https://", 8) == 0 ? 8 : 0;
    if (!((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')))
        return false;
    for (size_t i = 0; words[i]; i++) {
        if (text_equal_fold(text, words[i]))
            return false;
    }
    if (scheme) /* the port's colon is followed by a digit, never by a blank */
        return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:")] ==
            '\0';
    return text[strspn(text, allowed)] == '\0';
}

static struct tree_node *text_node(const struct plan *plan, struct pos pos, const char *text)
{
    return tree_scalar(plan->pool, pos, text, strlen(text), safe_plain(text) ? STYLE_PLAIN : STYLE_DOUBLE);
}

static struct tree_node *fact_value(const struct plan *plan, const struct ref *ref, struct error *e)
{
    if (!plan->facts) {
        error_at(e, ref->pos, E_REF_FACT, "!fact %s: there are no facts of the box to take it from",
                 ref->name);
        return NULL;
    }
    const json_t *fact = facts_get(plan->facts, ref->name);
    if (!fact || json_is_null(fact)) {
        error_at(e, ref->pos, E_REF_FACT, "!fact %s: this box says nothing, or only its vendor's placeholder",
                 ref->name);
        return NULL;
    }
    if (json_is_string(fact))
        return text_node(plan, ref->pos, json_string_value(fact));
    UNSET char room[FACT_TEXT_MAX];
    const char *text = facts_text(fact, room, sizeof room);
    if (!text) {
        error_at(e, ref->pos, E_REF_FACT, "!fact %s: it is a list or a group, not one value", ref->name);
        return NULL;
    }
    return tree_scalar(plan->pool, ref->pos, text, strlen(text), STYLE_PLAIN);
}

static struct tree_node *disk_value(const struct plan *plan, const struct ref *ref, struct error *e)
{
    if (!plan->disk.field) {
        error_at(e, ref->pos, E_REF_NODE,
                 "!node install.disk: no disk is chosen, for want of the facts of the box");
        return NULL;
    }
    const char *value = plan->disk.value;
    if (strcmp(ref->name, PLAN_DISK_MATCH) == 0) {
        struct buf text = {0};
        buf_printf(&text, "disk.%s == \"", plan->disk.field[0] == 'w' ? "wwid" : "bus_path");
        for (; *value; value++)
            buf_printf(&text, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
        buf_char(&text, '"');
        struct tree_node *match = tree_scalar(plan->pool, ref->pos, text.data, text.len, STYLE_SINGLE);
        buf_free(&text);
        return match;
    }
    struct tree_node *map = tree_map(plan->pool, ref->pos);
    /* A bus path begins with a slash and a wwid may hold blanks: always quoted. */
    tree_add(plan->pool, map, plan->disk.field,
             tree_scalar(plan->pool, ref->pos, value, strlen(value), STYLE_DOUBLE));
    return map;
}

static struct tree_node *node_value(const struct plan *plan, const struct ref *ref, struct error *e)
{
    const struct site_node *entry = plan->entry;
    const struct {
        const char *field;
        const char *value;
    } fields[] = {
        {"name", plan->name},
        {"role", entry->role->name},
        {"type", site_type_word(entry->type)},
        {"cluster", entry->role->cluster},
        {"endpoint", entry->role->endpoint},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(ref->name, fields[i].field) == 0)
            return text_node(plan, ref->pos, fields[i].value);
    }
    if (strncmp(ref->name, "install.", 8) == 0)
        return disk_value(plan, ref, e);
    if (strncmp(ref->name, "vars.", 5) == 0) {
        const struct tree_node *var = site_var(entry, ref->name + 5);
        if (var && var->kind == TREE_SCALAR && !var->ref)
            return tree_scalar(plan->pool, ref->pos, var->text, var->len, var->style);
        error_at(e, ref->pos, E_REF_NODE, "!node %s: neither the entry %s nor the role %s has this variable",
                 ref->name, entry->name, entry->role->name);
        return NULL;
    }
    error_at(e, ref->pos, E_REF_NODE, "!node %s: there is no such field", ref->name);
    return NULL;
}

struct tree_node *plan_value(const struct plan *plan, const struct ref *ref, struct error *e)
{
    if (ref->kind == REF_FACT)
        return fact_value(plan, ref, e);
    if (ref->kind == REF_NODE)
        return node_value(plan, ref, e);
    error_at(e, ref->pos, E_REF_NODE, "%s is not for the plan to resolve",
             ref->name ? ref->name : "a composed value");
    return NULL;
}
