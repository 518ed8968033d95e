/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/loop.h"

#include "daemon/shell/clock.h"
#include "daemon/shell/inputs.h"
#include "daemon/shell/loop_state.h"
#include "daemon/shell/notify.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>

enum {
    STOP_TIME = 30000,
    OVERDUE = 10000,    /* a wake so late means that we are stuck */
    WRITE_MOST = 30000, /* and so does one write of the journal that takes so long */
};

static const int signal_numbers[LOOP_SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

/* ---- closing ---- */

static void close_all(struct loop *l)
{
    l->closed = true;
    control_close(l->control);
    l->control = NULL;
    transport_close(l->transport);
    writer_close(l->writer);
    for (size_t i = 0; i < PROCESSES_MAX; i++)
        if (l->processes[i].process != NULL)
            process_kill(l->processes[i].process);
    for (size_t i = 0; i < LOOP_SIGNALS; i++)
        uv_close((uv_handle_t *)&l->signals[i], NULL);
    uv_close((uv_handle_t *)&l->brain_alarm.timer, NULL);
    uv_close((uv_handle_t *)&l->client_alarm.timer, NULL);
    uv_close((uv_handle_t *)&l->stop_timer, NULL);
    uv_close((uv_handle_t *)&l->watchdog, NULL);
    uv_close((uv_handle_t *)&l->every, NULL);
}

static bool is_idle(const struct loop *l)
{
    return brain_idle(l->brain) && client_in_flight(l->client) == 0 && writer_idle(l->writer) &&
           l->held.n == 0 && l->effects.n == 0 && l->client_effects.n == 0;
}

static void on_close_time(uv_timer_t *timer)
{
    close_all(timer->data);
}

/* In a turn of its own: we may stand in a callback of what is to be closed. */
static void close_soon(struct loop *l)
{
    if (!l->closed)
        uv_timer_start(&l->stop_timer, on_close_time, 0, 0);
}

void loop_finish_when_idle(struct loop *l)
{
    if (!l->closed && is_idle(l))
        close_soon(l);
}

static void on_stop_time(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    log_say(l->log, LOG_WARNING,
            "stopping although %zu calls were under way for %d s; what came of them will be read "
            "from AWS at the next start",
            client_in_flight(l->client), STOP_TIME / 1000);
    close_all(l);
}

void loop_stop(struct loop *l)
{
    if (l->closed)
        return;
    if (l->stopping) { /* asked twice: somebody is in a hurry */
        close_soon(l);
        return;
    }
    l->stopping = true;
    notify_stopping();
    log_say(l->log, LOG_INFO, "stopping: %zu calls are under way", client_in_flight(l->client));
    uv_timer_start(&l->stop_timer, on_stop_time, STOP_TIME, 0);
    brain_stop(l->brain);
    client_stop(l->client, clock_now(), &l->client_effects);
    loop_pump(l);
}

/* ---- the configuration, again ---- */

static json_t *problem_texts(const struct problems *problems)
{
    json_t *texts = json_array();
    for (size_t i = 0; i < problems->n; i++) {
        autofree char *text = problem_text(&problems->items[i]);
        (void)json_array_append_new(texts, json_string(text));
    }
    return texts;
}

static void say_what_stays(const struct loop *l, const struct settings *old,
                           const struct settings *new)
{
    const struct {
        const char *name;
        bool changed;
    } fixed[] = {
        { "control_socket", strcmp(old->control_socket, new->control_socket) != 0 },
        { "control_group_read", strcmp(old->control_group_read, new->control_group_read) != 0 },
        { "control_group_write", strcmp(old->control_group_write, new->control_group_write) != 0 },
        { "state_directory", strcmp(old->state_directory, new->state_directory) != 0 },
        { "metrics_listen", strcmp(old->metrics_listen, new->metrics_listen) != 0 },
        { "connect_to",
          old->connect_to != new->connect_to && !json_equal(old->connect_to, new->connect_to) },
        { "ca_bundle", strcmp(old->ca_bundle, new->ca_bundle) != 0 },
        { "proxy", strcmp(old->proxy, new->proxy) != 0 },
        { "role_observe", strcmp(old->role_observe, new->role_observe) != 0 },
        { "role_reconcile", strcmp(old->role_reconcile, new->role_reconcile) != 0 },
        { "fips", old->fips != new->fips },
        { "dual_stack", old->dual_stack != new->dual_stack },
        { "call_timeout", old->call_timeout != new->call_timeout },
        { "attempt_timeout", old->attempt_timeout != new->attempt_timeout },
        { "budget_scale",
          old->budget_scale < new->budget_scale || old->budget_scale > new->budget_scale },
    };
    for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
        if (fixed[i].changed)
            log_say(l->log, LOG_WARNING, "settings/%s has changed; that takes a restart",
                    fixed[i].name);
}

static void use_topology(struct loop *l, struct topology *topology, const json_t *secrets)
{
    say_what_stays(l, topology_settings(l->topology), topology_settings(topology));
    struct event event = { .kind = EVENT_RELOADED, .reloaded = { topology, secrets } };
    loop_tell_brain(l, &event);
    topology_unref(l->topology);
    l->topology = topology;
    l->loaded = clock_now().wall;
    json_decref(l->rejected);
    l->rejected = NULL;
    log_say(l->log, LOG_NOTICE, "the configuration was read again: %s", l->options.config);
}

static void reload(struct loop *l)
{
    struct problems problems = { 0 };
    struct topology *topology = NULL;
    json_auto_t *secrets = NULL;
    notify_reloading();
    if (inputs_topology(l->options.config, &topology, &problems) == 0 &&
        inputs_secrets(topology, &secrets, &problems) == 0) {
        use_topology(l, topology, secrets);
    } else {
        log_problems(l->log, LOG_ERR, &problems);
        log_say(l->log, LOG_ERR, "the configuration is refused; the old one goes on");
        json_decref(l->rejected);
        l->rejected = problem_texts(&problems);
        topology_unref(topology);
    }
    problems_clear(&problems);
    notify_ready();
    loop_pump(l);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop *l = handle->data;
    if (number != SIGHUP)
        loop_stop(l);
    else if (!l->stopping)
        reload(l);
}

/* ---- the watchdog ---- */

static bool is_overdue(const struct alarm *a, msec_t now)
{
    return a->at != NEVER && now - a->at > OVERDUE;
}

/* For systemctl status. */
static void on_status_line(void *self, int http_status, const json_t *status)
{
    const char *refusal = json_string_value(json_object_get(status, "refusal"));
    const char *posture = json_string_value(json_object_get(status, "posture"));
    const json_t *counts = json_object_get(status, "resources");
    (void)self;
    if (http_status != 200)
        return;
    autofree char *line = xasprintf(
        "%s: %lld of %lld resources in sync%s%s", posture == NULL ? "" : posture,
        (long long)json_integer_value(json_object_get(counts, "in_sync")),
        (long long)json_integer_value(json_object_get(counts, "total")),
        refusal == NULL ? "" : "; ", refusal == NULL ? "" : refusal);
    notify_status(line);
}

/* Idle is fine, late is not: systemd hears from us only while what is due gets done. */
static void on_watchdog(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    msec_t now = clock_now().boot, writing = writer_busy_since(l->writer);
    if (!is_overdue(&l->brain_alarm, now) && !is_overdue(&l->client_alarm, now) &&
        (writing == 0 || now - writing < WRITE_MOST))
        notify_alive();
    loop_alarm_again(&l->brain_alarm);
    loop_alarm_again(&l->client_alarm);
    if (!l->stopping)
        loop_command(l, "status", NULL, on_status_line, l);
}

/* ---- opening ---- */

static void init_handles(struct loop *l)
{
    loop_alarm_init(&l->brain_alarm, l, loop_ring_brain);
    loop_alarm_init(&l->client_alarm, l, loop_ring_client);
    uv_timer_init(&l->uv, &l->stop_timer);
    uv_timer_init(&l->uv, &l->watchdog);
    uv_timer_init(&l->uv, &l->every);
    l->stop_timer.data = l->watchdog.data = l->every.data = l;
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        uv_signal_init(&l->uv, &l->signals[i]);
        l->signals[i].data = l;
    }
}

