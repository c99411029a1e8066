#include "render/check.h"

#include "base/https.h"
#include "base/text.h"
#include "render/certkey.h"
#include "site/newer.h"

#include <string.h>

enum { ON_CONTROLPLANE = 1, ON_WORKER = 2, ON_BOTH = 3 };

/* Without these Talos rejects the config, or accepts one that never works. */
static const struct {
    const char *path;
    enum check_form form;
    unsigned on;
    const char *without;
} needed[] = {
    {"machine.token", CHECK_TOKEN, ON_BOTH, "nodes cannot join each other's trust service"},
    {"machine.ca.crt", CHECK_CERT, ON_BOTH, "nobody could talk to the Talos API"},
    {"machine.ca.key", CHECK_KEY, ON_CONTROLPLANE, "a control plane cannot sign for other nodes"},
    {"machine.kubelet", CHECK_MAP, ON_BOTH, "Talos 1.14 starts no kubelet"},
    {"machine.install", CHECK_MAP, ON_BOTH, "Talos 1.13 rejects the config"},
    {"cluster.controlPlane.endpoint", CHECK_HTTPS, ON_BOTH, "no kubelet finds the API server"},
    {"cluster.network", CHECK_MAP, ON_BOTH, "Talos 1.14 takes it for a cluster without a pod network"},
    {"cluster.network.dnsDomain", CHECK_TEXT, ON_BOTH, "cluster DNS has no domain"},
    {"cluster.network.podSubnets", CHECK_LIST, ON_BOTH, "pods get no addresses"},
    {"cluster.network.serviceSubnets", CHECK_LIST, ON_BOTH, "services get no addresses"},
    {"cluster.token", CHECK_TOKEN, ON_BOTH, "kubelets cannot join"},
    {"cluster.ca.crt", CHECK_CERT, ON_BOTH, "the kubelet trusts no API server"},
    {"cluster.ca.key", CHECK_KEY, ON_CONTROLPLANE, "the API server gets no certificate"},
    {"cluster.aggregatorCA.crt", CHECK_CERT, ON_CONTROLPLANE, "the API server does not start"},
    {"cluster.aggregatorCA.key", CHECK_KEY, ON_CONTROLPLANE, "the API server does not start"},
    {"cluster.serviceAccount.key", CHECK_KEY, ON_CONTROLPLANE, "no service account token is ever signed"},
    {"cluster.etcd.ca.crt", CHECK_CERT, ON_CONTROLPLANE, "etcd does not start"},
    {"cluster.etcd.ca.key", CHECK_KEY, ON_CONTROLPLANE, "etcd does not start"},
};

static const struct {
    const char *certificate;
    const char *key;
} pairs[] = {
    {"machine.ca.crt", "machine.ca.key"},
    {"cluster.ca.crt", "cluster.ca.key"},
    {"cluster.aggregatorCA.crt", "cluster.aggregatorCA.key"},
    {"cluster.etcd.ca.crt", "cluster.etcd.ca.key"},
};

/* What Talos refuses on a worker, and what would put a cluster's keys on a box that needs none of them. */
static const char *const forbidden[] = {
    "machine.ca.key",
    "cluster.ca.key",
    "cluster.aggregatorCA",
    "cluster.serviceAccount",
    "cluster.etcd",
    "cluster.secretboxEncryptionSecret",
    "cluster.aescbcEncryptionSecret",
    "cluster.inlineManifests",
};

static void check_head(struct check *c, const struct tree_node *root)
{
    const char *type = site_type_word(c->plan->entry->type);
    const struct tree_node *version = tree_get(root, "version"), *persist = tree_get(root, "persist");
    const struct tree_node *machine_type = tree_path(root, "machine.type");
    if (!tree_is(version, "v1alpha1"))
        errors_at(c->errors, version ? version->pos : root->pos, E_RENDER_FIELD, "version must be v1alpha1");
    if (check_false(persist))
        errors_at(c->errors, persist->pos, E_RENDER_FIELD, "persist must not be false: Talos rejects it");
    if (!tree_is(machine_type, type))
        errors_at(c->errors, machine_type ? machine_type->pos : check_nearest(root, "machine.type"),
                  E_RENDER_FIELD, "machine.type must be %s, as hearth.yaml says of %s", type, c->plan->name);
}

