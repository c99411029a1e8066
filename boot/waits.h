/*
 * waits.h - what must be so before hearth acts, waited for side by side.
 *
 * Each wait has a deadline of its own and says one line when it is not over at once: udev settled and the disks unchanged for
 * 2 s; a link that is up and an address; a name server; the clock. They are our own because a dependency of the service
 * that stays unmet would reboot a healthy node.
 */
#ifndef HEARTH_WAITS_H
#define HEARTH_WAITS_H

#include "boot.h"

#include <jansson.h>

/*
 * Waits until all hold. On success *look and *facts are of the moment when they did (the old look is freed). Errors, with the
 * list of what was seen: E_WAIT_DISKS, E_WAIT_LINK, E_WAIT_DNS, E_CLOCK; E_STOPPED; those of the look; E_FACTS_READ. When the stage leaves maintenance
 * meanwhile the wait ends well and the caller looks at the stage.
 */
int waits_settle(const struct boot *boot, struct look **look, json_t **facts, struct error *e);

#endif
