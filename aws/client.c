/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/client.h"

#include "aws/batching.h"
#include "aws/client_state.h"
#include "aws/validate.h"

/* ---- effects ---- */

struct client_effect *client_effect_add(struct client_effects *out, enum client_effect_kind kind)
{
    if (out->n == out->size) {
        out->size = out->size == 0 ? 16 : 2 * out->size;
        out->items = xrealloc(out->items, out->size, sizeof *out->items);
    }
    struct client_effect *effect = &out->items[out->n++];
    *effect = (struct client_effect){ .kind = kind };
    return effect;
}

void client_effects_clear(struct client_effects *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n; i++) {
        credentials_need_clear(&e->items[i].need);
        answer_clear(&e->items[i].answer);
    }
    free(e->items);
    *e = (struct client_effects){ 0 };
}

/* ---- life ---- */

struct client *client_new(const struct client_settings *settings, struct credentials_source *source,
                          const uint8_t entropy[32])
{
    struct client *c = xcalloc(1, sizeof *c);
    struct client_settings *s = &c->settings;
    *s = *settings;
    s->call_timeout = s->call_timeout > 0 ? s->call_timeout : SECONDS(60);
    s->attempt_timeout = s->attempt_timeout > 0 ? s->attempt_timeout : SECONDS(10);
    s->max_pages = s->max_pages > 0 ? s->max_pages : 1000;
    s->in_flight = s->in_flight > 0 ? s->in_flight : 16;
    s->budget_scale = s->budget_scale > 0 ? s->budget_scale : 1.0;
    c->source = source;
    c->asked = NEVER;
    c->attempts = json_object();
    random_seed_bytes(&c->random, entropy);
    credentials_source_seed(source, random_u64(&c->random));
    budget_init(&c->budget, s->budget_scale);
    for (unsigned r = 0; r < N_REGIONS; r++)
        for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++)
            c->quotas[r][f] = retry_quota_full();
    return c;
}

static void waiter_free(struct client *c, struct waiter *waiter)
{
    heap_remove(&c->deadlines, &waiter->timer);
    json_decref(waiter->names);
    free(waiter);
}

void client_job_free(struct client *c, struct job *job)
{
    assert(job->place.place == 0);
    for (struct waiter *waiter; (waiter = TAILQ_FIRST(&job->waiters)) != NULL;) {
        TAILQ_REMOVE(&job->waiters, waiter, others);
        waiter_free(c, waiter);
    }
    lookup_remove(&c->reads, &job->entry);
    credentials_clear(&job->keys);
    call_clear(&job->call);
    json_decref(job->whole);
    free(job);
}

void client_free(struct client *c)
{
    if (c == NULL)
        return;
    struct job *job;
    for (unsigned r = 0; r < N_REGIONS; r++)
        for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
            while ((job = heap_pop(&c->lanes[r][f].jobs)) != NULL)
                client_job_free(c, job);
            heap_clear(&c->lanes[r][f].jobs);
        }
    while ((job = heap_pop(&c->delayed)) != NULL)
        client_job_free(c, job);
    for (size_t i = 0; i < c->n_sent; i++)
        client_job_free(c, c->sent[i]);
    free(c->sent);
    heap_clear(&c->delayed);
    heap_clear(&c->deadlines);
    lookup_clear(&c->reads);
    credentials_source_free(c->source);
    json_decref(c->attempts);
    free(c);
}

/* ---- calls in ---- */

static void refuse(uint64_t id, struct answer answer, struct now now, struct client_effects *out)
{
    answer.call = id;
    answer.sent = answer.received = now;
    client_effect_add(out, CLIENT_ANSWERED)->answer = answer;
}

/* Two calls with the same key want the same of AWS. rest: the arguments without a batch's names. */
static char *key_of(const struct call *call, const json_t *rest)
{
    const json_t *args = rest != NULL ? rest : call->args;
    autofree char *text = args == NULL ? xstrdup("{}")
                                       : json_dumps(args, JSON_SORT_KEYS | JSON_COMPACT);
    return xasprintf("%s%s:%s@%d/%d/%u %s", rest != NULL ? "+" : "", call->op->service,
                     call->op->name, (int)call->region, (int)call->retry, call->max_pages, text);
}

