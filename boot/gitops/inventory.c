#include "gitops/inventory.h"

#include <string.h>

static void push(struct inventory *i, struct inventory_list **list, const char *text,
                 const struct walk_item *item)
{
    struct inventory_list *fresh = pool_alloc(i->pool, sizeof *fresh);

    *fresh = (struct inventory_list){text, item, *list};
    *list = fresh;
}

struct inventory_object *inventory_add(struct inventory *i, enum inventory_kind kind,
                                       const struct walk_item *item, const struct tree_node *root)
{
    struct inventory_object *object = pool_alloc(i->pool, sizeof *object);

    *object = (struct inventory_object){.kind = kind, .item = *item, .root = tree_copy(i->pool, root)};
    if (i->last)
        i->last->next = object;
    else
        i->first = object;
    i->last = object;
    if (kind != INVENTORY_STORE)
        return object;
    *(i->stores ? &i->last_store->next_store : &i->stores) = object;
    return i->last_store = object;
}

void inventory_maker(struct inventory *i, const char *text, struct pos pos)
{
    push(i, &i->makers, pool_printf(i->pool, "%s (%s:%u)", text, pos.file, (unsigned)pos.line), NULL);
}

void inventory_chart(struct inventory *i, const struct walk_item *item)
{
    struct walk_item *copy = pool_alloc(i->pool, sizeof *copy);

    *copy = *item;
    push(i, &i->charts, item->path, copy);
}

void inventory_file(struct inventory *i, const char *path)
{
    struct tracked_path *fresh = pool_alloc(i->pool, sizeof *fresh);

    *fresh = (struct tracked_path){path, i->files};
    i->files = fresh;
    i->file_count++;
}

static bool same(const char *a, const char *b)
{
    return !a || !b || strcmp(a, b) == 0;
}

const struct tree_node *inventory_want_map(struct inventory *i, const char *ns, const char *name)
{
    for (const struct inventory_map *m = i->maps; m; m = m->next)
        if (same(m->ns, ns) && strcmp(m->name, name) == 0)
            return m->data;
    for (const struct inventory_list *l = i->wanted; l; l = l->next)
        if (strcmp(l->text, name) == 0)
            return NULL;
    push(i, &i->wanted, pool_strdup(i->pool, name), NULL);
    i->learnt = true;
    return NULL;
}

void inventory_take_map(struct inventory *i, const char *ns, const char *name, const struct tree_node *data)
{
    bool wanted = false;

    for (const struct inventory_list *l = i->wanted; l && name; l = l->next)
        wanted |= strcmp(l->text, name) == 0;
    for (const struct inventory_map *m = i->maps; m && wanted; m = m->next)
        wanted = !(same(m->ns, ns) && strcmp(m->name, name) == 0);
    if (!wanted || !data)
        return;
    struct inventory_map *map = pool_alloc(i->pool, sizeof *map);
    *map = (struct inventory_map){ns ? pool_strdup(i->pool, ns) : NULL, pool_strdup(i->pool, name),
                                  tree_copy(i->pool, data), i->maps};
    i->maps = map;
    i->learnt = true;
}

bool inventory_wants(const struct inventory *i, const struct buf *text)
{
    for (const struct inventory_list *l = i->wanted; l; l = l->next)
        if (memmem(text->data, text->len, l->text, strlen(l->text)))
            return true;
    return false;
}

bool inventory_learnt(const struct inventory *i)
{
    return i->learnt;
}

void inventory_forget(struct inventory *i)
{
    *i = (struct inventory){.pool = i->pool, .wanted = i->wanted, .maps = i->maps};
}
