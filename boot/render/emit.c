#include "render/emit.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>
#include <yaml.h>

#define DEPTH_MAX \
    (TREE_DEPTH_MAX + 8) /* a resolved reference may be a mapping, inlined manifests two levels more */

/* What decides how a text can be written. */
struct shape {
    /* holds a line break */
    bool lines;
    /* holds a character that only double quotes carry unharmed */
    bool escape;
    /* a literal block gives it back exactly */
    bool block;
    /* and so does a folded one */
    bool fold;
};

/* What libyaml's emitter writes as it is, less what a reader takes for a line break or a byte order mark. */
static bool stands_as_it_is(uint32_t c)
{
    return c == '\n' || (c >= 0x20 && c <= 0x7e) ||
        (c >= 0xa0 && c <= 0xd7ff && c != 0x2028 && c != 0x2029) ||
        (c >= 0xe000 && c <= 0xfffd && c != 0xfeff);
}

static struct shape shape_of(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    struct shape s = {.block = len > 0 && p[0] != ' ' && p[0] != '\n', .fold = true};
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t width = text_decode(p + i, len - i, &c);
        unsigned char after = width && i + width < len ? p[i + width] : 0;
        if (width == 0 || !stands_as_it_is(c))
            s.escape = true;
        if (c == '\n') {
            s.lines = true;
            if (after == '\n' || after == ' ')
                s.fold = false;
            if (after == '\n' && i + 2 == len)
                s.block = false;
        } else if (c == ' ' && (after == '\n' || i + 1 == len)) {
            s.block = false;
        }
        i += width ? width : 1;
    }
    s.block = s.block && !s.escape;
    s.fold = s.fold && s.block;
    return s;
}

/* Plain texts that readers take and libyaml's emitter quotes. They are strings in every schema, so quotes
 * change nothing. */
static bool quoted_by_libyaml(const struct tree_node *node)
{
    return strncmp(node->text, "---", 3) == 0 || strncmp(node->text, "...", 3) == 0 ||
        strcmp(node->text, "-") == 0 || strcmp(node->text, "?") == 0 ||
        (node->len > 0 && node->text[node->len - 1] == ':');
}

static yaml_scalar_style_t quoted(struct shape s)
{
    return s.escape || s.lines ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
}

static yaml_scalar_style_t style_of(const struct tree_node *node, bool key)
{
    struct shape s = shape_of(node->text, node->len);
    switch (node->style) {
    case STYLE_PLAIN:
        return s.escape || s.lines || quoted_by_libyaml(node) ? quoted(s) : YAML_PLAIN_SCALAR_STYLE;
    case STYLE_DOUBLE:
        return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    case STYLE_FOLDED:
        if (s.fold && !key)
            return YAML_FOLDED_SCALAR_STYLE;
        /* fall through */
    case STYLE_LITERAL:
        return s.block && !key ? YAML_LITERAL_SCALAR_STYLE : quoted(s);
    case STYLE_SINGLE:
    default:
        return s.lines && s.block && !key ? YAML_LITERAL_SCALAR_STYLE : quoted(s);
    }
}

/* --- writing --- */

struct writing {
    yaml_emitter_t emitter;
    /* the reader trims each document before it parses it */
    bool trimmed;
    /* the value that the document under way ends in */
    const struct tree_node *ending;
    struct error *e;
};

static int write_bytes(void *data, unsigned char *p, size_t n)
{
    struct buf *out = data;
    buf_add(out, p, n);
    return !out->full;
}

static bool put(struct writing *w, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(&w->emitter, event);
}

static bool put_scalar(struct writing *w, const struct tree_node *node, bool key)
{
    yaml_scalar_style_t style = style_of(node, key);
    /* A block text at the end would lose its line breaks. */
    if (w->trimmed && node == w->ending &&
        (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    /* libyaml takes its text without const and copies it. */
    union {
        const char *given;
        yaml_char_t *taken;
    } text = {node->text};

    yaml_event_t event;
    return put(w, &event,
               yaml_scalar_event_initialize(&event, NULL, NULL, text.taken, (int)node->len, 1, 1, style));
}

static bool put_node(struct writing *w, const struct tree_node *node, unsigned depth)
{
    if (node->ref || depth > DEPTH_MAX)
        return false;
    if (node->kind == TREE_SCALAR)
        return put_scalar(w, node, false);
    yaml_event_t event;
    if (node->kind == TREE_MAP) {
        if (!put(w, &event,
                 yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)))
            return false;
    } else if (!put(w, &event,
                    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE))) {
        return false;
    }
    for (const struct tree_node *child = node->first; child; child = child->next)
        if ((node->kind == TREE_MAP && !put_scalar(w, child->key, true)) || !put_node(w, child, depth + 1))
            return false;
    return put(w, &event,
               node->kind == TREE_MAP ? yaml_mapping_end_event_initialize(&event)
                                      : yaml_sequence_end_event_initialize(&event));
}

