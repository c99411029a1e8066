/*
 * facts.h - what the box is.
 *
 * The value is one JSON object (jansson) in the vocabulary of `hearth facts` (names.c): top-level
 * uuid, serial, mac, then system, board, chassis, memory, cpu, disks[], links[], firmware, tpm. An
 * unknown value, and one that the vendor left as a placeholder, is null. Two are absent instead of
 * null: firmware.secure_boot where efivarfs is not mounted, and links[].permanent_addr where sysfs
 * does not tell it. Integers are JSON integers, sizes are bytes unless the name says otherwise.
 *
 * Reading never fails because one source is missing: it degrades to null. It never opens a device,
 * sends a packet or asks another process. Every path is taken below `sysroot`.
 */
#ifndef HEARTH_FACTS_FACTS_H
#define HEARTH_FACTS_FACTS_H

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>

#define FACTS_JSON_MAX ((size_t)1 << 20) /* bytes of a --facts file */

/* Reads the box below sysroot ("" or "/" is this box). A new reference; NULL and e on
 * E_FACTS_READ: neither /proc nor /sys is there. */
json_t *facts_read(const char *sysroot, struct error *e);

/* Which disks and links there are: the size of each disk, the address of each link, as sysfs writes them. Equal to what
 * it was as long as none came, went or became another; a fraction of the work of facts_read(), whose errors it has. */
json_t *facts_devices(const char *sysroot, struct error *e);

/* What a person should know about the box that no fact says, one sentence a line ("" when there is
 * nothing): a controller that hides disks, what could not be read and why, an identity that is a
 * vendor's sample. Printable text, added to out. facts is what facts_read() said of the same sysroot. */
void facts_notes(const char *sysroot, const json_t *facts, struct buf *out);

/* Loads what another box printed. Checks shape and types of every known fact, refuses unknown
 * top-level keys with the nearest known one. An identity that names no box (identity.h) becomes null. A new reference;
 * NULL and e on E_FACTS_FILE, E_FILE_READ. */
json_t *facts_load(const char *path, struct error *e);

/* The fact with a dotted name ("board.product_name"), borrowed; NULL when there is none by that name.
 * A list ("disks") comes whole. A JSON null means unknown. */
json_t *facts_get(const json_t *facts, const char *name);

/* Whether a dotted name is one that some box could have ("disks.transport" for a field of the
 * elements); if not, *nearest is the nearest known name or NULL. */
bool facts_known(const char *name, const char **nearest);

/* The text of a scalar fact as it is matched and substituted: strings as they are, integers in
 * decimal, true/false. Writes to out, returns out; NULL for null, objects and lists. */
const char *facts_text(const json_t *fact, char *out, size_t cap);

#endif
