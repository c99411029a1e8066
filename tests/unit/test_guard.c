/* May Talos have this disk? Contents by what machined discovered, and the three refusals. */
#include "node/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WWID "naa.50026b7782dead01"
#define VOLUME(id_, parent_, name_, label_, partition_) \
    { \
        .id = (id_), .type = (parent_)[0] ? "partition" : "disk", .name = (name_), .label = (label_), \
        .partition_label = (partition_), .parent = (parent_), .size = 1000000 \
    }
#define DISK(name_) VOLUME("sda", "", name_, "", "")
#define PART(n, name_, label_) VOLUME("sda" #n, "sda", name_, "", label_)

static struct look_disk disk(const char *id, const char *wwid)
{
    return (struct look_disk){.id = id,
                              .dev_path = id,
                              .model = "KINGSTON",
                              .serial = "",
                              .wwid = wwid,
                              .bus_path = "/pci0/ata1",
                              .transport = "sata",
                              .size = 240057409536};
}

struct row {
    enum disk_contents contents;
    const char *words;
    /* ends with id NULL */
    struct look_volume volumes[6];
};

static const struct row rows[] = {
    {DISK_BLANK, "nothing", {DISK("")}},
    {DISK_FOREIGN, "what machined has not read", {{0}}},
    {DISK_BLANK, "gpt", {DISK("gpt")}},
    {DISK_FOREIGN, "lvm2-pv", {DISK("lvm2-pv")}},
    {DISK_FOREIGN, "luks", {DISK("luks")}},
    {DISK_INSTALLED,
     "2 partitions: 1 MB EFI vfat, 1 MB META talosmeta",
     {DISK("gpt"), PART(1, "vfat", "EFI"), PART(2, "talosmeta", "META")}},
    {DISK_INSTALLED,
     "EPHEMERAL",
     {DISK("gpt"), PART(1, "talosmeta", "META"), PART(2, "xfs", "EPHEMERAL"), PART(3, "xfs", "u-data")}},
    {DISK_CUT,
     "2 partitions: 1 MB EFI vfat, 1 MB META",
     {DISK("gpt"), PART(1, "vfat", "EFI"), PART(2, "", "META")}},
    {DISK_CUT,
     "1 MB STATE",
     {DISK("gpt"), PART(1, "vfat", "EFI"), PART(2, "", "BIOS"), PART(3, "xfs", "BOOT"), PART(4, "", "META"),
      PART(5, "", "STATE")}},
    {DISK_FOREIGN, "EPHEMERAL", {DISK("gpt"), PART(1, "", "META"), PART(2, "xfs", "EPHEMERAL")}}, /* used */
    {DISK_FOREIGN, "u-data", {DISK("gpt"), PART(1, "", "META"), PART(2, "xfs", "u-data")}},
    {DISK_FOREIGN, "META ext4", {DISK("gpt"), PART(1, "ext4", "META")}}, /* another's idea of META */
    {DISK_BEGUN, "BOOT", {DISK("gpt"), PART(1, "", "BOOT")}},
    {DISK_FOREIGN, "u-data", {DISK("gpt"), PART(1, "xfs", "STATE"), PART(2, "xfs", "u-data")}},
    {DISK_FOREIGN, "EFI", {DISK("gpt"), PART(1, "vfat", "EFI")}},   /* anybody's */
    {DISK_FOREIGN, "META", {DISK("iso9660"), PART(1, "", "META")}}, /* no GPT */
    {DISK_FOREIGN, "META", {PART(1, "", "META")}},                  /* the disk itself was not seen */
    {DISK_FOREIGN, "meta", {DISK("gpt"), PART(1, "", "meta")}},     /* labels have a case */
    {DISK_FOREIGN, "METADATA", {DISK("gpt"), PART(1, "", "METADATA")}},
    {DISK_FOREIGN,
     "1 MB Basic data partition",
     {DISK("gpt"), PART(1, "", "META"), VOLUME("sda2", "sda", "", "", "Basic data partition")}},
    {DISK_BLANK, "nothing", {DISK(""), VOLUME("sdb1", "sdb", "xfs", "", "")}}, /* another disk's */
};

