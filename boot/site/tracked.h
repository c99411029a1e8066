/*
 * tracked.h - does git track a file? Read from the index itself; git is not run.
 *
 * Git documentation, gitformat-index: versions 2 to 4, SHA-1 and SHA-256. The index is streamed, so its size
 * does not matter.
 */
#ifndef HEARTH_SITE_TRACKED_H
#define HEARTH_SITE_TRACKED_H

#include "base/error.h"

#include <stddef.h>

enum tracked { TRACKED_NO, TRACKED_YES, TRACKED_UNKNOWN, TRACKED_OUTSIDE };

/* Looks through the index open at fd for an entry with this path (relative to the top of the work tree).
 * hash: bytes of an object id, 20 or 32. TRACKED_UNKNOWN: it is no index that is understood (or a split
 * one). */
enum tracked tracked_index(int fd, size_t hash, const char *path);

/* Finds the work tree around a directory and looks for dir/path in its index. TRACKED_OUTSIDE: there is no work
 * tree. */
enum tracked tracked_file(const char *dir, const char *path);

struct tracked_path {
    const char *path;
    struct tracked_path *next;
};

/* How many of these `count` paths below dir git does not track, each counted once, and the last of them in *last; 0
 * where that cannot be told. The index is read once. */
unsigned tracked_missing(const char *dir, const struct tracked_path *paths, unsigned count,
                         const char **last);

/* The same of dir/path and, where symbolic links lead elsewhere, of the file behind them too. The file exists. */
enum tracked tracked_content(const char *dir, const char *path);

#endif
