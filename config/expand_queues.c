/* SPDX-License-Identifier: Apache-2.0 */
/* Queues: a pair of SQS queues for each name, and a pair for what they could not deliver. */
#include "config/expand.h"

#include "config/place.h"
#include "config/statements.h"

enum { SOURCES_MAX = 10 }; /* sourceQueueArns in a RedriveAllowPolicy (SetQueueAttributes) */

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

enum named expand_queue_form(const json_t *queue)
{
    return json_is_true(json_object_get(queue, "fifo")) ? NAMED_FIFO : NAMED_QUEUE;
}

/* Where a queue's dead letters go, as a name for ids; NULL when it keeps them. The caller frees. */
static char *target_of(const char *name, const json_t *queue)
{
    const json_t *dead_letter = json_object_get(queue, "dead_letter");
    const char *chosen = json_string_value(json_object_get(dead_letter, "queue"));
    if (number(dead_letter, "after") == 0)
        return NULL;
    return chosen != NULL ? xstrdup(chosen) : xasprintf("%s-dlq", name);
}

char *expand_dead_letters(struct expansion *x, const char *queue, const char *pointer)
{
    const json_t *intent = expand_lookup(x, "queues", queue, pointer);
    char *target = intent == NULL ? NULL : target_of(queue, intent);
    if (intent != NULL && target == NULL)
        problems_add(x->problems, pointer, "the queue \"%s\" has no dead letters", queue);
    return target;
}

/* ARNs are derived, not referred to: source and target would otherwise need each other. */
static json_t *redrive_allow(const struct naming *n, enum named form, const json_t *sources)
{
    json_t *arns = json_array();
    for (size_t i = 0; i < json_array_size(sources); i++) {
        autofree char *name = naming_name(n, form, json_string_value(json_array_get(sources, i)));
        autofree char *arn = naming_arn(n, form, name);
        json_array_append_new(arns, json_string(arn));
    }
    return json_pack("{s:s, s:o}", "redrivePermission", "byQueue", "sourceQueueArns", arns);
}

static json_t *redrive(const char *target, enum region region, json_int_t after)
{
    autofree char *arn = xasprintf("${sqs_queue/%s@%s.arn}", target, region_name(region));
    return json_pack("{s:s, s:I}", "deadLetterTargetArn", arn, "maxReceiveCount", after);
}

/* One queue in one region: the user's, or one for dead letters. */
struct queue {
    const char *name;
    const json_t *value;   /* of the intent */
    const json_t *sources; /* names of those that send their dead letters here; may be NULL */
    json_int_t retention_s;
    const char *target; /* NULL: none */
};

static json_t *attributes(const struct expansion *x, const struct queue *q, enum region region,
                          const char *aws_name)
{
    struct naming n = expand_naming(x, region);
    enum named form = expand_queue_form(q->value);
    autofree char *arn = naming_arn(&n, form, aws_name);
    bool fifo = form == NAMED_FIFO; /* AWS takes FifoQueue only when it is true */
    json_t *policy = statements_new(), *redrive_policy = NULL, *allow = NULL;
    statements_tls_only(policy, "sqs:*", json_string(arn));
    if (q->target != NULL)
        redrive_policy = redrive(q->target, region,
                                 number(json_object_get(q->value, "dead_letter"), "after"));
    if (q->sources != NULL)
        allow = redrive_allow(&n, form, q->sources);
    json_t *all = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:b, s:o*, s:o*, s:o*, s:o*, s:o}", "VisibilityTimeout",
        number(q->value, "visibility_s"), "MessageRetentionPeriod", q->retention_s, "DelaySeconds",
        number(q->value, "delay_s"), "ReceiveMessageWaitTimeSeconds", number(q->value, "wait_s"),
        "MaximumMessageSize", number(q->value, "message_bytes"), "SqsManagedSseEnabled", 1,
        "FifoQueue", fifo ? json_true() : NULL, "ContentBasedDeduplication",
        fifo ? json_true() : NULL, "RedrivePolicy", redrive_policy, "RedriveAllowPolicy", allow,
        "Policy", policy);
    assert(all != NULL);
    return all;
}

