/*
 * text.h - small pure functions over text and encodings.
 */
#ifndef HEARTH_BASE_TEXT_H
#define HEARTH_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a character here. */
bool text_is_utf8(const void *p, size_t n);

/* Reads one character at p (n > 0 bytes left): its length 1-4 and code point, or 0 when the bytes are not UTF-8. */
size_t text_decode(const unsigned char *p, size_t n, uint32_t *code_point);

/* Makes a stranger's bytes fit to print: valid UTF-8 stays, control characters (C0, DEL, C1, U+2028/9, bidi
 * overrides) and invalid bytes become \xNN or \u{NNNN}. Adds to b. */
void text_clean(struct buf *b, const void *p, size_t n);
/* The same of a C string, in place of a NUL-terminated out of cap bytes, cut at a character; returns out. */
const char *text_clean_z(char *out, size_t cap, const char *s);

/* RFC 4648 section 4 with padding, or section 5 (URL alphabet) without. */
void text_base64(struct buf *b, const void *p, size_t n);
void text_base64url(struct buf *b, const void *p, size_t n);
/* Strict decode of section 4 (padding required, no blanks). out has room for n / 4 * 3 bytes. Returns the length, or
 * SIZE_MAX when the text is not base64. */
size_t text_base64_decode(unsigned char *out, const char *p, size_t n);

/* The same of text broken into lines: the characters of `ignored` are skipped. Adds to out; false when it is not
 * base64. */
bool text_base64_lines(struct buf *out, const char *p, size_t n, const char *ignored);

/* Lower-case hex; out has room for 2 n + 1. */
void text_hex(char *out, const void *p, size_t n);

/* RFC 3986: every byte outside A-Za-z0-9-._~ becomes %XX. */
void text_percent(struct buf *b, const void *p, size_t n);

/* ASCII-only case folding. */
bool text_equal_fold(const char *a, const char *b);
char text_lower(char c);

/* Case-insensitive (ASCII) glob over bytes: * any run, ? any one byte. No other special character. */
bool text_glob(const char *pattern, const char *text);

/* Whether one of several globs fits; each ends with a NUL, and an empty one ends them: "a*\\0*b\\0". */
bool text_like(const char *text, const char *globs);

/* FNV-1a, of one text behind another or behind TEXT_HASH; not against who picks the texts. */
#define TEXT_HASH 2166136261u
uint32_t text_hash(uint32_t before, const char *text);

/* RFC 1123 section 2.1, one label, lower case: 1-63 of a-z 0-9 and inner hyphens. */
bool text_is_label(const char *text);
/* An IPv4 or IPv6 address, without a zone. */
bool text_is_address(const char *text);
/* 8-4-4-4-12 hex digits. */
bool text_is_guid(const char *text);

/* The candidate nearest to word by edit distance (at most 3 and less than half its length), or NULL. The list ends with
 * NULL. */
const char *text_nearest(const char *word, const char *const *candidates);

/* Bytes for a person: "269.8 kB", "240 GB" (powers of 1000). Returns out. */
const char *text_size(char *out, size_t cap, uint64_t bytes);

/* Memory for a person: "8 GiB", "7.5 GiB", "512 MiB" (powers of 1024, as DIMMs are sold). Returns out. */
const char *text_memory(char *out, size_t cap, uint64_t mib);

#endif
