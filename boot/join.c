#include "boot.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "console.h"
#include "line.h"
#include "marker.h"
#include "plan/show.h"
#include "render/render.h"
#include "send.h"
#include "talos/documents.h"
#include "talos/guard.h"
#include "talos/machined.h"
#include "talos/own.h"
#include "talos/superblock.h"
#include "waits.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define FAILED_INSTALL_DELAY_MS 120000u

/* One attempt; every member is freed by join(). */
struct joining {
    struct boot *boot;
    struct look *look;
    struct line line;
    struct rendered rendered;
    struct buf config;
    bool
        hold; /* secrets wait in ExtensionServiceConfig hearth until the installed system asks for certificates */
    enum bootstrap_mode bootstrap;
    struct errors *errors;
};

static enum attempt failed(struct joining *j, const struct error *e)
{
    errors_add(j->errors, e);
    return ATTEMPT_FAILED;
}

static json_t *addresses(const struct look *look)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < look->address_count; i++)
        json_array_append_new(list, json_string(look->addresses[i]));
    return list;
}

static const char *type_name(const struct plan *plan)
{
    return plan->entry->type == MACHINE_CONTROLPLANE ? "control plane" : "worker";
}

static enum attempt take_facts(struct joining *j)
{
    char product[128], serial[128];
    struct error e;
    if (waits_settle(j->boot, &j->look, &j->line.facts, &e) != 0)
        return failed(j, &e);
    if (j->look->stage != STAGE_MAINTENANCE || j->look->complete)
        return ATTEMPT_AGAIN;
    const char *name = facts_text(facts_get(j->line.facts, "system.product_name"), product, sizeof product);
    const char *tag = facts_text(facts_get(j->line.facts, "serial"), serial, sizeof serial);
    console_stage(STAGE_FACTS,
                  json_pack("{s:s?, s:s?, s:i, s:o}", "product", name, "serial", tag, "disks",
                            (int)j->look->disk_count, "addresses", addresses(j->look)),
                  "%s, serial %s, %u disk%s, %s", name ? name : "unknown product", tag ? tag : "unknown",
                  j->look->disk_count, j->look->disk_count == 1 ? "" : "s",
                  j->look->address_count ? j->look->addresses[0] : "no address");
    return ATTEMPT_DONE;
}

/* Off the disk hearth cannot found anything later; with several control planes and no marker only a person can know that none of them has. */
static void decide_founding(struct joining *j)
{
    const struct plan *plan = j->line.plan;
    j->hold = plan->entry->type == MACHINE_CONTROLPLANE && plan_keeps_hearth(plan);
    j->bootstrap = plan->entry->bootstrap;
    if (j->bootstrap == BOOTSTRAP_AUTO && !plan->marker && plan_control_planes(plan) > 1)
        j->bootstrap = BOOTSTRAP_MANUAL;
}

static void say_plan(const struct joining *j, const struct guard_verdict *verdict)
{
    const struct plan *plan = j->line.plan;
    const struct role *role = plan->entry->role;
    char size[32];
    bool said = console_stage(
        STAGE_PLAN,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "node", plan->name, "type", type_name(plan), "cluster",
                  role->cluster, "role", role->name, "disk", verdict->disk->id, "holds", verdict->words.data),
        "%s: %s of cluster %s (%s); installs to %s, %s %s, holds %s", plan->name, type_name(plan),
        role->cluster, role->name, verdict->disk->id, text_size(size, sizeof size, verdict->disk->size),
        verdict->disk->model, verdict->words.data);
    for (unsigned i = 0; said && i < plan->warnings.count; i++)
        log_event("warning", NULL, "      ", plan->warnings.items[i].text);
    if (j->look->system_disk)
        console_note("system",
                     "%s carries a Talos already (META): it is not installed anew, and the config goes to "
                     "what is there",
                     j->look->system_disk);
}

/* The look with what only the disk itself knows. guard_free() the verdict. */
static int judge_disk(struct joining *j, struct guard_verdict *verdict, struct error *e)
{
    superblock_look(j->look, j->boot->options.sysroot);
    return guard_judge(j->look, j->line.plan, verdict, e);
}

