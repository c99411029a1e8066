#include "base/mem.h"
#include "facts/clean.h"
#include "facts/parts.h"
#include "facts/wwid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTALL_MIN_BYTES INT64_C(10000000000) /* Talos's own minimum for a system disk */
#define SECTOR_BYTES 512                       /* sysfs counts in these whatever the disk's own sectors are */

/* What a name says. Talos takes the transport of the first four from it; the last ones are no disks. */
static const struct {
    const char *prefix;
    const char *transport;
    bool disk;
} name_rules[] = {
    {"nvme", "nvme", true},  {"vd", "virtio", true}, {"xvd", "xenblk", true}, {"mmcblk", "mmc", true},
    {"loop", NULL, false},   {"ram", NULL, false},   {"zram", NULL, false},   {"dm-", NULL, false},
    {"md", NULL, false},     {"nbd", NULL, false},   {"rbd", NULL, false},    {"drbd", NULL, false},
    {"bcache", NULL, false}, {"zd", NULL, false},    {"fd", NULL, false},
};

/* A disk on its way to JSON. */
struct disk {
    const struct sysfs *s;
    const char *name;
    /* sys/devices/.../block/sda */
    char dir[SYSFS_PATH_MAX];
    /* what its `device` link means; "" when it has none */
    char device[SYSFS_PATH_MAX];
    /* as Talos says it; "" when it would not know */
    char transport[32];
};

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* eMMC boot areas and the replay-protected block show up beside the disk they are part of. */
static bool is_mmc_area(const char *name)
{
    return starts(name, "mmcblk") && name[6 + strspn(name + 6, "0123456789")] != '\0';
}

bool disks_may_be(const char *name)
{
    for (size_t i = 0; i < sizeof name_rules / sizeof *name_rules; i++)
        if (starts(name, name_rules[i].prefix))
            return name_rules[i].disk && !is_mmc_area(name);
    return true;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_host(const struct disk *d, const char *kind, unsigned host)
{
    char dir[64];
    snprintf(dir, sizeof dir, "sys/class/%s_host", kind);
    char name[16];
    snprintf(name, sizeof name, "host%u", host);
    return sysfs_exists(d->s, dir, name);
}

/* In the order of go-blockdevice's getTransport(), because selectors are judged by its answer: a driver that it has no
 * word for is called by its own name. `driver` holds it. */
static const char *scsi_transport(const struct disk *d, char driver[SYSFS_TEXT_MAX])
{
    static const struct {
        const char *kind;
        const char *transport;
    } hosts[] = {{"spi", "spi"}, {"fc", "fc"}, {"sas", "sas"}};
    const char *lun = last_part(d->device);
    char *end;
    unsigned long host = strtoul(lun, &end, 10);
    if (end == lun || *end != ':' || host > 65535)
        return "";
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (is_host(d, hosts[i].kind, (unsigned)host))
            return hosts[i].transport;
    if (sysfs_exists(d->s, d->device, "sas_device"))
        return "sas";
    if (sysfs_exists(d->s, d->device, "ieee1394_id"))
        return "ibp";
    if (is_host(d, "iscsi", (unsigned)host))
        return "iscsi";
    if (strstr(d->device, "usb"))
        return "usb";
    UNSET char path[SYSFS_PATH_MAX];
    snprintf(path, sizeof path, "sys/class/scsi_host/host%lu", host);
    UNSET char dir[SYSFS_PATH_MAX];
    if (!sysfs_resolve(d->s, path, dir) || !sysfs_text(d->s, dir, "proc_name", driver))
        return "";
    if (strcmp(driver, "ahci") == 0 || strcmp(driver, "sata") == 0)
        return "sata";
    if (strstr(driver, "ata"))
        return "ata";
    return strcmp(driver, "virtio_scsi") == 0 ? "virtio" : driver;
}

static void find_transport(struct disk *d)
{
    const char *transport = NULL;
    for (size_t i = 0; i < sizeof name_rules / sizeof *name_rules && !transport; i++)
        if (starts(d->name, name_rules[i].prefix))
            transport = name_rules[i].transport;
    UNSET char driver[SYSFS_TEXT_MAX];
    snprintf(d->transport, sizeof d->transport, "%.*s", (int)sizeof d->transport - 1,
             transport ? transport : scsi_transport(d, driver));
}

/* A page of the disk's own description, with its header of 4 bytes; the kernel keeps these two. */
static bool read_page(const struct disk *d, const char *name, size_t max, struct buf *out)
{
    UNSET char path[SYSFS_PATH_MAX];
    return (size_t)snprintf(path, sizeof path, "%s/%s", d->device, name) < sizeof path &&
        sysfs_bytes(d->s, path, max, out) && out->data;
}

/* VPD page 0x80 (SPC-4 7.8.15): code at 1, length at 2, then the serial, blank padded on either side. */
static bool vpd_serial(const struct disk *d, char out[SYSFS_TEXT_MAX])
{
    struct buf b = {0};
    bool found = false;
    if (read_page(d, "vpd_pg80", 260, &b)) {
        struct reader r = reader_of(b.data, b.len);
        reader_skip(&r, 1);
        uint8_t page = reader_u8(&r);
        struct span text = reader_take(&r, reader_u16be(&r));
        found = !r.bad && page == 0x80 && text.n > 0 && !memchr(text.p, '\0', text.n);
        if (found)
            snprintf(out, SYSFS_TEXT_MAX, "%.*s", (int)text.n, (const char *)text.p);
    }
    buf_free(&b);
    return found;
}

/* The serial of the USB device that a disk hangs on: the nearest ancestor with a vendor id. */
static bool usb_serial(const struct disk *d, char out[SYSFS_TEXT_MAX])
{
    UNSET char path[SYSFS_PATH_MAX];
    memcpy(path, d->device, sizeof path);
    for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
        if (sysfs_exists(d->s, path, "idVendor"))
            return sysfs_text(d->s, path, "serial", out);
        *slash = '\0';
    }
    return false;
}

