/*
 * founded.h - may this node found its cluster? Asked at join where the cluster has several control planes.
 */
#ifndef HEARTH_NODE_FOUNDED_H
#define HEARTH_NODE_FOUNDED_H

#include "pipeline/marker.h"
#include "pipeline/pipeline.h"

#include <stdbool.h>

/* For the endpoint and all peers together. */
#define FOUNDED_PROBE_MS 3000u

/* With plan->marker, and secrets fetched and rendered: what the marker says; then, when no other node has founded by
 * it, whether the endpoint or a peer (rendered->peers that are addresses, port 6443) takes a connection all the same:
 * *who, which is for the console, else "". The fetcher asks. E_MARKER_VALUE, and the errors of pipeline_probe(). */
int founded_ask(const struct pipeline *run, const struct rendered *rendered, enum marker *said, char who[300],
                struct error *e);

#endif
