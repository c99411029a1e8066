/*
 * merge_url.h - one URL over another, as Talos merges them: part by part. Pure. Source: Go's net/url and the fields of
 * its URL, which Talos's merge goes over.
 */
#ifndef HEARTH_SITE_MERGE_URL_H
#define HEARTH_SITE_MERGE_URL_H

#include <stdbool.h>
#include <stddef.h>

/* What comes of it, into `out` (cap bytes, NUL-terminated). False when a part does not fit: then Talos's answer is not
 * known. With *fixed Talos refuses, because both name a user. */
bool merge_url(const char *base, const char *overlay, char *out, size_t cap, bool *fixed);

#endif