static enum attempt make_plan(struct joining *j)
{
    struct guard_verdict verdict;
    struct error e;
    if (line_open_site(&j->line, &j->boot->options, j->errors) != 0 ||
        line_plan(&j->line, &j->boot->options, j->errors) != 0)
        return ATTEMPT_FAILED;
    int result = judge_disk(j, &verdict, &e);
    if (result == 0) {
        decide_founding(j);
        say_plan(j, &verdict);
    }
    bool again =
        result == 0 && verdict.contents == DISK_OURS && !j->look->system_disk && !j->boot->retry_delayed;
    guard_free(&verdict);
    if (result != 0)
        return failed(j, &e);
    if (again) {
        console_note("install",
                     "an install began on this disk and did not end; `talosctl dmesg` of that boot knew why. "
                     "Trying again in %u s",
                     FAILED_INSTALL_DELAY_MS / 1000);
        if (boot_pause(j->boot, FAILED_INSTALL_DELAY_MS))
            return failed(j, (error_set(&e, E_STOPPED, "before a second install"), &e));
        j->boot->retry_delayed = true;
        return ATTEMPT_AGAIN;
    }
    return ATTEMPT_DONE;
}

/* An empty etcd beside one that lives would split the cluster: what is founded is joined. */
static int ask_marker(struct joining *j, struct error *e)
{
    const char *cluster = j->line.plan->entry->role->cluster;
    char who[300];
    bool founded;
    if (marker_ask(&j->line, &j->rendered, &founded, who, e) != 0)
        return -1;
    if (founded)
        j->bootstrap = BOOTSTRAP_NONE;
    if (founded && who[0])
        console_note("marker", "cluster %s answers at %s, so it is joined, whatever secret %s says", cluster,
                     who, j->line.plan->marker);
    else if (founded)
        console_note(
            "marker",
            "secret %s says that cluster %s is founded, so it is joined; was it never, or is it gone for "
            "good, set the secret to none",
            j->line.plan->marker, cluster);
    return 0;
}

static enum attempt make_documents(struct joining *j)
{
    struct error e;
    struct buf notes = {0};
    char size[32];
    if (line_secrets(&j->line, true, j->errors) != 0)
        return ATTEMPT_FAILED;
    const char *vault = j->line.entry->role->vault;
    console_stage(STAGE_SECRETS,
                  json_pack("{s:i, s:s}", "count", (int)j->line.plan->secret_count, "vault", vault),
                  "%u from %s", j->line.plan->secret_count, vault);
    j->line.hold = j->hold;
    if (line_render(&j->line, &j->rendered, j->errors) != 0)
        return ATTEMPT_FAILED;
    if (j->line.plan->marker && ask_marker(j, &e) != 0)
        return failed(j, &e);
    j->config = j->rendered.machine_config;
    j->rendered.machine_config = (struct buf){0};
    if (own_append(&j->config, j->line.plan, j->bootstrap, &j->rendered, j->look->active_config, &e) != 0 ||
        documents_carry(&j->config, j->look->active_config, &notes, &e) != 0) {
        buf_free(&notes);
        return failed(j, &e);
    }
    console_stage(STAGE_DOCUMENTS,
                  json_pack("{s:i, s:i, s:b}", "bytes", (int)j->config.len, "manifests",
                            (int)j->rendered.manifest_count, "held", j->hold),
                  "machine config %s, %u manifests%s", text_size(size, sizeof size, j->config.len),
                  j->rendered.manifest_count,
                  j->hold ? ", those with secrets held until the install is done" : "");
    if (notes.len)
        console_note("carried", "%s", notes.data);
    buf_free(&notes);
    return ATTEMPT_DONE;
}

static int hand_over(struct joining *j, bool dry_run, struct error *e)
{
    struct buf warnings = {0};
    struct span config = {(const unsigned char *)j->config.data, j->config.len};
    int result = send_config(j->boot, config, dry_run, &warnings, e);
    for (char *end = warnings.data; end && (end = strchr(end, '\n')) != NULL;)
        *end = end[1] ? ';' : '\0';
    if (result == 0 && dry_run && warnings.len)
        console_note("machined", "machined warns: %s", warnings.data);
    buf_free(&warnings);
    return result;
}

/* Once more right before the point of no return: still maintenance, still no config but the documents that are carried over, still the
 * same disk with the same on it. */
