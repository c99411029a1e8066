#include "base/clock.h"

#include <time.h>

uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* "2026-11-22" of seconds since 1970, for a person; "an impossible date" when it is none. */
static const char *day_of(int64_t seconds, char out[32])
{
    struct tm parts;
    time_t at = (time_t)seconds;
    if (!gmtime_r(&at, &parts) || strftime(out, 32, "%Y-%m-%d", &parts) == 0)
        return "an impossible date";
    return out;
}

int clock_judge(int64_t now, int64_t built, struct error *e)
{
    char says[32], made[32];
    if (now >= built && now <= built + CLOCK_AHEAD_MAX)
        return 0;
    return error_set(e, E_CLOCK, "the clock says %s, and this hearth was built on %s", day_of(now, says),
                     day_of(built, made));
}
