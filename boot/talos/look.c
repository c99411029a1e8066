#include "talos/look.h"

#include "talos/documents.h"
#include "talos/machined.h"
#include "talos/pb.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a look asks, in the order of which the first that fails is said; the rest is for look_all(). */
enum {
    STATUS,
    CONFIG,
    TYPE,
    SYSTEM_DISK,
    REST,
    TIME = REST,
    DEVICES,
    INFORMATION,
    ADDRESSES,
    DISKS,
    VOLUMES,
    QUESTIONS
};
static const struct inquiry questions[QUESTIONS] = {
    [STATUS] = {"runtime", "MachineStatuses.runtime.talos.dev", "machine", false},
    [CONFIG] = {"config", "MachineConfigs.config.talos.dev", "v1alpha1", true},
    [TYPE] = {"config", "MachineTypes.config.talos.dev", "machine-type", false},
    [SYSTEM_DISK] = {"runtime", "SystemDisks.block.talos.dev", "system-disk", false},
    [TIME] = {"runtime", "TimeStatuses.v1alpha1.talos.dev", "node", false},
    [DEVICES] = {"runtime", "DevicesStatuses.runtime.talos.dev", "devices", false},
    [INFORMATION] = {"hardware", "SystemInformations.hardware.talos.dev", "systeminformation", false},
    [ADDRESSES] = {"network", "NodeAddresses.net.talos.dev", "current", false},
    [DISKS] = {"runtime", "Disks.block.talos.dev", NULL, false},
    [VOLUMES] = {"runtime", "DiscoveredVolumes.block.talos.dev", NULL, false},
};

#define FIELDS(table) table, sizeof(table) / sizeof *(table)

static int bad_message(unsigned which, const char *id, struct error *e)
{
    return error_set(e, E_MACHINED_MALFORMED, "%s/%s: not a message of that kind", questions[which].type, id);
}

/* A singleton's spec decoded into out, which stays zero when the resource is absent. */
static int read_one(const struct look *look, const struct resources *all, unsigned which,
                    const struct pb_field *fields, size_t count, void *out, struct error *e)
{
    if (all[which].count && !pb_decode(look->pool, fields, count, all[which].items[0].spec, out))
        return bad_message(which, questions[which].id, e);
    return 0;
}

static const char *text_of(struct pool *pool, struct span s)
{
    return pool_memdup(pool, s.p, s.n);
}

static int read_status(struct look *look, const struct resources *all, struct error *e)
{
    struct status {
        uint64_t stage;
        struct span status;
    } status = {0};
    static const struct pb_field fields[] = {
        {1, PB_UINT64, offsetof(struct status, stage)},
        {2, PB_BYTES, offsetof(struct status, status)},
    };
    static const struct pb_field ready_fields[] = {{1, PB_BOOL, 0}};
    if (read_one(look, all, STATUS, FIELDS(fields), &status, e) != 0)
        return -1;
    look->stage = status.stage <= STAGE_UPGRADING ? (enum machine_stage)status.stage : STAGE_UNKNOWN;
    if (!pb_decode(look->pool, FIELDS(ready_fields), status.status, &look->ready))
        return error_set(e, E_MACHINED_MALFORMED, "MachineStatus: not a message of that kind");
    return 0;
}

static int read_config(struct look *look, const struct resources *all, struct error *e)
{
    static const struct pb_field bytes[] = {{1, PB_BYTES, 0}};
    static const struct pb_field number[] = {{1, PB_UINT64, 0}};
    uint64_t type = 0;
    if (read_one(look, all, CONFIG, FIELDS(bytes), &look->active_config, e) != 0 ||
        read_one(look, all, TYPE, FIELDS(number), &type, e) != 0)
        return -1;
    look->type = type <= LOOK_TYPE_WORKER ? (enum look_type)type : LOOK_TYPE_UNKNOWN;
    struct raw_documents *documents = pool_alloc(look->pool, sizeof *documents);
    if (documents_split(look->pool, look->active_config, documents, e) != 0)
        return -1;
    look->whole = documents_complete(documents);
    look->complete = look->type != LOOK_TYPE_UNKNOWN || look->whole;
    return 0;
}

