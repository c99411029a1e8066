#include "plan/plan.h"

#include "site/ref.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_ref(const struct ref *a, const struct ref *b, unsigned depth)
{
    if (!a || !b || depth > 4)
        return a == b;
    if (a->kind != b->kind || !same_text(a->name, b->name) || !same_text(a->version, b->version) ||
        !same_text(a->pointer, b->pointer) || !same_ref(a->inner, b->inner, depth + 1))
        return false;
    const struct ref_part *p = a->parts;
    const struct ref_part *q = b->parts;
    for (; p && q; p = p->next, q = q->next) {
        if (!same_text(p->literal, q->literal) || !same_ref(p->ref, q->ref, depth + 1))
            return false;
    }
    return p == q;
}

static bool same_scalar(const struct tree_node *a, const struct tree_node *b)
{
    return a->style == b->style && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* The vault is part of a secret's name: the same reference in two roles may be two values. */
static bool same_vault(const struct plan *a, const struct plan *b)
{
    return strcmp(a->entry->role->vault, b->entry->role->vault) == 0;
}

/* What a !node of a manifest becomes. Two roles may share a cluster and differ in everything else. */
static bool same_value(const struct plan *pa, const struct plan *pb, const struct ref *ref)
{
    if (ref->kind == REF_SECRET)
        return same_vault(pa, pb);
    if (ref->kind != REF_NODE)
        return true;
    struct error e;
    const struct tree_node *a = plan_value(pa, ref, &e);
    const struct tree_node *b = plan_value(pb, ref, &e);
    return a && b && a->kind == TREE_SCALAR && b->kind == TREE_SCALAR && same_scalar(a, b);
}

struct pair {
    const struct plan *a;
    const struct plan *b;
};

static int visit(struct ref *ref, void *arg)
{
    const struct pair *pair = arg;
    return same_value(pair->a, pair->b, ref) ? 0 : 1;
}

/* Depth is that of a file: TREE_DEPTH_MAX. */
static const struct tree_node *difference(const struct pair *pair, const struct tree_node *a,
                                          const struct tree_node *b)
{
    if (!a || !b)
        return a != b ? (a ? a : b) : NULL;
    if (!same_ref(a->ref, b->ref, 0) || (a->ref && ref_walk(a->ref, visit, (void *)(uintptr_t)pair) != 0))
        return b;
    if (a->kind != b->kind || a->count != b->count)
        return b;
    if (a->kind == TREE_SCALAR)
        return a->ref || same_scalar(a, b) ? NULL : b;
    const struct tree_node *p = a->first;
    const struct tree_node *q = b->first;
    for (; p && q; p = p->next, q = q->next) {
        if ((p->key != NULL) != (q->key != NULL) || (p->key && !same_scalar(p->key, q->key)))
            return q;
        const struct tree_node *found = difference(pair, p, q);
        if (found)
            return found;
    }
    return NULL;
}

int plan_same_manifests(const struct plan *a, const struct plan *b, struct error *e)
{
    struct pair pair = {.a = a, .b = b};
    unsigned count = a->manifest_count < b->manifest_count ? a->manifest_count : b->manifest_count;
    struct pos pos = b->entry->pos;
    for (unsigned i = 0; i < count; i++) {
        const struct plan_manifest *m = &a->manifests[i];
        const struct plan_manifest *n = &b->manifests[i];
        if (strcmp(m->name, n->name) != 0)
            return error_at(e, pos, E_PLAN_MANIFESTS_DIFFER, "%s carries the manifest %s where %s carries %s",
                            a->name, m->name, b->name, n->name);
        bool same = span_same(m->bytes, n->bytes);
        if (!same && (!m->docs || !n->docs))
            return error_at(e, pos, E_PLAN_MANIFESTS_DIFFER, "%s and %s carry different %s: %s is not %s",
                            a->name, b->name, m->name, m->file, n->file);
        if (same && m->bytes.n)
            continue;
        struct document *p = m->docs;
        struct document *q = n->docs;
        for (; p && q; p = p->next, q = q->next) {
            if (plan_whole(a, m, p, e) != 0 || plan_whole(b, n, q, e) != 0)
                return -1;
            const struct tree_node *found = difference(&pair, p->root, q->root);
            if (found)
                return error_at(e, found->pos, E_PLAN_MANIFESTS_DIFFER,
                                "the manifest %s of %s differs from that of %s here", m->name, b->name,
                                a->name);
        }
        if (p != q)
            return error_at(e, pos, E_PLAN_MANIFESTS_DIFFER,
                            "the manifest %s has more objects on one of %s and %s", m->name, a->name,
                            b->name);
    }
    if (a->manifest_count != b->manifest_count)
        return error_at(e, pos, E_PLAN_MANIFESTS_DIFFER, "%s carries %u manifests and %s %u", a->name,
                        a->manifest_count, b->name, b->manifest_count);
    return 0;
}