static bool may_join(const struct client *c, const struct job *job)
{
    return job->attempts == 0 || job->writes_before == c->writes[job->home];
}

/* The job that this read can share, or NULL; *ret_key is the key for others to find it by. */
static struct job *find_job(struct client *c, const struct call *call, const json_t *names,
                            char **ret_key)
{
    json_auto_t *rest = names != NULL ? batching_rest(call) : NULL;
    *ret_key = key_of(call, rest);
    struct job *job = lookup_find(&c->reads, *ret_key);
    if (job == NULL)
        return NULL;
    if (names == NULL) {
        c->joined += may_join(c, job);
        return may_join(c, job) ? job : NULL;
    }
    if (!batching_merge(call->op->batch, job->call.args, names))
        return NULL;
    job->batched = true;
    c->merged++;
    return job;
}

static void invocation_id(struct random *random, char text[37])
{
    char hex[33];
    random_hex(random, hex, 16);
    hex[12] = '4'; /* RFC 9562: version 4, variant 10 */
    hex[16] = "89ab"[random_below(random, 4)];
    size_t at = 0;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            text[at++] = '-';
        text[at++] = hex[i];
    }
    text[at] = '\0';
}

struct job *client_job_new(struct client *c, struct call call)
{
    struct job *job = xcalloc(1, sizeof *job);
    job->call = call;
    job->home = operation_region(call.op, call.region);
    job->serial = ++c->serial;
    job->place.owner = job;
    job->entry.owner = job;
    TAILQ_INIT(&job->waiters);
    invocation_id(&c->random, job->invocation);
    return job;
}

static void wait_for(struct client *c, struct job *job, uint64_t id, const struct call *call,
                     const json_t *names, msec_t deadline)
{
    struct waiter *waiter = xcalloc(1, sizeof *waiter);
    waiter->id = id;
    waiter->job = job;
    waiter->patient = call->deadline == 0;
    waiter->names = names == NULL ? NULL : json_copy((json_t *)(uintptr_t)names);
    waiter->timer = (struct heap_node){ .rank = deadline, .order = ++c->serial, .owner = waiter };
    heap_add(&c->deadlines, &waiter->timer);
    TAILQ_INSERT_TAIL(&job->waiters, waiter, others);
    job->n_waiters++;
    c->pending++;
    if (call->priority > job->call.priority || call->begun > job->call.begun) {
        job->call.priority = call->priority > job->call.priority ? call->priority
                                                                 : job->call.priority;
        job->call.begun |= call->begun;
        if (job->state == JOB_QUEUED)
            client_send_queue(c, job);
    }
}

/* What drd itself has against a call; class OK when nothing. */
static struct answer objection(const struct client *c, const struct call *call, msec_t deadline,
                               msec_t now)
{
    const struct operation *op = call->op;
    struct problem problem = { 0 };
    if (c->stopped)
        return answer_error(AWS_REFUSED, "Stopping", 0, "drd is shutting down");
    if (c->settings.observe && op->access != ACCESS_READ)
        return answer_error(AWS_REFUSED, "ObserveMode", 0,
                            "observe mode: %s:%s is not a read, so it was not sent", op->service,
                            op->name);
    if (deadline <= now)
        return answer_error(AWS_REFUSED, "DeadlinePassed", 0,
                            "the deadline had passed before %s:%s was asked for", op->service,
                            op->name);
    if (validate_input(operation_model(op)->input, call->args, &problem) < 0) {
        autofree char *text = problem_text(&problem);
        return answer_error(AWS_INVALID, "InvalidArguments", 0, "%s:%s was not sent: %s",
                            op->service, op->name, text);
    }
    return (struct answer){ .class = AWS_OK };
}

/* The call's own args stay as they are: a job's grow and turn pages. */
static struct job *new_job(struct client *c, const struct call *call, const json_t *names,
                           char *key)
{
    struct call own = call_copy(call);
    json_decref(own.args);
    own.args = call->args == NULL ? json_object() : json_copy(call->args);
    if (names != NULL)
        json_object_set_new(own.args, call->op->batch->list, json_copy((json_t *)(uintptr_t)names));
    struct job *job = client_job_new(c, own);
    job->names_may_come = names != NULL;
    if (key != NULL)
        lookup_add(&c->reads, &job->entry, key);
    client_send_queue(c, job);
    return job;
}

