/*
 * grpc.h - gRPC calls to machined over its unix socket.
 *
 * Unary and server-streaming are the same thing here. Calls have a connection of their own, unless their target has a
 * line: what is asked in a row goes over one connection then, which is hung up before hearth waits for anything else.
 * Calls end when the server has sent their status, when the deadline passes, when a message is refused by a receiver,
 * or when `stop_fd` becomes readable. Nothing is retried: the caller knows whether a call may be sent twice.
 *
 * HTTP/2 is our own (h2.h): a call is one stream on a local socket, which is a small part of what a general library
 * brings, and the program's budget of bytes has no room for the rest. This file is the socket and the clock around it.
 *
 * Source: gRPC over HTTP/2 (PROTOCOL-HTTP2.md of grpc/grpc), RFC 9113.
 */
#ifndef HEARTH_TALOS_GRPC_H
#define HEARTH_TALOS_GRPC_H

#include "base/buf.h"
#include "base/error.h"
#include "base/reader.h"
#include "talos/h2.h"

#include <stdint.h>

#define GRPC_MESSAGE_MAX ((size_t)17 << 20) /* bytes of one that is received: a config of 8 MiB twice */
#define GRPC_TEXT_MAX ((size_t)48 << 10)    /* bytes of a status message that are kept */

/* The status codes of the protocol that hearth tells apart. */
enum grpc_code {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
};

/* A connection for several grpc_invoke(), one after the other. */
struct grpc_line {
    /* -1: there is none */
    int fd;
    struct h2 h2;
};

/* Closes it, if there is one. */
void grpc_hang_up(struct grpc_line *line);

struct grpc_target {
    /* path of the unix socket */
    const char *socket;
    /* readable: stop; -1: none */
    int stop_fd;
    /* NULL, or what the server's words are said without: see refusal_hide() */
    const struct buf *hidden;
    /* NULL, or what calls are made over: the first opens it; one that fails, or is over before its answer, hangs up */
    struct grpc_line *line;
};

/* A message has arrived; it lives until the receiver returns. `whole` is what it lies in: the receiver may take that
 * block, and leaves the buffer without data then; bytes behind the message end the call as malformed. Nonzero: it is
 * not what it should be, and the call ends as malformed. */
typedef int grpc_receiver(void *arg, struct span message, struct buf *whole);

/* What the server answered. text is percent-decoded and not cleaned; grpc_status_free() wipes it. */
struct grpc_status {
    /* enum grpc_code, or another of the protocol's 0-16 */
    int code;
    struct buf text;
};
void grpc_status_free(struct grpc_status *status);

/* A call: method "/machine.MachineService/Version", role "os:reader". request is the encoded message. */
struct grpc_call {
    const char *method;
    const char *role;
    struct span request;
    /* in front of it in the same message: what a large field needs that is sent from where it lies */
    struct span head;
    grpc_receiver *receiver;
    void *arg;
    /* filled */
    struct grpc_status status;
};

#define GRPC_CALLS_MAX 10 /* at a time */

/*
 * Makes the calls, beside one another as far as the server lets, and waits. 0 when it sent a status for each, whichever
 * it is. -1, *failed and e when there is one without, and no status is left: E_MACHINED_SOCKET (nobody listens, or
 * accepts any more), E_MACHINED_LOST (closed, reset, turned away by a GOAWAY), E_MACHINED_SILENT (deadline, of all
 * together), E_MACHINED_MALFORMED (not HTTP/2; a frame, header or message that cannot be), E_STOPPED.
 */
int grpc_invoke(const struct grpc_target *target, struct grpc_call *calls, unsigned count,
                uint32_t deadline_ms, unsigned *failed, struct error *e);

#endif
