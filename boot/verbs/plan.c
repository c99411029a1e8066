#include "plan/plan.h"

#include "base/buf.h"
#include "base/log.h"
#include "gitops/gitops.h"
#include "pipeline/pipeline.h"
#include "show/show.h"
#include "render/render.h"
#include "site/clear.h"
#include "verbs/verdict.h"
#include "verbs/verbs.h"

#include <string.h>

/* What Flux will ask the vault for. To judge the tree is `check`'s business: here a mistake in it is a warning, for
 * what it hides is not listed. */
static void add_tree(struct plan *plan)
{
    struct errors wrong = {0};
    struct gitops_tree tree;
    gitops_tree(plan, &tree, &wrong, &wrong);
    errors_move(&wrong, &tree.unseen);
    log_warnings(&wrong);
    errors_free(&wrong);
}

/* The tree as data: it stands apart, because a medium carries none of it and the rest of the plan is the same there. */
static json_t *tree_json(const struct plan *plan, unsigned own, unsigned unseen, const struct errors *errors)
{
    json_t *names = json_array(), *wrong = json_array();
    for (unsigned i = own; i < plan->secret_count; i++)
        json_array_append_new(names, json_string(plan->secrets[i].name));
    for (unsigned i = 0; i < errors->count; i++)
        json_array_append_new(wrong,
                              json_pack("{s:s, s:s}", "code", error_info(errors->items[i].code).slug, "text",
                                        errors->items[i].text));
    return json_pack("{s:b, s:i, s:o, s:o}", "good", (int)(errors_total(errors) == 0 && unseen == 0),
                     "unseen", (int)unseen, "secrets", names, "errors", wrong);
}

static void say_unseen(unsigned unseen, const struct options *o)
{
    if (unseen && o->partial)
        log_note("good but for what was not looked at");
}

static void show_one(const struct pipeline *run, const struct options *o, struct errors *errors)
{
    struct gitops_tree ignored;
    if (o->json) {
        unsigned own = run->plan->secret_count;
        json_t *value = show_plan_json(run->plan);
        unsigned unseen = verdict_tree(run->plan, o, &ignored, errors);
        json_object_set_new(value, "tree", tree_json(run->plan, own, unseen, errors));
        if (o->explain)
            json_object_set_new(value, "explain", show_explain_json(run->site, run->facts, run->entry));
        show_json(value);
        return;
    }
    struct buf text = {0};
    if (o->explain) {
        show_explain(&text, run->site, run->facts, run->entry);
        buf_str(&text, "\n");
    }
    if (o->az) {
        add_tree(run->plan);
        show_az(&text, run->plan);
    }
    if (o->access)
        show_access(&text, run->plan);
    if (!o->az && !o->access)
        show_plan(&text, run->plan);
    show_text(&text);
    if (!o->az && !o->access)
        say_unseen(verdict_tree(run->plan, o, &ignored, errors), o);
}

/* Every control plane of a cluster must carry the same manifests: each is compared with the first of its cluster. */
static int same_manifests(struct plan *const *plans, unsigned count, struct errors *errors)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; plans[i] && k < i; k++) {
            if (!plans[k] || plans[k]->entry->type != MACHINE_CONTROLPLANE ||
                plans[i]->entry->type != MACHINE_CONTROLPLANE ||
                strcmp(plans[k]->entry->role->cluster, plans[i]->entry->role->cluster) != 0)
                continue;
            struct error e;
            if (plan_same_manifests(plans[k], plans[i], &e) != 0)
                errors_add(errors, &e);
            break;
        }
    }
    return errors->count ? -1 : 0;
}

/* The files of the site that a box may read, for who packs them. */
static json_t *packs_json(const struct clear_file *file)
{
    json_t *list = json_array();
    for (; file; file = file->next)
        if (!file->absent)
            json_array_append_new(list,
                                  json_pack("{s:s, s:i, s:s}", "path", file->path, "line",
                                            (int)file->pos.line, "clear", file->what));
    return list;
}

