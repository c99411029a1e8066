/*
 * ready.h - may hearth act on what it sees? Pure: looks and times in, a verdict out.
 *
 * Four things are waited for side by side, each with a deadline of its own: udev settled and no disk or link new, gone
 * or another for 2 s (USB and NVMe scans come late and one by one); an address; a name server; the clock. They are not
 * dependencies of the service, because one that stays unmet would reboot a healthy node.
 */
#ifndef HEARTH_NODE_READY_H
#define HEARTH_NODE_READY_H

#include "base/error.h"
#include "talos/look.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum ready_what { READY_DISKS, READY_LINK, READY_DNS, READY_CLOCK };
#define READY_COUNT 4

/* What is seen at one moment. Borrowed. */
struct ready_seen {
    const struct look *look;
    /* NULL: not read, because ready_quiet() was false */
    const json_t *facts;
    bool name_server;
    /* since the wait began */
    uint64_t elapsed_ms;
    /* since the first look with an address: Talos cannot ask for the time before; 0: there was none */
    uint64_t addressed_ms;
    /* seconds since 1970, as the box has it */
    int64_t time;
    /* of this program */
    int64_t built;
};

/* Zero-initialise; ready_free(). */
struct ready {
    /* the devices as they were */
    json_t *last;
    /* elapsed_ms when they last changed */
    uint64_t unchanged_ms;
    bool met[READY_COUNT];
    /* the clock is met by being plausible alone */
    bool unsynchronized;
};

/* Whether the devices have been as they are for 2 s, and facts are worth reading. Takes over what facts_devices()
 * gave at this time since the wait began. */
bool ready_quiet(struct ready *r, json_t *devices, uint64_t elapsed_ms);

/* After ready_quiet(). 1: all met. 0: look again. -1: one has given up, with what was seen of it: E_WAIT_DISKS,
 * E_WAIT_LINK, E_WAIT_DNS, E_CLOCK. */
int ready_judge(struct ready *r, const struct ready_seen *seen, struct error *e);
void ready_free(struct ready *r);

/* After a 0: milliseconds until the next look, 250 to 2000. Before the disks can have been quiet for long enough
 * nothing can be met, and a look costs more than the rest of the wait; what changed meanwhile begins that time anew. */
unsigned ready_pause(const struct ready *r, const struct ready_seen *seen);

/* "disks to settle", and its deadline in seconds. */
const char *ready_name(enum ready_what what, unsigned *seconds);

#endif