static const struct tree_node *ending_of(const struct tree_node *node)
{
    while (node->last)
        node = node->last;
    return node;
}

static bool put_documents(struct writing *w, const struct document *docs)
{
    yaml_event_t event;
    if (!put(w, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)))
        return false;
    bool first = true;
    for (const struct document *d = docs; d; d = d->next) {
        if (!d->root)
            continue;
        w->ending = ending_of(d->root);
        if (!put(w, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, first)) ||
            !put_node(w, d->root, 0) || !put(w, &event, yaml_document_end_event_initialize(&event, 1)))
            return false;
        first = false;
    }
    return put(w, &event, yaml_stream_end_event_initialize(&event));
}

static int emit(struct buf *out, const struct document *docs, bool trimmed, const char *what, struct error *e)
{
    struct writing w = {.trimmed = trimmed, .e = e};
    size_t before = out->len;
    if (!yaml_emitter_initialize(&w.emitter))
        return error_set(e, E_NO_MEMORY, "%s", what);
    yaml_emitter_set_output(&w.emitter, write_bytes, out);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    yaml_emitter_set_break(&w.emitter, YAML_LN_BREAK);
    bool done = put_documents(&w, docs);
    bool no_memory = w.emitter.error == YAML_MEMORY_ERROR;
    yaml_emitter_delete(&w.emitter);
    if (out->full)
        return error_set(e, E_RENDER_SIZE, "%s: more than %zu bytes", what,
                         out->max ? out->max : BUF_DEFAULT_MAX);
    if (no_memory)
        return error_set(e, E_NO_MEMORY, "%s", what);
    if (!done)
        return error_set(e, E_RENDER_SELFCHECK, "%s: it could not be written as YAML", what);
    if (emit_read_back(out->data ? out->data + before : "", out->len - before, docs, e) != 0)
        return error_wrap(e, "%s", what);
    return 0;
}

int emit_documents(struct buf *out, const struct document *docs, const char *what, struct error *e)
{
    return emit(out, docs, false, what, e);
}

int emit_manifest(struct buf *out, const struct document *docs, const char *what, struct error *e)
{
    return emit(out, docs, true, what, e);
}

/* --- reading back --- */

struct reading_back {
    yaml_parser_t parser;
    struct error *e;
};

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
    return s.escape || s.lines || quoted_by_libyaml(node);
}

static int same_scalar(struct reading_back *r, const struct tree_node *node)
{
    yaml_event_t event;
    if (expect(r, YAML_SCALAR_EVENT, &event, node->pos) != 0)
        return -1;
    bool plain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool meant_plain = node->style == STYLE_PLAIN;

    bool same = !event.data.scalar.anchor && !event.data.scalar.tag &&
        event.data.scalar.length == node->len &&
        memcmp(event.data.scalar.value, node->text, node->len) == 0 &&
        (plain == meant_plain || (meant_plain && may_be_quoted(node)));
    yaml_event_delete(&event);
    return same ? 0 : differs(r, node->pos);
}

static int same_node(struct reading_back *r, const struct tree_node *node, unsigned depth)
{
    bool map = node->kind == TREE_MAP;
    if (depth > DEPTH_MAX)
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

int emit_read_back(const void *p, size_t n, const struct document *docs, struct error *e)
{
    struct reading_back r = {.e = e};
    if (!yaml_parser_initialize(&r.parser))
        return error_set(e, E_NO_MEMORY, "reading back what was written");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, p, n);
    int result = same_documents(&r, docs);
    yaml_parser_delete(&r.parser);
    return result;
}
