/* What hearth asks of machined, and what its answers become. */
#include "machined_kit.h"

static const struct inquiry things = {"runtime", "Things.talos.dev", NULL, false};
static const struct inquiry secrets = {"config", "Secrets.talos.dev", NULL, true};

static struct inquiry one(struct inquiry of, const char *id)
{
    of.id = id;
    return of;
}

static bool asked(const struct buf *requests, const void *p, size_t n)
{
    return memmem(requests->data, requests->len, p, n) != NULL;
}

static void statuses(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum error_code code;
    } rows[] = {
        {7, E_MACHINED_DENIED}, {9, E_MACHINED_BUSY},    {3, E_MACHINED_REJECTED}, {12, E_MACHINED_OLD},
        {6, E_MACHINED_EXISTS}, {13, E_MACHINED_FAILED}, {2, E_MACHINED_FAILED},   {14, E_MACHINED_FAILED},
        {5, E_MACHINED_FAILED}, /* of Bootstrap: nothing that could be absent was asked for */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s = {0};
        refuse(&s, "/Bootstrap", rows[i].status, "because%0A\tof that");
        server_start(&s);
        struct error e;
        assert_int_equal(machined_bootstrap(&s.target, &e), -1);
        assert_int_equal(e.code, rows[i].code);
        assert_non_null(strstr(e.text, "Bootstrap: because"));
        /* machined's own words, fit for a console. */
        assert_null(strchr(e.text, '\n'));
        server_stop(&s, NULL);
    }
}

static void nobody_listens(void **state)
{
    (void)state;
    const struct grpc_target target = {.socket = "/tmp/hearth-kit-nobody/s", .stop_fd = -1};
    struct pool *pool = pool_new();
    const char *version;
    struct error e;
    assert_int_equal(machined_version(&target, pool, &version, &e), -1);
    assert_int_equal(e.code, E_MACHINED_SOCKET);
    pool_free(pool);
}

