#include "render/objects.h"

#include "plan/head.h"
#include "render/skim.h"

#include <string.h>
#include <yaml.h>

/* The fields that are kept, by path. */
static const struct {
    const char *path;
    size_t at;
} fields[] = {
    {"apiVersion", offsetof(struct object, api_version)},
    {"kind", offsetof(struct object, kind)},
    {"metadata.name", offsetof(struct object, name)},
    {"metadata.namespace", offsetof(struct object, ns)},
    {"spec.group", offsetof(struct object, crd_group)},
    {"spec.names.kind", offsetof(struct object, crd_kind)},
    {"spec.scope", offsetof(struct object, crd_scope)},
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)
#define PATH_DEPTH 3   /* keys of the longest path */
#define NEST_MAX 1000u /* far above any CRD schema; libyaml keeps its own state on the heap */

static void set_field(struct object *o, size_t field, const char *text)
{
    char *at = (char *)o + fields[field].at;
    memcpy(at, &text, sizeof text);
}

static int append(struct object ***end, struct object *o, unsigned *count, struct error *e)
{
    if (++*count > OBJECTS_MAX)
        return error_at(e, o->pos, E_MANIFEST_OBJECT, "more than %d objects in one manifest", OBJECTS_MAX);
    **end = o;
    *end = &o->next;
    return 0;
}

/* --- trees --- */

static int add_tree(struct pool *pool, const struct tree_node *root, struct object ***end, unsigned *count,
                    struct error *e)
{
    struct object *o = pool_alloc(pool, sizeof *o);
    o->pos = root->pos;
    o->node = root;
    o->string_data = tree_get(root, "stringData") != NULL;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const char *text = tree_text(tree_path(root, fields[i].path));
        set_field(o, i, text && *text ? text : NULL);
    }
    return append(end, o, count, e);
}

int objects_of_documents(struct pool *pool, const struct document *docs, struct object ***end,
                         struct error *e)
{
    unsigned count = 0;
    for (; docs; docs = docs->next) {
        if (!docs->root)
            continue;
        const struct tree_node *items = head_items(docs->root);
        if (!items && add_tree(pool, docs->root, end, &count, e) != 0)
            return -1;
        for (const struct tree_node *item = items ? items->first : NULL; item; item = item->next)
            if (add_tree(pool, item, end, &count, e) != 0)
                return -1;
    }
    return 0;
}

/* --- streams --- */

struct streaming {
    struct pool *pool;
    struct pos where;
    struct object ***end;
    struct error *e;
    unsigned count;
    /* of the open document, once it has content */
    struct object *object;
    /* open collections */
    unsigned depth;
    /* how many of the outermost collections are mappings, without a gap */
    unsigned maps;
    /* the innermost such mapping waits for a value */
    bool value;
    char key[PATH_DEPTH][64];
};

static struct pos pos_of(const struct streaming *s, yaml_mark_t mark)
{
    struct pos pos = s->where;
    if (s->where.line == 0) {
        pos.line = (uint32_t)mark.line + 1;
        pos.column = (uint32_t)mark.column + 1;
    }
    return pos;
}

static bool path_is(const struct streaming *s, const char *path)
{
    for (unsigned i = 0; i < s->maps; i++) {
        size_t n = strlen(s->key[i]);
        if (strncmp(path, s->key[i], n) != 0 || path[n] != (i + 1 < s->maps ? '.' : '\0'))
            return false;
        path += n + 1;
    }
    return s->maps > 0;
}

/* Is what comes now a direct part of the mappings that paths can name? */
static bool named(const struct streaming *s)
{
    return s->depth == s->maps && s->depth >= 1 && s->depth <= PATH_DEPTH;
}

static void take_key(struct streaming *s, const yaml_event_t *event)
{
    char *key = s->key[s->depth - 1];
    size_t len = event->data.scalar.length;
    key[0] = '\0';
    if (len < sizeof s->key[0])
        memcpy(key, event->data.scalar.value, len + 1);
    if (s->depth == 1 && strcmp(key, "stringData") == 0)
        s->object->string_data = true;
    s->value = true;
}

