/* A machined of canned answers behind a real unix socket, in a process of its own. What it was asked comes back as
 * bytes. */
#ifndef HEARTH_TESTS_MACHINED_KIT_H
#define HEARTH_TESTS_MACHINED_KIT_H

#include "base/mem.h"
#include "h2_kit.h"
#include "talos/machined.h"
#include "talos/pb.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWERS_MAX 24
#define CONNECTIONS_MAX 64

/* The first whose texts both stand in the request (a method, a type or an id) is given; otherwise NotFound. */
struct answer {
    const char *match, *and;
    int status;
    const char *text;
    /* DATA as it goes over the wire, length prefixes included */
    struct buf messages;
};

struct server {
    char dir[32];
    char path[64];
    struct grpc_target target;
    pid_t pid;
    /* the requests, one behind the other */
    int asked;
    struct answer answers[ANSWERS_MAX];
    unsigned count;
    /* after so many calls a connection is closed; 0: never */
    unsigned calls_max;
    /* requests that it lets be open at a time; 0: it does not say */
    unsigned char open_max;
    /* it hears all there is before it answers, and the last one first */
    bool backwards;
};

/* Stands among the requests where a connection begins. */
#define CONNECTION "[connection]"
/* And where there was another request behind one that had no answer yet. */
#define BESIDE "[beside]"

__attribute__((unused)) static struct answer *answer(struct server *s, const char *match, const char *and)
{
    assert_true(s->count < ANSWERS_MAX);
    s->answers[s->count] = (struct answer){.match = match, .and = and};
    return &s->answers[s->count++];
}

__attribute__((unused)) static void refuse(struct server *s, const char *match, int status, const char *text)
{
    struct answer *a = answer(s, match, "");
    a->status = status;
    a->text = text;
}

/* Takes the message over. */
__attribute__((unused)) static void add_message(struct answer *a, struct buf *message)
{
    buf_char(&a->messages, 0);
    put_number(&a->messages, (uint32_t)message->len, 4);
    buf_add(&a->messages, message->data, message->len);
    buf_free(message);
}

/* Field 1 of out becomes what is in `in`, which is freed. */
__attribute__((unused)) static void nest(struct buf *out, uint32_t number, struct buf *in)
{
    struct buf whole = {0};
    pb_put_bytes(&whole, number, in->data, in->len);
    buf_add(out, whole.data, whole.len);
    buf_free(&whole);
    buf_free(in);
}

/* {1 Resource{1 Metadata{3 id, 4 version}, 2 Spec{1 proto_spec}}}; spec is freed. */
__attribute__((unused)) static void add_resource(struct answer *a, const char *id, struct buf *spec)
{
    struct buf metadata = {0};
    pb_put_text(&metadata, 3, id);
    pb_put_text(&metadata, 4, "7");
    struct buf proto = {0};
    nest(&proto, 1, spec);
    struct buf resource = {0};
    nest(&resource, 1, &metadata);
    nest(&resource, 2, &proto);
    struct buf message = {0};
    nest(&message, 1, &resource);
    add_message(a, &message);
}

/* XResponse{1 {number: bytes}}: an answer of machined's own services; in is freed. */
__attribute__((unused)) static void add_first(struct answer *a, uint32_t number, struct buf *in)
{
    struct buf first = {0};
    nest(&first, number, in);
    struct buf message = {0};
    nest(&message, 1, &first);
    add_message(a, &message);
}

/* Until DATA with END_STREAM: the payloads of HEADERS and DATA, and the stream. */
static bool server_hear(int fd, struct buf *out, uint32_t *stream)
{
    unsigned char head[9], bytes[16384];
    for (;;) {
        if (recv(fd, head, sizeof head, MSG_WAITALL) != sizeof head)
            return false;
        size_t n = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (n > sizeof bytes || (n && recv(fd, bytes, n, MSG_WAITALL) != (ssize_t)n))
            return false;
        if (head[3] < 2)
            buf_add(out, bytes, n);
        *stream = (uint32_t)head[7] << 8 | head[8];
        if (head[3] == 0 && (head[4] & 1))
            return true;
    }
}

