/*
 * The files of talos/ in the order in which they are merged: the base, then the overlays of the role, of the role's
 * type and of the node. An overlay NAME is NAME.yaml and then the folder NAME/ of *.yaml in name order.
 */
#include "base/text.h"
#include "plan/steps.h"
#include "site/leftover.h"
#include "site/merge.h"
#include "site/newer.h"
#include "site/schema.h"
#include "site/schema_check.h"

#include <string.h>

#define OTHER_TYPE(type) ((type) == MACHINE_WORKER ? MACHINE_CONTROLPLANE : MACHINE_WORKER)

/* Whether the installer image names a newer Talos than hearth knows the config of. */
static bool is_newer_talos(const struct plan *plan)
{
    return plan_image_minor(tree_text(newer_find(plan->config, "machine.install.image"))) >
        SCHEMA_NEWEST_MINOR;
}

/* What Talos would refuse of these documents: one file, or the whole of all. */
void plan_judge(struct plan *plan, const struct document *documents, bool whole, struct errors *errors)
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

/* What an overlay says, as places: the keys below machine and cluster, other documents by kind and name. Of a base the
 * documents alone. */
static const char **gives(struct pool *pool, const struct document *documents, bool base)
{
    size_t count = 0;
    for (const struct document *d = documents; d; d = d->next) {
        count++;
        for (const struct tree_node *part = d->root ? d->root->first : NULL; part; part = part->next)
            count += 1 + part->count;
    }
    const char **list = pool_alloc(pool, (count + 1) * sizeof *list);
    const char **end = list;
    for (const struct document *d = documents; d; d = d->next) {
        const char *kind = tree_text(tree_get(d->root, "kind"));
        const char *name = tree_text(tree_get(d->root, "name"));
        if (!d->root || d->root->kind != TREE_MAP)
            continue;
        if (kind || base)
            *end++ = pool_printf(pool, "%s%s%s", kind ? kind : "v1alpha1", name ? " " : "", name ? name : "");
        for (const struct tree_node *part = kind || base ? NULL : d->root->first; part; part = part->next) {
            for (const struct tree_node *field = part->kind == TREE_MAP ? part->first : NULL; field;
                 field = field->next)
                *end++ = pool_printf(pool, "%s.%s", part->key->text, field->key->text);
        }
    }
    return list;
}

/* Reads one file of talos/ and merges it over what is there. */
static int add_file(struct plan *plan, const char *path, bool *missing, struct errors *errors)
{
    *missing = false;
    struct error e;
    size_t size;
    struct document *documents;
    int status = site_tree(plan->site, plan->pool, path, &documents, &size, missing, &e);
    if (status == 0 && plan->file_count == PLAN_FILES_MAX)
        status = error_at(&e, (struct pos){.file = pool_strdup(plan->pool, path)}, E_PLAN_FILE,
                          "more than %d files make this config; join some of them", PLAN_FILES_MAX);
    if (status != 0) {
        if (!*missing)
            errors_add(errors, &e);
        return -1;
    }
    struct plan_file *file = &plan->files[plan->file_count++];
    *file = (struct plan_file){.path = pool_strdup(plan->pool, path), .bytes = size};
    file->gives = gives(plan->pool, documents, plan->file_count == 1);
    for (struct document *d = documents; d; d = d->next) {
        if (d->root) {
            site_examples(d->root, errors);
            leftover_judge(d->root, true, errors);
        }
    }
    if (plan->file_count == 1) {
        plan->config = documents;
        /* Everything after this looks at the first document of a kind: a second would pass unseen. */
        status = merge_check(plan->pool, documents, &e);
        if (status != 0)
            e.code = E_PLAN_FILE;
    } else {
        status = merge_documents(plan->pool, &plan->config, documents, &plan->warnings, &e);
    }
    if (status != 0)
        errors_add(errors, &e);
    /* Behind the merge, when the version of Talos is known; the overlay's own tree is as it was read. */
    plan_judge(plan, documents, false, errors);
    return status;
}

/* As a file is named: of a base. */
static bool is_base(const char *stem)
{
    return strcmp(stem, "controlplane") == 0 || strcmp(stem, "worker") == 0;
}

/* The names share one folder with the bases and with each other: a file must not be taken for what it is not. */
static int check_overlay_names(const struct plan *plan, struct errors *errors)
{
    const struct role *role = plan->entry->role;
    const char *other = site_type_word(OTHER_TYPE(plan->entry->type));
    const struct role *namesake = plan->name_open ? NULL : site_role(plan->site, plan->name);
    if (strcmp(role->name, other) == 0)
        errors_at(errors, role->pos, E_PLAN_FILE,
                  "talos/%s.yaml is the base of every %s and cannot also be the overlay of the role "
                  "%s; rename the role",
                  other, other, role->name);
    else if (is_base(plan->name))
        errors_at(errors, plan->entry->pos, E_PLAN_NAME,
                  "talos/%s.yaml is a base and cannot also be the overlay of the node %s", plan->name,
                  plan->name);
    else if (namesake && namesake != role)
        errors_at(errors, plan->entry->pos, E_PLAN_NAME,
                  "the node %s is named like a role, whose overlay talos/%s.yaml is not meant for it",
                  plan->name, plan->name);
    else
        return 0;
    return -1;
}

