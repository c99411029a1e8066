/* boot/talos/refusal: machined's own words, and nothing in them that a vault gave. */
#include "talos/refusal.h"

#include "base/secret.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SHORT "pw123-X9"
#define LONG "canary-7f3a9c2e81b6405d-7718246"
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What Talos says of a value at these places; %s is where it repeats it: whole when it has ten bytes or fewer, else
 * its first seven and "...". `always`: whole whatever its length. */
static const struct place {
    const char *says;
    bool always;
} places[] = {
    {"yaml: construct errors:\n  line 6: cannot construct !!str `%s` into bool", false},
    {"yaml: construct errors:\n  line 9: cannot construct !!str `%s` into bool", false},
    {"yaml: construct errors:\n  line 12: cannot construct !!str `%s` into time.Duration", false},
    {"yaml: construct errors:\n  line 3: cannot construct !!str `%s` into time.Duration", false},
    {"yaml: construct errors:\n  line 8: cannot construct !!str `%s` into map[string]string", false},
    {"yaml: construct errors:\n  line 8: cannot construct !!str `%s` into []string", false},
    {"1 error occurred:\n\t* invalid taint effect: \"node=a:%s\"", true},
    {"%s does not belong to DefaultAction values", true},
    {"1 error occurred:\n\t* invalid CIDR address \"%s\"", true},
    {"invalid label value: {\"value\":\"%s\"}", true},
    {"volume size '%s' cannot be parsed", true},
    {"parse \"tcp://%s:port\": invalid port", true},
    {"duplicate entry %s in list", true},
};

static void hidden_of(struct buf *hidden, const char *const *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        secret_note(hidden, values[i], strlen(values[i]));
}

/* Both what is said in one line and the lines. */
static void refuse(const char *text, const struct buf *hidden, struct error *e, struct buf *lines)
{
    struct grpc_status status = {.code = GRPC_INVALID_ARGUMENT};
    buf_str(&status.text, text);
    assert_int_equal(refusal_error("/machine.MachineService/ApplyConfiguration", &status, hidden, lines, e),
                     -1);
    assert_int_equal(e->code, E_MACHINED_REJECTED);
    grpc_status_free(&status);
}

static void twenty_six_places(void **state)
{
    (void)state;
    static const char *const values[] = {SHORT, LONG};
    struct buf hidden = {0};
    hidden_of(&hidden, values, COUNT(values));
    for (size_t i = 0; i < COUNT(places); i++) {
        for (size_t k = 0; k < COUNT(values); k++) {
            char cut[16];
            snprintf(cut, sizeof cut, "%.7s", values[k]);
            char value[64];
            snprintf(value, sizeof value, "%s", values[k]);
            if (!places[i].always && strlen(values[k]) > 10)
                snprintf(value, sizeof value, "%s...", cut);
            char text[256];
            /* The form is ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, places[i].says, value);
#pragma GCC diagnostic pop
            struct error e = {0};
            struct buf lines = {0};
            refuse(text, &hidden, &e, &lines);
            if (strstr(e.text, cut) || strstr(lines.data, cut))
                fail_msg("said of place %zu: %s", i, e.text);
            assert_non_null(strstr(e.text, "(may be secret)"));
            buf_free(&lines);
        }
    }
    buf_free(&hidden);
}

/* The same bytes as others write them. */
static void forms(void **state)
{
    (void)state;
    static const char *const value = "pw\"12\n3\\é<x>";
    static const char *const texts[] = {
        "said pw\"12\n3\\é<x> here",
        "said \"pw\\\"12\\n3\\\\é<x>\" here",
        "said \"pw\\\"12\\n3\\\\é\\u003cx\\u003e\" here",
        "said `pw\\x2212\\n3...` here",
        "said cHciMTIKM1zDqTx4Pg== here",
        "said cHciMTIK... here",
    };
    struct buf hidden = {0};
    hidden_of(&hidden, &value, 1);
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf text = {0};
        buf_str(&text, texts[i]);
        refusal_hide(&text, &hidden);
        if (strstr(text.data, "12") || strstr(text.data, "cHci") || strncmp(text.data, "said ", 5) != 0 ||
            strcmp(text.data + text.len - 5, " here") != 0)
            fail_msg("%zu: %s", i, text.data);
        buf_free(&text);
    }
    buf_free(&hidden);
}

/* What is no value stays: a beginning that ends nothing, and a short one inside a word. */
static void what_stays(void **state)
{
    (void)state;
    static const char *const values[] = {"1", "no", "canal-of-venice", "install"};
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"line 11: unknown note", "line 11: unknown note"},
        {"line 1: no", "line (may be secret): (may be secret)"},
        {"the canal is full", "the canal is full"},
        {"can...", "can..."},
        {"cana...", "(may be secret)..."},
        {"uninstalled", "un(may be secret)ed"},
        {"", ""},
    };
    struct buf hidden = {0};
    hidden_of(&hidden, values, COUNT(values));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = {0};
        buf_str(&text, rows[i].text);
        refusal_hide(&text, &hidden);
        assert_string_equal(text.len ? text.data : "", rows[i].said);
        buf_str(&text, "!");
        refusal_hide(&text, NULL);
        buf_free(&text);
    }
    buf_free(&hidden);
}

/* Of a value of many lines each is looked for by itself, whatever stands before it, but for the shortest. */
static void lines_of_one(void **state)
{
    (void)state;
    static const char *const value =
        "users:\n  - name-of-one\n    pass: of-the-door\na\n\n  tail-without-end";
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"bad: - name-of-one", "bad: (may be secret)"},
        {"bad: `pass: of-the-door` here", "bad: `(may be secret)` here"},
        {"bad: cGFzczogb2YtdGhlLWRvb3I= here", "bad: (may be secret) here"},
        {"`pass: o...`", "`(may be secret)...`"},
        {"tail-without-end", "(may be secret)"},
        {"line 4: a", "line 4: a"},
    };
    struct buf hidden = {0};
    hidden_of(&hidden, &value, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf text = {0};
        buf_str(&text, rows[i].text);
        refusal_hide(&text, &hidden);
        assert_string_equal(text.data, rows[i].said);
        buf_free(&text);
    }
    buf_free(&hidden);
}

/* Of a long one the first bytes are known: with them goes everything behind. */
static void long_values(void **state)
{
    (void)state;
    char value[SECRET_NOTED_MAX + 1];
    for (size_t i = 0; i < SECRET_NOTED_MAX; i++)
        value[i] = (char)('a' + i % 23);
    value[SECRET_NOTED_MAX] = '\0';
    const char *const one = value;
    struct buf hidden = {0};
    hidden_of(&hidden, &one, 1);
    struct buf b = {0};
    buf_printf(&b, "bad: %sTHE-REST", value);
    refusal_hide(&b, &hidden);
    assert_string_equal(b.data, "bad: (may be secret)");
    buf_free(&b);
    buf_free(&hidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_six_places), cmocka_unit_test(forms),       cmocka_unit_test(what_stays),
        cmocka_unit_test(lines_of_one),      cmocka_unit_test(long_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
