/* What stands on a disk that machined has no name for: each mark at its place, and nothing anywhere else. */
#include "node/superblock.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE (4 << 20) /* bytes; a multiple of all units */

struct scene {
    char root[64];
    char path[128];
    int fd;
};

static void begin(struct scene *s, off_t size)
{
    snprintf(s->root, sizeof s->root, "/tmp/hearth-superblock-XXXXXX");
    assert_non_null(mkdtemp(s->root));
    char dev[96];
    snprintf(dev, sizeof dev, "%s/dev", s->root);
    assert_int_equal(mkdir(dev, 0700), 0);
    snprintf(s->path, sizeof s->path, "%s/sda", dev);
    FILE *f = fopen(s->path, "w+");
    assert_non_null(f);
    s->fd = dup(fileno(f));
    fclose(f);
    assert_int_equal(ftruncate(s->fd, size), 0);
}

static void end(struct scene *s)
{
    close(s->fd);
    (void)unlink(s->path);
    char dev[96];
    snprintf(dev, sizeof dev, "%s/dev", s->root);
    assert_int_equal(rmdir(dev), 0);
    assert_int_equal(rmdir(s->root), 0);
}

static const struct row {
    /* NULL: none */
    const char *name;
    off_t size, at;
    const char *bytes;
    size_t n;
} rows[] = {
    {"ntfs", SIZE, 0, "\xeb\x52\x90NTFS    ", 11},
    {"exfat", SIZE, 0,
     "\xeb\x76\x90"
     "EXFAT   ",
     11},
    {"refs", SIZE, 3, "ReFS\0\0\0\0", 8},
    {"BitLocker", SIZE, 3, "-FVE-FS-", 8},
    {"apfs", SIZE, 32, "NXSB", 4},
    {"hfsplus", SIZE, 1024, "H+\0\4", 4},
    {"hfsplus", SIZE, 1024, "HX\0\5", 4},
    {"f2fs", SIZE, 1024, "\x10\x20\xf5\xf2", 4},
    {"bcache", SIZE, 4120, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca", 8},
    {"jfs", SIZE, 32768, "JFS1", 4},
    {"reiserfs", SIZE, 65588, "ReIsEr2Fs", 9},
    {"btrfs", SIZE, 65600, "_BHRfS_M", 8},
    {"linux_raid_member", SIZE, 0, "\xfc\x4e\x2b\xa9", 4},
    {"linux_raid_member", SIZE, 4096, "\xfc\x4e\x2b\xa9", 4},
    {"linux_raid_member", SIZE, SIZE - 8192, "\xfc\x4e\x2b\xa9", 4},
    {"linux_raid_member", SIZE + 2560, SIZE - 8192, "\xfc\x4e\x2b\xa9", 4},  /* md rounds down to 4 KiB */
    {"linux_raid_member", SIZE + 4096, SIZE - 65536, "\xfc\x4e\x2b\xa9", 4}, /* and 0.90 to 64 KiB */
    {"isw_raid_member", SIZE, SIZE - 1024, "Intel Raid ISM Cfg Sig. ", 24},
    {"ddf_raid_member", SIZE, SIZE - 512, "\xde\x11\xde\x11", 4},
    /* Nothing, or not quite that, or not there. */
    {NULL, SIZE, 0, "", 0},
    {NULL, SIZE, 3, "ReFSx", 5},
    {NULL, SIZE, 3, "NTFT    ", 8},
    {NULL, SIZE, 65600, "_BHRfS_N", 8},
    {NULL, SIZE, 65599, "_BHRfS_M", 8},
    {NULL, SIZE, 1024, "H+\0\5", 4},
    {NULL, SIZE, 8192, "\xfc\x4e\x2b\xa9", 4},
    {NULL, SIZE, SIZE - 4096, "\xfc\x4e\x2b\xa9", 4},
    {NULL, SIZE, SIZE - 512, "Intel Raid ISM Cfg Sig. ", 24},
    {NULL, SIZE, SIZE - 1024, "\xde\x11\xde\x11", 4},
    /* Shorter than the places. */
    {"what cannot be read", 0, 0, "", 0},
    {NULL, 512, 0, "", 0},
    {"linux_raid_member", 4, 0, "\xfc\x4e\x2b\xa9", 4},
    {NULL, 3, 0, "\xfc\x4e\x2b", 3},
};

static void marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        struct scene s;
        begin(&s, r->size);
        assert_int_equal(pwrite(s.fd, r->bytes, r->n, r->at), (ssize_t)r->n);
        const char *found = superblock_find(s.path);
        if (!r->name != !found || (found && strcmp(found, r->name) != 0))
            fail_msg("row %zu: found %s, not %s", i, found ? found : "nothing",
                     r->name ? r->name : "nothing");
        end(&s);
    }
}

static void unreadable(void **state)
{
    (void)state;
    assert_null(superblock_find("/nonexistent/sda"));
    assert_string_equal(superblock_find("/tmp"), "what cannot be read");
    /* Of all errors of open one or two mean that it is not there. */
    char loop[] = "/tmp/superblock-XXXXXX";
    int fd = mkstemp(loop);
    assert_int_equal(close(fd) | unlink(loop) | symlink(loop, loop), 0);
    assert_string_equal(superblock_find(loop), "what cannot be read");
    unlink(loop);
    assert_string_equal(superblock_find("/dev/null/sda"), "what cannot be read");
    assert_string_equal(superblock_find("/proc/self/mem"), "what cannot be read");
}

/* What cannot be opened for now is told apart from what no second look would open. */
static void passing(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        static const struct look_volume seen = {.id = "sda", .name = "", .parent = ""};
        struct scene s;
        struct look look = {.pool = pool_new(), .volumes = &seen, .volume_count = 1};
        begin(&s, SIZE);
        assert_int_equal(unlink(s.path) | symlink("/dev/null/sda", s.path), 0);
        struct rlimit before;
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        const struct rlimit none = {0, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, full ? &none : &before), 0);
        superblock_look(&look, s.root);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(look.volumes[0].passing, full);
        assert_string_equal(look.volumes[0].name, "what cannot be read");
        end(&s);
        pool_free(look.pool);
    }
}

/* Only whole disks without a name get one; the look that was there is not written to. */
static void look_is_completed(void **state)
{
    (void)state;
    static const struct look_volume seen[] = {
        {.id = "sda", .name = "", .parent = ""},
        {.id = "sda", .name = "gpt", .parent = ""},
        {.id = "sda", .name = "", .parent = "sdb"},
        {.id = "sdz", .name = "", .parent = ""},
    };
    struct scene s;
    struct look look = {.pool = pool_new(), .volumes = seen, .volume_count = 4};
    begin(&s, SIZE);
    assert_int_equal(pwrite(s.fd, "_BHRfS_M", 8, 65600), 8);
    superblock_look(&look, s.root);
    assert_false(look.volumes[0].passing);
    assert_string_equal(look.volumes[0].name, "btrfs");
    assert_string_equal(look.volumes[1].name, "gpt");
    assert_string_equal(look.volumes[2].name, "");
    assert_string_equal(look.volumes[3].name, "");
    assert_string_equal(seen[0].name, "");
    end(&s);
    pool_free(look.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks),
        cmocka_unit_test(unreadable),
        cmocka_unit_test(passing),
        cmocka_unit_test(look_is_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
