/*
 * log.h - what a person watching sees, on stderr.
 *
 * Results go to stdout by the verb itself; everything here goes to stderr, one line a call, cleaned with
 * text_clean(). With --json each line is one JSON object {"event": ..., ...} instead.
 */
#ifndef HEARTH_BASE_LOG_H
#define HEARTH_BASE_LOG_H

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

void log_json(bool on);

/* A numbered stage: "[2/5] plan      data-1 as data controlplane". total 0 prints no number. */
void log_stage(unsigned number, unsigned total, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "warning: ..." */
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A list of warnings, each kind once. */
void log_warnings(const struct errors *list);
/* A plain line below a stage. */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Any other event: prefix and text; or {"event": event, the fields, "text": text}. Takes fields over, which may be
 * NULL. */
void log_event(const char *event, json_t *fields, const char *prefix, const char *text);
/* Lines for people that were cleaned and ended where they were made: a table. With --json nothing. */
void log_table(const struct buf *table);
/* A failure that is waited out: "hearth: slug: text", and when it is tried again (ms; 0: when something changes). */
void log_waiting(const struct error *e, unsigned retry_ms);
/* "hearth: slug: text" and "  next: what to do". */
void log_error(const struct error *e);
/* All of them, and frees them; the first one's exit status (EXIT_FAILED_ for an empty list). */
enum exit_status log_errors(struct errors *list);

#endif
