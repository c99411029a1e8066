/*
 * smbios.h - the SMBIOS table, from its bytes. Pure; reads no file and never past an end.
 *
 * Source: DMTF DSP0134 3.7, sections 5.2 (entry points), 6.1 (structures), 7.x. The bytes are a
 * vendor's and may lie about every length: a structure that is not whole, strings included, ends
 * the walk, as in the kernel and in dmidecode.
 */
#ifndef HEARTH_FACTS_SMBIOS_H
#define HEARTH_FACTS_SMBIOS_H

#include "base/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMBIOS_TABLE_MAX ((size_t)512 << 10) /* bytes; a 7040 has 4.9 kB, big servers 60 kB */
#define SMBIOS_TEXT_MAX 256                  /* bytes with the NUL of a string; longer ones are cut */
#define SMBIOS_UUID_MAX 37

enum smbios_type {
    SMBIOS_BIOS = 0,
    SMBIOS_SYSTEM = 1,
    SMBIOS_BOARD = 2,
    SMBIOS_CHASSIS = 3,
    SMBIOS_MEMORY_ARRAY = 16,
    SMBIOS_MEMORY_DEVICE = 17,
    SMBIOS_END = 127,
};

/* A table of whole bytes with the version that its entry point gave. */
struct smbios {
    struct span table;
    /* major << 8 | minor */
    unsigned version;
    /* structures the entry point promises; 0 when it does not say (_SM3_) */
    unsigned count;
};

/* Reads an entry point, `_SM3_` (24 bytes) or `_SM_` (31 bytes), checksum included, and pairs it with
 * the table. The table is cut to the length that the entry point gives. False when the entry point is
 * neither or is damaged. */
bool smbios_open(struct smbios *s, struct span entry, struct span table);

/* One structure. */
struct smbios_item {
    uint8_t type;
    uint16_t handle;
    /* the formatted part with its header of 4 bytes */
    struct span body;
    /* NUL-terminated strings, without the last NUL */
    struct span strings;
};

/* A walk over the structures: start from zero, call until false. Type 127 ends it and is not returned. */
struct smbios_walk {
    const struct smbios *s;
    struct reader at;
    unsigned seen;
};
struct smbios_walk smbios_walk(const struct smbios *s);
bool smbios_next(struct smbios_walk *w, struct smbios_item *item);

/* The first structure of a type: the kernel too takes the first. */
bool smbios_find(const struct smbios *s, enum smbios_type type, struct smbios_item *item);

/* A field at an offset of the standard; otherwise when the structure is too short for it. */
uint8_t smbios_u8(const struct smbios_item *item, size_t offset, uint8_t otherwise);
uint16_t smbios_u16(const struct smbios_item *item, size_t offset, uint16_t otherwise);
uint32_t smbios_u32(const struct smbios_item *item, size_t offset, uint32_t otherwise);

/* The string whose index stands at an offset, as it is; "" when there is none. Returns out. */
const char *smbios_text(const struct smbios_item *item, size_t offset, char out[SMBIOS_TEXT_MAX]);

/* The UUID of a type 1 structure in lower-case text form, "" when it is missing, all 00 or all FF. The
 * first three fields are little-endian from version 2.6 on (DSP0134 7.2.1). Returns out. */
const char *smbios_uuid(const struct smbios *s, const struct smbios_item *item, char out[SMBIOS_UUID_MAX]);

/* The size of a type 17 memory device. */
enum smbios_size { SMBIOS_SIZE_EMPTY, SMBIOS_SIZE_UNKNOWN, SMBIOS_SIZE_KNOWN };
enum smbios_size smbios_memory_size(const struct smbios_item *item, uint64_t *kib);

/* The speed of a type 17 memory device in MT/s; 0 when unknown. */
uint32_t smbios_memory_speed(const struct smbios_item *item);

/* Whether a type 17 device belongs to an array that is system memory: old boards list the BIOS chip
 * and cache as devices too. */
bool smbios_is_system_memory(const struct smbios *s, const struct smbios_item *device);

#endif
