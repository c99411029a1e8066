#include "base/mem.h"
#include "facts/clean.h"
#include "facts/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX 512
#define SLOTS_MAX \
    1024u /* memory devices looked at, empty or not: each costs a walk to the array it belongs to */
#define MEMINFO_MAX ((size_t)16 << 10)

/* A locator is the board's own word for a slot: "" when it has none, never a placeholder. */
static json_t *locator(const struct smbios_item *item, size_t offset)
{
    UNSET char text[SMBIOS_TEXT_MAX];
    json_t *value = clean_plain(smbios_text(item, offset, text));
    return json_is_null(value) ? json_string("") : value;
}

static json_t *text_fact(const struct smbios_item *item, size_t offset)
{
    UNSET char text[SMBIOS_TEXT_MAX];
    return clean_string(smbios_text(item, offset, text));
}

static json_t *module_fact(const struct smbios_item *item, enum smbios_size known, uint64_t kib)
{
    json_t *module = json_object();
    uint32_t speed = smbios_memory_speed(item);
    json_object_set_new(module, "device_locator", locator(item, 0x10));
    json_object_set_new(module, "bank_locator", locator(item, 0x11));
    json_object_set_new(module, "size_mib",
                        known == SMBIOS_SIZE_KNOWN ? json_integer((json_int_t)(kib >> 10)) : json_null());
    json_object_set_new(module, "speed", speed ? json_integer(speed) : json_null());
    json_object_set_new(module, "manufacturer", text_fact(item, 0x17));
    json_object_set_new(module, "product_name", text_fact(item, 0x1a));
    return module;
}

/* The sum is null when one module does not say its size, or there are more than are looked at: half a sum
 * would meet or miss conditions by accident. */
static void read_modules(const struct smbios *table, json_t *memory)
{
    struct smbios_walk w = smbios_walk(table);
    struct smbios_item item;
    uint64_t sum_kib = 0;
    bool known = true;
    unsigned slots = 0;
    json_t *modules = json_array();
    while (smbios_next(&w, &item)) {
        if (item.type != SMBIOS_MEMORY_DEVICE)
            continue;
        if (++slots > SLOTS_MAX || json_array_size(modules) == MODULES_MAX) {
            known = false;
            break;
        }
        uint64_t kib;
        enum smbios_size size = smbios_memory_size(&item, &kib);
        if (size == SMBIOS_SIZE_EMPTY || !smbios_is_system_memory(table, &item))
            continue;
        known = known && size == SMBIOS_SIZE_KNOWN;
        sum_kib += kib;
        json_array_append_new(modules, module_fact(&item, size, kib));
    }
    known = known && sum_kib > 0;
    json_object_set_new(memory, "size_mib", known ? json_integer((json_int_t)(sum_kib >> 10)) : json_null());
    json_object_set_new(memory, "modules", modules);
}

static json_t *total_kib(const struct sysfs *s)
{
    struct buf b = {0};
    json_t *total = NULL;
    if (sysfs_bytes(s, "proc/meminfo", MEMINFO_MAX, &b) && b.data) {
        const char *at = strstr(b.data, "MemTotal:");
        long long kib = at ? strtoll(at + 9, NULL, 10) : 0;
        if (kib > 0 && kib < (1LL << 53))
            total = json_integer(kib);
    }
    buf_free(&b);
    return total ? total : json_null();
}

json_t *memory_read(const struct sysfs *s, const struct smbios *table)
{
    json_t *memory = json_object();
    json_object_set_new(memory, "size_mib", json_null());
    json_object_set_new(memory, "total_kib", total_kib(s));
    json_object_set_new(memory, "modules", json_null());
    if (table)
        read_modules(table, memory);
    return memory;
}
