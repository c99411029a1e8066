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
    const struct grpc_call *what;
    grpc_receiver *receiver;
    void *arg;
    struct grpc_line *line;
    struct buf received;
    struct grpc_status *status;
    bool has_status;
    bool grpc_content;
    bool ended_by_receiver;
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
        c->status->code = small_number(value);
        c->has_status = true;
        if (c->status->code < 0)
            return "grpc-status is no number";
    } else if (last && span_is(name, "grpc-message")) {
        buf_free(&c->status->text);
        percent_decode(&c->status->text, value.p, value.n);
    }
    return NULL;
}

/* Hands on every whole message of what has been received. Frames and messages do not align. */
static const char *on_data(void *arg, struct span bytes)
{
    static const char too_large[] = "a message is larger than 17 MiB";
    struct call *c = arg;
    if (c->line->h2.status != 200 || !c->grpc_content)
        return "the answer is not gRPC";
    struct buf *in = &c->received;
    buf_add(in, bytes.p, bytes.n);
    while (in->len >= PREFIX && !c->ended_by_receiver) {
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
        c->ended_by_receiver = c->receiver(c->arg, message, in) != 0;
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

/* Sends what there is to say, as far as the socket takes it. */
static int send_some(struct call *c, struct error *e)
{
    struct buf *out = &c->line->h2.out;
    for (;;) {
        h2_fill(&c->line->h2);
        if (out->len == 0)
            return 0;
        ssize_t put = send(c->line->fd, out->data, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (put < 0 && errno != EPIPE && errno != ECONNRESET)
            return error_errno(e, E_MACHINED_LOST, errno, "sending %s", c->what->method);
        /* The peer may have closed its reading side while its last words still wait to be read. */
        buf_consume(out, put < 0 ? out->len : (size_t)put);
        if (put < 0)
            return 0;
    }
}

/* 0: go on, -1: an error, which the peer's closing is too while the call is open. */
static int receive_some(struct call *c, struct error *e)
{
    UNSET uint8_t bytes[16384];
    ssize_t got = recv(c->line->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got < 0 && errno != ECONNRESET)
        return error_errno(e, E_MACHINED_LOST, errno, "receiving %s", c->what->method);
    if (got <= 0)
        return error_set(e, E_MACHINED_LOST, "%s: machined closed the connection%s", c->what->method,
                         c->line->h2.going_away ? " after saying goodbye" : "");
    h2_feed(&c->line->h2, bytes, (size_t)got);
    mem_wipe(bytes, (size_t)got);
    return 0;
}

static int run(struct call *c, const struct grpc_target *target, struct error *e)
{
    uint64_t end = clock_ms() + c->what->deadline_ms;
    for (;;) {
        /* Once more at the end: a goodbye, for a peer that listens. */
        int sent = send_some(c, e);
        if (c->line->h2.state != H2_OPEN || c->ended_by_receiver)
            return 0;
        if (sent != 0)
            return -1;
        uint64_t now = clock_ms();
        if (now >= end)
            return error_set(e, E_MACHINED_SILENT, "%s: no answer in %u ms", c->what->method,
                             (unsigned)c->what->deadline_ms);
        struct pollfd fds[2] = {
            {.fd = c->line->fd, .events = (short)(POLLIN | (c->line->h2.out.len ? POLLOUT : 0))},
            {.fd = target->stop_fd, .events = POLLIN},
        };
        if (poll(fds, 2, (int)(end - now)) < 0) {
            if (errno == EINTR)
                continue;
            return error_errno(e, E_SYSTEM, errno, "poll");
        }
        if (fds[1].revents)
            return error_set(e, E_STOPPED, "%s was cut short", c->what->method);
        if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && receive_some(c, e) != 0)
            return -1;
    }
}

/* The call is over: was there an answer? */
static int judge(const struct call *c, struct error *e)
{
    const char *method = c->what->method;
    const struct h2 *h2 = &c->line->h2;
    if (c->ended_by_receiver) {
        c->status->code = GRPC_OK;
        return 0;
    }
    if (h2->state == H2_RESET || h2->state == H2_TURNED)
        return error_set(e, E_MACHINED_LOST, "%s: machined %s the call (HTTP/2 error %u)", method,
                         h2->state == H2_RESET ? "reset" : "turned away", (unsigned)h2->code);
    const char *why = h2->state == H2_BAD       ? h2->why
        : c->received.len > 0                   ? "the answer ends inside a message"
        : c->has_status                         ? NULL
        : h2->status != 200 || !c->grpc_content ? "the answer is not gRPC"
                                                : "the answer has no status";
    if (!why)
        return 0;
    return error_set(e, E_MACHINED_MALFORMED, "%s: %s (HTTP %d)", method, why, h2->status);
}

int grpc_invoke(const struct grpc_target *target, const struct grpc_call *call, grpc_receiver *receiver,
                void *arg, struct grpc_status *status, struct error *e)
{
    UNSET struct grpc_line own;
    own.fd = -1;
    struct call c = {.what = call,
                     .receiver = receiver,
                     .arg = arg,
                     .line = target->line ? target->line : &own,
                     .status = status,
                     .received.max = GRPC_MESSAGE_MAX + PREFIX + H2_FRAME_MAX};
    *status = (struct grpc_status){0};
    char timeout[16];
    /* A server that ends a call at its deadline does so in ways of its own; our own is over first, and says what it
     * is. */
    snprintf(timeout, sizeof timeout, "%um", (unsigned)call->deadline_ms + LATER_MS);
    const struct h2_field fields[] = {
        {":method", "POST"},         {":scheme", "http"},        {":path", call->method},
        {":authority", "localhost"}, {"te", "trailers"},         {"content-type", "application/grpc"},
        {"grpc-timeout", timeout},   {"talos-role", call->role},
    };
    uint32_t n = (uint32_t)(call->head.n + call->request.n);
    const unsigned char prefix[PREFIX] = {0, (unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                          (unsigned char)(n >> 8), (unsigned char)n};
    cleanup(buf_free) struct buf head = {0};
    buf_add(&head, prefix, sizeof prefix);
    buf_add(&head, call->head.p, call->head.n);
    const struct h2_receiver answer = {&c, on_field, on_data};
    int result = c.line->fd < 0 ? connect_line(c.line, target->socket, e) : 0;
    if (result == 0) {
        h2_ask(&c.line->h2, &answer, fields, sizeof fields / sizeof *fields,
               (struct span){(const unsigned char *)head.data, head.len}, call->request);
        result = run(&c, target, e);
    }
    if (result == 0)
        result = judge(&c, e);
    if (result != 0)
        grpc_status_free(status);
    if (result != 0 || !target->line || !h2_ready(&c.line->h2))
        grpc_hang_up(c.line);
    buf_free(&c.received);
    return result;
}
