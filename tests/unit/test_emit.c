/* site/emit: whatever goes in comes back with the same text, and quoted stays quoted. */
#include "base/text.h"
#include "site/emit.h"
#include "site/readback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Values that some YAML reader, or libyaml's own emitter, is known to change. */
static const char *const nasty[] = {
    "no",
    "on",
    "Yes",
    "true",
    "0123",
    "1_000",
    "1e3",
    "0x1f",
    "~",
    "",
    "null",
    "12:30:45",
    "2024-01-01",
    "<<",
    "=",
    ".inf",
    "-",
    "?",
    ":",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    " lead",
    "trail ",
    "\tlead",
    "a\tb",
    "trail\t",
    "a\n",
    "a\n\n",
    "a\n\n\n",
    "\na",
    "\n\na",
    " \na",
    "a \nb",
    "a\n b",
    "a\n  b\n c\n",
    "a\n\nb",
    "a\n\n\nb\n",
    "a\r\nb\r\n",
    "a\rb",
    "\xc2\x85",
    "a\xc2\x85"
    "b",
    "a\xe2\x80\xa8"
    "b",
    "a\xe2\x80\xa9"
    "b",
    "\xef\xbb\xbf"
    "bom",
    "a\xef\xbb\xbf"
    "b",
    "\x7f",
    "\xc2\x80\xc2\x9f",
    "\xef\xbf\xbe",
    "\xef\xbf\xbf",
    "\xef\xb7\x90",
    "\xf0\x9f\x94\xa5",
    "\xf4\x8f\xbf\xbf",
    "gr\xc3\xbc\xc3\x9f"
    "e",
    "\xc2\xa0",
    "\x01\x02\x1b[31m",
    "\x08\x0b\x0c",
    "# comment",
    "a # comment",
    "a #b",
    "a: b",
    "a:",
    ": a",
    "- a",
    "? a",
    "{a: b}",
    "[a]",
    "a, b",
    "&a",
    "*a",
    "!tag",
    "!!int 1",
    "!secret x",
    "|",
    ">",
    "|-\n a",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "a'b\"c\\d",
    "%YAML 1.1",
    "@a",
    "`a",
    "---",
    "--- a",
    "...",
    "---\na\n",
    "...\n",
    "a\n---\nb\n",
    "#\n",
    "# a\nb\n",
    "- a\n- b\n",
    "key: |\n  a\n",
    "a\n#b\n",
    "-----BEGIN X-----\nabc=\n-----END X-----\n",
};

static const enum tree_style styles[] = {STYLE_SINGLE, STYLE_DOUBLE, STYLE_LITERAL, STYLE_FOLDED};
static const struct pos here = {"test", 1, 1};

static struct document doc_of(struct tree_node *root)
{
    return (struct document){.root = root};
}

static struct document *read(struct pool *pool, const char *text)
{
    struct document *docs = NULL;
    struct error e = {0};
    if (tree_read(pool, "test.yaml", text, strlen(text), &docs, &e) != 0)
        fail_msg("%s", e.text);
    return docs;
}

static void check_same(const char *emitted, const char *value, const struct tree_node *back)
{
    if (!tree_text(back) || strcmp(back->text, value) != 0 || back->len != strlen(value) ||
        back->style == STYLE_PLAIN)
        fail_msg("\"%s\" came back as \"%s\" from:\n%s", value, tree_text(back) ? back->text : "(none)",
                 emitted);
}

/* One value, everywhere a value can stand: in a mapping, behind others, in a list, nested, last of a
 * document. */
static void round_trip(const char *value, enum tree_style style)
{
    struct pool *pool = pool_new();
    struct tree_node *root = tree_map(pool, here), *list = tree_seq(pool, here),
                     *inner = tree_map(pool, here);
    struct document first = doc_of(root), second = doc_of(list);
    size_t len = strlen(value);
    tree_add(pool, root, "a", tree_scalar(pool, here, value, len, style));
    tree_add(pool, root, "list", list);
    tree_add(pool, list, NULL, tree_scalar(pool, here, value, len, style));
    tree_add(pool, list, NULL, inner);
    tree_add(pool, inner, "deep", tree_scalar(pool, here, value, len, style));
    tree_add(pool, inner, "after", tree_scalar(pool, here, "x", 1, STYLE_PLAIN));
    tree_add(pool, root, "z", tree_scalar(pool, here, value, len, style));
    first.next = &second;
    struct buf out = {0};
    struct error e = {0};
    if (emit_documents(&out, &first, "test", &e) != 0)
        fail_msg("%s", e.text);
    struct document *back = read(pool, out.data);
    check_same(out.data, value, tree_get(back->root, "a"));
    check_same(out.data, value, tree_get(back->root, "list")->first);
    check_same(out.data, value, tree_get(tree_get(back->root, "list")->last, "deep"));
    check_same(out.data, value, tree_get(back->root, "z"));
    check_same(out.data, value, back->next->root->first);
    assert_null(back->next->next);
    buf_free(&out);
    pool_free(pool);
}

