/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sandbox/sqs.h"

#include <stdio.h>

#include "tests/sandbox/policy.h"

enum { NAME_MAX_LENGTH = 80, TAGS_MAX = 50, PAGE_MAX = 1000, DELETED_S = 60 };

/* ---- attributes ---- */

enum form { FORM_NUMBER, FORM_BOOL, FORM_TEXT, FORM_JSON, FORM_ONE_OF };

/* Source: API reference, CreateQueue and SetQueueAttributes; defaults as recorded from AWS. */
static const struct attribute {
    const char *name;
    enum form form;
    bool fifo; /* only for FIFO queues */
    json_int_t min, max;
    const char *preset; /* NULL: shown only when set */
    const char *one_of; /* FORM_ONE_OF: "a|b" */
} attributes[] = {
    { "ContentBasedDeduplication", FORM_BOOL, true, 0, 0, "false", NULL },
    { "DeduplicationScope", FORM_ONE_OF, true, 0, 0, "queue", "queue|messageGroup" },
    { "DelaySeconds", FORM_NUMBER, false, 0, 900, "0", NULL },
    { "FifoQueue", FORM_BOOL, true, 0, 0, NULL, NULL },
    { "FifoThroughputLimit", FORM_ONE_OF, true, 0, 0, "perQueue", "perQueue|perMessageGroupId" },
    { "KmsDataKeyReusePeriodSeconds", FORM_NUMBER, false, 60, 86400, NULL, NULL },
    { "KmsMasterKeyId", FORM_TEXT, false, 0, 0, NULL, NULL },
    { "MaximumMessageSize", FORM_NUMBER, false, 1024, 1048576, "1048576", NULL },
    { "MessageRetentionPeriod", FORM_NUMBER, false, 60, 1209600, "345600", NULL },
    { "Policy", FORM_JSON, false, 0, 0, NULL, NULL },
    { "ReceiveMessageWaitTimeSeconds", FORM_NUMBER, false, 0, 20, "0", NULL },
    { "RedriveAllowPolicy", FORM_JSON, false, 0, 0, NULL, NULL },
    { "RedrivePolicy", FORM_JSON, false, 0, 0, NULL, NULL },
    { "SqsManagedSseEnabled", FORM_BOOL, false, 0, 0, "true", NULL },
    { "VisibilityTimeout", FORM_NUMBER, false, 0, 43200, "30", NULL },
};

static const struct attribute *find_attribute(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
        if (strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    return NULL;
}

static bool number_within(const char *text, json_int_t min, json_int_t max)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    return *text != '\0' && *end == '\0' && value >= min && value <= max;
}

static bool listed(const char *choices, const char *text)
{
    size_t n = strlen(text);
    for (const char *p = choices; (p = strstr(p, text)) != NULL; p++)
        if ((p == choices || p[-1] == '|') && (p[n] == '|' || p[n] == '\0'))
            return true;
    return false;
}

/* The type of a queue is not part of an update, and FIFO's attributes are not for others. */
static bool attribute_fits_type(struct request *r, const struct attribute *a, const char *text,
                                bool fifo, bool creating, struct answer *ret)
{
    if (strcmp(a->name, "FifoQueue") == 0 && !creating && fifo) {
        if (strcmp(text, "true") == 0)
            return true;
        *ret = service_error(r, "InvalidAttributeValue",
                             "Invalid value for the parameter FifoQueue. Reason: Modifying queue "
                             "type is not supported.");
        return false;
    }
    if (!a->fifo || fifo)
        return true;
    if (a->form == FORM_ONE_OF)
        *ret = service_error(r, "InvalidAttributeName",
                             "You can specify the %s only when FifoQueue is set to true.", a->name);
    else
        *ret = service_error(r, "InvalidAttributeName", "Unknown Attribute %s.", a->name);
    return false;
}

static struct answer bad_redrive(struct request *r, const char *text, const char *reason)
{
    return service_error(r, "InvalidParameterValueException",
                         "Value %.200s for parameter RedrivePolicy is invalid. Reason: %s", text,
                         reason);
}

