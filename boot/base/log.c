#include "base/log.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_MAX 2048 /* bytes of formatted text; the rest is cut */

static bool as_json;

void log_json(bool on)
{
    as_json = on;
}

static void put_bytes(const struct buf *text)
{
    UNSET struct error ignored;
    /* When stderr is gone there is nobody left to tell. */
    (void)file_write_all(STDERR_FILENO, text->data, text->len, "stderr", &ignored);
}

static void put(struct buf *line)
{
    buf_char(line, '\n');
    put_bytes(line);
    buf_free(line);
}

/* Takes over event. */
static void put_json(json_t *event)
{
    char *text = json_dumps(event, JSON_COMPACT | JSON_ENSURE_ASCII);
    struct buf line = {0};
    buf_str(&line, text ? text : "{}");
    free(text);
    json_decref(event);
    put(&line);
}

void log_event(const char *event, json_t *fields, const char *prefix, const char *text)
{
    UNSET char clean[LOG_LINE_MAX];
    text_clean_z(clean, sizeof clean, text);
    if (as_json) {
        json_t *all = json_pack("{s:s}", "event", event);
        if (fields)
            json_object_update(all, fields);
        json_object_set_new(all, "text", json_string(clean));
        put_json(all);
    } else {
        struct buf line = {0};
        buf_printf(&line, "%s%s", prefix, clean);
        put(&line);
    }
    json_decref(fields);
}

void log_stage(unsigned number, unsigned total, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    UNSET char text[LOG_LINE_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    char prefix[64];
    int n = total ? snprintf(prefix, sizeof prefix, "[%u/%u] ", number, total) : 0;
    snprintf(prefix + n, sizeof prefix - (size_t)n, "%-10s ", name);
    log_event("stage", json_pack("{s:i, s:s}", "number", (int)number, "name", name), prefix, text);
}

static void __attribute__((format(printf, 3, 0)))
say(const char *event, const char *prefix, const char *fmt, va_list ap)
{
    UNSET char text[LOG_LINE_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    log_event(event, NULL, prefix, text);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("warning", "warning: ", fmt, ap);
    va_end(ap);
}

void log_warnings(const struct errors *list)
{
    struct errors_kind kinds[ERRORS_MAX];
    unsigned n = errors_kinds(list, kinds);
    UNSET char text[ERRORS_SAID_MAX];
    for (unsigned i = 0; i < n; i++)
        log_warning("%s", errors_said(text, list, &kinds[i]));
}

void log_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("note", "", fmt, ap);
    va_end(ap);
}

void log_table(const struct buf *table)
{
    if (!as_json)
        put_bytes(table);
}

void log_waiting(const struct error *e, unsigned retry_ms)
{
    struct error_info info = error_info(e->code);
    unsigned seconds = (retry_ms + 999) / 1000;
    if (as_json) {
        put_json(json_pack("{s:s, s:s, s:s, s:s, s:o}", "event", "waiting", "code", info.slug, "text",
                           e->text, "next", error_next(e), "again_s",
                           seconds ? json_integer(seconds) : json_null()));
        return;
    }
    struct buf line = {0};
    buf_printf(&line, "hearth: %s: %s; ", info.slug, e->text);
    if (seconds)
        buf_printf(&line, "again in %u s", seconds);
    else
        buf_str(&line, "looking again when something changes");
    buf_printf(&line, "\n  next: %s", error_next(e));
    put(&line);
}

static void put_error(const struct error *e, bool with_next)
{
    struct error_info info = error_info(e->code);
    if (as_json) {
        put_json(json_pack("{s:s, s:s, s:s, s:s, s:i}", "event", "error", "code", info.slug, "text", e->text,
                           "next", error_next(e), "exit", (int)info.exit));
        return;
    }
    struct buf line = {0};
    buf_printf(&line, "hearth: %s: %s", info.slug, e->text);
    if (with_next && error_next(e)[0])
        buf_printf(&line, "\n  next: %s", error_next(e));
    put(&line);
}

void log_error(const struct error *e)
{
    put_error(e, true);
}

enum exit_status log_errors(struct errors *list)
{
    enum exit_status status = list->count ? error_info(list->items[0].code).exit : EXIT_FAILED_;
    for (unsigned i = 0; i < list->count; i++) {
        /* The same advice once, behind the last of a run of one code. */
        bool last =
            i + 1 == list->count || strcmp(error_next(&list->items[i + 1]), error_next(&list->items[i])) != 0;
        put_error(&list->items[i], last);
    }
    if (list->dropped)
        log_note("and %u more; the first %u are shown", list->dropped, list->count);
    errors_free(list);
    return status;
}
