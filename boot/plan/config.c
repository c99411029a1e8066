#include "base/text.h"
#include "plan/steps.h"
#include "site/merge.h"
#include "site/ref.h"
#include "site/schema.h"
#include "site/schema_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 160 /* "talos/" + a label or role name + ".yaml" */

struct tree_node *plan_main(const struct plan *plan)
{
    struct document *main = merge_find(plan->config, NULL, NULL);
    return main ? main->root : NULL;
}

int plan_read(const struct plan *plan, const char *path, struct span *out, bool *missing, struct error *e)
{
    *out = (struct span){.p = NULL};
    *missing = false;
    struct buf bytes = {.max = SITE_FILE_MAX};
    int status = site_read(plan->site, path, &bytes, missing, e);
    if (status == 0 && !text_is_utf8(bytes.data ? bytes.data : "", bytes.len))
        status = error_set(e, E_PLAN_FILE, "%s is not valid UTF-8", path);
    if (status == 0) {
        out->p = (const unsigned char *)pool_memdup(plan->pool, bytes.data ? bytes.data : "", bytes.len);
        out->n = bytes.len;
    }
    buf_free(&bytes);
    return status;
}

/* Whether the installer image names a newer Talos than hearth knows the config of. */
static bool is_newer_talos(const struct plan *plan)
{
    const struct tree_node *main = plan_main(plan);
    const char *image = tree_text(tree_path(main, "machine.install.image"));
    const char *tag = image ? strrchr(image, ':') : NULL;
    if (!tag || strncmp(tag, ":v1.", 4) != 0)
        return false;
    char *end;
    return strtol(tag + 4, &end, 10) > SCHEMA_NEWEST_MINOR && end > tag + 4;
}

/* What Talos would refuse of these documents: one file, or the whole of all. */
static void judge(struct plan *plan, const struct document *documents, bool whole, struct errors *errors)
{
    struct schema_check check = {
        .pool = plan->pool,
        .newer = is_newer_talos(plan),
        .whole = whole,
        .worker = plan->entry->type == MACHINE_WORKER,
        .errors = errors,
        .warnings = &plan->warnings,
    };
    schema_check(&check, documents);
}

/* Reads one file of talos/ and merges it over what is there. */
static int add_file(struct plan *plan, const char *path, bool *missing, struct errors *errors,
                    struct error *e)
{
    *missing = false;
    struct buf bytes = {.max = SITE_FILE_MAX};
    int status = site_read(plan->site, path, &bytes, missing, e);
    size_t size = bytes.len;
    struct document *documents = NULL;
    if (status == 0)
        status = tree_read(plan->pool, path, bytes.data ? bytes.data : "", bytes.len, &documents, e);
    buf_free(&bytes);
    if (status != 0)
        return -1;

    struct plan_file *file = &plan->files[plan->file_count++];
    *file = (struct plan_file){.path = pool_strdup(plan->pool, path), .bytes = size};
    for (struct document *d = documents; d; d = d->next) {
        file->documents += d->root != NULL;
        if (d->root)
            site_examples(d->root, errors);
    }
    if (plan->file_count == 1) {
        plan->config = documents;
        /* Everything after this looks at the first document of a kind: a second would pass unseen. */
        status = merge_check(plan->pool, documents, e);
        if (status != 0)
            e->code = E_PLAN_FILE;
    } else {
        status = merge_documents(plan->pool, &plan->config, documents, &plan->warnings, e);
    }
    /* Behind the merge, when the version of Talos is known; the overlay's own tree is as it was read. */
    judge(plan, documents, false, errors);
    return status;
}

/* The two names share one folder with the bases and with each other: a file must not be taken for what it
 * is not. */
