/*
 * cel.h - the mistakes in Talos's expressions (CEL) that people make, seen without an evaluator. Pure.
 *
 * Tokens, brackets, names and fields are judged, and numbers beside Talos's sizes, which are unsigned: 100u * GB. What
 * types a longer expression has is not: Talos's dry run on the box has the last word. Source: Talos
 * pkg/machinery/cel/celenv; the fields (embed/tables/schema.c) are those of its DiskSpec, DiscoveredVolumeSpec and
 * LinkStatusSpec.
 */
#ifndef HEARTH_SITE_CEL_H
#define HEARTH_SITE_CEL_H

#include "base/mem.h"

/* What an expression may speak of. */
enum cel_subject { CEL_DISK, CEL_VOLUME, CEL_MEMBER, CEL_LINK, CEL_OTHER };

/* Why Talos cannot take the expression: a phrase that goes on after the value (in pool, or a constant); NULL when
 * nothing is seen. */
const char *cel_problem(struct pool *pool, enum cel_subject subject, const char *text);

#endif
