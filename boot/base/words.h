/*
 * words.h - the sentences of errors, packed until one is said.
 *
 * They are a tenth of the program, and most runs say none. SAY puts a sentence into a section of its own,
 * "hearth_words", which the build packs (embed/words.c); whoever prints one asks words_text() for it first. Until then
 * the pointer is only a name: where the words are packed, nothing can be read there.
 */
#ifndef HEARTH_BASE_WORDS_H
#define HEARTH_BASE_WORDS_H

/* For a constant of characters. Side by side: what a compiler would put between them is bytes of the program. */
#define WORDS __attribute__((section("hearth_words"), aligned(1)))

/* function(..., said_, ...), where said_ is the sentence, a literal that is the function's printf format. */
#define SAY(function, sentence, ...) \
    __extension__({ \
        static const char said_[] WORDS = sentence; \
        function(__VA_ARGS__); \
    })

/* The characters that a pointer into the section stands for; any other pointer as it is. Lives as long as the
 * program. */
const char *words_text(const char *text) __attribute__((format_arg(1)));

#endif
