#include "plan/object.h"

#include "base/text.h"
#include "plan/head.h"
#include "site/clear.h"
#include "site/scalar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

struct object_seen {
    const char *identity;
    struct pos pos;
    struct object_seen *next;
};

/* One object under judgement. */
struct judging {
    struct pool *pool;
    struct errors *errors;
    /* its values are never shown: a Secret */
    bool secret;
};

/* One thing of a place is enough. */
static bool is_said(struct judging *j, struct pos pos)
{
    const char *at = pool_printf(j->pool, "%s:%u:%u: ", pos.file, (unsigned)pos.line, (unsigned)pos.column);
    bool said = false;
    for (unsigned i = 0; i < j->errors->count; i++)
        said |= strncmp(j->errors->items[i].text, at, strlen(at)) == 0;
    return said;
}

static void __attribute__((format(printf, 3, 4))) say(struct judging *j, struct pos pos, const char *fmt, ...)
{
    if (is_said(j, pos))
        return;
    va_list ap;
    va_start(ap, fmt);
    UNSET char text[ERROR_TEXT_MAX];
    vsnprintf(text, sizeof text, words_text(fmt), ap);
    va_end(ap);
    errors_at(j->errors, pos, E_PLAN_MANIFEST, "%s", text);
}
#define say(j, pos, fmt, ...) SAY(say, fmt, j, pos, said_, ##__VA_ARGS__)

/* ---- texts ---- */

static const char *type_word(enum scalar_type type)
{
    static const char *const words[] = {"text", "nothing", "a boolean", "a number", "a number", "a date"};
    return words[type];
}

/* A time as kustomize writes it again: 2026-11-28T10:00:00Z, or with an offset that is one. */
static bool is_written_alike(const char *time)
{
    size_t n = strlen(time);
    return n >= 20 && time[10] == 'T' &&
        (strcmp(time + 19, "Z") == 0 || (n == 25 && time[22] == ':' && strcmp(time + 20, "00:00") != 0));
}

/* A text that a reader takes for something else. Null is left out where it means "not given". */
static void want_text(struct judging *j, const struct tree_node *node, const char *what, bool null_too)
{
    enum scalar_type type = scalar_type_11(node);
    if (node->ref || type == SCALAR_TEXT || (type == SCALAR_NULL && !null_too) ||
        (type == SCALAR_TIME && is_written_alike(node->text)))
        return;
    /* What is passed to a program may be a password, behind whatever option. */
    bool hidden = j->secret || strcmp(what, "args") == 0 || strcmp(what, "command") == 0;
    const char *shown = clear_shown(hidden ? "password" : what, node->text);
    const char *then =
        shown == node->text ? pool_printf(j->pool, "write \"%.80s\"", shown) : "put it into quotes";
    if (type == SCALAR_NULL)
        say(j, node->pos, "%s: nothing is \"\" to the API server; write that, or take it out", what);
    else if (type == SCALAR_TIME)
        say(j, node->pos, "%s: %.80s is text to Talos and a time to kustomize, so to Flux; %s", what, shown,
            then);
    else
        say(j, node->pos, "%s: %.80s is %s to the API server, which refuses it; %s", what, shown,
            type_word(type), then);
}

static void say_key(struct judging *j, const struct tree_node *key, const char *what)
{
    enum scalar_type type = scalar_type_11(key);
    if (type != SCALAR_TEXT)
        say(j, key->pos, "%s: the key %.80s is %s to some readers; write \"%.80s\"", what, key->text,
            type_word(type), key->text);
}

/* A map of texts by texts. */
static void want_texts(struct judging *j, const struct tree_node *map, const char *what)
{
    if (map->ref || map->kind != TREE_MAP)
        return;
    for (const struct tree_node *child = map->first; child; child = child->next) {
        if (child->ref || (child->kind == TREE_SCALAR && scalar_type_11(child) == SCALAR_TEXT))
            continue;
        if (child->kind == TREE_SCALAR)
            want_text(j, child, pool_printf(j->pool, "%s.%s", what, child->key->text), true);
        else
            say(j, child->pos, "%s.%s must be a text", what, child->key->text);
    }
}

