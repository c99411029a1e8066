#include "node/volumes.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static bool is_kind(const struct tree_node *root)
{
    static const char *const kinds[] = {"UserVolumeConfig", "RawVolumeConfig", "SwapVolumeConfig",
                                        "VolumeConfig"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (tree_is(tree_get(root, "kind"), kinds[i]))
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Is system_disk one of the terms of this CEL expression that must all hold? What else it says is not looked into. */
static bool is_bound(const char *match)
{
    static const char word[] = "system_disk";
    if (!match || strpbrk(match, "|?"))
        return false;
    int depth = 0; /* of parentheses: what is said of a group may turn it round */
    for (const char *p = match; *p; p++) {
        depth += (*p == '(') - (*p == ')');
        if (depth || strncmp(p, word, sizeof word - 1) != 0)
            continue;
        const char *left = p, *right = p + sizeof word - 1;
        while (left > match && is_blank(left[-1]))
            left--;
        while (is_blank(*right))
            right++;
        if ((left == match || left[-1] == '&') && (!*right || *right == '&'))
            return true;
    }
    return false;
}

/* The first document that may take a disk that nobody has named. */
static const struct tree_node *find_open(const struct plan *plan)
{
    for (const struct document *d = plan->config; d; d = d->next) {
        const struct tree_node *selector = tree_path(d->root, "provisioning.diskSelector");
        if (d->root && is_kind(d->root) && selector && !is_bound(tree_text(tree_get(selector, "match"))))
            return d->root;
    }
    return NULL;
}

static unsigned kernel_partitions(const struct plan *plan, const char *disk_id)
{
    size_t i;
    json_t *disk;
    json_array_foreach(json_object_get(plan->facts, "disks"), i, disk)
    {
        const char *name = json_string_value(json_object_get(disk, "name"));
        if (name && strcmp(name, disk_id) == 0)
            return (unsigned)json_integer_value(json_object_get(disk, "partitions"));
    }
    return 0;
}

/* What this disk holds and Talos does not see, in words; "" for nothing. */
static const char *hidden(const struct look *look, const struct plan *plan, const char *disk_id,
                          char words[64])
{
    words[0] = '\0';
    for (unsigned i = 0; i < look->volume_count; i++) {
        const struct look_volume *v = &look->volumes[i];
        if (v->parent[0] || !v->unnamed || strcmp(v->id, disk_id) != 0)
            continue;
        unsigned partitions = kernel_partitions(plan, disk_id);
        if (v->name[0])
            snprintf(words, 64, "%s", v->name);
        else if (partitions)
            snprintf(words, 64, "%u partition%s", partitions, partitions == 1 ? "" : "s");
    }
    return words;
}

int volumes_judge(const struct look *look, const struct plan *plan, const char *install, struct error *e)
{
    char words[64], size[32];
    const struct tree_node *open = find_open(plan);
    for (unsigned i = 0; open && i < look->disk_count; i++) {
        const struct look_disk *d = &look->disks[i];
        if (strcmp(d->id, install) == 0 || d->readonly || d->cdrom || !d->transport[0] ||
            !hidden(look, plan, d->id, words)[0])
            continue;
        const char *kind = tree_text(tree_get(open, "kind")), *name = tree_text(tree_get(open, "name"));
        const char *address = look->address_count ? look->addresses[0] : "ADDRESS";
        return error_set(e, E_GUARD_VOLUME,
                         "%s %s is not bound to the system disk, and %s (%s, %s) holds %s, which Talos takes "
                         "for an empty disk; "
                         "what is to go: talosctl wipe disk %s --insecure --nodes %.*s",
                         kind, name ? name : "", d->id, d->model, text_size(size, sizeof size, d->size),
                         words, d->id, (int)strcspn(address, "/"), address);
    }
    return 0;
}
