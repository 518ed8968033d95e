/* SPDX-License-Identifier: Apache-2.0 */
/* time: the two clocks of drd, as values. Nothing here reads a clock: the shell does and passes
 * the reading as an argument, which is why the brain can be simulated and replayed. */
#ifndef DRD_TIME_H
#define DRD_TIME_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME, or a duration in milliseconds. Every decision uses this. */
typedef int64_t msec_t;
/* Milliseconds since 1970-01-01 UTC. A struct, so that it cannot slip into a decision: it is for
 * signing and for records only. */
typedef struct {
    int64_t ms;
} wall_t;

struct now {
    msec_t boot;
    wall_t wall;
};

#define SECONDS(n) ((msec_t)(n) * 1000)
#define MINUTES(n) ((msec_t)(n) * 60 * 1000)
#define HOURS(n) ((msec_t)(n) * 60 * 60 * 1000)
#define NEVER INT64_MAX

static inline msec_t msec_min(msec_t a, msec_t b)
{
    return a < b ? a : b;
}
static inline msec_t msec_max(msec_t a, msec_t b)
{
    return a > b ? a : b;
}

/* Civil time without libc's time zones: "2026-11-22T15:04:05Z" (ISO 8601) and back.
 * wall_iso8601 writes at most 32 bytes including NUL; with milliseconds only if there are any.
 * wall_parse_iso8601 accepts fractions and numeric offsets; false if text is no such date. */
void wall_iso8601(wall_t t, char text[32]);
_Bool wall_parse_iso8601(const char *text, wall_t *ret);
/* "20261122T150405Z": what SigV4 calls the basic format; 17 bytes with NUL. */
void wall_basic(wall_t t, char text[17]);
_Bool wall_parse_basic(const char *text, wall_t *ret);
/* "Sun, 22 Nov 2026 15:04:05 GMT" (RFC 7231 IMF-fixdate); 30 bytes with NUL. */
void wall_http_date(wall_t t, char text[30]);
_Bool wall_parse_http_date(const char *text, wall_t *ret);

#endif
