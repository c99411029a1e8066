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
    int fd; /* borrowed */
    unsigned char bytes[8192];
    size_t at;
    size_t have;
    uint64_t taken; /* bytes that were handed out */
    bool bad;       /* the end was passed, or reading failed */
};

/* The next byte; 0, and bad, when there is none. */
unsigned char stream_next(struct stream *s);

#endif
