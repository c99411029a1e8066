#include "embed/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

/* The one file of the stream: the head that assets.h describes, and the words. */
#define NAME "words.bin"
static struct {
    unsigned char head[2 + 4 + sizeof NAME - 1];
    struct words all;
} file;

/* zlib's state, the only thing that it asks for when a stream is read in one step: 7 KiB, and room. */
static _Alignas(max_align_t) unsigned char state[12 << 10];

static void *state_take(void *used, unsigned items, unsigned size)
{
    size_t *at = used;
    size_t want = ((size_t)items * size + 15) & ~(size_t)15;
    if (want > sizeof state - *at)
        return NULL;
    *at += want;
    return state + *at - want;
}

static void state_leave(void *used, void *p)
{
    (void)used;
    (void)p;
}

const struct words *words_get(void)
{
    static bool done;
    if (done)
        return &file.all;
    done = true;
    size_t used = 0;
    z_stream z = {.zalloc = state_take, .zfree = state_leave, .opaque = &used};
    z.next_in = words_blob;
    z.avail_in = (uInt)words_blob_size;
    z.next_out = (unsigned char *)&file;
    z.avail_out = sizeof file;
    if (inflateInit(&z) != Z_OK || inflate(&z, Z_FINISH) != Z_STREAM_END || z.avail_out)
        file.all = (struct words){0};
    return &file.all;
}
