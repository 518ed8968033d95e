/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulation/incident.h"

#include <inttypes.h>
#include <stdio.h>

enum story { STORY_MIXED, STORY_MIXED_AGAIN, STORY_REGION_LOST, STORY_DESTROYED, N_STORIES };

static const char head[] =
    "{\"suffix\": \"sim\", \"regions\": {\"primary\": \"us-east-1\", \"secondary\": \"us-east-2\"},"
    " \"settings\": {\"repairs_per_hour\": 1000, \"pass_interval_s\": %d, \"resources_at_once\": "
    "%d,"
    " \"writes_per_pass\": %d, \"call_timeout_s\": 20, \"attempt_timeout_s\": 5},"
    " \"queues\": {\"orders\": {\"visibility_s\": %d, \"dead_letter\": {\"after\": 3}}%s},"
    " \"parameters\": {\"orders/url\": {\"value\": \"{queue:orders}\"}},"
    " \"roles\": {\"worker\": {\"for\": \"lambda\", \"uses\": ["
    "{\"queue\": \"orders\", \"access\": \"consume\"},"
    "{\"parameter\": \"orders/url\", \"access\": \"read\"}]}}}";

/* All kinds: the example, with settings of the story's own. */
static const char wide[] =
    "{'suffix': 'sim', 'regions': {'primary': 'us-east-1', 'secondary': 'us-east-2', 'witness':"
    " 'us-west-2'}, 'settings': {'repairs_per_hour': 1000, 'pass_interval_s': %d,"
    " 'resources_at_once': %d, 'writes_per_pass': %d, 'call_timeout_s': 20, 'attempt_timeout_s': "
    "5},"
    " 'tables': {'ledger': {'key': 'id', 'consistency': 'strong', 'deletion_protection': %s,"
    " 'indexes': {'by-status': {'key': 'status'}}}, 'sessions': {'key': 'id', 'ttl': 'expires'}},"
    " 'buckets': {'logs': {'expire_days': 30}}, 'queues': {'orders': {'visibility_s': %d,"
    " 'dead_letter': {'after': 3}}%s}, 'parameters': {'orders/url': {'value': '{queue:orders}'},"
    " 'log-bucket': {'value': '{bucket:logs}'}}, 'roles': {'worker': {'for': 'lambda', 'uses': ["
    "{'table': 'ledger', 'access': 'read_write'}, {'bucket': 'logs', 'access': 'write'},"
    "{'queue': 'orders', 'access': 'consume'}, {'parameter': 'orders/url', 'access': 'read'}]}}}";

struct incident {
    struct house house;
    struct random random;
    enum story story;
    bool wide;          /* all kinds */
    char text[2][2048]; /* the configuration, and another one for a reload */
    msec_t faults_end;
};

static uint64_t draw(struct incident *i, uint64_t n)
{
    return random_below(&i->random, n);
}

static bool chance(struct incident *i, unsigned percent)
{
    return draw(i, 100) < percent;
}

static void write_wide(char text[2048], int interval, int at_once, int writes, bool second)
{
    int n = snprintf(text, 2048, wide, interval, at_once, writes, second ? "false" : "true",
                     second ? 60 : 30, second ? ", 'refunds': {}" : "");
    assert(n > 0 && n < 2048);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
}

static void write_texts(struct incident *i)
{
    int interval = 20 + (int)draw(i, 60), at_once = 1 + (int)draw(i, 12);
    int writes = chance(i, 30) ? 3 + (int)draw(i, 5) : 500;
    if (i->wide) {
        write_wide(i->text[0], interval, at_once, writes, false);
        write_wide(i->text[1], interval, at_once, writes, true);
        return;
    }
    int n = snprintf(i->text[0], sizeof(i->text[0]), head, interval, at_once, writes, 30, "");
    assert(n > 0 && (size_t)n < sizeof(i->text[0]));
    n = snprintf(i->text[1], sizeof(i->text[1]), head, interval, at_once, writes, 60,
                 ", \"refunds\": {}");
    assert(n > 0 && (size_t)n < sizeof(i->text[1]));
}

