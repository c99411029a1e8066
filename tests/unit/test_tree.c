/* tree.h: what is read, where it stood, and what is refused with which position. */
#include "site/ref.h"
#include "site/tree.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct pool *pool;
static struct error e;

static int set_up(void **state)
{
    (void)state;
    pool = pool_new();
    memset(&e, 0, sizeof e);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pool_free(pool);
    return 0;
}

static struct document *read_bytes(const void *p, size_t n)
{
    struct document *doc = NULL;
    if (tree_read(pool, "f.yaml", p, n, &doc, &e) != 0)
        fail_msg("%s", e.text);
    return doc;
}

static struct document *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void refuse(const void *p, size_t n, enum error_code code, const char *place, const char *says)
{
    struct document *doc = (void *)1;
    memset(&e, 0, sizeof e);
    if (tree_read(pool, "f.yaml", p, n, &doc, &e) == 0)
        fail_msg("accepted: %.80s", (const char *)p);
    assert_null(doc);
    if (e.code != code || strncmp(e.text, place, strlen(place)) != 0 || !strstr(e.text, says))
        fail_msg("wanted %d %s ... %s\ngot    %d %s", (int)code, place, says, (int)e.code, e.text);
}

static void test_positions(void **state)
{
    struct document *doc = read_text("# head\na:\n  b: [x, y]\n  'c': |\n    text\n");
    struct tree_node *a = tree_get(doc->root, "a"), *b = tree_path(doc->root, "a.b"),
                     *c = tree_path(doc->root, "a.c");
    (void)state;
    assert_int_equal(doc->root->kind, TREE_MAP);
    assert_int_equal(a->key->pos.line, 2);
    assert_int_equal(a->pos.line, 3);
    assert_int_equal(a->pos.column, 3);
    assert_string_equal(b->pos.file, "f.yaml");
    assert_true(b->flow);
    assert_false(a->flow);
    assert_int_equal(b->count, 2);
    assert_int_equal(b->last->pos.column, 10);
    assert_null(b->first->key);
    assert_int_equal(c->key->style, STYLE_SINGLE);
    assert_int_equal(c->style, STYLE_LITERAL);
    assert_string_equal(c->text, "text\n");
    assert_null(tree_path(doc->root, "a.b.c"));
    assert_null(tree_path(doc->root, "nothing"));
    assert_null(tree_get(NULL, "a"));
    assert_true(tree_is(b->first, "x"));
    assert_null(tree_text(b));
}

