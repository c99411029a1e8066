/*
 * clock.h - two clocks: one that only measures, one that judges.
 *
 * Deadlines are monotonic. The time of day judges certificates and signs assertions, so it is believed only where it
 * can be right: not before this program was built, and not long after.
 */
#ifndef HEARTH_BASE_CLOCK_H
#define HEARTH_BASE_CLOCK_H

#include "base/error.h"

#include <stdint.h>

#define CLOCK_AHEAD_MAX ((int64_t)3 * 366 * 86400) /* seconds after the build that a clock is believed */

/* Milliseconds of the monotonic clock. */
uint64_t clock_ms(void);

/* Whether `now` can be right for a program built at `built` (both seconds since 1970). 0, or -1 and E_CLOCK. */
int clock_judge(int64_t now, int64_t built, struct error *e);

#endif
