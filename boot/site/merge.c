#include "site/merge.h"

#include "site/merge_rules.h"
#include "site/ref.h"

#include <string.h>

#define DOCUMENTS_MAX 1000 /* of one file */

/* One overlay document on its way into one base document. */
struct merging {
    struct pool *pool;
    const char *kind; /* of the document; NULL: the main one */
    struct error *e;
};

/* ---- documents ---- */

/* Text by which documents are told apart. A reference is compared as it is written. */
static const char *identity(struct pool *pool, const struct node *root, const char *key)
{
    const struct node *node = node_get(root, key);
    char *out = NULL;

    if (!node)
        return "";
    if (!node->ref)
        return node->kind == NODE_SCALAR ? node->text : "";
    out = pool_alloc(pool, 512);
    return ref_print(out, 512, node->ref);
}

static bool is_main(const struct node *root)
{
    return !node_get(root, "kind");
}

static bool is_same_document(struct pool *pool, const struct node *a, const struct node *b)
{
    static const char *const keys[] = {"apiVersion", "kind", "name"};

    if (is_main(a) || is_main(b))
        return is_main(a) && is_main(b);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(identity(pool, a, keys[i]), identity(pool, b, keys[i])) != 0)
            return false;
    return true;
}

struct document *document_find(struct document *list, const char *kind, const char *name)
{
    for (; list; list = list->next) {
        if (!list->root || list->root->kind != NODE_MAP || list->root->ref)
            continue;
        if (kind ? !node_is(node_get(list->root, "kind"), kind) : !is_main(list->root))
            continue;
        if (!name || node_is(node_get(list->root, "name"), name))
            return list;
    }
    return NULL;
}

/* ---- deletes ---- */

/* 1: the mapping says `$patch: delete`; 0: it has no $patch; -1: it has another one. */
static int says_delete(struct merging *m, const struct node *map)
{
    const struct node *patch = node_get(map, "$patch");

    if (!patch)
        return 0;
    if (node_is(patch, "delete"))
        return 1;
    return error_at(m->e, patch->pos, E_MERGE, "$patch can only be \"delete\"");
}

static int refuse_patch(struct node *node, void *arg)
{
    const struct node *patch = node_get(node, "$patch");
    struct merging *m = arg;

    return patch ? error_at(m->e, patch->pos, E_MERGE,
                            "nothing inside an element of a list can be deleted; "
                            "delete the element and add it anew")
                 : 0;
}

/* Takes the first element out of the base list whose field equals the overlay element's first other key. */
static int delete_element(struct merging *m, struct node *base, const struct node *element)
{
    const struct node *selector = element->first;

    if (strcmp(selector->key->text, "$patch") == 0)
        selector = selector->next;
    if (!selector || !node_text(selector))
        return error_at(m->e, element->pos, E_MERGE,
                        "$patch: delete in a list needs a key with text that says which element");
    for (struct node *at = base && base->kind == NODE_SEQ ? base->first : NULL; at; at = at->next) {
        if (!node_is(node_get(at, selector->key->text), selector->text))
            continue;
        node_remove(base, at);
        return 0;
    }
    return error_at(m->e, element->pos, E_MERGE, "there is no element with %.120s: %.200s to delete",
                    selector->key->text, selector->text);
}

static int delete_in_list(struct merging *m, struct node *base, struct node *overlay)
{
    for (struct node *element = overlay->first, *next = NULL; element; element = next) {
        int deletes = element->kind == NODE_MAP ? says_delete(m, element) : 0;

        next = element->next;
        if (deletes < 0)
            return -1;
        if (deletes == 0) {
            if (node_walk(element, refuse_patch, m) != 0)
                return -1;
            continue;
        }
        if (delete_element(m, base, element) != 0)
            return -1;
        node_remove(overlay, element);
    }
    return 0;
}

/* Carries out every delete below an overlay map and takes it out of the overlay; a map or list that holds
 * nothing else goes, too. Depth is the tree's, at most TREE_DEPTH_MAX. */
static int delete_in_map(struct merging *m, struct node *base, struct node *overlay)
{
    for (struct node *child = overlay->first, *next = NULL; child; child = next) {
        struct node *old = node_get(base, child->key->text);
        int deletes = child->kind == NODE_MAP ? says_delete(m, child) : 0;
        uint32_t count = child->count;

        next = child->next;
        if (deletes < 0)
            return -1;
        if (deletes > 0) {
            if (!old)
                return error_at(m->e, child->key->pos, E_MERGE, "there is no \"%.120s\" to delete",
                                child->key->text);
            node_remove(base, old);
            node_remove(overlay, child);
            continue;
        }
        if (child->kind == NODE_MAP && delete_in_map(m, old, child) != 0)
            return -1;
        if (child->kind == NODE_SEQ && delete_in_list(m, old, child) != 0)
            return -1;
        if (count > 0 && child->count == 0)
            node_remove(overlay, child);
    }
    return 0;
}

