/*
 * The `match:` to paste for a box that no entry is.
 */
#include "base/text.h"
#include "facts/facts.h"
#include "show/show.h"

#include <string.h>

/* Chassis whose nodes share a serial, and sometimes the UUID: product or board names. Only the address tells one
 * node from the next. */
static const char *const multi_node[] = {
    "*C6100*",      "*C6105*",      "*C6145*",        "PowerEdge C5*", "PowerEdge C6*", "PowerEdge C8*",
    "ProLiant SL*", "ProLiant XL*", "SYS-2???T*",     "SYS-6???T*",    "SYS-2???B*",    "SYS-5???M*",
    "X8DTT*",       "X9DRT*",       "X10DRT*",        "X11DPT*",       "X12DPT*",       "H8DGT*",
    "H11DST*",      "H12DST*",      "QuantaPlex T4*", "S2600TP*",      "S2600KP*",      "S2600BP*",
    "S2600JF*",     "PRIMERGY CX*", "H26?-*",         "H27?-*",        "*nx360*",       "*dx360*",
    "*SD530*",      "*SD6?0*",
};

#define VALUE_MAX 256 /* bytes of a value that is proposed; SMBIOS has no longer text */

/* A flow mapping that grows. */
struct proposal {
    struct buf text;
    unsigned count;
};

static const char *string_fact(const json_t *facts, const char *name)
{
    const char *text = json_string_value(facts_get(facts, name));
    return text && text[0] ? text : NULL;
}

/* Whether a condition can say exactly this text: nothing in it that a glob, a comparison or a terminal reads
 * otherwise. */
static bool is_sayable(const char *value)
{
    struct buf printed = {0};
    text_clean(&printed, value, strlen(value));
    bool same = printed.len == strlen(value) && memcmp(printed.data, value, printed.len) == 0;
    buf_free(&printed);
    return same && strlen(value) <= VALUE_MAX && !strpbrk(value, "*?") && !strchr("<>=!", value[0]);
}

/* Adds NAME: "VALUE", the value between two globs ("" for none). False, and nothing, when there is no such value or no
 * way to say it. */
static bool propose(struct proposal *p, const char *name, const char *value, const char *glob)
{
    if (!value || !is_sayable(value))
        return false;
    buf_printf(&p->text, "%s%s: \"%s", p->count++ ? ", " : "", name, glob);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            buf_char(&p->text, '\\');
        buf_char(&p->text, *value);
    }
    buf_printf(&p->text, "%s\"", glob);
    return true;
}

static bool propose_fact(struct proposal *p, const json_t *facts, const char *name)
{
    return propose(p, name, string_fact(facts, name), "");
}

static bool shares_its_serial(const json_t *facts)
{
    static const char *const names[] = {"system.product_name", "board.product_name"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        const char *name = string_fact(facts, names[n]);
        for (size_t i = 0; name && i < sizeof multi_node / sizeof *multi_node; i++)
            if (text_glob(multi_node[i], name))
                return true;
    }
    return false;
}

/* Serial and UUID, for makers gave one serial to two boxes, and one UUID to a thousand; the board's serial where one of
 * the two is missing. An address moves with its card: it is for boxes that have nothing better. */
static void propose_this_box(struct proposal *p, const json_t *facts)
{
    bool serial = propose_fact(p, facts, "serial");
    bool uuid = propose_fact(p, facts, "uuid");
    if (!serial || !uuid)
        propose_fact(p, facts, "board.serial");
    if ((!serial && !uuid) || shares_its_serial(facts))
        propose_fact(p, facts, "mac");
}

/* The word of a CPU's name that tells models apart: "i5-6500T" of "Intel(R) Core(TM) i5-6500T CPU @
 * 2.50GHz". */
static bool cpu_word(const char *name, char *out, size_t cap)
{
    while (*name) {
        size_t n = strcspn(name, " ");
        size_t digits = 0;
        bool plain = n > 0 && n < cap && name[n > 2 ? n - 2 : 0] != 'H';
        for (size_t i = 0; i < n; i++) {
            digits += name[i] >= '0' && name[i] <= '9';
            plain = plain && name[i] != '(' && name[i] != '@';
        }
        if (plain && digits >= 3) {
            memcpy(out, name, n);
            out[n] = '\0';
            return true;
        }
        name += n;
        name += strspn(name, " ");
    }
    return false;
}

/* Two makers put one name on their boards ("Aptio CRB"), and one maker one name on boards of many models ("SHARKBAY"):
 * maker and model stand beside it. Lenovo keeps the name of the model in the version. */
static void propose_its_kind(struct proposal *p, const json_t *facts)
{
    const char *maker = string_fact(facts, "system.manufacturer");
    const char *cpu = string_fact(facts, "cpu.model_name");
    const json_t *memory = facts_get(facts, "memory.size_mib");
    bool lenovo = maker && text_glob("lenovo*", maker);
    if (!propose_fact(p, facts, "system.manufacturer"))
        propose_fact(p, facts, "board.manufacturer");
    if (!lenovo || !propose_fact(p, facts, "system.version"))
        propose_fact(p, facts, "system.product_name");
    propose_fact(p, facts, "board.product_name");
    char word[64];
    if (cpu && cpu_word(cpu, word, sizeof word))
        propose(p, "cpu.model_name", word, "*");
    else
        propose(p, "cpu.model_name", cpu, "");
    if (json_is_integer(memory) && json_integer_value(memory) > 0)
        buf_printf(&p->text, "%smemory.size_mib: \">= %" JSON_INTEGER_FORMAT "\"", p->count++ ? ", " : "",
                   json_integer_value(memory));
}

static void show(struct buf *out, const char *heading, struct proposal *p, const char *nothing)
{
    buf_printf(out, "%s:\n", heading);
    if (p->count)
        buf_printf(out, "    match: { %s }\n", p->text.data);
    else
        buf_printf(out, "    # %s\n", nothing);
    buf_free(&p->text);
    p->count = 0;
}

void show_match_suggestion(struct buf *out, const json_t *facts)
{
    struct proposal p = {.text = {.max = 4096}};
    if (!facts)
        return;
    propose_this_box(&p, facts);
    show(out, "This box alone", &p, "nothing that it says of itself is its own; `hearth facts` says why");
    propose_its_kind(&p, facts);
    show(out, "Every box like it", &p, "nothing of this box is known that tells it from another");
}
