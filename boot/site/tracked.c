#include "site/tracked.h"

#include "base/fd.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/stream.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIT_PATH_MAX 4096
#define ENTRIES_MAX 10000000u
#define STAT_BYTES 40
#define LEVELS_MAX 64

enum { FLAG_EXTENDED = 0x4000 };

static uint32_t be(struct stream *s, unsigned bytes)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | stream_next(s);
    return v;
}

/* Version 4: how many bytes of the path before are dropped (the offset encoding of pack files). */
static uint64_t varint(struct stream *s)
{
    unsigned char c = stream_next(s);
    uint64_t v = c & 0x7f;
    for (unsigned i = 0; c & 0x80 && i < 8; i++) {
        c = stream_next(s);
        v = (v + 1) << 7 | (c & 0x7f);
    }
    return v;
}

/* Reads the path of an entry over the one before; false when it is too long. */
static bool entry_path(struct stream *s, uint32_t version, char *path, size_t *length)
{
    size_t n = 0;
    if (version == 4) {
        uint64_t drop = varint(s);
        if (drop > *length)
            return false;
        n = *length - (size_t)drop;
    }
    for (unsigned char c = stream_next(s); c && !s->bad; c = stream_next(s)) {
        if (n + 1 >= GIT_PATH_MAX)
            return false;
        path[n++] = (char)c;
    }
    path[n] = '\0';
    *length = n;
    return !s->bad;
}

/* What follows the entries: a "link" extension means that most entries are in another file. */
static bool is_split(struct stream *s)
{
    for (unsigned i = 0; i < 32; i++) {
        uint32_t signature = be(s, 4);
        uint32_t size = be(s, 4);
        if (s->bad)
            return false;
        if (signature == 0x6c696e6b) /* "link" */
            return true;
        bool letters = (signature >> 24) >= 'A' && (signature >> 24) <= 'z';
        if (!letters)
            return false; /* the checksum */
        stream_skip(s, size);
    }
    return false;
}

/* Shows each path to `see` until that says that it has enough: TRACKED_YES. */
static enum tracked each_path(int fd, size_t hash, bool (*see)(void *arg, const char *path), void *arg)
{
    cleanup(mem_cleanup) struct stream *s = mem_alloc(sizeof *s);
    cleanup(mem_cleanup) char *name = mem_alloc(GIT_PATH_MAX);
    s->fd = fd;
    uint32_t signature = be(s, 4);
    uint32_t version = be(s, 4);
    uint32_t count = be(s, 4);
    if (s->bad || signature != 0x44495243 || version < 2 || version > 4 || count > ENTRIES_MAX) /* "DIRC" */
        return TRACKED_UNKNOWN;
    size_t length = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = s->taken;
        stream_skip(s, STAT_BYTES + hash);
        uint32_t flags = be(s, 2);
        if (version >= 3 && flags & FLAG_EXTENDED)
            stream_skip(s, 2);
        if (!entry_path(s, version, name, &length))
            return TRACKED_UNKNOWN;
        if (see(arg, name))
            return TRACKED_YES;
        /* Versions 2 and 3 pad with 1 to 8 NULs to a multiple of eight; one was eaten with the path. */
        if (version != 4)
            stream_skip(s, (8 - (s->taken - start) % 8) % 8);
    }
    return is_split(s) ? TRACKED_UNKNOWN : TRACKED_NO;
}

static bool is_path(void *arg, const char *path)
{
    return strcmp(arg, path) == 0;
}

enum tracked tracked_index(int fd, size_t hash, const char *path)
{
    cleanup(mem_cleanup) char *wanted = mem_strdup(path);
    return each_path(fd, hash, is_path, wanted);
}

static bool read_small(const char *path, struct buf *out)
{
    struct error ignored = {0};
    return file_read(AT_FDCWD, path, 65536, out, &ignored) == 0 && out->data;
}

