#include "node/founded.h"

#include "base/fd.h"
#include "base/https.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/lookup.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define API_PORT 6443
#define PEERS_MAX 16

struct probe {
    struct peer {
        struct dns_address address;
        uint16_t port;
        char host[256];
    } peers[PEERS_MAX];
    unsigned count;
};

static void add(struct probe *p, const char *host, uint16_t port, const struct dns_address *address)
{
    if (p->count == PEERS_MAX)
        return;
    struct peer *peer = &p->peers[p->count++];
    *peer = (struct peer){.address = *address, .port = port};
    snprintf(peer->host, sizeof peer->host, "%s", host);
}

/* A name that cannot be found now is a cluster that cannot be found. */
static void add_name(struct probe *p, const char *host, uint16_t port, uint64_t until)
{
    struct buf hosts = {0}, resolv = {0};
    pipeline_system_files(&hosts, &resolv);
    struct lookup_servers servers;
    lookup_servers(&servers, hosts.data, resolv.data);
    struct lookup lookup;
    lookup_start(&lookup, &servers, host, clock_ms());
    for (uint64_t now = clock_ms(); now < until && !lookup_done(&lookup); now = clock_ms()) {
        struct pollfd fds[2];
        uint64_t next = until;
        unsigned count = lookup_poll(&lookup, fds, &next);
        (void)poll(fds, count, next > now ? (int)(next - now) : 0);
        lookup_step(&lookup, clock_ms());
    }
    lookup_stop(&lookup);
    for (unsigned i = 0; i < lookup.count; i++)
        add(p, host, port, &lookup.addresses[i]);
    buf_free(&hosts);
    buf_free(&resolv);
}

static void collect(struct probe *p, const struct pipeline *run, const struct rendered *rendered,
                    uint64_t until)
{
    struct https endpoint;
    (void)https_parse(run->plan->entry->role->endpoint, false, &endpoint); /* judged with the site */
    uint16_t port = endpoint.port ? (uint16_t)endpoint.port : 443;
    struct dns_address address;
    char host[256];
    if (dns_address(endpoint.host, strlen(endpoint.host), &address))
        add(p, endpoint.host, port, &address);
    else
        add_name(p, endpoint.host, port, until);
    for (const char *at = rendered->peers.data; at && *at; at += strcspn(at, "\n") + 1) {
        int n = (int)strcspn(at, "\n");
        if (n < (int)sizeof host && dns_address(at, (size_t)n, &address)) {
            snprintf(host, sizeof host, "%.*s", n, at);
            add(p, host, API_PORT, &address);
        }
    }
}

/* The first that takes a TCP connection, or NULL. */
static const struct peer *first_alive(const struct probe *p, int stop_fd, uint64_t until)
{
    struct pollfd fds[PEERS_MAX + 1];
    unsigned left = 0;
    for (unsigned i = 0; i < p->count; i++) {
        fds[i] = (struct pollfd){.fd = lookup_connect(&p->peers[i].address, p->peers[i].port, SOCK_STREAM),
                                 .events = POLLOUT};
        left += fds[i].fd >= 0;
    }
    fds[p->count] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    const struct peer *alive = NULL;
    for (uint64_t now = clock_ms(); left && now < until && !alive && !fds[p->count].revents;
         now = clock_ms()) {
        (void)poll(fds, p->count + 1, (int)(until - now));
        for (unsigned i = 0; i < p->count; i++) {
            int error = 0;
            socklen_t n = sizeof error;
            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            left--;
            if (getsockopt(fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0)
                alive = &p->peers[i];
            fd_cleanup(&fds[i].fd);
        }
    }
    for (unsigned i = 0; i < p->count; i++)
        fd_cleanup(&fds[i].fd);
    return alive;
}

int founded_ask(const struct pipeline *run, const struct rendered *rendered, enum marker *said, char who[300],
                struct error *e)
{
    uint64_t until = clock_ms() + FOUNDED_PROBE_MS;
    who[0] = '\0';
    if (marker_read(run, rendered, said, e) != 0)
        return -1;
    if (*said == MARKER_FOUNDED)
        return 0;
    struct probe probe = {0};
    /* A name server that is slow leaves half of the time to the peers that have an address. */
    collect(&probe, run, rendered, until - FOUNDED_PROBE_MS / 2);
    const struct peer *alive = first_alive(&probe, run->stop_fd, until);
    if (alive)
        snprintf(who, 300, "%s port %u", alive->host, alive->port);
    return 0;
}
