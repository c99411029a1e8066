#include "gitops/gitops.h"
#include "gitops/operator.h"
#include "gitops/remote.h"

#include "base/text.h"
#include "site/tracked.h"

#include <string.h>

#define VALUE_MAX 512 /* bytes of a value that is expanded */

/* A file or directory of the tree. Everything lives in the plan's pool. */
struct item {
    const char *path;
    /* postBuild.substitute of its Flux Kustomization, or NULL */
    const struct tree_node *vars;
    /* what names it; file is NULL when it was found in a directory */
    struct pos from;
    unsigned depth;
};

/* A secret of an ExternalSecret and the store that it comes from; or, without a secret, a store that is not Azure's. */
struct found {
    const struct ref *ref;
    const char *store;
    struct found *next;
};

struct walk {
    struct plan *plan;
    /* the plan's */
    struct pool *pool;
    /* those to come stand behind those that were */
    struct item *items;
    unsigned count;
    bool cut;
    struct found *first, **end;
    /* the first */
    const char *untracked;
    unsigned untracked_count;
    struct gitops_login *login;
    struct errors *warnings;
    struct errors *errors;
};

static void say(struct errors *list, const struct item *item, const struct tree_node *at,
                enum error_code code, const char *text, const char *value)
{
    errors_at(list, (struct pos){item->path, at->pos.line, at->pos.column}, code, "%s%.200s", text, value);
}

static bool is_yaml(const char *path)
{
    return text_glob("*.y*ml", path);
}

/* dir/relative without "." and ".."; too many of these leave nothing. */
static char *path_join(struct pool *pool, const char *dir, const char *relative)
{
    size_t n = strlen(dir);
    char *out = pool_alloc(pool, n + strlen(relative) + 2);
    memcpy(out, dir, n);
    while (*relative) {
        size_t len = strcspn(relative, "/");
        if (len == 2 && relative[0] == '.' && relative[1] == '.') {
            while (n > 0 && out[--n] != '/') {
            }
        } else if (len > 1 || (len == 1 && relative[0] != '.')) {
            if (n > 0)
                out[n++] = '/';
            memcpy(out + n, relative, len);
            n += len;
        }
        relative += len;
        relative += *relative == '/';
    }
    out[n] = '\0';
    return out;
}

/* Puts dir/relative into the queue, once; `at` of the file `by` names it, or is NULL. */
static void follow(struct walk *w, const struct item *by, const char *dir, const char *relative,
                   const struct tree_node *at)
{
    struct item *item = &w->items[w->count];
    *item = *by;
    item->path = path_join(w->pool, dir, relative);
    item->depth++;
    item->from = (struct pos){0};
    if (at)
        item->from = (struct pos){by->path, at->pos.line, at->pos.column};
    for (unsigned i = 0; i < w->count; i++)
        if (strcmp(w->items[i].path, item->path) == 0)
            return;
    if (w->count == GITOPS_ITEMS_MAX || by->depth == GITOPS_DEPTH_MAX)
        w->cut = true;
    else
        w->count++;
}

/* The text with one ${name} replaced as Flux does after the build; NULL when something stays open. */
static const char *expand(struct pool *pool, const struct tree_node *vars, const char *text)
{
    const char *open = strstr(text, "${");
    size_t n = strcspn(open ? open : "", "}");
    if (!open)
        return pool_strdup(pool, text);
    if (!open[n] || strlen(text) > VALUE_MAX || strstr(open + n, "${"))
        return NULL;
    const char *value = tree_text(tree_get(vars, pool_memdup(pool, open + 2, n - 2)));
    return value ? pool_printf(pool, "%.*s%s%s", (int)(open - text), text, value, open + n + 1) : NULL;
}

/* The same, of a node; an absent one is NULL, what stays open is said. */
static const char *value_of(struct walk *w, const struct item *item, const struct tree_node *node)
{
    const char *text = tree_text(node);
    text = text ? expand(w->pool, item->vars, text) : NULL;
    if (node && !text)
        say(w->warnings, item, node, E_PLAN_ADVICE,
            "not checked, not in postBuild.substitute: ", tree_text(node) ? tree_text(node) : "");
    return text;
}

