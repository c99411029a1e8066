#include "gitops/walk.h"

#include <stdlib.h>
#include <string.h>

#define CNPG "postgresql.cnpg.io/"
#define PLUGIN "barman-cloud.cloudnative-pg.io"

static bool is_cnpg(const struct tree_node *object)
{
    const char *group = tree_text(tree_get(object, "apiVersion"));

    return group && strncmp(group, CNPG, sizeof CNPG - 1) == 0;
}

/* Whether the cluster of this plan is one node; an entry by pattern may be many. */
static bool is_alone(const struct plan *plan)
{
    unsigned nodes = 0;

    for (const struct site_node *n = plan->site->nodes; n < plan->site->nodes + plan->site->node_count; n++)
        if (strcmp(n->role->cluster, plan->entry->role->cluster) == 0)
            nodes += n->name_ref ? 2 : 1;
    return nodes == 1;
}

/* What stands below `path` in the element of a list with that name. */
static const struct tree_node *named(const struct tree_node *list, const char *name, const char *path)
{
    for (const struct tree_node *n = list && name ? list->first : NULL; n; n = n->next)
        if (tree_is(tree_get(n, "name"), name) && !tree_is(tree_get(n, "enabled"), "false"))
            return tree_path(n, path);
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether the second folder is not the next of the first: postgres-1, postgres-3. Of two rows it may be anything. */
static bool is_off(const char *from, const char *to)
{
    for (; *from && *from == *to; from++)
        to++;
    return *from == *to ||
        (is_digit(*from) && is_digit(*to) && strtol(to, NULL, 10) - strtol(from, NULL, 10) != 1);
}

static void recovery(struct walk *w, const struct walk_item *item, const struct tree_node *root)
{
    const char *name = tree_text(tree_path(root, "spec.bootstrap.recovery.source"));
    const struct tree_node *own = named(tree_path(root, "spec.plugins"), PLUGIN, "parameters"),
                           *source =
                               named(tree_path(root, "spec.externalClusters"), name, "plugin.parameters"),
                           *from = tree_get(source, "serverName"), *to = tree_get(own, "serverName"),
                           *store = tree_get(own, "barmanObjectName");

    name = tree_text(tree_path(root, "metadata.name"));
    const char *reads = from ? tree_text(from) : name, *writes = to ? tree_text(to) : name;
    if (reads && writes && tree_text(store) && tree_is(tree_get(source, "barmanObjectName"), store->text) &&
        is_off(reads, writes))
        errors_at(w->warnings, walk_pos(item, source), E_PLAN_ADVICE,
                  "which life is meant? This reads %.64s and will write to %.64s: read what stood in "
                  "plugins, write "
                  "to the next",
                  reads, writes);
}

void database_cluster(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const struct tree_node *spec = tree_get(root, "spec"), *instances = tree_get(spec, "instances");

    if (!is_cnpg(root) || item->patched)
        return;
    if ((!instances || tree_is(instances, "1")) && !tree_is(tree_get(spec, "enablePDB"), "false") &&
        is_alone(w->plan))
        errors_at(w->warnings, walk_pos(item, instances ? instances : root), E_PLAN_ADVICE,
                  "one instance on the only node without enablePDB: false: no drain ends, nor does `talosctl "
                  "upgrade`");
    recovery(w, item, root);
}

void database_store(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const struct tree_node *config = tree_path(root, "spec.configuration"),
                           *at = tree_get(config, "destinationPath");
    const char *url = tree_path(config, "azureCredentials.connectionString") ? walk_text(w, item, at) : NULL;
    const char *host = url ? strstr(url, "://") : NULL;
    int n = host ? (int)strcspn(host + 3, "./") : 0;

    if (n == 0)
        return;
    struct gitops_backup *b = pool_alloc(w->pool, sizeof *b);
    *b = (struct gitops_backup){walk_pos(item, at), pool_printf(w->pool, "%.*s", n, host + 3),
                                w->tree->backups};
    w->tree->backups = b;
}

void database_health(struct walk *w, const struct walk_item *item, const struct tree_node *list)
{
    for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next) {
        const char *current = tree_text(tree_get(n, "current"));
        if (current && is_cnpg(n) && tree_is(tree_get(n, "kind"), "Cluster") &&
            !strstr(current, "ContinuousArchiving"))
            errors_at(w->warnings, walk_pos(item, n), E_PLAN_ADVICE,
                      "a database that archives nothing is Ready: ask for ContinuousArchiving too");
    }
}
