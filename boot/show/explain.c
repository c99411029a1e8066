#include "base/text.h"
#include "facts/facts.h"
#include "plan/disk.h"
#include "plan/match.h"
#include "show/line.h"
#include "show/show.h"

#include <string.h>

static void show_condition(struct buf *out, const struct match_result *r)
{
    struct buf written = {.max = 2048};
    line_condition(&written, r->condition);
    struct buf cut = {.max = 512};
    buf_printf(&cut, "%s: %s", r->condition->key->text, written.data ? written.data : "");
    UNSET char pos[LINE_POS_MAX];
    line_add(out, "    %-7s  %-40s  the box has %-24s  (%s)", r->met ? "met" : "NOT met",
             cut.data ? cut.data : "", r->fact.data ? r->fact.data : "",
             line_pos(pos, sizeof pos, r->condition->pos));
    buf_free(&written);
    buf_free(&cut);
}

static void clean(struct buf *out, const struct buf *text, int width)
{
    struct buf safe = {.max = 4096};
    text_clean(&safe, text->data ? text->data : "", text->len);
    buf_printf(out, "%-*s", width, safe.data ? safe.data : "");
    buf_free(&safe);
}

void show_disk_table(struct buf *out, const struct disk_table *t)
{
    if (!t->known)
        buf_str(out, "  the facts hold no list of disks\n");
    else if (t->count == 0)
        buf_str(out, "  the box shows no disk at all\n");
    for (unsigned i = 0; i < t->count; i++) {
        const struct disk_verdict *row = &t->rows[i];
        struct buf text = {.max = 4096};
        buf_str(&text, disk_name(row->fact));
        buf_str(out, "  ");
        clean(out, &text, 10);
        buf_free(&text);
        disk_describe(&text, row->fact);
        buf_char(out, ' ');
        clean(out, &text, 38);
        buf_printf(out, " %-3s  ", row->candidate ? "in" : "out");
        clean(out, &row->why, 0);
        buf_char(out, '\n');
        buf_free(&text);
    }
}

void show_disks(struct buf *out, const struct site_node *entry, const json_t *facts)
{
    if (!facts)
        return;
    struct disk_table table;
    disk_judge(entry->install, facts, &table);
    line_add(out, "Disks, for the install: of %s:", entry->name);
    show_disk_table(out, &table);
    disk_table_free(&table);
}

void show_explain(struct buf *out, const struct site *site, const json_t *facts,
                  const struct site_node *chosen)
{
    line_add(out, "The first entry whose every condition is met is this box:");
    UNSET char pos[LINE_POS_MAX];
    bool passed = false;
    for (unsigned i = 0; i < site->node_count; i++) {
        const struct site_node *node = &site->nodes[i];
        struct match match;
        match_judge(node->match, facts, &match);
        const char *verdict;
        if (node == chosen)
            verdict = match.met ? "THIS BOX" : "asked for with --node";
        else if (match.met)
            verdict = passed ? "matches too, and an earlier entry won" : "matches";
        else
            verdict = "is not this box";
        passed = passed || match.met;
        line_add(out, "  %u. %s (%s, role %s, %s): %s", i + 1, node->name, site_type_words(node->type),
                 node->role->name, line_pos(pos, sizeof pos, node->pos), verdict);
        for (unsigned k = 0; k < match.count; k++)
            show_condition(out, &match.results[k]);
        match_free(&match);
    }
    if (!chosen)
        line_add(out, "  No entry is this box.");
    else
        show_disks(out, chosen, facts);
}
