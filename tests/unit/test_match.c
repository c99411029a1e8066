/* match.h: conditions as a person writes them, against facts as a box gives them. */
#include "plan/match.h"
#include "site/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char box_text[] =
    "{\"serial\": \"790H8D2\", \"uuid\": null, \"mac\": \"00:00:5e:00:53:40\", \"empty\": \"\","
    " \"board\": {\"product_name\": \"096JG8\", \"version\": \" A01 \"},"
    " \"cpu\": {\"model_name\": \"Intel(R) Core(TM) i5-6500T CPU @ 2.50GHz\", \"cores\": 4},"
    " \"memory\": {\"size_mib\": 8192, \"total_kib\": 8018944, \"modules\": [{\"size_mib\": 4096}, "
    "{\"size_mib\": 8192}]},"
    " \"firmware\": {\"mode\": \"uefi\", \"secure_boot\": false},"
    " \"system\": {\"bios_version\": \"1.24.0\", \"sku_number\": \"0690\"},"
    " \"odd\": {\"huge\": 9223372036854775807, \"negative\": -1, \"star\": \"a*b\"},"
    " \"links\": [],"
    " \"disks\": [{\"name\": \"sda\", \"size\": 240057409536, \"transport\": \"sata\", \"rotational\": "
    "false, \"wwid\": null},"
    "             {\"name\": \"sdb\", \"size\": 16022241280, \"transport\": \"usb\", \"rotational\": true}]}";

/* Reads "key: condition" and judges it against the box: 1 met, 0 not met, -1 refused when the site is
 * read. */
static int judge(const char *text, char *fact, size_t cap)
{
    struct pool *pool = pool_new();
    json_t *facts = json_loads(box_text, 0, NULL);
    assert_non_null(facts);
    struct document *doc = NULL;
    struct error e;
    assert_int_equal(tree_read(pool, "hearth.yaml", text, strlen(text), &doc, &e), 0);
    int result = 0;
    for (const struct tree_node *c = doc->root->first; c && result == 0; c = c->next)
        result = condition_check(c, &e);
    struct match match;
    if (result == 0) {
        match_judge(doc->root, facts, &match);
        result = match.met;
        if (fact)
            snprintf(fact, cap, "%s",
                     match.count && match.results[0].fact.data ? match.results[0].fact.data : "");
        match_free(&match);
    } else {
        assert_int_equal(e.code, E_SITE_MATCH);
        assert_non_null(strstr(e.text, "hearth.yaml:1:"));
        if (fact)
            snprintf(fact, cap, "%s", e.text);
    }
    json_decref(facts);
    pool_free(pool);
    return result;
}

static void expect(int want, const char *const *texts)
{
    for (; *texts; texts++) {
        int got = judge(*texts, NULL, 0);
        if (got != want)
            print_error("%s: got %d, want %d\n", *texts, got, want);
        assert_int_equal(got, want);
    }
}

static void text_that_is_met(void **state)
{
    (void)state;
    static const char *const met[] = {
        "serial: 790H8D2",
        "serial: 790h8d2",
        "serial: '790*'",
        "serial: \"*8?2\"",
        "serial: '  790H8D2 '",
        "board.version: A01",
        "board.product_name: 096JG8",
        "system.sku_number: 0690",
        "cpu.model_name: '*i5-6500T*'",
        "cpu.cores: 4",
        "memory.size_mib: 8192",
        "firmware.secure_boot: false",
        "firmware.secure_boot: 'FALSE'",
        "odd.star: 'a*b'",
        "serial: [ABC, 790H8D2]",
        "serial: [ABC, '79*']",
        "{serial: 790H8D2, cpu.cores: 4}",
        NULL,
    };
    expect(1, met);
}

static void text_that_is_not_met(void **state)
{
    (void)state;
    static const char *const not_met[] = {
        "serial: 790H8D",
        "serial: 790H8D22",
        "serial: 90H8D2",
        "serial: '?790H8D2'",
        "serial: '[7]90H8D2'",
        "system.sku_number: 690",
        "system.sku_number: 0o1262",
        "cpu.cores: 04",
        "cpu.cores: 4.0",
        "firmware.secure_boot: true",
        "serial: [ABC, DEF]",
        "{serial: 790H8D2, cpu.cores: 5}",
        "{serial: ABC, cpu.cores: 4}",
        NULL,
    };
    expect(0, not_met);
}