static bool merged_already(const struct plan *plan, const char *path)
{
    for (unsigned i = 0; i < plan->file_count; i++) {
        if (strcmp(plan->files[i].path, path) == 0)
            return true;
    }
    return false;
}

/* NAME of NAME.yaml. */
static char *stem_of(const struct plan *plan, const char *file)
{
    return pool_memdup(plan->pool, file, strlen(file) - strlen(".yaml"));
}

/* The patches of a folder. That of a role holds its bases as well. -1 when nothing more can be merged. */
static int add_folder(struct plan *plan, const char *directory, bool has_bases, struct errors *errors)
{
    const char **names = NULL;
    struct error e;
    if (site_list(plan->site, plan->pool, directory, ".yaml", &names, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    plan_other_suffix(plan, directory, errors);
    for (; names && *names; names++) {
        const char *path = pool_printf(plan->pool, "%s/%s", directory, *names);
        bool base = is_base(stem_of(plan, *names)), missing;
        if (!base && add_file(plan, path, &missing, errors) != 0)
            return -1;
        if (base && !has_bases)
            errors_at(errors, (struct pos){.file = path}, E_PLAN_FILE,
                      "has the name of a base, and bases stand in talos/ or talos/%s/; give it another name",
                      plan->entry->role->name);
    }
    return 0;
}

static int add_overlay(struct plan *plan, const char *name, bool has_bases, struct errors *errors)
{
    const char *path = pool_printf(plan->pool, "talos/%s.yaml", name);
    bool missing;
    if (!merged_already(plan, path) && add_file(plan, path, &missing, errors) != 0 && !missing)
        return -1;
    return add_folder(plan, pool_printf(plan->pool, "talos/%s", name), has_bases, errors);
}

static int add_base(struct plan *plan, struct errors *errors)
{
    const struct site_node *entry = plan->entry;
    const char *type = site_type_word(entry->type);
    bool missing;
    const char *own = pool_printf(plan->pool, "talos/%s/%s.yaml", entry->role->name, type);
    const char *shared = pool_printf(plan->pool, "talos/%s.yaml", type);
    int status = add_file(plan, own, &missing, errors);
    if (status != 0 && missing)
        status = add_file(plan, shared, &missing, errors);
    if (status == 0 || !missing)
        return status;
    errors_at(errors, entry->pos, E_PLAN_FILE, "the site has no %s, the base of every %s (nor %s)", shared,
              type, own);
    return -1;
}

/* Whether files of this name are some box's. The name of a node may have facts in it, and has no capitals. */
static bool is_somebodys(const struct plan *plan, char *stem, bool folder)
{
    const struct site *site = plan->site;
    char *dot = strrchr(stem, '.');
    if (is_base(stem))
        return !folder;
    if (folder && strcmp(stem, "examples") == 0)
        return true;
    for (unsigned i = 0; i < site->node_count; i++) {
        char *wanted = pool_strdup(plan->pool, site->nodes[i].name), *to = wanted;
        for (const char *at = wanted; *at; *to++ = *at++ == '}' ? '*' : at[-1])
            at += *at == '{' ? strcspn(at, "}") : 0;
        *to = '\0';
        if (text_glob(wanted, stem) && !stem[strcspn(stem, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
            return true;
    }
    if (dot && is_base(dot + 1))
        *dot = '\0';
    return site_role(site, stem) != NULL;
}

void plan_unread(struct plan *plan)
{
    for (unsigned i = 0; i < 3; i++) {
        const char *folder = i < 2 ? "talos" : "bootstrap";
        const char **names = NULL;
        UNSET struct error ignored;
        (void)site_list(plan->site, plan->pool, folder, i ? "/" : ".yaml", &names, &ignored);
        for (; names && *names; names++) {
            const char *path = pool_printf(plan->pool, "%s/%s", folder, *names);
            const char **inside = NULL;
            bool read = i == 2
                ? site_role(plan->site, *names) != NULL
                : is_somebodys(plan, i ? pool_strdup(plan->pool, *names) : stem_of(plan, *names), i);
            if (read ||
                (i && (site_list(plan->site, plan->pool, path, ".yaml", &inside, &ignored) < 0 || !*inside)))
                continue;
            struct pos at = {.file = path};
            if (i == 2)
                plan_risk(plan, at, "no box reads it: no role has its name");
            else
                plan_risk(plan, at,
                          "no box reads it: overlays are named ROLE, ROLE.controlplane, ROLE.worker or NODE");
        }
    }
}

int plan_layers(struct plan *plan, struct errors *errors)
{
    const char *role = plan->entry->role->name;
    const char *typed = pool_printf(plan->pool, "%s.%s", role, site_type_word(plan->entry->type));
    if (check_overlay_names(plan, errors) != 0 || add_base(plan, errors) != 0)
        return -1;
    if (!plan_main(plan)) {
        errors_at(errors, (struct pos){.file = plan->files[0].path}, E_PLAN_FILE,
                  "there is no Talos main document (version: v1alpha1 with machine: and cluster:)");
        return -1;
    }
    if (add_overlay(plan, role, true, errors) != 0 || add_overlay(plan, typed, false, errors) != 0)
        return -1;
    bool own = !plan->name_open && strcmp(plan->name, role) != 0;
    return own ? add_overlay(plan, plan->name, false, errors) : 0;
}