static const struct {
    /* partitions that the kernel sees */
    unsigned kernel;
    struct row row;
} kernel_rows[] = {
    /* An MBR: to machined the disk has no name and no partitions. */
    {2, {DISK_FOREIGN, "2 partitions, of which Talos can read 0", {DISK("")}}},
    {1, {DISK_FOREIGN, "1 partition, of which Talos can read 0", {DISK("gpt")}}},
    {2, {DISK_FOREIGN, "read 1: 1 MB META", {DISK("gpt"), PART(1, "", "META")}}},
    {2,
     {DISK_FOREIGN,
      "read 0: a stale signature of btrfs hides them; `wipefs /dev/sda` on another system shows it",
      {DISK("btrfs")}}},
    {1, {DISK_CUT, "1 partition: 1 MB META", {DISK("gpt"), PART(1, "", "META")}}},
    {0, {DISK_FOREIGN, "what machined has not read", {VOLUME("sdb", "", "", "", "")}}},
};

static unsigned count_volumes(const struct look_volume *volumes)
{
    unsigned n = 0;
    while (n < 6 && volumes[n].id)
        n++;
    return n;
}

static void judge_contents(const struct row *row, unsigned kernel)
{
    struct buf words = {0};
    struct look look = {.volumes = row->volumes, .volume_count = count_volumes(row->volumes)};
    enum disk_contents seen = guard_contents(&look, "sda", kernel, &words);
    if (seen != row->contents || !strstr(words.data, row->words))
        fail_msg("%s: %d %s", row->words, (int)seen, words.data);
    buf_free(&words);
}

static void contents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        judge_contents(&rows[i], 0);
    for (size_t i = 0; i < sizeof kernel_rows / sizeof *kernel_rows; i++)
        judge_contents(&kernel_rows[i].row, kernel_rows[i].kernel);
}

/* Many partitions: the list is cut, and what the console and the JSON events get is text all the same. */
static void many(void **state)
{
    (void)state;
    char ids[64][8];
    struct look_volume volumes[64] = {DISK("gpt")};
    for (unsigned count = 1; count < 64; count++) {
        snprintf(ids[count], sizeof ids[count], "sda%u", count);
        volumes[count] =
            (struct look_volume)VOLUME(ids[count], "sda", "vfat", "DATA", "Basic data partition");
        struct look look = {.volumes = volumes, .volume_count = count + 1};
        struct buf words = {.max = 512};
        assert_int_equal(guard_contents(&look, "sda", count, &words), DISK_FOREIGN);
        assert_false(words.full);
        assert_non_null(strstr(words.data, ": 1 MB Basic data partition vfat \"DATA\""));
        assert_int_equal(strstr(words.data, ", ...") != NULL, count > 11);
        buf_free(&words);
    }
}

struct box {
    struct look_disk disks[3];
    struct look look;
    struct site_node entry;
    struct plan plan;
};

static void set_up(struct box *b, const struct row *row)
{
    *b = (struct box){.disks = {disk("sda", WWID), disk("sdb", "naa.2")}};
    b->look = (struct look){.disks = b->disks, .disk_count = 2};
    if (row) {
        b->look.volumes = row->volumes;
        b->look.volume_count = count_volumes(row->volumes);
    }
    b->plan = (struct plan){.entry = &b->entry, .disk = {.field = "wwid", .value = WWID}};
}

static enum error_code judge(const struct box *b, const char *says)
{
    struct guard_verdict verdict;
    struct error e = {0};
    int result = guard_judge(&b->look, &b->plan, &verdict, &e);
    assert_int_equal(result, e.code == E_NONE ? 0 : -1);
    if (result == 0)
        assert_string_equal(verdict.disk->id, "sda");
    if (says && !strstr(e.text, says))
        fail_msg("%s does not say %s", e.text, says);
    guard_free(&verdict);
    return e.code;
}

/* The chosen disk that could not be read for now is looked at again soon; another one is no reason. */
static void passing(void **state)
{
    (void)state;
    for (int other = 0; other < 2; other++) {
        const struct look_volume seen[] = {
            {.id = "sda", .name = "what cannot be read", .parent = "", .passing = !other},
            {.id = "sdb", .name = "what cannot be read", .parent = "", .passing = other},
        };
        struct box b;
        set_up(&b, NULL);
        b.look.volumes = seen;
        b.look.volume_count = 2;
        struct guard_verdict verdict;
        struct error e = {0};
        assert_int_equal(guard_judge(&b.look, &b.plan, &verdict, &e), -1);
        assert_int_equal(e.code, E_GUARD_FOREIGN);
        assert_int_equal(e.passing, !other);
        guard_free(&verdict);
    }
}

