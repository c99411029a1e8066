#include "base/text.h"
#include "plan/parts.h"
#include "site/merge.h"
#include "site/ref.h"

#include <stdio.h>
#include <string.h>

#define PATH_ROOM 160 /* "talos/" + a label or role name + ".yaml" */

static const char *type_name(enum machine_type type)
{
    return type == MACHINE_WORKER ? "worker" : "controlplane";
}

struct node *plan_main(const struct plan *plan)
{
    struct document *main = document_find(plan->config, NULL, NULL);
    return main ? main->root : NULL;
}

int plan_read(const struct plan *plan, const char *path, struct span *out, bool *missing, struct error *e)
{
    struct buf bytes = {.max = SITE_FILE_MAX};
    *out = (struct span){.p = NULL};
    *missing = false;
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

/* Reads one file of talos/ and merges it over what is there. */
static int add_file(struct plan *plan, const char *path, bool *missing, struct errors *errors,
                    struct error *e)
{
    struct buf bytes = {.max = SITE_FILE_MAX};
    struct document *documents = NULL;
    *missing = false;
    int status = site_read(plan->site, path, &bytes, missing, e);
    size_t size = bytes.len;
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
        if (documents_check(plan->pool, documents, e) == 0)
            return 0;
        e->code = E_PLAN_FILE;
        return -1;
    }
    return merge_documents(plan->pool, &plan->config, documents, e);
}

/* The two names share one folder with the bases and with each other: a file must not be taken for what it
 * is not. */
static int check_overlay_names(const struct plan *plan, struct error *e)
{
    const struct role *role = plan->entry->role;
    const char *other =
        type_name(plan->entry->type == MACHINE_WORKER ? MACHINE_CONTROLPLANE : MACHINE_WORKER);
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
    bool missing;
    struct error e;
    snprintf(path, sizeof path, "talos/%s.yaml", name);
    if (merged_already(plan, path) || add_file(plan, path, &missing, errors, &e) == 0 || missing)
        return 0;
    errors_add(errors, &e);
    return -1;
}

