#include "node/ready.h"

#include "base/buf.h"
#include "base/clock.h"

#define QUIET_MS 2000u
#define POLL_MS 250u
#define SYNC_MS 60000u /* for Talos's own time sync; after it a plausible clock is enough */

static const struct {
    const char *name;
    unsigned seconds;
} waits[READY_COUNT] = {
    [READY_DISKS] = {"disks to settle", 60},
    [READY_LINK] = {"an address", 60},
    [READY_DNS] = {"a name server", 30},
    [READY_CLOCK] = {"the clock", 62},
};

const char *ready_name(enum ready_what what, unsigned *seconds)
{
    *seconds = waits[what].seconds;
    return waits[what].name;
}

static bool has_installable(const json_t *facts)
{
    size_t i;
    json_t *disk;
    bool found = false;
    json_array_foreach(json_object_get(facts, "disks"), i, disk) found =
        found || json_is_true(json_object_get(disk, "installable"));
    return found;
}

bool ready_quiet(struct ready *r, json_t *devices, uint64_t elapsed_ms)
{
    if (!json_equal(devices, r->last))
        r->unchanged_ms = elapsed_ms;
    json_decref(r->last);
    r->last = devices;
    return elapsed_ms - r->unchanged_ms >= QUIET_MS;
}

static void judge(struct ready *r, const struct ready_seen *s)
{
    r->met[READY_DISKS] = s->look->devices_ready && has_installable(s->facts) && look_choosable(s->look) > 0;
    r->met[READY_LINK] = s->look->address_count > 0;
    r->met[READY_DNS] = s->name_server;
    r->unsynchronized = !s->look->time_synced;
    UNSET struct error ignored;
    r->met[READY_CLOCK] = s->look->time_synced ||
        ((s->look->time_sync_off || s->addressed_ms >= SYNC_MS) &&
         clock_judge(s->time, s->built, &ignored) == 0);
}

static int give_up_link(unsigned seconds, const json_t *facts, struct error *e)
{
    size_t i;
    json_t *link;
    unsigned nics = 0, plugged = 0;
    json_array_foreach(json_object_get(facts, "links"), i, link)
    {
        bool physical = json_is_true(json_object_get(link, "physical"));
        nics += physical;
        plugged += physical && json_is_true(json_object_get(link, "link_state"));
    }
    return error_set(e, E_WAIT_LINK, "no address after %u s; %u network port%s, %u with a link", seconds,
                     nics, nics == 1 ? "" : "s", plugged);
}

static int give_up(enum ready_what what, const struct ready_seen *s, struct error *e)
{
    unsigned seconds = waits[what].seconds;
    struct buf seen = {.max = 512};
    switch (what) {
    case READY_DISKS:
        /* Not the loops of the medium's layers, which Talos lists as disks. */
        for (unsigned i = 0; i < s->look->disk_count; i++)
            if (s->look->disks[i].transport[0])
                buf_printf(&seen, "%s%s (%s)", seen.len ? ", " : "", s->look->disks[i].id,
                           s->look->disks[i].transport);
        error_set(e, E_WAIT_DISKS, "after %u s: udev %s; disks seen: %s", seconds,
                  s->look->devices_ready ? "settled" : "not settled", seen.len ? seen.data : "none");
        buf_free(&seen);
        return -1;
    case READY_LINK:
        return give_up_link(seconds, s->facts, e);
    case READY_DNS:
        return error_set(e, E_WAIT_DNS, "/etc/resolv.conf names no server after %u s", seconds);
    case READY_CLOCK:
        break;
    }
    if (clock_judge(s->time, s->built, e) == 0)
        error_set(e, E_CLOCK, "not synchronized");
    return error_wrap(e, "after %u s", seconds);
}

int ready_judge(struct ready *r, const struct ready_seen *seen, struct error *e)
{
    judge(r, seen);
    bool all = true;
    for (unsigned i = 0; i < READY_COUNT; i++) {
        all = all && r->met[i];
        uint64_t waited = i == READY_CLOCK ? seen->addressed_ms : seen->elapsed_ms;
        if (!r->met[i] && waited >= waits[i].seconds * 1000u)
            return give_up((enum ready_what)i, seen, e);
    }
    return all;
}

unsigned ready_pause(const struct ready *r, const struct ready_seen *seen)
{
    uint64_t end = r->unchanged_ms + QUIET_MS;
    return seen->elapsed_ms + POLL_MS < end ? (unsigned)(end - seen->elapsed_ms) : POLL_MS;
}

void ready_free(struct ready *r)
{
    json_decref(r->last);
    *r = (struct ready){0};
}
