/*
 * clean.h - is this a value, or what the vendor left in its place? Pure.
 *
 * Boards are sold with their firmware's sample texts: nearly every white box says "To Be Filled By
 * O.E.M.". Such a text must not stand for a value. The rules are for kinds of samples (a field's own name,
 * a template's prefix, counting digits, a word for "nothing"), tried on every text of 162,862 public dumps.
 * identity.h judges what a box is known by more strictly.
 */
#ifndef HEARTH_FACTS_CLEAN_H
#define HEARTH_FACTS_CLEAN_H

#include <jansson.h>
#include <stdbool.h>

#define CLEAN_TEXT_MAX 512 /* bytes with the NUL; what is longer is no placeholder */

/* Whether a text, blanks around it ignored, is empty or a placeholder. */
bool clean_is_placeholder(const char *text);

/* Puts the text without blanks, dots and underscores, in lower case, into out: samples are spelled with and
 * without them. Returns the length; 0 also for a text that does not fit. */
size_t clean_squeeze(const char *text, char out[CLEAN_TEXT_MAX]);

/* A JSON string of a stranger's text, blanks around it removed, unprintable bytes escaped; JSON null
 * for a placeholder. A new reference. */
json_t *clean_string(const char *text);

/* The same, but only blank text is null: for values that no vendor leaves a sample in (a WWID, a
 * driver). */
json_t *clean_plain(const char *text);

#endif
