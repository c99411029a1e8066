/*
 * hearth's side of the walk over Talos's types (talos/walk): the product's own objects, asked for thousands of cases in
 * one process. On standard input a letter and three texts, each a length (4 bytes, little endian) and its bytes; on
 * standard output "+" or "-", a length, and a text.
 *
 *   m  base, role's overlay, node's overlay ("" is none): the merged config, or why it is refused
 *   v  a config: nothing, or what the check of its documents complains of
 *   x  a number: takes that row out of the tables that are written by hand, and brings back the one before; the row's
 *      document ("-" for any but the main one), path, and " +" where it is about what is below; "-" behind the last
 *   k  a file of bootstrap/: {"text": as Talos gets it, "docs": the trees that it was read into}, or why it is refused
 *   t  a manifest: {"docs": ...} alone, judged by nobody
 *
 * A node of a tree: {"s": text} is one for certain, {"p": text, "t": enum scalar_type to YAML 1.1} stands plain,
 * {"r": 1} is a reference; {"l": [...]} and {"m": [[key, value] ...]}.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "plan/object.h"
#include "plan/plan.h"
#include "render/check.h"
#include "site/emit.h"
#include "site/merge.h"
#include "site/rules.h"
#include "site/scalar.h"
#include "site/schema_check.h"
#include "site/tree.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct texts {
    struct buf text[3];
};

static bool read_number(uint32_t *n)
{
    unsigned char bytes[4];
    if (fread(bytes, 1, sizeof bytes, stdin) != sizeof bytes)
        return false;
    *n = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return true;
}

static bool read_text(struct buf *out)
{
    uint32_t n;
    if (!read_number(&n))
        return false;
    char room[4096];
    while (n > 0) {
        size_t got = fread(room, 1, n < sizeof room ? n : sizeof room, stdin);
        if (got == 0)
            return false;
        buf_add(out, room, got);
        n -= (uint32_t)got;
    }
    return true;
}

static void answer(bool good, const char *text, size_t n)
{
    unsigned char head[5] = {good ? '+' : '-', (unsigned char)n, (unsigned char)(n >> 8),
                             (unsigned char)(n >> 16), (unsigned char)(n >> 24)};
    fwrite(head, 1, sizeof head, stdout);
    fwrite(text ? text : "", 1, n, stdout);
    fflush(stdout);
}

static void add_errors(struct buf *out, const struct errors *errors)
{
    for (unsigned i = 0; i < errors->count; i++)
        buf_printf(out, "%s\n", errors->items[i].text);
}

/* One layer as the plan takes it: read, judged, merged. */
static bool add_layer(struct pool *pool, struct document **config, const char *name, const struct buf *text,
                      bool whole, struct buf *said)
{
    struct errors errors = {.count = 0};
    struct error e = {.code = E_NONE};
    struct document *documents = NULL;
    struct schema_check check = {.pool = pool, .whole = whole, .errors = &errors};
    bool good = tree_read(pool, name, text->data ? text->data : "", text->len, &documents, &e) == 0;
    if (good)
        schema_check(&check, documents);
    if (good && *config)
        good = merge_documents(pool, config, documents, NULL, &e) == 0;
    else if (good)
        good = merge_check(pool, documents, &e) == 0;
    if (!*config)
        *config = documents;
    if (!good)
        buf_printf(said, "%s\n", e.text);
    add_errors(said, &errors);
    good = good && errors.count == 0;
    errors_free(&errors);
    return good;
}

static void merge(struct texts *texts)
{
    static const char *const names[] = {"base", "role", "node"};
    struct pool *pool = pool_new();
    struct document *config = NULL;
    struct buf out = {.max = (size_t)1 << 20};
    bool good = true;
    for (size_t i = 0; good && i < 3; i++)
        if (i == 0 || texts->text[i].len > 0)
            good = add_layer(pool, &config, names[i], &texts->text[i], false, &out);
    struct error e = {.code = E_NONE};
    if (good && emit_documents(&out, config, "the config", &e) != 0) {
        buf_printf(&out, "%s\n", e.text);
        good = false;
    }
    answer(good, out.data, out.len);
    buf_free(&out);
    pool_free(pool);
}

static void judge(struct texts *texts)
{
    struct pool *pool = pool_new();
    struct document *config = NULL;
    struct buf out = {.max = (size_t)1 << 20};
    bool good = add_layer(pool, &config, "config", &texts->text[0], true, &out);
    answer(good, out.data, out.len);
    buf_free(&out);
    pool_free(pool);
}

static json_t *node_json(const struct tree_node *node)
{
    if (node->ref)
        return json_pack("{s:i}", "r", 1);
    if (node->kind == TREE_SCALAR) {
        json_t *scalar = json_object();
        bool plain = node->style == STYLE_PLAIN;
        json_object_set_new(scalar, plain ? "p" : "s", json_stringn(node->text, node->len));
        if (plain)
            json_object_set_new(scalar, "t", json_integer(scalar_type_11(node)));
        return scalar;
    }
    json_t *list = json_array();
    for (const struct tree_node *child = node->first; child; child = child->next)
        json_array_append_new(list,
                              node->kind == TREE_SEQ
                                  ? node_json(child)
                                  : json_pack("[o, o]", node_json(child->key), node_json(child)));
    return json_pack("{s:o}", node->kind == TREE_SEQ ? "l" : "m", list);
}

