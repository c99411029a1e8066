/*
 * rules.h - what Talos's Validate asks of a value beyond its spelling: a table of places and rules. Pure.
 *
 * Rules go by the type of what they judge (an address that is one, a duration that is long enough, a label), not by
 * document. What needs a machine, and what only two values together make wrong in rare places, is not here: the lists
 * of tests/conformance/talos/walk name it. Source: the Validate methods of Talos machinery 1.13.9 and 1.14.1.
 */
#ifndef HEARTH_SITE_RULES_H
#define HEARTH_SITE_RULES_H

#include "site/schema.h"
#include "site/tree.h"

/* Talos's rules for a value; the tables are embed/tables/rules.c. */
enum rule_kind {
    RULE_GIVEN,        /* something is there */
    RULE_ADDRESS,      /* not 0.0.0.0 or ::, with or without a prefix length; "" is not given */
    RULE_NOT_NEGATIVE, /* a number, a duration, a size */
    RULE_SECONDS,      /* a duration of at least `low` seconds; 0 is not given */
    RULE_WITHIN,       /* a whole number from `low` to `high` */
    RULE_ONE_OF,       /* one of `words`; "" where a comma ends them */
    RULE_NONE_OF,      /* none of `words` */
    RULE_ABSOLUTE,     /* a path */
    RULE_HOST_PORT,    /* host:port */
    RULE_SCHEME,       /* a URL with one of these schemes and a host */
    RULE_HOST,         /* a URL with a host */
    RULE_TEXT_ADDRESS, /* a text that is an address */
    RULE_TEXT_PREFIX,  /* a text that is an address with a prefix length */
    RULE_TEXT_EITHER,  /* either of both */
    RULE_SUBNET,       /* either of both; a ! before it excludes */
    RULE_WIREGUARD,    /* base64 of 32 bytes */
    RULE_LABEL,        /* the value of a label */
    RULE_TAINT,        /* [value:]effect */
    RULE_VARIABLE,     /* KEY=value */
    RULE_CAPABILITY,   /* CAP_NET_ADMIN, NET_ADMIN: capitals and _ */
    RULE_IPV4,
    RULE_MILLICORES, /* 1500m */
    RULE_TEXT_BYTES, /* a text that is a size */
    RULE_PEM,        /* a text that holds PEM */
    RULE_MASKED,     /* a prefix without host bits */
    RULE_DNS_NAME,
    RULE_CEL,  /* an expression about `low` (enum cel_subject); "" is not given */
    RULE_NEVER /* Talos knows the field and takes no value */
};

/* Texts as in schema.h. */
struct rule {
    /* of the document; none: every document but the main one, and `path` is its end */
    uint16_t kind;
    uint16_t path;
    uint16_t words;
    /* enum rule_kind */
    uint8_t rule;
    uint32_t low, high;
};

/* Fields of one mapping that go together. */
struct rules_group {
    uint16_t kind;
    /* of the mapping, as of a rule */
    uint16_t path;
    uint16_t keys;
    /* at most one of them; else at least one */
    bool one;
};

/* A place in a document: `path` as keys with dots, "*" for any key of a map, without list indexes. */
struct rules_place {
    /* NULL: the main document */
    const char *kind;
    const char *path;
};

/* Why Talos refuses this scalar here: a phrase that goes on after the value; NULL when no rule says so. The scalar must
 * be one that Talos can read as `type`. */
const char *rules_problem(struct pool *pool, struct rules_place place, const struct schema_type *type,
                          const struct tree_node *node);

/* The i-th field (from 0) that a mapping at this place must have with something in it; NULL behind the last. */
const char *rules_needed(struct rules_place place, unsigned i);

/* Why a key of a map with names of a Kubernetes object is none: a phrase that goes on after it; NULL when it is good,
 * or any key is. */
const char *rules_key_problem(struct rules_place place, const char *key);

/* Why the fields of a mapping do not go together: a phrase that goes on after its name; NULL when they do. */
const char *rules_group_problem(struct pool *pool, struct rules_place place, const struct tree_node *map);

#endif
