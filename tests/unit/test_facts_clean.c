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
        "12345",
        "12345678",
        "01234567",
        "87654321",
        "00000001",
        "SYS-1234567890",
        "Not_Defined",
        "NO DPK",
        "ThinkCentre xxx",
        "xxx123x#ABA",
        "Type2 - Board Vendor Name1",
        "SmbiosType1_SystemProductName",
        "BASE_BOARD_MANUFACTURER",
        "TobefilledbyO.E.M.",
        "Serial Number xxxxxx",
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
        "sku042",
        "12346",
        "01234568",
        "1.23.45",
        "1.1.1.1.1.1",
        "NO 70931",
        "Version 1",
        "XXXX07.00",
        "Baseboard0592361006",
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

static void a_text_without_an_end_is_no_placeholder(void **state)
{
    (void)state;
    char text[2 * CLEAN_TEXT_MAX];
    memset(text, '0', sizeof text);
    text[CLEAN_TEXT_MAX - 1] = '\0';
    assert_true(clean_is_placeholder(text));
    char squeezed[CLEAN_TEXT_MAX];
    assert_int_equal(clean_squeeze(text, squeezed), CLEAN_TEXT_MAX - 1);
    text[CLEAN_TEXT_MAX - 1] = '0';
    text[CLEAN_TEXT_MAX] = '\0';
    assert_false(clean_is_placeholder(text));
    assert_int_equal(clean_squeeze(text, squeezed), 0);
    assert_int_equal(clean_squeeze(" A.b_ C\t", squeezed), 3);
    assert_string_equal(squeezed, "abc");
}

static void a_string_is_trimmed_and_printable(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        /* NULL: JSON null */
        const char *value;
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
        cmocka_unit_test(a_text_without_an_end_is_no_placeholder),
        cmocka_unit_test(a_string_is_trimmed_and_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