static void want_list_of_texts(struct judging *j, const struct tree_node *list, const char *what)
{
    for (const struct tree_node *item = list->kind == TREE_SEQ ? list->first : NULL; item; item = item->next)
        if (item->kind == TREE_SCALAR)
            want_text(j, item, what, true);
        else if (!item->ref)
            say(j, item->pos, "an element of %s must be a text", what);
}

/* ---- lists that are merged by name ---- */

static const struct {
    const char *list;
    const char *keys[2];
} named[] = {
    {"containers", {"name", NULL}},        {"initContainers", {"name", NULL}},
    {"volumes", {"name", NULL}},           {"env", {"name", NULL}},
    {"volumeMounts", {"mountPath", NULL}}, {"volumeDevices", {"devicePath", NULL}},
    {"imagePullSecrets", {"name", NULL}},  {"hostAliases", {"ip", NULL}},
};

static bool same_key(const struct tree_node *a, const struct tree_node *b, const char *key)
{
    const char *left = tree_text(tree_get(a, key)), *right = tree_text(tree_get(b, key));
    return left && right && strcmp(left, right) == 0;
}

static void want_no_twins(struct judging *j, const struct tree_node *list)
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        const char *key = named[i].keys[0];
        if (list->kind != TREE_SEQ || !list->key || strcmp(list->key->text, named[i].list) != 0)
            continue;
        for (const struct tree_node *item = list->first; item; item = item->next)
            for (const struct tree_node *other = list->first; other != item; other = other->next)
                if (same_key(item, other, key)) {
                    say(j, item->pos,
                        "two elements of %s have the %s %.120s: the API server refuses that, and Talos stops "
                        "there",
                        named[i].list, key, tree_text(tree_get(item, key)));
                    break;
                }
    }
}

/* ---- addresses ---- */

/* 010.0.0.1: an address but for zeros that lead a part. */
static bool has_leading_zero(const char *text)
{
    if (text[strspn(text, "0123456789.")] != '\0')
        return false;
    size_t dots = 0;
    for (const char *at = text; *at; at++)
        dots += *at == '.';
    return dots == 3 && !text_is_address(text);
}

static void want_address(struct judging *j, const struct tree_node *node)
{
    static const char *const prefixes[] = {"cidr", "except", "loadBalancerSourceRanges", "podCIDR",
                                           "podCIDRs"};
    static const char *const addresses[] = {"ip", "clusterIP", "clusterIPs", "externalIPs", "loadBalancerIP"};
    const char *key = node->key ? node->key->text : "";
    for (size_t i = 0; i < 5; i++) {
        bool prefix = strcmp(key, prefixes[i]) == 0;
        if (!prefix && strcmp(key, addresses[i]) != 0)
            continue;
        for (const struct tree_node *at = node->kind == TREE_SEQ ? node->first : node; at;
             at = node->kind == TREE_SEQ ? at->next : NULL) {
            const char *text = tree_text(at);
            char address[64];
            size_t n = text ? strcspn(text, "/") : 0;
            if (!text || n >= sizeof address)
                continue;
            memcpy(address, text, n);
            address[n] = '\0';
            if (has_leading_zero(address))
                say(j, at->pos,
                    "%s: %.60s: Kubernetes 1.36 refuses zeros at the front of a part of an address in new "
                    "objects",
                    key, text);
            else if (prefix && scalar_has_host_bits(text))
                say(j, at->pos,
                    "%s: %.60s has bits set behind its prefix length, which Kubernetes 1.36 refuses in new "
                    "objects",
                    key, text);
        }
        return;
    }
}

/* ---- one object ---- */

