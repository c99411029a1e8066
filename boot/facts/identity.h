/*
 * identity.h - can this value name one box, or do others have it too? Pure.
 *
 * A box is known by four facts. What a vendor did not program is none of them: a sample text, a UUID that a
 * hundred models share or that was computed from a service tag that was never written, a NIC maker's default
 * address. Two boxes with one "identity" would be one box to a site, and its disk is wiped.
 */
#ifndef HEARTH_FACTS_IDENTITY_H
#define HEARTH_FACTS_IDENTITY_H

#include <stdbool.h>

enum identity { IDENTITY_SERIAL, IDENTITY_UUID, IDENTITY_BOARD_SERIAL, IDENTITY_MAC };
#define IDENTITY_COUNT (IDENTITY_MAC + 1)

/* The dotted name of the fact: "serial", "uuid", "board.serial", "mac". */
const char *identity_fact(enum identity kind);

/* Why a value names no box, as static words that follow it ("which many boxes share"); NULL when it may name one.
 * Upper and lower case are the same. */
const char *identity_flaw(enum identity kind, const char *value);

/* The seven characters of the service tag in a UUID that Dell computed from it, blanks for NULs; false when the UUID is
 * no such. Text order: 4c4c4544-00 t1 - t2 10 - 80 t3 - (t0 | 80) c04f t4 t5 t6; a table before SMBIOS 2.6 begins with
 * 44454c4c and has the halves of its 16-bit words exchanged. */
bool identity_dell_tag(const char *uuid, char tag[8]);

#endif