/* Whether an earlier entry that was planned has the same tree: a control plane's plan has all that is inlined, so it
 * is the one that is judged where there is one. */
static bool has_tree(struct plan *const *plans, unsigned i)
{
    for (unsigned k = 0; k < plans[i]->site->node_count; k++) {
        bool earlier = k < i;
        if (k != i && plans[k] && plans[k]->entry->role == plans[i]->entry->role &&
            (plans[k]->entry->type == plans[i]->entry->type ? earlier
                                                            : plans[k]->entry->type == MACHINE_CONTROLPLANE))
            return true;
    }
    return false;
}

static void show_all(const struct site *site, struct plan *const *plans, const struct clear_file *files,
                     const struct options *o, struct errors *errors)
{
    json_t *list = o->json ? json_array() : NULL, *packs = packs_json(files);
    struct gitops_tree ignored;
    unsigned all = 0;
    for (unsigned i = 0; i < site->node_count; i++) {
        json_t *one = list ? show_plan_json(plans[i]) : NULL;
        if (!list) {
            struct buf text = {0};
            show_plan(&text, plans[i]);
            buf_str(&text, "\n");
            show_text(&text);
        }
        unsigned own = plans[i]->secret_count;
        struct errors wrong = {0};
        if (!has_tree(plans, i)) {
            unsigned unseen = verdict_tree(plans[i], o, &ignored, &wrong);
            all += unseen;
            if (list)
                json_object_set_new(one, "tree", tree_json(plans[i], own, unseen, &wrong));
        }
        if (list) {
            json_object_set(one, "packs", packs);
            json_array_append_new(list, one);
        }
        errors_move(errors, &wrong);
    }
    json_decref(packs);
    if (list)
        show_json(list);
    else
        show_printf("All control planes of each cluster carry identical manifests.\n");
    say_unseen(all, o);
}

/* Off the box the facts of no entry are known: each is planned as far as the site alone goes. */
static enum exit_status plan_all(const struct options *o)
{
    struct errors errors = {0};
    struct site *site = site_open(o->site ? o->site : ".", &errors);
    if (!site)
        return log_errors(&errors);
    struct plan **plans = mem_alloc_array(site->node_count, sizeof *plans);
    struct clear_file *files = clear_judge(site, &errors);
    for (unsigned i = 0; i < site->node_count; i++) {
        struct errors wrong = {0};
        if (plan_make(site, NULL, &site->nodes[i], &plans[i], &wrong) == 0)
            render_judge(plans[i], &wrong);
        errors_move(&errors, &wrong);
    }
    if (same_manifests(plans, site->node_count, &errors) == 0)
        show_all(site, plans, files, o, &errors);
    enum exit_status status = errors_total(&errors) ? log_errors(&errors) : EXIT_DONE_;
    for (unsigned i = 0; i < site->node_count; i++)
        plan_free(plans[i]);
    mem_free(plans);
    site_close(site);
    return status;
}

/* What would have to be ignored is refused. */
static int judge_options(const struct options *o, struct error *e)
{
    if (o->all && (o->explain || o->az || o->access || o->node || o->facts || o->sysroot))
        return error_set(
            e, E_USAGE,
            "--all plans every entry without the facts of a box; give --site and --json with it, "
            "nothing else");
    if (o->json && (o->az || o->access))
        return error_set(e, E_USAGE, "%s prints commands, which have no JSON form",
                         o->az ? "--az" : "--access");
    return 0;
}

enum exit_status verb_plan(const struct options *o)
{
    struct errors errors = {0};
    struct error e;
    if (judge_options(o, &e) != 0) {
        errors_add(&errors, &e);
        return log_errors(&errors);
    }
    if (o->all)
        return plan_all(o);
    struct pipeline run = {.stop_fd = -1};
    if (pipeline_open(&run, o, &errors) == 0 && pipeline_plan(&run, o, &errors) == 0)
        show_one(&run, o, &errors);
    enum exit_status status = EXIT_DONE_;
    if (errors_total(&errors))
        status = log_errors(&errors);
    pipeline_free(&run);
    return status;
}