static void start_handles(struct loop *l)
{
    msec_t interval = notify_watchdog_interval();
    if (interval > 0)
        uv_timer_start(&l->watchdog, on_watchdog, 0, (uint64_t)interval);
    for (size_t i = 0; i < LOOP_SIGNALS; i++)
        if (!l->options.alone || signal_numbers[i] != SIGHUP)
            uv_signal_start(&l->signals[i], on_signal, signal_numbers[i]);
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool is_true(const json_t *environment, const char *name)
{
    return str_eq(json_string_value(json_object_get(environment, name)), "true");
}

static int open_transport(struct loop *l, const json_t *environment, struct problem *reterr)
{
    const struct settings *s = topology_settings(l->topology);
    const char *ca = json_string_value(json_object_get(environment, "AWS_CA_BUNDLE"));
    struct transport_settings settings = {
        .connect_to = s->connect_to,
        .ca_bundle = s->ca_bundle[0] != '\0' || ca == NULL ? s->ca_bundle : ca,
        .proxy = s->proxy,
    };
    l->urls = inputs_endpoint_urls(environment);
    l->endpoints = (struct endpoint_settings){
        .fips = s->fips || is_true(environment, "AWS_USE_FIPS_ENDPOINT"),
        .dual_stack = s->dual_stack || is_true(environment, "AWS_USE_DUALSTACK_ENDPOINT"),
        .urls = l->urls,
    };
    int rc = transport_new(&l->uv, &settings, &l->transport, reterr);
    l->wire = (struct wire){ .transport = l->transport,
                             .endpoints = &l->endpoints,
                             .observe = l->options.observe,
                             .ended = loop_attempt_ended,
                             .owner = l };
    return rc;
}

static void draw_entropy(uint8_t entropy[32])
{
    if (getentropy(entropy, 32) < 0)
        abort();
}

static void make_client(struct loop *l, const json_t *environment)
{
    const struct settings *s = topology_settings(l->topology);
    autofree char *session = xasprintf("drd-%s", topology_suffix(l->topology));
    struct credentials_source *source = credentials_source_new(environment, session);
    const char *role = l->options.observe ? s->role_observe : s->role_reconcile;
    if (role[0] != '\0')
        credentials_source_assume(source, role, NULL, topology_primary(l->topology));
    struct client_settings settings = {
        .call_timeout = s->call_timeout,
        .attempt_timeout = s->attempt_timeout,
        .max_pages = 1000,
        .in_flight = 16,
        .observe = l->options.observe,
        .budget_scale = s->budget_scale,
    };
    uint8_t entropy[32];
    draw_entropy(entropy);
    l->client = client_new(&settings, source, entropy);
}

static int open_store(struct loop *l, json_t **ret_checkpoint, struct problem *reterr)
{
    const char *directory = topology_settings(l->topology)->state_directory;
    struct store *store = NULL;
    int rc = store_open(directory, STORE_KEEP, &store, reterr);
    if (rc == 0)
        rc = store_checkpoint(store, ret_checkpoint, reterr);
    if (rc < 0) {
        store_close(store);
        return rc;
    }
    l->durable = (uint64_t)json_integer_value(json_object_get(*ret_checkpoint, "seq"));
    l->writer = writer_new(&l->uv, store, directory, loop_written, loop_found, l);
    return 0;
}

static int open_control(struct loop *l, struct problem *reterr)
{
    if (l->options.alone)
        return 0;
    const struct settings *s = topology_settings(l->topology);
    struct control_settings settings = { .socket = s->control_socket, .tcp = s->metrics_listen };
    str_copy(settings.groups.read, sizeof settings.groups.read, s->control_group_read);
    str_copy(settings.groups.write, sizeof settings.groups.write, s->control_group_write);
    int rc = control_open(&l->uv, &settings, loop_on_command, l, &l->control, reterr);
    if (rc < 0)
        return rc;
    log_say(l->log, LOG_INFO, "listening on %s", s->control_socket);
    if (control_port(l->control) != 0)
        log_say(l->log, LOG_INFO, "metrics on TCP port %d", control_port(l->control));
    notify_ready();
    return 0;
}

static void boot_brain(struct loop *l, const json_t *secrets, const json_t *checkpoint)
{
    struct event event = { .kind = EVENT_BOOTED,
                           .booted = { .topology = l->topology,
                                       .secrets = secrets,
                                       .checkpoint = checkpoint,
                                       .observe = l->options.observe,
                                       .version = DRD_VERSION } };
    draw_entropy(event.booted.entropy);
    loop_tell_brain(l, &event);
    l->booted = true;
    loop_pump(l);
}

static int open_all(struct loop *l, struct problems *reterr)
{
    struct problem problem = { 0 };
    json_auto_t *environment = inputs_environment(), *secrets = NULL, *checkpoint = NULL;
    if (inputs_topology(l->options.config, &l->topology, reterr) < 0 ||
        inputs_secrets(l->topology, &secrets, reterr) < 0)
        return -1;
    l->loaded = clock_now().wall;
    make_client(l, environment);
    if (open_store(l, &checkpoint, &problem) < 0 || open_transport(l, environment, &problem) < 0 ||
        open_control(l, &problem) < 0) {
        *problems_add(reterr, "", "%s", "") = problem;
        return -1;
    }
    start_handles(l);
    boot_brain(l, secrets, checkpoint);
    return 0;
}

int loop_new(const struct loop_options *options, const struct log *log, struct loop **ret,
             struct problems *reterr)
{
    struct loop *l = xcalloc(1, sizeof *l);
    l->options = *options;
    l->log = log;
    l->asked = json_object();
    l->views = json_object();
    l->brain = brain_new();
    int rc = uv_loop_init(&l->uv);
    assert(rc == 0);
    init_handles(l);
    if (open_all(l, reterr) < 0) {
        close_all(l);
        loop_run(l);
        loop_free(l);
        return -1;
    }
    *ret = l;
    return 0;
}

void loop_run(struct loop *l)
{
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
    assert(l->closed);
    int rc = uv_loop_close(&l->uv);
    assert(rc == 0); /* else somebody left a handle open */
}

void loop_free(struct loop *l)
{
    if (l == NULL)
        return;
    brain_free(l->brain);
    client_free(l->client);
    effects_clear(&l->effects);
    effects_clear(&l->held);
    client_effects_clear(&l->client_effects);
    topology_unref(l->topology);
    json_decref(l->urls);
    json_decref(l->rejected);
    json_decref(l->asked);
    json_decref(l->views);
    free(l->local);
    free(l);
}

static void on_every(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    l->tick(l->tick_owner);
}

void loop_every(struct loop *l, msec_t interval, void (*tick)(void *owner), void *owner)
{
    l->tick = tick;
    l->tick_owner = owner;
    (void)uv_timer_start(&l->every, on_every, (uint64_t)interval, (uint64_t)interval);
}
