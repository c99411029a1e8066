/* A machine config as raw documents: split, found, carried byte for byte. */
#include "talos/documents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct span span(const char *s)
{
    return (struct span){(const unsigned char *)s, strlen(s)};
}

#define MAIN "version: v1alpha1\nmachine:\n  type: worker\n"
#define KMSG "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: lan   # kept\nurl: tcp://192.168.1.2/\n"
#define OWN "apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: hearth\nenvironment: [A=b]\n"
#define HOST "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: "

static void split(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct raw_documents d;
    struct error e;
    assert_int_equal(
        documents_split(pool, span("---\n# nothing\n\n---\n" MAIN "---\n" KMSG "--- # more\n" HOST "x"), &d,
                        &e),
        0);
    assert_int_equal(d.count, 3);
    assert_true(span_is(d.items[0].bytes, MAIN) && span_is(d.items[1].bytes, KMSG));
    assert_string_equal(d.items[1].name, "lan");
    assert_true(documents_complete(&d));
    assert_ptr_equal(documents_find(&d, "KmsgLogConfig", "lan"), &d.items[1]);
    assert_ptr_equal(documents_find(&d, "HostnameConfig", ""), &d.items[2]);
    assert_null(documents_find(&d, "KmsgLogConfig", "other"));
    /* Only top-level keys are looked at, and what is quoted is the same name. */
    assert_int_equal(
        documents_split(pool, span("a:\n  kind: X\n  name: y\n---\nkind: \"K\"\r\nname: 'n n' # c\r\n"), &d,
                        &e),
        0);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.items[0].kind, "");
    assert_string_equal(d.items[1].kind, "K");
    assert_string_equal(d.items[1].name, "n n");
    pool_free(pool);
}

static void nothing(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "\n", "# a\n", "---\n", "---\n---\n# b\n---", " \t\r\n"};
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct raw_documents d;
        struct error e;
        assert_int_equal(documents_split(pool, span(rows[i]), &d, &e), 0);
        assert_int_equal(d.count, 0);
        assert_false(documents_complete(&d));
    }
    pool_free(pool);
}

static void check_carry(const char *config, const char *active, const char *result, const char *note)
{
    struct buf out = {0};
    buf_str(&out, config);
    struct buf notes = {0};
    struct error e;
    assert_int_equal(documents_carry(&out, span(active), &notes, &e), 0);
    assert_string_equal(out.data, result);
    assert_string_equal(notes.data ? notes.data : "", note);
    buf_free(&out);
    buf_free(&notes);
}

static void carried(void **state)
{
    (void)state;
    check_carry(MAIN, KMSG, MAIN "---\n" KMSG, "");
    /* No line end at the end of either. */
    check_carry("version: v1alpha1", "kind: A\nname: b", "version: v1alpha1\n---\nkind: A\nname: b", "");
    check_carry(MAIN, "# nothing\n", MAIN, "");
    /* The site wins, and it is said only where the two differ. */
    check_carry(MAIN "---\n" HOST "a\n", HOST "b\n", MAIN "---\n" HOST "a\n",
                "HostnameConfig: the site's replaces the one that is active\n");
    check_carry(MAIN "---\n" HOST "a\n", HOST "a\n", MAIN "---\n" HOST "a\n", "");
    /* hearth's own is merged where it is made; and what is complete has no main document to give. */
    check_carry(MAIN, OWN "---\n" KMSG, MAIN "---\n" KMSG, "");
    check_carry("---\n" KMSG, "machine: {}\n", "---\n" KMSG, "");
    /* A name is a stranger's. */
    check_carry("kind: A\nname: \"x\x1by\"\n", "kind: A\nname: \"x\x1by\"\nz: 1\n",
                "kind: A\nname: \"x\x1by\"\n", "A x\\x1by: the site's replaces the one that is active\n");
}

static void refused(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct buf many = {0};
    for (unsigned i = 0; i <= RAW_DOCUMENTS_MAX; i++)
        buf_str(&many, "---\nkind: A\n");
    struct raw_documents d;
    struct error e;
    assert_int_equal(documents_split(pool, (struct span){(unsigned char *)many.data, many.len}, &d, &e), -1);
    assert_int_equal(e.code, E_CONFIG_STREAM);
    struct buf config = {.max = 64};
    assert_int_equal(documents_carry(&config, (struct span){(unsigned char *)many.data, many.len}, &many, &e),
                     -1);
    assert_int_equal(e.code, E_CONFIG_STREAM);
    buf_free(&many);
    buf_str(&config, MAIN);
    assert_int_equal(documents_carry(&config, span(KMSG), &many, &e), -1);
    assert_int_equal(e.code, E_CONFIG_STREAM);
    assert_non_null(strstr(e.text, "larger than 64 bytes"));
    buf_free(&config);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split),
        cmocka_unit_test(nothing),
        cmocka_unit_test(carried),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
