/* Calls over a real unix socket, to servers that play one scene each in a process of their own. */
#include "base/codes.h"
#include "h2_kit.h"
#include "talos/grpc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 60000u
#define METHOD "/machine.MachineService/Version"
/* :status: 200, content-type: application/grpc */
#define HEADER "000014 01 04 00000001 88 0f1010 6170706c69636174696f6e2f67727063 "
/* grpc-status: 0 */
#define STATUS(n) "00 0b 677270632d737461747573 01 3" #n
#define TRAILERS "00000f 01 05 00000001" STATUS(0)
#define ONLY(n) "000023 01 05 00000001 88 0f1010 6170706c69636174696f6e2f67727063" STATUS(n)

static char dir[] = "/tmp/hearth-grpc-XXXXXX";
static char path[64];
static int listener = -1;

/* -- the server's side: blocking, and gone when something is not as it should be */

static void must(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "the server of the test: %s\n", what);
    _exit(1);
}

static void say_bytes(int fd, const struct buf *b)
{
    size_t at = 0;
    while (at < b->len) {
        ssize_t n = send(fd, b->data + at, b->len - at, MSG_NOSIGNAL);
        /* The client has left: whether it may is judged on its side. */
        if (n <= 0)
            _exit(0);
        at += (size_t)n;
    }
}

static void say(int fd, const char *hex)
{
    struct buf b = {0};
    put_hex(&b, hex);
    say_bytes(fd, &b);
    buf_free(&b);
}

static void hear_bytes(int fd, void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t got = read(fd, (char *)p + at, n - at);
        must(got > 0, "the client left too early");
        at += (size_t)got;
    }
}

/* Until the client closes; the last of what it said. */
static void hear_end(int fd, struct buf *last)
{
    last->max = (size_t)20 << 20;
    char bytes[4096];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        buf_add(last, bytes, (size_t)got);
}

static void wait_for_end(int fd)
{
    struct buf last = {0};
    hear_end(fd, &last);
}

/* One frame; type, flags and payload. */
static void hear_frame(int fd, unsigned *type, unsigned *flags, struct buf *payload)
{
    unsigned char head[9];
    static char bytes[16384];
    hear_bytes(fd, head, sizeof head);
    size_t n = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    must(n <= sizeof bytes, "a frame of the client is too large");
    hear_bytes(fd, bytes, n);
    *type = head[3];
    *flags = head[4];
    payload->max = (size_t)20 << 20;
    buf_add(payload, bytes, n);
}

static uint32_t own_deadline_ms; /* of the call that the peer hears */

/* The whole request, the message behind its prefix. Windows are opened as it comes, or wide at the start and then
 * silence. */
static void hear(int fd, bool silent, struct buf *message)
{
    struct buf body = {.max = (size_t)20 << 20};
    say(fd,
        silent ? "000006 04 00 00000000 0004 7fffffff 000004 08 00 00000000 7fff0000"
               : "000000 04 00 00000000");
    char magic[24];
    hear_bytes(fd, magic, sizeof magic);
    must(memcmp(magic, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24) == 0, "no preface");
    unsigned type = 0;
    unsigned flags = 0;
    while (type != 0 || !(flags & 1)) {
        struct buf payload = {0};
        hear_frame(fd, &type, &flags, &payload);
        if (type == 1) {
            must(memmem(payload.data, payload.len, METHOD, strlen(METHOD)) != NULL, "no method");
            must(memmem(payload.data, payload.len, "talos-role\x09os:reader", 20) != NULL, "no role");
            const char *name = memmem(payload.data, payload.len, "grpc-timeout", 12);
            must(name != NULL, "no timeout");
            /* Else machined's own end of the call would race with what the caller makes of it. */
            must(strtoul(name + 13, NULL, 10) > own_deadline_ms, "machined gives up before the caller");
        } else if (type == 0 && payload.len > 0) {
            buf_add(&body, payload.data, payload.len);
            struct buf more = {0};
            for (unsigned stream = 0; !silent && stream < 2; stream++) {
                put_head(&more, 4, 8, 0, stream);
                put_number(&more, (uint32_t)payload.len, 4);
            }
            say_bytes(fd, &more);
            buf_free(&more);
        }
        buf_free(&payload);
    }
    must(body.len >= 5 && body.data[0] == 0, "no prefix");
    struct reader r = reader_of(body.data + 1, 4);
    must(reader_u32be(&r) == body.len - 5, "a wrong length");
    buf_consume(&body, 5);
    *message = body;
}

