/*
 * The states of found, by what machined holds; nothing else is remembered, so a run that was cut anywhere begins at the box that fits.
 *
 *   no ExtensionServiceConfig hearth of ours: in the config, but not yet among the resources -> look again
 *        |                                    in neither ---------------------> done: not by hearth
 *        |
 *   no system disk: the install is still to come -----------------------------> look again
 *        |
 *   [pending]  manifests are held in our document
 *        |     dry run, look again, apply: they move to cluster.inlineManifests in one step. That changes our document, so
 *        |     Talos restarts hearth, which then finds none pending; a cut before the apply begins here again, one
 *        |     behind it below. A config that is another by then is an admin's: from the beginning, with that one.
 *        v
 *   [placed]   worker, another's or a person's task --------------------------> done: why
 *        |     etcd member here ----------------------------------------------> done: founded (mode auto)
 *        |           of several control planes: apply as above, mode once becomes none -> look again, another's task
 *        |     etcd runs but is no member yet, or CRI is not up --------------> look again
 *        |     Bootstrap: AlreadyExists is as good; FailedPrecondition -------> look again
 *        v
 *   [asked]    etcd starts. Bootstrap lives in machined's memory until etcd has written data: it is asked for again when no member
 *              has shown up in BOOTSTRAP_AGAIN_MS, or by a new run, and after a reboot -----> placed
 */
#include "boot.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "console.h"
#include "send.h"
#include "site/site.h"
#include "talos/machined.h"
#include "talos/own.h"

#include <string.h>

/* Asking again before etcd has written its data starts it anew once more, in the middle of a slow pull of its image as well. */
#define BOOTSTRAP_AGAIN_MS 600000u

static enum attempt failed(struct errors *errors, const struct error *e)
{
    errors_add(errors, e);
    return ATTEMPT_FAILED;
}

/* As promote(): 0 when it was applied, 1 when there is nothing to apply or no longer this. */
static int apply(struct boot *boot, const struct look *look, bool founded, struct error *e)
{
    cleanup(look_cleanup) struct look *now = NULL;
    struct buf config = {0}, warnings = {0};
    unsigned changes = 0;
    int result = own_promote(look->active_config, founded, &config, &changes, e);
    struct span bytes = {(const unsigned char *)config.data, config.len};
    if (result == 0 && changes == 0)
        result = 1;
    if (result == 0)
        result = send_config(boot, bytes, true, &warnings, e);
    if (result == 0)
        result = look_stage(&boot->target, &now, e);
    /* What an admin has applied meanwhile would be lost. */
    if (result == 0)
        result = look_same(look, now) ? send_config(boot, bytes, false, &warnings, e) : 1;
    buf_free(&warnings);
    buf_free(&config);
    return result;
}

/* The held manifests go to their place, now that apid asks for certificates; or, founded, the mode once goes. */
static enum attempt promote(struct boot *boot, const struct look *look, const struct own *own, bool founded,
                            struct errors *errors)
{
    struct error e;
    int result = apply(boot, look, founded, &e);
    if (result < 0 && founded)
        return failed(errors, (error_wrap(&e, "noting that cluster %s is founded", own->cluster), &e));
    if (result < 0)
        return failed(errors, (error_wrap(&e, "inlining %u manifests", own->pending), &e));
    if (result == 0 && !founded)
        console_stage(STAGE_APPLY, json_pack("{s:i}", "inlined", (int)own->pending),
                      "%u manifests with secrets inlined", own->pending);
    return result ? ATTEMPT_WAIT : ATTEMPT_AGAIN;
}

/* What keeps Bootstrap from being asked for now, or NULL. */
static int obstacle(const struct boot *boot, bool *member, const char **why, struct error *e)
{
    struct service_state cri, etcd;
    *why = NULL;
    if (machined_etcd_member(&boot->target, member, e) != 0 ||
        machined_service(&boot->target, "cri", &cri, e) != 0 ||
        machined_service(&boot->target, "etcd", &etcd, e) != 0)
        return -1;
    if (etcd.running)
        *why = "etcd runs, and is not a member yet";
    else if (!cri.healthy)
        *why = "CRI is not up yet";
    else if (boot->bootstrapped && clock_ms() - boot->bootstrapped < BOOTSTRAP_AGAIN_MS)
        *why = "etcd starts";
    return 0;
}

