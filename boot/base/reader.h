/*
 * reader.h - the one way to take apart bytes from outside.
 *
 * A reader never goes past its end: a getter that would returns 0 (or an empty span) and sets
 * `bad`, which stays set. Callers read a whole structure and check `bad` once.
 */
#ifndef HEARTH_BASE_READER_H
#define HEARTH_BASE_READER_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const unsigned char *p;
    /* bytes left */
    size_t n;
    bool bad;
};

struct reader reader_of(const void *p, size_t n);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16le(struct reader *r);
uint32_t reader_u32le(struct reader *r);
uint64_t reader_u64le(struct reader *r);
uint16_t reader_u16be(struct reader *r);
uint32_t reader_u32be(struct reader *r);
/* The next n bytes, not copied. */
struct span reader_take(struct reader *r, size_t n);
void reader_skip(struct reader *r, size_t n);
/* The bytes before the next `end` byte, which is eaten too; bad when there is none. */
struct span reader_until(struct reader *r, unsigned char end);

#endif
