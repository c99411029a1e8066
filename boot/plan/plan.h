/*
 * plan.h - facts and a site in, one plain value out: what this box will become.
 *
 * Offline: it reads the site and nothing else. The plan holds the entry, the install disk, the merged but unresolved
 * documents, and the list of every secret they refer to. `hearth plan` prints it, `hearth check` walks it, render
 * resolves it; nothing else computes it.
 */
#ifndef HEARTH_PLAN_PLAN_H
#define HEARTH_PLAN_PLAN_H

#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"
#include "site/ref.h"
#include "site/site.h"
#include "site/tree.h"

#include <jansson.h>

#define PLAN_SECRETS_MAX 64   /* distinct (name, version) of one node; the tree's are not counted */
#define PLAN_FILES_MAX 64     /* files of talos/ that make one config */
#define PLAN_MANIFESTS_MAX 64 /* inlined manifests of one control plane */
#define PLAN_MANIFEST_MAX ((size_t)1 << 20) /* bytes of one */
/* Bytes of files that one machine config is made of. What becomes of them, with PLAN_SECRETS_MAX secrets of the
 * largest size, is within RENDER_CONFIG_MAX, and `boot`'s heap is sized by that. */
#define PLAN_BYTES_MAX ((size_t)3 << 20)

/* The one disk that Talos will be given. */
struct plan_disk {
    /* its element of facts.disks; NULL when there are no facts (--node off the box) */
    const json_t *fact;
    /* "wwid" or "busPath": the key of machine.install.diskSelector */
    const char *field;
    /* its value, as Talos will compare it */
    const char *value;
    /* off a node nobody has looked: said in plan */
    bool contents_unknown;
};

/* Beside the fields that a file may name: the install disk as UnattendedInstallConfig chooses one, a CEL expression. */
#define PLAN_DISK_MATCH "install.match"

/* A file of the site that the config was made of, in the order of merging: the base first, then overlays. */
struct plan_file {
    const char *path;
    size_t bytes;
    /* NULL-terminated: "machine.sysctls", "LinkConfig eth0"; of the base its documents */
    const char **gives;
};

/* A secret that the documents need. Each distinct name and version stands once. */
struct plan_secret {
    const char *name;
    /* or NULL: the newest */
    const char *version;
    struct plan_where { /* every place that needs it */
        const struct ref *ref;
        /* of the place, for one of the tree */
        uint32_t hash;
        struct plan_where *next;
    } * where;
};

/* the names of the role's flux.components and flux.sync among the manifests */
#define PLAN_FLUX_COMPONENTS "20-flux-components"
#define PLAN_FLUX_SYNC "40-flux-sync"

/* An inlined manifest. Names sort in the order they are meant to be applied. */
struct plan_manifest {
    /* also cluster.inlineManifests[].name */
    const char *name;
    /* of the site; NULL for one made of several */
    const char *file;
    /* bytes of the file; 0 when file is NULL */
    size_t size;
    /* parsed, unresolved; where `bytes` are made of them, their heads alone (plan/head.h); NULL: it is laid down byte
     * for byte */
    struct document *docs;
    /* gotk-components.yaml and gotk-sync.yaml byte for byte; what the documents of a file make, where no reference is
     * in them; none: they are made when the references are resolved */
    struct span bytes;
    /* what render/objects.h reads in `bytes`, once it was asked; in the plan's pool */
    struct object *objects;
};

/* What shows that hearth is there after the install as well; a claim needs evidence, so that nothing is held back for a
 * hearth that is not there. */
enum plan_keeps {
    KEEPS_NO,        /* no image is named, or Talos's own, or nothing shows what is in it */
    KEEPS_PERMANENT, /* every boot is from the medium of the site */
    KEEPS_TAG,       /* the tag that `make installer` gives: VERSION-hearth-... */
    KEEPS_PIN,       /* a digest that SITE_INSTALLERS records */
    KEEPS_SAID       /* install: { carries_hearth: true } */
};

