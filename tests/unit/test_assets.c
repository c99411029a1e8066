/* The asset reader: the format's limits, and streams that lie. */
#include "embed/assets.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

struct seen {
    char log[512];
    size_t bytes;
    /* which callback fails: 1 file, 2 data, 3 done */
    int fail_at;
    bool skip;
};

static int on_file(void *arg, const char *path, uint32_t size, bool *want, struct error *e)
{
    struct seen *s = arg;
    size_t n = strlen(s->log);
    snprintf(s->log + n, sizeof s->log - n, "%s:%u ", path, size);
    *want = !s->skip;
    return s->fail_at == 1 ? error_set(e, E_USAGE, "file") : 0;
}

static int on_data(void *arg, const void *p, size_t n, struct error *e)
{
    struct seen *s = arg;
    (void)p;
    s->bytes += n;
    return s->fail_at == 2 ? error_set(e, E_USAGE, "data") : 0;
}

static int on_done(void *arg, struct error *e)
{
    struct seen *s = arg;
    strcat(s->log, "; ");
    return s->fail_at == 3 ? error_set(e, E_USAGE, "done") : 0;
}

/* Appends one entry; length is what the header says, n what is there. */
static size_t entry(unsigned char *at, const char *path, size_t path_len, uint32_t length, size_t n)
{
    at[0] = (unsigned char)path_len;
    at[1] = (unsigned char)(path_len >> 8);
    for (int i = 0; i < 4; i++)
        at[2 + i] = (unsigned char)(length >> (8 * i));
    memcpy(at + 6, path, path_len);
    memset(at + 6 + path_len, 'x', n);
    return 6 + path_len + n;
}

static int walk(const unsigned char *raw, size_t n, size_t cut, size_t count, struct seen *seen,
                struct error *e)
{
    static unsigned char blob[65536];
    uLongf len = sizeof blob;
    assert_int_equal(compress2(blob, &len, raw, n, 9), Z_OK);
    const struct assets_visitor v = {on_file, on_data, on_done, seen};
    return assets_walk_blob(blob, len - cut, count, &v, e);
}

static unsigned char raw[200000];

static void reads_every_file(void **state)
{
    (void)state;
    struct seen seen = {.skip = false};
    size_t n = entry(raw, "a", 1, 0, 0);
    n += entry(raw + n, "d/e.yaml", 8, 100000, 100000);
    struct error e = {0};
    assert_int_equal(walk(raw, n, 0, 2, &seen, &e), 0);
    assert_string_equal(seen.log, "a:0 ; d/e.yaml:100000 ; ");
    assert_int_equal(seen.bytes, 100000);
}

static void skips_what_is_not_wanted(void **state)
{
    (void)state;
    struct seen seen = {.skip = true};
    size_t n = entry(raw, "a", 1, 5000, 5000);
    n += entry(raw + n, "b", 1, 1, 1);
    struct error e = {0};
    assert_int_equal(walk(raw, n, 0, 2, &seen, &e), 0);
    assert_string_equal(seen.log, "a:5000 b:1 ");
    assert_int_equal(seen.bytes, 0);
}

static void ends_with_a_callbacks_error(void **state)
{
    (void)state;
    for (int at = 1; at <= 3; at++) {
        struct error e = {0};
        struct seen seen = {.fail_at = at};
        size_t n = entry(raw, "a", 1, 4, 4);
        assert_int_equal(walk(raw, n, 0, 1, &seen, &e), -1);
        assert_int_equal(e.code, E_USAGE);
    }
}