static json_t *serial_fact(const struct disk *d)
{
    UNSET char text[SYSFS_TEXT_MAX];
    bool found = sysfs_text(d->s, d->dir, "serial", text) || vpd_serial(d, text) ||
        sysfs_text(d->s, d->device, "serial", text) ||
        (strcmp(d->transport, "usb") == 0 && usb_serial(d, text));
    return found ? clean_string(text) : json_null();
}

static json_t *text_fact(const struct disk *d, const char *dir, const char *name)
{
    UNSET char text[SYSFS_TEXT_MAX];
    return *dir && sysfs_text(d->s, dir, name, text) ? clean_string(text) : json_null();
}

static json_t *model_fact(const struct disk *d)
{
    bool mmc = strcmp(d->transport, "mmc") == 0;
    return text_fact(d, d->device, mmc ? "name" : "model");
}

/* virtio says its PCI vendor here. */
static json_t *vendor_fact(const struct disk *d)
{
    json_t *vendor = text_fact(d, d->device, "vendor");
    const char *text = json_string_value(vendor);
    if (!text || !starts(text, "0x"))
        return vendor;
    json_decref(vendor);
    return json_null();
}

/* As the kernel under Talos will say it, not the one that runs now. */
static json_t *wwid_by_page(const struct disk *d)
{
    struct buf page = {0};
    struct buf name = {0};
    json_t *wwid = NULL;
    if (*d->device && read_page(d, "vpd_pg83", WWID_PAGE_MAX, &page) &&
        wwid_of_page((struct span){(const unsigned char *)page.data, page.len}, &name))
        wwid = clean_plain(name.data);
    buf_free(&page);
    buf_free(&name);
    return wwid;
}

static json_t *wwid_by_kernel(const struct disk *d)
{
    UNSET char text[SYSFS_TEXT_MAX];
    bool found =
        sysfs_text(d->s, d->dir, "wwid", text) || (*d->device && sysfs_text(d->s, d->device, "wwid", text));
    return found ? clean_plain(text) : json_null();
}

