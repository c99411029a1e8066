/*
 * facts.h - what the box is.
 *
 * The value is one JSON object (jansson) in the vocabulary of `hearth facts`: top-level
 * uuid, serial, mac, arch, then system, board, chassis, cpu, memory, disks[], links[],
 * firmware, tpm, boot. An unknown value, and one that the vendor left as a placeholder, is
 * null. Integers are JSON integers, sizes are bytes unless the name says otherwise.
 *
 * Reading never fails because one source is missing: it degrades to null. It never opens a
 * device, sends a packet or asks another process. Every path is taken below `sysroot`.
 */
#ifndef HEARTH_FACTS_FACTS_H
#define HEARTH_FACTS_FACTS_H

#include "base/error.h"

#include <jansson.h>

#define FACTS_JSON_MAX ((size_t)1 << 20) /* bytes of a --facts file */

/* Reads the box below sysroot ("" or "/" is this box). A new reference; NULL and e on
 * E_FACTS_READ: neither /proc nor /sys is there. */
json_t *facts_read(const char *sysroot, struct error *e);

/* Loads what another box printed. Checks shape and types of every known fact, refuses unknown top-level keys with the nearest
 * known one. A new reference; NULL and e on E_FACTS_FILE, E_FILE_READ. */
json_t *facts_load(const char *path, struct error *e);

/* The fact with a dotted name ("board.product_name"), borrowed; NULL when there is none by that name. A list
 * ("disks") comes whole. A JSON null means unknown. */
json_t *facts_get(const json_t *facts, const char *name);

/* Whether a dotted name is one that some box could have ("disks.transport" for a field of the elements); if not, *nearest
 * is the nearest known name or NULL. */
bool facts_known(const char *name, const char **nearest);

/* The text of a scalar fact as it is matched and substituted: strings as they are, integers in decimal, true/false.
 * Writes to out, returns out; NULL for null, objects and lists. */
const char *facts_text(const json_t *fact, char *out, size_t cap);

#endif
