/*
 * line.h - the line that data takes, as far as a workstation goes:
 *
 *     facts -> plan -> secrets -> documents
 *
 * The adapter between the verbs and the rooms: it reads what the rooms need, says what went
 * wrong once, and holds the values of one run.
 */
#ifndef HEARTH_LINE_H
#define HEARTH_LINE_H

#include "base/buf.h"
#include "base/error.h"
#include "facts/facts.h"
#include "plan/plan.h"
#include "render/render.h"
#include "site/site.h"
#include "vault/vault.h"
#include "verbs.h"

/* Zero-initialise; line_free() wipes. Every member is owned, or NULL when the run has not come that far. */
struct line {
    struct site *site;
    json_t *facts;
    const struct site_node *entry; /* of the site */
    struct plan *plan;
    struct vault_answer *answers; /* plan->secret_count of them */
    struct vault_stats stats;
    unsigned stages;    /* how many numbered stages the verb has; 0: stages are not shown */
    bool quiet;         /* nothing is printed on the way: the caller asks for line_refusal() */
    bool hold;          /* manifests with secrets are not inlined (render.h) */
    bool without_facts; /* line_gather() goes on when the facts are those of no node, see line_open() */
    int stop_fd;        /* readable: the fetch gives up with E_STOPPED; 0: none */
};

/* Says what the facts alone do not: a controller in RAID mode that hides disks, an identity only root may read. */
void line_facts_notes(const struct options *o, const json_t *facts);

/* Each returns 0, or -1 with what is wrong added to errors (which the verb prints with fail()). */

/* Opens the site: --site, else this directory (BOOT_SITE for `boot`, which gives it in o->site). */
int line_open_site(struct line *line, const struct options *o, struct errors *errors);

/* Opens the site and reads the facts. When --node is given without --facts or --sysroot and this box is not that node,
 * facts stay NULL: nothing of this box belongs in that plan. */
int line_open(struct line *line, const struct options *o, struct errors *errors);

/* Chooses the entry and plans. On a refusal prints what shows why: the table of conditions and a match for this box, or every
 * disk with the reason it is in or out, what the facts alone do not say, and the site's warnings. */
int line_plan(struct line *line, const struct options *o, struct errors *errors);

/* Opens and plans, each stage said as it comes. */
int line_gather(struct line *line, const struct options *o, struct errors *errors);

/* The tables behind a refusal: which condition failed on which fact, every disk and why. Adds nothing for other errors. */
void line_refusal(const struct line *line, const struct options *o, const struct errors *errors,
                  struct buf *out);

/* Fetches every secret of the plan. need_all: a missing one is an error; otherwise the answers hold what each name gave. */
int line_secrets(struct line *line, bool need_all, struct errors *errors);

/* The texts of /etc/hosts and /etc/resolv.conf; "" for what is not there. */
void line_system_files(struct buf *hosts, struct buf *resolv_conf);

/* Writes the marker secret and reads it back. Errors: those of the vault, E_MARKER_RIGHT, E_MARKER_VALUE. */
int line_write_marker(struct line *line, const char *value, struct error *e);

/* Adds each name that the vault did not give. */
void line_failed_names(const struct line *line, struct errors *errors);

/* Renders in memory what the line has gathered. */
int line_render(const struct line *line, struct rendered *out, struct errors *errors);

void line_free(struct line *line);

/* Prints the errors, frees them, and returns the first one's exit status (EXIT_FAILED_ for an empty list). */
enum exit_status fail(struct errors *errors);

#endif