static bool redrive_ok(struct request *r, const char *text, bool fifo, struct answer *ret)
{
    json_auto_t *policy = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const char *arn = json_string_value(json_object_get(policy, "deadLetterTargetArn"));
    const json_t *count = json_object_get(policy, "maxReceiveCount");
    json_int_t times = json_is_string(count) ? strtoll(json_string_value(count), NULL, 10)
                                             : json_integer_value(count);
    const char *reason = NULL;
    if (!json_is_object(policy))
        reason = "Redrive policy is not a valid JSON map.";
    else if (arn == NULL || count == NULL)
        reason = "Redrive policy does not contain mandatory attribute: deadLetterTargetArn or "
                 "maxReceiveCount.";
    else if (times < 1 || times > 1000)
        reason = "Invalid value for maxReceiveCount: must be between 1 and 1000.";
    else if (sqs_queue_by_arn(r, arn) == NULL)
        reason = "Dead letter target does not exist.";
    else if (sqs_fifo(sqs_queue_by_arn(r, arn)) != fifo)
        reason = "Dead-letter queue must be same type of queue as the source.";
    if (reason != NULL)
        *ret = bad_redrive(r, text, reason);
    return reason == NULL;
}

static bool json_ok(struct request *r, const struct attribute *a, const char *text, bool fifo,
                    struct answer *ret)
{
    struct problem problem;
    json_t *parsed = NULL;
    if (*text == '\0') /* takes the attribute away */
        return true;
    if (strcmp(a->name, "RedrivePolicy") == 0)
        return redrive_ok(r, text, fifo, ret);
    bool good = strcmp(a->name, "Policy") == 0
                    ? policy_parse(text, POLICY_RESOURCE, &parsed, &problem) == 0
                    : (parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL)) != NULL;
    json_decref(parsed);
    if (!good)
        *ret = service_error(r, "InvalidAttributeValue", "Invalid value for the parameter %s.",
                             a->name);
    return good;
}

static bool attribute_ok(struct request *r, const char *name, const json_t *value, bool fifo,
                         bool creating, struct answer *ret)
{
    const struct attribute *a = find_attribute(name);
    const char *text = json_string_value(value);
    bool good = true;
    if (a == NULL) {
        *ret = service_error(r, "InvalidAttributeName", "Unknown Attribute %s.", name);
        return false;
    }
    if (!attribute_fits_type(r, a, text, fifo, creating, ret))
        return false;
    switch (a->form) {
    case FORM_NUMBER:
        good = number_within(text, a->min, a->max);
        break;
    case FORM_BOOL:
        good = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
        break;
    case FORM_ONE_OF:
        good = listed(a->one_of, text);
        break;
    case FORM_JSON:
        return json_ok(r, a, text, fifo, ret);
    case FORM_TEXT:
        break;
    }
    if (!good)
        *ret = service_error(r, "InvalidAttributeValue", "Invalid value for the parameter %s.",
                             name);
    return good;
}

static bool attributes_ok(struct request *r, bool fifo, bool creating, struct answer *ret)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(r->args, "Attributes"), name, value)
    {
        if (!attribute_ok(r, name, value, fifo, creating, ret))
            return false;
    }
    return true;
}

/* What a queue without this attribute set shows and does; NULL: nothing. */
static const char *attribute_value(const json_t *queue, const struct attribute *a)
{
    const json_t *set = json_object_get(queue, "attributes");
    const char *text = json_string_value(json_object_get(set, a->name));
    bool kms = json_object_get(set, "KmsMasterKeyId") != NULL;
    if (text != NULL)
        return text;
    if (a->fifo && !sqs_fifo(queue))
        return NULL;
    if (kms && strcmp(a->name, "SqsManagedSseEnabled") == 0)
        return "false";
    if (kms && strcmp(a->name, "KmsDataKeyReusePeriodSeconds") == 0)
        return "300";
    return a->preset;
}

static void set_attributes(struct request *r, json_t *queue)
{
    json_t *set = service_object(queue, "attributes"), *value;
    const char *name;
    json_object_foreach(json_object_get(r->args, "Attributes"), name, value)
    {
        if (*json_string_value(value) == '\0')
            json_object_del(set, name);
        else
            json_object_set(set, name, value);
    }
}

/* ---- queues ---- */

static json_t *queues_of(const struct request *r)
{
    return service_object(r->state, "queues");
}

char *sqs_arn(const struct request *r, const char *name)
{
    return xasprintf("arn:aws:sqs:%s:%s:%s", region_name(r->region), cloud_account(r->cloud), name);
}

static json_t *queue_url(const struct request *r, const char *name)
{
    return json_sprintf("https://sqs.%s.amazonaws.com/%s/%s", region_name(r->region),
                        cloud_account(r->cloud), name);
}