static void hear_request(int fd, struct buf *message)
{
    hear(fd, false, message);
}

static void put_message(struct buf *b, const void *p, size_t n)
{
    buf_char(b, '\0');
    put_number(b, (uint32_t)n, 4);
    buf_add(b, p, n);
}

static void say_data(int fd, const struct buf *bytes, size_t frame)
{
    for (size_t at = 0; at < bytes->len; at += frame) {
        struct buf b = {0};
        size_t n = bytes->len - at < frame ? bytes->len - at : frame;
        put_frame(&b, 0, 0, 1, bytes->data + at, n);
        say_bytes(fd, &b);
        buf_free(&b);
    }
}

/* -- the client's side */

typedef void scene(int fd, const char *hex);

struct outcome {
    int result;
    struct grpc_status status;
    struct error e;
    /* each in brackets */
    struct buf messages;
    unsigned count;
    /* the message that is refused; 0: none */
    unsigned refused;
};

static int on_message(void *arg, struct span message, struct buf *whole)
{
    (void)whole;
    struct outcome *o = arg;
    o->messages.max = (size_t)20 << 20;
    buf_char(&o->messages, '[');
    buf_add(&o->messages, message.p, message.n);
    buf_char(&o->messages, ']');
    return ++o->count == o->refused;
}

static void call(struct outcome *o, scene *play, const char *hex, struct span request, uint32_t deadline_ms,
                 int stop_fd)
{
    const struct grpc_target target = {.socket = path, .stop_fd = stop_fd};
    struct grpc_call what = {
        .method = METHOD, .role = "os:reader", .request = request, .receiver = on_message, .arg = o};
    own_deadline_ms = deadline_ms;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(100);
        int fd = accept(listener, NULL, NULL);
        must(fd >= 0, "nobody calls");
        play(fd, hex);
        _exit(0);
    }
    buf_str(&o->messages, "");
    unsigned which;
    o->result = grpc_invoke(&target, &what, 1, deadline_ms, &which, &o->e);
    assert_int_equal(which, o->result == 0);
    o->status = what.status;
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static void quick(struct outcome *o, scene *play, const char *hex)
{
    call(o, play, hex, (struct span){(const unsigned char *)"hello", 5}, LONG_MS, -1);
}

static void forget(struct outcome *o)
{
    grpc_status_free(&o->status);
    buf_free(&o->messages);
}

/* Hears the request, says the bytes, and stays until the client leaves. */
static void answer(int fd, const char *hex)
{
    struct buf message = {0};
    hear_request(fd, &message);
    buf_free(&message);
    say(fd, hex);
    wait_for_end(fd);
}

static void answers_and_leaves(int fd, const char *hex)
{
    struct buf message = {0};
    hear_request(fd, &message);
    buf_free(&message);
    say(fd, hex);
}

static void says_at_once(int fd, const char *hex)
{
    say(fd, hex);
    wait_for_end(fd);
}

static void answered(const char *hex, int code, const char *messages, const char *text)
{
    struct outcome o = {0};
    quick(&o, answer, hex);
    if (o.result != 0)
        fail_msg("%s: %s", hex, o.e.text);
    assert_int_equal(o.status.code, code);
    assert_string_equal(o.messages.data, messages);
    assert_string_equal(o.status.text.len ? o.status.text.data : "", text);
    forget(&o);
}

