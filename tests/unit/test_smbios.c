/* boot/facts/smbios: a table is a vendor's bytes and may lie about every length. */
#include "facts/parts.h"
#include "facts/smbios.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A small table: bytes written one structure after another. */
struct made {
    unsigned char bytes[4096];
    size_t n;
};

static void put(struct made *m, const void *p, size_t n)
{
    assert_true(m->n + n <= sizeof m->bytes);
    if (n)
        memcpy(m->bytes + m->n, p, n);
    m->n += n;
}

/* A structure of `length` formatted bytes: body holds those after the header, strings end with an
 * empty one. */
static void structure(struct made *m, uint8_t type, uint16_t handle, const void *body, size_t n,
                      const char *const *strings)
{
    unsigned char head[4] = {type, (unsigned char)(n + 4), (unsigned char)handle,
                             (unsigned char)(handle >> 8)};
    put(m, head, 4);
    put(m, body, n);
    if (!strings || !*strings)
        put(m, "", 1);
    for (; strings && *strings; strings++)
        put(m, *strings, strlen(*strings) + 1);
    put(m, "", 1);
}

static const unsigned char uuid_bytes[16] = {0x44, 0x45, 0x4c, 0x4c, 0x39, 0x00, 0x10, 0x30,
                                             0x80, 0x48, 0xb7, 0xc0, 0x4f, 0x38, 0x44, 0x32};
static const char *const system_strings[] = {"Dell Inc.", "OptiPlex 7040", "790H8D2", NULL};
static const char *const dimm_strings[] = {"DIMM1", "802C0000802C", "16ATF1G64HZ-2G1B1   ", NULL};

static void system_structure(struct made *m)
{
    unsigned char body[23] = {1, 2, 0, 3};
    memcpy(body + 4, uuid_bytes, 16);
    body[20] = 6;
    structure(m, 1, 1, body, sizeof body, system_strings);
}

static void dimm(struct made *m, uint16_t array, uint16_t size, uint32_t extended, uint16_t speed)
{
    unsigned char body[84] = {0};
    body[0] = (unsigned char)array;
    body[1] = (unsigned char)(array >> 8);
    body[8] = (unsigned char)size;
    body[9] = (unsigned char)(size >> 8);
    body[12] = 1;
    body[0x15 - 4] = (unsigned char)speed;
    body[0x16 - 4] = (unsigned char)(speed >> 8);
    body[0x17 - 4] = 2;
    body[0x1a - 4] = 3;
    for (unsigned i = 0; i < 4; i++)
        body[0x1c - 4 + i] = (unsigned char)(extended >> (8 * i));
    body[0x54 - 4] = 0x40;
    body[0x55 - 4] = 0x1f;
    structure(m, 17, 0x1100, body, sizeof body, dimm_strings);
}

static void whole(struct made *m)
{
    unsigned char array[11] = {3, 3, 3};
    unsigned char rom[11] = {3, 5, 3};
    *m = (struct made){.n = 0};
    system_structure(m);
    structure(m, 16, 0x1000, array, sizeof array, NULL);
    structure(m, 16, 0x1001, rom, sizeof rom, NULL);
    dimm(m, 0x1000, 8192, 0, 2133);
    dimm(m, 0x1001, 0x8000 | 4096, 0, 0);
    structure(m, 127, 0xfeff, NULL, 0, NULL);
}

static struct smbios table_of(const struct made *m, unsigned version)
{
    return (struct smbios){.table = {m->bytes, m->n}, .version = version};
}

static void sum_up(unsigned char *p, size_t n, size_t at)
{
    p[at] = 0;
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    p[at] = (unsigned char)(0u - sum);
}

static void entry_64(unsigned char e[24], uint8_t major, uint8_t minor, uint32_t length)
{
    memset(e, 0, 24);
    memcpy(e, "_SM3_", 5);
    e[6] = 24;
    e[7] = major;
    e[8] = minor;
    for (unsigned i = 0; i < 4; i++)
        e[12 + i] = (unsigned char)(length >> (8 * i));
    sum_up(e, 24, 5);
}

static void entry_32(unsigned char e[31], uint8_t major, uint8_t minor, uint16_t length, uint16_t count)
{
    memset(e, 0, 31);
    memcpy(e, "_SM_", 4);
    e[5] = 31;
    e[6] = major;
    e[7] = minor;
    memcpy(e + 16, "_DMI_", 5);
    e[0x16] = (unsigned char)length;
    e[0x17] = (unsigned char)(length >> 8);
    e[0x1c] = (unsigned char)count;
    e[0x1d] = (unsigned char)(count >> 8);
    sum_up(e + 16, 15, 5);
    sum_up(e, 31, 4);
}

