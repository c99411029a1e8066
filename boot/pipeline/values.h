/*
 * values.h - what az and Windows make of a value on its way into the vault, and what nobody sees when it is used.
 *
 * az takes an empty file, keeps a byte order mark, and encodes what it is told to, of which only a tag speaks. Where a
 * pointer reads a value it is YAML, for which a mark and a newline at its end are nothing.
 */
#ifndef HEARTH_PIPELINE_VALUES_H
#define HEARTH_PIPELINE_VALUES_H

#include "pipeline/pipeline.h"

/* An empty value, one with a byte order mark that would be laid, and an encoded one that a pointer reads:
 * E_SECRET_VALUE of that answer. Returns how many. */
unsigned values_judge(struct pipeline *run);

/* What else is likely not meant, as warnings: a newline behind a single line, a certificate's PKCS#12, a PEM without
 * line ends, an encoded value. */
void values_warn(const struct pipeline *run, struct errors *warnings);

#endif
