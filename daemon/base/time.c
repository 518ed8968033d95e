/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/base/time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char day_names[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };

enum { DAY_MS = 86400000 };

struct civil {
    int64_t year;
    int month, day, hour, minute, second, ms;
    int64_t days; /* since 1970-01-01 */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

/* The proleptic Gregorian calendar by eras of 400 years (146,097 days), years starting in March so
 * that the leap day comes last. Known since Fliegel and Van Flandern, CACM 11(10), 1968. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_of(wall_t t)
{
    struct civil c = { .days = floor_div(t.ms, DAY_MS) };
    int64_t rest = t.ms - c.days * DAY_MS;
    int64_t shifted = c.days + 719468, era = floor_div(shifted, 146097);
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted_month = (5 * of_year + 2) / 153;
    c.day = (int)(of_year - (153 * shifted_month + 2) / 5 + 1);
    c.month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    c.year = year + era * 400 + (c.month <= 2 ? 1 : 0);
    c.ms = (int)(rest % 1000);
    c.second = (int)(rest / 1000 % 60);
    c.minute = (int)(rest / 60000 % 60);
    c.hour = (int)(rest / 3600000);
    return c;
}

static bool civil_to_wall(const struct civil *c, wall_t *ret)
{
    static const int lengths[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (c->year < 0 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
        c->day > lengths[c->month - 1] || c->hour > 23 || c->minute > 59 || c->second > 60)
        return false;
    int64_t seconds = ((days_from_civil(c->year, c->month, c->day) * 24 + c->hour) * 60 +
                       c->minute) *
                          60 +
                      c->second;
    ret->ms = seconds * 1000 + c->ms;
    return true;
}

void wall_iso8601(wall_t t, char text[32])
{
    struct civil c = civil_of(t);
    int year = (int)(c.year < 0 ? 0 : c.year > 9999 ? 9999 : c.year);
    if (c.ms != 0)
        (void)snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, c.month, c.day,
                       c.hour, c.minute, c.second, c.ms);
    else
        (void)snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, c.month, c.day, c.hour,
                       c.minute, c.second);
}

void wall_basic(wall_t t, char text[17])
{
    struct civil c = civil_of(t);
    char long_text[64];
    (void)snprintf(long_text, sizeof long_text, "%04d%02d%02dT%02d%02d%02dZ", (int)(c.year % 10000),
                   c.month, c.day, c.hour, c.minute, c.second);
    memcpy(text, long_text, 16);
    text[16] = '\0';
}

void wall_http_date(wall_t t, char text[30])
{
    struct civil c = civil_of(t);
    int64_t day = c.days - floor_div(c.days, 7) * 7;
    char long_text[64];
    (void)snprintf(long_text, sizeof long_text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                   day_names[day], c.day, month_names[c.month - 1], (int)(c.year % 10000), c.hour,
                   c.minute, c.second);
    memcpy(text, long_text, 29);
    text[29] = '\0';
}

/* Reads exactly n digits and moves on. */
static bool digits(const char **p, int n, int *ret)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return false;
        value = value * 10 + (**p - '0');
    }
    *ret = value;
    return true;
}

static bool literal(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

/* "", "Z" or "+01:00" at the end of an ISO 8601 time; minutes east of UTC. */
static bool zone(const char *p, int *ret_minutes)
{
    int hours, minutes;
    *ret_minutes = 0;
    if (*p == 'Z')
        return p[1] == '\0';
    if (*p != '+' && *p != '-')
        return *p == '\0';
    int sign = *p++ == '-' ? -1 : 1;
    if (!digits(&p, 2, &hours) || !literal(&p, ':') || !digits(&p, 2, &minutes) || *p != '\0')
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

_Bool wall_parse_iso8601(const char *text, wall_t *ret)
{
    struct civil c = { 0 };
    int year, offset;
    const char *p = text;
    if (!digits(&p, 4, &year) || !literal(&p, '-') || !digits(&p, 2, &c.month) ||
        !literal(&p, '-') || !digits(&p, 2, &c.day) || (*p != 'T' && *p != 't' && *p != ' '))
        return false;
    p++;
    if (!digits(&p, 2, &c.hour) || !literal(&p, ':') || !digits(&p, 2, &c.minute) ||
        !literal(&p, ':') || !digits(&p, 2, &c.second))
        return false;
    if (*p == '.') {
        int scale = 100;
        for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
            c.ms += (*p - '0') * scale;
    }
    c.year = year;
    if (!zone(p, &offset) || !civil_to_wall(&c, ret))
        return false;
    ret->ms -= (int64_t)offset * 60000;
    return true;
}

_Bool wall_parse_basic(const char *text, wall_t *ret)
{
    struct civil c = { 0 };
    int year;
    const char *p = text;
    if (!digits(&p, 4, &year) || !digits(&p, 2, &c.month) || !digits(&p, 2, &c.day) ||
        !literal(&p, 'T') || !digits(&p, 2, &c.hour) || !digits(&p, 2, &c.minute) ||
        !digits(&p, 2, &c.second) || !literal(&p, 'Z') || *p != '\0')
        return false;
    c.year = year;
    return civil_to_wall(&c, ret);
}

_Bool wall_parse_http_date(const char *text, wall_t *ret)
{
    struct civil c = { 0 };
    int year;
    const char *p = strchr(text, ',');
    if (p == NULL || p - text != 3)
        return false;
    p++;
    if (!literal(&p, ' ') || !digits(&p, 2, &c.day) || !literal(&p, ' '))
        return false;
    for (c.month = 1; c.month <= 12 && strncmp(p, month_names[c.month - 1], 3) != 0;)
        c.month++;
    if (c.month > 12)
        return false;
    p += 3;
    if (!literal(&p, ' ') || !digits(&p, 4, &year) || !literal(&p, ' ') ||
        !digits(&p, 2, &c.hour) || !literal(&p, ':') || !digits(&p, 2, &c.minute) ||
        !literal(&p, ':') || !digits(&p, 2, &c.second))
        return false;
    if (*p == '.') { /* some services add fractions */
        int scale = 100;
        for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
            c.ms += (*p - '0') * scale;
    }
    c.year = year;
    return strcmp(p, " GMT") == 0 && civil_to_wall(&c, ret);
}