static void failed(scene *play, const char *hex, enum error_code code, const char *words)
{
    struct outcome o = {0};
    quick(&o, play, hex);
    if (o.result != -1 || o.e.code != code || !strstr(o.e.text, words))
        fail_msg("%s: %d, %s: %s", hex, o.result, error_info(o.e.code).slug, o.e.text);
    assert_int_equal(o.status.text.len, 0);
    forget(&o);
}

static void one_message(void **state)
{
    (void)state;
    answered(HEADER "000008 00 00 00000001 00 00000003 616263" TRAILERS, GRPC_OK, "[abc]", "");
    answered(HEADER "000005 00 00 00000001 00 00000000" TRAILERS, GRPC_OK, "[]", "");
    answered(HEADER TRAILERS, GRPC_OK, "", "");
}

static void messages_and_frames_do_not_align(void **state)
{
    (void)state;
    /* Two and the head of a third; its body in two pieces, with an empty frame and a padded one. */
    answered(HEADER "00000f 00 00 00000001 00 00000003 616263 00 00000000 00 00"
                    "000004 00 00 00000001 00000264"
                    "000000 00 00 00000001"
                    "000003 00 08 00000001 01 65 00" TRAILERS,
             GRPC_OK, "[abc][][de]", "");
}

static void stream_of_many(int fd, const char *hex)
{
    struct buf message = {0};
    struct buf all = {.max = (size_t)20 << 20};
    hear_request(fd, &message);
    char text[16];
    for (int i = 0; i < 1000; i++)
        put_message(&all, text, (size_t)snprintf(text, sizeof text, "%d", i));
    say(fd, HEADER);
    say_data(fd, &all, 7);
    say(fd, hex);
    wait_for_end(fd);
}

static void a_stream_of_messages(void **state)
{
    (void)state;
    struct outcome o = {0};
    quick(&o, stream_of_many, TRAILERS);
    assert_int_equal(o.result, 0);
    assert_int_equal(o.count, 1000);
    assert_memory_equal(o.messages.data, "[0][1][2][3]", 12);
    assert_memory_equal(o.messages.data + o.messages.len - 10, "[998][999]", 10);
    forget(&o);
}

static void echo(int fd, const char *hex)
{
    struct buf message = {0};
    struct buf all = {.max = (size_t)20 << 20};
    hear_request(fd, &message);
    put_message(&all, message.data, message.len);
    say(fd, HEADER);
    say_data(fd, &all, 16384);
    say(fd, hex);
    wait_for_end(fd);
}

static void silent_until_the_end(int fd, const char *hex)
{
    struct buf message = {0};
    hear(fd, true, &message);
    must(message.len == 4000000, "a short request");
    buf_free(&message);
    say(fd, hex);
    wait_for_end(fd);
}

static void a_large_request_to_a_silent_server(void **state)
{
    (void)state;
    static unsigned char request[4000000];
    struct outcome o = {0};
    call(&o, silent_until_the_end, ONLY(0), (struct span){request, sizeof request}, LONG_MS, -1);
    assert_int_equal(o.result, 0);
    assert_int_equal(o.status.code, GRPC_OK);
    forget(&o);
}

static void the_largest_there_and_back(void **state)
{
    (void)state;
    size_t n = GRPC_MESSAGE_MAX;
    unsigned char *request = malloc(n + 2);
    assert_non_null(request);
    for (size_t i = 0; i < n + 2; i++)
        request[i] = (unsigned char)(i * 2654435761u >> 13);
    struct outcome o = {0};
    call(&o, echo, TRAILERS, (struct span){request, n}, LONG_MS, -1);
    assert_int_equal(o.result, 0);
    assert_int_equal(o.messages.len, n + 2);
    assert_memory_equal(o.messages.data + 1, request, n);
    forget(&o);
    /* One byte more goes there, but not back. */
    o = (struct outcome){0};
    call(&o, echo, TRAILERS, (struct span){request, n + 1}, LONG_MS, -1);
    assert_int_equal(o.result, -1);
    assert_int_equal(o.e.code, E_MACHINED_MALFORMED);
    assert_non_null(strstr(o.e.text, "larger than 17 MiB"));
    forget(&o);
    free(request);
}

