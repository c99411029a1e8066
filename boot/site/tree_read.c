/* The reading half of tree.h: libyaml's events become nodes. */
#include "base/text.h"
#include "site/characters.h"
#include "site/ref.h"
#include "site/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* A node that an alias may stand for; the newest first, and the newest of a name is meant. */
struct anchor {
    const char *name;
    const struct tree_node *node;
    struct anchor *next;
};

struct reading {
    struct pool *pool;
    /* tree_read_plain(): anchors are resolved, tags mean nothing */
    bool plain;
    /* of this document */
    struct anchor *anchors;
    const char *file;
    const unsigned char *bytes;
    size_t size;
    /* of the character numbered `index`; both only grow */
    size_t byte;
    size_t index;
    struct error *e;
    uint32_t nodes;
    unsigned depth;
    /* the containers around the next node, outermost first */
    struct tree_node *open[TREE_DEPTH_MAX];
    /* of a map: the key that waits for its value */
    struct tree_node *key[TREE_DEPTH_MAX];
    struct document *document;
    struct document *last;
    struct document **out;
};

static struct pos pos_of(const struct reading *r, yaml_mark_t mark)
{
    return (struct pos){r->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* The byte at a mark. libyaml counts characters; marks of successive events never go back. */
static unsigned char byte_at(struct reading *r, yaml_mark_t mark, size_t ahead)
{
    while (r->index < mark.index && r->byte < r->size) {
        r->byte++;
        while (r->byte < r->size && (r->bytes[r->byte] & 0xc0) == 0x80)
            r->byte++;
        r->index++;
    }
    return r->byte + ahead < r->size ? r->bytes[r->byte + ahead] : 0;
}

static int parser_error(struct reading *r, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_SCANNER_ERROR && byte_at(r, parser->problem_mark, 0) == '\t')
        problem = "a tab; YAML is indented with spaces";
    switch (parser->error) {
    case YAML_MEMORY_ERROR:
        return error_set(r->e, E_NO_MEMORY, "%s", r->file);
    case YAML_SCANNER_ERROR:
    case YAML_PARSER_ERROR:
        if (parser->context)
            return error_at(r->e, pos_of(r, parser->problem_mark), E_YAML_SYNTAX, "%s, %s", problem,
                            parser->context);
        return error_at(r->e, pos_of(r, parser->problem_mark), E_YAML_SYNTAX, "%s", problem);
    case YAML_NO_ERROR:
    case YAML_READER_ERROR:
    case YAML_COMPOSER_ERROR:
    case YAML_WRITER_ERROR:
    case YAML_EMITTER_ERROR:
    default:
        return error_at(r->e, (struct pos){.file = r->file}, E_YAML_SYNTAX, "%s", problem);
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct tree_node *left = (*(const struct tree_node *const *)a)->key,
                           *right = (*(const struct tree_node *const *)b)->key;
    int order = strcmp(left->text, right->text);
    if (order != 0)
        return order;
    if (left->pos.line != right->pos.line)
        return left->pos.line < right->pos.line ? -1 : 1;
    return left->pos.column < right->pos.column ? -1 : left->pos.column > right->pos.column;
}

static bool before(struct pos a, struct pos b)
{
    return a.line != b.line ? a.line < b.line : a.column < b.column;
}

static int refuse_duplicate_keys(struct reading *r, const struct tree_node *map)
{
    /* Most maps show at once that no key stands in them twice. */
    uint64_t seen = 0;
    bool sure = true;
    for (const struct tree_node *child = map->first; child; child = child->next) {
        uint64_t bit = (uint64_t)1 << text_hash(0, child->key->text) % 64;
        sure &= !(seen & bit);
        seen |= bit;
    }
    if (sure)
        return 0;
    const struct tree_node **sorted = mem_alloc_array(map->count, sizeof(const struct tree_node *));
    const struct tree_node *first = NULL;
    uint32_t n = 0;
    for (const struct tree_node *child = map->first; child; child = child->next)
        sorted[n++] = child;
    qsort(sorted, n, sizeof(const struct tree_node *), compare_keys);
    const struct tree_node *second = NULL;
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->key->text, sorted[i]->key->text) != 0)
            continue;
        if (!second || before(sorted[i]->key->pos, second->key->pos)) {
            first = sorted[i - 1];
            second = sorted[i];
        }
    }
    mem_free(sorted);
    if (!second)
        return 0;
    return error_at(r->e, second->key->pos, E_YAML_REFUSED,
                    "the key \"%.120s\" stands twice; first at line %u, column %u", second->key->text,
                    (unsigned)first->key->pos.line, (unsigned)first->key->pos.column);
}

static struct tree_node *new_node(struct reading *r, enum tree_kind kind, struct pos pos)
{
    struct tree_node *node = pool_alloc(r->pool, sizeof *node);
    node->kind = kind;
    node->pos = pos;
    return node;
}