json_t *sqs_queue_by_arn(const struct request *r, const char *arn)
{
    autofree char *prefix = sqs_arn(r, "");
    return str_prefix(arn, prefix) ? json_object_get(queues_of(r), arn + strlen(prefix)) : NULL;
}

static struct answer no_queue(struct request *r)
{
    return service_error(r, "QueueDoesNotExist", "The specified queue does not exist.");
}

/* The name at the end of a queue's URL, when host and account fit; else NULL. Any host but AWS's
 * own of another region will do: clients reach the sandbox by many names. */
static const char *url_name(struct request *r, const char *url)
{
    autofree char *account = xasprintf("/%s/", cloud_account(r->cloud));
    const char *host = strstr(url, "://"), *path = strstr(url, account);
    if (host == NULL || path == NULL)
        return NULL;
    host += 3;
    const char *dot = strchr(host, '.');
    size_t n = dot == NULL ? 0 : strcspn(dot + 1, ".");
    bool aws = str_prefix(host, "sqs.") && strstr(host, ".amazonaws.com") != NULL;
    if (aws && dot != NULL &&
        (n != strlen(region_name(r->region)) || strncmp(dot + 1, region_name(r->region), n) != 0))
        return NULL;
    return path + strlen(account);
}

json_t *sqs_queue(struct request *r, struct answer *ret)
{
    const char *url = request_text(r, "QueueUrl"), *name = url_name(r, url);
    if (name == NULL) {
        *ret = service_error(r, "InvalidAddress", "The address %s is not valid for this endpoint.",
                             url);
        return NULL;
    }
    json_t *queue = json_object_get(queues_of(r), name);
    if (queue == NULL)
        *ret = no_queue(r);
    else
        sqs_expire(queue, r->now);
    return queue;
}

json_int_t sqs_number(const json_t *queue, const char *attribute)
{
    const char *text = attribute_value(queue, find_attribute(attribute));
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

bool sqs_fifo(const json_t *queue)
{
    const json_t *set = json_object_get(queue, "attributes");
    return str_eq(json_string_value(json_object_get(set, "FifoQueue")), "true");
}

json_t *sqs_redrive(const json_t *queue)
{
    const json_t *set = json_object_get(queue, "attributes");
    const char *text = json_string_value(json_object_get(set, "RedrivePolicy"));
    return text == NULL ? NULL : json_loads(text, 0, NULL);
}

static bool name_ok(struct request *r, const char *name, bool fifo, struct answer *ret)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_";
    size_t n = strlen(name), plain = strspn(name, letters);
    bool suffixed = strcmp(name + plain, ".fifo") == 0 && plain > 0;
    bool good = n >= 1 && n <= NAME_MAX_LENGTH && (fifo ? suffixed : plain == n);
    if (!good && fifo)
        *ret = service_error(r, "InvalidParameterValueException",
                             "The name of a FIFO queue can only include alphanumeric characters, "
                             "hyphens, or underscores, must end with .fifo suffix and be 1 to 80 "
                             "in length");
    else if (!good)
        *ret = service_error(r, "InvalidParameterValueException",
                             "Can only include alphanumeric characters, hyphens, or underscores. "
                             "1 to 80 in length");
    return good;
}

/* The queue is there already: the same settings are a success, others are not. */
static struct answer create_again(struct request *r, const json_t *queue, const char *name)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(r->args, "Attributes"), key, value)
    {
        const struct attribute *a = find_attribute(key);
        const char *wanted = json_string_value(value);
        const char *live = a == NULL ? NULL : attribute_value(queue, a);
        if (!str_eq(live == NULL ? "" : live, wanted))
            return service_error(r, "QueueNameExists",
                                 "A queue already exists with the same name and a different value "
                                 "for attribute %s",
                                 key);
    }
    return answer_ok(json_pack("{s:o}", "QueueUrl", queue_url(r, name)));
}

