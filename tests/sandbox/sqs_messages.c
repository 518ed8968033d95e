/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "aws/codec.h"
#include "tests/sandbox/sqs.h"

enum { RECEIVE_MAX = 10, DEDUPLICATION_S = 300 };

static void md5_hex(const void *bytes, size_t n, char hex[33])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(bytes, n, digest, &size, EVP_md5(), NULL) != 1)
        abort();
    for (size_t i = 0; i < size; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static json_t *messages_of(json_t *queue)
{
    return json_object_get(queue, "messages");
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

void sqs_expire(json_t *queue, struct now now)
{
    json_int_t oldest = now.wall.ms - 1000 * sqs_number(queue, "MessageRetentionPeriod");
    json_t *messages = messages_of(queue);
    for (size_t i = json_array_size(messages); i-- > 0;)
        if (number_of(json_array_get(messages, i), "sent") < oldest)
            json_array_remove(messages, i);
}

void sqs_count(const json_t *queue, struct now now, size_t counts[3])
{
    size_t i;
    json_t *message;
    memset(counts, 0, 3 * sizeof counts[0]);
    json_array_foreach(json_object_get(queue, "messages"), i, message)
    {
        bool visible = number_of(message, "visible_at") <= now.boot;
        counts[visible ? 0 : number_of(message, "receives") == 0 ? 1 : 2]++;
    }
}

/* ---- sending ---- */

static void add_sized(struct buffer *out, const void *bytes, size_t n)
{
    const unsigned char size[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                    (unsigned char)(n >> 8), (unsigned char)n };
    buffer_add(out, size, 4);
    buffer_add(out, bytes, n);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The digest that clients check. Source: SQS developer guide, "Calculating the MD5 message digest
 * for message attributes". */
static void attributes_md5(const json_t *attributes, char hex[33])
{
    size_t n = json_object_size(attributes), i = 0;
    autofree const char **names = xcalloc(n, sizeof *names);
    const char *name;
    json_t *value;
    struct buffer text = { 0 };
    json_object_foreach((json_t *)(uintptr_t)attributes, name, value)
    {
        names[i++] = name;
    }
    qsort(names, n, sizeof *names, by_name);
    for (i = 0; i < n; i++) {
        const json_t *attribute = json_object_get(attributes, names[i]);
        const char *type = text_of(attribute, "DataType");
        const char *plain = text_of(attribute, "StringValue");
        const char *binary = text_of(attribute, "BinaryValue");
        size_t size = plain == NULL ? 0 : strlen(plain);
        autofree char *bytes = binary == NULL ? NULL : codec_base64_decode(binary, &size);
        add_sized(&text, names[i], strlen(names[i]));
        add_sized(&text, type, strlen(type));
        buffer_add(&text, binary == NULL ? "\x01" : "\x02", 1);
        add_sized(&text, binary == NULL ? (plain == NULL ? "" : plain) : bytes, size);
    }
    md5_hex(text.text, text.used, hex);
    buffer_clear(&text);
}

static struct answer invalid(struct request *r, const char *parameter, const char *value,
                             const char *reason)
{
    return service_error(r, "InvalidParameterValueException",
                         "Value %.256s for parameter %s is invalid. Reason: %s", value, parameter,
                         reason);
}

static bool group_ok(const char *text)
{
    size_t n = strlen(text);
    for (const char *p = text; *p != '\0'; p++)
        if (!isgraph((unsigned char)*p))
            return false;
    return n >= 1 && n <= 128;
}

#define ID_REASON(name)                                                                            \
    name " can only include alphanumeric and punctuation characters. 1 to 128 in length."

/* What is wrong with a message for this queue; false and *ret filled. */
static bool sendable(struct request *r, const json_t *queue, struct answer *ret)
{
    const char *body = request_text(r, "MessageBody");
    const char *group = request_text(r, "MessageGroupId");
    const char *unique = request_text(r, "MessageDeduplicationId");
    json_int_t most = sqs_number(queue, "MaximumMessageSize");
    json_int_t delay = request_integer(r, "DelaySeconds", 0);
    bool fifo = sqs_fifo(queue);
    bool by_content = str_eq(
        text_of(json_object_get(queue, "attributes"), "ContentBasedDeduplication"), "true");
    autofree char *delay_text = xasprintf("%lld", (long long)delay);
    if (*body == '\0')
        *ret = service_error(r, "MissingRequiredParameterException",
                             "The request must contain the parameter MessageBody.");
    else if ((json_int_t)strlen(body) > most)
        *ret = service_error(r, "InvalidParameterValueException",
                             "One or more parameters are invalid. Reason: Message must be shorter "
                             "than %lld bytes.",
                             (long long)most);
    else if (group != NULL && !group_ok(group))
        *ret = invalid(r, "MessageGroupId", group, ID_REASON("MessageGroupId"));
    else if (unique != NULL && !group_ok(unique))
        *ret = invalid(r, "MessageDeduplicationId", unique, ID_REASON("MessageDeduplicationId"));
    else if (fifo && group == NULL)
        *ret = service_error(r, "MissingRequiredParameterException",
                             "The request must contain the parameter MessageGroupId.");
    else if (fifo && unique == NULL && !by_content)
        *ret = service_error(r, "InvalidParameterValueException",
                             "The queue should either have ContentBasedDeduplication enabled or "
                             "MessageDeduplicationId provided explicitly");
    else if (fifo && request_member(r, "DelaySeconds") != NULL)
        *ret = invalid(r, "DelaySeconds", delay_text,
                       "The request include parameter that is not valid for this queue type.");
    else if (!fifo && unique != NULL)
        *ret = invalid(r, "MessageDeduplicationId", unique,
                       "The request include parameter that is not valid for this queue type.");
    else if (delay < 0 || delay > 900)
        *ret = invalid(r, "DelaySeconds", delay_text, "DelaySeconds must be >= 0 and <= 900.");
    else
        return true;
    return false;
}

static json_t *send_answer(const json_t *message)
{
    const json_t *attributes = json_object_get(message, "attributes");
    json_t *body = json_pack("{s:O, s:O, s:O*}", "MessageId", json_object_get(message, "id"),
                             "MD5OfMessageBody", json_object_get(message, "md5"), "SequenceNumber",
                             json_object_get(message, "sequence"));
    if (json_object_size(attributes) > 0) {
        char hex[33];
        attributes_md5(attributes, hex);
        json_object_set_new(body, "MD5OfMessageAttributes", json_string(hex));
    }
    return body;
}

/* The message of this deduplication id within the last five minutes, or NULL. */
static const json_t *duplicate(const json_t *queue, const char *id, struct now now)
{
    const json_t *seen = json_object_get(json_object_get(queue, "seen"), id);
    return number_of(seen, "sent") + SECONDS(DEDUPLICATION_S) > now.wall.ms ? seen : NULL;
}

struct answer sqs_send(struct request *r)
{
    struct answer bad;
    json_t *queue = sqs_queue(r, &bad);
    if (queue == NULL || !sendable(r, queue, &bad))
        return bad;
    const char *body = request_text(r, "MessageBody");
    const char *unique = request_text(r, "MessageDeduplicationId");
    char md5[33];
    md5_hex(body, strlen(body), md5);
    bool fifo = sqs_fifo(queue);
    if (fifo && unique == NULL)
        unique = md5; /* AWS takes the SHA-256 of the body; what counts is that equals are equal */
    const json_t *before = fifo ? duplicate(queue, unique, r->now) : NULL;
    if (before != NULL)
        return answer_ok(send_answer(before));
    autofree char *id = cloud_uuid(r->cloud);
    json_int_t delay = request_integer(r, "DelaySeconds", sqs_number(queue, "DelaySeconds"));
    json_int_t sequence = number_of(queue, "sequence") + 1;
    json_object_set_new(queue, "sequence", json_integer(sequence));
    json_t *message = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:i, s:s*, s:s*, s:O*, s:o*, s:s}", "id", id, "body", body,
        "md5", md5, "sent", (json_int_t)r->now.wall.ms, "visible_at",
        (json_int_t)(r->now.boot + cloud_wait(r->cloud, SECONDS(delay))), "receives", 0, "group",
        request_text(r, "MessageGroupId"), "unique", fifo ? unique : NULL, "attributes",
        json_object_get(r->args, "MessageAttributes"), "sequence",
        fifo ? json_sprintf("188%017" JSON_INTEGER_FORMAT, sequence) : NULL, "sender",
        r->caller->access_key);
    assert(message != NULL);
    json_array_append_new(messages_of(queue), message);
    if (fifo)
        json_object_set_new(service_object(queue, "seen"), unique, json_deep_copy(message));
    return answer_ok(send_answer(message));
}

/* ---- receiving ---- */

static bool wants(const struct request *r, const char *name)
{
    static const char *const lists[] = { "AttributeNames", "MessageSystemAttributeNames" };
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        size_t j;
        json_t *item;
        json_array_foreach(request_member(r, lists[i]), j, item)
        {
            if (str_eq(json_string_value(item), "All") || str_eq(json_string_value(item), name))
                return true;
        }
    }
    return false;
}

