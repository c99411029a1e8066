#include "base/text.h"
#include "plan/object.h"
#include "plan/steps.h"
#include "site/leftover.h"
#include "site/merge.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_ 253     /* DNS-1123 subdomain, RFC 1123 and Kubernetes' names.md */
#define HEADER_BYTES 2048 /* where flux's header comment stands */
#define PATH_ROOM 320

static void append(struct document **list, struct document *document)
{
    document->next = NULL;
    while (*list)
        list = &(*list)->next;
    *list = document;
}

static struct plan_manifest *add(struct plan *plan, const char *name, const char *file, struct pos pos,
                                 struct errors *errors)
{
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        if (strcmp(plan->manifests[i].name, name) == 0) {
            errors_at(errors, pos, E_PLAN_MANIFEST, "two files make the manifest %s: %s and %s", name,
                      plan->manifests[i].file, file);
            return NULL;
        }
    }
    if (plan->manifest_count == PLAN_MANIFESTS_MAX) {
        errors_at(errors, pos, E_PLAN_MANIFEST,
                  "more than %d manifests; put objects that belong together into one file",
                  PLAN_MANIFESTS_MAX);
        return NULL;
    }
    struct plan_manifest *manifest = &plan->manifests[plan->manifest_count++];
    *manifest = (struct plan_manifest){.name = pool_strdup(plan->pool, name),
                                       .file = file ? pool_strdup(plan->pool, file) : NULL};
    return manifest;
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

static void take(struct plan *plan, const char *name, const char *path, size_t size,
                 struct document *documents, struct errors *errors)
{
    struct plan_manifest *manifest =
        documents ? add(plan, name, path, (struct pos){.file = path}, errors) : NULL;
    if (manifest) {
        manifest->docs = documents;
        manifest->size = size;
    }
}

/* One bootstrap file: its namespaces go to `namespaces`, its Secrets become the manifest 30-`name` and the rest
 * 50-`name`, behind Flux's sync: Talos stops for ever at the first object that the API server does not take, and what
 * hearth lays itself must not wait for it. */
