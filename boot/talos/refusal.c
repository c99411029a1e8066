#include "talos/refusal.h"

#include "base/reader.h"
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

int refusal_error(const char *method, struct grpc_status *status, struct buf *lines, struct error *e)
{
    struct buf *text = &status->text;
    hide_values(text);
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
    return error_set(e, code_of(status->code), "%s: %s (gRPC status %d)", strrchr(method, '/') + 1,
                     text->len ? text->data : "no reason given", status->code);
}
