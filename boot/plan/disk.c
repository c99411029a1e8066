#include "plan/disk.h"

#include "base/text.h"
#include "plan/match.h"

#include <string.h>

/* Enough of the table to see why, without pushing the rest out of one message. */
#define ERROR_DISKS_MAX 10
/* Below this the installer cannot even write its own partitions. */
#define TALOS_DISK_MIN INT64_C(10000000000)

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

const char *disk_name(const json_t *disk)
{
    const char *name = string_of(disk, "name");
    return name ? name : "a disk without a name";
}

/* Why this disk is not one that Talos may be installed on at all, or NULL. */
static const char *unfit(const json_t *disk)
{
    const char *transport = string_of(disk, "transport");
    const json_t *size = json_object_get(disk, "size");
    if (transport && strcmp(transport, "usb") == 0)
        return "on USB";
    if (json_is_integer(size) && json_integer_value(size) == 0)
        return "no medium";
    if (is_true(disk, "readonly"))
        return "read-only";
    if (is_true(disk, "installable"))
        return NULL;
    if (!transport || !transport[0])
        return "unknown transport";
    if (!json_is_integer(size))
        return "unknown size";
    if (json_integer_value(size) < TALOS_DISK_MIN)
        return "too small for Talos";
    if (is_true(disk, "removable"))
        return "removable";
    return "a CD, a card, a disk of a network, or one path of several";
}

static void add_condition(struct buf *out, const struct tree_node *condition)
{
    if (condition->kind == TREE_SCALAR) {
        buf_str(out, condition->text ? condition->text : "");
        return;
    }
    const char *between = "[";
    for (const struct tree_node *child = condition->first; child; child = child->next) {
        buf_printf(out, "%s%s", between, child->kind == TREE_SCALAR && child->text ? child->text : "...");
        between = ", ";
    }
    buf_str(out, condition->first ? "]" : "[]");
}

static void add_fact(struct buf *out, const json_t *fact)
{
    if (json_is_string(fact))
        buf_str(out, json_string_value(fact));
    else if (json_is_integer(fact))
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(fact));
    else if (json_is_boolean(fact))
        buf_str(out, json_is_true(fact) ? "true" : "false");
    else
        buf_str(out, "unknown");
}

static void judge_one(const struct tree_node *install, const json_t *disk, struct disk_verdict *out)
{
    out->fact = disk;
    const char *why = unfit(disk);
    if (why) {
        buf_str(&out->why, why);
        return;
    }
    const struct tree_node *conditions = install && install->kind == TREE_MAP ? install->first : NULL;
    for (const struct tree_node *c = conditions; c; c = c->next) {
        const char *field = c->key->text;
        if (strcmp(field, "wipe") == 0)
            continue;
        const json_t *fact = json_object_get(disk, field);
        if (match_value(c, fact))
            continue;
        buf_printf(&out->why, "%s%s: ", out->why.len ? "; " : "", field);
        add_condition(&out->why, c);
        buf_str(&out->why, " is not met (");
        add_fact(&out->why, fact);
        buf_char(&out->why, ')');
    }
    out->candidate = out->why.len == 0;
    if (out->candidate)
        buf_str(&out->why,
                is_true(disk, "removable") ? "candidate (this kernel calls its port hot-plug)" : "candidate");
}

void disk_judge(const struct tree_node *install, const json_t *facts, struct disk_table *out)
{
    const json_t *disks = json_object_get(facts, "disks");
    size_t count = json_array_size(disks);
    *out = (struct disk_table){.known = json_is_array(disks)};
    if (count == 0)
        return;
    out->rows = mem_alloc_array(count < DISKS_MAX ? count : DISKS_MAX, sizeof *out->rows);
    for (size_t i = 0; i < count && i < DISKS_MAX; i++) {
        struct disk_verdict *row = &out->rows[out->count++];
        judge_one(install, json_array_get(disks, i), row);
        out->candidates += row->candidate;
    }
}

void disk_table_free(struct disk_table *t)
{
    for (unsigned i = 0; i < t->count; i++)
        buf_free(&t->rows[i].why);
    mem_free(t->rows);
    *t = (struct disk_table){.rows = NULL};
}

