/*
 * hearth's side of the walk over Talos's types (talos/walk): the product's own objects, asked for thousands of cases in
 * one process. On standard input a letter and three texts, each a length (4 bytes, little endian) and its bytes; on
 * standard output "+" or "-", a length, and a text.
 *
 *   m  base, role's overlay, node's overlay ("" is none): the merged config, or why it is refused
 *   v  a config: nothing, or what the check of its documents complains of
 *   x  a number: takes that row out of the tables that are written by hand, and brings back the one before; the row's
 *      document ("-" for any but the main one), path, and " +" where it is about what is below; "-" behind the last
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "render/emit.h"
#include "site/merge.h"
#include "site/rules.h"
#include "site/schema_check.h"
#include "site/tree.h"

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
        for (size_t i = 0; i < 3; i++)
            buf_free(&texts.text[i]);
        if (!whole)
            return 1;
    }
    return 0;
}
