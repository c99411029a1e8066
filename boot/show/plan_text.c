#include "show/show.h"

#include "base/text.h"
#include "facts/facts.h"
#include "plan/disk.h"
#include "plan/match.h"
#include "show/line.h"
#include "site/ref.h"

#include <string.h>

#define GIVES_MAX 6  /* of one file of talos/, before "and N more" */
#define PLACES_MAX 3 /* of one secret, before "and N more" */

static const char *text_of(const struct buf *b)
{
    return b->data ? b->data : "";
}

static void add_fact(struct buf *out, const json_t *facts, const char *before, const char *name)
{
    char room[64];
    const json_t *fact = facts_get(facts, name);
    const char *text = json_is_string(fact) ? json_string_value(fact) : NULL;
    if (!text && fact)
        text = facts_text(fact, room, sizeof room);
    if (text && text[0])
        buf_printf(out, "%s%s%s", out->len ? ", " : "", before, text);
}

static void show_box(struct buf *out, const struct plan *plan)
{
    const json_t *facts = plan->facts;
    if (!facts) {
        line_field(out, "box", "unknown: this is planned without the facts of the box");
        return;
    }
    struct buf text = {.max = 4096};
    add_fact(&text, facts, "", "system.manufacturer");
    add_fact(&text, facts, "", "system.product_name");
    add_fact(&text, facts, "board ", "board.product_name");
    add_fact(&text, facts, "serial ", "serial");
    add_fact(&text, facts, "", "cpu.model_name");
    const json_t *memory = facts_get(facts, "memory.size_mib");
    char size[32];
    if (json_is_integer(memory) && json_integer_value(memory) > 0)
        buf_printf(&text, "%s%s memory", text.len ? ", " : "",
                   text_memory(size, sizeof size, (uint64_t)json_integer_value(memory)));
    add_fact(&text, facts, "mac ", "mac");
    line_field(out, "box", "%s", text.len ? text.data : "nothing is known of it");
    buf_free(&text);
}

static void show_why(struct buf *out, const struct plan *plan)
{
    const struct site_node *entry = plan->entry;
    struct match match;
    match_judge(entry->match, plan->facts, &match);
    struct buf text = {.max = 4096};
    for (unsigned i = 0; match.met && i < match.count; i++) {
        const struct tree_node *c = match.results[i].condition;
        buf_printf(&text, "%s%s ", i ? ", " : "", c->key->text);
        line_condition(&text, c);
    }
    UNSET char pos[LINE_POS_MAX];
    line_pos(pos, sizeof pos, entry->pos);
    if (match.met)
        line_field(out, "why", "entry %u of %u (%s) matches: %s", entry->index + 1, plan->site->node_count,
                   pos, text_of(&text));
    else
        line_field(out, "why", "entry %u of %u (%s) was asked for%s", entry->index + 1,
                   plan->site->node_count, pos, plan->facts ? "; the facts of this box do not match it" : "");
    buf_free(&text);
    match_free(&match);
}

static void show_cluster(struct buf *out, const struct plan *plan)
{
    static const char *const founding[] = {
        [BOOTSTRAP_NONE] = "it joins; another node founds the cluster",
        [BOOTSTRAP_AUTO] = "this node founds the cluster (bootstrap: auto)",
        [BOOTSTRAP_MANUAL] = "this node founds the cluster when you run `talosctl bootstrap`",
    };
    const struct role *role = plan->entry->role;
    bool worker = plan->entry->type == MACHINE_WORKER;
    line_field(out, "cluster", "%s at %s", role->cluster, role->endpoint);
    line_field(out, "", "%s", worker ? "it joins as a worker" : founding[plan->entry->bootstrap]);
}

static void show_disk(struct buf *out, const struct plan *plan)
{
    const struct plan_disk *disk = &plan->disk;
    if (!disk->fact) {
        line_field(out, "disk", "open: chosen on the box, from its facts");
        return;
    }
    struct buf text = {.max = 4096};
    disk_describe(&text, disk->fact);
    const char *name = json_string_value(json_object_get(disk->fact, "name"));
    line_field(out, "disk", "%s: %s", name ? name : "?", text_of(&text));
    line_field(out, "", "Talos is told %s: %s", disk->field, disk->value);
    line_field(out, "", "contents: %s; %s", disk->contents_unknown ? "unknown (boot looks)" : "looked at",
               plan->entry->wipe ? "wipe: true, so they are overwritten whatever they are"
                                 : "anything foreign is refused (there is no wipe: true)");
    buf_free(&text);
}

/* One file of talos/ and what it gave. */
static void show_file(struct buf *out, const struct plan_file *file, bool base)
{
    struct buf text = {.max = 4096};
    unsigned count = 0;
    for (const char **at = file->gives; *at; at++, count++) {
        if (count < GIVES_MAX)
            buf_printf(&text, "%s%s", count ? ", " : ": ", *at);
    }
    if (count > GIVES_MAX)
        buf_printf(&text, " and %u more", count - GIVES_MAX);
    char size[32];
    line_field(out, "", "  %-34s %9s  %s%s", file->path, text_size(size, sizeof size, file->bytes),
               base ? "base" : "merged over it", count ? text_of(&text) : "");
    buf_free(&text);
}

