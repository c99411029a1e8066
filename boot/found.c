#include "boot.h"

#include "base/clock.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "console.h"
#include "talos/machined.h"
#include "talos/own.h"

#include <string.h>

/* After Bootstrap etcd starts anew; asking again before it has written its data would start it anew once more. */
#define BOOTSTRAP_AGAIN_MS 120000u

static enum attempt failed(struct errors *errors, const struct error *e)
{
    errors_add(errors, e);
    return ATTEMPT_FAILED;
}

/* The held manifests go to their place, now that apid asks for certificates. */
static enum attempt promote(struct boot *boot, const struct look *look, const struct own *own,
                            struct errors *errors)
{
    struct buf config = {0}, warnings = {0};
    struct error e;
    int result = own_promote(look->active_config, &config, &e);
    struct span bytes = {(const unsigned char *)config.data, config.len};
    if (result == 0)
        result = machined_apply(&boot->target, bytes, true, &warnings, &e);
    if (result == 0)
        result = machined_apply(&boot->target, bytes, false, &warnings, &e);
    buf_free(&warnings);
    buf_free(&config);
    if (result != 0)
        return failed(errors, (error_wrap(&e, "inlining %u manifests", own->pending), &e));
    console_stage(STAGE_APPLY, "%u manifests with secrets inlined", own->pending);
    return ATTEMPT_AGAIN;
}

static int is_member(const struct boot *boot, bool *member, struct error *e)
{
    static const struct resource_type type = {"etcd", "EtcdMembers.etcd.talos.dev", false};
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct resource ignored;
    return machined_get(&boot->target, pool, &type, "local", &ignored, member, e);
}

static enum attempt bootstrap(struct boot *boot, const struct own *own, struct errors *errors)
{
    struct error e;
    bool member;
    if (is_member(boot, &member, &e) != 0)
        return failed(errors, &e);
    if (member) {
        log_note("founded    cluster %s, by %s", own->cluster, own->node);
        return ATTEMPT_DONE;
    }
    if (boot->bootstrapped && clock_ms() - boot->bootstrapped < BOOTSTRAP_AGAIN_MS)
        return ATTEMPT_WAIT;
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
        return "another control plane founds the cluster: this one joins it";
    if (own->control_planes != 1)
        return "the cluster has several control planes: found it once with `talosctl bootstrap`";
    return NULL;
}

enum attempt found(struct boot *boot, const struct look *look, struct errors *errors)
{
    cleanup(pool_cleanup) struct pool *pool = pool_new();
    struct own own;
    struct error e;
    bool ours;
    if (own_read(&boot->target, pool, &own, &ours, &e) != 0)
        return failed(errors, &e);
    if (!ours) {
        console_stage(STAGE_NODE, "Talos %s, configured, not by hearth: nothing to do", look->talos);
        return ATTEMPT_DONE;
    }
    console_stage(STAGE_NODE, "Talos %s, configured as %s of cluster %s", look->talos, own.node, own.cluster);
    if (own.pending)
        return promote(boot, look, &own, errors);
    const char *why = why_not(look, &own);
    if (why) {
        log_note("      %s", why);
        return ATTEMPT_DONE;
    }
    return bootstrap(boot, &own, errors);
}
