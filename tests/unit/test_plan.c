/* plan.h: what a !fact and a !node become, and when two control planes carry the same. */
#include "plan/plan.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char facts_text_[] =
    "{\"serial\": \"0690\", \"uuid\": null, \"mac\": \"00:00:5e:00:53:40\", \"cpu\": {\"cores\": 4, "
    "\"model_name\": \"no\"},"
    " \"firmware\": {\"secure_boot\": true}, \"board\": {\"product_name\": \"096JG8\", \"version\": \"A01\"},"
    " \"system\": {\"version\": \"a: b\", \"family\": \"12:30:45\", \"sku_number\": \"~\", \"manufacturer\": "
    "\"Dell Inc.\"},"
    " \"disks\": []}";

struct world {
    struct pool *pool;
    struct role role;
    struct site_node entry;
    struct site site;
    struct plan plan;
    json_t *facts;
};

static struct tree_node *scalar(struct pool *pool, const char *text, enum tree_style style)
{
    return tree_scalar(pool, (struct pos){.file = "hearth.yaml", .line = 1, .column = 1}, text, strlen(text),
                       style);
}

static void open_world(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->pool = pool_new();
    w->facts = json_loads(facts_text_, 0, NULL);
    assert_non_null(w->facts);
    w->role = (struct role){.name = "data",
                            .cluster = "0123",
                            .endpoint = "https://192.168.1.10:6443",
                            .vault = "https://v.vault.azure.net"};
    struct site_var *number = pool_alloc(w->pool, sizeof *number);
    struct site_var *text = pool_alloc(w->pool, sizeof *text);
    struct site_var *own = pool_alloc(w->pool, sizeof *own);
    *text = (struct site_var){.name = "vlan", .value = scalar(w->pool, "0010", STYLE_SINGLE)};
    *number = (struct site_var){.name = "mtu", .value = scalar(w->pool, "1500", STYLE_PLAIN), .next = text};
    *own = (struct site_var){.name = "mtu", .value = scalar(w->pool, "9000", STYLE_PLAIN)};
    w->role.vars = number;
    w->entry =
        (struct site_node){.name = "data-1", .role = &w->role, .type = MACHINE_CONTROLPLANE, .vars = own};
    w->site = (struct site){.roles = &w->role, .role_count = 1, .nodes = &w->entry, .node_count = 1};
    w->plan = (struct plan){
        .pool = w->pool, .site = &w->site, .facts = w->facts, .entry = &w->entry, .name = "data-1"};
    w->plan.disk = (struct plan_disk){.field = "wwid", .value = "t10.ATA     KINGSTON: #1"};
}

static void close_world(struct world *w)
{
    json_decref(w->facts);
    pool_free(w->pool);
}

static struct tree_node *value(struct world *w, enum ref_kind kind, const char *name, struct error *e)
{
    struct ref *ref = pool_alloc(w->pool, sizeof *ref);
    *ref = (struct ref){.kind = kind, .name = name, .pos = {.file = "talos/x.yaml", .line = 3, .column = 9}};
    return plan_value(&w->plan, ref, e);
}

/* A number stays a number, a text stays a text even where YAML would read something else. */
static void facts_keep_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        bool plain;
    } rows[] = {
        {"cpu.cores", "4", true},
        {"firmware.secure_boot", "true", true},
        {"serial", "0690", false},
        {"mac", "00:00:5e:00:53:40", false},
        {"cpu.model_name", "no", false},
        {"board.product_name", "096JG8", false},
        {"board.version", "A01", true},
        {"system.version", "a: b", false},
        {"system.family", "12:30:45", false},
        {"system.sku_number", "~", false},
        {"system.manufacturer", "Dell Inc.", false},
    };
    struct world w;
    open_world(&w);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error e;
        struct tree_node *node = value(&w, REF_FACT, rows[i].name, &e);
        assert_non_null(node);
        assert_int_equal(node->kind, TREE_SCALAR);
        assert_string_equal(node->text, rows[i].text);
        assert_int_equal(node->style == STYLE_PLAIN, rows[i].plain);
        assert_int_equal(node->pos.line, 3);
    }
    close_world(&w);
}

