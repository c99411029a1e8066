/*
 * refusal.h - what machined says when it refuses, made fit for a console. Pure.
 *
 * The console is public on the LAN in maintenance mode, and Talos prints a key that it does not know together with its
 * value, which may have come from a secret: of such a listing only the keys are kept. Elsewhere it repeats a value
 * that it finds wrong, whole or its first seven characters and "...": what is known to come from a secret is taken
 * out, as it is, in base64, and as Go and JSON quote it.
 *
 * Source: Talos pkg/machinery/config/configloader/internal/decoder ("unknown keys found during decoding", then YAML).
 */
#ifndef HEARTH_TALOS_REFUSAL_H
#define HEARTH_TALOS_REFUSAL_H

#include "base/buf.h"
#include "base/error.h"
#include "talos/grpc.h"

#define REFUSAL_MAX ((size_t)48 << 10) /* bytes of its words that are kept */

/* Replaces what stands in `hidden` (as secret_note() makes it; may be NULL), its base64, its quoted forms, and a
 * beginning of SECRET_NOTED_MIN bytes or more that is followed by "...". A text of fewer bytes is hidden where it is a
 * word of its own, one of SECRET_NOTED_MAX with all that follows it. */
void refusal_hide(struct buf *text, const struct buf *hidden);

/* Fills e with the code that the status means and machined's words on one line; returns -1. `lines`, which may be NULL,
 * gets all of them, cleaned, a line each. status->text is worked on and good for nothing afterwards. */
int refusal_error(const char *method, struct grpc_status *status, const struct buf *hidden, struct buf *lines,
                  struct error *e);

#endif
