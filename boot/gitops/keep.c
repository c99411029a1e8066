#include "gitops/gitops.h"

#include <string.h>

#define PRUNE "kustomize.toolkit.fluxcd.io/prune"

static bool is_kept(const struct tree_node *annotations)
{
    return tree_is(tree_get(annotations, PRUNE), "disabled");
}

/* A selector of kustomize's patches is a regular expression for the whole word; one that is left out takes all. */
static bool takes_all(const struct tree_node *target, const char *key)
{
    const struct tree_node *node = tree_get(target, key);
    return !node || tree_is(node, ".*");
}

/* Whether the patch gives every object the annotation. Its text is YAML of its own. */
static bool keeps_all(struct pool *pool, const char *path, const struct tree_node *patch)
{
    static const char *const selectors[] = {"group",     "version",       "kind",
                                            "namespace", "labelSelector", "annotationSelector"};
    const struct tree_node *target = tree_get(patch, "target");
    const char *text = tree_text(tree_get(patch, "patch"));
    if (!target || !text || !takes_all(target, "name"))
        return false;
    for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++)
        if (!takes_all(target, selectors[i]))
            return false;
    struct document *docs = NULL;
    UNSET struct error ignored;
    return tree_read(pool, path, text, strlen(text), &docs, &ignored) == 0 && docs &&
        is_kept(tree_path(docs->root, "metadata.annotations"));
}

static bool kept(const struct plan *plan, struct pool *pool, const char *path)
{
    struct document *docs = NULL;
    UNSET struct error ignored;
    if (site_tree(plan->site, pool, path, &docs, NULL, NULL, &ignored) != 0 || !docs)
        return false;
    if (is_kept(tree_get(docs->root, "commonAnnotations")))
        return true;
    const struct tree_node *patches = tree_get(docs->root, "patches");
    for (const struct tree_node *n = patches ? patches->first : NULL; n; n = n->next)
        if (keeps_all(pool, path, n))
            return true;
    return false;
}

/* Whether Flux collects at all what leaves the folder that it follows. */
static bool prunes(const struct plan *plan, struct pool *pool, const char *path)
{
    struct document *docs = NULL;
    UNSET struct error ignored;
    if (site_tree(plan->site, pool, path, &docs, NULL, NULL, &ignored) != 0)
        return false;
    for (; docs; docs = docs->next)
        if (tree_is(tree_get(docs->root, "kind"), "Kustomization") &&
            tree_is(tree_path(docs->root, "spec.prune"), "true"))
            return true;
    return false;
}

void gitops_keep(const struct plan *plan, struct errors *warnings)
{
    struct pool *pool = pool_new();
    const char *sync = plan->entry->role->flux.sync, *slash = strrchr(sync, '/');
    const char *file =
        pool_printf(plan->pool, "%.*skustomization.yaml", slash ? (int)(slash + 1 - sync) : 0, sync);
    if (prunes(plan, pool, sync) && !kept(plan, pool, file))
        errors_at(warnings, (struct pos){.file = file}, E_PLAN_ADVICE,
                  "should these files ever leave Git, Flux deletes itself, and once it is brought back all "
                  "that it has made: give every object " PRUNE ": disabled, as the example does");
    pool_free(pool);
}
