/*
 * The states of bootstrap, by what machined holds and the marks of this boot (marks.h), so a run that was cut anywhere
 * begins at the box that fits.
 *
 *   no ExtensionServiceConfig hearth of ours
 *        |     the config is not whole yet, or has it and the resources do not --> look again
 *        |                                    in neither ---------------------> done: not by hearth
 *        |
 *   no system disk: the install is still to come -----------------------------> look again
 *        |
 *   [pending]  manifests are held in our document
 *        |     dry run, look again, apply: they move to cluster.inlineManifests in one step. That changes our
 *        |     document, so Talos restarts hearth: this process only waits for that. The next one finds none pending;
 *        |     a cut before the apply begins here again, one behind it below. A config that is another by then is an
 *        |     admin's: from the beginning, with that one.
 *        v
 *   [placed]   worker, another's or a person's task --------------------------> done: why
 *        |     etcd member here ----------------------------------------------> founded; apply as above: the mode
 *        |                                                                      becomes none, so that no later boot
 *        |                                                                      founds -> look again, nothing left
 *        |     etcd runs but is no member yet, or CRI is not up --------------> look again
 *        |     etcd ends again and again, or cannot be started ---------------> failed: in its own words
 *        |     Bootstrap: AlreadyExists is as good; FailedPrecondition -------> look again
 *        v
 *   [asked]    etcd starts. Bootstrap lives in machined's memory until etcd has written data, as this boot's mark does
 *              in a tmpfs: it is not asked for again in this boot, but where etcd could not be started at all; after a
 *              reboot ------> placed
 */
#include "node/node.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "node/apply.h"
#include "node/console.h"
#include "node/marks.h"
#include "node/handover.h"
#include "site/site.h"
#include "talos/machined.h"
#include "talos/refusal.h"

#include <string.h>

#define RESTART_MS \
    60000u /* machined starts hearth anew when its document changed; longer than it takes to stop it */

static enum attempt failed(struct errors *errors, const struct error *e)
{
    errors_add(errors, e);
    return ATTEMPT_FAILED;
}

/* As promote(): 0 when it was applied, 1 when there is nothing to apply or no longer this. */
static int apply(struct boot *boot, const struct look *look, bool founded, struct error *e)
{
    struct buf config = {0};
    unsigned changes = 0;
    int result = handover_promote(look->active_config, founded, &config, &changes, e);
    struct span bytes = {(const unsigned char *)config.data, config.len};
    if (result == 0 && changes == 0)
        result = 1;
    struct buf warnings = {0};
    if (result == 0)
        result = apply_config(boot, bytes, true, &warnings, e);
    cleanup(look_cleanup) struct look *now = NULL;
    if (result == 0)
        result = look_stage(&boot->target, &now, e);
    /* What an admin has applied meanwhile would be lost. */
    if (result == 0)
        result = look_same(look, now) ? apply_config(boot, bytes, false, &warnings, e) : 1;
    buf_free(&warnings);
    buf_free(&config);
    return result;
}

/* The held manifests go to their place, now that apid asks for certificates; or, founded, the mode goes. */
static enum attempt promote(struct boot *boot, const struct look *look, const struct handover *handover,
                            bool founded, struct errors *errors)
{
    struct error e;
    int result = apply(boot, look, founded, &e);
    if (result < 0 && founded)
        return failed(errors, (error_wrap(&e, "noting that cluster %s is founded", handover->cluster), &e));
    if (result < 0)
        return failed(errors, (error_wrap(&e, "inlining %u manifests", handover->pending), &e));
    if (result == 0)
        boot->promoted = clock_ms();
    if (result == 0 && !founded)
        console_stage(CONSOLE_APPLY, json_pack("{s:i}", "inlined", (int)handover->pending),
                      "%u manifests with secrets inlined", handover->pending);
    return result ? ATTEMPT_WAIT : ATTEMPT_AGAIN;
}

/* etcd's own words where it does not come up by itself: it ends and is started again for ever, or could not be
 * started. */
static int judge_etcd(struct boot *boot, const struct handover *handover, bool *failed_to_start,
                      struct error *e)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    const char *state, *message;
    if (machined_service_event(&boot->target, pool, "etcd", &state, &message, e) != 0)
        return -1;
    *failed_to_start = strcmp(state, "Failed") == 0;
    if (!*failed_to_start && strncmp(message, "Error running ", 14) != 0)
        return 0;
    cleanup(buf_free) struct buf words = {.max = REFUSAL_MAX};
    buf_str(&words, message);
    refusal_hide(&words, boot->target.hidden);
    return error_set(e, E_ETCD, "cluster %s: %s", handover->cluster, words.len ? words.data : state);
}

/* What keeps Bootstrap from being asked for now, or NULL. */
static int obstacle(struct boot *boot, const struct handover *handover, bool *member, const char **why,
                    struct error *e)
{
    *why = NULL;
    if (machined_etcd_member(&boot->target, member, e) != 0 || *member)
        return *member ? 0 : -1;
    bool failed_to_start = false;
    if (judge_etcd(boot, handover, &failed_to_start, e) != 0 && !(failed_to_start && boot->etcd_said)) {
        boot->etcd_said = failed_to_start;
        return -1;
    }
    boot->etcd_said = false;
    struct service_state cri, etcd;
    if (machined_service(&boot->target, "cri", &cri, e) != 0 ||
        machined_service(&boot->target, "etcd", &etcd, e) != 0)
        return -1;
    if (etcd.running)
        *why = "etcd runs, and is not a member yet";
    else if (!cri.healthy)
        *why = "CRI is not up yet";
    else if ((boot->has_data || marks_has(MARK_BOOTSTRAP)) && !failed_to_start)
        *why = "etcd starts";
    return 0;
}

