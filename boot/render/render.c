#include "render/render.h"

#include "base/text.h"
#include "render/check.h"
#include "site/emit.h"
#include "render/resolve.h"
#include "site/merge.h"
#include "site/newer.h"

#include <bearssl_hash.h>
#include <string.h>

/* Of a line of an inlined manifest, and of all that is none: bytes that are made room for. */
#define INDENTATION 10
#define BESIDE_MANIFESTS ((size_t)128 << 10)

/* One rendering under way. */
struct rendering {
    const struct plan *plan;
    struct pool *pool;
    struct resolver resolver;
    /* resolved */
    struct document *config;
    struct check check;
    bool hold;
    struct rendered *out;
    struct errors *errors;
};

static void fail(struct rendering *r, const struct error *e)
{
    errors_add(r->errors, e);
}

static void resolve(struct rendering *r)
{
    const struct plan *plan = r->plan;
    r->out->manifests = mem_alloc_array(plan->manifest_count, sizeof *r->out->manifests);
    r->out->manifest_count = plan->manifest_count;
    r->check = (struct check){.plan = plan,
                              .resolver = &r->resolver,
                              .pool = r->pool,
                              .errors = r->errors,
                              .warnings = &r->out->warnings};
    r->config = resolve_documents(&r->resolver, plan->config);
    r->check.config = r->config;
    r->check.manifests = pool_alloc(r->pool, plan->manifest_count * sizeof *r->check.manifests);
    r->check.manifest_count = plan->manifest_count;
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        unsigned before = r->resolver.from_count;
        r->check.manifests[i] = (struct check_manifest){
            .plan = &plan->manifests[i], .docs = resolve_documents(&r->resolver, plan->manifests[i].docs)};
        r->out->manifests[i].held = r->hold && r->resolver.from_count > before;
    }
}

static bool same_name_before(const struct plan *plan, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (strcmp(plan->manifests[k].name, plan->manifests[i].name) == 0)
            return true;
    return false;
}

/* Each manifest as text of its own. Those in which nothing was open stay where the plan has them. */
static void write_manifests(struct rendering *r)
{
    const struct plan *plan = r->plan;
    struct error e = {0};
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        const struct plan_manifest *from = &plan->manifests[i];
        struct rendered_manifest *to = &r->out->manifests[i];
        to->name = from->name;
        to->made.max = PLAN_MANIFEST_MAX;
        if (same_name_before(plan, i))
            errors_at(r->errors, (struct pos){.file = from->file}, E_MANIFEST_NAME,
                      "two manifests are named %s", from->name);
        if (!from->bytes.n) {
            if (emit_manifest(&to->made, r->check.manifests[i].docs, from->name, &e) != 0)
                fail(r, &e);
            to->contents = (struct span){(const unsigned char *)to->made.data, to->made.len};
            continue;
        }
        to->contents = from->bytes;
        if (from->bytes.n > PLAN_MANIFEST_MAX)
            errors_at(r->errors, (struct pos){.file = from->file}, E_RENDER_SIZE,
                      "%s: %zu bytes; the limit is %zu", from->name, from->bytes.n, PLAN_MANIFEST_MAX);
    }
}

/* A scalar that borrows its text: the manifest is in memory once already. */
static struct tree_node *borrowed(struct pool *pool, struct pos pos, struct span text)
{
    struct tree_node *node = tree_scalar(pool, pos, "", 0, STYLE_LITERAL);
    if (text.n > 0) {
        node->text = (const char *)text.p;
        node->len = text.n;
    }
    return node;
}

/* Adds the manifests to cluster.inlineManifests, behind those the site has there itself. */
static void inline_manifests(struct rendering *r)
{
    struct document *main = merge_find(r->config, NULL, NULL);
    struct tree_node *cluster = main ? tree_get(main->root, "cluster") : NULL;
    struct tree_node *list = tree_get(cluster, "inlineManifests");
    if (!cluster || r->out->manifest_count == 0)
        return;
    if (list && check_empty(list)) {
        tree_remove(cluster, list);
        list = NULL;
    }
    if (!list) {
        list = tree_seq(r->pool, cluster->pos);
        tree_add(r->pool, cluster, "inlineManifests", list);
    }
    for (unsigned i = 0; i < r->out->manifest_count; i++) {
        const struct rendered_manifest *m = &r->out->manifests[i];
        struct pos pos = {.file = r->plan->manifests[i].file};
        struct tree_node *entry = tree_map(r->pool, pos);
        if (m->held)
            continue;
        tree_add(r->pool, entry, "name", tree_scalar(r->pool, pos, m->name, strlen(m->name), STYLE_SINGLE));
        tree_add(r->pool, entry, "contents", borrowed(r->pool, pos, m->contents));
        tree_add(r->pool, list, NULL, entry);
    }
}

