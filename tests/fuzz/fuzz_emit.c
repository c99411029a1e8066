/*
 * Whatever tree_read() takes, emit_documents() writes so that tree_read() gives the same tree; and any text
 * without NUL, put where a secret would stand, comes back unchanged and quoted.
 */
#include "base/mem.h"
#include "base/text.h"
#include "site/emit.h"
#include "require.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int has_ref(struct tree_node *node, void *arg)
{
    (void)arg;
    return node->ref != NULL;
}

static bool same(const struct tree_node *a, const struct tree_node *b)
{
    const struct tree_node *x = a->first, *y = b->first;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == TREE_SCALAR && (a->len != b->len || memcmp(a->text, b->text, a->len) != 0))
        return false;
    if (a->kind == TREE_SCALAR && a->style != STYLE_PLAIN && b->style == STYLE_PLAIN)
        return false;
    for (; x && y; x = x->next, y = y->next)
        if (!same(x, y) || (x->key && !same(x->key, y->key)))
            return false;
    return !x && !y;
}

/* Emits and reads again; what comes back must be the same documents. */
static void round_trip(struct pool *pool, const struct document *docs)
{
    struct buf out = {0};
    struct error e = {0};
    if (emit_documents(&out, docs, "fuzz", &e) != 0) {
        /* Indentation makes deep trees longer than what may be read or written. */
        require(e.code == E_RENDER_SIZE);
        buf_free(&out);
        return;
    }
    struct document *back = NULL;
    if (out.len <= TREE_BYTES_MAX) {
        require(tree_read(pool, "out", out.data ? out.data : "", out.len, &back, &e) == 0);
        for (; docs; docs = docs->next) {
            if (!docs->root)
                continue;
            require(back && same(docs->root, back->root));
            back = back->next;
        }
        require(back == NULL);
    }
    buf_free(&out);
}

static void emit_tree(const uint8_t *data, size_t size)
{
    struct pool *pool = pool_new();
    struct document *docs = NULL;
    struct error e = {0};
    bool refs = false;
    if (tree_read(pool, "in", data, size, &docs, &e) == 0) {
        for (struct document *d = docs; d; d = d->next)
            refs |= tree_walk(d->root, has_ref, NULL) != 0;
        if (!refs)
            round_trip(pool, docs);
    }
    pool_free(pool);
}

static void emit_value(const char *text, size_t len)
{
    static const enum tree_style styles[] = {STYLE_SINGLE, STYLE_DOUBLE, STYLE_LITERAL, STYLE_FOLDED};
    static const struct pos here = {"fuzz", 1, 1};
    struct pool *pool = pool_new();
    struct tree_node *root = tree_map(pool, here), *list = tree_seq(pool, here);
    struct document doc = {.root = root};
    tree_add(pool, root, "list", list);
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        tree_add(pool, list, NULL, tree_scalar(pool, here, text, len, styles[i]));
        tree_add(pool, root, "x", tree_scalar(pool, here, text, len, styles[i]));
        root->last->key = tree_scalar(pool, here, &"abcd"[i], 1, STYLE_PLAIN);
    }
    round_trip(pool, &doc);
    pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    emit_tree(data, size);
    if (text_is_utf8(data, size) && (size == 0 || !memchr(data, 0, size)))
        emit_value((const char *)data, size);
    return 0;
}
