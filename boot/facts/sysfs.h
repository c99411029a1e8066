/*
 * sysfs.h - reading /proc and /sys below a root.
 *
 * Every path is taken from the root, and symbolic links are followed by hand so that none leads out
 * of it: a tree copied from another box reads like the box. A tree that was copied by a tool
 * without symbolic links (git with core.symlinks=false) has small files that hold the target
 * instead; those are followed too. They cannot be confused with attributes: sysfs gives its
 * attributes a size of 4096. While it is open, no directory of the tree becomes a link.
 *
 * Attributes are read to end of file, because st_size lies (4096 in sysfs, 0 in procfs). A file
 * that is missing, empty or fails to read (EINVAL, ENXIO, EPERM) is "unknown", never an error.
 */
#ifndef HEARTH_FACTS_SYSFS_H
#define HEARTH_FACTS_SYSFS_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSFS_PATH_MAX 1024 /* bytes with the NUL of a path below the root; longer ones do not exist */
#define SYSFS_NAME_MAX \
    64 /* bytes with the NUL of a name that sysfs_list() returns; longer ones are left out */
#define SYSFS_LIST_MAX 512 /* names of one directory; the rest, in no order, is left out */
#define SYSFS_TEXT_MAX 512 /* bytes with the NUL of an attribute's text; what is longer is unknown */

/* The directory that was found last, from which what lies in it is opened. */
struct sysfs_found {
    /* with a slash at the end; "" before the first */
    char path[SYSFS_PATH_MAX];
    /* bytes of path */
    size_t n;
    /* O_PATH; -1 until something in it was asked for */
    int fd;
};

struct sysfs {
    /* directory, O_PATH */
    int root;
    /* owned */
    struct sysfs_found *found;
};

/* Opens the root ("" or "/" is this box). E_FACTS_READ when it holds neither proc nor sys. */
int sysfs_open(struct sysfs *s, const char *sysroot, struct error *e);
void sysfs_close(struct sysfs *s);

/* The canonical path of an existing file or directory, relative to the root ("sys/devices/..."), links
 * resolved. path: 1 to SYSFS_PATH_MAX - 1 bytes. */
bool sysfs_resolve(const struct sysfs *s, const char *path, char out[SYSFS_PATH_MAX]);

/* Whether dir/name exists. */
bool sysfs_exists(const struct sysfs *s, const char *dir, const char *name);

/* The text of dir/name (dir canonical) without blanks and newlines around it. False and "" when
 * unknown or blank. */
bool sysfs_text(const struct sysfs *s, const char *dir, const char *name, char out[SYSFS_TEXT_MAX]);

/* A decimal number; false when unknown, negative, or more than 2^63 - 1. */
bool sysfs_number(const struct sysfs *s, const char *dir, const char *name, int64_t *out);

/* The value of KEY= in dir/uevent. */
bool sysfs_uevent(const struct sysfs *s, const char *dir, const char *key, char out[SYSFS_TEXT_MAX]);

/* The whole of a file, as it is, or why not: max bytes is the most. out is empty but for SYSFS_READ. */
enum sysfs_status { SYSFS_READ, SYSFS_ABSENT, SYSFS_UNREADABLE, SYSFS_TOO_LARGE };
enum sysfs_status sysfs_read(const struct sysfs *s, const char *path, size_t max, struct buf *out);
/* Whether it could be read. */
bool sysfs_bytes(const struct sysfs *s, const char *path, size_t max, struct buf *out);

/* Opens a file for streaming; -1 when it cannot be read. A device or a FIFO is not opened at all. */
int sysfs_fd(const struct sysfs *s, const char *path);

/* The names in a directory but for those with a leading dot, sorted by byte. */
struct sysfs_names {
    /* owned */
    char (*name)[SYSFS_NAME_MAX];
    unsigned count;
};
struct sysfs_names sysfs_list(const struct sysfs *s, const char *path);
void sysfs_names_free(struct sysfs_names *names);

#endif
