#include "base/log.h"

#include "base/buf.h"
#include "base/file.h"
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

static void put(struct buf *line)
{
    struct error ignored;
    buf_char(line, '\n');
    /* When stderr is gone there is nobody left to tell. */
    (void)file_write_all(STDERR_FILENO, line->data, line->len, "stderr", &ignored);
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

static const char *__attribute__((format(printf, 2, 0)))
formatted(char out[LOG_LINE_MAX], const char *fmt, va_list ap)
{
    char raw[LOG_LINE_MAX];
    vsnprintf(raw, sizeof raw, fmt, ap);
    return text_clean_z(out, LOG_LINE_MAX, raw);
}

void log_stage(unsigned number, unsigned total, const char *name, const char *fmt, ...)
{
    char text[LOG_LINE_MAX];
    va_list ap;
    va_start(ap, fmt);
    formatted(text, fmt, ap);
    va_end(ap);
    if (as_json) {
        put_json(json_pack("{s:s, s:i, s:s, s:s}", "event", "stage", "number", (int)number, "name", name,
                           "text", text));
        return;
    }
    struct buf line = {0};
    if (total)
        buf_printf(&line, "[%u/%u] ", number, total);
    buf_printf(&line, "%-10s %s", name, text);
    put(&line);
}

static void __attribute__((format(printf, 3, 0)))
say(const char *event, const char *prefix, const char *fmt, va_list ap)
{
    char text[LOG_LINE_MAX];
    formatted(text, fmt, ap);
    if (as_json) {
        put_json(json_pack("{s:s, s:s}", "event", event, "text", text));
        return;
    }
    struct buf line = {0};
    buf_printf(&line, "%s%s", prefix, text);
    put(&line);
}

void log_warning(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("warning", "warning: ", fmt, ap);
    va_end(ap);
}

void log_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say("note", "", fmt, ap);
    va_end(ap);
}

void log_waiting(const struct error *e, const char *fmt, ...)
{
    const struct error_info *info = error_info(e->code);
    char then[LOG_LINE_MAX];
    va_list ap;
    va_start(ap, fmt);
    formatted(then, fmt, ap);
    va_end(ap);
    if (as_json) {
        put_json(json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", "waiting", "code", info->slug, "text",
                           e->text, "next", error_next(e->code), "then", then));
        return;
    }
    struct buf line = {0};
    buf_printf(&line, "hearth: %s: %s; %s\n  next: %s", info->slug, e->text, then, error_next(e->code));
    put(&line);
}

static void put_error(const struct error *e, bool with_next)
{
    const struct error_info *info = error_info(e->code);
    if (as_json) {
        put_json(json_pack("{s:s, s:s, s:s, s:s, s:i}", "event", "error", "code", info->slug, "text", e->text,
                           "next", error_next(e->code), "exit", (int)info->exit));
        return;
    }
    struct buf line = {0};
    buf_printf(&line, "hearth: %s: %s", info->slug, e->text);
    if (with_next && error_next(e->code)[0])
        buf_printf(&line, "\n  next: %s", error_next(e->code));
    put(&line);
}

void log_error(const struct error *e)
{
    put_error(e, true);
}

void log_errors(const struct errors *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        /* The same advice once, behind the last of a run of one code. */
        bool last = i + 1 == list->count || list->items[i + 1].code != list->items[i].code;
        put_error(&list->items[i], last);
    }
    if (list->dropped)
        log_note("and %u more; the first %u are shown", list->dropped, list->count);
}
