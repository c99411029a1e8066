/*
 * node.h - `hearth boot`: one look at the node, then one of two lines.
 *
 *   join       in maintenance mode, without a machine config: facts, plan, secrets, documents, apply
 *   bootstrap  installed and told to: move the held manifests to their place, bootstrap etcd
 *
 *                       +-----------+  no config, stage maintenance   +------+
 *      start ---------->|   look    |-------------------------------->| join |--applied--+
 *                       +-----------+                                 +------+           |
 *                         |  ^   |                                        |              |
 *     stage not known yet |  |   | configured, ours, something left       | failure      |
 *     (booting, install   +--+   v                                        v              |
 *     ing, rebooting ...)    +-----------+  again after a while   +-----------+          |
 *                            | bootstrap |----------------------->|   wait    |--> look  |
 *                            +-----------+                        +-----------+          |
 *                                |                                                       |
 *     configured, nothing left   v      Talos older than 1.13,                           |
 *     to do                    exit 0 <------------------------      look again <--------+
 *                                       maintenance without a site
 *
 * Every arrow may be cut by SIGTERM or a power failure: nothing is kept but what machined holds, so the next run begins
 * with a look and converges. The states of the second line are drawn in bootstrap.c.
 */
#ifndef HEARTH_NODE_NODE_H
#define HEARTH_NODE_NODE_H

#include "base/buf.h"
#include "base/error.h"
#include "talos/grpc.h"
#include "talos/look.h"
#include "verbs/options.h"

#include <stdbool.h>

#define NODE_SITE "/etc/hearth" /* the site layer of the image */

/* How one attempt went. */
enum attempt {
    ATTEMPT_DONE,   /* nothing is left for hearth to do here: exit 0 */
    ATTEMPT_AGAIN,  /* something was done: look again at once */
    ATTEMPT_WAIT,   /* machined is on its way: look again in a moment, quietly */
    ATTEMPT_FAILED, /* error is filled */
};

/* What was seen of everything that a refusal waits on (watch.h). */
struct fingerprint {
    bool known;
    unsigned char bytes[32];
};

/* What lives as long as the process. */
struct boot {
    /* site is never NULL */
    struct options options;
    struct grpc_target target;
    /* clock_ms() */
    uint64_t started;
    /* failures in a row that are tried again soon */
    unsigned tries;
    /* SHA-256 of the config that machined rejected last */
    unsigned char rejected[32];
    /* and what it was made of: it is not sent again before that changes */
    struct fingerprint rejected_at;
    /* what machined said; E_NONE: nothing was rejected */
    struct error rejection;
    /* a failed install was recognised and its delay has passed */
    bool retry_delayed;
    /* clock_ms() of the first look with an address; 0: none yet */
    uint64_t addressed;
    /* clock_ms() when our document was changed: machined starts hearth anew; 0: it was not */
    uint64_t promoted;
    /* machined has, in this process */
    bool answered;
    /* this process has applied a config, and an install follows */
    bool installing;
    /* the node was on its way out of this boot when it was last looked at */
    bool leaving;
    /* machined says so of etcd: it starts with that */
    bool has_data;
    /* that etcd could not be started: the next try is a new Bootstrap */
    bool etcd_said;
    /* and the console knows that it is done */
    bool founded;
    /* of the last failure: a table for people, said with it */
    struct buf details;
};

/* Goes on until there is nothing left to do, or until told to stop by a signal. */
void node_run(const struct options *o);

/* Maintenance mode, no machine config. Takes the look over. */
enum attempt node_join(struct boot *boot, struct look **look, struct errors *errors);

/* Configured, and booting or running. */
enum attempt node_bootstrap(struct boot *boot, const struct look *look, struct errors *errors);

/* *has: whether the site has this file. Only what was booted from a medium has SITE_INVENTORY. E_FILE_READ: it cannot
 * be told, which is not the same as that it has not. */
int node_site_has(const struct boot *boot, const char *file, bool *has, struct error *e);

/* Sleeps, or returns true at once when hearth is told to stop. */
bool node_pause(const struct boot *boot, unsigned ms);

#endif