static int check_overlay_names(const struct plan *plan, struct error *e)
{
    const struct role *role = plan->entry->role;
    const char *other =
        site_type_word(plan->entry->type == MACHINE_WORKER ? MACHINE_CONTROLPLANE : MACHINE_WORKER);
    if (strcmp(role->name, other) == 0)
        return error_at(e, role->pos, E_PLAN_FILE,
                        "talos/%s.yaml is the base of every %s and cannot also be the overlay of the role "
                        "%s; rename the role",
                        other, other, role->name);
    if (strcmp(plan->name, "controlplane") == 0 || strcmp(plan->name, "worker") == 0)
        return error_at(e, plan->entry->pos, E_PLAN_NAME,
                        "talos/%s.yaml is a base and cannot also be the overlay of the node %s", plan->name,
                        plan->name);
    return 0;
}

static bool merged_already(const struct plan *plan, const char *path)
{
    for (unsigned i = 0; i < plan->file_count; i++) {
        if (strcmp(plan->files[i].path, path) == 0)
            return true;
    }
    return false;
}

static int add_overlay(struct plan *plan, const char *name, struct errors *errors)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "talos/%s.yaml", name);
    bool missing;
    struct error e;
    if (merged_already(plan, path) || add_file(plan, path, &missing, errors, &e) == 0 || missing)
        return 0;
    errors_add(errors, &e);
    return -1;
}

