#include "base/https.h"
#include "gitops/gitops.h"

#include <string.h>

/* The address, alone or with a prefix length. What a reference becomes is not known here: it may be the one. */
static int is_address(struct tree_node *node, void *arg)
{
    const char *address = arg;
    size_t n = strlen(address);
    const char *text = tree_text(node);
    return node->ref || (text && strncmp(text, address, n) == 0 && (text[n] == '\0' || text[n] == '/'));
}

/* Talos v1.13: machine.network.interfaces of the main document; Layer2VIPConfig and HCloudVIPConfig have the
 * address as their name; LinkConfig, VLANConfig, BondConfig ... have addresses. */
static bool gives(const struct document *docs, char *address)
{
    for (; docs; docs = docs->next) {
        const char *kind = tree_text(tree_get(docs->root, "kind"));
        bool vip = kind && strstr(kind, "VIPConfig");
        if (tree_walk(tree_path(docs->root, kind ? vip ? "name" : "addresses" : "machine.network.interfaces"),
                      is_address, address))
            return true;
    }
    return false;
}

/* Most files need no parser: they have no such field, or neither the address nor a reference. A backslash may spell
 * either. */
static bool may_give(const struct buf *text, const char *host)
{
    const char *at = text->data;
    return at &&
        (strchr(at, '\\') ||
         ((strstr(at, "VIPConfig") || strstr(at, "addresses") || strstr(at, "interfaces")) &&
          (strchr(at, '!') || strstr(at, host))));
}

/* Whether a file directly in this folder gives a node the address. */
static bool folder_gives(const struct plan *plan, const char *folder, char *host)
{
    const char **files = NULL;
    UNSET struct error ignored;
    (void)site_list(plan->site, plan->pool, folder, ".yaml", &files, &ignored);
    bool found = false;
    for (; files && *files && !found; files++) {
        struct pool *pool = pool_new();
        struct buf text = {0};
        struct document *docs = NULL;
        const char *path = pool_printf(pool, "%s/%s", folder, *files);
        found = site_read(plan->site, path, &text, NULL, &ignored) == 0 && may_give(&text, host) &&
            tree_read(pool, path, text.data, text.len, &docs, &ignored) == 0 && gives(docs, host);
        buf_free(&text);
        pool_free(pool);
    }
    return found;
}

void gitops_endpoint(const struct plan *plan, struct errors *warnings)
{
    const struct role *role = plan->entry->role;
    struct https endpoint;
    (void)https_split(role->endpoint, false, &endpoint); /* judged with the site */
    /* Of every node: the address may be another control plane's. */
    bool found = folder_gives(plan, "talos", endpoint.host);
    const char **folders = NULL;
    UNSET struct error ignored;
    (void)site_list(plan->site, plan->pool, "talos", "/", &folders, &ignored);
    for (; folders && *folders && !found; folders++)
        found = folder_gives(plan, pool_printf(plan->pool, "talos/%s", *folders), endpoint.host);
    if (!found)
        errors_at(warnings, role->pos, E_PLAN_ADVICE,
                  "no node or VIP under talos/ has the endpoint %s: a %s must lead it to a control plane",
                  endpoint.host, endpoint.address ? "DHCP reservation" : "DNS record");
}
