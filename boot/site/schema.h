/*
 * schema.h - what Talos's config documents are made of: which keys a mapping has, what a list holds, how a scalar is
 * spelt, and how Talos merges two of them.
 *
 * The tables (embed/tables/schema.c) are written by the walk over Talos's own Go types, tests/conformance/talos/walk,
 * for the oldest and the newest Talos that hearth is tested with. A document or a field that they lack is not Talos's,
 * or newer.
 *
 * The build packs them (embed/mktables.c); the first question unpacks them, some 30 KB that stay. A text in a table is
 * where it begins, for schema_text.
 */
#ifndef HEARTH_SITE_SCHEMA_H
#define HEARTH_SITE_SCHEMA_H

#include "site/tree.h"

#include <stdbool.h>
#include <stdint.h>

#define SCHEMA_NEWEST "1.14" /* the newest Talos in the tables */
#define SCHEMA_NEWEST_MINOR 14

enum schema_node {
    SCHEMA_SCALAR,
    SCHEMA_STRUCT, /* a mapping with these keys and no others */
    SCHEMA_MAP,    /* a mapping with any keys */
    SCHEMA_LIST,
    SCHEMA_ANY /* whatever it is; merged by what it turns out to be */
};

/* How a scalar is spelt; scalar.h judges. */
enum schema_form {
    FORM_TEXT,
    FORM_BOOL,
    FORM_INT, /* of `bits` bits; negative: signed */
    FORM_FLOAT,
    FORM_DURATION,   /* Go's: 30s, 1h5m */
    FORM_ENUM,       /* one of `words` */
    FORM_TABLE,      /* a routing table: a name or 0 to 255 */
    FORM_ADDR,       /* 192.168.1.10 */
    FORM_PREFIX,     /* 192.168.1.0/24 */
    FORM_ADDRPORT,   /* 192.168.1.10:51820 */
    FORM_URL,        /* as net/url parses it */
    FORM_CEL,        /* an expression */
    FORM_BYTES,      /* 10GiB */
    FORM_PERCENT,    /* 20% */
    FORM_SIZE,       /* either of both */
    FORM_DISK_SIZE,  /* bytes; "" is none */
    FORM_DISK_MATCH, /* ">= 200GB" */
    FORM_PORTS,      /* 80 or 8000-8010 */
    FORM_MAC,        /* aa:bb:cc:dd:ee:ff */
    FORM_BASE64,
    FORM_MODE,    /* 0o644 */
    FORM_ARGUMENT /* a text or a list of texts */
};

/* How two values merge where the general rule is not Talos's: maps merge, scalars replace, lists append. */
enum schema_merge {
    MERGE_GENERAL,
    MERGE_COPY,        /* an overlay of what is around it that lacks it clears it */
    MERGE_URL,         /* by its parts */
    MERGE_FIXED,       /* cannot be merged at all: both layers having it is an error */
    MERGE_WHOLE,       /* a mapping that is replaced as a whole */
    MERGE_KEYED,       /* a list: elements with the same `key` merge */
    MERGE_KEYED_WHOLE, /* a list: an element with the same `key` is replaced whole */
    MERGE_ARGUMENTS,   /* a map: the value of each key is replaced whole, whatever its kind */
    MERGE_SIZE         /* bytes and percent are two values of one field; bytes win */
};

/* Of a use. */
enum {
    SCHEMA_POINTER = 1, /* held by pointer: its zero is a value of its own */
    SCHEMA_REPLACE = 2, /* the whole value replaces; null and a missing one keep */
    SCHEMA_NEW = 4      /* the older Talos does not know it */
};

/* A field of a struct, or with key 0 the element of a map or list. */
struct schema_field {
    /* a text */
    uint16_t key;
    /* for schema_type_at */
    uint16_t type;
    uint8_t flags;
};

struct schema_type {
    /* enum schema_node */
    uint8_t node;
    /* enum schema_form; of SCHEMA_SCALAR, and FORM_ARGUMENT of SCHEMA_ANY */
    uint8_t form;
    /* enum schema_merge */
    uint8_t merge;
    int8_t bits;
    /* FORM_ENUM: held by value, the first word counts as not given */
    bool zero;
    /* FORM_ENUM: the case of letters matters */
    bool exact;
    /* FORM_ENUM: "" is one of the spellings */
    bool empty;
    /* of its fields, for schema_field_at */
    uint16_t first;
    uint16_t count;
    /* of a map and a list */
    struct schema_field elem;
    /* a text with commas between */
    uint16_t words;
    /* a text; of MERGE_KEYED */
    uint16_t key;
};

struct schema_document {
    /* a text; "v1alpha1" is the main document */
    uint16_t kind;
    uint16_t type;
    /* the older Talos does not know it */
    bool is_new;
    /* Talos refuses it on a worker */
    bool control_only;
};

/* A document that Talos refuses beside a field of the main document, because both would say the same thing. */
struct schema_conflict {
    uint16_t kind;
    /* only the document of this name; none: any */
    uint16_t name;
    /* only where the document has this field; none: always */
    uint16_t field;
    /* dotted path in the main document */
    uint16_t main;
    /* only when something stands there: not null, "", false, {} or [] */
    bool value;
};

#define SCHEMA_NO_TEXT UINT16_MAX

struct schema_part {
    /* bytes from the beginning of struct schema_tables */
    uint16_t at;
    uint16_t count;
};

/* What is unpacked begins with this; the arrays follow, little-endian and laid out as this machine's compiler does. */
struct schema_tables {
    struct schema_part fields, types, documents, conflicts;
    /* rules.h */
    struct schema_part rules, groups;
    /* each with a NUL */
    struct schema_part texts;
    /* texts with commas between: the fields that an expression may ask of a disk, a volume, a link */
    uint16_t cel[3];
};

enum schema_cel { SCHEMA_CEL_DISK, SCHEMA_CEL_VOLUME, SCHEMA_CEL_LINK };

/* Never NULL: tables that cannot be unpacked, for want of memory or because the program's file is damaged, end the
 * process with the word for it. */
const struct schema_tables *schema_tables(void);
/* The first of a part. */
const void *schema_rows(struct schema_part part);
/* The text that begins there; NULL of SCHEMA_NO_TEXT. */
const char *schema_text(uint16_t at);
/* i is below the count that the tables say, or stands in them. */
const struct schema_type *schema_type_at(unsigned i);
const struct schema_field *schema_field_at(unsigned i);
const struct schema_document *schema_document_at(unsigned i);

/* The document of this kind (NULL: the main document), or NULL when Talos knows none. */
const struct schema_document *schema_document(const char *kind);
/* The field of a struct, or NULL. type may be NULL or no struct: then NULL. */
const struct schema_field *schema_field(const struct schema_type *type, const char *key);
/* What stands under a key of a struct or a map: the field, or the element; NULL when it is not known. */
const struct schema_field *schema_child(const struct schema_type *type, const char *key);
/* A field's type; of NULL it is one that holds anything. Never NULL. */
const struct schema_type *schema_type(const struct schema_field *field);
const char *schema_key(const struct schema_field *field);

#endif
