/* A hostile machined behind the socket itself: whatever it sends, the call ends, with a status or a reason. The first
 * byte says whether the other side ends behind its bytes or stays silent, which takes the deadline. */
#define _GNU_SOURCE
#include "talos/grpc.h"

#include "require.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Linked with --wrap=socket and --wrap=connect. */
int __wrap_socket(int family, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t n);

static int near_end;

int __wrap_socket(int family, int type, int protocol)
{
    (void)protocol;
    require(family == AF_UNIX && type & SOCK_NONBLOCK);
    return near_end;
}

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t n)
{
    require(fd == near_end && to->sa_family == AF_UNIX && n > 0);
    return 0;
}

static size_t received;

static int receive(void *arg, struct span message, struct buf *whole)
{
    (void)whole;
    (void)arg;
    require(message.n <= GRPC_MESSAGE_MAX);
    received += message.n;
    return message.n == 7;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char body[40000];
    int ends[2], room = 1 << 20;
    if (size < 1 || size > 100000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    near_end = ends[0];
    require(fcntl(near_end, F_SETFL, O_NONBLOCK) == 0 &&
            setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0 &&
            setsockopt(near_end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
    require(send(ends[1], data + 1, size - 1, MSG_DONTWAIT) >= 0 || size == 1);
    if (data[0] % 8)
        shutdown(ends[1], SHUT_WR);
    struct grpc_target target = {.socket = "/run/machine.sock", .stop_fd = -1};
    struct grpc_call call = {.method = "/machine.MachineService/Version",
                             .role = "os:reader",
                             .request = {body, data[0] & 16 ? sizeof body : 5},
                             .deadline_ms = 20};
    received = 0;
    struct grpc_status status = {0};
    struct error e = {0};
    int result = grpc_invoke(&target, &call, receive, NULL, &status, &e);
    require(result == 0 ? e.code == E_NONE && status.code >= 0 && status.text.len <= GRPC_TEXT_MAX
                        : e.code != E_NONE && e.text[0]);
    require(received <= size);
    grpc_status_free(&status);
    close(ends[1]);
    return 0;
}
