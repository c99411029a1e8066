#include "talos/own.h"

#include "render/emit.h"
#include "site/merge.h"
#include "site/tree.h"
#include "talos/documents.h"
#include "talos/machined.h"
#include "talos/pb.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define KIND "ExtensionServiceConfig"
#define NAME "hearth"
#define CONFIG_MAX ((size_t)4 << 20)

static const struct pos nowhere;

static struct node *text(struct pool *pool, const char *s)
{
    return node_scalar(pool, nowhere, s, strlen(s), STYLE_DOUBLE);
}

static const char *mode_name(enum bootstrap_mode mode, bool several)
{
    return mode == BOOTSTRAP_AUTO ? several ? "once" : "auto" : mode == BOOTSTRAP_MANUAL ? "manual" : "none";
}

static struct document *make(struct pool *pool, const struct plan *plan, enum bootstrap_mode bootstrap,
                             const struct rendered *rendered)
{
    struct document *document = pool_alloc(pool, sizeof *document);
    struct node *root = node_map(pool, nowhere), *files = node_seq(pool, nowhere),
                *environment = node_seq(pool, nowhere);
    document->root = root;
    node_add(pool, root, "apiVersion", text(pool, "v1alpha1"));
    node_add(pool, root, "kind", text(pool, KIND));
    node_add(pool, root, "name", text(pool, NAME));
    for (unsigned i = 0; i < rendered->manifest_count; i++) {
        const struct rendered_manifest *m = &rendered->manifests[i];
        if (!m->held)
            continue;
        struct node *file = node_map(pool, nowhere);
        struct node *content = node_scalar(pool, nowhere, "", 0, STYLE_LITERAL);
        content->text = m->contents.data; /* borrowed: it is emitted before the manifests go */
        content->len = m->contents.len;
        node_add(pool, file, "content", content);
        node_add(pool, file, "mountPath", text(pool, pool_printf(pool, OWN_PENDING "%s.yaml", m->name)));
        node_add(pool, files, NULL, file);
    }
    if (files->count)
        node_add(pool, root, "configFiles", files);
    node_add(pool, environment, NULL, text(pool, pool_printf(pool, "HEARTH_NODE=%s", plan->name)));
    node_add(pool, environment, NULL,
             text(pool, pool_printf(pool, "HEARTH_CLUSTER=%s", plan->entry->role->cluster)));
    node_add(pool, environment, NULL,
             text(pool, pool_printf(pool, "HEARTH_BOOTSTRAP=%s", mode_name(bootstrap, plan->marker))));
    node_add(pool, root, "environment", environment);
    return document;
}

/* Parses one raw document, which may not be there: then *out is NULL. */
static int parse(struct pool *pool, const struct raw_document *raw, struct document **out, struct error *e)
{
    *out = NULL;
    return raw ? tree_read(pool, "active config", raw->bytes.p, raw->bytes.n, out, e) : 0;
}

/* A user's own document may come from an earlier run of hearth: our variables in it would then stand twice. */
static void drop_own_environment(struct document *document)
{
    struct node *environment = node_get(document->root, "environment");
    for (struct node *n = environment ? environment->first : NULL, *next; n; n = next) {
        next = n->next;
        if (node_text(n) && strncmp(node_text(n), "HEARTH_", 7) == 0)
            node_remove(environment, n);
    }
}

static int append_documents(struct buf *config, const struct document *documents, const char *what,
                            struct error *e)
{
    if (config->len)
        buf_str(config, config->data[config->len - 1] == '\n' ? "---\n" : "\n---\n");
    return emit_documents(config, documents, what, e);
}

int own_append(struct buf *config, const struct plan *plan, enum bootstrap_mode bootstrap,
               const struct rendered *rendered, struct span active, struct error *e)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct raw_documents *raw = pool_alloc(pool, sizeof *raw);
    struct document *theirs, *ours = make(pool, plan, bootstrap, rendered);
    if (documents_split(pool, active, raw, e) != 0 ||
        parse(pool, documents_find(raw, KIND, NAME), &theirs, e) != 0)
        return -1;
    if (theirs) {
        drop_own_environment(theirs);
        if (merge_documents(pool, &theirs, ours, e) != 0)
            return -1;
        ours = theirs;
    }
    return append_documents(config, ours, "ExtensionServiceConfig hearth", e);
}

/* The value behind "NAME=" of an environment entry, or NULL. */
static const char *value_of(struct pool *pool, struct span entry, const char *name)
{
    size_t n = strlen(name);
    if (entry.n <= n || memcmp(entry.p, name, n) != 0 || entry.p[n] != '=')
        return NULL;
    return pool_memdup(pool, entry.p + n + 1, entry.n - n - 1);
}

static void take_variable(struct pool *pool, struct own *own, struct span entry)
{
    const char *value;
    if ((value = value_of(pool, entry, "HEARTH_NODE")))
        own->node = value;
    else if ((value = value_of(pool, entry, "HEARTH_CLUSTER")))
        own->cluster = value;
    else if ((value = value_of(pool, entry, "HEARTH_BOOTSTRAP"))) {
        own->once = strcmp(value, "once") == 0;
        own->bootstrap = own->once || strcmp(value, "auto") == 0 ? BOOTSTRAP_AUTO
            : strcmp(value, "manual") == 0                       ? BOOTSTRAP_MANUAL
                                                                 : BOOTSTRAP_NONE;
    }
}