static void answer_documents(const struct document *documents, const struct buf *text)
{
    json_t *said = json_object(), *list = json_array();
    for (const struct document *d = documents; d; d = d->next)
        if (d->root)
            json_array_append_new(list, node_json(d->root));
    json_object_set_new(said, "docs", list);
    if (text)
        json_object_set_new(said, "text", json_stringn(text->data ? text->data : "", text->len));
    char *line = json_dumps(said, JSON_COMPACT);
    answer(line != NULL, line, line ? strlen(line) : 0);
    free(line);
    json_decref(said);
}

/* What plan and render look at in one file of bootstrap/ of a control plane. */
static void judge_objects(struct pool *pool, struct document *documents, struct errors *errors)
{
    struct objects_seen seen = {.pool = pool};
    for (struct document *d = documents; d; d = d->next)
        if (d->root)
            object_check(pool, d->root, &seen, errors);
    struct errors warnings = {.count = 0};
    struct site_node entry = {.type = MACHINE_CONTROLPLANE};
    struct plan_manifest manifest = {.name = "50-file", .file = "file", .docs = documents};
    struct plan plan = {.pool = pool, .entry = &entry, .manifests = &manifest, .manifest_count = 1};
    struct resolver resolver = {.plan = &plan, .pool = pool, .errors = errors};
    struct check_manifest checked = {.plan = &manifest, .docs = documents};
    struct check check = {.plan = &plan,
                          .resolver = &resolver,
                          .pool = pool,
                          .manifests = &checked,
                          .manifest_count = 1,
                          .errors = errors,
                          .warnings = &warnings};
    check_manifests(&check);
    errors_free(&warnings);
}

static void manifest(struct texts *texts, bool judged)
{
    struct pool *pool = pool_new();
    struct errors errors = {.count = 0};
    struct error e = {.code = E_NONE};
    struct document *documents = NULL;
    struct buf out = {.max = (size_t)1 << 20};
    const struct buf *text = &texts->text[0];
    bool good = tree_read(pool, "file", text->data ? text->data : "", text->len, &documents, &e) == 0;
    if (good && judged) {
        judge_objects(pool, documents, &errors);
        good = errors.count == 0 && emit_manifest(&out, documents, "file", &e) == 0;
    }
    if (good) {
        answer_documents(documents, judged ? &out : NULL);
    } else {
        struct buf said = {0};
        if (e.code != E_NONE)
            buf_printf(&said, "%s\n", e.text);
        add_errors(&said, &errors);
        answer(false, said.data, said.len);
        buf_free(&said);
    }
    buf_free(&out);
    errors_free(&errors);
    pool_free(pool);
}

/* Row i of a part that all have a kind and a path first. The row beside it is written over it: twice is once. */
static void take_row(struct schema_part part, size_t size, unsigned i, struct texts *texts)
{
    static unsigned char kept[sizeof(struct rule) + sizeof(struct rules_group)];
    static unsigned char *from;
    static size_t kept_size;
    if (from)
        memcpy(from, kept, kept_size);
    from = NULL;
    if (i >= part.count)
        return;
    unsigned char *rows = (unsigned char *)(uintptr_t)schema_rows(part);
    from = rows + i * size;
    kept_size = size;
    memcpy(kept, from, size);
    memcpy(from, rows + (i ? i - 1 : 1) * size, size);
    uint16_t names[2];
    memcpy(names, kept, sizeof names);
    const char *kind = schema_text(names[0]);
    buf_printf(&texts->text[1], "%s %s", kind ? kind : "-", schema_text(names[1]));
}

static void take_out(struct texts *texts)
{
    const struct schema_tables *tables = schema_tables();
    unsigned i = (unsigned)strtoul(texts->text[0].data, NULL, 10);
    bool group = i >= tables->rules.count;
    take_row(tables->rules, sizeof(struct rule), group ? tables->rules.count : i, texts);
    if (group)
        take_row(tables->groups, sizeof(struct rules_group), i - tables->rules.count, texts);
    if (group && texts->text[1].len > 0)
        buf_str(&texts->text[1], " +");
    answer(texts->text[1].len > 0, texts->text[1].data, texts->text[1].len);
}

int main(void)
{
    mem_init((size_t)256 << 20); /* trees of whole charts, as JSON */
    for (int verb = getchar(); verb != EOF; verb = getchar()) {
        struct texts texts = {0};
        bool whole = true;
        for (size_t i = 0; i < 3; i++) {
            texts.text[i].max = (size_t)1 << 20;
            whole = whole && read_text(&texts.text[i]);
        }
        if (whole && verb == 'm')
            merge(&texts);
        else if (whole && verb == 'v')
            judge(&texts);
        else if (whole && verb == 'x')
            take_out(&texts);
        else if (whole && (verb == 'k' || verb == 't'))
            manifest(&texts, verb == 'k');
        for (size_t i = 0; i < 3; i++)
            buf_free(&texts.text[i]);
        if (!whole)
            return 1;
    }
    return 0;
}