/* An identifier of zeros only (eui.0000000000000000) is what a cheap controller says of every disk. */
static json_t *wwid_fact(const struct disk *d)
{
    json_t *wwid = wwid_by_page(d);
    if (!wwid)
        wwid = wwid_by_kernel(d);
    const char *text = json_string_value(wwid);
    const char *dot = text ? strchr(text, '.') : NULL;
    if (!dot || strspn(dot + 1, "0") != strlen(dot + 1))
        return wwid;
    json_decref(wwid);
    return json_null();
}

/* The path below /sys/devices, without the last two parts, as Talos cuts it. */
static json_t *bus_path_fact(const struct disk *d)
{
    if (!starts(d->dir, "sys/devices/"))
        return json_null();
    UNSET char path[SYSFS_PATH_MAX];
    snprintf(path, sizeof path, "%s", d->dir + strlen("sys/devices"));
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash)
            *slash = '\0';
    }
    return clean_plain(path);
}

static json_int_t count_partitions(const struct disk *d)
{
    struct sysfs_names names = sysfs_list(d->s, d->dir);
    json_int_t count = 0;
    UNSET char path[SYSFS_PATH_MAX];
    for (unsigned i = 0; i < names.count; i++)
        if (starts(names.name[i], d->name) &&
            (size_t)snprintf(path, sizeof path, "%s/%s", d->dir, names.name[i]) < sizeof path)
            count += sysfs_exists(d->s, path, "partition");
    sysfs_names_free(&names);
    return count;
}