static struct answer create_queue(struct request *r)
{
    struct answer bad;
    const char *name = request_text(r, "QueueName");
    const json_t *given = request_member(r, "Attributes");
    const char *fifo_text = json_string_value(json_object_get(given, "FifoQueue"));
    bool fifo = str_eq(fifo_text, "true");
    if (!name_ok(r, name, fifo, &bad) || !attributes_ok(r, fifo, true, &bad))
        return bad;
    const json_t *existing = json_object_get(queues_of(r), name);
    if (existing != NULL)
        return create_again(r, existing, name);
    json_t *deleted = service_object(r->state, "deleted");
    if (json_integer_value(json_object_get(deleted, name)) > r->now.boot)
        return service_error(r, "QueueDeletedRecently",
                             "You must wait %d seconds after deleting a queue before you can "
                             "create another with the same name.",
                             DELETED_S);
    json_object_del(deleted, name);
    json_auto_t *tags = service_tag_map(request_member(r, "tags"));
    json_t *queue = json_pack("{s:O, s:[], s:I, s:I}", "tags", tags, "messages", "created",
                              (json_int_t)(r->now.wall.ms / 1000), "modified",
                              (json_int_t)(r->now.wall.ms / 1000));
    assert(queue != NULL);
    set_attributes(r, queue);
    json_object_set_new(queues_of(r), name, queue);
    return answer_ok(json_pack("{s:o}", "QueueUrl", queue_url(r, name)));
}

static struct answer get_queue_url(struct request *r)
{
    const char *name = request_text(r, "QueueName");
    const char *owner = request_text(r, "QueueOwnerAWSAccountId");
    if ((owner != NULL && strcmp(owner, cloud_account(r->cloud)) != 0) ||
        json_object_get(queues_of(r), name) == NULL)
        return no_queue(r);
    return answer_ok(json_pack("{s:o}", "QueueUrl", queue_url(r, name)));
}

static struct answer delete_queue(struct request *r)
{
    struct answer bad;
    if (sqs_queue(r, &bad) == NULL)
        return bad;
    const char *name = url_name(r, request_text(r, "QueueUrl"));
    msec_t until = r->now.boot + cloud_wait(r->cloud, SECONDS(DELETED_S));
    json_object_set_new(service_object(r->state, "deleted"), name, json_integer(until));
    json_object_del(queues_of(r), name);
    return answer_ok(json_object());
}

static struct answer list_queues(struct request *r)
{
    const char *prefix = request_text(r, "QueueNamePrefix"), *name;
    json_int_t max = request_integer(r, "MaxResults", PAGE_MAX);
    json_auto_t *all = json_array();
    json_t *queue;
    if (max < 1 || max > PAGE_MAX)
        return service_error(r, "InvalidParameterValueException",
                             "Value %lld for parameter MaxResults is invalid. Reason: Must be "
                             "between 1 and %d.",
                             (long long)max, PAGE_MAX);
    json_object_foreach(queues_of(r), name, queue)
    {
        if (prefix == NULL || str_prefix(name, prefix))
            json_array_append_new(all, queue_url(r, name));
    }
    json_t *body = json_object();
    size_t next;
    if (!service_page(all, request_text(r, "NextToken"), max, body, "QueueUrls", &next)) {
        json_decref(body);
        return service_error(r, "InvalidParameterValueException", "Invalid or expired next token.");
    }
    if (json_array_size(all) == 0)
        json_object_clear(body);
    /* Without MaxResults AWS gives the first thousand and no token. */
    if (next != 0 && request_member(r, "MaxResults") != NULL)
        json_object_set_new(body, "NextToken", json_sprintf("%zu", next));
    return answer_ok(body);
}

/* ---- reading attributes ---- */

static json_t *all_attributes(struct request *r, const json_t *queue)
{
    json_t *all = json_object();
    size_t counts[3];
    autofree char *arn = sqs_arn(r, url_name(r, request_text(r, "QueueUrl")));
    sqs_count(queue, r->now, counts);
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
        const char *value = attribute_value(queue, &attributes[i]);
        if (value != NULL)
            json_object_set_new(all, attributes[i].name, json_string(value));
    }
    json_object_set_new(all, "QueueArn", json_string(arn));
    json_object_set_new(all, "ApproximateNumberOfMessages", json_sprintf("%zu", counts[0]));
    json_object_set_new(all, "ApproximateNumberOfMessagesDelayed", json_sprintf("%zu", counts[1]));
    json_object_set_new(all, "ApproximateNumberOfMessagesNotVisible",
                        json_sprintf("%zu", counts[2]));
    const char *const stamps[][2] = { { "CreatedTimestamp", "created" },
                                      { "LastModifiedTimestamp", "modified" } };
    for (size_t i = 0; i < 2; i++)
        json_object_set_new(all, stamps[i][0],
                            json_sprintf("%" JSON_INTEGER_FORMAT,
                                         json_integer_value(json_object_get(queue, stamps[i][1]))));
    return all;
}

