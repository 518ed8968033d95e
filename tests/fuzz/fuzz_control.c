/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as control requests to a brain that runs. Each line is one: "name?query body", where a
 * leading "-" takes the right to act away. Query and body become arguments as in
 * daemon/shell/control.c. Each command is answered once, whatever is in it, with a document that
 * can be printed; and brain and metrics outlive it. */
#include "aws/codec.h"
#include "daemon/brain/commands.h"

static const char minimal[] =
    "{\"suffix\": \"demo\", \"regions\": {\"primary\": \"us-east-1\", \"secondary\": "
    "\"us-east-2\"}, \"tables\": {\"customers\": {\"key\": \"customer_id\"}}, \"queues\": "
    "{\"orders\": {}}}";

enum { REQUESTS_MAX = 16, STEPS_MAX = 2000 };

struct house {
    struct brain *brain;
    struct now now;
    struct effects effects;
    uint64_t command;
    unsigned replies;
    bool carrying_out;
};

static void step(struct house *h, const struct event *event);

/* Only the account is known; for the rest AWS says no, so that passes and orders come to an end. */
static void answer(struct house *h, const struct effect *effect)
{
    struct answer a = str_eq(effect->call.call.op->name, "GetCallerIdentity")
                          ? answer_ok(json_pack("{ss ss}", "Account", "123456789012", "Arn",
                                                "arn:aws:iam::123456789012:user/drd"))
                          : answer_error(AWS_DENIED, "AccessDenied", 403, "not today");
    a.call = effect->call.id;
    step(h, &(struct event){ .kind = EVENT_ANSWER, .answer = &a });
    answer_clear(&a);
}

static void check_reply(struct house *h, const struct effect *effect)
{
    autofree char *text = json_dumps(effect->reply.body, JSON_ENCODE_ANY);
    assert(text != NULL && effect->reply.status >= 200 && effect->reply.status < 600);
    h->replies += effect->reply.command == h->command;
}

static void carry_out(struct house *h, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_CALL:
        answer(h, effect);
        return;
    case EFFECT_RECORD:
        step(h,
             &(struct event){ .kind = EVENT_RECORDED, .recorded = { .seq = effect->record.seq } });
        return;
    case EFFECT_REPLY:
        check_reply(h, effect);
        return;
    case EFFECT_WAKE:
    case EFFECT_PROBE:
    case EFFECT_RESOLVE:
        return;
    }
}

/* Effects are carried out in the order in which they were asked for. */
static void step(struct house *h, const struct event *event)
{
    brain_step(h->brain, event, h->now, &h->effects);
    if (h->carrying_out)
        return;
    h->carrying_out = true;
    for (size_t i = 0; i < h->effects.n; i++) {
        assert(i < STEPS_MAX);
        struct effect effect = h->effects.items[i]; /* the list may move */
        carry_out(h, &effect);
    }
    effects_clear(&h->effects);
    h->carrying_out = false;
}

/* The members of a query, as MHD hands them to control.c. */
static void take_query(json_t *args, const char *query, size_t n)
{
    for (const char *at = query, *end = query + n; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        equals = equals == NULL ? stop : equals;
        const char *value = equals < stop ? equals + 1 : stop;
        autofree char *key = NULL, *decoded = NULL;
        size_t key_size, size;
        if (codec_percent_decode(at, (size_t)(equals - at), true, &key, &key_size) &&
            codec_percent_decode(value, (size_t)(stop - value), true, &decoded, &size)) {
            bool number = size > 0 && size < 19 && strspn(decoded, "0123456789") == size;
            json_t *text = number ? json_integer(strtoll(decoded, NULL, 10)) : json_string(decoded);
            (void)json_object_set_new(args, key, text == NULL ? json_null() : text);
        }
        at = stop + 1;
    }
}

static void request(struct house *h, const char *line, size_t n)
{
    bool may_act = n == 0 || line[0] != '-';
    line += may_act ? 0 : 1;
    n -= may_act ? 0 : 1;
    const char *space = memchr(line, ' ', n);
    size_t head = space == NULL ? n : (size_t)(space - line);
    const char *query = memchr(line, '?', head);
    size_t name_size = query == NULL ? head : (size_t)(query - line);
    autofree char *name = xstrndup(line, name_size);
    json_auto_t *args = json_object();
    if (space != NULL && n > head + 1) {
        json_t *body = json_loadb(space + 1, n - head - 1, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(body)) { /* control.c refuses it by itself */
            json_decref(body);
            return;
        }
        json_decref(args);
        args = body;
    }
    if (query != NULL)
        take_query(args, query + 1, head - name_size - 1);
    h->command++;
    h->replies = 0;
    h->now.boot += 250;
    h->now.wall.ms += 250;
    struct event event = { .kind = EVENT_COMMAND,
                           .command = { .id = h->command,
                                        .name = name,
                                        .args = args,
                                        .who = "uid 1000 (fuzz)",
                                        .clearance = may_act ? CLEARANCE_WRITE : CLEARANCE_READ } };
    step(h, &event);
    assert(h->replies == 1);
    step(h, &(struct event){ .kind = EVENT_TICK });
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct house h = { .now = { 1000, { 1700000000000 } }, .brain = brain_new() };
    struct topology *topology = NULL;
    struct problems problems = { 0 };
    int rc = topology_load(minimal, sizeof minimal - 1, "minimal.json", &topology, &problems);
    assert(rc == 0);
    step(&h, &(struct event){ .kind = EVENT_BOOTED,
                              .booted = { .topology = topology, .version = "fuzz" } });
    const char *at = (const char *)bytes, *end = at + n;
    for (unsigned i = 0; i < REQUESTS_MAX && at < end; i++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        request(&h, at, (size_t)(stop - at));
        at = stop + 1;
    }
    brain_stop(h.brain);
    brain_free(h.brain);
    effects_clear(&h.effects);
    topology_unref(topology);
    problems_clear(&problems);
    return 0;
}
