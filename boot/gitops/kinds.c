#include "gitops/inventory.h"
#include "gitops/substitute.h"
#include "gitops/walk.h"

#include "base/span.h"
#include "base/text.h"
#include "site/clear.h"

#include <string.h>

static const char *name_of(struct walk *w, const struct walk_item *item, const struct tree_node *root)
{
    const struct tree_node *node = tree_path(root, "metadata.name");

    return node ? walk_text(w, item, node) : NULL;
}

/* The namespace of an object, or NULL. */
static const char *ns_of(struct walk *w, const struct walk_item *item, const struct tree_node *root)
{
    const struct tree_node *node = tree_path(root, "metadata.namespace");

    return item->ns ? item->ns : node ? walk_text(w, item, node) : NULL;
}

/* ---- sources ---- */

static void add_source(struct walk *w, const char *kind, const char *name)
{
    struct walk_source *source = pool_alloc(w->pool, sizeof *source);

    *source = (struct walk_source){pool_strdup(w->pool, kind), pool_strdup(w->pool, name), w->sources};
    w->sources = source;
}

/* NULL: another source, so another repository. */
static const struct walk_source *ours(const struct walk *w, const struct tree_node *from)
{
    const char *kind = tree_text(tree_get(from, "kind")), *name = tree_text(tree_get(from, "name"));

    for (const struct walk_source *s = w->sources; s && name; s = s->next)
        if (strcmp(s->name, name) == 0 && (!kind || strcmp(s->kind, kind) == 0))
            return s;
    return NULL;
}

/* A path where the source says so. What was pushed as an artifact or into a bucket is not seen: the same path here is
 * followed where it is, and says nothing of the other. */
static void follow_path(struct walk *w, const struct walk_item *item, const struct walk_item *by,
                        const struct walk_source *from, const char *path, const struct tree_node *at)
{
    bool artifact = from->kind[0] != 'G';
    if (artifact && item->sync)
        walk_unseen(w, walk_pos(item, at), "%.200s of the %s %.100s: what was pushed there is not seen here",
                    path, from->kind, from->name);
    walk_follow(w, by, "", path, artifact ? NULL : at);
}

/* ---- Flux's own ---- */

/* Whether the components that are laid serve this version. Where they have no such definition, nothing is judged. */
static bool is_served(struct walk *w, const char *version, const char *kind)
{
    struct span one = plan_definition(w->plan, kind);
    if (!one.n)
        return true;
    static const char served[] = "\n    served: ";
    one = span_find(span_find(one, pool_printf(w->pool, "\n    name: %s\n", version)), served);
    return one.n > sizeof served && one.p[sizeof served - 1] == 't';
}

static void judge_version(struct walk *w, const struct walk_item *item, const struct tree_node *root)
{
    const struct tree_node *version = tree_get(root, "apiVersion");
    const char *kind = tree_text(tree_get(root, "kind")), *text = tree_text(version);
    if (kind && text && text_glob("*.toolkit.fluxcd.io/v*beta*", text) &&
        !is_served(w, strchr(text, '/') + 1, kind))
        errors_at(w->warnings, walk_pos(item, version), E_PLAN_RISK,
                  "%.120s serves no %.64s of %.64s: Flux would not take it",
                  w->plan->entry->role->flux.components, kind, text);
}

/* The ConfigMap that the cluster already has before Flux comes, out of bootstrap/. */
static const struct tree_node *inlined(struct walk *w, const char *ns, const char *name)
{
    const struct plan *plan = w->plan;
    UNSET struct error e;
    for (unsigned i = 0; i < plan->manifest_count; i++)
        for (struct document *d = plan->manifests[i].docs; d; d = d->next)
            if (tree_is(tree_get(d->root, "kind"), "ConfigMap") &&
                tree_is(tree_path(d->root, "metadata.name"), name) &&
                (!ns || tree_is(tree_path(d->root, "metadata.namespace"), ns))) {
                if (plan_whole(plan, &plan->manifests[i], d, &e) != 0)
                    errors_add(w->errors, &e);
                return d->root;
            }
    return NULL;
}