static void show_documents(struct buf *out, const struct plan *plan)
{
    struct buf kinds = {.max = 4096};
    unsigned count = 0;
    for (const struct document *d = plan->config; d; d = d->next) {
        const char *kind = tree_text(tree_get(d->root, "kind"));
        const char *name = tree_text(tree_get(d->root, "name"));
        if (!d->root)
            continue;
        buf_printf(&kinds, "%s%s%s%s", count++ ? ", " : "", kind ? kind : "v1alpha1", name ? " " : "",
                   name ? name : "");
    }
    line_field(out, "config", "%s", text_of(&kinds));
    for (unsigned i = 0; i < plan->file_count; i++)
        show_file(out, &plan->files[i], i == 0);
    buf_free(&kinds);
}

static unsigned objects(const struct plan_manifest *m)
{
    unsigned count = 0;
    for (const struct document *d = m->docs; d; d = d->next)
        count++;
    return count;
}

static void show_manifests(struct buf *out, const struct plan *plan)
{
    if (plan->entry->type == MACHINE_WORKER) {
        line_field(out, "manifests", "none: only control planes carry them");
        return;
    }
    line_field(out, "manifests", "%u, in the order Talos applies them", plan->manifest_count);
    char size[32];
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        const struct plan_manifest *m = &plan->manifests[i];
        unsigned count = objects(m);
        text_size(size, sizeof size, m->size);
        if (!m->docs)
            line_field(out, "", "  %-24s %9s  %s, byte for byte", m->name, size, m->file);
        else
            line_field(out, "", "  %-24s %9s  %s, %u object%s", m->name, m->file ? size : "",
                       m->file ? m->file : "from bootstrap/", count, count == 1 ? "" : "s");
    }
    if (plan->release_url)
        line_field(out, "", "  %-24s %9s  %s", "(fetched by Talos)", "unknown", plan->release_url);
}

static void show_secret(struct buf *out, const struct plan_secret *secret, int width)
{
    struct buf places = {.max = 4096};
    UNSET char pos[LINE_POS_MAX];
    unsigned count = 0;
    for (const struct plan_where *w = secret->where; w; w = w->next, count++) {
        if (count < PLACES_MAX)
            buf_printf(&places, "%s%s", count ? ", " : "", line_pos(pos, sizeof pos, w->ref->pos));
    }
    if (count > PLACES_MAX)
        buf_printf(&places, " and %u more", count - PLACES_MAX);
    line_field(out, "", "  %-*s  %s  %s", width, secret->name, secret->version ? secret->version : "newest",
               text_of(&places));
    buf_free(&places);
}

static void show_secrets(struct buf *out, const struct plan *plan)
{
    const struct role *role = plan->entry->role;
    line_field(out, "secrets", "%u from %s", plan->secret_count, role->vault);
    int width = 0;
    for (unsigned i = 0; i < plan->secret_count; i++) {
        int n = (int)strlen(plan->secrets[i].name);
        width = n > width ? n : width;
    }
    for (unsigned i = 0; i < plan->secret_count; i++)
        show_secret(out, &plan->secrets[i], width);
    UNSET char path[SITE_LOGIN_FILE_MAX];
    const char *file = plan_login_file(path, plan);
    line_field(out, "login", "%s of client %s in tenant %s%s%s", site_method_word(plan->entry->method),
               role->login.client ? role->login.client : "(from the environment)",
               role->login.tenant ? role->login.tenant : "(from the environment)", file ? ", from " : "",
               file ? file : "");
    UNSET char trust[SITE_TRUST_MAX];
    if (role->cloud.own)
        line_field(out, "cloud", "of its own: authority %s, resource %s, trust %s", role->cloud.authority,
                   role->cloud.resource, site_trust_words(trust, role));
}

static void show_next(struct buf *out, const struct plan *plan)
{
    struct buf dir = {.max = 4096};
    line_shell_word(&dir, plan->site->dir ? plan->site->dir : ".");
    if (!plan->facts)
        line_field(out, "next",
                   "run `hearth facts > box.json` on the box, then `hearth plan --site %s --facts box.json`",
                   text_of(&dir));
    else
        line_field(out, "next",
                   "`hearth check --site %s` asks the vault, `hearth render --site %s --out DIR` writes it "
                   "all; both take "
                   "--facts, --sysroot and --node as this did",
                   text_of(&dir), text_of(&dir));
    buf_free(&dir);
}

void show_plan(struct buf *out, const struct plan *plan)
{
    line_field(out, "node", "%s: %s, role %s", plan->name, site_type_words(plan->entry->type),
               plan->entry->role->name);
    show_why(out, plan);
    show_box(out, plan);
    show_cluster(out, plan);
    show_disk(out, plan);
    if (plan->state)
        line_field(out, "state", "%s", plan->state);
    show_documents(out, plan);
    show_manifests(out, plan);
    show_secrets(out, plan);
    struct errors_kind kinds[ERRORS_MAX];
    unsigned count = errors_kinds(&plan->warnings, kinds);
    UNSET char text[ERRORS_SAID_MAX];
    for (unsigned i = 0; i < count; i++)
        line_field(out, "warning", "%s", errors_said(text, &plan->warnings, &kinds[i]));
    show_next(out, plan);
}
