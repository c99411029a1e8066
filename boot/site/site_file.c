/*
 * The files of a site. Everything is opened below the site's own descriptor; the kernel keeps the
 * walk inside (openat2), and where it cannot, no symbolic link is followed at all.
 */
#include "base/fd.h"
#include "site/path.h"
#include "site/site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIST_MAX 1000
#define RACE_RETRIES 8

/* linux/openat2.h (Linux 5.6), spelled out because musl has no wrapper and its headers do not mix with
 * linux/fcntl.h. */
struct open_how_v0 {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};
#define RESOLVE_NO_MAGICLINKS_ 0x02u
#define RESOLVE_BENEATH_ 0x08u

static int open_beneath(int top, const char *path, int flags)
{
    struct open_how_v0 how = {.flags = (uint64_t)(unsigned)flags,
                              .resolve = RESOLVE_BENEATH_ | RESOLVE_NO_MAGICLINKS_};
    long fd = -1;
    /* EAGAIN: something was renamed during the walk, and the kernel could not prove that it stayed inside. */
    for (unsigned i = 0; i < RACE_RETRIES; i++) {
        fd = syscall(SYS_openat2, top, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return (int)fd;
}

static int open_by_parts(int top, const char *path, int flags)
{
    cleanup(fd_cleanup) int dir = -1;
    char part[NAME_MAX + 1];
    for (const char *at = path;;) {
        size_t len = strcspn(at, "/");
        bool last = at[len] == '\0';
        if (len >= sizeof part) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, at, len);
        part[len] = '\0';
        int fd = openat(dir < 0 ? top : dir, part,
                        (last ? flags : O_RDONLY | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW);
        if (fd < 0 || last)
            return fd;
        fd_cleanup(&dir);
        dir = fd;
        at += len + 1;
    }
}

/* A descriptor, or -1 with e; with *missing and e untouched when nothing is there. */
static int open_inside(const struct site *site, const char *path, int flags, bool *missing, struct error *e)
{
    const char *fault = path_fault(path);
    if (missing)
        *missing = false;
    if (fault)
        return error_set(e, E_SITE_PATH, "the path \"%.200s\" %s", path, fault);
    int fd = -1;
    fd = open_beneath(site->fd, path, flags);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = open_by_parts(site->fd, path, flags);
    if (fd >= 0)
        return fd;
    if (errno == EXDEV)
        return error_set(e, E_SITE_PATH, "%s: a symbolic link leads out of the site", path);
    if (errno == ELOOP)
        return error_set(e, E_SITE_PATH, "%s: a symbolic link that cannot be followed safely", path);
    struct stat st;
    if (errno == ENOENT) {
        /* A link to nothing is a mistake, not an absent file. */
        if (fstatat(site->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
            return error_set(e, E_FILE_READ, "%s: a symbolic link to nothing", path);
        if (missing) {
            *missing = true;
            return -1;
        }
        errno = ENOENT;
    }
    return error_errno(e, E_FILE_READ, errno, "%s", path);
}

int site_read(const struct site *site, const char *path, struct buf *out, bool *missing, struct error *e)
{
    /* Not blocking: a FIFO must not hold the program up before it is refused. */
    cleanup(fd_cleanup) int fd =
        open_inside(site, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, missing, e);
    size_t before = out->len;
    if (fd < 0)
        return -1;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_errno(e, E_FILE_READ, errno, "%s", path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, E_FILE_READ, "%s: not a regular file", path);
    /* What is there goes where it stays; more than was there, by way of `spare`. */
    if (st.st_size > 0 && (size_t)st.st_size <= SITE_FILE_MAX)
        buf_reserve(out, (size_t)st.st_size);
    char spare[512];
    for (;;) {
        size_t room = out->cap > out->len ? out->cap - out->len - 1 : 0;
        ssize_t n = read(fd, room ? out->data + out->len : spare, room ? room : sizeof spare);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            (void)error_errno(e, E_FILE_READ, errno, "%s", path);
            break;
        }
        if (n == 0) {
            mem_wipe(spare, sizeof spare);
            return 0;
        }
        if (room)
            out->data[out->len += (size_t)n] = '\0';
        else
            buf_add(out, spare, (size_t)n);
        if (out->full || out->len - before > SITE_FILE_MAX) {
            (void)error_set(e, E_FILE_TOO_LARGE, "%s: more than %zu bytes", path, SITE_FILE_MAX);
            break;
        }
    }
    mem_wipe(spare, sizeof spare);
    return -1;
}

/* Forms that other tools read. */
static int check_form(const struct document *documents, struct error *e)
{
    for (; documents; documents = documents->next) {
        const struct tree_node *root = documents->root, *sops = tree_get(root, "sops");
        if (tree_get(sops, "mac"))
            return error_at(
                e, sops->pos, E_PLAN_FILE,
                "encrypted with SOPS, and hearth does not decrypt: its values belong into the vault, "
                "`!secret NAME` in their place");
        if (root && root->kind == TREE_SEQ && tree_get(root->first, "op"))
            return error_at(e, root->pos, E_PLAN_FILE,
                            "a JSON patch, which Talos refuses too: write the YAML that it makes");
    }
    return 0;
}

struct site_kept *site_kept(const struct site *site, const char *path)
{
    struct site_kept *kept = site->kept->next;
    while (kept && strcmp(kept->path, path) != 0)
        kept = kept->next;
    return kept;
}

void site_keep(const struct site *site, const char *path, struct document *documents, size_t size)
{
    struct site_kept *fresh = pool_alloc(site->pool, sizeof *fresh);
    *fresh = (struct site_kept){path, documents, size, site->kept->next};
    site->kept->next = fresh;
    site->kept->size += size;
}

int site_tree(const struct site *site, struct pool *pool, const char *path, struct document **out,
              size_t *size, bool *missing, struct error *e)
{
    struct buf text = {.max = SITE_FILE_MAX + 4096};
    struct site_kept *kept = site_kept(site, path);
    *out = NULL;
    int failed = kept ? 0 : site_read(site, path, &text, missing, e);
    if (kept) {
        *out = kept->documents;
        text.len = kept->size;
        kept->path = "";
    } else if (failed == 0) {
        failed = tree_read(pool, path, text.data, text.len, out, e);
    }
    if (failed == 0)
        failed = check_form(*out, e);
    if (size)
        *size = text.len;
    buf_free(&text);
    return failed;
}

static void dir_cleanup(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether an entry is listed: 1, 0, or -1 with errno when nobody can tell. What has the name of a file and is none is
 * listed too, and so is a link: reading it says what is wrong. */
static int is_listed(int dir, const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);
    bool folders = suffix[0] == '/';
    if (name[0] == '.' || (!folders && (len <= tail || strcmp(name + len - tail, suffix) != 0)))
        return 0;
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -1;
    return !folders || S_ISDIR(st.st_mode);
}

int site_list(const struct site *site, struct pool *pool, const char *dir, const char *suffix,
              const char ***out, struct error *e)
{
    *out = NULL;
    bool missing = false;
    cleanup(fd_cleanup) int fd = open_inside(site, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, &missing, e);
    if (fd < 0 && !missing)
        return -1;
    cleanup(dir_cleanup) DIR *stream = NULL;
    if (fd >= 0) {
        stream = fdopendir(fd);
        if (!stream)
            return error_errno(e, E_FILE_READ, errno, "%s", dir);
        (void)fd_steal(&fd);
    }
    const char *names[LIST_MAX];
    size_t count = 0;
    while (stream) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry && errno != 0)
            return error_errno(e, E_FILE_READ, errno, "%s", dir);
        if (!entry)
            break;
        int listed = is_listed(dirfd(stream), entry->d_name, suffix);
        if (listed < 0)
            return error_errno(e, E_FILE_READ, errno, "%s/%s", dir, entry->d_name);
        if (!listed)
            continue;
        if (count == LIST_MAX)
            return error_set(e, E_FILE_TOO_LARGE, "%s: more than %d files", dir, LIST_MAX);
        names[count++] = pool_strdup(pool, entry->d_name);
    }
    qsort(names, count, sizeof *names, compare_names);
    *out = pool_alloc(pool, (count + 1) * sizeof *names);
    if (count > 0)
        memcpy(*out, names, count * sizeof *names);
    return 0;
}
