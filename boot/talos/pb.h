/*
 * pb.h - the few protobuf messages we speak, from tables.
 *
 * A table names the fields of one message that hearth looks at; everything else is skipped by its wire type.
 * Malformed input (truncated, overlong varints, groups, field number 0, a known field with another wire type, text that
 * is no UTF-8) is refused whole. proto3: absent fields are zero, the last value of a field that is not repeated wins.
 *
 * Source of the format: protobuf.dev, Encoding. Field numbers come from the .proto files of Talos and of the COSI
 * runtime.
 */
#ifndef HEARTH_TALOS_PB_H
#define HEARTH_TALOS_PB_H

#include "base/buf.h"
#include "base/mem.h"
#include "base/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PB_REPEATED_MAX 512 /* elements of one repeated field */

enum pb_kind {
    PB_UINT64, /* uint64_t; also bool, enum and int32 on the wire */
    PB_BOOL,   /* bool */
    PB_TEXT,   /* struct span, checked UTF-8 */
    PB_BYTES,  /* struct span: bytes, or a nested message that is decoded by its own table */
    PB_LIST,   /* struct pb_list of spans: repeated bytes, text or messages */
};

struct pb_list {
    /* in the pool */
    const struct span *items;
    unsigned count;
};

struct pb_field {
    uint32_t number;
    enum pb_kind kind;
    /* into the struct that is filled */
    size_t offset;
};

/* Decodes a message into `out`, which the caller has zeroed. Spans point into the input. Lists live in the pool.
 * False when the input is malformed or a list is longer than PB_REPEATED_MAX. */
bool pb_decode(struct pool *pool, const struct pb_field *fields, size_t count, struct span message,
               void *out);

/* Appends a field; nothing for a zero value, as proto3 has it. */
void pb_put_uint(struct buf *b, uint32_t number, uint64_t value);
void pb_put_text(struct buf *b, uint32_t number, const char *text);
void pb_put_bytes(struct buf *b, uint32_t number, const void *p, size_t n);
/* The same for n bytes that follow in another place. */
void pb_put_length(struct buf *b, uint32_t number, size_t n);

#endif
