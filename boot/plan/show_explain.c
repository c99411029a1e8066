#include "base/text.h"
#include "facts/facts.h"
#include "plan/disk.h"
#include "plan/lines.h"
#include "plan/match.h"
#include "plan/show.h"

#include <string.h>

static void show_condition(struct buf *out, const struct match_result *r)
{
    char pos[POS_TEXT_MAX];
    struct buf written = {.max = 2048};
    struct buf cut = {.max = 512};
    condition_text(&written, r->condition);
    buf_printf(&cut, "%s: %s", r->condition->key->text, written.data ? written.data : "");
    line_add(out, "    %-7s  %-40s  the box has %-24s  (%s)", r->met ? "met" : "NOT met",
             cut.data ? cut.data : "", r->fact.data ? r->fact.data : "",
             pos_text(pos, sizeof pos, r->condition->pos));
    buf_free(&written);
    buf_free(&cut);
}

void show_disks(struct buf *out, const struct site_node *entry, const json_t *facts)
{
    struct disk_table table;
    if (!facts)
        return;
    disk_judge(entry->install, facts, &table);
    line_add(out, "Disks, for the install: of %s:", entry->name);
    disk_table_show(out, &table);
    disk_table_free(&table);
}

void show_explain(struct buf *out, const struct site *site, const json_t *facts,
                  const struct site_node *chosen)
{
    char pos[POS_TEXT_MAX];
    bool passed = false;
    line_add(out, "The first entry whose every condition is met is this box:");
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *node = &site->nodes[i];
        const char *verdict;
        struct match match;
        match_judge(node->match, facts, &match);
        if (node == chosen)
            verdict = match.met ? "THIS BOX" : "asked for with --node";
        else if (match.met)
            verdict = passed ? "matches too, and an earlier entry won" : "matches";
        else
            verdict = "is not this box";
        passed = passed || match.met;
        line_add(out, "  %u. %s (%s, role %s, %s): %s", i + 1, node->name, type_words(node->type),
                 node->role->name, pos_text(pos, sizeof pos, node->pos), verdict);
        for (unsigned k = 0; k < match.count; k++)
            show_condition(out, &match.results[k]);
        match_free(&match);
    }
    if (!chosen)
        line_add(out, "  No entry is this box.");
    else
        show_disks(out, chosen, facts);
}

/* Text that, double-quoted in YAML, is a condition that this very value meets. What quoting or globs could
 * trip over becomes a ?, which stands for one byte. */
static void add_pattern(struct buf *out, const char *value)
{
    for (size_t i = 0; value[i]; i++) {
        unsigned char c = (unsigned char)value[i];
        bool reads_as_more = i == 0 && strchr("<>=!", c);
        buf_char(out, c < 0x20 || c > 0x7e || c == '"' || c == '\\' || reads_as_more ? '?' : value[i]);
    }
}

static const char *string_fact(const json_t *facts, const char *name)
{
    const char *text = json_string_value(facts_get(facts, name));
    return text && text[0] ? text : NULL;
}

static void suggest(struct buf *out, bool *first, const char *name, const char *value, const char *glob)
{
    buf_printf(out, "%s%s: \"%s", *first ? "" : ", ", name, glob);
    add_pattern(out, value);
    buf_printf(out, "%s\"", glob);
    *first = false;
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

static void suggest_kind(struct buf *out, const json_t *facts)
{
    char word[64];
    bool first = true;
    struct buf text = {.max = 2048};
    const char *board = string_fact(facts, "board.product_name");
    const char *product = string_fact(facts, "system.product_name");
    const char *cpu = string_fact(facts, "cpu.model_name");
    const json_t *memory = facts_get(facts, "memory.size_mib");
    if (board)
        suggest(&text, &first, "board.product_name", board, "");
    else if (product)
        suggest(&text, &first, "system.product_name", product, "");
    if (cpu && cpu_word(cpu, word, sizeof word))
        suggest(&text, &first, "cpu.model_name", word, "*");
    else if (cpu)
        suggest(&text, &first, "cpu.model_name", cpu, "");
    if (json_is_integer(memory) && json_integer_value(memory) > 0) {
        buf_printf(&text, "%smemory.size_mib: \">= %" JSON_INTEGER_FORMAT "\"", first ? "" : ", ",
                   json_integer_value(memory));
        first = false;
    }
    if (!first)
        buf_printf(out, "    match: { %s }\n", text.data);
    else
        buf_str(out, "    # nothing of this box is known that tells it from another\n");
    buf_free(&text);
}

void show_match_suggestion(struct buf *out, const json_t *facts)
{
    static const char *const identities[] = {"serial", "uuid", "mac"};
    if (!facts)
        return;
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        const char *value = string_fact(facts, identities[i]);
        bool first = true;
        if (!value)
            continue;
        buf_str(out, "This box alone:\n    match: { ");
        suggest(out, &first, identities[i], value, "");
        buf_str(out, " }\n");
        break;
    }
    buf_str(out, "Every box like it:\n");
    suggest_kind(out, facts);
}
