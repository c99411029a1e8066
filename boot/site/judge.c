#include "site/judge.h"

#include "base/text.h"

#include <string.h>

#define VAR_NAME_MAX 64

void judge_keys(struct judge *j, const struct tree_node *map, const char *const *known)
{
    for (const struct tree_node *child = map->first; child; child = child->next) {
        bool found = false;
        for (size_t i = 0; known[i] && !found; i++)
            found = strcmp(known[i], child->key->text) == 0;
        if (found)
            continue;
        const char *nearest = text_nearest(child->key->text, known);
        errors_at(j->errors, child->key->pos, E_SITE_KEY, "%s has no key \"%.120s\"%s%s%s", j->where,
                  child->key->text, nearest ? "; the nearest is \"" : "", nearest ? nearest : "",
                  nearest ? "\"" : "");
    }
}

/* The value, or NULL with the reason said; `wanted` is the kind in words. */
static struct tree_node *judge_kind(struct judge *j, const struct tree_node *map, const char *key,
                                    bool required, enum tree_kind kind, const char *wanted)
{
    struct tree_node *node = tree_get(map, key);
    if (!node) {
        if (required)
            errors_at(j->errors, map->pos, E_SITE_REQUIRED, "%s lacks \"%s\"", j->where, key);
        return NULL;
    }
    if (node->ref) {
        errors_at(j->errors, node->pos, E_SITE_KIND,
                  "\"%s\" of %s is a reference; hearth.yaml is read as it stands", key, j->where);
        return NULL;
    }
    if (node->kind != kind) {
        errors_at(j->errors, node->pos, E_SITE_KIND, "\"%s\" of %s must be %s", key, j->where, wanted);
        return NULL;
    }
    return node;
}

struct tree_node *judge_map(struct judge *j, const struct tree_node *map, const char *key, bool required)
{
    return judge_kind(j, map, key, required, TREE_MAP, "a mapping");
}

struct tree_node *judge_list(struct judge *j, const struct tree_node *map, const char *key, bool required)
{
    return judge_kind(j, map, key, required, TREE_SEQ, "a list");
}

const struct tree_node *judge_text(struct judge *j, const struct tree_node *map, const char *key,
                                   bool required)
{
    const struct tree_node *node = judge_kind(j, map, key, required, TREE_SCALAR, "text");
    if (node && node->len == 0) {
        errors_at(j->errors, node->pos, E_SITE_REQUIRED, "\"%s\" of %s is empty", key, j->where);
        return NULL;
    }
    return node;
}

int judge_word(struct judge *j, const struct tree_node *map, const char *key, bool required,
               const char *const *words)
{
    const struct tree_node *node = judge_text(j, map, key, required);
    if (!node)
        return -1;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], node->text) == 0)
            return i;
    struct buf all = {0};
    for (size_t i = 0; words[i]; i++)
        buf_printf(&all, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    errors_at(j->errors, node->pos, E_SITE_VALUE, "\"%s\" of %s is \"%.120s\"; it may be %s", key, j->where,
              node->text, all.data);
    buf_free(&all);
    return -1;
}

static bool is_var_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        char c = text_lower(name[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return len > 0 && len <= VAR_NAME_MAX;
}

struct site_var *judge_vars(struct judge *j, const struct tree_node *map)
{
    const struct tree_node *vars = judge_map(j, map, "vars", false);
    struct site_var *first = NULL, **tail = &first;
    for (const struct tree_node *child = vars ? vars->first : NULL; child; child = child->next) {
        if (!is_var_name(child->key->text)) {
            errors_at(j->errors, child->key->pos, E_SITE_VALUE,
                      "\"%.120s\" is not the name of a variable: 1-%d of letters, digits, _ and -",
                      child->key->text, VAR_NAME_MAX);
            continue;
        }
        if (!tree_text(child)) {
            errors_at(j->errors, child->pos, E_SITE_KIND,
                      "the variable \"%s\" of %s must be text or a number", child->key->text, j->where);
            continue;
        }
        struct site_var *var = NULL;
        var = pool_alloc(j->site->pool, sizeof *var);
        var->name = child->key->text;
        var->value = child;
        *tail = var;
        tail = &var->next;
    }
    return first;
}

/* What assets/ writes where only the reader knows the value. */
static int judge_example(struct tree_node *node, void *arg)
{
    struct errors *errors = arg;
    const char *text = tree_text(node);
    const char *key = node->key ? node->key->text : "an element";
    if (!text)
        return 0;
    if (strcmp(text, "00000000-0000-0000-0000-000000000000") == 0)
        errors_at(errors, node->pos, E_SITE_PLACEHOLDER, "\"%.120s\" is still the example's all-zero GUID",
                  key);
    else if (strstr(text, SITE_EXAMPLE_MARK))
        errors_at(errors, node->pos, E_SITE_PLACEHOLDER, "\"%.120s\" is still \"%.120s\"", key, text);
    return 0;
}

void site_examples(struct tree_node *root, struct errors *errors)
{
    (void)tree_walk(root, judge_example, errors);
}

static bool ends_in(const char *host, const char *suffix)
{
    size_t len = strlen(host), tail = strlen(suffix);
    return len >= tail && text_equal_fold(host + len - tail, suffix) &&
        (len == tail || host[len - tail - 1] == '.');
}

bool judge_example_host(struct judge *j, struct pos pos, const char *host)
{
    /* RFC 2606 sections 2 and 3. */
    static const char *const kept[] = {"example", "example.com", "example.net", "example.org"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (!ends_in(host, kept[i]))
            continue;
        errors_at(j->errors, pos, E_SITE_PLACEHOLDER, "%s: the host \"%s\" is still the example's", j->where,
                  host);
        return true;
    }
    return false;
}
