/*
 * pipeline.h - the way that data takes, as far as a workstation goes:
 *
 *     facts -> plan -> secrets -> documents
 *
 * The adapter between the verbs and the rooms: it reads what the rooms need, says what went
 * wrong once, and holds the values of one run.
 */
#ifndef HEARTH_PIPELINE_PIPELINE_H
#define HEARTH_PIPELINE_PIPELINE_H

#include "base/buf.h"
#include "base/error.h"
#include "facts/facts.h"
#include "plan/plan.h"
#include "render/render.h"
#include "site/site.h"
#include "vault/vault.h"
#include "verbs/options.h"

struct boxkey;

/* Zero-initialise, but stop_fd; pipeline_free() wipes. Every member is owned, or NULL when the run has not come that
 * far. */
struct pipeline {
    struct site *site;
    json_t *facts;
    /* of the site */
    const struct site_node *entry;
    struct plan *plan;
    /* plan->secret_count of them */
    struct vault_answer *answers;
    struct vault_stats stats;
    /* how many numbered stages the verb has; 0: stages are not shown */
    unsigned stages;
    /* nothing is printed on the way: the caller asks for pipeline_refusal() */
    bool quiet;
    /* manifests with secrets are not inlined (render.h) */
    bool hold;
    /* pipeline_gather() goes on when the facts are those of no node, see pipeline_open() */
    bool without_facts;
    /* on a node: below what its own TPM is; NULL at a desk, whose TPM is nobody's login */
    const char *box;
    /* boxkey.h */
    struct boxkey *key;
    /* readable: the fetch gives up with E_STOPPED; -1: none */
    int stop_fd;
};

/* Says what the facts alone do not: a controller in RAID mode that hides disks, an identity only root may read. */
void pipeline_facts_notes(const struct options *o, const json_t *facts);

/* Each returns 0, or -1 with what is wrong added to errors (which the verb prints with log_errors()). */

/* Opens the site: --site, else this directory (NODE_SITE for `boot`, which gives it in o->site). */
int pipeline_open_site(struct pipeline *run, const struct options *o, struct errors *errors);

/* Opens the site and reads the facts. When --node is given without --facts or --sysroot and this box is not that node,
 * facts stay NULL: nothing of this box belongs in that plan. */
int pipeline_open(struct pipeline *run, const struct options *o, struct errors *errors);

/* Chooses the entry and plans. On a refusal prints what shows why: the table of conditions and a match for this box, or
 * every disk with the reason it is in or out, what the facts alone do not say, and the site's warnings. */
int pipeline_plan(struct pipeline *run, const struct options *o, struct errors *errors);

/* Opens and plans, each stage said as it comes. */
int pipeline_gather(struct pipeline *run, const struct options *o, struct errors *errors);

/* The tables behind a refusal: which condition failed on which fact, every disk and why. Adds nothing for other
 * errors. */
void pipeline_refusal(const struct pipeline *run, const struct options *o, const struct errors *errors,
                      struct buf *out);

/* Fetches every secret of the plan. need_all: a missing one is an error; otherwise the answers hold what each name
 * gave. */
int pipeline_secrets(struct pipeline *run, bool need_all, struct errors *errors);

/* One token for another application of the role's cloud, and nothing else: whether it may log in. The values are
 * secrets of this run; `certificate`: the second is a PEM with a key and its certificate. 0, or -1 and e: those of a
 * login. */
int pipeline_login(const struct pipeline *run, const char *tenant, const struct secret *client,
                   const struct secret *secret, bool certificate, struct error *e);

/* Which of the peers takes a TCP connection within ms: alive() is called with its index, or nobody does. Errors: those
 * of the fetcher, E_STOPPED. */
int pipeline_probe(const struct pipeline *run, const struct vault_peer *peers, unsigned count, uint32_t ms,
                   vault_alive *alive, void *arg, struct error *e);

/* Writes the marker secret and reads it back. Errors: those of the vault, E_MARKER_RIGHT, E_MARKER_VALUE. */
int pipeline_write_marker(struct pipeline *run, const char *value, struct error *e);

/* Adds each name that the vault did not give. */
void pipeline_failed_names(const struct pipeline *run, struct errors *errors);

/* Renders in memory what the line has gathered. */
int pipeline_render(const struct pipeline *run, struct rendered *out, struct errors *errors);

void pipeline_free(struct pipeline *run);

#endif
