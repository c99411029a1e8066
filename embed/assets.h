/*
 * assets.h - the embedded example: the files of assets/, packed at build time.
 *
 * One zlib stream (RFC 1950) holds, for each file in byte order of its path:
 *
 *   u16le  length of the path (1-255)
 *   u32le  length of the file in bytes (at most ASSETS_FILE_MAX)
 *   path   relative to assets/, '/'-separated, no NUL; never absolute, no empty, "." or ".." component
 *   file   its bytes
 *
 * and ends after the last file. No modes: everything is a plain 0644 file. embed/pack.c writes it, with the same zlib
 * sources as the program, so that every host makes the same bytes. Reading inflates as it goes and keeps one window (32
 * KiB).
 */
#ifndef HEARTH_EMBED_ASSETS_H
#define HEARTH_EMBED_ASSETS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSETS_PATH_MAX 255        /* bytes, without the NUL */
#define ASSETS_FILE_MAX (1u << 20) /* bytes of one file */
#define ASSETS_COUNT_MAX 1024      /* files */

/* Generated: the stream, its length, and how many files it holds (0 when assets/ was empty). */
extern const unsigned char assets_blob[];
extern const size_t assets_blob_size;
extern const size_t assets_count;

/*
 * What to do with the files. Each callback returns 0 to go on or -1 with the error filled, which ends the walk.
 * file is called once a file, before its bytes, with a NUL-terminated path that lives until it returns; if it sets
 * *want to false (it is true before), the bytes are skipped. data may be NULL (a listing). done, if not NULL, follows
 * the last byte of a wanted file.
 */
struct assets_visitor {
    int (*file)(void *arg, const char *path, uint32_t size, bool *want, struct error *e);
    int (*data)(void *arg, const void *p, size_t n, struct error *e);
    int (*done)(void *arg, struct error *e);
    void *arg;
};

/* Walks the embedded files in order. Errors: the callbacks' own, or E_SYSTEM when the stream is damaged. */
int assets_walk(const struct assets_visitor *v, struct error *e);

/* The same of any stream of this format (count files), for tests and fuzzing. */
int assets_walk_blob(const void *blob, size_t n, size_t count, const struct assets_visitor *v,
                     struct error *e);

/* The bytes of one file of such a stream, with a NUL behind them, of a stream that is whole to its checksum. Owned
 * by the caller (mem_free); NULL and e: E_SYSTEM it is damaged or has no file of this name, E_NO_MEMORY. */
char *assets_get(const void *blob, size_t n, size_t count, const char *name, struct error *e);

/* True for a path as the format demands it. */
bool assets_path_ok(const char *path, size_t n);

#endif