static void add_secret(struct walk *w, const struct ref *ref, const char *store)
{
    struct found *found = *w->end = pool_alloc(w->pool, sizeof *found);
    found->ref = ref;
    found->store = pool_strdup(w->pool, store);
    w->end = &found->next;
}

static void want_list(struct walk *w, const struct item *item, const struct tree_node *list, const char *path,
                      bool extract, const char *store)
{
    for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next) {
        const struct tree_node *remote = tree_get(n, path), *key = tree_get(remote, "key");
        const char *name = value_of(w, item, key);
        if (!name)
            continue;
        struct error e;
        struct ref *ref = remote_ref(w->pool, (struct pos){item->path, key->pos.line, key->pos.column},
                                     remote, name, extract, &e);
        if (ref)
            add_secret(w, ref, store);
        else if (e.code)
            errors_add(w->errors, &e);
    }
}

static void external_secret(struct walk *w, const struct item *item, const struct tree_node *root)
{
    const char *store = tree_text(tree_path(root, "spec.secretStoreRef.name"));
    if (!store || !tree_is(tree_path(root, "spec.secretStoreRef.kind"), "ClusterSecretStore"))
        return;
    want_list(w, item, tree_path(root, "spec.data"), "remoteRef", false, store);
    want_list(w, item, tree_path(root, "spec.dataFrom"), "extract", true, store);
}

static void judge_store(struct walk *w, const struct item *item, const struct tree_node *root)
{
    const struct tree_node *azure = tree_path(root, "spec.provider.azurekv"),
                           *node = tree_get(azure, "vaultUrl");
    const char *wanted = w->plan->entry->role->vault, *name = tree_text(tree_path(root, "metadata.name"));
    const char *url = value_of(w, item, node);
    size_t n = strlen(wanted);
    if (!azure && name)
        add_secret(w, NULL, name);
    if (url && (strncasecmp(url, wanted, n) != 0 || (url[n] && strcmp(url + n, "/") != 0)))
        say(w->errors, item, node, E_TREE, "not the role's vault: ", url);
    else if (url && !w->login->pos.file && tree_path(azure, "authSecretRef.clientSecret")) {
        node = tree_get(azure, "tenantId");
        *w->login = operator_login(w->plan, tree_get(azure, "authSecretRef"),
                                   (struct pos){item->path, azure->pos.line, 0});
        w->login->tenant = node ? value_of(w, item, node) : NULL;
    }
}

static void kustomization(struct walk *w, const struct item *item, const struct tree_node *root)
{
    const struct tree_node *path = tree_path(root, "spec.path"),
                           *vars = tree_path(root, "spec.postBuild.substitute");
    const char *text = value_of(w, item, path);
    struct item by = *item;
    /* Another source is another repository. */
    if (!text || !tree_is(tree_path(root, "spec.sourceRef.name"), "flux-system"))
        return;
    by.vars = vars ? tree_copy(w->pool, vars) : NULL;
    follow(w, &by, "", text, path);
}

static bool is_worth_parsing(const struct buf *text, const char *path)
{
    static const char words[][14] = {"Kustomization", "\nresources:", "ecretStore", SITE_EXAMPLE_MARK};
    /* Laid down byte for byte, and far larger than all the rest. */
    if (!text->data || strstr(path, "/gotk-components.yaml"))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (memmem(text->data, text->len, words[i], strnlen(words[i], sizeof words[i])))
            return true;
    return false;
}

/* Reads a file; false when there is none. One that cannot be judged is said and empty. */
static bool read_documents(struct walk *w, struct pool *pool, const char *path, struct document **docs)
{
    struct buf text = {.max = SITE_FILE_MAX + 4096};
    struct error e;
    bool missing = false;
    int failed = site_read(w->plan->site, path, &text, &missing, &e);
    *docs = NULL;
    if (!failed && is_worth_parsing(&text, path))
        failed = tree_read(pool, path, text.data, text.len, docs, &e);
    buf_free(&text);
    if (missing)
        return false;
    if (failed) {
        *docs = NULL;
        errors_at(w->warnings, (struct pos){0}, E_PLAN_ADVICE, "check skipped %s", e.text);
    }
    if (tracked_file(w->plan->site->dir, path) == TRACKED_NO && w->untracked_count++ == 0)
        w->untracked = pool_strdup(w->pool, path);
    return true;
}

