#include "net/lookup.h"

#include "base/fd.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/reader.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DNS_PORT 53
#define TCP_WAIT_MS 3000
#define DATAGRAMS_MAX 32 /* read in one step: a flood of forged answers must not hold the loop */

int lookup_connect(const struct dns_address *to, uint16_t port, int type)
{
    cleanup(fd_cleanup) int fd = socket(to->v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM) {
        static const int on = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = to->scope};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&six.sin6_addr, to->bytes, 16);
    memcpy(&four.sin_addr, to->bytes, 4);
    const struct sockaddr *address = to->v6 ? (const void *)&six : (const void *)&four;
    socklen_t length = to->v6 ? sizeof six : sizeof four;
    if (connect(fd, address, length) < 0 && errno != EINPROGRESS) {
        int saved = errno;
        fd_cleanup(&fd);
        errno = saved;
        return -1;
    }
    return fd_steal(&fd);
}

void lookup_servers(struct lookup_servers *r, const char *hosts, const char *resolv_conf)
{
    *r = (struct lookup_servers){.hosts = hosts ? hosts : ""};
    r->count = dns_servers(resolv_conf ? resolv_conf : "", r->servers);
}

static void settle(struct question *q)
{
    q->done = true;
    fd_cleanup(&q->fd);
    buf_free(&q->out);
    buf_free(&q->in);
}

static unsigned server_of(const struct lookup *l, const struct question *q)
{
    return (q->tries - 1) % l->servers->count;
}

