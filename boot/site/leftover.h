/*
 * leftover.h - text in a site that another tool should have replaced, or has spoilt. Pure.
 *
 * kislyuk's `yq -y` and sops drop the tags that they do not know: what was `!secret NAME#/pointer` is then the text of
 * it, and `!base64 {secret: NAME}` a mapping. Templates of envsubst, Helm, Go, 1Password and vals come here as well.
 */
#ifndef HEARTH_SITE_LEFTOVER_H
#define HEARTH_SITE_LEFTOVER_H

#include "base/error.h"
#include "site/tree.h"

/* A document of a machine config, where a template is left over too (E_SITE_PLACEHOLDER), or an object of bootstrap/,
 * of which only what is a Secret's is judged: E_YAML_REF. Texts of several lines are somebody else's to read. */
void leftover_judge(const struct tree_node *root, bool config, struct errors *errors);

#endif
