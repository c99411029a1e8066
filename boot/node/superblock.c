#include "node/superblock.h"

#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_MAX 8

/* A negative place counts from the end of the disk, rounded down to `unit`. */
static const struct {
    const char *name;
    int place;
    unsigned unit;
    char magic[MAGIC_MAX + 1];
    unsigned char length;
} marks[] = {
    {"ntfs", 3, 1, "NTFS    ", 8},
    {"exfat", 3, 1, "EXFAT   ", 8},
    {"refs", 3, 1, "ReFS\0\0\0\0", 8},
    {"BitLocker", 3, 1, "-FVE-FS-", 8},
    {"apfs", 32, 1, "NXSB", 4},
    {"hfsplus", 1024, 1, "H+\0\4", 4},
    {"hfsplus", 1024, 1, "HX\0\5", 4},
    {"f2fs", 1024, 1, "\x10\x20\xf5\xf2", 4},
    {"bcache", 0x1018, 1, "\xc6\x85\x73\xf6", 4},
    {"jfs", 0x8000, 1, "JFS1", 4},
    {"reiserfs", 0x10034, 1, "ReIsEr", 6},
    {"btrfs", 0x10040, 1, "_BHRfS_M", 8},
    {"linux_raid_member", 0, 1, "\xfc\x4e\x2b\xa9", 4},          /* md 1.1 */
    {"linux_raid_member", 4096, 1, "\xfc\x4e\x2b\xa9", 4},       /* md 1.2 */
    {"linux_raid_member", -8192, 4096, "\xfc\x4e\x2b\xa9", 4},   /* md 1.0 */
    {"linux_raid_member", -65536, 65536, "\xfc\x4e\x2b\xa9", 4}, /* md 0.90 */
    {"isw_raid_member", -1024, 512, "Intel Ra", 8},
    {"ddf_raid_member", -512, 512, "\xde\x11\xde\x11", 4},
};

static const char unreadable[] = "what cannot be read";

static bool read_whole(int fd, char *out, size_t n, off_t at)
{
    while (n) {
        ssize_t got = pread(fd, out, n, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out += got;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static const char *find(int fd)
{
    errno = 0; /* what ends before its size says why by no errno */
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0)
        return unreadable;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        off_t at = marks[i].place;
        if (at < 0)
            at += size - size % marks[i].unit;
        if (at < 0 || at + marks[i].length > size)
            continue;
        char seen[MAGIC_MAX] = "";
        if (!read_whole(fd, seen, marks[i].length, at))
            return unreadable;
        if (memcmp(seen, marks[i].magic, marks[i].length) == 0)
            return marks[i].name;
    }
    return NULL;
}

const char *superblock_find(const char *path)
{
    cleanup(fd_cleanup) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENXIO ? NULL : unreadable;
    return find(fd);
}

void superblock_look(struct look *look, const char *sysroot)
{
    struct look_volume *volumes = pool_alloc(look->pool, (look->volume_count + 1) * sizeof *volumes);
    memcpy(volumes, look->volumes, look->volume_count * sizeof *volumes);
    UNSET char path[4096];
    for (unsigned i = 0; i < look->volume_count; i++) {
        struct look_volume *v = &volumes[i];
        if (v->parent[0] || v->name[0])
            continue;
        v->unnamed = true;
        snprintf(path, sizeof path, "%s/dev/%s", sysroot ? sysroot : "", v->id);
        const char *found = superblock_find(path);
        v->passing = found == unreadable && error_passes(errno);
        if (found)
            v->name = found;
    }
    look->volumes = volumes;
}