static void need(struct walk *w, const struct walk_item *item, const struct tree_node *at, const char *ns,
                 const char *what)
{
    struct inventory_object *object = inventory_add(w->inventory, INVENTORY_NEED, item, at);

    object->ns = ns ? pool_strdup(w->pool, ns) : NULL;
    object->name = walk_text(w, item, tree_get(at, "name"));
    object->what = what;
}

static void take_values(struct walk *w, const struct walk_item *item, struct vars *vars,
                        const struct tree_node *data)
{
    for (const struct tree_node *n = data && data->kind == TREE_MAP ? data->first : NULL; n; n = n->next) {
        const char *value = tree_text(n) ? walk_text(w, item, n) : NULL;
        if (value)
            vars_set(w->pool, vars, n->key->text, value);
        else
            vars->open = pool_printf(w->pool, "%s", n->key->text);
    }
}

static const struct vars *variables(struct walk *w, const struct walk_item *item,
                                    const struct tree_node *root, const char *ns)
{
    const struct tree_node *from = tree_path(root, "spec.postBuild.substituteFrom");
    struct vars *vars = pool_alloc(w->pool, sizeof *vars);
    const struct walk_item none = {.path = ""};

    for (const struct tree_node *n = from ? from->first : NULL; n; n = n->next) {
        const char *name = tree_get(n, "name") ? walk_text(w, item, tree_get(n, "name")) : NULL;
        bool map = tree_is(tree_get(n, "kind"), "ConfigMap");
        if (!name)
            continue;
        const struct tree_node *object = map ? inlined(w, ns, name) : NULL;
        const struct tree_node *data = object ? tree_get(object, "data")
            : map                             ? inventory_want_map(w->inventory, ns, name)
                                              : NULL;
        if (data)
            take_values(w, &none, vars, data);
        else
            vars->open = pool_printf(w->pool, "%s %s", map ? "ConfigMap" : "Secret", name);
        if (!map && !tree_is(tree_get(n, "optional"), "true"))
            need(w, item, n, ns, "spec.postBuild.substituteFrom");
    }
    take_values(w, item, vars, tree_path(root, "spec.postBuild.substitute"));
    return vars_intern(w->pool, vars, &w->vars);
}

static void kustomization(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const struct tree_node *spec = tree_get(root, "spec"), *path = tree_get(spec, "path");
    const struct tree_node *version = tree_get(root, "apiVersion"),
                           *target = tree_get(spec, "targetNamespace");
    const struct tree_node *components = tree_get(spec, "components");
    const char *ns = ns_of(w, item, root);

    if (tree_text(version) && strncmp(version->text, "kustomize.config.k8s.io/", 24) == 0)
        return;
    if (!spec || spec->kind != TREE_MAP)
        return;
    database_health(w, item, tree_get(spec, "healthCheckExprs"));
    if (tree_path(spec, "decryption.secretRef"))
        need(w, item, tree_path(spec, "decryption.secretRef"), ns, "spec.decryption");
    /* What its types demand (kustomize.toolkit.fluxcd.io/v1); a patch may bring it. */
    static const char *const demanded[] = {"interval", "prune", "sourceRef"};
    for (size_t i = 0; i < sizeof demanded / sizeof demanded[0]; i++)
        if (!item->patched && !item->composed && !tree_get(spec, demanded[i]))
            errors_at(w->warnings, walk_pos(item, spec), E_PLAN_RISK,
                      "no spec.%s: the API server refuses it, and with it all that is applied together",
                      demanded[i]);
    struct walk_item by = *item;
    by.vars = variables(w, item, root, ns);
    const struct walk_source *from = ours(w, tree_get(spec, "sourceRef"));
    if (!from) {
        inventory_maker(w->inventory, "another repository", walk_pos(item, spec));
        return;
    }
    by.ns = target ? walk_text(w, item, target) : NULL;
    by.patched = tree_get(spec, "patches") != NULL;
    const char *text = path ? walk_text(w, item, path) : "";
    if (!text)
        return;
    substitute_types(w->pool, item->path, tree_path(spec, "postBuild.substitute"), w->warnings);
    follow_path(w, item, &by, from, text, path ? path : spec);
    for (const struct tree_node *n = components ? components->first : NULL; n; n = n->next)
        if (tree_text(n) && !tree_is(tree_get(spec, "ignoreMissingComponents"), "true"))
            walk_follow(w, &by, "", pool_printf(w->pool, "%s/%s", text, n->text),
                        from->kind[0] == 'G' ? n : NULL);
}

