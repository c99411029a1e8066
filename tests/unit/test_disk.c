/* disk.h: the only guard in front of a disk that Talos will wipe. */
#include "plan/disk.h"
#include "show/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SATA \
    "{\"name\": \"sda\", \"size\": 240057409536, \"model\": \"KINGSTON SA400S3\", \"transport\": \"sata\", " \
    "\"wwid\": \"naa.50026b7700c0ffee\", \"bus_path\": \"/pci0000:00/ata1\", \"rotational\": false, " \
    "\"readonly\": false, \"removable\": false, \"partitions\": 0, \"installable\": true}"
#define NVME \
    "{\"name\": \"nvme0n1\", \"size\": 256060514304, \"model\": \"BC501\", \"transport\": \"nvme\", " \
    "\"wwid\": \"eui.ace42e00\", \"bus_path\": \"/pci0000:00/nvme0\", \"rotational\": false, \"readonly\": " \
    "false, " \
    "\"partitions\": 3, \"installable\": true}"
#define STICK \
    "{\"name\": \"sdb\", \"size\": 16022241280, \"model\": \"DataTraveler\", \"transport\": \"usb\", " \
    "\"wwid\": null, " \
    "\"bus_path\": \"/pci0000:00/usb2\", \"removable\": true, \"installable\": false}"

struct result {
    int status;
    enum error_code code;
    char field[16];
    char value[64];
    char text[ERROR_TEXT_MAX];
    char table[2048];
};

/* `install` is a flow mapping, or "" for none; `disks` the list inside the brackets, or NULL for no list. */
static struct result choose(const char *install, const char *disks)
{
    struct pool *pool = pool_new();
    char text[4096];
    snprintf(text, sizeof text, disks ? "{\"disks\": [%s]}" : "{}", disks);
    json_t *facts = json_loads(text, 0, NULL);
    assert_non_null(facts);
    struct document *doc = NULL;
    struct error e = {.code = E_NONE};
    if (install[0])
        assert_int_equal(tree_read(pool, "hearth.yaml", install, strlen(install), &doc, &e), 0);
    struct site_node entry = {.name = "data-1",
                              .pos = {.file = "hearth.yaml", .line = 7, .column = 3},
                              .install = doc ? doc->root : NULL};
    struct result r = {.status = 0};
    struct plan_disk disk;
    r.status = disk_choose(pool, &entry, facts, &disk, &e);
    r.code = r.status == 0 ? E_NONE : e.code;
    snprintf(r.text, sizeof r.text, "%s", r.status == 0 ? "" : e.text);
    if (r.status == 0) {
        snprintf(r.field, sizeof r.field, "%s", disk.field);
        snprintf(r.value, sizeof r.value, "%s", disk.value);
        assert_true(disk.contents_unknown);
    }
    struct disk_table table;
    disk_judge(entry.install, facts, &table);
    struct buf shown = {.max = 4096};
    show_disk_table(&shown, &table);
    snprintf(r.table, sizeof r.table, "%s", shown.data ? shown.data : "");
    json_t *rows = show_disk_table_json(&table);
    assert_int_equal(json_array_size(rows), table.count);
    json_decref(rows);
    disk_table_free(&table);
    buf_free(&shown);
    json_decref(facts);
    pool_free(pool);
    return r;
}

static void the_only_fit_disk_is_chosen_by_wwid(void **state)
{
    (void)state;
    struct result r = choose("", SATA ", " STICK);
    assert_int_equal(r.status, 0);
    assert_string_equal(r.field, "wwid");
    assert_string_equal(r.value, "naa.50026b7700c0ffee");
    assert_non_null(strstr(r.table, "sda"));
    assert_non_null(strstr(r.table, "in   candidate"));
    assert_non_null(strstr(r.table, "out  on USB"));
}

static void conditions_choose_between_two(void **state)
{
    (void)state;
    struct result r = choose("{transport: nvme}", SATA ", " NVME);
    assert_int_equal(r.status, 0);
    assert_string_equal(r.value, "eui.ace42e00");
    r = choose("{size: '< 250GB'}", SATA ", " NVME);
    assert_string_equal(r.value, "naa.50026b7700c0ffee");
    r = choose("{wwid: 'NAA.*', wipe: true}", SATA ", " NVME);
    assert_string_equal(r.value, "naa.50026b7700c0ffee");
}

static void two_candidates_are_refused(void **state)
{
    (void)state;
    struct result r = choose("", SATA ", " NVME);
    assert_int_equal(r.code, E_PLAN_DISKS);
    assert_non_null(strstr(r.text, "hearth.yaml:7:3"));
    assert_non_null(strstr(r.text, "2 disks qualify"));
    assert_non_null(strstr(r.text, "sda (KINGSTON SA400S3, 240 GB, sata)"));
    assert_non_null(strstr(r.text, "nvme0n1 (BC501, 256 GB, nvme)"));
    assert_int_equal(choose("{size: '>= 100GB'}", SATA ", " NVME).code, E_PLAN_DISKS);
}

