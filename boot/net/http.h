/*
 * http.h - one HTTP/1.1 response at a time, from bytes that arrive in any pieces.
 *
 * Pure. RFC 9112, strictly: CRLF only, no folded lines, no NUL or control characters in a field, either
 * Content-Length (identical repetitions are one) or "Transfer-Encoding: chunked" and not both. Interim (1xx) responses
 * are skipped, trailers are read and dropped. Redirects are only a status to it. It keeps the few fields that this room
 * looks at; the rest is checked and dropped.
 */
#ifndef HEARTH_NET_HTTP_H
#define HEARTH_NET_HTTP_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_LINE_MAX 8192  /* bytes of one line without its CRLF */
#define HTTP_HEAD_MAX 32768 /* bytes of a header block; trailers and chunk heads have the same again */
#define HTTP_BODY_MAX ((size_t)262144) /* a 25 KB value grows sixfold when every byte is a JSON escape */
#define HTTP_INTERIM_MAX 8
#define HTTP_CHALLENGE_MAX 2048
#define HTTP_RETRY_AFTER_MAX_MS 3600000u

enum http_state {
    HTTP_STATUS,
    HTTP_FIELDS,
    HTTP_BODY,
    HTTP_CHUNK,
    HTTP_CHUNK_END,
    HTTP_TRAILERS,
    HTTP_DONE,
    HTTP_BAD
};

struct http {
    enum http_state state;
    /* seconds since 1970, for a Retry-After that is a date */
    int64_t now;
    struct buf line;
    size_t head_bytes;
    unsigned interim;
    /* of the body or the chunk */
    uint64_t remaining;
    /* the body ends with the connection */
    bool until_close;

    /* 100-599 */
    int status;
    bool keep_alive;
    bool has_length;
    uint64_t length;
    bool chunked;
    bool has_retry_after;
    /* at most HTTP_RETRY_AFTER_MAX_MS */
    uint32_t retry_after_ms;
    /* cut */
    char content_type[128];
    /* Content-Encoding names something: the body is not what it seems */
    bool encoded;
    /* WWW-Authenticate; the fields of several joined with ", " */
    struct buf challenge;
    struct buf body;

    /* with HTTP_BAD: E_HTTP_MALFORMED or E_HTTP_TOO_LARGE */
    enum error_code code;
    /* static text */
    const char *why;
};

/* Ready for a response. A struct that was used before must have been freed. */
void http_init(struct http *h, int64_t now);
void http_free(struct http *h);

/* Takes bytes up to the end of this response and returns how many it took; looks at nothing after HTTP_DONE
 * or HTTP_BAD. */
size_t http_feed(struct http *h, const void *p, size_t n);

/* The connection has ended in order: completes a body that is delimited by that. True when the response is
 * whole. */
bool http_end(struct http *h);

/* True once the first byte of a response was taken. */
bool http_begun(const struct http *h);

/* Fills e from HTTP_BAD. Always -1. */
int http_error(const struct http *h, struct error *e);

#endif