static void instance(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const struct tree_node *sync = tree_path(root, "spec.sync"), *path = tree_get(sync, "path");
    const char *kind = tree_text(tree_get(sync, "kind")), *name = tree_text(tree_get(sync, "name")),
               *ns = tree_text(tree_path(root, "metadata.namespace"));

    if (!item->sync)
        return;
    errors_at(w->warnings, walk_pos(item, root), E_PLAN_ADVICE,
              "flux-operator picks the version of Flux: those of its kinds are not judged");
    if (!path)
        return;
    add_source(w, kind ? kind : "GitRepository", name ? name : ns ? ns : "flux-system");
    if (tree_text(path))
        follow_path(w, item, item, w->sources, path->text, path);
}

static void source(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const char *kind = tree_text(tree_get(root, "kind")), *name = tree_text(tree_path(root, "metadata.name"));

    if (item->sync && kind && name)
        add_source(w, kind, name);
}

/* ---- Secrets, and what makes them ---- */

static void held(struct walk *w, const struct walk_item *item, struct tree_node *root,
                 enum inventory_kind kind)
{
    struct inventory_object *object = inventory_add(w->inventory, kind, item, root);

    object->name = name_of(w, item, root);
    object->ns = ns_of(w, item, root);
}

static void secret(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    held(w, item, root, INVENTORY_SECRET);
    struct clear_file file = {.path = item->path};
    clear_object(&file, root);
    clear_say(w->plan->site, &file, w->errors);
}

static void external(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    held(w, item, root, INVENTORY_EXTERNAL);
}

static void external_cluster(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    held(w, item, root, INVENTORY_EXTERNAL_CLUSTER);
}

static void pushed(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    held(w, item, root, INVENTORY_PUSH);
}

static void store(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    held(w, item, root, INVENTORY_STORE);
    w->inventory->last->cluster = tree_is(tree_get(root, "kind"), "ClusterSecretStore");
    if (w->inventory->last->cluster)
        w->inventory->last->ns = NULL;
}

static void map(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const char *name = tree_text(tree_path(root, "metadata.name"));

    if (name)
        inventory_take_map(w->inventory,
                           item->ns ? item->ns : tree_text(tree_path(root, "metadata.namespace")), name,
                           tree_get(root, "data"));
}

static void chart(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    (void)root;
    inventory_chart(w->inventory, item);
}

static void list(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    const struct tree_node *items = tree_get(root, "items");

    for (struct tree_node *n = items ? items->first : NULL; n; n = n->next)
        if (!tree_is(tree_get(n, "kind"), "List"))
            kinds_take(w, item, n);
}

void kinds_take(struct walk *w, const struct walk_item *item, struct tree_node *root)
{
    static const struct {
        const char *kind;
        void (*take)(struct walk *w, const struct walk_item *item, struct tree_node *root);
    } kinds[] = {
        {"Kustomization", kustomization},
        {"FluxInstance", instance},
        {"GitRepository", source},
        {"OCIRepository", source},
        {"Bucket", source},
        {"ClusterSecretStore", store},
        {"SecretStore", store},
        {"ExternalSecret", external},
        {"ClusterExternalSecret", external_cluster},
        {"PushSecret", pushed},
        {"Secret", secret},
        {"SealedSecret", secret},
        {"ConfigMap", map},
        {"HelmRelease", chart},
        {"Cluster", database_cluster},
        {"ObjectStore", database_store},
        {"List", list},
    };
    const struct tree_node *kind = tree_get(root, "kind");

    judge_version(w, item, root);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (tree_is(kind, kinds[i].kind))
            kinds[i].take(w, item, root);
}

