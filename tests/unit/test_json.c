/* vault/json: what a server may send as JSON, and what it may not. */
#include "vault/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum json_problem problem_of(const char *text, size_t n)
{
    enum json_problem problem;
    json_t *root = json_object_read(text, n, &problem);
    assert_int_equal(root != NULL, problem == JSON_OK);
    json_decref(root);
    return problem;
}

static void only_one_sound_object(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_problem want;
    } rows[] = {
        {"{}", JSON_OK},
        {" {\"a\": [1, {\"b\": null}]}\n", JSON_OK},
        {"", JSON_SYNTAX},
        {"[]", JSON_NOT_AN_OBJECT},
        {"1", JSON_SYNTAX},
        {"{\"a\": 1, \"a\": 2}", JSON_SYNTAX},
        {"{\"a\": 1} x", JSON_SYNTAX},
        {"{\"a\": \"\\u0000\"}", JSON_HAS_NUL},
        {"{\"a\\u0000\": 1}", JSON_HAS_NUL},
        {"{\"a\": \"\\ud800\"}", JSON_SYNTAX},
        {"{\"a\": \"\xff\"}", JSON_SYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(problem_of(rows[i].text, strlen(rows[i].text)), rows[i].want);
    assert_int_equal(problem_of(NULL, 0), JSON_SYNTAX);
}

/* The parser recurses once a level: the cap is what keeps a server from choosing how deep. */
static void depth_is_capped(void **state)
{
    (void)state;
    static char text[100000];
    for (unsigned depth = 60; depth < 70; depth++) {
        size_t n = 0;
        text[n++] = '{';
        memcpy(text + n, "\"a\":", 4);
        n += 4;
        memset(text + n, '[', depth - 1);
        n += depth - 1;
        memset(text + n, ']', depth - 1);
        n += depth - 1;
        text[n++] = '}';
        assert_int_equal(problem_of(text, n), depth <= 64 ? JSON_OK : JSON_SYNTAX);
    }
    memset(text, '[', sizeof text);
    assert_int_equal(problem_of(text, sizeof text), JSON_SYNTAX);
}

static void numbers_in_either_form(void **state)
{
    (void)state;
    enum json_problem problem;
    static const char text[] = "{\"n\": 3599, \"s\": \"3600\", \"minus\": -1, \"word\": \"1h\", \"long\": "
                               "\"9999999999999999\", \"empty\": \"\"}";
    json_t *root = json_object_read(text, sizeof text - 1, &problem);
    assert_int_equal(json_member_number(root, "n", 7), 3599);
    assert_int_equal(json_member_number(root, "s", 7), 3600);
    static const char *const bad[] = {"minus", "word", "long", "empty", "absent"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(json_member_number(root, bad[i], 7), 7);
    assert_string_equal(json_member_text(root, "s"), "3600");
    assert_null(json_member_text(root, "n"));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_sound_object),
        cmocka_unit_test(depth_is_capped),
        cmocka_unit_test(numbers_in_either_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
