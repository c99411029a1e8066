#include "facts/sysfs.h"

#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40
#define TODO_MAX 4096

int sysfs_open(struct sysfs *s, const char *sysroot, struct error *e)
{
    const char *path = *sysroot ? sysroot : "/";
    s->found = NULL;
    s->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (s->root < 0)
        return error_errno(e, E_FACTS_READ, errno, "%s", path);
    if (!sysfs_exists(s, "proc", ".") && !sysfs_exists(s, "sys", ".")) {
        sysfs_close(s);
        return error_set(e, E_FACTS_READ, "%s: holds neither proc nor sys", path);
    }
    s->found = mem_alloc(sizeof *s->found);
    s->found->fd = -1;
    return 0;
}

void sysfs_close(struct sysfs *s)
{
    fd_cleanup(&s->root);
    if (s->found)
        fd_cleanup(&s->found->fd);
    mem_free(s->found);
    s->found = NULL;
}

/* Whether the directory that was found last lies in this one, or is it: then it is one. */
static bool is_above_found(const struct sysfs *s, const char *path, size_t n)
{
    return s->found && strncmp(s->found->path, path, n) == 0 && s->found->path[n] == '/';
}

/* The descriptor that *path is looked for from, and in *path what is left of it: the kernel walks a long path anew for
 * each of the ten files of a directory. */