/* ---- kustomize's own file ---- */

/* "//" and "?" are of remote ones: https://..., host/repository//directory?ref=... */
static bool is_remote(const char *text)
{
    return strstr(text, "//") || strchr(text, '?') || strncmp(text, "git@", 4) == 0 ||
        strncmp(text, "git::", 5) == 0 || strncmp(text, "github.com/", 11) == 0;
}

/* key: NAME=PATH is one too. What holds a line's end, "{" or ":" is no path: patches may stand where one could. */
static void need_file(struct walk *w, const struct walk_item *by, const char *dir, const struct tree_node *at,
                      bool key)
{
    const char *text = tree_text(at);

    if (!text || is_remote(text) || strpbrk(text, "\n{:"))
        return;
    const char *value = key ? strchr(text, '=') : NULL;
    walk_need(w, by, dir, value ? value + 1 : text, at);
}

/* The files that a kustomization reads and lays nothing of: of the entries of a list the field that names one, or a
 * list of them; NULL: the entry itself does. */
static void need_files(struct walk *w, const struct walk_item *by, const char *dir,
                       const struct tree_node *root)
{
    static const char files[] = "files";
    static const struct {
        const char *list, *field;
    } names[] = {
        {"patches", "path"},
        {"patchesJson6902", "path"},
        {"replacements", "path"},
        {"configMapGenerator", files},
        {"configMapGenerator", "envs"},
        {"configMapGenerator", "env"},
        {"secretGenerator", files},
        {"secretGenerator", "envs"},
        {"secretGenerator", "env"},
        {"patchesStrategicMerge", NULL},
        {"crds", NULL},
        {"configurations", NULL},
        {"generators", NULL},
        {"transformers", NULL},
        {"validators", NULL},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct tree_node *list = tree_get(root, names[i].list);
        bool key = names[i].field == files;
        for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next) {
            const struct tree_node *at = names[i].field ? tree_get(n, names[i].field) : n;
            bool many = at && at != n && at->kind == TREE_SEQ;
            for (at = many ? at->first : at; at; at = many ? at->next : NULL)
                need_file(w, by, dir, at, key);
        }
    }
}

void kinds_kustomization(struct walk *w, const struct walk_item *item, const char *file,
                         const struct tree_node *root)
{
    static const char *const lists[] = {"resources", "components", "bases"};
    static const char *const makers[] = {"secretGenerator", "generators", "helmCharts", "transformers",
                                         "replacements",    "namePrefix", "nameSuffix"};
    struct walk_item by = *item;
    const struct tree_node *ns = tree_get(root, "namespace");

    by.path = file;
    /* The outermost is the last to write it. */
    if (!by.ns && tree_text(ns))
        by.ns = pool_strdup(w->pool, ns->text);
    by.patched |= tree_get(root, "patches") != NULL || tree_get(root, "replacements") != NULL;
    by.composed |= tree_get(root, "components") != NULL;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (tree_get(root, makers[i]))
            inventory_maker(w->inventory, makers[i], walk_pos(&by, tree_get(root, makers[i])));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const struct tree_node *list = tree_get(root, lists[i]);
        for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next)
            if (tree_text(n) && is_remote(n->text))
                inventory_maker(w->inventory, "a remote base", walk_pos(&by, n));
            else if (tree_text(n))
                walk_follow(w, &by, item->path, n->text, n);
    }
    need_files(w, &by, item->path, root);
}
