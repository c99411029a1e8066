/*
 * site.h - a homelab repository: hearth.yaml and the files beside it.
 *
 * site_open() reads and judges hearth.yaml whole; every other file is read when asked for, through
 * the site's own directory descriptor: never above it, never through a symbolic link that leaves it.
 */
#ifndef HEARTH_SITE_SITE_H
#define HEARTH_SITE_SITE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "site/tree.h"

#include <stdbool.h>

#define SITE_NODES_MAX 500
#define SITE_ROLES_MAX 16
#define SITE_FILE_MAX ((size_t)1 << 20) /* bytes of any one file of a site */

enum login_method { LOGIN_CERTIFICATE, LOGIN_SECRET, LOGIN_DEVICE_CODE, LOGIN_FEDERATED, LOGIN_TPM };
enum machine_type { MACHINE_CONTROLPLANE, MACHINE_WORKER };
enum flux_from { FLUX_FILE, FLUX_RELEASE };
enum bootstrap_mode { BOOTSTRAP_NONE, BOOTSTRAP_AUTO, BOOTSTRAP_MANUAL };

struct site_var { /* one of vars: a name and its scalar */
    const char *name;
    const struct tree_node *value;
    struct site_var *next;
};

#define SITE_INVENTORY "hearth.yaml"

/* An empty file, packed by `make usb` and `make pxe` with PERMANENT=1; never part of a repository. */
#define SITE_PERMANENT ".hearth/permanent"
#define SITE_INSTALLERS "talos/installer.pin" /* digests of installer images that carry hearth */

struct role {
    /* an RFC 1123 label; also the Flux cluster directory */
    const char *name;
    struct pos pos;
    const char *cluster;
    /* https://HOST:PORT */
    const char *endpoint;
    /* https://HOST[:PORT], lower case, no trailing slash, no :443 */
    const char *vault;
    struct {
        /* GUID or verified domain */
        const char *tenant;
        /* GUID */
        const char *client;
        /* of a node whose entry names none */
        enum login_method method;
    } login;
    struct {
        /* https://HOST[:PORT]; default: the login host of the vault's cloud */
        const char *authority;
        /* https://HOST; default: by the vault's suffix, https://vault.azure.net */
        const char *resource;
        /* path of a PEM file in the site, trusted for this role's hosts alone; or NULL */
        const char *ca;
        /* and the built-in Azure roots are not */
        bool ca_only;
        /* hearth.yaml names any of them: plan and boot say so in one line */
        bool own;
    } cloud;
    /* where Flux's two files lie, relative to the site. `from`: the site's, but for named components. */
    struct {
        /* of the role's own word on them, or file is NULL */
        struct pos pos;
        const char *components, *sync;
        enum flux_from from;
    } flux;
    struct site_var *vars;
};

struct site_node { /* an entry of `nodes` */
    /* as written: "worker-{fact:serial}" */
    const char *name;
    /* the name as a !format (fact parts only), or NULL when it is literal */
    struct ref *name_ref;
    struct pos pos;
    const struct role *role;
    /* the role's, or its own */
    enum login_method method;
    enum machine_type type;
    enum bootstrap_mode bootstrap;
    /* the mapping; keys are known fact names; never empty */
    const struct tree_node *match;
    /* the mapping of disk conditions, without wipe; NULL when there are none */
    const struct tree_node *install;
    /* install.wipe: a foreign disk may be overwritten */
    bool wipe;
    /* install.carries_hearth: the installer image does, whatever its name shows */
    bool carries_hearth;
    /* over the role's */
    struct site_var *vars;
    /* 0-based place in the file */
    unsigned index;
};

/* Something of the inventory that works and deserves a look, and whom it is about. */
struct site_warning {
    enum error_code code;
    struct pos pos;
    const char *text;
    /* one of the two that it is about; NULL: it is about the cluster */
    const struct site_node *entry, *other;
    const char *cluster;
    struct site_warning *next;
};

