/*
 * der.h - the Distinguished Encoding Rules (X.690) on a checked reader, as far as keys and certificates need them.
 *
 * Lengths of at most three bytes, tags of one. What is malformed sets the reader's `bad`.
 */
#ifndef HEARTH_BASE_DER_H
#define HEARTH_BASE_DER_H

#include "base/buf.h"
#include "base/reader.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BITS = 0x03,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};

/* The next element: its content, and its tag as the result; 0 and bad when there is none or it is malformed. */
uint8_t der_next(struct reader *r, struct span *content);
/* A reader of the content of the next element, which must have this tag; bad, like r, when it has not. */
struct reader der_enter(struct reader *r, uint8_t tag);
/* Whether the next element has this tag; it is not taken. */
bool der_at(const struct reader *r, uint8_t tag);
/* An INTEGER above zero, without leading zeros; empty, and r bad, when it is something else. */
struct span der_number(struct reader *r);

/* The other way: what stands in b from `start` on becomes the content of one element, of at most 65535 bytes. */
void der_wrap(struct buf *b, size_t start, uint8_t tag);

#endif
