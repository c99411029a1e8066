#include "embed/assets.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "show/show.h"
#include "verbs/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below it lie those files of talos/ that Talos 1.14 has another form for, under their names there. In the order of
 * paths it stands before talos/. */
#define NEWER "talos-1.14/"

/* What a walk over the example is doing. */
struct extraction {
    /* in 1.14's form */
    bool newer;
    /* the files that were there in that form, each between two newlines */
    struct buf replaced;
    /* files that were taken */
    unsigned count;
    /* the one file to print; NULL: all */
    const char *path;
    /* the directory as the user wrote it */
    const char *out;
    /* --json */
    json_t *list;
    /* descriptor of out */
    int root;
    /* the file being written */
    int fd;
    bool found;
    /* its path, as the one who asks knows it */
    char now[ASSETS_PATH_MAX + 1];
};

/* Whether this form of the example has the file. */
static bool choose(struct extraction *x, const char *path)
{
    bool newer = strncmp(path, NEWER, sizeof NEWER - 1) == 0;
    snprintf(x->now, sizeof x->now, "%s%s", newer ? "talos/" : "", newer ? path + sizeof NEWER - 1 : path);
    char line[sizeof x->now + 2];
    snprintf(line, sizeof line, "\n%s\n", x->now);
    bool good = newer ? x->newer : !x->replaced.data || !strstr(x->replaced.data, line);
    if (newer && good)
        buf_str(&x->replaced, line);
    x->count += good;
    return good;
}

static int list_file(void *arg, const char *path, uint32_t size, bool *want, struct error *e)
{
    struct extraction *x = arg;
    (void)e;
    *want = false;
    if (!choose(x, path))
        return 0;
    if (x->list)
        json_array_append_new(x->list, json_pack("{s:s, s:I}", "path", x->now, "size", (json_int_t)size));
    else
        show_printf("%8u  %s\n", (unsigned)size, x->now);
    return 0;
}

static int match_file(void *arg, const char *path, uint32_t size, bool *want, struct error *e)
{
    struct extraction *x = arg;
    (void)size;
    (void)e;
    *want = choose(x, path) && strcmp(x->now, x->path) == 0;
    x->found |= *want;
    return 0;
}

static int print_data(void *arg, const void *p, size_t n, struct error *e)
{
    (void)arg;
    (void)e;
    show_bytes(p, n);
    return 0;
}

/* The directory that holds x->now, made where it is missing; a component that is a link is refused. */
static int open_parent(struct extraction *x, const char **leaf, struct error *e)
{
    cleanup(fd_cleanup) int dir = fcntl(x->root, F_DUPFD_CLOEXEC, 0);
    char *start = x->now;
    for (char *slash = strchr(start, '/'); slash && dir >= 0; slash = strchr(start, '/')) {
        *slash = '\0';
        if (mkdirat(dir, start, 0755) != 0 && errno != EEXIST)
            return error_errno(e, E_FILE_WRITE, errno, "%s/%s", x->out, x->now);
        int next = openat(dir, start, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return error_errno(e, E_FILE_WRITE, errno, "%s/%s", x->out, x->now);
        close(dir);
        dir = next;
        *slash = '/';
        start = slash + 1;
    }
    if (dir < 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s", x->out);
    *leaf = start;
    return fd_steal(&dir);
}

static int open_file(void *arg, const char *path, uint32_t size, bool *want, struct error *e)
{
    struct extraction *x = arg;
    (void)size;
    *want = choose(x, path);
    if (!*want)
        return 0;
    const char *leaf = "";
    cleanup(fd_cleanup) int dir = open_parent(x, &leaf, e);
    if (dir < 0)
        return -1;
    x->fd = openat(dir, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (x->fd < 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s/%s", x->out, x->now);
    return 0;
}

static int write_data(void *arg, const void *p, size_t n, struct error *e)
{
    const struct extraction *x = arg;
    return file_write_all(x->fd, p, n, x->now, e);
}

static int close_file(void *arg, struct error *e)
{
    struct extraction *x = arg;
    if (close(fd_steal(&x->fd)) != 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s/%s", x->out, x->now);
    return 0;
}

/* Opens a directory that is new or empty. */
static int open_empty(const char *path, struct error *e)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return error_errno(e, E_FILE_WRITE, errno, "%s", path);
    cleanup(fd_cleanup) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int list = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *entries = list < 0 ? NULL : fdopendir(list);
    if (!entries)
        return error_errno(e, E_FILE_WRITE, errno, "%s", path);
    const struct dirent *entry;
    bool empty = true;
    while (empty && (entry = readdir(entries)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(entries);
    if (!empty)
        return error_set(e, E_FILE_WRITE,
                         "%s: is not empty, and the example is only written to a new or empty directory",
                         path);
    return fd_steal(&fd);
}

static int extract(struct extraction *x, struct error *e)
{
    cleanup(fd_cleanup) int root = open_empty(x->out, e);
    if (root < 0)
        return -1;
    x->root = root;
    const struct assets_visitor visitor = {open_file, write_data, close_file, x};
    int result = assets_walk(&visitor, e);
    fd_cleanup(&x->fd);
    if (result == 0)
        log_note("%u files in %s", x->count, x->out);
    return result;
}

static int print_one(struct extraction *x, struct error *e)
{
    const struct assets_visitor visitor = {match_file, print_data, NULL, x};
    if (assets_walk(&visitor, e) != 0)
        return -1;
    if (!x->found)
        return error_set(e, E_USAGE, "the example has no file `%s`; `hearth assets` lists them", x->path);
    return 0;
}

static int list(struct extraction *x, bool json, struct error *e)
{
    const struct assets_visitor visitor = {list_file, NULL, NULL, x};
    x->list = json ? json_array() : NULL;
    int result = assets_walk(&visitor, e);
    if (x->list && result == 0)
        show_json(json_incref(x->list));
    json_decref(x->list);
    return result;
}

static int act(const struct options *o, struct extraction *x, struct error *e)
{
    if (o->talos && !x->newer && strcmp(o->talos, "1.13") != 0)
        return error_set(e, E_USAGE, "--talos is 1.13, a form that 1.14 reads too, or 1.14, its own");
    if (x->path && x->out)
        return error_set(e, E_USAGE, "give a PATH to print or --out DIR to write them all, not both");
    if (x->out)
        return extract(x, e);
    return x->path ? print_one(x, e) : list(x, o->json, e);
}

enum exit_status verb_assets(const struct options *o)
{
    struct extraction x = {.path = o->argument,
                           .out = o->out,
                           .newer = o->talos && strcmp(o->talos, "1.14") == 0,
                           .root = -1,
                           .fd = -1};
    struct error e;
    int result = act(o, &x, &e);
    buf_free(&x.replaced);
    if (result == 0)
        return EXIT_DONE_;
    log_error(&e);
    return error_info(e.code).exit;
}
