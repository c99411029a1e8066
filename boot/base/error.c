#include "base/error.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The words of the table, one behind the other with their NULs, and the rows as offsets into them: plain bytes, where
 * as many pointers would be relocated by each start. */
static const struct words {
#define X(id, slug, exit, retry, sentence, next) \
    char slug_##id[sizeof slug], sentence_##id[sizeof sentence], next_##id[sizeof next];
    ERROR_CODES(X)
#undef X
#define X(id, code, next) char next_##id[sizeof next];
    ERROR_ADVICE(X)
#undef X
} words WORDS = {
#define X(id, slug, exit, retry, sentence, next) slug, sentence, next,
    ERROR_CODES(X)
#undef X
#define X(id, code, next) next,
        ERROR_ADVICE(X)
#undef X
};
_Static_assert(sizeof words <= UINT16_MAX, "offsets fit");
#define AT(field) offsetof(struct words, field)

/* E_NONE says what E_END_ says: nothing. */
static const struct {
    uint16_t slug, sentence, next;
    uint8_t exit, retry;
} rows[] = {{AT(slug_E_END_), AT(slug_E_END_), AT(slug_E_END_), EXIT_DONE_, RETRY_STOP},
#define X(id, slug, exit, retry, sentence, next) \
    {AT(slug_##id), AT(sentence_##id), AT(next_##id), exit, retry},
            ERROR_CODES(X)
#undef X
};
#define ROWS (sizeof rows / sizeof *rows)

static const struct {
    uint16_t code, next;
} advice[] = {{E_NONE, AT(slug_E_END_)},
#define X(id, code, next) {code, AT(next_##id)},
              ERROR_ADVICE(X)
#undef X
};

static const char *word_at(size_t offset)
{
    return words_text((const char *)&words + offset);
}

struct error_info error_info(enum error_code code)
{
    size_t i = (size_t)code < ROWS ? (size_t)code : 0;
    return (struct error_info){.slug = word_at(rows[i].slug),
                               .sentence = word_at(rows[i].sentence),
                               .next = word_at(rows[i].next),
                               .exit = (enum exit_status)rows[i].exit,
                               .retry = (enum retry_class)rows[i].retry};
}

enum error_code error_advised(enum error_advice which, const char **next)
{
    size_t i = (size_t)which < sizeof advice / sizeof *advice ? (size_t)which : 0;
    *next = word_at(advice[i].next);
    return (enum error_code)advice[i].code;
}

const char *error_next(const struct error *e)
{
    const char *next;
    return error_advised(e->advice, &next) == e->code && e->advice ? next : error_info(e->code).next;
}

enum error_code error_find(const char *slug)
{
    for (size_t i = 1; i < ROWS && *slug; i++)
        if (strcmp(word_at(rows[i].slug), slug) == 0)
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
    UNSET char raw[ERROR_TEXT_MAX];
    int n = vsnprintf(raw, sizeof raw, words_text(fmt), ap);
    size_t used = strlen(e->text);
    if (n < 0)
        return;
    text_clean_z(e->text + used, sizeof e->text - used, raw);
    if ((size_t)n >= sizeof raw || strlen(e->text) == sizeof e->text - 1)
        mark_cut(e);
}

/* The text behind its first byte is nobody's yet. */
static void begin(struct error *e, enum error_code code)
{
    memset(e, 0, offsetof(struct error, text) + 1);
    e->code = code;
}

int(error_set)(struct error *e, enum error_code code, const char *fmt, ...)
{
    begin(e, code);
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
    e->where = (unsigned)strlen(e->text) - 2;
}

int(error_at)(struct error *e, struct pos pos, enum error_code code, const char *fmt, ...)
{
    begin(e, code);
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
        errnum == EAGAIN || errnum == ESTALE || errnum == ENOSPC;
}

int(error_errno)(struct error *e, enum error_code code, int errnum, const char *fmt, ...)
{
    begin(e, code);
    e->passing = error_passes(errnum);
    va_list ap;
    va_start(ap, fmt);
    add_formatted(e, fmt, ap);
    va_end(ap);
    size_t used = strlen(e->text);
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(errnum));
    return -1;
}

int(error_wrap)(struct error *e, const char *fmt, ...)
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

#define SAID_PLACES 3

static bool same_kind(const struct error *a, const struct error *b)
{
    return a->code == b->code && a->kind == b->kind;
}

static struct error *first_of_kind(const struct errors *list, const struct error *e)
{
    for (unsigned i = 0; i < list->count; i++)
        if (same_kind(&list->items[i], e))
            return &list->items[i];
    return NULL;
}

/* A list that is full still has one of each kind: the last that is not the first of its kind makes room. */
static void add_to_full(struct errors *list, const struct error *e)
{
    list->dropped++;
    struct error *first = e->kind ? first_of_kind(list, e) : NULL;
    if (first || !e->kind) {
        if (first)
            first->more++;
        return;
    }
    for (unsigned i = list->count; i-- > 0;) {
        struct error *other = first_of_kind(list, &list->items[i]);
        if (other == &list->items[i])
            continue;
        other->more++;
        memmove(&list->items[i], &list->items[i + 1], (list->count - i - 1) * sizeof *list->items);
        list->items[list->count - 1] = *e;
        return;
    }
}

void errors_add(struct errors *list, const struct error *e)
{
    if (list->count == ERRORS_MAX) {
        add_to_full(list, e);
        return;
    }
    if (!list->items)
        list->items = mem_alloc_array(ERRORS_MAX, sizeof *list->items);
    list->items[list->count++] = *e;
}

void errors_vat(struct errors *list, struct pos pos, enum error_code code, const char *fmt, va_list ap)
{
    struct error e = {.code = code, .kind = fmt};
    add_pos(&e, pos);
    add_formatted(&e, fmt, ap);
    errors_add(list, &e);
}

void(errors_at)(struct errors *list, struct pos pos, enum error_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    errors_vat(list, pos, code, fmt, ap);
    va_end(ap);
}

void errors_move(struct errors *to, struct errors *from)
{
    for (unsigned i = 0; i < from->count; i++)
        errors_add(to, &from->items[i]);
    to->dropped += from->dropped;
    errors_free(from);
}

unsigned errors_total(const struct errors *list)
{
    return list->count + list->dropped;
}

/* 0: it will not work as it stands, or is lost. 1: a second look. 2: the box will tell. */
static unsigned weight(enum error_code code)
{
    return code == E_PLAN_RISK || code == E_MERGE_LOST || code == E_SITE_SHADOWED ? 0
        : code == E_PLAN_OPEN                                                     ? 2
                                                                                  : 1;
}

const char *errors_said(char out[static ERRORS_SAID_MAX], const struct errors *list,
                        const struct errors_kind *kind)
{
    struct buf text = {.max = ERRORS_SAID_MAX - 1};
    buf_str(&text, kind->first->text);
    if (kind->count > 1)
        buf_printf(&text, " (and %u more of this kind", kind->count - 1);
    const char *before = ": ";
    unsigned places = 0;
    for (const struct error *e = kind->first + 1; e < list->items + list->count; e++) {
        if (!same_kind(e, kind->first) || !e->where)
            continue;
        if (places++ == SAID_PLACES) {
            buf_str(&text, " ...");
            break;
        }
        buf_printf(&text, "%s%.*s", before, (int)e->where, e->text);
        before = ", ";
    }
    if (kind->count > 1)
        buf_str(&text, ")");
    snprintf(out, ERRORS_SAID_MAX, "%s", text.data);
    buf_free(&text);
    return out;
}

bool errors_is_kind(const struct errors_kind *kind, const struct error *e)
{
    return same_kind(kind->first, e);
}

unsigned errors_kinds(const struct errors *list, struct errors_kind *out)
{
    unsigned n = 0;
    for (unsigned w = 0; w < 3; w++) {
        for (unsigned i = 0; i < list->count; i++) {
            const struct error *e = &list->items[i];
            if (weight(e->code) != w || first_of_kind(list, e) != e)
                continue;
            out[n] = (struct errors_kind){e, e->more};
            for (unsigned k = i; k < list->count; k++)
                out[n].count += same_kind(e, &list->items[k]);
            n++;
        }
    }
    return n;
}

void errors_free(struct errors *list)
{
    mem_free(list->items);
    *list = (struct errors){0};
}