/* Asks once more on the socket that there is, or on a new one. */
static bool send_query(const struct lookup *l, struct question *q, bool again)
{
    if (!again) {
        fd_cleanup(&q->fd);
        /* An id that could be guessed would take anybody's answer. */
        if (!random_fill(&q->id, sizeof q->id))
            return false;
        q->fd = lookup_connect(&l->servers->servers[server_of(l, q)], DNS_PORT, SOCK_DGRAM);
    }
    unsigned char query[DNS_QUERY_MAX];
    size_t n = dns_query(query, q->id, l->host, q->type);
    return q->fd >= 0 && send(q->fd, query, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* Sends the question to the next server in turn; settles it when every server has had its rounds. */
static void ask(const struct lookup *l, struct question *q, uint64_t now)
{
    unsigned total = l->servers->count * LOOKUP_ROUNDS;
    bool again = l->servers->count == 1 && q->fd >= 0 && !q->tcp;
    q->tcp = false;
    while (q->tries < total) {
        unsigned round = q->tries++ / l->servers->count;
        q->until = now + 1000 * (round + 1);
        if (send_query(l, q, again))
            return;
        again = false;
    }
    settle(q);
}

/* The same server again, by TCP (RFC 7766): the length goes in front. */
static void ask_tcp(const struct lookup *l, struct question *q, uint64_t now)
{
    const struct dns_address *server = &l->servers->servers[server_of(l, q)];
    q->cut = true;
    q->server = server_of(l, q);
    fd_cleanup(&q->fd);
    q->fd = lookup_connect(server, DNS_PORT, SOCK_STREAM);
    if (q->fd < 0) {
        ask(l, q, now);
        return;
    }
    unsigned char query[2 + DNS_QUERY_MAX];
    size_t n = dns_query(query + 2, q->id, l->host, q->type);
    query[0] = (unsigned char)(n >> 8);
    query[1] = (unsigned char)n;
    q->tcp = true;
    q->until = now + TCP_WAIT_MS;
    buf_free(&q->in);
    buf_free(&q->out);
    q->in.max = 2 + DNS_MESSAGE_MAX;
    buf_add(&q->out, query, n + 2);
}

static void take(struct lookup *l, struct question *q, const void *message, size_t n, uint64_t now)
{
    struct dns_address found[DNS_ADDRESSES_MAX];
    unsigned count;
    enum dns_outcome outcome = dns_answer(message, n, q->id, l->host, q->type, found, &count);
    if (outcome == DNS_FOREIGN && !q->tcp)
        return;
    if (outcome == DNS_TRUNCATED && !q->tcp) {
        ask_tcp(l, q, now);
        return;
    }
    q->answered = true;
    q->server = server_of(l, q);
    q->outcome = outcome == DNS_TRUNCATED || outcome == DNS_FOREIGN ? DNS_BROKEN : outcome;
    if (q->outcome == DNS_FAILED || q->outcome == DNS_REFUSED || q->outcome == DNS_BROKEN) {
        ask(l, q, now);
        return;
    }
    for (unsigned i = 0; i < count && l->count < LOOKUP_ADDRESSES_MAX; i++) {
        if (!dns_address_nowhere(&found[i]) && !dns_address_loopback(&found[i])) {
            l->addresses[l->count++] = found[i];
            continue;
        }
        l->filtered = true;
        l->filter = found[i];
        l->filter_server = q->server;
    }
    if (l->count && !l->first_at)
        l->first_at = now;
    settle(q);
}

static bool again(int err)
{
    return err == EAGAIN || err == EWOULDBLOCK || err == EINTR || err == ENOTCONN || err == EINPROGRESS;
}

static void step_udp(struct lookup *l, struct question *q, uint64_t now)
{
    UNSET unsigned char message[DNS_MESSAGE_MAX];
    for (unsigned i = 0; i < DATAGRAMS_MAX && !q->done && !q->tcp && q->fd >= 0; i++) {
        int fd = q->fd;
        ssize_t n = recv(fd, message, sizeof message, 0);
        if (n >= 0) {
            take(l, q, message, (size_t)n, now);
            if (q->fd != fd)
                return;
        } else if (again(errno)) {
            return;
        } else {
            ask(l, q, now); /* ICMP: nobody listens there */
            return;
        }
    }
}

static void step_tcp(struct lookup *l, struct question *q, uint64_t now)
{
    if (q->out.len) {
        ssize_t sent = send(q->fd, q->out.data, q->out.len, MSG_NOSIGNAL);
        if (sent < 0 && !again(errno)) {
            ask(l, q, now);
            return;
        }
        if (sent > 0)
            buf_consume(&q->out, (size_t)sent);
        if (q->out.len)
            return;
    }
    UNSET unsigned char piece[1024];
    ssize_t n = recv(q->fd, piece, sizeof piece, 0);
    if (n < 0 && again(errno))
        return;
    if (n <= 0) {
        ask(l, q, now);
        return;
    }
    buf_add(&q->in, piece, (size_t)n);
    struct reader r = reader_of(q->in.data, q->in.len);
    size_t length = reader_u16be(&r);
    if (length > DNS_MESSAGE_MAX || q->in.full)
        ask(l, q, now);
    else if (!r.bad && r.n >= length)
        take(l, q, r.p, length, now);
}

void lookup_start(struct lookup *l, const struct lookup_servers *r, const char *host, uint64_t now)
{
    *l = (struct lookup){.servers = r, .host = host};
    l->questions[0] = (struct question){.type = DNS_AAAA, .fd = -1};
    l->questions[1] = (struct question){.type = DNS_A, .fd = -1};
    l->count = dns_hosts(r->hosts, host, l->addresses, LOOKUP_ADDRESSES_MAX);
    for (unsigned i = 0; i < 2; i++) {
        if (l->count)
            settle(&l->questions[i]);
        else
            ask(l, &l->questions[i], now);
    }
}

void lookup_step(struct lookup *l, uint64_t now)
{
    for (unsigned i = 0; i < 2; i++) {
        struct question *q = &l->questions[i];
        if (!q->done && q->tcp)
            step_tcp(l, q, now);
        else if (!q->done)
            step_udp(l, q, now);
        if (!q->done && now >= q->until)
            ask(l, q, now);
    }
}

void lookup_stop(struct lookup *l)
{
    for (unsigned i = 0; i < 2; i++)
        if (l->servers)
            settle(&l->questions[i]);
}

bool lookup_done(const struct lookup *l)
{
    return l->questions[0].done && l->questions[1].done;
}

bool lookup_usable(const struct lookup *l, uint64_t now)
{
    return l->count && (l->questions[0].done || lookup_done(l) || now >= l->first_at + LOOKUP_DELAY_MS);
}

static const char *server_text(const struct lookup *l, unsigned server, char out[DNS_ADDRESS_TEXT_MAX])
{
    return dns_address_text(&l->servers->servers[server], out);
}

static int filtered(const struct lookup *l, struct error *e)
{
    char server[DNS_ADDRESS_TEXT_MAX], text[DNS_ADDRESS_TEXT_MAX];
    return error_set(e, E_DNS_FILTERED, "%s: name server %s answers %s, which is %s, as a filter does",
                     l->host, server_text(l, l->filter_server, server), dns_address_text(&l->filter, text),
                     dns_address_loopback(&l->filter) ? "this box itself" : "no host's address");
}

/* Each of the servers failed in some way; the way that a person can act on most. */
static int failed(const struct lookup *l, const struct question *q, struct error *e)
{
    UNSET char server[DNS_ADDRESS_TEXT_MAX];
    bool refused = q->outcome == DNS_REFUSED;
    error_set(e, E_DNS_FAILED, "%s: %s%s %s", l->host,
              l->servers->count == 1 ? "name server " : "no name server gives an answer; ",
              server_text(l, q->server, server),
              refused ? "refuses to answer this network (REFUSED)" : "has a fault (SERVFAIL or the like)");
    e->advice = refused ? ADVICE_DNS_REFUSED : ADVICE_NONE;
    return -1;
}

int lookup_error(const struct lookup *l, struct error *e)
{
    const struct question *seen[DNS_BROKEN + 1] = {NULL};
    const struct question *cut = NULL;
    unsigned silent = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct question *q = &l->questions[i];
        if (q->answered)
            seen[q->outcome] = q;
        else if (q->cut)
            cut = q;
        else
            silent++;
    }
    if (l->servers->count == 0)
        return error_set(e, E_DNS_NO_SERVER, "%s is not in /etc/hosts, and /etc/resolv.conf names no server",
                         l->host);
    if (l->filtered)
        return filtered(l, e);
    if (seen[DNS_NXDOMAIN])
        return error_set(e, E_DNS_NXDOMAIN, "%s does not exist", l->host);
    if (seen[DNS_REFUSED] || seen[DNS_FAILED])
        return failed(l, seen[DNS_REFUSED] ? seen[DNS_REFUSED] : seen[DNS_FAILED], e);
    UNSET char server[DNS_ADDRESS_TEXT_MAX];
    if (seen[DNS_BROKEN])
        return error_set(e, E_DNS_MALFORMED, "%s: the answer of name server %s is malformed", l->host,
                         server_text(l, seen[DNS_BROKEN]->server, server));
    if (cut)
        return error_set(
            e, E_DNS_TCP,
            "%s: name server %s says by UDP that its answer is too long for it, and is silent by TCP",
            l->host, server_text(l, cut->server, server));
    if (silent)
        return error_set(e, E_DNS_SILENT, "%s: none of %u name server(s) in /etc/resolv.conf answered",
                         l->host, l->servers->count);
    return error_set(e, E_DNS_NO_ADDRESS, "%s has no address", l->host);
}

unsigned lookup_poll(const struct lookup *l, struct pollfd *fds, uint64_t *next)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct question *q = &l->questions[i];
        if (q->done || q->fd < 0)
            continue;
        fds[count++] = (struct pollfd){.fd = q->fd, .events = q->tcp && q->out.len ? POLLOUT : POLLIN};
        if (q->until < *next)
            *next = q->until;
    }
    return count;
}
