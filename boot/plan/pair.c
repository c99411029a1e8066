/*
 * The files of a login that is born in the box's TPM: what is missing of them, and what belongs to nobody. A box judges
 * by the same lines, but for Git, of which it knows nothing.
 */
#include "plan/steps.h"
#include "site/born.h"
#include "site/tracked.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct pos place(const struct plan *plan, const char *path)
{
    return (struct pos){.file = pool_strdup(plan->pool, path)};
}

/* One node's: both files, and that they were born together. */
static void judge_pair(struct plan *plan, const char *name, struct errors *errors)
{
    UNSET char certificate[SITE_LOGIN_FILE_MAX];
    born_certificate(certificate, name);
    UNSET char half[SITE_LOGIN_FILE_MAX];
    (void)site_login_file(half, plan->entry, name);
    cleanup(born_wipe) struct born born;
    struct error e;
    if (born_read(plan->site, plan->pool, name, &born, &e) != 0) {
        errors_add(errors, &e);
        return;
    }
    if (!born.has_certificate)
        plan_risk(plan, place(plan, certificate),
                  "is not there: as root in any Linux on that box, `hearth facts --login %s --out DIR` makes "
                  "it and %s",
                  name, half);
    if (!born.has_half) {
        plan_risk(plan, place(plan, half),
                  "is not there: without this half, made with %s, the box cannot log in", certificate);
        return;
    }
    enum tracked tracked = tracked_content(plan->site->dir, half);
    if (tracked == TRACKED_YES || tracked == TRACKED_UNKNOWN)
        plan_risk(plan, place(plan, half),
                  "%s: git rm --cached, .hearth/ into .gitignore, and make both anew on the box",
                  tracked == TRACKED_YES ? "is tracked by Git, so half of the login is everybody's"
                                         : "may be tracked by Git, which cannot be told");
}

/* A certificate of no node is one that somebody forgot in the app. */
static void judge_strangers(struct plan *plan, struct errors *errors)
{
    const char **names;
    struct error e;
    if (born_names(plan->site, plan->pool, NULL, &names, &e) != 0) {
        errors_add(errors, &e);
        return;
    }
    for (; *names; names++) {
        UNSET char path[SITE_LOGIN_FILE_MAX];
        plan_advise(
            plan, place(plan, born_certificate(path, *names)),
            "is of no node that logs in by method tpm: if the app has it, delete it there, then here");
    }
}

/* The key of a role that no node logs in with any more is as good as it was. */
static void judge_left(struct plan *plan)
{
    const struct role *role = plan->entry->role;
    struct site_node other = *plan->entry;
    other.method = LOGIN_CERTIFICATE;
    UNSET char path[SITE_LOGIN_FILE_MAX];
    (void)site_login_file(path, &other, NULL);
    for (unsigned i = 0; i < plan->site->node_count; i++)
        if (plan->site->nodes[i].role == role && plan->site->nodes[i].method == LOGIN_CERTIFICATE)
            return;
    struct stat st;
    if (fstatat(plan->site->fd, path, &st, 0) != 0)
        return;
    plan->login_left = pool_strdup(plan->pool, path);
    plan_advise(plan, place(plan, path),
                "is used by no node any more, and logs in as before: `hearth plan --az` says how to take it "
                "from the app; then shred the file");
}

void plan_login(struct plan *plan, struct errors *errors)
{
    judge_strangers(plan, errors);
    if (plan->entry->method != LOGIN_TPM)
        return;
    struct error e;
    const char *one[] = {plan->name, NULL}, **names = one;
    if (plan->name_open && born_names(plan->site, plan->pool, plan->entry, &names, &e) != 0)
        errors_add(errors, &e);
    else
        for (; *names; names++)
            judge_pair(plan, *names, errors);
    judge_left(plan);
}
