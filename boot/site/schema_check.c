#include "site/schema_check.h"

#include "base/text.h"
#include "site/clear.h"
#include "site/newer.h"
#include "site/rules.h"
#include "site/scalar.h"
#include "site/schema.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX 96 /* keys of one struct, and kinds of documents */

/* Where the walk is. */
struct spot {
    /* of the document; NULL: the main one */
    const char *kind;
    /* for people: keys and indexes */
    const char *path;
    /* for the rules: keys alone, "*" for those of a map */
    const char *plain;
};

static void walk(const struct schema_check *c, struct spot at, const struct schema_type *type,
                 const struct tree_node *node);

static const char *shown(const struct schema_check *c, const struct tree_node *node)
{
    return c->shown ? c->shown(c->arg, node) : clear_shown(node->key ? node->key->text : NULL, node->text);
}

/* `names` ends with NULL. */
static void unknown(const struct schema_check *c, struct pos pos, const char *what, const char *name,
                    const char *const *names)
{
    const char *near = text_nearest(name, names);
    errors_at(c->newer ? c->warnings : c->errors, pos, E_RENDER_KEY, "Talos%s knows no %s%.120s%s%s%s",
              c->newer ? " " SCHEMA_NEWEST : "", what, name, near ? "; did you mean " : "", near ? near : "",
              near ? "?" : "");
}

static void unknown_key(const struct schema_check *c, const char *path, const struct schema_type *type,
                        const struct tree_node *child)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    for (unsigned i = 0; i < type->count && i < NAMES_MAX; i++)
        names[i] = schema_key(schema_field_at(type->first + i));
    unknown(c, child->key->pos, pool_printf(c->pool, "%s%s", path, path[0] ? "." : ""), child->key->text,
            names);
}

static void wants(const struct schema_check *c, const char *path, const struct tree_node *node,
                  const char *what)
{
    static const char *const kinds[] = {"a single value", "a mapping", "a list"};
    errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s must be %s, and this is %s",
              path[0] ? path : "a document", what, kinds[node->kind]);
}

static void walk_below(const struct schema_check *c, struct spot at, const struct schema_field *use,
                       const struct tree_node *node, bool element)
{
    if (element && use->flags & SCHEMA_POINTER && tree_is_null(node))
        errors_at(c->errors, node->pos, E_RENDER_FIELD,
                  "%s is null: Talos %s refuses an element with nothing in it", at.path, SCHEMA_NEWEST);
    else
        walk(c, at, schema_type(use), node);
}

static const char *dotted(struct pool *pool, const char *path, const char *key)
{
    size_t n = strlen(path), len = strlen(key);
    char *out = pool_alloc(pool, n + len + 2);
    memcpy(out, path, n);
    if (n)
        out[n++] = '.';
    memcpy(out + n, key, len + 1);
    return out;
}

static struct spot below(const struct schema_check *c, struct spot at, const char *key, bool any)
{
    bool same = !any && strcmp(at.path, at.plain) == 0;
    const char *path = dotted(c->pool, at.path, key);
    return (struct spot){at.kind, path, same ? path : dotted(c->pool, at.plain, any ? "*" : key)};
}

/* Sizes of one mapping: the least must not be above the most. */
static void walk_sizes(const struct schema_check *c, struct spot at, const struct tree_node *node)
{
    const struct tree_node *least = tree_get(node, "minSize"), *most = tree_get(node, "maxSize");
    double low, high;
    if (scalar_bytes(least, &low) && scalar_bytes(most, &high) && low > high)
        errors_at(c->errors, least->pos, E_RENDER_FIELD, "%s: minSize is above maxSize", at.path);
}

/* What Talos wants to be there, in a mapping that is. Only in the whole: a layer may leave it to another one. */
static void walk_needed(const struct schema_check *c, struct spot at, const struct tree_node *node)
{
    const char *problem =
        c->whole ? rules_group_problem(c->pool, (struct rules_place){at.kind, at.plain}, node) : NULL;
    if (problem)
        errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s %s", at.path[0] ? at.path : at.kind, problem);
    const char *key;
    for (unsigned i = 0; c->whole && (key = rules_needed((struct rules_place){at.kind, at.plain}, i)); i++) {
        const struct tree_node *child = tree_get(node, key);
        if (!child || tree_is_null(child))
            errors_at(c->errors, (child ? child : node)->pos, E_RENDER_FIELD, "%s%s%s must be given", at.path,
                      at.path[0] ? "." : "", key);
    }
}

