/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/reach.h"

enum { DARK_AFTER = 3, DELAY_FIRST = 2000, DELAY_MOST = 60 * 1000 };

void reach_clear(struct reach *r)
{
    free(r->places);
    *r = (struct reach){ 0 };
}

static struct reach_place *find(const struct reach *r, enum region region, const char *service)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->places[i].region == region && str_eq(r->places[i].service, service))
            return &r->places[i];
    return NULL;
}

/* No word from AWS itself: refused, reset, timed out, or a load balancer's 5xx. */
static bool silent(const struct answer *answer)
{
    return answer->class == AWS_TRANSIENT || answer->class == AWS_UNKNOWN_OUTCOME;
}

bool reach_answered(struct reach *r, enum region region, const char *service,
                    const struct answer *answer, msec_t now)
{
    struct reach_place *place = find(r, region, service);
    if (!silent(answer)) {
        bool lit = place != NULL && place->failures >= DARK_AFTER;
        if (place != NULL)
            place->failures = 0;
        return lit;
    }
    if (place == NULL) {
        r->places = xrealloc(r->places, r->n + 1, sizeof(*r->places));
        place = &r->places[r->n++];
        *place = (struct reach_place){ .region = region, .service = service };
    }
    place->failures++;
    if (place->failures == DARK_AFTER) {
        place->dark_since = now;
        place->delay = DELAY_FIRST;
        place->try_at = now + place->delay;
    } else if (place->failures > DARK_AFTER && now >= place->try_at) {
        place->delay = msec_min(place->delay * 2, DELAY_MOST);
        place->try_at = now + place->delay;
    }
    return false;
}

bool reach_dark(const struct reach *r, enum region region, const char *service)
{
    const struct reach_place *place = find(r, region, service);
    return place != NULL && place->failures >= DARK_AFTER;
}

bool reach_may_try(struct reach *r, enum region region, const char *service, msec_t now)
{
    struct reach_place *place = find(r, region, service);
    if (place == NULL || place->failures < DARK_AFTER)
        return true;
    if (now < place->try_at)
        return false;
    place->try_at = now + place->delay;
    return true;
}

json_t *reach_status(const struct reach *r, msec_t now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        const struct reach_place *p = &r->places[i];
        if (p->failures >= DARK_AFTER)
            json_array_append_new(list, json_pack("{ss ss sI sI}", "region", region_name(p->region),
                                                  "service", p->service, "failures",
                                                  (json_int_t)p->failures, "dark_ms",
                                                  (json_int_t)(now - p->dark_since)));
    }
    return list;
}
