/*
 * conn.h - one connection to one host: addresses, TCP, TLS, ready.
 *
 * A state machine on the caller's poll loop; each state has a deadline. IPv6 and IPv4 are raced as RFC 8305
 * says: an attempt every CONN_STAGGER_MS, families in turn, the first to connect wins. TCP_NODELAY is set.
 */
#ifndef HEARTH_VAULT_CONN_H
#define HEARTH_VAULT_CONN_H

#include "vault/lookup.h"
#include "vault/tls.h"
#include "vault/url.h"
#include "vault/vault.h"

#define CONN_RACE_MAX 4
#define CONN_STAGGER_MS 250
#define CONN_DNS_MS 12000
#define CONN_TCP_MS 10000
#define CONN_TLS_MS 10000
#define CONN_POLL_MAX 6 /* descriptors that conn_poll may add */

enum conn_state {
    CONN_IDLE,    /* not opened, or closed by us */
    CONN_RESOLVE, /* waiting for addresses */
    CONN_CONNECT,
    CONN_SHAKE, /* the TLS handshake */
    CONN_READY,
    CONN_ENDED, /* the server closed in order; bytes that came before may still be read */
    CONN_FAILED /* conn->error says why */
};

/* What a connection needs from around it; outlives it. */
struct conn_world {
    struct nameservers servers;
    struct anchors anchors;
    int64_t now;              /* seconds since 1970 at the start */
    vault_progress *progress; /* never NULL */
    void *arg;
    struct vault_stats stats;
};

struct conn {
    struct conn_world *world;
    const struct url *url;
    enum conn_state state;
    struct lookup lookup;
    uint32_t tried; /* bit i: addresses[i] was attempted */
    bool last_v6;   /* family of the last attempt */
    int race[CONN_RACE_MAX];
    unsigned racing;
    uint64_t next_attempt; /* clock_ms */
    uint64_t until;        /* deadline of the state, clock_ms */
    int fd;
    struct tls *tls;
    bool shaken; /* the handshake was finished since it was opened */
    struct error error;
};

void conn_init(struct conn *c, struct conn_world *world, const struct url *url);
void conn_open(struct conn *c, uint64_t now);
/* Moves on without blocking and returns the state. */
enum conn_state conn_step(struct conn *c, uint64_t now);
/* Back to CONN_IDLE; everything is closed and wiped. */
void conn_close(struct conn *c);

/* As tls_read and tls_took. */
const unsigned char *conn_read(const struct conn *c, size_t *n);
void conn_took(struct conn *c, size_t n);
size_t conn_write(struct conn *c, const void *p, size_t n);

/* Adds descriptors (at most CONN_POLL_MAX); *next becomes earlier when a timer is. */
unsigned conn_poll(const struct conn *c, struct pollfd *fds, uint64_t *next);

/* The error of a connection whose time is up in its present state: what it was waiting for. Always -1. */
int conn_overdue(const struct conn *c, struct error *e);

#endif
