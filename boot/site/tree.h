/*
 * tree.h - a YAML file as a tree that remembers where everything stood.
 *
 * Built from libyaml's events, never from its document API. hearth does not decide types:
 * a scalar is its text and its style. References (ref.h) are parsed while the tree is
 * built. Refused with position: aliases, anchors, "<<", duplicate keys, non-scalar keys,
 * %-directives, foreign and verbatim tags, invalid UTF-8, NUL; nesting deeper than
 * TREE_DEPTH_MAX, files larger than TREE_BYTES_MAX, more than TREE_NODES_MAX nodes.
 */
#ifndef HEARTH_SITE_TREE_H
#define HEARTH_SITE_TREE_H

#include "base/error.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 64
#define TREE_BYTES_MAX ((size_t)8 << 20)
#define TREE_NODES_MAX 50000

enum tree_kind { TREE_SCALAR, TREE_MAP, TREE_SEQ };
enum tree_style { STYLE_PLAIN, STYLE_SINGLE, STYLE_DOUBLE, STYLE_LITERAL, STYLE_FOLDED };

struct ref;

/*
 * A node of a tree. In a map each child has its key in `key` (a scalar node with its own position); in a
 * sequence `key` is NULL. Lives in the pool that the tree was read into.
 */
struct tree_node {
    enum tree_kind kind;
    /* scalars */
    enum tree_style style;
    /* maps and sequences: written as {} or [] */
    bool flow;
    struct pos pos;
    /* not NULL: the value is this reference and kind/text are how it was written */
    struct ref *ref;
    /* child of a map */
    struct tree_node *key;
    /* scalar: NUL-terminated UTF-8 without NUL inside */
    const char *text;
    /* scalar: bytes */
    size_t len;
    /* map and sequence: children in file order */
    struct tree_node *first;
    struct tree_node *last;
    struct tree_node *next;
    /* children */
    uint32_t count;
};

/* One document of a stream. root is NULL for an empty document (comments only). */
struct document {
    struct tree_node *root;
    /* not all of it is there: see what made it so */
    bool head;
    struct pos pos;
    struct document *next;
};

/* Reads a stream of documents from n bytes; `name` is used in positions (copied into the pool). The first
 * error ends it: E_YAML_SYNTAX, E_YAML_REFUSED, E_YAML_REF, E_FILE_TOO_LARGE. *out is NULL for a stream with
 * no document. */
int tree_read(struct pool *pool, const char *name, const void *p, size_t n, struct document **out,
              struct error *e);

/* The same for a file that hearth only looks at and others use: aliases stand for what they name and "<<" for what it
 * brings, within the same limits, and a tag means nothing, so that no node has a reference. */
int tree_read_plain(struct pool *pool, const char *name, const void *p, size_t n, struct document **out,
                    struct error *e);

/* The value of a key, or NULL. map may be NULL or not a map: then NULL. */
struct tree_node *tree_get(const struct tree_node *map, const char *key);
/* The node under a dotted path of keys ("cluster.controlPlane.endpoint"), or NULL. Keys with dots cannot be
 * named. */
struct tree_node *tree_path(const struct tree_node *root, const char *path);
/* Whether it is a scalar (not a reference) with this text. */
bool tree_is(const struct tree_node *node, const char *text);
/* The scalar's text, or NULL when the node is NULL, a reference, or no scalar. */
const char *tree_text(const struct tree_node *node);
/* Whether a scalar is YAML's null: plain and empty, ~, null, Null or NULL. */
bool tree_is_null(const struct tree_node *node);

/* Building and changing trees, all in `pool`. Children are appended. */
struct tree_node *tree_scalar(struct pool *pool, struct pos pos, const char *text, size_t len,
                              enum tree_style style);
struct tree_node *tree_map(struct pool *pool, struct pos pos);
struct tree_node *tree_seq(struct pool *pool, struct pos pos);
/* Appends a child. key NULL: a child of a map keeps the key that it has, one of a sequence has none. */
void tree_add(struct pool *pool, struct tree_node *parent, const char *key, struct tree_node *child);
/* The same in front of a child of the parent; NULL: behind the last. */
void tree_insert(struct pool *pool, struct tree_node *parent, const struct tree_node *before, const char *key,
                 struct tree_node *child);
/* Takes a child out of its parent. */
void tree_remove(struct tree_node *parent, struct tree_node *child);
/* A deep copy; positions and references are kept. */
struct tree_node *tree_copy(struct pool *pool, const struct tree_node *node);
/* A deep copy that outlives the pool of the tree: references and positions are copied as well. `file`, which is
 * borrowed, is where it stands. */
struct tree_node *tree_keep(struct pool *pool, const char *file, const struct tree_node *node);

/* Calls visit for every node below and including root, parents first; stops at the first nonzero and returns
 * it. */
int tree_walk(struct tree_node *root, int (*visit)(struct tree_node *node, void *arg), void *arg);

#endif
