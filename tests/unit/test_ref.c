/* ref.h: the grammar of references, what it takes and what it refuses. */
#include "site/ref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX32 "0123456789abcdef0123456789abcdef"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct pos here = {"f.yaml", 2, 5};

static void test_accepted(void **state)
{
    static const struct {
        enum ref_kind kind;
        const char *text;
        const char *printed;
    } rows[] = {
        {REF_FACT, "serial", "!fact serial"},
        {REF_FACT, "board.product_name", "!fact board.product_name"},
        {REF_NODE, "name", "!node name"},
        {REF_NODE, "vars.gate_way-1", "!node vars.gate_way-1"},
        {REF_NODE, "install.disk", "!node install.disk"},
        {REF_SECRET, "a", "!secret a"},
        {REF_SECRET, A63 A64, "!secret " A63 A64},
        {REF_SECRET, "talos-data@" HEX32, "!secret talos-data@" HEX32},
        {REF_SECRET, "talos-data#/certs/os.key/0", "!secret talos-data#/certs/os.key/0"},
        {REF_SECRET, "t@" HEX32 "#/a~1b/~0", "!secret t@" HEX32 "#/a~1b/~0"},
        {REF_SECRET, "t#/", "!secret t#/"},
        {REF_SECRET, "talos-{node:cluster}#/cluster/id", "!secret talos-{node:cluster}#/cluster/id"},
        {REF_SECRET, "{node:role}-{node:cluster}", "!secret {node:role}-{node:cluster}"},
        {REF_FORMAT, "{secret:t-{node:cluster}#/a}x", "!format \"{secret:t-{node:cluster}#/a}x\""},
        {REF_FILE, "certs/my ca.pem", "!file certs/my ca.pem"},
        {REF_FILE, "..a/b..", "!file ..a/b.."},
        {REF_FORMAT, "{fact:serial}.{node:cluster}", "!format \"{fact:serial}.{node:cluster}\""},
        {REF_FORMAT, "{{{secret:a#/b}}}", "!format \"{{{secret:a#/b}}}\""},
        {REF_FORMAT, " plain ", "!format \" plain \""},
        {REF_FORMAT, "{file:a b}", "!format \"{file:a b}\""},
    };

    (void)state;
    char out[512];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *pool = pool_new();
        struct error e = {0};
        struct ref *ref = ref_parse(pool, rows[i].kind, here, rows[i].text, &e);
        if (!ref)
            fail_msg("%s", e.text);
        assert_int_equal(ref->kind, rows[i].kind);
        assert_int_equal(ref->pos.column, 5);
        assert_string_equal(ref_print(out, sizeof out, ref), rows[i].printed);
        pool_free(pool);
    }
}

