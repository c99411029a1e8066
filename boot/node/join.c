#include "node/node.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "node/apply.h"
#include "node/console.h"
#include "node/founded.h"
#include "node/guard.h"
#include "node/handover.h"
#include "node/marks.h"
#include "node/ready_wait.h"
#include "node/superblock.h"
#include "node/volumes.h"
#include "pipeline/boxkey.h"
#include "pipeline/marker.h"
#include "pipeline/pipeline.h"
#include "render/render.h"
#include "talos/documents.h"
#include "talos/machined.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define FAILED_INSTALL_DELAY_MS 120000u
#define REBOOT_MS 30000u /* until it is asked for again */

/* How a step ended. */
enum step {
    STEP_ON,     /* the next one may begin */
    STEP_AGAIN,  /* the node is not as it was, or is done: look at it anew */
    STEP_FAILED, /* errors has why */
};

/* One attempt; every member is freed by node_join(). */
struct joining {
    struct boot *boot;
    struct look *look;
    struct pipeline run;
    struct rendered rendered;
    struct buf config;
    /* Secrets wait in ExtensionServiceConfig hearth until the installed system asks for certificates. */
    bool hold;
    enum bootstrap_mode bootstrap;
    /* of the install disk, */
    enum disk_contents contents;
    /* which Talos calls so: "sda" */
    char disk[64];
    /* our marker says founded, and this disk that nothing came of it */
    bool never_founded;
    struct errors *errors;
};

static enum step failed(struct joining *j, const struct error *e)
{
    errors_add(j->errors, e);
    return STEP_FAILED;
}

static json_t *addresses(const struct look *look)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < look->address_count; i++)
        json_array_append_new(list, json_string(look->addresses[i]));
    return list;
}

static bool has_login_by_tpm(const struct site *site)
{
    for (unsigned i = 0; i < site->node_count; i++)
        if (site->nodes[i].method == LOGIN_TPM)
            return true;
    return false;
}

/* The TPM computes while the network comes up; for what else than the key has gone wrong there is time afterwards. The
 * facts are read for it alone: those of the plan are read once the node is ready. */
static void begin_login(struct joining *j)
{
    struct error e;
    struct pipeline early = {.quiet = true, .stop_fd = j->run.stop_fd, .box = j->run.box};
    struct errors ignored = {0};
    if (pipeline_open_site(&early, &j->boot->options, &ignored) == 0 && has_login_by_tpm(early.site))
        early.facts = facts_read(j->run.box, &e);
    const struct site_node *entry = early.facts ? plan_match(early.site, early.facts, NULL, &e) : NULL;
    if (entry && entry->method == LOGIN_TPM && pipeline_plan(&early, &j->boot->options, &ignored) == 0 &&
        boxkey_make(&early, &e) == 0) {
        j->run.key = early.key;
        early.key = NULL;
    }
    errors_free(&ignored);
    pipeline_free(&early);
}

static enum step take_facts(struct joining *j)
{
    begin_login(j);
    struct error e;
    if (ready_wait(j->boot, &j->look, &j->run.facts, &e) != 0)
        return failed(j, &e);
    if (j->look->stage != STAGE_MAINTENANCE || j->look->complete)
        return STEP_AGAIN;
    unsigned disks = look_choosable(j->look);
    char product[128];
    const char *name = facts_text(facts_get(j->run.facts, "system.product_name"), product, sizeof product);
    char serial[128];
    const char *tag = facts_text(facts_get(j->run.facts, "serial"), serial, sizeof serial);
    console_stage(CONSOLE_FACTS,
                  json_pack("{s:s?, s:s?, s:i, s:o}", "product", name, "serial", tag, "disks", (int)disks,
                            "addresses", addresses(j->look)),
                  "%s, serial %s, %u disk%s, %s", name ? name : "unknown product", tag ? tag : "unknown",
                  disks, disks == 1 ? "" : "s",
                  j->look->address_count ? j->look->addresses[0] : "no address");
    return STEP_ON;
}

/* Off the disk hearth cannot found anything later; with several control planes and no marker only a person can know
 * that none of them has. */
static void decide_founding(struct joining *j)
{
    const struct plan *plan = j->run.plan;
    j->hold = plan->entry->type == MACHINE_CONTROLPLANE && plan_keeps_hearth(plan);
    j->bootstrap = plan->entry->bootstrap;
    if (j->bootstrap == BOOTSTRAP_AUTO && !plan->marker && plan_control_planes(plan) > 1)
        j->bootstrap = BOOTSTRAP_MANUAL;
}

