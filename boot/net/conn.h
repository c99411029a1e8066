/*
 * conn.h - one connection to one host: addresses, TCP, TLS, ready.
 *
 * A state machine on the caller's poll loop; each state has a deadline. IPv6 and IPv4 are raced as RFC 8305
 * says: an attempt every CONN_STAGGER_MS, families in turn, the first to connect wins. TCP_NODELAY is set.
 *
 * An address that takes the connection and then gives trouble (a way that loses large packets, a box that answers for
 * another) is remembered for as long as the struct lives: conn_turn() counts against it, and the next opening begins
 * with those that gave the least, the other family first.
 */
#ifndef HEARTH_NET_CONN_H
#define HEARTH_NET_CONN_H

#include "net/lookup.h"
#include "net/tls.h"
#include "net/url.h"

#define CONN_RACE_MAX 4
#define CONN_STAGGER_MS 250
#define CONN_DNS_MS 12000
#define CONN_TCP_MS 10000
#define CONN_TLS_MS 10000
#define CONN_POLL_MAX 6 /* descriptors that conn_poll may add */
#define CONN_PEER_MAX (URL_HOST_MAX + DNS_ADDRESS_TEXT_MAX + 16)

enum conn_state {
    CONN_IDLE,    /* not opened, or closed by us */
    CONN_RESOLVE, /* waiting for addresses */
    CONN_CONNECT,
    CONN_SHAKE, /* the TLS handshake */
    CONN_READY,
    CONN_ENDED, /* the server closed in order; bytes that came before may still be read */
    CONN_FAILED /* conn->error says why */
};

/* Host and step ("login.microsoftonline.com", "tls"). */
typedef void conn_progress(void *arg, const char *host, const char *step);

/* What a connection needs from around it, and what it notes there; outlives it. */
struct conn_world {
    struct lookup_servers servers;
    struct anchors anchors;
    /* seconds since 1970 at the start */
    int64_t now;
    /* never NULL */
    conn_progress *progress;
    void *arg;
    /* that reached a host */
    uint32_t connections;
    /* of the last handshake: "TLS 1.2 ECDHE-RSA-AES256-GCM-SHA384" */
    char tls[TLS_NAME_MAX];
};

struct conn {
    struct conn_world *world;
    const struct url *url;
    enum conn_state state;
    struct lookup lookup;
    /* Addresses that gave trouble, and how often; kept from one opening to the next. */
    struct {
        struct dns_address address;
        unsigned count;
    } troubles[LOOKUP_ADDRESSES_MAX];
    /* the last of them was IPv6 */
    bool v4_first;
    /* The race: bit i of tried says that addresses[i] was attempted. */
    uint32_t tried;
    /* family of the last attempt */
    bool last_v6;
    /* trouble that an address in the race has given */
    unsigned worst;
    int race[CONN_RACE_MAX];
    /* the address of each, an index */
    unsigned entrant[CONN_RACE_MAX];
    unsigned racing;
    /* clock_ms */
    uint64_t next_attempt;
    /* deadline of the state, clock_ms */
    uint64_t until;
    int fd;
    /* since it was opened, to peer; `more`: before the name servers had said all */
    bool connected;
    bool more;
    struct dns_address peer;
    struct tls *tls;
    /* the handshake was finished since it was opened */
    bool shaken;
    struct error error;
};

void conn_init(struct conn *c, struct conn_world *world, const struct url *url);
void conn_open(struct conn *c, uint64_t now);
/* Moves on without blocking and returns the state. */
enum conn_state conn_step(struct conn *c, uint64_t now);
/* Back to CONN_IDLE; everything is closed and wiped but what conn_turn() knows. */
void conn_close(struct conn *c);

/* The address that it was connected to, in this opening, gave trouble before it had answered anything. True when the
 * host has another one that gave less, or may have: not every answer had come. False too when it was connected to
 * none. */
bool conn_turn(struct conn *c);

/* "login.microsoftonline.com at 20.190.1.2", or the host alone when it is connected to none. Returns out. */
const char *conn_peer(const struct conn *c, char out[CONN_PEER_MAX]);

/* As tls_read and tls_took. */
const unsigned char *conn_read(const struct conn *c, size_t *n);
void conn_took(struct conn *c, size_t n);
size_t conn_write(struct conn *c, const void *p, size_t n);

/* Adds descriptors (at most CONN_POLL_MAX); *next becomes earlier when a timer is. */
unsigned conn_poll(const struct conn *c, struct pollfd *fds, uint64_t *next);

/* The error of a connection whose time is up in its present state: what it was waiting for, or why it waits no more.
 * Always -1. */
int conn_overdue(const struct conn *c, struct error *e);

#endif
