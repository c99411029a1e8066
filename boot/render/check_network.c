#include "render/check.h"

#include "base/text.h"
#include "site/newer.h"

#include <string.h>

/* What nobody sees here: a manifest that Talos fetches, one that is a secret as a whole. */
static bool has_other_manifests(const struct check *c)
{
    const struct tree_node *extra = tree_path(check_main(c), "cluster.extraManifests");
    for (const struct tree_node *url = extra && extra->kind == TREE_SEQ ? extra->first : NULL; url;
         url = url->next)
        if (!c->plan->release_url || !tree_is(url, c->plan->release_url))
            return true;
    return c->own_open || newer_kind(c->config, "KubeExternalManifestConfig");
}

/* What is not seen may bring what is missing, and may not. */
static void lacks(const struct check *c, struct pos pos, enum error_code code, const char *what)
{
    bool other = has_other_manifests(c);
    errors_at(other ? c->warnings : c->errors, pos, code, "%s%s", what,
              other ? " (what Talos fetches from a URL, or a secret holds as a whole, is not seen here)"
                    : "");
}

/* In Talos 1.14's form the document is what turns flannel on. */
static const struct tree_node *without_flannel(const struct check *c)
{
    return newer_kind(c->config, "KubeFlannelCNIConfig") ? NULL : newer_kind(c->config, "KubeNetworkConfig");
}

/* A pod network can come from a DaemonSet or a Job that installs one, or from a URL that Talos fetches. */
static void check_cni(struct check *c)
{
    const struct tree_node *root = check_main(c), *cni = tree_path(root, "cluster.network.cni");
    const struct tree_node *name = tree_get(cni, "name"), *none = without_flannel(c);
    const struct tree_node *urls = tree_get(cni, "urls");
    struct check_every i = {.c = c};
    if (!none && (check_empty(cni) || check_empty(name) || check_open(c, name) || tree_is(name, "flannel")))
        return;
    if (tree_is(name, "custom")) {
        if (!urls || urls->kind != TREE_SEQ || urls->count == 0)
            errors_at(c->errors, cni->pos, E_RENDER_CNI, "cluster.network.cni is custom and has no urls");
        return;
    }
    if (!none && !tree_is(name, "none")) {
        errors_at(c->errors, name->pos, E_RENDER_CNI,
                  "cluster.network.cni.name must be flannel, custom or none");
        return;
    }
    const struct object *o = NULL;
    while ((o = check_next(&i)))
        if (o->kind && (strcmp(o->kind, "DaemonSet") == 0 || strcmp(o->kind, "Job") == 0))
            return;
    lacks(c, (none ? none : name)->pos, E_RENDER_CNI,
          none
              ? "there is no KubeFlannelCNIConfig and nothing inlined is a CNI: Flux itself would never start"
              : "cluster.network.cni is none and nothing inlined is a CNI: Flux itself would never start");
}

static bool is_workload(const struct object *o)
{
    return o->kind && (strcmp(o->kind, "DaemonSet") == 0 || strcmp(o->kind, "Deployment") == 0);
}

/* A workload whose name has one of the words. */
static bool has_workload(const struct check *c, const char *const *words)
{
    struct check_every i = {.c = c};
    const struct object *o = NULL;
    while ((o = check_next(&i)))
        for (const char *const *word = words; *word && o->name && is_workload(o); word++)
            if (strstr(o->name, *word))
                return true;
    return false;
}

/* The field of the main document that turns a part of the cluster off, or of the document that Talos 1.14 has for it.
 * */
static const struct tree_node *off(const struct check *c, const char *field, const char *kind)
{
    const struct tree_node *disabled = tree_path(check_main(c), field);
    if (check_true(disabled))
        return disabled;
    disabled = tree_get(newer_kind(c->config, kind), "enabled");
    return check_false(disabled) ? disabled : NULL;
}

/* CoreDNS is a Deployment by whatever name, behind a Service that most call kube-dns. */
static void check_dns(struct check *c)
{
    static const char *const words[] = {"dns", NULL};
    const struct tree_node *disabled = off(c, "cluster.coreDNS.disabled", "KubeCoreDNSConfig");
    if (disabled && !has_workload(c, words))
        lacks(c, disabled->pos, E_RENDER_DNS,
              "CoreDNS is disabled and nothing inlined is a DNS: Flux could not find its Git host");
}

/* What Cilium is told of the proxy; NULL: there is no Cilium, or it is not seen. */
static const struct tree_node *cilium_proxy(const struct check *c, const struct object **config)
{
    struct check_every i = {.c = c};
    const struct object *o = NULL;
    while ((o = check_next(&i)))
        if (o->node && o->kind && strcmp(o->kind, "ConfigMap") == 0 && o->name &&
            strcmp(o->name, "cilium-config") == 0) {
            *config = o;
            return tree_path(o->node, "data.kube-proxy-replacement");
        }
    return NULL;
}

static void check_proxy(struct check *c)
{
    static const char *const proxies[] = {"kube-proxy", "kube-router", "cilium", "calico", "antrea", NULL};
    const struct tree_node *disabled = off(c, "cluster.proxy.disabled", "KubeProxyConfig");
    const struct tree_node *cni = tree_path(check_main(c), "cluster.network.cni.name");
    if (!disabled)
        return;
    const struct object *config = NULL;
    const struct tree_node *replaces = cilium_proxy(c, &config);
    bool none = tree_is(cni, "none") || without_flannel(c);
    if (config && (check_empty(replaces) || tree_is(replaces, "false") || tree_is(replaces, "disabled")))
        errors_at(c->errors, config->pos, E_RENDER_PROXY,
                  "kube-proxy is disabled (%s:%u) and Cilium does not replace it: "
                  "data.kube-proxy-replacement is not "
                  "\"true\"",
                  disabled->pos.file, (unsigned)disabled->pos.line);
    else if (!none && !check_open(c, cni) && !tree_is(cni, "custom") && !has_workload(c, proxies))
        lacks(
            c, disabled->pos, E_RENDER_PROXY,
            "kube-proxy is disabled and flannel does not replace it: no Service has an address that answers");
}

void check_network(struct check *c)
{
    if (c->plan->entry->type != MACHINE_CONTROLPLANE || !check_main(c))
        return;
    check_cni(c);
    check_dns(c);
    check_proxy(c);
}
