/* boot/facts: names, the check of a --facts file, and reading a tree that is not what it seems. */
#include "facts/facts.h"

#include "facts/sysfs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/hearth-facts-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static const char *at(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", dir, name);
    return out;
}

static void write_file(const char *name, const char *text, size_t n)
{
    FILE *f = fopen(at(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void make_dirs(const char *name)
{
    char command[512];
    snprintf(command, sizeof command, "mkdir -p '%s'", at(name));
    assert_int_equal(system(command), 0);
}

static void load_refuses(const char *text, size_t n, const char *why)
{
    write_file("box.json", text, n);
    struct error e = {0};
    json_t *facts = facts_load(at("box.json"), &e);
    if (facts)
        fail_msg("must be refused: %.200s", text);
    assert_int_equal(e.code, E_FACTS_FILE);
    if (!strstr(e.text, why))
        fail_msg("'%s' is not in: %s", why, e.text);
}

static void a_wrong_facts_file_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {"{} x", "not JSON"},
        {"[]", "not a JSON object"},
        {"null", "not JSON"},
        {"{\"serial\": \"a\", \"serial\": \"b\"}", "duplicate"},
        {"{\"disks\": [{\"name\": \"a\", \"name\": \"b\"}]}", "duplicate"},
        {"{\"serail\": \"a\"}", "serail: no fact has this name; the nearest is serial"},
        {"{\"board\": {\"product_nam\": \"a\"}}",
         "board.product_nam: no fact has this name; the nearest is board.product_name"},
        {"{\"board.product_name\": \"a\"}", "board.product_name: no fact"},
        {"{\"\": 1}", ": no fact"},
        {"{\"hostname\": \"a\"}", "hostname: no fact has this name"},
        {"{\"serial\": 790}", "serial: must be a string or null"},
        {"{\"serial\": true}", "serial: must be a string"},
        {"{\"serial\": [\"a\"]}", "serial: must be a string"},
        {"{\"uuid\": {}}", "uuid: must be a string"},
        {"{\"board\": \"096JG8\"}", "board: must be an object"},
        {"{\"board\": null}", "board: must be an object"},
        {"{\"board\": []}", "board: must be an object"},
        {"{\"cpu\": {\"cores\": \"4\"}}", "cpu.cores: must be an integer"},
        {"{\"cpu\": {\"cores\": -1}}", "cpu.cores: must be an integer of zero or more"},
        {"{\"cpu\": {\"cores\": 4.5}}", "cpu.cores: must be an integer"},
        {"{\"cpu\": {\"cores\": 99999999999999999999}}", "not JSON"},
        {"{\"firmware\": {\"secure_boot\": 1}}", "firmware.secure_boot: must be true or false"},
        {"{\"disks\": {}}", "disks: must be a list of objects"},
        {"{\"disks\": \"sda\"}", "disks: must be a list of objects"},
        {"{\"disks\": [\"sda\"]}", "disks (element 1): must be an object"},
        {"{\"disks\": [null]}", "disks (element 1): must be an object"},
        {"{\"disks\": [{}, {\"size\": \"1GB\"}]}", "disks.size (element 2): must be an integer"},
        {"{\"disks\": [{\"installable\": \"yes\"}]}", "disks.installable (element 1): must be true or false"},
        {"{\"disks\": [{\"sise\": 1}]}",
         "disks.sise (element 1): no fact has this name; the nearest is disks.size"},
        {"{\"memory\": {\"modules\": [{\"size_mib\": {}}]}}",
         "memory.modules.size_mib (element 1): must be an integer"},
        {"{\"memory\": {\"modules\": 1}}", "memory.modules: must be a list"},
        {"{\"links\": [{\"physical\": 0}]}", "links.physical (element 1): must be true or false"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        load_refuses(rows[i].text, strlen(rows[i].text), rows[i].why);
    load_refuses("{\"serial\": \"a\\u0000b\"}", 21, "not JSON");
    load_refuses("{\"serial\": \"a\xff\"}", 15, "not JSON");
    load_refuses("{\"serial\": \"a\0b\"}", 17, "not JSON");
}

static void sizes_are_capped(void **state)
{
    (void)state;
    size_t n = FACTS_JSON_MAX + 2;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, ' ', n);
    memcpy(text, "{}", 2);
    write_file("large.json", text, n - 2);
    struct error e = {0};
    json_t *facts = facts_load(at("large.json"), &e);
    assert_non_null(facts);
    json_decref(facts);
    write_file("large.json", text, n);
    assert_null(facts_load(at("large.json"), &e));
    assert_int_equal(e.code, E_FILE_TOO_LARGE);

    memset(text, 'x', n);
    memcpy(text, "{\"serial\":\"", 11);
    memcpy(text + 4000, "\"}", 2);
    load_refuses(text, 4002, "serial: longer than");

    size_t used = (size_t)snprintf(text, n, "{\"disks\":[{}");
    for (unsigned i = 0; i < 1024; i++)
        used += (size_t)snprintf(text + used, n - used, ",{}");
    used += (size_t)snprintf(text + used, n - used, "]}");
    load_refuses(text, used, "more than 1024 elements");

    /* Nesting deeper than the vocabulary. */
    memset(text, '[', 100000);
    load_refuses(text, 100000, "not JSON");
    free(text);
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    struct error e = {0};
    assert_null(facts_load(at("missing.json"), &e));
    assert_int_equal(e.code, E_FILE_READ);
    assert_null(facts_load(dir, &e));
    assert_int_equal(e.code, E_FILE_READ);
}

static void a_right_facts_file_is_taken_as_it_is(void **state)
{
    (void)state;
    static const char text[] =
        "{\"serial\": \"790H8D2\", \"uuid\": null, \"cpu\": {\"cores\": 4}, \"disks\": "
        "[{\"name\": \"sda\", \"size\": 240057409536, \"wwid\": null, \"installable\": true}], "
        "\"memory\": {\"modules\": null}, \"firmware\": {\"secure_boot\": false}}";
    write_file("box.json", text, strlen(text));
    struct error e = {0};
    json_t *facts = facts_load(at("box.json"), &e);
    assert_non_null(facts);
    char out[64];
    assert_string_equal(facts_text(facts_get(facts, "serial"), out, sizeof out), "790H8D2");
    assert_string_equal(facts_text(facts_get(facts, "cpu.cores"), out, sizeof out), "4");
    assert_string_equal(facts_text(facts_get(facts, "firmware.secure_boot"), out, sizeof out), "false");
    assert_true(json_is_null(facts_get(facts, "uuid")));
    assert_true(json_is_array(facts_get(facts, "disks")));
    assert_true(json_is_object(facts_get(facts, "cpu")));
    static const char *const none[] = {"",           ".",           "serial.",    ".serial",
                                       "cpu.",       "cpu.cores.x", "cpu..cores", "mac",
                                       "disks.name", "disks.0",     "cpu.threads"};
    for (size_t i = 0; i < COUNT(none); i++)
        assert_null(facts_get(facts, none[i]));
    assert_null(facts_text(facts_get(facts, "uuid"), out, sizeof out));
    assert_null(facts_text(facts_get(facts, "disks"), out, sizeof out));
    assert_null(facts_text(facts_get(facts, "cpu"), out, sizeof out));
    assert_null(facts_text(NULL, out, sizeof out));
    /* A text that does not fit is no text: half a serial would match another box. */
    assert_null(facts_text(facts_get(facts, "serial"), out, 7));
    assert_non_null(facts_text(facts_get(facts, "serial"), out, 8));
    json_decref(facts);
}

/* An older hearth took samples for identities. */
static void identities_of_nobody_are_dropped(void **state)
{
    (void)state;
    static const char text[] =
        "{\"serial\": \"SYS-1234567890\", \"uuid\": \"4c4c4544-0000-2010-8020-80c04f202020\", "
        "\"mac\": \"88:88:88:88:87:88\", \"board\": {\"serial\": \"Default string\", \"version\": \"TBD\"}}";
    static const char kept[] =
        "{\"serial\": \"790H8D2\", \"uuid\": \"4c4c4544-0039-3010-8048-b7c04f384432\", "
        "\"mac\": \"00:00:5e:00:53:01\", \"board\": {\"serial\": \"UM000S000001\"}}";
    write_file("older.json", text, strlen(text));
    struct error e = {0};
    json_t *facts = facts_load(at("older.json"), &e);
    assert_non_null(facts);
    static const char *const names[] = {"serial", "uuid", "mac", "board.serial"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(json_is_null(facts_get(facts, names[i])));
    assert_string_equal(json_string_value(facts_get(facts, "board.version")), "TBD");
    json_decref(facts);
    write_file("newer.json", kept, strlen(kept));
    facts = facts_load(at("newer.json"), &e);
    assert_non_null(facts);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(json_is_string(facts_get(facts, names[i])));
    json_decref(facts);
}

static void names_are_known_or_have_a_nearest(void **state)
{
    (void)state;
    static const char *const known[] = {"uuid",
                                        "serial",
                                        "mac",
                                        "board.product_name",
                                        "board.serial",
                                        "cpu.model_name",
                                        "memory.size_mib",
                                        "disks",
                                        "disks.transport",
                                        "links",
                                        "links.permanent_addr",
                                        "memory.modules",
                                        "memory.modules.size_mib",
                                        "firmware.secure_boot",
                                        "tpm.version",
                                        "chassis.type"};
    static const struct {
        const char *name;
        const char *nearest;
    } unknown[] = {{"serail", "serial"},
                   {"board.product", NULL},
                   {"board.product_nam", "board.product_name"},
                   {"disk.size", "disks.size"},
                   {"hostname", NULL},
                   {"system", NULL},
                   {"cpu", NULL},
                   {"", NULL},
                   {"Serial", "serial"},
                   {"disks.transprot", "disks.transport"}};
    const char *nearest = "unset";
    for (size_t i = 0; i < COUNT(known); i++)
        if (!facts_known(known[i], &nearest))
            fail_msg("%s must be known", known[i]);
    for (size_t i = 0; i < COUNT(unknown); i++) {
        if (facts_known(unknown[i].name, &nearest))
            fail_msg("%s must be unknown", unknown[i].name);
        if (unknown[i].nearest) {
            assert_non_null(nearest);
            assert_string_equal(nearest, unknown[i].nearest);
        }
    }
    assert_false(facts_known("nonsense", NULL));
}

static void no_link_leads_out_of_the_tree(void **state)
{
    (void)state;
    make_dirs("root/sys/a/b");
    make_dirs("secret");
    write_file("secret/serial", "outside\n", 8);
    write_file("root/sys/a/b/serial", "inside\n", 7);
    assert_int_equal(symlink("../../../../../secret", at("root/sys/up")), 0);
    assert_int_equal(symlink("/sys/a", at("root/sys/absolute")), 0);
    assert_int_equal(symlink("loop2", at("root/sys/loop1")), 0);
    assert_int_equal(symlink("loop1", at("root/sys/loop2")), 0);
    assert_int_equal(symlink("serial", at("root/sys/a/b/alias")), 0);
    write_file("root/sys/flat", "../sys/a/b", 10);
    write_file("root/sys/nolink", "../sys/a/b\n", 11);
    struct sysfs s;
    struct error e = {0};
    assert_int_equal(sysfs_open(&s, at("root"), &e), 0);
    char path[SYSFS_PATH_MAX];
    assert_false(sysfs_resolve(&s, "sys/up", path));
    assert_false(sysfs_resolve(&s, "sys/up/serial", path));
    assert_false(sysfs_resolve(&s, "sys/../../secret", path));
    assert_false(sysfs_resolve(&s, "sys/loop1", path));
    assert_false(sysfs_resolve(&s, "sys/missing", path));
    assert_false(sysfs_resolve(&s, "sys/a/b/serial/x", path));
    assert_true(sysfs_resolve(&s, "sys/absolute/b", path));
    assert_string_equal(path, "sys/a/b");
    /* A link that was flattened to a file is followed; an attribute that looks like one is not. */
    assert_true(sysfs_resolve(&s, "sys/flat/serial", path));
    assert_string_equal(path, "sys/a/b/serial");
    assert_false(sysfs_resolve(&s, "sys/nolink/serial", path));
    char text[SYSFS_TEXT_MAX];
    assert_true(sysfs_text(&s, "sys/a/b", "serial", text));
    assert_string_equal(text, "inside");
    assert_false(sysfs_text(&s, "sys/a/b", "alias", text));
    sysfs_close(&s);
}

static void attributes_that_cannot_be_read_are_unknown(void **state)
{
    (void)state;
    make_dirs("odd/sys/d/sub");
    char large[2 * SYSFS_TEXT_MAX];
    memset(large, '7', sizeof large);
    write_file("odd/sys/d/large", large, sizeof large);
    write_file("odd/sys/d/empty", "", 0);
    write_file("odd/sys/d/blank", " \n", 2);
    write_file("odd/sys/d/nul", "a\0b\n", 4);
    write_file("odd/sys/d/minus", "-1\n", 3);
    write_file("odd/sys/d/huge", "99999999999999999999\n", 21);
    write_file("odd/sys/d/word", "4x\n", 3);
    write_file("odd/sys/d/fine", " 42 \n", 5);
    assert_int_equal(mkfifo(at("odd/sys/d/fifo"), 0600), 0);
    struct sysfs s;
    struct error e = {0};
    assert_int_equal(sysfs_open(&s, at("odd"), &e), 0);
    static const char *const bad[] = {"large", "empty", "blank", "nul", "fifo", "sub", "missing"};
    char text[SYSFS_TEXT_MAX];
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (sysfs_text(&s, "sys/d", bad[i], text))
            fail_msg("%s must be unknown", bad[i]);
        assert_string_equal(text, "");
    }
    static const char *const no_number[] = {"minus", "huge", "word", "large", "empty"};
    int64_t number;
    for (size_t i = 0; i < COUNT(no_number); i++)
        assert_false(sysfs_number(&s, "sys/d", no_number[i], &number));
    assert_true(sysfs_number(&s, "sys/d", "fine", &number));
    assert_int_equal(number, 42);
    sysfs_close(&s);
}

static void a_root_without_proc_and_sys_is_refused(void **state)
{
    (void)state;
    make_dirs("bare");
    struct error e = {0};
    assert_null(facts_read(at("bare"), &e));
    assert_int_equal(e.code, E_FACTS_READ);
    assert_null(facts_read(at("nowhere"), &e));
    assert_int_equal(e.code, E_FACTS_READ);
    write_file("file", "x", 1);
    assert_null(facts_read(at("file"), &e));
    assert_int_equal(e.code, E_FACTS_READ);
}

/* Whatever a vendor or a stranger's tree says, what is printed can be loaded on another machine. */
static void what_is_read_can_be_loaded(void **state)
{
    (void)state;
    make_dirs("box/sys/class/dmi/id");
    make_dirs("box/proc");
    write_file("box/sys/class/dmi/id/product_serial", "\x1b]0;\xff\xc2\x9b\"\\\n", 10);
    write_file("box/sys/class/dmi/id/product_name", "Caf\xc3\xa9 \xe2\x80\xae\n", 10);
    write_file("box/proc/cpuinfo", "processor\t: 0\nmodel name\t: \x07\nflags\t\t: xvmx vmxx\n\n", 50);
    write_file("box/proc/meminfo", "MemTotal: -5 kB\n", 16);
    struct error e = {0};
    json_t *facts = facts_read(at("box"), &e);
    assert_non_null(facts);
    assert_true(json_is_null(facts_get(facts, "cpu.virtualization")));
    assert_true(json_is_null(facts_get(facts, "cpu.cores")));
    assert_true(json_is_null(facts_get(facts, "memory.total_kib")));
    assert_true(json_is_null(facts_get(facts, "firmware.mode")));
    assert_string_equal(json_string_value(facts_get(facts, "system.product_name")), "Caf\xc3\xa9 \\u{202e}");
    char *text = json_dumps(facts, JSON_INDENT(1));
    assert_non_null(text);
    write_file("again.json", text, strlen(text));
    json_t *again = facts_load(at("again.json"), &e);
    assert_non_null(again);
    assert_true(json_equal(facts, again));
    free(text);
    json_decref(facts);
    json_decref(again);
}

static void put_line(const char *name, const char *text)
{
    char parent[256];
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(name, '/') - name), name);
    make_dirs(parent);
    write_file(name, text, strlen(text));
}

