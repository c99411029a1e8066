#include "show/show.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void show_printf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

void show_bytes(const void *p, size_t n)
{
    fwrite(p, 1, n, stdout);
}

void show_text(struct buf *text)
{
    show_bytes(text->data, text->len);
    buf_free(text);
}

void show_json(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(value);
}

int show_end(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    return errno ? errno : EIO;
}