static void add_pair(struct expansion *x, const struct intent *intent, const struct queue *q)
{
    for (size_t i = 0; i < ARRAY_SIZE(x->regions); i++) {
        struct naming n = expand_naming(x, x->regions[i]);
        enum named form = expand_queue_form(q->value);
        autofree char *name = naming_name(&n, form, q->name);
        if (i == 0) /* the same name in both regions */
            naming_check(&n, form, name, intent->pointer, x->problems);
        json_t *want = json_pack("{s:s, s:o}", "QueueName", name, "Attributes",
                                 attributes(x, q, x->regions[i], name));
        assert(want != NULL);
        expand_add(x, intent, "sqs_queue", q->name, x->regions[i], want, "");
    }
}

/* {target: [source…]} of all queues. */
static json_t *sources_by_target(const struct expansion *x)
{
    json_t *all = json_object(), *queue;
    const char *name;
    json_object_foreach(json_object_get(x->document, "queues"), name, queue)
    {
        autofree char *target = target_of(name, queue);
        if (target == NULL)
            continue;
        if (json_object_get(all, target) == NULL)
            json_object_set_new(all, target, json_array());
        json_array_append_new(json_object_get(all, target), json_string(name));
    }
    return all;
}

static void check_target(struct expansion *x, const struct intent *intent, const char *target)
{
    const json_t *dead_letter = json_object_get(intent->value, "dead_letter");
    bool chosen = json_object_get(dead_letter, "queue") != NULL;
    autofree char *pointer = xasprintf("%s/dead_letter/%s", intent->pointer,
                                       chosen ? "queue" : "retention_s");
    const json_t *other = chosen ? expand_lookup(x, "queues", target, pointer) : NULL;
    json_int_t own = number(intent->value, "retention_s");
    json_int_t kept = number(chosen ? other : dead_letter, "retention_s");
    if (chosen && other == NULL)
        return;
    if (chosen && expand_queue_form(other) != expand_queue_form(intent->value))
        problems_add(x->problems, pointer, "a queue and its dead letters must both be fifo or not");
    if (kept < own) {
        struct problem *p = problems_add(x->problems, pointer,
                                         "dead letters are kept for %" JSON_INTEGER_FORMAT
                                         " s, the queue's own messages for "
                                         "%" JSON_INTEGER_FORMAT " s: they would vanish on arrival",
                                         kept, own);
        problem_remedy(p, "Keep dead letters at least as long.");
    }
}

static void expand_queue(struct expansion *x, const struct intent *intent, const json_t *targets)
{
    const json_t *sources = json_object_get(targets, intent->name);
    const json_t *dead_letter = json_object_get(intent->value, "dead_letter");
    autofree char *target = target_of(intent->name, intent->value);
    if (json_array_size(sources) > SOURCES_MAX)
        problems_add(x->problems, intent->pointer,
                     "takes the dead letters of %zu queues; SQS allows %d",
                     json_array_size(sources), SOURCES_MAX);
    if (target != NULL)
        check_target(x, intent, target);
    if (target != NULL && json_object_get(dead_letter, "queue") == NULL) {
        json_auto_t *only = json_pack("[s]", intent->name);
        add_pair(x, intent,
                 &(struct queue){ .name = target,
                                  .value = intent->value,
                                  .sources = only,
                                  .retention_s = number(dead_letter, "retention_s") });
    }
    add_pair(x, intent,
             &(struct queue){ .name = intent->name,
                              .value = intent->value,
                              .sources = sources,
                              .retention_s = number(intent->value, "retention_s"),
                              .target = target });
}

void expand_queues(struct expansion *x)
{
    json_auto_t *targets = sources_by_target(x);
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(x->document, "queues"), name, value)
    {
        autofree char *pointer = place_key("/queues", name);
        expand_queue(x,
                     &(struct intent){
                         .section = "queues", .name = name, .value = value, .pointer = pointer },
                     targets);
    }
}
