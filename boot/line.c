#include "line.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "plan/show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum exit_status fail(struct errors *errors)
{
    enum exit_status status = errors->count ? error_info(errors->items[0].code)->exit : EXIT_FAILED_;
    log_errors(errors);
    errors_free(errors);
    return status;
}

static int fail_one(struct errors *errors, const struct error *e)
{
    errors_add(errors, e);
    return -1;
}

void line_facts_notes(const struct options *o, const json_t *facts)
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
    struct error ignored;
    const struct site_node *entry = plan_match(site, facts, NULL, &ignored);
    return entry && strcmp(entry->name, name) == 0;
}

int line_open_site(struct line *line, const struct options *o, struct errors *errors)
{
    line->site = site_open(o->site ? o->site : ".", errors);
    return line->site ? 0 : -1;
}

int line_open(struct line *line, const struct options *o, struct errors *errors)
{
    struct error e;
    if (line_open_site(line, o, errors) != 0)
        return -1;
    line->facts = o->facts ? facts_load(o->facts, &e) : facts_read(o->sysroot ? o->sysroot : "", &e);
    if (!line->facts)
        return fail_one(errors, &e);
    if (o->node && !o->facts && !o->sysroot && !is_that_node(line->site, line->facts, o->node)) {
        json_decref(line->facts);
        line->facts = NULL;
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

void line_refusal(const struct line *line, const struct options *o, const struct errors *errors,
                  struct buf *out)
{
    if (!line->site || !line->facts)
        return;
    bool no_match = has_code(errors, E_PLAN_NO_MATCH);
    if (no_match || o->explain)
        show_explain(out, line->site, line->facts, line->entry);
    if (no_match) {
        buf_str(out, "\n");
        show_match_suggestion(out, line->facts);
    }
    if (line->entry && disks_refused(errors))
        show_disks(out, line->entry, line->facts);
}

static void print_refusal(const struct line *line, const struct options *o, const struct errors *errors)
{
    bool no_match = has_code(errors, E_PLAN_NO_MATCH);
    if (no_match && o->json) {
        json_t *table = show_explain_json(line->site, line->facts, NULL);
        json_dumpf(table, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        putchar('\n');
        json_decref(table);
    }
    if (o->json)
        return;
    struct buf text = {0};
    struct error ignored;
    line_refusal(line, o, errors, &text);
    (void)file_write_all(STDERR_FILENO, text.data, text.len, "stderr", &ignored);
    buf_free(&text);
    if ((no_match || disks_refused(errors)) && !o->facts)
        line_facts_notes(o, line->facts);
    for (unsigned i = 0; no_match && i < line->site->warnings.count; i++)
        log_warning("%s", line->site->warnings.items[i].text);
}

static int choose(struct line *line, const struct options *o, struct errors *errors)
{
    struct error e;
    line->entry = plan_match(line->site, line->facts, o->node, &e);
    if (!line->entry)
        return fail_one(errors, &e);
    return plan_make(line->site, line->facts, line->entry, &line->plan, errors);
}

int line_plan(struct line *line, const struct options *o, struct errors *errors)
{
    if (choose(line, o, errors) == 0)
        return 0;
    if (line->facts && !line->quiet)
        print_refusal(line, o, errors);
    return -1;
}

static void say_plan(const struct line *line)
{
    const struct plan *plan = line->plan;
    log_stage(2, line->stages, "plan", "%s: %s of cluster %s, role %s", plan->name,
              plan->entry->type == MACHINE_CONTROLPLANE ? "control plane" : "worker",
              plan->entry->role->cluster, plan->entry->role->name);
    for (unsigned i = 0; i < plan->warnings.count; i++)
        log_warning("%s", plan->warnings.items[i].text);
}

static void say_facts(const struct line *line)
{
    char product[128], size[32];
    const json_t *mib = facts_get(line->facts, "memory.size_mib");
    const char *name = facts_text(facts_get(line->facts, "system.product_name"), product, sizeof product);
    size_t disks = json_array_size(facts_get(line->facts, "disks"));
    size_t links = json_array_size(facts_get(line->facts, "links"));
    log_stage(
        1, line->stages, "facts", "%s, %s memory, %zu disk%s, %zu link%s", name ? name : "unknown product",
        json_is_integer(mib) ? text_memory(size, sizeof size, (uint64_t)json_integer_value(mib)) : "unknown",
        disks, disks == 1 ? "" : "s", links, links == 1 ? "" : "s");
}

int line_gather(struct line *line, const struct options *o, struct errors *errors)
{
    if (line_open(line, o, errors) != 0)
        return -1;
    if (line->facts) {
        say_facts(line);
    } else if (line->without_facts) {
        log_stage(1, line->stages, "facts", "none: this box is not %s", o->node);
    } else {
        struct error e;
        error_set(&e, E_NOT_THIS_BOX, "this box is not %s", o->node);
        return fail_one(errors, &e);
    }
    if (line_plan(line, o, errors) != 0)
        return -1;
    say_plan(line);
    return 0;
}

int line_render(const struct line *line, struct rendered *out, struct errors *errors)
{
    unsigned count = line->plan->secret_count;
    struct secret *values = mem_alloc_array(count + 1, sizeof *values);
    for (unsigned i = 0; i < count; i++)
        values[i] = line->answers[i].value; /* borrowed: the answers keep owning them */
    const struct render_secrets secrets = {values, count};
    int result = render_documents(line->plan, &secrets, line->hold, out, errors);
    mem_free(values);
    return result;
}

void line_free(struct line *line)
{
    if (line->answers)
        vault_answers_free(line->answers, line->plan->secret_count);
    mem_free(line->answers);
    plan_free(line->plan);
    if (line->site)
        site_close(line->site);
    json_decref(line->facts);
    *line = (struct line){0};
}
