#include "facts/names.h"

#include "base/text.h"
#include "facts/facts.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define FACT_NAMES(X) \
    X("uuid", FACT_STRING) X("serial", FACT_STRING) X("mac", FACT_STRING) \
    X("system", FACT_GROUP) \
    X("system.manufacturer", FACT_STRING) X("system.product_name", FACT_STRING) \
    X("system.version", FACT_STRING) \
    X("system.sku_number", FACT_STRING) X("system.family", FACT_STRING) \
    X("system.bios_version", FACT_STRING) X("system.bios_date", FACT_STRING) \
    X("board", FACT_GROUP) \
    X("board.manufacturer", FACT_STRING) X("board.product_name", FACT_STRING) \
    X("board.version", FACT_STRING) X("board.serial", FACT_STRING) \
    X("chassis", FACT_GROUP) X("chassis.type", FACT_INTEGER) \
    X("memory", FACT_GROUP) X("memory.size_mib", FACT_INTEGER) X("memory.total_kib", FACT_INTEGER) \
    X("memory.modules", FACT_LIST) \
    X("memory.modules.device_locator", FACT_STRING) X("memory.modules.bank_locator", FACT_STRING) \
    X("memory.modules.size_mib", FACT_INTEGER) X("memory.modules.speed", FACT_INTEGER) \
    X("memory.modules.manufacturer", FACT_STRING) X("memory.modules.product_name", FACT_STRING) \
    X("cpu", FACT_GROUP) X("cpu.model_name", FACT_STRING) X("cpu.vendor_id", FACT_STRING) \
    X("cpu.family", FACT_INTEGER) X("cpu.model", FACT_INTEGER) X("cpu.stepping", FACT_INTEGER) \
    X("cpu.sockets", FACT_INTEGER) X("cpu.cores", FACT_INTEGER) X("cpu.threads", FACT_INTEGER) \
    X("cpu.virtualization", FACT_STRING) \
    X("disks", FACT_LIST) X("disks.name", FACT_STRING) X("disks.dev_path", FACT_STRING) \
    X("disks.size", FACT_INTEGER) \
    X("disks.model", FACT_STRING) X("disks.vendor", FACT_STRING) X("disks.serial", FACT_STRING) \
    X("disks.wwid", FACT_STRING) X("disks.transport", FACT_STRING) X("disks.rotational", FACT_BOOLEAN) \
    X("disks.readonly", FACT_BOOLEAN) X("disks.removable", FACT_BOOLEAN) X("disks.bus_path", FACT_STRING) \
    X("disks.partitions", FACT_INTEGER) X("disks.installable", FACT_BOOLEAN) \
    X("links", FACT_LIST) X("links.name", FACT_STRING) X("links.hardware_addr", FACT_STRING) \
    X("links.permanent_addr", FACT_STRING) X("links.type", FACT_INTEGER) X("links.physical", FACT_BOOLEAN) \
    X("links.bus_path", FACT_STRING) X("links.pci_id", FACT_STRING) X("links.driver", FACT_STRING) \
    X("links.addr_assign_type", FACT_INTEGER) X("links.operational_state", FACT_STRING) \
    X("links.link_state", FACT_BOOLEAN) X("links.speed_mbit", FACT_INTEGER) \
    X("firmware", FACT_GROUP) X("firmware.mode", FACT_STRING) X("firmware.secure_boot", FACT_BOOLEAN) \
    X("tpm", FACT_GROUP) X("tpm.version", FACT_INTEGER)
/* clang-format on */

#define X(name, type) {name, type},
static const struct fact_name rows[] = {FACT_NAMES(X)};
#undef X

const struct fact_name *names_find(const char *name, const char **nearest)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    if (nearest) {
        const char *all[sizeof rows / sizeof *rows + 1] = {NULL};
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            all[i] = rows[i].name;
        *nearest = text_nearest(name, all);
    }
    return NULL;
}

const char *names_type_text(enum fact_type type)
{
    static const char *const texts[] = {"a string", "an integer of zero or more", "true or false",
                                        "an object", "a list of objects"};
    return texts[type];
}

bool facts_known(const char *name, const char **nearest)
{
    const char *near = NULL;
    const struct fact_name *row = names_find(name, &near);
    if (nearest)
        *nearest = near;
    return row && row->type != FACT_GROUP;
}
