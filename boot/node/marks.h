/*
 * marks.h - what a process of this boot leaves for the one that comes after it.
 *
 * machined starts hearth anew whenever hearth's document changes, and that is what hearth's own second apply does. A
 * mark is an empty file in a tmpfs of the box, so that it ends with the boot. Where there is no such place (a service
 * spec of an earlier hearth) a mark lasts as long as the process.
 */
#ifndef HEARTH_NODE_MARKS_H
#define HEARTH_NODE_MARKS_H

#include <stdbool.h>

#define MARKS_DIR "/system/run/hearth" /* mounted by embed/extension/hearth.yaml */

enum mark {
    MARK_APPLIED,   /* hearth has configured this node in this boot */
    MARK_BOOTSTRAP, /* machined has taken a Bootstrap */
    MARK_WIPED, /* the install disk was wiped: machined installs nothing before it has been started anew */
    MARK_COUNT
};

bool marks_has(enum mark mark);
void marks_set(enum mark mark);
void marks_clear(enum mark mark);

#endif
