#include "plan/head.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_ 64 /* more than the longest path has */

static const char *const paths[] = {"apiVersion",    "kind",
                                    "metadata.name", "metadata.namespace",
                                    "spec.group",    "spec.names.kind",
                                    "spec.scope",    "data.kube-proxy-replacement"};

const struct tree_node *head_items(const struct tree_node *root)
{
    const char *kind = tree_text(tree_get(root, "kind"));
    const struct tree_node *items = tree_get(root, "items");
    size_t n = kind ? strlen(kind) : 0;
    return n >= 4 && strcmp(kind + n - 4, "List") == 0 && items && items->kind == TREE_SEQ ? items : NULL;
}

/* A copy without children, as the child of what its own parent becomes. */
static struct tree_node *bare(struct pool *pool, const char *file, const struct tree_node *from)
{
    struct tree_node without = *from;
    without.first = without.last = NULL;
    without.count = 0;
    return tree_keep(pool, file, &without);
}

/* `at`: what leads to `from`, with a dot behind it, or "". */
static struct tree_node *pick(struct pool *pool, const char *file, const struct tree_node *from,
                              const char *at)
{
    struct tree_node *copy = bare(pool, file, from);
    for (const struct tree_node *child = from->first; child; child = child->next) {
        char path[PATH_MAX_];
        int n = snprintf(path, sizeof path, "%s%s.", at, child->key->text);
        bool leads = false, named = false;
        for (size_t i = 0; n < PATH_MAX_ && i < sizeof paths / sizeof *paths; i++) {
            named |= strlen(paths[i]) == (size_t)n - 1 && strncmp(paths[i], path, (size_t)n - 1) == 0;
            leads |= strncmp(paths[i], path, (size_t)n) == 0;
        }
        if (named)
            tree_add(pool, copy, NULL, tree_keep(pool, file, child));
        else if (leads && child->kind == TREE_MAP)
            tree_add(pool, copy, NULL, pick(pool, file, child, path));
    }
    return copy;
}

struct tree_node *head_of(struct pool *pool, const char *file, const struct tree_node *root)
{
    const struct tree_node *items = head_items(root);
    if (root->kind != TREE_MAP || tree_is(tree_get(root, "kind"), "Secret"))
        return tree_keep(pool, file, root);
    struct tree_node *head = pick(pool, file, root, "");
    if (items) {
        struct tree_node *heads = bare(pool, file, items);
        for (const struct tree_node *item = items->first; item; item = item->next)
            tree_add(pool, heads, NULL, head_of(pool, file, item));
        tree_add(pool, head, NULL, heads);
    }
    return head;
}
