#include "node/founded.h"

#include "base/https.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define API_PORT 6443

struct calling {
    struct vault_peer peers[VAULT_PEERS_MAX];
    unsigned count;
    const struct vault_peer *alive;
};

static void add(struct calling *p, const char *host, size_t n, uint16_t port)
{
    if (p->count == VAULT_PEERS_MAX || n >= sizeof p->peers->host)
        return;
    struct vault_peer *peer = &p->peers[p->count++];
    snprintf(peer->host, sizeof peer->host, "%.*s", (int)n, host);
    peer->port = port;
}

static void collect(struct calling *p, const struct pipeline *run, const struct rendered *rendered)
{
    struct https endpoint;
    (void)https_parse(run->plan->entry->role->endpoint, false, &endpoint); /* judged with the site */
    add(p, endpoint.host, strlen(endpoint.host), endpoint.port ? (uint16_t)endpoint.port : 443);
    for (const char *at = rendered->peers.data; at && *at; at += strcspn(at, "\n") + 1) {
        add(p, at, strcspn(at, "\n"), API_PORT);
        /* Names are those of the endpoint, or of nobody who can be told apart. */
        if (p->count > 1 && !text_is_address(p->peers[p->count - 1].host))
            p->count--;
    }
}

static void alive(void *arg, unsigned peer)
{
    struct calling *p = arg;
    p->alive = &p->peers[peer];
}

int founded_ask(const struct pipeline *run, const struct rendered *rendered, enum marker *said, char who[300],
                struct error *e)
{
    who[0] = '\0';
    if (marker_read(run, rendered, said, e) != 0)
        return -1;
    if (*said == MARKER_FOUNDED)
        return 0;
    struct calling calling = {0};
    collect(&calling, run, rendered);
    if (pipeline_probe(run, calling.peers, calling.count, FOUNDED_PROBE_MS, alive, &calling, e) != 0)
        return -1;
    if (calling.alive)
        snprintf(who, 300, "%s port %u", calling.alive->host, calling.alive->port);
    return 0;
}
