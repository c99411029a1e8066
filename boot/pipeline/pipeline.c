#include "pipeline/pipeline.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "pipeline/boxkey.h"
#include "show/show.h"
#include "site/clear.h"

#include <stdio.h>
#include <string.h>

static int fail_one(struct errors *errors, const struct error *e)
{
    errors_add(errors, e);
    return -1;
}

void pipeline_facts_notes(const struct options *o, const json_t *facts)
{
    struct buf notes = {0};
    facts_notes(o->sysroot ? o->sysroot : "", facts, &notes);
    struct reader r = reader_of(notes.data, notes.len);
    while (r.n > 0) {
        struct span note = reader_until(&r, '\n');
        if (note.n)
            log_warning("%.*s", (int)note.n, (const char *)note.p);
        if (r.bad)
            break;
    }
    buf_free(&notes);
}

static bool is_that_node(const struct site *site, const json_t *facts, const char *name)
{
    UNSET struct error ignored;
    const struct site_node *entry = plan_match(site, facts, NULL, &ignored);
    return entry && strcmp(entry->name, name) == 0;
}

int pipeline_open_site(struct pipeline *run, const struct options *o, struct errors *errors)
{
    run->site = site_open(o->site ? o->site : ".", errors);
    return run->site ? 0 : -1;
}

int pipeline_open(struct pipeline *run, const struct options *o, struct errors *errors)
{
    if (pipeline_open_site(run, o, errors) != 0)
        return -1;
    clear_judge(run->site, errors);
    struct error e;
    run->facts = o->facts ? facts_load(o->facts, &e) : facts_read(o->sysroot ? o->sysroot : "", &e);
    if (!run->facts)
        return fail_one(errors, &e);
    if (o->node && !o->facts && !o->sysroot && !is_that_node(run->site, run->facts, o->node)) {
        json_decref(run->facts);
        run->facts = NULL;
    }
    return 0;
}

static bool has_code(const struct errors *errors, enum error_code code)
{
    for (unsigned i = 0; i < errors->count; i++)
        if (errors->items[i].code == code)
            return true;
    return false;
}

static bool disks_refused(const struct errors *errors)
{
    return has_code(errors, E_PLAN_NO_DISK) || has_code(errors, E_PLAN_DISKS);
}

void pipeline_refusal(const struct pipeline *run, const struct options *o, const struct errors *errors,
                      struct buf *out)
{
    if (!run->site || !run->facts)
        return;
    bool no_match = has_code(errors, E_PLAN_NO_MATCH);
    if (no_match || o->explain)
        show_explain(out, run->site, run->facts, run->entry);
    if (no_match) {
        buf_str(out, "\n");
        show_match_suggestion(out, run->facts);
    }
    if (run->entry && disks_refused(errors))
        show_disks(out, run->entry, run->facts);
}

static void print_refusal(const struct pipeline *run, const struct options *o, const struct errors *errors)
{
    bool no_match = has_code(errors, E_PLAN_NO_MATCH);
    if (no_match && o->json)
        show_json(show_explain_json(run->site, run->facts, NULL));
    if (o->json)
        return;
    struct buf text = {0};
    pipeline_refusal(run, o, errors, &text);
    log_table(&text);
    buf_free(&text);
    if ((no_match || disks_refused(errors)) && !o->facts)
        pipeline_facts_notes(o, run->facts);
    if (no_match) {
        struct errors warnings = {0};
        site_warnings(run->site, NULL, &warnings);
        log_warnings(&warnings);
        errors_free(&warnings);
    }
}

static int choose(struct pipeline *run, const struct options *o, struct errors *errors)
{
    struct error e;
    run->entry = plan_match(run->site, run->facts, o->node, &e);
    if (!run->entry)
        return fail_one(errors, &e);
    return plan_make(run->site, run->facts, run->entry, &run->plan, errors) == 0
        ? render_judge(run->plan, errors)
        : -1;
}

int pipeline_plan(struct pipeline *run, const struct options *o, struct errors *errors)
{
    if (choose(run, o, errors) == 0)
        return 0;
    if (run->facts && !run->quiet)
        print_refusal(run, o, errors);
    return -1;
}

static void say_plan(const struct pipeline *run)
{
    const struct plan *plan = run->plan;
    log_stage(2, run->stages, "plan", "%s: %s of cluster %s, role %s", plan->name,
              site_type_words(plan->entry->type), plan->entry->role->cluster, plan->entry->role->name);
    log_warnings(&plan->warnings);
}

static void say_facts(const struct pipeline *run)
{
    char product[128], size[32];
    const json_t *mib = facts_get(run->facts, "memory.size_mib");
    const char *name = facts_text(facts_get(run->facts, "system.product_name"), product, sizeof product);
    size_t disks = json_array_size(facts_get(run->facts, "disks"));
    size_t links = json_array_size(facts_get(run->facts, "links"));
    log_stage(
        1, run->stages, "facts", "%s, %s memory, %zu disk%s, %zu link%s", name ? name : "unknown product",
        json_is_integer(mib) ? text_memory(size, sizeof size, (uint64_t)json_integer_value(mib)) : "unknown",
        disks, disks == 1 ? "" : "s", links, links == 1 ? "" : "s");
}

int pipeline_gather(struct pipeline *run, const struct options *o, struct errors *errors)
{
    if (pipeline_open(run, o, errors) != 0)
        return -1;
    if (run->facts) {
        say_facts(run);
    } else if (run->without_facts) {
        log_stage(1, run->stages, "facts", "none: this box is not %s", o->node);
    } else {
        struct error e;
        error_set(&e, E_NOT_THIS_BOX, "this box is not %s", o->node);
        return fail_one(errors, &e);
    }
    if (pipeline_plan(run, o, errors) != 0 || errors_total(errors))
        return -1;
    say_plan(run);
    return 0;
}

int pipeline_render(const struct pipeline *run, struct rendered *out, struct errors *errors)
{
    unsigned count = run->plan->secret_count;
    struct secret *values = mem_alloc_array(count + 1, sizeof *values);
    for (unsigned i = 0; i < count; i++)
        values[i] = run->answers[i].value; /* borrowed: the answers keep owning them */
    const struct render_secrets secrets = {values, count};
    int result = render_documents(run->plan, &secrets, run->hold, out, errors);
    mem_free(values);
    for (unsigned i = 0; i < out->warnings.count; i++)
        log_warning("%s", out->warnings.items[i].text);
    return result;
}

void pipeline_free(struct pipeline *run)
{
    boxkey_free(run);
    if (run->answers)
        vault_answers_free(run->answers, run->plan->secret_count);
    mem_free(run->answers);
    plan_free(run->plan);
    if (run->site)
        site_close(run->site);
    json_decref(run->facts);
    *run = (struct pipeline){0};
}
