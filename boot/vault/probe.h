/*
 * probe.h - the child's side of the second kind of request: who takes a TCP connection?
 *
 * All peers are tried at once, those behind a name as soon as it has an address; the first that takes a connection is
 * the answer, and nothing is sent to it. A name that cannot be found is nobody. Holds no heap, so that the child can
 * forget its parent's first.
 */
#ifndef HEARTH_VAULT_PROBE_H
#define HEARTH_VAULT_PROBE_H

#include "net/lookup.h"
#include "vault/vault.h"

#define PROBE_CALLS_MAX (VAULT_PEERS_MAX + DNS_ADDRESSES_MAX)

struct probe {
    /* of the first peer, while it is looked for; "" otherwise */
    char name[256];
    /* of that peer */
    uint16_t port;
    struct lookup_servers servers;
    struct {
        struct dns_address address;
        uint16_t port;
        unsigned peer;
    } calls[PROBE_CALLS_MAX];
    unsigned count;
    uint32_t deadline_ms;
};

/* Copies what is needed of the request. A peer, but for the first, whose host is no address is left out. */
void probe_make(struct probe *p, const struct vault_request *request);

/* Asks; the answer goes to fd as records, last of all RECORD_DONE. */
void probe_run(const struct probe *p, int fd);

#endif
