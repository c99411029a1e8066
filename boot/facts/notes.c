#include "base/mem.h"
#include "base/text.h"
#include "facts/facts.h"
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
        char path[SYSFS_PATH_MAX];
        char dir[SYSFS_PATH_MAX];
        char text[SYSFS_TEXT_MAX];
        int64_t hidden = 0;
        snprintf(path, sizeof path, "sys/bus/pci/devices/%s", names.name[i]);
        if (!sysfs_resolve(s, path, dir))
            continue;
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
        char path[SYSFS_PATH_MAX];
        char dir[SYSFS_PATH_MAX];
        char text[SYSFS_TEXT_MAX];
        snprintf(path, sizeof path, "sys/class/block/%s", names.name[i]);
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

/* Says why the identity is unknown: a vendor's sample, or a file that only root may read. */
static void note_identity(const struct sysfs *s, const json_t *facts, const char *fact, const char *file,
                          struct buf *out)
{
    char dir[SYSFS_PATH_MAX];
    char text[SYSFS_TEXT_MAX];
    if (!json_is_null(json_object_get(facts, fact)) || !sysfs_resolve(s, "sys/class/dmi/id", dir) ||
        !sysfs_exists(s, dir, file))
        return;
    if (sysfs_text(s, dir, file, text)) {
        buf_printf(out, "%s is unknown: the vendor left \"", fact);
        text_clean(out, text, strlen(text));
        buf_str(out, "\", which many boxes share\n");
        return;
    }
    char path[SYSFS_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    int fd = sysfs_fd(s, path);
    if (fd < 0)
        buf_printf(out, "%s is unknown: /sys/class/dmi/id/%s can only be read by root\n", fact, file);
    fd_cleanup(&fd);
}

/* Dell makes the UUID from the service tag t0..t6: 4c4c4544-00 t1 - t2 10 - 80 t3 - (t0 | 0x80) c04f
 * t4 t5 t6. */
static void note_dell(const json_t *facts, struct buf *out)
{
    const char *tag = json_string_value(json_object_get(facts, "serial"));
    const char *uuid = json_string_value(json_object_get(facts, "uuid"));
    if (!tag || !uuid || strlen(tag) != 7 || strncmp(uuid, "4c4c4544-00", 11) != 0)
        return;
    unsigned t[7];
    for (unsigned i = 0; i < 7; i++)
        t[i] = (unsigned char)tag[i] & 0x7fu;
    char made[48];
    snprintf(made, sizeof made, "4c4c4544-00%02x-%02x10-80%02x-%02xc04f%02x%02x%02x", t[1], t[2], t[3],
             t[0] | 0x80, t[4], t[5], t[6]);
    if (strcmp(made, uuid) != 0) {
        buf_str(out, "the service tag ");
        text_clean(out, tag, strlen(tag));
        buf_printf(out, " and the UUID %s belong to different boxes: the board may have been replaced\n",
                   uuid);
    }
}

void facts_notes(const char *sysroot, const json_t *facts, struct buf *out)
{
    struct sysfs s;
    struct error ignored = {0};
    struct dmi_table dmi;
    if (sysfs_open(&s, sysroot, &ignored) != 0)
        return;
    if (dmi_open(&s, &dmi))
        dmi_close(&dmi);
    else
        buf_str(
            out,
            "the SMBIOS table cannot be read (not root, /sys/firmware is masked, or there is none): memory "
            "modules, and what only it says of the box, are unknown\n");
    note_identity(&s, facts, "serial", "product_serial", out);
    note_identity(&s, facts, "uuid", "product_uuid", out);
    note_dell(facts, out);
    note_raid(&s, out);
    note_meta(&s, out);
    sysfs_close(&s);
}
