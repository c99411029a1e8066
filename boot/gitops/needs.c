#include "gitops/inventory.h"
#include "gitops/operator.h"
#include "gitops/remote.h"

#include "base/text.h"

#include <string.h>

struct needs {
    struct inventory *inventory;
    struct walk *w;
    struct pool *scratch;
};

static bool same(const char *a, const char *b)
{
    return !a || !b || strcmp(a, b) == 0;
}

/* ---- who may make what nobody sees ---- */

/* The operator's own chart makes nothing of a user's, unless its values say so. */
static bool makes_nothing(const struct tree_node *release)
{
    const struct tree_node *spec = tree_get(release, "spec");

    return (tree_is(tree_path(spec, "chart.spec.chart"), "external-secrets") ||
            tree_is(tree_path(spec, "chartRef.name"), "external-secrets")) &&
        !tree_get(spec, "valuesFrom") && !tree_path(spec, "values.extraObjects");
}

/* A release of this namespace that may bring the object, in words; NULL: none. */
static const char *chart_of(struct needs *j, const struct walk_item *item, const char *ns)
{
    struct document *docs = NULL;
    struct buf text = {.max = SITE_FILE_MAX + 4096};
    UNSET struct error ignored;

    if (site_read(j->w->plan->site, item->path, &text, NULL, &ignored) == 0 && text.data)
        (void)tree_read_plain(j->scratch, item->path, text.data, text.len, &docs, &ignored);
    buf_free(&text);
    const char *found = NULL;
    for (; docs && !found; docs = docs->next) {
        const struct tree_node *target = tree_path(docs->root, "spec.targetNamespace");
        const char *in = tree_text(target) ? target->text
            : item->ns                     ? item->ns
                                           : tree_text(tree_path(docs->root, "metadata.namespace"));
        if (tree_is(tree_get(docs->root, "kind"), "HelmRelease") && same(in, ns) &&
            !makes_nothing(docs->root))
            found = pool_printf(j->w->pool, "the chart of %s:%u", item->path, (unsigned)docs->root->pos.line);
    }
    return found;
}

static bool has_items(const struct plan *plan, const char *list)
{
    for (const struct document *d = plan->config; d; d = d->next) {
        const struct tree_node *node = tree_get(d->root, "kind") ? NULL : tree_path(d->root, list);
        for (const struct tree_node *n = node ? node->first : NULL; n; n = n->next)
            if (!plan->release_url || !tree_is(n, plan->release_url))
                return true;
    }
    return false;
}

static const char *elsewhere(struct needs *j, const char *ns)
{

    if (has_items(j->w->plan, "cluster.inlineManifests") || has_items(j->w->plan, "cluster.extraManifests"))
        return "the machine config's own manifests";
    if (j->inventory->makers)
        return j->inventory->makers->text;
    const char *found = NULL;
    for (const struct inventory_list *c = j->inventory->charts; c && !found; c = c->next)
        found = chart_of(j, c->item, ns);
    return found;
}

static const char *maker(struct needs *j, const char *ns)
{
    return errors_total(&j->w->tree->unseen) ? "what was not looked at" : elsewhere(j, ns);
}

/* ---- Secrets ---- */

/* Whether the Secret that an object becomes has the key; what is not known is taken for yes. */
static bool has_key(const struct inventory_object *o, const char *key)
{
    const struct tree_node *spec = tree_get(o->root, "spec"), *data = tree_get(spec, "data");

    if (!key)
        return true;
    if (o->kind == INVENTORY_SECRET && tree_is(tree_get(o->root, "kind"), "Secret"))
        return tree_get(tree_get(o->root, "data"), key) || tree_get(tree_get(o->root, "stringData"), key);
    if (o->kind != INVENTORY_EXTERNAL || tree_get(spec, "dataFrom") || tree_path(spec, "target.template"))
        return true;
    for (const struct tree_node *n = data ? data->first : NULL; n; n = n->next)
        if (tree_is(tree_get(n, "secretKey"), key))
            return true;
    return false;
}

static const char *made_name(const struct inventory_object *o)
{
    const struct tree_node *name = o->kind == INVENTORY_EXTERNAL_CLUSTER
        ? tree_path(o->root, "spec.externalSecretName")
        : tree_path(o->root, "spec.target.name");

    if (o->kind == INVENTORY_SECRET || !tree_text(name) || strchr(name->text, '$'))
        return o->name;
    return name->text;
}

