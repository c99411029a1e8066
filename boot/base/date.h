/*
 * date.h - dates of the proleptic Gregorian calendar in UTC, without libc's time zones, which open files.
 */
#ifndef HEARTH_BASE_DATE_H
#define HEARTH_BASE_DATE_H

#include <stdint.h>

#define DATE_TEXT_MAX 80

/* Seconds since 1970. Fields outside their range (month 13, day 0) count on in the usual way, except the
 * month: 1-12. */
int64_t date_seconds(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, int64_t second);

/* "2026-01-31 23:59 UTC". Returns out. */
const char *date_text(char out[DATE_TEXT_MAX], int64_t seconds);

#endif
