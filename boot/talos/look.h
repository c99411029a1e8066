/*
 * look.h - what machined knows about this node, as one plain value.
 *
 * Feeds the facts and the decision between join and bootstrap. A look is a snapshot: it is taken anew for every attempt
 * and never changes.
 */
#ifndef HEARTH_TALOS_LOOK_H
#define HEARTH_TALOS_LOOK_H

#include "base/error.h"
#include "base/mem.h"
#include "talos/grpc.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* MachineStatus.stage, in Talos's numbers. */
enum machine_stage {
    STAGE_UNKNOWN = 0,
    STAGE_BOOTING = 1,
    STAGE_INSTALLING = 2,
    STAGE_MAINTENANCE = 3,
    STAGE_RUNNING = 4,
    STAGE_REBOOTING = 5,
    STAGE_SHUTTING_DOWN = 6,
    STAGE_RESETTING = 7,
    STAGE_UPGRADING = 8,
};

/* MachineType, in Talos's numbers. Unknown: there is no v1alpha1 config yet. */
enum look_type {
    LOOK_TYPE_UNKNOWN = 0,
    LOOK_TYPE_INIT = 1,
    LOOK_TYPE_CONTROLPLANE = 2,
    LOOK_TYPE_WORKER = 3
};

/* An element of Disks. Texts are never NULL. */
struct look_disk {
    /* "sda" */
    const char *id;
    const char *dev_path;
    const char *model;
    const char *serial;
    const char *wwid;
    const char *bus_path;
    const char *transport;
    /* bytes */
    uint64_t size;
    bool rotational;
    bool readonly;
    bool cdrom;
};

/* An element of DiscoveredVolumes: a disk or a partition, and what was found on it. Texts are never NULL. */
struct look_volume {
    /* "sda1" */
    const char *id;
    /* "disk" or "partition" */
    const char *type;
    /* what it holds: "gpt", "vfat", "extfs", "xfs", "luks" ...; "" is nothing known */
    const char *name;
    /* of the file system */
    const char *label;
    /* of the GPT entry: "META", "STATE", "EPHEMERAL", "EFI" ... */
    const char *partition_label;
    /* "sda" for a partition, "" for a disk */
    const char *parent;
    /* bytes */
    uint64_t size;
    /* a whole disk that machined has no name for; what name holds then is not machined's word */
    bool unnamed;
    /* it could not be read, and may well be in a moment */
    bool passing;
};

struct look {
    struct pool *pool;
    /* "v1.13.9" */
    const char *talos;
    enum machine_stage stage;
    /* MachineStatus.status.ready */
    bool ready;
    enum look_type type;
    /* YAML; n is 0 when there is none */
    struct span active_config;
    /* it has a v1alpha1 document */
    bool whole;
    /* it has, or its type is known, which is read behind it */
    bool complete;
    /* id of the disk with a META partition, or NULL */
    const char *system_disk;
    /* udev has settled */
    bool devices_ready;
    bool time_synced;
    /* a config turned it off */
    bool time_sync_off;
    /* SystemInformation.uuid: META may override SMBIOS; "" when unknown */
    const char *uuid;
    /* "192.168.1.10/24", loopback and link-local left out */
    const char *addresses[8];
    unsigned address_count;
    const struct look_disk *disks;
    unsigned disk_count;
    const struct look_volume *volumes;
    unsigned volume_count;
};

/* Only stage, type, version, the active config and the system disk: what decides whether hearth has anything to do
 * here. *out is owned by the caller (look_free). Errors are those of machined.h. */
int look_stage(const struct grpc_target *target, struct look **out, struct error *e);

/* Everything. */
int look_all(const struct grpc_target *target, struct look **out, struct error *e);
void look_free(struct look *look);
void look_cleanup(struct look **look);

/* Talos's own implicit conditions of a selector: a transport, not read-only, no optical drive. Loops, of which Talos
 * has one a layer, have no transport. */
bool look_selectable(const struct look_disk *d);

/* How many disks an install could choose: those, without USB. */
unsigned look_choosable(const struct look *look);

/* Whether the node is still in the stage and has the active config, byte for byte, that it had: what was made of the
 * one look may be applied after the other. */
bool look_same(const struct look *a, const struct look *b);

/* Whether the version is one that takes a config over the socket: 1.13.0 or newer, release candidates included. False
 * for text that is no version. */
bool look_version_ok(const char *version);

#endif
