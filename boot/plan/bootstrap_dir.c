/*
 * The files of bootstrap/: each is read, judged and written once, and then only what others ask of its objects is kept
 * (head.h), unless there is a reference in it. So many or large files are in memory one at a time.
 */
#include "base/text.h"
#include "plan/head.h"
#include "plan/object.h"
#include "plan/steps.h"
#include "site/emit.h"
#include "site/leftover.h"

#include <string.h>

#define NAME_MAX_ 253 /* DNS-1123 subdomain, RFC 1123 and Kubernetes' names.md */

struct documents {
    struct document *first, *last;
};

struct bootstrap {
    struct plan *plan;
    struct errors *errors;
    struct objects_seen seen;
    /* of all files */
    struct documents namespaces;
    /* the file under way */
    const char *path;
    size_t size;
    /* mistakes before it */
    unsigned before;
};

static void append(struct documents *list, struct document *document)
{
    document->next = NULL;
    if (list->last)
        list->last->next = document;
    else
        list->first = document;
    list->last = document;
}

static bool is_subdomain(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > NAME_MAX_ || s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.")] != '\0')
        return false;
    for (size_t i = 0; i < n; i++) {
        bool edge = i == 0 || i + 1 == n || s[i - 1] == '.' || s[i + 1] == '.';
        if (s[i] == '.' ? edge : s[i] == '-' && edge)
            return false;
    }
    return true;
}

/* An object that Kubernetes could take, as far as its head says. */
static bool check_object(const struct document *document, struct errors *errors)
{
    const struct tree_node *root = document->root;
    const char *version = tree_text(tree_get(root, "apiVersion"));
    const char *kind = tree_text(tree_get(root, "kind"));
    if (!version || !version[0] || !kind || !kind[0])
        errors_at(errors, root->pos, E_PLAN_MANIFEST,
                  "this document is no Kubernetes object: it needs apiVersion and kind");
    else if (strncmp(version, "kustomize.config.k8s.io/", 24) == 0)
        errors_at(errors, root->pos, E_PLAN_MANIFEST,
                  "%s is for the kustomize command; nothing runs it here, every file of bootstrap/ is laid "
                  "down as it is",
                  kind);
    else
        return true;
    return false;
}

static int has_reference(struct tree_node *node, void *arg)
{
    (void)arg;
    return node->ref != NULL;
}

/* What stays of documents whose pool goes: all of each, or its head. */
static void keep(const struct bootstrap *b, struct documents *to, const struct document *from, bool whole)
{
    struct pool *pool = b->plan->pool;
    for (; from; from = from->next) {
        struct document *document = pool_alloc(pool, sizeof *document);
        document->pos = from->pos;
        document->pos.file = b->path;
        document->head = !whole;
        document->root = whole ? tree_keep(pool, b->path, from->root) : head_of(pool, b->path, from->root);
        append(to, document);
    }
}

/* The manifest of these documents; written now, where nothing in them is open. */
static void lay(struct bootstrap *b, const char *prefix, const char *name, const struct document *documents)
{
    struct plan *plan = b->plan;
    name = pool_printf(plan->pool, "%s-%s", prefix, name);
    struct plan_manifest *manifest =
        documents ? plan_add_manifest(plan, name, b->path, (struct pos){.file = b->path}, b->errors) : NULL;
    if (!manifest)
        return;
    manifest->size = b->size;
    bool open = false;
    for (const struct document *d = documents; d; d = d->next)
        open = open || tree_walk(d->root, has_reference, NULL);
    struct documents kept = {0};
    keep(b, &kept, documents, open);
    manifest->docs = kept.first;
    if (open || errors_total(b->errors) > b->before)
        return;
    struct buf text = {.max = PLAN_MANIFEST_MAX};
    struct error e;
    if (emit_manifest(&text, documents, manifest->name, &e) != 0) {
        error_wrap(&e, "%s", b->path);
        errors_add(b->errors, &e);
    }
    manifest->bytes = (struct span){(const unsigned char *)text.data, text.len};
    pool_keep(plan->pool, text.data);
}

