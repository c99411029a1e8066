/*
 * error.h - what failed, said once.
 *
 * A function that can fail returns 0 or -1 and fills one struct error. Callers add
 * context in front on the way up with error_wrap(); main prints the result once. The
 * text is valid UTF-8 without control characters and never holds a secret.
 */
#ifndef HEARTH_BASE_ERROR_H
#define HEARTH_BASE_ERROR_H

#include "base/codes.h"
#include "base/words.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a site file something stands. line and column count from 1; 0 means the file as a whole.
 * file is a path relative to the site and lives as long as the pool of the tree it came from. */
struct pos {
    const char *file;
    uint32_t line;
    uint32_t column;
};

#define ERROR_TEXT_MAX 1536 /* bytes with the NUL; longer text is cut at a character and ends in "..." */

struct error {
    /* E_NONE: nothing failed */
    enum error_code code;
    enum error_advice advice;
    /* what the server asked for; 0: nothing */
    uint32_t retry_after_ms;
    /* a fault of the machine that may be over in a moment, whatever the code's class says */
    bool passing;
    /* in a list: what it was printed with, which is one for all that say the same of different things */
    const char *kind;
    /* in a list: how many of its kind there are that found no room */
    unsigned more;
    /* bytes of the text that say where; 0: it does not */
    unsigned where;
    char text[ERROR_TEXT_MAX];
};

/* One row of the table in codes.h. */
struct error_info {
    const char *slug;
    /* what the code means */
    const char *sentence;
    /* the next step */
    const char *next;
    enum exit_status exit;
    enum retry_class retry;
};

/* The row of a code. All texts are "" for E_NONE. */
struct error_info error_info(enum error_code code);

/* The next step: the code's, or that of its advice. Never NULL. */
const char *error_next(const struct error *e);

/* The code that an advice belongs to, E_NONE for ADVICE_NONE, and its next step ("" then). */
enum error_code error_advised(enum error_advice advice, const char **next);

/* The code with this slug, or E_NONE. */
enum error_code error_find(const char *slug);

/* Sets code and text (printf format); whatever was there is replaced. Bytes that are not
 * printable UTF-8 are escaped as \xNN. Always returns -1, so `return error_set(...)` works. */
int error_set(struct error *e, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define error_set(e, code, fmt, ...) SAY(error_set, fmt, e, code, said_, ##__VA_ARGS__)

/* The same with "file:line:column: " in front. */
int error_at(struct error *e, struct pos pos, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define error_at(e, pos, code, fmt, ...) SAY(error_at, fmt, e, pos, code, said_, ##__VA_ARGS__)

/* The same with ": " and strerror of errnum behind; EIO, ENOMEM, EMFILE, ENOSPC and their like are passing. */
int error_errno(struct error *e, enum error_code code, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define error_errno(e, code, errnum, fmt, ...) SAY(error_errno, fmt, e, code, errnum, said_, ##__VA_ARGS__)

/* Whether what failed with this errno may go well in a moment. */
bool error_passes(int errnum);

/* Puts the formatted text and ": " in front of the text; the code stays. Always returns -1. */
int error_wrap(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define error_wrap(e, fmt, ...) SAY(error_wrap, fmt, e, said_, ##__VA_ARGS__)

/*
 * A list for the errors of a file that parses but is wrong in several places: the first
 * ERRORS_MAX are kept, the rest are counted; where a kind has no room, it takes that of one that is there already.
 * Zero-initialise it; errors_free() wipes.
 */
#define ERRORS_MAX 20
struct errors {
    /* owned; ERRORS_MAX slots once the first is added */
    struct error *items;
    unsigned count;
    unsigned dropped;
};

/* Adds an error at a position; never fails. */
void errors_at(struct errors *list, struct pos pos, enum error_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#define errors_at(list, pos, code, fmt, ...) SAY(errors_at, fmt, list, pos, code, said_, ##__VA_ARGS__)
void errors_vat(struct errors *list, struct pos pos, enum error_code code, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));
void errors_add(struct errors *list, const struct error *e);
/* Adds all of another list, which is empty afterwards. */
void errors_move(struct errors *to, struct errors *from);
/* All that were ever added, also those that did not fit. */
unsigned errors_total(const struct errors *list);

/* What a list of warnings says, each kind (code and format) once: its first, and how many there are. */
struct errors_kind {
    /* of the list */
    const struct error *first;
    unsigned count;
};

/* The kinds of a list, the most important first: what will not work or is lost, then what deserves a look, then what
 * stays open off the box. out has ERRORS_MAX elements; returns how many are used. */
unsigned errors_kinds(const struct errors *list, struct errors_kind *out);
/* The first of a kind, how many more there are, and where: "x.yml: is not read (and 1 more of this kind: y.yml)".
 * Returns out. */
#define ERRORS_SAID_MAX (ERROR_TEXT_MAX + 512)
const char *errors_said(char out[static ERRORS_SAID_MAX], const struct errors *list,
                        const struct errors_kind *kind);
/* Whether an error of the list is of this kind. */
bool errors_is_kind(const struct errors_kind *kind, const struct error *e);
void errors_free(struct errors *list);

#endif
