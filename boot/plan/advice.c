#include "plan/parts.h"
#include "site/merge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 3, 4)))
advise(struct plan *plan, struct pos pos, const char *fmt, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    errors_at(&plan->warnings, pos, E_PLAN_ADVICE, "%s", text);
}

/* The site's own warnings that name this entry, its role or its cluster. */
static void take_over(struct plan *plan)
{
    const struct errors *list = &plan->site->warnings;
    const struct site_node *entry = plan->entry;
    for (unsigned i = 0; i < list->count; i++) {
        const char *text = list->items[i].text;
        if (strstr(text, entry->name) || strstr(text, entry->role->name) ||
            strstr(text, entry->role->cluster))
            errors_add(&plan->warnings, &list->items[i]);
    }
}

static void cloud(struct plan *plan)
{
    const struct role *role = plan->entry->role;
    if (role->cloud.own)
        advise(plan, role->pos, "the role %s has its own cloud: authority %s, resource %s, trust %s",
               role->name, role->cloud.authority, role->cloud.resource,
               role->cloud.ca ? role->cloud.ca : "the built-in Azure roots");
}

bool plan_keeps_hearth(const struct plan *plan)
{
    static const char *const plain[] = {"ghcr.io/siderolabs/installer", "factory.talos.dev/"};
    const struct node *image = node_path(plan_main(plan), "machine.install.image");
    const char *text = node_text(image);
    for (size_t i = 0; text && i < sizeof plain / sizeof plain[0]; i++)
        if (strncmp(text, plain[i], strlen(plain[i])) == 0)
            return plan->site->permanent;
    return image || plan->site->permanent;
}

static void installer(struct plan *plan)
{
    const struct node *image = node_path(plan_main(plan), "machine.install.image");
    if (plan_keeps_hearth(plan))
        return;
    advise(
        plan, image ? image->pos : plan->entry->pos,
        "machine.install.image is %s: hearth will not be on the installed disk, and unless its medium stays "
        "(PERMANENT=1) founding a cluster needs `talosctl bootstrap` by hand",
        image ? "Talos's own" : "not set");
}

/* The list of keys that STATE is to be encrypted with, in either form that Talos knows; NULL when there is
 * none. */
static const struct node *state_keys(const struct plan *plan)
{
    for (struct document *d = plan->config; d; d = d->next) {
        if (node_is(node_get(d->root, "kind"), "VolumeConfig") && node_is(node_get(d->root, "name"), "STATE"))
            return node_path(d->root, "encryption.keys");
    }
    return node_path(plan_main(plan), "machine.systemDiskEncryption.state.keys");
}

static int judge_tpm(struct plan *plan, struct pos pos, struct errors *errors)
{
    const json_t *version = json_object_get(json_object_get(plan->facts, "tpm"), "version");
    const json_t *secure_boot = json_object_get(json_object_get(plan->facts, "firmware"), "secure_boot");
    if (json_is_integer(version) && json_integer_value(version) != 2) {
        errors_at(errors, pos, E_PLAN_ENCRYPTION,
                  "STATE asks for a TPM key, and the TPM of this box is version %d",
                  (int)json_integer_value(version));
        return -1;
    }
    if (!json_is_integer(version))
        advise(plan, pos, "STATE asks for a TPM key, and %s; without TPM 2.0 Talos fails to format the disk",
               "the facts show no TPM");
    if (!json_is_true(secure_boot))
        advise(plan, pos,
               "STATE asks for a TPM key, and Secure Boot is %s: Talos refuses it, or another system on this "
               "box could "
               "unseal it",
               json_is_false(secure_boot) ? "off" : "not known to be on");
    return 0;
}

static int judge_key(struct plan *plan, const struct node *key, struct errors *errors)
{
    const struct node *tpm = node_get(key, "tpm");
    const struct node *node_id = node_get(key, "nodeID");
    const struct node *fixed = node_path(key, "static.passphrase");
    if (tpm)
        return judge_tpm(plan, tpm->pos, errors);
    if (node_id && !json_is_string(json_object_get(plan->facts, "uuid"))) {
        errors_at(
            errors, node_id->pos, E_PLAN_ENCRYPTION,
            "STATE asks for a key from the node's UUID, and this box has none or one that thousands share");
        return -1;
    }
    if (node_id)
        advise(plan, node_id->pos,
               "STATE is encrypted with %s: a disk taken out is unreadable, a box taken whole is not",
               "the node's UUID");
    if (fixed)
        advise(plan, fixed->pos, "STATE is encrypted with %s: whoever reads the machine config has it",
               "a passphrase of the config");
    return 0;
}

static int encryption(struct plan *plan, struct errors *errors)
{
    const struct node *keys = state_keys(plan);
    int status = 0;
    if (!keys || !keys->first) {
        advise(plan, plan->entry->pos,
               "STATE is not encrypted: whoever takes the disk of %s reads the machine config with every "
               "secret in it",
               plan->name);
        return 0;
    }
    for (const struct node *key = keys->first; key && plan->facts; key = key->next) {
        if (judge_key(plan, key, errors) != 0)
            status = -1;
    }
    return status;
}

static void scheduling(struct plan *plan)
{
    const struct site *site = plan->site;
    const char *cluster = plan->entry->role->cluster;
    const struct node *allowed = node_path(plan_main(plan), "cluster.allowSchedulingOnControlPlanes");
    if (plan->entry->type != MACHINE_CONTROLPLANE || node_is(allowed, "true") || (allowed && allowed->ref))
        return;
    for (unsigned i = 0; i < site->node_count; i++) {
        if (site->nodes[i].type == MACHINE_WORKER && strcmp(site->nodes[i].role->cluster, cluster) == 0)
            return;
    }
    advise(plan, allowed ? allowed->pos : plan->entry->pos,
           "the cluster %s has no worker and cluster.allowSchedulingOnControlPlanes is not true: Flux will "
           "stay Pending",
           cluster);
}

static void disk(struct plan *plan)
{
    const json_t *fact = plan->disk.fact;
    struct pos pos = plan->entry->install ? plan->entry->install->pos : plan->entry->pos;
    const char *name = json_string_value(json_object_get(fact, "name"));
    if (!fact || json_integer_value(json_object_get(fact, "partitions")) <= 0)
        return;
    if (plan->entry->wipe)
        advise(plan, pos, "%s holds partitions, and wipe: true lets Talos overwrite whatever they are",
               name ? name : "the disk");
    else
        advise(plan, pos,
               "%s holds partitions: boot will look, and refuse unless they are Talos's own (install: { "
               "wipe: true } "
               "overrides)",
               name ? name : "the disk");
}

int plan_advice(struct plan *plan, struct errors *errors)
{
    take_over(plan);
    cloud(plan);
    if (plan->release_url)
        advise(plan, plan->entry->pos,
               "flux.from is release: Talos fetches %s over TLS, and nothing checks what it gets",
               plan->release_url);
    disk(plan);
    installer(plan);
    scheduling(plan);
    return encryption(plan, errors);
}
