#include "base/text.h"
#include "plan/steps.h"
#include "site/ref.h"

#include <string.h>

/* One walk over the documents. */
struct ref_search {
    struct plan *plan;
    struct errors *errors;
    /* inside a manifest: its name; else NULL */
    const char *manifest;
    /* facts that are asked for while there are none */
    struct seen *facts_open;
    /* of the site that are there and text */
    struct seen *files;
    /* too many secrets: said once */
    bool overflow;
};

struct seen {
    const char *name;
    struct seen *next;
};

static bool seen(struct pool *pool, struct seen **list, const char *name)
{
    for (struct seen *s = *list; s; s = s->next) {
        if (strcmp(s->name, name) == 0)
            return true;
    }
    struct seen *fresh = pool_alloc(pool, sizeof *fresh);
    *fresh = (struct seen){.name = name, .next = *list};
    *list = fresh;
    return false;
}

static bool same_version(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add_where(struct pool *pool, struct plan_secret *secret, const struct ref *ref)
{
    struct plan_where **end = &secret->where;
    uint32_t hash = ref->external ? text_hash(ref->pos.line + 31 * ref->pos.column, ref->pos.file) : 0;
    for (; *end; end = &(*end)->next)
        if ((*end)->hash == hash && (*end)->ref->external && ref->external &&
            strcmp((*end)->ref->pos.file, ref->pos.file) == 0 && (*end)->ref->pos.line == ref->pos.line &&
            (*end)->ref->pos.column == ref->pos.column)
            return; /* one file of the tree, met twice */
    *end = pool_alloc(pool, sizeof **end);
    (*end)->ref = ref;
    (*end)->hash = hash;
}

int plan_add_secret(struct plan *plan, const struct ref *ref, struct error *e)
{
    if (strchr(ref->name, '{'))
        return error_at(e, ref->pos, E_YAML_REF,
                        "%s: only hearth knows what stands for a brace here, the operator does not",
                        ref->name);
    for (unsigned i = 0; i < plan->secret_count; i++) {
        struct plan_secret *known = &plan->secrets[i];
        /* Key Vault's names are case-insensitive: two spellings are one secret and one request. */
        if (text_equal_fold(known->name, ref->name) && same_version(known->version, ref->version)) {
            add_where(plan->pool, known, ref);
            return 0;
        }
    }
    /* The tree's come last, and are the operator's: the node fetches none of them. */
    if (!ref->external && plan->secret_count >= PLAN_SECRETS_MAX)
        return error_at(e, ref->pos, E_PLAN_SECRETS, "more than %d different secrets; %s is one too many",
                        PLAN_SECRETS_MAX, ref->name);
    if (plan->secret_count == plan->secret_room) {
        struct plan_secret *more = pool_alloc(plan->pool, 2 * plan->secret_room * sizeof *more);
        memcpy(more, plan->secrets, plan->secret_count * sizeof *more);
        plan->secrets = more;
        plan->secret_room *= 2;
    }
    struct plan_secret *secret = &plan->secrets[plan->secret_count++];
    secret->name = ref->name;
    secret->version = ref->version;
    add_where(plan->pool, secret, ref);
    return 0;
}

int plan_secret_name(const struct plan *plan, struct ref *ref, struct error *e)
{
    const struct {
        const char *mark;
        const char *value;
    } marks[] = {{REF_NAME_CLUSTER, plan->entry->role->cluster}, {REF_NAME_ROLE, plan->entry->role->name}};
    const char *name = ref->name;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        for (const char *at; (at = strstr(name, marks[i].mark));)
            name = pool_printf(plan->pool, "%.*s%s%s", (int)(at - name), name, marks[i].value,
                               at + strlen(marks[i].mark));
    }
    if (strlen(name) > REF_NAME_MAX)
        return error_at(e, ref->pos, E_YAML_REF,
                        "the secret's name becomes %s, and has more than %d characters", name, REF_NAME_MAX);
    ref->name = name;
    return 0;
}

static void add_secret(struct ref_search *s, struct ref *ref)
{
    struct error e;
    if (s->overflow || (plan_secret_name(s->plan, ref, &e) == 0 && plan_add_secret(s->plan, ref, &e) == 0))
        return;
    errors_add(s->errors, &e);
    s->overflow = true;
}

static void check_fact(struct ref_search *s, const struct ref *ref)
{
    if (!s->plan->facts) {
        if (!seen(s->plan->pool, &s->facts_open, ref->name))
            errors_at(&s->plan->warnings, ref->pos, E_PLAN_OPEN, "the fact %s is known only on the box",
                      ref->name);
        return;
    }
    struct error e;
    if (!plan_value(s->plan, ref, &e))
        errors_add(s->errors, &e);
}

