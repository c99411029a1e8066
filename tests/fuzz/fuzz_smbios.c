/* A hostile SMBIOS table: two bytes of version, then the table. Then the same bytes as an entry point. */
#include "facts/parts.h"
#include "require.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_facts(const struct smbios *table)
{
    const struct sysfs nowhere = {.root = -1};
    json_t *facts = json_object();
    dmi_read(&nowhere, table, facts);
    json_object_set_new(facts, "memory", memory_read(&nowhere, table));
    /* What comes out must be JSON whatever the bytes were. */
    char *text = json_dumps(facts, JSON_COMPACT);
    require(text != NULL);
    free(text);
    json_decref(facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct smbios s = {.table = {data + 2, size - 2}, .version = (unsigned)data[0] << 8 | data[1]};
    read_facts(&s);
    size_t entry = size < 32 ? size : 32;
    if (smbios_open(&s, (struct span){data, entry}, (struct span){data + entry, size - entry}) &&
        s.table.n > 0)
        read_facts(&s);
    return 0;
}
