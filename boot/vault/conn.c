#include "vault/conn.h"

#include "base/mem.h"

#include <errno.h>
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
    c->shaken = false;
    c->error = (struct error){0};
    c->state = CONN_RESOLVE;
    c->until = now + CONN_DNS_MS;
    c->next_attempt = 0;
    say(c, "dns");
    lookup_start(&c->lookup, &c->world->servers, c->url->host, now);
}

/* Several addresses fail in several ways; the one that tells most is kept: a refusal or a reset means that a host was
 * reached. */
static unsigned telling(enum error_code code)
{
    if (code == E_TCP_REFUSED || code == E_TCP_RESET)
        return 3;
    return code == E_TCP_TIMEOUT ? 2 : code == E_TCP_UNREACHABLE ? 1 : 0;
}

static void note_failure(struct conn *c, int err)
{
    /* A peer that resets at once may do so before the connect is looked at. */
    enum error_code code = err == ECONNREFUSED ? E_TCP_REFUSED
        : err == ECONNRESET                    ? E_TCP_RESET
        : err == ETIMEDOUT                     ? E_TCP_TIMEOUT
                                               : E_TCP_UNREACHABLE;
    if (telling(code) >= telling(c->error.code))
        error_errno(&c->error, code, err, "%s port %u", c->url->host, (unsigned)c->url->port);
}

/* The next address that was not tried, of the other family than the last one if there is any. */
static int next_address(const struct conn *c)
{
    int other = -1;
    for (unsigned i = 0; i < c->lookup.count; i++) {
        if (c->tried & (uint32_t)1 << i)
            continue;
        bool v6 = c->lookup.addresses[i].v6;
        if (c->tried == 0 ? v6 : v6 != c->last_v6)
            return (int)i;
        if (other < 0)
            other = (int)i;
    }
    return other;
}

static void attempt(struct conn *c, uint64_t now)
{
    while (c->racing < CONN_RACE_MAX) {
        int i = next_address(c);
        if (i < 0)
            return;
        c->tried |= (uint32_t)1 << i;
        c->last_v6 = c->lookup.addresses[i].v6;
        int fd = lookup_connect(&c->lookup.addresses[i], c->url->port, SOCK_STREAM);
        if (fd >= 0) {
            c->race[c->racing++] = fd;
            c->next_attempt = now + CONN_STAGGER_MS;
            return;
        }
        note_failure(c, errno);
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

static void step_connect(struct conn *c, uint64_t now)
{
    for (unsigned i = 0; i < c->racing;) {
        int err = outcome(c->race[i]);
        if (err == 0) {
            c->fd = fd_steal(&c->race[i]);
            lookup_stop(&c->lookup);
            end_race(c);
            c->world->stats.connections++;
            c->tls = tls_open(c->fd, c->url->host, &c->world->anchors, c->world->now);
            c->error = (struct error){0};
            c->state = CONN_SHAKE;
            c->until = now + CONN_TLS_MS;
            say(c, "tls");
            return;
        }
        if (err == EINPROGRESS) {
            i++;
            continue;
        }
        note_failure(c, err);
        fd_cleanup(&c->race[i]);
        c->race[i] = c->race[--c->racing];
        c->race[c->racing] = -1;
        c->next_attempt = now;
    }
    if (now >= c->next_attempt)
        attempt(c, now);
    if (c->racing == 0 && next_address(c) < 0 && lookup_done(&c->lookup))
        fail(c);
}

static void step_resolve(struct conn *c, uint64_t now)
{
    if (lookup_usable(&c->lookup, now)) {
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
    if (state == TLS_FAILED) {
        tls_error(c->tls, &c->error);
        error_wrap(&c->error, "%s", c->url->host);
        fail(c);
    } else if (state == TLS_READY && c->state == CONN_SHAKE) {
        tls_name(c->tls, c->world->stats.tls);
        c->state = CONN_READY;
        c->shaken = true;
        say(c, "ready");
    } else if (state == TLS_ENDED) {
        c->state = CONN_ENDED;
    }
}

int conn_overdue(const struct conn *c, struct error *e)
{
    const char *host = c->url->host;
    switch (c->state) {
    case CONN_CONNECT:
        return error_set(e, E_TCP_TIMEOUT, "%s port %u did not answer", host, (unsigned)c->url->port);
    case CONN_SHAKE:
        return error_set(e, E_TLS_TIMEOUT, "%s: the TLS handshake did not finish", host);
    case CONN_READY:
    case CONN_ENDED:
        return error_set(e, E_HTTP_TIMEOUT, "%s did not answer the request", host);
    case CONN_IDLE:
    case CONN_RESOLVE:
    case CONN_FAILED:
        break;
    }
    return error_set(e, E_DNS_SILENT, "%s: no name server answered in time", host);
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
    if (c->state == CONN_RESOLVE && c->lookup.first_at && usable < *next)
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
