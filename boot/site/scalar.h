/*
 * scalar.h - what a scalar is to the programs that read it next. Pure.
 *
 * Talos reads its config with go-yaml v4 (YAML 1.2's types, and 1.1's booleans where a boolean is asked for) into Go
 * types with spellings of their own: addresses, durations, sizes. Source: go.yaml.in/yaml/v4 resolver.go and
 * constructor.go; the UnmarshalText methods of Talos's machinery package; net/netip, net/url, time.ParseDuration,
 * go-humanize. Kubernetes' readers (YAML 1.1) are asked in kubernetes_type().
 */
#ifndef HEARTH_SITE_SCALAR_H
#define HEARTH_SITE_SCALAR_H

#include "site/schema.h"
#include "site/tree.h"

#include <stdbool.h>

enum scalar_type { SCALAR_TEXT, SCALAR_NULL, SCALAR_BOOL, SCALAR_INT, SCALAR_FLOAT, SCALAR_TIME };

/* What go-yaml v4 makes of a scalar where nobody asks for a type. A reference is text. */
enum scalar_type scalar_type(const struct tree_node *node);
/* What YAML 1.1 readers (sigs.k8s.io/yaml, kustomize) make of it: yes, on, n and 010 have types there. */
enum scalar_type scalar_type_11(const struct tree_node *node);
/* Whether it is a boolean to Talos where one is asked for, and which. */
bool scalar_bool(const struct tree_node *node, bool *value);

/* The whole number of a scalar that has no sign and fits 64 bits. */
bool scalar_number(const struct tree_node *node, uint64_t *number);
/* The same for whole numbers in any spelling that Talos reads as one, 1e3 too. */
bool scalar_whole(const struct tree_node *node, uint64_t *number);
/* The value of an integer that fits 64 bits, or of a float that is whole, in Go's spellings. False: it is neither. */
bool scalar_magnitude(const char *text, bool *negative, uint64_t *magnitude);
/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
bool scalar_is_float(const char *text);

/* ---- the forms of Talos's fields (scalar_form.c) ---- */

/* Why Talos cannot read a scalar (or what stands in its place) as this type: a phrase that goes on after the value,
 * "is no ..."; NULL when it can. A reference passes: its value is not known yet. */
const char *scalar_problem(const struct schema_type *type, const struct tree_node *node);
/* Whether a value that Talos can read is the zero of its type: what counts as "not given" where it is held by value. */
bool scalar_is_zero(const struct schema_type *type, const struct tree_node *node);
/* Whether an address with a prefix length has bits set behind it. False for what is none. */
bool scalar_has_host_bits(const char *prefix);
/* The bytes of a size that is one; false for percent and for what is none (NULL too). */
bool scalar_bytes(const struct tree_node *node, double *bytes);
/* Whether a FORM_SIZE is in percent. */
bool scalar_is_percent(const struct tree_node *node);

#endif
