/*
 * clear.h - secrets that stand in clear in the files of a site.
 *
 * Judged on the parsed tree, never on lines: in a `kind: Secret` every value that is no reference, not encrypted
 * (SOPS' "ENC[") and not public by its key (known_hosts, certificates, public keys, user names, ids); in talos/ and
 * hearth.yaml what is secret by its key, also as NAME=VALUE in a list; anywhere the marks of private keys and
 * well-known tokens. A file that is only named (!file) is judged by those marks, and by the key of a Secret that takes
 * it.
 */
#ifndef HEARTH_SITE_CLEAR_H
#define HEARTH_SITE_CLEAR_H

#include "base/error.h"
#include "base/mem.h"
#include "site/site.h"
#include "site/tree.h"

/* A file that the box may read. */
struct clear_file {
    const char *path;
    /* the first secret in it; "": none */
    char what[80];
    struct pos pos;
    /* secrets in it */
    unsigned count;
    /* a Secret takes the file whole, under a key that is not public */
    bool whole;
    /* it was looked at */
    bool seen;
    /* it is not there; what needs it says so */
    bool absent;
    struct clear_file *next;
};

/* Every file that a box may read of this site, with what stands in it in clear: one that cannot be read has that said
 * in `what` and a count of 0. In the site's pool. Adds E_SECRET_CLEAR for each that Git tracks, or may. */
struct clear_file *clear_judge(const struct site *site, struct errors *errors);

/* A value as a message may show it: itself, or a word for it where it is secret by its key (NULL: an element of a
 * list), by its marks, or as a URL with a password in it. */
const char *clear_shown(const char *key, const char *text);

/* The same of one object of a file that others read: adds to `file`. */
void clear_object(struct clear_file *file, struct tree_node *root);

/* E_SECRET_CLEAR when there is something in a file that Git tracks, or may. */
void clear_say(const struct site *site, const struct clear_file *file, struct errors *errors);

#endif
