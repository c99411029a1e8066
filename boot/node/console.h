/*
 * console.h - what `hearth boot` says: append-only lines on the machine's console, or JSON events.
 *
 * Six numbered lines, one a stage, each said once as long as it does not change. A failure is one line with its
 * code, the cause and when it is tried again; the same failure again, or one that differs in numbers alone, is said
 * after 1, 2, 4 ... 60 minutes. In maintenance mode the console is public on the LAN: nothing here may hold a secret.
 *
 * `fields` are what --json says beside the text; each function takes them over, and NULL is none.
 */
#ifndef HEARTH_NODE_CONSOLE_H
#define HEARTH_NODE_CONSOLE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

enum console_stage {
    CONSOLE_NODE = 1,
    CONSOLE_FACTS,
    CONSOLE_PLAN,
    CONSOLE_SECRETS,
    CONSOLE_DOCUMENTS,
    CONSOLE_APPLY
};
#define CONSOLE_STAGES 6

/* A stage line, unless it is what this stage said last: then false, and what belongs to the line need not be said
 * either. */
bool console_stage(enum console_stage stage, json_t *fields, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Something worth a line that is no stage and no failure; said once until another note with this key says something
 * else. key is a short static name ("clock", "carried"). */
void console_note(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An end that was reached: "applied", "founded", "done". Always said. */
void console_event(const char *event, json_t *fields, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A failure and when it is tried again (milliseconds; 0: when something changes). Returns whether it was said: details
 * such as a table follow only then. */
bool console_failure(const struct error *e, unsigned retry_ms);

/* The last failure is over: the next one is said at once. */
void console_good(void);

#endif