static void check_keys(struct check *c)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct tree_node *crt = newer_find(c->config, pairs[i].certificate),
                               *key = newer_find(c->config, pairs[i].key);
        struct buf crt_der = {.max = CERTKEY_MAX}, key_der = {.max = CERTKEY_MAX};
        if (!check_empty(crt) && !check_empty(key) && tree_text(crt) && tree_text(key) &&
            !certkey_check(CERTKEY_CERTIFICATE, check_is_plain_pem(c, pairs[i].certificate, crt), crt->text,
                           crt->len, &crt_der) &&
            !certkey_check(CERTKEY_PRIVATE, check_is_plain_pem(c, pairs[i].key, key), key->text, key->len,
                           &key_der) &&
            !certkey_pair(&crt_der, &key_der))
            errors_at(c->errors, key->pos, E_RENDER_PEM, "%s does not belong to %s", pairs[i].key,
                      pairs[i].certificate);
        buf_free(&crt_der);
        buf_free(&key_der);
    }
}

static void check_encryption(struct check *c, const struct tree_node *root)
{
    const char *path = "cluster.secretboxEncryptionSecret";
    const struct tree_node *own = newer_find(c->config, path);
    if (check_empty(own) && !check_empty(tree_path(root, "cluster.aescbcEncryptionSecret")))
        path = "cluster.aescbcEncryptionSecret";
    check_need(c, root, path, own && own->kind == TREE_MAP ? CHECK_MAP : CHECK_KEY32,
               "Talos 1.14 starts no API server without it");
}

static void check_discovery(struct check *c, const struct tree_node *root)
{
    if (!check_true(tree_path(root, "cluster.discovery.enabled")) &&
        !newer_kind(c->config, "DiscoveryServiceConfig"))
        return;
    check_need(c, root, "cluster.id", CHECK_TEXT, "discovery is enabled and has no cluster to look for");
    check_need(c, root, "cluster.secret", CHECK_KEY32, "discovery is enabled and has no key");
}

static void check_disk(struct check *c, const struct tree_node *root)
{
    const struct tree_node *install = tree_path(root, "machine.install"),
                           *selector = tree_get(install, "diskSelector");
    const struct tree_node *disk = tree_get(install, "disk"), *args = tree_get(install, "extraKernelArgs");
    const struct plan_disk *chosen = &c->plan->disk;
    if (!install || install->kind != TREE_MAP)
        return;
    if (!check_empty(disk))
        errors_at(c->errors, disk->pos, E_RENDER_DISK,
                  "machine.install.disk: Talos wipes it whatever it holds");
    if (check_open(c, selector))
        return;
    if (!selector || selector->kind != TREE_MAP || selector->count == 0)
        errors_at(c->errors, selector ? selector->pos : install->pos, E_RENDER_DISK,
                  "machine.install has no diskSelector");
    else if (chosen->value &&
             (selector->count != 1 || !tree_is(tree_get(selector, chosen->field), chosen->value)))
        errors_at(c->errors, selector->pos, E_RENDER_DISK,
                  "machine.install.diskSelector is not the disk that was chosen (%s %s)", chosen->field,
                  chosen->value);
    if (args && args->count && check_true(tree_get(install, "grubUseUKICmdline")))
        errors_at(c->errors, args->pos, E_RENDER_CONFLICT,
                  "machine.install.extraKernelArgs and grubUseUKICmdline exclude each other; the arguments "
                  "belong into the image");
}

/* A name of the endpoint that is in no certificate of the Talos API: talosctl would refuse the node under
 * it. Addresses are added by Talos itself. */
