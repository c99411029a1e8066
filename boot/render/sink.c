#include "render/sink.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "render/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CONFIG_FILE "machine-config.yaml"
#define PLAN_FILE "plan.json"
#define MANIFESTS "manifests"
#define IGNORE_FILE ".gitignore"
#define NAME_ROOM 256              /* NAME_MAX and the NUL */
#define BASE_ROOM (NAME_ROOM - 64) /* of out's last name: the new directory's adds to it */
#define ENTRIES_MAX 256            /* of a directory that could be an earlier output */
#define SIBLINGS_MAX 65536         /* entries of out's parent that are looked at */
#define PLAN_JSON_MAX ((size_t)1 << 20)
#define SIBLING ".hearth-new-" /* "." NAME SIBLING 16 hex digits */

/* One writing under way: `parent` is open, everything happens below it. */
struct sinking {
    /* as given, for messages */
    const char *out;
    int parent;
    char base[BASE_ROOM];
    /* the new directory's name beside `out` */
    char fresh[NAME_ROOM];
    /* the new directory, locked */
    int dir;
};

static void close_sinking(struct sinking *s)
{
    fd_cleanup(&s->parent);
    fd_cleanup(&s->dir);
}

/* musl 1.2.3 has no wrapper. */
static int rename_with(int dir, const char *from, const char *to, unsigned flags)
{
    return (int)syscall(SYS_renameat2, dir, from, dir, to, flags);
}

static int open_dir(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Splits out into its parent, which is opened, and its last name. */
static int open_parent(struct sinking *s, struct error *e)
{
    size_t len = strlen(s->out);
    cleanup(mem_cleanup) char *path = mem_strdup(s->out);
    const char *base = path, *parent = ".";
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash) {
        base = slash + 1;
        parent = slash == path ? "/" : path;
        *slash = '\0';
    }
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0 || strlen(base) >= sizeof s->base)
        return error_set(e, E_OUT_FOREIGN, "%s cannot be replaced as a whole; name a directory below it",
                         s->out);
    snprintf(s->base, sizeof s->base, "%s", base);
    s->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->parent < 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s: its directory", s->out);
    return 0;
}

/* --- what stands there already --- */

static bool is_file(int at, const char *name)
{
    struct stat st;
    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* Calls visit for each name in a directory; stops at the first false, and false above max names. */
static bool each_name(int dir, unsigned max, bool (*visit)(int dir, const char *name, void *arg), void *arg)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    bool good = d != NULL;
    if (!d && copy >= 0)
        close(copy);
    const struct dirent *entry = NULL;
    unsigned count = 0;
    while (good && (entry = readdir(d))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        good = ++count <= max && visit(dir, entry->d_name, arg);
    }
    if (d)
        closedir(d);
    return good;
}

static bool is_known_manifest(int dir, const char *name, void *arg)
{
    const json_t *list = arg;
    if (!is_file(dir, name))
        return false;
    size_t i = 0;
    const json_t *entry = NULL;
    json_array_foreach(list, i, entry)
    {
        const char *file = json_string_value(json_object_get(entry, "file"));

        if (file && strncmp(file, MANIFESTS "/", sizeof MANIFESTS) == 0 &&
            strcmp(file + sizeof MANIFESTS, name) == 0)
            return true;
    }
    return false;
}

static bool is_known_entry(int dir, const char *name, void *arg)
{
    if (strcmp(name, CONFIG_FILE) == 0 || strcmp(name, PLAN_FILE) == 0 || strcmp(name, IGNORE_FILE) == 0)
        return is_file(dir, name);
    if (strcmp(name, MANIFESTS) == 0) {
        cleanup(fd_cleanup) int sub = open_dir(dir, name);
        return sub >= 0 && each_name(sub, ENTRIES_MAX, is_known_manifest, arg);
    }
    return false;
}

static bool no_entry(int dir, const char *name, void *arg)
{
    (void)dir;
    (void)name;
    (void)arg;
    return false;
}

/* Is it empty, or what hearth wrote and nothing else? */
static bool is_ours(int dir)
{
    if (each_name(dir, ENTRIES_MAX, no_entry, NULL))
        return true;
    cleanup(buf_free) struct buf text = {.max = PLAN_JSON_MAX};
    UNSET struct error ignored;
    if (!is_file(dir, PLAN_FILE) || file_read(dir, PLAN_FILE, PLAN_JSON_MAX, &text, &ignored) != 0)
        return false;
    json_t *root = json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *version = json_string_value(json_object_get(root, "apiVersion"));
    const char *kind = json_string_value(json_object_get(root, "kind"));
    bool ours = version && kind && strcmp(version, REPORT_API_VERSION) == 0 &&
        strcmp(kind, REPORT_KIND) == 0 &&
        each_name(dir, ENTRIES_MAX, is_known_entry, json_object_get(root, "manifests"));
    json_decref(root);
    return ours;
}

