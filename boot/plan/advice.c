#include "plan/steps.h"
#include "site/merge.h"
#include "site/newer.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

void(plan_advise)(struct plan *plan, struct pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    errors_vat(&plan->warnings, pos, E_PLAN_ADVICE, fmt, ap);
    va_end(ap);
}

void(plan_risk)(struct plan *plan, struct pos pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    errors_vat(&plan->warnings, pos, E_PLAN_RISK, fmt, ap);
    va_end(ap);
}

static void cloud(struct plan *plan)
{
    const struct role *role = plan->entry->role;
    UNSET char trust[SITE_TRUST_MAX];
    if (role->cloud.own)
        plan_advise(plan, role->pos, "the role %s has its own cloud: authority %s, resource %s, trust %s",
                    role->name, role->cloud.authority, role->cloud.resource, site_trust_words(trust, role));
}

static void scheduling(struct plan *plan)
{
    const struct site *site = plan->site;
    const char *cluster = plan->entry->role->cluster;
    const struct tree_node *allowed = tree_path(plan_main(plan), "cluster.allowSchedulingOnControlPlanes");
    const struct tree_node *newer = newer_kind(plan->config, "KubeNodeConfig");
    if (plan->entry->type != MACHINE_CONTROLPLANE || tree_is(allowed, "true") || (allowed && allowed->ref) ||
        (newer && !tree_get(tree_get(newer, "taints"), "node-role.kubernetes.io/control-plane")))
        return;
    for (unsigned i = 0; i < site->node_count; i++) {
        if (site->nodes[i].type == MACHINE_WORKER && strcmp(site->nodes[i].role->cluster, cluster) == 0)
            return;
    }
    plan_risk(plan,
              newer         ? newer->pos
                  : allowed ? allowed->pos
                            : plan->entry->pos,
              "the cluster %s has no worker and %s: Flux will stay Pending", cluster,
              newer ? "KubeNodeConfig taints its control planes"
                    : "cluster.allowSchedulingOnControlPlanes is not true");
}

/* Kernels before 5.11 said the T10 text of disks that have a number too, and so did hearth before it read the disk's
 * own page: the facts do not tell who took them. */
static void disk_name_by_text(struct plan *plan, struct pos pos, const char *name)
{
    if (plan->disk.value && strncmp(plan->disk.value, "t10.", 4) == 0)
        plan_advise(plan, pos,
                    "%s has no WWN, and Talos is told the text that stands in its place: if these facts are "
                    "of an older "
                    "hearth, take them anew",
                    name);
}

static void disk(struct plan *plan)
{
    const json_t *fact = plan->disk.fact;
    struct pos pos = plan->entry->install ? plan->entry->install->pos : plan->entry->pos;
    const char *name = json_string_value(json_object_get(fact, "name"));
    disk_name_by_text(plan, pos, name ? name : "the disk");
    if (!fact || json_integer_value(json_object_get(fact, "partitions")) <= 0)
        return;
    if (plan->entry->wipe)
        plan_risk(plan, pos, "%s holds partitions, and wipe: true lets Talos overwrite whatever they are",
                  name ? name : "the disk");
    else
        plan_advise(plan, pos,
                    "%s holds partitions: boot will look, and refuse unless they are Talos's own (install: { "
                    "wipe: true } "
                    "overrides)",
                    name ? name : "the disk");
}

static void login_file(struct plan *plan)
{
    UNSET char file[SITE_LOGIN_FILE_MAX];
    struct stat st;
    if (plan_login_file(file, plan) && fstatat(plan->site->fd, file, &st, 0) == 0 && st.st_mode & 077)
        plan_advise(plan, (struct pos){.file = pool_strdup(plan->pool, file)},
                    "can be read by others here: chmod 600 it");
}

int plan_advice(struct plan *plan, struct errors *errors)
{
    site_warnings(plan->site, plan->entry, &plan->warnings);
    login_file(plan);
    plan_login(plan, errors);
    cloud(plan);
    if (plan->release_url)
        plan_advise(plan, plan->entry->pos,
                    "flux.from is release: Talos fetches %s over TLS, and nothing checks what it gets",
                    plan->release_url);
    disk(plan);
    scheduling(plan);
    return plan_encryption(plan, errors);
}
