#include "node/ready_wait.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/file.h"
#include "embed/version.h"
#include "facts/facts.h"
#include "node/console.h"
#include "node/ready.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#define SAID_AFTER_MS 1000u /* what is over sooner is not worth a line */
#define RESOLV_MAX ((size_t)64 << 10)

static const char *const keys[READY_COUNT] = {"wait-disks", "wait-link", "wait-dns", "wait-clock"};

static bool has_name_server(void)
{
    struct buf text = {0};
    UNSET struct error ignored;
    bool found = file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_MAX, &text, &ignored) == 0 && text.data &&
        strstr(text.data, "nameserver ");
    buf_free(&text);
    return found;
}

/* Forgets what was seen before. */
static int look_again(const struct boot *boot, struct look **look, json_t **facts, struct error *e)
{
    look_free(*look);
    *look = NULL;
    json_decref(*facts);
    *facts = NULL;
    return look_all(&boot->target, look, e);
}

static void say_waiting(const struct ready *ready)
{
    for (unsigned i = 0; i < READY_COUNT; i++) {
        unsigned seconds;
        const char *name = ready_name((enum ready_what)i, &seconds);
        if (!ready->met[i])
            console_note(keys[i], "waiting for %s (at most %u s)", name, seconds);
    }
}

static void say_clock(int64_t now)
{
    UNSET char says[DATE_TEXT_MAX];
    console_note("clock",
                 "the clock is not synchronized: no time server has answered; it says %s, which can be "
                 "right, and certificates "
                 "are judged by it",
                 date_text(says, now));
}

static int wait_all(struct boot *boot, struct ready *ready, struct look **look, json_t **facts,
                    struct error *e)
{
    const char *sysroot = boot->options.sysroot ? boot->options.sysroot : "";
    uint64_t begin = clock_ms();
    for (;;) {
        if (look_again(boot, look, facts, e) != 0)
            return -1;
        if ((*look)->stage != STAGE_MAINTENANCE)
            return 0;
        json_t *devices = facts_devices(sysroot, e);
        if (!devices)
            return -1;
        uint64_t now = clock_ms();
        if (ready_quiet(ready, devices, now - begin) && !(*facts = facts_read(sysroot, e)))
            return -1;
        if (!boot->addressed && (*look)->address_count)
            boot->addressed = now;
        const struct ready_seen seen = {
            .look = *look,
            .facts = *facts,
            .name_server = has_name_server(),
            .elapsed_ms = now - begin,
            .addressed_ms = boot->addressed ? now - boot->addressed : 0,
            .time = (int64_t)time(NULL),
            .built = version_epoch,
        };
        int state = ready_judge(ready, &seen, e);
        if (state > 0 && ready->unsynchronized)
            say_clock(seen.time);
        if (state != 0)
            return state < 0 ? -1 : 0;
        unsigned pause = ready_pause(ready, &seen);
        if (seen.elapsed_ms + pause >= SAID_AFTER_MS)
            say_waiting(ready);
        if (node_pause(boot, pause))
            return error_set(e, E_STOPPED, "while waiting");
    }
}

int ready_wait(struct boot *boot, struct look **look, json_t **facts, struct error *e)
{
    struct ready ready = {0};
    int result = wait_all(boot, &ready, look, facts, e);
    ready_free(&ready);
    return result;
}
