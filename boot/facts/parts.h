/*
 * parts.h - the parts that facts_read() puts together, one a source. Internal to this room.
 *
 * Each takes the opened tree, returns a new reference, and degrades to null rather than fail.
 */
#ifndef HEARTH_FACTS_PARTS_H
#define HEARTH_FACTS_PARTS_H

#include "base/buf.h"
#include "facts/smbios.h"
#include "facts/sysfs.h"

#include <jansson.h>

/* The SMBIOS table of a tree; bytes stay in the two buffers. False, and why as static words ("is larger than ..."),
 * where it is masked, unreadable, too large or damaged. */
struct dmi_table {
    struct buf entry;
    struct buf table;
    struct smbios smbios;
    const char *why;
};
bool dmi_open(const struct sysfs *s, struct dmi_table *t);
void dmi_close(struct dmi_table *t);

/* Sets uuid, serial, system, board and chassis of facts: from the table (NULL: there is none),
 * structure by structure from /sys/class/dmi/id where the table lacks one. */
void dmi_read(const struct sysfs *s, const struct smbios *table, json_t *facts);

json_t *memory_read(const struct sysfs *s, const struct smbios *table);
json_t *cpu_read(const struct sysfs *s);
json_t *disks_read(const struct sysfs *s);
/* Whether a name in /sys/block is of what may be a disk: no loop, no part of an eMMC. */
bool disks_may_be(const char *name);
json_t *links_read(const struct sysfs *s);

/* The MAC that stands for the box: of the first physical link by name, those on board before those on
 * USB, globally unique addresses before locally administered ones, never one that was made up or set
 * (addr_assign_type), nor one that other boxes have too (identity.h). */
json_t *links_mac(const json_t *links);

json_t *firmware_read(const struct sysfs *s);
json_t *firmware_tpm(const struct sysfs *s);

/* JSON integers, booleans and texts of attributes; null where unknown. */
json_t *facts_number(const struct sysfs *s, const char *dir, const char *name);
json_t *facts_flag(const struct sysfs *s, const char *dir, const char *name);

#endif
