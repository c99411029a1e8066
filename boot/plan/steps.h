/*
 * steps.h - the steps of plan_make(), in order. Inside this room only.
 *
 * Each adds every mistake it finds to `errors` with its position and returns 0 or -1; a later step runs
 * when the earlier ones left what it needs, so that one run shows as many mistakes as possible.
 */
#ifndef HEARTH_PLAN_STEPS_H
#define HEARTH_PLAN_STEPS_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/plan.h"

/* config.c: reads and merges base and overlays into plan->config, then adds what is hearth's own to
 * say. */
int plan_documents(struct plan *plan, struct errors *errors);
/* layers.c: the base and the overlays of this node, merged into plan->config and listed in plan->files. */
int plan_layers(struct plan *plan, struct errors *errors);
/* layers.c: what Talos would refuse of these documents: one file, or the whole of all. */
void plan_judge(struct plan *plan, const struct document *documents, bool whole, struct errors *errors);
/* manifests.c: namespaces, Flux, bootstrap files; control planes only. */
int plan_manifests(struct plan *plan, struct errors *errors);
/* manifests.c: one more; NULL and E_PLAN_MANIFEST when there is one of that name, or no more room. */
struct plan_manifest *plan_add_manifest(struct plan *plan, const char *name, const char *file, struct pos pos,
                                        struct errors *errors);
/* bootstrap_dir.c: the manifests of the files of bootstrap/, but for the namespaces of all, which it returns. */
struct document *plan_bootstrap(struct plan *plan, struct errors *errors);
/* refs.c: collects the secrets and proves that every other reference can be resolved now. */
int plan_references(struct plan *plan, struct errors *errors);
/* refs.c: the name of a !secret with its {node:cluster} and {node:role} replaced, in place. -1 and E_YAML_REF when it
 * is none. */
int plan_secret_name(const struct plan *plan, struct ref *ref, struct error *e);
/* bundle.c: whether another cluster of the site takes the same Talos bundle: E_PLAN_BUNDLE. Behind
 * plan_references(). */
int plan_bundle(struct plan *plan, struct errors *errors);
/* installer.c: whether hearth stays, and a warning where it does not. -1 when what would show it cannot be read. */
int plan_installer(struct plan *plan, struct errors *errors);
/* N of the tag v1.N of an image's name; -1: it has none, or there is no name. */
int plan_image_minor(const char *image);
/* advice.c: what works but deserves a look goes to plan->warnings. */
int plan_advice(struct plan *plan, struct errors *errors);
void plan_advise(struct plan *plan, struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define plan_advise(plan, pos, fmt, ...) SAY(plan_advise, fmt, plan, pos, said_, ##__VA_ARGS__)
/* The same for what will not work as it stands, or loses something: E_PLAN_RISK, said before the rest. */
void plan_risk(struct plan *plan, struct pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define plan_risk(plan, pos, fmt, ...) SAY(plan_risk, fmt, plan, pos, said_, ##__VA_ARGS__)
/* pair.c: what is missing of a login that is born in the TPM. */
void plan_login(struct plan *plan, struct errors *errors);
/* encryption.c: what STATE's key is worth on this box, and by which facts; one that cannot work is
 * E_PLAN_ENCRYPTION. */
int plan_encryption(struct plan *plan, struct errors *errors);

/* bootstrap_dir.c: warns of each .yml file of a directory: nothing reads it, and its author thinks otherwise. */
void plan_other_suffix(struct plan *plan, const char *directory, struct errors *errors);
/* Warns of files and folders below talos/ that are named like no role and no node of the site, and of folders below
 * bootstrap/ that are no role's. */
void plan_unread(struct plan *plan);

/* hostname.c: HostnameConfig with the node's name, in the place of any other form of it; machine may be NULL. */
void plan_hostname(struct plan *plan, struct tree_node *machine, struct errors *errors);

/* config.c: a plain scalar that stands where the entry does. */
struct tree_node *plan_scalar(struct plan *plan, const char *text);
/* config.c: whether a value is `!node FIELD`. */
bool plan_is_node_ref(const struct tree_node *node, const char *field);

/* config.c: the v1alpha1 main document's root, or NULL. */
struct tree_node *plan_main(const struct plan *plan);

/* A file of the site into the pool: bytes, NUL-terminated, or *missing. -1 and e, also when it is no UTF-8
 * (E_PLAN_FILE). */
int plan_read(const struct plan *plan, const char *path, struct span *out, bool *missing, struct error *e);

#endif
