/* SPDX-License-Identifier: Apache-2.0 */
/* client_world: the world around a client under test: a virtual clock, the attempts that are out,
 * and the answers that came. Failing to keep a promise of client.h fails the test. */
#ifndef DRD_CLIENT_WORLD_H
#define DRD_CLIENT_WORLD_H

#include "aws/client.h"
#include "daemon/base/random.h"
#include "tests/unit/unit.h"

enum { ANSWERS_MAX = 10000, OUT_MAX = 600 };

struct world {
    struct client *c;
    struct now now;
    struct attempt out[OUT_MAX]; /* sent, in order, not ended */
    size_t n_out, n_attempts;
    struct answer *answers; /* by id */
    unsigned *answered;
    size_t n_answers;
    struct credentials_need needs[8];
    size_t n_needs;
    msec_t wake;
    void (*see_attempt)(struct world *w, const struct attempt *attempt);
};

/* Makes room for answers up to this id. */
static inline void world_expect(struct world *w, uint64_t id)
{
    ck_assert_uint_lt(id, ANSWERS_MAX);
    size_t n = w->n_answers;
    if (id < n)
        return;
    w->n_answers = 2 * (size_t)id + 64;
    w->answers = xrealloc(w->answers, w->n_answers, sizeof *w->answers);
    w->answered = xrealloc(w->answered, w->n_answers, sizeof *w->answered);
    memset(w->answers + n, 0, (w->n_answers - n) * sizeof *w->answers);
    memset(w->answered + n, 0, (w->n_answers - n) * sizeof *w->answered);
}

static inline void world_take(struct world *w, struct client_effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        struct client_effect *e = &effects->items[i];
        switch (e->kind) {
        case CLIENT_ATTEMPT:
            ck_assert_uint_lt(w->n_out, OUT_MAX);
            ck_assert_int_gt(e->attempt.timeout, 0);
            w->out[w->n_out++] = e->attempt;
            w->n_attempts++;
            if (w->see_attempt != NULL)
                w->see_attempt(w, &e->attempt);
            break;
        case CLIENT_READ_FILE:
        case CLIENT_RUN_PROCESS:
        case CLIENT_HTTP:
            ck_assert_uint_lt(w->n_needs, ARRAY_SIZE(w->needs));
            w->needs[w->n_needs++] = e->need;
            e->need = (struct credentials_need){ 0 };
            break;
        case CLIENT_WAKE:
            w->wake = msec_min(w->wake, e->wake);
            break;
        case CLIENT_ANSWERED:
            ck_assert_uint_lt(e->answer.call, w->n_answers);
            w->answered[e->answer.call]++;
            ck_assert_uint_eq(w->answered[e->answer.call], 1);
            w->answers[e->answer.call] = e->answer;
            e->answer = (struct answer){ 0 };
            break;
        }
    }
    client_effects_clear(effects);
}

static inline struct world *world_with(const struct client_settings *settings,
                                       const json_t *environment)
{
    struct world *w = xcalloc(1, sizeof *w);
    uint8_t entropy[32] = { 1, 2, 3 };
    w->now = (struct now){ .boot = 1000000, .wall = { 1795359845000 } };
    w->wake = NEVER;
    w->c = client_new(settings, credentials_source_new(environment, "drd-test"), entropy);
    return w;
}

static inline struct world *world_new(struct client_settings settings)
{
    json_auto_t *environment = unit_json(
        "{'AWS_ACCESS_KEY_ID': 'AKID', 'AWS_SECRET_ACCESS_KEY': 'secret'}");
    return world_with(&settings, environment);
}

static inline void world_free(struct world *w)
{
    client_free(w->c);
    for (size_t i = 0; i < w->n_answers; i++)
        answer_clear(&w->answers[i]);
    free(w->answers);
    free(w->answered);
    for (size_t i = 0; i < w->n_needs; i++)
        credentials_need_clear(&w->needs[i]);
    free(w);
}

static inline void world_woken(struct world *w)
{
    struct client_effects effects = { 0 };
    w->wake = NEVER; /* a timer rings once */
    client_woken(w->c, w->now, &effects);
    world_take(w, &effects);
}

/* Lets time pass, waking the client whenever it asked for it, and at the end. */
static inline void world_pass(struct world *w, msec_t ms)
{
    msec_t end = w->now.boot + ms;
    while (w->wake <= end) {
        msec_t step = msec_max(w->wake - w->now.boot, 0);
        w->now.boot += step;
        w->now.wall.ms += step;
        ms -= step;
        world_woken(w);
    }
    w->now.boot += ms;
    w->now.wall.ms += ms;
}

/* Takes call. */
static inline void world_submit(struct world *w, uint64_t id, struct call call)
{
    struct client_effects effects = { 0 };
    world_expect(w, id);
    client_submit(w->c, id, &call, w->now, &effects);
    call_clear(&call);
    world_take(w, &effects);
}

/* Ends the attempt number i of those that are out. Takes answer. */
static inline void world_end(struct world *w, size_t i, struct answer answer, bool sent,
                             int64_t date)
{
    ck_assert_uint_lt(i, w->n_out);
    uint64_t id = w->out[i].id;
    memmove(&w->out[i], &w->out[i + 1], (w->n_out - i - 1) * sizeof w->out[0]);
    w->n_out--;
    struct client_effects effects = { 0 };
    client_attempt_ended(w->c, id, answer, sent, (wall_t){ date }, w->now, &effects);
    world_take(w, &effects);
}

static inline void world_ok(struct world *w, size_t i, const char *json)
{
    world_end(w, i, answer_ok(unit_json(json)), true, 0);
}

static inline void world_error(struct world *w, size_t i, enum aws_class class, const char *code,
                               int status)
{
    world_end(w, i, answer_error(class, code, status, "%s", code), status != 0, 0);
}

static inline struct call world_queue_url(const char *name, enum region region)
{
    return call_new("sqs:GetQueueUrl", region, json_pack("{ss}", "QueueName", name), NULL);
}

static inline struct call world_create_queue(const char *name, enum region region)
{
    return call_new("sqs:CreateQueue", region, json_pack("{ss}", "QueueName", name), NULL);
}

#define ck_assert_class(w, id, expected)                                                           \
    do {                                                                                           \
        ck_assert_uint_eq((w)->answered[id], 1);                                                   \
        ck_assert_str_eq(aws_class_name((w)->answers[id].class), aws_class_name(expected));        \
    } while (0)

#endif
