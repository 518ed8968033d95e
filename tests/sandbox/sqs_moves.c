/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec.h"
#include "tests/sandbox/sqs.h"

enum { KEPT = 10 };

static json_t *moves_of(json_t *state)
{
    json_t *moves = json_object_get(state, "moves");
    if (moves == NULL) {
        moves = json_array();
        json_object_set_new(state, "moves", moves);
    }
    return moves;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool running(const json_t *task)
{
    return str_eq(text_of(task, "Status"), "RUNNING");
}

/* Is some queue's dead letters sent to this ARN? */
static bool is_grave(const struct request *r, const char *arn)
{
    const char *name;
    json_t *queue;
    json_object_foreach(json_object_get(r->state, "queues"), name, queue)
    {
        json_auto_t *redrive = sqs_redrive(queue);
        if (str_eq(text_of(redrive, "deadLetterTargetArn"), arn))
            return true;
    }
    return false;
}

static struct answer no_such(struct request *r, const char *parameter)
{
    return service_error(r, "ResourceNotFoundException",
                         "The resource that you specified for the %s parameter doesn't exist.",
                         parameter);
}

struct answer sqs_start_move(struct request *r)
{
    const char *source = request_text(r, "SourceArn"), *to = request_text(r, "DestinationArn");
    json_t *queue = sqs_queue_by_arn(r, source), *task;
    size_t i;
    if (queue == NULL)
        return no_such(r, "SourceArn");
    if (!is_grave(r, source))
        return service_error(r, "InvalidParameterValueException",
                             "Source queue must be configured as a Dead Letter Queue.");
    if (to != NULL && sqs_queue_by_arn(r, to) == NULL)
        return no_such(r, "DestinationArn");
    json_array_foreach(moves_of(r->state), i, task)
    {
        if (running(task) && str_eq(text_of(task, "SourceArn"), source))
            return service_error(r, "InvalidParameterValueException",
                                 "There is already a task running. Only one active task is allowed "
                                 "for a source queue arn at a given time.");
    }
    autofree char *id = cloud_uuid(r->cloud);
    autofree char *plain = xasprintf("{\"taskId\":\"%s\",\"sourceArn\":\"%s\"}", id, source);
    autofree char *handle = codec_base64_encode(plain, strlen(plain));
    size_t n = json_array_size(json_object_get(queue, "messages"));
    task = json_pack(
        "{s:s, s:s, s:s, s:s*, s:O*, s:i, s:I, s:I, s:I}", "TaskHandle", handle, "Status",
        "RUNNING", "SourceArn", source, "DestinationArn", to, "MaxNumberOfMessagesPerSecond",
        json_object_get(r->args, "MaxNumberOfMessagesPerSecond"),
        "ApproximateNumberOfMessagesMoved", 0, "ApproximateNumberOfMessagesToMove", (json_int_t)n,
        "StartedTimestamp", (json_int_t)r->now.wall.ms, "from", (json_int_t)r->now.boot);
    assert(task != NULL);
    json_array_insert_new(moves_of(r->state), 0, task); /* newest first */
    if (json_array_size(moves_of(r->state)) > KEPT)
        json_array_remove(moves_of(r->state), KEPT);
    return answer_ok(json_pack("{s:s}", "TaskHandle", handle));
}

/* Moves one message; false and the task is over when there is none or nowhere to put it. */
static bool move_one(const struct request *r, json_t *task)
{
    json_t *source = sqs_queue_by_arn(r, text_of(task, "SourceArn"));
    json_t *messages = json_object_get(source, "messages");
    json_t *message = json_array_get(messages, 0);
    if (message == NULL) {
        json_object_set_new(task, "Status", json_string("COMPLETED"));
        return false;
    }
    const char *to = text_of(task, "DestinationArn");
    to = to == NULL ? text_of(message, "source") : to;
    json_t *target = to == NULL ? NULL : sqs_queue_by_arn(r, to);
    if (target == NULL) {
        json_object_set_new(task, "Status", json_string("FAILED"));
        json_object_set_new(task, "FailureReason",
                            json_string("AWS.SimpleQueueService.NonExistentQueue"));
        return false;
    }
    json_object_set_new(message, "receives", json_integer(0));
    json_object_set_new(message, "visible_at", json_integer(r->now.boot));
    json_array_append(json_object_get(target, "messages"), message);
    json_array_remove(messages, 0);
    json_object_set_new(task, "ApproximateNumberOfMessagesMoved",
                        json_integer(number_of(task, "ApproximateNumberOfMessagesMoved") + 1));
    return true;
}

static void go_on(const struct request *r, json_t *task)
{
    json_int_t rate = number_of(task, "MaxNumberOfMessagesPerSecond");
    json_int_t due = rate == 0 ? INT64_MAX : rate * (r->now.boot - number_of(task, "from")) / 1000;
    while (running(task) && number_of(task, "ApproximateNumberOfMessagesMoved") < due)
        if (!move_one(r, task))
            break;
}

void sqs_move_on(struct cloud *c, struct now now)
{
    for (unsigned region = REGION_NONE + 1; region < N_REGIONS; region++) {
        if (!cloud_has_region(c, (enum region)region))
            continue;
        struct request r = { .cloud = c,
                             .region = (enum region)region,
                             .state = cloud_service_state(c, "sqs", (enum region)region),
                             .now = now };
        size_t i;
        json_t *task;
        json_array_foreach(json_object_get(r.state, "moves"), i, task)
        {
            if (running(task))
                go_on(&r, task);
        }
    }
}

struct answer sqs_list_moves(struct request *r)
{
    const char *source = request_text(r, "SourceArn");
    size_t most = (size_t)request_integer(r, "MaxResults", 1), i;
    json_t *task;
    if (sqs_queue_by_arn(r, source) == NULL)
        return no_such(r, "SourceArn");
    json_auto_t *results = json_array();
    json_array_foreach(moves_of(r->state), i, task)
    {
        if (!str_eq(text_of(task, "SourceArn"), source) || json_array_size(results) >= most)
            continue;
        json_t *shown = json_copy(task);
        json_object_del(shown, "from");
        if (!running(task))
            json_object_del(shown, "TaskHandle");
        json_array_append_new(results, shown);
    }
    return answer_ok(json_pack("{s:O}", "Results", results));
}

struct answer sqs_cancel_move(struct request *r)
{
    const char *handle = request_text(r, "TaskHandle");
    size_t size, i;
    autofree char *plain = codec_base64_decode(handle, &size);
    json_auto_t *claim = plain == NULL ? NULL : json_loads(plain, 0, NULL);
    const char *source = text_of(claim, "sourceArn");
    json_t *task;
    if (source == NULL)
        return service_error(r, "InvalidParameterValueException",
                             "Value for parameter TaskHandle is invalid.");
    if (sqs_queue_by_arn(r, source) == NULL)
        return no_such(r, "SourceArn");
    json_array_foreach(moves_of(r->state), i, task)
    {
        if (!running(task) || !str_eq(text_of(task, "TaskHandle"), handle))
            continue;
        json_object_set_new(task, "Status", json_string("CANCELLED"));
        return answer_ok(json_pack("{s:O}", "ApproximateNumberOfMessagesMoved",
                                   json_object_get(task, "ApproximateNumberOfMessagesMoved")));
    }
    return service_error(r, "ResourceNotFoundException", "Task does not exist.");
}