static void check_node(struct ref_search *s, const struct ref *ref)
{
    /* Without a disk the reason was said where the disk was chosen. */
    if (strncmp(ref->name, "install.", 8) == 0 && !s->plan->disk.field)
        return;
    struct error e;
    if (!plan_value(s->plan, ref, &e))
        errors_add(s->errors, &e);
}

static void check_file(struct ref_search *s, const struct ref *ref)
{
    if (seen(s->plan->pool, &s->files, ref->name))
        return;
    struct buf bytes = {.max = SITE_FILE_MAX};
    struct error e;
    bool missing = false;
    if (site_read(s->plan->site, ref->name, &bytes, &missing, &e) != 0) {
        if (missing)
            error_at(&e, ref->pos, E_PLAN_FILE, "!file %s: the site has no such file", ref->name);
        else
            error_wrap(&e, "!file %s", ref->name);
        errors_add(s->errors, &e);
    } else if (!text_is_utf8(bytes.data ? bytes.data : "", bytes.len)) {
        errors_at(s->errors, ref->pos, E_PLAN_FILE, "!file %s: the file is not UTF-8 text", ref->name);
    } else if (bytes.len > 0 && memchr(bytes.data, '\0', bytes.len)) {
        errors_at(s->errors, ref->pos, E_PLAN_FILE, "!file %s: the file holds a NUL byte", ref->name);
    }
    buf_free(&bytes);
}

static bool entry_has(const struct site_node *entry, const char *name)
{
    for (const struct site_var *var = entry->vars; var; var = var->next) {
        if (strcmp(var->name, name) == 0)
            return true;
    }
    return false;
}

/* Why a reference may not stand in a manifest, or NULL. */
static const char *unfit_for_manifest(const struct ref_search *s, const struct ref *ref)
{
    static const char *const fields[] = {"cluster", "role", "endpoint"};
    if (ref->kind == REF_FACT)
        return "a fact differs from box to box";
    if (ref->kind != REF_NODE)
        return NULL;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(ref->name, fields[i]) == 0)
            return NULL;
    }
    if (strncmp(ref->name, "vars.", 5) != 0)
        return "this field differs from node to node";
    if (entry_has(s->plan->entry, ref->name + 5))
        return "the entry has its own value for this variable";
    return NULL;
}

/* Says so when a reference must not stand in the manifest that is searched. */
static bool fits(struct ref_search *s, struct ref *ref)
{
    char printed[256];
    const char *unfit = s->manifest ? unfit_for_manifest(s, ref) : NULL;
    if (unfit)
        errors_at(s->errors, ref->pos, E_PLAN_MANIFEST_REF,
                  "%s in the manifest %s: %s, and all control planes of a cluster must carry identical "
                  "manifests (talosctl "
                  "upgrade-k8s prunes by one node's list)",
                  ref_print(printed, sizeof printed, ref), s->manifest, unfit);
    return !unfit;
}

static int visit_ref(struct ref *ref, void *arg)
{
    struct ref_search *s = arg;
    if (!fits(s, ref))
        return 0;
    switch (ref->kind) {
    case REF_SECRET:
        add_secret(s, ref);
        break;
    case REF_FACT:
        check_fact(s, ref);
        break;
    case REF_NODE:
        check_node(s, ref);
        break;
    case REF_FILE:
        check_file(s, ref);
        break;
    case REF_FORMAT:
    case REF_BASE64:
    case REF_BASE64DECODE:
        break;
    }
    return 0;
}

static int visit_node(struct tree_node *node, void *arg)
{
    return node->ref ? ref_walk(node->ref, visit_ref, arg) : 0;
}

static int visit_ref_fit(struct ref *ref, void *arg)
{
    fits(arg, ref);
    return 0;
}

static int visit_node_fit(struct tree_node *node, void *arg)
{
    return node->ref ? ref_walk(node->ref, visit_ref_fit, arg) : 0;
}

static void search_config(struct ref_search *s)
{
    /* What a machine config inlines itself ends up in the same list as ours. */
    static const char *const lists[] = {"cluster.inlineManifests", "cluster.extraManifests"};
    struct tree_node *main = plan_main(s->plan);
    for (struct document *d = s->plan->config; d; d = d->next)
        tree_walk(d->root, visit_node, s);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        s->manifest = lists[i];
        tree_walk(main ? tree_path(main, lists[i]) : NULL, visit_node_fit, s);
    }
    s->manifest = NULL;
}

int plan_references(struct plan *plan, struct errors *errors)
{
    unsigned before = errors_total(errors);
    struct ref_search s = {.plan = plan, .errors = errors};
    search_config(&s);
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        s.manifest = plan->manifests[i].name;
        for (struct document *d = plan->manifests[i].docs; d; d = d->next)
            tree_walk(d->root, visit_node, &s);
    }
    return errors_total(errors) > before ? -1 : 0;
}
