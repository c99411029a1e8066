#include "verbs/verdict.h"

#include "base/log.h"

static void say(struct errors *warnings)
{
    log_warnings(warnings);
    errors_free(warnings);
}

unsigned verdict_tree(struct plan *plan, const struct options *o, struct gitops_tree *tree,
                      struct errors *errors)
{
    struct errors warnings = {0};
    gitops_tree(plan, tree, &warnings, errors);
    gitops_keep(plan, &warnings);
    gitops_endpoint(plan, &warnings);
    say(&warnings);
    unsigned unseen = errors_total(&tree->unseen);
    if (o->partial)
        say(&tree->unseen);
    else
        errors_move(errors, &tree->unseen);
    return unseen;
}