static void refuses_streams_that_lie(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t path_len;
        uint32_t length;
        size_t there, count;
    } rows[] = {
        {"a", 1, 10, 9, 1},                   /* file ends early */
        {"a", 1, 1, 1, 2},                    /* list ends early */
        {"a", 1, ASSETS_FILE_MAX + 1, 10, 1}, /* longer than allowed */
        {"a", 1, UINT32_MAX, 10, 1},          /* longer than anything */
        {"", 0, 1, 1, 1},                     /* no path */
        {"../x", 4, 1, 1, 1},                 /* leaves the directory */
        {"a/../../x", 9, 1, 1, 1},            /* leaves it later */
        {"/etc/x", 6, 1, 1, 1},               /* absolute */
        {"a\0b", 3, 1, 1, 1},                 /* NUL */
        {"a", 1, 1, 1, ASSETS_COUNT_MAX + 1}, /* too many */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error e = {0};
        struct seen seen = {.skip = false};
        size_t n = entry(raw, rows[i].path, rows[i].path_len, rows[i].length, rows[i].there);
        assert_int_equal(walk(raw, n, 0, rows[i].count, &seen, &e), -1);
        assert_int_equal(e.code, E_SYSTEM);
    }
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    size_t n = 0;
    for (unsigned i = 0; i < 40; i++) {
        char path[16];
        snprintf(path, sizeof path, "f%u", i * 7919);
        n += entry(raw + n, path, strlen(path), i * 31, i * 31);
    }
    struct error e = {0};
    struct seen whole = {.skip = true};
    assert_int_equal(walk(raw, n, 0, 40, &whole, &e), 0);
    for (size_t cut = 1; cut < 200; cut++) {
        struct seen seen = {.skip = true};
        assert_int_equal(walk(raw, n, cut, 40, &seen, &e), -1);
        assert_int_equal(e.code, E_SYSTEM);
    }
}

/* One file of a stream, or the word for what is wrong with it: never part of it, never a text with a flipped bit. */
static void one_file_is_whole_or_none(void **state)
{
    (void)state;
    static unsigned char blob[8192];
    uLongf len = sizeof blob;
    size_t n = entry(raw, "a", 1, 5000, 5000);
    n += entry(raw + n, "b", 1, 3, 3);
    assert_int_equal(compress2(blob, &len, raw, n, 9), Z_OK);
    struct error e = {0};
    char *text = assets_get(blob, len, 2, "b", &e);
    assert_string_equal(text, "xxx");
    mem_free(text);
    assert_null(assets_get(blob, len, 2, "c", &e));
    assert_int_equal(e.code, E_SYSTEM);
    assert_non_null(strstr(e.text, "damaged"));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
        text = assets_get(blob, len, 2, "a", &e);
        blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
        /* The level that the first bytes name is nobody's concern. */
        if (text)
            assert_true(strspn(text, "x") == 5000 && text[5000] == '\0');
        else
            assert_int_equal(e.code, E_SYSTEM);
        mem_free(text);
    }
}

static void judges_paths(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a/b", ".hidden", "a/..b/c", "a.b", "...", "with space"};
    static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..", "a/.", "./a", "a/../b", "a/.."};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(assets_path_ok(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(assets_path_ok(bad[i], strlen(bad[i])));
    char long_path[ASSETS_PATH_MAX + 1];
    memset(long_path, 'a', sizeof long_path);
    assert_true(assets_path_ok(long_path, ASSETS_PATH_MAX));
    assert_false(assets_path_ok(long_path, ASSETS_PATH_MAX + 1));
}

/* Names and lengths of the example itself: what the build packed can be read, to its end. */
static void reads_the_embedded_example(void **state)
{
    (void)state;
    struct seen seen = {.skip = false};
    const struct assets_visitor v = {.file = on_file, .data = on_data, .done = NULL, .arg = &seen};
    struct error e = {0};
    assert_int_equal(assets_walk(&v, &e), 0);
    assert_true(assets_count == 0 || seen.bytes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_file),
        cmocka_unit_test(skips_what_is_not_wanted),
        cmocka_unit_test(ends_with_a_callbacks_error),
        cmocka_unit_test(refuses_streams_that_lie),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(one_file_is_whole_or_none),
        cmocka_unit_test(judges_paths),
        cmocka_unit_test(reads_the_embedded_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