struct plan {
    struct pool *pool;
    /* borrowed */
    const struct site *site;
    /* borrowed */
    const json_t *facts;
    const struct site_node *entry;
    /* the hostname: lower case, an RFC 1123 label */
    const char *name;
    /* facts is NULL and the name needs one: it stands as written */
    bool name_open;
    struct plan_disk disk;
    /* how STATE is encrypted, with the facts that it rests on; NULL: not, or nothing is known */
    const char *state;
    /* each file of talos/ that took part, in that order */
    struct plan_file *files;
    unsigned file_count;
    /* Merged machine config documents, references unresolved, with what hearth adds: machine.type,
     * machine.install.diskSelector (as !node install.disk), HostnameConfig, and cluster.extraManifests
     * with flux.from release. */
    struct document *config;
    /* control planes only */
    struct plan_manifest *manifests;
    unsigned manifest_count;
    /* machine.install.image; NULL: none, or one that is not known yet */
    const char *image;
    enum plan_keeps keeps;
    /* the role's own key, which no node logs in with any more; NULL: there is none */
    const char *login_left;
    /* the secret that says whether the cluster is founded; NULL: it need not be asked */
    const char *marker;
    /* flux.from release: what Talos fetches, unverified; in config already */
    const char *release_url;
    struct plan_secret *secrets;
    unsigned secret_count, secret_room;
    struct errors warnings;
};

/* Which entry: the first that matches the facts, or the one that `node` names. NULL and e:
 * E_PLAN_NO_MATCH, E_PLAN_NO_NODE. */
const struct site_node *plan_match(const struct site *site, const json_t *facts, const char *node,
                                   struct error *e);

/* Everything else for that entry. *out is owned by the caller (plan_free); on failure `errors` holds up to
 * 20 mistakes with positions. facts may be NULL for --all without a box: then what needs a fact stays open
 * and is listed as a warning. */
int plan_make(const struct site *site, const json_t *facts, const struct site_node *entry, struct plan **out,
              struct errors *errors);
void plan_free(struct plan *plan); /* NULL is allowed */
/* Its manifests go, for one whose config is made: what render_documents() borrowed of them, too. */
void plan_drop_manifests(struct plan *plan);

/* Adds a secret that something beside the documents needs, unless it is in the list; the reference is
 * borrowed. -1 and E_PLAN_SECRETS when the list is full, which it is for no `external` one. Once one of these stands
 * in the list, no other may be added. */
int plan_add_secret(struct plan *plan, const struct ref *ref, struct error *e);

/* Whether the documents point into this secret as into the file that `talosctl gen secrets` writes (Talos
 * pkg/machinery/config/generate/secrets). */
bool plan_is_bundle(const struct plan_secret *secret);

/* Whether two control planes of one cluster carry the same manifests: names, order, bytes, and trees with
 * their references. 0, or -1 and E_PLAN_MANIFESTS_DIFFER naming the first that differs. talosctl
 * upgrade-k8s takes the list of one node and prunes by it. */
int plan_same_manifests(const struct plan *a, const struct plan *b, struct error *e);

/* Entries of the inventory that are control planes of this cluster. */
unsigned plan_control_planes(const struct plan *plan);

/* site_login_file() of this plan's node. */
const char *plan_login_file(char out[SITE_LOGIN_FILE_MAX], const struct plan *plan);

/* Makes a document of this manifest whole: one of which the head alone was kept is read again. -1 and the error of the
 * file, or E_PLAN_MANIFEST when the file has changed. */
int plan_whole(const struct plan *plan, const struct plan_manifest *manifest, struct document *document,
               struct error *e);

/* The CustomResourceDefinition of a kind in the role's flux.components, from its names on, in the layout of Flux's own;
 * none where that has no such one, or is not inlined. */
struct span plan_definition(const struct plan *plan, const char *kind);

/* plan->keeps != KEEPS_NO. */
bool plan_keeps_hearth(const struct plan *plan);

/* The value of a !fact or !node reference for this plan as a new tree node in plan->pool (kind kept: a
 * fact that is a number is emitted plain, a string is quoted when needed; `install.disk` is a mapping
 * {wwid: ...}). NULL and e when it cannot be had: E_REF_FACT, E_REF_NODE. */
struct tree_node *plan_value(const struct plan *plan, const struct ref *ref, struct error *e);

#endif
