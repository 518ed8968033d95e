/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/brain/brain.h"

#include "daemon/brain/brain_state.h"
#include "daemon/brain/commands.h"

struct brain *brain_new_with(const struct kind *(*find)(const char *name))
{
    struct brain *b = xcalloc(1, sizeof(*b));
    b->wake = NEVER;
    b->account.ask_at = NEVER;
    b->kind = find;
    return b;
}

static const struct kind *every_kind(const char *name)
{
    return kind_find(name);
}

struct brain *brain_new(void)
{
    return brain_new_with(every_kind);
}

void brain_free(struct brain *b)
{
    if (b == NULL)
        return;
    engine_free(b->engine);
    orders_clear(&b->orders);
    journal_clear(&b->journal);
    topology_unref(b->topology);
    topology_unref(b->in_use);
    json_decref(b->secrets);
    json_decref(b->output_refs);
    free(b->home_environment);
    free(b->home_account);
    free(b->unusable);
    free(b->version);
    free(b);
}

const char *account_state_name(enum account_state state)
{
    static const char *const names[] = {
#define X(id, name) [ACCOUNT_##id] = (name),
        ACCOUNT_STATES(X)
#undef X
    };
    return names[state];
}

/* The account */

static const char *pinned(const struct brain *b)
{
    return topology_settings(b->topology)->account;
}

static void ask_account(struct brain *b, struct turn *t)
{
    /* The other region's STS every second time: one of them may be the one that is lost. */
    enum region region = b->account.tries++ % 2 == 0 ? topology_primary(b->topology)
                                                     : topology_secondary(b->topology);
    struct call call = call_new("sts:GetCallerIdentity", region, json_object(), "account");
    b->account.call = (uint64_t)b->account.tries << 32; /* slot 0: none of the engine's */
    b->account.ask_at = NEVER;
    turn_call(t, b->account.call, call, 0);
}

/* The first configuration that is used says what the state is of; any other is refused. */
static bool at_home(struct brain *b, struct turn *t)
{
    const char *environment = topology_suffix(b->topology);
    if (b->home_environment == NULL) {
        b->home_environment = xstrdup(environment);
        b->home_account = xstrdup(b->account.id);
        journal_setting(&b->journal, "home",
                        json_pack("{ss ss}", "environment", environment, "account", b->account.id),
                        t);
    }
    if (strcmp(environment, b->home_environment) == 0)
        return true;
    b->unusable = xasprintf("the state directory remembers environment %s, the configuration is of "
                            "%s: give that one a settings/state_directory of its own",
                            b->home_environment, environment);
    return false;
}

/* Or leaves b->unusable to say why not. */
static void use_topology(struct brain *b, struct turn *t)
{
    free(b->unusable);
    b->unusable = NULL;
    if (!at_home(b, t))
        return;
    struct graph graph = { 0 };
    struct problems problems = { 0 };
    if (topology_expand(b->topology, b->account.id, b->secrets, &graph, &problems) < 0) {
        b->unusable = problems.n > 0 ? problem_text(&problems.items[0])
                                     : xstrdup("the configuration cannot be expanded");
        problems_clear(&problems);
        graph_clear(&graph);
        return;
    }
    json_decref(b->output_refs);
    b->output_refs = topology_outputs(b->topology, b->account.id);
    const struct engine_place place = { topology_suffix(b->topology), b->account.id,
                                        topology_settings(b->topology) };
    struct mandate mandate = mandate_alone(topology_primary(b->topology),
                                           topology_secondary(b->topology),
                                           topology_witness(b->topology));
    engine_set_mandate(b->engine, &mandate);
    engine_configure(b->engine, &graph, &place, t);
    topology_unref(b->in_use); /* the engine borrowed its settings until now */
    b->in_use = topology_ref(b->topology);
}

/* Why this account is the wrong one, in words; NULL when it is not. The caller frees. */
static char *objection(const struct brain *b)
{
    const char *id = b->account.id, *pin = pinned(b);
    if (pin[0] != '\0' && strcmp(pin, id) != 0)
        return xasprintf("the credentials open account %s, the configuration pins %s", id, pin);
    if (b->home_account != NULL && strcmp(b->home_account, id) != 0)
        return xasprintf("the credentials open account %s, the state directory remembers %s: give "
                         "this one a settings/state_directory of its own",
                         id, b->home_account);
    return NULL;
}

