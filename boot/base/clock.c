#include "base/clock.h"
#include "base/date.h"

#include <time.h>

uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int clock_judge(int64_t now, int64_t built, struct error *e)
{
    if (now >= built && now <= built + CLOCK_AHEAD_MAX)
        return 0;
    char says[DATE_TEXT_MAX], made[DATE_TEXT_MAX];
    return error_set(e, E_CLOCK, "the clock says %.10s, and this hearth was built on %.10s",
                     date_text(says, now), date_text(made, built));
}