static unsigned count_structures(const struct smbios *s)
{
    struct smbios_walk w = smbios_walk(s);
    struct smbios_item item;
    unsigned n = 0;
    while (smbios_next(&w, &item))
        n++;
    return n;
}

static void both_entry_points_open(void **state)
{
    (void)state;
    struct made m;
    whole(&m);
    unsigned char e64[24];
    entry_64(e64, 3, 2, (uint32_t)m.n);
    struct smbios s;
    assert_true(smbios_open(&s, (struct span){e64, 24}, (struct span){m.bytes, m.n}));
    assert_int_equal(s.version, 0x0302);
    assert_int_equal(count_structures(&s), 5);
    unsigned char e32[31];
    entry_32(e32, 2, 4, (uint16_t)m.n, 6);
    assert_true(smbios_open(&s, (struct span){e32, 31}, (struct span){m.bytes, m.n}));
    assert_int_equal(s.version, 0x0204);
    assert_int_equal(count_structures(&s), 5);
}

static void a_damaged_entry_point_is_refused(void **state)
{
    (void)state;
    struct made m;
    whole(&m);
    struct smbios s;
    unsigned char e64[24];
    for (size_t i = 0; i < 24; i++) {
        entry_64(e64, 3, 0, (uint32_t)m.n);
        e64[i] ^= 1;
        assert_false(smbios_open(&s, (struct span){e64, 24}, (struct span){m.bytes, m.n}));
    }
    unsigned char e32[31];
    for (size_t i = 0; i < 31; i++) {
        entry_32(e32, 2, 8, (uint16_t)m.n, 6);
        e32[i] ^= 1;
        assert_false(smbios_open(&s, (struct span){e32, 31}, (struct span){m.bytes, m.n}));
    }
}

static void a_short_entry_point_is_refused(void **state)
{
    (void)state;
    struct smbios s;
    unsigned char e[31];
    for (size_t n = 0; n < 31; n++) {
        unsigned char *exact = malloc(n ? n : 1);
        assert_non_null(exact);
        if (n < 24) {
            entry_64(e, 3, 0, 100);
            memcpy(exact, e, n);
            assert_false(smbios_open(&s, (struct span){exact, n}, (struct span){e, 1}));
        }
        entry_32(e, 2, 8, 100, 6);
        memcpy(exact, e, n);
        assert_false(smbios_open(&s, (struct span){exact, n}, (struct span){e, 1}));
        free(exact);
    }
    /* A length of its own that reaches past the file. */
    entry_64(e, 3, 0, 100);
    e[6] = 32;
    sum_up(e, 24, 5);
    assert_false(smbios_open(&s, (struct span){e, 24}, (struct span){e, 1}));
}

static void the_table_ends_where_the_entry_point_says(void **state)
{
    (void)state;
    struct made m;
    whole(&m);
    unsigned char e[31];
    entry_64(e, 3, 0, 60);
    struct smbios s;
    assert_true(smbios_open(&s, (struct span){e, 24}, (struct span){m.bytes, m.n}));
    assert_int_equal(s.table.n, 60);
    assert_int_equal(count_structures(&s), 1);
    /* The older form also counts structures. */
    entry_32(e, 2, 8, (uint16_t)m.n, 2);
    assert_true(smbios_open(&s, (struct span){e, 31}, (struct span){m.bytes, m.n}));
    assert_int_equal(count_structures(&s), 2);
    /* A length larger than the file does not make the file larger. */
    entry_64(e, 3, 0, 0xffffffff);
    assert_true(smbios_open(&s, (struct span){e, 24}, (struct span){m.bytes, m.n}));
    assert_int_equal(s.table.n, m.n);
}

static void known_wrong_versions_are_mended(void **state)
{
    (void)state;
    static const struct {
        uint8_t major, minor;
        unsigned version;
    } rows[] = {{2, 0x1f, 0x0203}, {2, 0x21, 0x0203}, {2, 0x33, 0x0206}, {2, 5, 0x0205}, {2, 8, 0x0208}};
    struct smbios s;
    unsigned char e[31];
    for (size_t i = 0; i < COUNT(rows); i++) {
        entry_32(e, rows[i].major, rows[i].minor, 1, 1);
        assert_true(smbios_open(&s, (struct span){e, 31}, (struct span){e, 1}));
        assert_int_equal(s.version, rows[i].version);
    }
}

