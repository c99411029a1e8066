#include "talos/grpc.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX 5 /* bytes before a message: compressed flag, length */
#define WINDOW_MAX 0x7fffffff

struct call {
    const struct grpc_call *what;
    grpc_receiver *receiver;
    void *arg;
    nghttp2_session *session;
    int fd;
    int32_t stream;
    unsigned char prefix[PREFIX];
    size_t sent; /* of prefix and request */
    struct buf received;
    struct grpc_status *status;
    int http_status;
    bool has_status;
    bool grpc_content;
    bool ended_by_receiver;
    bool closed; /* the stream */
    bool going_away;
    uint32_t reset;        /* error code the stream was closed with */
    enum error_code wrong; /* E_NONE, or what is wrong with what came */
    const char *why;
};

void grpc_status_free(struct grpc_status *status)
{
    buf_free(&status->text);
    *status = (struct grpc_status){0};
}

static int malformed(struct call *c, const char *why)
{
    c->wrong = E_MACHINED_MALFORMED;
    c->why = why;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
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

static bool name_is(const uint8_t *name, size_t n, const char *text)
{
    return n == strlen(text) && memcmp(name, text, n) == 0;
}

/* A decimal number of at most three digits, or -1. */
static int small_number(const uint8_t *p, size_t n)
{
    int value = 0;
    if (n == 0 || n > 3)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    static const char content[] = "application/grpc";
    struct call *c = arg;
    (void)session;
    (void)flags;
    if (frame->hd.stream_id != c->stream)
        return 0;
    if (name_is(name, name_len, ":status")) {
        c->http_status = small_number(value, value_len);
    } else if (name_is(name, name_len, "content-type")) {
        c->grpc_content = value_len >= sizeof content - 1 && memcmp(value, content, sizeof content - 1) == 0;
    } else if (name_is(name, name_len, "grpc-status")) {
        int code = small_number(value, value_len);
        if (code < 0)
            return malformed(c, "grpc-status is no number");
        c->status->code = code;
        c->has_status = true;
    } else if (name_is(name, name_len, "grpc-message")) {
        buf_free(&c->status->text);
        percent_decode(&c->status->text, value, value_len);
    }
    return 0;
}

/* Hands on every whole message of what has been received. Frames and messages do not align. */
static int deliver(struct call *c)
{
    size_t at = 0;
    while (c->received.len - at >= PREFIX) {
        struct reader r = reader_of(c->received.data + at, c->received.len - at);
        if (reader_u8(&r) != 0)
            return malformed(c, "a message is compressed, which was not offered");
        uint32_t n = reader_u32be(&r);
        if (n > GRPC_MESSAGE_MAX)
            return malformed(c, "a message is larger than 2 MiB");
        struct span message = reader_take(&r, n);
        if (r.bad)
            break;
        at += PREFIX + n;
        if (c->receiver(c->arg, message) != 0) {
            c->ended_by_receiver = true;
            break;
        }
    }
    buf_consume(&c->received, at);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *p, size_t n,
                   void *arg)
{
    struct call *c = arg;
    (void)session;
    (void)flags;
    if (stream != c->stream || c->ended_by_receiver)
        return 0;
    if (c->http_status != 200 || !c->grpc_content)
        return malformed(c, "the answer is not gRPC");
    c->received.max = GRPC_MESSAGE_MAX + PREFIX + 16384;
    buf_add(&c->received, p, n);
    if (c->received.full)
        return malformed(c, "a message is larger than 2 MiB");
    return deliver(c);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct call *c = arg;
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        c->going_away = true;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
    struct call *c = arg;
    (void)session;
    if (stream == c->stream) {
        c->closed = true;
        c->reset = code;
    }
    return 0;
}

static ssize_t read_request(nghttp2_session *session, int32_t stream, uint8_t *out, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct call *c = arg;
    (void)session;
    (void)stream;
    (void)source;
    size_t put = 0;
    for (; put < room && c->sent < PREFIX; put++)
        out[put] = c->prefix[c->sent++];
    size_t left = c->what->request.n - (c->sent - PREFIX);
    size_t n = left < room - put ? left : room - put;
    if (n)
        memcpy(out + put, c->what->request.p + (c->sent - PREFIX), n);
    c->sent += n;
    if (c->sent == PREFIX + c->what->request.n)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)(put + n);
}

static int open_session(struct call *c, struct error *e)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return error_set(e, E_NO_MEMORY, "a connection to machined");
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    int failed = nghttp2_session_client_new(&c->session, callbacks, c);
    nghttp2_session_callbacks_del(callbacks);
    /* Windows as wide as they go: what is received is bounded by GRPC_MESSAGE_MAX, not by flow control. */
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_MAX},
    };
    if (failed || nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 3) != 0 ||
        nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, WINDOW_MAX) != 0)
        return error_set(e, E_NO_MEMORY, "a connection to machined");
    return 0;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

