/*
 * gitops.h - the tree that Flux will reconcile, judged before there is a cluster.
 *
 * From clusters/<role>/flux-system/gotk-sync.yaml on, the walk follows what Flux and kustomize would: the path of
 * each Flux Kustomization, the resources and components of each kustomization.yaml, every YAML file where there is
 * none; each path once for a set of variables and a namespace. Bounded: GITOPS_ITEMS_MAX files and directories,
 * GITOPS_DEPTH_MAX steps from the start. What is remote or generated is not looked at and may make what is missed.
 *
 * Sources: Flux's Kustomization API (path, postBuild), kustomize's kustomization file, External Secrets' API v1.
 */
#ifndef HEARTH_GITOPS_GITOPS_H
#define HEARTH_GITOPS_GITOPS_H

#include "base/error.h"
#include "plan/plan.h"

#define GITOPS_ITEMS_MAX 4096
#define GITOPS_DEPTH_MAX 20

/* How the operator logs in to the role's vault, as its ClusterSecretStore says; in the plan's pool. */
struct gitops_login {
    /* of the store; file is NULL: there is none that logs in with a client secret or a certificate */
    struct pos pos;
    /* NULL: not known */
    const char *tenant;
    /* The secrets of the vault that hearth lays as the halves of the login; NULL: they are not whole values of a Secret
     * in bootstrap/. */
    const struct ref *client, *secret;
    /* the second half is a PEM with a key and its certificate */
    bool certificate;
    /* of several certificates in it External Secrets takes the last, not the key's: useAzureSDK is not true */
    bool takes_last;
};

/* Where a database's backups go, as its ObjectStore says; in the plan's pool. */
struct gitops_backup {
    /* of its destinationPath */
    struct pos pos;
    /* the first label of its host */
    const char *account;
    struct gitops_backup *next;
};

struct gitops_tree {
    /* the first store's of the role's vault, or zeroed */
    struct gitops_login login;
    /* E_TREE_UNSEEN: each place that was named and not looked at. A tree with one is not good. Owned: errors_free(). */
    struct errors unseen;
    /* those that log in with a connection string */
    struct gitops_backup *backups;
    /* files and directories that came after GITOPS_ITEMS_MAX */
    unsigned cut;
};

/* Walks the tree of the plan's role. Adds each secret that an ExternalSecret of one of the vault's stores names to
 * plan->secrets, with its place in the tree and ref->external set (`secret/` before a name is dropped, keys and
 * certificates are left out). Errors: E_TREE something named is not there, a variable that nothing gives, or a store of
 * another vault; E_TREE_SECRET a Secret or a store that nothing makes; E_SITE_PLACEHOLDER; E_YAML_REF a key that is no
 * name. Warnings: files that git does not track, and E_TREE_SECRET where something that is not seen may make it. */
void gitops_tree(struct plan *plan, struct gitops_tree *tree, struct errors *warnings, struct errors *errors);

/* Warns unless all that lies in clusters/<role>/flux-system is kept from Flux's garbage collection, by its
 * kustomization.yaml (a patch that reaches every object, or commonAnnotations): Flux deletes what leaves Git, itself
 * too. */
void gitops_keep(const struct plan *plan, struct errors *warnings);

/* Warns unless the endpoint is an address that talos/ gives to a node or a VIP: for another somebody else must
 * (a DHCP reservation, a DNS record). */
void gitops_endpoint(const struct plan *plan, struct errors *warnings);

#endif
