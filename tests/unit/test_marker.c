/* What the marker secret says to the node that might found its cluster. */
#include "pipeline/marker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789abcdef0123456789abcdef"

static void judged(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int result;
        enum marker want;
    } rows[] = {
        {"none", 0, MARKER_NONE},
        {" none\r\n", 0, MARKER_NONE}, /* `echo none` and an editor's habits */
        {ID ".data-1.b00t.naa-50026b", 0, MARKER_OURS},
        {ID ".data-1.b00t.naa-50026b\n", 0, MARKER_OURS},
        {ID ".data-1.b00t.naa-other", 0, MARKER_OURS}, /* in one boot the disk does not matter */
        {ID ".data-1.before.naa-50026b", 0, MARKER_EARLIER},
        {ID ".data-1.before.naa-other", 0, MARKER_UNSURE},
        {ID ".data-1.before.naa-50026", 0, MARKER_UNSURE},
        {ID ".data-1.before.", 0, MARKER_UNSURE},
        {ID ".data-1.before", 0, MARKER_UNSURE}, /* an earlier hearth named no disk */
        {ID ".data-1.", 0, MARKER_UNSURE},
        {ID ".data-1", 0, MARKER_UNSURE},
        {ID ".data-1.another", 0, MARKER_UNSURE}, /* the same node in an earlier boot may have founded */
        {ID ".data-2.b00t", 0, MARKER_FOUNDED},
        {ID ".x", 0, MARKER_FOUNDED},
        {"", -1, MARKER_NONE},
        {"\n", -1, MARKER_NONE},
        {"None", -1, MARKER_NONE},
        {"none none", -1, MARKER_NONE},
        {"nonesuch", -1, MARKER_NONE},
        {ID, -1, MARKER_NONE},
        {ID ".", -1, MARKER_NONE},
        {"1" ID ".data-1.b00t", -1, MARKER_NONE},
        {"ffffffffffffffffffffffffffffffff.data-1.b00t", -1, MARKER_NONE}, /* the bundle was made anew */
    };
    char ours[MARKER_MAX];
    assert_string_equal(marker_text(ours, ID, "data-1", "b00t", "naa.50026b"), ID ".data-1.b00t.naa-50026b");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *v = rows[i].value;
        enum marker got = MARKER_NONE;
        struct error e = {0};
        int result = marker_judge((struct span){(const unsigned char *)v, strlen(v)}, ours, &got, &e);
        if (result != rows[i].result || got != rows[i].want)
            print_error("row %zu: %d %d\n", i, result, (int)got);
        assert_int_equal(result, rows[i].result);
        if (result == 0)
            assert_int_equal(got, rows[i].want);
        else
            assert_int_equal(e.code, E_MARKER_VALUE);
    }
}

/* Where the boot has no id nothing is recognised as of this boot. */
static void no_boot_id(void **state)
{
    (void)state;
    char ours[MARKER_MAX];
    marker_text(ours, ID, "data-1", "", "naa.1");
    enum marker got = MARKER_NONE;
    struct error e;
    assert_int_equal(marker_judge((struct span){(const unsigned char *)ours, strlen(ours)}, ours, &got, &e),
                     0);
    assert_int_equal(got, MARKER_EARLIER);
}

/* The longest node name and boot id fit; a disk's name is cut, in the same way each time. */
static void longest(void **state)
{
    (void)state;
    char name[64];
    memset(name, 'n', 63);
    char boot[38];
    memset(boot, 'b', 37);
    char disk[300];
    memset(disk, ' ', 299);
    name[63] = boot[37] = disk[299] = '\0';
    char ours[MARKER_MAX];
    marker_text(ours, ID, name, boot, disk);
    assert_int_equal(strlen(ours), 32 + 1 + 63 + 1 + 37 + 1 + 159);
    assert_null(strchr(ours, ' '));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(judged), cmocka_unit_test(no_boot_id),
                                       cmocka_unit_test(longest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