static void version(void **state)
{
    (void)state;
    /* protoc's bytes for v1.13.9 with a platform beside it; then what is not a version. */
    static const struct {
        const char *hex;
        const char *version;
    } rows[] = {
        {"0a1b12090a0776312e31332e391a0e0a056d6574616c12056d6574616c", "v1.13.9"},
        {"", NULL},
        {"0a00", NULL},
        {"0a04 1202 0a00", NULL},
        {"0a05 1203 0a01ff", NULL},
        {"0a05 1203 0a05ff", NULL},
        {"1200", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *pool = pool_new();
        struct buf message = {0};
        put_hex(&message, rows[i].hex);
        struct server s = {0};
        add_message(answer(&s, "/Version", "os:reader"), &message);
        server_start(&s);
        const char *seen = NULL;
        struct error e;
        int result = machined_version(&s.target, pool, &seen, &e);
        assert_int_equal(result, rows[i].version ? 0 : -1);
        if (rows[i].version)
            assert_string_equal(seen, rows[i].version);
        else
            assert_int_equal(e.code, E_MACHINED_MALFORMED);
        server_stop(&s, NULL);
        pool_free(pool);
    }
}

static int get_one(const struct server *s, struct pool *pool, struct inquiry question, struct resource *r,
                   bool *found, struct error *e)
{
    return machined_get(&s->target, pool, &question, r, found, e);
}

static void get(void **state)
{
    (void)state;
    struct pool *pool = pool_new();
    struct buf spec = {0};
    buf_str(&spec, "\x08\x03");
    struct server s = {0};
    add_resource(answer(&s, "Things", "one"), "one", &spec);
    struct buf garbage = {0};
    buf_str(&garbage, "\x0b");
    add_message(answer(&s, "Things", "odd"), &garbage);
    add_resource(answer(&s, "Things", "nameless"), "", &spec);
    (void)answer(&s, "Things", "silent");
    struct answer *two = answer(&s, "Things", "two");
    add_resource(two, "two", &spec);
    add_resource(two, "two", &spec);
    server_start(&s);
    struct resource r;
    struct error e;
    bool found;
    assert_int_equal(get_one(&s, pool, one(things, "one"), &r, &found, &e), 0);
    assert_true(found);
    assert_string_equal(r.id, "one");
    assert_string_equal(r.version, "7");
    assert_int_equal(r.spec.n, 2);
    assert_int_equal(get_one(&s, pool, one(things, "absent"), &r, &found, &e), 0);
    assert_false(found);
    static const char *const bad[] = {"odd", "nameless", "silent", "two"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(get_one(&s, pool, one(things, bad[i]), &r, &found, &e), -1);
        assert_int_equal(e.code, E_MACHINED_MALFORMED);
        assert_non_null(strstr(e.text, bad[i]));
    }
    assert_int_equal(get_one(&s, pool, one(secrets, "x"), &r, &found, &e), 0);
    struct buf requests = {0};
    server_stop(&s, &requests);
    /* The smallest role that will do, and only for what is sensitive the great one. */
    assert_true(asked(&requests, "os:admin", 8) && asked(&requests, "os:reader", 9));
    buf_free(&requests);
    pool_free(pool);
}

static void list(void **state)
{
    (void)state;
    struct server s = {0};
    struct pool *pool = pool_new();
    struct buf spec = {0};
    struct answer *three = answer(&s, "Things", ""), *many = answer(&s, "Secrets", "");
    for (char id[] = "a"; *id < 'd'; (*id)++)
        add_resource(three, id, &spec);
    for (unsigned i = 0; i <= PB_REPEATED_MAX; i++)
        add_resource(many, "x", &spec);
    server_start(&s);
    struct resources found;
    struct error e;
    assert_int_equal(machined_ask(&s.target, pool, &things, 1, &found, &e), 0);
    assert_int_equal(found.count, 3);
    assert_string_equal(found.items[2].id, "c");
    assert_int_equal(machined_ask(&s.target, pool, &secrets, 1, &found, &e), -1);
    assert_int_equal(e.code, E_MACHINED_MALFORMED);
    server_stop(&s, NULL);
    refuse(&s, "/List", 7, "not authorized");
    server_start(&s);
    assert_int_equal(machined_ask(&s.target, pool, &things, 1, &found, &e), -1);
    assert_int_equal(e.code, E_MACHINED_DENIED);
    assert_non_null(strstr(e.text, "Things.talos.dev"));
    server_stop(&s, NULL);
    pool_free(pool);
}

/* Each has its own answer; what is wrong with one is said of it, the first of them. */
static void many_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *asked[3];
        /* in the words of the error; NULL: all is well */
        const char *words;
        enum error_code code;
    } cases[] = {
        {{"one", "absent", "two"}, NULL, E_NONE},
        {{"one", "odd", "refused"}, "Things.talos.dev/odd: ", E_MACHINED_MALFORMED},
        {{"one", "refused", "silent"}, "Things.talos.dev/refused: ", E_MACHINED_BUSY},
        {{"silent", "two", "refused"}, "Things.talos.dev/silent: ", E_MACHINED_MALFORMED},
        {{"one", "two", "silent"}, "Things.talos.dev/silent: ", E_MACHINED_MALFORMED},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct pool *pool = pool_new();
        struct buf spec = {0};
        struct server s = {.backwards = i % 2};
        buf_str(&spec, "\x08\x03");
        add_resource(answer(&s, "Things", "one"), "one", &spec);
        add_resource(answer(&s, "Things", "two"), "two", &spec);
        (void)answer(&s, "Things", "silent");
        struct buf garbage = {0};
        buf_str(&garbage, "\x0b");
        add_message(answer(&s, "Things", "odd"), &garbage);
        refuse(&s, "refused", 9, "not now");
        server_start(&s);
        struct inquiry questions[3];
        for (unsigned k = 0; k < 3; k++)
            questions[k] = one(things, cases[i / 2].asked[k]);
        struct resources found[3];
        struct error e = {0};
        int result = machined_ask(&s.target, pool, questions, 3, found, &e);
        const char *words = cases[i / 2].words;
        if (result != (words ? -1 : 0) || e.code != cases[i / 2].code ||
            (words && strncmp(e.text, words, strlen(words)) != 0))
            fail_msg("%zu: %d, %s", i, result, e.text);
        assert_true(result != 0 || (found[0].count == 1 && found[1].count == 0 && found[2].count == 1));
        if (result == 0)
            assert_string_equal(found[2].items->id, "two");
        server_stop(&s, NULL);
        pool_free(pool);
    }
}

/* The mode is written, never left to the default that would reboot; what a dry run tells of the config goes nowhere. */
static void apply(void **state)
{
    (void)state;
    static const char config[] = "a: b\n";
    const struct span bytes = {(const unsigned char *)config, 5};
    for (int dry_run = 0; dry_run < 2; dry_run++) {
        struct buf first = {0};
        pb_put_text(&first, 2, "one\x1b[31m");
        pb_put_text(&first, 2, "two");
        pb_put_text(&first, 4, "Config diff: canary");
        struct buf message = {0};
        nest(&message, 1, &first);
        struct server s = {0};
        add_message(answer(&s, "/ApplyConfiguration", "os:admin"), &message);
        server_start(&s);
        struct buf warnings = {0};
        struct error e;
        assert_int_equal(machined_apply(&s.target, bytes, dry_run, &warnings, &e), 0);
        assert_string_equal(warnings.data, "one\\x1b[31m\ntwo\n");
        struct buf requests = {0};
        server_stop(&s, &requests);
        assert_int_equal(asked(&requests,
                               "\x20\x01\x0a\x05"
                               "a: b\n",
                               9),
                         !dry_run);
        assert_int_equal(asked(&requests,
                               "\x20\x01\x28\x01\x0a\x05"
                               "a: b\n",
                               11),
                         dry_run);
        buf_free(&requests);
        buf_free(&warnings);
    }
}

