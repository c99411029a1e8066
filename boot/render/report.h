/*
 * report.h - plan.json: what was decided and laid down, without a secret in it.
 *
 * apiVersion hearth/v1, kind Rendered: name, role, cluster, type, disk, flux, the documents of the machine
 * config, the manifests with file and bytes, the secrets by name and pinned version. Only manifests that were
 * laid down byte for byte carry a SHA-256: a hash of a text with a secret in it would let anybody test
 * guesses.
 */
#ifndef HEARTH_RENDER_REPORT_H
#define HEARTH_RENDER_REPORT_H

#include "base/error.h"
#include "render/render.h"

#define REPORT_API_VERSION "hearth/v1"
#define REPORT_KIND "Rendered"

/* Fills rendered->plan_json from the rest of it. E_NO_MEMORY. */
int report_write(const struct plan *plan, struct rendered *rendered, struct error *e);

#endif
