/*
 * line.h - text for people, a clean line at a time. Inside this room only.
 */
#ifndef HEARTH_SHOW_LINE_H
#define HEARTH_SHOW_LINE_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/plan.h"

/* Formats a line, cleans it (text_clean), adds it and a newline. */
void line_add(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define line_add(out, fmt, ...) SAY(line_add, fmt, out, said_, ##__VA_ARGS__)
/* The same with a heading in a column of its own; "" for a line that goes on. */
void line_field(struct buf *out, const char *heading, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "file:line:column", in out. */
#define LINE_POS_MAX 400
const char *line_pos(char *out, size_t cap, struct pos pos);

/* A condition as it was written, in flow style: ">= 200GB", "[a, b]", "{transport: sata}". */
void line_condition(struct buf *out, const struct tree_node *condition);

/* A word for /bin/sh: bare when every byte is harmless, else in single quotes. */
void line_shell_word(struct buf *out, const char *word);

/* az.c: the vault's name as az wants it, the first label of its host. In the pool. */
char *az_vault_name(struct pool *pool, const struct role *role);

#endif
