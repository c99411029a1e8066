#include "render/skim.h"

#include <string.h>

#define LEVELS 64
#define KEY_MAX 64
#define SPACES ((uint64_t)0x2020202020202020)

/* A block mapping or list that is open. */
struct level {
    size_t column;
    bool list;
    /* its newest key or dash has no value yet */
    bool open;
};

struct skimming {
    const struct skim_reader *reader;
    uint32_t line;
    bool content;
    /* what the line before left open: nothing, a plain text, '|' a block text, or a quoted one by its quote */
    char last;
    /* of a block text; 0: no line of it was seen */
    size_t block;
    unsigned depth;
    struct level levels[LEVELS];
    /* keys of the outermost mappings, and where each begins */
    char path[SKIM_DEPTH * (KEY_MAX + 1) + 1];
    size_t from[SKIM_DEPTH + 1];
};

/* The newline that ends a line of printable ASCII, or NULL. Eight bytes at a time, until one of them is below a space
 * or DEL and above. */
static const char *end_of_line(const char *p, const char *end)
{
    for (uint64_t word; end - p >= 8; p += 8) {
        memcpy(&word, p, sizeof word);
        if ((((word - SPACES) & ~word) | word | (word + SPACES / ' ')) & (SPACES << 2))
            break;
    }
    while (p < end && *p >= ' ' && *p <= '~')
        p++;
    return p < end && *p == '\n' ? p : NULL;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A plain text, or one line of it, that holds nothing else: no key, no comment. */
static bool is_plain(const char *p, const char *end)
{
    if (*p == '#' || end[-1] == ' ' || end[-1] == ':')
        return false;
    for (; p < end; p++)
        if (*p == ' ' && (p[1] == '#' || p[-1] == ':'))
            return false;
    return true;
}

/* Does it stand below keys alone, and few enough? */
static bool has_path(const struct skimming *s)
{
    bool has = s->depth <= SKIM_DEPTH;
    for (unsigned i = 0; has && i < s->depth; i++)
        has = !s->levels[i].list;
    return has;
}

static bool tell(struct skimming *s, const char *text, size_t len)
{
    return !has_path(s) || s->reader->value(s->reader->arg, s->path, text, len);
}

/* Opens the mapping or list that a key or dash in this column belongs to, or goes on with it. */
static bool enter(struct skimming *s, size_t column, bool list)
{
    while (s->depth && s->levels[s->depth - 1].column > column)
        s->depth--;
    struct level *top = s->depth ? &s->levels[s->depth - 1] : NULL;
    /* A key behind a list that stands in the column of its own key. */
    if (top && top->column == column && top->list && !list) {
        if (--s->depth == 0 || (--top)->column != column || top->list)
            return false;
    }
    if (top && top->column == column && top->list == list) {
        top->open = list;
        return true;
    }
    if (top ? !top->open : s->content || list)
        return false;
    if (s->depth == LEVELS)
        return false;
    if (top)
        top->open = false;
    s->levels[s->depth++] = (struct level){column, list, list};
    if (s->content)
        return true;
    s->content = true;
    return s->reader->document(s->reader->arg, s->line, (uint32_t)column + 1);
}

static bool take_key(struct skimming *s, const char *key, size_t len)
{
    if (len > KEY_MAX || !has_path(s))
        return len <= KEY_MAX;
    size_t at = s->from[s->depth - 1];
    if (at > 0)
        s->path[at - 1] = '.';
    memcpy(s->path + at, key, len);
    s->path[at + len] = '\0';
    s->from[s->depth] = at + len + 1;
    return true;
}

/* From behind the opening quote, or a further line of it. */
static bool take_quoted(struct skimming *s, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '\\' && s->last == '"')
            return false;
        if (*p != s->last)
            continue;
        if (*p == '\'' && p + 1 < end && p[1] == '\'') {
            p++;
            continue;
        }
        s->last = 0;
        return p + 1 == end;
    }
    return true;
}

static bool take_value(struct skimming *s, const char *p, const char *end)
{
    s->last = 0;
    s->levels[s->depth - 1].open = false;
    if (*p == '|' || *p == '>') {
        s->last = '|';
        s->block = 0;
        p++;
        p += p < end && (*p == '-' || *p == '+');
        return p == end && tell(s, NULL, 0);
    }
    if (*p == '\'' || *p == '"') {
        s->last = *p++;
        if (!take_quoted(s, p, end))
            return false;
        bool whole = !s->last && !memchr(p, '\'', (size_t)(end - 1 - p));
        return whole ? tell(s, p, (size_t)(end - 1 - p)) : tell(s, NULL, 0);
    }
    if (*p == '{' || *p == '[')
        return end - p == 2 && p[1] == *p + 2 && tell(s, NULL, 0);
    if (!is_word(*p) && !strchr("/._($<^=+~", *p) && !(*p == '-' && p + 1 < end && p[1] != ' '))
        return false;
    s->last = 'p';
    return is_plain(p, end) && tell(s, p, (size_t)(end - p));
}

/* Dashes, a key, a value. */
static bool take_entry(struct skimming *s, const char *p, size_t column, const char *end)
{
    bool dash = false;
    for (; end - p > 2 && p[0] == '-' && p[1] == ' '; p += 2, column += 2, dash = true)
        if (!enter(s, column, true))
            return false;
    const char *key = p;
    while (p < end && *p != ':' && *p != ' ')
        p++;
    if (p == end || *p != ':' || (p + 1 < end && p[1] != ' '))
        return dash && take_value(s, key, end);
    if (p == key || !(is_word(*key) || *key == '$' || *key == '_') || !enter(s, column, false) ||
        !take_key(s, key, (size_t)(p - key)))
        return false;
    if (p + 1 < end)
        return p + 2 < end && take_value(s, p + 2, end);
    s->levels[s->depth - 1].open = true;
    return tell(s, NULL, 0);
}

static bool take_line(struct skimming *s, const char *line, const char *end)
{
    const char *p = line;
    for (uint64_t word; end - p >= 8 && (memcpy(&word, p, sizeof word), word == SPACES); p += 8)
        ;
    while (p < end && *p == ' ')
        p++;
    if (p == end)
        return p == line;
    size_t column = (size_t)(p - line);
    bool deeper = s->depth && column > s->levels[s->depth - 1].column;
    if (s->last == '|') {
        if (!s->block && deeper)
            s->block = column;
        if (s->block && column >= s->block)
            return true;
    } else if (s->last == 'p') {
        if (deeper)
            return is_plain(p, end) && tell(s, NULL, 0);
    } else if (s->last) {
        return deeper && take_quoted(s, p, end);
    }
    s->last = 0;
    if (*p == '#')
        return true;
    if (column > 0 || strncmp(p, "---", 3) != 0)
        return take_entry(s, p, column, end);
    s->content = false;
    s->depth = 0;
    return end - p == 3;
}

bool skim_documents(struct span bytes, const struct skim_reader *reader)
{
    struct skimming s = {.reader = reader};
    const char *at = (const char *)bytes.p, *end = at + bytes.n, *line_end = NULL;
    for (; at < end; at = line_end + 1) {
        line_end = end_of_line(at, end);
        s.line++;
        if (!line_end || !take_line(&s, at, line_end))
            return false;
    }
    return !s.last || s.last == 'p' || s.last == '|';
}
