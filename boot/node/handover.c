#include "node/handover.h"

#include "base/text.h"
#include "site/emit.h"
#include "render/render.h"
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

static const struct pos nowhere;

static struct tree_node *text(struct pool *pool, const char *s)
{
    return tree_scalar(pool, nowhere, s, strlen(s), STYLE_DOUBLE);
}

static const char *mode_name(enum bootstrap_mode mode)
{
    return mode == BOOTSTRAP_AUTO ? "once" : mode == BOOTSTRAP_MANUAL ? "manual" : "none";
}

static struct document *make(struct pool *pool, const struct plan *plan, enum bootstrap_mode bootstrap,
                             const struct rendered *rendered)
{
    struct document *document = pool_alloc(pool, sizeof *document);
    struct tree_node *root = tree_map(pool, nowhere), *files = tree_seq(pool, nowhere),
                     *environment = tree_seq(pool, nowhere);
    document->root = root;
    tree_add(pool, root, "apiVersion", text(pool, "v1alpha1"));
    tree_add(pool, root, "kind", text(pool, KIND));
    tree_add(pool, root, "name", text(pool, NAME));
    for (unsigned i = 0; i < rendered->manifest_count; i++) {
        const struct rendered_manifest *m = &rendered->manifests[i];
        if (!m->held)
            continue;
        struct tree_node *file = tree_map(pool, nowhere);
        struct tree_node *content = tree_scalar(pool, nowhere, "", 0, STYLE_LITERAL);
        content->text = (const char *)m->contents.p; /* borrowed: it is emitted before the manifests go */
        content->len = m->contents.n;
        tree_add(pool, file, "content", content);
        tree_add(pool, file, "mountPath", text(pool, pool_printf(pool, HANDOVER_PENDING "%s.yaml", m->name)));
        tree_add(pool, files, NULL, file);
    }
    if (files->count)
        tree_add(pool, root, "configFiles", files);
    tree_add(pool, environment, NULL, text(pool, pool_printf(pool, "HEARTH_NODE=%s", plan->name)));
    tree_add(pool, environment, NULL,
             text(pool, pool_printf(pool, "HEARTH_CLUSTER=%s", plan->entry->role->cluster)));
    tree_add(pool, environment, NULL,
             text(pool, pool_printf(pool, "HEARTH_BOOTSTRAP=%s", mode_name(bootstrap))));
    tree_add(pool, root, "environment", environment);
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
    struct tree_node *environment = tree_get(document->root, "environment");
    for (struct tree_node *n = environment ? environment->first : NULL, *next; n; n = next) {
        next = n->next;
        if (tree_text(n) && strncmp(tree_text(n), "HEARTH_", 7) == 0)
            tree_remove(environment, n);
    }
}

static int append_documents(struct buf *config, const struct document *documents, const char *what,
                            struct error *e)
{
    if (config->len)
        buf_str(config, config->data[config->len - 1] == '\n' ? "---\n" : "\n---\n");
    return emit_documents(config, documents, what, e);
}

