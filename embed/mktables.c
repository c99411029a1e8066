/*
 * mktables.c - packs the tables under embed/tables/ for the program. Runs on the build host.
 *
 *   mktables >tables.bin
 *
 * The format stands in site/schema.h (struct schema_tables). Each text is written once.
 */
#include "embed/tables/rules.c"
#include "embed/tables/schema.c"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct {
    struct schema_tables head;
    struct schema_field fields[COUNT(source_fields)];
    struct schema_type types[COUNT(source_types)];
    struct schema_document documents[COUNT(source_documents)];
    struct schema_conflict conflicts[COUNT(source_conflicts)];
    struct rule rules[COUNT(source_rules)];
    struct rules_group groups[COUNT(source_groups)];
} out;

static char texts[SCHEMA_NO_TEXT];
static size_t used = sizeof source_keys - 1;

static uint16_t text(const char *s)
{
    size_t n = s ? strlen(s) + 1 : 0;
    if (!s)
        return SCHEMA_NO_TEXT;
    for (size_t at = 0; at + n <= used; at++)
        if (memcmp(texts + at, s, n) == 0)
            return (uint16_t)at;
    if (n > sizeof texts - used) {
        fputs("mktables: more texts than an offset can reach\n", stderr);
        exit(1);
    }
    memcpy(texts + used, s, n);
    used += n;
    return (uint16_t)(used - n);
}

static struct schema_part part(const void *array, size_t count)
{
    return (struct schema_part){(uint16_t)((const char *)array - (const char *)&out), (uint16_t)count};
}

static void pack_types(void)
{
    for (size_t i = 0; i < COUNT(source_fields); i++) {
        out.fields[i].key = source_fields[i].key;
        out.fields[i].type = source_fields[i].type;
        out.fields[i].flags = source_fields[i].flags;
    }
    for (size_t i = 0; i < COUNT(source_types); i++) {
        const struct source_type *from = &source_types[i];
        struct schema_type *to = &out.types[i];
        to->node = from->node, to->form = from->form, to->merge = from->merge, to->bits = from->bits;
        to->zero = from->zero, to->exact = from->exact, to->empty = from->empty;
        to->first = from->first, to->count = from->count;
        to->elem.type = from->elem.type, to->elem.flags = from->elem.flags;
        to->words = text(from->words), to->key = text(from->key);
    }
    for (size_t i = 0; i < COUNT(source_documents); i++) {
        const struct source_document *from = &source_documents[i];
        struct schema_document *to = &out.documents[i];
        to->kind = text(from->kind), to->type = from->type;
        to->is_new = from->is_new, to->control_only = from->control_only;
    }
    for (size_t i = 0; i < COUNT(source_conflicts); i++) {
        const struct source_conflict *from = &source_conflicts[i];
        struct schema_conflict *to = &out.conflicts[i];
        to->kind = text(from->kind), to->name = text(from->name);
        to->field = text(from->field), to->main = text(from->main);
        to->value = from->value;
    }
}

static void pack_rules(void)
{
    for (size_t i = 0; i < COUNT(source_rules); i++) {
        const struct source_rule *from = &source_rules[i];
        struct rule *to = &out.rules[i];
        to->kind = text(from->kind), to->path = text(from->path), to->words = text(from->words);
        to->rule = (uint8_t)from->rule, to->low = (uint32_t)from->low, to->high = (uint32_t)from->high;
    }
    for (size_t i = 0; i < COUNT(source_groups); i++) {
        const struct source_group *from = &source_groups[i];
        struct rules_group *to = &out.groups[i];
        to->kind = text(from->kind), to->path = text(from->path), to->keys = text(from->keys);
        to->one = from->one;
    }
}

int main(void)
{
    memcpy(texts, source_keys, used);
    pack_types();
    pack_rules();
    out.head = (struct schema_tables){
        .fields = part(out.fields, COUNT(out.fields)),
        .types = part(out.types, COUNT(out.types)),
        .documents = part(out.documents, COUNT(out.documents)),
        .conflicts = part(out.conflicts, COUNT(out.conflicts)),
        .rules = part(out.rules, COUNT(out.rules)),
        .groups = part(out.groups, COUNT(out.groups)),
        .cel = {text(source_cel_disk), text(source_cel_volume), text(source_cel_link)},
    };
    out.head.texts = part((const char *)&out + sizeof out, used);
    if (sizeof out > UINT16_MAX)
        return fputs("mktables: more rows than an offset can reach\n", stderr), 1;
    fwrite(&out, sizeof out, 1, stdout);
    fwrite(texts, used, 1, stdout);
    return fflush(stdout) != 0 || ferror(stdout);
}
