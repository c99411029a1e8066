/*
 * judge.h - what the readers of hearth.yaml share: taking values out of a mapping and saying what is
 * wrong with them, without stopping at the first mistake. Private to this room.
 */
#ifndef HEARTH_SITE_JUDGE_H
#define HEARTH_SITE_JUDGE_H

#include "base/error.h"
#include "site/site.h"
#include "site/tree.h"

#include <stdbool.h>

struct judge {
    struct site *site;
    struct errors *errors;
    /* "role data": what the mapping at hand belongs to */
    const char *where;
    /* false once an entry's role, type or bootstrap is wrong: then nothing is said of clusters */
    bool sound;
};

/* Every key must be in `known` (ends with NULL): E_SITE_KEY with the nearest. */
void judge_keys(struct judge *j, const struct tree_node *map, const char *const *known);

/* The value of a key as a mapping or list; NULL when it is absent (E_SITE_REQUIRED if required) or something
 * else (E_SITE_KIND). */
struct tree_node *judge_map(struct judge *j, const struct tree_node *map, const char *key, bool required);
struct tree_node *judge_list(struct judge *j, const struct tree_node *map, const char *key, bool required);

/* The same for text: a scalar that is not empty and no reference. */
const struct tree_node *judge_text(struct judge *j, const struct tree_node *map, const char *key,
                                   bool required);

/* The place in `words` (ends with NULL) of a key's text, or -1: absent (when not required), or E_SITE_VALUE
 * with all the words. */
int judge_word(struct judge *j, const struct tree_node *map, const char *key, bool required,
               const char *const *words);

/* The scalars of `vars`; NULL when there are none. */
struct site_var *judge_vars(struct judge *j, const struct tree_node *map);

/* The `method` of a `login` (NULL: there is none), or what it is otherwise. */
enum login_method judge_method(struct judge *j, const struct tree_node *login, enum login_method otherwise);

/* Whether a host is one that RFC 2606 keeps for examples; then the error is said already. */
bool judge_example_host(struct judge *j, struct pos pos, const char *host);

/* The two halves of hearth.yaml; fill site->roles and site->nodes as far as they are sound. */
void judge_roles(struct judge *j, const struct tree_node *roles);
void judge_nodes(struct judge *j, const struct tree_node *nodes);

#endif