static int base_of(const struct sysfs *s, const char **path)
{
    struct sysfs_found *found = s->found;
    if (!found || !found->n || strncmp(*path, found->path, found->n) != 0 || !(*path)[found->n])
        return s->root;
    if (found->fd < 0)
        found->fd = openat(s->root, found->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (found->fd < 0)
        return s->root;
    *path += found->n;
    return found->fd;
}

static void remember(struct sysfs_found *found, const char *directory)
{
    size_t n = strlen(directory);
    if (n == 0 || n + 2 > sizeof found->path ||
        (strncmp(found->path, directory, n) == 0 && strcmp(found->path + n, "/") == 0))
        return;
    fd_cleanup(&found->fd);
    memcpy(found->path, directory, n);
    memcpy(found->path + n, "/", 2);
    found->n = n + 1;
}

static bool look_at(const struct sysfs *s, const char *path, struct stat *st)
{
    int base = base_of(s, &path);
    return fstatat(base, path, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What is left of path, whose length this was. */
static size_t drop_last(char *path, size_t n)
{
    while (n > 0 && path[--n] != '/')
        ;
    path[n] = '\0';
    return n;
}

/* Puts name behind the n bytes of a path; the new length, or 0 when that is too long. */
static size_t append(char path[SYSFS_PATH_MAX], size_t n, const char *name)
{
    size_t more = strlen(name), slash = n > 0;
    if (n + slash + more >= SYSFS_PATH_MAX)
        return 0;
    path[n] = '/';
    memcpy(path + n + slash, name, more + 1);
    return n + slash + more;
}

/* The target that a link, or a small file in place of one, holds. */
static bool link_target(const struct sysfs *s, const char *path, const struct stat *st,
                        char out[SYSFS_PATH_MAX])
{
    ssize_t n = -1;
    if (S_ISLNK(st->st_mode)) {
        int base = base_of(s, &path);
        n = readlinkat(base, path, out, SYSFS_PATH_MAX - 1);
    } else if (S_ISREG(st->st_mode) && st->st_size > 1 && st->st_size < SYSFS_PATH_MAX) {
        cleanup(fd_cleanup) int fd = sysfs_fd(s, path);
        n = fd < 0 ? -1 : read(fd, out, SYSFS_PATH_MAX - 1);
        if (n < 2 || memcmp(out, "..", 2) != 0 || (n > 2 && out[2] != '/') || memchr(out, '\n', (size_t)n))
            return false;
    }
    if (n <= 0)
        return false;
    out[n] = '\0';
    return true;
}

bool sysfs_resolve(const struct sysfs *s, const char *path, char out[SYSFS_PATH_MAX])
{
    UNSET char todo[TODO_MAX];
    if (append(todo, 0, path) == 0)
        return false;
    *out = '\0';
    unsigned links = 0;
    size_t used = 0;
    bool directory = true;
    for (char *at = todo; *at;) {
        char *end = strchrnul(at, '/');
        char *rest = *end ? end + 1 : end;
        *end = '\0';
        if (strcmp(at, "..") == 0) {
            used = drop_last(out, used);
        } else if (*at && strcmp(at, ".") != 0) {
            used = append(out, used, at);
            directory = *rest && is_above_found(s, out, used);
            struct stat st;
            if (used == 0 || (!directory && !look_at(s, out, &st)))
                return false;
            directory = directory || S_ISDIR(st.st_mode);
            UNSET char target[SYSFS_PATH_MAX];
            if (!directory && link_target(s, out, &st, target)) {
                used = drop_last(out, used);
                if (*target == '/')
                    out[used = 0] = '\0';
                size_t n = strlen(target), left = strlen(rest) + 1;
                if (++links > LINKS_MAX || n + 1 + left > sizeof todo)
                    return false;
                memmove(todo + n + 1, rest, left);
                memcpy(todo, target, n);
                todo[n] = '/';
                rest = todo;
            } else if (!directory && *rest) {
                return false;
            }
        }
        at = rest;
    }
    if (directory && s->found)
        remember(s->found, out);
    return true;
}

static bool join(char out[SYSFS_PATH_MAX], const char *dir, const char *name)
{
    size_t n = append(out, 0, dir);
    return n > 0 && append(out, n, name) > 0;
}

bool sysfs_exists(const struct sysfs *s, const char *dir, const char *name)
{
    UNSET char path[SYSFS_PATH_MAX];
    struct stat st;
    return join(path, dir, name) && look_at(s, path, &st);
}

int sysfs_fd(const struct sysfs *s, const char *path)
{
    struct stat st;
    /* A tree from elsewhere may hold a FIFO, or a device that acts when it is opened. */
    int base = base_of(s, &path);
    if (fstatat(base, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return -1;
    cleanup(fd_cleanup) int fd =
        openat(base, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fd_steal(&fd) : -1;
}

enum sysfs_status sysfs_read(const struct sysfs *s, const char *path, size_t max, struct buf *out)
{
    UNSET char real[SYSFS_PATH_MAX];
    if (!sysfs_resolve(s, path, real))
        return SYSFS_ABSENT;
    cleanup(fd_cleanup) int fd = sysfs_fd(s, real);
    ssize_t got = fd < 0 ? -1 : 1;
    out->max = max + 1;
    UNSET char piece[4096];
    while (got > 0) {
        do
            got = read(fd, piece, sizeof piece);
        while (got < 0 && errno == EINTR);
        if (got > 0)
            buf_add(out, piece, (size_t)got);
        if (out->full || out->len > max) {
            buf_free(out);
            return SYSFS_TOO_LARGE;
        }
    }
    if (got == 0)
        return SYSFS_READ;
    buf_free(out);
    return SYSFS_UNREADABLE;
}

bool sysfs_bytes(const struct sysfs *s, const char *path, size_t max, struct buf *out)
{
    return sysfs_read(s, path, max, out) == SYSFS_READ;
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

bool sysfs_text(const struct sysfs *s, const char *dir, const char *name, char out[SYSFS_TEXT_MAX])
{
    *out = '\0';
    UNSET char path[SYSFS_PATH_MAX];
    cleanup(fd_cleanup) int fd = join(path, dir, name) ? sysfs_fd(s, path) : -1;
    if (fd < 0)
        return false;
    UNSET char raw[SYSFS_TEXT_MAX];
    size_t n = 0;
    while (n < sizeof raw) {
        ssize_t got = read(fd, raw + n, sizeof raw - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    if (n == sizeof raw)
        return false;
    while (n > 0 && blank(raw[n - 1]))
        n--;
    size_t from = 0;
    while (from < n && blank(raw[from]))
        from++;
    if (memchr(raw + from, '\0', n - from))
        return false;
    memcpy(out, raw + from, n - from);
    out[n - from] = '\0';
    return n > from;
}

bool sysfs_number(const struct sysfs *s, const char *dir, const char *name, int64_t *out)
{
    UNSET char text[SYSFS_TEXT_MAX];
    if (!sysfs_text(s, dir, name, text) || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    *out = strtoll(text, NULL, 10);
    return errno == 0;
}

bool sysfs_uevent(const struct sysfs *s, const char *dir, const char *key, char out[SYSFS_TEXT_MAX])
{
    size_t n = strlen(key);
    *out = '\0';
    UNSET char text[SYSFS_TEXT_MAX];
    if (!sysfs_text(s, dir, "uevent", text))
        return false;
    for (const char *at = text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, key, n) == 0 && at[n] == '=') {
            snprintf(out, SYSFS_TEXT_MAX, "%.*s", (int)strcspn(at + n + 1, "\n"), at + n + 1);
            return *out != '\0';
        }
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

struct sysfs_names sysfs_list(const struct sysfs *s, const char *path)
{
    struct sysfs_names names = {0};
    UNSET char real[SYSFS_PATH_MAX];
    int fd = sysfs_resolve(s, path, real) ? openat(s->root, real, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        fd_cleanup(&fd);
        return names;
    }
    unsigned room = 0;
    for (struct dirent *d = readdir(dir); d && names.count < SYSFS_LIST_MAX; d = readdir(dir)) {
        size_t n = strlen(d->d_name);
        if (*d->d_name == '.' || n >= SYSFS_NAME_MAX)
            continue;
        if (names.count == room) {
            room = room ? 2 * room : 16;
            names.name = mem_resize(names.name, room * sizeof *names.name);
        }
        memcpy(names.name[names.count++], d->d_name, n + 1);
    }
    closedir(dir);
    if (names.count)
        qsort(names.name, names.count, sizeof *names.name, by_name);
    return names;
}

void sysfs_names_free(struct sysfs_names *names)
{
    mem_free(names->name);
    *names = (struct sysfs_names){0};
}
