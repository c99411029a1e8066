/*
 * operator.h - where the halves of the operator's login come from.
 *
 * A store names Secrets of the cluster; hearth lays them, out of bootstrap/, and knows which secret of the vault each
 * value is.
 */
#ifndef HEARTH_GITOPS_OPERATOR_H
#define HEARTH_GITOPS_OPERATOR_H

#include "gitops/gitops.h"

/* `from` is the store's authSecretRef. The tenant is left open. */
struct gitops_login operator_login(const struct plan *plan, const struct tree_node *azure, struct pos pos);

#endif