static int merge_files(struct plan *plan, struct errors *errors)
{
    char path[PATH_ROOM];
    bool missing;
    struct error e;
    const struct site_node *entry = plan->entry;
    snprintf(path, sizeof path, "talos/%s.yaml", type_name(entry->type));
    if (check_overlay_names(plan, &e) != 0) {
        errors_add(errors, &e);
        return -1;
    }
    if (add_file(plan, path, &missing, errors, &e) != 0) {
        if (missing)
            error_at(&e, entry->pos, E_PLAN_FILE, "the site has no %s, the base of every %s", path,
                     type_name(entry->type));
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

/* `install:` with nothing behind it is a map without keys, to Talos too. */
static bool is_null(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node->ref && node->style == STYLE_PLAIN &&
        (node->len == 0 || node_is(node, "~") || node_is(node, "null"));
}

/* The child map of this name, made when it is absent; NULL and an error when it is something else. */
static struct node *want_map(struct plan *plan, struct node *parent, const char *key, struct errors *errors)
{
    struct node *child = node_get(parent, key);
    if (child && is_null(child)) {
        node_remove(parent, child);
        child = NULL;
    }
    if (!child) {
        child = node_map(plan->pool, plan->entry->pos);
        node_add(plan->pool, parent, key, child);
    } else if (child->kind != NODE_MAP || child->ref) {
        errors_at(errors, child->pos, E_PLAN_FILE, "%s must be a mapping", key);
        return NULL;
    }
    return child;
}

static struct node *entry_text(struct plan *plan, const char *text)
{
    return node_scalar(plan->pool, plan->entry->pos, text, strlen(text), STYLE_PLAIN);
}

static bool is_node_ref(const struct node *node, const char *field)
{
    return node->ref && node->ref->kind == REF_NODE && strcmp(node->ref->name, field) == 0;
}

static void add_type(struct plan *plan, struct node *machine, struct errors *errors)
{
    const char *type = type_name(plan->entry->type);
    const struct node *written = node_get(machine, "type");
    if (!written)
        node_add(plan->pool, machine, "type", entry_text(plan, type));
    else if (!node_is(written, type) && !is_node_ref(written, "type"))
        errors_at(errors, written->pos, E_PLAN_TYPE, "machine.type is %s, and the entry %s is a %s",
                  node_text(written) ? node_text(written) : "no plain text", plan->entry->name, type);
}

static void add_disk(struct plan *plan, struct node *machine, struct errors *errors)
{
    static const char next[] = "choose the disk with install: in hearth.yaml";
    struct document *unattended = document_find(plan->config, "UnattendedInstallConfig", NULL);
    if (unattended)
        errors_at(errors, unattended->pos, E_PLAN_DISK_LITERAL,
                  "UnattendedInstallConfig chooses a disk behind hearth's back; %s", next);
    struct node *install = want_map(plan, machine, "install", errors);
    if (!install)
        return;
    const struct node *disk = node_get(install, "disk");
    const struct node *selector = node_get(install, "diskSelector");
    if (disk)
        errors_at(errors, disk->pos, E_PLAN_DISK_LITERAL, "machine.install.disk is %s; %s",
                  node_text(disk) ? node_text(disk) : "set", next);
    if (selector && !is_node_ref(selector, "install.disk"))
        errors_at(
            errors, selector->pos, E_PLAN_DISK_LITERAL,
            "machine.install.diskSelector is written out; %s (only `!node install.disk` may stand here)",
            next);
    if (disk || selector)
        return;
    struct error e;
    struct node *value = entry_text(plan, "install.disk");
    value->ref = ref_parse(plan->pool, REF_NODE, plan->entry->pos, "install.disk", &e);
    node_add(plan->pool, install, "diskSelector", value);
}

static void check_old_hostnames(struct node *machine, struct errors *errors)
{
    const struct node *hostname = node_path(machine, "network.hostname");
    if (hostname)
        errors_at(errors, hostname->pos, E_PLAN_HOSTNAME,
                  "machine.network.hostname: the name of a node is name: in hearth.yaml, and Talos takes it "
                  "from one place only");
    const struct node *stable = node_path(machine, "features.stableHostname");
    if (stable && !node_is(stable, "false"))
        errors_at(errors, stable->pos, E_PLAN_HOSTNAME,
                  "machine.features.stableHostname contradicts name: in hearth.yaml");
}

static void add_hostname(struct plan *plan, struct errors *errors)
{
    struct document *found = document_find(plan->config, "HostnameConfig", NULL);
    if (!found) {
        struct document *document = pool_alloc(plan->pool, sizeof *document);
        struct node *root = node_map(plan->pool, plan->entry->pos);
        node_add(plan->pool, root, "apiVersion", entry_text(plan, "v1alpha1"));
        node_add(plan->pool, root, "kind", entry_text(plan, "HostnameConfig"));
        struct node *name = entry_text(plan, plan->name);
        name->style = STYLE_DOUBLE; /* a name of digits alone is still a name */
        node_add(plan->pool, root, "hostname", name);
        document->root = root;
        document->pos = plan->entry->pos;
        struct document **end = &plan->config;
        while (*end)
            end = &(*end)->next;
        *end = document;
        return;
    }
    const struct node *automatic = node_get(found->root, "auto");
    const struct node *hostname = node_get(found->root, "hostname");
    if (automatic)
        errors_at(errors, automatic->pos, E_PLAN_HOSTNAME,
                  "HostnameConfig says auto, and the node is called %s", plan->name);
    else if (!hostname)
        errors_at(errors, found->pos, E_PLAN_HOSTNAME, "HostnameConfig has no hostname");
    else if (!is_node_ref(hostname, "name") && !node_is(hostname, plan->name))
        errors_at(errors, hostname->pos, E_PLAN_HOSTNAME, "HostnameConfig says %s, and the node is called %s",
                  node_text(hostname) ? node_text(hostname) : "something else", plan->name);
}

/* flux.from release: Talos downloads the file itself. */
static void add_release(struct plan *plan, struct node *main, struct errors *errors)
{
    const struct site *site = plan->site;
    if (site->flux.from != FLUX_RELEASE || plan->entry->type != MACHINE_CONTROLPLANE)
        return;
    plan->release_url = pool_printf(
        plan->pool, "https://github.com/fluxcd/flux2/releases/download/%s/install.yaml", site->flux.version);
    struct node *cluster = want_map(plan, main, "cluster", errors);
    if (!cluster)
        return;
    struct node *list = node_get(cluster, "extraManifests");
    if (!list) {
        list = node_seq(plan->pool, plan->entry->pos);
        node_add(plan->pool, cluster, "extraManifests", list);
    }
    if (list->kind != NODE_SEQ || list->ref) {
        errors_at(errors, list->pos, E_PLAN_FILE, "cluster.extraManifests must be a list");
        return;
    }
    for (const struct node *url = list->first; url; url = url->next) {
        if (node_is(url, plan->release_url))
            return;
    }
    node_add(plan->pool, list, NULL, entry_text(plan, plan->release_url));
}

int plan_documents(struct plan *plan, struct errors *errors)
{
    unsigned before = errors->count;
    plan_other_suffix(plan, "talos", errors);
    if (merge_files(plan, errors) != 0)
        return -1;
    struct node *main = plan_main(plan);
    if (!main || main->kind != NODE_MAP || main->ref) {
        errors_at(errors, (struct pos){.file = plan->files[0].path}, E_PLAN_FILE,
                  "the Talos main document must be a mapping");
        return -1;
    }
    struct node *machine = want_map(plan, main, "machine", errors);
    if (machine) {
        add_type(plan, machine, errors);
        add_disk(plan, machine, errors);
        check_old_hostnames(machine, errors);
    }
    add_hostname(plan, errors);
    add_release(plan, main, errors);
    return errors->count > before ? -1 : 0;
}
