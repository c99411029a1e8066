/* A hostile machined behind the socket itself: whatever it sends, the call ends, with a status or a reason. The first
 * byte says how many calls there are, and whether the other side ends behind its bytes or stays silent, which takes the
 * deadline. */
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
    require(message.n <= GRPC_MESSAGE_MAX && arg);
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
    struct grpc_call calls[3];
    unsigned count = 1 + data[0] / 32 % 3;
    for (unsigned i = 0; i < count; i++)
        calls[i] = (struct grpc_call){.method = "/machine.MachineService/Version",
                                      .role = "os:reader",
                                      .request = {body, data[0] & 16 ? sizeof body : 5},
                                      .receiver = receive,
                                      .arg = &target};
    received = 0;
    struct error e = {0};
    unsigned failed;
    int result = grpc_invoke(&target, calls, count, 20, &failed, &e);
    require(result == 0 ? e.code == E_NONE && failed == count
                        : e.code != E_NONE && e.text[0] && failed < count);
    for (unsigned i = 0; i < count; i++) {
        require(result == 0 ? calls[i].status.code >= 0 && calls[i].status.text.len <= GRPC_TEXT_MAX
                            : !calls[i].status.text.data);
        grpc_status_free(&calls[i].status);
    }
    require(received <= size);
    close(ends[1]);
    return 0;
}
