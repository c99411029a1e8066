#include "vault/form.h"

#include "base/text.h"

#include <string.h>

void form_add_span(struct buf *body, const char *name, struct span value)
{
    if (body->len)
        buf_char(body, '&');
    buf_str(body, name);
    buf_char(body, '=');
    text_percent(body, value.p, value.n);
}

void form_add(struct buf *body, const char *name, const char *value)
{
    form_add_span(body, name, (struct span){(const unsigned char *)value, strlen(value)});
}