static void test_refused(void **state)
{
    static const struct {
        enum ref_kind kind;
        const char *text;
        const char *says;
    } rows[] = {
        {REF_FACT, "", "without a value"},
        {REF_FACT, "serail", "the nearest is \"serial\""},
        {REF_FACT, "serial ", "blanks"},
        {REF_FACT, "board", "no fact named"},
        {REF_NODE, "nam", "the nearest is \"name\""},
        {REF_NODE, "vars.", "not the name of a variable"},
        {REF_NODE, "vars.a.b", "not the name of a variable"},
        {REF_NODE, "install.size", "no field"},
        {REF_NODE, "match.serial", "no field"},
        {REF_SECRET, "", "without a value"},
        {REF_SECRET, "a_b", "name of a Key Vault secret"},
        {REF_SECRET, "a/b", "name of a Key Vault secret"},
        {REF_SECRET, "\xc3\xa9", "name of a Key Vault secret"},
        {REF_SECRET, "@" HEX32, "name of a Key Vault secret"},
        {REF_SECRET, "#/a", "name of a Key Vault secret"},
        {REF_SECRET, "t-{node:name}", "and {node:cluster} or {node:role} among them"},
        {REF_SECRET, "t-{node:cluster", "name of a Key Vault secret"},
        {REF_SECRET, "{}", "name of a Key Vault secret"},
        {REF_FORMAT, "{secret:t-{node:cluster}", "a { without its }"},
        {REF_SECRET, A64 A64, "1-127"},
        {REF_SECRET, "a@", "32 lower-case hex digits"},
        {REF_SECRET, "a@latest", "32 lower-case hex digits"},
        {REF_SECRET, "a@0123456789ABCDEF0123456789ABCDEF", "32 lower-case hex digits"},
        {REF_SECRET, "a@" HEX32 "0", "32 lower-case hex digits"},
        {REF_SECRET, "a@" HEX32 "/x", "32 lower-case hex digits"},
        {REF_SECRET, "a#", "JSON pointer"},
        {REF_SECRET, "a#b", "JSON pointer"},
        {REF_SECRET, "a#/b~", "JSON pointer"},
        {REF_SECRET, "a#/b~2", "JSON pointer"},
        {REF_SECRET, " a", "blanks"},
        {REF_SECRET, "a\n", "blanks"},
        {REF_FILE, "/etc/passwd", "is absolute"},
        {REF_FILE, "../x", "\"..\""},
        {REF_FILE, "a/../../x", "\"..\""},
        {REF_FILE, "a/..", "\"..\""},
        {REF_FILE, "./a", "\".\""},
        {REF_FILE, "a//b", "empty part"},
        {REF_FILE, "a/", "empty part"},
        {REF_FILE, "a\\b", "backslash"},
        {REF_FILE, ".hearth/data.pem", "login credential"},
        {REF_FILE, ".Hearth/data.pem", "login credential"},
        {REF_FILE, "old/.hearth/data.pem", "login credential"},
        {REF_FILE, ".git/config", "git's own"},
        {REF_FILE, ".GIT/config", "git's own"},
        {REF_FILE, "modules/x/.git", "git's own"},
        {REF_FILE, ".hearth", "login credential"},
        {REF_FORMAT, "", "without a value"},
        {REF_FORMAT, "a{", "{ without its }"},
        {REF_FORMAT, "a}", "} without its {"},
        {REF_FORMAT, "{}", "none of"},
        {REF_FORMAT, "{serial}", "none of"},
        {REF_FORMAT, "{base64:a}", "none of"},
        {REF_FORMAT, "{format:a}", "none of"},
        {REF_FORMAT, "{fact:}", "without a value"},
        {REF_FORMAT, "{fact: serial}", "blanks"},
        {REF_FORMAT, "{node:install.disk}", "cannot be part of a text"},
        {REF_FORMAT, "{secret:a@1}", "32 lower-case hex digits"},
        {REF_BASE64, "x", "takes a mapping"},
        {REF_BASE64DECODE, "x", "!base64decode takes a mapping"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *pool = pool_new();
        struct error e = {0};
        if (ref_parse(pool, rows[i].kind, here, rows[i].text, &e))
            fail_msg("accepted: %s", rows[i].text);
        assert_int_equal(e.code, E_YAML_REF);
        if (strncmp(e.text, "f.yaml:2:5: ", 12) != 0 || !strstr(e.text, rows[i].says))
            fail_msg("wanted %s\ngot %s", rows[i].says, e.text);
        pool_free(pool);
    }
}

static void test_too_many_parts(void **state)
{
    struct pool *pool = pool_new();
    (void)state;
    char text[(REF_FORMAT_PARTS_MAX + 1) * 13 + 1] = "";
    for (unsigned i = 0; i < REF_FORMAT_PARTS_MAX; i++)
        strcat(text, "{fact:serial}");
    struct error e = {0};
    assert_non_null(ref_parse(pool, REF_FORMAT, here, text, &e));
    strcat(text, "{fact:serial}");
    assert_null(ref_parse(pool, REF_FORMAT, here, text, &e));
    assert_int_equal(e.code, E_YAML_REF);
    pool_free(pool);
}

static void test_tags(void **state)
{
    (void)state;
    assert_int_equal(ref_kind_of_tag("!secret"), REF_SECRET);
    assert_int_equal(ref_kind_of_tag("!base64"), REF_BASE64);
    assert_int_equal(ref_kind_of_tag("secret"), -1);
    assert_int_equal(ref_kind_of_tag("!"), -1);
    assert_int_equal(ref_kind_of_tag("!secrets"), -1);
    assert_int_equal(ref_kind_of_tag("!SECRET"), -1);
}

static int note_kind(struct ref *ref, void *arg)
{
    char *kinds = arg;
    kinds[strlen(kinds)] = (char)('0' + (int)ref->kind);
    return ref->kind == REF_FILE;
}

static void test_walk(void **state)
{
    struct pool *pool = pool_new();
    struct error e = {0};
    struct ref *format = ref_parse(pool, REF_FORMAT, here, "x{fact:serial}{secret:a}{file:b}{node:name}", &e);
    struct ref base64 = {.kind = REF_BASE64, .inner = format};
    (void)state;
    char kinds[16] = "";
    assert_int_equal(ref_walk(&base64, note_kind, kinds), 1);
    assert_string_equal(kinds, "54023");
    pool_free(pool);
}

static void test_print_is_cut(void **state)
{
    struct pool *pool = pool_new();
    struct error e = {0};
    struct ref *ref = ref_parse(pool, REF_SECRET, here, "talos-data#/certs", &e);
    (void)state;
    char out[10];
    assert_true(strlen(ref_print(out, sizeof out, ref)) < sizeof out);
    assert_memory_equal(out, "!sec", 4);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many_parts), cmocka_unit_test(test_tags),
        cmocka_unit_test(test_walk),           cmocka_unit_test(test_print_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