static void test_text_and_style_stay(void **state)
{
    static const struct {
        const char *yaml;
        const char *text;
        enum tree_style style;
    } rows[] = {
        {"no", "no", STYLE_PLAIN},
        {"0123", "0123", STYLE_PLAIN},
        {"~", "~", STYLE_PLAIN},
        {"''", "", STYLE_SINGLE},
        {"\"\"", "", STYLE_DOUBLE},
        {"<<", "<<", STYLE_PLAIN},
        {"1_000", "1_000", STYLE_PLAIN},
        {"'it''s'", "it's", STYLE_SINGLE},
        {"\"\\u263a\"", "\xe2\x98\xba", STYLE_DOUBLE},
        {"\"a\\tb\"", "a\tb", STYLE_DOUBLE},
        {">\n  a\n  b\n", "a b\n", STYLE_FOLDED},
        {"|-\n  a\n", "a", STYLE_LITERAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *yaml = pool_printf(pool, "k: %s", rows[i].yaml);
        struct tree_node *node = tree_get(read_text(yaml)->root, "k");
        assert_string_equal(node->text, rows[i].text);
        assert_int_equal(node->len, strlen(rows[i].text));
        assert_int_equal(node->style, rows[i].style);
    }
}

static void test_documents(void **state)
{
    struct document *doc = read_text("---\n# nothing\n---\na: 1\n---\n~\n...\n");
    (void)state;
    assert_null(doc->root);
    assert_int_equal(doc->next->pos.line, 3);
    assert_true(tree_is(tree_get(doc->next->root, "a"), "1"));
    assert_true(tree_is(doc->next->next->root, "~"));
    assert_null(doc->next->next->next);
    assert_null(read_text(""));
    assert_null(read_text("# only\n\n"));
}

static void test_encodings_and_line_ends(void **state)
{
    struct document *doc = read_text("\xef\xbb\xbf"
                                     "a: 1\r\nb: 2\rc: 3\n\xc3\xa9: \xe2\x98\xba x # \xf0\x9f\x94\xa5\n");
    (void)state;
    assert_int_equal(doc->root->count, 4);
    assert_int_equal(doc->root->pos.column, 1);
    assert_int_equal(doc->root->last->pos.line, 4);
    assert_int_equal(doc->root->last->pos.column, 4);
    assert_string_equal(doc->root->last->text, "\xe2\x98\xba x");
}

static void test_references_are_parsed(void **state)
{
    struct document *doc = read_text(
        "\xc3\xa9: \xe2\x98\xba\na: !secret db#/k\nb: !base64 {file: 'x y'}\nc: !format \"{fact:serial}\"\n"
        "d: [!fact serial, !node \"name\"]\n");
    struct tree_node *a = tree_get(doc->root, "a"), *b = tree_get(doc->root, "b");
    (void)state;
    assert_int_equal(a->ref->kind, REF_SECRET);
    assert_string_equal(a->ref->pointer, "/k");
    assert_int_equal(a->ref->pos.line, 2);
    assert_int_equal(a->ref->pos.column, 4);
    assert_null(tree_text(a));
    assert_false(tree_is(a, "db#/k"));
    assert_int_equal(b->ref->kind, REF_BASE64);
    assert_int_equal(b->ref->inner->kind, REF_FILE);
    assert_string_equal(b->ref->inner->name, "x y");
    assert_null(tree_get(b, "file"));
    assert_int_equal(tree_get(doc->root, "d")->first->ref->kind, REF_FACT);
    assert_int_equal(tree_get(doc->root, "d")->last->ref->kind, REF_NODE);
}

static void test_refused(void **state)
{
    static const struct {
        const char *yaml;
        enum error_code code;
        const char *place;
        const char *says;
    } rows[] = {
        {"a: &x 1\n", E_YAML_REFUSED, "f.yaml:1:4: ", "anchor &x"},
        {"a: &x {b: 1}\n", E_YAML_REFUSED, "f.yaml:1:4: ", "anchor"},
        {"a: [&x [1]]\n", E_YAML_REFUSED, "f.yaml:1:5: ", "anchor"},
        {"a: *x\n", E_YAML_REFUSED, "f.yaml:1:4: ", "alias *x"},
        {"&x a: 1\n", E_YAML_REFUSED, "f.yaml:1:1: ", "anchor"},
        {"*x : 1\n", E_YAML_REFUSED, "f.yaml:1:1: ", "alias"},
        {"b:\n  <<: {c: 1}\n", E_YAML_REFUSED, "f.yaml:2:3: ", "<<"},
        {"b:\n  \"<<\": {c: 1}\n", E_YAML_REFUSED, "f.yaml:2:3: ", "<<"},
        {"a: 1\nb: 2\na: 3\n", E_YAML_REFUSED, "f.yaml:3:1: ", "first at line 1, column 1"},
        {"a: {k: 1, \"k\": 2}\n", E_YAML_REFUSED,
         "f.yaml:1:11: ", "\"k\" stands twice; first at line 1, column 5"},
        {"[a]: 1\n", E_YAML_REFUSED, "f.yaml:1:1: ", "a list cannot be a key"},
        {"{a: b}: 1\n", E_YAML_REFUSED, "f.yaml:1:1: ", "a mapping cannot be a key"},
        {"? {a: b}\n: 1\n", E_YAML_REFUSED, "f.yaml:1:3: ", "a mapping cannot be a key"},
        {"?\n: 1\n", E_YAML_REFUSED, "f.yaml:1:2: ", "empty key"},
        {"!fact serial: 1\n", E_YAML_REFUSED, "f.yaml:1:1: ", "cannot be a key"},
        {"%YAML 1.1\n---\na: 1\n", E_YAML_REFUSED, "f.yaml:1:1: ", "directive"},
        {"# c\n%TAG ! tag:x,1:\n---\na: !y 1\n", E_YAML_REFUSED, "f.yaml:2:1: ", "directive"},
        {"a: 1\n...\n%YAML 1.2\n---\nb: 1\n", E_YAML_REFUSED, "f.yaml:3:1: ", "directive"},
        {"a: !!str 1\n", E_YAML_REFUSED, "f.yaml:1:4: ", "the tag !!str"},
        {"a: !!binary aGk=\n", E_YAML_REFUSED, "f.yaml:1:4: ", "the tag !!binary"},
        {"a: !!map {}\n", E_YAML_REFUSED, "f.yaml:1:4: ", "!!map"},
        {"a: !vault x\n", E_YAML_REFUSED, "f.yaml:1:4: ", "the tag !vault"},
        {"a: !Secret x\n", E_YAML_REFUSED, "f.yaml:1:4: ", "!Secret"},
        {"a: ! x\n", E_YAML_REFUSED, "f.yaml:1:4: ", "the tag !;"},
        {"a: ! {b: c}\n", E_YAML_REFUSED, "f.yaml:1:4: ", "the tag !;"},
        {"a: !\n", E_YAML_REFUSED, "f.yaml:1:4: ", "the tag !;"},
        {"a:\n  !vault b: c\n", E_YAML_REFUSED, "f.yaml:2:3: ", "the tag !vault"},
        {"a: !<!base64> {secret: b}\n", E_YAML_REFUSED, "f.yaml:1:4: ", "verbatim"},
        {"a: !<!secret> x\n", E_YAML_REFUSED, "f.yaml:1:4: ", "verbatim"},
        {"\xc3\xa9: [\xe2\x98\xba, !<!secret> x]\n", E_YAML_REFUSED, "f.yaml:1:8: ", "verbatim"},
        {"a: !<tag:yaml.org,2002:str> x\n", E_YAML_REFUSED, "f.yaml:1:4: ", "verbatim"},
        {"a: \"x\\0y\"\n", E_YAML_REFUSED, "f.yaml:1:4: ", "NUL"},
        {"a: b\n\xff\n", E_YAML_REFUSED, "f.yaml:2:1: ", "0xff is not UTF-8"},
        {"a: \xc0\xaf\n", E_YAML_REFUSED, "f.yaml:1:4: ", "UTF-8"},
        {"a: \xed\xa0\x80\n", E_YAML_REFUSED, "f.yaml:1:4: ", "UTF-8"},
        {"\xff\xfe"
         "a",
         E_YAML_REFUSED, "f.yaml:1:1: ", "UTF-16"},
        {"\xfe\xff"
         "a",
         E_YAML_REFUSED, "f.yaml:1:1: ", "UTF-16"},
        {"a: \x01\n", E_YAML_SYNTAX, "f.yaml:1:4: ", "U+0001"},
        {"a: \x7f\n", E_YAML_SYNTAX, "f.yaml:1:4: ", "U+007F"},
        {"a: \xc2\x80\n", E_YAML_SYNTAX, "f.yaml:1:4: ", "U+0080"},
        {"a: \xef\xbf\xbf\n", E_YAML_SYNTAX, "f.yaml:1:4: ", "U+FFFF"},
        {"a:\n\tb: 1\n", E_YAML_SYNTAX, "f.yaml:2:1: ", "a tab; YAML is indented with spaces"},
        {"a: b: c\n", E_YAML_SYNTAX, "f.yaml:1:5: ", "mapping values are not allowed"},
        {"a: [1\n", E_YAML_SYNTAX, "f.yaml:2:1: ", "did not find expected"},
        {"a: 'x\n", E_YAML_SYNTAX, "f.yaml:2:1: ", "unexpected end of stream"},
        {"a: \"\\q\"\n", E_YAML_SYNTAX, "f.yaml:1:5: ", "unknown escape"},
        {"a: \"\\ud800\"\n", E_YAML_SYNTAX, "f.yaml:1:7: ", "invalid Unicode"},
        {"a: @x\n", E_YAML_SYNTAX, "f.yaml:1:4: ", "cannot start any token"},
        {"a: {}}\n", E_YAML_SYNTAX, "f.yaml:1:6: ", "expected"},
        {"a: !secret\n", E_YAML_REF, "f.yaml:1:4: ", "without a value"},
        {"a: !secret {name: x}\n", E_YAML_REF, "f.yaml:1:4: ", "takes text, not a mapping"},
        {"a: !file [x]\n", E_YAML_REF, "f.yaml:1:4: ", "takes text, not a list"},
        {"a: !base64 x\n", E_YAML_REF, "f.yaml:1:4: ", "takes a mapping"},
        {"a: !base64 [x]\n", E_YAML_REF, "f.yaml:1:4: ", "takes a mapping, not a list"},
        {"a: !base64 {}\n", E_YAML_REF, "f.yaml:1:4: ", "exactly one of"},
        {"a: !base64decode {}\n", E_YAML_REF,
         "f.yaml:1:4: ", "!base64decode takes a mapping with exactly one of"},
        {"a: !base64decode {secret: [x]}\n", E_YAML_REF,
         "f.yaml:1:27: ", "!base64decode {secret: ...} takes text"},
        {"a: !base64 {secret: x, file: y}\n", E_YAML_REF, "f.yaml:1:4: ", "exactly one of"},
        {"a: !base64 {base64: x}\n", E_YAML_REF, "f.yaml:1:4: ", "exactly one of"},
        {"a: !base64 {secrets-of-a-very-long-name: x}\n", E_YAML_REF, "f.yaml:1:4: ", "exactly one of"},
        {"a: !base64 {secret: [x]}\n", E_YAML_REF, "f.yaml:1:21: ", "takes text here"},
        {"a: !base64 {secret: !fact serial}\n", E_YAML_REF, "f.yaml:1:21: ", "without a tag"},
        {"a: !base64 {node: install.disk}\n", E_YAML_REF, "f.yaml:1:19: ", "cannot be encoded"},
        {"a: !secret |\n  name\n", E_YAML_REF, "f.yaml:1:4: ", "blanks around"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuse(rows[i].yaml, strlen(rows[i].yaml), rows[i].code, rows[i].place, rows[i].says);
    refuse("a: \0b", 5, E_YAML_REFUSED, "f.yaml:1:4: ", "NUL");
    refuse("\xff\xfe\0\0a\0\0\0", 8, E_YAML_REFUSED, "f.yaml:1:1: ", "UTF-32");
    refuse("\0a\0:", 4, E_YAML_REFUSED, "f.yaml:1:1: ", "NUL");
}

/* n times `unit` as one file. */
static void refuse_many(const char *unit, size_t n, enum error_code code, const char *says)
{
    struct buf b = {.max = 2 * TREE_BYTES_MAX};
    for (size_t i = 0; i < n; i++)
        buf_str(&b, unit);
    refuse(b.data, b.len, code, "f.yaml", says);
    buf_free(&b);
}

static void test_hostile_sizes(void **state)
{
    (void)state;
    refuse_many("[", 200000, E_YAML_REFUSED, "nested more than 64");
    refuse_many("[\n", 200000, E_YAML_REFUSED, "f.yaml:65:1: nested more than 64");
    refuse_many("{a: ", 200000, E_YAML_REFUSED, "nested more than 64");
    refuse_many("- ", 200000, E_YAML_REFUSED, "nested more than 64");
    refuse_many("? ", 200000, E_YAML_REFUSED, "cannot be a key");
    refuse_many("---\n", 200000, E_FILE_TOO_LARGE, "more than 50000 values");
    refuse_many("-\n", 200000, E_FILE_TOO_LARGE, "more than 50000 values");
    refuse_many("%TAG !a! b\n#\n\n", 60000, E_YAML_REFUSED, "directive");
    refuse_many("x", TREE_BYTES_MAX + 1, E_FILE_TOO_LARGE, "8388609 bytes");
    struct buf b = {0};
    for (unsigned i = 0; i < 24000; i++)
        buf_printf(&b, "k%u: 1\n", i);
    assert_int_equal(read_bytes(b.data, b.len)->root->count, 24000);
    buf_str(&b, "k0: 2\n");
    refuse(b.data, b.len, E_YAML_REFUSED, "f.yaml:24001:1: ", "\"k0\" stands twice; first at line 1");
    buf_free(&b);
}

static void test_depth_is_exact(void **state)
{
    (void)state;
    char text[2 * TREE_DEPTH_MAX + 3];
    memset(text, '[', TREE_DEPTH_MAX);
    memset(text + TREE_DEPTH_MAX, ']', TREE_DEPTH_MAX);
    (void)read_bytes(text, 2 * TREE_DEPTH_MAX);
    memset(text, '[', TREE_DEPTH_MAX + 1);
    memset(text + TREE_DEPTH_MAX + 1, ']', TREE_DEPTH_MAX + 1);
    refuse(text, 2 * TREE_DEPTH_MAX + 2, E_YAML_REFUSED, "f.yaml:1:65: ", "nested");
}

/* A % in the first column is text inside quotes: no directive. */
static void test_percent_in_text(void **state)
{
    struct document *doc = read_text("a: \"x\n%y\"\nb: |\n  %z\n");
    (void)state;
    assert_true(tree_is(tree_get(doc->root, "a"), "x %y"));
    assert_true(tree_is(tree_get(doc->root, "b"), "%z\n"));
}

static int count_visit(struct tree_node *node, void *arg)
{
    unsigned *count = arg;
    ++*count;
    return node->kind == TREE_SCALAR && strcmp(node->text, "stop") == 0 ? 7 : 0;
}

static void test_building(void **state)
{
    struct pos pos = {"x", 3, 4};
    struct tree_node *map = tree_map(pool, pos), *list = tree_seq(pool, pos);
    struct pool *other = pool_new();
    (void)state;
    tree_add(pool, map, "list", list);
    tree_add(pool, list, NULL, tree_scalar(pool, pos, "one", 3, STYLE_SINGLE));
    tree_add(pool, list, NULL, tree_scalar(pool, pos, "two", 3, STYLE_PLAIN));
    tree_add(pool, list, NULL, tree_scalar(pool, pos, "three", 5, STYLE_PLAIN));
    tree_remove(list, list->first->next);
    unsigned count = 0;
    assert_int_equal(list->count, 2);
    tree_remove(list, list->last);
    assert_ptr_equal(list->first, list->last);
    tree_add(pool, list, NULL, tree_scalar(pool, pos, "stop", 4, STYLE_PLAIN));
    struct tree_node *copy = tree_copy(other, map);
    pool_free(pool);
    pool = other;
    assert_int_equal(tree_walk(copy, count_visit, &count), 7);
    assert_int_equal(count, 4);
    assert_true(tree_is(tree_get(copy, "list")->first, "one"));
    assert_int_equal(tree_get(copy, "list")->first->style, STYLE_SINGLE);
    assert_int_equal(copy->pos.column, 4);
    assert_int_equal(tree_walk(NULL, count_visit, &count), 0);
}

/* Nothing of it is in the pool that it was read into: the sanitizers see whether that is so. */
static void test_kept(void **state)
{
    static const char *const refs[][2] = {
        {"a", "!secret s@0123456789abcdef0123456789abcdef#/x"},
        {"b", "!format \"{fact:serial}-{secret:t#/y}-{{\""},
        {"c", "!base64 {format: \"{node:name}\"}"},
        {"d", "!file a/b.txt"},
        {"e", "!base64decode {secret: u}"},
    };
    (void)state;
    struct buf text = {0};
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++)
        buf_printf(&text, "%s: %s\n", refs[i][0], refs[i][1]);
    buf_str(&text, "list:\n  - 'x'\n  - y: |\n      z\n");
    struct tree_node *root = read_text(text.data)->root;
    char before[8][80];
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++)
        ref_print(before[i], sizeof before[i], tree_get(root, refs[i][0])->ref);
    buf_free(&text);
    struct pool *other = pool_new();
    struct tree_node *kept = tree_keep(other, "kept.yaml", root);
    pool_free(pool);
    pool = other;
    char after[80];
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
        const struct tree_node *node = tree_get(kept, refs[i][0]);
        assert_string_equal(ref_print(after, sizeof after, node->ref), before[i]);
        assert_string_equal(node->ref->pos.file, "kept.yaml");
        assert_string_equal(node->key->pos.file, "kept.yaml");
        assert_int_equal(node->ref->pos.line, i + 1);
    }
    const struct tree_node *list = tree_get(kept, "list");
    assert_int_equal(list->count, 2);
    assert_int_equal(list->first->style, STYLE_SINGLE);
    assert_true(tree_is(tree_get(list->last, "y"), "z\n"));
    assert_string_equal(list->last->first->pos.file, "kept.yaml");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_positions),
        TEST(test_text_and_style_stay),
        TEST(test_documents),
        TEST(test_encodings_and_line_ends),
        TEST(test_references_are_parsed),
        TEST(test_refused),
        TEST(test_hostile_sizes),
        TEST(test_depth_is_exact),
        TEST(test_percent_in_text),
        TEST(test_building),
        TEST(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
