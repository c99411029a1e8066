#include "node/console.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SAID_MAX 1024
#define NOTES_MAX 16
#define MINUTE_MS 60000u

static const char *const stage_names[] = {"", "node", "facts", "plan", "secrets", "documents", "apply"};

static struct {
    struct note {
        const char *key;
        char text[SAID_MAX];
    } stages[CONSOLE_STAGES + 1], notes[NOTES_MAX];
    char failure[ERROR_TEXT_MAX];
    enum error_code code;
    /* clock_ms() */
    uint64_t said_at;
    /* until the same failure is said again; 0: nothing was said */
    unsigned silence_min;
} said;

/* A known key's place, or a free one; the last is shared by those that come late. */
static struct note *note_of(const char *key)
{
    size_t i = 0;
    while (i + 1 < NOTES_MAX && said.notes[i].key && strcmp(said.notes[i].key, key) != 0)
        i++;
    return &said.notes[i];
}

/* False: it was said before in these words. */
static bool keep(struct note *note, const char *key, const char *text)
{
    bool same = note->key && strcmp(note->key, key) == 0 && strcmp(note->text, text) == 0;
    note->key = key;
    snprintf(note->text, sizeof note->text, "%s", text);
    return !same;
}

bool console_stage(enum console_stage stage, json_t *fields, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    UNSET char text[SAID_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!keep(&said.stages[stage], "", text)) {
        json_decref(fields);
        return false;
    }
    json_t *all = json_pack("{s:i, s:s}", "number", (int)stage, "name", stage_names[stage]);
    if (fields)
        json_object_update(all, fields);
    json_decref(fields);
    char prefix[64];
    snprintf(prefix, sizeof prefix, "[%d/%d] %-10s ", (int)stage, CONSOLE_STAGES, stage_names[stage]);
    log_event("stage", all, prefix, text);
    return true;
}

void console_note(const char *key, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    UNSET char text[SAID_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (keep(note_of(key), key, text))
        log_event("note", json_pack("{s:s}", "key", key), "      ", text);
}

void console_event(const char *event, json_t *fields, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    UNSET char text[SAID_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    char prefix[16];
    snprintf(prefix, sizeof prefix, "%-10s ", event);
    log_event(event, fields, prefix, text);
}

/* Whether two texts differ in digits alone: a process id or a time of day makes no new failure. */
static bool same_failure(const char *a, const char *b)
{
    for (;;) {
        while (*a >= '0' && *a <= '9')
            a++;
        while (*b >= '0' && *b <= '9')
            b++;
        if (*a != *b || !*a)
            return *a == *b;
        a++;
        b++;
    }
}

bool console_failure(const struct error *e, unsigned retry_ms)
{
    uint64_t now = clock_ms();
    bool same = said.silence_min && said.code == e->code && same_failure(said.failure, e->text);
    if (same && now - said.said_at < (uint64_t)said.silence_min * MINUTE_MS)
        return false;
    said.silence_min = !same ? 1 : said.silence_min >= 32 ? 60 : 2 * said.silence_min;
    said.said_at = now;
    said.code = e->code;
    memcpy(said.failure, e->text, sizeof said.failure);
    log_waiting(e, retry_ms);
    return true;
}

void console_good(void)
{
    said.silence_min = 0;
}
