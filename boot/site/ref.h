/*
 * ref.h - the one grammar of references.
 *
 *   !fact serial      !node vars.gateway      !file path      !secret NAME@VERSION#/json/pointer
 *   !format "{fact:serial}.{node:cluster}"    !base64 {secret: NAME}    !secret talos-{node:cluster}#/cluster/id
 *   !base64decode {secret: NAME}
 *
 * A reference is parsed when its file is read and resolved once, on the tree, never in text.
 */
#ifndef HEARTH_SITE_REF_H
#define HEARTH_SITE_REF_H

#include "base/error.h"
#include "base/mem.h"

#include <stddef.h>

enum ref_kind { REF_FACT, REF_NODE, REF_SECRET, REF_FILE, REF_FORMAT, REF_BASE64, REF_BASE64DECODE };

#define REF_NAME_MAX 127 /* a Key Vault secret name */
/* What may stand in a secret's name; the plan puts the word there (plan_secret_name). */
#define REF_NAME_CLUSTER "{node:cluster}"
#define REF_NAME_ROLE "{node:role}"
#define REF_FORMAT_PARTS_MAX 64

/* A piece of a !format: literal text, or a reference (fact, node, secret, file). */
struct ref_part {
    /* NULL when ref is set */
    const char *literal;
    struct ref *ref;
    struct ref_part *next;
};

struct ref {
    enum ref_kind kind;
    struct pos pos;
    /* fact name, node field, secret name, file path; NULL for format and the two of base64 */
    const char *name;
    /* secret: 32 lower-case hex digits, or NULL: the newest */
    const char *version;
    /* secret: RFC 6901 pointer with the leading "/", or NULL: the whole value */
    const char *pointer;
    /* format */
    struct ref_part *parts;
    /* base64, base64decode: what is encoded or decoded (fact, node, secret, file, format) */
    struct ref *inner;
    /* secret: asked for by an ExternalSecret of the tree, not by a document */
    bool external;
    /* of an external one: what it takes of the value (gitops/remote.h), or NULL: all */
    const char *property;
    /* of an external one: the keys of a JSON object */
    bool extract;
};

/* The tag's kind ("!secret" is REF_SECRET), or -1 when it is none of ours. */
int ref_kind_of_tag(const char *tag);
/* Without the "!". */
const char *ref_kind_name(enum ref_kind kind);

/* Parses the scalar text of a reference of this kind (not the two of base64). NULL and e (E_YAML_REF) when
 * it is malformed: secret names 1-127 of [0-9A-Za-z-] (and {node:cluster}, {node:role}), versions 32 hex, pointers per
 * RFC 6901, file paths relative without "..", fact names that facts_known(), node fields of the list in DESIGN. */
struct ref *ref_parse(struct pool *pool, enum ref_kind kind, struct pos pos, const char *text,
                      struct error *e);

/* Calls visit for the reference and each reference inside it, outermost first; stops at nonzero. */
int ref_walk(struct ref *ref, int (*visit)(struct ref *ref, void *arg), void *arg);

/* A copy that outlives the pool of the reference, which is no external one; `file`, which is borrowed, is where it
 * stands. NULL of NULL. */
struct ref *ref_keep(struct pool *pool, const char *file, const struct ref *ref);

/* "!secret NAME@VERSION#/pointer", for messages; written to out, returned. */
const char *ref_print(char *out, size_t cap, const struct ref *ref);

#endif
