#include "node/watch.h"

#include "base/fd.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "facts/facts.h"

#include <bearssl_hash.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLL_MS 2000u
#define FILES_MAX 4096 /* of a site that are looked at */
#define DEPTH_MAX 8

/* Takes fd over. The order in which a directory is read may differ from time to time, so the files are summed up. */
static void add_files(int fd, unsigned depth, unsigned *left, uint64_t sum[4])
{
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        fd_cleanup(&fd);
        return;
    }
    struct dirent *entry;
    while (*left && (entry = readdir(dir)) != NULL) {
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        (*left)--;
        const uint64_t now[4] = {st.st_ino, (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
                                 S_ISDIR(st.st_mode) ? 0 : (uint64_t)st.st_size};
        for (unsigned i = 0; i < 4; i++)
            sum[i] += now[i] * (2 * st.st_ino + 1);
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            add_files(openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                      depth + 1, left, sum);
    }
    closedir(dir);
}

static bool read_print(const struct boot *boot, struct fingerprint *out)
{
    const struct options *o = &boot->options;
    UNSET struct error ignored;
    json_t *facts = facts_read(o->sysroot ? o->sysroot : "", &ignored);
    char *dump = facts ? json_dumps(facts, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
    json_decref(facts);
    uint64_t sum[4] = {0};
    unsigned left = FILES_MAX;
    cleanup(look_cleanup) struct look *look = NULL;
    if (dump && look_all(&boot->target, &look, &ignored) == 0) {
        br_sha256_context sha;
        br_sha256_init(&sha);
        br_sha256_update(&sha, look->active_config.p, look->active_config.n);
        struct buf text = {0};
        buf_printf(&text, "|%s|%d|%s|", dump, (int)look->stage, look->system_disk ? look->system_disk : "");
        for (unsigned i = 0; i < look->volume_count; i++)
            buf_printf(&text, "|%s %s %s", look->volumes[i].id, look->volumes[i].name,
                       look->volumes[i].partition_label);
        add_files(open(o->site, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, &left, sum);
        br_sha256_update(&sha, text.data, text.len);
        br_sha256_update(&sha, sum, sizeof sum);
        br_sha256_out(&sha, out->bytes);
        out->known = true;
        buf_free(&text);
    }
    free(dump);
    return look != NULL;
}

bool watch_changed(const struct boot *boot, struct fingerprint *before)
{
    struct fingerprint now = {0};
    if (!read_print(boot, &now))
        return false;
    if (!before->known)
        *before = now;
    return memcmp(before->bytes, now.bytes, sizeof now.bytes) != 0;
}

bool watch_wait(const struct boot *boot)
{
    struct fingerprint before = {0};
    uint64_t begin = clock_ms(), passed = 0;
    bool changed = false;
    while (!changed || passed < WATCH_LEAST_MS) {
        if (passed >= WATCH_MOST_MS)
            return false;
        /* Read at the beginning for what to compare with, and then only when an attempt may follow. */
        if (!before.known || passed >= WATCH_LEAST_MS) {
            bool blind = !before.known && passed > 0;
            /* That it can be read at last is a change too: it may be what was waited for. */
            changed = watch_changed(boot, &before) || (blind && before.known) || changed;
        }
        if (node_pause(boot, changed && passed >= WATCH_LEAST_MS ? 0 : POLL_MS))
            return true;
        passed = clock_ms() - begin;
    }
    return false;
}