static void check_names(struct check *c, const struct tree_node *root)
{
    const struct tree_node *endpoint = newer_find(c->config, "cluster.controlPlane.endpoint");
    const struct tree_node *sans = tree_path(root, "machine.certSANs");
    struct https url;
    if (!tree_text(endpoint) || https_split(endpoint->text, true, &url) || url.address)
        return;
    for (const struct tree_node *san = sans && sans->kind == TREE_SEQ ? sans->first : NULL; san;
         san = san->next)
        if (check_open(c, san) || (tree_text(san) && text_equal_fold(san->text, url.host)))
            return;
    errors_at(c->errors, sans ? sans->pos : check_nearest(root, "machine.certSANs"), E_RENDER_FIELD,
              "machine.certSANs lacks the endpoint's name %s: talosctl could not be used with it",
              resolve_is_secret(c->resolver, endpoint) ? "" : url.host);
}

static void check_vips(struct check *c, const struct tree_node *root)
{
    const struct tree_node *interfaces = tree_path(root, "machine.network.interfaces");
    for (const struct tree_node *i = interfaces && interfaces->kind == TREE_SEQ ? interfaces->first : NULL; i;
         i = i->next) {
        const struct tree_node *vlans = tree_get(i, "vlans");
        if (tree_get(i, "vip"))
            errors_at(c->errors, tree_get(i, "vip")->pos, E_RENDER_FORBIDDEN,
                      "a worker cannot hold a shared address (vip)");
        for (const struct tree_node *v = vlans && vlans->kind == TREE_SEQ ? vlans->first : NULL; v;
             v = v->next)
            if (tree_get(v, "vip"))
                errors_at(c->errors, tree_get(v, "vip")->pos, E_RENDER_FORBIDDEN,
                          "a worker cannot hold a shared address (vip)");
    }
    for (const struct document *d = c->config; d; d = d->next)
        if (tree_is(tree_get(d->root, "kind"), "Layer2VIPConfig") ||
            tree_is(tree_get(d->root, "kind"), "HCloudVIPConfig"))
            errors_at(c->errors, d->root->pos, E_RENDER_FORBIDDEN,
                      "a worker cannot hold a shared address (%s)", tree_text(tree_get(d->root, "kind")));
}

static void check_worker(struct check *c, const struct tree_node *root)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        const struct tree_node *node = newer_find(c->config, forbidden[i]);
        if (!check_empty(node) && (node->kind == TREE_SCALAR || node->count > 0))
            errors_at(c->errors, node->pos, E_RENDER_FORBIDDEN, "%s must not be on a worker", forbidden[i]);
    }
    check_vips(c, root);
}

static void check_documents(struct check *c, const struct tree_node *root)
{
    const char *hostname = NULL;
    for (const struct document *d = c->config; d; d = d->next) {
        const char *kind = tree_text(tree_get(d->root, "kind"));
        if (!kind || strcmp(kind, "HostnameConfig") != 0)
            continue;
        hostname = tree_text(tree_get(d->root, "hostname"));
        if (hostname && tree_get(d->root, "auto"))
            errors_at(c->errors, d->root->pos, E_RENDER_CONFLICT,
                      "HostnameConfig has both hostname and auto");
    }
    if (!hostname)
        errors_at(c->errors, root->pos, E_RENDER_FIELD, "there is no HostnameConfig with the hostname %s",
                  c->plan->name);
}

void check_config(struct check *c)
{
    const struct tree_node *root = check_main(c);
    bool controlplane = c->plan->entry->type == MACHINE_CONTROLPLANE;
    if (!root) {
        errors_at(c->errors, (struct pos){0}, E_RENDER_FIELD,
                  "there is no v1alpha1 document (the one without a kind)");
        return;
    }
    check_head(c, root);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i].on & (controlplane ? ON_CONTROLPLANE : ON_WORKER))
            check_need(c, root, needed[i].path, needed[i].form, needed[i].without);
    const struct tree_node *inlined = newer_kind(c->config, "KubeInlineManifestConfig");
    if (inlined)
        errors_at(
            c->errors, inlined->pos, E_PLAN_FILE,
            "KubeInlineManifestConfig: hearth judges and lays the manifests of bootstrap/; put it there");
    check_discovery(c, root);
    check_disk(c, root);
    check_documents(c, root);
    if (controlplane) {
        check_encryption(c, root);
        check_keys(c);
        check_names(c, root);
    } else {
        check_worker(c, root);
    }
}