/* Room for all manifests as indented lines, so that the buffer need not be moved while it holds most of them. */
static void make_room(struct rendered *out)
{
    size_t room = BESIDE_MANIFESTS;
    for (unsigned i = 0; i < out->manifest_count; i++) {
        struct span rest = out->manifests[i].held ? (struct span){0} : out->manifests[i].contents;
        room += rest.n;
        for (const unsigned char *line; rest.n && (line = memchr(rest.p, '\n', rest.n)) != NULL;) {
            room += INDENTATION;
            rest.n -= (size_t)(line + 1 - rest.p);
            rest.p = line + 1;
        }
    }
    if (room < out->machine_config.max)
        (void)buf_reserve(&out->machine_config, room);
}

static void write_config(struct rendering *r)
{
    r->out->machine_config.max = RENDER_CONFIG_MAX;
    make_room(r->out);
    inline_manifests(r);
    struct error e = {0};
    if (emit_documents(&r->out->machine_config, r->config, "machine-config.yaml", &e) != 0)
        fail(r, &e);
}

/* Whose marker secret it is, and where a founded cluster would answer. */
static void know_cluster(struct rendering *r)
{
    const char *id = tree_text(newer_find(r->config, "cluster.id"));
    const struct tree_node *names = newer_find(r->config, "cluster.apiServer.certSANs");
    if (!id)
        id = tree_text(newer_find(r->config, "cluster.ca.crt"));
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, id ? id : "", id ? strlen(id) : 0);
    unsigned char digest[br_sha256_SIZE];
    br_sha256_out(&sha, digest);
    text_hex(r->out->cluster_id, digest, sizeof r->out->cluster_id / 2);
    for (const struct tree_node *n = names ? names->first : NULL; n; n = n->next)
        if (tree_text(n))
            buf_printf(&r->out->peers, "%s\n", tree_text(n));
}

static void judge(struct check *c)
{
    check_config(c);
    check_manifests(c);
    check_network(c);
    check_flux(c);
}

static void render(struct rendering *r)
{
    unsigned before = errors_total(r->errors);
    resolve(r);
    /* A value that could not be had would only make the checks complain about its absence. */
    if (errors_total(r->errors) > before)
        return;
    write_manifests(r);
    check_spelling(&r->check);
    judge(&r->check);
    if (r->plan->marker)
        know_cluster(r);
    if (errors_total(r->errors) == before)
        write_config(r);
}

int render_judge(const struct plan *plan, struct errors *errors)
{
    struct rendered out = {0};
    struct rendering r = {.plan = plan, .out = &out, .errors = errors};
    unsigned before = errors_total(errors);
    r.pool = pool_new();
    resolve_init(&r.resolver, plan, NULL, r.pool, errors);
    resolve(&r);
    if (errors_total(errors) == before) {
        judge(&r.check);
    }
    resolve_free(&r.resolver);
    pool_free(r.pool);
    render_free(&out);
    return errors_total(errors) == before ? 0 : -1;
}

int render_documents(const struct plan *plan, const struct render_secrets *secrets, bool hold,
                     struct rendered *out, struct errors *errors)
{
    struct rendering r = {.plan = plan, .hold = hold, .out = out, .errors = errors};
    unsigned before = errors_total(errors);
    *out = (struct rendered){0};
    r.pool = pool_new();
    resolve_init(&r.resolver, plan, secrets, r.pool, errors);
    r.resolver.texts = &out->from_secrets;
    render(&r);
    resolve_free(&r.resolver);
    pool_free(r.pool);
    if (errors_total(errors) == before)
        return 0;
    render_free(out);
    return -1;
}

void render_free(struct rendered *r)
{
    buf_free(&r->machine_config);
    buf_free(&r->plan_json);
    buf_free(&r->from_secrets);
    buf_free(&r->peers);
    errors_free(&r->warnings);
    for (unsigned i = 0; i < r->manifest_count; i++)
        buf_free(&r->manifests[i].made);
    mem_free(r->manifests);
    *r = (struct rendered){0};
}
