#include "base/date.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY 86400

/* Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last. */
int64_t date_seconds(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, int64_t second)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (era * 146097 + day_of_era - 719468) * DAY + hour * 3600 + minute * 60 + second;
}

const char *date_text(char out[DATE_TEXT_MAX], int64_t seconds)
{
    int64_t rest = seconds % DAY + (seconds % DAY < 0 ? DAY : 0);
    int64_t days = seconds / DAY - (seconds % DAY < 0);
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    snprintf(out, DATE_TEXT_MAX, "%04" PRId64 "-%02" PRId64 "-%02" PRId64 " %02" PRId64 ":%02" PRId64 " UTC",
             year, month, day, rest / 3600, rest / 60 % 60);
    return out;
}
