/*
 * hpack.h - header compression of HTTP/2.
 *
 * Pure. The encoder writes only what needs no state: indexes of the static table and literals that are not indexed,
 * without Huffman. The decoder is whole: both tables, every form of a field, Huffman. Its dynamic table has the size a
 * connection begins with, so h2 announces none: a peer that was told 0 may still use 4096 until it has read that, and a
 * decoder must then know both answers.
 *
 * Source: RFC 7541; the Huffman code of its appendix B is canonical, so that the lengths give the codes.
 */
#ifndef HEARTH_TALOS_HPACK_H
#define HEARTH_TALOS_HPACK_H

#include "base/buf.h"
#include "base/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HPACK_TABLE_MAX 4096 /* bytes, counted as RFC 7541 section 4.1 does */
#define HPACK_ENTRY 32       /* bytes that an entry or a field counts beside its name and value */
#define HPACK_LIST_MAX ((size_t)128 << 10) /* bytes of all fields of one block, decoded and counted so */

/* The decoder of a connection. Zeroed, then hpack_init(); holds nothing that must be freed. */
struct hpack {
    /* what the peer has set, at most HPACK_TABLE_MAX */
    size_t max;
    /* of bytes */
    size_t used;
    unsigned count;
    /* lengths, the oldest first */
    struct {
        uint16_t name;
        uint16_t value;
    } entries[HPACK_TABLE_MAX / HPACK_ENTRY];
    /* names and values, the oldest first */
    unsigned char bytes[HPACK_TABLE_MAX];
};

void hpack_init(struct hpack *h);

/* One field; the spans live until it returns. False ends the decoding. */
typedef bool hpack_field(void *arg, struct span name, struct span value);

/* Decodes a whole block. False when it is malformed, longer than HPACK_LIST_MAX, or refused by `field`: the decoder is
 * of no use any more then. Names and values are not looked at. */
bool hpack_decode(struct hpack *h, struct span block, hpack_field *field, void *arg);

/* Appends one field. */
void hpack_encode(struct buf *b, const char *name, const char *value);

#endif
