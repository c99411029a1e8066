/*
 * The file that Flux begins with: gotk-sync.yaml's Kustomization with its source, or flux-operator's FluxInstance.
 * Names and folders are the site's own.
 */
#include "render/check.h"

#include "site/scalar.h"

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

/* An inlined CustomResourceDefinition must be of this kind; a release of Flux, which nobody sees here, has all but the
 * operator's. */
static void need_kind(struct check *c, const char *kind)
{
    const char *from = c->plan->release_url ? c->plan->release_url : c->plan->entry->role->flux.components;
    struct check_every i = {.c = c};
    const struct object *o;
    while ((o = check_next(&i)))
        if (o->crd_kind && strcmp(o->crd_kind, kind) == 0)
            return;
    if (!c->plan->release_url || kind[0] == 'F')
        errors_at(c->errors, (struct pos){.file = from}, E_FLUX_SYNC,
                  "it does not bring the kind %s: Talos would stop at it for ever", kind);
}

/* Otherwise Flux takes the branch master. */
static bool names_commit(const struct tree_node *ref)
{
    static const char any[] = "branch\0tag\0semver\0name\0commit\0";
    for (const char *key = any; *key; key += strlen(key) + 1)
        if (!check_empty(tree_get(ref, key)))
            return true;
    return false;
}

/* What the CustomResourceDefinitions of Flux 2.9 and of flux-operator want of the file: the API server refuses a
 * missing field, and a number where text belongs, and Flux does nothing while `suspend` is true. `of` has the first
 * letters of the kinds. A field is needed where the mapping above it is. */
enum want { WANT_TEXT, WANT_MAP, WANT_BOOL, WANT_SPAN, WANT_BRIEF };
static const struct {
    char of[6], path[27];
    uint8_t want;
    bool needed;
} fields[] = {
    {"KGOBF", "spec", WANT_MAP, true},
    {"KGOB", "spec.interval", WANT_SPAN, true},
    {"K", "spec.retryInterval", WANT_SPAN, false},
    {"K", "spec.timeout", WANT_SPAN, false},
    {"GOB", "spec.timeout", WANT_BRIEF, false},
    {"KGOB", "spec.suspend", WANT_BOOL, false},
    {"K", "spec.prune", WANT_BOOL, true},
    {"K", "spec.path", WANT_TEXT, false},
    {"K", "spec.sourceRef", WANT_MAP, true},
    {"K", "spec.sourceRef.kind", WANT_TEXT, true},
    {"K", "spec.sourceRef.name", WANT_TEXT, true},
    {"GO", "spec.url", WANT_TEXT, true},
    {"B", "spec.endpoint", WANT_TEXT, true},
    {"B", "spec.bucketName", WANT_TEXT, true},
    {"GO", "spec.ref", WANT_MAP, false},
    {"G", "spec.ref.branch", WANT_TEXT, false},
    {"GO", "spec.ref.tag", WANT_TEXT, false},
    {"GO", "spec.ref.semver", WANT_TEXT, false},
    {"G", "spec.ref.name", WANT_TEXT, false},
    {"G", "spec.ref.commit", WANT_TEXT, false},
    {"O", "spec.ref.digest", WANT_TEXT, false},
    {"GOB", "spec.provider", WANT_TEXT, false},
    {"GOB", "spec.secretRef", WANT_MAP, false},
    {"GOB", "spec.secretRef.name", WANT_TEXT, true},
    {"F", "spec.distribution", WANT_MAP, true},
    {"F", "spec.distribution.version", WANT_TEXT, true},
    {"F", "spec.distribution.registry", WANT_TEXT, true},
    {"F", "spec.sync", WANT_MAP, true},
    {"F", "spec.sync.kind", WANT_TEXT, true},
    {"F", "spec.sync.url", WANT_TEXT, true},
    {"F", "spec.sync.ref", WANT_TEXT, true},
    {"F", "spec.sync.path", WANT_TEXT, true},
    {"F", "spec.sync.interval", WANT_SPAN, false},
    {"F", "spec.sync.pullSecret", WANT_TEXT, false},
};

/* ^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$, and WANT_BRIEF without the h. */
static bool is_span(const char *at, uint8_t want)
{
    do {
        size_t n = strspn(at, "0123456789"), part = at[n] == '.' ? strspn(at + n + 1, "0123456789") + 1 : 0;
        const char *unit = at + n + part;
        if (n == 0 || part == 1 || !*unit || !strchr(want == WANT_SPAN ? "hms" : "ms", *unit))
            return false;
        at = unit + 1 + (unit[0] == 'm' && unit[1] == 's');
    } while (*at);
    return true;
}

/* A date is text to Kubernetes' readers, and null no field. */
static const char *misfit(const struct tree_node *node, uint8_t want)
{
    static const char *const words[] = {"text", "a mapping", "true or false", "a time such as 1m30s",
                                        "minutes and seconds such as 1m30s"};
    enum scalar_type type = node->kind == TREE_SCALAR ? scalar_type_11(node) : SCALAR_NULL;
    bool text = type == SCALAR_TEXT || type == SCALAR_TIME;
    bool good = want == WANT_MAP ? node->kind == TREE_MAP
        : want == WANT_BOOL      ? type == SCALAR_BOOL
        : want == WANT_TEXT      ? text
                                 : text && is_span(node->text, want);
    return good || tree_is_null(node) ? NULL : words[want];
}