/* What facts_notes() says of a tree, after the facts of it. */
static const char *notes_of(const char *root)
{
    static char text[2048];
    struct error e = {0};
    json_t *facts = facts_read(at(root), &e);
    assert_non_null(facts);
    struct buf out = {0};
    facts_notes(at(root), facts, &out);
    snprintf(text, sizeof text, "%s", out.data ? out.data : "");
    buf_free(&out);
    json_decref(facts);
    return text;
}

static json_t *devices_of(const char *root)
{
    struct error e = {0};
    json_t *devices = facts_devices(at(root), &e);
    if (!devices)
        fail_msg("%s", e.text);
    return devices;
}

/* What comes, goes or becomes another is seen; what a disk or a link does is not. */
static void devices_are_known_by_size_and_address(void **state)
{
    (void)state;
    put_line("devices/sys/devices/pci0/ata1/block/sda/size", "468862128\n");
    put_line("devices/sys/devices/pci0/net/eno1/address", "52:54:00:12:34:56\n");
    put_line("devices/sys/devices/pci0/net/eno1/carrier", "0\n");
    put_line("devices/sys/block/loop0/size", "100\n");
    make_dirs("devices/sys/class/net");
    assert_int_equal(symlink("../devices/pci0/ata1/block/sda", at("devices/sys/block/sda")), 0);
    assert_int_equal(symlink("../../devices/pci0/net/eno1", at("devices/sys/class/net/eno1")), 0);
    json_t *before = devices_of("devices");
    char *text = json_dumps(before, JSON_SORT_KEYS | JSON_COMPACT);
    assert_string_equal(text,
                        "{\"sys/block/sda\":\"468862128\",\"sys/class/net/eno1\":\"52:54:00:12:34:56\"}");
    free(text);
    static const struct {
        const char *file, *text;
        bool seen;
    } rows[] = {
        {"devices/sys/devices/pci0/net/eno1/carrier", "1\n", false},
        {"devices/sys/block/loop0/size", "200\n", false},
        {"devices/sys/devices/pci0/ata1/block/sda/size", "0\n", true},
        {"devices/sys/devices/pci0/net/eno1/address", "52:54:00:12:34:57\n", true},
        {"devices/sys/block/sdb/removable", "1\n", true}, /* without a size */
        {"devices/sys/class/net/eno2/operstate", "down\n", true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        put_line(rows[i].file, rows[i].text);
        json_t *after = devices_of("devices");
        if (json_equal(before, after) == rows[i].seen)
            fail_msg("%s", rows[i].file);
        json_decref(before);
        before = after;
    }
    assert_int_equal(unlink(at("devices/sys/block/sda")), 0);
    json_t *gone = devices_of("devices");
    assert_false(json_equal(before, gone));
    json_decref(before);
    json_decref(gone);
    struct error e = {0};
    assert_null(facts_devices(at("bare"), &e));
    assert_int_equal(e.code, E_FACTS_READ);
}

static void hidden_disks_and_lost_identities_are_noted(void **state)
{
    (void)state;
    static const char masked[] = "the SMBIOS table is not there: /sys/firmware is masked";
    make_dirs("notes/sys");
    assert_non_null(strstr(notes_of("notes"), masked));
    assert_null(strstr(notes_of("notes"), "RAID"));
    assert_null(strstr(notes_of("notes"), "unknown:"));

    /* An Intel controller in RAID mode, a RAID card, and VMD with its driver: only the first is a
     * mistake in the BIOS. */
    put_line("notes/sys/bus/pci/devices/0000:00:17.0/class", "0x010400\n");
    put_line("notes/sys/bus/pci/devices/0000:00:17.0/vendor", "0x8086\n");
    put_line("notes/sys/bus/pci/devices/0000:01:00.0/class", "0x010400\n");
    put_line("notes/sys/bus/pci/devices/0000:01:00.0/vendor", "0x1000\n");
    put_line("notes/sys/bus/pci/devices/0000:00:0e.0/class", "0x010400\n");
    put_line("notes/sys/bus/pci/devices/0000:00:0e.0/vendor", "0x8086\n");
    put_line("notes/sys/bus/pci/devices/0000:00:0e.0/uevent", "DRIVER=vmd\n");
    const char *notes = notes_of("notes");
    assert_non_null(strstr(notes, "controller 0000:00:17.0 is in RAID mode"));
    assert_null(strstr(notes, "0000:01:00.0"));
    assert_null(strstr(notes, "0000:00:0e.0"));
    put_line("notes/sys/bus/pci/devices/0000:00:17.0/remapped_nvme", "2\n");
    assert_non_null(strstr(notes_of("notes"), "controller 0000:00:17.0 hides 2 NVMe disk(s)"));
    put_line("notes/sys/bus/pci/devices/0000:00:17.0/class", "0x010601\n");
    assert_non_null(strstr(notes_of("notes"), "hides 2"));
    put_line("notes/sys/bus/pci/devices/0000:00:17.0/remapped_nvme", "0\n");
    assert_null(strstr(notes_of("notes"), "0000:00:17.0"));

    put_line("notes/sys/class/dmi/id/product_serial", "Default\x1b string\n");
    put_line("notes/sys/class/dmi/id/product_uuid", "03000200-0400-0500-0006-000700080009\n");
    notes = notes_of("notes");
    assert_non_null(
        strstr(notes, "uuid is unknown: the vendor left \"03000200-0400-0500-0006-000700080009\""));
    assert_null(strchr(notes, 0x1b));
    put_line("notes/sys/class/dmi/id/product_serial", "Default string\n");
    assert_non_null(strstr(notes_of("notes"), "serial is unknown: the vendor left \"Default string\""));

    /* A Dell without a tag, and what else could have named it. */
    put_line("notes/sys/class/dmi/id/product_uuid", "4C4C4544-0000-2010-8020-80C04F202020\n");
    put_line("notes/sys/class/dmi/id/board_serial", "Default string\n");
    notes = notes_of("notes");
    assert_non_null(strstr(notes, "stands for a blank service tag: every Dell without one has it"));
    assert_non_null(strstr(notes, "board.serial is unknown: the vendor left \"Default string\""));
    assert_non_null(strstr(notes, "nothing names this box"));
    put_line("notes/sys/class/dmi/id/board_serial", "/       /CN7016366100AB/\n");
    assert_null(strstr(notes_of("notes"), "nothing names this box"));
    put_line("notes/sys/class/dmi/id/board_serial", "Default string\n");

    /* Addresses: a NIC's default, then one of its own, then one that is a USB adapter's. */
    put_line("notes/sys/devices/pci0000:00/0000:00:1f.6/net/eno1/address", "88:88:88:88:87:88\n");
    put_line("notes/sys/devices/pci0000:00/0000:00:1f.6/net/eno1/type", "1\n");
    assert_int_equal(symlink("../..", at("notes/sys/devices/pci0000:00/0000:00:1f.6/net/eno1/device")), 0);
    make_dirs("notes/sys/class/net");
    assert_int_equal(
        symlink("../../devices/pci0000:00/0000:00:1f.6/net/eno1", at("notes/sys/class/net/eno1")), 0);
    notes = notes_of("notes");
    assert_non_null(strstr(notes, "link eno1 has the address 88:88:88:88:87:88, which is a NIC's default"));
    assert_non_null(strstr(notes, "nothing names this box"));
    put_line("notes/sys/devices/pci0000:00/0000:00:14.0/usb2/2-3/2-3:1.0/net/enx1/address",
             "00:00:5e:00:53:23\n");
    put_line("notes/sys/devices/pci0000:00/0000:00:14.0/usb2/2-3/2-3:1.0/net/enx1/type", "1\n");
    assert_int_equal(
        symlink("../..", at("notes/sys/devices/pci0000:00/0000:00:14.0/usb2/2-3/2-3:1.0/net/enx1/device")),
        0);
    assert_int_equal(symlink("../../devices/pci0000:00/0000:00:14.0/usb2/2-3/2-3:1.0/net/enx1",
                             at("notes/sys/class/net/enx1")),
                     0);
    notes = notes_of("notes");
    assert_non_null(strstr(notes, "mac is the address of enx1, a USB adapter"));
    assert_null(strstr(notes, "nothing names this box"));

    put_line("notes/sys/class/block/sdb3/uevent", "DEVTYPE=partition\nPARTNAME=METADATA\n");
    put_line("notes/sys/class/block/loop0p1/uevent", "DEVTYPE=partition\nPARTNAME=META\n");
    assert_null(strstr(notes_of("notes"), "META"));
    put_line("notes/sys/class/block/sdb4/uevent", "DEVTYPE=partition\nPARTN=4\nPARTNAME=META\n");
    assert_non_null(strstr(notes_of("notes"), "partition sdb4 is labelled META"));

    put_line("notes/sys/class/dmi/id/product_serial", "790H8D2\n");
    put_line("notes/sys/class/dmi/id/product_uuid", "4c4c4544-0039-3010-8048-b7c04f384432\n");
    assert_null(strstr(notes_of("notes"), "different boxes"));
    put_line("notes/sys/class/dmi/id/product_uuid", "4c4c4544-0059-4210-8056-b2c04f584b33\n");
    assert_non_null(strstr(notes_of("notes"),
                           "the service tag 790H8D2 and the UUID 4c4c4544-0059-4210-8056-b2c04f584b33"));
    put_line("notes/sys/class/dmi/id/product_serial", "2YBVXK3\n");
    assert_null(strstr(notes_of("notes"), "different boxes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_known_by_size_and_address),
        cmocka_unit_test(hidden_disks_and_lost_identities_are_noted),
        cmocka_unit_test(a_wrong_facts_file_is_refused),
        cmocka_unit_test(sizes_are_capped),
        cmocka_unit_test(a_file_that_is_not_there),
        cmocka_unit_test(a_right_facts_file_is_taken_as_it_is),
        cmocka_unit_test(identities_of_nobody_are_dropped),
        cmocka_unit_test(names_are_known_or_have_a_nearest),
        cmocka_unit_test(no_link_leads_out_of_the_tree),
        cmocka_unit_test(attributes_that_cannot_be_read_are_unknown),
        cmocka_unit_test(a_root_without_proc_and_sys_is_refused),
        cmocka_unit_test(what_is_read_can_be_loaded),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
