/* ExtensionServiceConfig hearth: written, read back, and its manifests moved to their place. */
#include "machined_kit.h"
#include "node/handover.h"

#define MAIN "version: v1alpha1\nmachine:\n  type: controlplane\ncluster:\n  clusterName: data\n"
#define KMSG "apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: lan # kept\nurl: tcp://192.168.1.2/\n"
#define PENDING_FILE(name, content) \
    "  - content: |\n      " content "\n    mountPath: /usr/local/etc/hearth/pending/" name "\n"
#define OWN_HEAD "apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: hearth\n"
#define OWN_TAIL "environment: [HEARTH_NODE=data-1, HEARTH_CLUSTER=data, HEARTH_BOOTSTRAP=auto]\n"
#define OWN OWN_HEAD "configFiles:\n" PENDING_FILE("30-canary.yaml", "token: canary") OWN_TAIL

static struct span span(const char *s)
{
    return (struct span){(const unsigned char *)s, strlen(s)};
}

struct box {
    struct role role;
    struct site_node nodes[2];
    struct site site;
    struct plan plan;
    struct rendered_manifest manifests[2];
    struct rendered rendered;
};

static void set_up(struct box *b)
{
    *b = (struct box){.role = {.name = "data", .cluster = "data"}};
    b->nodes[0] = (struct site_node){.name = "data-1", .role = &b->role, .type = MACHINE_CONTROLPLANE};
    b->nodes[1] = (struct site_node){.name = "data-2", .role = &b->role, .type = MACHINE_WORKER};
    b->site = (struct site){.nodes = b->nodes, .node_count = 2};
    b->plan = (struct plan){.site = &b->site, .entry = &b->nodes[0], .name = "data-1"};
    b->manifests[0] = (struct rendered_manifest){.name = "20-flux"};
    b->manifests[1] = (struct rendered_manifest){.name = "30-canary", .held = true};
    static const char flux[] = "a: flux\n", canary[] = "token: canary\n";
    b->manifests[0].contents = (struct span){(const unsigned char *)flux, sizeof flux - 1};
    b->manifests[1].contents = (struct span){(const unsigned char *)canary, sizeof canary - 1};
    b->rendered = (struct rendered){.manifests = b->manifests, .manifest_count = 2};
}

static void appended(void **state)
{
    (void)state;
    struct box b;
    set_up(&b);
    struct buf config = {0};
    buf_str(&config, MAIN);
    struct error e = {0};
    assert_int_equal(handover_append(&config, &b.plan, BOOTSTRAP_AUTO, &b.rendered, span(""), &e), 0);
    assert_memory_equal(config.data, MAIN "---\n", sizeof MAIN "---\n" - 1);
    assert_non_null(strstr(config.data, "HEARTH_NODE=data-1"));
    assert_non_null(strstr(config.data, "HEARTH_CLUSTER=data"));
    assert_non_null(strstr(config.data, "HEARTH_BOOTSTRAP=once"));
    assert_non_null(strstr(config.data, "/usr/local/etc/hearth/pending/30-canary.yaml"));
    assert_non_null(strstr(config.data, "token: canary"));
    assert_null(strstr(config.data, "flux"));
    buf_free(&config);
    /* Without anything held there is no list of files, and an empty one would be refused by Talos. */
    b.manifests[1].held = false;
    assert_int_equal(handover_append(&config, &b.plan, BOOTSTRAP_NONE, &b.rendered, span(""), &e), 0);
    assert_null(strstr(config.data, "configFiles"));
    assert_non_null(strstr(config.data, "HEARTH_BOOTSTRAP=none"));
    buf_free(&config);
}

