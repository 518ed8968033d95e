/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/loop_state.h"

#include "daemon/shell/clock.h"
#include "daemon/shell/file.h"

#include <errno.h>

enum { TIMER_MOST = 60000 }; /* libuv's clock stands still in a suspended machine, ours does not */

/* ---- events in ---- */

void loop_tell_brain(struct loop *l, const struct event *event)
{
    if (!l->booted && event->kind != EVENT_BOOTED)
        return;
    brain_step(l->brain, event, clock_now(), &l->effects);
}

void loop_attempt_ended(void *self, uint64_t id, struct answer answer, bool sent, wall_t date)
{
    struct loop *l = self;
    client_attempt_ended(l->client, id, answer, sent, date, clock_now(), &l->client_effects);
    loop_pump(l);
}

static void text_ready(struct loop *l, uint64_t id, int error, int status, const char *text)
{
    client_text_ready(l->client, id, error, status, text, clock_now(), &l->client_effects);
}

struct fetch {
    struct loop *loop;
    uint64_t id; /* of the need */
};

static void on_fetched(void *self, struct exchange_end *end)
{
    struct fetch f = *(struct fetch *)self;
    free(self);
    text_ready(f.loop, f.id, end->failure == NULL ? 0 : -EIO, end->response.status,
               end->response.body);
    if (end->response.body != NULL)
        explicit_bzero(end->response.body, end->response.body_size);
    loop_pump(f.loop);
}

static void on_process_ended(void *self, uint64_t id, int error, int status, const char *text)
{
    struct loop *l = self;
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        if (l->processes[i].id == id)
            l->processes[i].process = NULL;
    text_ready(l, id, error, status, text);
    loop_pump(l);
}

void loop_ring_brain(struct loop *l)
{
    struct event tick = { .kind = EVENT_TICK };
    loop_tell_brain(l, &tick);
}

void loop_ring_client(struct loop *l)
{
    client_woken(l->client, clock_now(), &l->client_effects);
}

/* ---- alarms ---- */

static void on_alarm(uv_timer_t *timer);

static void alarm_set(struct alarm *a, msec_t at)
{
    a->at = at;
    if (at == NEVER) {
        (void)uv_timer_stop(&a->timer);
        return;
    }
    msec_t wait = msec_min(msec_max(at - clock_now().boot, 0), TIMER_MOST);
    uv_update_time(&a->loop->uv);
    (void)uv_timer_start(&a->timer, on_alarm, (uint64_t)wait, 0);
}

static void on_alarm(uv_timer_t *timer)
{
    struct alarm *a = timer->data;
    if (clock_now().boot < a->at) {
        alarm_set(a, a->at);
        return;
    }
    a->at = NEVER;
    a->ring(a->loop);
    loop_pump(a->loop);
}

void loop_alarm_again(struct alarm *a)
{
    alarm_set(a, a->at);
}

void loop_alarm_init(struct alarm *a, struct loop *l, void (*ring)(struct loop *l))
{
    *a = (struct alarm){ .loop = l, .at = NEVER, .ring = ring };
    uv_timer_init(&l->uv, &a->timer);
    a->timer.data = a;
}

/* ---- what the client wants ---- */

static void read_file(struct loop *l, const struct credentials_need *need)
{
    autofree char *text = NULL;
    size_t size = 0;
    int rc = file_read(need->path, FILE_CREDENTIALS_MAX, &text, &size);
    text_ready(l, need->id, rc, 0, text);
    if (text != NULL)
        explicit_bzero(text, size);
}

static void fetch(struct loop *l, struct credentials_need *need)
{
    struct exchange x = { .url = xstrdup(need->url), .timeout = need->timeout, .local = true };
    str_copy(x.request.method, sizeof x.request.method, need->method);
    for (size_t i = 0; need->headers != NULL && i < need->headers->n; i++)
        http_headers_add(&x.request.headers, need->headers->items[i].name, "%s",
                         need->headers->items[i].value);
    struct fetch *f = xmalloc(sizeof *f);
    *f = (struct fetch){ .loop = l, .id = need->id };
    transport_send(l->transport, &x, on_fetched, f);
}

static void run_process(struct loop *l, const struct credentials_need *need)
{
    size_t i = 0;
    while (i < PROCESSES_MAX && l->processes[i].process != NULL)
        i++;
    if (i == PROCESSES_MAX) {
        text_ready(l, need->id, -EAGAIN, 0, NULL);
        return;
    }
    l->processes[i].id = need->id;
    l->processes[i].process = process_run(&l->uv, need->id, need->command, need->timeout,
                                          on_process_ended, l);
}