int handover_append(struct buf *config, const struct plan *plan, enum bootstrap_mode bootstrap,
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
        if (merge_documents(pool, &theirs, ours, NULL, e) != 0)
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

static void take_variable(struct pool *pool, struct handover *out, struct span entry)
{
    const char *value;
    if ((value = value_of(pool, entry, "HEARTH_NODE")))
        out->node = value;
    else if ((value = value_of(pool, entry, "HEARTH_CLUSTER")))
        out->cluster = value;
    else if ((value = value_of(pool, entry, "HEARTH_BOOTSTRAP"))) {
        out->bootstrap = strcmp(value, "once") == 0 || strcmp(value, "auto") == 0 ? BOOTSTRAP_AUTO
            : strcmp(value, "manual") == 0                                        ? BOOTSTRAP_MANUAL
                                                                                  : BOOTSTRAP_NONE;
    }
}

/* The "30-flux-system" of a path ".../pending/30-flux-system.yaml"; empty for a file that is not ours. */
static struct span pending_name(struct span path)
{
    static const char suffix[] = ".yaml";
    size_t before = sizeof HANDOVER_PENDING - 1, after = sizeof suffix - 1;
    if (path.n <= before + after || memcmp(path.p, HANDOVER_PENDING, before) != 0 ||
        memcmp(path.p + path.n - after, suffix, after) != 0)
        return (struct span){0};
    return (struct span){path.p + before, path.n - before - after};
}

bool handover_written(struct span active)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct raw_documents *raw = pool_alloc(pool, sizeof *raw);
    UNSET struct error ignored;
    static const char node[] = "HEARTH_NODE=", cluster[] = "HEARTH_CLUSTER=";
    const struct raw_document *ours =
        documents_split(pool, active, raw, &ignored) == 0 ? documents_find(raw, KIND, NAME) : NULL;
    return ours && memmem(ours->bytes.p, ours->bytes.n, node, sizeof node - 1) &&
        memmem(ours->bytes.p, ours->bytes.n, cluster, sizeof cluster - 1);
}

struct noting {
    struct pool *pool;
    struct buf *texts;
    bool inside;
};

static int note_text(struct tree_node *node, void *arg)
{
    const struct noting *noting = arg;
    if (node->kind != TREE_SCALAR || node->style == STYLE_PLAIN)
        return 0;
    struct document *docs = NULL;
    UNSET struct error ignored;
    struct noting deeper = {noting->pool, noting->texts, true};
    /* A manifest is a text of the config, and full of words that everybody knows. */
    if (!noting->inside && memchr(node->text, '\n', node->len) &&
        tree_read_plain(noting->pool, "", node->text, node->len, &docs, &ignored) == 0 && docs &&
        docs->root && docs->root->kind == TREE_MAP) {
        for (; docs; docs = docs->next)
            tree_walk(docs->root, note_text, &deeper);
    } else {
        secret_note(noting->texts, node->text, node->len);
        /* What a Secret of Kubernetes holds as data. */
        unsigned char *plain = mem_alloc(node->len);
        size_t n = text_base64_decode(plain, node->text, node->len);
        if (n != SIZE_MAX && n >= SECRET_NOTED_MIN)
            secret_note(noting->texts, plain, n);
        mem_free(plain);
    }
    return 0;
}

void handover_note(struct span active, struct buf *texts)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct noting noting = {pool, texts, false};
    struct document *docs = NULL;
    UNSET struct error ignored;
    /* What cannot be read is not of hearth's making. */
    (void)tree_read_plain(pool, "", active.p, active.n, &docs, &ignored);
    for (; docs; docs = docs->next)
        tree_walk(docs->root, note_text, &noting);
}

int handover_read(const struct grpc_target *target, struct pool *pool, struct handover *out, bool *found,
                  struct error *e)
{
    static const struct inquiry question = {"runtime", "ExtensionServiceConfigs.runtime.talos.dev", NAME,
                                            true};
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
    *out = (struct handover){.bootstrap = BOOTSTRAP_NONE};
    struct resource resource;
    if (machined_get(target, pool, &question, &resource, found, e) != 0)
        return -1;
    if (!*found)
        return 0;
    if (!pb_decode(pool, fields, 2, resource.spec, &config))
        return error_set(e, E_MACHINED_MALFORMED, "%s: not a message of that kind", question.type);
    for (unsigned i = 0; i < config.environment.count; i++)
        take_variable(pool, out, config.environment.items[i]);
    for (unsigned i = 0; i < config.files.count; i++) {
        struct file file = {0};
        if (!pb_decode(pool, file_fields, 1, config.files.items[i], &file))
            return error_set(e, E_MACHINED_MALFORMED, "%s: not a message of that kind", question.type);
        out->pending += pending_name(file.path).n > 0;
    }
    /* A document of the user's alone says nothing of a node. */
    *found = out->node != NULL && out->cluster != NULL;
    return 0;
}

