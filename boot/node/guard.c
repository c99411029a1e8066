#include "node/guard.h"

#include "base/text.h"

#include <string.h>

#define WORDS_MAX 512 /* bytes of the description of one disk */
#define FRAME_MAX 64  /* of them for what stands around the list of partitions */

/* The partitions that Talos makes: its own labels, and the prefixes of volumes that a config asks for. */
static bool is_talos_label(const char *label)
{
    static const char *const labels[] = {"EFI",        "BIOS", "BOOT", "META",    "STATE", "EPHEMERAL",
                                         "IMAGECACHE", "ETCD", "CRI",  "KUBELET", "LOG"};
    static const char *const prefixes[] = {"u-", "r-", "s-", "e-"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(label, labels[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(label, prefixes[i], 2) == 0)
            return true;
    return false;
}

/* What is there before anybody has used the node. */
static bool is_boot_label(const char *label)
{
    return strcmp(label, "EFI") == 0 || strcmp(label, "BIOS") == 0 || strcmp(label, "BOOT") == 0 ||
        strcmp(label, "META") == 0 || strcmp(label, "STATE") == 0;
}

/* A Talos installation has at least one of these; an EFI partition alone is anybody's. */
static bool is_telling_label(const char *label)
{
    return strcmp(label, "META") == 0 || strcmp(label, "STATE") == 0 || strcmp(label, "EPHEMERAL") == 0 ||
        strcmp(label, "BOOT") == 0;
}

/* The partitions of one disk, counted. */
struct tally {
    unsigned partitions;
    /* of them with a label of Talos's */
    unsigned talos;
    /* with one that an installer makes */
    unsigned boot;
    /* with one that nobody else has */
    unsigned telling;
    /* what META holds; NULL: there is none */
    const char *meta;
};

static void count(struct tally *t, const struct look_volume *v)
{
    t->partitions++;
    t->talos += is_talos_label(v->partition_label);
    t->boot += is_boot_label(v->partition_label);
    t->telling += is_telling_label(v->partition_label);
    if (strcmp(v->partition_label, "META") == 0)
        t->meta = v->name;
}

static enum disk_contents judge(const struct tally *t, const char *whole, bool all_seen)
{
    bool gpt = strcmp(whole, "gpt") == 0;
    if (!all_seen)
        return DISK_FOREIGN;
    if (t->partitions == 0)
        return !whole[0] || gpt ? DISK_BLANK : DISK_FOREIGN;
    if (!gpt || t->talos != t->partitions || !t->telling)
        return DISK_FOREIGN;
    if (t->meta && strcmp(t->meta, "talosmeta") == 0)
        return DISK_INSTALLED;
    if (t->boot != t->partitions || (t->meta && t->meta[0]))
        return DISK_FOREIGN;
    return t->meta ? DISK_CUT : DISK_BEGUN;
}

static void describe(struct buf *words, const struct look_volume *v, unsigned nth)
{
    char size[32];
    buf_printf(words, "%s%s", nth ? ", " : "", text_size(size, sizeof size, v->size));
    if (v->partition_label[0])
        buf_printf(words, " %s", v->partition_label);
    if (v->name[0])
        buf_printf(words, " %s", v->name);
    if (v->label[0])
        buf_printf(words, " \"%s\"", v->label);
}

enum disk_contents guard_contents(const struct look *look, const char *disk_id, unsigned kernel,
                                  struct buf *words)
{
    struct buf list = {.max = WORDS_MAX - FRAME_MAX};
    buf_str(&list, "");
    const char *whole = NULL;
    struct tally t = {0};
    for (unsigned i = 0; i < look->volume_count; i++) {
        const struct look_volume *v = &look->volumes[i];
        if (strcmp(v->id, disk_id) == 0)
            whole = v->name;
        if (strcmp(v->parent, disk_id) != 0)
            continue;
        describe(&list, v, t.partitions);
        count(&t, v);
    }
    unsigned partitions = t.partitions;
    enum disk_contents contents = whole ? judge(&t, whole, kernel <= partitions) : DISK_FOREIGN;
    unsigned seen = kernel > partitions ? kernel : partitions;
    if (seen)
        buf_printf(words, "%u partition%s", seen, seen == 1 ? "" : "s");
    if (kernel > partitions)
        buf_printf(words, ", of which Talos can read %u", partitions);
    /* The table was written over it, and the probe stops at the first thing that it knows. */
    if (kernel && !partitions && whole && whole[0] && strcmp(whole, "gpt") != 0)
        buf_printf(
            words,
            ": a stale signature of %.40s hides them; `wipefs /dev/%s` on another system shows it, and "
            "`wipefs --all --types %.40s /dev/%s` takes it away",
            whole, disk_id, whole, disk_id);
    else if (!seen)
        buf_printf(words, "%.100s", !whole ? "what machined has not read" : whole[0] ? whole : "nothing");
    if (partitions)
        buf_printf(words, ": %s%s", list.data, list.full ? ", ..." : "");
    buf_free(&list);
    return contents;
}

void guard_free(struct guard_verdict *v)
{
    buf_free(&v->words);
    *v = (struct guard_verdict){0};
}

static const char *field_of(const struct look_disk *d, const struct plan_disk *plan)
{
    return strcmp(plan->field, "wwid") == 0 ? d->wwid : d->bus_path;
}

static int find_disk(const struct look *look, const struct plan *plan, const struct look_disk **out,
                     struct error *e)
{
    *out = NULL;
    unsigned hits = 0;
    for (unsigned i = 0; i < look->disk_count; i++) {
        const struct look_disk *d = &look->disks[i];
        /* Talos globs without regard to case; so does this. */
        if (!look_selectable(d) || !text_equal_fold(field_of(d, &plan->disk), plan->disk.value))
            continue;
        hits++;
        *out = d;
    }
    if (hits == 1)
        return 0;
    unsigned of = look_choosable(look);
    return error_set(e, E_GUARD_DISK, "%u of the %u disk%s that Talos could install to have %s %s", hits, of,
                     of == 1 ? "" : "s", plan->disk.field, plan->disk.value);
}

/* The partition by which Talos holds a disk for the system disk. */
static const char *meta_of(const struct look *look, const char *disk_id)
{
    for (unsigned i = 0; i < look->volume_count; i++)
        if (strcmp(look->volumes[i].parent, disk_id) == 0 &&
            strcmp(look->volumes[i].partition_label, "META") == 0)
            return look->volumes[i].id;
    return disk_id;
}

int guard_judge(const struct look *look, const struct plan *plan, struct guard_verdict *out, struct error *e)
{
    *out = (struct guard_verdict){0};
    out->words.max = WORDS_MAX;
    if (find_disk(look, plan, &out->disk, e) != 0)
        return -1;
    const struct look_disk *disk = out->disk;
    json_int_t kernel = json_integer_value(json_object_get(plan->disk.fact, "partitions"));
    out->contents = guard_contents(look, disk->id, (unsigned)kernel, &out->words);
    if (look->system_disk && strcmp(look->system_disk, disk->id) != 0)
        return error_set(
            e, E_GUARD_SYSTEM,
            "Talos is installed on %s (partition %s is labelled META), and the plan chooses %s: Talos would "
            "not install at all",
            look->system_disk, meta_of(look, look->system_disk), disk->id);
    if (out->contents != DISK_FOREIGN || plan->entry->wipe)
        return 0;
    char size[32];
    error_set(e, E_GUARD_FOREIGN, "%s (%s, %s) holds %s", disk->id, disk->model,
              text_size(size, sizeof size, disk->size), out->words.data);
    for (unsigned i = 0; i < look->volume_count; i++)
        e->passing |= look->volumes[i].passing && strcmp(look->volumes[i].id, disk->id) == 0;
    return -1;
}
