#include "base/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/* The section's ends; the linker's. */
extern const char __start_hearth_words[] __attribute__((visibility("hidden")));
extern const char __stop_hearth_words[] __attribute__((visibility("hidden")));

/* What embed/words.c leaves of it: a byte that begins no text, the bytes of the zlib stream, the stream. */
#define PACKED 0xff
#define PACKED_HEAD 4

/* Touched when the first sentence is said. No heap: that it is used up is a sentence too. */
static char unpacked[128 << 10];
static unsigned char work[16 << 10] __attribute__((aligned(16)));

static void *take(void *used, uInt items, uInt size)
{
    size_t *at = used, n = ((size_t)items * size + 15) & ~(size_t)15;
    if (n > sizeof work - *at)
        return NULL;
    *at += n;
    return work + *at - n;
}

static void leave(void *used, void *p)
{
    (void)used;
    (void)p;
}

static bool unpack(const unsigned char *packed)
{
    size_t used = 0;
    z_stream z = {.next_in = packed + PACKED_HEAD,
                  .avail_in = (uInt)packed[1] | (uInt)packed[2] << 8 | (uInt)packed[3] << 16,
                  .next_out = (unsigned char *)unpacked,
                  .avail_out = sizeof unpacked,
                  .zalloc = take,
                  .zfree = leave,
                  .opaque = &used};
    return inflateInit(&z) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END;
}

const char *words_text(const char *text)
{
    const unsigned char *packed = (const unsigned char *)__start_hearth_words;
    if (text < __start_hearth_words || text >= __stop_hearth_words || *packed != PACKED)
        return text;
    static bool tried, there;
    if (!tried) {
        tried = true;
        there = unpack(packed);
    }
    return there ? unpacked + (text - __start_hearth_words)
                 : "this program is damaged: its words cannot be unpacked";
}
