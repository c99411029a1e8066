#include "net/conn.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void conn_init(struct conn *c, struct conn_world *world, const struct url *url)
{
    *c = (struct conn){.world = world, .url = url, .fd = -1};
}

static void end_race(struct conn *c)
{
    for (unsigned i = 0; i < c->racing; i++)
        fd_cleanup(&c->race[i]);
    c->racing = 0;
}

void conn_close(struct conn *c)
{
    lookup_stop(&c->lookup);
    end_race(c);
    tls_free(c->tls);
    c->tls = NULL;
    fd_cleanup(&c->fd);
    c->state = CONN_IDLE;
}

static void say(struct conn *c, const char *step)
{
    c->world->progress(c->world->arg, c->url->host, step);
}

/* The error is set already. */
static void fail(struct conn *c)
{
    struct error kept = c->error;
    conn_close(c);
    c->error = kept;
    c->state = CONN_FAILED;
}

void conn_open(struct conn *c, uint64_t now)
{
    conn_close(c);
    c->tried = 0;
    c->worst = 0;
    c->last_v6 = c->v4_first;
    c->connected = false;
    c->shaken = false;
    c->error = (struct error){0};
    c->state = CONN_RESOLVE;
    c->until = now + CONN_DNS_MS;
    c->next_attempt = 0;
    say(c, "dns");
    lookup_start(&c->lookup, &c->world->servers, c->url->host, now);
}

const char *conn_peer(const struct conn *c, char out[CONN_PEER_MAX])
{
    UNSET char address[DNS_ADDRESS_TEXT_MAX];
    snprintf(out, CONN_PEER_MAX, c->connected ? "%s at %s" : "%s", c->url->host,
             dns_address_text(&c->peer, address));
    return out;
}

static unsigned troubles(const struct conn *c, const struct dns_address *address)
{
    for (unsigned i = 0; i < LOOKUP_ADDRESSES_MAX; i++)
        if (c->troubles[i].count && dns_address_same(&c->troubles[i].address, address))
            return c->troubles[i].count;
    return 0;
}

/* In the slot of this address, or of the one that gave the least. */
static unsigned blame(struct conn *c, const struct dns_address *address)
{
    unsigned slot = 0;
    for (unsigned i = 0; i < LOOKUP_ADDRESSES_MAX; i++) {
        if (c->troubles[i].count && dns_address_same(&c->troubles[i].address, address))
            return ++c->troubles[i].count;
        if (c->troubles[i].count < c->troubles[slot].count)
            slot = i;
    }
    c->troubles[slot].address = *address;
    return c->troubles[slot].count = 1;
}

bool conn_turn(struct conn *c)
{
    if (!c->connected)
        return false;
    unsigned own = blame(c, &c->peer);
    c->v4_first = c->peer.v6;
    /* What a name server has not said yet may be a better way: the next opening waits for it. */
    if (c->more)
        return true;
    for (unsigned i = 0; i < c->lookup.count; i++)
        if (troubles(c, &c->lookup.addresses[i]) < own)
            return true;
    return false;
}

/* Several addresses fail in several ways; the one that tells most is kept: a refusal or a reset means that a host was
 * reached. */
static unsigned telling(enum error_code code)
{
    if (code == E_TCP_REFUSED || code == E_TCP_RESET)
        return 3;
    return code == E_TCP_TIMEOUT ? 2 : code == E_TCP_UNREACHABLE ? 1 : 0;
}

static void note_failure(struct conn *c, unsigned address, int err)
{
    UNSET char text[DNS_ADDRESS_TEXT_MAX];
    /* A peer that resets at once may do so before the connect is looked at. */
    enum error_code code = err == ECONNREFUSED ? E_TCP_REFUSED
        : err == ECONNRESET                    ? E_TCP_RESET
        : err == ETIMEDOUT                     ? E_TCP_TIMEOUT
                                               : E_TCP_UNREACHABLE;
    if (telling(code) >= telling(c->error.code))
        error_errno(&c->error, code, err, "%s at %s port %u", c->url->host,
                    dns_address_text(&c->lookup.addresses[address], text), (unsigned)c->url->port);
}

/* The next address that was not tried: of those that gave the least trouble, one of the other family than the last if
 * there is any. One that gave trouble enters no race that a better one is still in. -1: none. */
