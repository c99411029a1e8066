/*
 * stream.h - the bytes of a descriptor one by one, for files that are larger than what is kept of them.
 */
#ifndef HEARTH_BASE_STREAM_H
#define HEARTH_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set fd and zero the rest. */
struct stream {
    /* borrowed */
    int fd;
    unsigned char bytes[8192];
    size_t at;
    size_t have;
    /* bytes that were handed out */
    uint64_t taken;
    /* the end was passed, or reading failed */
    bool bad;
};

/* The next byte; 0, and bad, when there is none. */
unsigned char stream_next(struct stream *s);
/* Passes over n bytes. */
void stream_skip(struct stream *s, uint64_t n);

#endif