static void walk_map(const struct schema_check *c, struct spot at, const struct schema_type *type,
                     const struct tree_node *node)
{
    for (const struct tree_node *child = node->first; child; child = child->next) {
        const struct schema_field *field = schema_child(type, child->key->text);
        const char *wrong = rules_key_problem((struct rules_place){at.kind, at.plain}, child->key->text);
        if (wrong && c->whole)
            errors_at(c->errors, child->key->pos, E_RENDER_FIELD, "%s: the name \"%.80s\" %s", at.path,
                      child->key->text, wrong);
        if (!field)
            unknown_key(c, at.path, type, child);
        else
            walk_below(c, below(c, at, child->key->text, type->node == SCHEMA_MAP), field, child,
                       type->node == SCHEMA_MAP);
    }
    walk_needed(c, at, node);
    if (c->whole)
        walk_sizes(c, at, node);
}

static void walk_list(const struct schema_check *c, struct spot at, const struct schema_type *type,
                      const struct tree_node *node)
{
    unsigned i = 0;
    for (const struct tree_node *element = node->first; element; element = element->next)
        walk_below(c, (struct spot){at.kind, pool_printf(c->pool, "%s[%u]", at.path, i++), at.plain},
                   &type->elem, element, true);
}

/* Talos copies such values by hand, and can copy neither dates nor mappings whose keys are no texts. */
static void walk_any(const struct schema_check *c, const char *path, const struct tree_node *node)
{
    if (node->ref)
        return;
    if (node->kind == TREE_SCALAR && scalar_type(node) == SCALAR_TIME)
        errors_at(c->errors, node->pos, E_RENDER_FIELD,
                  "%s: \"%.60s\" is a date to Talos, not text; put it in quotes", path, shown(c, node));
    for (const struct tree_node *child = node->first; child; child = child->next) {
        const char *at = child->key ? pool_printf(c->pool, "%s.%s", path, child->key->text) : path;
        if (child->key && scalar_type(child->key) != SCALAR_TEXT)
            errors_at(c->errors, child->key->pos, E_RENDER_FIELD,
                      "%s: the key is no text to Talos; put it in quotes", at);
        walk_any(c, at, child);
    }
}

static void walk_argument(const struct schema_check *c, const char *path, const struct tree_node *node)
{
    if (node->kind == TREE_MAP)
        wants(c, path, node, "a text or a list of texts");
    if (node->kind == TREE_SCALAR)
        walk_any(c, path, node);
    for (const struct tree_node *element = node->kind == TREE_SEQ ? node->first : NULL; element;
         element = element->next)
        if (element->kind != TREE_SCALAR && !element->ref)
            wants(c, path, element, "a text or a list of texts");
}

static void walk_scalar(const struct schema_check *c, struct spot at, const struct schema_type *type,
                        const struct tree_node *node)
{
    if (node->kind != TREE_SCALAR) {
        wants(c, at.path, node, "a single value");
        return;
    }
    const char *problem = scalar_problem(type, node);
    const char *words = problem && type->form == FORM_ENUM ? schema_text(type->words) : "";
    if (!problem && c->whole)
        problem = rules_problem(c->pool, (struct rules_place){at.kind, at.plain}, type, node);
    if (problem)
        errors_at(c->errors, node->pos, E_RENDER_FIELD, "%s: \"%.60s\" %s%s%s%s", at.path, shown(c, node),
                  problem, words[0] ? " (" : "", words, words[0] ? ")" : "");
}

static void walk(const struct schema_check *c, struct spot at, const struct schema_type *type,
                 const struct tree_node *node)
{
    if (node->ref || tree_is_null(node) || tree_get(node, "$patch"))
        return;
    switch ((enum schema_node)type->node) {
    case SCHEMA_STRUCT:
    case SCHEMA_MAP:
        if (node->kind == TREE_MAP)
            walk_map(c, at, type, node);
        else
            wants(c, at.path, node, "a mapping");
        break;
    case SCHEMA_LIST:
        if (node->kind == TREE_SEQ)
            walk_list(c, at, type, node);
        else
            wants(c, at.path, node, "a list");
        break;
    case SCHEMA_SCALAR:
        walk_scalar(c, at, type, node);
        break;
    case SCHEMA_ANY:
    default:
        if (type->form == FORM_ARGUMENT)
            walk_argument(c, at.path, node);
        else
            walk_any(c, at.path, node);
        break;
    }
}

static void unknown_kind(const struct schema_check *c, const struct tree_node *kind)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    for (unsigned i = 0; i < schema_tables()->documents.count && i < NAMES_MAX; i++)
        names[i] = schema_text(schema_document_at(i)->kind);
    unknown(c, kind->pos, "document of the kind ", kind->text, names);
}

/* Whether something stands there that Talos takes for given. */
static bool holds(const struct tree_node *node, bool value)
{
    if (!node || tree_is_null(node))
        return false;
    if (!value || node->ref)
        return true;
    if (node->kind != TREE_SCALAR)
        return node->count > 0;
    bool truth = true;
    return node->len > 0 && (!scalar_bool(node, &truth) || truth);
}

