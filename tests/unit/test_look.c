/* A look at a node whose machined gives canned answers. */
#include "machined_kit.h"
#include "talos/look.h"

static void put_spec(struct answer *a, const char *id, const char *hex)
{
    struct buf spec = {0};
    put_hex(&spec, hex);
    add_resource(a, id, &spec);
}

static void put_version(struct server *s)
{
    struct buf info = {0};
    pb_put_text(&info, 1, "v1.13.9");
    struct buf tag = {0};
    buf_add(&tag, info.data, info.len);
    buf_free(&info);
    add_first(answer(s, "/Version", ""), 2, &tag);
}

static void put_config(struct server *s, const char *yaml)
{
    struct buf spec = {0};
    pb_put_text(&spec, 1, yaml);
    add_resource(answer(s, "MachineConfigs", "v1alpha1"), "v1alpha1", &spec);
}

static void put_lists(struct server *s)
{
    struct answer *disks = answer(s, "Disks.block", "/List"), *volumes = answer(s, "DiscoveredVolumes", "");
    struct buf spec = {0};
    pb_put_uint(&spec, 1, 240057409536);
    pb_put_uint(&spec, 4, true);
    pb_put_text(&spec, 5, "KINGSTON");
    pb_put_text(&spec, 8, "naa.5");
    pb_put_text(&spec, 9, "/pci0");
    pb_put_text(&spec, 11, "sata");
    add_resource(disks, "sda", &spec);
    add_resource(disks, "sdb", &spec); /* nothing is known of it */
    pb_put_uint(&spec, 1, 1048576);
    pb_put_text(&spec, 4, "xfs");
    pb_put_text(&spec, 12, "STATE");
    pb_put_text(&spec, 14, "partition");
    pb_put_text(&spec, 16, "sda");
    add_resource(volumes, "sda3", &spec);
}

/* Addresses: 127.0.0.1/8, 169.254.1.1/16, ::1, fe80::1, 192.168.1.10/24, 2001:db8::a/64. */
#define ADDRESSES \
    "0a08 0a04 7f000001 1008" \
    "0a08 0a04 a9fe0101 1010" \
    "0a15 0a10 00000000000000000000000000000001 108001" \
    "0a14 0a10 fe800000000000000000000000000001 1040" \
    "0a08 0a04 c0a8010a 1018" \
    "0a14 0a10 20010db800000000000000000000000a 1040"

static unsigned count_of(const struct buf *in, const char *what)
{
    unsigned count = 0;
    const char *at = in->data, *end = in->data + in->len;
    while (at && (at = memmem(at, (size_t)(end - at), what, strlen(what)))) {
        count++;
        at += strlen(what);
    }
    return count;
}