enum finding { NOT_THERE, OTHER_NAMESPACE, NO_KEY, THERE };

struct secret_search {
    const char *ns, *name, *key;
    /* what this store itself brings does not count */
    const char *store;
    enum finding best;
    /* of the best */
    const char *file;
    uint32_t line;
    /* its namespace */
    const char *other;
};

static void better(struct secret_search *s, enum finding f, struct pos pos, const char *ns)
{
    if (f <= s->best)
        return;
    s->best = f;
    s->file = pos.file;
    s->line = pos.line;
    s->other = ns;
}

static void search_tree(const struct needs *j, struct secret_search *s)
{
    for (const struct inventory_object *o = j->inventory->first; o; o = o->next) {
        const char *name = made_name(o);
        if (o->kind != INVENTORY_SECRET && o->kind != INVENTORY_EXTERNAL &&
            o->kind != INVENTORY_EXTERNAL_CLUSTER)
            continue;
        if (!name || strcmp(name, s->name) != 0)
            continue;
        if (o->kind == INVENTORY_EXTERNAL && s->store &&
            tree_is(tree_path(o->root, "spec.secretStoreRef.name"), s->store))
            continue;
        better(s,
               o->kind != INVENTORY_EXTERNAL_CLUSTER && !same(o->ns, s->ns) ? OTHER_NAMESPACE
                   : has_key(o, s->key)                                     ? THERE
                                                                            : NO_KEY,
               (struct pos){o->item.path, o->root->pos.line, 0}, o->ns);
    }
}

static void search_bootstrap(const struct needs *j, struct secret_search *s)
{
    const struct plan *plan = j->w->plan;

    for (unsigned i = 0; i < plan->manifest_count; i++)
        for (const struct document *d = plan->manifests[i].docs; d; d = d->next) {
            const char *ns = tree_text(tree_path(d->root, "metadata.namespace"));
            if (!tree_is(tree_get(d->root, "kind"), "Secret") ||
                !tree_is(tree_path(d->root, "metadata.name"), s->name))
                continue;
            better(s,
                   !same(ns, s->ns) ? OTHER_NAMESPACE
                       : !s->key || tree_get(tree_get(d->root, "data"), s->key) ||
                           tree_get(tree_get(d->root, "stringData"), s->key)
                       ? THERE
                       : NO_KEY,
                   d->root->pos, ns);
        }
}

/* Says it when nothing makes the Secret, as far as it is known here. */
static void need_secret(struct needs *j, struct pos pos, const char *what, struct secret_search s)
{
    const char *ns = s.ns ? s.ns : "?";

    /* A worker's plan has no manifests. */
    if (j->w->plan->entry->type != MACHINE_CONTROLPLANE)
        return;
    search_bootstrap(j, &s);
    search_tree(j, &s);
    if (s.best == THERE)
        return;
    if (s.best == NO_KEY) {
        errors_at(j->w->errors, pos, E_TREE_SECRET, "%s: the Secret %s/%s (%s:%u) has no key %s", what, ns,
                  s.name, s.file, (unsigned)s.line, s.key);
        return;
    }
    char text[400];
    snprintf(text, sizeof text, "%s: nothing in bootstrap/ or in the tree is or makes the Secret %.64s/%.64s",
             what, ns, s.name);
    const char *may = maker(j, s.ns);
    if (may)
        errors_at(j->w->warnings, pos, E_TREE_SECRET, "%s that is seen here; %s may", text, may);
    else if (s.best == OTHER_NAMESPACE)
        errors_at(j->w->errors, pos, E_TREE_SECRET, "%s; %s:%u has one of that name in %s", text, s.file,
                  (unsigned)s.line, s.other ? s.other : "?");
    else
        errors_at(j->w->errors, pos, E_TREE_SECRET, "%s", text);
}

/* ---- stores ---- */

static const struct tree_node *azure_of(const struct inventory_object *store)
{
    return tree_path(store->root, "spec.provider.azurekv");
}