void disk_describe(struct buf *out, const json_t *disk)
{
    const char *model = string_of(disk, "model");
    const char *transport = string_of(disk, "transport");
    const json_t *size = json_object_get(disk, "size");
    buf_str(out, model ? model : "unknown model");
    char size_text[32];
    if (json_is_integer(size) && json_integer_value(size) > 0)
        buf_printf(out, ", %s", text_size(size_text, sizeof size_text, (uint64_t)json_integer_value(size)));
    if (transport && transport[0])
        buf_printf(out, ", %s", transport);
}

/* The table in one line, for a message that has to stand alone. */
static void summary(struct buf *out, const struct disk_table *t)
{
    for (unsigned i = 0; i < t->count && i < ERROR_DISKS_MAX; i++) {
        const struct disk_verdict *row = &t->rows[i];
        buf_printf(out, "%s%s (", i ? "; " : "", disk_name(row->fact));
        disk_describe(out, row->fact);
        buf_printf(out, "): %s", row->why.data ? row->why.data : "");
    }
    if (t->count > ERROR_DISKS_MAX)
        buf_printf(out, "; and %u more", t->count - ERROR_DISKS_MAX);
}

/* Whether another disk of the box has the same value in this field: then the value names nobody. */
static bool shared(const json_t *facts, const json_t *disk, const char *field, const char *value)
{
    const json_t *disks = json_object_get(facts, "disks");
    size_t count = json_array_size(disks);
    for (size_t i = 0; i < count && i < DISKS_MAX; i++) {
        const json_t *other = json_array_get(disks, i);
        const char *theirs = string_of(other, field);
        if (other != disk && theirs && text_equal_fold(theirs, value))
            return true;
    }
    return false;
}

static int name_disk(struct pool *pool, struct pos pos, const json_t *facts, const json_t *disk,
                     struct plan_disk *out, struct error *e)
{
    static const struct {
        const char *fact;
        const char *selector;
    } ways[] = {{"wwid", "wwid"}, {"bus_path", "busPath"}};
    struct buf why = {.max = 1024};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const char *value = string_of(disk, ways[i].fact);
        const char *obstacle = NULL;
        if (!value || !value[0])
            obstacle = "unknown";
        else if (strchr(value, '*'))
            obstacle = "holds a *, which Talos would read as a wildcard";
        else if (shared(facts, disk, ways[i].fact, value))
            obstacle = "is the same on another disk";
        if (!obstacle) {
            out->field = ways[i].selector;
            out->value = pool_strdup(pool, value);
            buf_free(&why);
            return 0;
        }
        buf_printf(&why, "%s%s %s %s", i ? "; " : "", ways[i].fact, value ? value : "", obstacle);
    }
    error_at(e, pos, E_PLAN_DISK_SELECTOR, "disk %s cannot be named to Talos: %s", disk_name(disk), why.data);
    buf_free(&why);
    return -1;
}

int disk_choose(struct pool *pool, const struct site_node *entry, const json_t *facts, struct plan_disk *out,
                struct error *e)
{
    const struct tree_node *install = entry->install;
    struct pos pos = install ? install->pos : entry->pos;
    *out = (struct plan_disk){.contents_unknown = true};
    struct disk_table table;
    disk_judge(install, facts, &table);
    struct buf text = {.max = 4096};
    int status = -1;
    if (json_array_size(json_object_get(facts, "disks")) > DISKS_MAX) {
        error_at(e, pos, E_PLAN_DISKS, "the box shows more than %d disks", DISKS_MAX);
    } else if (!table.known) {
        error_at(e, pos, E_PLAN_NO_DISK, "the facts hold no list of disks");
    } else if (table.count == 0) {
        error_at(e, pos, E_PLAN_NO_DISK, "the box shows no disk at all");
    } else if (table.candidates != 1) {
        summary(&text, &table);
        if (table.candidates == 0)
            error_at(e, pos, E_PLAN_NO_DISK, "no disk qualifies: %s", text.data);
        else
            error_at(e, pos, E_PLAN_DISKS, "%u disks qualify and hearth never guesses: %s", table.candidates,
                     text.data);
    } else {
        for (unsigned i = 0; i < table.count; i++) {
            if (table.rows[i].candidate)
                out->fact = table.rows[i].fact;
        }
        status = name_disk(pool, pos, facts, out->fact, out, e);
    }
    buf_free(&text);
    disk_table_free(&table);
    return status;
}