static json_t *system_attributes(const struct request *r, const json_t *message)
{
    json_auto_t *all = json_pack(
        "{s:O, s:o, s:o, s:o, s:O*, s:O*, s:O*, s:O*}", "SenderId",
        json_object_get(message, "sender"), "SentTimestamp",
        json_sprintf("%" JSON_INTEGER_FORMAT, number_of(message, "sent")),
        "ApproximateReceiveCount",
        json_sprintf("%" JSON_INTEGER_FORMAT, number_of(message, "receives")),
        "ApproximateFirstReceiveTimestamp",
        json_sprintf("%" JSON_INTEGER_FORMAT, number_of(message, "first")), "MessageGroupId",
        json_object_get(message, "group"), "MessageDeduplicationId",
        json_object_get(message, "unique"), "SequenceNumber", json_object_get(message, "sequence"),
        "DeadLetterQueueSourceArn", json_object_get(message, "source"));
    assert(all != NULL);
    json_t *chosen = json_object(), *value;
    const char *name;
    json_object_foreach(all, name, value)
    {
        if (wants(r, name))
            json_object_set(chosen, name, value);
    }
    return chosen;
}

/* MessageAttributeNames: names, "All", ".*" and prefixes that end in ".*". */
static json_t *user_attributes(const struct request *r, const json_t *message)
{
    json_t *chosen = json_object(), *pattern, *value;
    const char *name;
    size_t i;
    json_array_foreach(request_member(r, "MessageAttributeNames"), i, pattern)
    {
        const char *text = json_string_value(pattern);
        size_t n = str_suffix(text, ".*") ? strlen(text) - 2 : 0;
        json_object_foreach(json_object_get(message, "attributes"), name, value)
        {
            bool prefixed = str_suffix(text, ".*") && strncmp(name, text, n) == 0;
            if (strcmp(text, "All") == 0 || prefixed || strcmp(text, name) == 0)
                json_object_set(chosen, name, value);
        }
    }
    return chosen;
}