/* Unknown is no value: not even a star stands for it, and neither do comparisons that any number meets. */
static void nothing_meets_an_unknown_fact(void **state)
{
    (void)state;
    static const char *const not_met[] = {
        "uuid: '*'",
        "uuid: 'null'",
        "uuid: unknown",
        "uuid: '>= 0'",
        "uuid: ['*', '?']",
        "nothing.by.this.name: '*'",
        "tpm.version: '>= 0'",
        "disks: {wwid: '*'}",
        "disks: {serial: '*'}",
        "links: {name: '*'}",
        "links: '*'",
        "serial: {name: '*'}",
        "board: '*'",
        NULL,
    };
    expect(0, not_met);
    char fact[256];
    assert_int_equal(judge("uuid: '*'", fact, sizeof fact), 0);
    assert_string_equal(fact, "unknown");
}

static void numbers_that_are_met(void **state)
{
    (void)state;
    static const char *const met[] = {
        "memory.size_mib: '>= 8192'",
        "memory.size_mib: '>=8192'",
        "memory.size_mib: '<= 8192'",
        "memory.size_mib: '== 8192'",
        "memory.size_mib: '> 8191.999999999'",
        "memory.size_mib: '< 8192.000000001'",
        "memory.size_mib: '>= 8GiB'",
        "memory.size_mib: '== 8 GiB'",
        "memory.size_mib: '> 8.5 GB'",
        "memory.size_mib: '< 8.6gb'",
        "memory.total_kib: '>= 8.2 GB'",
        "memory.total_kib: '< 8GiB'",
        "disks: {size: '== 240057409536'}",
        "disks: {size: '== 240.057409536 GB'}",
        "disks: {size: '< 240.057409537 GB'}",
        "disks: {size: '> 240.057409535 GB'}",
        "disks: {size: '>= 0.24TB'}",
        "disks.size: '>= 200GB'",
        "odd.huge: '== 9223372036854775807'",
        "odd.huge: '> 9223372036854775806'",
        "odd.huge: '>= 0.000000001'",
        "disks: {size: '<= 8388607 TiB'}",
        NULL,
    };
    expect(1, met);
}

static void numbers_that_are_not_met(void **state)
{
    (void)state;
    static const char *const not_met[] = {
        "memory.size_mib: '> 8192'",
        "memory.size_mib: '< 8192'",
        "memory.size_mib: '== 8191'",
        "memory.size_mib: '>= 8192.000000001'",
        "memory.size_mib: '> 8 GiB'",
        "memory.size_mib: '>= 8.6 GB'",
        "memory.total_kib: '>= 8GiB'",
        "disks: {size: '> 240.057409536 GB'}",
        "disks: {size: '== 240GB'}",
        "disks: {size: '< 0'}",
        "odd.huge: '< 9223372036854775807'",
        "odd.negative: '<= 5'",
        "serial: '>= 0'",
        "system.bios_version: '>= 1.2'",
        "firmware.secure_boot: '>= 0'",
        NULL,
    };
    expect(0, not_met);
}

