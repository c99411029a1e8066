#include "site/block.h"

#include <string.h>

static bool ends_a_line(const struct tree_node *node)
{
    return node->text[node->len - 1] == '\n';
}

const char *block_mark(const struct tree_node *node)
{
    return ends_a_line(node) ? ".\n" : ".";
}

bool block_put(struct buf *out, struct block_text *block)
{
    const char *mark = block_mark(block->node), *end = block->node->text + block->node->len;
    size_t mark_len = strlen(mark);
    if (out->len < mark_len || memcmp(out->data + out->len - mark_len, mark, mark_len) != 0)
        return false;
    out->len -= mark_len;
    size_t indent = 0;
    while (indent < out->len && out->data[out->len - 1 - indent] == ' ')
        indent++;
    size_t lines = 0;
    for (const char *at = block->node->text; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        lines++;
    if (indent == 0 || !buf_reserve(out, block->node->len + lines * indent))
        return false;
    block->at = out->len - indent;
    char *to = out->data + out->len;
    for (const char *line = block->node->text, *next; line < end; line = next) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        next = stop ? stop + 1 : end;
        if (line != block->node->text && *line != '\n') {
            memset(to, ' ', indent);
            to += indent;
        }
        memcpy(to, line, (size_t)(next - line));
        to += next - line;
    }
    *to = '\0';
    out->len = (size_t)(to - out->data);
    block->size = out->len - block->at;
    return true;
}

size_t block_indent(const struct block_text *block, const char *p)
{
    return strspn(p + block->at, " ");
}

bool block_reads(const struct block_text *block, const char *p)
{
    size_t indent = block_indent(block, p), left = block->node->len;
    const char *at = p + block->at, *end = at + block->size, *text = block->node->text;
    bool first = true;
    for (; at < end; first = false) {
        /* A line of nothing but its break has no indentation, and is none that a block could begin with. */
        if (*at == '\n' ? first : (size_t)(end - at) <= indent || strspn(at, " ") < indent)
            return false;
        at += *at == '\n' ? 0 : indent;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((stop ? stop + 1 : end) - at);
        if (n > left || memcmp(at, text, n) != 0)
            return false;
        at += n;
        text += n;
        left -= n;
    }
    return left == 0;
}
