#include "boot.h"

#include "base/clock.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "console.h"
#include "facts/facts.h"
#include "talos/machined.h"

#include <bearssl_hash.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLL_MS 500u /* between looks while machined is on its way */
#define SOON_MAX_MS 60000u
#define SLOW_MS 600000u
#define EVENT_POLL_MS 2000u   /* between looks for a change */
#define EVENT_LEAST_MS 60000u /* between attempts that wait for a change */
#define DENIED_MS 10000u      /* after the start: machined may not have registered this process yet */

bool boot_pause(const struct boot *boot, unsigned ms)
{
    uint64_t end = clock_ms() + ms;
    for (;;) {
        uint64_t now = clock_ms();
        struct pollfd stop = {.fd = boot->target.stop_fd, .events = POLLIN};
        int ready = poll(&stop, 1, now < end ? (int)(end - now) : 0);
        if (ready > 0)
            return true;
        if (ready == 0)
            return false;
    }
}

/* What a refusal waits on: facts, disks and their contents, the site. Zero bytes when it cannot be read now. */
static void fingerprint(const struct boot *boot, unsigned char out[32])
{
    const char *site = boot->options->site ? boot->options->site : BOOT_SITE;
    struct buf text = {0};
    struct error ignored;
    struct look *look = NULL;
    struct stat st;
    char path[4096];
    json_t *facts = facts_read(boot->options->sysroot ? boot->options->sysroot : "", &ignored);
    char *dump = facts ? json_dumps(facts, JSON_SORT_KEYS) : NULL;
    if (dump)
        buf_str(&text, dump);
    if (look_all(&boot->target, &look, &ignored) == 0) {
        buf_printf(&text, "|%d|%s|", (int)look->stage, look->system_disk ? look->system_disk : "");
        buf_add(&text, look->active_config.p, look->active_config.n);
        for (unsigned i = 0; i < look->volume_count; i++)
            buf_printf(&text, "|%s %s %s", look->volumes[i].id, look->volumes[i].name,
                       look->volumes[i].partition_label);
    }
    snprintf(path, sizeof path, "%s/hearth.yaml", site);
    if (stat(path, &st) == 0)
        buf_printf(&text, "|%lld %lld %lld", (long long)st.st_ino, (long long)st.st_mtime,
                   (long long)st.st_size);
    br_sha256_context sha;
    br_sha256_init(&sha);
    br_sha256_update(&sha, text.data, text.len);
    br_sha256_out(&sha, out);
    buf_free(&text);
    look_free(look);
    free(dump);
    json_decref(facts);
}

/* True: told to stop. */
static bool wait_for_change(const struct boot *boot)
{
    unsigned char before[32], now[32];
    uint64_t begin = clock_ms();
    fingerprint(boot, before);
    for (;;) {
        if (boot_pause(boot, EVENT_POLL_MS))
            return true;
        if (clock_ms() - begin < EVENT_LEAST_MS)
            continue;
        fingerprint(boot, now);
        if (memcmp(before, now, sizeof now) != 0)
            return false;
    }
}

static unsigned jitter(unsigned max_ms)
{
    uint32_t random = 0;
    (void)getrandom(&random, sizeof random, 0);
    return 1000 + (max_ms > 1000 ? random % (max_ms - 1000) : 0);
}

/* How long to wait by class; 0: until something changes. */
static unsigned delay_of(struct boot *boot, const struct error *e)
{
    switch (error_info(e->code)->retry) {
    case RETRY_SOON:
        if (e->retry_after_ms)
            return e->retry_after_ms < SOON_MAX_MS * 10 ? e->retry_after_ms : SOON_MAX_MS * 10;
        boot->tries += boot->tries < 6;
        return jitter(1000u << boot->tries < SOON_MAX_MS ? 1000u << boot->tries : SOON_MAX_MS);
    case RETRY_SLOW:
        return SLOW_MS;
    case RETRY_EVENT:
    case RETRY_STOP:
        break;
    }
    return 0;
}

/* True: told to stop. */
static bool wait_after(struct boot *boot, struct errors *errors)
{
    struct error e = errors->items[0];
    /* Right after the start machined may not know this process yet: not worth a line. */
    if (e.code == E_MACHINED_DENIED && clock_ms() - boot->started < DENIED_MS)
        return boot_pause(boot, POLL_MS);
    unsigned delay = delay_of(boot, &e);
    if (console_failure(&e, delay)) {
        struct error ignored;
        for (unsigned i = 1; i < errors->count; i++)
            log_note("      %s", errors->items[i].text);
        if (boot->details.len)
            (void)file_write_all(STDERR_FILENO, boot->details.data, boot->details.len, "stderr", &ignored);
    }
    return delay ? boot_pause(boot, delay) : wait_for_change(boot);
}

static enum attempt configured(struct boot *boot, const struct look *look, struct errors *errors)
{
    switch (look->stage) {
    case STAGE_BOOTING:
    case STAGE_RUNNING:
        return found(boot, look, errors);
    case STAGE_UNKNOWN:
    case STAGE_INSTALLING:
    case STAGE_MAINTENANCE: /* the config has just been applied */
    case STAGE_REBOOTING:
    case STAGE_SHUTTING_DOWN:
    case STAGE_RESETTING:
    case STAGE_UPGRADING:
        break;
    }
    return ATTEMPT_WAIT;
}

/* One look, then one of the two lines. */
static enum attempt attempt(struct boot *boot, struct errors *errors)
{
    struct error e;
    cleanup(look_cleanup) struct look *look = NULL;
    if (look_stage(&boot->target, &look, &e) != 0) {
        errors_add(errors, &e);
        return ATTEMPT_FAILED;
    }
    if (!look_version_ok(look->talos)) {
        log_note("Talos %s cannot take a machine config from an extension; hearth needs 1.13 or newer and "
                 "leaves this node alone",
                 look->talos);
        return ATTEMPT_DONE;
    }
    if (look->complete)
        return configured(boot, look, errors);
    /* Without a config any other stage is a node that has not read its disk yet. */
    return look->stage == STAGE_MAINTENANCE ? join(boot, &look, errors) : ATTEMPT_WAIT;
}

static int stop_descriptor(void)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    return signalfd(-1, &stops, SFD_CLOEXEC);
}

enum exit_status verb_boot(const struct options *o)
{
    struct boot boot = {
        .options = o,
        .target = {MACHINED_SOCKET, stop_descriptor()},
        .started = clock_ms(),
    };
    bool stopped = false;
    while (!stopped) {
        struct errors errors = {0};
        enum attempt went = attempt(&boot, &errors);
        if (went == ATTEMPT_DONE)
            break;
        if (went == ATTEMPT_FAILED) {
            stopped = errors.items[0].code == E_STOPPED || wait_after(&boot, &errors);
        } else {
            console_good();
            boot.tries = 0;
            stopped = boot_pause(&boot, POLL_MS);
        }
        buf_free(&boot.details);
        errors_free(&errors);
    }
    if (stopped)
        log_note("stopped");
    close(boot.target.stop_fd);
    /* A service that leaves with anything else would be held for broken and could reboot a healthy node. */
    return EXIT_DONE_;
}
