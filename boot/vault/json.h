/*
 * json.h - JSON from servers: jansson, strictly; JSON_PARSER_MAX_DEPTH (embed/jansson_config.h) caps its depth.
 *
 * RFC 8259 text only; duplicate members, invalid UTF-8, lone surrogates and \u0000 are refused.
 */
#ifndef HEARTH_VAULT_JSON_H
#define HEARTH_VAULT_JSON_H

#include <jansson.h>

#include <stddef.h>
#include <stdint.h>

enum json_problem { JSON_OK, JSON_NOT_AN_OBJECT, JSON_SYNTAX, JSON_HAS_NUL };

/* Parses n bytes, which must be one JSON object. NULL with *problem set when they are not. The caller ends it
 * with json_decref(). */
json_t *json_object_read(const char *p, size_t n, enum json_problem *problem);

/* A member that is a string, or NULL. */
const char *json_member_text(const json_t *object, const char *name);

/* A member that is an integer or a string of decimal digits (some Azure endpoints send numbers so), at least
 * 0; else missing. */
int64_t json_member_number(const json_t *object, const char *name, int64_t missing);

#endif
