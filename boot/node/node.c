#include "node/node.h"

#include "base/fd.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "embed/version.h"
#include "node/console.h"
#include "node/marks.h"
#include "node/watch.h"
#include "site/site.h"
#include "talos/machined.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS 500u /* between looks while machined is on its way */
#define SOON_MAX_MS 60000u
#define SLOW_MS 600000u
#define SERVER_MAX_MS 3600000u /* what a server may ask for: an hour, as in net/http.h */
#define TRIES_MAX 6            /* 2^6 s is past SOON_MAX_MS */
#define DENIED_MS 10000u       /* after the start: machined may not have registered this process yet */
#define GONE_MS 2000u          /* after machined's socket went: SIGTERM may be behind it */
#define LEAVING_MS 15000u      /* the same, of a node that was leaving: Talos gives a service 10 s */
#define ENVIRONMENT_MAX 64     /* variables that a new start is given */

bool node_pause(const struct boot *boot, unsigned ms)
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

/* Full jitter from 1 s up to what `tries` failures in a row have earned. */
static unsigned jitter(unsigned tries)
{
    uint32_t random = 0;
    unsigned most = 1000u << tries < SOON_MAX_MS ? 1000u << tries : SOON_MAX_MS;
    (void)random_fill(&random, sizeof random);
    return 1000 + random % (most - 999);
}

/* How long to wait by class; 0: until something changes. */
static unsigned delay_of(struct boot *boot, const struct error *e)
{
    switch (e->passing ? RETRY_SOON : error_info(e->code).retry) {
    case RETRY_SOON:
        boot->tries += boot->tries < TRIES_MAX;
        /* On top of what a server asks for too: a rack of boxes was told the same. */
        return (e->retry_after_ms < SERVER_MAX_MS ? e->retry_after_ms : SERVER_MAX_MS) + jitter(boot->tries);
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
        return node_pause(boot, POLL_MS);
    /* A socket that goes is most often the node on its way down, and the last word of a good install is no error. */
    bool gone = e.code == E_MACHINED_SOCKET || e.code == E_MACHINED_LOST;
    if (gone && boot->answered && node_pause(boot, boot->leaving ? LEAVING_MS : GONE_MS))
        return true;
    unsigned delay = delay_of(boot, &e);
    if (console_failure(&e, delay)) {
        for (unsigned i = 1; i < errors->count; i++)
            log_note("      %s", errors->items[i].text);
        if (boot->details.len && boot->options.json)
            log_event("details", json_pack("{s:s}", "table", boot->details.data), "", "");
        log_table(&boot->details);
    }
    return delay ? node_pause(boot, delay) : watch_wait(boot);
}

static enum attempt configured(struct boot *boot, const struct look *look, struct errors *errors)
{
    switch (look->stage) {
    case STAGE_BOOTING:
    case STAGE_RUNNING:
        return node_bootstrap(boot, look, errors);
    case STAGE_MAINTENANCE: /* the config has just been applied */
        if (look->type == LOOK_TYPE_UNKNOWN && !marks_has(MARK_APPLIED))
            console_note("complete",
                         "a machine config is active; if the node stays in maintenance mode all the same, it "
                         "is a partial one that is not in block style, with `kind:` at the beginning of a "
                         "line: hearth waits");
        break;
    case STAGE_UNKNOWN:
    case STAGE_INSTALLING:
    case STAGE_REBOOTING:
    case STAGE_SHUTTING_DOWN:
    case STAGE_RESETTING:
    case STAGE_UPGRADING:
        break;
    }
    return ATTEMPT_WAIT;
}

int node_site_has(const struct boot *boot, const char *file, bool *has, struct error *e)
{
    UNSET char path[4096];
    snprintf(path, sizeof path, "%s/%s", boot->options.site, file);
    *has = access(path, F_OK) == 0;
    if (*has || errno == ENOENT || errno == ENOTDIR)
        return 0;
    return error_errno(e, E_FILE_READ, errno, "%s", path);
}

/* Of these stages the end is that machined's socket goes, and SIGTERM comes. */
static bool is_leaving(enum machine_stage stage)
{
    return stage == STAGE_INSTALLING || stage == STAGE_REBOOTING || stage == STAGE_SHUTTING_DOWN ||
        stage == STAGE_RESETTING || stage == STAGE_UPGRADING;
}

/* One look, then one of the two lines. */
static enum attempt attempt(struct boot *boot, struct errors *errors)
{
    /* A fetcher of the time before start_anew(). */
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    struct error e;
    cleanup(look_cleanup) struct look *look = NULL;
    if (look_stage(&boot->target, &look, &e) != 0) {
        errors_add(errors, &e);
        return ATTEMPT_FAILED;
    }
    boot->answered = true;
    boot->leaving = boot->installing || is_leaving(look->stage);
    if (!look_version_ok(look->talos)) {
        log_note("Talos %s cannot take a machine config from an extension; hearth needs 1.13 or newer and "
                 "leaves this node alone",
                 look->talos);
        return ATTEMPT_DONE;
    }
    if (look->complete)
        return configured(boot, look, errors);
    /* Without a config any other stage is a node that has not read its disk yet. */
    if (look->stage != STAGE_MAINTENANCE)
        return ATTEMPT_WAIT;
    bool site;
    if (node_site_has(boot, SITE_INVENTORY, &site, &e) != 0) {
        errors_add(errors, &e);
        return ATTEMPT_FAILED;
    }
    if (!site) {
        console_event(
            "no-site", NULL,
            "there is no %s/hearth.yaml: this image carries hearth without a site, so the node stays in "
            "maintenance mode; boot a medium made with one (`make usb`, `make pxe`)",
            boot->options.site);
        return ATTEMPT_DONE;
    }
    return node_join(boot, &look, errors);
}

/* Where there is no descriptor to wait with, and so no call to be ended in good order. */
static void stop_here(int sig)
{
    (void)sig;
    mem_wipe_all();
    _exit(EXIT_DONE_);
}

static int stop_descriptor(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    const struct sigaction here = {.sa_handler = stop_here};
    sigset_t stops;
    sigemptyset(&stops);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&stops, signals[i]);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    int fd = signalfd(-1, &stops, SFD_CLOEXEC);
    for (size_t i = 0; fd < 0 && i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &here, NULL);
    if (fd < 0)
        sigprocmask(SIG_UNBLOCK, &stops, NULL);
    return fd;
}