/* Kinds of the API server's own; others give their fields other meanings. */
static bool is_builtin(const char *version)
{
    static const char *const groups[] = {"v1",
                                         "apps/",
                                         "batch/",
                                         "networking.k8s.io/",
                                         "policy/",
                                         "autoscaling/",
                                         "rbac.authorization.k8s.io/"};
    for (size_t i = 0; version && i < sizeof groups / sizeof groups[0]; i++)
        if (i == 0 ? strcmp(version, groups[i]) == 0 : strncmp(version, groups[i], strlen(groups[i])) == 0)
            return true;
    return false;
}

static void walk(struct judging *j, const struct tree_node *node, unsigned depth)
{
    static const char *const maps[] = {"labels", "annotations", "matchLabels", "nodeSelector"};
    static const char *const lists[] = {"args", "command", "finalizers", "resourceNames", "verbs"};
    /* Whatever has them, they are texts. */
    static const char *const texts[] = {"name", "namespace", "image", "key", "path", "mountPath", "host"};
    const char *key = node->key ? node->key->text : "";
    if (node->ref || depth > DEPTH_MAX)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(key, texts[i]) == 0 && node->kind == TREE_SCALAR)
            want_text(j, node, key, false);
    /* A Service's; others have mappings below theirs. */
    if (strcmp(key, "selector") == 0)
        for (const struct tree_node *child = node->first; child; child = child->next)
            if (child->kind == TREE_SCALAR)
                want_text(j, child, "selector", false);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        if (strcmp(key, maps[i]) == 0)
            want_texts(j, node, key);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (strcmp(key, lists[i]) == 0)
            want_list_of_texts(j, node, key);
    want_no_twins(j, node);
    want_address(j, node);
    if (strcmp(key, "env") == 0 && node->kind == TREE_SEQ)
        for (const struct tree_node *item = node->first; item; item = item->next) {
            const struct tree_node *value = tree_get(item, "value");
            if (value && value->kind == TREE_SCALAR)
                want_text(
                    j, value,
                    pool_printf(j->pool, "env %s",
                                tree_text(tree_get(item, "name")) ? tree_text(tree_get(item, "name")) : ""),
                    false);
        }
    for (const struct tree_node *child = node->first; child; child = child->next)
        walk(j, child, depth + 1);
}

/* ---- what Git brings ---- */

/* Talos's reader has the types of YAML 1.1; kustomize, which is before Flux's, has dates and only true and false. */
static void want_alike(struct judging *j, const struct tree_node *node)
{
    for (const struct tree_node *child = node->ref ? NULL : node->first; child; child = child->next) {
        enum scalar_type type = scalar_type_11(child);
        const char *what = child->key ? child->key->text : node->key ? node->key->text : "";
        if (child->key)
            say_key(j, child->key, node->key ? node->key->text : "the object");
        /* .inf and .nan are in no JSON. */
        bool nowhere = type == SCALAR_FLOAT && strpbrk(child->text, "nN");
        if (type == SCALAR_TIME || nowhere)
            want_text(j, child, what, false);
        if (type == SCALAR_BOOL && scalar_type(child) == SCALAR_TEXT)
            say(j, child->pos,
                "%s: %.80s is a boolean to Talos and text to kustomize, so to Flux; write true or false, or "
                "put it into quotes",
                what, child->text);
        bool annotation = node->key && strcmp(node->key->text, "annotations") == 0;
        if (child->style == STYLE_FOLDED && child->len > 1 && !annotation &&
            (strstr(child->text, "\n ") || strstr(child->text, "\n\t") ||
             memcmp(child->text + child->len - 2, "\n\n", 2) == 0))
            say(j, child->pos, "%s: kustomize, so Flux, folds this text otherwise; write | in the place of >",
                what);
        if (node->flow && child->key && child->kind == TREE_SCALAR && child->style == STYLE_PLAIN &&
            !child->len)
            say(j, child->pos, "%s: kustomize, so Flux, reads nothing in braces as \"\"; write null", what);
        want_alike(j, child);
    }
}

