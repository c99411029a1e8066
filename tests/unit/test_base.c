/* boot/base: text, readers, buffers, errors, files. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/sought.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdarg.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void utf8_is_judged_by_rfc_3629(void **state)
{
    (void)state;
    static const char *const good[] = {
        "", "a", "\xc2\x80", "\xe2\x82\xac", "\xf0\x9f\x94\xa5", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80",
                                      "\xe2\x82",
                                      "\xff",
                                      "a\xc2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
    assert_true(text_is_utf8("a\0b", 3));
}

static void a_strangers_text_cannot_move_the_cursor(void **state)
{
    (void)state;
    char out[128];
    assert_string_equal(text_clean_z(out, sizeof out, "Dell\x1b[2J\r\n"), "Dell\\x1b[2J\\x0d\\x0a");
    assert_string_equal(text_clean_z(out, sizeof out,
                                     "a\xff"
                                     "b\xc2\x9b"
                                     "c\xe2\x80\xae"
                                     "d"),
                        "a\\xffb\\x9bc\\u{202e}d");
    assert_string_equal(text_clean_z(out, sizeof out, "\xe2\x82\xac"), "\xe2\x82\xac");
    assert_string_equal(text_clean_z(out, 4, "ab\xe2\x82\xac"), "ab");
    assert_string_equal(text_clean_z(out, 1, "x"), "");
}

static void base64_takes_one_spelling_only(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zg==Zg==", "Z===", "====", "Zm-v"};
    unsigned char out[64];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct buf b = {0};
        text_base64(&b, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(b.data ? b.data : "", pairs[i][1]);
        assert_int_equal(text_base64_decode(out, pairs[i][1], strlen(pairs[i][1])), strlen(pairs[i][0]));
        assert_memory_equal(out, pairs[i][0], strlen(pairs[i][0]));
        buf_free(&b);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(text_base64_decode(out, bad[i], strlen(bad[i])), SIZE_MAX);
    struct buf url = {0};
    text_base64url(&url, "\xfb\xff\xfe\x01", 4);
    assert_string_equal(url.data, "-__-AQ");
    buf_free(&url);
}

static void percent_encoding_is_what_the_sdk_sends(void **state)
{
    (void)state;
    struct buf b = {0};
    text_percent(&b, "a~b+c/d=e f&g%h", 15);
    assert_string_equal(b.data, "a~b%2Bc%2Fd%3De%20f%26g%25h");
    buf_free(&b);
}

static void globs_match_as_written(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"*i5-6500T*", "Intel(R) Core(TM) i5-6500T CPU @ 2.50GHz", true},
        {"optiplex ????", "OptiPlex 7040", true},
        {"*", "", true},
        {"", "", true},
        {"a*b*c", "aXbXbXc", true},
        {"", "a", false},
        {"?", "", false},
        {"a*b", "aXbX", false},
        {"[a]", "a", false},
        {"i5-6500T", "i5-6500T ", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(text_glob(cases[i].pattern, cases[i].text), cases[i].match);
    char many[2001];
    memset(many, 'a', 2000);
    many[2000] = '\0';
    assert_false(text_glob("*a*a*a*a*a*a*a*a*a*a*b", many));
}

static void the_nearest_word_is_near(void **state)
{
    (void)state;
    static const char *const words[] = {"transport", "size", "model", NULL};
    assert_string_equal(text_nearest("tranport", words), "transport");
    assert_string_equal(text_nearest("Model", words), "model");
    assert_null(text_nearest("xyz", words));
    assert_null(text_nearest("", words));
    char size[32];
    assert_string_equal(text_size(size, sizeof size, 269825), "269 kB");
    assert_string_equal(text_size(size, sizeof size, 240057409536), "240 GB");
    assert_string_equal(text_size(size, sizeof size, 4300), "4.3 kB");
    assert_string_equal(text_size(size, sizeof size, 999), "999 B");
    assert_string_equal(text_memory(size, sizeof size, 8192), "8 GiB");
    assert_string_equal(text_memory(size, sizeof size, 7680), "7.5 GiB");
    assert_string_equal(text_memory(size, sizeof size, 512), "512 MiB");
}

static void a_reader_never_passes_its_end(void **state)
{
    (void)state;
    struct reader r = reader_of("\x01\x02\x03\x04\x05", 5);
    assert_int_equal(reader_u16le(&r), 0x0201);
    assert_int_equal(reader_u16be(&r), 0x0304);
    assert_int_equal(reader_u16be(&r), 0);
    assert_true(r.bad);
    assert_int_equal(reader_u8(&r), 0); /* bad stays, though a byte is left */
    r = reader_of("ab", 2);
    assert_null(reader_until(&r, 0).p);
    assert_true(r.bad);
    r = reader_of("ab\0c", 4);
    assert_true(span_is(reader_until(&r, 0), "ab"));
    assert_false(span_is(reader_take(&r, 1), "d"));
    r = reader_of("12345678", 8);
    assert_true(reader_u64le(&r) == 0x3837363534333231u);
    r = reader_of("abc", 3);
    reader_skip(&r, SIZE_MAX);
    assert_true(r.bad);
}

