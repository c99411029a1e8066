#include "base/pem.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define LABEL_MAX 64
#define LINE_BYTES 48 /* in a line of 64 characters */
#define BLANKS " \t\r"

/* The next line without the blanks at its end; false when none is left. */
static bool next_line(struct span *text, struct span *line)
{
    if (text->n == 0)
        return false;
    const unsigned char *feed = memchr(text->p, '\n', text->n);
    size_t n = feed ? (size_t)(feed - text->p) + 1 : text->n;
    *line = (struct span){text->p, feed ? n - 1 : n};
    while (line->n > 0 && strchr(BLANKS, line->p[line->n - 1]))
        line->n--;
    text->p += n;
    text->n -= n;
    return true;
}

/* Is this line "-----BEGIN label-----", or END? */
static bool is_mark(struct span line, const char *mark, char label[LABEL_MAX])
{
    size_t n = strlen(mark);
    if (line.n < n + 5 || line.n - n - 5 >= LABEL_MAX || memcmp(line.p, mark, n) != 0 ||
        memcmp(line.p + line.n - 5, "-----", 5) != 0)
        return false;
    memcpy(label, line.p + n, line.n - n - 5);
    label[line.n - n - 5] = '\0';
    return true;
}

static bool give(struct span body, const char *label, pem_take *take, void *arg)
{
    struct buf der = {.max = PEM_OBJECT_MAX};
    bool good = text_base64_lines(&der, (const char *)body.p, body.n, BLANKS "\n") && !der.full &&
        take(arg, label, (struct span){(const unsigned char *)der.data, der.len});
    buf_free(&der);
    return good;
}

bool pem_each(struct span text, pem_take *take, void *arg)
{
    char label[LABEL_MAX], closing[LABEL_MAX];
    const unsigned char *body = NULL;
    unsigned objects = 0;
    struct span line;
    while (next_line(&text, &line)) {
        if (!body) {
            if (is_mark(line, "-----BEGIN ", label))
                body = text.p;
        } else if (is_mark(line, "-----END ", closing)) {
            if (strcmp(label, closing) != 0 || ++objects > PEM_OBJECTS_MAX ||
                !give((struct span){body, (size_t)(line.p - body)}, label, take, arg))
                return false;
            body = NULL;
        }
    }
    return !body;
}

const char *pem_damage(struct span text)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    for (struct span line; next_line(&text, &line);) {
        const unsigned char *mark = memmem(line.p, line.n, begin, sizeof begin - 1);
        if (!mark)
            continue;
        if (memmem(mark, line.n - (size_t)(mark - line.p), end, sizeof end - 1))
            return "its line ends are lost";
        size_t blanks = 0;
        while (line.p + blanks < mark && strchr(BLANKS, line.p[blanks]))
            blanks++;
        if (blanks && line.p + blanks == mark)
            return "its lines are indented";
    }
    return NULL;
}

void pem_certificate(struct buf *out, struct span der)
{
    buf_str(out, "-----BEGIN CERTIFICATE-----\n");
    for (size_t i = 0; i < der.n; i += LINE_BYTES) {
        text_base64(out, der.p + i, der.n - i < LINE_BYTES ? der.n - i : LINE_BYTES);
        buf_char(out, '\n');
    }
    buf_str(out, "-----END CERTIFICATE-----\n");
}