static void facts_that_are_no_value_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"uuid", "disks", "board", "tpm.version", "no.such"};
    struct world w;
    open_world(&w);
    struct error e;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(value(&w, REF_FACT, names[i], &e));
        assert_int_equal(e.code, E_REF_FACT);
        assert_non_null(strstr(e.text, "talos/x.yaml:3:9: "));
        assert_non_null(strstr(e.text, names[i]));
    }
    w.plan.facts = NULL;
    assert_null(value(&w, REF_FACT, "serial", &e));
    assert_int_equal(e.code, E_REF_FACT);
    close_world(&w);
}

static void node_fields(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        enum tree_style style;
    } rows[] = {
        {"name", "data-1", STYLE_PLAIN},
        {"role", "data", STYLE_PLAIN},
        {"type", "controlplane", STYLE_PLAIN},
        {"cluster", "0123", STYLE_DOUBLE},
        {"vars.mtu", "9000", STYLE_PLAIN},
        {"vars.vlan", "0010", STYLE_SINGLE},
        {"endpoint", "https://192.168.1.10:6443", STYLE_PLAIN},
    };
    struct world w;
    open_world(&w);
    struct error e;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tree_node *node = value(&w, REF_NODE, rows[i].name, &e);
        assert_non_null(node);
        assert_string_equal(node->text, rows[i].text);
        assert_int_equal(node->style, rows[i].style);
    }
    struct tree_node *disk = value(&w, REF_NODE, "install.disk", &e);
    assert_non_null(disk);
    assert_int_equal(disk->kind, TREE_MAP);
    assert_int_equal(disk->count, 1);
    assert_string_equal(tree_get(disk, "wwid")->text, "t10.ATA     KINGSTON: #1");
    assert_int_equal(tree_get(disk, "wwid")->style, STYLE_DOUBLE);
    close_world(&w);
}

static void node_fields_that_are_not_there(void **state)
{
    (void)state;
    static const char *const names[] = {"vars.nothing", "vars.", "serial", ""};
    struct world w;
    open_world(&w);
    struct error e;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(value(&w, REF_NODE, names[i], &e));
        assert_int_equal(e.code, E_REF_NODE);
    }
    w.plan.disk = (struct plan_disk){.field = NULL};
    assert_null(value(&w, REF_NODE, "install.disk", &e));
    assert_int_equal(e.code, E_REF_NODE);
    assert_null(value(&w, REF_SECRET, "name", &e));
    assert_null(value(&w, REF_FORMAT, NULL, &e));
    close_world(&w);
}

/* One plan with one manifest of this text, in `w`. */
static void inline_text(struct world *w, const char *name, const char *text)
{
    struct plan_manifest *m = pool_alloc(w->pool, sizeof *m);
    *m = (struct plan_manifest){.name = name, .file = "bootstrap/x.yaml"};
    struct error e;
    assert_int_equal(tree_read(w->pool, "bootstrap/x.yaml", text, strlen(text), &m->docs, &e), 0);
    w->plan.manifests = m;
    w->plan.manifest_count = 1;
}

static int compare(const char *left, const char *right, const char *vault, const char *endpoint)
{
    struct world a;
    open_world(&a);
    struct world b;
    open_world(&b);
    b.role.vault = vault ? vault : a.role.vault;
    b.role.endpoint = endpoint ? endpoint : a.role.endpoint;
    inline_text(&a, "30-x", left);
    inline_text(&b, "30-x", right);
    struct error e = {.code = E_NONE};
    int status = plan_same_manifests(&a.plan, &b.plan, &e);
    assert_int_equal(e.code, status == 0 ? E_NONE : E_PLAN_MANIFESTS_DIFFER);
    close_world(&a);
    close_world(&b);
    return status;
}