static int next_address(const struct conn *c)
{
    int best = -1;
    unsigned least = 0;
    for (unsigned i = 0; i < c->lookup.count; i++) {
        if (c->tried & (uint32_t)1 << i)
            continue;
        const struct dns_address *a = &c->lookup.addresses[i];
        unsigned count = troubles(c, a);
        bool turns = a->v6 != c->last_v6 && (best < 0 || c->lookup.addresses[best].v6 == c->last_v6);
        if (best < 0 || count < least || (count == least && turns)) {
            best = (int)i;
            least = count;
        }
    }
    return c->racing && least > c->worst ? -1 : best;
}

static void attempt(struct conn *c, uint64_t now)
{
    while (c->racing < CONN_RACE_MAX) {
        int i = next_address(c);
        if (i < 0)
            return;
        const struct dns_address *address = &c->lookup.addresses[i];
        unsigned count = troubles(c, address);
        c->tried |= (uint32_t)1 << i;
        c->last_v6 = address->v6;
        c->worst = count > c->worst ? count : c->worst;
        int fd = lookup_connect(address, c->url->port, SOCK_STREAM);
        if (fd >= 0) {
            c->entrant[c->racing] = (unsigned)i;
            c->race[c->racing++] = fd;
            c->next_attempt = now + CONN_STAGGER_MS;
            return;
        }
        note_failure(c, (unsigned)i, errno);
    }
}

/* 0 connected, EINPROGRESS, or why not. */
static int outcome(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int err = 0;
    socklen_t n = sizeof err;
    if (poll(&p, 1, 0) <= 0 || !(p.revents & (POLLOUT | POLLERR | POLLHUP)))
        return EINPROGRESS;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) < 0 ? errno : err;
}

static void win(struct conn *c, unsigned i, uint64_t now)
{
    c->fd = fd_steal(&c->race[i]);
    c->peer = c->lookup.addresses[c->entrant[i]];
    c->connected = true;
    c->more = !lookup_done(&c->lookup);
    lookup_stop(&c->lookup);
    end_race(c);
    c->world->connections++;
    c->tls = tls_open(c->fd, c->url->host, &c->world->anchors, c->world->now);
    c->error = (struct error){0};
    c->state = CONN_SHAKE;
    c->until = now + CONN_TLS_MS;
    say(c, "tls");
}

static void step_connect(struct conn *c, uint64_t now)
{
    for (unsigned i = 0; i < c->racing;) {
        int err = outcome(c->race[i]);
        if (err == 0) {
            win(c, i, now);
            return;
        }
        if (err == EINPROGRESS) {
            i++;
            continue;
        }
        note_failure(c, c->entrant[i], err);
        fd_cleanup(&c->race[i]);
        c->race[i] = c->race[--c->racing];
        c->entrant[i] = c->entrant[c->racing];
        c->race[c->racing] = -1;
        c->next_attempt = now;
    }
    if (now >= c->next_attempt)
        attempt(c, now);
    if (c->racing == 0 && next_address(c) < 0 && lookup_done(&c->lookup))
        fail(c);
}

/* Known to give trouble, all that have come so far: then the other family is waited for. */
static bool only_troubled(const struct conn *c)
{
    for (unsigned i = 0; i < c->lookup.count; i++)
        if (troubles(c, &c->lookup.addresses[i]) == 0)
            return false;
    return !lookup_done(&c->lookup);
}

static void step_resolve(struct conn *c, uint64_t now)
{
    if (lookup_usable(&c->lookup, now) && !only_troubled(c)) {
        c->state = CONN_CONNECT;
        c->until = now + CONN_TCP_MS;
        say(c, "tcp");
        step_connect(c, now);
    } else if (lookup_done(&c->lookup)) {
        lookup_error(&c->lookup, &c->error);
        fail(c);
    }
}

static void step_tls(struct conn *c)
{
    enum tls_state state = tls_step(c->tls);
    UNSET char peer[CONN_PEER_MAX];
    if (state == TLS_FAILED) {
        tls_error(c->tls, &c->error);
        error_wrap(&c->error, "%s", conn_peer(c, peer));
        fail(c);
    } else if (state == TLS_READY && c->state == CONN_SHAKE) {
        tls_name(c->tls, c->world->tls);
        c->state = CONN_READY;
        c->shaken = true;
        say(c, "ready");
    } else if (state == TLS_ENDED) {
        c->state = CONN_ENDED;
    }
}

