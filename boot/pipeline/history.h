/*
 * history.h - was a login ever committed? What was is everybody's who has the repository, whatever became of it since.
 *
 * The index, which tracked.h reads by itself, knows nothing of that: git is asked, where there is one. For a desk: no
 * node has a repository. Like everything that a person does there git reads the repository's own config.
 */
#ifndef HEARTH_PIPELINE_HISTORY_H
#define HEARTH_PIPELINE_HISTORY_H

#include "base/error.h"
#include "plan/plan.h"

/* Judges the file of this node's login, if there is one, by the repository around the site and by those without a work
 * tree of their own in the folders above. -1 with E_CRED_TRACKED when its bytes were ever committed, under whatever
 * path. Warnings: another login was committed under its path; git is missing, or does not say. */
int history_judge(const struct plan *plan, struct errors *warnings, struct error *e);

#endif
