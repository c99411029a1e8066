#include "talos/refusal.h"

#include "base/reader.h"
#include "base/secret.h"
#include "base/text.h"

#include <string.h>

static const char listing[] = "unknown keys found during decoding:";

static enum error_code code_of(int code)
{
    switch (code) {
    case GRPC_PERMISSION_DENIED:
        return E_MACHINED_DENIED;
    case GRPC_FAILED_PRECONDITION:
        return E_MACHINED_BUSY;
    case GRPC_INVALID_ARGUMENT:
        return E_MACHINED_REJECTED;
    case GRPC_UNIMPLEMENTED:
        return E_MACHINED_OLD;
    case GRPC_ALREADY_EXISTS:
        return E_MACHINED_EXISTS;
    default:
        return E_MACHINED_FAILED;
    }
}

/* What may be shown of a line behind "unknown keys ...": "    - name:" of "    - name: value", and nothing of a line
 * without a key. */
static size_t key_of(const char *line, size_t n)
{
    size_t begin = 0;
    while (begin < n && (line[begin] == ' ' || line[begin] == '-'))
        begin++;
    size_t end;
    for (end = begin; end < n && line[end] > ' ' && line[end] != ':'; end++)
        ;
    bool key = end < n && line[end] == ':' && (end + 1 == n || line[end + 1] == ' ');
    bool quoted = begin < n && (line[begin] == '"' || line[begin] == '\'');
    return key && (!quoted || line[end - 1] == line[begin]) ? end + 1 : 0;
}

static void hide_values(struct buf *text)
{
    char *at = text->len ? memmem(text->data, text->len, listing, sizeof listing - 1) : NULL;
    if (!at)
        return;
    char *end = text->data + text->len, *kept = at;
    while (at < end) {
        char *next = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((next ? next : end) - at);
        size_t show = memmem(at, n, listing, sizeof listing - 1) ? n : key_of(at, n);
        memmove(kept, at, show);
        kept += show;
        at += n;
        if (next && show)
            *kept++ = '\n';
        at += next != NULL;
    }
    *kept = '\0';
    text->len = (size_t)(kept - text->data);
}

static void add_lines(struct buf *out, const struct buf *text)
{
    out->max = REFUSAL_MAX;
    for (size_t at = 0; at < text->len; at++) {
        const char *line = text->data + at;
        size_t n = strcspn(line, "\n");
        bool indented = *line == '\t';
        text_clean(out, line + indented, n - indented);
        buf_char(out, '\n');
        at += n;
    }
}

/* ---- values from secrets ---- */

/* One byte as it is written in a quoted text: itself, or its escape. How many bytes of s say it; 0: none do. */
static size_t says(const char *s, size_t n, char wanted)
{
    static const char escapes[] = "n\nt\tr\rb\bf\f";
    if (n > 1 && s[0] == '\\') {
        if (s[1] == wanted && strchr("\"\\/'`", wanted))
            return 2;
        for (const char *at = escapes; *at; at += 2)
            if (s[1] == at[0] && wanted == at[1])
                return 2;
        unsigned long code = 0;
        size_t digits = s[1] == 'u' ? 4 : s[1] == 'x' ? 2 : 0;
        for (size_t i = 0; i < digits && i + 2 < n; i++) {
            char c = text_lower(s[i + 2]);
            code = code << 4 | (unsigned long)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        if (digits && n >= digits + 2 && code == (unsigned char)wanted)
            return digits + 2;
    }
    return n > 0 && s[0] == wanted;
}

static bool is_word(char c)
{
    char low = text_lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
}

/* How many bytes of the text at `at` give the value away; 0: none. */
static size_t given_away(const struct buf *text, size_t at, const char *value, size_t n)
{
    const char *s = text->data + at;
    size_t left = text->len - at, used = 0, known = 0;
    for (size_t step; known < n && (step = says(s + used, left - used, value[known])) > 0; known++)
        used += step;
    bool whole = known == n;
    if (whole && n >= SECRET_NOTED_MAX)
        return left;
    if (n < SECRET_NOTED_MIN)
        return whole && (at == 0 || !is_word(s[-1])) && (used == left || !is_word(s[used])) ? used : 0;
    bool cut = known >= SECRET_NOTED_MIN && left - used >= 3 && memcmp(s + used, "...", 3) == 0;
    return whole || cut ? used : 0;
}

static void hide_one(struct buf *text, const char *value, size_t n)
{
    static const char instead[] = "(may be secret)";
    struct buf out = {.max = 2 * GRPC_TEXT_MAX};
    bool found = false;
    for (size_t at = 0; at < text->len;) {
        size_t used = given_away(text, at, value, n);
        found = found || used;
        if (used)
            buf_str(&out, instead);
        else
            buf_char(&out, text->data[at]);
        at += used ? used : 1;
    }
    if (found) {
        struct buf old = *text;
        *text = out;
        out = old;
    }
    buf_free(&out);
}

void refusal_hide(struct buf *text, const struct buf *hidden)
{
    for (size_t at = 0, n; hidden && at < hidden->len && text->len; at += n + 1) {
        const char *value = hidden->data + at;
        n = strlen(value);
        hide_one(text, value, n);
        struct buf encoded = {0};
        /* The end of a cut text is encoded otherwise, and so is the end of one that stands within another. */
        text_base64(&encoded, value, n - (n >= SECRET_NOTED_MAX ? n % 3 : 0));
        if (n >= SECRET_NOTED_MIN)
            hide_one(text, encoded.data, encoded.len);
        buf_free(&encoded);
    }
}

int refusal_error(const char *method, struct grpc_status *status, const struct buf *hidden, struct buf *lines,
                  struct error *e)
{
    struct buf *text = &status->text;
    hide_values(text);
    refusal_hide(text, hidden);
    if (lines)
        add_lines(lines, text);
    size_t kept = 0;
    /* Talos lists several errors as "\n\t* one": on one line of a console they read as "* one". */
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i] == '\n' || text->data[i] == '\t' ? ' ' : text->data[i];
        if (c != ' ' || (kept && text->data[kept - 1] != ' '))
            text->data[kept++] = c;
    }
    if (text->len)
        text->data[kept] = '\0';
    text->len = kept;
    /* On one line it may read as a value that stood on two. */
    refusal_hide(text, hidden);
    return error_set(e, code_of(status->code), "%s: %s (gRPC status %d)", strrchr(method, '/') + 1,
                     text->len ? text->data : "no reason given", status->code);
}
