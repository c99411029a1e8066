/*
 * file.h - reading and writing files with limits.
 *
 * Reads go to end of file whatever st_size says (sysfs says 4096, procfs 0). Descriptors are
 * close-on-exec; EINTR is retried.
 */
#ifndef HEARTH_BASE_FILE_H
#define HEARTH_BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

/* Appends the file to b, refusing more than max bytes. dirfd may be AT_FDCWD. Directories, devices and FIFOs are
 * refused. Errors: E_FILE_READ, E_FILE_TOO_LARGE. */
int file_read(int dirfd, const char *path, size_t max, struct buf *b, struct error *e);

/* Writes the file whole with this mode into an existing directory: a temporary name in the same directory, fsync,
 * rename. On an error nothing of it is left. Errors: E_FILE_WRITE. */
int file_write(int dirfd, const char *path, const void *p, size_t n, unsigned mode, struct error *e);

/* Writes all n bytes to fd. Errors: E_FILE_WRITE naming `what`. */
int file_write_all(int fd, const void *p, size_t n, const char *what, struct error *e);

#endif
