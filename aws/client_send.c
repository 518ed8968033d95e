/* SPDX-License-Identifier: Apache-2.0 */
/* client_send: lanes, the gates a job passes on its way out, and wakes. */
#include "aws/client_state.h"

static struct lane *lane_of(struct client *c, const struct job *job)
{
    return &c->lanes[job->home][job->call.op->family];
}

void client_send_queue(struct client *c, struct job *job)
{
    struct lane *lane = lane_of(c, job);
    heap_remove(&lane->jobs, &job->place);
    job->state = JOB_QUEUED;
    job->place.rank = job->internal ? -2 * (int64_t)N_PRIORITIES
                                    : -2 * (int64_t)job->call.priority - job->call.begun;
    job->place.order = job->serial;
    heap_add(&lane->jobs, &job->place);
}

void client_send_delay(struct client *c, struct job *job, msec_t due)
{
    assert(job->place.place == 0);
    job->state = JOB_DELAYED;
    job->place.rank = due;
    job->place.order = job->serial;
    heap_add(&c->delayed, &job->place);
}

void client_send_wake(struct client *c, msec_t at, struct client_effects *out)
{
    if (at >= c->asked)
        return;
    c->asked = at;
    client_effect_add(out, CLIENT_WAKE)->wake = at;
}

/* ---- one attempt ---- */

static msec_t last_deadline(const struct job *job)
{
    msec_t last = job->internal ? job->patience : 0;
    const struct waiter *waiter;
    TAILQ_FOREACH(waiter, &job->waiters, others)
    last = msec_max(last, waiter->timer.rank);
    return last;
}

static void send_attempt(struct client *c, struct job *job, const struct credentials *keys,
                         struct now now, struct client_effects *out)
{
    job->state = JOB_SENT;
    job->attempt = ++c->attempt;
    job->attempts++;
    job->tries++;
    if (keys != NULL)
        job->keys = credentials_copy(keys);
    if (job->call.op->access != ACCESS_READ)
        c->writes[job->home]++;
    if (job->attempts == 1) {
        job->first_sent = now;
        job->writes_before = c->writes[job->home];
        if (job->names_may_come)
            lookup_remove(&c->reads, &job->entry);
        job->names_may_come = false;
        struct waiter *waiter;
        TAILQ_FOREACH(waiter, &job->waiters, others)
        client_end_later(c, waiter, now);
    }
    if (c->n_sent == c->sent_size) {
        c->sent_size = c->sent_size == 0 ? 16 : 2 * c->sent_size;
        c->sent = xrealloc(c->sent, c->sent_size, sizeof(struct job *));
    }
    c->sent[c->n_sent++] = job;
    c->in_flight[job->home]++;
    struct attempt *attempt = &client_effect_add(out, CLIENT_ATTEMPT)->attempt;
    *attempt = (struct attempt){
        .id = job->attempt,
        .op = job->call.op,
        .region = job->home,
        .args = job->call.args,
        .credentials = job->without_keys ? NULL : &job->keys,
        .clock_offset_ms = c->clock_offset_ms[job->home],
        .timeout = msec_min(c->settings.attempt_timeout, last_deadline(job) - now.boot),
        .fresh_connection = job->call.retry == RETRY_NEVER,
        .number = job->tries,
    };
    memcpy(attempt->invocation, job->invocation, sizeof attempt->invocation);
}

/* ---- lanes ---- */

/* The lane whose first job comes first of all that may go now, as far as is known. */
static struct lane *best_lane(struct client *c, unsigned region, bool have_keys)
{
    struct lane *best = NULL;
    const struct job *first = NULL;
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
        struct lane *lane = &c->lanes[region][f];
        const struct job *job = heap_first(&lane->jobs);
        if (job == NULL || lane->wait_until != 0 || (!have_keys && !job->internal))
            continue;
        if (first == NULL || job->place.rank < first->place.rank ||
            (job->place.rank == first->place.rank && job->serial < first->serial)) {
            best = lane;
            first = job;
        }
    }
    return best;
}

