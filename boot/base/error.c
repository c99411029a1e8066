#include "base/error.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct error_info rows[] = {{"", "", "", EXIT_DONE_, RETRY_STOP},
#define X(id, slug, exit, retry, sentence, next) {slug, sentence, next, exit, retry},
                                         ERROR_CODES(X)
#undef X
};
#define ROWS (sizeof rows / sizeof *rows)

const struct error_info *error_info(enum error_code code)
{
    return &rows[(size_t)code < ROWS ? (size_t)code : 0];
}

static const struct {
    enum error_code code;
    const char *next;
} advice[] = {{E_NONE, ""},
#define X(id, code, next) {code, next},
              ERROR_ADVICE(X)
#undef X
};

enum error_code error_advised(enum error_advice which, const char **next)
{
    size_t i = (size_t)which < sizeof advice / sizeof *advice ? (size_t)which : 0;
    *next = advice[i].next;
    return advice[i].code;
}

const char *error_next(const struct error *e)
{
    const char *next;
    return error_advised(e->advice, &next) == e->code && e->advice ? next : error_info(e->code)->next;
}

enum error_code error_find(const char *slug)
{
    for (size_t i = 1; i < ROWS && *slug; i++)
        if (strcmp(rows[i].slug, slug) == 0)
            return (enum error_code)i;
    return E_NONE;
}

/* Puts "..." over the end, from the first byte of a character on. */
static void mark_cut(struct error *e)
{
    size_t at = strlen(e->text);
    at = at < 3 ? 0 : at - 3;
    while (at > 0 && ((unsigned char)e->text[at] & 0xc0) == 0x80)
        at--;
    memcpy(e->text + at, "...", 4);
}

/* Formats behind what stands in text already, cleaned, and marks a cut with "...". */
static void __attribute__((format(printf, 2, 0))) add_formatted(struct error *e, const char *fmt, va_list ap)
{
    char raw[ERROR_TEXT_MAX];
    int n = vsnprintf(raw, sizeof raw, fmt, ap);
    size_t used = strlen(e->text);
    if (n < 0)
        return;
    text_clean_z(e->text + used, sizeof e->text - used, raw);
    if ((size_t)n >= sizeof raw || strlen(e->text) == sizeof e->text - 1)
        mark_cut(e);
}

int error_set(struct error *e, enum error_code code, const char *fmt, ...)
{
    *e = (struct error){.code = code};
    va_list ap;
    va_start(ap, fmt);
    add_formatted(e, fmt, ap);
    va_end(ap);
    return -1;
}

static void add_pos(struct error *e, struct pos pos)
{
    if (!pos.file)
        return;
    char where[512];
    if (pos.line)
        snprintf(where, sizeof where, "%s:%u:%u: ", pos.file, pos.line, pos.column);
    else
        snprintf(where, sizeof where, "%s: ", pos.file);
    text_clean_z(e->text, sizeof e->text, where);
}

int error_at(struct error *e, struct pos pos, enum error_code code, const char *fmt, ...)
{
    *e = (struct error){.code = code};
    add_pos(e, pos);
    va_list ap;
    va_start(ap, fmt);
    add_formatted(e, fmt, ap);
    va_end(ap);
    return -1;
}

bool error_passes(int errnum)
{
    return errnum == EIO || errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE || errnum == EINTR ||
        errnum == EAGAIN || errnum == ESTALE;
}

int error_errno(struct error *e, enum error_code code, int errnum, const char *fmt, ...)
{
    *e = (struct error){.code = code, .passing = error_passes(errnum)};
    va_list ap;
    va_start(ap, fmt);
    add_formatted(e, fmt, ap);
    va_end(ap);
    size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(errnum));
    return -1;
}

int error_wrap(struct error *e, const char *fmt, ...)
{
    struct error whole = {
        .code = e->code, .advice = e->advice, .retry_after_ms = e->retry_after_ms, .passing = e->passing};
    va_list ap;
    va_start(ap, fmt);
    add_formatted(&whole, fmt, ap);
    va_end(ap);
    size_t used = strlen(whole.text);
    text_clean_z(whole.text + used, sizeof whole.text - used, ": ");
    used = strlen(whole.text);
    text_clean_z(whole.text + used, sizeof whole.text - used, e->text);
    *e = whole;
    return -1;
}

void errors_add(struct errors *list, const struct error *e)
{
    if (list->count == ERRORS_MAX) {
        list->dropped++;
        return;
    }
    if (!list->items)
        list->items = mem_alloc_array(ERRORS_MAX, sizeof *list->items);
    list->items[list->count++] = *e;
}

void errors_at(struct errors *list, struct pos pos, enum error_code code, const char *fmt, ...)
{
    struct error e = {.code = code};
    add_pos(&e, pos);
    va_list ap;
    va_start(ap, fmt);
    add_formatted(&e, fmt, ap);
    va_end(ap);
    errors_add(list, &e);
}

unsigned errors_total(const struct errors *list)
{
    return list->count + list->dropped;
}

void errors_free(struct errors *list)
{
    mem_free(list->items);
    *list = (struct errors){0};
}