static void trailers_only(void **state)
{
    (void)state;
    answered(ONLY(5), GRPC_NOT_FOUND, "", "");
    /* grpc-message: a%0Ab%zz%C3%a4%4 */
    answered("000042 01 05 00000001 88 0f1010 6170706c69636174696f6e2f67727063" STATUS(
                 3) "00 0c 677270632d6d657373616765 10 61253041 62257a7a 25433325 61342534",
             GRPC_INVALID_ARGUMENT, "", "a\nb%zz\xc3\xa4%4");
}

static void long_text(int fd, const char *hex)
{
    struct buf message = {0};
    hear_request(fd, &message);
    struct buf block = {0};
    put_hex(&block, hex);
    for (int i = 0; i < 60000; i++)
        buf_char(&block, 'v');
    struct buf frames = {0};
    for (size_t at = 0; at < block.len; at += 16384) {
        size_t n = block.len - at < 16384 ? block.len - at : 16384;
        put_frame(&frames, at ? 9 : 1, (at ? 0u : 1u) | (at + n == block.len ? 4u : 0u), 1, block.data + at,
                  n);
    }
    say_bytes(fd, &frames);
    wait_for_end(fd);
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    struct outcome o = {0};
    quick(&o, long_text, "88" STATUS(3) "00 0c 677270632d6d657373616765 7fe1d303");
    assert_int_equal(o.result, 0);
    assert_int_equal(o.status.code, GRPC_INVALID_ARGUMENT);
    assert_int_equal(o.status.text.len, GRPC_TEXT_MAX);
    forget(&o);
}

/* Does not want the request: says so while it is still coming. */
static void not_interested(int fd, const char *hex)
{
    say(fd, "000000 04 00 00000000");
    say(fd, hex);
    wait_for_end(fd);
}

static void a_reset_after_the_trailers_is_no_error(void **state)
{
    (void)state;
    struct outcome o = {0};
    static unsigned char request[1000000];
    call(&o, not_interested, ONLY(8) "000004 03 00 00000001 00000000", (struct span){request, sizeof request},
         LONG_MS, -1);
    assert_int_equal(o.result, 0);
    assert_int_equal(o.status.code, 8);
    forget(&o);
}

/* Closes its ear first, asks for an answer that it cannot hear, and speaks on. */
static void deaf(int fd, const char *hex)
{
    say(fd, "000000 04 00 00000000");
    shutdown(fd, SHUT_RD);
    say(fd, "000008 06 00 00000000 0000000000000000");
    usleep(50000);
    say(fd, hex);
}

static void a_deaf_server_may_answer(void **state)
{
    (void)state;
    struct outcome o = {0};
    quick(&o, deaf, ONLY(8));
    assert_int_equal(o.result, 0);
    assert_int_equal(o.status.code, 8);
    forget(&o);
}

static void a_receiver_that_refuses(void **state)
{
    (void)state;
    struct outcome o = {.refused = 2};
    /* What comes after it is not looked at. */
    quick(&o, answer,
          HEADER "000012 00 00 00000001 0000000001 61 0000000001 62 0000000001 63 ffffffffffffffffff");
    assert_int_equal(o.result, -1);
    assert_int_equal(o.e.code, E_MACHINED_MALFORMED);
    assert_non_null(strstr(o.e.text, METHOD ": the answer is not a message of that kind"));
    assert_string_equal(o.messages.data, "[a][b]");
    forget(&o);
}

