/* render/resolve: references become values, and secrets stay out of every message. */
#include "render_kit.h"

#include "render/resolve.h"

/* Resolves one value ("a: ...") and gives back its node, or NULL with the mistakes in k->errors. */
static const struct tree_node *value_of(struct kit *k, struct resolver *r, const char *yaml)
{
    errors_free(&k->errors);
    resolve_init(r, &k->plan, &k->given, k->pool, &k->errors);
    const struct document *docs = resolve_documents(r, kit_docs(k, "talos.yaml", yaml));
    return k->errors.count ? NULL : tree_get(docs->root, "a");
}

static void becomes(struct kit *k, const char *yaml, const char *text, bool secret)
{
    struct resolver r;
    const struct tree_node *node = value_of(k, &r, yaml);
    if (!node)
        fail_msg("%s: %s", yaml, k->errors.items[0].text);
    assert_string_equal(node->text, text);
    assert_int_equal(node->len, strlen(text));
    assert_null(node->ref);
    assert_int_not_equal(node->style, STYLE_PLAIN);
    assert_int_equal(resolve_is_secret(&r, node), secret);
    assert_int_equal(node->pos.line, 1);
    assert_int_equal(node->pos.column, 4);
    resolve_free(&r);
}

static void refused(struct kit *k, const char *yaml, enum error_code code, const char *words)
{
    struct resolver r;
    if (value_of(k, &r, yaml))
        fail_msg("not refused: %s", yaml);
    kit_expect(k, code, words, "hunter2");
    kit_expect(k, code, "talos.yaml:1:4: ", NULL);
    resolve_free(&r);
}

static void open_with_secrets(struct kit *k)
{
    static const char bundle[] = "certs: {os: {crt: hunter2}}\ntoken: |\n  two\n  lines\nzero: 0123\n"
                                 "lines: |\n  aHVu\n  dGVyMgo=\n";
    static const char pinned[] = "an older hunter2";
    kit_open(k, MACHINE_CONTROLPLANE);
    kit_secret(k, "bundle", NULL, bundle, sizeof bundle - 1);
    kit_secret(k, "bundle", "0123456789abcdef0123456789abcdef", pinned, sizeof pinned - 1);
    kit_secret(k, "bytes", NULL, "hunter2\xff\xfe", 9);
    kit_secret(k, "nul", NULL, "hunter2\0x", 9);
    kit_secret(k, "no", NULL, "no", 2);
    kit_secret(k, "newline", NULL, "hunter2\n", 8);
    kit_secret(k, "empty", NULL, "", 0);
    kit_secret(k, "encoded", NULL, "aHVudGVyMgo=", 12);
    kit_file(k, "motd.txt", "hello\n", 6);
    kit_file(k, "blob.bin", "\x00\x01\xff", 3);
    kit_file(k, "latin1.txt", "gr\xfc\xdf", 4);
}

static void references_become_strings(void **state)
{
    (void)state;
    struct kit k;

    open_with_secrets(&k);
    becomes(&k, "a: !secret no\n", "no", true);
    becomes(&k, "a: !secret empty\n", "", true);
    becomes(&k, "a: !secret newline\n", "hunter2\n", true);
    becomes(&k, "a: !secret bundle#/certs/os/crt\n", "hunter2", true);
    becomes(&k, "a: !secret bundle#/token\n", "two\nlines\n", true);
    becomes(&k, "a: !secret bundle#/zero\n", "0123", true);
    becomes(&k, "a: !secret bundle@0123456789abcdef0123456789abcdef\n", "an older hunter2", true);
    becomes(&k, "a: !file motd.txt\n", "hello\n", false);
    becomes(&k, "a: !format \"{node:name}.{node:cluster}{{x}}\"\n", "data-1.home{x}", false);
    becomes(&k, "a: !format \"user:{secret:no}@{file:motd.txt}\"\n", "user:no@hello\n", true);
    becomes(&k, "a: !base64 {secret: newline}\n", "aHVudGVyMgo=", true);
    becomes(&k, "a: !base64 {secret: bytes}\n", "aHVudGVyMv/+", true);
    becomes(&k, "a: !base64 {secret: nul}\n", "aHVudGVyMgB4", true);
    becomes(&k, "a: !base64 {file: blob.bin}\n", "AAH/", false);
    becomes(&k, "a: !base64 {format: \"{node:name}\\n\"}\n", "ZGF0YS0xCg==", false);
    becomes(&k, "a: !base64 {node: name}\n", "ZGF0YS0x", false);
    becomes(&k, "a: !base64 {secret: empty}\n", "", true);
    becomes(&k, "a: !base64decode {secret: encoded}\n", "hunter2\n", true);
    becomes(&k, "a: !base64decode {secret: \"bundle#/lines\"}\n", "hunter2\n", true);
    becomes(&k, "a: !base64decode {secret: empty}\n", "", true);
    kit_close(&k);
}