static void nasty_values_come_back_in_every_style(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
        for (size_t k = 0; k < sizeof styles / sizeof *styles; k++)
            round_trip(nasty[i], styles[k]);
}

static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t c = 1; c < 0x10ffff; c += c < 0x3000 ? 1 : 0x3f1) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        char text[16];
        int n = 0;
        text[n++] = 'a';
        if (c < 0x80) {
            text[n++] = (char)c;
        } else if (c < 0x800) {
            text[n++] = (char)(0xc0 | c >> 6);
            text[n++] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            text[n++] = (char)(0xe0 | c >> 12);
            text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            text[n++] = (char)(0x80 | (c & 0x3f));
        } else {
            text[n++] = (char)(0xf0 | c >> 18);
            text[n++] = (char)(0x80 | (c >> 12 & 0x3f));
            text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
            text[n++] = (char)(0x80 | (c & 0x3f));
        }
        text[n++] = '\n';
        text[n++] = 'b';
        text[n] = '\0';
        round_trip(text, STYLE_LITERAL);
    }
}

static void emits(const char *in, const char *expected)
{
    struct pool *pool = pool_new();
    struct buf out = {0};
    struct error e = {0};
    if (emit_documents(&out, read(pool, in), "test", &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(out.data ? out.data : "", expected);
    buf_free(&out);
    pool_free(pool);
}

static void a_users_scalar_keeps_text_and_style(void **state)
{
    (void)state;
    emits("a: no\nb: 'no'\nc: \"no\"\nd: 0123\ne: ~\nf:\ng: 1e3\nh: -- x\n",
          "a: no\nb: 'no'\nc: \"no\"\nd: 0123\ne: ~\nf:\ng: 1e3\nh: -- x\n");
    emits("a: |\n  x\n   y\n\n  z\nb: |-\n  x\nc: >\n  one\n  two\n\n  three\nd: >-\n  one\n",
          "a: |\n  x\n   y\n\n  z\nb: |-\n  x\nc: >\n  one two\n\n  three\nd: >-\n  one\n");
}

static void a_block_that_would_change_is_double_quoted(void **state)
{
    (void)state;
    emits("a: |2\n   x\n", "a: \" x\\n\"\n");
    emits("a: |+\n  x\n\n", "a: \"x\\n\\n\"\n");
    emits("a: |\n  x \n  y\n", "a: \"x \\ny\\n\"\n");
    emits("a: \"x\\ty\"\n", "a: \"x\\ty\"\n");
    emits("a: |\n  x\ty\n", "a: \"x\\ty\\n\"\n");
    /* A folded text with indented lines stays readable as a literal one. */
    emits("a: >\n  x\n   y\n  z\n", "a: |\n  x\n   y\n  z\n");
}

static void a_separator_that_some_take_for_a_line_break_is_escaped(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct tree_node *root = tree_map(pool, here);
    struct document doc = doc_of(root);

    for (size_t i = 0; i < 4; i++)
        tree_add(pool, root, (const char *const[]){"a", "b", "c", "d"}[i],
                 tree_scalar(pool, here, "x\xe2\x80\xa8y\n\xe2\x80\xa9", 9, styles[i]));
    struct buf out = {0};
    struct error e = {0};
    assert_int_equal(emit_documents(&out, &doc, "test", &e), 0);
    assert_string_equal(out.data,
                        "a: \"x\\Ly\\n\\P\"\nb: \"x\\Ly\\n\\P\"\nc: \"x\\Ly\\n\\P\"\nd: \"x\\Ly\\n\\P\"\n");
    buf_free(&out);
    pool_free(pool);
}

static void flow_becomes_block_because_plain_text_is_narrower_there(void **state)
{
    (void)state;
    emits("a: [12:30:45, -1, x?y, {k: http://h/p}, [], {}, 2001:db8::1]\n",
          "a:\n- 12:30:45\n- -1\n- x?y\n- k: http://h/p\n- []\n- {}\n- 2001:db8::1\n");
}

static void a_plain_text_that_must_be_quoted_was_text_all_along(void **state)
{
    (void)state;
    emits("a: one\n\n  two\nb: x\ty\nc: ---x\nd: \xf0\x9f\x94\xa5\n",
          "a: \"one\\ntwo\"\nb: \"x\\ty\"\nc: '---x'\nd: \"\\U0001F525\"\n");
    emits("a:: x\n-: y\n", "'a:': x\n'-': y\n");
}

static void documents_are_separated_and_empty_ones_left_out(void **state)
{
    (void)state;
    emits("# only a comment\n---\na: 1\n---\n# nothing\n---\nb: 2\n", "a: 1\n---\nb: 2\n");
    emits("# nothing at all\n", "");
}

static void lines_are_never_folded(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct tree_node *root = tree_map(pool, here);
    struct document doc = doc_of(root);
    struct buf text = {0};

    for (int i = 0; i < 3000; i++)
        buf_str(&text, i % 7 ? "word " : "a  b ");
    buf_str(&text, "end");
    for (size_t k = 0; k < 4; k++)
        tree_add(pool, root, (const char *const[]){"a", "b", "c", "d"}[k],
                 tree_scalar(pool, here, text.data, text.len, k ? styles[k] : STYLE_PLAIN));
    struct buf out = {0};
    struct error e = {0};
    assert_int_equal(emit_documents(&out, &doc, "test", &e), 0);
    assert_null(memmem(out.data, 2000, "\n ", 2));
    buf_free(&out);
    buf_free(&text);
    pool_free(pool);
}

static void long_and_odd_keys_come_back(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct tree_node *root = tree_map(pool, here);
    struct document doc = doc_of(root);
    char long_key[400];

    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    tree_add(pool, root, long_key, tree_scalar(pool, here, "1", 1, STYLE_PLAIN));
    tree_add(pool, root, "x", tree_scalar(pool, here, "2", 1, STYLE_PLAIN));
    root->last->key = tree_scalar(pool, here, "two\nlines", 9, STYLE_LITERAL);
    tree_add(pool, root, "x", tree_scalar(pool, here, "3", 1, STYLE_PLAIN));
    root->last->key = tree_scalar(pool, here, "yes", 3, STYLE_SINGLE);
    struct buf out = {0};
    struct error e = {0};
    assert_int_equal(emit_documents(&out, &doc, "test", &e), 0);
    struct document *back = read(pool, out.data);
    assert_true(tree_is(tree_get(back->root, long_key), "1"));
    assert_true(tree_is(tree_get(back->root, "two\nlines"), "2"));
    assert_int_equal(back->root->last->key->style, STYLE_SINGLE);
    buf_free(&out);
    pool_free(pool);
}

static void reading_back_notices(const char *meant, const char *written)
{
    struct pool *pool = pool_new();
    struct error e = {0};
    int result = readback_compare(written, strlen(written), read(pool, meant), NULL, &e);
    if (result == 0)
        fail_msg("not noticed:\n%s", written);
    assert_int_equal(e.code, E_RENDER_SELFCHECK);
    pool_free(pool);
}

static void the_self_check_notices_every_kind_of_change(void **state)
{
    (void)state;
    reading_back_notices("a: 'no'\n", "a: no\n");
    reading_back_notices("a: no\n", "a: 'no'\n");
    reading_back_notices("a: x\n", "a: y\n");
    reading_back_notices("a: x\n", "b: x\n");
    reading_back_notices("a: x\nb: y\n", "a: x\n");
    reading_back_notices("a: x\n", "a: x\nb: y\n");
    reading_back_notices("a: [1]\n", "a: {1: 2}\n");
    reading_back_notices("a: 1\n", "a: 1\n---\nb: 2\n");
    reading_back_notices("a: 1\n---\nb: 2\n", "a: 1\n");
    reading_back_notices("a: x\n", "a: &b x\n");
    reading_back_notices("a: 'x'\n", "a: !!str 'x'\n");
    reading_back_notices("a: x\n", "a: \"x\n");
    reading_back_notices("a: x\n", "");
}

/* Long enough to be written and compared by lines, among them some that mean something to YAML elsewhere. */
static void long_text(struct buf *out, const char *line, const char *ending)
{
    while (out->len < 2 * BLOCK_MIN)
        buf_printf(out, "a%s\n\n  %s\n.\n---\n%s", line, line, out->len ? "\n" : "");
    out->len -= out->len ? 1 : 0;
    buf_str(out, ending);
}

static void a_long_text_comes_back(void **state)
{
    (void)state;
    static const char *const endings[] = {"", "\n", "\n\n", " ", " \n", "\n."};
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++)
        for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
            struct pool *pool = pool_new();
            struct buf text = {0};
            long_text(&text, nasty[i], endings[k]);
            struct tree_node *root = tree_map(pool, here), *list = tree_seq(pool, here);
            tree_add(pool, root, "first", tree_scalar(pool, here, text.data, text.len, STYLE_LITERAL));
            tree_add(pool, root, "second", tree_scalar(pool, here, text.data, text.len, STYLE_LITERAL));
            for (unsigned n = 0; n < 3; n++)
                tree_add(pool, list, NULL, tree_scalar(pool, here, text.data, text.len, STYLE_LITERAL));
            tree_add(pool, root, "list", list);
            struct document document = {.root = root};
            struct error e = {0};
            struct buf out = {0};
            if (emit_documents(&out, &document, "test", &e) != 0)
                fail_msg("%zu/%zu: %s\n%s", i, k, e.text, text.data);
            struct document *back;
            assert_int_equal(tree_read(pool, "out", out.data, out.len, &back, &e), 0);
            assert_string_equal(tree_text(tree_get(back->root, "first")), text.data);
            assert_string_equal(tree_text(tree_get(back->root, "second")), text.data);
            const struct tree_node *item = tree_get(back->root, "list")->first;
            for (; item; item = item->next)
                assert_string_equal(item->text, text.data);
            /* What libyaml alone makes of it, which it does for the first of a collection. */
            assert_int_equal(tree_get(back->root, "first")->style, tree_get(back->root, "second")->style);
            buf_free(&out);
            buf_free(&text);
            pool_free(pool);
        }
}