static void say_plan(const struct joining *j, const struct guard_verdict *verdict)
{
    const struct plan *plan = j->run.plan;
    const struct role *role = plan->entry->role;
    char size[32];
    bool said = console_stage(CONSOLE_PLAN,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "node", plan->name, "type",
                                        site_type_words(plan->entry->type), "cluster", role->cluster, "role",
                                        role->name, "disk", verdict->disk->id, "holds", verdict->words.data),
                              "%s: %s of cluster %s (%s); installs to %s, %s %s, holds %s", plan->name,
                              site_type_words(plan->entry->type), role->cluster, role->name,
                              verdict->disk->id, text_size(size, sizeof size, verdict->disk->size),
                              verdict->disk->model, verdict->words.data);
    struct errors_kind kinds[ERRORS_MAX];
    unsigned count = said ? errors_kinds(&plan->warnings, kinds) : 0;
    UNSET char text[ERRORS_SAID_MAX];
    for (unsigned i = 0; i < count; i++)
        log_event("warning", NULL, "      ", errors_said(text, &plan->warnings, &kinds[i]));
    if (verdict->contents == DISK_INSTALLED)
        console_note("system",
                     "%s carries a Talos already (META): it is not installed anew, and the config goes to "
                     "what is there",
                     j->look->system_disk);
}

/* The look with what only the disk itself knows. guard_free() the verdict. */
static int judge_disk(struct joining *j, struct guard_verdict *verdict, struct error *e)
{
    superblock_look(j->look, j->boot->options.sysroot);
    if (guard_judge(j->look, j->run.plan, verdict, e) != 0)
        return -1;
    return volumes_judge(j->look, j->run.plan, verdict->disk->id, e);
}

static enum step make_plan(struct joining *j)
{
    if (pipeline_open_site(&j->run, &j->boot->options, j->errors) != 0 ||
        pipeline_plan(&j->run, &j->boot->options, j->errors) != 0)
        return STEP_FAILED;
    struct guard_verdict verdict;
    struct error e;
    int result = judge_disk(j, &verdict, &e);
    if (result == 0) {
        decide_founding(j);
        say_plan(j, &verdict);
    }
    j->contents = verdict.contents;
    if (result == 0)
        snprintf(j->disk, sizeof j->disk, "%s", verdict.disk->id);
    bool again =
        result == 0 && (j->contents == DISK_BEGUN || j->contents == DISK_CUT) && !j->boot->retry_delayed;
    guard_free(&verdict);
    if (result != 0)
        return failed(j, &e);
    if (again) {
        console_note("install",
                     "an install began on this disk and did not end; `talosctl dmesg` of that boot knew why. "
                     "Trying again in %u s",
                     FAILED_INSTALL_DELAY_MS / 1000);
        if (node_pause(j->boot, FAILED_INSTALL_DELAY_MS))
            return failed(j, (error_set(&e, E_STOPPED, "before a second install"), &e));
        j->boot->retry_delayed = true;
        return STEP_AGAIN;
    }
    return STEP_ON;
}

/* An empty etcd beside one that lives would split the cluster: what is founded is joined. What this node alone has
 * said, and nobody answers for, proves neither that there is a cluster nor that there is none: then a person decides,
 * but where the very disk shows that nothing came of it. */
static int ask_marker(struct joining *j, struct error *e)
{
    const char *cluster = j->run.plan->entry->role->cluster, *marker = j->run.plan->marker;
    char who[300];
    enum marker said;
    if (founded_ask(&j->run, &j->rendered, &said, who, e) != 0)
        return -1;
    if (who[0]) {
        j->bootstrap = BOOTSTRAP_NONE;
        console_note("marker", "cluster %s answers at %s, so it is joined, whatever secret %s says", cluster,
                     who, marker);
        return 0;
    }
    switch (said) {
    case MARKER_NONE:
    case MARKER_OURS:
        break;
    case MARKER_EARLIER:
    case MARKER_UNSURE:
        j->never_founded = said == MARKER_EARLIER && j->contents == DISK_CUT;
        if (j->never_founded) {
            console_note(
                "marker",
                "secret %s says that this node founds cluster %s from this disk, and the install on it "
                "never ended: it goes on as the founder",
                marker, cluster);
            break;
        }
        j->bootstrap = BOOTSTRAP_MANUAL;
        console_note(
            "marker",
            "secret %s says that this node has founded cluster %s, and nothing answers for it: whether it "
            "was, a person must say",
            marker, cluster);
        break;
    case MARKER_FOUNDED:
        j->bootstrap = BOOTSTRAP_NONE;
        console_note(
            "marker",
            "secret %s says that cluster %s is founded, so it is joined; was it never, or is it gone for "
            "good, set the secret to none",
            marker, cluster);
        break;
    }
    return 0;
}