static void no_candidate_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct result r = choose("{size: '>= 500GB', transport: sata}", SATA ", " STICK);
    assert_int_equal(r.code, E_PLAN_NO_DISK);
    assert_non_null(strstr(r.text, "size: >= 500GB is not met (240057409536)"));
    assert_null(strstr(r.text, "transport: sata is not met"));
    assert_non_null(strstr(r.text, "on USB"));
    assert_int_equal(choose("{transport: [nvme, virtio]}", SATA).code, E_PLAN_NO_DISK);
    assert_non_null(strstr(choose("{transport: [nvme, virtio]}", SATA).table,
                           "transport: [nvme, virtio] is not met (sata)"));
    assert_int_equal(choose("", STICK).code, E_PLAN_NO_DISK);
    assert_int_equal(choose("", "").code, E_PLAN_NO_DISK);
    assert_non_null(strstr(choose("", "").text, "no disk at all"));
    assert_int_equal(choose("", NULL).code, E_PLAN_NO_DISK);
    assert_non_null(strstr(choose("", NULL).text, "no list of disks"));
}

/* A condition never lets a disk in that is unfit: `transport: usb` does not make a stick a target. */
static void unfit_disks_stay_out_and_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *disk;
        const char *why;
    } rows[] = {
        {STICK, "on USB"},
        {"{\"name\": \"a\", \"transport\": \"usb\", \"size\": 240057409536, \"installable\": true}",
         "on USB"},
        {"{\"name\": \"a\", \"transport\": \"sata\", \"size\": 0, \"installable\": true}", "no medium"},
        {"{\"name\": \"a\", \"transport\": \"sata\", \"size\": 240057409536, \"readonly\": true, "
         "\"installable\": true}",
         "read-only"},
        {"{\"name\": \"a\", \"transport\": \"mmc\", \"size\": 240057409536, \"removable\": true, "
         "\"installable\": false}",
         "removable"},
        {"{\"name\": \"a\", \"transport\": \"sata\", \"size\": 4000000000, \"installable\": false}",
         "too small for Talos"},
        {"{\"name\": \"a\", \"transport\": \"sata\", \"size\": null, \"installable\": false}",
         "unknown size"},
        {"{\"name\": \"a\", \"transport\": null, \"size\": 240057409536, \"installable\": false}",
         "unknown transport"},
        {"{\"name\": \"a\", \"transport\": \"dm\", \"size\": 240057409536, \"installable\": false}",
         "one path of several"},
        {"{\"name\": \"a\", \"transport\": \"sata\", \"size\": 240057409536}", "one path of several"},
        {"{}", "unknown transport"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result r = choose("{transport: '*'}", rows[i].disk);
        assert_int_equal(r.code, E_PLAN_NO_DISK);
        assert_non_null(strstr(r.text, rows[i].why));
        assert_non_null(strstr(r.table, rows[i].why));
    }
}

#define NAMED(wwid, bus) \
    "{\"name\": \"a\", \"transport\": \"sata\", \"size\": 240057409536, \"installable\": true, " \
    "\"wwid\": " wwid ", \"bus_path\": " bus "}"
#define OTHER(wwid, bus) \
    "{\"name\": \"b\", \"transport\": \"usb\", \"size\": 1, \"installable\": false, \"wwid\": " wwid \
    ", \"bus_path\": " bus "}"

static void the_bus_path_stands_in_for_the_wwid(void **state)
{
    (void)state;
    static const char *const disks[] = {
        NAMED("null", "\"/pci/ata1\""),
        NAMED("\"\"", "\"/pci/ata1\""),
        NAMED("\"t10.ATA *\"", "\"/pci/ata1\""),
        NAMED("\"naa.1\"", "\"/pci/ata1\"") ", " OTHER("\"naa.1\"", "\"/pci/usb\""),
        NAMED("\"naa.1\"", "\"/pci/ata1\"") ", " OTHER("\"NAA.1\"", "\"/pci/usb\""),
    };
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++) {
        struct result r = choose("", disks[i]);
        assert_int_equal(r.status, 0);
        assert_string_equal(r.field, "busPath");
        assert_string_equal(r.value, "/pci/ata1");
    }
}

static void a_disk_that_cannot_be_named_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *disks;
        const char *why;
    } rows[] = {
        {NAMED("null", "null"), "unknown"},
        {NAMED("\"a*\"", "null"), "wildcard"},
        {NAMED("null", "\"/pci/*\""), "wildcard"},
        {NAMED("\"naa.1\"", "\"/p\"") ", " OTHER("\"naa.1\"", "\"/p\""), "the same on another disk"},
        {NAMED("null", "\"/p\"") ", " OTHER("null", "\"/p\""), "the same on another disk"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct result r = choose("", rows[i].disks);
        assert_int_equal(r.code, E_PLAN_DISK_SELECTOR);
        assert_non_null(strstr(r.text, rows[i].why));
    }
}

/* Model names are a stranger's bytes. */
static void the_table_is_clean_text(void **state)
{
    (void)state;
    struct result r =
        choose("", "{\"name\": \"sd\\u001b[2J\", \"model\": \"A\\nB\\u202e\", \"transport\": \"usb\"}");
    assert_int_equal(r.code, E_PLAN_NO_DISK);
    assert_null(strchr(r.table, '\x1b'));
    assert_null(strstr(r.table, "\xe2\x80\xae"));
    assert_null(strchr(r.text, '\n'));
    assert_int_equal(strlen(r.table), strcspn(r.table, "\n") + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_only_fit_disk_is_chosen_by_wwid),
        cmocka_unit_test(conditions_choose_between_two),
        cmocka_unit_test(two_candidates_are_refused),
        cmocka_unit_test(no_candidate_is_refused_with_the_reason),
        cmocka_unit_test(unfit_disks_stay_out_and_say_why),
        cmocka_unit_test(the_bus_path_stands_in_for_the_wwid),
        cmocka_unit_test(a_disk_that_cannot_be_named_is_refused),
        cmocka_unit_test(the_table_is_clean_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