static int submit(struct call *c, struct error *e)
{
    char timeout[16];
    snprintf(timeout, sizeof timeout, "%um", (unsigned)c->what->deadline_ms);
    const nghttp2_nv headers[] = {
        header(":method", "POST"),        header(":scheme", "http"),
        header(":path", c->what->method), header(":authority", "localhost"),
        header("te", "trailers"),         header("content-type", "application/grpc"),
        header("grpc-timeout", timeout),  header("talos-role", c->what->role),
    };
    const nghttp2_data_provider body = {.read_callback = read_request};
    uint32_t n = (uint32_t)c->what->request.n;
    memcpy(c->prefix,
           (unsigned char[]){0, (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                             (unsigned char)n},
           PREFIX);
    c->stream =
        nghttp2_submit_request(c->session, NULL, headers, sizeof headers / sizeof *headers, &body, NULL);
    return c->stream < 0 ? error_set(e, E_NO_MEMORY, "a request to machined") : 0;
}

static int connect_socket(struct call *c, const char *path, struct error *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(e, E_MACHINED_SOCKET, "%s: the path is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* A unix socket connects at once or not at all; only the traffic after it must not block. */
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return error_errno(e, E_MACHINED_SOCKET, errno, "%s", path);
    return 0;
}

/* Sends what the session has to say, as far as the socket takes it. *pending keeps what it did not. */
static int send_some(struct call *c, struct buf *pending, struct error *e)
{
    for (;;) {
        while (pending->len > 0) {
            ssize_t put = send(c->fd, pending->data, pending->len, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (put < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
            /* The peer has closed its reading side; its last words may still be waiting to be read. */
            if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) {
                buf_free(pending);
                return 0;
            }
            if (put < 0)
                return error_errno(e, E_MACHINED_LOST, errno, "sending %s", c->what->method);
            buf_consume(pending, (size_t)put);
        }
        const uint8_t *bytes = NULL;
        ssize_t n = nghttp2_session_mem_send(c->session, &bytes);
        if (n < 0)
            return error_set(e, E_MACHINED_LOST, "%s: %s", c->what->method, nghttp2_strerror((int)n));
        if (n == 0)
            return 0;
        buf_add(pending, bytes, (size_t)n);
    }
}

/* 1: more may come, 0: the peer has closed. */
static int receive_some(struct call *c, struct error *e)
{
    uint8_t bytes[16384];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (got < 0 && errno != ECONNRESET)
        return error_errno(e, E_MACHINED_LOST, errno, "receiving %s", c->what->method);
    if (got <= 0)
        return 0;
    ssize_t used = nghttp2_session_mem_recv(c->session, bytes, (size_t)got);
    mem_wipe(bytes, (size_t)got);
    if (c->wrong != E_NONE)
        return error_set(e, c->wrong, "%s: %s", c->what->method, c->why);
    if (used < 0)
        return error_set(e, E_MACHINED_MALFORMED, "%s: %s", c->what->method, nghttp2_strerror((int)used));
    return 1;
}

static bool done(const struct call *c)
{
    return c->closed || c->ended_by_receiver;
}

static int run(struct call *c, const struct grpc_target *target, struct buf *pending, struct error *e)
{
    uint64_t end = clock_ms() + c->what->deadline_ms;
    for (;;) {
        if (send_some(c, pending, e) != 0)
            return -1;
        if (done(c))
            return 0;
        uint64_t now = clock_ms();
        if (now >= end)
            return error_set(e, E_MACHINED_SILENT, "%s: no answer in %u ms", c->what->method,
                             (unsigned)c->what->deadline_ms);
        struct pollfd fds[2] = {
            {.fd = c->fd, .events = (short)(POLLIN | (pending->len ? POLLOUT : 0))},
            {.fd = target->stop_fd, .events = POLLIN},
        };
        if (poll(fds, 2, (int)(end - now)) < 0 && errno != EINTR)
            return error_errno(e, E_SYSTEM, errno, "poll");
        if (fds[1].revents)
            return error_set(e, E_STOPPED, "%s was cut short", c->what->method);
        if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0)
            continue;
        int more = receive_some(c, e);
        if (more < 0)
            return -1;
        if (more == 0 && !done(c))
            return error_set(e, E_MACHINED_LOST, "%s: machined closed the connection%s", c->what->method,
                             c->going_away ? " after saying goodbye" : "");
    }
}

/* A stream has ended: did it end with an answer? */
static int judge(const struct call *c, struct error *e)
{
    if (c->ended_by_receiver) {
        c->status->code = GRPC_OK;
        return 0;
    }
    /* A reset after the trailers is how a server says that it did not need the rest of the request. */
    if (c->has_status && c->received.len > 0)
        return error_set(e, E_MACHINED_MALFORMED, "%s: the answer ends inside a message", c->what->method);
    if (c->has_status)
        return 0;
    if (c->reset != NGHTTP2_NO_ERROR)
        return error_set(e, E_MACHINED_LOST, "%s: machined reset the call: %s", c->what->method,
                         nghttp2_http2_strerror(c->reset));
    if (c->http_status != 200 || !c->grpc_content)
        return error_set(e, E_MACHINED_MALFORMED, "%s: the answer is not gRPC (HTTP %d)", c->what->method,
                         c->http_status);
    return error_set(e, E_MACHINED_MALFORMED, "%s: the answer has no status", c->what->method);
}

int grpc_invoke(const struct grpc_target *target, const struct grpc_call *call, grpc_receiver *receiver,
                void *arg, struct grpc_status *status, struct error *e)
{
    struct call c = {.what = call, .receiver = receiver, .arg = arg, .fd = -1, .status = status};
    struct buf pending = {0};
    *status = (struct grpc_status){0};
    int result = -1;
    if (connect_socket(&c, target->socket, e) == 0 && open_session(&c, e) == 0 && submit(&c, e) == 0 &&
        run(&c, target, &pending, e) == 0)
        result = judge(&c, e);
    if (result != 0)
        grpc_status_free(status);
    nghttp2_session_del(c.session);
    fd_cleanup(&c.fd);
    buf_free(&pending);
    buf_free(&c.received);
    return result;
}
