/*
 * lookup.h - DNS on the poll loop: A and AAAA of one host at once.
 *
 * /etc/hosts first; then up to DNS_SERVERS_MAX servers in turn, three rounds with 1, 2 and 3 seconds for an
 * answer, by TCP when it was truncated. Each question has a socket (so a random source port) and a random id
 * of its own; where there is one server both are kept, so that an answer to an earlier asking counts. Nothing blocks.
 *
 * An address that is no host's, or this machine's own loopback, as filters answer, is not one: DNS leads nobody to the
 * services that trust whoever speaks from inside. A name or address in hosts may.
 */
#ifndef HEARTH_NET_LOOKUP_H
#define HEARTH_NET_LOOKUP_H

#include "base/buf.h"
#include "base/error.h"
#include "net/dns.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOKUP_ROUNDS 3
#define LOOKUP_ADDRESSES_MAX (2 * DNS_ADDRESSES_MAX)
#define LOOKUP_DELAY_MS 50 /* how long IPv4 waits for AAAA (RFC 8305 section 3) */

struct lookup_servers {
    /* text of /etc/hosts, borrowed */
    const char *hosts;
    struct dns_address servers[DNS_SERVERS_MAX];
    unsigned count;
};

struct question {
    enum dns_type type;
    bool done;
    /* by any server, even with an error */
    bool answered;
    /* when answered */
    enum dns_outcome outcome;
    /* who answered last, or said that its answer is too long for UDP */
    unsigned server;
    /* somebody said so */
    bool cut;
    int fd;
    uint16_t id;
    bool tcp;
    unsigned tries;
    /* clock_ms */
    uint64_t until;
    /* what is still to be written, TCP only */
    struct buf out;
    struct buf in;
};

struct lookup {
    const struct lookup_servers *servers;
    /* borrowed */
    const char *host;
    /* AAAA, A */
    struct question questions[2];
    /* in the order they came */
    struct dns_address addresses[LOOKUP_ADDRESSES_MAX];
    unsigned count;
    /* when the first address came */
    uint64_t first_at;
    /* somebody gave this address, which is no host's */
    bool filtered;
    struct dns_address filter;
    unsigned filter_server;
};

/* hosts and resolv_conf are texts; hosts stays borrowed. */
void lookup_servers(struct lookup_servers *r, const char *hosts, const char *resolv_conf);

void lookup_start(struct lookup *l, const struct lookup_servers *r, const char *host, uint64_t now);
void lookup_step(struct lookup *l, uint64_t now);
void lookup_stop(struct lookup *l); /* closes; what was found stays */

/* Both questions have an outcome. */
bool lookup_done(const struct lookup *l);
/* Connecting may begin: IPv6 answered, or both did, or IPv4 has waited long enough. */
bool lookup_usable(const struct lookup *l, uint64_t now);
/* Why a finished lookup has no address. Always -1. */
int lookup_error(const struct lookup *l, struct error *e);

/* Adds descriptors to wait for (at most 2) and returns how many; *next becomes earlier when a timer is. */
unsigned lookup_poll(const struct lookup *l, struct pollfd *fds, uint64_t *next);

/* A non-blocking close-on-exec socket connected (or connecting) to an address; -1 with errno. type:
 * SOCK_DGRAM or SOCK_STREAM. */
int lookup_connect(const struct dns_address *to, uint16_t port, int type);

#endif
