/*
 * vars.h - what Flux puts in the place of ${name} after it has built a Kustomization. Inside this room only. Pure.
 *
 * Source: fluxcd/pkg kustomize_varsub.go and the envsubst grammar it uses: ${a}, ${a:=b}, ${a:-b}, ${a=b}, ${a-b}, $$
 * for a dollar. Without any variable nothing is replaced at all.
 */
#ifndef HEARTH_GITOPS_VARS_H
#define HEARTH_GITOPS_VARS_H

#include "base/mem.h"

#include <stdbool.h>

/* The variables of one Kustomization. A set that is equal to one before it is that one. */
struct vars {
    struct var {
        const char *name, *value;
        struct var *next;
    } * first;
    /* what else may give values, which hearth does not know ("Secret x"), or NULL */
    const char *open;
    /* two sets with one identity are the same */
    const char *identity;
    struct vars *next;
};

/* Adds or replaces a value; line breaks are dropped, as Flux does. */
void vars_set(struct pool *pool, struct vars *vars, const char *name, const char *value);
/* Makes the identity and returns the set in *known that is equal, or puts this one there. */
const struct vars *vars_intern(struct pool *pool, struct vars *vars, struct vars **known);

enum vars_result {
    VARS_GOOD,
    VARS_OPEN, /* nobody knows here: *name says why */
    VARS_NONE  /* *name is given by nothing, so that Flux leaves nothing, or the ${} itself */
};

/* The text with every variable replaced, in pool. vars may be NULL. */
enum vars_result vars_expand(struct pool *pool, const struct vars *vars, const char *text, const char **out,
                             const char **name);

#endif