/* *there: something stands at out, and it may be replaced. */
static int check_out(const struct sinking *s, bool *there, struct error *e)
{
    *there = false;
    struct stat st;
    if (fstatat(s->parent, s->base, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return 0;
        return error_errno(e, E_FILE_WRITE, errno, "%s", s->out);
    }
    if (S_ISLNK(st.st_mode))
        return error_set(e, E_OUT_FOREIGN, "%s is a symbolic link", s->out);
    if (!S_ISDIR(st.st_mode))
        return error_set(e, E_OUT_FOREIGN, "%s is not a directory", s->out);
    cleanup(fd_cleanup) int dir = open_dir(s->parent, s->base);
    if (dir < 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s", s->out);
    if (!is_ours(dir))
        return error_set(e, E_OUT_FOREIGN, "%s holds files that hearth did not write", s->out);
    *there = true;
    return 0;
}

/* --- removing --- */

static bool remove_file(int dir, const char *name, void *arg)
{
    (void)arg;
    return unlinkat(dir, name, 0) == 0;
}

static bool remove_entry(int dir, const char *name, void *arg)
{
    (void)arg;
    if (strcmp(name, MANIFESTS) == 0) {
        cleanup(fd_cleanup) int sub = open_dir(dir, name);
        return sub >= 0 && each_name(sub, ENTRIES_MAX, remove_file, NULL) &&
            unlinkat(dir, name, AT_REMOVEDIR) == 0;
    }
    return unlinkat(dir, name, 0) == 0;
}

/* Two levels deep, which is all that hearth makes. */
static bool remove_dir(int parent, const char *name)
{
    cleanup(fd_cleanup) int dir = open_dir(parent, name);
    return dir >= 0 && each_name(dir, ENTRIES_MAX, remove_entry, NULL) &&
        unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

/* A run that was killed leaves its directory, with secrets in it. Whoever still writes into one holds its
 * lock. */
static bool remove_stale(int parent, const char *name, void *arg)
{
    const char *base = arg;
    size_t n = strlen(base), mark = sizeof SIBLING - 1;
    if (name[0] == '.' && strncmp(name + 1, base, n) == 0 && strncmp(name + 1 + n, SIBLING, mark) == 0 &&
        strspn(name + 1 + n + mark, "0123456789abcdef") == 16 && strlen(name) == 1 + n + mark + 16) {
        cleanup(fd_cleanup) int dir = open_dir(parent, name);
        if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0)
            remove_dir(parent, name);
    }
    return true;
}

/* --- writing --- */

static int make_fresh(struct sinking *s, struct error *e)
{
    unsigned char random[8];
    if (!random_fill(random, sizeof random))
        return error_errno(e, E_SYSTEM, errno, "getrandom");
    char hex[2 * sizeof random + 1];
    text_hex(hex, random, sizeof random);
    snprintf(s->fresh, sizeof s->fresh, ".%s%s%s", s->base, SIBLING, hex);
    if (mkdirat(s->parent, s->fresh, 0700) != 0) {
        s->fresh[0] = '\0';
        return error_errno(e, E_FILE_WRITE, errno, "%s: a new directory beside it", s->out);
    }
    s->dir = open_dir(s->parent, s->fresh);
    /* fchmod: the umask had its say. */
    if (s->dir < 0 || fchmod(s->dir, 0700) != 0 || flock(s->dir, LOCK_EX | LOCK_NB) != 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s: a new directory beside it", s->out);
    return 0;
}

/* Some file systems have no fsync for directories and say so. */
static int sync_dir(int dir)
{
    return fsync(dir) == 0 || errno == EINVAL ? 0 : -1;
}

static int write_file(int dir, const char *name, const void *p, size_t n, struct error *e)
{
    return file_write(dir, name, n ? p : "", n, 0600, e);
}

static bool is_file_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return name[0] && name[0] != '.' && strlen(name) <= 200 && name[strspn(name, allowed)] == '\0';
}

static int write_manifests(const struct sinking *s, const struct rendered *rendered, struct error *e)
{
    cleanup(fd_cleanup) int dir = -1;
    if (mkdirat(s->dir, MANIFESTS, 0700) != 0)
        return error_errno(e, E_FILE_WRITE, errno, MANIFESTS);
    dir = open_dir(s->dir, MANIFESTS);
    if (dir < 0 || fchmod(dir, 0700) != 0)
        return error_errno(e, E_FILE_WRITE, errno, MANIFESTS);
    for (unsigned i = 0; i < rendered->manifest_count; i++) {
        const struct rendered_manifest *m = &rendered->manifests[i];
        char name[NAME_ROOM];
        if (!is_file_name(m->name))
            return error_set(e, E_FILE_WRITE, "the manifest \"%s\" has no name that a file could have",
                             m->name);
        snprintf(name, sizeof name, "%s.yaml", m->name);
        if (write_file(dir, name, m->contents.p, m->contents.n, e) != 0)
            return -1;
    }
    if (sync_dir(dir) != 0)
        return error_errno(e, E_FILE_WRITE, errno, MANIFESTS);
    return 0;
}

static int write_all(const struct sinking *s, const struct rendered *rendered, struct error *e)
{
    static const char ignore[] = "# Secrets: never in git.\n*\n";
    if (file_write(s->dir, IGNORE_FILE, ignore, sizeof ignore - 1, 0600, e) != 0 ||
        write_file(s->dir, CONFIG_FILE, rendered->machine_config.data, rendered->machine_config.len, e) != 0)
        return -1;
    if (rendered->manifest_count > 0 && write_manifests(s, rendered, e) != 0)
        return -1;
    if (write_file(s->dir, PLAN_FILE, rendered->plan_json.data, rendered->plan_json.len, e) != 0)
        return -1;
    if (sync_dir(s->dir) != 0)
        return error_errno(e, E_FILE_WRITE, errno, "its directory");
    return 0;
}

/* Where the file system cannot exchange two names (NFS, some FUSE): the old one steps aside for a moment
 * under the stale-name pattern, and comes back if the new one cannot take its place. */
static int swap_in_steps(struct sinking *s)
{
    char aside[NAME_ROOM];
    snprintf(aside, sizeof aside, "%s", s->fresh);
    aside[strlen(aside) - 1] = aside[strlen(aside) - 1] == '0' ? '1' : '0';
    if (renameat(s->parent, s->base, s->parent, aside) != 0)
        return -1;
    if (renameat(s->parent, s->fresh, s->parent, s->base) != 0) {
        int saved = errno;
        renameat(s->parent, aside, s->parent, s->base);
        errno = saved;
        return -1;
    }
    snprintf(s->fresh, sizeof s->fresh, "%s", aside);
    return 0;
}

/* Puts the new directory in place. Afterwards s->fresh names what has to go: the old one, or nothing. */
static int swap(struct sinking *s, bool there, struct error *e)
{
    int result = rename_with(s->parent, s->fresh, s->base, there ? RENAME_EXCHANGE : RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS))
        result = there ? swap_in_steps(s) : renameat(s->parent, s->fresh, s->parent, s->base);
    if (result != 0)
        return error_errno(e, E_FILE_WRITE, errno, "%s: putting the new directory in place", s->out);
    if (!there)
        s->fresh[0] = '\0';
    /* It is in place for everybody now: a failing sync could not be undone, only misreported. */
    sync_dir(s->parent);
    return 0;
}

static int sink(struct sinking *s, const struct rendered *rendered, struct error *e)
{
    bool there = false;
    if (open_parent(s, e) != 0 || check_out(s, &there, e) != 0)
        return -1;
    each_name(s->parent, SIBLINGS_MAX, remove_stale, s->base);
    if (make_fresh(s, e) != 0)
        return -1;
    if (write_all(s, rendered, e) != 0)
        return error_wrap(e, "%s", s->out);
    return swap(s, there, e);
}

int sink_check(const char *out, struct error *e)
{
    struct sinking s = {.out = out, .parent = -1, .dir = -1};
    bool there = false;
    int result = open_parent(&s, e) == 0 ? check_out(&s, &there, e) : -1;
    close_sinking(&s);
    return result;
}

int sink_directory(const char *out, const struct rendered *rendered, struct error *e)
{
    static const int stops[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sinking s = {.out = out, .parent = -1, .dir = -1};
    sigset_t held;
    /* A Ctrl-C takes effect when all is in place: it must not leave secrets in a directory of no known name. */
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        sigaddset(&held, stops[i]);
    sigset_t before;
    sigprocmask(SIG_BLOCK, &held, &before);
    int result = sink(&s, rendered, e);

    /* On success the old directory, on failure the half-made new one. */
    if (s.fresh[0] && !remove_dir(s.parent, s.fresh) && result == 0)
        result =
            error_set(e, E_FILE_WRITE, "%s was written; the old one could not be removed and is now .../%s",
                      out, s.fresh);
    close_sinking(&s);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}