static void everything_of(struct server s, unsigned beside)
{
    put_version(&s);
    put_spec(answer(&s, "MachineStatuses", ""), "machine", "0803 1202 0801");
    put_config(&s, "kind: KmsgLogConfig\nname: x\n");
    put_spec(answer(&s, "MachineTypes", ""), "machine-type", "");
    struct buf spec = {0};
    pb_put_text(&spec, 1, "sda");
    add_resource(answer(&s, "SystemDisks", ""), "system-disk", &spec);
    put_spec(answer(&s, "TimeStatuses", ""), "node", "0801 1801");
    put_spec(answer(&s, "DevicesStatuses", ""), "devices", "0801");
    pb_put_text(&spec, 5, "4c4c4544");
    add_resource(answer(&s, "SystemInformations", ""), "systeminformation", &spec);
    put_spec(answer(&s, "NodeAddresses", ""), "current", ADDRESSES);
    put_lists(&s);
    server_start(&s);
    struct look *look = NULL;
    struct error e = {0};
    if (look_all(&s.target, &look, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(look->talos, "v1.13.9");
    assert_int_equal(look->stage, STAGE_MAINTENANCE);
    assert_true(look->ready && look->devices_ready && look->time_synced && look->time_sync_off);
    assert_int_equal(look->type, LOOK_TYPE_UNKNOWN);
    assert_false(look->complete);
    assert_string_equal(look->system_disk, "sda");
    assert_string_equal(look->uuid, "4c4c4544");
    assert_int_equal(look->address_count, 2);
    assert_string_equal(look->addresses[0], "192.168.1.10/24");
    assert_string_equal(look->addresses[1], "2001:db8::a/64");
    assert_int_equal(look->disk_count, 2);
    assert_string_equal(look->disks[0].wwid, "naa.5");
    assert_true(look->disks[0].readonly && look->disks[0].size == 240057409536);
    assert_string_equal(look->disks[1].transport, "");
    assert_int_equal(look->volume_count, 1);
    assert_string_equal(look->volumes[0].partition_label, "STATE");
    assert_string_equal(look->volumes[0].label, "");
    look_cleanup(&look);
    assert_null(look);
    struct buf requests = {0};
    server_stop(&s, &requests);
    /* Eleven calls cost one connection: the first one alone, then as many beside one another as may be. */
    assert_int_equal(count_of(&requests, CONNECTION), 1);
    assert_int_equal(count_of(&requests, BESIDE), beside);
    assert_int_equal(count_of(&requests, "os:reader") + count_of(&requests, "os:admin"), 11);
    buf_free(&requests);
}

/* Whatever the order of the answers, and however few it takes at a time. */
static void everything(void **state)
{
    (void)state;
    everything_of((struct server){0}, 9);
    everything_of((struct server){.backwards = true}, 9);
    everything_of((struct server){.open_max = 1}, 0);
    everything_of((struct server){.open_max = 4, .backwards = true}, 3 + 3 + 1);
}

/* machined may go while it is looked at; the next look has a connection of its own. */
static void lost_between(void **state)
{
    (void)state;
    struct server s = {.calls_max = 3};
    put_version(&s);
    server_start(&s);
    for (int i = 0; i < 2; i++) {
        struct look *look = NULL;
        struct error e;
        assert_int_equal(look_stage(&s.target, &look, &e), -1);
        assert_int_equal(e.code, E_MACHINED_LOST);
        assert_null(look);
    }
    struct buf requests = {0};
    server_stop(&s, &requests);
    assert_int_equal(count_of(&requests, CONNECTION), 2);
    buf_free(&requests);
}

/* Right after the start of machined there is nothing but its version. */
static void nothing_yet(void **state)
{
    (void)state;
    struct server s = {0};
    put_version(&s);
    (void)answer(&s, "/List", ""); /* an empty one */
    server_start(&s);
    struct look *look = NULL;
    struct error e;
    assert_int_equal(look_all(&s.target, &look, &e), 0);
    assert_int_equal(look->stage, STAGE_UNKNOWN);
    assert_false(look->complete || look->devices_ready || look->time_synced);
    assert_null(look->system_disk);
    assert_int_equal(look->disk_count + look->volume_count + look->address_count, 0);
    look_free(look);
    server_stop(&s, NULL);
}

/* A type, or a main document without one: both are a config. */
static void complete(void **state)
{
    (void)state;
    for (int typed = 0; typed < 2; typed++) {
        struct server s = {0};
        put_version(&s);
        put_spec(answer(&s, "MachineTypes", ""), "machine-type", typed ? "0802" : "");
        if (!typed)
            put_config(&s, "version: v1alpha1\n");
        put_spec(answer(&s, "MachineStatuses", ""), "machine", "0863"); /* a stage of some later Talos */
        server_start(&s);
        struct look *look = NULL;
        struct error e;
        assert_int_equal(look_stage(&s.target, &look, &e), 0);
        assert_true(look->complete);
        assert_int_equal(look->type, typed ? LOOK_TYPE_CONTROLPLANE : LOOK_TYPE_UNKNOWN);
        assert_int_equal(look->stage, STAGE_UNKNOWN);
        look_free(look);
        server_stop(&s, NULL);
    }
}

static void malformed(void **state)
{
    (void)state;
    static const struct {
        const char *type, *hex;
    } rows[] = {
        {"MachineStatuses", "0a0161"},   /* the stage as text */
        {"MachineStatuses", "12020a00"}, /* ready as text */
        {"MachineConfigs", "0801"},          {"MachineTypes", "0a00"},
        {"SystemDisks", "0a02c328"},         {"TimeStatuses", "0b"},
        {"DevicesStatuses", "08"},           {"SystemInformations", "2801"},
        {"NodeAddresses", "0a04 0a02 c0a8"}, /* an address of two bytes */
        {"NodeAddresses", "0801"},           {"Disks.block", "2a02c328"},
        {"DiscoveredVolumes", "2001"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server s = {0};
        put_version(&s);
        put_spec(answer(&s, rows[i].type, ""), "x", rows[i].hex);
        (void)answer(&s, "/List", "");
        server_start(&s);
        struct look *look = NULL;
        struct error e;
        assert_int_equal(look_all(&s.target, &look, &e), -1);
        assert_int_equal(e.code, E_MACHINED_MALFORMED);
        assert_null(look);
        server_stop(&s, NULL);
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const types[] = {"/Version", "MachineConfigs", "SystemDisks", "TimeStatuses",
                                        "DiscoveredVolumes"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct server s = {0};
        refuse(&s, types[i], 7, "not authorized");
        put_version(&s);
        (void)answer(&s, "/List", "");
        server_start(&s);
        struct look *look = NULL;
        struct error e;
        assert_int_equal(look_all(&s.target, &look, &e), -1);
        assert_int_equal(e.code, E_MACHINED_DENIED);
        server_stop(&s, NULL);
    }
}

/* More addresses than are shown. */
static void many_addresses(void **state)
{
    (void)state;
    struct server s = {0};
    put_version(&s);
    struct buf hex = {0};
    for (unsigned i = 1; i < 30; i++)
        buf_printf(&hex, "0a08 0a04 c0a801%02x 1018 ", i);
    put_spec(answer(&s, "NodeAddresses", ""), "current", hex.data);
    (void)answer(&s, "/List", "");
    buf_free(&hex);
    server_start(&s);
    struct look *look = NULL;
    struct error e;
    assert_int_equal(look_all(&s.target, &look, &e), 0);
    assert_int_equal(look->address_count, 8);
    look_free(look);
    server_stop(&s, NULL);
}

static void versions(void **state)
{
    (void)state;
    static const char *const good[] = {"v1.13.0",      "1.13",     "v1.13.0-beta.1",
                                       "v1.14.0-rc.1", "v1.100.0", "v2.0.0"};
    static const char *const bad[] = {"v1.12.11", "v1.9.0", "v0.14.0", "",      "v",   "1",
                                      "1.",       "v1.x",   "vx.13",   "-1.13", "main"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(look_version_ok(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(look_version_ok(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),     cmocka_unit_test(lost_between), cmocka_unit_test(nothing_yet),
        cmocka_unit_test(complete),       cmocka_unit_test(malformed),    cmocka_unit_test(refused),
        cmocka_unit_test(many_addresses), cmocka_unit_test(versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