static void add_fault(struct incident *i, json_t *fault)
{
    json_auto_t *owned = fault;
    struct problem problem;
    char *id = NULL;
    assert(fault != NULL);
    if (net_add_fault(i->house.net, fault, i->house.now, &id, &problem) < 0) {
        autofree char *text = problem_text(&problem);
        house_violation(&i->house, "faults", "%s", text);
        return;
    }
    free(id);
}

static void draw_fault(struct incident *i)
{
    static const char *const kinds[] = { "error", "throttle", "reset", "lose",
                                         "slow",  "hang",     "refuse" };
    static const char *const regions[] = { NULL, "us-east-1", "us-east-2" };
    static const char *const services[] = { NULL, NULL, "sqs", "iam", "ssm" };
    json_int_t from = (json_int_t)draw(i, 120000);
    json_t *fault = json_pack(
        "{ss ss* ss* sf sI sI sI}", "do", kinds[draw(i, ARRAY_SIZE(kinds))], "region",
        regions[draw(i, ARRAY_SIZE(regions))], "service", services[draw(i, ARRAY_SIZE(services))],
        "probability", 0.05 + 0.6 * random_unit(&i->random), "from_ms", from, "until_ms",
        from + 1000 + (json_int_t)draw(i, 120000), "delay_ms", (json_int_t)draw(i, 8000));
    add_fault(i, fault);
}

/* Someone who does not know that drd is there. */
static void careless(struct incident *i, enum region region)
{
    struct house *h = &i->house;
    autofree char *url = xasprintf("https://sqs.%s.amazonaws.com/123456789012/orders-sim",
                                   region_name(region));
    struct answer answer;
    switch (draw(i, 3)) {
    case 0:
        answer = house_outsider(h, "sqs:DeleteQueue", region, json_pack("{ss}", "QueueUrl", url));
        break;
    case 1:
        answer = house_outsider(
            h, "sqs:SetQueueAttributes", region,
            json_pack("{ss s{ss}}", "QueueUrl", url, "Attributes", "VisibilityTimeout", "77"));
        break;
    default:
        answer = house_outsider(h, "ssm:DeleteParameter", region,
                                json_pack("{ss}", "Name", "/sim/orders/url"));
        break;
    }
    answer_clear(&answer);
}

static void meddle(struct incident *i)
{
    careless(i, chance(i, 50) ? REGION_US_EAST_1 : REGION_US_EAST_2);
}

static void hold(struct incident *i)
{
    struct house *h = &i->house;
    house_command(h, "hold", json_pack("{ss}", "reason", "a storm"), NULL);
    h->must_not_write = true;
    house_run(h, h->now.boot + (msec_t)draw(i, 60000));
    h->must_not_write = h->settings.observe;
    house_command(h, "resume", NULL, NULL);
}

static void ask_something(struct incident *i)
{
    static const char *const commands[] = { "status",    "plan",    "reconcile", "drift",
                                            "resources", "outputs", "nonsense" };
    house_command(&i->house, commands[draw(i, ARRAY_SIZE(commands))], NULL, NULL);
}

static void trouble(struct incident *i)
{
    struct house *h = &i->house;
    while (h->now.boot < i->faults_end && h->tally.violation == NULL) {
        house_run(h, h->now.boot + 1 + (msec_t)draw(i, 15000));
        switch (draw(i, 8)) {
        case 0:
            if (h->crash_at == 0)
                h->crash_at = h->tally.events + 1 + draw(i, 60);
            break;
        case 1:
            h->records_fail_until = h->now.boot + (msec_t)draw(i, 20000);
            break;
        case 2:
            hold(i);
            break;
        case 3:
            house_reload(h, i->text[draw(i, 2)]);
            break;
        case 4:
            meddle(i);
            break;
        default:
            ask_something(i);
            break;
        }
    }
    h->records_fail_until = 0;
    house_run(h, h->now.boot + MINUTES(1));
    house_command(h, "resume", NULL, NULL); /* the end of a hold may have been lost in a crash */
    house_reload(h, i->text[0]);
}