static void answered(struct loop *l, const struct answer *answer)
{
    struct event event = { .kind = EVENT_ANSWER, .answer = answer };
    loop_tell_brain(l, &event);
}

static void carry_out_client(struct loop *l, struct client_effect *e)
{
    switch (e->kind) {
    case CLIENT_ATTEMPT:
        wire_attempt(&l->wire, &e->attempt);
        break;
    case CLIENT_READ_FILE:
        read_file(l, &e->need);
        break;
    case CLIENT_RUN_PROCESS:
        run_process(l, &e->need);
        break;
    case CLIENT_HTTP:
        fetch(l, &e->need);
        break;
    case CLIENT_WAKE:
        alarm_set(&l->client_alarm, e->wake);
        break;
    case CLIENT_ANSWERED:
        answered(l, &e->answer);
        break;
    }
}

/* ---- what the brain wants ---- */

static void record(struct loop *l, const struct effect *e)
{
    log_record(l->log, e->record.seq, e->record.kind, e->record.body);
    writer_add(l->writer, e->record.seq, e->record.kind, e->record.body);
}

static void carry_out(struct loop *l, struct effect *e)
{
    switch (e->kind) {
    case EFFECT_CALL:
        client_submit(l->client, e->call.id, &e->call.call, clock_now(), &l->client_effects);
        break;
    case EFFECT_RECORD:
        record(l, e);
        break;
    case EFFECT_REPLY:
        loop_reply(l, e->reply.command, e->reply.status, e->reply.body);
        break;
    case EFFECT_WAKE:
        alarm_set(&l->brain_alarm, e->wake);
        break;
    case EFFECT_PROBE:
    case EFFECT_RESOLVE:
        assert(false); /* this brain does not watch yet */
        break;
    }
}

/* Moves an effect, leaving an empty one behind. */
static void effect_move(struct effects *to, struct effect *from)
{
    struct effect *e = effects_add(to, from->kind);
    *e = *from;
    *from = (struct effect){ .kind = EFFECT_WAKE };
}

static void run_effects(struct loop *l)
{
    struct effects batch = l->effects;
    l->effects = (struct effects){ 0 };
    for (size_t i = 0; i < batch.n; i++)
        if (batch.items[i].after > l->durable)
            effect_move(&l->held, &batch.items[i]);
        else
            carry_out(l, &batch.items[i]);
    effects_clear(&batch);
}

static void run_client_effects(struct loop *l)
{
    struct client_effects batch = l->client_effects;
    l->client_effects = (struct client_effects){ 0 };
    for (size_t i = 0; i < batch.n; i++)
        carry_out_client(l, &batch.items[i]);
    client_effects_clear(&batch);
}

void loop_pump(struct loop *l)
{
    if (l->pumping || l->closed)
        return;
    l->pumping = true;
    while (l->effects.n > 0 || l->client_effects.n > 0) {
        run_effects(l);
        run_client_effects(l);
    }
    l->pumping = false;
    if (l->stopping)
        loop_finish_when_idle(l);
}

/* ---- records ---- */

static void drop(struct loop *l, const struct effect *e)
{
    if (e->kind == EFFECT_REPLY)
        loop_reply_error(
            l, e->reply.command, 503,
            control_error("NotRecorded",
                          "this could not be recorded, so it may not outlive a restart; "
                          "see the log"));
}

/* With the record on disk what waited for it goes on, in order; without, it is dropped. */
static void release_held(struct loop *l, uint64_t seq, int error)
{
    struct effects held = l->held;
    l->held = (struct effects){ 0 };
    for (size_t i = 0; i < held.n; i++) {
        struct effect *e = &held.items[i];
        if (error == 0 && e->after <= seq)
            effect_move(&l->effects, e);
        else if (e->after != seq)
            effect_move(&l->held, e);
        else
            drop(l, e);
    }
    effects_clear(&held);
}

void loop_written(void *self, uint64_t seq, int error, const struct problem *problem)
{
    struct loop *l = self;
    if (error != 0 && l->write_error == 0)
        log_problem(l->log, LOG_ERR, problem);
    else if (error == 0 && l->write_error != 0)
        log_say(l->log, LOG_NOTICE, "the journal can be written again");
    l->write_error = error;
    if (error == 0)
        l->durable = seq;
    release_held(l, seq, error);
    struct event event = { .kind = EVENT_RECORDED, .recorded = { seq, error } };
    loop_tell_brain(l, &event);
    loop_pump(l);
}