/* ---- merge ---- */

static int merge_map(struct merging *m, const char *path, struct node *base, struct node *overlay);

static const char *kind_name(const struct node *node)
{
    static const char *const names[] = {
        [NODE_SCALAR] = "a single value", [NODE_MAP] = "a mapping", [NODE_SEQ] = "a list"};

    return node->ref ? "a reference" : names[node->kind];
}

/* Puts a value where another stood: the order of the base stays, the position is the overlay's. */
static void replace(struct node *parent, struct node *old, struct node *value)
{
    struct node **link = &parent->first;

    while (*link && *link != old)
        link = &(*link)->next;
    value->next = old->next;
    *link = value;
    if (parent->last == old)
        parent->last = value;
}

static bool is_same_value(const struct node *a, const struct node *b)
{
    if (a->ref || b->ref || a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == NODE_SCALAR)
        return strcmp(a->text, b->text) == 0;
    if (a->kind == NODE_SEQ) {
        const struct node *right = b->first;
        for (const struct node *left = a->first; left; left = left->next, right = right->next)
            if (!is_same_value(left, right))
                return false;
        return true;
    }
    for (const struct node *left = a->first; left; left = left->next) {
        const struct node *right = node_get(b, left->key->text);
        if (!right || !is_same_value(left, right))
            return false;
    }
    return true;
}

/* The element of a keyed list that an overlay's element means, or NULL. */
static struct node *find_element(const struct merge_rule *rule, const struct node *base,
                                 const struct node *element)
{
    const char *field = rule->key;
    const char *text = node_text(node_get(element, field));
    const struct node *selector = NULL;

    if (!text || text[0] == '\0') {
        /* An interface without a name is known by its whole selector. */
        if (strcmp(field, "interface") != 0)
            return NULL;
        field = "deviceSelector";
        selector = node_get(element, field);
        if (!selector)
            return NULL;
    }
    for (struct node *at = base->first; at; at = at->next) {
        const struct node *own = node_get(at, field);
        if (selector ? own && is_same_value(own, selector) : node_is(own, text))
            return at;
    }
    return NULL;
}

static int merge_list(struct merging *m, const char *path, const struct merge_rule *rule, struct node *base,
                      struct node *overlay)
{
    bool keyed = rule->how == MERGE_KEYED || rule->how == MERGE_KEYED_WHOLE;

    for (struct node *element = overlay->first, *next = NULL; element; element = next) {
        struct node *old = keyed && element->kind == NODE_MAP ? find_element(rule, base, element) : NULL;

        next = element->next;
        if (!old)
            node_add(m->pool, base, NULL, element);
        else if (rule->how == MERGE_KEYED_WHOLE)
            replace(base, old, element);
        else if (merge_map(m, path, old, element) != 0)
            return -1;
    }
    return 0;
}

/* A value over the one that stands there already. */
static int merge_value(struct merging *m, const char *path, struct node *parent, struct node *old,
                       struct node *value)
{
    const struct merge_rule *rule = merge_rule(m->kind, path);

    if (is_null(value))
        return 0;
    if (is_null(old)) {
        replace(parent, old, value);
        return 0;
    }
    if (value->ref || old->ref) {
        /* Both sides are scalars as far as anybody can know yet; only install.disk becomes a mapping. */
        bool was_disk = old->ref && old->ref->kind == REF_NODE && strcmp(old->ref->name, "install.disk") == 0;
        bool is_disk =
            value->ref && value->ref->kind == REF_NODE && strcmp(value->ref->name, "install.disk") == 0;
        bool scalars = (old->ref ? !was_disk : old->kind == NODE_SCALAR) &&
            (value->ref ? !is_disk : value->kind == NODE_SCALAR);
        bool maps =
            (old->ref ? was_disk : old->kind == NODE_MAP) && (value->ref ? is_disk : value->kind == NODE_MAP);

        if (!scalars && !maps)
            return error_at(m->e, value->pos, E_MERGE, "\"%.200s\" is %s here and %s at %s:%u", path,
                            kind_name(value), kind_name(old), old->pos.file, (unsigned)old->pos.line);
        if (scalars && !value->ref && value->len == 0)
            return 0;
        replace(parent, old, value);
        return 0;
    }
    if (value->kind != old->kind)
        return error_at(m->e, value->pos, E_MERGE, "\"%.200s\" is %s here and %s at %s:%u", path,
                        kind_name(value), kind_name(old), old->pos.file, (unsigned)old->pos.line);
    if (rule->how == MERGE_REPLACE) {
        if (value->kind != NODE_MAP || value->count > 0)
            replace(parent, old, value);
        return 0;
    }
    switch (value->kind) {
    case NODE_MAP:
        return merge_map(m, path, old, value);
    case NODE_SEQ:
        return merge_list(m, path, rule, old, value);
    case NODE_SCALAR:
    default:
        if (!merge_keeps(m->kind, path, old, value))
            replace(parent, old, value);
        return 0;
    }
}

