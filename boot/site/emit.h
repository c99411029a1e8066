/*
 * emit.h - trees out as YAML that every reader reads the same.
 *
 * libyaml's events, never its document API. hearth decides no types: a plain scalar stays plain, and text
 * that was quoted (or that hearth made) is never plain. Collections are written in block style, where a plain
 * scalar may hold more than in flow style. A style is kept where it gives back the very bytes of the value in
 * libyaml, go-yaml and sigs.k8s.io/yaml; otherwise the value is double-quoted: a value with tabs, CR, NEL,
 * LS, PS, BOM, DEL, C0, C1 or characters above U+FFFF; block scalars that begin with a blank or a line break,
 * hold blanks before a line break or at the end, or end in two line breaks. Lines are never folded. Output is
 * UTF-8, LF, documents separated by "---", none before the first.
 */
#ifndef HEARTH_SITE_EMIT_H
#define HEARTH_SITE_EMIT_H

#include "base/buf.h"
#include "base/error.h"
#include "site/tree.h"

#include <stddef.h>

/* Adds the documents (references must be resolved; empty documents are left out) to `out`, then reads them
 * back and compares every text and whether it was plain. Errors: E_RENDER_SIZE when out->max is reached,
 * naming `what`; E_RENDER_SELFCHECK. */
int emit_documents(struct buf *out, const struct document *docs, const char *what, struct error *e);

/* The same for a manifest that Talos lays: its reader trims every document before it parses it, so none ends in block
 * text, whose last line breaks would be lost. */
int emit_manifest(struct buf *out, const struct document *docs, const char *what, struct error *e);

#endif