static void say_refusal(struct brain *b, struct turn *t)
{
    autofree char *why = brain_refusal(b);
    if (why != NULL)
        journal_event(&b->journal, "alert", NULL, why, t);
}

static void judge_account(struct brain *b, struct turn *t)
{
    autofree char *wrong = objection(b);
    b->account.state = wrong == NULL ? ACCOUNT_GOOD : ACCOUNT_WRONG;
    engine_suspend(b->engine, b->account.state == ACCOUNT_WRONG);
    if (b->account.state == ACCOUNT_GOOD)
        use_topology(b, t);
    say_refusal(b, t);
}

static void account_answered(struct brain *b, const struct answer *answer, struct turn *t)
{
    b->account.call = 0;
    const char *id = json_string_value(json_object_get(answer->body, "Account"));
    if (answer->class != AWS_OK || id == NULL || strlen(id) != 12) {
        bool news = answer->class != b->account.error.class ||
                    !str_eq(answer->code, b->account.error.code);
        b->account.error = *answer;
        b->account.error.body = NULL;
        if (news) /* once: it is asked again and again */
            say_refusal(b, t);
        unsigned shift = b->account.tries < 6 ? b->account.tries : 6;
        msec_t most = SECONDS(1) << shift;
        b->account.ask_at = t->now.boot + most / 2 +
                            (msec_t)random_below(&b->random, (uint64_t)most / 2);
        return;
    }
    const char *arn = json_string_value(json_object_get(answer->body, "Arn"));
    str_copy(b->account.id, sizeof(b->account.id), id);
    str_copy(b->account.principal, sizeof(b->account.principal), arn != NULL ? arn : "");
    b->account.checked_at = t->now.boot;
    b->account.tries = 0;
    b->account.error = (struct answer){ 0 };
    judge_account(b, t);
}

char *brain_refusal(const struct brain *b)
{
    const struct answer *error = &b->account.error;
    if (b->account.state == ACCOUNT_WRONG)
        return objection(b);
    if (b->account.state == ACCOUNT_UNKNOWN && error->class != AWS_OK)
        return xasprintf("AWS has not said yet whose account this is: %s %s",
                         error->code[0] != '\0' ? error->code : aws_class_name(error->class),
                         error->message);
    return b->unusable != NULL ? xstrdup(b->unusable) : NULL;
}

/* Events */

static void set_configuration(struct brain *b, struct topology *topology, const json_t *secrets)
{
    struct topology *new = topology_ref(topology);
    json_t *copy = secrets != NULL ? json_deep_copy(secrets) : NULL;
    topology_unref(b->topology);
    json_decref(b->secrets);
    b->secrets = copy;
    b->topology = new;
}

static void restore_home(struct brain *b, const json_t *home)
{
    const char *environment = json_string_value(json_object_get(home, "environment"));
    const char *account = json_string_value(json_object_get(home, "account"));
    if (environment == NULL || account == NULL)
        return;
    b->home_environment = xstrdup(environment);
    b->home_account = xstrdup(account);
}

static void on_booted(struct brain *b, const struct event *event, struct turn *t)
{
    assert(!b->booted);
    random_seed_bytes(&b->random, event->booted.entropy);
    set_configuration(b, event->booted.topology, event->booted.secrets);
    const json_t *checkpoint = event->booted.checkpoint;
    b->booted = true;
    b->booted_at = t->now.boot;
    b->observe = event->booted.observe;
    b->version = xstrdup(event->booted.version != NULL ? event->booted.version : "");
    b->journal.seq = (uint64_t)json_integer_value(json_object_get(checkpoint, "seq"));
    b->engine = engine_new(&b->journal, &b->random, b->kind, b->observe);
    engine_restore(b->engine, checkpoint, t->now);
    restore_home(b, json_object_get(json_object_get(checkpoint, "settings"), "home"));
    orders_restore(&b->orders, json_object_get(checkpoint, "operations"), &b->journal, t);
    ask_account(b, t);
}

