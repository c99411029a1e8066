#include "plan/plan.h"

#include "base/text.h"
#include "facts/facts.h"
#include "plan/disk.h"
#include "plan/match.h"
#include "plan/steps.h"

#include <string.h>

#define LABEL_MAX 63 /* RFC 1123 section 2.1, RFC 1035 section 2.3.4 */

static const struct site_node *by_name(const struct site *site, const char *name, struct error *e)
{
    for (unsigned i = 0; i < site->node_count; i++) {
        if (text_equal_fold(site->nodes[i].name, name))
            return &site->nodes[i];
    }
    const char **names = mem_alloc_array(site->node_count + 1, sizeof *names);
    for (unsigned i = 0; i < site->node_count; i++)
        names[i] = site->nodes[i].name;
    const char *nearest = text_nearest(name, names);
    error_set(e, E_PLAN_NO_NODE, "hearth.yaml has no entry named \"%s\"%s%s%s", name,
              nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    mem_free(names);
    return NULL;
}

static const char *fact_or(const json_t *facts, const char *name, char *room, size_t cap)
{
    const json_t *fact = facts_get(facts, name);
    if (json_is_string(fact))
        return json_string_value(fact);
    const char *text = fact ? facts_text(fact, room, cap) : NULL;
    return text ? text : "unknown";
}

const struct site_node *plan_match(const struct site *site, const json_t *facts, const char *node,
                                   struct error *e)
{
    if (node)
        return by_name(site, node, e);
    for (unsigned i = 0; i < site->node_count; i++) {
        struct match match;
        match_judge(site->nodes[i].match, facts, &match);
        bool met = match.met;
        match_free(&match);
        if (met)
            return &site->nodes[i];
    }
    char room[3][32];
    error_set(e, E_PLAN_NO_MATCH,
              "none of the %u entries of hearth.yaml is this box (serial %s, board %s, mac %s)",
              site->node_count, fact_or(facts, "serial", room[0], sizeof room[0]),
              fact_or(facts, "board.product_name", room[1], sizeof room[1]),
              fact_or(facts, "mac", room[2], sizeof room[2]));
    return NULL;
}

/* Adds the fact's text to the name; false and `why` when the box cannot give it. */
static bool add_fact(struct plan *plan, const struct ref *ref, struct buf *name, struct error *e)
{
    struct tree_node *value = plan_value(plan, ref, e);
    if (!value)
        return false;
    buf_add(name, value->text, value->len);
    return true;
}

static int make_name(struct plan *plan, struct errors *errors)
{
    const struct site_node *entry = plan->entry;
    struct buf name = {.max = 1024};
    if (!entry->name_ref)
        buf_str(&name, entry->name);
    struct error e = {.code = E_NONE};
    bool whole = true;
    for (struct ref_part *part = entry->name_ref ? entry->name_ref->parts : NULL; part && whole;
         part = part->next) {
        if (part->literal)
            buf_str(&name, part->literal);
        else if (part->ref && !plan->facts)
            plan->name_open = true;
        else if (part->ref)
            whole = add_fact(plan, part->ref, &name, &e);
    }
    if (plan->name_open) {
        plan->name = entry->name;
        errors_at(&plan->warnings, entry->pos, E_PLAN_OPEN, "the name %s is known only on the box",
                  entry->name);
        buf_free(&name);
        return 0;
    }
    for (size_t i = 0; i < name.len; i++)
        name.data[i] = text_lower(name.data[i]);
    plan->name = pool_memdup(plan->pool, name.data ? name.data : "", name.len);
    if (!whole)
        errors_at(errors, entry->pos, E_PLAN_NAME, "the name %s cannot be made: %s", entry->name, e.text);
    else if (!text_is_label(plan->name))
        errors_at(
            errors, entry->pos, E_PLAN_NAME,
            "the name \"%s\" (from %s) is no hostname: letters, digits and inner hyphens, 1 to %d of them",
            plan->name, entry->name, LABEL_MAX);
    else {
        buf_free(&name);
        return 0;
    }
    buf_free(&name);
    return -1;
}

static void choose_disk(struct plan *plan, struct errors *errors)
{
    plan->disk = (struct plan_disk){.contents_unknown = true};
    if (!plan->facts) {
        errors_at(&plan->warnings, plan->entry->pos, E_PLAN_OPEN,
                  "the install disk is known only on the box");
        return;
    }
    struct error e;
    if (disk_choose(plan->pool, plan->entry, plan->facts, &plan->disk, &e) != 0)
        errors_add(errors, &e);
}

const char *plan_login_file(char out[SITE_LOGIN_FILE_MAX], const struct plan *plan)
{
    return site_login_file(out, plan->entry, plan->name_open ? NULL : plan->name);
}

unsigned plan_control_planes(const struct plan *plan)
{
    const struct site *site = plan->site;
    unsigned n = 0;
    for (unsigned i = 0; i < site->node_count; i++)
        n += site->nodes[i].type == MACHINE_CONTROLPLANE &&
            strcmp(site->nodes[i].role->cluster, plan->entry->role->cluster) == 0;
    return n;
}

/* With one control plane an empty etcd has nothing to split from; where hearth is not on the disk a person founds. */
static void add_marker(struct plan *plan, struct errors *errors)
{
    const struct site_node *entry = plan->entry;
    if (entry->type != MACHINE_CONTROLPLANE || entry->bootstrap != BOOTSTRAP_AUTO ||
        plan_control_planes(plan) < 2 || !plan_keeps_hearth(plan))
        return;
    struct ref *ref = pool_alloc(plan->pool, sizeof *ref);
    plan->marker = pool_printf(plan->pool, "hearth-%s-founded", entry->role->cluster);
    *ref = (struct ref){.kind = REF_SECRET, .pos = entry->pos, .name = plan->marker};
    struct error e;
    if (plan_add_secret(plan, ref, &e) != 0)
        errors_add(errors, &e);
}

struct largest {
    const char *path;
    size_t bytes;
};

static void keep_largest(struct largest top[3], const char *path, size_t bytes)
{
    for (unsigned i = 0; i < 3; i++)
        if (bytes > top[i].bytes) {
            const struct largest moved = top[i];
            top[i] = (struct largest){path, bytes};
            path = moved.path;
            bytes = moved.bytes;
        }
}

/* The limit is the box's; it is said where somebody can do something about it. */
static void judge_size(const struct plan *plan, struct errors *errors)
{
    struct largest top[3] = {{"", 0}, {"", 0}, {"", 0}};
    size_t sum = 0;
    for (unsigned i = 0; i < plan->file_count; i++) {
        sum += plan->files[i].bytes;
        keep_largest(top, plan->files[i].path, plan->files[i].bytes);
    }
    for (unsigned i = 0; i < plan->manifest_count; i++) {
        const struct plan_manifest *m = &plan->manifests[i];
        bool known = !m->file;
        for (unsigned k = 0; k < i && !known; k++)
            known = plan->manifests[k].file && strcmp(plan->manifests[k].file, m->file) == 0;
        if (known)
            continue;
        sum += m->size;
        keep_largest(top, m->file, m->size);
    }
    if (sum > PLAN_BYTES_MAX)
        errors_at(errors, (struct pos){.file = top[0].path}, E_RENDER_SIZE,
                  "%zu bytes of files would be one machine config, and a box can take %zu; the largest are "
                  "%s (%zu), %s "
                  "(%zu) and %s (%zu)",
                  sum, PLAN_BYTES_MAX, top[0].path, top[0].bytes, top[1].path, top[1].bytes, top[2].path,
                  top[2].bytes);
}

int plan_make(const struct site *site, const json_t *facts, const struct site_node *entry, struct plan **out,
              struct errors *errors)
{
    unsigned before = errors_total(errors);
    struct pool *pool = pool_new();
    struct plan *plan = pool_alloc(pool, sizeof *plan);
    plan->pool = pool;
    plan->site = site;
    plan->facts = facts;
    plan->entry = entry;
    plan->secret_room = PLAN_SECRETS_MAX;
    plan->secrets = pool_alloc(pool, plan->secret_room * sizeof *plan->secrets);
    plan->files = pool_alloc(pool, PLAN_FILES_MAX * sizeof *plan->files);
    plan->manifests = pool_alloc(pool, PLAN_MANIFESTS_MAX * sizeof *plan->manifests);

    if (make_name(plan, errors) == 0) {
        choose_disk(plan, errors);
        int documents = plan_documents(plan, errors);
        int manifests = plan_manifests(plan, errors);
        /* What was read is searched even if something else was not there: all mistakes in one run. */
        plan_references(plan, errors);
        if (documents == 0)
            plan_bundle(plan, errors);
        if (documents == 0 && plan_installer(plan, errors) == 0)
            add_marker(plan, errors);
        judge_size(plan, errors);
        if (documents == 0 && manifests == 0)
            plan_advice(plan, errors);
    }
    if (errors_total(errors) > before) {
        plan_free(plan);
        *out = NULL;
        return -1;
    }
    *out = plan;
    return 0;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    errors_free(&plan->warnings);
    pool_free(plan->pool);
}