static void a_buffer_stops_at_its_maximum(void **state)
{
    (void)state;
    struct buf b = {.max = 5};
    buf_str(&b, "abc");
    buf_str(&b, "def");
    buf_str(&b, "g");
    assert_true(b.full);
    assert_string_equal(b.data, "abc");
    buf_consume(&b, 1);
    assert_string_equal(b.data, "bc");
    buf_free(&b);
    assert_int_equal(b.max, 5);
}

/* What a machine fails with for a moment is tried again soon, whatever the code's class says; what a person must mend
 * is not. */
static void faults_that_pass(void **state)
{
    (void)state;
    static const int passing[] = {EIO, ENOMEM, EMFILE, ENFILE, EINTR, EAGAIN, ESTALE};
    static const int lasting[] = {ENOENT, EACCES, ENOTDIR, ELOOP, EISDIR, 0};
    struct error e;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        error_errno(&e, E_FILE_READ, passing[i], "x");
        error_wrap(&e, "reading");
        assert_true(e.passing);
    }
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        error_errno(&e, E_FILE_READ, lasting[i], "x");
        assert_false(e.passing);
    }
    error_set(&e, E_FILE_READ, "x");
    assert_false(e.passing);
}

static void errors_say_where_and_never_overflow(void **state)
{
    (void)state;
    struct error e;
    struct pos pos = {"hearth.yaml", 3, 7};
    assert_int_equal(error_at(&e, pos, E_USAGE, "no %s", "such\nthing"), -1);
    assert_string_equal(e.text, "hearth.yaml:3:7: no such\\x0athing");
    error_wrap(&e, "reading %s", "x");
    assert_string_equal(e.text, "reading x: hearth.yaml:3:7: no such\\x0athing");
    char big[4000];
    memset(big, 'y', sizeof big);
    big[sizeof big - 1] = '\0';
    error_set(&e, E_USAGE, "%s", big);
    assert_string_equal(e.text + strlen(e.text) - 3, "...");
    error_wrap(&e, "%s", big);
    assert_true(strlen(e.text) < ERROR_TEXT_MAX);
    struct errors list = {0};
    for (int i = 0; i < ERRORS_MAX + 3; i++)
        errors_at(&list, pos, E_USAGE, "%d", i);
    assert_int_equal(list.count, ERRORS_MAX);
    assert_int_equal(list.dropped, 3);
    errors_free(&list);
    assert_int_equal(error_find("usage"), E_USAGE);
    assert_int_equal(error_find("nope"), E_NONE);
    assert_int_equal(error_find(""), E_NONE);
}

static void unread(struct errors *list, const char *file)
{
    errors_at(list, (struct pos){.file = file}, E_PLAN_ADVICE, "%s is not read", "it");
}