static void manifests_that_are_the_same(void **state)
{
    (void)state;
    static const char text[] =
        "{a: !secret n#/x, b: !format 'x{node:endpoint}{{', c: !base64 {secret: q}, d: [1, 'y']}";
    assert_int_equal(compare(text, text, NULL, NULL), 0);
    assert_int_equal(compare("{a: 1}", "{a: 1} # the same", NULL, NULL), 0);
    assert_int_equal(compare("{a: !file x}", "{a: !file x}", "https://other.vault.azure.net", "https://e:1"),
                     0);
}

static void manifests_that_differ(void **state)
{
    (void)state;
    static const struct {
        const char *left;
        const char *right;
    } rows[] = {
        {"{a: 1}", "{a: 2}"},
        {"{a: 1}", "{a: '1'}"},
        {"{a: 1}", "{b: 1}"},
        {"{a: 1}", "{a: 1, b: 2}"},
        {"{a: [1]}", "{a: {x: 1}}"},
        {"{a: 1}", "{a: 1}\n---\n{b: 1}"},
        {"{a: !secret n}", "{a: !secret m}"},
        {"{a: !secret n}", "{a: !secret n#/x}"},
        {"{a: !secret n}", "{a: !secret n@0123456789abcdef0123456789abcdef}"},
        {"{a: !secret n}", "{a: n}"},
        {"{a: !secret n}", "{a: !file n}"},
        {"{a: !base64 {secret: n}}", "{a: !secret n}"},
        {"{a: !base64 {secret: n}}", "{a: !base64 {secret: m}}"},
        {"{a: !format 'x{secret:n}'}", "{a: !format 'y{secret:n}'}"},
        {"{a: !format 'x{secret:n}'}", "{a: !format 'x{secret:n}x'}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(compare(rows[i].left, rows[i].right, NULL, NULL), -1);
        assert_int_equal(compare(rows[i].right, rows[i].left, NULL, NULL), -1);
    }
    /* The same words, and another value behind them. */
    assert_int_equal(compare("{a: !secret n}", "{a: !secret n}", "https://other.vault.azure.net", NULL), -1);
    assert_int_equal(compare("{a: !node endpoint}", "{a: !node endpoint}", NULL, "https://other:6443"), -1);
    assert_int_equal(
        compare("{a: !format '{node:endpoint}'}", "{a: !format '{node:endpoint}'}", NULL, "https://o:1"), -1);
}

static void names_and_bytes_count_too(void **state)
{
    (void)state;
    struct world a;
    open_world(&a);
    struct world b;
    open_world(&b);
    inline_text(&a, "30-x", "{a: 1}");
    inline_text(&b, "30-y", "{a: 1}");
    struct error e;
    assert_int_equal(plan_same_manifests(&a.plan, &b.plan, &e), -1);
    b.plan.manifests->name = "30-x";
    assert_int_equal(plan_same_manifests(&a.plan, &b.plan, &e), 0);
    b.plan.manifest_count = 0;
    assert_int_equal(plan_same_manifests(&a.plan, &b.plan, &e), -1);
    b.plan.manifest_count = 1;
    a.plan.manifests->docs = b.plan.manifests->docs = NULL;
    a.plan.manifests->bytes = (struct span){.p = (const unsigned char *)"abc", .n = 3};
    b.plan.manifests->bytes = (struct span){.p = (const unsigned char *)"abd", .n = 3};
    assert_int_equal(plan_same_manifests(&a.plan, &b.plan, &e), -1);
    assert_int_equal(e.code, E_PLAN_MANIFESTS_DIFFER);
    b.plan.manifests->bytes.p = (const unsigned char *)"abc";
    assert_int_equal(plan_same_manifests(&a.plan, &b.plan, &e), 0);
    close_world(&a);
    close_world(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_keep_their_kind),
        cmocka_unit_test(facts_that_are_no_value_are_refused),
        cmocka_unit_test(node_fields),
        cmocka_unit_test(node_fields_that_are_not_there),
        cmocka_unit_test(manifests_that_are_the_same),
        cmocka_unit_test(manifests_that_differ),
        cmocka_unit_test(names_and_bytes_count_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
