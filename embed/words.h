/*
 * words.h - what the codes of base/codes.h say: meaning and next step of each, packed at build time.
 *
 * They are a twentieth of the program and are read by a run that has something to say. The bytes of struct words
 * are packed like the example (assets.h), as one file; embed/mkwords.c writes them on the build host.
 */
#ifndef HEARTH_EMBED_WORDS_H
#define HEARTH_EMBED_WORDS_H

#include "base/codes.h"

#include <stddef.h>

/* Each string with its NUL, in the order of the tables; nothing but bytes, so that every host lays it alike. */
struct words {
#define X(id, slug, exit, retry, sentence, next) char sentence_##id[sizeof sentence], next_##id[sizeof next];
    ERROR_CODES(X)
#undef X
#define X(id, code, next) char next_##id[sizeof next];
    ERROR_ADVICE(X)
#undef X
};

/* Generated. */
extern const unsigned char words_blob[];
extern const size_t words_blob_size;
extern const size_t words_count;

/* All words, unpacked once into memory of its own: they can be said when the heap is used up. Never NULL; all empty
 * when the stream is damaged. Lives as long as the program. */
const struct words *words_get(void);

#endif
