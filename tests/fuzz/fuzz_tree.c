/* A hostile YAML file: read, walked, kept without its pool, and laid over itself. */
#include "require.h"
#include "site/merge.h"
#include "site/ref.h"
#include "site/tree.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_ref(struct ref *ref, void *arg)
{
    (void)arg;
    bool around = ref->kind == REF_BASE64 || ref->kind == REF_BASE64DECODE;
    require(around == (ref->inner != NULL));
    require((around || ref->kind == REF_FORMAT) == (ref->name == NULL));
    require(ref->pos.file != NULL);
    return 0;
}

static int check_node(struct tree_node *node, void *arg)
{
    (void)arg;
    require(node->pos.line > 0 && node->pos.column > 0 && node->pos.file);
    char text[64];
    require((node->kind == TREE_SCALAR) == (node->text != NULL));
    require(!node->text || (strlen(node->text) == node->len && !node->first));
    uint32_t children = 0;
    for (const struct tree_node *child = node->first; child; child = child->next, children++)
        require((node->kind == TREE_MAP) == (child->key != NULL) && (child->next || child == node->last));
    require(children == node->count);
    if (node->ref) {
        ref_walk(node->ref, check_ref, NULL);
        require(strlen(ref_print(text, sizeof text, node->ref)) < sizeof text);
    }
    return 0;
}

static int check_plain(struct tree_node *node, void *arg)
{
    require(!node->ref && (node->kind != TREE_SCALAR || strlen(node->text) == node->len));
    return check_node(node, arg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new();
    struct document *docs = NULL;
    struct error e = {0};
    if (tree_read_plain(pool, "plain.yaml", data, size, &docs, &e) != 0)
        require(!docs && e.code != E_NONE && e.text[0]);
    for (struct document *at = docs; at; at = at->next)
        tree_walk(at->root, check_plain, NULL);
    if (tree_read(pool, "fuzz.yaml", data, size, &docs, &e) != 0) {
        require(!docs && e.code != E_NONE && e.text[0]);
        pool_free(pool);
        return 0;
    }
    for (struct document *at = docs; at; at = at->next)
        tree_walk(at->root, check_node, NULL);
    struct document *overlay = NULL;
    require(tree_read(pool, "over.yaml", data, size, &overlay, &e) == 0);
    if (merge_documents(pool, &docs, overlay, NULL, &e) != 0)
        require(e.code == E_MERGE);
    struct pool *kept = pool_new();
    struct tree_node *all = tree_seq(kept, (struct pos){"kept.yaml", 1, 1});
    for (struct document *at = docs; at; at = at->next) {
        tree_walk(at->root, check_node, NULL);
        if (at->root)
            tree_add(kept, all, NULL, tree_keep(kept, "kept.yaml", at->root));
    }
    pool_free(pool);
    tree_walk(all, check_node, NULL);
    pool_free(kept);
    return 0;
}