static void what_is_no_grpc(void **state)
{
    (void)state;
    failed(answer, HEADER "000005 00 00 00000001 01 00000000", E_MACHINED_MALFORMED, "compressed");
    failed(answer, HEADER "000005 00 00 00000001 00 01100001", E_MACHINED_MALFORMED, "larger than 17 MiB");
    failed(answer, HEADER "000006 00 00 00000001 00 00000003 61" TRAILERS, E_MACHINED_MALFORMED,
           "inside a message");
    failed(answer, HEADER "000003 00 00 00000001 00 0000" TRAILERS, E_MACHINED_MALFORMED, "inside a message");
    failed(answer, HEADER "000005 00 01 00000001 00 00000000", E_MACHINED_MALFORMED, "no status");
    failed(answer, HEADER "000000 01 05 00000001", E_MACHINED_MALFORMED, "no status");
    /* A status counts at the end, not in a header that something follows. */
    failed(
        answer,
        "000023 01 04 00000001 88 0f1010 6170706c69636174696f6e2f67727063" STATUS(0) "000000 00 01 00000001",
        E_MACHINED_MALFORMED, "no status");
    failed(answer, "000001 01 05 00000001 88", E_MACHINED_MALFORMED, "not gRPC");
    failed(answer, "000001 01 04 00000001 8d 000001 00 01 00000001 61", E_MACHINED_MALFORMED,
           "not gRPC (HTTP 404)");
    failed(answer, "00000d 01 04 00000001 88 0f1009 746578742f68746d6c 000001 00 01 00000001 61",
           E_MACHINED_MALFORMED, "not gRPC");
    failed(answer, HEADER "00000f 01 05 00000001 00 0b 677270632d737461747573 01 78", E_MACHINED_MALFORMED,
           "no number");
    failed(answer, HEADER "00000e 01 05 00000001 00 0b 677270632d737461747573 00", E_MACHINED_MALFORMED,
           "no number");
    failed(answer, HEADER "000011 01 05 00000001 00 0b 677270632d737461747573 03 313030",
           E_MACHINED_MALFORMED, "no number");
}

static void peers_that_end_it(void **state)
{
    (void)state;
    failed(answer, "000004 03 00 00000001 00000007", E_MACHINED_LOST, "reset the call (HTTP/2 error 7)");
    failed(answer, HEADER "000004 03 00 00000001 00000000", E_MACHINED_LOST, "reset the call");
    /* A goodbye that leaves our request out ends the call, though the connection stays. */
    failed(answer, "000008 07 00 00000000 00000000 0000000b", E_MACHINED_LOST,
           "turned away the call (HTTP/2 error 11)");
    failed(answers_and_leaves, "000008 07 00 00000000 00000001 00000000", E_MACHINED_LOST,
           "after saying goodbye");
    failed(answers_and_leaves, "", E_MACHINED_LOST, "closed the connection");
    failed(answers_and_leaves, HEADER "000008 00 00 00000001 00 0000", E_MACHINED_LOST,
           "closed the connection");
    answered("000008 07 00 00000000 00000001 00000000" HEADER TRAILERS, GRPC_OK, "", "");
}

/* The connection stays: only what was said can end the call. */
static void peers_that_speak_something_else(void **state)
{
    (void)state;
    failed(says_at_once, "485454502f312e3120343030204261642052657175657374", E_MACHINED_MALFORMED,
           "not HTTP/2");
    failed(says_at_once, "32", E_MACHINED_MALFORMED, "not HTTP/2");
    failed(says_at_once, "000000 04 00 00000000 000000 00 00 00000003", E_MACHINED_MALFORMED, "stream");
}

