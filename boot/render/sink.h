/*
 * sink.h - documents to a directory, whole or not at all.
 */
#ifndef HEARTH_RENDER_SINK_H
#define HEARTH_RENDER_SINK_H

#include "base/error.h"
#include "render/render.h"

/* Writes machine-config.yaml, manifests/NN-name.yaml, plan.json and a .gitignore of "*" (secrets must not
 * slip into a commit) into a new directory beside `out` (0700, files 0600), fsyncs, and swaps it in whole
 * (renameat2 RENAME_EXCHANGE where out exists, then the old one is removed; where the file system cannot
 * exchange, the old one steps aside for a moment). An existing `out` is replaced only if it is empty or an
 * earlier output of hearth: it holds plan.json with hearth's apiVersion and nothing that hearth did not
 * write. A symbolic link is refused. Errors: E_OUT_FOREIGN, E_FILE_WRITE, E_SYSTEM; on an error out is as
 * it was and nothing is left beside it. What a killed run left there goes with the next run. */
int sink_directory(const char *out, const struct rendered *rendered, struct error *e);

/* Whether sink_directory() would refuse `out` as it is now: asked before a secret is fetched. Changes nothing. */
int sink_check(const char *out, struct error *e);

#endif
