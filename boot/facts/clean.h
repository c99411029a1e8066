/*
 * clean.h - is this a value, or what the vendor left in its place? Pure.
 *
 * Boards are sold with their firmware's sample texts: nearly every white box says "To Be Filled By
 * O.E.M.", and a hundred models share one UUID. Such a text must not identify a box. The lists were
 * counted over 67,736 public dumps.
 */
#ifndef HEARTH_FACTS_CLEAN_H
#define HEARTH_FACTS_CLEAN_H

#include <jansson.h>
#include <stdbool.h>

/* Whether a text, blanks around it ignored, is empty or a placeholder. */
bool clean_is_placeholder(const char *text);

/* Whether a UUID in lower-case text form is one that many boxes share (all zero, one byte repeated,
 * samples). Text that is no UUID at all is junk too. 00000000-0000-0000-0000-<MAC> is not: it is
 * unique. */
bool clean_is_junk_uuid(const char *uuid);

/* A JSON string of a stranger's text, blanks around it removed, unprintable bytes escaped; JSON null
 * for a placeholder. A new reference. */
json_t *clean_string(const char *text);

/* The same, but only blank text is null: for values that no vendor leaves a sample in (a WWID, a
 * driver). */
json_t *clean_plain(const char *text);

#endif