/* A user's document of that name is kept, and what an earlier run of hearth left in it is not doubled. */
static void merged(void **state)
{
    (void)state;
    static const char theirs[] =
        OWN_HEAD "configFiles:\n  - content: mine\n    mountPath: /usr/local/etc/hearth/mine\n"
                 "environment:\n  - USER_SAYS=hello\n  - HEARTH_NODE=old\n  - HEARTH_BOOTSTRAP=auto\n";
    struct box b;
    set_up(&b);
    struct buf config = {0};
    struct error e = {0};
    assert_int_equal(handover_append(&config, &b.plan, BOOTSTRAP_MANUAL, &b.rendered, span(theirs), &e), 0);
    assert_non_null(strstr(config.data, "USER_SAYS=hello"));
    assert_non_null(strstr(config.data, "/usr/local/etc/hearth/mine"));
    assert_non_null(strstr(config.data, "30-canary.yaml"));
    assert_null(strstr(config.data, "HEARTH_NODE=old"));
    assert_null(strstr(config.data, "HEARTH_BOOTSTRAP=auto"));
    assert_non_null(strstr(config.data, "HEARTH_BOOTSTRAP=manual"));
    buf_free(&config);
    /* One that hearth cannot read is not thrown away. */
    assert_int_equal(handover_append(&config, &b.plan, BOOTSTRAP_AUTO, &b.rendered,
                                     span(OWN_HEAD "environment: &a [A=b]\n"), &e),
                     -1);
    assert_int_equal(e.code, E_YAML_REFUSED);
    buf_free(&config);
}

static void promoted(void **state)
{
    (void)state;
    struct buf out = {0};
    struct error e = {0};
    unsigned changes;
    assert_int_equal(handover_promote(span(MAIN "---\n" OWN "---\n" KMSG), false, &out, &changes, &e), 0);
    assert_non_null(strstr(out.data, "inlineManifests"));
    assert_non_null(strstr(out.data, "name: \"30-canary\""));
    assert_non_null(strstr(out.data, "token: canary"));
    assert_null(strstr(out.data, "pending"));
    assert_null(strstr(out.data, "configFiles"));
    assert_non_null(strstr(out.data, "HEARTH_NODE=data-1"));
    assert_non_null(strstr(out.data, KMSG)); /* byte for byte */
    /* A second run finds the same to be right. */
    assert_int_equal(changes, 1);
    struct buf again = {0};
    assert_int_equal(handover_promote(span(out.data), false, &again, &changes, &e), 0);
    assert_int_equal(changes, 0);
    assert_string_equal(out.data, again.data);
    buf_free(&out);
    buf_free(&again);
}

/* A name that is there already stays as it is; files that are not hearth's stay where they are. */
static void promoted_beside(void **state)
{
    (void)state;
    static const char active[] = MAIN
        "  inlineManifests:\n    - name: 30-canary\n      contents: kept\n---\n" OWN_HEAD
        "configFiles:\n" PENDING_FILE("30-canary.yaml", "other") PENDING_FILE(".yaml", "nameless")
            PENDING_FILE("x.txt",
                         "no yaml") "  - content: mine\n    mountPath: /usr/local/etc/hearth/mine\n" OWN_TAIL;
    struct buf out = {0};
    struct error e = {0};
    unsigned changes;
    assert_int_equal(handover_promote(span(active), false, &out, &changes, &e), 0);
    assert_int_equal(changes, 1);
    assert_non_null(strstr(out.data, "kept"));
    assert_null(strstr(out.data, "other"));
    assert_non_null(strstr(out.data, "nameless"));
    assert_non_null(strstr(out.data, "x.txt"));
    assert_non_null(strstr(out.data, "/usr/local/etc/hearth/mine"));
    buf_free(&out);
}

/* What was held comes to lie where `render` has it: names sort, in front, between and behind. */
static void promoted_in_order(void **state)
{
    (void)state;
    static const char active[] =
        MAIN "  inlineManifests:\n    - {name: 20-flux, contents: b}\n    - {name: 40-sync, contents: "
             "d}\n---\n" OWN_HEAD "configFiles:\n" PENDING_FILE("50-e.yaml", "e")
                 PENDING_FILE("30-c.yaml", "c") PENDING_FILE("10-a.yaml", "a") OWN_TAIL;
    static const char *const names[] = {"10-a", "20-flux", "30-c", "40-sync", "50-e"};
    struct buf out = {0};
    struct error e = {0};
    unsigned changes;
    assert_int_equal(handover_promote(span(active), false, &out, &changes, &e), 0);
    assert_int_equal(changes, 3);
    for (size_t i = 0; i + 1 < sizeof names / sizeof *names; i++)
        assert_true(strstr(out.data, names[i]) < strstr(out.data, names[i + 1]));
    buf_free(&out);
}

