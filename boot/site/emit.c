#include "site/emit.h"

#include "base/mem.h"
#include "site/block.h"
#include "site/readback.h"
#include "site/shape.h"

#include <string.h>
#include <yaml.h>

static yaml_scalar_style_t quoted(struct shape s)
{
    return s.escape || s.lines ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
}

static yaml_scalar_style_t style_of(const struct tree_node *node, bool key)
{
    struct shape s = shape_of(node->text, node->len);
    switch (node->style) {
    case STYLE_PLAIN:
        return s.escape || s.lines || shape_quoted_by_libyaml(node) ? quoted(s) : YAML_PLAIN_SCALAR_STYLE;
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

struct writing {
    yaml_emitter_t emitter;
    struct buf *out;
    /* owned: the long texts so far, in their order */
    struct block_text *blocks, **next_block;
    /* the reader trims each document before it parses it */
    bool trimmed;
    /* the value that the document under way ends in */
    const struct tree_node *ending;
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

static bool put_text(struct writing *w, const char *text, size_t len, yaml_scalar_style_t style)
{
    /* libyaml takes its text without const and copies it. */
    union {
        const char *given;
        yaml_char_t *taken;
    } value = {text};
    yaml_event_t event;
    return put(w, &event,
               yaml_scalar_event_initialize(&event, NULL, NULL, value.taken, (int)len, 1, 1, style));
}

static bool put_block(struct writing *w, const struct tree_node *node)
{
    const char *mark = block_mark(node);
    struct block_text *block = mem_alloc(sizeof *block);
    block->node = node;
    *w->next_block = block;
    w->next_block = &block->next;
    return put_text(w, mark, strlen(mark), YAML_LITERAL_SCALAR_STYLE) && yaml_emitter_flush(&w->emitter) &&
        block_put(w->out, block);
}

static bool put_scalar(struct writing *w, const struct tree_node *node, bool key)
{
    yaml_scalar_style_t style = style_of(node, key);
    /* A block text at the end would lose its line breaks. */
    if (w->trimmed && node == w->ending &&
        (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    /* The first value of a collection is not written before libyaml has seen a second. */
    bool at_once = w->emitter.events.head == w->emitter.events.tail;
    return at_once && style == YAML_LITERAL_SCALAR_STYLE && node->len >= BLOCK_MIN
        ? put_block(w, node)
        : put_text(w, node->text, node->len, style);
}

static bool put_node(struct writing *w, const struct tree_node *node, unsigned depth)
{
    if (node->ref || depth > READBACK_DEPTH_MAX)
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

/* Does it stand there as it was meant? */
static int written(struct writing *w, size_t before, bool done, const struct document *docs, const char *what,
                   struct error *e)
{
    struct buf *out = w->out;
    if (out->full)
        return error_set(e, E_RENDER_SIZE, "%s: more than %zu bytes", what,
                         out->max ? out->max : BUF_DEFAULT_MAX);
    if (w->emitter.error == YAML_MEMORY_ERROR)
        return error_set(e, E_NO_MEMORY, "%s", what);
    if (!done)
        return error_set(e, E_RENDER_SELFCHECK, "%s: it could not be written as YAML", what);
    for (struct block_text *block = w->blocks; block; block = block->next)
        block->at -= before;
    if (readback_compare(out->data ? out->data + before : "", out->len - before, docs, w->blocks, e) != 0)
        return error_wrap(e, "%s", what);
    return 0;
}

static int emit(struct buf *out, const struct document *docs, bool trimmed, const char *what, struct error *e)
{
    struct writing w = {.trimmed = trimmed, .out = out};
    w.next_block = &w.blocks;
    size_t before = out->len;
    if (!yaml_emitter_initialize(&w.emitter))
        return error_set(e, E_NO_MEMORY, "%s", what);
    yaml_emitter_set_output(&w.emitter, write_bytes, out);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    yaml_emitter_set_break(&w.emitter, YAML_LN_BREAK);
    bool done = put_documents(&w, docs);
    yaml_error_type_t error = w.emitter.error;
    yaml_emitter_delete(&w.emitter);
    w.emitter.error = error;
    int result = written(&w, before, done, docs, what, e);
    for (struct block_text *next; w.blocks; w.blocks = next) {
        next = w.blocks->next;
        mem_free(w.blocks);
    }
    return result;
}

int emit_documents(struct buf *out, const struct document *docs, const char *what, struct error *e)
{
    return emit(out, docs, false, what, e);
}

int emit_manifest(struct buf *out, const struct document *docs, const char *what, struct error *e)
{
    return emit(out, docs, true, what, e);
}
