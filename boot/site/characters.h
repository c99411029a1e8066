/*
 * characters.h - what of a file's bytes may reach libyaml. Pure.
 */
#ifndef HEARTH_SITE_CHARACTERS_H
#define HEARTH_SITE_CHARACTERS_H

#include "base/error.h"
#include "base/reader.h"

/* One pass: all must be UTF-8, and each character one that YAML allows (YAML 1.2.2, 5.1), of which libyaml would say
 * the byte alone. A byte order mark is the caller's to drop. -1 with the place in `file`: E_YAML_REFUSED (another
 * encoding, NUL, a run of %-directives), E_YAML_SYNTAX. */
int characters_check(const char *file, struct span bytes, struct error *e);

#endif
