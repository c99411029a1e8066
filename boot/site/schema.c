#include "site/schema.h"

#include "base/log.h"
#include "base/mem.h"
#include "embed/assets.h"
#include "embed/tables.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Out of line: the question comes for every key, and this is its answer once. */
__attribute__((noinline, cold)) static const struct schema_tables *unpack(void)
{
    struct error e;
    const void *tables = assets_get(tables_blob, tables_blob_size, tables_count, "tables.bin", &e);
    if (!tables) {
        log_error(&e);
        mem_wipe_all();
        _exit(EXIT_FAILED_);
    }
    return tables;
}

const struct schema_tables *schema_tables(void)
{
    static const struct schema_tables *tables;
    if (!tables)
        tables = unpack();
    return tables;
}

const void *schema_rows(struct schema_part part)
{
    return (const char *)schema_tables() + part.at;
}

const char *schema_text(uint16_t at)
{
    return at == SCHEMA_NO_TEXT ? NULL : (const char *)schema_rows(schema_tables()->texts) + at;
}

const struct schema_type *schema_type_at(unsigned i)
{
    return (const struct schema_type *)schema_rows(schema_tables()->types) + i;
}

const struct schema_field *schema_field_at(unsigned i)
{
    return (const struct schema_field *)schema_rows(schema_tables()->fields) + i;
}

const struct schema_document *schema_document_at(unsigned i)
{
    return (const struct schema_document *)schema_rows(schema_tables()->documents) + i;
}

static int compare(const void *kind, const void *document)
{
    return strcmp(kind, schema_text(((const struct schema_document *)document)->kind));
}

const struct schema_document *schema_document(const char *kind)
{
    return bsearch(kind ? kind : "v1alpha1", schema_document_at(0), schema_tables()->documents.count,
                   sizeof(struct schema_document), compare);
}

const char *schema_key(const struct schema_field *field)
{
    return schema_text(field->key);
}

const struct schema_field *schema_field(const struct schema_type *type, const char *key)
{
    for (unsigned i = 0; type && i < type->count; i++) {
        const struct schema_field *field = schema_field_at(type->first + i);
        if (strcmp(schema_key(field), key) == 0)
            return field;
    }
    return NULL;
}

const struct schema_field *schema_child(const struct schema_type *type, const char *key)
{
    return type->node == SCHEMA_MAP ? &type->elem : schema_field(type, key);
}

const struct schema_type *schema_type(const struct schema_field *field)
{
    static const struct schema_type any = {.node = SCHEMA_ANY};
    return field ? schema_type_at(field->type) : &any;
}
