#include "node/apply.h"

#include "base/buf.h"
#include "node/watch.h"
#include "talos/machined.h"

#include <bearssl_hash.h>
#include <string.h>

static void hash(struct span config, unsigned char out[32])
{
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, config.p, config.n);
    br_sha256_out(&sha, out);
}

static void remember(struct boot *boot, struct span config, const struct error *e)
{
    hash(config, boot->rejected);
    boot->rejection = *e;
    boot->rejected_at = (struct fingerprint){0};
    (void)watch_changed(boot, &boot->rejected_at);
}

static bool rejected_before(struct boot *boot, struct span config)
{
    if (boot->rejection.code == E_NONE)
        return false;
    unsigned char now[sizeof boot->rejected];
    hash(config, now);
    if (memcmp(now, boot->rejected, sizeof now) == 0 && !watch_changed(boot, &boot->rejected_at))
        return true;
    boot->rejection.code = E_NONE;
    return false;
}

int apply_config(struct boot *boot, struct span config, bool dry_run, struct buf *warnings, struct error *e)
{
    if (dry_run && rejected_before(boot, config)) {
        *e = boot->rejection;
        return -1;
    }
    int result = machined_apply(&boot->target, config, dry_run, warnings, e);
    if (result != 0 && e->code == E_MACHINED_REJECTED)
        remember(boot, config, e);
    /* Talos names everything that is wrong at once. */
    if (result != 0 && strlen(e->text) > ERROR_TEXT_MAX - 8)
        buf_add(&boot->details, warnings->data, warnings->len);
    return result;
}
