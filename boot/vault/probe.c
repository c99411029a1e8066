#include "vault/probe.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "vault/record.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static void add(struct probe *p, const struct dns_address *address, uint16_t port, unsigned peer)
{
    if (p->count == PROBE_CALLS_MAX)
        return;
    p->calls[p->count].address = *address;
    p->calls[p->count].port = port;
    p->calls[p->count++].peer = peer;
}

void probe_make(struct probe *p, const struct vault_request *request)
{
    *p = (struct probe){.deadline_ms = request->deadline_ms};
    lookup_servers(&p->servers, "", request->resolv_conf);
    for (unsigned i = 0; i < request->peer_count; i++) {
        const struct vault_peer *peer = &request->peers[i];
        struct dns_address found[DNS_ADDRESSES_MAX];
        unsigned known = dns_address(peer->host, strlen(peer->host), &found[0]) ? 1 : 0;
        if (!known && i == 0) {
            known = dns_hosts(request->hosts_file, peer->host, found, DNS_ADDRESSES_MAX);
            p->port = peer->port;
            if (!known)
                strncpy(p->name, peer->host, sizeof p->name - 1);
        }
        for (unsigned k = 0; k < known; k++)
            add(p, &found[k], peer->port, i);
    }
}

/* 1 connected, 0 not yet, -1 never. */
static int outcome(const struct pollfd *call)
{
    int error = 0;
    socklen_t n = sizeof error;
    if (call->fd < 0)
        return -1;
    if (!call->revents)
        return 0;
    return getsockopt(call->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0 ? 1 : -1;
}

/* Calls whoever is not called yet. */
static void call(const struct probe *p, struct pollfd *calls, unsigned *called)
{
    for (; *called < p->count; ++*called)
        calls[*called] = (struct pollfd){
            .fd = lookup_connect(&p->calls[*called].address, p->calls[*called].port, SOCK_STREAM),
            .events = POLLOUT};
}

/* The call that is taken first; -1: none of them, in time. */
static int first_alive(struct probe *p, struct lookup *lookup)
{
    uint64_t now = clock_ms(), until = now + p->deadline_ms;
    if (p->name[0])
        lookup_start(lookup, &p->servers, p->name, now);
    struct pollfd fds[PROBE_CALLS_MAX + 2];
    unsigned called = 0, found = 0;
    int alive = -1;
    for (; alive < 0 && now < until; now = clock_ms()) {
        bool looking = p->name[0] && !lookup_done(lookup), open = looking;
        uint64_t next = until;
        call(p, fds, &called);
        unsigned count = called + (looking ? lookup_poll(lookup, fds + called, &next) : 0);
        for (unsigned i = 0; i < called; i++)
            open = open || fds[i].fd >= 0;
        if (!open)
            break;
        (void)poll(fds, count, next > now ? (int)(next - now) : 0);
        for (unsigned i = 0; i < called && alive < 0; i++) {
            int result = outcome(&fds[i]);
            if (result > 0)
                alive = (int)i;
            else if (result < 0)
                fd_cleanup(&fds[i].fd);
        }
        if (looking)
            lookup_step(lookup, clock_ms());
        for (; p->name[0] && found < lookup->count; found++)
            add(p, &lookup->addresses[found], p->port, 0);
    }
    return alive;
}

void probe_run(const struct probe *p, int fd)
{
    struct probe own = *p;
    struct lookup lookup = {0};
    int alive = first_alive(&own, &lookup);
    lookup_stop(&lookup);
    struct buf record = {0};
    if (alive >= 0)
        record_alive(&record, own.calls[alive].peer);
    record_done(&record);
    UNSET struct error ignored;
    (void)file_write_all(fd, record.data, record.len, "the pipe", &ignored);
    buf_free(&record);
}