static enum attempt look_again(struct joining *j)
{
    struct guard_verdict verdict;
    struct error e;
    cleanup(look_cleanup) struct look *before = j->look;
    j->look = NULL;
    if (look_all(&j->boot->target, &j->look, &e) != 0)
        return failed(j, &e);
    if (j->look->complete || !look_same(before, j->look))
        return ATTEMPT_AGAIN;
    int result = judge_disk(j, &verdict, &e);
    guard_free(&verdict);
    return result == 0 ? ATTEMPT_DONE : failed(j, &e);
}

/* What is left for a person, or who does it. */
static void say_next(const struct joining *j, const char *cluster)
{
    const char *address = j->look->address_count ? j->look->addresses[0] : "ADDRESS";
    int plain = (int)strcspn(address, "/");
    if (j->bootstrap == BOOTSTRAP_NONE)
        console_event("next", NULL, "nothing: the node joins cluster %s by itself", cluster);
    else if (j->hold && j->bootstrap == BOOTSTRAP_AUTO)
        console_event("next", NULL, "nothing: after the install hearth founds cluster %s from %s", cluster,
                      j->line.site->permanent ? "this medium" : "the disk");
    else
        console_event("next", NULL, "after the install: talosctl bootstrap --nodes %.*s --endpoints %.*s",
                      plain, address, plain, address);
}

static void say_applied(const struct joining *j)
{
    const struct plan *plan = j->line.plan;
    const char *cluster = plan->entry->role->cluster;
    console_stage(STAGE_APPLY, json_pack("{s:i}", "bytes", (int)j->config.len), "accepted by machined");
    console_event("applied",
                  json_pack("{s:s, s:s, s:s, s:o}", "hostname", plan->name, "type", type_name(plan),
                            "cluster", cluster, "addresses", addresses(j->look)),
                  "%s, %s of cluster %s", plan->name, type_name(plan), cluster);
    console_event("hostname", NULL, "%s", plan->name);
    for (unsigned i = 0; i < j->look->address_count; i++)
        console_event("address", NULL, "%s", j->look->addresses[i]);
    say_next(j, cluster);
    if (plan->entry->type == MACHINE_CONTROLPLANE && !j->hold)
        console_note(
            "inlined",
            "the inlined Secrets can be read on the LAN until the install is done: hearth is not in the "
            "installer image");
    if (!j->look->system_disk)
        console_note("medium", "the install takes a few minutes and ends in a reboot: %s",
                     j->line.site->permanent
                         ? "leave the medium in, first in the firmware's order"
                         : "remove the stick then, or let the firmware start from the disk");
}

static enum attempt apply(struct joining *j)
{
    struct boot *boot = j->boot;
    struct error e;
    if (hand_over(j, true, &e) != 0)
        return failed(j, &e);
    /* Before the last look: should that one turn back, the same boot knows its own hand. */
    if (j->line.plan->marker && j->bootstrap == BOOTSTRAP_AUTO && marker_set(&j->line, &j->rendered, &e) != 0)
        return failed(j, &e);
    enum attempt still = look_again(j);
    if (still != ATTEMPT_DONE)
        return still;
    if (hand_over(j, false, &e) != 0)
        return failed(j, &e);
    boot->applied = true;
    say_applied(j);
    return ATTEMPT_AGAIN;
}

enum attempt join(struct boot *boot, struct look **look, struct errors *errors)
{
    static enum attempt (*const steps[])(struct joining *) = {take_facts, make_plan, make_documents, apply};
    struct joining j = {.boot = boot,
                        .look = *look,
                        .errors = errors,
                        .line = {.quiet = true, .stop_fd = boot->target.stop_fd}};
    enum attempt result = ATTEMPT_DONE;
    *look = NULL;
    console_stage(STAGE_NODE, json_pack("{s:s, s:s}", "talos", j.look->talos, "stage", "maintenance"),
                  "Talos %s, maintenance mode, no machine config", j.look->talos);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && result == ATTEMPT_DONE; i++)
        result = steps[i](&j);
    if (result == ATTEMPT_FAILED)
        line_refusal(&j.line, &boot->options, errors, &boot->details);
    rendered_free(&j.rendered);
    buf_free(&j.config);
    line_free(&j.line);
    look_free(j.look);
    return result;
}
