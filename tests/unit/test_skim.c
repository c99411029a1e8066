/* What is read without a parser: which forms it takes, and that it refuses all that it does not know for sure. That it
 * agrees with libyaml is tests/fuzz/fuzz_objects.c's. */
#include "render/skim.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool note_document(void *arg, uint32_t line, uint32_t column)
{
    buf_printf(arg, "@%u:%u ", (unsigned)line, (unsigned)column);
    return true;
}

static bool note_value(void *arg, const char *path, const char *text, size_t len)
{
    buf_printf(arg, "%s=%.*s ", path, text ? (int)len : 1, text ? text : "?");
    return true;
}

static bool skim(struct buf *seen, const char *text)
{
    const struct skim_reader reader = {note_document, note_value, seen};
    return skim_documents((struct span){(const unsigned char *)text, strlen(text)}, &reader);
}

static void taken(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", NULL},
        {"# a\n---\n# b\n", NULL},
        {"a: b\n", "@1:1 a=b "},
        {"---\n\na: 'b'\n---\n---\n  c: \"d\"\n", "@3:1 a=b @6:3 c=d "},
        {"a:\n  b:\n    c:\n      d: e\n    f: g\n", "@1:1 a=? a.b=? a.b.c=? a.b.f=g "},
        {"a:\n- b: c\n  d: e\n- f\nb: g\n", "@1:1 a=? b=g "},
        {"a:\n  - - b\n    - c\n  - d\nb: {}\nc: []\n", "@1:1 a=? b=? c=? "},
        {"a: |\n  b: [\n\n    \"c\n  # d\nb: >-\n   e\n# f\nc: |+\nd: g\n", "@1:1 a=? b=? c=? d=g "},
        {"a: b\n  c 'd\n\n  e\nb: f\n", "@1:1 a=b a=? a=? b=f "},
        {"a: 'b''c\n  d: e\n\n  #'\nb: \"c\n  d\"\n", "@1:1 a=? b=? "},
        {"a/b.c-d_e: x#y:z\n$ref: ''\n", "@1:1 a/b.c-d_e=x#y:z $ref= "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf seen = {0};
        assert_true(skim(&seen, rows[i][0]));
        assert_string_equal(seen.data ? seen.data : "", rows[i][1] ? rows[i][1] : "");
        buf_free(&seen);
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        /* not YAML at all */
        "a: b: c\n",
        "a:\n  b: c\n d: e\n",
        "a: b\n  c: d\n",
        "a: 'b\n",
        "a: 'b'c\n",
        "a: {}\n  b: c\n",
        "a: b\n# c\n  d\n",
        "a:\n  - b\n  c: d\n",
        "a:\n  b: c\n- d\n",
        "a: |\n   b\n  c\n",
        "a: \"\\q\"\n",
        "a: \x7f\n",
        "a: b\tc\n",
        /* YAML, and more than it takes */
        "a: b",
        "a: b\r\n",
        "- a\n",
        "a\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !!str b\n",
        "a: {b: c}\n",
        "a: b # c\n",
        "a: \"\\n\"\n",
        "a:  b\n",
        "? a\n",
        "a : b\n",
        "'a': b\n",
        "%YAML 1.1\n---\na: b\n",
        "--- a\n",
        "a: b\n...\n",
        "a: |2\n   b\n",
        "a: \xc3\xa9\n",
        "a:\n  \n",
        "a:\n-\n  b\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf seen = {0};
        if (skim(&seen, rows[i]))
            fail_msg("taken: %s", rows[i]);
        buf_free(&seen);
    }
    struct buf deep = {0};
    for (int i = 0; i < 70; i++)
        buf_printf(&deep, "%*sa:\n", i, "");
    struct buf seen = {0};
    assert_false(skim(&seen, deep.data));
    buf_free(&seen);
    buf_free(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(taken), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