static void on_reloaded(struct brain *b, const struct event *event, struct turn *t)
{
    set_configuration(b, event->reloaded.topology, event->reloaded.secrets);
    if (b->account.id[0] != '\0')
        judge_account(b, t);
    if (b->account.state == ACCOUNT_WRONG && b->account.call == 0)
        ask_account(b, t); /* the keys may be others now */
}

static void on_tick(struct brain *b, struct turn *t)
{
    b->wake = NEVER;
    if (t->now.boot >= b->account.ask_at && !b->stopping)
        ask_account(b, t);
    if (b->account.state == ACCOUNT_GOOD)
        engine_tick(b->engine, t);
}

static void on_answer(struct brain *b, const struct answer *answer, struct turn *t)
{
    if (b->account.call != 0 && answer->call == b->account.call)
        account_answered(b, answer, t);
    else
        engine_answer(b->engine, answer, t);
}

static void set_wake(struct brain *b, struct turn *t)
{
    msec_t next = b->stopping ? NEVER : b->account.ask_at;
    if (b->account.state == ACCOUNT_GOOD)
        next = msec_min(next, engine_next(b->engine));
    if (next == b->wake)
        return;
    b->wake = next;
    effects_add(t->out, EFFECT_WAKE)->wake = next;
}

void brain_step(struct brain *b, const struct event *event, struct now now, struct effects *effects)
{
    struct turn turn = { now, effects }, *t = &turn;
    assert(b->booted || event->kind == EVENT_BOOTED);
    switch (event->kind) {
    case EVENT_BOOTED:
        on_booted(b, event, t);
        break;
    case EVENT_TICK:
        on_tick(b, t);
        break;
    case EVENT_ANSWER:
        on_answer(b, event->answer, t);
        break;
    case EVENT_COMMAND:
        commands_run(b, event, t);
        break;
    case EVENT_RECORDED:
        engine_recorded(b->engine, event->recorded.seq, event->recorded.error, t);
        break;
    case EVENT_RELOADED:
        on_reloaded(b, event, t);
        break;
    case EVENT_PROBED: /* watching comes with failing over */
    case EVENT_RESOLVED:
        break;
    }
    if (b->account.state == ACCOUNT_GOOD)
        orders_step(&b->orders, b->engine, &b->journal, t);
    set_wake(b, t);
}

bool brain_idle(const struct brain *b)
{
    return b->account.call == 0 && (b->engine == NULL || engine_busy(b->engine) == 0);
}

void brain_stop(struct brain *b)
{
    b->stopping = true;
    if (b->engine != NULL)
        engine_stop(b->engine);
}

static json_t *account_view(const struct brain *b, msec_t now)
{
    const struct answer *error = &b->account.error;
    json_t *view = json_pack("{ss}", "state", account_state_name(b->account.state));
    if (b->account.id[0] != '\0') {
        json_object_set_new(view, "id", json_string(b->account.id));
        json_object_set_new(view, "principal", json_string(b->account.principal));
        json_object_set_new(view, "checked_age_ms", json_integer(now - b->account.checked_at));
    }
    if (pinned(b)[0] != '\0')
        json_object_set_new(view, "pinned", json_string(pinned(b)));
    if (error->class != AWS_OK)
        json_object_set_new(view, "error",
                            json_pack("{ss ss ss}", "class", aws_class_name(error->class), "code",
                                      error->code, "message", error->message));
    return view;
}

json_t *brain_status(const struct brain *b, struct now now)
{
    autofree char *refusal = brain_refusal(b);
    json_t *status = json_pack(
        "{ss ss sI sI sb so ss* so so si}", "version", b->version, "environment",
        topology_suffix(b->topology), "time", (json_int_t)now.wall.ms, "uptime_ms",
        (json_int_t)(now.boot - b->booted_at), "observe", (int)b->observe, "account",
        account_view(b, now.boot), "refusal", refusal, "problems",
        engine_problems(b->engine, 20, now.boot), "operations", orders_view(&b->orders, now.boot),
        "exit_code",
        b->account.state == ACCOUNT_GOOD && refusal == NULL ? engine_exit_code(b->engine) : 1);
    assert(status != NULL);
    json_auto_t *engine = engine_status(b->engine, now);
    json_object_update(status, engine);
    if (b->account.state == ACCOUNT_WRONG)
        json_object_set_new(status, "posture", json_string("wrong account"));
    return status;
}