static bool has_manifest(const struct tree_node *list, const char *name)
{
    for (const struct tree_node *n = list ? list->first : NULL; n; n = n->next)
        if (tree_is(tree_get(n, "name"), name))
            return true;
    return false;
}

/* The first manifest whose name sorts behind this one, or NULL. */
static const struct tree_node *first_behind(const struct tree_node *list, const char *name)
{
    for (const struct tree_node *n = list->first; n; n = n->next) {
        const char *other = tree_text(tree_get(n, "name"));
        if (other && strcmp(other, name) > 0)
            return n;
    }
    return NULL;
}

static unsigned move_pending(struct pool *pool, struct tree_node *main, struct tree_node *ours)
{
    unsigned moved = 0;
    struct tree_node *files = tree_get(ours, "configFiles");
    struct tree_node *cluster = tree_get(main, "cluster");
    struct tree_node *list = tree_get(cluster, "inlineManifests");
    for (struct tree_node *file = files ? files->first : NULL, *next; file; file = next) {
        const char *path = tree_text(tree_get(file, "mountPath"));
        struct span stem = pending_name((struct span){(const unsigned char *)path, path ? strlen(path) : 0});
        next = file->next;
        if (stem.n == 0)
            continue;
        const char *name = pool_memdup(pool, stem.p, stem.n);
        if (!list) {
            list = tree_seq(pool, nowhere);
            tree_add(pool, cluster, "inlineManifests", list);
        }
        if (!has_manifest(list, name)) {
            struct tree_node *entry = tree_map(pool, nowhere);
            tree_add(pool, entry, "name", text(pool, name));
            tree_add(pool, entry, "contents", tree_copy(pool, tree_get(file, "content")));
            /* Where `render` has it: a node that has not drifted shows no difference. */
            tree_insert(pool, list, first_behind(list, name), NULL, entry);
        }
        tree_remove(files, file);
        moved++;
    }
    if (files && !files->first)
        tree_remove(ours, files);
    return moved;
}

static unsigned retire(struct pool *pool, struct tree_node *ours)
{
    struct tree_node *environment = tree_get(ours, "environment");
    for (struct tree_node *n = environment ? environment->first : NULL; n; n = n->next)
        if (tree_is(n, "HEARTH_BOOTSTRAP=once") || tree_is(n, "HEARTH_BOOTSTRAP=auto")) {
            tree_remove(environment, n);
            tree_add(pool, environment, NULL, text(pool, "HEARTH_BOOTSTRAP=none"));
            return 1;
        }
    return 0;
}

int handover_promote(struct span active, bool founded, struct buf *out, unsigned *changes, struct error *e)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct raw_documents *raw = pool_alloc(pool, sizeof *raw);
    struct document *main, *ours;
    if (documents_split(pool, active, raw, e) != 0 ||
        parse(pool, documents_find(raw, "", ""), &main, e) != 0 ||
        parse(pool, documents_find(raw, KIND, NAME), &ours, e) != 0)
        return -1;
    if (!main || !main->root || !ours || !ours->root || !tree_get(main->root, "cluster"))
        return error_set(e, E_CONFIG_STREAM,
                         "the active config has no cluster section, or nothing of hearth's");
    *changes = move_pending(pool, main->root, ours->root) + (founded ? retire(pool, ours->root) : 0);
    out->max = RENDER_CONFIG_MAX;
    if (append_documents(out, main, "active config", e) != 0 ||
        append_documents(out, ours, "ExtensionServiceConfig hearth", e) != 0)
        return -1;
    /* What would be noted is that the documents made here differ from the ones they replace. */
    struct buf notes = {0};
    int result = documents_carry(out, active, &notes, e);
    buf_free(&notes);
    return result;
}
