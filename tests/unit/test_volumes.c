/* May Talos give a volume of the config a disk of its choice? What it cannot see on another disk keeps it from that. */
#include "node/volumes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ANY "provisioning:\n  diskSelector:\n    match: disk.transport == 'sata'\n"
#define USER "kind: UserVolumeConfig\nname: data\n"

struct row {
    /* NULL: allowed */
    const char *says;
    const char *document;
    /* what superblock.h found on sdb; "": nothing */
    const char *found;
    /* machined has a name for it itself */
    bool named;
    /* of sdb, as the kernel sees them */
    unsigned partitions;
};

static const struct row rows[] = {
    {"UserVolumeConfig data is not bound to the system disk, and sdb (WDC, 2 TB) holds ntfs", USER ANY,
     "ntfs", false, 0},
    {"talosctl wipe disk sdb --insecure --nodes 192.168.1.10", USER ANY, "ntfs", false, 0},
    {"holds 2 partitions", USER ANY, "", false, 2},
    {"holds what cannot be read", USER ANY, "what cannot be read", false, 0},
    {"RawVolumeConfig x", "kind: RawVolumeConfig\nname: x\n" ANY, "exfat", false, 0},
    {"SwapVolumeConfig x", "kind: SwapVolumeConfig\nname: x\n" ANY, "exfat", false, 0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: \"!system_disk\"\n", "ntfs", false, 0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: \"! system_disk\"\n", "ntfs", false, 0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: \"!(system_disk)\"\n", "ntfs", false,
     0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: system_disk || disk.rotational\n",
     "ntfs", false, 0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: \"!(true && system_disk && true)\"\n",
     "ntfs", false, 0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: system_disk == false\n", "ntfs", false,
     0},
    {"is not bound", USER "provisioning:\n  diskSelector:\n    match: \"disk.cdrom ? system_disk : true\"\n",
     "ntfs", false, 0},
    {"is not bound", USER "provisioning:\n  diskSelector: {}\n", "ntfs", false, 0},
    {"VolumeConfig EPHEMERAL is not bound", "kind: VolumeConfig\nname: EPHEMERAL\n" ANY, "ntfs", false, 0},
    /* Empty, or something that Talos sees, or a volume that cannot land there. */
    {NULL, USER ANY, "", false, 0},
    {NULL, USER ANY, "gpt", true, 3},
    {NULL, USER "provisioning:\n  diskSelector:\n    match: system_disk\n", "ntfs", false, 0},
    {NULL, USER "provisioning:\n  diskSelector:\n    match: glob('x', disk.model) && system_disk\n", "ntfs",
     false, 0},
    {NULL, USER "provisioning:\n  diskSelector:\n    match: \"system_disk && disk.model != 'x'\"\n", "ntfs",
     false, 0},
    {NULL, USER "volumeType: directory\n", "ntfs", false, 0},
    {NULL, "kind: VolumeConfig\nname: EPHEMERAL\nprovisioning:\n  maxSize: 80GiB\n", "ntfs", false, 0},
    {NULL, "kind: HostnameConfig\nhostname: a\n", "ntfs", false, 0},
};

static void judge(const struct row *row)
{
    struct pool *pool = pool_new();
    struct document *config;
    struct error e = {0};
    assert_int_equal(tree_read(pool, "x.yaml", row->document, strlen(row->document), &config, &e), 0);
    json_t *facts = json_pack("{s:[{s:s, s:i}, {s:s, s:i}]}", "disks", "name", "sda", "partitions", 5, "name",
                              "sdb", "partitions", (int)row->partitions);
    const struct look_disk disks[] = {
        {.id = "sda", .model = "KINGSTON", .transport = "sata", .size = 240057409536},
        {.id = "loop0", .model = "", .transport = "", .readonly = true},
        {.id = "sdb", .model = "WDC", .transport = "sata", .size = 2000398934016},
    };
    const struct look_volume volumes[] = {
        {.id = "sda", .parent = "", .name = "ntfs", .unnamed = true},
        {.id = "sdb", .parent = "", .name = row->found, .unnamed = !row->named},
    };
    const struct look look = {.disks = disks,
                              .disk_count = 3,
                              .volumes = volumes,
                              .volume_count = 2,
                              .addresses = {"192.168.1.10/24"},
                              .address_count = 1};
    const struct plan plan = {.config = config, .facts = facts};
    int result = volumes_judge(&look, &plan, "sda", &e);
    if ((result != 0) != (row->says != NULL) || (row->says && !strstr(e.text, row->says)))
        fail_msg("%s: %d %s", row->document, result, e.text);
    if (result != 0)
        assert_int_equal(e.code, E_GUARD_VOLUME);
    json_decref(facts);
    pool_free(pool);
}

static void judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        judge(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
