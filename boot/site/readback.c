#include "site/readback.h"

#include "site/shape.h"

#include <string.h>
#include <yaml.h>

struct reading_back {
    yaml_parser_t parser;
    const char *p;
    size_t n;
    /* of p: bytes that libyaml was given, or need not see */
    size_t at;
    /* the long texts that it has not come to, and that its events have not */
    const struct block_text *unread, *unseen;
    /* of a mark that stands for one: what libyaml was not given yet */
    const char *mark;
    struct error *e;
};

static int refill(void *data, unsigned char *to, size_t room, size_t *given)
{
    struct reading_back *r = data;
    const struct block_text *block = r->unread;
    size_t until = block ? block->at + block_indent(block, r->p) : r->n;
    *given = 0;
    if (r->at < until) {
        *given = until - r->at < room ? until - r->at : room;
        memcpy(to, r->p + r->at, *given);
        r->at += *given;
    } else if (block) {
        if (!r->mark)
            r->mark = block_mark(block->node);
        to[(*given)++] = (unsigned char)*r->mark++;
        if (!*r->mark) {
            r->mark = NULL;
            r->at = block->at + block->size;
            r->unread = block->next;
        }
    }
    return 1;
}

static int differs(struct reading_back *r, struct pos pos)
{
    return error_at(r->e, pos, E_RENDER_SELFCHECK, "what was written for this reads back differently");
}

/* The next event, which must be of this type. */
static int expect(struct reading_back *r, yaml_event_type_t type, yaml_event_t *event, struct pos pos)
{
    if (!yaml_parser_parse(&r->parser, event)) {
        if (r->parser.error == YAML_MEMORY_ERROR)
            return error_at(r->e, pos, E_NO_MEMORY, "reading back what was written");
        return differs(r, pos);
    }
    if (event->type == type)
        return 0;
    yaml_event_delete(event);
    return differs(r, pos);
}

static int expect_only(struct reading_back *r, yaml_event_type_t type, struct pos pos)
{
    yaml_event_t event;
    if (expect(r, type, &event, pos) != 0)
        return -1;
    yaml_event_delete(&event);
    return 0;
}

static bool may_be_quoted(const struct tree_node *node)
{
    struct shape s = shape_of(node->text, node->len);
    return s.escape || s.lines || shape_quoted_by_libyaml(node);
}

static int same_scalar(struct reading_back *r, const struct tree_node *node)
{
    yaml_event_t event;
    if (expect(r, YAML_SCALAR_EVENT, &event, node->pos) != 0)
        return -1;
    bool plain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool meant_plain = node->style == STYLE_PLAIN, long_ = r->unseen && r->unseen->node == node;
    const char *text = long_ ? block_mark(node) : node->text;
    size_t len = long_ ? strlen(text) : node->len;

    bool same = !event.data.scalar.anchor && !event.data.scalar.tag && event.data.scalar.length == len &&
        memcmp(event.data.scalar.value, text, len) == 0 &&
        (plain == meant_plain || (meant_plain && may_be_quoted(node)));
    if (long_) {
        same = same && event.data.scalar.style == YAML_LITERAL_SCALAR_STYLE && block_reads(r->unseen, r->p);
        r->unseen = r->unseen->next;
    }
    yaml_event_delete(&event);
    return same ? 0 : differs(r, node->pos);
}

static int same_node(struct reading_back *r, const struct tree_node *node, unsigned depth)
{
    bool map = node->kind == TREE_MAP;
    if (depth > READBACK_DEPTH_MAX)
        return differs(r, node->pos);
    if (node->kind == TREE_SCALAR)
        return same_scalar(r, node);
    if (expect_only(r, map ? YAML_MAPPING_START_EVENT : YAML_SEQUENCE_START_EVENT, node->pos) != 0)
        return -1;
    for (const struct tree_node *child = node->first; child; child = child->next)
        if ((map && same_scalar(r, child->key) != 0) || same_node(r, child, depth + 1) != 0)
            return -1;
    return expect_only(r, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, node->pos);
}

static int same_documents(struct reading_back *r, const struct document *docs)
{
    struct pos end = {0};
    if (expect_only(r, YAML_STREAM_START_EVENT, end) != 0)
        return -1;
    for (const struct document *d = docs; d; d = d->next) {
        if (!d->root)
            continue;
        end = d->pos;
        if (expect_only(r, YAML_DOCUMENT_START_EVENT, end) != 0 || same_node(r, d->root, 0) != 0 ||
            expect_only(r, YAML_DOCUMENT_END_EVENT, end) != 0)
            return -1;
    }
    return expect_only(r, YAML_STREAM_END_EVENT, end);
}

int readback_compare(const char *p, size_t n, const struct document *docs, const struct block_text *blocks,
                     struct error *e)
{
    struct reading_back r = {.p = p, .n = n, .unread = blocks, .unseen = blocks, .e = e};
    if (!yaml_parser_initialize(&r.parser))
        return error_set(e, E_NO_MEMORY, "reading back what was written");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&r.parser, refill, &r);
    int result = same_documents(&r, docs);
    yaml_parser_delete(&r.parser);
    return result;
}
