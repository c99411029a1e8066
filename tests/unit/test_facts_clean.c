/* boot/facts/clean: a vendor's sample text must not identify a box, and a real value must survive. */
#include "facts/clean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void samples_are_placeholders(void **state)
{
    (void)state;
    static const char *const samples[] = {
        "",
        " ",
        "\t \n",
        "Default string",
        "DEFAULT STRING",
        " default string  ",
        "$(DEFAULT_STRING)",
        "To be filled by O.E.M.",
        "To Be Filled By O.E.M.",
        "To Be Filled By O.E.M",
        "TO be filled",
        "to be filled by o.e.m.",
        "To be filled by O.E.M. by a very long winded vendor who had a lot of room in his table",
        "System Version",
        "System Product Name",
        "System manufacturer",
        "System Serial Number",
        "System SKUNumber",
        "system sku",
        "SKU",
        "sku",
        "SKU1",
        "sku042",
        "Not Specified",
        "not specified",
        "Not Applicable",
        "Not Available",
        "None",
        "NONE",
        "(none)",
        "null",
        "N/A",
        "n/a",
        "NA",
        "Unknown",
        "UNKNOWN",
        "INVALID",
        "OEM",
        "O.E.M.",
        "o.e.m",
        "XX",
        "xx",
        "Xxxxxx",
        "0",
        "00",
        "0000000000000000",
        "........",
        "--------",
        "********",
        "..",
        "-",
        "*",
        "0x0000",
        "x",
        "0123456789",
        "1234567890",
        "123456789",
        "0123456789ABCDEF",
        "0123456789abcdef",
        "123456789012345678901234567890",
        "FFFFFFFF",
        "11111111",
        "aaaaaa",
        "Type1Sku0",
        "Chassis Manufacture",
        "Base Board Serial Number",
        "Empty",
    };
    for (size_t i = 0; i < COUNT(samples); i++)
        if (!clean_is_placeholder(samples[i]))
            fail_msg("'%s' must be a placeholder", samples[i]);
}

static void values_are_not(void **state)
{
    (void)state;
    static const char *const values[] = {
        "790H8D2",
        "HEARTH1",
        "Dell Inc.",
        "OptiPlex 7040",
        "06B9",
        "096JG8",
        "A00",
        "A01",
        "HP",
        "SBKPF",
        "83F3",
        "4CZ90ET#ABU",
        "103C_53307F HP ProDesk",
        "LENOVO",
        "11DUS1B000",
        "ThinkCentre M70q",
        "316E",
        "NOK",
        "1.24.0",
        "1.0",
        "1.00",
        "07/14/2022",
        "OptiPlex",
        "Q23 Ver. 02.27.00",
        "50026B7782DEAD01",
        "1234567891",
        "12345678",
        "01234567",
        "0123456780",
        "123456789X",
        "11111",
        "1111112",
        "S000000X0000001",
        "OEMGA1",
        "SKUBA",
        "Systemax",
        "Unknowable",
        "Nonesuch",
        "System x3650 M5",
        "PC0HRT01",
        "E0D55E6CE1F1F321A9840B7E",
        "0x1a2b3c4d",
        "00:00:5e:00:53:01",
        "x1",
        "Standard PC (Q35 + ICH9, 2009)",
    };
    for (size_t i = 0; i < COUNT(values); i++)
        if (clean_is_placeholder(values[i]))
            fail_msg("'%s' must survive", values[i]);
}

static void shared_uuids_are_junk(void **state)
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
        "4C4C4544-0039-3010-8048-B7C04F384432", /* the caller lower-cases */
    };
    for (size_t i = 0; i < COUNT(junk); i++)
        if (!clean_is_junk_uuid(junk[i]))
            fail_msg("'%s' must be junk", junk[i]);
}

static void unique_uuids_stay(void **state)
{
    (void)state;
    static const char *const good[] = {
        "4c4c4544-0039-3010-8048-b7c04f384432", "00000000-0000-0000-0000-00005e005310",
        "03000200-0400-0500-0006-00070008000a", "fefefefe-fefe-fefe-fefe-fefefefefeff",
        "12121212-1212-1212-1212-121212121221",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        if (clean_is_junk_uuid(good[i]))
            fail_msg("'%s' must stay", good[i]);
}

static void a_string_is_trimmed_and_printable(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *value; /* NULL: JSON null */
    } rows[] = {
        {"  Dell Inc.   ", "Dell Inc."}, {"a  b", "a  b"}, {"\xff\x1b[2J", "\\xff\\x1b[2J"},
        {"Caf\xc3\xa9", "Caf\xc3\xa9"},  {"None", NULL},   {"   ", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *value = clean_string(rows[i].text);
        if (rows[i].value)
            assert_string_equal(json_string_value(value), rows[i].value);
        else
            assert_true(json_is_null(value));
        json_decref(value);
    }
    json_t *plain = clean_plain(" None ");
    assert_string_equal(json_string_value(plain), "None");
    json_decref(plain);
    assert_true(json_is_null(clean_plain(" \n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_placeholders),
        cmocka_unit_test(values_are_not),
        cmocka_unit_test(shared_uuids_are_junk),
        cmocka_unit_test(unique_uuids_stay),
        cmocka_unit_test(a_string_is_trimmed_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