/* One bootstrap file: its namespaces go to those of all, its Secrets become the manifest 30-`name` and the rest
 * 50-`name`, behind Flux's sync: Talos stops for ever at the first object that the API server does not take, and what
 * hearth lays itself must not wait for it. */
static void add_file(struct bootstrap *b, const char *name)
{
    if (!is_subdomain(name)) {
        errors_at(b->errors, (struct pos){.file = b->path}, E_PLAN_MANIFEST,
                  "the file makes the manifest \"%s\", which is no name: lower-case letters, digits, - and .",
                  name);
        return;
    }
    b->before = errors_total(b->errors);
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct document *documents;
    UNSET struct error e;
    if (site_tree(b->plan->site, pool, b->path, &documents, &b->size, NULL, &e) != 0) {
        errors_add(b->errors, &e);
        return;
    }
    struct document *next;
    struct documents namespaces = {0}, secrets = {0}, rest = {0};
    for (struct document *d = documents; d; d = next) {
        next = d->next;
        if (!d->root || !check_object(d, b->errors))
            continue;
        site_examples(d->root, b->errors);
        leftover_judge(d->root, false, b->errors);
        object_check(pool, d->root, &b->seen, b->errors);
        const struct tree_node *kind = tree_get(d->root, "kind");
        append(tree_is(kind, "Namespace") ? &namespaces : tree_is(kind, "Secret") ? &secrets : &rest, d);
    }
    keep(b, &b->namespaces, namespaces.first, true);
    lay(b, "30", name, secrets.first);
    lay(b, "50", name, rest.first);
}

int plan_whole(const struct plan *plan, const struct plan_manifest *manifest, struct document *document,
               struct error *e)
{
    if (!document->head)
        return 0;
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    size_t size;
    struct document *documents;
    if (site_tree(plan->site, pool, manifest->file, &documents, &size, NULL, e) != 0)
        return -1;
    while (documents && documents->pos.line != document->pos.line)
        documents = documents->next;
    if (size != manifest->size || !documents || !documents->root)
        return error_at(e, document->pos, E_PLAN_MANIFEST, "the file has changed while it was read");
    document->root = tree_keep(plan->pool, manifest->file, documents->root);
    document->head = false;
    return 0;
}

void plan_other_suffix(struct plan *plan, const char *directory, struct errors *errors)
{
    const char **files = NULL;
    struct error e;
    if (site_list(plan->site, plan->pool, directory, ".yml", &files, &e) != 0)
        errors_add(errors, &e);
    for (; files && *files; files++)
        errors_at(&plan->warnings, (struct pos){.file = pool_printf(plan->pool, "%s/%s", directory, *files)},
                  E_PLAN_ADVICE, "is not read: hearth reads .yaml; rename it, or move it out of %s/",
                  directory);
}

/* Every .yaml file of one directory. prefix is "" or "<role>-". */
static void add_directory(struct bootstrap *b, const char *directory, const char *prefix)
{
    struct plan *plan = b->plan;
    const char **files = NULL;
    struct error e;
    if (site_list(plan->site, plan->pool, directory, ".yaml", &files, &e) != 0) {
        errors_add(b->errors, &e);
        return;
    }
    plan_other_suffix(plan, directory, b->errors);
    for (; files && *files; files++) {
        b->path = pool_printf(plan->pool, "%s/%s", directory, *files);
        size_t stem = strlen(*files) - strlen(".yaml");
        if (strstr(*files, ".sops."))
            errors_at(&plan->warnings, (struct pos){.file = b->path}, E_PLAN_RISK,
                      "encrypted with SOPS, so it is left out: nobody could decrypt it before Flux runs");
        else
            add_file(b, pool_printf(plan->pool, "%s%.*s", prefix, (int)stem, *files));
    }
}

struct document *plan_bootstrap(struct plan *plan, struct errors *errors)
{
    const char *role = plan->entry->role->name;
    struct bootstrap b = {.plan = plan, .errors = errors, .seen = {.pool = plan->pool}};
    add_directory(&b, "bootstrap", "");
    add_directory(&b, pool_printf(plan->pool, "bootstrap/%s", role), pool_printf(plan->pool, "%s-", role));
    return b.namespaces.first;
}