/* The field of the main document that says what this document says, or NULL. */
static const char *clash(const struct tree_node *main, const struct tree_node *document)
{
    const struct tree_node *kind = tree_get(document, "kind"), *name = tree_get(document, "name");

    const struct schema_part part = schema_tables()->conflicts;
    const struct schema_conflict *rows = schema_rows(part);
    for (const struct schema_conflict *row = rows; row < rows + part.count; row++) {
        const char *only = schema_text(row->name), *field = schema_text(row->field);
        if (tree_is(kind, schema_text(row->kind)) && (!only || tree_is(name, only)) &&
            (!field || holds(tree_path(document, field), true)) &&
            holds(tree_path(main, schema_text(row->main)), row->value))
            return schema_text(row->main);
    }
    return NULL;
}

static void check_conflicts(const struct schema_check *c, const struct tree_node *main,
                            const struct tree_node *document)
{
    const char *field = clash(main, document);
    if (!field)
        return;
    struct pos at = tree_path(main, field)->pos;
    errors_at(
        c->errors, document->pos, E_RENDER_CONFLICT,
        "%s and %s say the same thing twice; Talos takes one of them: write it into the document, and the "
        "field (%s:%u) goes",
        tree_text(tree_get(document, "kind")), field, at.file, at.line);
}

static bool is_true(const struct tree_node *node)
{
    bool value = false;
    return scalar_bool(node, &value) && value;
}

/* What Talos compares across documents. */
static void check_together(const struct schema_check *c, const struct tree_node *main,
                           const struct document *documents)
{
    const struct tree_node *kubespan = tree_path(main, "machine.network.kubespan.enabled");
    const struct tree_node *own = tree_get(newer_kind(documents, "KubeSpanConfig"), "enabled");
    const struct tree_node *dns = tree_path(main, "machine.features.hostDNS");
    const struct tree_node *access = tree_path(main, "machine.features.kubernetesTalosAPIAccess.enabled");
    const struct tree_node *resolver = tree_get(newer_kind(documents, "ResolverConfig"), "hostDNS");
    const struct tree_node *const hosts[] = {dns, resolver};
    bool discovery = is_true(tree_path(main, "cluster.discovery.enabled")) ||
        newer_kind(documents, "DiscoveryServiceConfig");
    if (main && (is_true(kubespan) || is_true(own)) && !discovery)
        errors_at(c->errors, (is_true(own) ? own : kubespan)->pos, E_RENDER_FIELD,
                  "KubeSpan is enabled and cluster.discovery is not: its peers find each other through it");
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        static const char *const asks[] = {"forwardKubeDNSToHost", "resolveMemberNames"};
        const struct tree_node *enabled = tree_get(hosts[i], "enabled");
        for (size_t k = 0; k < sizeof asks / sizeof asks[0]; k++)
            if (is_true(tree_get(hosts[i], asks[k])) && !is_true(enabled) && !(enabled && enabled->ref))
                errors_at(c->errors, hosts[i]->pos, E_RENDER_FIELD, "hostDNS.%s needs hostDNS.enabled: true",
                          asks[k]);
    }
    if (c->worker && is_true(access))
        errors_at(c->errors, access->pos, E_RENDER_FORBIDDEN,
                  "machine.features.kubernetesTalosAPIAccess must not be enabled on a worker");
}

static void check_whole(const struct schema_check *c, const struct document *documents)
{
    const struct tree_node *main = NULL;
    for (const struct document *d = documents; d; d = d->next)
        if (d->root && !tree_get(d->root, "kind"))
            main = d->root;
    check_together(c, main, documents);
    for (const struct document *d = documents; d; d = d->next) {
        const char *kind = tree_text(tree_get(d->root, "kind"));
        const struct schema_document *known = kind ? schema_document(kind) : NULL;
        if (main && d->root)
            check_conflicts(c, main, d->root);
        if (c->worker && known && known->control_only)
            errors_at(c->errors, d->root->pos, E_RENDER_FORBIDDEN,
                      "%s is for control planes, and must not be on a worker", kind);
    }
}

void schema_check(const struct schema_check *check, const struct document *documents)
{
    if (check->whole)
        check_whole(check, documents);
    for (const struct document *d = documents; d; d = d->next) {
        const struct tree_node *kind = tree_get(d->root, "kind"), *version = tree_get(d->root, "apiVersion");
        if (!d->root || d->root->kind != TREE_MAP || d->root->ref || (kind && !tree_text(kind)))
            continue;
        const struct schema_document *known = schema_document(kind ? kind->text : NULL);
        if (!known || (kind && strcmp(kind->text, "v1alpha1") == 0))
            unknown_kind(check, kind);
        else if (kind && !tree_is(version, "v1alpha1"))
            errors_at(check->errors, (version ? version : kind)->pos, E_RENDER_FIELD,
                      "the apiVersion of %s is v1alpha1", kind->text);
        else
            walk(check, (struct spot){kind ? kind->text : NULL, "", ""}, schema_type_at(known->type),
                 d->root);
    }
}