/* {name, key} is a Secret's value, wherever a provider wants one. */
static void login_secrets(struct needs *j, const struct inventory_object *store, const struct tree_node *node)
{
    const struct tree_node *name = tree_get(node, "name"), *key = tree_get(node, "key"),
                           *ns = tree_get(node, "namespace");

    if (tree_text(name) && tree_text(key) && !tree_is(tree_get(node, "type"), "ConfigMap")) {
        struct walk *w = j->w;
        struct secret_search s = {.store = store->name,
                                  .name = walk_text(w, &store->item, name),
                                  .key = walk_text(w, &store->item, key)};
        struct pos pos = walk_pos(&store->item, node);
        if (!s.name || !s.key)
            return;
        s.ns = store->cluster ? ns ? walk_text(w, &store->item, ns) : NULL : store->ns;
        if (store->cluster && !ns)
            errors_at(w->errors, pos, E_TREE_SECRET,
                      "the Secret %s has no namespace here, and a ClusterSecretStore has none of its own",
                      s.name);
        else
            need_secret(j, pos, "the store's login", s);
        return;
    }
    for (const struct tree_node *child = node ? node->first : NULL; child; child = child->next)
        login_secrets(j, store, child);
}

static bool is_vault(const struct needs *j, const char *url)
{
    const char *wanted = j->w->plan->entry->role->vault;
    size_t n = strlen(wanted);

    return strncasecmp(url, wanted, n) == 0 && (!url[n] || strcmp(url + n, "/") == 0);
}

static void judge_store(struct needs *j, const struct inventory_object *store)
{
    const struct tree_node *azure = azure_of(store), *node = tree_get(azure, "vaultUrl");
    struct walk *w = j->w;
    const char *url = node ? walk_text(w, &store->item, node) : NULL;

    login_secrets(j, store, tree_path(store->root, "spec.provider"));
    if (url && !is_vault(j, url)) {
        if (store->cluster)
            errors_at(w->errors, walk_pos(&store->item, node), E_TREE, "not the role's vault: %.200s", url);
        else
            errors_at(w->warnings, walk_pos(&store->item, node), E_PLAN_ADVICE,
                      "not the role's vault, so what is asked of it was not checked: %.200s", url);
        return;
    }
    const struct tree_node *from = tree_get(azure, "authSecretRef");
    const struct tree_node *password = tree_get(from, "clientSecret"),
                           *certificate = tree_get(from, "clientCertificate");
    if (password && certificate)
        errors_at(w->errors, walk_pos(&store->item, certificate), E_TREE_SECRET,
                  "External Secrets takes clientSecret or clientCertificate, and refuses both together");
    else if (url && !w->tree->login.pos.file && (password || certificate)) {
        node = tree_get(azure, "tenantId");
        w->tree->login = operator_login(w->plan, azure, (struct pos){store->item.path, azure->pos.line, 0});
        w->tree->login.tenant = node ? walk_text(w, &store->item, node) : NULL;
    }
}

/* ---- what is asked of stores ---- */

struct asking {
    struct needs *j;
    const struct inventory_object *object;
    /* the store of the sentence before: a store that is nowhere is said once an object */
    const char *said;
    /* it is nowhere, which is said: what is no name of a vault's is another provider's */
    bool guess;
};

