/*
 * pem.h - PEM text (RFC 7468) into its DER objects. Lines may end in CR LF and in blanks; a label has at most 63 bytes.
 */
#ifndef HEARTH_BASE_PEM_H
#define HEARTH_BASE_PEM_H

#include "base/buf.h"
#include "base/reader.h"

#include <stdbool.h>

#define PEM_OBJECTS_MAX 32
#define PEM_OBJECT_MAX 16384 /* bytes of DER */

/* Called for each object; label is that of both lines ("CERTIFICATE"), der lives for the call only and is wiped
 * afterwards. Returning false ends the walk. */
typedef bool pem_take(void *arg, const char *label, struct span der);

/* Walks the objects of a text; what stands between them is ignored. False when the walk was ended, an object
 * is malformed or too large, or there are more than PEM_OBJECTS_MAX. */
bool pem_each(struct span text, pem_take *take, void *arg);

/* What has happened to a text that was PEM once: "its lines are indented" (copied out of YAML), "its line ends are
 * lost". NULL when it shows nothing of the kind. */
const char *pem_damage(struct span text);

/* Adds one certificate, in lines of 64 characters. */
void pem_certificate(struct buf *out, struct span der);

#endif