static int read_small(struct look *look, const struct resources *all, struct error *e)
{
    struct clock {
        bool synced, off;
    } clock = {0};
    struct information {
        struct span uuid;
    } information = {0};
    static const struct pb_field clock_fields[] = {
        {1, PB_BOOL, offsetof(struct clock, synced)},
        {3, PB_BOOL, offsetof(struct clock, off)},
    };
    static const struct pb_field device_fields[] = {{1, PB_BOOL, 0}};
    static const struct pb_field information_fields[] = {{5, PB_TEXT, offsetof(struct information, uuid)}};
    if (read_one(look, all, TIME, FIELDS(clock_fields), &clock, e) != 0 ||
        read_one(look, all, DEVICES, FIELDS(device_fields), &look->devices_ready, e) != 0 ||
        read_one(look, all, INFORMATION, FIELDS(information_fields), &information, e) != 0)
        return -1;
    look->time_synced = clock.synced;
    look->time_sync_off = clock.off;
    look->uuid = text_of(look->pool, information.uuid);
    return 0;
}

/* NetIPPrefix{1 bytes ip, 2 prefix_length}. Loopback and link-local say nothing to a person on the LAN. */
static bool take_address(struct look *look, struct span message)
{
    struct prefix {
        struct span ip;
        uint64_t length;
    } prefix = {0};
    static const struct pb_field fields[] = {
        {1, PB_BYTES, offsetof(struct prefix, ip)},
        {2, PB_UINT64, offsetof(struct prefix, length)},
    };
    if (!pb_decode(look->pool, FIELDS(fields), message, &prefix) || (prefix.ip.n != 4 && prefix.ip.n != 16))
        return false;
    const unsigned char *ip = prefix.ip.p;
    bool v4 = prefix.ip.n == 4;
    bool local =
        v4 ? ip[0] == 127 || (ip[0] == 169 && ip[1] == 254) : ip[0] == 0xfe || (ip[0] == 0 && ip[15] == 1);
    if (local || look->address_count == sizeof look->addresses / sizeof *look->addresses)
        return true;
    char text[INET6_ADDRSTRLEN];
    inet_ntop(v4 ? AF_INET : AF_INET6, ip, text, sizeof text);
    look->addresses[look->address_count++] =
        pool_printf(look->pool, "%s/%u", text, (unsigned)(prefix.length & 0xff));
    return true;
}

static int read_addresses(struct look *look, const struct resources *all, struct error *e)
{
    static const struct pb_field fields[] = {{1, PB_LIST, 0}};
    struct pb_list list = {0};
    if (read_one(look, all, ADDRESSES, FIELDS(fields), &list, e) != 0)
        return -1;
    for (unsigned i = 0; i < list.count; i++)
        if (!take_address(look, list.items[i]))
            return error_set(e, E_MACHINED_MALFORMED, "NodeAddresses: not a message of that kind");
    return 0;
}

static int read_disks(struct look *look, const struct resources *all, struct error *e)
{
    struct disk_message {
        struct span model, serial, wwid, bus_path, transport, dev_path;
        uint64_t size;
        bool rotational, readonly, cdrom;
    };
    static const struct pb_field fields[] = {
        {1, PB_UINT64, offsetof(struct disk_message, size)},
        {4, PB_BOOL, offsetof(struct disk_message, readonly)},
        {5, PB_TEXT, offsetof(struct disk_message, model)},
        {6, PB_TEXT, offsetof(struct disk_message, serial)},
        {8, PB_TEXT, offsetof(struct disk_message, wwid)},
        {9, PB_TEXT, offsetof(struct disk_message, bus_path)},
        {11, PB_TEXT, offsetof(struct disk_message, transport)},
        {12, PB_BOOL, offsetof(struct disk_message, rotational)},
        {13, PB_BOOL, offsetof(struct disk_message, cdrom)},
        {14, PB_TEXT, offsetof(struct disk_message, dev_path)},
    };
    const struct resource *found = all[DISKS].items;
    look->disk_count = all[DISKS].count;
    struct look_disk *out = pool_alloc(look->pool, (look->disk_count + 1) * sizeof *out);
    for (unsigned i = 0; i < look->disk_count; i++) {
        struct disk_message d = {0};
        if (!pb_decode(look->pool, FIELDS(fields), found[i].spec, &d))
            return bad_message(DISKS, found[i].id, e);
        out[i] = (struct look_disk){
            .id = found[i].id,
            .dev_path = text_of(look->pool, d.dev_path),
            .model = text_of(look->pool, d.model),
            .serial = text_of(look->pool, d.serial),
            .wwid = text_of(look->pool, d.wwid),
            .bus_path = text_of(look->pool, d.bus_path),
            .transport = text_of(look->pool, d.transport),
            .size = d.size,
            .rotational = d.rotational,
            .readonly = d.readonly,
            .cdrom = d.cdrom,
        };
    }
    look->disks = out;
    return 0;
}