static int merge_map(struct merging *m, const char *path, struct node *base, struct node *overlay)
{
    bool arguments = merge_rule(m->kind, path)->how == MERGE_ARGUMENTS;

    for (struct node *child = overlay->first, *next = NULL; child; child = next) {
        const char *key = child->key->text;
        struct node *old = node_get(base, key);

        next = child->next;
        if (old && arguments) {
            replace(base, old, child);
        } else if (old) {
            if (merge_value(m, pool_printf(m->pool, "%s%s%s", path, path[0] ? "." : "", key), base, old,
                            child) != 0)
                return -1;
        } else if (!is_null(child)) {
            node_add(m->pool, base, NULL, child);
        }
    }
    return 0;
}

/* Clears what Talos clears when an overlay does not say it anew. */
static void forget(const struct merging *m, struct node *base, const struct node *overlay)
{
    const char *path = NULL;

    for (unsigned i = 0; (path = merge_forgets(m->kind, i)); i++) {
        struct node *parent = base, *found = node_path(base, path);
        const char *leaf = strrchr(path, '.');

        if (!found || node_path(overlay, path))
            continue;
        if (leaf)
            parent = node_path(base, pool_memdup(m->pool, path, (size_t)(leaf - path)));
        node_remove(parent, found);
    }
}

/* ---- one overlay ---- */

int documents_check(struct pool *pool, const struct document *list, struct error *e)
{
    unsigned count = 0;

    for (const struct document *at = list; at; at = at->next) {
        const struct node *root = at->root;

        if (!root)
            continue;
        if (++count > DOCUMENTS_MAX)
            return error_at(e, root->pos, E_MERGE, "more than %d documents in one file", DOCUMENTS_MAX);
        if (root->kind != NODE_MAP || root->ref)
            return error_at(e, root->pos, E_MERGE, "a document must be a mapping");
        if (!node_get(root, "kind") != !node_get(root, "apiVersion"))
            return error_at(e, root->pos, E_MERGE, "a document has both apiVersion and kind, or neither");
        for (const struct document *first = list; first != at; first = first->next)
            if (first->root && is_same_document(pool, first->root, root))
                return error_at(e, root->pos, E_MERGE,
                                "this document stands twice in the file; first at line %u",
                                (unsigned)first->pos.line);
    }
    return 0;
}

static struct document **find_pair(struct pool *pool, struct document **base, const struct node *root)
{
    struct document **link = base;

    while (*link &&
           !((*link)->root && (*link)->root->kind == NODE_MAP && is_same_document(pool, (*link)->root, root)))
        link = &(*link)->next;
    return link;
}

static int merge_document(struct pool *pool, struct document **base, const struct document *overlay,
                          struct error *e)
{
    struct node *root = node_copy(pool, overlay->root);
    struct document **pair = find_pair(pool, base, root);
    struct merging m = {.pool = pool, .kind = is_main(root) ? NULL : identity(pool, root, "kind"), .e = e};
    int deletes = says_delete(&m, root);

    if (deletes < 0)
        return -1;
    if (deletes > 0) {
        if (is_main(root))
            return error_at(e, root->pos, E_MERGE, "the main document cannot be deleted");
        if (*pair)
            *pair = (*pair)->next;
        return 0;
    }
    if (delete_in_map(&m, *pair ? (*pair)->root : NULL, root) != 0)
        return -1;
    if (*pair) {
        forget(&m, (*pair)->root, root);
        return merge_map(&m, "", (*pair)->root, root);
    }
    *pair = pool_alloc(pool, sizeof **pair);
    (*pair)->root = root;
    (*pair)->pos = overlay->pos;
    return 0;
}

int merge_documents(struct pool *pool, struct document **base, const struct document *overlay,
                    struct error *e)
{
    if (documents_check(pool, overlay, e) != 0)
        return -1;
    for (const struct document *at = overlay; at; at = at->next)
        if (at->root && merge_document(pool, base, at, e) != 0)
            return -1;
    return 0;
}
