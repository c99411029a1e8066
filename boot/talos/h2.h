/*
 * h2.h - the client's side of one HTTP/2 connection.
 *
 * A step machine on buffers: bytes that came go in by h2_feed(), bytes to be sent are in `out`; sockets and clocks are
 * the caller's. It speaks with prior knowledge over a local socket: no TLS, no upgrade, no push and no priorities.
 * Streams may be open beside one another, as many as the peer lets, and their answers come in any order. What a
 * connection may carry is checked whole; what is malformed ends it, with a GOAWAY in `out`.
 *
 * Our own because a general library was a fifth of the program's budget of bytes, and of the protocol only this is
 * needed: a few requests to machined, whose answers are read at once.
 *
 * Source: RFC 9113. Header compression is hpack.h.
 */
#ifndef HEARTH_TALOS_H2_H
#define HEARTH_TALOS_H2_H

#include "base/buf.h"
#include "base/reader.h"
#include "talos/hpack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_FRAME_MAX 16384u             /* bytes of a payload, both ways */
#define H2_BLOCK_MAX ((size_t)64 << 10) /* bytes of one header block over all its frames */
#define H2_WINDOW (4u << 20) /* bytes that the peer may send ahead, of the stream and the connection */
#define H2_OUT_MAX ((size_t)256 << 10) /* bytes that wait to be sent */
#define H2_IDLE_MAX 4096u              /* frames in a row that bring no byte of the answer's body */

enum h2_state {
    H2_TURNED, /* the peer is going away and never looked at the request; before that, it was not asked */
    H2_OPEN,
    H2_ENDED, /* the answer is whole */
    H2_RESET, /* the peer gave the stream up */
    H2_BAD,   /* what came cannot be, and the connection with it; `why` says what */
};

/* Receives the answer. NULL: go on; else the static reason for which it is refused, and with it the connection. */
struct h2_receiver {
    void *arg;
    /* A field of the answer's header or trailers, checked; `last` when nothing follows the block. `:status` is not
     * among them. */
    const char *(*field)(void *arg, bool last, struct span name, struct span value);
    const char *(*data)(void *arg, struct span bytes);
};

/* A request and what is known of its answer; zero before it is asked. */
struct h2_stream {
    enum h2_state state;
    /* RFC 9113 section 7; with H2_RESET and H2_TURNED */
    uint32_t code;
    /* of the answer, 200-599; less before it */
    int status;

    /* What follows is h2.c's own. */
    struct h2_stream *next;
    const struct h2_receiver *receiver;
    struct span body[2];
    /* odd and growing */
    uint32_t id;
    /* our END_STREAM is in out */
    bool finished;
    /* bytes that we may send */
    int64_t send;
    /* bytes that came since our last WINDOW_UPDATE */
    uint32_t unsaid;
};

struct h2 {
    /* those that are H2_OPEN */
    unsigned open;
    /* that the peer lets be open at a time; 0 is not for long */
    uint32_t open_max;
    /* static; NULL: nothing is wrong with the connection */
    const char *why;
    /* a GOAWAY came: nothing more may be asked */
    bool going_away;
    /* the caller sends from the front and consumes it */
    struct buf out;

    /* What follows is h2.c's own. */
    /* since h2_ready() was asked last */
    struct h2_stream *streams;
    /* of the next request */
    uint32_t next_id;
    /* a frame that is not whole */
    struct buf in;
    /* a header block that is not whole */
    struct buf block;
    /* whose frame is looked at; NULL: the connection's */
    struct h2_stream *now;
    /* the peer's first SETTINGS came */
    bool greeted;
    /* the header in `in` is */
    bool judged;
    bool in_block;
    bool last_block;
    /* the stream of the header block that came last */
    uint32_t block_id;
    /* the peer's table became smaller, and the next header must say so (RFC 7541 section 4.2) */
    bool shrunk;
    /* what came behind the last answer's end, in one piece with it, was not looked at */
    bool behind;
    unsigned fields;
    unsigned idle;
    /* of the last GOAWAY */
    uint32_t last_stream;
    /* as of a stream, of all together */
    int64_t send;
    uint32_t unsaid;
    /* the peer's */
    int64_t initial_window;
    struct hpack hpack;
};

/* A field of the request, pseudo-fields first, names in lower case. */
struct h2_field {
    const char *name;
    const char *value;
};

/* Fills `h`, whatever it held, and puts the preface into out. */
void h2_start(struct h2 *h);

/* Puts the header of a request into out, and *stream among those that are open: while nothing is wrong and no goodbye
 * came. All fields together are below 8 KiB. The body is the two spans in a row; they and the receiver stay the
 * caller's and live as long as the state is H2_OPEN, and the stream until h2_ready(). */
void h2_ask(struct h2 *h, struct h2_stream *stream, const struct h2_receiver *receiver,
            const struct h2_field *fields, size_t count, struct span head, struct span body);

/* Forgets the streams: whether more may follow on the connection. All were sent whole and answered whole, and the peer
 * has not said goodbye. */
bool h2_ready(struct h2 *h);

/* Takes what came. Once no stream is open, or something is wrong, nothing more is looked at, and `out` may hold a last
 * word. */
void h2_feed(struct h2 *h, const void *p, size_t n);

/* Adds as much of the bodies to out as the peer's windows and a small out allow. */
void h2_fill(struct h2 *h);

/* Wipes and frees what h owns. */
void h2_free(struct h2 *h);

#endif
