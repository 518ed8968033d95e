/* SPDX-License-Identifier: Apache-2.0 */
/* client_end: what came of an attempt, and so of a job and of the calls that wait for it. */
#include "aws/batching.h"
#include "aws/client_state.h"
#include "aws/paging.h"

static bool is_write(const struct job *job)
{
    return job->call.op->access != ACCESS_READ;
}

/* ---- answering ---- */

/* Takes the answer. */
static void answer_waiter(struct client *c, struct waiter *waiter, struct answer answer,
                          struct now now, struct client_effects *out)
{
    struct job *job = waiter->job;
    answer.call = waiter->id;
    answer.attempts = job->attempts;
    if (answer.sent.boot == 0)
        answer.sent = job->attempts > 0 ? job->first_sent : now;
    if (answer.received.boot == 0)
        answer.received = now;
    client_effect_add(out, CLIENT_ANSWERED)->answer = answer;
    TAILQ_REMOVE(&job->waiters, waiter, others);
    job->n_waiters--;
    heap_remove(&c->deadlines, &waiter->timer);
    json_decref(waiter->names);
    free(waiter);
    c->pending--;
}

void client_end_job(struct client *c, struct job *job, struct answer answer, struct now now,
                    struct client_effects *out)
{
    if (job->internal)
        credentials_source_answer(c->source, job->need, &answer, now);
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not see TAILQ_REMOVE take them out */
    for (struct waiter *waiter; (waiter = TAILQ_FIRST(&job->waiters)) != NULL;) {
        struct answer copy = answer_copy(&answer);
        if (job->batched && answer.class == AWS_OK) {
            json_decref(copy.body);
            copy.body = batching_deal(job->call.op->batch, answer.body, waiter->names);
        }
        answer_waiter(c, waiter, copy, now, out);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    answer_clear(&answer);
    client_job_free(c, job);
}

/* What is true of a job that got no answer. on_its_way: an attempt is out just now. */
static struct answer unfinished(const struct job *job, bool on_its_way, const char *why)
{
    if (job->attempts == 0)
        return answer_error(AWS_REFUSED, "NotSent", 0, "never sent: %s", why);
    enum aws_class class = AWS_TRANSIENT;
    if (is_write(job) && (on_its_way || job->maybe_done))
        class = AWS_UNKNOWN_OUTCOME;
    return answer_error(class, "NoAnswer", 0, "no answer after %u attempt%s%s%s: %s", job->attempts,
                        job->attempts == 1 ? "" : "s", job->last_code[0] == '\0' ? "" : ", last ",
                        job->last_code, why);
}

void client_end_unfinished(struct client *c, struct job *job, const char *why, struct now now,
                           struct client_effects *out)
{
    assert(job->state != JOB_SENT);
    client_end_job(c, job, unfinished(job, false, why), now, out);
}

/* ---- deadlines ---- */

static const char *what_it_waited_for(const struct client *c, const struct job *job)
{
    const struct lane *lane = &c->lanes[job->home][job->call.op->family];
    if (job->state == JOB_SENT)
        return "the deadline passed while it was on its way";
    if (job->state == JOB_DELAYED)
        return "the deadline passed while it waited to try again";
    if (lane->wait_until != 0)
        return "the deadline passed while it waited for its budget";
    return "the deadline passed while it waited for credentials or for other calls to end";
}

static void take_out(struct client *c, struct job *job)
{
    if (job->state == JOB_QUEUED)
        heap_remove(&c->lanes[job->home][job->call.op->family].jobs, &job->place);
    else if (job->state == JOB_DELAYED)
        heap_remove(&c->delayed, &job->place);
}

void client_end_later(struct client *c, struct waiter *waiter, struct now now)
{
    if (!waiter->patient)
        return;
    heap_remove(&c->deadlines, &waiter->timer);
    waiter->timer.rank = now.boot + c->settings.call_timeout;
    heap_add(&c->deadlines, &waiter->timer);
}

/* Its turn will come: it was never sent, and only drd's own budget makes it wait. */
static bool in_a_moving_queue(const struct client *c, const struct waiter *waiter)
{
    const struct job *job = waiter->job;
    enum region home = job->home;
    enum budget_family family = job->call.op->family;
    return waiter->patient && job->attempts == 0 && job->state == JOB_QUEUED &&
           c->lanes[home][family].wait_until != 0 && c->budget.buckets[home][family].pause == 0;
}

void client_end_expired(struct client *c, struct now now, struct client_effects *out)
{
    for (struct waiter *waiter; (waiter = heap_first(&c->deadlines)) != NULL;) {
        if (waiter->timer.rank > now.boot)
            return;
        if (in_a_moving_queue(c, waiter)) {
            client_end_later(c, waiter, now);
            continue;
        }
        struct job *job = waiter->job;
        answer_waiter(c, waiter,
                      unfinished(job, job->state == JOB_SENT, what_it_waited_for(c, job)), now,
                      out);
        if (job->n_waiters == 0 && !job->internal && job->state != JOB_SENT) {
            take_out(c, job);
            client_job_free(c, job);
        }
    }
}

/* ---- what an attempt's end means ---- */

static void count(struct client *c, const struct job *job, enum aws_class class)
{
    autofree char *name = xasprintf("%s:%s", job->call.op->service, job->call.op->name);
    json_t *classes = json_object_get(c->attempts, name);
    if (classes == NULL) {
        classes = json_object();
        json_object_set_new(c->attempts, name, classes);
    }
    const char *key = aws_class_name(class);
    json_int_t n = json_integer_value(json_object_get(classes, key));
    json_object_set_new(classes, key, json_integer(n + 1));
    c->throttled += class == AWS_THROTTLED;
}

static struct job *take_sent(struct client *c, uint64_t id)
{
    for (size_t i = 0; i < c->n_sent; i++) {
        struct job *job = c->sent[i];
        if (job->attempt != id)
            continue;
        c->sent[i] = c->sent[--c->n_sent];
        c->in_flight[job->home]--;
        return job;
    }
    return NULL;
}

/* A failure without an answer that speaks for it: harmless for a read and when nothing was sent;
 * else a write may have happened, which a 5xx does not rule out either. */
static void settle_class(struct job *job, struct answer *answer, bool sent)
{
    if (answer->class != AWS_TRANSIENT && answer->class != AWS_UNKNOWN_OUTCOME)
        return;
    bool lost = sent && is_write(job) && (answer->status == 0 || answer->status >= 500);
    answer->class = lost ? AWS_UNKNOWN_OUTCOME : AWS_TRANSIENT;
    job->maybe_done = job->maybe_done || lost;
}

static bool says(const struct answer *answer, const char *const codes[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(answer->code, codes[i]) == 0)
            return true;
    return false;
}

static bool is_skew(const struct answer *answer)
{
    static const char *const always[] = { "RequestTimeTooSkewed", "RequestExpired",
                                          "RequestInTheFuture" };
    static const char *const perhaps[] = { "InvalidSignatureException", "SignatureDoesNotMatch",
                                           "AuthFailure" };
    if (says(answer, always, ARRAY_SIZE(always)))
        return true;
    return says(answer, perhaps, ARRAY_SIZE(perhaps)) &&
           (strstr(answer->message, "expired") != NULL ||
            strstr(answer->message, "not yet current") != NULL);
}

static bool is_expired_token(const struct answer *answer)
{
    static const char *const codes[] = { "ExpiredToken", "ExpiredTokenException",
                                         "TokenRefreshRequired" };
    return says(answer, codes, ARRAY_SIZE(codes));
}

/* Mends what a refusal at the door points to. True when the same call may then pass; it certainly
 * had no effect, so trying again costs nothing. */
static bool mended(struct client *c, struct job *job, const struct answer *answer,
                   wall_t server_date, struct now now)
{
    bool again = false;
    if (is_skew(answer) && server_date.ms != 0) {
        c->clock_offset_ms[job->home] = server_date.ms - now.wall.ms;
        again = !job->clock_corrected;
        job->clock_corrected = true;
    } else if (is_expired_token(answer) && !job->internal) {
        credentials_source_expired(c->source, &job->keys, now);
        again = !job->keys_renewed;
        job->keys_renewed = true;
    }
    return again && !c->stopped;
}

/* One wrong name spoils a batch for all: each then asks for itself. */
static void split(struct client *c, struct job *job)
{
    const char *list = job->call.op->batch->list;
    for (struct waiter *waiter; (waiter = TAILQ_FIRST(&job->waiters)) != NULL;) {
        struct call call = call_copy(&job->call);
        json_decref(call.args);
        call.args = json_copy(job->call.args);
        json_object_set(call.args, list, waiter->names);
        struct job *own = client_job_new(c, call);
        own->attempts = job->attempts;
        own->first_sent = job->first_sent;
        TAILQ_REMOVE(&job->waiters, waiter, others);
        TAILQ_INSERT_TAIL(&own->waiters, waiter, others);
        waiter->job = own;
        own->n_waiters = 1;
        client_send_queue(c, own);
    }
    client_job_free(c, job);
}

/* Takes the answer of one page. */
static void page_done(struct client *c, struct job *job, struct answer answer, struct now now,
                      struct client_effects *out)
{
    const struct pager *pager = operation_model(job->call.op)->pager;
    retry_succeeded(&c->quotas[job->home][job->call.op->family], job->cost);
    job->cost = 0;
    if (pager == NULL || answer.body == NULL) {
        client_end_job(c, job, answer, now, out);
        return;
    }
    unsigned wanted = job->call.max_pages, most = c->settings.max_pages;
    enum paging more = paging_advance(pager, answer.body, job->call.args);
    job->pages++;
    if (job->whole == NULL)
        job->whole = json_incref(answer.body);
    else
        paging_join(pager, job->whole, answer.body);
    json_decref(answer.body);
    answer.body = NULL;
    const char *service = job->call.op->service, *name = job->call.op->name;
    bool enough = more == PAGING_DONE || (wanted > 0 && job->pages >= wanted);
    if (enough) {
        if (more == PAGING_DONE)
            paging_finish(pager, job->whole);
        answer.body = json_incref(job->whole);
        client_end_job(c, job, answer, now, out);
    } else if (more == PAGING_NO_PROGRESS || job->pages >= most) {
        bool stuck = more == PAGING_NO_PROGRESS;
        client_end_job(c, job,
                       answer_error(AWS_BAD_ANSWER, stuck ? "PagerStuck" : "TooManyPages",
                                    answer.status, "%s:%s, page %u: %s", service, name, job->pages,
                                    stuck ? "pager makes no progress" : "more pages than allowed"),
                       now, out);
    } else if (c->stopped) {
        client_end_unfinished(c, job, "drd is shutting down", now, out);
    } else {
        job->tries = 0;
        client_send_queue(c, job);
    }
}

/* Takes the answer. */
static void attempt_failed(struct client *c, struct job *job, struct answer answer, bool sent,
                           struct now now, struct client_effects *out)
{
    struct retry_quota *quota = &c->quotas[job->home][job->call.op->family];
    msec_t deadline = job->internal ? job->patience : 0, delay = -1;
    const struct waiter *waiter;
    TAILQ_FOREACH(waiter, &job->waiters, others)
    deadline = msec_max(deadline, waiter->timer.rank);
    if (answer.class == AWS_THROTTLED)
        budget_throttled(&c->budget, job->home, job->call.op->family, now.boot, answer.retry_after);
    str_copy(job->last_code, sizeof job->last_code,
             answer.code[0] != '\0' ? answer.code : aws_class_name(answer.class));
    if (!c->stopped)
        delay = retry_delay(&job->call, answer.class, job->tries, sent, answer.retry_after, quota,
                            &c->random, &job->cost);
    if (delay >= 0 && now.boot + delay < deadline) {
        client_send_delay(c, job, now.boot + delay);
        answer_clear(&answer);
        return;
    }
    bool again = aws_class_retryable(answer.class) || answer.class == AWS_UNKNOWN_OUTCOME;
    if (again && job->maybe_done)
        answer.class = AWS_UNKNOWN_OUTCOME;
    else if (!again && job->batched && !c->stopped) {
        split(c, job);
        answer_clear(&answer);
        return;
    }
    client_end_job(c, job, answer, now, out);
}

void client_attempt_ended(struct client *c, uint64_t id, struct answer answer, bool sent,
                          wall_t server_date, struct now now, struct client_effects *out)
{
    struct job *job = take_sent(c, id);
    if (job == NULL) {
        answer_clear(&answer);
        return;
    }
    if (is_write(job))
        c->writes[job->home]++;
    settle_class(job, &answer, sent);
    count(c, job, answer.class);
    bool once = job->call.retry == RETRY_NEVER;
    bool again = answer.class != AWS_OK && mended(c, job, &answer, server_date, now);
    if (again && once)
        answer.class = AWS_TRANSIENT; /* the next call will pass */
    if (!job->internal)
        credentials_clear(&job->keys);
    if (job->n_waiters == 0 && !job->internal) {
        answer_clear(&answer);
        client_job_free(c, job);
    } else if (again && !once) {
        answer_clear(&answer);
        client_send_queue(c, job);
    } else if (answer.class == AWS_OK) {
        page_done(c, job, answer, now, out);
    } else {
        attempt_failed(c, job, answer, sent, now, out);
    }
    client_send_due(c, now, out);
}