static int read_volumes(struct look *look, const struct resources *all, struct error *e)
{
    struct volume {
        struct span name, label, partition_label, type, parent;
        uint64_t size;
    };
    static const struct pb_field fields[] = {
        {1, PB_UINT64, offsetof(struct volume, size)},
        {4, PB_TEXT, offsetof(struct volume, name)},
        {6, PB_TEXT, offsetof(struct volume, label)},
        {12, PB_TEXT, offsetof(struct volume, partition_label)},
        {14, PB_TEXT, offsetof(struct volume, type)},
        {16, PB_TEXT, offsetof(struct volume, parent)},
    };
    const struct resource *found = all[VOLUMES].items;
    look->volume_count = all[VOLUMES].count;
    struct look_volume *out = pool_alloc(look->pool, (look->volume_count + 1) * sizeof *out);
    for (unsigned i = 0; i < look->volume_count; i++) {
        struct volume v = {0};
        if (!pb_decode(look->pool, FIELDS(fields), found[i].spec, &v))
            return bad_message(VOLUMES, found[i].id, e);
        out[i] = (struct look_volume){
            .id = found[i].id,
            .type = text_of(look->pool, v.type),
            .name = text_of(look->pool, v.name),
            .label = text_of(look->pool, v.label),
            .partition_label = text_of(look->pool, v.partition_label),
            .parent = text_of(look->pool, v.parent),
            .size = v.size,
        };
    }
    look->volumes = out;
    return 0;
}

static int read_system_disk(struct look *look, const struct resources *all, struct error *e)
{
    static const struct pb_field id[] = {{1, PB_TEXT, 0}};
    struct span disk = {0};
    if (read_one(look, all, SYSTEM_DISK, FIELDS(id), &disk, e) != 0)
        return -1;
    look->system_disk = all[SYSTEM_DISK].count ? text_of(look->pool, disk) : NULL;
    return 0;
}

/* The version is asked alone: with its answer it is known how much may be asked at a time. */
static int read_all(const struct grpc_target *target, struct look *look, unsigned count, struct error *e)
{
    struct resources all[QUESTIONS] = {0};
    if (machined_version(target, look->pool, &look->talos, e) != 0 ||
        machined_ask(target, look->pool, questions, count, all, e) != 0)
        return -1;
    if (read_status(look, all, e) != 0 || read_config(look, all, e) != 0 ||
        read_system_disk(look, all, e) != 0)
        return -1;
    if (read_small(look, all, e) != 0 || read_addresses(look, all, e) != 0)
        return -1;
    return read_disks(look, all, e) != 0 ? -1 : read_volumes(look, all, e);
}

static int look_with(const struct grpc_target *target, unsigned count, struct look **out, struct error *e)
{
    struct pool *pool = pool_new();
    struct look *look = pool_alloc(pool, sizeof *look);
    *look = (struct look){.pool = pool, .talos = "", .uuid = ""};
    UNSET struct grpc_line line;
    line.fd = -1;
    struct grpc_target over = *target;
    over.line = &line;
    int result = read_all(&over, look, count, e);
    grpc_hang_up(&line);
    if (result != 0) {
        pool_free(pool);
        return -1;
    }
    *out = look;
    return 0;
}

int look_stage(const struct grpc_target *target, struct look **out, struct error *e)
{
    return look_with(target, REST, out, e);
}

int look_all(const struct grpc_target *target, struct look **out, struct error *e)
{
    return look_with(target, QUESTIONS, out, e);
}

void look_free(struct look *look)
{
    if (look)
        pool_free(look->pool);
}

void look_cleanup(struct look **look)
{
    look_free(*look);
    *look = NULL;
}

bool look_selectable(const struct look_disk *d)
{
    return d->transport[0] && !d->readonly && !d->cdrom;
}

unsigned look_choosable(const struct look *look)
{
    unsigned count = 0;
    for (unsigned i = 0; i < look->disk_count; i++)
        count += look_selectable(&look->disks[i]) && strcmp(look->disks[i].transport, "usb") != 0;
    return count;
}

bool look_same(const struct look *a, const struct look *b)
{
    const struct span *one = &a->active_config, *other = &b->active_config;
    return a->stage == b->stage && one->n == other->n &&
        (one->n == 0 || memcmp(one->p, other->p, one->n) == 0);
}

bool look_version_ok(const char *version)
{
    if (*version == 'v')
        version++;
    if (*version < '0' || *version > '9')
        return false;
    char *end;
    long major = strtol(version, &end, 10);
    if (*end != '.' || end[1] < '0' || end[1] > '9')
        return false;
    long minor = strtol(end + 1, NULL, 10);
    return major > 1 || (major == 1 && minor >= 13);
}
