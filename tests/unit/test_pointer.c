/* render/pointer: RFC 6901 into secrets. */
#include "render/pointer.h"

#include "site/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char bundle[] =
    "cluster:\n  id: aWQ=\n  secret: c2VjcmV0\ncerts:\n  os: {crt: LS0t, key: ''}\n  none:\n  tilde: ~\n"
    "list: [zero, one, {two: 3}]\na/b: slash\nm~n: tilde\n'': empty\n01: x\nnumber: 1.10\nno: no\n";
static const char json[] =
    "\n{\"a\": \"x\\ud83d\\ude00y\", \"b\": [1, 2.50, true, null, {}], \"line\": \"p\xe2\x80\xa8q\xc2\x85r\","
    " \"slash\": \"a\\/b\", \"big\": 12345678901234, \"\": {\"~1\": \"odd\"}}\n";

struct expectation {
    const char *value;
    const char *pointer;
    enum pointer_result result;
    const char *text;
    size_t depth;
};

static void judge(const struct expectation *x)
{
    struct pool *pool = pool_new();
    struct pointer_value parsed = {0};
    struct pointer_found found;
    struct span value = {(const unsigned char *)x->value, strlen(x->value)};
    enum pointer_result result = pointer_get(&parsed, pool, value, x->pointer, &found);
    if (result != x->result)
        fail_msg("%s: result %d, not %d", x->pointer, (int)result, (int)x->result);
    if (result == POINTER_TEXT) {
        assert_string_equal(found.text, x->text);
        assert_int_equal(found.len, strlen(x->text));
    }
    if (x->depth)
        assert_int_equal(found.depth, x->depth);
    pointer_value_free(&parsed);
    pool_free(pool);
}

static void text_is_found(void **state)
{
    (void)state;
    static const struct expectation all[] = {
        {bundle, "/cluster/id", POINTER_TEXT, "aWQ=", 0},
        {bundle, "/certs/os/crt", POINTER_TEXT, "LS0t", 0},
        {bundle, "/certs/os/key", POINTER_TEXT, "", 0},
        {bundle, "/list/1", POINTER_TEXT, "one", 0},
        {bundle, "/list/2/two", POINTER_TEXT, "3", 0},
        {bundle, "/a~1b", POINTER_TEXT, "slash", 0},
        {bundle, "/m~0n", POINTER_TEXT, "tilde", 0},
        {bundle, "/", POINTER_TEXT, "empty", 0},
        {bundle, "/01", POINTER_TEXT, "x", 0},
        {bundle, "/number", POINTER_TEXT, "1.10", 0},
        {bundle, "/no", POINTER_TEXT, "no", 0},
        {json, "/a", POINTER_TEXT, "x\xf0\x9f\x98\x80y", 0},
        {json, "/b/0", POINTER_TEXT, "1", 0},
        {json, "/b/2", POINTER_TEXT, "true", 0},
        {json, "/line", POINTER_TEXT, "p\xe2\x80\xa8q\xc2\x85r", 0},
        {json, "/slash", POINTER_TEXT, "a/b", 0},
        {json, "/big", POINTER_TEXT, "12345678901234", 0},
        {json, "//~01", POINTER_TEXT, "odd", 0},
        {"{a: yaml in braces}", "/a", POINTER_TEXT, "yaml in braces", 0},
        {"{\"a\": 2.50}", "/a", POINTER_TEXT, "2.50", 0},
        {"[x, y]", "/1", POINTER_TEXT, "y", 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        judge(&all[i]);
}

static void what_is_not_there_is_told_apart(void **state)
{
    (void)state;
    static const struct expectation all[] = {
        {bundle, "/clusters/id", POINTER_MISSING, NULL, 9},
        {bundle, "/cluster/name", POINTER_MISSING, NULL, 13},
        {bundle, "/cluster/id/deeper", POINTER_MISSING, NULL, 18},
        {bundle, "/list/3", POINTER_MISSING, NULL, 0},
        {bundle, "/list/-", POINTER_MISSING, NULL, 0},
        {bundle, "/list/01", POINTER_MISSING, NULL, 0},
        {bundle, "/list/one", POINTER_MISSING, NULL, 0},
        {bundle, "/list/4294967296", POINTER_MISSING, NULL, 0},
        {bundle, "/a/b", POINTER_MISSING, NULL, 2},
        {bundle, "/certs/none", POINTER_NULL, NULL, 0},
        {bundle, "/certs/tilde", POINTER_NULL, NULL, 0},
        {bundle, "/certs", POINTER_CONTAINER, NULL, 0},
        {bundle, "/list", POINTER_CONTAINER, NULL, 0},
        {json, "/b/3", POINTER_NULL, NULL, 0},
        {json, "/b/4", POINTER_CONTAINER, NULL, 0},
        {json, "/b/9", POINTER_MISSING, NULL, 0},
        {json, "/a/b", POINTER_MISSING, NULL, 0},
        {"just text", "/a", POINTER_MISSING, NULL, 0},
        {"", "/a", POINTER_UNREADABLE, NULL, 0},
        {"a: 1\n---\nb: 2\n", "/a", POINTER_UNREADABLE, NULL, 0},
        {"a: [1\n", "/a", POINTER_UNREADABLE, NULL, 0},
        {"a: &x 1\nb: *x\n", "/b", POINTER_UNREADABLE, NULL, 0},
        {"a: !secret other\n", "/a", POINTER_TAGGED, NULL, 0},
        {"{\"a\": 1, \"a\": 2}", "/a", POINTER_UNREADABLE, NULL, 0},
        {"\x01\x02\xff", "/a", POINTER_UNREADABLE, NULL, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        judge(&all[i]);
}

static void a_secret_that_is_no_yaml_says_where(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct pointer_value parsed = {0};
    struct pointer_found found;
    static const char value[] = "a: 1\nb: 2\nc: \"hunter2\nd: 4\n";

    assert_int_equal(pointer_get(&parsed, pool, (struct span){(const unsigned char *)value, sizeof value - 1},
                                 "/a", &found),
                     POINTER_UNREADABLE);
    assert_true(parsed.line >= 3);
    pointer_value_free(&parsed);
    pool_free(pool);
}

static void a_value_is_parsed_once(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct pointer_value parsed = {0};
    struct pointer_found found;
    struct span value = {(const unsigned char *)bundle, sizeof bundle - 1};

    pointer_get(&parsed, pool, value, "/cluster/id", &found);
    const struct tree_node *root = NULL;
    root = parsed.root;
    assert_non_null(root);
    pointer_get(&parsed, pool, value, "/cluster/secret", &found);
    assert_ptr_equal(parsed.root, root);
    pointer_value_free(&parsed);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_found),
        cmocka_unit_test(what_is_not_there_is_told_apart),
        cmocka_unit_test(a_secret_that_is_no_yaml_says_where),
        cmocka_unit_test(a_value_is_parsed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