static void send_region(struct client *c, unsigned region, const struct credentials *keys,
                        struct now now, struct client_effects *out)
{
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++)
        c->lanes[region][f].wait_until = 0;
    for (struct lane *lane; (lane = best_lane(c, region, keys != NULL)) != NULL;) {
        struct job *job = heap_first(&lane->jobs);
        enum priority priority = job->call.priority;
        unsigned places = c->settings.in_flight * (priority == PRIORITY_FAILOVER ? 2 : 1);
        if (c->in_flight[region] >= places)
            return; /* the others come behind this one */
        msec_t wait = budget_take(&c->budget, job->home, job->call.op->family, priority, now.boot);
        if (wait > 0) {
            lane->wait_until = now.boot + wait;
            continue;
        }
        heap_remove(&lane->jobs, &job->place);
        send_attempt(c, job, job->internal ? NULL : keys, now, out);
    }
}

/* ---- credentials ---- */

static struct job *job_for_need(struct client *c, struct credentials_need *need, struct now now)
{
    struct job *job = client_job_new(c, need->call);
    need->call = (struct call){ 0 };
    job->internal = true;
    job->need = need->id;
    job->patience = now.boot + need->timeout;
    job->without_keys = need->with == NULL;
    if (need->with != NULL)
        job->keys = credentials_copy(need->with);
    job->call.priority = PRIORITY_FAILOVER;
    return job;
}

static void ask_for_credentials(struct client *c, struct now now, struct client_effects *out)
{
    static const enum client_effect_kind kinds[] = { [NEED_FILE] = CLIENT_READ_FILE,
                                                     [NEED_PROCESS] = CLIENT_RUN_PROCESS,
                                                     [NEED_HTTP] = CLIENT_HTTP };
    struct credentials_need *needs = NULL;
    size_t n = 0;
    credentials_source_step(c->source, now, &needs, &n);
    for (size_t i = 0; i < n; i++) {
        if (needs[i].kind == NEED_CALL) {
            client_send_queue(c, job_for_need(c, &needs[i], now));
            credentials_need_clear(&needs[i]);
        } else {
            client_effect_add(out, kinds[needs[i].kind])->need = needs[i];
        }
    }
    free(needs);
}

/* Nothing can be signed and a person must act: nobody waits for that in a queue. */
static void fail_for_credentials(struct client *c, const struct problem *problem, struct now now,
                                 struct client_effects *out)
{
    autofree char *text = problem_text(problem);
    for (unsigned r = 0; r < N_REGIONS; r++)
        for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
            struct heap *jobs = &c->lanes[r][f].jobs;
            for (struct job *job; (job = heap_first(jobs)) != NULL && !job->internal;) {
                heap_remove(jobs, &job->place);
                client_end_job(c, job,
                               answer_error(AWS_CREDENTIALS, "NoCredentials", 0, "%s", text), now,
                               out);
            }
        }
}

/* ---- the end of every step ---- */

static msec_t next_wake(const struct client *c, struct now now)
{
    const struct job *delayed = heap_first(&c->delayed);
    const struct waiter *waiter = heap_first(&c->deadlines);
    msec_t next = delayed == NULL ? NEVER : delayed->place.rank;
    next = msec_min(next, waiter == NULL ? NEVER : waiter->timer.rank);
    if (!c->stopped)
        next = msec_min(next, credentials_source_next(c->source, now));
    for (unsigned r = 0; r < N_REGIONS; r++)
        for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
            const struct lane *lane = &c->lanes[r][f];
            if (lane->jobs.n > 0 && lane->wait_until != 0)
                next = msec_min(next, lane->wait_until);
        }
    return next;
}

void client_send_due(struct client *c, struct now now, struct client_effects *out)
{
    client_end_expired(c, now, out);
    const struct job *first;
    while ((first = heap_first(&c->delayed)) != NULL && first->place.rank <= now.boot)
        client_send_queue(c, heap_pop(&c->delayed));
    if (!c->stopped) {
        ask_for_credentials(c, now, out);
        const struct credentials *keys = NULL;
        const struct problem *problem = credentials_source_problem(c->source);
        if (!credentials_source_get(c->source, now, &keys)) {
            keys = NULL;
            if (problem != NULL)
                fail_for_credentials(c, problem, now, out);
        }
        for (unsigned r = 0; r < N_REGIONS; r++)
            send_region(c, r, keys, now, out);
    }
    msec_t next = next_wake(c, now);
    if (next != NEVER)
        client_send_wake(c, next, out);
}
