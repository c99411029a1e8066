#include "talos/guard.h"

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

/* A Talos installation has at least one of these; an EFI partition alone is anybody's. */
static bool is_telling_label(const char *label)
{
    return strcmp(label, "META") == 0 || strcmp(label, "STATE") == 0 || strcmp(label, "EPHEMERAL") == 0 ||
        strcmp(label, "BOOT") == 0;
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
    const char *whole = NULL;
    unsigned partitions = 0, talos = 0, telling = 0;
    struct buf list = {.max = WORDS_MAX - FRAME_MAX};
    buf_str(&list, "");
    for (unsigned i = 0; i < look->volume_count; i++) {
        const struct look_volume *v = &look->volumes[i];
        if (strcmp(v->id, disk_id) == 0)
            whole = v->name;
        if (strcmp(v->parent, disk_id) != 0)
            continue;
        describe(&list, v, partitions++);
        talos += is_talos_label(v->partition_label);
        telling += is_telling_label(v->partition_label);
    }
    enum disk_contents contents = DISK_FOREIGN;
    bool known = whole && kernel <= partitions, gpt = whole && strcmp(whole, "gpt") == 0;
    if (known && partitions == 0 && (!whole[0] || gpt))
        contents = DISK_BLANK;
    else if (known && partitions > 0 && talos == partitions && telling > 0 && gpt)
        contents = DISK_OURS;
    unsigned seen = kernel > partitions ? kernel : partitions;
    if (seen)
        buf_printf(words, "%u partition%s", seen, seen == 1 ? "" : "s");
    if (kernel > partitions)
        buf_printf(words, ", of which Talos can read %u", partitions);
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

/* Talos's own implicit conditions of a selector: a transport, not read-only, no optical drive. */
static bool may_select(const struct look_disk *d)
{
    return d->transport[0] && !d->readonly && !d->cdrom;
}

static const char *field_of(const struct look_disk *d, const struct plan_disk *plan)
{
    return strcmp(plan->field, "wwid") == 0 ? d->wwid : d->bus_path;
}

static int find_disk(const struct look *look, const struct plan *plan, const struct look_disk **out,
                     struct error *e)
{
    unsigned hits = 0;
    *out = NULL;
    for (unsigned i = 0; i < look->disk_count; i++) {
        const struct look_disk *d = &look->disks[i];
        /* Talos globs without regard to case; so does this. */
        if (!may_select(d) || !text_equal_fold(field_of(d, &plan->disk), plan->disk.value))
            continue;
        hits++;
        *out = d;
    }
    if (hits == 1)
        return 0;
    return error_set(e, E_GUARD_DISK, "%u of the %u disks that Talos sees have %s %s", hits, look->disk_count,
                     plan->disk.field, plan->disk.value);
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
    char size[32];
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
    if (out->contents == DISK_FOREIGN && !plan->entry->wipe)
        return error_set(e, E_GUARD_FOREIGN, "%s (%s, %s) holds %s", disk->id, disk->model,
                         text_size(size, sizeof size, disk->size), out->words.data);
    return 0;
}