static void allowed(void **state)
{
    (void)state;
    struct box b;
    set_up(&b, &rows[0]);
    assert_int_equal(judge(&b, NULL), E_NONE);
    /* Talos compares without case. */
    b.plan.disk.value = "NAA.50026B7782DEAD01";
    assert_int_equal(judge(&b, NULL), E_NONE);
    /* What Talos's selector never takes is no second hit. */
    set_up(&b, &rows[0]);
    b.disks[1] = b.disks[0];
    b.disks[1].readonly = true;
    assert_int_equal(judge(&b, NULL), E_NONE);
    b.disks[1].readonly = false;
    b.disks[1].cdrom = true;
    assert_int_equal(judge(&b, NULL), E_NONE);
    /* Its own earlier install, and the system disk that it is. */
    set_up(&b, &rows[5]);
    b.look.system_disk = "sda";
    assert_int_equal(judge(&b, NULL), E_NONE);
    /* Foreign, and the entry says wipe. */
    set_up(&b, &rows[3]);
    b.entry.wipe = true;
    assert_int_equal(judge(&b, NULL), E_NONE);
    b.plan.disk.field = "busPath";
    b.plan.disk.value = "/pci0/ata1";
    b.look.disk_count = 1;
    assert_int_equal(judge(&b, NULL), E_NONE);
}

static void refused(void **state)
{
    (void)state;
    struct box b;
    set_up(&b, &rows[3]);
    assert_int_equal(judge(&b, "sda (KINGSTON, 240 GB) holds lvm2-pv"), E_GUARD_FOREIGN);
    set_up(&b, &rows[1]);
    assert_int_equal(judge(&b, "what machined has not read"), E_GUARD_FOREIGN);
    /* Blank to machined, but not to the kernel. */
    set_up(&b, &rows[0]);
    json_t *fact = json_pack("{s:i}", "partitions", 3);
    b.plan.disk.fact = fact;
    assert_int_equal(judge(&b, "3 partitions, of which Talos can read 0"), E_GUARD_FOREIGN);
    b.entry.wipe = true;
    assert_int_equal(judge(&b, NULL), E_NONE);
    json_decref(fact);
    set_up(&b, &rows[19]);
    assert_int_equal(judge(&b, "Basic data"), E_GUARD_FOREIGN);

    set_up(&b, &rows[0]);
    b.plan.disk.value = "naa.gone";
    assert_int_equal(judge(&b, "0 of the 2 disks that Talos could install to have wwid naa.gone"),
                     E_GUARD_DISK);
    set_up(&b, &rows[0]);
    b.disks[1].wwid = WWID;
    assert_int_equal(judge(&b, "2 of the 2"), E_GUARD_DISK);
    /* Half found: without a transport Talos's selector does not take it. */
    set_up(&b, &rows[0]);
    b.disks[0].transport = "";
    assert_int_equal(judge(&b, "0 of the 1 disk that"), E_GUARD_DISK);
    b.look.disk_count = 0;
    assert_int_equal(judge(&b, "0 of the 0"), E_GUARD_DISK);
    /* Both have the same bus path. */
    set_up(&b, &rows[0]);
    b.plan.disk.field = "busPath";
    b.plan.disk.value = "/pci0/ata1";
    assert_int_equal(judge(&b, "busPath"), E_GUARD_DISK);
}

/* wipe is for the disk of the plan; it never lets Talos's own choice pass. */
static void refused_system(void **state)
{
    (void)state;
    static const struct row meta = {DISK_BLANK, "", {DISK(""), VOLUME("sdb3", "sdb", "", "", "META")}};
    struct box b;
    set_up(&b, &meta);
    b.look.system_disk = "sdb";
    assert_int_equal(judge(&b, "sdb (partition sdb3 is labelled META)"), E_GUARD_SYSTEM);
    b.entry.wipe = true;
    assert_int_equal(judge(&b, "chooses sda"), E_GUARD_SYSTEM);
    /* A system disk whose partition was not listed is named itself. */
    b.look.volume_count = 1;
    assert_int_equal(judge(&b, "partition sdb is"), E_GUARD_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents), cmocka_unit_test(many),    cmocka_unit_test(allowed),
        cmocka_unit_test(passing),  cmocka_unit_test(refused), cmocka_unit_test(refused_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