static void take_scalar(struct streaming *s, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    if (!named(s))
        return;
    if (!s->value) {
        take_key(s, event);
        return;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (event->data.scalar.length > 0 && path_is(s, fields[i].path))
            set_field(s->object, i, pool_strdup(s->pool, text));
    s->value = false;
}

static int open_collection(struct streaming *s, bool map, yaml_mark_t mark)
{
    if (s->depth == NEST_MAX)
        return error_at(s->e, pos_of(s, mark), E_MANIFEST_OBJECT, "nested more than %u levels deep",
                        NEST_MAX);
    if (map && s->maps == s->depth && s->depth < PATH_DEPTH) {
        s->maps++;
        s->value = false;
    }
    s->depth++;
    return 0;
}

static void close_collection(struct streaming *s)
{
    s->depth--;
    if (s->maps > s->depth)
        s->maps = s->depth;
    /* Back in a mapping whose value this was. */
    if (named(s))
        s->value = false;
}

static int take_event(struct streaming *s, const yaml_event_t *event)
{
    bool content = event->type == YAML_SCALAR_EVENT || event->type == YAML_MAPPING_START_EVENT ||
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_ALIAS_EVENT;
    bool nothing = event->type == YAML_SCALAR_EVENT && s->depth == 0 && event->data.scalar.length == 0;
    if (content && !nothing && !s->object) {
        s->object = pool_alloc(s->pool, sizeof *s->object);
        s->object->pos = pos_of(s, event->start_mark);
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        s->object = NULL;
        s->depth = s->maps = 0;
        s->value = false;
        return 0;
    case YAML_DOCUMENT_END_EVENT:
        return s->object ? append(s->end, s->object, &s->count, s->e) : 0;
    case YAML_SCALAR_EVENT:
        take_scalar(s, event);
        return 0;
    case YAML_ALIAS_EVENT:
        /* It stands for a value that is not followed. */
        if (named(s))
            s->value = !s->value;
        return 0;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(s, event->type == YAML_MAPPING_START_EVENT, event->start_mark);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_collection(s);
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    default:
        return 0;
    }
}

/* --- the same without a parser, where the form allows it --- */

static bool skim_document(void *arg, uint32_t line, uint32_t column)
{
    struct streaming *s = arg;
    s->object = pool_alloc(s->pool, sizeof *s->object);
    s->object->pos = (struct pos){s->where.file, line, column};
    return append(s->end, s->object, &s->count, s->e) == 0;
}

static bool skim_value(void *arg, const char *path, const char *text, size_t len)
{
    struct streaming *s = arg;
    if (strcmp(path, "stringData") == 0)
        s->object->string_data = true;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strcmp(path, fields[i].path) == 0) {
            if (!text)
                return false;
            if (len > 0)
                set_field(s->object, i, pool_memdup(s->pool, text, len));
        }
    return true;
}

static bool skim(struct streaming s, struct span bytes)
{
    struct object **start = *s.end;
    const struct skim_reader reader = {skim_document, skim_value, &s};
    struct error unused;
    s.e = &unused;
    if (s.where.line == 0 && skim_documents(bytes, &reader))
        return true;
    *s.end = start;
    *start = NULL;
    return false;
}

int objects_of_stream(struct pool *pool, struct span bytes, struct pos where, struct object ***end,
                      struct error *e)
{
    struct streaming s = {.pool = pool, .where = where, .end = end, .e = e};
    /* A byte order mark says nothing, to Talos either. */
    if (bytes.n >= 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0)
        bytes = (struct span){bytes.p + 3, bytes.n - 3};
    if (skim(s, bytes))
        return 0;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error_at(e, where, E_NO_MEMORY, "reading a manifest");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, bytes.p, bytes.n);
    yaml_event_t event;
    bool done = false;
    int result = 0;
    while (!done && result == 0) {
        if (!yaml_parser_parse(&parser, &event)) {
            /* libyaml's problems are fixed phrases: nothing of the bytes is in them. */
            if (parser.error == YAML_MEMORY_ERROR)
                result = error_at(e, where, E_NO_MEMORY, "reading a manifest");
            else
                result = error_at(e, pos_of(&s, parser.problem_mark), E_MANIFEST_OBJECT, "not YAML: %s",
                                  parser.problem ? parser.problem : "it cannot be read");
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        result = take_event(&s, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return result;
}
