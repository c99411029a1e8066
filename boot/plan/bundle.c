/*
 * Whose Talos bundle this cluster takes. Cluster id, secret and CAs come out of it: two clusters with one bundle are
 * one cluster to Talos, whose members find each other.
 */
#include "base/text.h"
#include "plan/steps.h"

#include <string.h>

/* Where talosctl's bundle keeps things: pointers into it say which secret is one. */
static const char *const bundle_parts[] = {"/cluster/", "/secrets/", "/trustdinfo/", "/certs/"};

static bool is_bundle(const struct ref *ref)
{
    for (size_t i = 0; ref->pointer && i < sizeof bundle_parts / sizeof bundle_parts[0]; i++) {
        if (strncmp(ref->pointer, bundle_parts[i], strlen(bundle_parts[i])) == 0)
            return true;
    }
    return false;
}

bool plan_is_bundle(const struct plan_secret *secret)
{
    for (const struct plan_where *w = secret->where; w; w = w->next) {
        if (is_bundle(w->ref))
            return true;
    }
    return false;
}

/* One look at another cluster. */
struct other {
    const struct plan *ours, *theirs;
    /* a bundle of ours that they take as well */
    const struct plan_secret *found;
};

static int visit_ref(struct ref *ref, void *arg)
{
    struct other *other = arg;
    UNSET struct error ignored;
    if (ref->kind != REF_SECRET || !is_bundle(ref) || plan_secret_name(other->theirs, ref, &ignored) != 0)
        return 0;
    for (unsigned i = 0; i < other->ours->secret_count; i++) {
        const struct plan_secret *secret = &other->ours->secrets[i];
        bool same = text_equal_fold(secret->name, ref->name) &&
            (secret->version ? ref->version && strcmp(secret->version, ref->version) == 0 : !ref->version);
        if (same && plan_is_bundle(secret))
            other->found = secret;
    }
    return other->found != NULL;
}

static int visit_node(struct tree_node *node, void *arg)
{
    return node->ref ? ref_walk(node->ref, visit_ref, arg) : 0;
}

/* The files of talos/ of an entry of another cluster, without its secrets, its disk and its facts. */
static void judge_other(struct plan *plan, const struct site_node *entry, struct errors *errors)
{
    const struct role *role = entry->role;
    struct plan theirs = {.pool = pool_new(), .site = plan->site, .entry = entry, .name = entry->name};
    theirs.name_open = entry->name_ref != NULL;
    theirs.files = pool_alloc(theirs.pool, PLAN_FILES_MAX * sizeof *theirs.files);
    struct other other = {.ours = plan, .theirs = &theirs};
    struct errors wrong = {0};
    /* What is wrong with those files is said where their own node is planned. */
    if (plan_layers(&theirs, &wrong) != 0)
        errors_at(&plan->warnings, entry->pos, E_PLAN_ADVICE,
                  "whether cluster %s takes the Talos bundle of %s is not known: its files of talos/ cannot "
                  "be read",
                  role->cluster, plan->entry->role->cluster);
    else
        for (struct document *d = theirs.config; d && !other.found; d = d->next)
            tree_walk(d->root, visit_node, &other);
    if (other.found)
        errors_at(errors, other.found->where->ref->pos, E_PLAN_BUNDLE,
                  "the clusters %s and %s take one Talos bundle, %s of %s", plan->entry->role->cluster,
                  role->cluster, other.found->name, role->vault);
    errors_free(&wrong);
    errors_free(&theirs.warnings);
    pool_free(theirs.pool);
}

int plan_bundle(struct plan *plan, struct errors *errors)
{
    const struct site *site = plan->site;
    const struct role *ours = plan->entry->role;
    unsigned before = errors_total(errors);
    for (unsigned i = 0; i < site->role_count && errors_total(errors) == before; i++) {
        const struct role *role = &site->roles[i];
        if (strcmp(role->cluster, ours->cluster) == 0 || strcmp(role->vault, ours->vault) != 0)
            continue;
        unsigned k = 0;
        while (k < site->node_count && site->nodes[k].role != role)
            k++;
        if (k < site->node_count)
            judge_other(plan, &site->nodes[k], errors);
    }
    return errors_total(errors) > before ? -1 : 0;
}