/* Nothing in a long text, around it or in its indentation can be other than it was meant. */
static void a_long_text_that_changed_is_noticed(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct document *docs = read(pool, "k: |\n  a\n\n   b\n  c d\nl: x\n");
    struct block_text block = {.node = tree_get(docs->root, "k")};
    struct buf out = {0};
    buf_str(&out, "k: |\n  .\n");
    assert_true(block_put(&out, &block));
    buf_str(&out, "l: x\n");
    assert_string_equal(out.data, "k: |\n  a\n\n   b\n  c d\nl: x\n");
    struct error e = {0};
    assert_int_equal(readback_compare(out.data, out.len, docs, &block, &e), 0);
    static const char others[] = {'z', ' ', '\n', '\t', '-', '#'};
    for (size_t i = 0; i < out.len; i++)
        for (size_t k = 0; k < sizeof others; k++) {
            char was = out.data[i];
            out.data[i] = others[k];
            /* libyaml reads all of it: where that takes the change, it is none. */
            if (others[k] != was && readback_compare(out.data, out.len, docs, &block, &e) == 0 &&
                readback_compare(out.data, out.len, docs, NULL, &e) != 0)
                fail_msg("not noticed at %zu: %s", i, out.data);
            out.data[i] = was;
        }
    for (size_t size = 0; size < block.size; size++) {
        struct block_text shorter = {.node = block.node, .at = block.at, .size = size};
        assert_int_equal(readback_compare(out.data, out.len, docs, &shorter, &e), -1);
    }
    buf_free(&out);
    pool_free(pool);
}