static void add_bootstrap_file(struct plan *plan, const char *path, const char *name,
                               struct document **namespaces, struct object_seen **seen, struct errors *errors)
{
    struct pos pos = {.file = path};
    if (!is_subdomain(name)) {
        errors_at(errors, pos, E_PLAN_MANIFEST,
                  "the file makes the manifest \"%s\", which is no name: lower-case letters, digits, - and .",
                  name);
        return;
    }
    struct error e;
    size_t size;
    struct document *documents;
    if (site_tree(plan->site, plan->pool, path, &documents, &size, NULL, &e) != 0) {
        errors_add(errors, &e);
        return;
    }
    struct document *next;
    struct document *secrets = NULL;
    struct document *rest = NULL;
    for (struct document *d = documents; d; d = next) {
        next = d->next;
        if (!d->root || !check_object(d, errors))
            continue;
        site_examples(d->root, errors);
        leftover_judge(d->root, false, errors);
        object_check(plan->pool, d->root, seen, errors);
        const struct tree_node *kind = tree_get(d->root, "kind");
        append(tree_is(kind, "Namespace") ? namespaces : tree_is(kind, "Secret") ? &secrets : &rest, d);
    }
    take(plan, pool_printf(plan->pool, "30-%s", name), path, size, secrets, errors);
    take(plan, pool_printf(plan->pool, "50-%s", name), path, size, rest, errors);
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
static void add_bootstrap(struct plan *plan, const char *directory, const char *prefix,
                          struct document **namespaces, struct object_seen **seen, struct errors *errors)
{
    const char **files = NULL;
    struct error e;
    if (site_list(plan->site, plan->pool, directory, ".yaml", &files, &e) != 0) {
        errors_add(errors, &e);
        return;
    }
    plan_other_suffix(plan, directory, errors);
    for (; files && *files; files++) {
        char *path = pool_printf(plan->pool, "%s/%s", directory, *files);
        size_t stem = strlen(*files) - strlen(".yaml");
        if (strstr(*files, ".sops.")) {
            errors_at(&plan->warnings, (struct pos){.file = path}, E_PLAN_RISK,
                      "encrypted with SOPS, so it is left out: nobody could decrypt it before Flux runs");
            continue;
        }
        char *name = pool_printf(plan->pool, "%s%.*s", prefix, (int)stem, *files);
        add_bootstrap_file(plan, path, name, namespaces, seen, errors);
    }
}

/* What `flux install --export` wrote behind `mark` into the head of its file; "" when it is not there. */
static void flux_header(struct span bytes, const char *mark, char *out, size_t cap)
{
    size_t end = bytes.n < HEADER_BYTES ? bytes.n : HEADER_BYTES;
    size_t len = strlen(mark);
    out[0] = '\0';
    for (size_t i = 0; i + len <= end; i++) {
        if ((i > 0 && bytes.p[i - 1] != '\n') || memcmp(bytes.p + i, mark, len) != 0)
            continue;
        size_t from = i + len;
        size_t n = 0;
        while (from + n < end && n + 1 < cap && bytes.p[from + n] > ' ')
            n++;
        memcpy(out, bytes.p + from, n);
        out[n] = '\0';
        return;
    }
}

/* One of the two files of Flux, laid down byte for byte. */
static bool read_flux(struct plan *plan, const char *path, const char *next, struct span *bytes,
                      struct errors *errors)
{
    bool missing;
    struct error e;
    if (plan_read(plan, path, bytes, &missing, &e) != 0) {
        const struct pos said = plan->entry->role->flux.pos;
        if (missing && said.file)
            error_at(&e, said, E_PLAN_FLUX, "%s: the file is not there; %s", path, next);
        else if (missing)
            error_at(&e, (struct pos){.file = path}, E_PLAN_FLUX, "the file is not there; %s", next);
        errors_add(errors, &e);
        return false;
    }
    if (bytes->n == 0) {
        errors_at(errors, (struct pos){.file = path}, E_PLAN_FLUX, "the file is empty; %s", next);
        return false;
    }
    return true;
}

static void lay_flux(struct plan *plan, const char *name, const char *path, struct span bytes,
                     struct errors *errors)
{
    struct plan_manifest *manifest = add(plan, name, path, (struct pos){.file = path}, errors);
    if (manifest) {
        manifest->bytes = bytes;
        manifest->size = bytes.n;
    }
}

/* A download or a copy that ended early is still YAML, and half a Flux: each controller that the head names must have
 * its Deployment. */
static bool is_cut_off(struct pool *pool, struct span bytes)
{
    static const char before[] = "\n      ", account[] = "serviceAccountName:";
    struct buf found = {0};
    /* "\nNAME\n..." of all, in one pass over what is the longest file of a site. */
    for (const unsigned char *at = bytes.p, *end = bytes.p + bytes.n;
         (at = memmem(at, (size_t)(end - at), account, sizeof account - 1));) {
        bool pod = at - bytes.p >= (long)sizeof before - 1 &&
            memcmp(at - (sizeof before - 1), before, sizeof before - 1) == 0;
        at += sizeof account - 1;
        if (!pod || at == end || *at++ != ' ')
            continue;
        const unsigned char *line = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((line ? line : end) - at);
        buf_char(&found, '\n');
        buf_add(&found, at, n && at[n - 1] == '\r' ? n - 1 : n);
    }
    buf_char(&found, '\n');
    char names[256];
    flux_header(bytes, "# Components: ", names, sizeof names);
    char *rest = NULL;
    bool cut = false;
    for (char *name = strtok_r(names, ",\r", &rest); name; name = strtok_r(NULL, ",\r", &rest))
        cut = cut || !strstr(found.data, pool_printf(pool, "\n%s\n", name));
    buf_free(&found);
    return cut;
}

static void add_components(struct plan *plan, struct errors *errors)
{
    const struct site *site = plan->site;
    if (plan->entry->role->flux.from == FLUX_RELEASE)
        return;
    const char *path = plan->entry->role->flux.components;
    /* Said for another directory than this one: that of hearth's sources. */
    UNSET char whole[PATH_MAX];
    char *next = pool_printf(plan->pool, "fetch it in hearth's sources with `make flux SITE=%s`",
                             realpath(site->dir, whole) ? whole : site->dir);
    struct span bytes;
    if (!read_flux(plan, path, next, &bytes, errors))
        return;
    char version[64];
    flux_header(bytes, "# Flux Version: ", version, sizeof version);
    if (version[0] && site->flux.version && strcmp(version, site->flux.version) != 0) {
        errors_at(errors, (struct pos){.file = path}, E_PLAN_FLUX,
                  "the file is Flux %s, and hearth.yaml says %s; %s", version, site->flux.version, next);
        return;
    }
    if (bytes.p[bytes.n - 1] != '\n') {
        errors_at(
            errors, (struct pos){.file = path}, E_PLAN_FLUX,
            "the last line has no end: the file is cut off, or a tool took its last newline, which then "
            "is to be put back; %s",
            next);
        return;
    }
    if (is_cut_off(plan->pool, bytes)) {
        errors_at(errors, (struct pos){.file = path}, E_PLAN_FLUX,
                  "the file is cut off: not every controller that its head names is in it; %s", next);
        return;
    }
    /* Of Flux and of its operator: what makes the others work, and what it reads. */
    if (!span_find(bytes, "kind: Deployment").n || !span_find(bytes, "kind: CustomResourceDefinition").n) {
        errors_at(errors, (struct pos){.file = path}, E_PLAN_FLUX, "it has no controller, or no CRD; %s",
                  next);
        return;
    }
    lay_flux(plan, PLAN_FLUX_COMPONENTS, path, bytes, errors);
}

struct span plan_definition(const struct plan *plan, const char *kind)
{
    struct span one = {0};
    for (unsigned i = 0; i < plan->manifest_count; i++)
        if (strcmp(plan->manifests[i].name, PLAN_FLUX_COMPONENTS) == 0)
            one = span_find(plan->manifests[i].bytes, pool_printf(plan->pool, "\n    kind: %s\n", kind));
    one.n -= span_find(one, "\n---\n").n;
    return one;
}

/* The example's own mark, in bytes that are not parsed: anywhere but in a comment. */
static void refuse_example(struct span bytes, const char *path, struct errors *errors)
{
    struct pos pos = {.file = path, .line = 1, .column = 1};
    bool comment = false;
    for (size_t i = 0; i < bytes.n; i++, pos.column++) {
        if (bytes.p[i] == '\n') {
            pos.line++;
            pos.column = 0;
            comment = false;
        } else if (bytes.p[i] == '#' && (pos.column == 1 || bytes.p[i - 1] == ' ')) {
            comment = true;
        } else if (!comment && bytes.n - i >= strlen(SITE_EXAMPLE_MARK) &&
                   memcmp(bytes.p + i, SITE_EXAMPLE_MARK, strlen(SITE_EXAMPLE_MARK)) == 0) {
            errors_at(errors, pos, E_SITE_PLACEHOLDER,
                      "still %s: Flux would follow a repository that is not yours", SITE_EXAMPLE_MARK);
            return;
        }
    }
}

static void add_sync(struct plan *plan, struct errors *errors)
{
    struct span bytes;
    const char *path = plan->entry->role->flux.sync;
    static const char next[] = "it tells Flux what to follow and where to begin: a source and a "
                               "Kustomization (`flux bootstrap` writes them), or a FluxInstance";
    if (!read_flux(plan, path, next, &bytes, errors))
        return;
    refuse_example(bytes, path, errors);
    lay_flux(plan, PLAN_FLUX_SYNC, path, bytes, errors);
}

static int by_name(const void *a, const void *b)
{
    const struct plan_manifest *const *left = a;
    const struct plan_manifest *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* Talos applies by name, so the plan stands in that order too. */
static void sort(struct plan *plan)
{
    struct plan_manifest *order[PLAN_MANIFESTS_MAX];
    struct plan_manifest *sorted = pool_alloc(plan->pool, PLAN_MANIFESTS_MAX * sizeof *sorted);
    for (unsigned i = 0; i < plan->manifest_count; i++)
        order[i] = &plan->manifests[i];
    qsort(order, plan->manifest_count, sizeof order[0], by_name);
    for (unsigned i = 0; i < plan->manifest_count; i++)
        sorted[i] = *order[i];
    plan->manifests = sorted;
}

int plan_manifests(struct plan *plan, struct errors *errors)
{
    unsigned before = errors_total(errors);
    const char *role = plan->entry->role->name;
    if (plan->entry->type != MACHINE_CONTROLPLANE)
        return 0;

    add_components(plan, errors);
    struct document *namespaces = NULL;
    struct object_seen *seen = NULL;
    add_bootstrap(plan, "bootstrap", "", &namespaces, &seen, errors);
    add_bootstrap(plan, pool_printf(plan->pool, "bootstrap/%s", role), pool_printf(plan->pool, "%s-", role),
                  &namespaces, &seen, errors);
    add_sync(plan, errors);
    struct plan_manifest *manifest =
        namespaces ? add(plan, "10-namespaces", NULL, plan->entry->pos, errors) : NULL;
    if (manifest)
        manifest->docs = namespaces;
    sort(plan);
    return errors_total(errors) > before ? -1 : 0;
}