static struct answer get_queue_attributes(struct request *r)
{
    struct answer bad;
    const json_t *queue = sqs_queue(r, &bad);
    size_t i;
    json_t *name;
    if (queue == NULL)
        return bad;
    json_auto_t *all = all_attributes(r, queue);
    json_auto_t *chosen = json_object();
    json_array_foreach(request_member(r, "AttributeNames"), i, name)
    {
        const char *text = json_string_value(name);
        if (strcmp(text, "All") == 0)
            json_object_update(chosen, all);
        else
            json_object_set(chosen, text, json_object_get(all, text));
    }
    if (json_object_size(chosen) == 0)
        return answer_ok(json_object());
    return answer_ok(json_pack("{s:O}", "Attributes", chosen));
}

static struct answer set_queue_attributes(struct request *r)
{
    struct answer bad;
    json_t *queue = sqs_queue(r, &bad);
    if (queue == NULL || !attributes_ok(r, sqs_fifo(queue), false, &bad))
        return bad;
    set_attributes(r, queue);
    json_object_set_new(queue, "modified", json_integer(r->now.wall.ms / 1000));
    return answer_ok(json_object());
}

/* ---- tags ---- */

static struct answer tag_queue(struct request *r)
{
    struct answer bad;
    json_t *queue = sqs_queue(r, &bad);
    if (queue == NULL)
        return bad;
    json_auto_t *merged = json_copy(json_object_get(queue, "tags"));
    json_object_update(merged, json_object_get(r->args, "Tags"));
    if (json_object_size(merged) > TAGS_MAX)
        return service_error(r, "InvalidParameterValueException", "Too many tags added for queue.");
    json_object_set(queue, "tags", merged);
    return answer_ok(json_object());
}

static struct answer untag_queue(struct request *r)
{
    struct answer bad;
    json_t *queue = sqs_queue(r, &bad), *key;
    size_t i;
    if (queue == NULL)
        return bad;
    json_array_foreach(request_member(r, "TagKeys"), i, key)
    {
        json_object_del(json_object_get(queue, "tags"), json_string_value(key));
    }
    return answer_ok(json_object());
}

static struct answer list_queue_tags(struct request *r)
{
    struct answer bad;
    const json_t *queue = sqs_queue(r, &bad);
    if (queue == NULL)
        return bad;
    json_t *tags = json_object_get(queue, "tags");
    return answer_ok(json_object_size(tags) == 0 ? json_object()
                                                 : json_pack("{s:O}", "Tags", tags));
}

/* ---- the service ---- */

static const struct service_operation operations_table[] = {
    { "CancelMessageMoveTask", sqs_cancel_move },
    { "CreateQueue", create_queue },
    { "DeleteMessage", sqs_delete_message },
    { "DeleteQueue", delete_queue },
    { "GetQueueAttributes", get_queue_attributes },
    { "GetQueueUrl", get_queue_url },
    { "ListMessageMoveTasks", sqs_list_moves },
    { "ListQueueTags", list_queue_tags },
    { "ListQueues", list_queues },
    { "ReceiveMessage", sqs_receive },
    { "SendMessage", sqs_send },
    { "SetQueueAttributes", set_queue_attributes },
    { "StartMessageMoveTask", sqs_start_move },
    { "TagQueue", tag_queue },
    { "UntagQueue", untag_queue },
    { NULL, NULL },
};

static const json_t *queue_of_arn(struct cloud *c, enum region region, const char *arn)
{
    const struct request r = { .cloud = c,
                               .region = region,
                               .state = cloud_service_state(c, "sqs", region) };
    return sqs_queue_by_arn(&r, arn);
}

static json_t *resource_tags(struct cloud *c, enum region region, const char *arn)
{
    return json_deep_copy(json_object_get(queue_of_arn(c, region, arn), "tags"));
}

static json_t *resource_policy(struct cloud *c, enum region region, const char *arn)
{
    const json_t *set = json_object_get(queue_of_arn(c, region, arn), "attributes");
    const char *text = json_string_value(json_object_get(set, "Policy"));
    return text == NULL ? NULL : json_loads(text, 0, NULL);
}

static const char *const eventual[] = { "GetQueueUrl", "GetQueueAttributes", "ListQueues",
                                        "ListQueueTags", NULL };

const struct service service_sqs = {
    .name = "sqs",
    .operations = operations_table,
    .settle = sqs_move_on,
    .resource_tags = resource_tags,
    .resource_policy = resource_policy,
    .eventual_reads = eventual,
};