static void node_fields_keep_their_kind(void **state)
{
    (void)state;
    struct kit k;

    open_with_secrets(&k);
    struct resolver r;
    const struct tree_node *node = value_of(&k, &r, "a: !node install.disk\n");
    assert_int_equal(node->kind, TREE_MAP);
    assert_true(tree_is(tree_get(node, "wwid"), "naa.5002538d40a1b2c3"));
    assert_string_equal(node->key->text, "a");
    resolve_free(&r);
    node = value_of(&k, &r, "a: [x, {b: !node cluster}]\n");
    assert_true(tree_is(tree_get(node->last, "b"), "home"));
    resolve_free(&r);
    kit_close(&k);
}

static void what_cannot_be_had_is_refused_by_name(void **state)
{
    (void)state;
    struct kit k;

    open_with_secrets(&k);
    refused(&k, "a: !secret bundle#/certs/k8s/crt\n", E_SECRET_POINTER,
            "secret \"bundle\" holds nothing at /certs/k8s");
    refused(&k, "a: !secret bundle#/certs\n", E_SECRET_POINTER, "a mapping or a list at /certs");
    refused(&k, "a: !secret bundle#/zero/x\n", E_SECRET_POINTER, "nothing at /zero/x");
    refused(&k, "a: !secret bytes#/x\n", E_SECRET_POINTER, "neither YAML nor JSON");
    refused(&k, "a: !secret empty#/x\n", E_SECRET_POINTER, "not one YAML or JSON document");
    refused(&k, "a: !secret bytes\n", E_SECRET_VALUE, "secret \"bytes\" is not UTF-8");
    refused(&k, "a: !secret nul\n", E_SECRET_VALUE, "secret \"nul\" holds a NUL byte");
    refused(&k, "a: !format \"x{secret:nul}\"\n", E_SECRET_VALUE, "NUL");
    refused(&k, "a: !base64decode {secret: newline}\n", E_SECRET_VALUE, "is no base64");
    refused(&k, "a: !base64decode {node: name}\n", E_SECRET_VALUE, "is no base64");
    refused(&k, "a: !secret other\n", E_SECRET_VALUE, "secret \"other\" was not fetched");
    refused(&k, "a: !secret bundle@ffffffffffffffffffffffffffffffff\n", E_SECRET_VALUE, "was not fetched");
    refused(&k, "a: !file blob.bin\n", E_FILE_TEXT, "blob.bin holds a NUL byte");
    refused(&k, "a: !file latin1.txt\n", E_FILE_TEXT, "latin1.txt is not UTF-8");
    refused(&k, "a: !file absent.txt\n", E_FILE_READ, "absent.txt");
    refused(&k, "a: !node vars.absent\n", E_REF_NODE, "absent");
    refused(&k, "a: !fact serial\n", E_REF_FACT, "serial");
    kit_close(&k);
}

static void all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    struct kit k;

    open_with_secrets(&k);
    struct resolver r;
    resolve_init(&r, &k.plan, &k.given, k.pool, &k.errors);
    resolve_documents(
        &r, kit_docs(&k, "talos.yaml", "a: !secret x\nb: [!secret y, !file z]\nc: {d: !node vars.w}\n"));
    assert_int_equal(k.errors.count, 4);
    assert_non_null(strstr(k.errors.items[2].text, "talos.yaml:2:"));
    resolve_free(&r);
    kit_close(&k);
}

static void text_that_grows_too_long_is_refused(void **state)
{
    (void)state;
    struct kit k;
    char *big = mem_alloc(100000);

    kit_open(&k, MACHINE_CONTROLPLANE);
    memset(big, 'x', 100000);
    kit_file(&k, "big.txt", big, 100000);
    struct buf yaml = {0};
    buf_str(&yaml, "a: !format \"");
    for (int i = 0; i < 12; i++)
        buf_str(&yaml, "{file:big.txt}");
    buf_str(&yaml, "\"\n");
    struct resolver r;
    assert_null(value_of(&k, &r, yaml.data));
    kit_expect(&k, E_RENDER_SIZE, "longer than", NULL);
    resolve_free(&r);
    buf_free(&yaml);
    mem_free(big);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_become_strings),
        cmocka_unit_test(node_fields_keep_their_kind),
        cmocka_unit_test(what_cannot_be_had_is_refused_by_name),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(text_that_grows_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
