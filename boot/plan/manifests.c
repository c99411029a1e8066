#include "base/text.h"
#include "plan/steps.h"
#include "site/merge.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 2048 /* where flux's header comment stands */

struct plan_manifest *plan_add_manifest(struct plan *plan, const char *name, const char *file, struct pos pos,
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
    struct plan_manifest *manifest = plan_add_manifest(plan, name, path, (struct pos){.file = path}, errors);
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
    if (plan->entry->type != MACHINE_CONTROLPLANE)
        return 0;

    add_components(plan, errors);
    struct document *namespaces = plan_bootstrap(plan, errors);
    add_sync(plan, errors);
    struct plan_manifest *manifest =
        namespaces ? plan_add_manifest(plan, "10-namespaces", NULL, plan->entry->pos, errors) : NULL;
    if (manifest)
        manifest->docs = namespaces;
    sort(plan);
    return errors_total(errors) > before ? -1 : 0;
}

void plan_drop_manifests(struct plan *plan)
{
    while (plan->manifest_count > 0)
        pool_drop(plan->pool, plan->manifests[--plan->manifest_count].bytes.p);
}
