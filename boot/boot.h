/*
 * boot.h - `hearth boot`: one look at the node, then one of two lines.
 *
 *   join   in maintenance mode, without a machine config: facts, plan, secrets, documents, apply
 *   found  installed and told to: move the held manifests to their place, bootstrap etcd
 *
 *                       +-----------+  no config, stage maintenance   +------+
 *      start ---------->|   look    |-------------------------------->| join |--applied--+
 *                       +-----------+                                 +------+           |
 *                         |  ^   |                                        |              |
 *     stage not known yet |  |   | configured, ours, something left       | failure      |
 *     (booting, install   +--+   v                                        v              |
 *     ing, rebooting ...)      +-------+   again after a while    +-----------+          |
 *                              | found |------------------------->|   wait    |--> look  |
 *                              +-------+                          +-----------+          |
 *                                |                                                       |
 *     configured, nothing left   v      Talos older than 1.13,                           |
 *     to do                    exit 0 <------------------------      look again <--------+
 *                                       maintenance without a site
 *
 * Every arrow may be cut by SIGTERM or a power failure: nothing is kept but what machined holds, so the next run begins with a look and
 * converges. The states of found are drawn in found.c.
 */
#ifndef HEARTH_BOOT_H
#define HEARTH_BOOT_H

#include "base/buf.h"
#include "base/error.h"
#include "talos/grpc.h"
#include "talos/look.h"
#include "verbs.h"

#include <stdbool.h>

#define BOOT_SITE "/etc/hearth" /* the site layer of the image */

/* How one attempt went. */
enum attempt {
    ATTEMPT_DONE,   /* nothing is left for hearth to do here: exit 0 */
    ATTEMPT_AGAIN,  /* something was done: look again at once */
    ATTEMPT_WAIT,   /* machined is on its way: look again in a moment, quietly */
    ATTEMPT_FAILED, /* error is filled */
};

/* What was seen of everything that a refusal waits on (changes.h). */
struct print {
    bool known;
    unsigned char bytes[32];
};

/* What lives as long as the process. */
struct boot {
    struct options options; /* site is never NULL */
    struct grpc_target target;
    uint64_t started;           /* clock_ms() */
    unsigned tries;             /* failures in a row that are tried again soon */
    unsigned char rejected[32]; /* SHA-256 of the config that machined rejected last */
    struct print rejected_at;   /* and what it was made of: it is not sent again before that changes */
    struct error rejection;     /* what machined said; E_NONE: nothing was rejected */
    bool applied;               /* this process has: the medium it runs from is no surprise then */
    bool retry_delayed;         /* a failed install was recognised and its delay has passed */
    uint64_t bootstrapped;      /* clock_ms() of the last Bootstrap that machined took; 0: none */
    bool founded;               /* and the console knows that it is done */
    struct buf details;         /* of the last failure: a table for people, said with it */
};

/* Maintenance mode, no machine config. Takes the look over. */
enum attempt join(struct boot *boot, struct look **look, struct errors *errors);

/* Configured, and booting or running. */
enum attempt found(struct boot *boot, const struct look *look, struct errors *errors);

/* Whether the site has this file. Only what was booted from a medium has SITE_INVENTORY. */
bool boot_site_has(const struct boot *boot, const char *file);

/* Sleeps, or returns true at once when hearth is told to stop. */
bool boot_pause(const struct boot *boot, unsigned ms);

#endif