static void server_say(int fd, const struct answer *a, uint32_t stream)
{
    struct buf block = {0};
    put_hex(&block, "88 0f1010 6170706c69636174696f6e2f67727063");
    struct buf b = {0};
    put_frame(&b, 1, 4, stream, block.data, block.len);
    for (size_t at = 0; at < a->messages.len; at += 16000) {
        size_t n = a->messages.len - at < 16000 ? a->messages.len - at : 16000;
        put_frame(&b, 0, 0, stream, a->messages.data + at, n);
    }
    buf_free(&block);
    char digits[8];
    int n = snprintf(digits, sizeof digits, "%d", a->status);
    put_hex(&block, "00 0b 677270632d737461747573");
    buf_char(&block, (char)n);
    buf_add(&block, digits, (size_t)n);
    if (a->text) {
        put_hex(&block, "00 0c 677270632d6d657373616765");
        buf_char(&block, (char)strlen(a->text)); /* below 127 */
        buf_str(&block, a->text);
    }
    put_frame(&b, 1, 5, stream, block.data, block.len);
    (void)!send(fd, b.data, b.len, MSG_NOSIGNAL);
}

__attribute__((noreturn)) static void server_run(struct server *s, int listener, int asked)
{
    const unsigned char settings[] = {0, 0, s->open_max ? 6 : 0, 4, 0, 0, 0, 0, 0, 0, 3, 0,
                                      0, 0, s->open_max};
    static const struct answer absent = {.status = 5, .text = "not found"};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a test that fails leaves it behind */
    for (unsigned i = 0; i < CONNECTIONS_MAX; i++) {
        int fd = accept(listener, NULL, NULL);
        (void)!send(fd, settings, 9 + settings[2], MSG_NOSIGNAL);
        (void)!write(asked, CONNECTION, sizeof CONNECTION - 1);
        char magic[24];
        bool greeted = recv(fd, magic, sizeof magic, MSG_WAITALL) == sizeof magic;
        struct buf request = {0};
        uint32_t stream[ANSWERS_MAX];
        const struct answer *held[ANSWERS_MAX];
        unsigned n = 0;
        for (unsigned calls = 0;
             greeted && (!s->calls_max || calls < s->calls_max) && server_hear(fd, &request, &stream[n]);
             calls++) {
            const struct answer *found = &absent;
            for (unsigned k = s->count; k-- > 0;)
                if (memmem(request.data, request.len, s->answers[k].match, strlen(s->answers[k].match)) &&
                    memmem(request.data, request.len, s->answers[k].and, strlen(s->answers[k].and)))
                    found = &s->answers[k];
            (void)!write(asked, request.data, request.len);
            buf_free(&request);
            held[n++] = found;
            /* What else may come is an answer to our settings. */
            bool more = recv(fd, magic, 9, MSG_PEEK | MSG_DONTWAIT) == 9 && magic[3] == 1;
            if (more)
                (void)!write(asked, BESIDE, sizeof BESIDE - 1);
            while (n && !(s->backwards && more)) {
                n--;
                server_say(fd, held[n], stream[n]);
            }
        }
        close(fd);
        buf_free(&request);
    }
    _exit(0);
}

/* With the answers as they are now. */
__attribute__((unused)) static void server_start(struct server *s)
{
    strcpy(s->dir, "/tmp/hearth-kit-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof s->path, "%s/s", s->dir);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", s->path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(listener, 8), 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    s->pid = fork();
    if (s->pid == 0)
        server_run(s, listener, ends[1]);
    close(listener);
    close(ends[1]);
    s->asked = ends[0];
    s->target = (struct grpc_target){.socket = s->path, .stop_fd = -1};
}

/* Ends the server; whether a text was asked for. requests may be NULL. */
__attribute__((unused)) static void server_stop(struct server *s, struct buf *requests)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    char piece[4096];
    ssize_t n;
    while ((n = read(s->asked, piece, sizeof piece)) > 0)
        if (requests)
            buf_add(requests, piece, (size_t)n);
    close(s->asked);
    unlink(s->path);
    rmdir(s->dir);
    for (unsigned i = 0; i < s->count; i++)
        buf_free(&s->answers[i].messages);
    *s = (struct server){0};
}

#endif
