/*
 * files.h - one input as a folder of files, for targets that read folders.
 *
 *     #### relative/path
 *     the bytes of that file, up to the next such line; of a link as a file (it begins with ../) without the last
 *     newline
 *
 * The folder lies in memory where the machine has such a place, and is emptied by the next input. No path leads out of
 * it.
 */
#ifndef HEARTH_TESTS_FUZZ_FILES_H
#define HEARTH_TESTS_FUZZ_FILES_H

#include "require.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MARK "#### "
#define FILES_MAX 400

/* Of this process. */
static char files_dir[64];

static int files_drop(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    return walk->level == 0 ? 0 : remove(path);
}

static void files_empty(void)
{
    require(nftw(files_dir, files_drop, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static void files_end(void)
{
    files_empty();
    rmdir(files_dir);
}

/* The folder, empty. */
static const char *files_new(void)
{
    if (!files_dir[0]) {
        snprintf(files_dir, sizeof files_dir, "%s/hearth-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        require(mkdtemp(files_dir) != NULL);
        atexit(files_end);
    }
    files_empty();
    return files_dir;
}

/* Of letters, digits and what file names are made of, and nowhere "..". */
static int files_path_ok(const char *path)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+@,";
    return path[0] && path[0] != '/' && strspn(path, good) == strlen(path) && !strstr(path, "..");
}

static void files_write(const char *path, const void *p, size_t n)
{
    char whole[400];
    if (!files_path_ok(path) || snprintf(whole, sizeof whole, "%s/%s", files_dir, path) >= (int)sizeof whole)
        return;
    for (char *at = whole + strlen(files_dir) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(whole, 0700);
    }
    /* What is a folder already, or lies below a file, is not written. */
    int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    require(write(fd, p, n) == (ssize_t)n);
    close(fd);
}

/* The next line that begins a file, or the end. */
static const uint8_t *files_mark(const uint8_t *at, const uint8_t *end)
{
    size_t n = sizeof FILES_MARK - 1;
    for (; (size_t)(end - at) >= n; at++) {
        if (memcmp(at, FILES_MARK, n) == 0)
            return at;
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            break;
    }
    return end;
}

/* Lays the files of an input into the folder. What stands before the first one is the caller's: its length. */
__attribute__((unused)) static size_t files_lay(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size, *at = files_mark(data, end);
    size_t head = (size_t)(at - data);
    for (unsigned count = 0; at < end && count < FILES_MAX; count++) {
        const uint8_t *name = at + sizeof FILES_MARK - 1, *line = memchr(name, '\n', (size_t)(end - name));
        if (!line)
            break;
        at = files_mark(line + 1, end);
        char path[256];
        size_t n = (size_t)(line - name);
        if (n >= sizeof path)
            continue;
        memcpy(path, name, n);
        path[n] = '\0';
        size_t length = (size_t)(at - line - 1);
        if (length > 3 && memcmp(line + 1, "../", 3) == 0 && at[-1] == '\n')
            length--;
        if (strlen(path) == n)
            files_write(path, line + 1, length);
    }
    return head;
}

#endif
