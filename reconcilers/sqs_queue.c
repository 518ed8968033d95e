/* SPDX-License-Identifier: Apache-2.0 */
/* sqs_queue: one queue. A dead-letter queue is an ordinary queue: the graph fills its ARN into the
 * RedrivePolicy of the other before this runs.
 * The URL is asked for and not derived, because the endpoint decides about its host. Attributes are
 * text in AWS, with JSON inside some; the empty text takes such an attribute away. AWS refuses to
 * be told that a queue is not FIFO, so defaults are left out when creating. Encryption is either
 * SQS's own keys or a KMS key: switching sends both attributes. A changed attribute may take a
 * minute to show, a deleted queue's name is taken for as long.
 * Sources:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
 * API_SetQueueAttributes.html, API_DeleteQueue.html */
#include "reconcilers/fields.h"
#include "reconcilers/resource.h"

static json_t *name(const struct scene *s)
{
    return json_pack("{s:s}", "QueueName", resource_name(s));
}

static json_t *queue(const struct scene *s)
{
    const char *url = resource_live(s, "url", "/QueueUrl");
    return url == NULL ? NULL : json_pack("{s:s}", "QueueUrl", url);
}

static json_t *all_attributes(const struct scene *s)
{
    const char *url = resource_live(s, "url", "/QueueUrl");
    return url == NULL ? NULL : json_pack("{s:s, s:[s]}", "QueueUrl", url, "AttributeNames", "All");
}

static json_t *whole(const struct scene *s)
{
    json_t *args = fields_wanted(s);
    json_object_set_new(args, "QueueName", json_string(resource_name(s)));
    json_object_set(args, "tags", json_object_get(args, "Tags")); /* so it is called only here */
    json_object_del(args, "Tags");
    return args;
}

static json_t *report(const struct scene *s)
{
    return json_pack("{s:s, s:s, s:s}", "url", resource_live(s, "url", "/QueueUrl"), "arn",
                     resource_live(s, "attributes", "/Attributes/QueueArn"), "name",
                     resource_name(s));
}

/* clang-format off */
static const struct read reads[] = {
    { .slot = "url",        .operation = "sqs:GetQueueUrl",        .args = name },
    { .slot = "attributes", .operation = "sqs:GetQueueAttributes", .args = all_attributes },
    { .slot = "tags",       .operation = "sqs:ListQueueTags",      .args = queue },
    { 0 },
};
#define ATTRIBUTE(name) .want = "/Attributes/" name, .live = "/Attributes/" name, .slot = "attributes"
#define SETTABLE        .repair = "sqs:SetQueueAttributes"
#define REMOVABLE       SETTABLE, .remove = "sqs:SetQueueAttributes", .absent = "\"\""
static const struct field fields[] = {
    { .want = "/Tags", .slot = "tags", .live = "/Tags", .form = FORM_TAGS, .repair = "sqs:TagQueue",
      .doc = "tags; others are left alone" },
    { ATTRIBUTE("VisibilityTimeout"), .form = FORM_DECIMAL, SETTABLE,
      .doc = "seconds that a received message stays hidden" },
    { ATTRIBUTE("MessageRetentionPeriod"), .form = FORM_DECIMAL, SETTABLE,
      .doc = "seconds that a message is kept" },
    { ATTRIBUTE("DelaySeconds"), .form = FORM_DECIMAL, SETTABLE,
      .doc = "seconds before a new message can be received" },
    { ATTRIBUTE("ReceiveMessageWaitTimeSeconds"), .form = FORM_DECIMAL, SETTABLE,
      .doc = "seconds that a receive waits for a message" },
    { ATTRIBUTE("MaximumMessageSize"), .form = FORM_DECIMAL, SETTABLE,
      .doc = "largest message, in bytes" },
    { ATTRIBUTE("SqsManagedSseEnabled"), .form = FORM_TRUTH, SETTABLE,
      .doc = "encryption with keys of SQS" },
    { ATTRIBUTE("KmsMasterKeyId"), .form = FORM_PLAIN, REMOVABLE,
      .doc = "encryption with this KMS key" },
    { ATTRIBUTE("ContentBasedDeduplication"), .form = FORM_TRUTH, SETTABLE, .absent = "\"false\"",
      .doc = "FIFO: the body is the deduplication id" },
    { ATTRIBUTE("RedrivePolicy"), .form = FORM_JSON, REMOVABLE,
      .doc = "the dead-letter queue, and after how many receives" },
    { ATTRIBUTE("RedriveAllowPolicy"), .form = FORM_JSON, REMOVABLE,
      .doc = "which queues may use this one for their dead letters" },
    { ATTRIBUTE("Policy"), .form = FORM_POLICY, REMOVABLE, .doc = "who may use the queue" },
    { ATTRIBUTE("FifoQueue"), .form = FORM_TRUTH, .absent = "\"false\"", .doc = "FIFO queue" },
};
static const struct change changes[] = {
    { .operation = "sqs:CreateQueue",        .args = whole },
    { .operation = "sqs:TagQueue",           .args = queue },
    { .operation = "sqs:SetQueueAttributes", .args = queue },
    { .operation = "sqs:DeleteQueue",        .args = queue },
    { 0 },
};
/* clang-format on */
static const char *const outputs[] = { "url", "arn", "name", NULL };

const struct kind kind_sqs_queue = {
    .name = "sqs_queue",
    .service = "sqs",
    .settle = SECONDS(60),
    .step = resource_step,
    .reads = reads,
    .fields = fields,
    .n_fields = ARRAY_SIZE(fields),
    .changes = changes,
    .create = "sqs:CreateQueue",
    .destroy = "sqs:DeleteQueue",
    .report = report,
    .outputs = outputs,
    .identity = "QueueName",
};