static enum attempt bootstrap(struct boot *boot, const struct look *look, const struct own *own,
                              struct errors *errors)
{
    struct error e;
    const char *why;
    bool member;
    if (obstacle(boot, &member, &why, &e) != 0)
        return failed(errors, &e);
    if (member) {
        if (!boot->founded)
            console_event("founded", json_pack("{s:s, s:s}", "cluster", own->cluster, "node", own->node),
                          "cluster %s, by %s", own->cluster, own->node);
        boot->founded = true;
        return own->once ? promote(boot, look, own, true, errors) : ATTEMPT_DONE;
    }
    if (why) {
        console_note("bootstrap", "cluster %s: %s", own->cluster, why);
        return ATTEMPT_WAIT;
    }
    if (machined_bootstrap(&boot->target, &e) != 0 && e.code != E_MACHINED_EXISTS) {
        if (e.code != E_MACHINED_BUSY)
            return failed(errors, &e);
        console_note("bootstrap", "machined is not ready to found cluster %s yet", own->cluster);
        return ATTEMPT_WAIT;
    }
    boot->bootstrapped = clock_ms();
    console_note("bootstrap", "founding cluster %s: etcd starts", own->cluster);
    return ATTEMPT_WAIT;
}

static const char *why_not(const struct look *look, const struct own *own)
{
    if (look->type == LOOK_TYPE_WORKER)
        return "a worker: nothing to found";
    if (own->bootstrap == BOOTSTRAP_MANUAL)
        return "bootstrap: manual: found the cluster with `talosctl bootstrap`";
    if (own->bootstrap == BOOTSTRAP_NONE)
        return "the cluster is founded, or another control plane founds it";
    return NULL;
}

/* Only what was booted from a medium has a site; it changes nothing here, and who left it in by mistake does not know that. */
static void say_medium(const struct boot *boot, const struct look *look)
{
    if (look->system_disk && !boot->applied && boot_site_has(boot, SITE_INVENTORY) &&
        !boot_site_has(boot, SITE_PERMANENT))
        console_note(
            "medium",
            "this boot came from a stick or the network, and the node runs the config of its disk all the "
            "same: remove the stick to boot the disk; or, to have hearth set it up anew, choose the menu's "
            "entry that "
            "resets this machine, or talosctl reset --system-labels-to-wipe STATE "
            "--system-labels-to-wipe EPHEMERAL --reboot");
}

enum attempt found(struct boot *boot, const struct look *look, struct errors *errors)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct own own;
    struct error e;
    bool ours;
    if (own_read(&boot->target, pool, &own, &ours, &e) != 0)
        return failed(errors, &e);
    if (!ours && own_written(look->active_config))
        return ATTEMPT_WAIT;
    if (!ours) {
        console_stage(STAGE_NODE, json_pack("{s:s, s:b}", "talos", look->talos, "ours", 0),
                      "Talos %s, configured, not by hearth: nothing to do", look->talos);
        say_medium(boot, look);
        return ATTEMPT_DONE;
    }
    console_stage(STAGE_NODE,
                  json_pack("{s:s, s:b, s:s, s:s}", "talos", look->talos, "ours", 1, "node", own.node,
                            "cluster", own.cluster),
                  "Talos %s, configured as %s of cluster %s", look->talos, own.node, own.cluster);
    say_medium(boot, look);
    if (!look->system_disk)
        return ATTEMPT_WAIT;
    if (own.pending)
        return promote(boot, look, &own, false, errors);
    const char *why = why_not(look, &own);
    if (why) {
        console_event("done", NULL, "%s", why);
        return ATTEMPT_DONE;
    }
    return bootstrap(boot, look, &own, errors);
}
