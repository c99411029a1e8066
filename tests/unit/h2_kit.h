/* Bytes for the tests of HTTP/2: hex, frames, and a log of what was understood. */
#ifndef HEARTH_TESTS_H2_KIT_H
#define HEARTH_TESTS_H2_KIT_H

#include "base/buf.h"
#include "base/reader.h"

#include <stdint.h>
#include <string.h>

/* Appends what the hex digits say; blanks are skipped. */
__attribute__((unused)) static void put_hex(struct buf *b, const char *hex)
{
    static const char digits[] = "0123456789abcdef";
    int high = -1;
    for (; *hex; hex++) {
        const char *at = strchr(digits, *hex);
        if (!at)
            continue;
        int digit = (int)(at - digits);
        if (high >= 0)
            buf_char(b, (char)(high << 4 | digit));
        high = high >= 0 ? -1 : digit;
    }
}

__attribute__((unused)) static void put_number(struct buf *b, uint32_t v, unsigned bytes)
{
    while (bytes-- > 0)
        buf_char(b, (char)(v >> (8 * bytes)));
}

__attribute__((unused)) static void put_head(struct buf *b, size_t n, unsigned type, unsigned flags,
                                             uint32_t stream)
{
    put_number(b, (uint32_t)n, 3);
    put_number(b, type, 1);
    put_number(b, flags, 1);
    put_number(b, stream, 4);
}

__attribute__((unused)) static void put_frame(struct buf *b, unsigned type, unsigned flags, uint32_t stream,
                                              const void *p, size_t n)
{
    put_head(b, n, type, flags, stream);
    buf_add(b, p, n);
}

__attribute__((unused)) static void log_field(struct buf *b, struct span name, struct span value)
{
    buf_add(b, name.p, name.n);
    buf_str(b, ": ");
    buf_add(b, value.p, value.n);
    buf_char(b, '\n');
}

#endif