static void the_uuid_follows_the_version(void **state)
{
    (void)state;
    struct made m;
    whole(&m);
    struct smbios s = table_of(&m, 0x0206);
    struct smbios_item item;
    assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
    char out[SMBIOS_UUID_MAX];
    assert_string_equal(smbios_uuid(&s, &item, out), "4c4c4544-0039-3010-8048-b7c04f384432");
    s.version = 0x0205;
    assert_string_equal(smbios_uuid(&s, &item, out), "44454c4c-3900-1030-8048-b7c04f384432");
}

static void a_uuid_that_is_not_set_is_none(void **state)
{
    (void)state;
    char out[SMBIOS_UUID_MAX];
    struct smbios_item item;
    static const int fills[] = {0x00, 0xff};
    for (size_t i = 0; i < COUNT(fills); i++) {
        unsigned char body[23] = {0};
        memset(body + 4, fills[i], 16);
        struct made m = {.n = 0};
        structure(&m, 1, 1, body, sizeof body, NULL);
        struct smbios s = table_of(&m, 0x0300);
        assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
        assert_string_equal(smbios_uuid(&s, &item, out), "");
    }
    /* SMBIOS 2.0: the structure ends before the UUID, or in the middle of it. */
    for (size_t n = 4; n < 20; n++) {
        unsigned char body[20] = {1, 2, 0, 3, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
        struct made m = {.n = 0};
        structure(&m, 1, 1, body, n, system_strings);
        struct smbios s = table_of(&m, 0x0300);
        assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
        assert_string_equal(smbios_uuid(&s, &item, out), "");
    }
}

static void strings_are_found_by_index_and_nowhere_else(void **state)
{
    (void)state;
    static const struct {
        uint8_t index;
        const char *text;
    } rows[] = {{0, ""}, {1, "Dell Inc."}, {2, "OptiPlex 7040"}, {3, "790H8D2"}, {4, ""}, {5, ""}, {255, ""}};
    char out[SMBIOS_TEXT_MAX];
    struct smbios_item item;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made m = {.n = 0};
        structure(&m, 1, 1, &rows[i].index, 1, system_strings);
        put(&m, "must not be read\0", 18);
        struct smbios s = table_of(&m, 0x0300);
        assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
        assert_string_equal(smbios_text(&item, 4, out), rows[i].text);
        assert_string_equal(smbios_text(&item, 5, out), "");
        assert_string_equal(smbios_text(&item, 500, out), "");
    }
}

static void a_long_string_is_cut(void **state)
{
    (void)state;
    char longer[1000];
    const char *strings[] = {longer, NULL};
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    struct made m = {.n = 0};
    structure(&m, 1, 1, "\1", 1, strings);
    struct smbios s = table_of(&m, 0x0300);
    struct smbios_item item;
    assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
    char out[SMBIOS_TEXT_MAX];
    assert_int_equal(strlen(smbios_text(&item, 4, out)), SMBIOS_TEXT_MAX - 1);
}

/* Looks at everything that a reader would look at. */
static unsigned look_at_all(const struct smbios *s)
{
    struct smbios_walk w = smbios_walk(s);
    struct smbios_item item;
    char text[SMBIOS_TEXT_MAX];
    char uuid[SMBIOS_UUID_MAX];
    uint64_t kib;
    unsigned n = 0;
    for (; smbios_next(&w, &item); n++) {
        for (size_t at = 4; at < 0x60; at++) {
            smbios_text(&item, at, text);
            smbios_u8(&item, at, 0);
            smbios_u16(&item, at, 0);
            smbios_u32(&item, at, 0);
        }
        smbios_uuid(s, &item, uuid);
        smbios_memory_size(&item, &kib);
        smbios_memory_speed(&item);
        smbios_is_system_memory(s, &item);
        assert_true(n < 1000);
    }
    return n;
}

static void every_truncation_is_safe(void **state)
{
    (void)state;
    struct made m;
    whole(&m);
    unsigned before = 0;
    for (size_t n = 0; n <= m.n; n++) {
        unsigned char *exact = malloc(n ? n : 1); /* so that one byte too far is seen */
        assert_non_null(exact);
        memcpy(exact, m.bytes, n);
        struct smbios s = {.table = {exact, n}, .version = 0x0300};
        unsigned seen = look_at_all(&s);
        assert_true(seen >= before && seen <= before + 1);
        before = seen;
        free(exact);
    }
    assert_int_equal(before, 5);
}

