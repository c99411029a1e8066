/* boot/facts/wwid: a page of a disk's own making may lie about every length. The rows of
 * tests/blackbox/facts/identity.rows say which name it gives. */
#include "facts/wwid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char page[] = {0x00, 0x83, 0x00, 0x2c, /* text, then a number */
                                     0x02, 0x01, 0x00, 0x0c, 'A',  'T',  'A',  ' ',  ' ',  ' ',
                                     ' ',  ' ',  'D',  'I',  'S',  'K',  0x01, 0x03, 0x00, 0x08,
                                     0x50, 0x02, 0x6b, 0x77, 0x82, 0xde, 0xad, 0x01, 0x01, 0x13,
                                     0x00, 0x08, 0x50, 0x02, 0x6b, 0x77, 0x82, 0xde, 0xad, 0x02};

/* Of a copy without a byte behind it, so that a sanitizer sees a step too far. */
static const char *name_of(const unsigned char *p, size_t n)
{
    static char text[512];
    unsigned char *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, p, n);
    struct buf out = {.max = 511};
    bool found = wwid_of_page((struct span){copy, n}, &out);
    assert_int_equal(found, out.len > 0);
    memcpy(text, out.data ? out.data : "", out.len + 1);
    free(copy);
    buf_free(&out);
    return text;
}

static void a_cut_page_names_what_is_whole(void **state)
{
    (void)state;
    for (size_t n = 0; n <= sizeof page; n++)
        assert_string_equal(name_of(page, n),
                            n < 20       ? ""
                                : n < 32 ? "t10.ATA     DISK"
                                         : "naa.50026b7782dead01");
}

static void no_byte_leads_out_of_the_page(void **state)
{
    (void)state;
    unsigned char changed[sizeof page];
    for (size_t i = 0; i < sizeof page; i++) {
        for (unsigned value = 0; value < 256; value += 5) {
            memcpy(changed, page, sizeof page);
            changed[i] = (unsigned char)value;
            (void)name_of(changed, sizeof changed);
        }
    }
}

static void another_page_names_nothing(void **state)
{
    (void)state;
    unsigned char other[sizeof page];
    memcpy(other, page, sizeof page);
    other[1] = 0x80;
    assert_string_equal(name_of(other, sizeof other), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_page_names_what_is_whole),
        cmocka_unit_test(no_byte_leads_out_of_the_page),
        cmocka_unit_test(another_page_names_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
