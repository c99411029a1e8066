#include "base/file.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t read_some(int fd, void *p, size_t n)
{
    ssize_t got;
    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

int file_read(int dirfd, const char *path, size_t max, struct buf *b, struct error *e)
{
    /* O_NONBLOCK: opening a FIFO that nobody writes must not hang before fstat can refuse it. */
    cleanup(fd_cleanup) int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return error_errno(e, E_FILE_READ, errno, "%s", path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, E_FILE_READ, "%s: not a regular file", path);
    UNSET char piece[4096];
    int result = 0;
    for (size_t total = 0; result == 0;) {
        ssize_t got = read_some(fd, piece, sizeof piece);
        if (got == 0)
            break;
        if (got < 0)
            result = error_errno(e, E_FILE_READ, errno, "%s", path);
        else if ((total += (size_t)got) > max)
            result = error_set(e, E_FILE_TOO_LARGE, "%s: more than %zu bytes", path, max);
        else
            buf_add(b, piece, (size_t)got);
    }
    mem_wipe(piece, sizeof piece);
    if (result == 0 && b->full)
        return error_set(e, E_FILE_TOO_LARGE, "%s: too large", path);
    return result;
}

int file_write_all(int fd, const void *p, size_t n, const char *what, struct error *e)
{
    for (const char *at = p; n > 0;) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_errno(e, E_FILE_WRITE, errno, "%s", what);
        at += put;
        n -= (size_t)put;
    }
    return 0;
}

int file_write(int dirfd, const char *path, const void *p, size_t n, unsigned mode, struct error *e)
{
    UNSET char tmp[4096];
    if (snprintf(tmp, sizeof tmp, "%s.hearth-%ld", path, (long)getpid()) >= (int)sizeof tmp)
        return error_set(e, E_FILE_WRITE, "%s: the path is too long", path);
    cleanup(fd_cleanup) int fd =
        openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s", tmp);
    int result = file_write_all(fd, p, n, path, e);
    /* fchmod: the umask had its say at open. */
    if (result == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0 || renameat(dirfd, tmp, dirfd, path) != 0))
        result = error_errno(e, E_FILE_WRITE, errno, "%s", path);
    if (result != 0)
        unlinkat(dirfd, tmp, 0);
    return result;
}