/* Whether the values of this store are the role's vault's. What is nowhere is said. */
static bool is_ours(struct asking *a, const struct tree_node *ref)
{
    struct walk *w = a->j->w;
    bool cluster = tree_is(tree_get(ref, "kind"), "ClusterSecretStore");
    const char *name = tree_get(ref, "name") ? walk_text(w, &a->object->item, tree_get(ref, "name")) : NULL;

    if (!name)
        return false;
    const char *any = NULL;
    bool ours = false;
    for (const struct inventory_object *o = a->j->inventory->stores; o; o = o->next_store) {
        if (o->cluster != cluster || !o->name || strcmp(o->name, name) != 0 ||
            (!cluster && a->object->kind != INVENTORY_EXTERNAL_CLUSTER && !same(o->ns, a->object->ns)))
            continue;
        const struct tree_node *url = tree_get(azure_of(o), "vaultUrl");
        any = name;
        const char *text = NULL;
        const char *open = NULL;
        if (tree_text(url) && vars_expand(w->pool, o->item.vars, url->text, &text, &open) == VARS_GOOD)
            ours |= is_vault(a->j, text);
    }
    a->guess = !any &&
        (errors_total(w->errors) || errors_total(&w->tree->unseen) ||
         !elsewhere(a->j, cluster ? NULL : a->object->ns));
    if (any || (a->said && strcmp(a->said, name) == 0))
        return ours || a->guess;
    a->said = name;
    struct pos pos = walk_pos(&a->object->item, ref);
    const char *kind = cluster ? "ClusterSecretStore" : "SecretStore",
               *may = maker(a->j, cluster ? NULL : a->object->ns);
    if (may)
        errors_at(w->warnings, pos, E_TREE_SECRET,
                  "the %s %.64s is not seen here, so what is asked of it was not checked; %s may make it",
                  kind, name, may);
    else
        errors_at(w->errors, pos, E_TREE_SECRET, "there is no %s %.64s%s%.64s", kind, name,
                  cluster || !a->object->ns ? "" : " in the namespace ",
                  cluster || !a->object->ns ? "" : a->object->ns);
    return a->guess;
}

static void want(struct asking *a, const struct tree_node *remote, bool extract,
                 const struct tree_node *store)
{
    const struct tree_node *key = tree_get(remote, "key");
    struct walk *w = a->j->w;
    if (!key || !is_ours(a, store))
        return;
    const char *name = walk_text(w, &a->object->item, key);
    if (!name)
        return;
    struct error e;
    struct ref *ref = remote_ref(w->pool, walk_pos(&a->object->item, key), remote, name, extract, &e);
    if (ref && plan_add_secret(w->plan, ref, &e) == 0)
        return;
    if (e.code && (ref || !a->guess))
        errors_add(w->errors, &e);
}

static void want_list(struct asking *a, const struct tree_node *list, const char *path, bool extract,
                      const struct tree_node *store)
{
    for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next) {
        const struct tree_node *own = tree_path(n, "sourceRef.storeRef");
        want(a, tree_get(n, path), extract, own ? own : store);
    }
}

static void ask(struct needs *j, const struct inventory_object *object)
{
    struct asking a = {.j = j, .object = object};
    const struct tree_node *spec = tree_get(object->root, "spec");

    if (object->kind == INVENTORY_EXTERNAL_CLUSTER)
        spec = tree_get(spec, "externalSecretSpec");
    const struct tree_node *ref = tree_get(spec, "secretStoreRef");
    if (ref)
        (void)is_ours(&a, ref);
    want_list(&a, tree_get(spec, "data"), "remoteRef", false, ref);
    want_list(&a, tree_get(spec, "dataFrom"), "extract", true, ref);
}

/* It gives to a store; what it gives must be there. */
static void push(struct needs *j, const struct inventory_object *object)
{
    struct asking a = {.j = j, .object = object};
    const struct tree_node *refs = tree_path(object->root, "spec.secretStoreRefs");
    const struct tree_node *name = tree_path(object->root, "spec.selector.secret.name");

    for (const struct tree_node *n = refs ? refs->first : NULL; n; n = n->next)
        if (tree_get(n, "name"))
            (void)is_ours(&a, n);
    const char *text = name ? walk_text(j->w, &object->item, name) : NULL;
    if (text)
        need_secret(j, walk_pos(&object->item, name), "PushSecret",
                    (struct secret_search){.ns = object->ns, .name = text});
}

void needs_judge(struct inventory *inventory, struct walk *w)
{
    struct needs j = {.inventory = inventory, .w = w, .scratch = pool_new()};

    for (const struct inventory_object *o = inventory->first; o; o = o->next) {
        if (o->kind == INVENTORY_STORE)
            judge_store(&j, o);
        else if (o->kind == INVENTORY_EXTERNAL || o->kind == INVENTORY_EXTERNAL_CLUSTER)
            ask(&j, o);
        else if (o->kind == INVENTORY_PUSH)
            push(&j, o);
        else if (o->kind == INVENTORY_NEED && o->name)
            need_secret(&j, walk_pos(&o->item, o->root), o->what,
                        (struct secret_search){.ns = o->ns, .name = o->name});
    }
    pool_free(j.scratch);
}