static void listens_for_a_goodbye(int fd, const char *hex)
{
    static const unsigned char goodbye[] = {0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    say(fd, hex);
    struct buf last = {0};
    hear_end(fd, &last);
    must(last.len > sizeof goodbye, "nothing was said");
    must(memcmp(last.data + last.len - sizeof goodbye, goodbye, sizeof goodbye) == 0, "no goodbye");
}

static void what_is_wrong_is_told_to_the_peer(void **state)
{
    (void)state;
    failed(listens_for_a_goodbye, "000000 04 00 00000000 000005 05 04 00000001 00000002 88",
           E_MACHINED_MALFORMED, "stream");
}

static void deadlines(void **state)
{
    (void)state;
    struct outcome o = {0};
    call(&o, not_interested, HEADER, (struct span){NULL, 0}, 200, -1);
    assert_int_equal(o.result, -1);
    assert_int_equal(o.e.code, E_MACHINED_SILENT);
    assert_non_null(strstr(o.e.text, METHOD ": no answer in 200 ms"));
    forget(&o);
    /* Nor does a peer that does not even read hold it up. */
    static unsigned char request[4000000];
    o = (struct outcome){0};
    call(&o, not_interested, "000006 04 00 00000000 0004 7fffffff 000004 08 00 00000000 7fff0000",
         (struct span){request, sizeof request}, 200, -1);
    assert_int_equal(o.e.code, E_MACHINED_SILENT);
    forget(&o);
}

static void told_to_stop(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct outcome o = {0};
    call(&o, says_at_once, "", (struct span){NULL, 0}, LONG_MS, ends[0]);
    assert_int_equal(o.result, -1);
    assert_int_equal(o.e.code, E_STOPPED);
    forget(&o);
    close(ends[0]);
    close(ends[1]);
}

static void nobody_listens(void **state)
{
    (void)state;
    char nowhere[128];
    struct grpc_target target = {.socket = nowhere, .stop_fd = -1};
    struct grpc_call what = {.method = METHOD, .role = "os:reader", .receiver = on_message};
    snprintf(nowhere, sizeof nowhere, "%s/nowhere", dir);
    struct outcome o = {0};
    unsigned which;
    assert_int_equal(grpc_invoke(&target, &what, 1, LONG_MS, &which, &o.e), -1);
    assert_int_equal(o.e.code, E_MACHINED_SOCKET);
    assert_non_null(strstr(o.e.text, nowhere));
    memset(nowhere, 'x', sizeof nowhere - 1);
    assert_int_equal(grpc_invoke(&target, &what, 1, LONG_MS, &which, &o.e), -1);
    assert_int_equal(o.e.code, E_MACHINED_SOCKET);
    forget(&o);
}

/* A machined that is stuck takes nobody any more: its queue fills, and to wait in it could not be ended. */
static void nobody_accepts(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct grpc_target target = {.socket = path, .stop_fd = -1};
    struct grpc_call what = {.method = METHOD, .role = "os:reader", .receiver = on_message};
    memcpy(address.sun_path, path, strlen(path));
    int queue[16];
    size_t waiting = 0;
    for (bool taken = true; taken && waiting < 16; waiting++) {
        queue[waiting] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        taken = connect(queue[waiting], (const struct sockaddr *)&address, sizeof address) == 0;
    }
    assert_true(waiting < 16);
    struct outcome o = {0};
    unsigned which;
    assert_int_equal(grpc_invoke(&target, &what, 1, LONG_MS, &which, &o.e), -1);
    assert_int_equal(o.e.code, E_MACHINED_SOCKET);
    while (waiting > 0)
        close(queue[--waiting]);
    forget(&o);
}

static int set_up(void **state)
{
    (void)state;
    alarm(120);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/socket", dir);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 5), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(listener);
    unlink(path);
    rmdir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_message),
        cmocka_unit_test(messages_and_frames_do_not_align),
        cmocka_unit_test(a_stream_of_messages),
        cmocka_unit_test(a_large_request_to_a_silent_server),
        cmocka_unit_test(the_largest_there_and_back),
        cmocka_unit_test(trailers_only),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(a_reset_after_the_trailers_is_no_error),
        cmocka_unit_test(a_deaf_server_may_answer),
        cmocka_unit_test(a_receiver_that_refuses),
        cmocka_unit_test(what_is_no_grpc),
        cmocka_unit_test(peers_that_end_it),
        cmocka_unit_test(peers_that_speak_something_else),
        cmocka_unit_test(what_is_wrong_is_told_to_the_peer),
        cmocka_unit_test(deadlines),
        cmocka_unit_test(told_to_stop),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(nobody_accepts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