/* One of several paths to a disk: to write to it behind the map would tear the map. */
static bool is_multipath_member(const struct disk *d)
{
    UNSET char path[SYSFS_PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/holders", d->dir) >= sizeof path)
        return false;
    struct sysfs_names names = sysfs_list(d->s, path);
    bool found = false;
    UNSET char uuid[SYSFS_TEXT_MAX];
    for (unsigned i = 0; i < names.count && !found; i++) {
        snprintf(path, sizeof path, "sys/class/block/%s/dm", names.name[i]);
        UNSET char holder[SYSFS_PATH_MAX];
        found = sysfs_resolve(d->s, path, holder) && sysfs_text(d->s, holder, "uuid", uuid) &&
            starts(uuid, "mpath-");
    }
    sysfs_names_free(&names);
    return found;
}

static bool is_controller(const char *name)
{
    return starts(name, "nvme") && name[4] && name[4 + strspn(name + 4, "0123456789")] == '\0';
}

/* Whether every controller that leads to an NVMe namespace is on this machine's PCI bus, and one does. Where the kernel
 * joins paths, `device` is the subsystem, and its controllers are links in it. */
static bool is_local_nvme(const struct disk *d)
{
    UNSET char text[SYSFS_TEXT_MAX];
    if (sysfs_text(d->s, d->device, "transport", text))
        return strcmp(text, "pcie") == 0;
    struct sysfs_names names = sysfs_list(d->s, d->device);
    unsigned controllers = 0, local = 0;
    for (unsigned i = 0; i < names.count; i++) {
        if (!is_controller(names.name[i]))
            continue;
        controllers++;
        UNSET char path[SYSFS_PATH_MAX];
        UNSET char dir[SYSFS_PATH_MAX];
        local += (size_t)snprintf(path, sizeof path, "%s/%s", d->device, names.name[i]) < sizeof path &&
            sysfs_resolve(d->s, path, dir) && sysfs_text(d->s, dir, "transport", text) &&
            strcmp(text, "pcie") == 0;
    }
    sysfs_names_free(&names);
    return controllers > 0 && local == controllers;
}

/* Whether what the device is, apart from its flags and size, can hold a system: a disk of this machine, whatever
 * drives it, not a CD, not a card that somebody plugged in, not a namespace of another machine. */
static bool is_local_disk(const struct disk *d)
{
    /* Fabrics, buses that leave the box, and disks that are none. */
    static const char *const others[] = {"",   "usb",        "ibp",      "iscsi",
                                         "fc", "scsi_debug", "tcm_loop", "tcm_loopback"};
    bool known = true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        known = known && strcmp(d->transport, others[i]) != 0;
    if (!known || strstr(d->dir, "/usb"))
        return false;
    UNSET char text[SYSFS_TEXT_MAX];
    if (starts(d->name, "sr") || (sysfs_text(d->s, d->device, "type", text) && strcmp(text, "5") == 0))
        return false;
    if (strcmp(d->transport, "mmc") == 0)
        return strcmp(text, "MMC") == 0;
    return strcmp(d->transport, "nvme") != 0 || is_local_nvme(d);
}

/* Kernels before 6.10 or so call an ATA disk removable when the firmware marks its port as hot-plug: that says nothing
 * about the medium. Other vendors' texts are ATAPI drives with media of their own. */
static bool is_hot_plug_port(const struct disk *d)
{
    UNSET char vendor[SYSFS_TEXT_MAX];
    return (strcmp(d->transport, "sata") == 0 || strcmp(d->transport, "ata") == 0) &&
        sysfs_text(d->s, d->device, "vendor", vendor) && strcmp(vendor, "ATA") == 0;
}

/* Whether its medium stays where it is; unknown counts as no. */
static bool is_fixed(const struct disk *d, const json_t *removable)
{
    return json_is_false(removable) || (json_is_true(removable) && is_hot_plug_port(d));
}

static json_t *disk_fact(struct disk *d)
{
    json_t *disk = json_object();
    int64_t sectors = 0;
    bool sized = sysfs_number(d->s, d->dir, "size", &sectors) && sectors < INT64_MAX / SECTOR_BYTES;
    find_transport(d);
    json_object_set_new(disk, "name", clean_plain(d->name));
    UNSET char path[SYSFS_NAME_MAX + 8];
    snprintf(path, sizeof path, "/dev/%s", d->name);
    json_object_set_new(disk, "dev_path", clean_plain(path));
    json_object_set_new(disk, "size", sized ? json_integer(sectors * SECTOR_BYTES) : json_null());
    json_object_set_new(disk, "model", model_fact(d));
    json_object_set_new(disk, "vendor", vendor_fact(d));
    json_object_set_new(disk, "serial", serial_fact(d));
    json_object_set_new(disk, "wwid", wwid_fact(d));
    json_object_set_new(disk, "transport", clean_plain(d->transport));
    json_object_set_new(disk, "rotational", facts_flag(d->s, d->dir, "queue/rotational"));
    json_object_set_new(disk, "readonly", facts_flag(d->s, d->dir, "ro"));
    json_object_set_new(disk, "removable", facts_flag(d->s, d->dir, "removable"));
    json_object_set_new(disk, "bus_path", bus_path_fact(d));
    json_object_set_new(disk, "partitions", json_integer(count_partitions(d)));
    bool fit = sized && sectors * SECTOR_BYTES >= INSTALL_MIN_BYTES &&
        json_is_false(json_object_get(disk, "readonly")) && is_fixed(d, json_object_get(disk, "removable")) &&
        is_local_disk(d) && !is_multipath_member(d);
    json_object_set_new(disk, "installable", json_boolean(fit));
    return disk;
}

json_t *disks_read(const struct sysfs *s)
{
    struct sysfs_names names = sysfs_list(s, "sys/block");
    /* There may be more than the list holds: half of the disks would make one of them look like the only one. */
    if (names.count == SYSFS_LIST_MAX) {
        sysfs_names_free(&names);
        return json_null();
    }
    json_t *disks = json_array();
    for (unsigned i = 0; i < names.count; i++) {
        struct disk d = {.s = s, .name = names.name[i]};
        UNSET char path[SYSFS_PATH_MAX];
        snprintf(path, sizeof path, "sys/block/%s", d.name);
        if (!disks_may_be(d.name) || !sysfs_resolve(s, path, d.dir))
            continue;
        int64_t hidden = 0;
        /* Hidden devices are the single paths below an NVMe multipath disk. */
        if (sysfs_number(s, d.dir, "hidden", &hidden) && hidden != 0)
            continue;
        if ((size_t)snprintf(path, sizeof path, "%s/device", d.dir) >= sizeof path ||
            !sysfs_resolve(s, path, d.device))
            *d.device = '\0';
        json_array_append_new(disks, disk_fact(&d));
    }
    sysfs_names_free(&names);
    return disks;
}