/* Each kind once, most important first; a list that is full has room for a kind that it lacks. */
static void warnings_are_said_by_kind(void **state)
{
    (void)state;
    struct errors list = {0};
    errors_at(&list, (struct pos){0}, E_PLAN_OPEN, "open");
    unread(&list, "a");
    for (int i = 0; i < ERRORS_MAX; i++)
        unread(&list, "b");
    errors_at(&list, (struct pos){0}, E_PLAN_ADVICE, "small");
    struct pos at = {.file = "c", .line = 3, .column = 4};
    errors_at(&list, at, E_PLAN_RISK, "big");
    unread(&list, "d");
    assert_int_equal(list.count, ERRORS_MAX);
    assert_int_equal(errors_total(&list), ERRORS_MAX + 5);
    struct errors_kind kinds[ERRORS_MAX];
    assert_int_equal(errors_kinds(&list, kinds), 4);
    char text[ERRORS_SAID_MAX];
    assert_string_equal(errors_said(text, &list, &kinds[0]), "c:3:4: big");
    assert_string_equal(errors_said(text, &list, &kinds[1]),
                        "a: it is not read (and 21 more of this kind: b, b, b ...)");
    assert_string_equal(errors_said(text, &list, &kinds[2]), "small");
    assert_string_equal(errors_said(text, &list, &kinds[3]), "open");
    errors_free(&list);
    assert_int_equal(errors_kinds(&list, kinds), 0);
}

static void every_code_has_its_words(void **state)
{
    (void)state;
    for (int i = 1; i < (int)E_END_; i++) {
        struct error_info info = error_info((enum error_code)i);
        assert_true(info.slug[0] && info.sentence[0] && info.next[0]);
        assert_int_equal(error_find(info.slug), i); /* no slug twice */
    }
    assert_string_equal(error_info(E_USAGE).sentence, "the command line is not one hearth knows");
    assert_string_equal(error_info(E_END_).next, "");
}