static enum attempt is_member(struct boot *boot, const struct look *look, const struct handover *handover,
                              struct errors *errors)
{
    if (!boot->founded)
        console_event("founded",
                      json_pack("{s:s, s:s}", "cluster", handover->cluster, "node", handover->node),
                      "cluster %s, by %s", handover->cluster, handover->node);
    boot->founded = true;
    return promote(boot, look, handover, true, errors);
}

static enum attempt bootstrap(struct boot *boot, const struct look *look, const struct handover *handover,
                              struct errors *errors)
{
    struct error e;
    const char *why;
    bool member = false;
    if (obstacle(boot, handover, &member, &why, &e) != 0)
        return failed(errors, &e);
    if (member)
        return is_member(boot, look, handover, errors);
    if (why) {
        console_note(why, "cluster %s: %s", handover->cluster, why);
        return ATTEMPT_WAIT;
    }
    bool data = false;
    if (machined_bootstrap(&boot->target, &e) != 0) {
        data = e.code == E_MACHINED_EXISTS;
        if (e.code != E_MACHINED_BUSY && !data)
            return failed(errors, &e);
        if (!data) {
            console_note("bootstrap", "machined is not ready to found cluster %s yet", handover->cluster);
            return ATTEMPT_WAIT;
        }
    }
    if (data)
        boot->has_data = true;
    else
        marks_set(MARK_BOOTSTRAP);
    console_note("bootstrap",
                 data ? "cluster %s: etcd has data on this node already, and starts with it"
                      : "founding cluster %s: etcd starts",
                 handover->cluster);
    return ATTEMPT_WAIT;
}

/* The command with which a person founds, or restores, from this node. */
static void say_done(const struct boot *boot, const struct look *look, const struct handover *handover)
{
    cleanup(look_cleanup) struct look *all = NULL;
    UNSET struct error ignored;
    (void)look_all(&boot->target, &all, &ignored);
    const char *address = all && all->address_count ? all->addresses[0] : "ADDRESS";
    int n = (int)strcspn(address, "/");
    if (look->type == LOOK_TYPE_WORKER)
        console_event("done", NULL, "a worker: nothing to found");
    else if (handover->bootstrap == BOOTSTRAP_MANUAL)
        console_event(
            "done", NULL,
            "if cluster %s was never founded: talosctl bootstrap --nodes %.*s --endpoints %.*s; hearth does "
            "not found it",
            handover->cluster, n, address, n, address);
    else
        console_event(
            "done", NULL,
            "cluster %s is founded, or another control plane founds it; only where the data of its last "
            "etcd is gone: talosctl bootstrap --recover-from SNAPSHOT --nodes %.*s --endpoints %.*s",
            handover->cluster, n, address, n, address);
}

/* Only what was booted from a medium has a site; it changes nothing here, and who left it in by mistake does not know
 * that. */
static void say_medium(const struct boot *boot, const struct look *look)
{
    UNSET struct error ignored;
    bool site = false, permanent = true;
    if (look->system_disk && !marks_has(MARK_APPLIED) &&
        node_site_has(boot, SITE_INVENTORY, &site, &ignored) == 0 && site &&
        node_site_has(boot, SITE_PERMANENT, &permanent, &ignored) == 0 && !permanent)
        console_note(
            "medium",
            "this boot came from a stick or the network, and the node runs the config of its disk all the "
            "same: remove the stick to boot the disk; or, to have hearth set it up anew, choose the menu's "
            "entry that "
            "resets this machine, or talosctl reset --system-labels-to-wipe STATE "
            "--system-labels-to-wipe EPHEMERAL, which switches it off, and start from here again");
}

static enum attempt go_on(struct boot *boot, const struct look *look, struct errors *errors)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct handover handover;
    struct error e;
    bool ours;
    if (handover_read(&boot->target, pool, &handover, &ours, &e) != 0)
        return failed(errors, &e);
    /* The config and what machined makes of it are read one after the other: either may be the newer one. Of none, or
     * of a part of one, nothing can be said of whose it is. */
    if (!look->whole || (!ours && handover_written(look->active_config))) {
        console_note("config", "Talos %s, configured; what it makes of its config is not there yet",
                     look->talos);
        return ATTEMPT_WAIT;
    }
    if (!ours) {
        console_stage(CONSOLE_NODE, json_pack("{s:s, s:b}", "talos", look->talos, "ours", 0),
                      "Talos %s, configured, not by hearth: nothing to do", look->talos);
        say_medium(boot, look);
        return ATTEMPT_DONE;
    }
    console_stage(CONSOLE_NODE,
                  json_pack("{s:s, s:b, s:s, s:s}", "talos", look->talos, "ours", 1, "node", handover.node,
                            "cluster", handover.cluster),
                  "Talos %s, configured as %s of cluster %s", look->talos, handover.node, handover.cluster);
    say_medium(boot, look);
    if (!look->system_disk || (boot->promoted && clock_ms() - boot->promoted < RESTART_MS))
        return ATTEMPT_WAIT;
    if (handover.pending)
        return promote(boot, look, &handover, false, errors);
    if (look->type == LOOK_TYPE_WORKER || handover.bootstrap != BOOTSTRAP_AUTO) {
        say_done(boot, look, &handover);
        return ATTEMPT_DONE;
    }
    return bootstrap(boot, look, &handover, errors);
}

enum attempt node_bootstrap(struct boot *boot, const struct look *look, struct errors *errors)
{
    cleanup(buf_free) struct buf texts = {0};
    handover_note(look->active_config, &texts);
    boot->target.hidden = &texts;
    enum attempt attempt = go_on(boot, look, errors);
    boot->target.hidden = NULL;
    return attempt;
}
