#include "talos/grpc.h"

#include "base/fd.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX 5 /* bytes before a message: compressed flag, length */
#define LATER_MS 1000u

struct call {
    struct grpc_call *what;
    struct h2_stream stream;
    struct h2_receiver answer;
    /* what the message begins with */
    struct buf head;
    struct buf received;
    bool has_status;
    bool grpc_content;
};

struct calls {
    struct call *items;
    unsigned count;
    /* that were begun */
    unsigned asked;
    struct grpc_line *line;
    uint32_t deadline_ms;
};

void grpc_status_free(struct grpc_status *status)
{
    buf_free(&status->text);
    *status = (struct grpc_status){0};
}

static int hex_digit(uint8_t ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* grpc-message: lenient, as the protocol asks of clients. A "%" that starts no byte stays as it is. */
static void percent_decode(struct buf *out, const uint8_t *p, size_t n)
{
    out->max = GRPC_TEXT_MAX;
    for (size_t i = 0; i < n; i++) {
        int high = p[i] == '%' && i + 2 < n ? hex_digit(p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(p[i + 2]) : -1;
        if (low >= 0) {
            buf_char(out, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_char(out, (char)p[i]);
        }
    }
}

/* A decimal number of one or two digits, or -1. */
static int small_number(struct span s)
{
    if (s.n == 0 || s.n > 2)
        return -1;
    int value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        value = value * 10 + (s.p[i] - '0');
    }
    return value;
}

static const char *on_field(void *arg, bool last, struct span name, struct span value)
{
    static const char content[] = "application/grpc";
    struct call *c = arg;
    if (span_is(name, "content-type")) {
        c->grpc_content = value.n >= sizeof content - 1 && memcmp(value.p, content, sizeof content - 1) == 0;
    } else if (last && span_is(name, "grpc-status")) {
        c->what->status.code = small_number(value);
        c->has_status = true;
        if (c->what->status.code < 0)
            return "grpc-status is no number";
    } else if (last && span_is(name, "grpc-message")) {
        buf_free(&c->what->status.text);
        percent_decode(&c->what->status.text, value.p, value.n);
    }
    return NULL;
}

/* Hands on every whole message of what has been received. Frames and messages do not align. */
static const char *on_data(void *arg, struct span bytes)
{
    static const char too_large[] = "a message is larger than 17 MiB";
    struct call *c = arg;
    if (c->stream.status != 200 || !c->grpc_content)
        return "the answer is not gRPC";
    struct buf *in = &c->received;
    buf_add(in, bytes.p, bytes.n);
    while (in->len >= PREFIX) {
        struct reader r = reader_of(in->data, in->len);
        if (reader_u8(&r) != 0)
            return "a message is compressed, which was not offered";
        uint32_t n = reader_u32be(&r);
        if (n > GRPC_MESSAGE_MAX)
            return too_large;
        struct span message = reader_take(&r, n);
        if (r.bad) {
            /* Room for all of it at once: an answer to an apply is as large as the config. */
            buf_reserve(in, PREFIX + n - in->len);
            break;
        }
        size_t behind = in->len - (PREFIX + n);
        if (c->what->receiver(c->what->arg, message, in) != 0)
            return "the answer is not a message of that kind";
        if (!in->data)
            return behind ? "more than one message" : NULL;
        buf_consume(in, PREFIX + n);
    }
    return NULL;
}

void grpc_hang_up(struct grpc_line *line)
{
    if (line->fd >= 0)
        h2_free(&line->h2);
    fd_cleanup(&line->fd);
}

static int connect_line(struct grpc_line *line, const char *path, struct error *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(e, E_MACHINED_SOCKET, "%s: the path is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path));
    /* Such a socket connects at once or not at all; one that blocks would wait, past every deadline, where nobody
     * accepts. */
    cleanup(fd_cleanup) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return error_errno(e, E_MACHINED_SOCKET, errno, "%s", path);
    line->fd = fd_steal(&fd);
    h2_start(&line->h2);
    return 0;
}

/* The first call in this state, or their count. */
static unsigned first_in(const struct calls *all, enum h2_state state)
{
    unsigned i = 0;
    while (i < all->count && all->items[i].stream.state != state)
        i++;
    return i;
}

static void ask(struct call *c, struct h2 *h2, uint32_t deadline_ms)
{
    char timeout[16];
    /* A server that ends a call at its deadline does so in ways of its own; our own is over first, and says what it
     * is. */
    snprintf(timeout, sizeof timeout, "%um", (unsigned)deadline_ms + LATER_MS);
    const struct h2_field fields[] = {
        {":method", "POST"},        {":scheme", "http"},
        {":path", c->what->method}, {":authority", "localhost"},
        {"te", "trailers"},         {"content-type", "application/grpc"},
        {"grpc-timeout", timeout},  {"talos-role", c->what->role},
    };
    uint32_t n = (uint32_t)(c->what->head.n + c->what->request.n);
    const unsigned char prefix[PREFIX] = {0, (unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                          (unsigned char)(n >> 8), (unsigned char)n};
    buf_add(&c->head, prefix, sizeof prefix);
    buf_add(&c->head, c->what->head.p, c->what->head.n);
    h2_ask(h2, &c->stream, &c->answer, fields, sizeof fields / sizeof *fields,
           (struct span){(const unsigned char *)c->head.data, c->head.len}, c->what->request);
    /* A short request is whole before the next one begins. */
    h2_fill(h2);
}

/* As many as may be open at a time: of a peer that lets none, one is asked all the same. */
static void ask_some(struct calls *all)
{
    struct h2 *h2 = &all->line->h2;
    while (all->asked < all->count && !h2->why && !h2->going_away && (!h2->open || h2->open < h2->open_max))
        ask(&all->items[all->asked++], h2, all->deadline_ms);
}

/* Sends what there is to say, as far as the socket takes it. */
static int send_some(const struct calls *all, struct error *e)
{
    struct buf *out = &all->line->h2.out;
    for (;;) {
        h2_fill(&all->line->h2);
        if (out->len == 0)
            return 0;
        ssize_t put = send(all->line->fd, out->data, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (put < 0 && errno != EPIPE && errno != ECONNRESET)
            return error_errno(e, E_MACHINED_LOST, errno, "sending");
        /* The peer may have closed its reading side while its last words still wait to be read. */
        buf_consume(out, put < 0 ? out->len : (size_t)put);
        if (put < 0)
            return 0;
    }
}

/* 0: go on, -1: an error, which the peer's closing is too while a call is open. */
static int receive_some(const struct calls *all, struct error *e)
{
    UNSET uint8_t bytes[16384];
    ssize_t got = recv(all->line->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got < 0 && errno != ECONNRESET)
        return error_errno(e, E_MACHINED_LOST, errno, "receiving");
    if (got <= 0)
        return error_set(e, E_MACHINED_LOST, "machined closed the connection%s",
                         all->line->h2.going_away ? " after saying goodbye" : "");
    h2_feed(&all->line->h2, bytes, (size_t)got);
    mem_wipe(bytes, (size_t)got);
    return 0;
}

static int run(struct calls *all, const struct grpc_target *target, struct error *e)
{
    struct h2 *h2 = &all->line->h2;
    uint64_t end = clock_ms() + all->deadline_ms;
    for (;;) {
        ask_some(all);
        /* Once more at the end: a goodbye, for a peer that listens. */
        int sent = send_some(all, e);
        if (!h2->open)
            return 0;
        if (sent != 0)
            return -1;
        uint64_t now = clock_ms();
        if (now >= end)
            return error_set(e, E_MACHINED_SILENT, "no answer in %u ms", (unsigned)all->deadline_ms);
        struct pollfd fds[2] = {
            {.fd = all->line->fd, .events = (short)(POLLIN | (h2->out.len ? POLLOUT : 0))},
            {.fd = target->stop_fd, .events = POLLIN},
        };
        if (poll(fds, 2, (int)(end - now)) < 0) {
            if (errno == EINTR)
                continue;
            return error_errno(e, E_SYSTEM, errno, "poll");
        }
        if (fds[1].revents)
            return error_set(e, E_STOPPED, "cut short");
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && receive_some(all, e) != 0)
            return -1;
    }
}

/* The calls are over: was this one answered? */
static int judge(const struct call *c, const char *why, struct error *e)
{
    const struct h2_stream *s = &c->stream;
    if (s->state == H2_RESET || s->state == H2_TURNED)
        return error_set(e, E_MACHINED_LOST, "machined %s the call (HTTP/2 error %u)",
                         s->state == H2_RESET ? "reset" : "turned away", (unsigned)s->code);
    why = s->state == H2_BAD                   ? why
        : c->received.len > 0                  ? "the answer ends inside a message"
        : c->has_status                        ? NULL
        : s->status != 200 || !c->grpc_content ? "the answer is not gRPC"
                                               : "the answer has no status";
    if (!why)
        return 0;
    return error_set(e, E_MACHINED_MALFORMED, "%s (HTTP %d)", why, s->status);
}

/* The number of the call that has no answer, or their count. */
static unsigned missing(struct calls *all, const struct grpc_target *target, struct error *e)
{
    if (run(all, target, e) != 0)
        return first_in(all, H2_OPEN);
    /* Where something is wrong with the connection, one of them says what. */
    unsigned i = all->line->h2.why ? first_in(all, H2_BAD) : 0;
    while (i < all->count && judge(&all->items[i], all->line->h2.why, e) == 0)
        i++;
    return i;
}

int grpc_invoke(const struct grpc_target *target, struct grpc_call *calls, unsigned count,
                uint32_t deadline_ms, unsigned *failed, struct error *e)
{
    UNSET struct grpc_line own;
    own.fd = -1;
    UNSET struct call items[GRPC_CALLS_MAX];
    struct calls all = {
        .items = items,
        .count = count,
        .line = target->line ? target->line : &own,
        .deadline_ms = deadline_ms,
    };
    for (unsigned i = 0; i < count; i++) {
        calls[i].status = (struct grpc_status){0};
        items[i] = (struct call){.what = &calls[i],
                                 .answer = {&items[i], on_field, on_data},
                                 .received.max = GRPC_MESSAGE_MAX + PREFIX + H2_FRAME_MAX};
    }
    *failed = 0;
    if (all.line->fd >= 0 || connect_line(all.line, target->socket, e) == 0) {
        *failed = missing(&all, target, e);
        if (*failed < count)
            error_wrap(e, "%s", calls[*failed].method);
    }
    for (unsigned i = 0; i < count; i++) {
        if (*failed < count)
            grpc_status_free(&calls[i].status);
        buf_free(&items[i].head);
        buf_free(&items[i].received);
    }
    if (*failed < count || !target->line || !h2_ready(&all.line->h2))
        grpc_hang_up(all.line);
    return *failed < count ? -1 : 0;
}