static void judge_head(struct judging *j, const struct tree_node *metadata)
{
    static const char *const exported[] = {"managedFields", "uid", "resourceVersion", "generation",
                                           "selfLink"};
    static const char *const texts[] = {"name", "namespace"};
    for (size_t i = 0; i < sizeof exported / sizeof exported[0]; i++) {
        const struct tree_node *node = tree_get(metadata, exported[i]);
        if (node && !tree_is_null(node))
            say(j, node->key->pos,
                "metadata.%s comes from an export of a cluster, and Talos cannot lay it: take it out",
                exported[i]);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct tree_node *node = tree_get(metadata, texts[i]);
        if (node && node->kind == TREE_SCALAR)
            want_text(j, node, pool_printf(j->pool, "metadata.%s", texts[i]), i == 0);
    }
}

static void judge_twice(struct judging *j, const struct tree_node *root, struct objects_seen *seen)
{
    const char *version = tree_text(tree_get(root, "apiVersion")), *kind = tree_text(tree_get(root, "kind"));
    const char *name = tree_text(tree_path(root, "metadata.name"));
    const char *ns = tree_text(tree_path(root, "metadata.namespace"));
    const char *slash = version ? strchr(version, '/') : NULL;
    if (!version || !kind || !name)
        return;
    /* The group without its version: both name the same object. */
    const char *identity = pool_printf(j->pool, "%.*s|%s|%s|%s", slash ? (int)(slash - version) : 0, version,
                                       kind, ns ? ns : "", name);
    for (const struct object_seen *s = seen->first; s; s = s->next)
        if (strcmp(s->identity, identity) == 0) {
            say(j, root->pos, "%s %s stands twice, first at %s:%u: Talos lays the first, Flux the last", kind,
                name, s->pos.file, (unsigned)s->pos.line);
            return;
        }
    struct object_seen *fresh = pool_alloc(seen->pool, sizeof *fresh);
    *fresh = (struct object_seen){pool_strdup(seen->pool, identity), root->pos, seen->first};
    const char *file = root->pos.file;
    fresh->pos.file = seen->first && strcmp(seen->first->pos.file, file) == 0 ? seen->first->pos.file
                                                                              : pool_strdup(seen->pool, file);
    seen->first = fresh;
}

static void check(struct pool *pool, const struct tree_node *root, struct objects_seen *seen,
                  struct errors *errors)
{
    const char *kind = tree_text(tree_get(root, "kind"));
    struct judging j = {.pool = pool, .errors = errors, .secret = kind && strcmp(kind, "Secret") == 0};
    const struct tree_node *items = tree_get(root, "items");
    if (items && items->kind == TREE_SEQ) {
        if (!head_items(root))
            say(&j, items->key->pos, "%s has items and is no List: Talos would lay its items and not itself",
                kind ? kind : "");
        for (const struct tree_node *item = items->first; item; item = item->next)
            check(pool, item, seen, errors);
        return;
    }
    judge_head(&j, tree_get(root, "metadata"));
    judge_twice(&j, root, seen);
    if (is_builtin(tree_text(tree_get(root, "apiVersion"))))
        walk(&j, root, 0);
    else if (tree_get(root, "metadata"))
        walk(&j, tree_get(root, "metadata"), 0);
    const struct tree_node *data = tree_get(root, "data");
    if (kind && strcmp(kind, "ConfigMap") == 0 && data)
        want_texts(&j, data, "data");
    want_alike(&j, root);
}

void object_check(struct pool *pool, const struct tree_node *root, struct objects_seen *seen,
                  struct errors *errors)
{
    struct judging j = {.pool = pool, .errors = errors};
    const struct tree_node *last = root;
    while (last->last)
        last = last->last;
    if (last->style >= STYLE_LITERAL && last->len > 1 && memcmp(last->text + last->len - 2, "\n\n", 2) == 0)
        say(&j, last->pos,
            "the document ends in a text that ends in empty lines, and how many differs from reader to "
            "reader: "
            "put it into double quotes, with \\n for each");
    check(pool, root, seen, errors);
}