static bool key_expected(const struct reading *r)
{
    return r->depth > 0 && r->open[r->depth - 1]->kind == TREE_MAP && !r->key[r->depth - 1];
}

/* Hangs a complete scalar or a just opened container where it belongs. */
static int place(struct reading *r, struct tree_node *node)
{
    if (++r->nodes > TREE_NODES_MAX)
        return error_at(r->e, node->pos, E_FILE_TOO_LARGE, "more than %d values in one file", TREE_NODES_MAX);
    if (r->depth == 0) {
        r->document->root = node;
        return 0;
    }
    if (r->open[r->depth - 1]->kind == TREE_MAP) {
        node->key = r->key[r->depth - 1];
        r->key[r->depth - 1] = NULL;
    }
    tree_add(r->pool, r->open[r->depth - 1], NULL, node);
    return 0;
}

/*
 * Judges the properties before a node. *kind becomes the reference's kind or -1. The source is looked at,
 * too: events show neither that a tag was verbatim nor that a scalar's was a lone "!". (A block mapping
 * begins where its first key does, so a "!" there is its own only if the event has a tag.)
 */
static int check_properties(struct reading *r, yaml_mark_t mark, bool scalar, const yaml_char_t *anchor,
                            const yaml_char_t *tag, int *kind)
{
    struct pos pos = pos_of(r, mark);
    const char *name = (const char *)tag;
    *kind = -1;
    if (r->plain)
        return 0;
    if (anchor)
        return error_at(r->e, pos, E_YAML_REFUSED,
                        "the anchor &%.120s; write the value out where it is needed", (const char *)anchor);
    if (!tag && !(scalar && byte_at(r, mark, 0) == '!'))
        return 0;
    bool verbatim = byte_at(r, mark, 1) == '<';
    if (name && !verbatim)
        *kind = ref_kind_of_tag(name);
    if (*kind < 0) {
        static const char core[] = "tag:yaml.org,2002:";
        bool is_core = !verbatim && name && strncmp(name, core, sizeof core - 1) == 0;
        return error_at(r->e, pos, E_YAML_REFUSED,
                        "the %s%.120s%s; hearth knows !fact, !node, !secret, !file, !format, !base64 and "
                        "!base64decode",
                        verbatim      ? "verbatim tag !<"
                            : is_core ? "tag !!"
                                      : "tag ",
                        !name         ? "!"
                            : is_core ? name + sizeof core - 1
                                      : name,
                        verbatim ? ">" : "");
    }
    if (key_expected(r))
        return error_at(r->e, pos, E_YAML_REFUSED, "a reference cannot be a key");
    return 0;
}

static enum tree_style style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return STYLE_SINGLE;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return STYLE_DOUBLE;
    case YAML_LITERAL_SCALAR_STYLE:
        return STYLE_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return STYLE_FOLDED;
    case YAML_ANY_SCALAR_STYLE:
    case YAML_PLAIN_SCALAR_STYLE:
    default:
        return STYLE_PLAIN;
    }
}

static void remember_anchor(struct reading *r, const yaml_char_t *name, const struct tree_node *node)
{
    if (!name || !r->plain)
        return;
    struct anchor *anchor = pool_alloc(r->pool, sizeof *anchor);
    *anchor = (struct anchor){pool_strdup(r->pool, (const char *)name), node, r->anchors};
    r->anchors = anchor;
}

/* A copy that counts as what it is, so that no file grows without a bound. NULL and the error. */
static struct tree_node *copy_counted(struct reading *r, const struct tree_node *from, unsigned depth)
{
    struct tree_node *node = pool_alloc(r->pool, sizeof *node);

    *node = *from;
    node->next = node->first = node->last = NULL;
    node->count = 0;
    if (++r->nodes > TREE_NODES_MAX || depth > TREE_DEPTH_MAX) {
        error_at(r->e, from->pos, E_FILE_TOO_LARGE, "its aliases make more than %d values, or %d levels",
                 TREE_NODES_MAX, TREE_DEPTH_MAX);
        return NULL;
    }
    for (const struct tree_node *child = from->first; child; child = child->next) {
        struct tree_node *copy = copy_counted(r, child, depth + 1);
        if (!copy)
            return NULL;
        tree_add(r->pool, node, NULL, copy);
    }
    return node;
}

