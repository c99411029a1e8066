/*
 * jansson_config.h - what jansson's configure would have written.
 *
 * The compiler is gcc or clang in C11 mode, the locale is always "C", and nothing that hearth reads nests deeper
 * than 64: jansson's parser recurses once a level.
 */
#ifndef JANSSON_CONFIG_H
#define JANSSON_CONFIG_H

#define JSON_INLINE inline
#define JSON_INTEGER_IS_LONG_LONG 1
#define JSON_HAVE_LOCALECONV 0
#define JSON_HAVE_ATOMIC_BUILTINS 1
#define JSON_HAVE_SYNC_BUILTINS 0
#define JSON_PARSER_MAX_DEPTH 64

#endif
