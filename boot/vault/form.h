/*
 * form.h - application/x-www-form-urlencoded bodies (WHATWG URL, with %20 for a blank as Microsoft's clients
 * send it).
 */
#ifndef HEARTH_VAULT_FORM_H
#define HEARTH_VAULT_FORM_H

#include "base/buf.h"
#include "base/reader.h"

/* Adds "name=value", with "&" in front unless the buffer is empty. Every byte of the value outside
 * A-Za-z0-9-._~ becomes %XX; name is written as it is. */
void form_add(struct buf *body, const char *name, const char *value);
void form_add_span(struct buf *body, const char *name, struct span value);

#endif