static void every_wrong_byte_is_safe(void **state)
{
    (void)state;
    struct made m;
    static const unsigned char values[] = {0x00, 0x01, 0x03, 0x04, 0x7f, 0x80, 0xff};
    whole(&m);
    unsigned char *exact = malloc(m.n);
    assert_non_null(exact);
    for (size_t i = 0; i < m.n; i++) {
        for (size_t k = 0; k < COUNT(values); k++) {
            memcpy(exact, m.bytes, m.n);
            exact[i] = values[k];
            struct smbios s = {.table = {exact, m.n}, .version = 0x0300};
            look_at_all(&s);
        }
    }
    free(exact);
}

static void a_structure_that_is_not_whole_is_not_given_out(void **state)
{
    (void)state;
    struct made m = {.n = 0};
    system_structure(&m);
    struct smbios s = table_of(&m, 0x0300);
    struct smbios_item item;
    for (size_t n = 0; n < m.n; n++) {
        s.table.n = n;
        assert_false(smbios_find(&s, SMBIOS_SYSTEM, &item));
    }
    s.table.n = m.n;
    assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
    /* A length below that of the header would make the walk stand still. */
    m.bytes[1] = 3;
    assert_false(smbios_find(&s, SMBIOS_SYSTEM, &item));
    m.bytes[1] = 0;
    assert_false(smbios_find(&s, SMBIOS_SYSTEM, &item));
}

static void the_walk_ends_at_type_127_or_without_it(void **state)
{
    (void)state;
    struct made m = {.n = 0};
    system_structure(&m);
    structure(&m, 127, 2, NULL, 0, NULL);
    system_structure(&m);
    struct smbios s = table_of(&m, 0x0300);
    assert_int_equal(count_structures(&s), 1);
    m.n = 0;
    system_structure(&m);
    system_structure(&m);
    s = table_of(&m, 0x0300);
    assert_int_equal(count_structures(&s), 2);
}

static void the_first_of_two_structures_counts(void **state)
{
    (void)state;
    static const char *const second[] = {"Second", NULL};
    struct made m = {.n = 0};
    system_structure(&m);
    structure(&m, 1, 9, "\1", 1, second);
    struct smbios s = table_of(&m, 0x0300);
    struct smbios_item item;
    assert_true(smbios_find(&s, SMBIOS_SYSTEM, &item));
    char out[SMBIOS_TEXT_MAX];
    assert_string_equal(smbios_text(&item, 4, out), "Dell Inc.");
}

static void memory_sizes_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        uint16_t word;
        uint32_t extended;
        enum smbios_size known;
        uint64_t kib;
    } rows[] = {
        {0, 0, SMBIOS_SIZE_EMPTY, 0},
        {0, 8192, SMBIOS_SIZE_EMPTY, 0},
        {0xffff, 8192, SMBIOS_SIZE_UNKNOWN, 0},
        {1, 0, SMBIOS_SIZE_KNOWN, 1024},
        {8192, 99, SMBIOS_SIZE_KNOWN, 8192ull << 10},
        {0x7ffe, 0, SMBIOS_SIZE_KNOWN, 0x7ffeull << 10},
        {0x7fff, 65536, SMBIOS_SIZE_KNOWN, 65536ull << 10},
        {0x7fff, 0x7fffffff, SMBIOS_SIZE_KNOWN, 0x7fffffffull << 10},
        {0x7fff, 0x80000001, SMBIOS_SIZE_KNOWN, 1ull << 10},
        {0x7fff, 0, SMBIOS_SIZE_UNKNOWN, 0},
        {0x8000, 0, SMBIOS_SIZE_EMPTY, 0},
        {0x8000 | 512, 0, SMBIOS_SIZE_KNOWN, 512},
        {0xfffe, 0, SMBIOS_SIZE_KNOWN, 0x7ffe},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made m = {.n = 0};
        dimm(&m, 0x1000, rows[i].word, rows[i].extended, 0);
        struct smbios s = table_of(&m, 0x0300);
        struct smbios_item item;
        assert_true(smbios_find(&s, SMBIOS_MEMORY_DEVICE, &item));
        uint64_t kib;
        assert_int_equal(smbios_memory_size(&item, &kib), rows[i].known);
        assert_true(kib == rows[i].kib);
    }
}

