#include "site/tree.h"

#include "site/ref.h"

#include <string.h>

struct tree_node *tree_get(const struct tree_node *map, const char *key)
{
    if (!map || map->kind != TREE_MAP || map->ref)
        return NULL;
    for (struct tree_node *child = map->first; child; child = child->next)
        if (child->key && strcmp(child->key->text, key) == 0)
            return child;
    return NULL;
}

static struct tree_node *get_span(const struct tree_node *map, const char *key, size_t len)
{
    if (!map || map->kind != TREE_MAP || map->ref)
        return NULL;
    for (struct tree_node *child = map->first; child; child = child->next)
        if (child->key && child->key->len == len && memcmp(child->key->text, key, len) == 0)
            return child;
    return NULL;
}

struct tree_node *tree_path(const struct tree_node *root, const char *path)
{
    struct tree_node *found = NULL;
    const struct tree_node *at = root;
    for (;;) {
        size_t len = strcspn(path, ".");
        found = get_span(at, path, len);
        if (!found || path[len] == '\0')
            return found;
        at = found;
        path += len + 1;
    }
}

const char *tree_text(const struct tree_node *node)
{
    return node && node->kind == TREE_SCALAR && !node->ref ? node->text : NULL;
}

bool tree_is_null(const struct tree_node *node)
{
    static const char *const spellings[] = {"", "~", "null", "Null", "NULL"};
    const char *text = tree_text(node);
    for (size_t i = 0; text && node->style == STYLE_PLAIN && i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(text, spellings[i]) == 0)
            return true;
    return false;
}

bool tree_is(const struct tree_node *node, const char *text)
{
    const char *own = tree_text(node);
    return own && strcmp(own, text) == 0;
}

static struct tree_node *node_new(struct pool *pool, enum tree_kind kind, struct pos pos)
{
    struct tree_node *node = pool_alloc(pool, sizeof *node);
    node->kind = kind;
    node->pos = pos;
    return node;
}

struct tree_node *tree_scalar(struct pool *pool, struct pos pos, const char *text, size_t len,
                              enum tree_style style)
{
    struct tree_node *node = node_new(pool, TREE_SCALAR, pos);
    node->style = style;
    node->text = pool_memdup(pool, text, len);
    node->len = len;
    return node;
}

struct tree_node *tree_map(struct pool *pool, struct pos pos)
{
    return node_new(pool, TREE_MAP, pos);
}

struct tree_node *tree_seq(struct pool *pool, struct pos pos)
{
    return node_new(pool, TREE_SEQ, pos);
}

void tree_add(struct pool *pool, struct tree_node *parent, const char *key, struct tree_node *child)
{
    if (key)
        child->key = tree_scalar(pool, child->pos, key, strlen(key), STYLE_PLAIN);
    else if (parent->kind != TREE_MAP)
        child->key = NULL;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

void tree_insert(struct pool *pool, struct tree_node *parent, const struct tree_node *before, const char *key,
                 struct tree_node *child)
{
    tree_add(pool, parent, key, child);
    if (!before || parent->first == child)
        return;
    struct tree_node **at = &parent->first, *last = parent->first;
    while (last->next != child)
        last = last->next;
    while (*at != before)
        at = &(*at)->next;
    last->next = NULL;
    parent->last = last;
    child->next = *at;
    *at = child;
}

void tree_remove(struct tree_node *parent, struct tree_node *child)
{
    struct tree_node *before = NULL;
    for (struct tree_node *at = parent->first; at; before = at, at = at->next) {
        if (at != child)
            continue;
        if (before)
            before->next = at->next;
        else
            parent->first = at->next;
        if (parent->last == at)
            parent->last = before;
        at->next = NULL;
        parent->count--;
        return;
    }
}

struct tree_node *tree_copy(struct pool *pool, const struct tree_node *node)
{
    struct tree_node *copy = pool_alloc(pool, sizeof *copy);
    /* Text and references never change once made, but the tree copied from may live in another pool. */
    *copy = *node;
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    if (node->text)
        copy->text = pool_memdup(pool, node->text, node->len);
    if (node->key)
        copy->key = tree_copy(pool, node->key);
    for (const struct tree_node *child = node->first; child; child = child->next)
        tree_add(pool, copy, NULL, tree_copy(pool, child));
    return copy;
}

struct keeping {
    struct pool *pool;
    const char *file;
};

static int keep(struct tree_node *node, void *arg)
{
    const struct keeping *to = arg;
    node->pos.file = to->file;
    if (node->key)
        node->key->pos.file = to->file;
    if (node->ref)
        node->ref = ref_keep(to->pool, to->file, node->ref);
    return 0;
}

struct tree_node *tree_keep(struct pool *pool, const char *file, const struct tree_node *node)
{
    struct keeping to = {pool, file};
    struct tree_node *copy = tree_copy(pool, node);
    (void)tree_walk(copy, keep, &to);
    return copy;
}

int tree_walk(struct tree_node *root, int (*visit)(struct tree_node *node, void *arg), void *arg)
{
    int stop = root ? visit(root, arg) : 0;
    for (struct tree_node *child = root ? root->first : NULL; child && stop == 0; child = child->next)
        stop = tree_walk(child, visit, arg);
    return stop;
}