static int take_alias(struct reading *r, const yaml_event_t *event)
{
    struct pos pos = pos_of(r, event->start_mark);
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = r->anchors;

    if (!r->plain)
        return error_at(r->e, pos, E_YAML_REFUSED,
                        "the alias *%.120s; write the value out where it is needed", name);
    while (anchor && strcmp(anchor->name, name) != 0)
        anchor = anchor->next;
    if (!anchor)
        return error_at(r->e, pos, E_YAML_SYNTAX, "the alias *%.120s has no anchor before it", name);
    for (unsigned i = 0; i < r->depth; i++)
        if (r->open[i] == anchor->node)
            return error_at(r->e, pos, E_YAML_SYNTAX, "the alias *%.120s stands inside what it names", name);
    struct tree_node *node = copy_counted(r, anchor->node, r->depth + 1);
    if (!node)
        return -1;
    node->key = NULL;
    if (key_expected(r)) {
        if (node->kind != TREE_SCALAR)
            return error_at(r->e, pos, E_YAML_REFUSED, "a mapping or a list cannot be a key");
        r->key[r->depth - 1] = node;
        return 0;
    }
    return place(r, node);
}

/* What `<<` brings, unless the mapping has it already. */
static int merge_from(struct reading *r, struct tree_node *map, const struct tree_node *from)
{
    if (from->kind != TREE_MAP)
        return error_at(r->e, from->pos, E_YAML_SYNTAX, "<< takes a mapping, or a list of mappings");
    for (const struct tree_node *child = from->first; child; child = child->next) {
        struct tree_node *copy =
            tree_get(map, child->key->text) ? NULL : copy_counted(r, child, r->depth + 1);
        if (copy)
            tree_add(r->pool, map, NULL, copy);
        else if (!tree_get(map, child->key->text))
            return -1;
    }
    return 0;
}

static int merge_keys(struct reading *r, struct tree_node *map)
{
    struct tree_node *merge = tree_get(map, "<<");

    if (!merge || merge->key->style != STYLE_PLAIN)
        return 0;
    tree_remove(map, merge);
    if (merge->kind == TREE_MAP)
        return merge_from(r, map, merge);
    for (const struct tree_node *item = merge->first; item; item = item->next)
        if (merge_from(r, map, item) != 0)
            return -1;
    return 0;
}

static int take_scalar(struct reading *r, const yaml_event_t *event)
{
    struct pos pos = pos_of(r, event->start_mark);
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    int kind = -1;
    if (check_properties(r, event->start_mark, true, event->data.scalar.anchor, event->data.scalar.tag,
                         &kind) != 0)
        return -1;
    if (memchr(text, 0, len))
        return error_at(r->e, pos, E_YAML_REFUSED, "a NUL character in a value");
    /* A document that holds nothing ("---" and comments) comes as an empty scalar of no width. */
    if (r->depth == 0 && kind < 0 && len == 0 && event->start_mark.index == event->end_mark.index)
        return 0;
    struct tree_node *node = new_node(r, TREE_SCALAR, pos);
    node->style = style_of(event->data.scalar.style);
    node->text = pool_memdup(r->pool, text, len);
    node->len = len;
    remember_anchor(r, event->data.scalar.anchor, node);
    if (key_expected(r)) {
        if (strcmp(node->text, "<<") == 0 && !r->plain)
            return error_at(r->e, pos, E_YAML_REFUSED,
                            "the merge key <<; write the values out where they are needed");
        if (len == 0 && node->style == STYLE_PLAIN)
            return error_at(r->e, pos, E_YAML_REFUSED, "an empty key");
        if (++r->nodes > TREE_NODES_MAX)
            return error_at(r->e, pos, E_FILE_TOO_LARGE, "more than %d values in one file", TREE_NODES_MAX);
        r->key[r->depth - 1] = node;
        return 0;
    }
    if (kind >= 0) {
        node->ref = ref_parse(r->pool, (enum ref_kind)kind, pos, node->text, r->e);
        if (!node->ref)
            return -1;
    }
    return place(r, node);
}

static int open_container(struct reading *r, enum tree_kind node_kind, const yaml_event_t *event)
{
    bool is_map = node_kind == TREE_MAP;
    const yaml_char_t *anchor = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    struct pos pos = pos_of(r, event->start_mark);
    if (key_expected(r))
        return error_at(r->e, pos, E_YAML_REFUSED, "a %s cannot be a key", is_map ? "mapping" : "list");
    int kind = -1;
    if (check_properties(r, event->start_mark, false, anchor, tag, &kind) != 0)
        return -1;
    if (kind >= 0 && (kind < REF_BASE64 || !is_map))
        return error_at(r->e, pos, E_YAML_REF, "%s takes %s, not a %s", (const char *)tag,
                        kind >= REF_BASE64 ? "a mapping" : "text", is_map ? "mapping" : "list");
    if (r->depth == TREE_DEPTH_MAX)
        return error_at(r->e, pos, E_YAML_REFUSED, "nested more than %d levels deep", TREE_DEPTH_MAX);
    struct tree_node *node = new_node(r, node_kind, pos);
    node->flow = is_map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                        : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    if (kind >= REF_BASE64) {
        /* Filled when the mapping ends; until then it marks the mapping as one. */
        node->ref = pool_alloc(r->pool, sizeof *node->ref);
        node->ref->kind = (enum ref_kind)kind;
        node->ref->pos = pos;
    }
    remember_anchor(r, anchor, node);
    if (place(r, node) != 0)
        return -1;
    r->key[r->depth] = NULL;
    r->open[r->depth++] = node;
    return 0;
}