struct site {
    struct pool *pool;
    /* as given */
    const char *dir;
    /* of the directory */
    int fd;
    struct {
        /* "v2.9.4" */
        const char *version;
        enum flux_from from;
    } flux;
    struct role *roles;
    unsigned role_count;
    struct site_node *nodes;
    unsigned node_count;
    /* SITE_PERMANENT is there: every boot is from the medium that this site lies on */
    bool permanent;
    /* in file order */
    struct site_warning *warnings;
    /* files that were looked at before they are read; of the first, which is none, the size is that of all */
    struct site_kept {
        const char *path;
        struct document *documents;
        size_t size;
        struct site_kept *next;
    } * kept;
};

/* Opens DIR and reads DIR/hearth.yaml. NULL with every semantic mistake in `errors` (up to 20), or the one
 * that stopped the parse. Values that the embedded example leaves for its reader to fill in are refused
 * (E_SITE_PLACEHOLDER). site_close() wipes it. */
struct site *site_open(const char *dir, struct errors *errors);
void site_close(struct site *site);

/* Adds the inventory's warnings that are about this entry or its cluster; entry NULL: all. */
void site_warnings(const struct site *site, const struct site_node *entry, struct errors *out);

/* Reads a file of the site (relative path) up to SITE_FILE_MAX. E_SITE_PATH when the path leaves the site;
 * E_FILE_READ with errno text when it cannot be read. *missing (may be NULL) tells ENOENT apart: then -1
 * with e untouched. */
int site_read(const struct site *site, const char *path, struct buf *out, bool *missing, struct error *e);

/* Reads a YAML file of the site into `pool`. Same `missing`. size (may be NULL): its bytes. */
int site_tree(const struct site *site, struct pool *pool, const char *path, struct document **out,
              size_t *size, bool *missing, struct error *e);

/* The tree of a file that was looked at before and not taken by site_tree() since, which is the one to change it; or
 * NULL. site_keep() keeps one, in the site's pool as the path is: of at most SITE_KEPT_MAX bytes of text together. */
#define SITE_KEPT_MAX ((size_t)16384)
struct site_kept *site_kept(const struct site *site, const char *path);
void site_keep(const struct site *site, const char *path, struct document *documents, size_t size);

/* The names, sorted, of the regular files with this suffix directly in a directory of the site; an absent
 * directory is an empty list. With the suffix "/" the directories instead. NULL-terminated array in pool. */
int site_list(const struct site *site, struct pool *pool, const char *dir, const char *suffix,
              const char ***out, struct error *e);

/* What stands in the embedded example where only its reader knows the value. Adds E_SITE_PLACEHOLDER for each
 * value below root that still holds it, or the all-zero GUID. */
#define SITE_EXAMPLE_MARK "CHANGE-ME"
void site_examples(struct tree_node *root, struct errors *errors);

const struct role *site_role(const struct site *site, const char *name);

/* As hearth.yaml spells them: "certificate", "secret", "device-code", "federated", "tpm"; "controlplane", "worker". */
const char *site_method_word(enum login_method method);
const char *site_type_word(enum machine_type type);
/* For people: "control plane", "worker". */
const char *site_type_words(enum machine_type type);

/* Which roots this role's hosts are judged by: "the built-in Azure roots", "the built-in Azure roots and ca.pem",
 * "ca.pem alone". Returns out. */
#define SITE_TRUST_MAX 320
const char *site_trust_words(char out[SITE_TRUST_MAX], const struct role *role);

/* Where the login of an entry's node lies in the site (".hearth/data.pem", of its role; ".hearth/data-1.tpm", of its
 * own), in out; NULL for methods without a file, and for a name that is not known (NULL). */
#define SITE_LOGIN_FILE_MAX 128
#define SITE_HALF ".hearth/%.63s.tpm" /* of the node's name */
const char *site_login_file(char out[SITE_LOGIN_FILE_MAX], const struct site_node *entry, const char *name);

/* The scalar of a variable for an entry: its own first, then its role's; NULL when neither has it. */
const struct tree_node *site_var(const struct site_node *entry, const char *name);

#endif