void client_submit(struct client *c, uint64_t id, const struct call *call, struct now now,
                   struct client_effects *out)
{
    msec_t deadline = call->deadline != 0 ? call->deadline : now.boot + c->settings.call_timeout;
    struct answer no = objection(c, call, deadline, now.boot);
    if (no.class != AWS_OK) {
        refuse(id, no, now, out);
        return;
    }
    const json_t *names = NULL;
    char *key = NULL;
    struct job *job = NULL;
    if (call->op->access == ACCESS_READ) {
        names = batching_names(call);
        job = find_job(c, call, names, &key);
    }
    if (job == NULL)
        job = new_job(c, call, names, key);
    else
        free(key);
    wait_for(c, job, id, call, names, deadline);
    client_send_wake(c, now.boot, out);
}

/* ---- other steps ---- */

void client_text_ready(struct client *c, uint64_t id, int error, int status, const char *text,
                       struct now now, struct client_effects *out)
{
    credentials_source_text(c->source, id, error, status, text, now);
    client_send_due(c, now, out);
}

void client_woken(struct client *c, struct now now, struct client_effects *out)
{
    c->asked = NEVER; /* also when the timer rang early: then it is asked for again */
    client_send_due(c, now, out);
}

void client_stop(struct client *c, struct now now, struct client_effects *out)
{
    static const char why[] = "drd is shutting down";
    struct job *job;
    c->stopped = true;
    for (unsigned r = 0; r < N_REGIONS; r++)
        for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++)
            while ((job = heap_pop(&c->lanes[r][f].jobs)) != NULL)
                client_end_unfinished(c, job, why, now, out);
    while ((job = heap_pop(&c->delayed)) != NULL)
        client_end_unfinished(c, job, why, now, out);
}

/* ---- what people see ---- */

static json_t *credentials_status(const struct client *c, struct now now)
{
    const struct problem *problem = credentials_source_problem(c->source);
    const struct credentials *keys = NULL;
    bool usable = credentials_source_get(c->source, now, &keys);
    json_t *status = json_object();
    json_object_set_new(status, "source", json_string(credentials_source_name(c->source)));
    if (usable && keys->expires.ms != 0)
        json_object_set_new(status, "expires", json_integer(keys->expires.ms));
    if (problem != NULL) {
        autofree char *text = problem_text(problem);
        json_object_set_new(status, "problem", json_string(text));
    }
    return status;
}

static json_t *paused_families(const struct client *c, unsigned region, struct now now)
{
    json_t *paused = NULL;
    for (unsigned f = 0; f < N_BUDGET_FAMILIES; f++) {
        msec_t left = c->budget.buckets[region][f].paused_until - now.boot;
        if (left <= 0)
            continue;
        if (paused == NULL)
            paused = json_object();
        json_object_set_new(paused, budget_family_name((enum budget_family)f), json_integer(left));
    }
    return paused;
}

json_t *client_status(const struct client *c, struct now now)
{
    json_t *offsets = json_object(), *paused = json_object();
    for (unsigned r = 0; r < N_REGIONS; r++) {
        const char *name = region_name((enum region)r);
        if (c->clock_offset_ms[r] != 0)
            json_object_set_new(offsets, name, json_integer(c->clock_offset_ms[r]));
        json_t *families = paused_families(c, r, now);
        if (families != NULL)
            json_object_set_new(paused, name, families);
    }
    json_t *status = json_pack(
        "{so sI sI sI sI sI so so so}", "attempts", json_deep_copy(c->attempts), "throttled",
        (json_int_t)c->throttled, "joined", (json_int_t)c->joined, "merged", (json_int_t)c->merged,
        "pending", (json_int_t)c->pending, "in_flight", (json_int_t)c->n_sent, "credentials",
        credentials_status(c, now), "clock_offset_ms", offsets, "paused", paused);
    assert(status != NULL);
    return status;
}

size_t client_in_flight(const struct client *c)
{
    return c->n_sent;
}

size_t client_pending(const struct client *c)
{
    return c->pending;
}