/* Judges */

/* Runs until the number is between least and most. */
static bool comes_to(struct house *h, const char *pointer, json_int_t least, json_int_t most,
                     msec_t within)
{
    msec_t end = h->now.boot + within;
    while (h->now.boot < end && h->tally.violation == NULL) {
        json_int_t value = house_status(h, pointer);
        if (value >= least && value <= most)
            return true;
        house_run(h, h->now.boot + 2000);
    }
    return false;
}

/* Two passes more: what was seen before that may be old. */
static bool passes(struct house *h)
{
    json_int_t pass = house_status(h, "/pass/completed");
    return comes_to(h, "/pass/completed", pass + 2, INT64_MAX, MINUTES(30));
}

static void say_problems(struct house *h, const char *judge)
{
    json_auto_t *copy = json_deep_copy(house_command(h, "drift", NULL, NULL));
    const json_t *row = NULL;
    size_t k;
    json_t *each;
    json_array_foreach(json_object_get(copy, "rows"), k, each)
    {
        const char *state = json_string_value(json_object_get(each, "state"));
        if (row == NULL && !str_eq(state, "orphaned"))
            row = each;
    }
    autofree char *text = row != NULL ? json_dumps(row, JSON_COMPACT) : xstrdup("no row");
    house_violation(h, judge, "%.240s", text);
}

static void judge_sync(struct incident *i)
{
    struct house *h = &i->house;
    house_run(h, h->now.boot + MINUTES(2)); /* stale reads and late arrivals are over */
    if (!passes(h))
        house_violation(h, "passes end", "none did for half an hour");
    if (!comes_to(h, "/exit_code", 0, 0, HOURS(1)))
        say_problems(h, "in sync when the faults end");
}

static void judge_rest(struct incident *i)
{
    struct house *h = &i->house;
    msec_t from = h->now.boot;
    passes(h);
    if (h->tally.last_write >= from)
        house_violation(h, "a second pass changes nothing", "changed at %" PRId64,
                        (int64_t)h->tally.last_write);
    if (h->asked != h->answered)
        house_violation(h, "every command answered once", "%" PRIu64 " of %" PRIu64, h->answered,
                        h->asked);
}

/* What is in us-east-1 comes into sync while us-east-2 does not answer, and the status says so. */
static void judge_lost_region(struct incident *i)
{
    struct house *h = &i->house;
    if (i->wide) { /* what spans both regions has to be there: then only what changes is repaired */
        if (!comes_to(h, "/exit_code", 0, 0, HOURS(1)))
            say_problems(h, "in sync when there are no faults");
        careless(i, REGION_US_EAST_1);
    }
    add_fault(i, json_pack("{ss ss sf}", "do", chance(i, 50) ? "hang" : "refuse", "region",
                           "us-east-2", "probability", 1.0));
    house_run(h, h->now.boot + MINUTES(6));
    json_int_t all = house_status(h, "/regions/us-east-1/total");
    json_int_t good = house_status(h, "/regions/us-east-1/in_sync");
    if (all == 0 || good != all)
        say_problems(h, "the other region converges");
    if (house_status(h, "/regions/us-east-2/error") == 0)
        house_violation(h, "a lost region is said", "no error there");
    if (house_status(h, "/pass/completed") == 0)
        house_violation(h, "passes end", "none has");
    net_clear_faults(h->net);
}