static void resources(struct walk *w, const struct item *item, const char *file, const struct tree_node *list)
{
    struct item by = *item;
    by.path = file;
    for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next)
        /* "//" and "?" are of remote ones: https://..., host/repository//directory?ref=... */
        if (tree_text(n) && !strstr(n->text, "//") && !strchr(n->text, '?'))
            follow(w, &by, item->path, n->text, n);
}

/* Whether it is there. */
static bool directory(struct walk *w, const struct item *item, struct pool *pool)
{
    const char *file = path_join(w->pool, item->path, "kustomization.yaml");
    struct document *docs = NULL;
    if (read_documents(w, pool, file, &docs)) {
        resources(w, item, file, docs ? tree_get(docs->root, "resources") : NULL);
        resources(w, item, file, docs ? tree_get(docs->root, "components") : NULL);
        return true;
    }
    const char **files = NULL, **folders = NULL;
    struct error ignored;
    if (site_list(w->plan->site, pool, item->path, "ml", &files, &ignored) != 0 ||
        site_list(w->plan->site, pool, item->path, "/", &folders, &ignored) != 0)
        return false;
    file = files[0] ? files[0] : folders[0];
    for (; *files; files++)
        if (is_yaml(*files))
            follow(w, item, item->path, *files, NULL);
    for (; *folders; folders++)
        follow(w, item, item->path, *folders, NULL);
    return file != NULL;
}

static void visit(struct walk *w, const struct item *item)
{
    struct pool *pool = pool_new();
    struct document *docs = NULL;
    if (!(is_yaml(item->path) ? read_documents(w, pool, item->path, &docs) : directory(w, item, pool)) &&
        item->from.file)
        errors_at(w->errors, item->from, E_TREE, "%.200s is not there", item->path);
    for (; docs; docs = docs->next) {
        const struct tree_node *kind = tree_get(docs->root, "kind");
        site_examples(docs->root, w->errors);
        if (tree_is(kind, "Kustomization"))
            kustomization(w, item, docs->root);
        else if (tree_is(kind, "ClusterSecretStore"))
            judge_store(w, item, docs->root);
        else if (tree_is(kind, "ExternalSecret"))
            external_secret(w, item, docs->root);
    }
    pool_free(pool);
}

static bool is_foreign(const struct found *f, const char *store)
{
    for (; f; f = f->next)
        if (!f->ref && strcmp(f->store, store) == 0)
            return true;
    return false;
}

void gitops_tree(struct plan *plan, struct gitops_login *login, struct errors *warnings,
                 struct errors *errors)
{
    struct walk w = {
        .plan = plan, .pool = plan->pool, .login = login, .warnings = warnings, .errors = errors};
    *login = (struct gitops_login){0};
    w.end = &w.first;
    w.items = pool_alloc(w.pool, (GITOPS_ITEMS_MAX + 1) * sizeof *w.items);
    const struct item start = {0};
    follow(&w, &start, pool_printf(w.pool, "clusters/%s", plan->entry->role->name),
           "flux-system/gotk-sync.yaml", NULL);
    for (unsigned i = 0; i < w.count; i++)
        visit(&w, &w.items[i]);
    struct error e = {0};
    for (const struct found *f = w.first; f && e.code == E_NONE; f = f->next)
        if (f->ref && !is_foreign(w.first, f->store) && plan_add_secret(plan, f->ref, &e) != 0)
            errors_add(errors, &e);
    if (w.cut)
        errors_at(warnings, (struct pos){0}, E_PLAN_ADVICE, "not all of this large tree was checked");
    if (w.untracked_count == 1)
        errors_at(warnings, (struct pos){.file = w.untracked}, E_PLAN_ADVICE,
                  "git does not track this file, so Flux lacks it: `git add`");
    else if (w.untracked)
        errors_at(warnings, (struct pos){.file = w.untracked}, E_PLAN_ADVICE,
                  "one of %u files that git does not track, so Flux lacks them: `git add`",
                  w.untracked_count);
}
