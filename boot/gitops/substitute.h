/*
 * substitute.h - what becomes of the values that Flux puts in the place of ${name}. Inside this room only. Pure.
 *
 * Flux substitutes in what kustomize wrote, where quotes that a text does not need are gone: the value is read as YAML
 * once more. Source: fluxcd/pkg kustomize_varsub.go.
 */
#ifndef HEARTH_GITOPS_SUBSTITUTE_H
#define HEARTH_GITOPS_SUBSTITUTE_H

#include "base/error.h"
#include "site/tree.h"

/* Warns once of the values of postBuild.substitute that are no text any more, or not all of it, where they are put in.
 * vars may be NULL. */
void substitute_types(struct pool *pool, const char *file, const struct tree_node *vars,
                      struct errors *warnings);

#endif