static size_t things_left(const struct house *h)
{
    static const char *const places[][3] = {
        { "sqs", "us-east-1", "queues" },      { "sqs", "us-east-2", "queues" },
        { "ssm", "us-east-1", "parameters" },  { "ssm", "us-east-2", "parameters" },
        { "iam", "global", "roles" },          { "iam", "global", "policies" },
        { "dynamodb", "us-east-1", "tables" }, { "dynamodb", "us-east-2", "tables" },
        { "dynamodb", "us-west-2", "tables" }, { "s3", "us-east-1", "buckets" },
        { "s3", "us-east-2", "buckets" },
    };
    json_auto_t *state = cloud_state(h->cloud, h->now);
    const json_t *services = json_object_get(state, "services");
    size_t n = 0;
    for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
        const json_t *service = json_object_get(services, places[k][0]);
        const json_t *region = json_object_get(service, places[k][1]);
        n += json_object_size(json_object_get(region, places[k][2]));
    }
    return n;
}

static void judge_destroy(struct incident *i)
{
    struct house *h = &i->house;
    int status = 0;
    if (things_left(h) == 0)
        house_violation(h, "nothing is left", "there was nothing to begin with");
    h->unlimited = true;
    house_command(h, "destroy", json_pack("{ss}", "confirm", "sim"), &status);
    if (status != 202)
        house_violation(h, "destroy", "answered %d", status);
    for (int k = 0; k < 3; k++)
        draw_fault(i);
    h->crash_at = h->tally.events + 1 + draw(i, 200);
    house_run(h, h->now.boot + MINUTES(5));
    net_clear_faults(h->net);
    json_int_t total = house_status(h, "/resources/total");
    if (!comes_to(h, "/resources/gone", total, total, HOURS(1)))
        say_problems(h, "destroyed");
    size_t left = things_left(h);
    if (left > 0)
        house_violation(h, "nothing is left", "%zu things", left);
}

/* Only looking: crashes, faults and people, and no change of drd's. */
static void judge_observing(struct incident *i)
{
    struct house *h = &i->house;
    net_clear_faults(h->net);
    /* The one under way began among faults; the next one sees what is. */
    bool under_way_ends = passes(h), next_ends = passes(h);
    if (!under_way_ends || !next_ends)
        house_violation(h, "passes end", "none did for half an hour");
    if (house_status(h, "/exit_code") != 2)
        house_violation(h, "observing sees the drift", "exit code %d",
                        (int)house_status(h, "/exit_code"));
    if (h->tally.calls_write > 0)
        house_violation(h, "no change while observing", "%lu", h->tally.calls_write);
}

bool incident_play(uint64_t seed, bool trace, struct tally *ret)
{
    struct incident i = { .story = (enum story)(seed % N_STORIES), .wide = seed % 3 == 0 };
    random_seed(&i.random, seed ^ 0x5eedu);
    write_texts(&i);
    const struct house_settings settings = { .seed = seed,
                                             .text = i.text[0],
                                             .round_trip = 5 + (msec_t)draw(&i, 100),
                                             .stale_reads = chance(&i, 40) ? (msec_t)draw(&i, 4000)
                                                                           : 0,
                                             .budget_scale = 1,
                                             .observe = seed % 16 == 1,
                                             .trace = trace };
    house_init(&i.house, &settings);
    if (i.story == STORY_REGION_LOST) {
        judge_lost_region(&i);
    } else {
        for (uint64_t k = 0, n = 1 + draw(&i, 6); k < n; k++)
            draw_fault(&i);
        i.faults_end = i.house.now.boot + SECONDS(30) + (msec_t)draw(&i, 150000);
        trouble(&i);
        i.house.crash_at = 0;
        i.house.records_fail_until = 0;
        net_clear_faults(i.house.net);
    }
    if (settings.observe) {
        judge_observing(&i);
    } else {
        judge_sync(&i);
        judge_rest(&i);
    }
    if (i.story == STORY_DESTROYED && i.house.tally.violation == NULL)
        judge_destroy(&i);
    *ret = i.house.tally;
    ret->created = NULL;
    house_clear(&i.house);
    return ret->violation == NULL;
}
