#include "base/mem.h"
#include "facts/parts.h"

#define SECURE_BOOT "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Inside a container /sys/firmware is often an empty directory: that says nothing about how the box
 * was booted. So "bios" needs something there that only an x86 kernel makes. */
static json_t *firmware_mode(const struct sysfs *s)
{
    static const char *const x86[] = {"dmi", "acpi", "memmap"};
    if (sysfs_exists(s, "sys/firmware", "efi"))
        return json_string("uefi");
    for (size_t i = 0; i < sizeof x86 / sizeof *x86; i++)
        if (sysfs_exists(s, "sys/firmware", x86[i]))
            return json_string("bios");
    return json_null();
}

json_t *firmware_read(const struct sysfs *s)
{
    json_t *firmware = json_pack("{so}", "mode", firmware_mode(s));
    struct buf b = {0};
    /* Four bytes of attributes, then the value (UEFI 2.10 section 3.3). Absent where efivarfs is not
     * mounted. */
    if (sysfs_bytes(s, SECURE_BOOT, 16, &b) && b.len == 5)
        json_object_set_new(firmware, "secure_boot", json_boolean(b.data[4] == 1));
    buf_free(&b);
    return firmware;
}

json_t *firmware_tpm(const struct sysfs *s)
{
    UNSET char dir[SYSFS_PATH_MAX];
    bool found = sysfs_resolve(s, "sys/class/tpm/tpm0", dir);
    return json_pack("{so}", "version", found ? facts_number(s, dir, "tpm_version_major") : json_null());
}
