/*
 * check.h - what Talos's own validation does not catch. Pure.
 *
 * A machine config that Talos accepts can still be useless: it joins nothing, has no pod network, or stops at
 * the first Secret whose namespace nobody made. All mistakes are added to one list with the position of the
 * node they are about. Texts that came from a secret are never shown. Sources: Talos's machinery package
 * (v1alpha1_validation.go, the golden configs of its generate tests) and manifest_apply.go of machined; Flux's
 * source-controller on GitRepository secrets.
 */
#ifndef HEARTH_RENDER_CHECK_H
#define HEARTH_RENDER_CHECK_H

#include "base/error.h"
#include "base/reader.h"
#include "plan/plan.h"
#include "render/objects.h"
#include "render/resolve.h"

struct check_manifest {
    const struct plan_manifest *plan;
    /* resolved; NULL when it is laid down byte for byte */
    const struct document *docs;
    /* filled by check_manifests() */
    struct object *objects;
};

struct check {
    const struct plan *plan;
    const struct resolver *resolver;
    struct pool *pool;
    /* resolved, without the plan's manifests */
    const struct document *config;
    struct check_manifest *manifests;
    unsigned manifest_count;
    /* Of the site's own cluster.inlineManifests; filled by check_manifests(). */
    struct object *own;
    /* Some of them could not be looked at, for no secret was fetched. */
    bool own_open;
    struct errors *errors;
    /* of what may fail, or not yet */
    struct errors *warnings;
};

/* The machine config: E_RENDER_FIELD, E_RENDER_FORBIDDEN, E_RENDER_CONFLICT, E_RENDER_DISK, E_RENDER_PEM. */
void check_config(struct check *c);
/* What the references became, judged as the plan judged the rest (site/schema_check.h): E_RENDER_KEY, E_RENDER_FIELD,
 * E_RENDER_CONFLICT. */
void check_spelling(struct check *c);
/* Every inlined object: E_MANIFEST_OBJECT, E_MANIFEST_NAME, E_MANIFEST_SECRET, E_MANIFEST_NAMESPACE. */
void check_manifests(struct check *c);
/* check_network.c: what Flux needs of the cluster before it can do anything: the pod network (E_RENDER_CNI), DNS
 * (E_RENDER_DNS), a service proxy (E_RENDER_PROXY). After check_manifests(). */
void check_network(struct check *c);

/* Visits every inlined object, those of the site's own cluster.inlineManifests last. */
struct check_every {
    const struct check *c;
    unsigned manifest;
    const struct object *at;
};
const struct object *check_next(struct check_every *i);
/* The role's sync file against what is inlined: E_FLUX_SYNC, and warnings. After check_manifests(). */
void check_flux(struct check *c);

/* check_source.c: a source of Flux, as its own object or a FluxInstance says it. */
struct check_source {
    /* GitRepository, OCIRepository or Bucket */
    const char *kind;
    const char *name, *ns;
    struct pos pos;
    /* NULL: not given. url: a bucket's endpoint */
    const struct tree_node *url, *secret, *provider;
};
void check_source(struct check *c, const struct check_source *s);

/* check_form.c: what the checks share. */

/* What a field must be. CHECK_TOKEN: 6 and 16 of a-z0-9 with a dot between; CHECK_HTTPS:
 * https://HOST[:PORT]; CHECK_KEY32: base64 of 32 bytes; CHECK_CERT and CHECK_KEY: base64 of PEM, in a document of 1.14
 * PEM (certkey.h); CHECK_LIST: subnets. */
enum check_form {
    CHECK_MAP,
    CHECK_TEXT,
    CHECK_LIST,
    CHECK_TOKEN,
    CHECK_HTTPS,
    CHECK_KEY32,
    CHECK_CERT,
    CHECK_KEY
};

/* Adds E_RENDER_FIELD or E_RENDER_PEM when the field at `path`, or what has it in Talos 1.14's form (site/newer.h), is
 * missing (which the text `without` explains) or malformed. */
void check_need(struct check *c, const struct tree_node *root, const char *path, enum check_form form,
                const char *without);
/* Whether a certificate or key, found at this path, stands as PEM and not as base64 of it: in a document of 1.14. */
bool check_is_plain_pem(const struct check *c, const char *path, const struct tree_node *node);
/* Where something is missing: the nearest node above a path that does exist. */
struct pos check_nearest(const struct tree_node *root, const char *path);
/* The text of a node fit for a message: itself, or "(from a secret)". NULL is "". */
const char *check_shown(const struct check *c, const struct tree_node *node);
/* Whether the value of a node is not known, since no secret was fetched: then nothing is said of it. */
bool check_open(const struct check *c, const struct tree_node *node);
/* Whether a plain scalar is YAML's true, or false, as Talos's decoder takes it for a boolean field. */
bool check_true(const struct tree_node *node);
bool check_false(const struct tree_node *node);
/* Whether a node is absent, null, or an empty text. */
bool check_empty(const struct tree_node *node);
/* The v1alpha1 main document's root, or NULL. */
const struct tree_node *check_main(const struct check *c);

#endif
