#include "show/line.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_ 8192
#define DEPTH_MAX 8

static void __attribute__((format(printf, 2, 0))) add(struct buf *out, const char *fmt, va_list ap)
{
    char *line = mem_alloc(LINE_MAX_);
    int n = vsnprintf(line, LINE_MAX_, words_text(fmt), ap);
    if (n > 0)
        text_clean(out, line, strlen(line));
    mem_free(line);
    buf_char(out, '\n');
}

void(line_add)(struct buf *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(out, fmt, ap);
    va_end(ap);
}

void line_field(struct buf *out, const char *heading, const char *fmt, ...)
{
    buf_printf(out, "%-10s ", heading);
    va_list ap;
    va_start(ap, fmt);
    add(out, fmt, ap);
    va_end(ap);
}

const char *line_pos(char *out, size_t cap, struct pos pos)
{
    if (pos.line)
        snprintf(out, cap, "%s:%u:%u", pos.file ? pos.file : "?", pos.line, pos.column);
    else
        snprintf(out, cap, "%s", pos.file ? pos.file : "?");
    return out;
}

static void condition_add(struct buf *out, const struct tree_node *c, unsigned depth)
{
    if (c->kind == TREE_SCALAR || depth > DEPTH_MAX) {
        buf_str(out, c->text ? c->text : "...");
        return;
    }
    buf_char(out, c->kind == TREE_MAP ? '{' : '[');
    for (const struct tree_node *child = c->first; child; child = child->next) {
        buf_str(out, child == c->first ? "" : ", ");
        if (child->key)
            buf_printf(out, "%s: ", child->key->text);
        condition_add(out, child, depth + 1);
    }
    buf_char(out, c->kind == TREE_MAP ? '}' : ']');
}

void line_condition(struct buf *out, const struct tree_node *condition)
{
    condition_add(out, condition, 0);
}

void line_shell_word(struct buf *out, const char *word)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,";
    if (word[0] && word[strspn(word, harmless)] == '\0') {
        buf_str(out, word);
        return;
    }
    buf_char(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, *word);
    }
    buf_char(out, '\'');
}
