/*
 * gitops.h - the tree that Flux will reconcile, judged before there is a cluster.
 *
 * From clusters/<role>/flux-system/gotk-sync.yaml on, the walk follows what Flux and kustomize would: the path of
 * each Flux Kustomization, the resources and components of each kustomization.yaml, every YAML file where there is
 * none. Bounded: GITOPS_ITEMS_MAX files and directories, GITOPS_DEPTH_MAX steps from the start. What is remote,
 * generated or patched is not looked at; a file that hearth does not read (anchors, foreign tags) is a warning.
 *
 * Sources: Flux's Kustomization API (path, postBuild), kustomize's kustomization file, External Secrets' API v1.
 */
#ifndef HEARTH_GITOPS_GITOPS_H
#define HEARTH_GITOPS_GITOPS_H

#include "base/error.h"
#include "plan/plan.h"

#define GITOPS_ITEMS_MAX 512
#define GITOPS_DEPTH_MAX 8

/* How the operator logs in to the role's vault, as its ClusterSecretStore says; in the plan's pool. */
struct gitops_login {
    /* of the store; file is NULL: there is none that logs in with a client secret */
    struct pos pos;
    /* NULL: not known */
    const char *tenant;
    /* The secrets of the vault that hearth lays as the halves of the login; NULL: they are not whole values of a Secret
     * in bootstrap/. */
    const struct ref *client, *secret;
};

/* Walks the tree of the plan's role. Adds each secret that an ExternalSecret of an Azure ClusterSecretStore names to
 * plan->secrets, with its place in the tree and ref->external set (`secret/` before a name is dropped, keys and
 * certificates are left out). Errors: E_TREE something named is not there, or a store of another vault,
 * E_SITE_PLACEHOLDER, E_YAML_REF a key that is no name, E_PLAN_SECRETS. Warnings: files that git does not track,
 * files and values that could not be judged. *login is the store's, or zeroed. */
void gitops_tree(struct plan *plan, struct gitops_login *login, struct errors *warnings,
                 struct errors *errors);

/* Warns unless all that lies in clusters/<role>/flux-system is kept from Flux's garbage collection, by its
 * kustomization.yaml (a patch that reaches every object, or commonAnnotations): Flux deletes what leaves Git, itself
 * too. */
void gitops_keep(const struct plan *plan, struct errors *warnings);

/* Warns unless the endpoint is an address that talos/ gives to a node or a VIP: for another somebody else must
 * (a DHCP reservation, a DNS record). */
void gitops_endpoint(const struct plan *plan, struct errors *warnings);

#endif
