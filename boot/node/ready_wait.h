/*
 * ready_wait.h - what must be so before hearth acts, waited for side by side (ready.h); one line for each that is not
 * met at once.
 */
#ifndef HEARTH_NODE_READY_WAIT_H
#define HEARTH_NODE_READY_WAIT_H

#include "node/node.h"

#include <jansson.h>

/*
 * Waits until all hold. *look and *facts (each owned by the caller, and NULL or what was read before) become those of
 * the moment when they did. Errors: those of ready_judge(); E_STOPPED; those of the look; E_FACTS_READ. When the stage
 * leaves maintenance meanwhile the wait ends well and the caller looks at the stage.
 */
int ready_wait(struct boot *boot, struct look **look, json_t **facts, struct error *e);

#endif