static void conditions_that_cannot_be_understood(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "memory.size_mib: '>='",
        "memory.size_mib: '>= lots'",
        "memory.size_mib: '>= -1'",
        "memory.size_mib: '>= 1e3'",
        "memory.size_mib: '>= 1_000'",
        "memory.size_mib: '>= 8 Gib B'",
        "memory.size_mib: '= 8192'",
        "memory.size_mib: '=> 8192'",
        "memory.size_mib: '!= 8192'",
        "memory.size_mib: '>= 9223372036854775808'",
        "memory.size_mib: '>= 18446744073709551616'",
        "memory.size_mib: '>= 1.0000000001'",
        "memory.size_mib: '>= 1.'",
        "disks: {size: '>= 8388608 TiB'}",
        "disks: {size: '>= 200 Gbit'}",
        "disks: {size: 240GB}",
        "disks: {size: 200 gigs}",
        "memory.size_mib: lots",
        "memory.size_mib: 0x2000",
        "disks: {size: '240 GiB'}",
        "disks: {rotational: no}",
        "disks: {rotational: [true, yes]}",
        "cpu.cores: '>= 4 GB'",
        "serial:",
        "serial: ~",
        "serial: null",
        "serial: []",
        "disks: {}",
        "serial: !fact uuid",
        "disks: {size: ['>= 1GB', '> x']}",
        NULL,
    };
    expect(-1, refused);
}

/* One element must meet all of it: a USB stick and a SATA disk do not add up to a SATA stick. */
static void one_element_of_a_list_meets_all(void **state)
{
    (void)state;
    static const char *const met[] = {
        "disks: {transport: sata, size: '>= 200GB'}",
        "disks: {transport: usb, rotational: true}",
        "disks: [{transport: nvme}, {transport: sata}]",
        "disks: {transport: [nvme, sata]}",
        "disks.transport: usb",
        "memory.modules: {size_mib: '8192'}",
        "memory.modules.size_mib: '4096'",
        NULL,
    };
    static const char *const not_met[] = {
        "disks: {transport: usb, size: '>= 200GB'}",
        "disks: {transport: sata, rotational: true}",
        "disks: {transport: nvme}",
        "disks: [{transport: nvme}, {transport: sata, rotational: true}]",
        "disks.transport: nvme",
        "disks: {transport: sata, wwid: '*'}",
        "memory.modules.size_mib: '16384'",
        NULL,
    };
    expect(1, met);
    expect(0, not_met);
}

static void the_fact_that_was_compared_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        int met;
        const char *fact;
    } rows[] = {
        {"serial: X", 0, "790H8D2"},
        {"memory.size_mib: '>= 16GiB'", 0, "8192"},
        {"firmware.secure_boot: true", 0, "false"},
        {"disks: {transport: sata, size: '>= 500GB'}", 0, "sda: size 240057409536"},
        {"disks: {transport: usb, size: '>= 1TB', rotational: true}", 0, "sdb: size 16022241280"},
        {"disks: {transport: sata}", 1, "sda"},
        {"disks: {wwid: '*'}", 0, "sda: wwid unknown"},
        {"links: {name: x}", 0, "none"},
        {"disks.transport: nvme", 0, "sata, usb"},
    };
    char fact[512];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(judge(rows[i].condition, fact, sizeof fact), rows[i].met);
        assert_string_equal(fact, rows[i].fact);
    }
}

static void a_match_without_conditions_is_no_match(void **state)
{
    (void)state;
    struct match match;
    json_t *facts = json_loads(box_text, 0, NULL);
    match_judge(NULL, facts, &match);
    assert_false(match.met);
    assert_int_equal(match.count, 0);
    struct pool *pool = pool_new();
    struct tree_node *empty = tree_map(pool, (struct pos){.file = "x"});
    match_judge(empty, facts, &match);
    assert_false(match.met);
    tree_add(pool, empty, "serial", tree_scalar(pool, (struct pos){.file = "x"}, "*", 1, STYLE_PLAIN));
    match_judge(empty, NULL, &match);
    assert_false(match.met);
    match_free(&match);
    match_judge(empty, facts, &match);
    assert_true(match.met);
    match_free(&match);
    pool_free(pool);
    json_decref(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_met),
        cmocka_unit_test(text_that_is_not_met),
        cmocka_unit_test(nothing_meets_an_unknown_fact),
        cmocka_unit_test(numbers_that_are_met),
        cmocka_unit_test(numbers_that_are_not_met),
        cmocka_unit_test(conditions_that_cannot_be_understood),
        cmocka_unit_test(one_element_of_a_list_meets_all),
        cmocka_unit_test(the_fact_that_was_compared_is_told),
        cmocka_unit_test(a_match_without_conditions_is_no_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