static enum step make_documents(struct joining *j)
{
    if (pipeline_secrets(&j->run, true, j->errors) != 0)
        return STEP_FAILED;
    const char *vault = j->run.entry->role->vault;
    console_stage(CONSOLE_SECRETS,
                  json_pack("{s:i, s:s}", "count", (int)j->run.plan->secret_count, "vault", vault),
                  "%u from %s", j->run.plan->secret_count, vault);
    j->run.hold = j->hold;
    if (pipeline_render(&j->run, &j->rendered, j->errors) != 0)
        return STEP_FAILED;
    struct error e;
    if (j->run.plan->marker && ask_marker(j, &e) != 0)
        return failed(j, &e);
    j->config = j->rendered.machine_config;
    j->rendered.machine_config = (struct buf){0};
    struct buf notes = {0};
    if (handover_append(&j->config, j->run.plan, j->bootstrap, &j->rendered, j->look->active_config, &e) !=
            0 ||
        documents_carry(&j->config, j->look->active_config, &notes, &e) != 0) {
        buf_free(&notes);
        return failed(j, &e);
    }
    char size[32];
    console_stage(CONSOLE_DOCUMENTS,
                  json_pack("{s:i, s:i, s:b}", "bytes", (int)j->config.len, "manifests",
                            (int)j->rendered.manifest_count, "held", j->hold),
                  "machine config %s, %u manifests%s", text_size(size, sizeof size, j->config.len),
                  j->rendered.manifest_count,
                  j->hold ? ", those with secrets held until the install is done" : "");
    if (notes.len)
        console_note("carried", "%s", notes.data);
    buf_free(&notes);
    /* machined's answer is as long as the config. */
    plan_drop_manifests(j->run.plan);
    return STEP_ON;
}

static int hand_over(struct joining *j, bool dry_run, struct error *e)
{
    struct span config = {(const unsigned char *)j->config.data, j->config.len};
    j->boot->target.hidden = &j->rendered.from_secrets;
    struct buf warnings = {0};
    int result = apply_config(j->boot, config, dry_run, &warnings, e);
    j->boot->target.hidden = NULL;
    for (char *end = warnings.data; end && (end = strchr(end, '\n')) != NULL;)
        *end = end[1] ? ';' : '\0';
    if (result == 0 && dry_run && warnings.len)
        console_note("machined", "machined warns: %s", warnings.data);
    buf_free(&warnings);
    return result;
}

/* Once more right before the point of no return: still maintenance, still no config but the documents that are carried
 * over, still the same disk with the same on it. */
static enum step look_again(struct joining *j)
{
    cleanup(look_cleanup) struct look *before = j->look;
    j->look = NULL;
    struct error e;
    if (look_all(&j->boot->target, &j->look, &e) != 0)
        return failed(j, &e);
    if (j->look->complete || !look_same(before, j->look))
        return STEP_AGAIN;
    struct guard_verdict verdict;
    int result = judge_disk(j, &verdict, &e);
    bool other = result == 0 && verdict.contents != j->contents;
    guard_free(&verdict);
    if (result != 0)
        return failed(j, &e);
    return other ? STEP_AGAIN : STEP_ON;
}

/* What is left for a person, or who does it. Of an install it speaks only where one comes. */
static void say_next(const struct joining *j, const char *cluster)
{
    const char *address = j->look->address_count ? j->look->addresses[0] : "ADDRESS";
    int plain = (int)strcspn(address, "/");
    bool install = !j->look->system_disk;
    if (j->bootstrap == BOOTSTRAP_NONE || j->run.plan->entry->type == MACHINE_WORKER)
        console_event("next", NULL, "nothing: the node joins cluster %s by itself", cluster);
    else if (j->bootstrap == BOOTSTRAP_MANUAL)
        console_event("next", NULL,
                      "%sif cluster %s was never founded: talosctl bootstrap --nodes %.*s --endpoints %.*s",
                      install ? "after the install, " : "", cluster, plain, address, plain, address);
    else if (!j->hold && install)
        console_event("next", NULL, "after the install: talosctl bootstrap --nodes %.*s --endpoints %.*s",
                      plain, address, plain, address);
    else if (install)
        console_event("next", NULL, "nothing: after the install hearth founds cluster %s from %s", cluster,
                      j->run.site->permanent ? "this medium" : "the disk");
    else
        console_event("next", NULL, "nothing: hearth founds cluster %s now", cluster);
}