/* The "30-flux-system" of a path ".../pending/30-flux-system.yaml"; empty for a file that is not ours. */
static struct span pending_name(struct span path)
{
    static const char suffix[] = ".yaml";
    size_t before = sizeof OWN_PENDING - 1, after = sizeof suffix - 1;
    if (path.n <= before + after || memcmp(path.p, OWN_PENDING, before) != 0 ||
        memcmp(path.p + path.n - after, suffix, after) != 0)
        return (struct span){0};
    return (struct span){path.p + before, path.n - before - after};
}

bool own_written(struct span active)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct raw_documents *raw = pool_alloc(pool, sizeof *raw);
    struct error ignored;
    static const char node[] = "HEARTH_NODE=", cluster[] = "HEARTH_CLUSTER=";
    const struct raw_document *own =
        documents_split(pool, active, raw, &ignored) == 0 ? documents_find(raw, KIND, NAME) : NULL;
    return own && memmem(own->bytes.p, own->bytes.n, node, sizeof node - 1) &&
        memmem(own->bytes.p, own->bytes.n, cluster, sizeof cluster - 1);
}

int own_read(const struct grpc_target *target, struct pool *pool, struct own *out, bool *found,
             struct error *e)
{
    static const struct resource_type type = {"runtime", "ExtensionServiceConfigs.runtime.talos.dev", true};
    struct config {
        struct pb_list files, environment;
    } config = {0};
    struct file {
        struct span path;
    };
    static const struct pb_field fields[] = {
        {1, PB_LIST, offsetof(struct config, files)},
        {2, PB_LIST, offsetof(struct config, environment)},
    };
    static const struct pb_field file_fields[] = {{2, PB_TEXT, offsetof(struct file, path)}};
    struct resource resource;
    *out = (struct own){.bootstrap = BOOTSTRAP_NONE};
    if (machined_get(target, pool, &type, NAME, &resource, found, e) != 0)
        return -1;
    if (!*found)
        return 0;
    if (!pb_decode(pool, fields, 2, resource.spec, &config))
        return error_set(e, E_MACHINED_MALFORMED, "%s: not a message of that kind", type.type);
    for (unsigned i = 0; i < config.environment.count; i++)
        take_variable(pool, out, config.environment.items[i]);
    for (unsigned i = 0; i < config.files.count; i++) {
        struct file file = {0};
        if (!pb_decode(pool, file_fields, 1, config.files.items[i], &file))
            return error_set(e, E_MACHINED_MALFORMED, "%s: not a message of that kind", type.type);
        out->pending += pending_name(file.path).n > 0;
    }
    /* A document of the user's alone says nothing of a node. */
    *found = out->node != NULL && out->cluster != NULL;
    return 0;
}

static bool has_manifest(const struct node *list, const char *name)
{
    for (const struct node *n = list ? list->first : NULL; n; n = n->next)
        if (node_is(node_get(n, "name"), name))
            return true;
    return false;
}

static unsigned move_pending(struct pool *pool, struct node *main, struct node *own)
{
    unsigned moved = 0;
    struct node *files = node_get(own, "configFiles");
    struct node *cluster = node_get(main, "cluster");
    struct node *list = node_get(cluster, "inlineManifests");
    for (struct node *file = files ? files->first : NULL, *next; file; file = next) {
        const char *path = node_text(node_get(file, "mountPath"));
        struct span stem = pending_name((struct span){(const unsigned char *)path, path ? strlen(path) : 0});
        next = file->next;
        if (stem.n == 0)
            continue;
        const char *name = pool_memdup(pool, stem.p, stem.n);
        if (!list) {
            list = node_seq(pool, nowhere);
            node_add(pool, cluster, "inlineManifests", list);
        }
        if (!has_manifest(list, name)) {
            struct node *entry = node_map(pool, nowhere);
            node_add(pool, entry, "name", text(pool, name));
            node_add(pool, entry, "contents", node_copy(pool, node_get(file, "content")));
            node_add(pool, list, NULL, entry);
        }
        node_remove(files, file);
        moved++;
    }
    if (files && !files->first)
        node_remove(own, files);
    return moved;
}

static unsigned retire(struct pool *pool, struct node *own)
{
    struct node *environment = node_get(own, "environment");
    for (struct node *n = environment ? environment->first : NULL; n; n = n->next)
        if (node_is(n, "HEARTH_BOOTSTRAP=once")) {
            node_remove(environment, n);
            node_add(pool, environment, NULL, text(pool, "HEARTH_BOOTSTRAP=none"));
            return 1;
        }
    return 0;
}

int own_promote(struct span active, bool founded, struct buf *out, unsigned *changes, struct error *e)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct raw_documents *raw = pool_alloc(pool, sizeof *raw);
    struct document *main, *own;
    if (documents_split(pool, active, raw, e) != 0 ||
        parse(pool, documents_find(raw, "", ""), &main, e) != 0 ||
        parse(pool, documents_find(raw, KIND, NAME), &own, e) != 0)
        return -1;
    if (!main || !main->root || !own || !own->root || !node_get(main->root, "cluster"))
        return error_set(e, E_CONFIG_STREAM,
                         "the active config has no cluster section, or nothing of hearth's");
    *changes = move_pending(pool, main->root, own->root) + (founded ? retire(pool, own->root) : 0);
    out->max = CONFIG_MAX;
    if (append_documents(out, main, "active config", e) != 0 ||
        append_documents(out, own, "ExtensionServiceConfig hearth", e) != 0)
        return -1;
    /* What would be noted is that the documents made here differ from the ones they replace. */
    struct buf notes = {0};
    int result = documents_carry(out, active, &notes, e);
    buf_free(&notes);
    return result;
}