/* What makes it rest, or NULL; the annotation is flux-operator's. */
static const struct tree_node *suspends(const struct tree_node *root)
{
    bool instance = tree_is(tree_get(root, "kind"), "FluxInstance");
    const struct tree_node *node = instance
        ? tree_get(tree_path(root, "metadata.annotations"), "fluxcd.controlplane.io/reconcile")
        : tree_path(root, "spec.suspend");
    return (instance ? tree_is(node, "disabled") : check_true(node)) ? node : NULL;
}

/* A field that its schema has nowhere is a slip of the pen: the API server refuses the whole object. */
static void check_known(struct check *c, const struct tree_node *map, struct span known)
{
    if (map && map->kind == TREE_MAP)
        for (const struct tree_node *field = map->first; field; field = field->next)
            if (!span_find(known, pool_printf(c->pool, " %s:", field->key->text)).n)
                errors_at(c->errors, field->key->pos, E_FLUX_SYNC,
                          "this Flux has no field %s: the API server refuses it", field->key->text);
}

/* `runs`: nothing comes of it while it is suspended. */
static void check_fields(struct check *c, const struct tree_node *root, bool runs)
{
    static const char maps[] = "spec\0spec.ref\0spec.sourceRef\0spec.secretRef\0spec.sync\0";
    const char *kind = tree_text(tree_get(root, "kind"));
    /* Its definition may lie in bootstrap/, and may have no schema. */
    struct span known = plan_definition(c->plan, kind);
    bool judges = span_find(known, "openAPIV3Schema:").n > 0;
    for (const char *path = judges ? maps : ""; *path; path += strlen(path) + 1)
        check_known(c, tree_path(root, path), known);

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!memchr(fields[i].of, kind[0], sizeof fields[i].of))
            continue;
        const char *path = fields[i].path, *dot = strrchr(path, '.');
        const struct tree_node *node = tree_path(root, path);
        const struct tree_node *above =
            dot ? tree_path(root, pool_printf(c->pool, "%.*s", (int)(dot - path), path)) : root;
        const char *must = node ? misfit(node, fields[i].want) : NULL;
        if (must)
            errors_at(c->errors, node->pos, E_FLUX_SYNC, "%s of %s must be %s, or the API server refuses it",
                      path, kind, must);
        else if (fields[i].needed && check_empty(node) && above && above->kind == TREE_MAP)
            errors_at(c->errors, check_nearest(root, path), E_FLUX_SYNC, "%s has no %s", kind, path);
    }
    const struct tree_node *rests = runs ? suspends(root) : NULL;
    if (rests)
        errors_at(c->errors, rests->pos, E_FLUX_SYNC, "%s is suspended: Flux would never begin", kind);
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

static void check_kustomization(struct check *c, const struct document *docs, const struct tree_node *root,
                                bool runs)
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
    if (!docs && s.kind[0] && s.name[0])
        errors_at(c->errors, root->pos, E_FLUX_SYNC, "there is no %s %s/%s, the source of Kustomization %s",
                  s.kind, s.ns, s.name, name);
    if (!docs)
        return;
    const struct tree_node *spec = tree_get(docs->root, "spec");
    s.pos = docs->root->pos;
    s.url = tree_get(spec, s.kind[0] == 'B' ? "endpoint" : "url");
    s.secret = tree_path(spec, "secretRef.name");
    s.provider = tree_get(spec, "provider");
    check_fields(c, docs->root, runs);
    need_kind(c, s.kind);
    if (s.kind[0] == 'G' && !names_commit(tree_get(spec, "ref")))
        errors_at(c->errors, s.pos, E_FLUX_SYNC, "no spec.ref.branch: Flux would take master");
    check_source(c, &s);
}

/* flux-operator's api/v1: it makes a source and a Kustomization of spec.sync. */
static void check_instance(struct check *c, const struct tree_node *root)
{
    const struct tree_node *spec = tree_get(root, "spec"), *sync = tree_get(spec, "sync");
    const char *ref = tree_text(tree_get(sync, "ref"));
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

static bool begins(const struct tree_node *root)
{
    return is_kind(root, "kustomize.toolkit.fluxcd.io", "Kustomization") ||
        is_kind(root, "fluxcd.controlplane.io", "FluxInstance");
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
    bool begun = false;
    for (const struct document *d = docs; d; d = d->next)
        begun = begun || (begins(d->root) && !suspends(d->root));
    bool found = false;
    for (const struct document *d = docs; d; d = d->next) {
        if (d->root && tree_walk(d->root, refuse_reference, c))
            return;
        if (!begins(d->root))
            continue;
        /* One that rests is nobody's mistake where another begins. */
        bool runs = !begun || !suspends(d->root);
        if (tree_is(tree_get(d->root, "kind"), "FluxInstance"))
            check_instance(c, d->root);
        else
            check_kustomization(c, docs, d->root, runs);
        found = true;
        check_fields(c, d->root, runs);
        need_kind(c, tree_text(tree_get(d->root, "kind")));
    }
    if (!found)
        errors_at(c->errors, pos, E_FLUX_SYNC, "there is no Kustomization, and no FluxInstance either");
}

void check_flux(struct check *c)
{
    for (unsigned i = 0; i < c->manifest_count; i++) {
        const struct plan_manifest *manifest = c->manifests[i].plan;
        if (!manifest->docs && strcmp(manifest->name, PLAN_FLUX_SYNC) == 0)
            check_sync(c, manifest);
    }
}
