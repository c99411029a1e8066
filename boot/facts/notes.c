#include "base/fd.h"
#include "base/mem.h"
#include "base/text.h"
#include "facts/facts.h"
#include "facts/identity.h"
#include "facts/parts.h"

#include <stdio.h>
#include <string.h>

/* Intel's "RAID On": SATA disks still work, an M.2 NVMe disk can vanish behind the controller. VMD has
 * the same class and hides nothing from a kernel with its driver; other makers' RAID cards have no
 * such switch. */
static void note_raid(const struct sysfs *s, struct buf *out)
{
    struct sysfs_names names = sysfs_list(s, "sys/bus/pci/devices");
    for (unsigned i = 0; i < names.count; i++) {
        UNSET char path[SYSFS_PATH_MAX];
        snprintf(path, sizeof path, "sys/bus/pci/devices/%s", names.name[i]);
        UNSET char dir[SYSFS_PATH_MAX];
        if (!sysfs_resolve(s, path, dir))
            continue;
        UNSET char text[SYSFS_TEXT_MAX];
        int64_t hidden = 0;
        if (sysfs_number(s, dir, "remapped_nvme", &hidden) && hidden > 0)
            buf_printf(
                out, "controller %s hides %lld NVMe disk(s): switch the BIOS from RAID to AHCI to see them\n",
                names.name[i], (long long)hidden);
        else if (sysfs_text(s, dir, "class", text) && strncmp(text, "0x0104", 6) == 0 &&
                 sysfs_text(s, dir, "vendor", text) && strcmp(text, "0x8086") == 0 &&
                 !(sysfs_uevent(s, dir, "DRIVER", text) && strcmp(text, "vmd") == 0))
            buf_printf(
                out,
                "controller %s is in RAID mode and may hide NVMe disks: switch the BIOS from RAID to AHCI\n",
                names.name[i]);
    }
    sysfs_names_free(&names);
}

/* Talos counts a box as installed when any disk but a loop device has such a partition, be it a stale
 * one on the stick. */
static void note_meta(const struct sysfs *s, struct buf *out)
{
    struct sysfs_names names = sysfs_list(s, "sys/class/block");
    for (unsigned i = 0; i < names.count; i++) {
        UNSET char path[SYSFS_PATH_MAX];
        snprintf(path, sizeof path, "sys/class/block/%s", names.name[i]);
        UNSET char dir[SYSFS_PATH_MAX];
        UNSET char text[SYSFS_TEXT_MAX];
        if (strncmp(names.name[i], "loop", 4) == 0 || !sysfs_resolve(s, path, dir) ||
            !sysfs_uevent(s, dir, "PARTNAME", text) || strcmp(text, "META") != 0)
            continue;
        buf_str(out, "partition ");
        text_clean(out, names.name[i], strlen(names.name[i]));
        buf_str(
            out,
            " is labelled META: Talos takes this box for installed and does not enter maintenance mode\n");
    }
    sysfs_names_free(&names);
}

static void note_value(struct buf *out, const char *name, const char *value, const char *flaw)
{
    buf_printf(out, "%s is unknown: the vendor left \"", name);
    text_clean(out, value, strlen(value));
    buf_printf(out, "\", %s\n", flaw);
}

/* Says why an identity is unknown: what the vendor left, or a file that only root may read. */
static void note_identity(const struct sysfs *s, const json_t *facts, enum identity kind, const char *file,
                          struct buf *out)
{
    UNSET char dir[SYSFS_PATH_MAX];
    const char *fact = identity_fact(kind);
    const json_t *value = facts_get(facts, fact);
    if ((value && !json_is_null(value)) || !sysfs_resolve(s, "sys/class/dmi/id", dir) ||
        !sysfs_exists(s, dir, file))
        return;
    UNSET char text[SYSFS_TEXT_MAX];
    if (sysfs_text(s, dir, file, text)) {
        const char *flaw = identity_flaw(kind, text);
        if (flaw)
            note_value(out, fact, text, flaw);
        return;
    }
    UNSET char path[SYSFS_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    int fd = sysfs_fd(s, path);
    if (fd < 0)
        buf_printf(out, "%s is unknown: /sys/class/dmi/id/%s can only be read by root\n", fact, file);
    fd_cleanup(&fd);
}

static const char *string_fact(const json_t *facts, const char *name)
{
    return json_string_value(facts_get(facts, name));
}

/* Addresses that name no box, and one that leaves with its adapter. */
static void note_links(const json_t *facts, struct buf *out)
{
    const json_t *links = json_object_get(facts, "links");
    const char *mac = string_fact(facts, "mac");
    for (size_t i = 0; i < json_array_size(links); i++) {
        const json_t *link = json_array_get(links, i);
        const char *own = string_fact(link, "permanent_addr");
        const char *address = own ? own : string_fact(link, "hardware_addr");
        const char *name = string_fact(link, "name");
        const char *bus = string_fact(link, "bus_path");
        if (!json_is_true(json_object_get(link, "physical")) || !address || !name)
            continue;
        const char *flaw = identity_flaw(IDENTITY_MAC, address);
        if (flaw)
            buf_printf(out, "link %s has the address %s, %s\n", name, address, flaw);
        else if (mac && strcmp(mac, address) == 0 && bus && strncmp(bus, "usb-", 4) == 0)
            buf_printf(out, "mac is the address of %s, a USB adapter: it goes where the adapter goes\n",
                       name);
    }
}

static void note_nobody(const json_t *facts, struct buf *out)
{
    for (enum identity i = 0; i < IDENTITY_COUNT; i++)
        if (string_fact(facts, identity_fact(i)))
            return;
    buf_str(out, "nothing names this box: its serial, UUID, board serial and MAC address are unknown\n");
}

/* The tag in the UUID against the one in the serial. */
static void note_dell(const json_t *facts, struct buf *out)
{
    const char *tag = string_fact(facts, "serial");
    const char *uuid = string_fact(facts, "uuid");
    char made[8];
    if (!tag || !uuid || strlen(tag) != 7 || !identity_dell_tag(uuid, made) || text_equal_fold(made, tag))
        return;
    buf_str(out, "the service tag ");
    text_clean(out, tag, strlen(tag));
    buf_printf(out, " and the UUID %s belong to different boxes: the board may have been replaced\n", uuid);
}

void facts_notes(const char *sysroot, const json_t *facts, struct buf *out)
{
    struct sysfs s;
    struct error ignored = {0};
    if (sysfs_open(&s, sysroot, &ignored) != 0)
        return;
    struct dmi_table dmi;
    if (dmi_open(&s, &dmi))
        dmi_close(&dmi);
    else
        buf_printf(out,
                   "the SMBIOS table %s; memory modules, and what only it says of the box, are unknown\n",
                   dmi.why);
    note_identity(&s, facts, IDENTITY_SERIAL, "product_serial", out);
    note_identity(&s, facts, IDENTITY_UUID, "product_uuid", out);
    if (!string_fact(facts, "serial") || !string_fact(facts, "uuid"))
        note_identity(&s, facts, IDENTITY_BOARD_SERIAL, "board_serial", out);
    note_dell(facts, out);
    note_links(facts, out);
    note_nobody(facts, out);
    note_raid(&s, out);
    note_meta(&s, out);
    sysfs_close(&s);
}
