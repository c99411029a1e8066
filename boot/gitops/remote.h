/*
 * remote.h - what an ExternalSecret takes of a secret: its version, one property, or a whole mapping. Inside this room,
 * and for check, which has the value in hand. Pure.
 *
 * Source: External Secrets' Azure provider (pkg/provider/azure/keyvault, getProperty and GetSecretMap) and the paths of
 * tidwall/gjson, of which keys, indexes and escaped dots are judged here; a path with more in it is not.
 */
#ifndef HEARTH_GITOPS_REMOTE_H
#define HEARTH_GITOPS_REMOTE_H

#include "base/span.h"
#include "site/ref.h"
#include "site/tree.h"

/* The reference that `remote` ({key, version, property}) makes, its key given as `name` with variables replaced. NULL
 * without e: a key or a certificate of the vault, which is no secret. NULL and e (E_YAML_REF): no name, or a version
 * that is none. `extract`: of dataFrom. */
struct ref *remote_ref(struct pool *pool, struct pos pos, const struct tree_node *remote, const char *name,
                       bool extract, struct error *e);

/* Why the operator gets nothing out of this value: a phrase that goes on after the secret's name, in the pool, with
 * nothing of the value in it. NULL: it does, or nobody knows here. */
const char *remote_problem(struct pool *pool, const struct ref *ref, struct span value);

#endif
