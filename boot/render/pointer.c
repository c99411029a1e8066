#include "render/pointer.h"

#include "base/error.h"
#include "site/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "value"

static bool looks_like_json(struct span value)
{
    size_t i = 0;
    while (i < value.n && strchr(" \t\r\n", (char)value.p[i]) && value.p[i])
        i++;
    return i < value.n && (value.p[i] == '{' || value.p[i] == '[');
}

static void parse(struct pointer_value *parsed, struct pool *pool, struct span value)
{
    parsed->parsed = true;
    if (looks_like_json(value)) {
        json_error_t ignored;
        parsed->json = json_loadb((const char *)value.p, value.n, JSON_REJECT_DUPLICATES, &ignored);
        mem_wipe(&ignored, sizeof ignored);
    }
    struct document *doc = NULL;
    struct error e = {0};
    /* The text of tree_read's errors may quote the value, so only the line number is taken out of it. */
    if (tree_read(pool, NAME, value.p, value.n, &doc, &e) == 0 && doc && !doc->next)
        parsed->root = doc->root;
    else if (strncmp(e.text, NAME ":", sizeof NAME) == 0)
        parsed->line = (unsigned)strtoul(e.text + sizeof NAME, NULL, 10);
    mem_wipe(&e, sizeof e);
}

/* Takes the next token off the pointer, decoded. RFC 6901 section 4: ~1 first, then ~0. */
static char *next_token(struct pool *pool, const char **at)
{
    size_t len = strcspn(*at + 1, "/");
    char *token = pool_memdup(pool, *at + 1, len);
    char *put = token;
    for (const char *c = token; *c; c++) {
        if (c[0] == '~' && (c[1] == '0' || c[1] == '1'))
            *put++ = *++c == '0' ? '~' : '/';
        else
            *put++ = *c;
    }
    *put = '\0';
    *at += 1 + len;
    return token;
}

/* Section 4: digits without a leading zero. SIZE_MAX for all else, "-" included. */
static size_t list_index(const char *token)
{
    size_t n = strspn(token, "0123456789");
    if (n == 0 || n > 9 || token[n] || (token[0] == '0' && n > 1))
        return SIZE_MAX;
    return (size_t)strtoul(token, NULL, 10);
}

static enum pointer_result give(struct pool *pool, const char *text, size_t len, struct pointer_found *found)
{
    found->text = pool_memdup(pool, text, len);
    found->len = len;
    return POINTER_TEXT;
}

static enum pointer_result json_result(struct pool *pool, const json_t *at, struct pointer_found *found)
{
    char number[32];
    switch (json_typeof(at)) {
    case JSON_STRING:
        return give(pool, json_string_value(at), json_string_length(at), found);
    case JSON_TRUE:
        return give(pool, "true", 4, found);
    case JSON_FALSE:
        return give(pool, "false", 5, found);
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(at));
        give(pool, number, strlen(number), found);
        mem_wipe(number, sizeof number);
        return POINTER_TEXT;
    case JSON_NULL:
        return POINTER_NULL;
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_REAL:
    default:
        return POINTER_CONTAINER;
    }
}

static enum pointer_result walk_json(const json_t *at, struct pool *pool, const char *pointer,
                                     struct pointer_found *found)
{
    const char *rest = pointer;
    while (*rest == '/') {
        const char *token = next_token(pool, &rest);
        found->depth = (size_t)(rest - pointer);
        at = json_is_object(at) ? json_object_get(at, token) : json_array_get(at, list_index(token));
        if (!at)
            return POINTER_MISSING;
    }
    return json_result(pool, at, found);
}

static const struct tree_node *nth(const struct tree_node *list, size_t index)
{
    const struct tree_node *child = list->first;
    while (child && index-- > 0)
        child = child->next;
    return child;
}

static enum pointer_result walk_tree(const struct tree_node *at, struct pool *pool, const char *pointer,
                                     struct pointer_found *found)
{
    const char *rest = pointer;
    while (*rest == '/') {
        const char *token = next_token(pool, &rest);
        found->depth = (size_t)(rest - pointer);
        if (at->ref)
            return POINTER_TAGGED;
        if (at->kind == TREE_MAP)
            at = tree_get(at, token);
        else
            at = at->kind == TREE_SEQ ? nth(at, list_index(token)) : NULL;
        if (!at)
            return POINTER_MISSING;
    }
    if (at->ref)
        return POINTER_TAGGED;
    if (at->kind != TREE_SCALAR)
        return POINTER_CONTAINER;
    if (tree_is_null(at))
        return POINTER_NULL;
    return give(pool, at->text, at->len, found);
}

enum pointer_result pointer_get(struct pointer_value *parsed, struct pool *pool, struct span value,
                                const char *pointer, struct pointer_found *found)
{
    *found = (struct pointer_found){0};
    if (!parsed->parsed)
        parse(parsed, pool, value);
    if (!parsed->json && !parsed->root)
        return POINTER_UNREADABLE;
    if (parsed->json) {
        enum pointer_result result = walk_json(parsed->json, pool, pointer, found);
        /* A real number keeps the text it was written with; only the YAML half still has it. */
        if (result != POINTER_CONTAINER || !parsed->root)
            return result;
    }
    return walk_tree(parsed->root, pool, pointer, found);
}

void pointer_value_free(struct pointer_value *parsed)
{
    json_decref(parsed->json);
    *parsed = (struct pointer_value){0};
}
