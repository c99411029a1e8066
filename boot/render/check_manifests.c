#include "render/check.h"

#include "base/text.h"

#include <string.h>

/* Groups that every API server serves. A kind of theirs that is not in the next table lives in a
 * namespace. */
static const char *const builtin_groups[] = {
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
};

static const char *const cluster_kinds[] = {
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "CustomResourceDefinition",
    "DeviceClass",
    "DeviceTaintRule",
    "FlowSchema",
    "IPAddress",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ResourceSlice",
    "RuntimeClass",
    "ServiceCIDR",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
};

static const char *const builtin_namespaces[] = {"default", "kube-node-lease", "kube-public", "kube-system"};

static bool in_table(const char *const *table, size_t n, const char *word, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(table[i]) == len && memcmp(table[i], word, len) == 0)
            return true;
    return false;
}
#define IN(table, word, len) in_table(table, sizeof table / sizeof *table, word, len)

const struct object *check_next(struct check_every *i)
{
    if (i->at)
        i->at = i->at->next;
    while (!i->at && i->manifest <= i->c->manifest_count) {
        i->at = i->manifest < i->c->manifest_count ? i->c->manifests[i->manifest].objects : i->c->own;
        i->manifest++;
    }
    return i->at;
}

/* The API group: what stands before the slash, "" for v1. */
static size_t group_len(const struct object *o)
{
    const char *slash = strchr(o->api_version, '/');
    return slash ? (size_t)(slash - o->api_version) : 0;
}

enum scope { SCOPE_UNKNOWN, SCOPE_CLUSTER, SCOPE_NAMESPACED };

static enum scope scope_of(const struct check *c, const struct object *o)
{
    static const char flux[] = ".toolkit.fluxcd.io";
    size_t len = group_len(o);
    struct check_every i = {.c = c};
    if (IN(builtin_groups, o->api_version, len))
        return IN(cluster_kinds, o->kind, strlen(o->kind)) ? SCOPE_CLUSTER : SCOPE_NAMESPACED;
    if (len > sizeof flux - 1 && memcmp(o->api_version + len - (sizeof flux - 1), flux, sizeof flux - 1) == 0)
        return SCOPE_NAMESPACED;
    const struct object *crd = NULL;
    while ((crd = check_next(&i)))
        if (crd->crd_group && crd->crd_kind && crd->crd_scope && strlen(crd->crd_group) == len &&
            memcmp(crd->crd_group, o->api_version, len) == 0 && strcmp(crd->crd_kind, o->kind) == 0)
            return strcmp(crd->crd_scope, "Namespaced") == 0 ? SCOPE_NAMESPACED : SCOPE_CLUSTER;
    return SCOPE_UNKNOWN;
}

static bool namespace_exists(const struct check *c, const char *name)
{
    struct check_every i = {.c = c};
    if (IN(builtin_namespaces, name, strlen(name)) || c->own_open)
        return true;
    /* install.yaml of a Flux release brings its own namespace. */
    if (c->plan->release_url && strcmp(name, "flux-system") == 0)
        return true;
    const struct object *o = NULL;
    while ((o = check_next(&i)))
        if (o->kind && strcmp(o->kind, "Namespace") == 0 && o->name && strcmp(o->name, name) == 0)
            return true;
    return false;
}

/* A text of an object fit for a message. */
static const char *shown(const struct check *c, const struct object *o, const char *path, const char *text)
{
    if (o->node)
        return check_shown(c, tree_path(o->node, path));
    return o->secret ? "(from a secret)" : text;
}

/* Would a YAML reader take this plain text for a number, a boolean or null? Then it is no string, whatever
 * it decodes to. */
static bool may_be_typed(const struct tree_node *node)
{
    static const char *const words[] = {"true", "false", "yes",  "no", "on",   "off",
                                        "y",    "n",     "null", "~",  ".inf", ".nan"};
    const char *p = node->text;
    if (node->style != STYLE_PLAIN)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_fold(node->text, words[i]))
            return true;
    p += *p == '-' || *p == '+';
    if (*p == '.')
        p++;
    if (*p < '0' || *p > '9')
        return false;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'o' || p[1] == 'b'))
        return true;
    p += strspn(p, "0123456789_.");
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        if (*p < '0' || *p > '9')
            return false;
        p += strspn(p, "0123456789");
    }
    return *p == '\0';
}

/* Go's decoder skips line breaks. */
static bool is_base64(const struct tree_node *node)
{
    struct buf bytes = {0};
    bool good = text_base64_lines(&bytes, node->text, node->len, "\r\n");
    buf_free(&bytes);
    return good;
}

