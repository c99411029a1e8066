/*
 * verdict.h - the tree that Flux reads, judged for a verb and said.
 */
#ifndef HEARTH_VERBS_VERDICT_H
#define HEARTH_VERBS_VERDICT_H

#include "gitops/gitops.h"
#include "verbs/options.h"

/* Walks and judges the tree of the plan, says its warnings, and adds its mistakes to `errors`: with --partial not
 * those of what was not looked at, which are warnings then. Returns how many places these are; the
 * list of them in *tree is empty then. */
unsigned verdict_tree(struct plan *plan, const struct options *o, struct gitops_tree *tree,
                      struct errors *errors);

#endif