static json_t *message_shown(const struct request *r, const json_t *message)
{
    json_auto_t *system = system_attributes(r, message);
    json_auto_t *user = user_attributes(r, message);
    json_t *shown = json_pack("{s:O, s:O, s:O, s:O}", "MessageId", json_object_get(message, "id"),
                              "ReceiptHandle", json_object_get(message, "handle"), "MD5OfBody",
                              json_object_get(message, "md5"), "Body",
                              json_object_get(message, "body"));
    assert(shown != NULL);
    if (json_object_size(system) > 0)
        json_object_set(shown, "Attributes", system);
    if (json_object_size(user) > 0) {
        char hex[33];
        attributes_md5(user, hex);
        json_object_set(shown, "MessageAttributes", user);
        json_object_set_new(shown, "MD5OfMessageAttributes", json_string(hex));
    }
    return shown;
}

/* The groups of a FIFO queue that wait because one of their messages is in flight. */
static json_t *groups_in_flight(const json_t *queue, struct now now)
{
    size_t i;
    json_t *message, *groups = json_object();
    json_array_foreach(json_object_get(queue, "messages"), i, message)
    {
        const char *group = text_of(message, "group");
        if (sqs_fifo(queue) && group != NULL && number_of(message, "receives") > 0 &&
            number_of(message, "visible_at") > now.boot)
            json_object_set_new(groups, group, json_true());
    }
    return groups;
}

static bool receivable(const json_t *message, const json_t *busy_groups, struct now now)
{
    const char *group = text_of(message, "group");
    return number_of(message, "visible_at") <= now.boot &&
           (group == NULL || json_object_get(busy_groups, group) == NULL);
}

