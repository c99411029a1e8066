/*
 * known_hosts.h - the host keys that Flux is given for a Git server, judged as its SSH library reads them. Pure.
 *
 * Where OpenSSH skips a line that it cannot read, Go's package refuses the file; where OpenSSH looks for a host on any
 * port, that package wants "[HOST]:PORT"; a certificate authority is taken for the host's own key. Source:
 * golang.org/x/crypto/ssh/knownhosts, of which Flux's fluxcd/pkg/ssh/knownhosts is a copy. Not looked at: whether a key
 * is the server's.
 */
#ifndef HEARTH_RENDER_KNOWN_HOSTS_H
#define HEARTH_RENDER_KNOWN_HOSTS_H

#include "base/span.h"

#include <stdbool.h>

/* Lines count from 1; 0 is none. */
struct known_hosts {
    /* the first that cannot be read: the whole file is refused */
    unsigned bad;
    /* of that line; static words to stand behind its number */
    const char *problem;
    /* how many lines hold a key of this host and port */
    unsigned keys;
    /* the first @cert-authority that the host matches */
    unsigned authority;
    /* the first of this host on another port */
    unsigned elsewhere;
    /* the first of other hosts whose type of key this host has none of */
    unsigned foreign;
};

/* `host` has no brackets and is compared as it is written; `port` is a number in text. */
struct known_hosts known_hosts_judge(struct span text, const char *host, const char *port);

#endif
