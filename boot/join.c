#include "boot.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "console.h"
#include "line.h"
#include "plan/show.h"
#include "render/render.h"
#include "talos/documents.h"
#include "talos/guard.h"
#include "talos/machined.h"
#include "talos/own.h"
#include "waits.h"

#include <bearssl_hash.h>
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
    console_stage(STAGE_FACTS, "%s, serial %s, %u disks, %s", name ? name : "unknown product",
                  tag ? tag : "unknown", j->look->disk_count,
                  j->look->address_count ? j->look->addresses[0] : "no address");
    return ATTEMPT_DONE;
}

/* Off the disk hearth cannot found anything later; with several control planes only a person can know that none of them has. */
static void decide_founding(struct joining *j)
{
    const struct plan *plan = j->line.plan;
    j->hold = plan->entry->type == MACHINE_CONTROLPLANE && plan_carries_hearth(plan);
    j->bootstrap = plan->entry->bootstrap;
}

static enum attempt make_plan(struct joining *j)
{
    struct guard_verdict verdict;
    struct error e;
    char size[32];
    if (line_open_site(&j->line, j->boot->options, j->errors) != 0 ||
        line_plan(&j->line, j->boot->options, j->errors) != 0)
        return ATTEMPT_FAILED;
    const struct plan *plan = j->line.plan;
    int result = guard_judge(j->look, plan, &verdict, &e);
    if (result == 0) {
        decide_founding(j);
        console_stage(STAGE_PLAN, "%s: %s of cluster %s (%s); installs to %s, %s %s, holds %s", plan->name,
                      plan->entry->type == MACHINE_CONTROLPLANE ? "control plane" : "worker",
                      plan->entry->role->cluster, plan->entry->role->name, verdict.disk->id,
                      text_size(size, sizeof size, verdict.disk->size), verdict.disk->model,
                      verdict.words.data);
        for (unsigned i = 0; i < plan->warnings.count; i++)
            console_note("plan", "%s", plan->warnings.items[i].text);
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

static enum attempt make_documents(struct joining *j)
{
    struct error e;
    struct buf notes = {0};
    char size[32];
    if (line_secrets(&j->line, true, j->errors) != 0)
        return ATTEMPT_FAILED;
    console_stage(STAGE_SECRETS, "%u from %s", j->line.plan->secret_count, j->line.entry->role->vault);
    j->line.hold = j->hold;
    if (line_render(&j->line, &j->rendered, j->errors) != 0)
        return ATTEMPT_FAILED;
    j->config = j->rendered.machine_config;
    j->rendered.machine_config = (struct buf){0};
    if (own_append(&j->config, j->line.plan, j->bootstrap, &j->rendered, j->look->active_config, &e) != 0 ||
        documents_carry(&j->config, j->look->active_config, &notes, &e) != 0) {
        buf_free(&notes);
        return failed(j, &e);
    }
    console_stage(STAGE_DOCUMENTS, "machine config %s, %u manifests%s",
                  text_size(size, sizeof size, j->config.len), j->rendered.manifest_count,
                  j->hold ? ", those with secrets held until the install is done" : "");
    if (notes.len)
        console_note("carried", "%s", notes.data);
    buf_free(&notes);
    return ATTEMPT_DONE;
}

static void hash_config(const struct joining *j, unsigned char out[32])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, j->config.data, j->config.len);
    br_sha256_out(&sha, out);
}

static int send_config(struct joining *j, bool dry_run, struct error *e)
{
    struct buf warnings = {0};
    struct span config = {(const unsigned char *)j->config.data, j->config.len};
    int result = machined_apply(&j->boot->target, config, dry_run, &warnings, e);
    if (result == 0 && dry_run && warnings.len)
        console_note("machined", "machined warns: %s", warnings.data);
    buf_free(&warnings);
    return result;
}

/* Once more right before the point of no return: still maintenance, still no config, still the same disk with the same on it. */
static enum attempt look_again(struct joining *j)
{
    struct guard_verdict verdict;
    struct error e;
    look_free(j->look);
    j->look = NULL;
    if (look_all(&j->boot->target, &j->look, &e) != 0)
        return failed(j, &e);
    if (j->look->stage != STAGE_MAINTENANCE || j->look->complete)
        return ATTEMPT_AGAIN;
    int result = guard_judge(j->look, j->line.plan, &verdict, &e);
    guard_free(&verdict);
    return result == 0 ? ATTEMPT_DONE : failed(j, &e);
}

static void say_applied(const struct joining *j)
{
    const struct plan *plan = j->line.plan;
    const char *address = j->look->address_count ? j->look->addresses[0] : "";
    int plain = (int)strcspn(address, "/");
    console_stage(STAGE_APPLY, "applied");
    log_note("hostname   %s", plan->name);
    for (unsigned i = 0; i < j->look->address_count; i++)
        log_note("address    %s", j->look->addresses[i]);
    if (plan->entry->type == MACHINE_WORKER)
        log_note("next       nothing: the node joins cluster %s by itself", plan->entry->role->cluster);
    else if (j->hold && j->bootstrap == BOOTSTRAP_AUTO)
        log_note("next       nothing: after the install hearth founds cluster %s from the disk",
                 plan->entry->role->cluster);
    else if (j->bootstrap == BOOTSTRAP_NONE)
        log_note("next       nothing: the node joins the control plane of %s by itself",
                 plan->entry->role->cluster);
    else
        log_note("next       after the install: talosctl bootstrap --nodes %.*s --endpoints %.*s", plain,
                 address, plain, address);
    if (plan->entry->type == MACHINE_CONTROLPLANE && !j->hold)
        log_note("note       the inlined Secrets can be read on the LAN until the install is done: hearth is "
                 "not in the installer image");
}

static enum attempt apply(struct joining *j)
{
    unsigned char hash[32];
    struct error e;
    hash_config(j, hash);
    if (j->boot->has_rejected && memcmp(hash, j->boot->rejected, sizeof hash) == 0)
        return failed(j, &j->boot->rejection);
    if (send_config(j, true, &e) != 0) {
        if (e.code == E_MACHINED_REJECTED) {
            memcpy(j->boot->rejected, hash, sizeof hash);
            j->boot->has_rejected = true;
            j->boot->rejection = e;
        }
        return failed(j, &e);
    }
    enum attempt still = look_again(j);
    if (still != ATTEMPT_DONE)
        return still;
    if (send_config(j, false, &e) != 0)
        return failed(j, &e);
    say_applied(j);
    return ATTEMPT_AGAIN;
}

enum attempt join(struct boot *boot, struct look **look, struct errors *errors)
{
    static enum attempt (*const steps[])(struct joining *) = {take_facts, make_plan, make_documents, apply};
    struct joining j = {.boot = boot, .look = *look, .errors = errors, .line = {.quiet = true, .stop_fd = boot->target.stop_fd}};
    enum attempt result = ATTEMPT_DONE;
    *look = NULL;
    console_stage(STAGE_NODE, "Talos %s, maintenance mode, no machine config", j.look->talos);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && result == ATTEMPT_DONE; i++)
        result = steps[i](&j);
    if (result == ATTEMPT_FAILED)
        line_refusal(&j.line, boot->options, errors, &boot->details);
    rendered_free(&j.rendered);
    buf_free(&j.config);
    line_free(&j.line);
    look_free(j.look);
    return result;
}