/* True when the message has been received too often and moved to its dead-letter queue. */
static bool bury(struct request *r, json_t *queue, size_t i, const json_t *redrive)
{
    json_t *message = json_array_get(messages_of(queue), i);
    const json_t *count = json_object_get(redrive, "maxReceiveCount");
    json_int_t most = json_is_string(count) ? strtoll(json_string_value(count), NULL, 10)
                                            : json_integer_value(count);
    const char *target = text_of(redrive, "deadLetterTargetArn");
    json_t *grave = target == NULL ? NULL : sqs_queue_by_arn(r, target);
    if (grave == NULL || number_of(message, "receives") < most)
        return false;
    const char *url = request_text(r, "QueueUrl");
    autofree char *arn = sqs_arn(r, strrchr(url, '/') + 1);
    json_object_set_new(message, "source", json_string(arn));
    json_array_append(messages_of(grave), message);
    json_array_remove(messages_of(queue), i);
    return true;
}

static void take(struct request *r, const json_t *queue, json_t *message)
{
    json_int_t hidden = request_integer(r, "VisibilityTimeout",
                                        sqs_number(queue, "VisibilityTimeout"));
    autofree char *handle = service_id(r->cloud, "AQEB", 60);
    json_object_set_new(message, "handle", json_string(handle));
    json_object_set_new(message, "visible_at",
                        json_integer(r->now.boot + cloud_wait(r->cloud, SECONDS(hidden))));
    json_object_set_new(message, "receives", json_integer(number_of(message, "receives") + 1));
    if (json_object_get(message, "first") == NULL)
        json_object_set_new(message, "first", json_integer(r->now.wall.ms));
}

static bool within(struct request *r, const char *member, json_int_t min, json_int_t max,
                   const char *reason, struct answer *ret)
{
    json_int_t value = request_integer(r, member, min);
    if (value >= min && value <= max)
        return true;
    autofree char *text = xasprintf("%lld", (long long)value);
    *ret = invalid(r, member, text, reason);
    return false;
}

struct answer sqs_receive(struct request *r)
{
    struct answer bad;
    json_t *queue = sqs_queue(r, &bad);
    if (queue == NULL ||
        !within(r, "MaxNumberOfMessages", 1, RECEIVE_MAX, "Must be between 1 and 10, if provided.",
                &bad) ||
        !within(r, "WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided.", &bad) ||
        !within(r, "VisibilityTimeout", 0, 43200, "Must be between 0 and 43200, if provided.",
                &bad))
        return bad;
    size_t most = (size_t)request_integer(r, "MaxNumberOfMessages", 1);
    json_auto_t *redrive = sqs_redrive(queue);
    json_auto_t *taken = json_array();
    json_auto_t *busy = groups_in_flight(queue, r->now);
    json_t *messages = messages_of(queue);
    for (size_t i = 0; i < json_array_size(messages) && json_array_size(taken) < most;) {
        json_t *message = json_array_get(messages, i);
        if (!receivable(message, busy, r->now)) {
            i++;
            continue;
        }
        if (redrive != NULL && bury(r, queue, i, redrive))
            continue;
        take(r, queue, message);
        json_array_append_new(taken, message_shown(r, message));
        i++;
    }
    return answer_ok(json_array_size(taken) == 0 ? json_object()
                                                 : json_pack("{s:O}", "Messages", taken));
}

struct answer sqs_delete_message(struct request *r)
{
    struct answer bad;
    json_t *queue = sqs_queue(r, &bad), *message;
    const char *handle = request_text(r, "ReceiptHandle");
    size_t i;
    if (queue == NULL)
        return bad;
    if (!str_prefix(handle, "AQEB"))
        return service_error(r, "ReceiptHandleIsInvalid",
                             "The input receipt handle \"%s\" is not a valid receipt handle.",
                             handle);
    json_array_foreach(messages_of(queue), i, message)
    {
        if (!str_eq(text_of(message, "handle"), handle))
            continue;
        if (sqs_fifo(queue) && number_of(message, "visible_at") <= r->now.boot)
            return invalid(r, "ReceiptHandle", handle, "The receipt handle has expired.");
        json_array_remove(messages_of(queue), i);
        break;
    }
    return answer_ok(json_object()); /* deleting twice is no error */
}
