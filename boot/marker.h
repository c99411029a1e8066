/*
 * marker.h - may this node found its cluster? Asked at join where the cluster has several control planes (vault/marker.h).
 */
#ifndef HEARTH_BOOT_MARKER_H
#define HEARTH_BOOT_MARKER_H

#include "line.h"

#define MARKER_PROBE_MS \
    3000u /* for the endpoint and all peers together; half of it to find the endpoint's name */

/* Both with plan->marker, and secrets fetched and rendered. What the marker says. E_MARKER_VALUE. */
int marker_read(const struct line *line, const struct rendered *rendered, bool *founded, struct error *e);

/* The same; then, when it says not founded, whether the endpoint or a
 * peer (rendered->peers that are addresses, port 6443) takes a connection all the same: true and *who, which is for the console. E_MARKER_VALUE. */
int marker_ask(const struct line *line, const struct rendered *rendered, bool *founded, char who[300],
               struct error *e);

/* Right before the config is applied. Nothing when an earlier run in this boot has written it. Errors: line_write_marker(). */
int marker_set(struct line *line, const struct rendered *rendered, struct error *e);

#endif