static void an_unresolved_reference_is_never_written(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct buf out = {0};
    struct error e = {0};

    assert_int_equal(emit_documents(&out, read(pool, "a: !secret x\n"), "test", &e), -1);
    assert_int_equal(e.code, E_RENDER_SELFCHECK);
    buf_free(&out);
    pool_free(pool);
}

static void too_much_is_refused_by_name(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct buf out = {.max = 100};
    struct error e = {0};

    assert_int_equal(
        emit_documents(&out,
                       read(pool,
                            "a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
                            "b: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"),
                       "30-big", &e),
        -1);
    assert_int_equal(e.code, E_RENDER_SIZE);
    assert_non_null(strstr(e.text, "30-big"));
    buf_free(&out);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nasty_values_come_back_in_every_style),
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(a_users_scalar_keeps_text_and_style),
        cmocka_unit_test(a_block_that_would_change_is_double_quoted),
        cmocka_unit_test(a_separator_that_some_take_for_a_line_break_is_escaped),
        cmocka_unit_test(flow_becomes_block_because_plain_text_is_narrower_there),
        cmocka_unit_test(a_plain_text_that_must_be_quoted_was_text_all_along),
        cmocka_unit_test(documents_are_separated_and_empty_ones_left_out),
        cmocka_unit_test(lines_are_never_folded),
        cmocka_unit_test(long_and_odd_keys_come_back),
        cmocka_unit_test(the_self_check_notices_every_kind_of_change),
        cmocka_unit_test(a_long_text_comes_back),
        cmocka_unit_test(a_long_text_that_changed_is_noticed),
        cmocka_unit_test(an_unresolved_reference_is_never_written),
        cmocka_unit_test(too_much_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