static int finish_base64(struct reading *r, struct tree_node *map)
{
    const struct tree_node *child = map->first;
    char tag[16] = "!";
    int kind = -1;
    if (map->count == 1 && child->key->len < sizeof tag - 1) {
        memcpy(tag + 1, child->key->text, child->key->len + 1);
        kind = ref_kind_of_tag(tag);
    }
    if (kind < 0 || kind >= REF_BASE64)
        return error_at(r->e, map->pos, E_YAML_REF,
                        "!%s takes a mapping with exactly one of fact, node, secret, file, format",
                        ref_kind_name(map->ref->kind));
    if (!tree_text(child))
        return error_at(r->e, child->pos, E_YAML_REF, "!%s {%s: ...} takes text here, without a tag",
                        ref_kind_name(map->ref->kind), child->key->text);
    map->ref->inner = ref_parse(r->pool, (enum ref_kind)kind, child->pos, child->text, r->e);
    if (!map->ref->inner)
        return -1;
    if (kind == REF_NODE && strcmp(child->text, "install.disk") == 0)
        return error_at(r->e, child->pos, E_YAML_REF, "install.disk is a mapping and cannot be encoded");
    return 0;
}

static int close_container(struct reading *r)
{
    struct tree_node *node = r->open[--r->depth];
    if (node->kind == TREE_MAP && refuse_duplicate_keys(r, node) != 0)
        return -1;
    if (r->plain)
        return node->kind == TREE_MAP ? merge_keys(r, node) : 0;
    return node->ref ? finish_base64(r, node) : 0;
}

static int open_document(struct reading *r, const yaml_event_t *event)
{
    r->anchors = NULL;
    if (!r->plain &&
        (event->data.document_start.version_directive ||
         event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end))
        return error_at(r->e, pos_of(r, event->start_mark), E_YAML_REFUSED,
                        "a %%-directive; hearth reads plain YAML without them");
    r->document = pool_alloc(r->pool, sizeof *r->document);
    r->document->pos = pos_of(r, event->start_mark);
    if (r->last)
        r->last->next = r->document;
    else
        *r->out = r->document;
    r->last = r->document;
    /* Documents without content count, too: a file of nothing but "---" must end. */
    if (++r->nodes > TREE_NODES_MAX)
        return error_at(r->e, r->document->pos, E_FILE_TOO_LARGE, "more than %d values in one file",
                        TREE_NODES_MAX);
    return 0;
}

static int take_event(struct reading *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return open_document(r, event);
    case YAML_SCALAR_EVENT:
        return take_scalar(r, event);
    case YAML_MAPPING_START_EVENT:
        return open_container(r, TREE_MAP, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(r, TREE_SEQ, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return close_container(r);
    case YAML_ALIAS_EVENT:
        return take_alias(r, event);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    default:
        return 0;
    }
}

static int read_stream(struct pool *pool, bool plain, const char *name, const void *p, size_t n,
                       struct document **out, struct error *e)
{
    struct reading r = {.pool = pool, .plain = plain, .bytes = p, .size = n, .e = e, .out = out};
    *out = NULL;
    if (n == 0)
        return 0; /* libyaml ends the program for a NULL */
    r.file = pool_strdup(pool, name);
    if (n > TREE_BYTES_MAX)
        return error_set(e, E_FILE_TOO_LARGE, "%s: %zu bytes; the limit is %zu", name, n, TREE_BYTES_MAX);
    /* A UTF-8 byte order mark says nothing and is what some editors write: it is dropped. */
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        r.bytes += 3;
        r.size -= 3;
    }
    if (characters_check(r.file, (struct span){r.bytes, r.size}, e) != 0)
        return -1;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error_set(e, E_NO_MEMORY, "%s", name);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, r.bytes, r.size);
    bool done = false;
    int failed = 0;
    while (!done && failed == 0) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            failed = parser_error(&r, &parser);
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        failed = take_event(&r, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (failed != 0)
        *out = NULL;
    return failed;
}

int tree_read(struct pool *pool, const char *name, const void *p, size_t n, struct document **out,
              struct error *e)
{
    return read_stream(pool, false, name, p, n, out, e);
}

int tree_read_plain(struct pool *pool, const char *name, const void *p, size_t n, struct document **out,
                    struct error *e)
{
    return read_stream(pool, true, name, p, n, out, e);
}
