/*
 * The file that Flux begins with: gotk-sync.yaml's Kustomization with its source, or flux-operator's FluxInstance.
 * Names and folders are the site's own.
 */
#include "render/check.h"

#include <string.h>

static bool is_kind(const struct tree_node *root, const char *group, const char *kind)
{
    const char *version = tree_text(tree_get(root, "apiVersion"));
    size_t n = strlen(group);
    return version && strncmp(version, group, n) == 0 && version[n] == '/' &&
        tree_is(tree_get(root, "kind"), kind);
}

/* What stands there as text, or the default. */
static const char *text_or(const struct tree_node *root, const char *path, const char *otherwise)
{
    const char *text = tree_text(tree_path(root, path));
    return text ? text : otherwise;
}

/* Whether an inlined CustomResourceDefinition is of this kind. */
static bool defines(const struct check *c, const char *kind)
{
    struct check_every i = {.c = c};
    const struct object *o;
    while ((o = check_next(&i)))
        if (o->crd_kind && strcmp(o->crd_kind, kind) == 0)
            return true;
    return false;
}

/* Where it begins is the site's own to say, but for the folder of another role: the file was copied. */
static void check_path(struct check *c, const struct tree_node *path)
{
    const struct site *site = c->plan->site;
    for (unsigned i = 0; i < site->role_count; i++) {
        const struct role *other = &site->roles[i];
        const char *theirs = pool_printf(c->pool, "./clusters/%s", other->name);
        if (other != c->plan->entry->role && (tree_is(path, theirs) || tree_is(path, theirs + 2)))
            errors_at(c->errors, path->pos, E_FLUX_SYNC, "path %s is the folder of the role %s", theirs,
                      other->name);
    }
}

static void check_kustomization(struct check *c, const struct document *docs, const struct tree_node *root)
{
    const char *name = text_or(root, "metadata.name", ""),
               *own = text_or(root, "metadata.namespace", "default");
    struct check_source s = {.kind = text_or(root, "spec.sourceRef.kind", ""),
                             .name = text_or(root, "spec.sourceRef.name", ""),
                             .ns = text_or(root, "spec.sourceRef.namespace", own)};
    check_path(c, tree_path(root, "spec.path"));
    while (docs &&
           !(is_kind(docs->root, "source.toolkit.fluxcd.io", s.kind) &&
             strcmp(text_or(docs->root, "metadata.name", ""), s.name) == 0 &&
             strcmp(text_or(docs->root, "metadata.namespace", "default"), s.ns) == 0))
        docs = docs->next;
    if (!docs) {
        errors_at(c->errors, root->pos, E_FLUX_SYNC, "there is no %s %s/%s, the source of Kustomization %s",
                  s.kind, s.ns, s.name, name);
        return;
    }
    const struct tree_node *spec = tree_get(docs->root, "spec");
    s.pos = docs->root->pos;
    s.url = tree_get(spec, s.kind[0] == 'B' ? "endpoint" : "url");
    s.secret = tree_path(spec, "secretRef.name");
    s.provider = tree_get(spec, "provider");
    if (s.kind[0] == 'G' && check_empty(tree_get(spec, "ref")))
        errors_at(c->errors, s.pos, E_FLUX_SYNC, "no spec.ref.branch: Flux would take master");
    check_source(c, &s);
}

/* flux-operator's api/v1: it makes a source and a Kustomization of spec.sync. */
static void check_instance(struct check *c, const struct tree_node *root)
{
    static const char needed[] =
        "distribution.version\0distribution.registry\0sync.kind\0sync.ref\0sync.path\0";
    const struct tree_node *spec = tree_get(root, "spec"), *sync = tree_get(spec, "sync");
    const char *ref = tree_text(tree_get(sync, "ref"));
    for (const char *field = needed; *field; field += strlen(field) + 1)
        if (check_empty(tree_path(spec, field)))
            errors_at(c->errors, root->pos, E_FLUX_SYNC, "FluxInstance has no spec.%s", field);
    if (!tree_is(tree_path(root, "metadata.name"), "flux"))
        errors_at(c->errors, root->pos, E_FLUX_SYNC, "flux-operator takes a FluxInstance named flux alone");
    check_path(c, tree_get(sync, "path"));
    if (tree_is(tree_get(sync, "kind"), "GitRepository") && ref && strncmp(ref, "refs/", 5) != 0)
        errors_at(c->errors, root->pos, E_FLUX_SYNC, "spec.sync.ref of a GitRepository is refs/heads/BRANCH");
    const struct check_source s = {.kind = text_or(sync, "kind", "GitRepository"),
                                   .name = "of FluxInstance flux",
                                   .ns = text_or(root, "metadata.namespace", "default"),
                                   .pos = (sync ? sync : root)->pos,
                                   .url = tree_get(sync, "url"),
                                   .secret = tree_get(sync, "pullSecret"),
                                   .provider = tree_get(sync, "provider")};
    check_source(c, &s);
}

static int refuse_reference(struct tree_node *node, void *arg)
{
    struct check *c = arg;
    if (node->ref)
        errors_at(c->errors, node->pos, E_FLUX_SYNC,
                  "this file is laid byte for byte: a reference stays as it is");
    return node->ref != NULL;
}

static void check_sync(struct check *c, const struct plan_manifest *manifest)
{
    struct document *docs = NULL;
    struct pos pos = {.file = manifest->file};
    struct error e = {0};
    if (tree_read(c->pool, manifest->file, manifest->bytes.p, manifest->bytes.n, &docs, &e) != 0) {
        errors_add(c->errors, &e);
        return;
    }
    const char *kind = NULL;
    for (const struct document *d = docs; d; d = d->next) {
        if (d->root && tree_walk(d->root, refuse_reference, c))
            return;
        if (is_kind(d->root, "kustomize.toolkit.fluxcd.io", "Kustomization")) {
            kind = "Kustomization";
            check_kustomization(c, docs, d->root);
        } else if (is_kind(d->root, "fluxcd.controlplane.io", "FluxInstance")) {
            kind = "FluxInstance";
            check_instance(c, d->root);
        }
    }
    if (!kind)
        errors_at(c->errors, pos, E_FLUX_SYNC, "there is no Kustomization, and no FluxInstance either");
    else if (!defines(c, kind) && (kind[0] == 'F' || defines(c, "FluxInstance")))
        errors_at(c->errors, pos, E_FLUX_SYNC,
                  "%s does not bring the kind %s: Talos would stop at it for ever",
                  c->plan->release_url ? c->plan->release_url : c->plan->entry->role->flux.components, kind);
}

void check_flux(struct check *c)
{
    for (unsigned i = 0; i < c->manifest_count; i++) {
        const struct plan_manifest *manifest = c->manifests[i].plan;
        if (!manifest->docs && strcmp(manifest->name, PLAN_FLUX_SYNC) == 0)
            check_sync(c, manifest);
    }
}
