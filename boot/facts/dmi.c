#include "base/mem.h"
#include "base/text.h"
#include "facts/clean.h"
#include "facts/identity.h"
#include "facts/parts.h"

#include <string.h>

#define ENTRY_MAX 64
#define DMI_ID "sys/class/dmi/id"

/* Where each text stands: in a structure, and in the file that the kernel makes of it. group NULL is
 * the top level. */
static const struct {
    const char *group;
    const char *key;
    enum smbios_type type;
    size_t offset;
    const char *file;
} texts[] = {
    {NULL, "serial", SMBIOS_SYSTEM, 0x07, "product_serial"},
    {"system", "manufacturer", SMBIOS_SYSTEM, 0x04, "sys_vendor"},
    {"system", "product_name", SMBIOS_SYSTEM, 0x05, "product_name"},
    {"system", "version", SMBIOS_SYSTEM, 0x06, "product_version"},
    {"system", "sku_number", SMBIOS_SYSTEM, 0x19, "product_sku"},
    {"system", "family", SMBIOS_SYSTEM, 0x1a, "product_family"},
    {"system", "bios_version", SMBIOS_BIOS, 0x05, "bios_version"},
    {"system", "bios_date", SMBIOS_BIOS, 0x08, "bios_date"},
    {"board", "manufacturer", SMBIOS_BOARD, 0x04, "board_vendor"},
    {"board", "product_name", SMBIOS_BOARD, 0x05, "board_name"},
    {"board", "version", SMBIOS_BOARD, 0x06, "board_version"},
    {"board", "serial", SMBIOS_BOARD, 0x07, "board_serial"},
};

/* Why a file of the table was not taken. */
static const char *why_not(enum sysfs_status status)
{
    switch (status) {
    case SYSFS_READ:
        return NULL;
    case SYSFS_ABSENT:
        return "is not there: /sys/firmware is masked, or the box has none";
    case SYSFS_UNREADABLE:
        return "cannot be read: only root may";
    case SYSFS_TOO_LARGE:
        return "is larger than any that hearth reads (512 KiB)";
    }
    return NULL;
}

bool dmi_open(const struct sysfs *s, struct dmi_table *t)
{
    *t = (struct dmi_table){0};
    t->why = why_not(sysfs_read(s, "sys/firmware/dmi/tables/smbios_entry_point", ENTRY_MAX, &t->entry));
    if (!t->why)
        t->why = why_not(sysfs_read(s, "sys/firmware/dmi/tables/DMI", SMBIOS_TABLE_MAX, &t->table));
    struct span entry = {(const unsigned char *)t->entry.data, t->entry.len};
    struct span table = {(const unsigned char *)t->table.data, t->table.len};
    if (!t->why && (!entry.n || !table.n || !smbios_open(&t->smbios, entry, table)))
        t->why = "is damaged";
    if (!t->why)
        return true;
    dmi_close(t);
    return false;
}

void dmi_close(struct dmi_table *t)
{
    buf_free(&t->entry);
    buf_free(&t->table);
}

/* UUIDs are compared as text later, and kernels differ in case. */
static json_t *uuid_fact(char *text)
{
    for (char *c = text; *c; c++)
        *c = text_lower(*c);
    return identity_flaw(IDENTITY_UUID, text) ? json_null() : json_string(text);
}

static json_t *text_fact(const char *key, const char *text)
{
    if (strcmp(key, "serial") == 0 && identity_flaw(IDENTITY_SERIAL, text))
        return json_null();
    return clean_string(text);
}

/* 2 is the standard's own "Unknown" (DSP0134 7.4.1). */
static json_t *chassis_fact(int64_t type)
{
    return type > 0 && type < 128 && type != 2 ? json_integer(type) : json_null();
}

void dmi_read(const struct sysfs *s, const struct smbios *table, json_t *facts)
{
    struct smbios_item item[SMBIOS_CHASSIS + 1];
    bool have[SMBIOS_CHASSIS + 1];
    UNSET char id[SYSFS_PATH_MAX];
    bool kernel = sysfs_resolve(s, DMI_ID, id);
    for (enum smbios_type t = SMBIOS_BIOS; t <= SMBIOS_CHASSIS; t++)
        have[t] = table && smbios_find(table, t, &item[t]);

    char text[SYSFS_TEXT_MAX] = "";
    if (have[SMBIOS_SYSTEM])
        smbios_uuid(table, &item[SMBIOS_SYSTEM], text);
    else if (kernel)
        sysfs_text(s, id, "product_uuid", text);
    json_object_set_new(facts, "uuid", uuid_fact(text));

    UNSET char string[SMBIOS_TEXT_MAX];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *value = "";
        if (have[texts[i].type])
            value = smbios_text(&item[texts[i].type], texts[i].offset, string);
        else if (kernel && sysfs_text(s, id, texts[i].file, text))
            value = text;
        json_t *group = facts;
        if (texts[i].group && !(group = json_object_get(facts, texts[i].group))) {
            group = json_object();
            json_object_set_new(facts, texts[i].group, group);
        }
        json_object_set_new(group, texts[i].key, text_fact(texts[i].key, value));
    }

    int64_t type = 0;
    if (have[SMBIOS_CHASSIS])
        type = smbios_u8(&item[SMBIOS_CHASSIS], 5, 0) & 0x7f;
    else if (kernel)
        sysfs_number(s, id, "chassis_type", &type);
    json_object_set_new(facts, "chassis", json_pack("{so}", "type", chassis_fact(type)));
}
