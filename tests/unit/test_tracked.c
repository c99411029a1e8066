/* Is a file in git's index? Index files written here by hand, after gitformat-index. */
#include "site/tracked.h"

#include "base/buf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void be(struct buf *b, uint32_t v, unsigned bytes)
{
    while (bytes--)
        buf_char(b, (char)(v >> (8 * bytes)));
}

static void zeroes(struct buf *b, size_t n)
{
    while (n--)
        buf_char(b, '\0');
}

static struct buf index_of(unsigned version, size_t hash, const char *const *paths, unsigned count)
{
    struct buf b = {0};
    buf_str(&b, "DIRC");
    be(&b, version, 4);
    be(&b, count, 4);
    const char *last = "";
    for (unsigned i = 0; i < count; i++) {
        size_t start = b.len;
        bool extended = version >= 3 && i % 2;
        zeroes(&b, 40 + hash);
        be(&b, (uint32_t)strlen(paths[i]) | (extended ? 0x4000u : 0), 2);
        if (extended)
            be(&b, 0, 2);
        if (version == 4) {
            size_t common = 0;
            while (last[common] && last[common] == paths[i][common])
                common++;
            size_t drop = strlen(last) - common;
            if (drop >= 128) /* two bytes of the offset encoding */
                buf_char(&b, (char)(0x80 | ((drop >> 7) - 1)));
            buf_char(&b, (char)(drop & 0x7f));
            buf_add(&b, paths[i] + common, strlen(paths[i] + common) + 1);
            last = paths[i];
        } else {
            buf_str(&b, paths[i]);
            zeroes(&b, 8 - (b.len - start) % 8);
        }
    }
    return b;
}

static enum tracked look(const struct buf *b, size_t hash, const char *path)
{
    char name[] = "/tmp/hearth-index-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, b->data, b->len), (ssize_t)b->len);
    lseek(fd, 0, SEEK_SET);
    enum tracked result = tracked_index(fd, hash, path);
    close(fd);
    return result;
}

static void all_versions(void **state)
{
    (void)state;
    char deep[200];
    memset(deep, 'd', sizeof deep);
    memcpy(deep, ".a/", 3);
    deep[199] = '\0';
    const char *const paths[] = {".a",         ".a/b", deep, ".hearth/data.pem", ".hearth/data.pem.bak",
                                 "hearth.yaml"};
    for (unsigned version = 2; version <= 4; version++) {
        for (size_t hash = 20; hash <= 32; hash += 12) {
            struct buf b = index_of(version, hash, paths, 6);
            zeroes(&b, hash);
            for (unsigned i = 0; i < 6; i++)
                assert_int_equal(look(&b, hash, paths[i]), TRACKED_YES);
            assert_int_equal(look(&b, hash, ".hearth/data.secret"), TRACKED_NO);
            assert_int_equal(look(&b, hash, ".hearth"), TRACKED_NO);
            b.len -= 100; /* cut inside the entries */
            assert_int_equal(look(&b, hash, "zzz"), TRACKED_UNKNOWN);
            buf_free(&b);
        }
    }
}

static void not_understood(void **state)
{
    (void)state;
    static const char *const one[] = {"x"};
    struct buf b = index_of(5, 20, one, 1);
    assert_int_equal(look(&b, 20, "y"), TRACKED_UNKNOWN);
    buf_free(&b);
    b = index_of(2, 20, one, 1);
    b.data[0] = 'X';
    assert_int_equal(look(&b, 20, "y"), TRACKED_UNKNOWN);
    buf_free(&b);
    b = index_of(2, 20, one, 1);
    buf_str(&b, "TREE");
    be(&b, 3, 4);
    buf_str(&b, "abclink"); /* a split index: most entries are elsewhere */
    be(&b, 0, 4);
    zeroes(&b, 20);
    assert_int_equal(look(&b, 20, "y"), TRACKED_UNKNOWN);
    assert_int_equal(look(&b, 20, "x"), TRACKED_YES);
    buf_free(&b);
}

static void put(const char *dir, const char *name, const void *p, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
}

static void subdir(char *out, size_t cap, const char *dir, const char *name)
{
    snprintf(out, cap, "%s/%s", dir, name);
    assert_int_equal(mkdir(out, 0700), 0);
}

static void work_trees(void **state)
{
    (void)state;
    static const char *const paths[] = {".hearth/data.pem", "lab/.hearth/data.pem"};
    char top[] = "/tmp/hearth-tree-XXXXXX";
    assert_non_null(mkdtemp(top));
    char lab[256];
    subdir(lab, sizeof lab, top, "lab");
    assert_int_equal(tracked_file(lab, ".hearth/data.pem"), TRACKED_OUTSIDE); /* unless /tmp is a work tree */
    char git[256];
    subdir(git, sizeof git, top, ".git");
    assert_int_equal(tracked_file(lab, ".hearth/data.pem"), TRACKED_NO); /* nothing was ever added */
    struct buf b = index_of(2, 20, paths, 2);
    zeroes(&b, 20);
    put(git, "index", b.data, b.len);
    assert_int_equal(tracked_file(lab, ".hearth/data.pem"), TRACKED_YES);
    assert_int_equal(tracked_file(top, ".hearth/data.pem"), TRACKED_YES);
    assert_int_equal(tracked_file(lab, ".hearth/production.pem"), TRACKED_NO);
    char path[512];
    /* What is tracked, under a name that is not. */
    snprintf(path, sizeof path, "%s/.hearth", lab);
    assert_int_equal(mkdir(path, 0700), 0);
    put(path, "data.pem", "", 0);
    snprintf(path, sizeof path, "%s/link.pem", lab);
    assert_int_equal(symlink(".hearth/data.pem", path), 0);
    assert_int_equal(tracked_file(lab, "link.pem"), TRACKED_NO);
    assert_int_equal(tracked_content(lab, "link.pem"), TRACKED_YES);
    put(lab, "own.pem", "", 0);
    assert_int_equal(tracked_content(lab, "own.pem"), TRACKED_NO);
    assert_int_equal(tracked_content(lab, ".hearth/data.pem"), TRACKED_YES);
    assert_int_equal(tracked_content(lab, "none.pem"), TRACKED_UNKNOWN);
    buf_free(&b);
    char linked[256];
    /* SHA-256, through a linked work tree. */
    subdir(linked, sizeof linked, top, "linked");
    put(linked, ".git", "gitdir: ../.git\n", 16);
    put(git, "config", "[extensions]\n\tobjectFormat = sha256\n", 36);
    b = index_of(3, 32, paths, 2);
    zeroes(&b, 32);
    put(git, "index", b.data, b.len);
    assert_int_equal(tracked_file(linked, ".hearth/data.pem"), TRACKED_YES);
    put(git, "index", "DIRC", 4);
    assert_int_equal(tracked_file(linked, ".hearth/data.pem"), TRACKED_UNKNOWN);
    assert_int_equal(tracked_file("/nonexistent", "x"), TRACKED_UNKNOWN);
    buf_free(&b);
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", top);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_versions),
        cmocka_unit_test(not_understood),
        cmocka_unit_test(work_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
