/* SPDX-License-Identifier: Apache-2.0 */
/* cloud_unit: a cloud of three regions under a clock that tests turn by hand, and calls in one
 * line each. */
#ifndef DRD_CLOUD_UNIT_H
#define DRD_CLOUD_UNIT_H

#include "tests/sandbox/cloud.h"
#include "tests/unit/unit.h"

struct world {
    struct cloud *cloud;
    struct caller caller;
    struct now now;
};

static inline void world_wait(struct world *w, msec_t ms)
{
    w->now.boot += ms;
    w->now.wall.ms += ms;
}

static inline struct world world_new(uint64_t seed)
{
    static const enum region regions[] = { REGION_US_EAST_1, REGION_US_EAST_2, REGION_US_WEST_2 };
    struct cloud_settings settings = { .regions = regions, .n_regions = 3, .seed = seed };
    struct world w = { .cloud = cloud_new(&settings),
                       .now = { .boot = 1000000, .wall = { 1780000000000 } } };
    cloud_add_user(w.cloud, "tester", "AKIATESTER", "secret", NULL);
    w.caller = cloud_caller(w.cloud, "AKIATESTER", "test");
    return w;
}

static inline void world_clear(struct world *w)
{
    cloud_free(w->cloud);
}

/* Takes args. A second passes before each call, so that rates never interfere. */
static inline struct answer world_call(struct world *w, const char *operation, enum region region,
                                       json_t *args)
{
    world_wait(w, SECONDS(1));
    struct call call = call_new(operation, region, args, NULL);
    struct answer answer = cloud_call(w->cloud, &w->caller, &call, w->now);
    call_clear(&call);
    return answer;
}

/* The body of a call that must succeed; a new reference. args is single-quoted JSON. */
static inline json_t *world_ok(struct world *w, const char *operation, enum region region,
                               const char *args)
{
    struct answer answer = world_call(w, operation, region, unit_json(args));
    if (answer.class != AWS_OK)
        ck_abort_msg("%s: %s: %s", operation, answer.code, answer.message);
    return answer.body;
}

static inline void world_do(struct world *w, const char *operation, enum region region,
                            const char *args)
{
    json_decref(world_ok(w, operation, region, args));
}

/* A call that must fail with this code, and a message that contains text (NULL: any). */
static inline void world_fails(struct world *w, const char *operation, enum region region,
                               const char *args, const char *code, const char *text)
{
    struct answer answer = world_call(w, operation, region, unit_json(args));
    if (answer.class == AWS_OK || strcmp(answer.code, code) != 0 ||
        (text != NULL && strstr(answer.message, text) == NULL))
        ck_abort_msg("%s %s: want %s (%s), got %s (%s)", operation, args, code,
                     text != NULL ? text : "any", answer.class == AWS_OK ? "success" : answer.code,
                     answer.message);
    answer_clear(&answer);
}

/* The value at a JSON pointer like "/Table/TableStatus" in a body, which is taken; "" when there is
 * none. Static text, good until the next call. */
static inline const char *unit_at(json_t *body, const char *pointer)
{
    static char text[256];
    json_t *value = body;
    autofree char *copy = xstrdup(pointer);
    char *save = NULL;
    for (char *part = strtok_r(copy, "/", &save); part != NULL; part = strtok_r(NULL, "/", &save))
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part))
                                     : json_object_get(value, part);
    autofree char *dump = value != NULL && !json_is_string(value)
                              ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS)
                              : NULL;
    str_copy(text, sizeof(text),
             dump != NULL    ? dump
             : value != NULL ? json_string_value(value)
                             : "");
    json_decref(body);
    return text;
}

#endif