static void say_applied(const struct joining *j)
{
    const struct plan *plan = j->run.plan;
    const char *cluster = plan->entry->role->cluster;
    console_stage(CONSOLE_APPLY, json_pack("{s:i}", "bytes", (int)j->config.len), "accepted by machined");
    console_event("applied",
                  json_pack("{s:s, s:s, s:s, s:o}", "hostname", plan->name, "type",
                            site_type_words(plan->entry->type), "cluster", cluster, "addresses",
                            addresses(j->look)),
                  "%s, %s of cluster %s", plan->name, site_type_words(plan->entry->type), cluster);
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
                     j->run.site->permanent
                         ? "leave the medium in, first in the firmware's order"
                         : "remove the stick then, or let the firmware start from the disk");
}

/* machined holds a disk with a META for installed, whatever has come of the install, and never installs over it. So the
 * disk, of which the last look has shown once more that nobody has used it, is wiped; machined sees that in its next
 * start. */
static enum step mend(struct joining *j)
{
    enum step still = look_again(j);
    if (still != STEP_ON)
        return still;
    struct error e;
    if (j->never_founded && marker_clear(&j->run, &e) != 0)
        return failed(j, &e);
    /* Before it: a process that is killed behind the wipe must not leave the next one a blank disk that machined does
     * not install. */
    marks_set(MARK_WIPED);
    if (machined_wipe(&j->boot->target, j->disk, &e) != 0) {
        marks_clear(MARK_WIPED);
        struct error refused;
        error_set(&refused, E_GUARD_CUT,
                  "%s holds a partition labelled META, over which Talos never installs, and machined does "
                  "not wipe it: %s",
                  j->disk, e.text);
        return failed(j, e.code == E_MACHINED_LOST || e.code == E_MACHINED_SOCKET ? &e : &refused);
    }
    console_event("wiped", json_pack("{s:s}", "disk", j->disk),
                  j->contents == DISK_CUT
                      ? "%s, which held an install that did not end; this machine starts again and installs"
                      : "%s, as wipe: true says; this machine starts again and installs",
                  j->disk);
    return STEP_AGAIN;
}

static enum step apply(struct joining *j)
{
    struct boot *boot = j->boot;
    struct error e;
    if (hand_over(j, true, &e) != 0)
        return failed(j, &e);
    /* Where the entry says wipe a disk that is somebody's is Talos's to have, and with a META on it machined installs
     * nothing either. */
    if (j->contents == DISK_CUT || (j->contents == DISK_FOREIGN && j->look->system_disk))
        return mend(j);
    /* Before the last look: should that one turn back, the same boot knows its own hand. */
    if (j->run.plan->marker && j->bootstrap == BOOTSTRAP_AUTO && marker_set(&j->run, &j->rendered, &e) != 0)
        return failed(j, &e);
    enum step still = look_again(j);
    if (still != STEP_ON)
        return still;
    if (hand_over(j, false, &e) != 0)
        return failed(j, &e);
    marks_set(MARK_APPLIED);
    boot->installing = !j->look->system_disk;
    say_applied(j);
    return STEP_AGAIN;
}

/* A wiped disk is not installed before machined has been started anew. */
static enum attempt start_over(struct boot *boot, struct errors *errors)
{
    struct error e;
    if (machined_reboot(&boot->target, &e) == 0)
        return node_pause(boot, REBOOT_MS) ? ATTEMPT_WAIT : ATTEMPT_AGAIN;
    errors_add(errors, &e);
    return ATTEMPT_FAILED;
}

enum attempt node_join(struct boot *boot, struct look **look, struct errors *errors)
{
    if (marks_has(MARK_WIPED))
        return start_over(boot, errors);
    static enum step (*const steps[])(struct joining *) = {take_facts, make_plan, make_documents, apply};
    struct joining j = {.boot = boot,
                        .look = *look,
                        .errors = errors,
                        .run = {.quiet = true,
                                .stop_fd = boot->target.stop_fd,
                                .box = boot->options.sysroot ? boot->options.sysroot : ""}};
    *look = NULL;
    console_stage(CONSOLE_NODE, json_pack("{s:s, s:s}", "talos", j.look->talos, "stage", "maintenance"),
                  "Talos %s, maintenance mode, no machine config", j.look->talos);
    enum step went = STEP_ON;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && went == STEP_ON; i++)
        went = steps[i](&j);
    if (went == STEP_FAILED)
        pipeline_refusal(&j.run, &boot->options, errors, &boot->details);
    render_free(&j.rendered);
    buf_free(&j.config);
    pipeline_free(&j.run);
    look_free(j.look);
    /* Whether applied or overtaken, the next look decides. */
    return went == STEP_FAILED ? ATTEMPT_FAILED : ATTEMPT_AGAIN;
}
