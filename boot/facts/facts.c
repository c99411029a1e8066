#include "facts/facts.h"

#include "base/mem.h"
#include "facts/names.h"
#include "facts/parts.h"

#include <stdio.h>
#include <string.h>

json_t *facts_number(const struct sysfs *s, const char *dir, const char *name)
{
    int64_t v;
    return sysfs_number(s, dir, name, &v) ? json_integer(v) : json_null();
}

json_t *facts_flag(const struct sysfs *s, const char *dir, const char *name)
{
    int64_t v;
    return sysfs_number(s, dir, name, &v) ? json_boolean(v != 0) : json_null();
}

json_t *facts_read(const char *sysroot, struct error *e)
{
    struct sysfs s;
    if (sysfs_open(&s, sysroot, e) != 0)
        return NULL;
    struct dmi_table dmi;
    bool have = dmi_open(&s, &dmi);
    const struct smbios *table = have ? &dmi.smbios : NULL;
    json_t *links = links_read(&s);
    json_t *facts = json_object();
    json_object_set_new(facts, "uuid", json_null());
    json_object_set_new(facts, "serial", json_null());
    json_object_set_new(facts, "mac", links_mac(links));
    dmi_read(&s, table, facts);
    json_object_set_new(facts, "memory", memory_read(&s, table));
    json_object_set_new(facts, "cpu", cpu_read(&s));
    json_object_set_new(facts, "disks", disks_read(&s));
    json_object_set_new(facts, "links", links);
    json_object_set_new(facts, "firmware", firmware_read(&s));
    json_object_set_new(facts, "tpm", firmware_tpm(&s));
    dmi_close(&dmi);
    sysfs_close(&s);
    return facts;
}

/* What cannot be read is there all the same. */
static void add_devices(json_t *devices, const struct sysfs *s, const char *list, bool disks,
                        const char *attribute)
{
    struct sysfs_names names = sysfs_list(s, list);
    for (unsigned i = 0; i < names.count; i++) {
        if (disks && !disks_may_be(names.name[i]))
            continue;
        UNSET char path[SYSFS_PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", list, names.name[i]);
        UNSET char text[SYSFS_TEXT_MAX];
        *text = '\0';
        UNSET char dir[SYSFS_PATH_MAX];
        if (sysfs_resolve(s, path, dir))
            (void)sysfs_text(s, dir, attribute, text);
        json_object_set_new_nocheck(devices, path, json_string_nocheck(text));
    }
    sysfs_names_free(&names);
}

json_t *facts_devices(const char *sysroot, struct error *e)
{
    struct sysfs s;
    if (sysfs_open(&s, sysroot, e) != 0)
        return NULL;
    json_t *devices = json_object();
    add_devices(devices, &s, "sys/block", true, "size");
    add_devices(devices, &s, "sys/class/net", false, "address");
    sysfs_close(&s);
    return devices;
}

json_t *facts_get(const json_t *facts, const char *name)
{
    const json_t *at = facts;
    while (at) {
        char key[64];
        size_t n = strcspn(name, ".");
        if (n == 0 || n >= sizeof key)
            return NULL;
        memcpy(key, name, n);
        key[n] = '\0';
        json_t *value = json_object_get(at, key);
        if (!name[n])
            return value;
        name += n + 1;
        at = value;
    }
    return NULL;
}

const char *facts_text(const json_t *fact, char *out, size_t cap)
{
    int n = -1;
    if (json_is_string(fact))
        n = snprintf(out, cap, "%s", json_string_value(fact));
    else if (json_is_integer(fact))
        n = snprintf(out, cap, "%lld", (long long)json_integer_value(fact));
    else if (json_is_boolean(fact))
        n = snprintf(out, cap, "%s", json_is_true(fact) ? "true" : "false");
    return n >= 0 && (size_t)n < cap ? out : NULL;
}