static void check_secret(struct check *c, const struct object *o)
{
    const struct tree_node *data = tree_get(o->node, "data");
    if (o->string_data)
        errors_at(c->errors, o->node ? tree_get(o->node, "stringData")->pos : o->pos, E_MANIFEST_SECRET,
                  "Secret %s uses stringData", shown(c, o, "metadata.name", o->name));
    if (!data)
        return;
    if (data->kind != TREE_MAP && !check_empty(data))
        errors_at(c->errors, data->pos, E_MANIFEST_SECRET, "data of the Secret must be a mapping");
    for (const struct tree_node *v = data->kind == TREE_MAP ? data->first : NULL; v; v = v->next) {
        if (check_open(c, v))
            continue;
        if (v->kind != TREE_SCALAR || (v->len == 0 && v->style == STYLE_PLAIN) || may_be_typed(v))
            errors_at(c->errors, v->pos, E_MANIFEST_SECRET, "data.%s of the Secret is no string",
                      v->key->text);
        else if (!is_base64(v))
            errors_at(c->errors, v->pos, E_MANIFEST_SECRET, "data.%s of the Secret is not base64",
                      v->key->text);
    }
}

static void check_object(struct check *c, const struct object *o)
{
    if (o->node &&
        (check_open(c, tree_get(o->node, "kind")) || check_open(c, tree_path(o->node, "metadata.name")) ||
         check_open(c, tree_path(o->node, "metadata.namespace"))))
        return;
    const char *missing = !o->api_version ? "apiVersion"
        : !o->kind                        ? "kind"
        : !o->name                        ? "metadata.name"
                                          : NULL;
    const char *kind = NULL;
    if (missing) {
        errors_at(c->errors, o->pos, E_MANIFEST_OBJECT, "%s: no %s",
                  o->kind ? shown(c, o, "kind", o->kind) : "this document is no Kubernetes object", missing);
        return;
    }
    kind = shown(c, o, "kind", o->kind);
    const char *name = NULL;
    name = shown(c, o, "metadata.name", o->name);
    if (o->ns && !namespace_exists(c, o->ns))
        errors_at(c->errors, o->pos, E_MANIFEST_NAMESPACE, "%s %s: nothing inlined creates its namespace %s",
                  kind, name, shown(c, o, "metadata.namespace", o->ns));
    if (!o->ns && scope_of(c, o) == SCOPE_NAMESPACED)
        errors_at(c->errors, o->pos, E_MANIFEST_NAMESPACE, "%s %s has no metadata.namespace", kind, name);
    if (strcmp(o->kind, "Secret") == 0 && group_len(o) == 0)
        check_secret(c, o);
}

static void read_objects(struct check *c)
{
    for (unsigned i = 0; i < c->manifest_count; i++) {
        struct check_manifest *m = &c->manifests[i];
        struct object **end = &m->objects;
        struct pos file = {.file = m->plan->file};
        /* 270 kB that stay as they are: read once, though the plan is judged before the secrets are had and after. */
        struct object **kept = m->docs ? NULL : &c->plan->manifests[i].objects;
        if (kept && *kept) {
            m->objects = *kept;
            continue;
        }
        struct error e = {0};
        int result = m->docs ? objects_of_documents(c->pool, m->docs, &end, &e)
                             : objects_of_stream(c->plan->pool, m->plan->bytes, file, &end, &e);
        if (result != 0)
            errors_add(c->errors, &e);
        else if (kept)
            *kept = m->objects;
    }
}

/* The entries that the site's own config brings, and that no two entries share a name. */
static void read_own(struct check *c)
{
    const struct tree_node *root = check_main(c), *list = tree_path(root, "cluster.inlineManifests");
    struct object **end = &c->own;
    if (check_empty(list))
        return;
    if (list->kind != TREE_SEQ) {
        errors_at(c->errors, list->pos, E_MANIFEST_OBJECT, "cluster.inlineManifests must be a list");
        return;
    }
    for (const struct tree_node *entry = list->first; entry; entry = entry->next) {
        const struct tree_node *name = tree_get(entry, "name"), *contents = tree_get(entry, "contents");
        struct object **first = end;
        if (!tree_text(name) || name->len == 0 || !tree_text(contents)) {
            errors_at(c->errors, entry->pos, E_MANIFEST_OBJECT,
                      "an entry of cluster.inlineManifests needs name and contents");
            continue;
        }
        for (unsigned i = 0; i < c->manifest_count; i++)
            if (tree_is(name, c->manifests[i].plan->name))
                errors_at(c->errors, name->pos, E_MANIFEST_NAME,
                          "cluster.inlineManifests: hearth inlines a manifest %s itself",
                          c->manifests[i].plan->name);
        for (const struct tree_node *other = list->first; other != entry; other = other->next)
            if (tree_is(tree_get(other, "name"), name->text))
                errors_at(c->errors, name->pos, E_MANIFEST_NAME,
                          "cluster.inlineManifests has two entries named %s", check_shown(c, name));
        if (check_open(c, contents)) {
            c->own_open = true;
            continue;
        }
        struct error e = {0};
        if (objects_of_stream(c->pool, (struct span){(const unsigned char *)contents->text, contents->len},
                              contents->pos, &end, &e) != 0)
            errors_add(c->errors, &e);
        for (struct object *o = *first; o; o = o->next)
            o->secret = resolve_is_secret(c->resolver, contents);
    }
}

void check_manifests(struct check *c)
{
    struct check_every i = {.c = c};
    if (c->plan->entry->type != MACHINE_CONTROLPLANE)
        return;
    read_objects(c);
    read_own(c);
    const struct object *o = NULL;
    while ((o = check_next(&i)))
        check_object(c, o);
}
