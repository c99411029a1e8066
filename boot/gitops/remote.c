#include "gitops/remote.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* What gjson means by them is more than a key. */
#define MEANING "#*?|@!{}[]()~$"

static const char *text_of(struct pool *pool, const struct tree_node *remote, const char *key)
{
    const char *text = tree_text(tree_get(remote, key));
    return text && text[0] && !strstr(text, "${") ? pool_strdup(pool, text) : NULL;
}

struct ref *remote_ref(struct pool *pool, struct pos pos, const struct tree_node *remote, const char *name,
                       bool extract, struct error *e)
{
    e->code = E_NONE;
    if (strncmp(name, "key/", 4) == 0 || strncmp(name, "cert/", 5) == 0)
        return NULL;
    if (strncmp(name, "secret/", 7) == 0)
        name += 7;
    const char *slash = strchr(name, '/'), *version = text_of(pool, remote, "version");
    if (slash) {
        (void)error_at(
            e, pos, E_YAML_REF,
            "the operator takes \"%.*s\" for the name and drops \"%.80s\": a version is written beside "
            "it, remoteRef: {key: %.*s, version: %.80s}",
            (int)(slash - name), name, slash, (int)(slash - name), name, slash + 1);
        return NULL;
    }
    struct ref *ref =
        ref_parse(pool, REF_SECRET, pos, version ? pool_printf(pool, "%s@%s", name, version) : name, e);
    if (!ref)
        return NULL;
    ref->external = true;
    ref->property = text_of(pool, remote, "property");
    ref->extract = extract;
    return ref;
}

/* The next key of a path, unescaped; *path goes on behind it. */
static char *next_key(struct pool *pool, const char **path)
{
    char *key = pool_alloc(pool, strlen(*path) + 1), *to = key;
    const char *at = *path;
    for (; *at && *at != '.'; at++) {
        if (*at == '\\' && at[1])
            at++;
        *to++ = *at;
    }
    *path = *at ? at + 1 : NULL;
    return key;
}

static const json_t *follow(struct pool *pool, const json_t *at, const char *path)
{
    while (at && path) {
        const char *key = next_key(pool, &path);
        bool index = key[0] && key[strspn(key, "0123456789")] == '\0';
        if (json_is_array(at))
            at = index && strlen(key) < 7 ? json_array_get(at, strtoul(key, NULL, 10)) : NULL;
        else
            at = json_object_get(at, key);
    }
    return at;
}

/* A property is a path first, and where that leads nowhere one key with dots in it. */
static const json_t *property_of(struct pool *pool, const json_t *value, const char *property)
{
    const json_t *found = follow(pool, value, property);
    return !found && strchr(property, '.') ? json_object_get(value, property) : found;
}

/* What extract takes apart: the value, or a property that is a mapping or a text that holds one. */
static bool is_mapping(const json_t *value, bool text_too)
{
    json_t *inner = text_too && json_is_string(value)
        ? json_loadb(json_string_value(value), json_string_length(value), 0, NULL)
        : NULL;
    bool good = json_is_object(value) || json_is_object(inner);
    json_decref(inner);
    return good;
}

const char *remote_problem(struct pool *pool, const struct ref *ref, struct span value)
{
    if (!ref->property && !ref->extract)
        return NULL;
    if (ref->property && strpbrk(ref->property, MEANING))
        return NULL;
    json_t *json = json_loadb((const char *)value.p, value.n, JSON_DECODE_ANY, NULL);
    const json_t *part = json && ref->property ? property_of(pool, json, ref->property) : json;
    const char *problem = NULL;
    if (!json && ref->property)
        problem = pool_printf(pool, "is no JSON, so it has no property \"%.80s\"", ref->property);
    else if (!part && ref->property)
        problem = pool_printf(
            pool,
            "has no property \"%.80s\": a dot leads one level down, and only where that finds nothing "
            "is the whole taken for one key of the outermost level",
            ref->property);
    else if (ref->extract && !is_mapping(part, ref->property))
        problem = "holds no JSON object for dataFrom.extract to take apart";
    json_decref(json);
    return problem;
}