static int silent(const struct conn *c, struct error *e)
{
    UNSET char text[DNS_ADDRESS_TEXT_MAX];
    struct buf list = {0};
    for (unsigned i = 0; i < c->lookup.count; i++)
        if (c->tried & (uint32_t)1 << i)
            buf_printf(&list, "%s%s", list.len ? ", " : "", dns_address_text(&c->lookup.addresses[i], text));
    error_set(e, E_TCP_TIMEOUT, "%s at %s port %u did not answer", c->url->host, list.data ? list.data : "",
              (unsigned)c->url->port);
    buf_free(&list);
    return -1;
}

int conn_overdue(const struct conn *c, struct error *e)
{
    UNSET char peer[CONN_PEER_MAX];
    conn_peer(c, peer);
    switch (c->state) {
    case CONN_RESOLVE:
        return error_set(e, E_DNS_SILENT, "%s: no name server answered in time", peer);
    case CONN_CONNECT:
        return silent(c, e);
    case CONN_SHAKE:
        return error_set(e, E_TLS_TIMEOUT, "%s: the TLS handshake did not finish", peer);
    case CONN_READY:
    case CONN_ENDED:
        return error_set(e, E_HTTP_TIMEOUT, "%s did not answer the request", peer);
    case CONN_FAILED:
        *e = c->error;
        return -1;
    case CONN_IDLE:
        break;
    }
    return error_set(e, E_HTTP_TIMEOUT, "%s was not asked in time", peer);
}

enum conn_state conn_step(struct conn *c, uint64_t now)
{
    if (c->state == CONN_RESOLVE || c->state == CONN_CONNECT)
        lookup_step(&c->lookup, now);
    if (c->state == CONN_RESOLVE)
        step_resolve(c, now);
    else if (c->state == CONN_CONNECT)
        step_connect(c, now);
    if (c->state == CONN_SHAKE || c->state == CONN_READY)
        step_tls(c);
    bool timed = c->state == CONN_RESOLVE || c->state == CONN_CONNECT || c->state == CONN_SHAKE;
    if (timed && now >= c->until) {
        if (c->state != CONN_CONNECT || telling(c->error.code) < telling(E_TCP_TIMEOUT))
            conn_overdue(c, &c->error);
        fail(c);
    }
    return c->state;
}

const unsigned char *conn_read(const struct conn *c, size_t *n)
{
    *n = 0;
    return c->tls ? tls_read(c->tls, n) : NULL;
}

void conn_took(struct conn *c, size_t n)
{
    tls_took(c->tls, n);
}

size_t conn_write(struct conn *c, const void *p, size_t n)
{
    return c->state == CONN_READY ? tls_write(c->tls, p, n) : 0;
}

unsigned conn_poll(const struct conn *c, struct pollfd *fds, uint64_t *next)
{
    unsigned count = 0;
    if (c->state == CONN_RESOLVE || c->state == CONN_CONNECT) {
        count += lookup_poll(&c->lookup, fds, next);
        if (c->until < *next)
            *next = c->until;
    }
    /* Only here: once connecting has begun this moment is past, and would be due again and again. */
    uint64_t usable = c->lookup.first_at + LOOKUP_DELAY_MS;
    if (c->state == CONN_RESOLVE && c->lookup.first_at && usable < *next && !only_troubled(c))
        *next = usable;
    if (c->state == CONN_CONNECT) {
        for (unsigned i = 0; i < c->racing; i++)
            fds[count++] = (struct pollfd){.fd = c->race[i], .events = POLLOUT};
        if (next_address(c) >= 0 && c->racing < CONN_RACE_MAX && c->next_attempt < *next)
            *next = c->next_attempt;
    }
    if (c->state == CONN_SHAKE || c->state == CONN_READY)
        fds[count++] = (struct pollfd){.fd = c->fd, .events = tls_want(c->tls)};
    if (c->state == CONN_SHAKE && c->until < *next)
        *next = c->until;
    return count;
}