/* A config founds once: from then on its node is one that joins. Earlier ones say auto. */
static void retire(const char *active)
{
    struct buf out = {0};
    struct error e = {0};
    unsigned changes;
    assert_int_equal(handover_promote(span(active), false, &out, &changes, &e), 0);
    assert_int_equal(changes, 0);
    buf_free(&out);
    assert_int_equal(handover_promote(span(active), true, &out, &changes, &e), 0);
    assert_int_equal(changes, 1);
    assert_non_null(strstr(out.data, "HEARTH_BOOTSTRAP=none"));
    assert_null(strstr(out.data, "once"));
    assert_null(strstr(out.data, "auto"));
    assert_non_null(strstr(out.data, "USER=x"));
    assert_non_null(strstr(out.data, KMSG));
    buf_free(&out);
}

static void retired(void **state)
{
    (void)state;
    retire(MAIN "---\n" OWN_HEAD "environment: [HEARTH_NODE=a, HEARTH_BOOTSTRAP=once, USER=x]\n---\n" KMSG);
    retire(MAIN "---\n" OWN_HEAD "environment: [HEARTH_NODE=a, HEARTH_BOOTSTRAP=auto, USER=x]\n---\n" KMSG);
}

/* The resource comes a moment after the config. */
static void written(void **state)
{
    (void)state;
    assert_true(handover_written(span(MAIN "---\n" OWN "---\n" KMSG)));
    assert_false(handover_written(span(MAIN "---\n" KMSG)));
    assert_false(handover_written(span(MAIN "---\n" OWN_HEAD "environment: [USER=x]\n")));
    assert_false(handover_written(span(MAIN "# HEARTH_NODE=a\n---\n" OWN_HEAD "environment: [USER=x]\n")));
    assert_false(handover_written(span(MAIN "---\n" OWN_HEAD "environment: [HEARTH_NODE=a]\n")));
    assert_false(handover_written(span("")));
}