static void apply_refused(void **state)
{
    (void)state;
    struct server s = {0};
    refuse(&s, "first", 3, "2 errors occurred:%0A%09* one%0A%09* two");
    struct buf empty = {0};
    add_message(answer(&s, "second", ""), &empty);
    server_start(&s);
    struct buf warnings = {0};
    struct error e;
    assert_int_equal(
        machined_apply(&s.target, (struct span){(const unsigned char *)"first", 5}, true, &warnings, &e), -1);
    assert_int_equal(e.code, E_MACHINED_REJECTED);
    assert_non_null(strstr(e.text, ": 2 errors occurred: * one * two (gRPC"));
    assert_string_equal(warnings.data, "2 errors occurred:\n* one\n* two\n");
    buf_free(&warnings);
    assert_int_equal(
        machined_apply(&s.target, (struct span){(const unsigned char *)"second", 6}, true, &warnings, &e),
        -1);
    assert_int_equal(e.code, E_MACHINED_MALFORMED);
    assert_int_equal(warnings.len, 0);
    server_stop(&s, NULL);
}

/* Talos prints what it does not know with its value, and that may be a secret. */
static void values_hidden(void **state)
{
    (void)state;
#define UNKNOWN "unknown keys found during decoding:"
    static const struct {
        /* percent-encoded */
        const char *said;
        const char *lines;
    } rows[] = {
        {"e: " UNKNOWN "%0Amachine:%0A    kubelet:%0A        tokn: hush%0A",
         "e: " UNKNOWN "\nmachine:\n    kubelet:\n        tokn:\n"},
        {UNKNOWN "%0Akeyy: hush", UNKNOWN "\nkeyy:\n"},
        {UNKNOWN "%0Aa:%0A    - b: hush%0A      c: 'hush: hush'%0A    - hush%0A    - \"hush: hush\"%0A",
         UNKNOWN "\na:\n    - b:\n      c:\n"},
        {UNKNOWN "%0Aa: |%0A    hush%0A    hush:hush%0A    hu sh: hush%0A%0Ab: 'hush", UNKNOWN "\na:\nb:\n"},
        {UNKNOWN "%0Aa: hush%0Ax (line 3): " UNKNOWN "%0Ac: hush",
         UNKNOWN "\na:\nx (line 3): " UNKNOWN "\nc:\n"},
        {UNKNOWN, UNKNOWN "\n"},
        {UNKNOWN "%0A\"/a\": hush", UNKNOWN "\n\"/a\":\n"},
        {"value: shown%0A" UNKNOWN "%0Aa: %00hush%0A%00hush", "value: shown\n" UNKNOWN "\na:\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s = {0};
        refuse(&s, "first", 3, rows[i].said);
        server_start(&s);
        struct buf lines = {0};
        struct error e;
        assert_int_equal(
            machined_apply(&s.target, (struct span){(const unsigned char *)"first", 5}, true, &lines, &e),
            -1);
        assert_string_equal(lines.data, rows[i].lines);
        assert_null(strstr(e.text, "hush"));
        buf_free(&lines);
        server_stop(&s, NULL);
    }
}

static void services(void **state)
{
    (void)state;
    struct buf spec = {0};
    put_hex(&spec, "0801 1001");
    struct server s = {0};
    add_resource(answer(&s, "Services.", "cri"), "cri", &spec);
    put_hex(&spec, "0801");
    add_resource(answer(&s, "Services.", "etcd"), "etcd", &spec);
    put_hex(&spec, "0a01");
    add_resource(answer(&s, "Services.", "odd"), "odd", &spec);
    add_resource(answer(&s, "EtcdMembers.", "local"), "local", &spec);
    server_start(&s);
    struct service_state service;
    struct error e;
    assert_int_equal(machined_service(&s.target, "cri", &service, &e), 0);
    assert_true(service.running && service.healthy);
    assert_int_equal(machined_service(&s.target, "etcd", &service, &e), 0);
    assert_true(service.running && !service.healthy);
    assert_int_equal(machined_service(&s.target, "kubelet", &service, &e), 0);
    assert_false(service.running || service.healthy);
    assert_int_equal(machined_service(&s.target, "odd", &service, &e), -1);
    assert_int_equal(e.code, E_MACHINED_MALFORMED);
    bool member;
    assert_int_equal(machined_etcd_member(&s.target, &member, &e), 0);
    assert_true(member);
    server_stop(&s, NULL);
    server_start(&s);
    assert_int_equal(machined_etcd_member(&s.target, &member, &e), 0);
    assert_false(member);
    server_stop(&s, NULL);
}

static void told_to_stop(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct server s = {0};
    server_start(&s);
    s.target.stop_fd = ends[0];
    struct error e;
    assert_int_equal(machined_bootstrap(&s.target, &e), -1);
    assert_int_equal(e.code, E_STOPPED);
    server_stop(&s, NULL);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),     cmocka_unit_test(nobody_listens), cmocka_unit_test(version),
        cmocka_unit_test(get),          cmocka_unit_test(list),           cmocka_unit_test(many_at_once),
        cmocka_unit_test(apply),        cmocka_unit_test(apply_refused),  cmocka_unit_test(services),
        cmocka_unit_test(told_to_stop), cmocka_unit_test(values_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
