/* boot/facts/identity: what a vendor did not program names nobody; what is real and looks odd names its box. */
#include "facts/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void expect(enum identity kind, bool good, const char *const *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *flaw = identity_flaw(kind, values[i]);
        if (good && flaw)
            fail_msg("%s '%s' must stay, and is one %s", identity_fact(kind), values[i], flaw);
        if (!good && !flaw)
            fail_msg("%s '%s' must name nobody", identity_fact(kind), values[i]);
    }
}

static void uuids_that_many_share(void **state)
{
    (void)state;
    static const char *const junk[] = {
        "",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "fefefefe-fefe-fefe-fefe-fefefefefefe",
        "11111111-1111-1111-1111-111111111111",
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "03020100-0504-0706-0809-0a0b0c0d0e0f",
        "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "12345678-1234-5678-90ab-cddeefaabbcc",
        "Not Settable",
        "4c4c4544-0039-3010-8048-b7c04f38443",
        "4c4c4544-0039-3010-8048-b7c04f3844322",
        "4c4c4544-0039-3010-8048-b7c04f38443g",
        "4c4c4544_0039-3010-8048-b7c04f384432",
        "4c4c4544-0000-2010-8020-80c04f202020",
        "4c4c4544-0020-2010-8020-a0c04f202020",
        "4c4c4544-0000-0010-8000-00c04f000000",
        "44454c4c-0000-1020-8020-80c04f202020",
        "4C4C4544-0000-2010-8020-80C04F202020",
        "41574152-ffff-ffff-ffff-ffffffffffff",
        "00000000-0000-0000-0000-888888888788",
    };
    expect(IDENTITY_UUID, false, junk, COUNT(junk));
}

static void uuids_of_one_box(void **state)
{
    (void)state;
    static const char *const good[] = {
        "4c4c4544-0039-3010-8048-b7c04f384432", "4C4C4544-0039-3010-8048-B7C04F384432",
        "00000000-0000-0000-0000-00005e005310", "03000200-0400-0500-0006-00070008000a",
        "fefefefe-fefe-fefe-fefe-fefefefefeff", "12121212-1212-1212-1212-121212121221",
        "080020ff-ffff-ffff-ffff-00005e005310",
    };
    expect(IDENTITY_UUID, true, good, COUNT(good));
}

static void addresses(void **state)
{
    (void)state;
    static const char *const junk[] = {"",
                                       "88:88:88:88:87:88",
                                       "00:A0:C9:00:00:00",
                                       "00:11:22:33:44:55",
                                       "ff:ff:ff:ff:ff:ff",
                                       "00:00:00:00:00:00",
                                       "01:00:5e:00:53:01",
                                       "00:00:5e:00:53",
                                       "00:00:5e:00:53:01:02",
                                       "00-00-5e-00-53-01",
                                       "00:00:5e:00:53:0g"};
    static const char *const good[] = {"00:00:5e:00:53:01", "00:00:5E:00:53:01", "02:00:5e:00:53:01"};
    expect(IDENTITY_MAC, false, junk, COUNT(junk));
    expect(IDENTITY_MAC, true, good, COUNT(good));
}

static void serials(void **state)
{
    (void)state;
    static const char *const junk[] = {"",     "   ",     "A7",    " 123 ",
                                       "Test", "D E L L", "12345", "To be filled by O.E.M."};
    static const char *const good[] = {"790H8D2", "A7K2", "TEST7", "  PF1HRT22 "};
    expect(IDENTITY_SERIAL, false, junk, COUNT(junk));
    expect(IDENTITY_SERIAL, true, good, COUNT(good));
    expect(IDENTITY_BOARD_SERIAL, false, junk, COUNT(junk));
    expect(IDENTITY_BOARD_SERIAL, true, good, COUNT(good));
}

static void the_tag_in_a_uuid(void **state)
{
    (void)state;
    static const struct {
        const char *uuid;
        /* NULL: none in it */
        const char *tag;
    } rows[] = {
        {"4c4c4544-0039-3010-8048-b7c04f384432", "790H8D2"},
        {"44454c4c-5900-1030-8048-b7c04f384432", "7Y0H8D2"},
        {"4c4c4544-0059-4210-8056-b2c04f584b33", "2YBVXK3"},
        {"4c4c4544-0000-0010-8000-00c04f000000", "       "},
        {"4c4c4545-0059-4210-8056-b2c04f584b33", NULL},
        {"4c4c4544-0059-4210-8056-b2c04f584b3", NULL},
        {"", NULL},
    };
    char tag[8];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(identity_dell_tag(rows[i].uuid, tag), rows[i].tag != NULL);
        if (rows[i].tag)
            assert_string_equal(tag, rows[i].tag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_that_many_share),
        cmocka_unit_test(uuids_of_one_box),
        cmocka_unit_test(addresses),
        cmocka_unit_test(serials),
        cmocka_unit_test(the_tag_in_a_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