static void not_promoted(void **state)
{
    (void)state;
    static const struct {
        const char *active;
        enum error_code code;
    } rows[] = {
        {"", E_CONFIG_STREAM},
        {OWN, E_CONFIG_STREAM},
        {MAIN, E_CONFIG_STREAM},
        {"machine: {}\n---\n" OWN, E_CONFIG_STREAM},
        {MAIN "a: *b\n---\n" OWN, E_YAML_REFUSED},
        {MAIN "---\n" OWN_HEAD "environment: [\n", E_YAML_SYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        struct error e = {0};
        unsigned changes;
        assert_int_equal(handover_promote(span(rows[i].active), true, &out, &changes, &e), -1);
        assert_int_equal(e.code, rows[i].code);
        buf_free(&out);
    }
}

static void check_read(const char *const *environment, const char *const *files, struct handover *out,
                       bool *found, int result)
{
    static struct pool *pool;
    pool_free(pool);
    pool = pool_new();
    struct buf spec = {0};
    for (; *files; files++) {
        struct buf file = {0};
        pb_put_text(&file, 1, "content");
        pb_put_text(&file, 2, *files);
        nest(&spec, 1, &file);
    }
    for (; *environment; environment++)
        pb_put_text(&spec, 2, *environment);
    struct server s = {0};
    add_resource(answer(&s, "ExtensionServiceConfigs", "os:admin"), "hearth", &spec);
    server_start(&s);
    struct error e = {0};
    assert_int_equal(handover_read(&s.target, pool, out, found, &e), result);
    if (result)
        assert_int_equal(e.code, E_MACHINED_MALFORMED);
    server_stop(&s, NULL);
}

static void read_back(void **state)
{
    (void)state;
    struct handover own;
    bool found;
    check_read((const char *const[]){"USER=x", "HEARTH_NODE=data-1", "HEARTH_CLUSTER=data",
                                     "HEARTH_BOOTSTRAP=auto", NULL},
               (const char *const[]){"/usr/local/etc/hearth/pending/30-x.yaml", "/usr/local/etc/hearth/mine",
                                     "/usr/local/etc/hearth/pending/", "/usr/local/etc/hearth/pending/x.txt",
                                     "/usr/local/etc/hearth/pending/.yaml", NULL},
               &own, &found, 0);
    assert_true(found);
    assert_string_equal(own.node, "data-1");
    assert_string_equal(own.cluster, "data");
    assert_int_equal(own.bootstrap, BOOTSTRAP_AUTO);
    assert_int_equal(own.pending, 1);
    /* What is not one of the words founds nothing. */
    check_read((const char *const[]){"HEARTH_NODE=a", "HEARTH_CLUSTER=b", "HEARTH_BOOTSTRAP=AUTO", NULL},
               (const char *const[]){NULL}, &own, &found, 0);
    assert_true(found);
    assert_int_equal(own.bootstrap, BOOTSTRAP_NONE);
    check_read((const char *const[]){"HEARTH_NODE=a", "HEARTH_CLUSTER=b", "HEARTH_BOOTSTRAP=once", NULL},
               (const char *const[]){NULL}, &own, &found, 0);
    assert_int_equal(own.bootstrap, BOOTSTRAP_AUTO);
}

static void not_ours(void **state)
{
    (void)state;
    static const char *const rows[][3] = {{NULL},
                                          {"HEARTH_NODE=a", NULL},
                                          {"HEARTH_CLUSTER=a", NULL},
                                          {"HEARTH_NODES=a", "HEARTH_CLUSTER=b", NULL},
                                          {"A=b", "HEARTH_NODE", NULL}};
    struct handover own;
    bool found = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_read(rows[i], (const char *const[]){NULL}, &own, &found, 0);
        assert_false(found);
    }
    check_read((const char *const[]){NULL}, (const char *const[]){"not UTF-8: \xc3\x28", NULL}, &own, &found,
               -1);
}

/* Behind the install nobody knows any more what came from a vault: every text that is not plain may have, in manifests
 * too, and no key or plain word of them. */
static void noted(void **state)
{
    (void)state;
    static const char active[] =
        "machine:\n  type: controlplane\n  token: 'of-the-machine'\ncluster:\n  inlineManifests:\n"
        "    - name: \"00-a\"\n      contents: |\n        kind: Secret\n        stringData:\n          a: "
        "'of-a-manifest'\n"
        "          b: |\n            one-line\n            another-line\n          c: 'aW4tYmFzZTY0'\n"
        "    - name: b\n      contents: |\n        only words\n---\n" OWN_HEAD
        "configFiles:\n" PENDING_FILE("30-canary.yaml", "token: \"of-a-pending-one\"") OWN_TAIL;
    static const char *const wanted[] = {
        "of-the-machine", "00-a",         "of-a-manifest",   "one-line\nanother-line\n",
        "one-line",       "another-line", "aW4tYmFzZTY0",    "in-base64",
        "only words\n",   "only words",   "of-a-pending-one"};
    struct buf texts = {0};
    handover_note(span(active), &texts);
    const char *at = texts.data;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_true(at < texts.data + texts.len);
        assert_string_equal(at, wanted[i]);
        at += strlen(at) + 1;
    }
    assert_ptr_equal(at, texts.data + texts.len);
    buf_free(&texts);
    handover_note((struct span){0}, &texts); /* no config is active yet */
    handover_note(span("%BAD\n"), &texts);
    assert_int_equal(texts.len, 0);
    buf_free(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appended),
        cmocka_unit_test(merged),
        cmocka_unit_test(promoted),
        cmocka_unit_test(promoted_beside),
        cmocka_unit_test(not_promoted),
        cmocka_unit_test(read_back),
        cmocka_unit_test(not_ours),
        cmocka_unit_test(retired),
        cmocka_unit_test(promoted_in_order),
        cmocka_unit_test(written),
        cmocka_unit_test(noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
