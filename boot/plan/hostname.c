/*
 * The node's name, which Talos takes from one place only. What gives a name of its own accord is replaced, and the
 * entry's name in another spelling is too; another fixed name contradicts the inventory.
 */
#include "plan/steps.h"
#include "site/merge.h"

static bool is_our_name(const struct plan *plan, const struct tree_node *hostname)
{
    return plan_is_node_ref(hostname, "name") || tree_is(hostname, plan->name);
}

/* The hostname of a mapping; null and "" are none to Talos, and go. */
static struct tree_node *fixed(struct tree_node *parent)
{
    struct tree_node *hostname = tree_get(parent, "hostname");
    if (!hostname || (!tree_is_null(hostname) && !tree_is(hostname, "")))
        return hostname;
    tree_remove(parent, hostname);
    return NULL;
}

static void refuse(const struct plan *plan, const struct tree_node *hostname, const char *where,
                   struct errors *errors)
{
    const char *text = tree_text(hostname);
    errors_at(errors, hostname->pos, E_PLAN_HOSTNAME, "%s says %s, and the node is called %s", where,
              text ? text : "something else", plan->name);
}

/* Talos before 1.12 had these, and refuses them beside a HostnameConfig. */
static void take_old_forms(const struct plan *plan, struct tree_node *machine, struct errors *errors)
{
    struct tree_node *network = tree_get(machine, "network");
    struct tree_node *hostname = fixed(network);
    struct tree_node *features = tree_get(machine, "features");
    struct tree_node *stable = tree_get(features, "stableHostname");
    if (hostname && !is_our_name(plan, hostname))
        refuse(plan, hostname, "machine.network.hostname", errors);
    else if (hostname)
        tree_remove(network, hostname);
    if (stable)
        tree_remove(features, stable);
}

static struct tree_node *add_document(struct plan *plan)
{
    struct document *document = pool_alloc(plan->pool, sizeof *document);
    document->root = tree_map(plan->pool, plan->entry->pos);
    document->pos = plan->entry->pos;
    tree_add(plan->pool, document->root, "apiVersion", plan_scalar(plan, "v1alpha1"));
    tree_add(plan->pool, document->root, "kind", plan_scalar(plan, "HostnameConfig"));
    struct document **end = &plan->config;
    while (*end)
        end = &(*end)->next;
    *end = document;
    return document->root;
}

void plan_hostname(struct plan *plan, struct tree_node *machine, struct errors *errors)
{
    if (machine)
        take_old_forms(plan, machine, errors);
    struct document *found = merge_find(plan->config, "HostnameConfig", NULL);
    struct tree_node *root = found ? found->root : add_document(plan);
    struct tree_node *automatic = tree_get(root, "auto");
    const struct tree_node *hostname = fixed(root);
    if (automatic)
        tree_remove(root, automatic);
    if (hostname && !is_our_name(plan, hostname))
        refuse(plan, hostname, "HostnameConfig", errors);
    if (hostname)
        return;
    struct tree_node *name = plan_scalar(plan, plan->name);
    name->style = STYLE_DOUBLE; /* a name of digits alone is still a name */
    tree_add(plan->pool, root, "hostname", name);
}