/* What a start after the end of memory needs, none of it on the heap. */
static struct {
    char *argv[8];
    char *envp[ENVIRONMENT_MAX + 2];
    char size[64];
} anew;

#define NO_MEMORY_VARIABLE "HEARTH_NO_MEMORY="

static void remember_start(const struct options *o)
{
    const char *words[8] = {"hearth", "boot", "--site", o->site};
    unsigned n = 4;
    if (o->json)
        words[n++] = "--json";
    if (o->sysroot) {
        words[n++] = "--sysroot";
        words[n] = o->sysroot;
    }
    memcpy(anew.argv, words, sizeof words);
    n = 0;
    for (char **variable = environ; *variable && n < ENVIRONMENT_MAX; variable++)
        if (strncmp(*variable, NO_MEMORY_VARIABLE, sizeof NO_MEMORY_VARIABLE - 1) != 0)
            anew.envp[n++] = *variable;
    anew.envp[n] = anew.size;
}

/* A heap that is full leaves nothing to go on with, and the service must not end: hearth starts anew, with the same
 * process id, and what it says first is this. The fetcher has last words of its own. */
static void start_anew(size_t n)
{
    snprintf(anew.size, sizeof anew.size, NO_MEMORY_VARIABLE "%zu", n);
    mem_wipe_all();
    execve("/proc/self/exe", anew.argv, anew.envp);
}

/* Goes on until there is nothing left to do, or until told to stop. */
static void run(struct boot *boot, const char *no_memory)
{
    bool stopped = false;
    while (!stopped) {
        struct errors errors = {0};
        enum attempt went = ATTEMPT_FAILED;
        if (no_memory) {
            struct error e;
            error_set(&e, E_NO_MEMORY, "%s bytes more would pass the cap on memory", no_memory);
            errors_add(&errors, &e);
            no_memory = NULL;
        } else {
            went = attempt(boot, &errors);
        }
        if (went == ATTEMPT_FAILED) {
            stopped = errors.items[0].code == E_STOPPED || wait_after(boot, &errors);
        } else if (went != ATTEMPT_DONE) {
            /* What is only waited for has not gone well yet. */
            if (went == ATTEMPT_AGAIN) {
                console_good();
                boot->tries = 0;
            }
            stopped = node_pause(boot, POLL_MS);
        }
        buf_free(&boot->details);
        errors_free(&errors);
        if (went == ATTEMPT_DONE)
            return;
    }
    console_event("stopped", NULL, "the next run goes on from here");
}

void node_run(const struct options *o)
{
    struct boot boot = {
        .options = *o,
        .target = {.socket = MACHINED_SOCKET, .stop_fd = stop_descriptor()},
        .started = clock_ms(),
    };
    if (!boot.options.site)
        boot.options.site = NODE_SITE;
    remember_start(&boot.options);
    mem_on_exhausted = start_anew;
    console_event("hearth", json_pack("{s:s}", "version", version_text),
                  "%s: asking machined what this node is", version_text);
    run(&boot, getenv("HEARTH_NO_MEMORY"));
    fd_cleanup(&boot.target.stop_fd);
}
