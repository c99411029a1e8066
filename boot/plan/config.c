#include "base/text.h"
#include "plan/steps.h"
#include "site/merge.h"
#include "site/newer.h"
#include "site/ref.h"

#include <string.h>

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
    if (status == 0)
        *out = (struct span){(const unsigned char *)(bytes.data ? bytes.data : ""), bytes.len};
    pool_keep(plan->pool, bytes.data);
    return status;
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

#define CHOOSE "choose the disk with install: in hearth.yaml"

/* hearth's choice at this key, as a field of the node; what is written out there is refused. */
static void put_disk(struct plan *plan, struct tree_node *map, const char *key, const char *field,
                     struct errors *errors)
{
    struct tree_node *written = tree_get(map, key);
    if (written && plan_is_node_ref(written, "install.disk"))
        written->ref->name = field;
    else if (written)
        errors_at(errors, written->pos, E_PLAN_DISK_LITERAL,
                  "%s is written out; " CHOOSE " (only `!node install.disk` may stand here)", key);
    if (!map || written)
        return;
    struct tree_node *value = plan_scalar(plan, field);
    value->ref = pool_alloc(plan->pool, sizeof *value->ref);
    *value->ref = (struct ref){.kind = REF_NODE, .pos = plan->entry->pos, .name = field};
    tree_add(plan->pool, map, key, value);
}

static void add_disk(struct plan *plan, struct tree_node *machine, struct errors *errors)
{
    struct tree_node *unattended = newer_kind(plan->config, "UnattendedInstallConfig");
    if (unattended) {
        struct tree_node *part = want_map(plan, unattended, "provisioning", errors);
        part = part ? want_map(plan, part, "diskSelector", errors) : NULL;
        put_disk(plan, part, "match", PLAN_DISK_MATCH, errors);
        return;
    }
    struct tree_node *install = want_map(plan, machine, "install", errors);
    const struct tree_node *disk = tree_get(install, "disk");
    if (disk)
        errors_at(errors, disk->pos, E_PLAN_DISK_LITERAL, "machine.install.disk is %s; " CHOOSE,
                  tree_text(disk) ? tree_text(disk) : "set");
    else
        put_disk(plan, install, "diskSelector", "install.disk", errors);
}

/* flux.from release: Talos downloads the file itself. */
static void add_release(struct plan *plan, struct tree_node *main, struct errors *errors)
{
    const struct site *site = plan->site;
    if (plan->entry->role->flux.from != FLUX_RELEASE || plan->entry->type != MACHINE_CONTROLPLANE)
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
    plan_unread(plan);
    if (plan_layers(plan, errors) != 0)
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
        plan_judge(plan, plan->config, true, errors);
    return errors_total(errors) > before ? -1 : 0;
}
