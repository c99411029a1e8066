#include "console.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SAID_MAX 1024
#define NOTES_MAX 8
#define MINUTE_MS 60000u

static const char *const stage_names[] = {"", "node", "facts", "plan", "secrets", "documents", "apply"};

static struct {
    char stages[CONSOLE_STAGES + 1][SAID_MAX];
    struct note {
        const char *key;
        char text[SAID_MAX];
    } notes[NOTES_MAX];
    char failure[ERROR_TEXT_MAX];
    enum error_code code;
    uint64_t said_at;     /* clock_ms() */
    unsigned silence_min; /* until the same failure is said again; 0: nothing was said */
} said;

void console_stage(enum console_stage stage, const char *fmt, ...)
{
    char text[SAID_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (strcmp(said.stages[stage], text) == 0)
        return;
    memcpy(said.stages[stage], text, sizeof text);
    log_stage(stage, CONSOLE_STAGES, stage_names[stage], "%s", text);
}

void console_note(const char *key, const char *fmt, ...)
{
    char text[SAID_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < NOTES_MAX; i++) {
        struct note *note = &said.notes[i];
        if (note->key && strcmp(note->key, key) != 0)
            continue;
        if (note->key && strcmp(note->text, text) == 0)
            return;
        note->key = key;
        memcpy(note->text, text, sizeof text);
        break;
    }
    log_note("      %s", text);
}

bool console_failure(const struct error *e, unsigned retry_ms)
{
    uint64_t now = clock_ms();
    bool same = said.silence_min && said.code == e->code && strcmp(said.failure, e->text) == 0;
    if (same && now - said.said_at < (uint64_t)said.silence_min * MINUTE_MS)
        return false;
    said.silence_min = !same ? 1 : said.silence_min >= 32 ? 60 : 2 * said.silence_min;
    said.said_at = now;
    said.code = e->code;
    memcpy(said.failure, e->text, sizeof said.failure);
    if (retry_ms)
        log_waiting(e, "again in %u s", (retry_ms + 999) / 1000);
    else
        log_waiting(e, "looking again when something changes");
    return true;
}

void console_good(void)
{
    said.silence_min = 0;
}