static void an_old_structure_has_no_extended_size(void **state)
{
    (void)state;
    unsigned char body[0x1b - 4] = {0};
    body[8] = 0xff;
    body[9] = 0x7f;
    struct made m = {.n = 0};
    structure(&m, 17, 1, body, sizeof body, NULL);
    struct smbios s = table_of(&m, 0x0204);
    struct smbios_item item;
    assert_true(smbios_find(&s, SMBIOS_MEMORY_DEVICE, &item));
    uint64_t kib;
    assert_int_equal(smbios_memory_size(&item, &kib), SMBIOS_SIZE_UNKNOWN);
    assert_int_equal(smbios_memory_speed(&item), 0);
}

static void speeds_beyond_a_word_stand_elsewhere(void **state)
{
    (void)state;
    struct made m = {.n = 0};
    dimm(&m, 0x1000, 8192, 0, 0xffff);
    struct smbios s = table_of(&m, 0x0303);
    struct smbios_item item;
    assert_true(smbios_find(&s, SMBIOS_MEMORY_DEVICE, &item));
    assert_int_equal(smbios_memory_speed(&item), 8000);
    m.n = 0;
    dimm(&m, 0x1000, 8192, 0, 2133);
    assert_true(smbios_find(&s, SMBIOS_MEMORY_DEVICE, &item));
    assert_int_equal(smbios_memory_speed(&item), 2133);
}

static void a_bios_chip_is_no_system_memory(void **state)
{
    (void)state;
    struct made m;
    whole(&m);
    struct smbios s = table_of(&m, 0x0300);
    struct smbios_walk w = smbios_walk(&s);
    struct smbios_item item;
    bool answers[2];
    unsigned n = 0;
    while (smbios_next(&w, &item))
        if (item.type == SMBIOS_MEMORY_DEVICE && n < 2)
            answers[n++] = smbios_is_system_memory(&s, &item);
    assert_int_equal(n, 2);
    assert_true(answers[0]);
    assert_false(answers[1]);
}

/* A table of many empty slots must cost neither minutes nor a sum that leaves some of them out. */
static void more_slots_than_are_looked_at_have_no_sum(void **state)
{
    (void)state;
    static unsigned char bytes[1600 * 16];
    static const struct {
        unsigned slots;
        uint8_t size;
        bool known;
    } rows[] = {{100, 1, true}, {512, 1, true}, {513, 1, false}, {1600, 1, false}, {1025, 0, false}};
    struct error e;
    struct sysfs sysfs;
    assert_int_equal(sysfs_open(&sysfs, "", &e), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(bytes, 0, sizeof bytes);
        for (unsigned k = 0; k < rows[i].slots; k++) {
            unsigned char *slot = bytes + 16 * k;
            slot[0] = SMBIOS_MEMORY_DEVICE;
            slot[1] = 14;
            slot[4] = slot[5] = 0xff;
            slot[12] = rows[i].size;
        }
        const struct smbios s = {.table = {bytes, 16 * rows[i].slots}, .version = 0x0300};
        json_t *memory = memory_read(&sysfs, &s);
        const json_t *sum = json_object_get(memory, "size_mib");
        assert_int_equal(json_is_integer(sum), rows[i].known);
        if (rows[i].known)
            assert_int_equal(json_integer_value(sum), rows[i].slots);
        json_decref(memory);
    }
    sysfs_close(&sysfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_entry_points_open),
        cmocka_unit_test(a_damaged_entry_point_is_refused),
        cmocka_unit_test(a_short_entry_point_is_refused),
        cmocka_unit_test(the_table_ends_where_the_entry_point_says),
        cmocka_unit_test(known_wrong_versions_are_mended),
        cmocka_unit_test(the_uuid_follows_the_version),
        cmocka_unit_test(a_uuid_that_is_not_set_is_none),
        cmocka_unit_test(strings_are_found_by_index_and_nowhere_else),
        cmocka_unit_test(a_long_string_is_cut),
        cmocka_unit_test(every_truncation_is_safe),
        cmocka_unit_test(every_wrong_byte_is_safe),
        cmocka_unit_test(a_structure_that_is_not_whole_is_not_given_out),
        cmocka_unit_test(the_walk_ends_at_type_127_or_without_it),
        cmocka_unit_test(the_first_of_two_structures_counts),
        cmocka_unit_test(memory_sizes_are_read_in_every_spelling),
        cmocka_unit_test(an_old_structure_has_no_extended_size),
        cmocka_unit_test(speeds_beyond_a_word_stand_elsewhere),
        cmocka_unit_test(a_bios_chip_is_no_system_memory),
        cmocka_unit_test(more_slots_than_are_looked_at_have_no_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
