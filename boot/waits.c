#include "waits.h"

#include "base/clock.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "console.h"
#include "embed/version.h"
#include "facts/facts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS 250u
#define QUIET_MS 2000u /* disks and links unchanged: USB and NVMe scans come late and one by one */
#define DISKS_MS 60000u
#define LINK_MS 60000u
#define DNS_MS 30000u
#define CLOCK_MS 60000u /* for Talos's own time sync; after it a plausible clock is enough */
#define CLOCK_AHEAD_MAX ((int64_t)3 * 366 * 86400)
#define RESOLV_MAX ((size_t)64 << 10)

struct wait {
    const char *key;  /* console_note's */
    const char *what; /* "disks to settle" */
    unsigned deadline_ms;
    bool met;
};

struct waiting {
    const struct boot *boot;
    struct look *look;
    json_t *facts;
    json_t *last;       /* disks and links of the look before */
    uint64_t unchanged; /* clock_ms() since when they are the same */
    struct wait disks, link, dns, clock;
};

/* What must not change any more: the facts of disks and the names and states of links. */
static json_t *hardware(const json_t *facts)
{
    return json_pack("{s:O, s:O}", "disks", json_object_get(facts, "disks"), "links",
                     json_object_get(facts, "links"));
}

static bool has_installable(const json_t *facts)
{
    size_t i;
    json_t *disk;
    json_array_foreach(json_object_get(facts, "disks"), i,
                       disk) if (json_is_true(json_object_get(disk, "installable"))) return true;
    return false;
}

static bool has_name_server(void)
{
    struct buf text = {0};
    struct error ignored;
    bool found = file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_MAX, &text, &ignored) == 0 && text.data &&
        strstr(text.data, "nameserver ");
    buf_free(&text);
    return found;
}

static bool plausible(void)
{
    int64_t now = (int64_t)time(NULL);
    return now >= version_epoch && now <= version_epoch + CLOCK_AHEAD_MAX;
}

static int read_all(struct waiting *w, struct error *e)
{
    look_free(w->look);
    w->look = NULL;
    json_decref(w->facts);
    w->facts = NULL;
    if (look_all(&w->boot->target, &w->look, e) != 0)
        return -1;
    w->facts = facts_read(w->boot->options->sysroot ? w->boot->options->sysroot : "", e);
    return w->facts ? 0 : -1;
}

static void judge(struct waiting *w, uint64_t now)
{
    json_t *seen = hardware(w->facts);
    if (!json_equal(seen, w->last)) {
        json_decref(w->last);
        w->last = json_incref(seen);
        w->unchanged = now;
    }
    json_decref(seen);
    w->disks.met = w->look->devices_ready && has_installable(w->facts) && w->look->disk_count > 0 &&
        now - w->unchanged >= QUIET_MS;
    w->link.met = w->look->address_count > 0;
    w->dns.met = has_name_server();
    w->clock.met = w->look->time_synced ||
        ((w->look->time_sync_off || now - w->boot->started >= CLOCK_MS) && plausible());
    if (w->clock.met && !w->look->time_synced)
        console_note("clock", "the clock is not synchronized; it says %lld, which this build finds plausible",
                     (long long)time(NULL));
}

static int give_up(const struct waiting *w, const struct wait *wait, struct error *e)
{
    if (wait == &w->disks) {
        struct buf seen = {.max = 512};
        for (unsigned i = 0; i < w->look->disk_count; i++)
            buf_printf(&seen, "%s%s (%s)", i ? ", " : "", w->look->disks[i].id, w->look->disks[i].transport);
        error_set(e, E_WAIT_DISKS, "after %u s: udev %s; disks seen: %s", wait->deadline_ms / 1000,
                  w->look->devices_ready ? "settled" : "not settled", seen.len ? seen.data : "none");
        buf_free(&seen);
        return -1;
    }
    if (wait == &w->link)
        return error_set(e, E_WAIT_LINK, "no address after %u s on any of %zu links",
                         wait->deadline_ms / 1000, json_array_size(json_object_get(w->facts, "links")));
    if (wait == &w->dns)
        return error_set(e, E_WAIT_DNS, "/etc/resolv.conf names no server after %u s",
                         wait->deadline_ms / 1000);
    return error_set(
        e, E_CLOCK,
        "not synchronized after %u s, and it says %lld seconds since 1970; this hearth was built at %lld",
        wait->deadline_ms / 1000, (long long)time(NULL), (long long)version_epoch);
}

/* 1: all met, 0: go on, -1: one has given up. */
static int check(struct waiting *w, uint64_t elapsed, struct error *e)
{
    struct wait *const all[] = {&w->disks, &w->link, &w->dns, &w->clock};
    bool met = true;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i]->met)
            continue;
        met = false;
        if (elapsed >= all[i]->deadline_ms)
            return give_up(w, all[i], e);
        if (elapsed >= 1000)
            console_note(all[i]->key, "waiting for %s (at most %u s)", all[i]->what,
                         all[i]->deadline_ms / 1000);
    }
    return met;
}

static int wait_all(struct waiting *w, struct error *e)
{
    uint64_t begin = clock_ms();
    for (;;) {
        if (read_all(w, e) != 0)
            return -1;
        if (w->look->stage != STAGE_MAINTENANCE)
            return 0;
        uint64_t now = clock_ms();
        judge(w, now);
        int state = check(w, now - begin, e);
        if (state != 0)
            return state < 0 ? -1 : 0;
        if (boot_pause(w->boot, POLL_MS))
            return error_set(e, E_STOPPED, "while waiting");
    }
}

int waits_settle(const struct boot *boot, struct look **look, json_t **facts, struct error *e)
{
    struct waiting w = {
        .boot = boot,
        .look = *look,
        .disks = {"wait-disks", "disks to settle", DISKS_MS, false},
        .link = {"wait-link", "an address", LINK_MS, false},
        .dns = {"wait-dns", "a name server", DNS_MS, false},
        .clock = {"wait-clock", "the clock", CLOCK_MS + 2000, false},
    };
    *look = NULL;
    int result = wait_all(&w, e);
    json_decref(w.last);
    if (result != 0) {
        look_free(w.look);
        json_decref(w.facts);
        return -1;
    }
    *look = w.look;
    *facts = w.facts;
    return 0;
}