static void files_are_read_and_written_whole(void **state)
{
    (void)state;
    char dir[] = "/tmp/hearth-unit-XXXXXX";
    assert_non_null(mkdtemp(dir));
    int fd = open(dir, O_RDONLY | O_DIRECTORY);
    umask(0);
    struct error e;
    assert_int_equal(file_write(fd, "f", "0123456789", 10, 0600, &e), 0);
    struct stat st;
    assert_int_equal(fstatat(fd, "f", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct buf b = {0};
    assert_int_equal(file_read(fd, "f", 10, &b, &e), 0);
    assert_string_equal(b.data, "0123456789");
    assert_int_equal(file_read(fd, "f", 9, &b, &e), -1);
    assert_int_equal(e.code, E_FILE_TOO_LARGE);
    assert_int_equal(file_read(fd, "none", 9, &b, &e), -1);
    assert_int_equal(e.code, E_FILE_READ);
    assert_int_equal(mkfifoat(fd, "fifo", 0600), 0);
    assert_int_equal(file_read(fd, "fifo", 9, &b, &e), -1); /* must not hang */
    assert_int_equal(file_read(fd, ".", 9, &b, &e), -1);
    assert_int_equal(mkdirat(fd, "taken", 0700), 0);
    assert_int_equal(file_write(fd, "taken", "x", 1, 0600, &e), -1);
    assert_int_equal(e.code, E_FILE_WRITE);
    unlinkat(fd, "f", 0);
    unlinkat(fd, "fifo", 0);
    unlinkat(fd, "taken", AT_REMOVEDIR);
    close(fd);
    assert_int_equal(rmdir(dir), 0); /* nothing temporary is left */
    buf_free(&b);
}

static void a_clock_that_cannot_be_right_does_not_judge(void **state)
{
    (void)state;
    const int64_t built = 1795348800; /* 2026-11-22 */
    struct error e;
    assert_int_equal(clock_judge(built, built, &e), 0);
    assert_int_equal(clock_judge(built + CLOCK_AHEAD_MAX, built, &e), 0);
    assert_int_equal(clock_judge(0, built, &e), -1);
    assert_int_equal(e.code, E_CLOCK);
    assert_string_equal(e.text, "the clock says 1970-01-01, and this hearth was built on 2026-11-22");
    assert_int_equal(clock_judge(built - 1, built, &e), -1);
    assert_int_equal(clock_judge(built + CLOCK_AHEAD_MAX + 1, built, &e), -1);
    assert_int_equal(clock_judge(INT64_MAX, built, &e), -1);
    assert_int_equal(clock_judge(INT64_MIN, built, &e), -1);
}

static void pools_hold_large_and_small(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    char *first = pool_strdup(pool, "first");
    char *large = pool_alloc(pool, 100000);
    memset(large, 1, 100000);
    for (int i = 0; i < 2000; i++)
        assert_string_equal(pool_printf(pool, "%d-%s", i, "x") +
                                (i < 10         ? 1
                                     : i < 100  ? 2
                                     : i < 1000 ? 3
                                                : 4),
                            "-x");
    assert_string_equal(first, "first");
    /* A leak, or a block that is freed twice, is for the sanitizers to see. */
    char *kept = mem_strdup("kept"), *dropped = mem_strdup("dropped");
    pool_keep(pool, kept);
    pool_keep(pool, dropped);
    pool_drop(pool, dropped);
    pool_drop(pool, first);
    pool_drop(pool, NULL);
    assert_string_equal(kept, "kept");
    pool_free(pool);
    pool_free(NULL);
}

static bool stands(const struct sought *m, const char *text, size_t n)
{
    size_t len = strlen(m->text);
    for (size_t i = m->before; i + len + m->behind <= n; i++)
        if (memcmp(text + i, m->text, len) == 0)
            return true;
    return false;
}

/* Each mark at each place of a text of each length, and texts of nothing but the marks' letters. */
static void marks_are_found_wherever_they_stand(void **state)
{
    (void)state;
    static const struct sought few[] = {{"abcd", 0, 0}, {"8Q~", 3, 5}, {"bcab_", 1, 0}, {"ddd", 0, 1}};
    static struct sought_masks masks, alone;
    char text[40];
    for (size_t k = 0; k < 4; k++) {
        size_t len = strlen(few[k].text);
        for (size_t n = len; n < sizeof text; n++) {
            for (size_t i = 0; i + len <= n; i++) {
                memset(text, '.', n);
                memcpy(text + i, few[k].text, len);
                bool there = stands(&few[k], text, n);
                assert_int_equal(sought_in(few, 4, &masks, text, n), there);
                if (k == 0)
                    assert_int_equal(sought_in(few, 1, &alone, text, n), there);
            }
        }
    }
    uint32_t seed = 1;
    unsigned found = 0;
    for (unsigned turn = 0; turn < 20000; turn++) {
        size_t n = turn % sizeof text;
        for (size_t i = 0; i < n; i++)
            text[i] = "abcd8Q~_"[(seed = seed * 1103515245 + 12345) >> 16 & 7];
        bool any = false;
        for (size_t k = 0; k < 4; k++)
            any |= stands(&few[k], text, n);
        assert_int_equal(sought_in(few, 4, &masks, text, n), any);
        found += any;
    }
    assert_in_range(found, 100, 19900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_judged_by_rfc_3629),
        cmocka_unit_test(a_strangers_text_cannot_move_the_cursor),
        cmocka_unit_test(base64_takes_one_spelling_only),
        cmocka_unit_test(percent_encoding_is_what_the_sdk_sends),
        cmocka_unit_test(globs_match_as_written),
        cmocka_unit_test(the_nearest_word_is_near),
        cmocka_unit_test(a_reader_never_passes_its_end),
        cmocka_unit_test(a_buffer_stops_at_its_maximum),
        cmocka_unit_test(errors_say_where_and_never_overflow),
        cmocka_unit_test(warnings_are_said_by_kind),
        cmocka_unit_test(faults_that_pass),
        cmocka_unit_test(every_code_has_its_words),
        cmocka_unit_test(files_are_read_and_written_whole),
        cmocka_unit_test(a_clock_that_cannot_be_right_does_not_judge),
        cmocka_unit_test(pools_hold_large_and_small),
        cmocka_unit_test(marks_are_found_wherever_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