static int merge_files(struct plan *plan, struct errors *errors)
{
    char path[PATH_ROOM];
    const struct site_node *entry = plan->entry;
    snprintf(path, sizeof path, "talos/%s.yaml", site_type_word(entry->type));
    struct error e;
    if (check_overlay_names(plan, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    bool missing;
    if (add_file(plan, path, &missing, errors, &e) != 0) {
        if (missing)
            error_at(&e, entry->pos, E_PLAN_FILE, "the site has no %s, the base of every %s", path,
                     site_type_word(entry->type));
        errors_add(errors, &e);
        return -1;
    }
    if (!plan_main(plan)) {
        errors_at(errors, (struct pos){.file = plan->files[0].path}, E_PLAN_FILE,
                  "there is no Talos main document (version: v1alpha1 with machine: and cluster:)");
        return -1;
    }
    if (add_overlay(plan, entry->role->name, errors) != 0)
        return -1;
    const struct role *namesake = plan->name_open ? NULL : site_role(plan->site, plan->name);
    if (namesake && namesake != entry->role) {
        errors_at(errors, entry->pos, E_PLAN_NAME,
                  "the node %s is named like a role, whose overlay talos/%s.yaml is not meant for it",
                  plan->name, plan->name);
        return -1;
    }
    return plan->name_open ? 0 : add_overlay(plan, plan->name, errors);
}

/* The child map of this name, made when it is absent or null, which is a map without keys to Talos too; NULL and an
 * error when it is something else. */
static struct tree_node *want_map(struct plan *plan, struct tree_node *parent, const char *key,
                                  struct errors *errors)
{
    struct tree_node *child = tree_get(parent, key);
    if (child && tree_is_null(child)) {
        tree_remove(parent, child);
        child = NULL;
    }
    if (!child) {
        child = tree_map(plan->pool, plan->entry->pos);
        tree_add(plan->pool, parent, key, child);
    } else if (child->kind != TREE_MAP || child->ref) {
        errors_at(errors, child->pos, E_PLAN_FILE, "%s must be a mapping", key);
        return NULL;
    }
    return child;
}

struct tree_node *plan_scalar(struct plan *plan, const char *text)
{
    return tree_scalar(plan->pool, plan->entry->pos, text, strlen(text), STYLE_PLAIN);
}

bool plan_is_node_ref(const struct tree_node *node, const char *field)
{
    return node->ref && node->ref->kind == REF_NODE && strcmp(node->ref->name, field) == 0;
}

static void add_type(struct plan *plan, struct tree_node *machine, struct errors *errors)
{
    const char *type = site_type_word(plan->entry->type);
    const struct tree_node *written = tree_get(machine, "type");
    if (!written)
        tree_add(plan->pool, machine, "type", plan_scalar(plan, type));
    else if (!tree_is(written, type) && !plan_is_node_ref(written, "type"))
        errors_at(errors, written->pos, E_PLAN_TYPE, "machine.type is %s, and the entry %s is a %s",
                  tree_text(written) ? tree_text(written) : "no plain text", plan->entry->name, type);
}

static void add_disk(struct plan *plan, struct tree_node *machine, struct errors *errors)
{
    static const char next[] = "choose the disk with install: in hearth.yaml";
    struct document *unattended = merge_find(plan->config, "UnattendedInstallConfig", NULL);
    if (unattended)
        errors_at(errors, unattended->pos, E_PLAN_DISK_LITERAL,
                  "UnattendedInstallConfig chooses a disk behind hearth's back; %s", next);
    struct tree_node *install = want_map(plan, machine, "install", errors);
    if (!install)
        return;
    const struct tree_node *disk = tree_get(install, "disk");
    const struct tree_node *selector = tree_get(install, "diskSelector");
    if (disk)
        errors_at(errors, disk->pos, E_PLAN_DISK_LITERAL, "machine.install.disk is %s; %s",
                  tree_text(disk) ? tree_text(disk) : "set", next);
    if (selector && !plan_is_node_ref(selector, "install.disk"))
        errors_at(
            errors, selector->pos, E_PLAN_DISK_LITERAL,
            "machine.install.diskSelector is written out; %s (only `!node install.disk` may stand here)",
            next);
    if (disk || selector)
        return;
    struct error e;
    struct tree_node *value = plan_scalar(plan, "install.disk");
    value->ref = ref_parse(plan->pool, REF_NODE, plan->entry->pos, "install.disk", &e);
    tree_add(plan->pool, install, "diskSelector", value);
}

/* flux.from release: Talos downloads the file itself. */
static void add_release(struct plan *plan, struct tree_node *main, struct errors *errors)
{
    const struct site *site = plan->site;
    if (site->flux.from != FLUX_RELEASE || plan->entry->type != MACHINE_CONTROLPLANE)
        return;
    plan->release_url = pool_printf(
        plan->pool, "https://github.com/fluxcd/flux2/releases/download/%s/install.yaml", site->flux.version);
    struct tree_node *cluster = want_map(plan, main, "cluster", errors);
    if (!cluster)
        return;
    struct tree_node *list = tree_get(cluster, "extraManifests");
    if (!list) {
        list = tree_seq(plan->pool, plan->entry->pos);
        tree_add(plan->pool, cluster, "extraManifests", list);
    }
    if (list->kind != TREE_SEQ || list->ref) {
        errors_at(errors, list->pos, E_PLAN_FILE, "cluster.extraManifests must be a list");
        return;
    }
    for (const struct tree_node *url = list->first; url; url = url->next) {
        if (tree_is(url, plan->release_url))
            return;
    }
    tree_add(plan->pool, list, NULL, plan_scalar(plan, plan->release_url));
}

int plan_documents(struct plan *plan, struct errors *errors)
{
    unsigned before = errors_total(errors);
    plan_other_suffix(plan, "talos", errors);
    if (merge_files(plan, errors) != 0)
        return -1;
    struct tree_node *main = plan_main(plan);
    if (!main || main->kind != TREE_MAP || main->ref) {
        errors_at(errors, (struct pos){.file = plan->files[0].path}, E_PLAN_FILE,
                  "the Talos main document must be a mapping");
        return -1;
    }
    struct tree_node *machine = want_map(plan, main, "machine", errors);
    if (machine) {
        add_type(plan, machine, errors);
        add_disk(plan, machine, errors);
    }
    plan_hostname(plan, machine, errors);
    add_release(plan, main, errors);
    if (errors_total(errors) == before)
        judge(plan, plan->config, true, errors);
    return errors_total(errors) > before ? -1 : 0;
}
