#include "site/tree.h"

#include <string.h>

struct node *node_get(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP || map->ref)
        return NULL;
    for (struct node *child = map->first; child; child = child->next)
        if (child->key && strcmp(child->key->text, key) == 0)
            return child;
    return NULL;
}

static struct node *get_span(const struct node *map, const char *key, size_t len)
{
    if (!map || map->kind != NODE_MAP || map->ref)
        return NULL;
    for (struct node *child = map->first; child; child = child->next)
        if (child->key && child->key->len == len && memcmp(child->key->text, key, len) == 0)
            return child;
    return NULL;
}

struct node *node_path(const struct node *root, const char *path)
{
    struct node *found = NULL;
    const struct node *at = root;

    for (;;) {
        size_t len = strcspn(path, ".");
        found = get_span(at, path, len);
        if (!found || path[len] == '\0')
            return found;
        at = found;
        path += len + 1;
    }
}

const char *node_text(const struct node *node)
{
    return node && node->kind == NODE_SCALAR && !node->ref ? node->text : NULL;
}

bool node_is(const struct node *node, const char *text)
{
    const char *own = node_text(node);
    return own && strcmp(own, text) == 0;
}

static struct node *node_new(struct pool *pool, enum node_kind kind, struct pos pos)
{
    struct node *node = pool_alloc(pool, sizeof *node);
    node->kind = kind;
    node->pos = pos;
    return node;
}

struct node *node_scalar(struct pool *pool, struct pos pos, const char *text, size_t len,
                         enum node_style style)
{
    struct node *node = node_new(pool, NODE_SCALAR, pos);
    node->style = style;
    node->text = pool_memdup(pool, text, len);
    node->len = len;
    return node;
}

struct node *node_map(struct pool *pool, struct pos pos)
{
    return node_new(pool, NODE_MAP, pos);
}

struct node *node_seq(struct pool *pool, struct pos pos)
{
    return node_new(pool, NODE_SEQ, pos);
}

void node_add(struct pool *pool, struct node *parent, const char *key, struct node *child)
{
    if (key)
        child->key = node_scalar(pool, child->pos, key, strlen(key), STYLE_PLAIN);
    else if (parent->kind != NODE_MAP)
        child->key = NULL;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

void node_remove(struct node *parent, struct node *child)
{
    struct node *before = NULL;

    for (struct node *at = parent->first; at; before = at, at = at->next) {
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

struct node *node_copy(struct pool *pool, const struct node *node)
{
    struct node *copy = pool_alloc(pool, sizeof *copy);

    /* Text and references never change once made, but the tree copied from may live in another pool. */
    *copy = *node;
    copy->first = copy->last = copy->next = NULL;
    copy->count = 0;
    if (node->text)
        copy->text = pool_memdup(pool, node->text, node->len);
    if (node->key)
        copy->key = node_copy(pool, node->key);
    for (const struct node *child = node->first; child; child = child->next)
        node_add(pool, copy, NULL, node_copy(pool, child));
    return copy;
}

int node_walk(struct node *root, int (*visit)(struct node *node, void *arg), void *arg)
{
    int stop = root ? visit(root, arg) : 0;

    for (struct node *child = root ? root->first : NULL; child && stop == 0; child = child->next)
        stop = node_walk(child, visit, arg);
    return stop;
}
