#include "gitops/operator.h"

/* `data: {KEY: !base64 {secret: NAME}}` or `stringData: {KEY: !secret NAME}`, whole. */
static const struct ref *value_of(const struct tree_node *secret, const char *key)
{
    const struct tree_node *data = tree_get(tree_get(secret, "data"), key),
                           *text = tree_get(tree_get(secret, "stringData"), key);
    const struct ref *ref = text ? text->ref : NULL;
    if (!text && data && data->ref && data->ref->kind == REF_BASE64)
        ref = data->ref->inner;
    return ref && ref->kind == REF_SECRET && !ref->pointer ? ref : NULL;
}

/* A reference of the store: {name, namespace, key}. */
static const struct ref *referred(const struct plan *plan, const struct tree_node *from)
{
    const char *namespace = tree_text(tree_get(from, "namespace")), *name = tree_text(tree_get(from, "name")),
               *key = tree_text(tree_get(from, "key"));
    for (unsigned i = 0; namespace && name && key && i < plan->manifest_count; i++)
        for (const struct document *d = plan->manifests[i].docs; d; d = d->next)
            if (tree_is(tree_get(d->root, "kind"), "Secret") &&
                tree_is(tree_path(d->root, "metadata.name"), name) &&
                tree_is(tree_path(d->root, "metadata.namespace"), namespace))
                return value_of(d->root, key);
    return NULL;
}

struct gitops_login operator_login(const struct plan *plan, const struct tree_node *azure, struct pos pos)
{
    const struct tree_node *from = tree_get(azure, "authSecretRef");
    const struct tree_node *certificate = tree_get(from, "clientCertificate");
    return (struct gitops_login){
        .pos = pos,
        .client = referred(plan, tree_get(from, "clientId")),
        .secret = referred(plan, certificate ? certificate : tree_get(from, "clientSecret")),
        .certificate = certificate != NULL,
        .takes_last = certificate && !tree_is(tree_get(azure, "useAzureSDK"), "true"),
    };
}
