#include "verbs/verdict.h"

#include "base/log.h"

static void say(struct errors *warnings)
{
    log_warnings(warnings);
    errors_free(warnings);
}

unsigned verdict_tree(struct plan *plan, const struct options *o, struct gitops_login *login,
                      struct errors *errors)
{
    struct errors warnings = {0};
    struct gitops_tree tree;
    gitops_tree(plan, &tree, &warnings, errors);
    gitops_keep(plan, &warnings);
    gitops_endpoint(plan, &warnings);
    say(&warnings);
    unsigned unseen = errors_total(&tree.unseen);
    if (o->partial)
        say(&tree.unseen);
    else
        errors_move(errors, &tree.unseen);
    *login = tree.login;
    return unseen;
}