/* .git is a directory, or a file "gitdir: PATH" (a linked work tree or a submodule). */
static bool git_dir(const char *top, char *out, size_t cap)
{
    snprintf(out, cap, "%s/.git", top);
    struct stat st;
    if (stat(out, &st) < 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return true;
    struct buf text = {0};
    bool good = read_small(out, &text) && strncmp(text.data, "gitdir: ", 8) == 0;
    if (good) {
        text.data[strcspn(text.data, "\r\n")] = '\0';
        const char *to = text.data + 8;
        snprintf(out, cap, "%s%s%s", to[0] == '/' ? "" : top, to[0] == '/' ? "" : "/", to);
    }
    buf_free(&text);
    return good;
}

static size_t hash_size(const char *git)
{
    UNSET char path[GIT_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/config", git);
    struct buf text = {0};
    size_t size = 20;
    if (read_small(path, &text) && strcasestr(text.data, "objectformat = sha256"))
        size = 32;
    buf_free(&text);
    return size;
}

static enum tracked look(const char *git, bool (*see)(void *arg, const char *path), void *arg)
{
    UNSET char index[GIT_PATH_MAX + 16];
    snprintf(index, sizeof index, "%s/index", git);
    cleanup(fd_cleanup) int fd = open(index, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? TRACKED_NO : TRACKED_UNKNOWN;
    return each_path(fd, hash_size(git), see, arg);
}

/* Finds the work tree around dir: its git directory and dir/path as the index names it, both of 2 * GIT_PATH_MAX bytes.
 * TRACKED_YES: found. */
static enum tracked find_work_tree(const char *dir, const char *path, char *git, char *below)
{
    cleanup(mem_cleanup) char *whole = mem_alloc(GIT_PATH_MAX);
    cleanup(mem_cleanup) char *top = mem_alloc(GIT_PATH_MAX);
    if (!realpath(dir, whole))
        return TRACKED_UNKNOWN;
    strcpy(top, whole);
    for (unsigned i = 0; i < LEVELS_MAX; i++) {
        if (git_dir(top, git, 2 * GIT_PATH_MAX)) {
            const char *rest = whole + strlen(top);
            rest += *rest == '/';
            snprintf(below, 2 * GIT_PATH_MAX, "%s%s%s", rest, rest[0] ? "/" : "", path);
            return TRACKED_YES;
        }
        if (strcmp(top, "/") == 0)
            return TRACKED_OUTSIDE;
        char *slash = strrchr(top, '/');
        slash[slash == top ? 1 : 0] = '\0';
    }
    return TRACKED_UNKNOWN;
}

enum tracked tracked_file(const char *dir, const char *path)
{
    cleanup(mem_cleanup) char *below = mem_alloc(2 * GIT_PATH_MAX);
    cleanup(mem_cleanup) char *git = mem_alloc(2 * GIT_PATH_MAX);
    enum tracked found = find_work_tree(dir, path, git, below);
    return found == TRACKED_YES ? look(git, is_path, below) : found;
}

/* Paths by their hashes, and which of them were met. */
struct meeting {
    struct path_met {
        const char *path;
        bool met, counted;
    } * slots;
    uint32_t mask;
    const char *prefix;
};

/* The slot of the path, or the free one where it belongs. */
static struct path_met *slot_of(const struct meeting *m, const char *path)
{
    for (uint32_t i = text_hash(TEXT_HASH, path);; i++) {
        struct path_met *slot = &m->slots[i & m->mask];
        if (!slot->path || strcmp(slot->path, path) == 0)
            return slot;
    }
}

static bool meet(void *arg, const char *path)
{
    const struct meeting *m = arg;
    size_t n = strlen(m->prefix);
    if (strncmp(path, m->prefix, n) == 0)
        slot_of(m, path + n)->met = true;
    return false;
}

unsigned tracked_missing(const char *dir, const struct tracked_path *paths, unsigned count, const char **last)
{
    cleanup(mem_cleanup) char *prefix = mem_alloc(2 * GIT_PATH_MAX);
    cleanup(mem_cleanup) char *git = mem_alloc(2 * GIT_PATH_MAX);
    struct meeting m = {.mask = 1, .prefix = prefix};
    if (find_work_tree(dir, "", git, prefix) != TRACKED_YES)
        return 0;
    while (m.mask < 2 * count)
        m.mask = 2 * m.mask + 1;
    m.slots = mem_alloc_array(m.mask + 1, sizeof *m.slots);
    for (const struct tracked_path *p = paths; p; p = p->next)
        slot_of(&m, p->path)->path = p->path;
    if (look(git, meet, &m) != TRACKED_NO)
        paths = NULL;
    unsigned missing = 0;
    for (; paths; paths = paths->next) {
        struct path_met *slot = slot_of(&m, paths->path);
        if (slot->met)
            continue;
        /* One file may stand in the list more than once. */
        missing += !slot->counted;
        slot->counted = true;
        *last = paths->path;
    }
    mem_free(m.slots);
    return missing;
}

enum tracked tracked_content(const char *dir, const char *path)
{
    enum tracked by_name = tracked_file(dir, path);
    if (by_name == TRACKED_YES || by_name == TRACKED_UNKNOWN)
        return by_name;
    cleanup(mem_cleanup) char *name = mem_alloc(2 * GIT_PATH_MAX);
    cleanup(mem_cleanup) char *real = mem_alloc(GIT_PATH_MAX);
    snprintf(name, 2 * GIT_PATH_MAX, "%s/%s", dir, path);
    if (!realpath(name, real))
        return TRACKED_UNKNOWN;
    char *slash = strrchr(real, '/');
    *slash = '\0';
    enum tracked behind = tracked_file(slash == real ? "/" : real, slash + 1);
    return behind == TRACKED_OUTSIDE ? by_name : behind;
}
